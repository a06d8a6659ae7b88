// Package embedded is the ledger in one process and one folder (内嵌账本): the port of package ledger over
// an ordered key-value store, with no server beside it.
//
// One goroutine runs batches one after the other, so transactions never conflict. All that wait at a
// moment become one hash-chained block and one synced write; then they are answered. Readers see whole
// blocks only, and only durable ones.
//
// It stands for all organisations at once: it holds their private collections, and keeps them apart.
package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/cockroachdb/pebble"
	"github.com/cockroachdb/pebble/vfs"

	"decore/adapters/ledger"
	"decore/chaincode/contract"
)

// Options say what an engine needs. Dir, Run and Orgs must be given.
type Options struct {
	// Dir is the ledger's folder; it is made when it does not exist.
	Dir string
	// Name of the ledger. When empty, that of the existing ledger.
	Name string
	// Run is the contract. It is called by one goroutine at a time, except by Simulate and DryRun.
	Run func(contract.State, contract.Batch) (contract.Outcome, error)
	// Orgs are the organisations (MSP IDs) of the channel, which all are held here.
	Orgs []string
	// CallerOrg is whose client submits: the first of Orgs when empty.
	CallerOrg string
	// Clock is the real clock: time.Now when nil.
	Clock func() time.Time
	// Queue is how many batches may wait: 1,024 when 0.
	Queue int
	// CheckBudget is how long a start may check the ledger before the rest is checked beside the work:
	// 300 ms when 0. The newest blocks are checked first.
	CheckBudget time.Duration
	// Log is told of faults, never of content: slog.Default when nil.
	Log *slog.Logger
}

func (o Options) complete() (Options, error) {
	switch {
	case o.Dir == "":
		return o, errors.New("embedded ledger: no folder given")
	case o.Run == nil:
		return o, errors.New("embedded ledger: no contract given")
	case len(o.Orgs) == 0:
		return o, errors.New("embedded ledger: no organisation given")
	}
	for _, org := range o.Orgs {
		if org == "" || !utf8.ValidString(org) {
			return o, fmt.Errorf("embedded ledger: organisation %q", org)
		}
	}
	o.Orgs = slices.Clone(o.Orgs)
	o.CallerOrg = or(o.CallerOrg, o.Orgs[0])
	o.Queue = or(o.Queue, 1024)
	o.CheckBudget = or(o.CheckBudget, 300*time.Millisecond)
	o.Log = or(o.Log, slog.Default())
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if !slices.Contains(o.Orgs, o.CallerOrg) {
		return o, fmt.Errorf("embedded ledger: the client's organisation %q is not among %q", o.CallerOrg, o.Orgs)
	}
	return o, nil
}

func or[T comparable](given, otherwise T) T {
	var none T
	if given == none {
		return otherwise
	}
	return given
}

// Engine is an open embedded ledger.
type Engine struct {
	opts   Options
	name   string
	lock   *pebble.Lock
	anchor *anchor
	db     *pebble.DB
	views  *views
	queue  chan *submission

	sequenced   chan struct{} // closed when the sequencer has ended
	stopChecks  context.CancelFunc
	checks      sync.WaitGroup
	unchecked   atomic.Uint64
	clockOffset atomic.Int64
	broken      atomic.Bool // the store gave up
	closing     sync.Once
	closed      error

	metaMu sync.Mutex
	meta   meta
}

var _ ledger.Ledger = (*Engine)(nil)

// Open opens the ledger in opts.Dir, or makes it. It refuses a damaged one with a *ledger.DamageError,
// and alters nothing of it.
func Open(opts Options) (*Engine, error) {
	opts, err := opts.complete()
	if err != nil {
		return nil, err
	}
	e := &Engine{
		opts: opts, views: newViews(), queue: make(chan *submission, opts.Queue), sequenced: make(chan struct{}),
	}
	if e.lock, err = lockStore(opts.Dir); err != nil {
		return nil, err
	}
	pending, err := e.openFiles()
	if err != nil {
		return nil, errors.Join(err, e.closeFiles())
	}
	opened, err := e.views.acquire() // what pending is an audit of, before the sequencer moves on
	if err != nil {
		e.views.drain()
		return nil, errors.Join(err, e.closeFiles())
	}
	ctx, stop := context.WithCancel(context.Background())
	e.stopChecks = stop
	e.unchecked.Store(pending.next)
	e.checks.Go(func() {
		defer e.views.release(opened)
		e.checkOn(ctx, pending, opened)
	})
	go e.sequence()
	return e, nil
}

// openFiles looks at the ledger before it opens it for writing, because the store would tidy up after
// damage and so destroy evidence of it. It returns the audit as far as it came.
func (e *Engine) openFiles() (*audit, error) {
	setup := storeSetup{dir: e.opts.Dir, lock: e.lock, log: e.opts.Log, onFail: e.fail, onFatal: e.giveUp}
	var anchored ledger.Head
	var err error
	if e.anchor, anchored, err = openAnchor(e.opts.Dir); err != nil {
		return nil, err
	}
	pending, err := setup.inspect(anchored, e.opts.CheckBudget)
	if err != nil {
		return nil, err
	}
	if e.db, err = setup.open(false); err != nil {
		return nil, err
	}
	if e.meta, err = loadMeta(e.db, &e.opts); err != nil {
		return nil, err
	}
	e.name = e.meta.Name
	e.clockOffset.Store(int64(time.Duration(e.meta.ClockOffset) * time.Millisecond))
	if err := e.anchor.set(pending.head); err != nil {
		return nil, fmt.Errorf("%w: %w", ledger.ErrUnavailable, err)
	}
	e.views.publish(e.db, pending.head)
	return pending, nil
}

// inspect checks the store without altering it, for as long as budget allows.
func (s storeSetup) inspect(anchored ledger.Head, budget time.Duration) (*audit, error) {
	peek, err := pebble.Peek(storeDir(s.dir), vfs.Default)
	if err != nil {
		return nil, openError(storeDir(s.dir), err)
	}
	if !peek.Exists {
		if anchored.Number > 0 {
			return nil, damage(storeDir(s.dir), fmt.Errorf("missing, though %d blocks were written", anchored.Number))
		}
		return newAudit(ledger.Head{}), nil
	}
	db, err := s.open(true)
	if err != nil {
		return nil, err
	}
	a, err := inspectStore(db, anchored, budget)
	return a, openError(storeDir(s.dir), errors.Join(err, db.Close()))
}

func inspectStore(db *pebble.DB, anchored ledger.Head, budget time.Duration) (*audit, error) {
	head, err := getHead(db)
	if err != nil {
		return nil, err
	}
	if head.Number < anchored.Number {
		return nil, damage(fmt.Sprintf("block %d", head.Number+1),
			fmt.Errorf("missing: the newest of %d blocks are lost", anchored.Number-head.Number))
	}
	if anchored.Number > 0 {
		_, hash, err := getHeader(db, anchored.Number)
		if err != nil {
			return nil, err
		}
		if hash != anchored.Hash {
			return nil, damage(fmt.Sprintf("block %d", anchored.Number), errors.New("is not the block that was anchored"))
		}
	}
	a := newAudit(head)
	ctx, cancel := context.WithTimeout(context.Background(), budget)
	defer cancel()
	_, err = a.run(ctx, db, nil)
	return a, err
}

// fail stops the engine: from now on everything answers with err.
func (e *Engine) fail(err error) {
	if e.views.stop(err) {
		e.opts.Log.Error("ledger stopped", "error", err)
	}
}

// giveUp stops the engine for good because the store can do nothing any more.
func (e *Engine) giveUp(err error) {
	e.broken.Store(true)
	e.fail(err)
}

// storeFault stops the engine when err is damage, and lets other errors pass.
func (e *Engine) storeFault(err error) error {
	if pebble.IsCorruptionError(err) {
		err = damage(storeDir(e.opts.Dir), err)
	}
	if errors.Is(err, ledger.ErrDamaged) {
		e.fail(err)
	}
	return err
}

// Health says why the engine does not work, or nil.
func (e *Engine) Health(ctx context.Context) error {
	return e.read(ctx, func(v *view) error {
		_, _, err := getHeader(v, v.head.Number)
		return err
	})
}

// Orgs lists the organisations whose private collections are held here: all.
func (e *Engine) Orgs() []string { return slices.Clone(e.opts.Orgs) }

// Simulate runs a batch over the newest block and tells what it would write, but commits nothing
// (determinism: with a fixed Clock and no block between, the answers of many runs must be the same).
func (e *Engine) Simulate(ctx context.Context, batch contract.Batch) (
	out contract.Outcome, writes []ledger.Write, private []ledger.PrivateWrite, err error,
) {
	out, s, err := e.rehearse(ctx, batch)
	if err != nil {
		return contract.Outcome{}, nil, nil, err
	}
	return out, s.publicWrites(), s.privateWrites(), nil
}

// DryRun decides a batch over the newest block, beside the sequencer, and commits nothing.
func (e *Engine) DryRun(ctx context.Context, batch contract.Batch) (contract.Outcome, error) {
	batch.Trial = true
	out, _, err := e.rehearse(ctx, batch)
	return out, err
}

// rehearse runs a batch as the first of the next block, and returns what it wrote to a state that nobody keeps.
func (e *Engine) rehearse(ctx context.Context, batch contract.Batch) (out contract.Outcome, s *state, err error) {
	err = e.read(ctx, func(v *view) error {
		id := transactionID(e.name, position{block: v.head.Number + 1}, batch)
		s = newState(v, &e.opts, id, e.Now())
		out, err = e.runContract(s, batch)
		return err
	})
	if err != nil {
		return contract.Outcome{}, nil, err
	}
	return out, s, nil
}

// Close ends the engine. What was acknowledged is durable; batches still waiting are refused.
func (e *Engine) Close() error {
	e.closing.Do(func() {
		e.views.stop(fmt.Errorf("%w: closed", ledger.ErrUnavailable))
		e.stopChecks()
		<-e.sequenced
		e.checks.Wait()
		e.views.drain()
		e.closed = e.closeFiles()
	})
	return e.closed
}

func (e *Engine) closeFiles() error {
	var errs []error
	if e.db != nil && !e.broken.Load() { // a store that gave up may hang on to its locks for ever
		errs = append(errs, e.db.Close())
	}
	if e.anchor != nil {
		errs = append(errs, e.anchor.Close())
	}
	return errors.Join(append(errs, e.lock.Close())...)
}
