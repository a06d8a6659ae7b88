package fabric

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/hyperledger/fabric-protos-go/common"

	"decore/adapters/ledger"
)

// watcher follows the blocks of the organisation's own peers, for all who wait for a transaction or a block.
// It goes by block numbers alone: a block that it has is dropped, one that it missed is fetched, so that each
// is handled once and in order, whatever the peer sends and however often it must connect again.
type watcher struct {
	source blockSource
	cache  *blockCache
	clock  *clock
	log    *slog.Logger

	mu      sync.Mutex
	head    ledger.Head // newest block that was handled; unset until the first contact
	met     bool        // there was contact
	here    bool        // the stream of blocks stands
	since   time.Time   // when it came to stand or fell
	fault   error       // why it does not stand
	changed chan struct{}
	waiting map[string]chan outcome
}

// blockSource is where a watcher has its blocks from: the own peers.
type blockSource interface {
	// newest returns the newest block, nil when there is none but the genesis block.
	newest(ctx context.Context) (*decoded, error)
	// fetch returns one block.
	fetch(ctx context.Context, number uint64) (*decoded, error)
	// find returns what became of a transaction.
	find(ctx context.Context, id string) (outcome, error)
	// deliver hands over blocks from a number on as they are committed, until ctx is done or handle or the stream
	// fails.
	deliver(ctx context.Context, from uint64, handle func(*common.Block) error) error
	// read decodes a delivered block.
	read(*common.Block) (*decoded, error)
}

// outcome is what became of a transaction.
type outcome struct {
	fate
	block *decoded
}

func newWatcher(c *Client) *watcher {
	return watcherOf(&peerBlocks{c}, c.blocks, c.clock, c.opts.Log)
}

func watcherOf(source blockSource, cache *blockCache, clock *clock, log *slog.Logger) *watcher {
	return &watcher{
		source: source, cache: cache, clock: clock, log: log, since: time.Now(),
		changed: make(chan struct{}), waiting: map[string]chan outcome{},
	}
}

// run follows until ctx is done.
func (w *watcher) run(ctx context.Context) {
	for attempt := 0; ctx.Err() == nil; attempt++ {
		began := time.Now()
		err := w.connect(ctx)
		if ctx.Err() != nil {
			return
		}
		w.fell(err)
		if time.Since(began) > 10*time.Second {
			attempt = 0
		}
		_ = pause(ctx, min(attempt, 3)) // it fails only when ctx is done
	}
}

// connect follows one stream of blocks to its end.
func (w *watcher) connect(ctx context.Context) error {
	b, err := w.source.newest(ctx)
	if err != nil {
		return err
	}
	if err := w.restoreClock(ctx, b); err != nil {
		return err
	}
	w.stands(b)
	return w.source.deliver(ctx, w.position().Number+1, func(raw *common.Block) error { return w.handle(ctx, raw) })
}

// restoreClock finds at the first contact how far the clock of a demonstration had come: by the newest transaction.
func (w *watcher) restoreClock(ctx context.Context, newest *decoded) (err error) {
	if !w.clock.demonstration || w.position().Number > 0 {
		return nil
	}
	for b, looked := newest, 0; b != nil && looked < maxLookBack; looked++ {
		if len(b.block.Transactions) > 0 {
			w.clock.saw(b.block.Time)
			return nil
		}
		if b.block.Number <= 1 {
			return nil
		}
		if b, err = w.source.fetch(ctx, b.block.Number-1); err != nil {
			return err
		}
	}
	return nil
}

// maxLookBack bounds the blocks without a transaction that are looked at for one.
const maxLookBack = 500

// stands notes contact. The first newest block is where the watch begins; later the stream goes on from where it
// was.
func (w *watcher) stands(newest *decoded) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.met && newest != nil {
		w.advance(newest)
	}
	if !w.here {
		w.log.Info("following the ledger", "block", w.head.Number)
	}
	w.met, w.here, w.fault, w.since = true, true, nil, time.Now()
	w.wake()
}

// fell notes that contact was lost.
func (w *watcher) fell(err error) {
	if err == nil {
		err = errors.New("the peer ended the stream of blocks")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.here {
		w.log.Warn("not following the ledger", "error", err)
		w.since = time.Now()
	}
	w.here, w.fault = false, err
	w.wake()
}

// wake is called with the lock held.
func (w *watcher) wake() {
	close(w.changed)
	w.changed = make(chan struct{})
}

func (w *watcher) position() ledger.Head {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.head
}

// handle takes a block that the peer sent.
func (w *watcher) handle(ctx context.Context, raw *common.Block) error {
	have, number := w.position().Number, raw.GetHeader().GetNumber()
	if number <= have {
		return nil
	}
	for next := have + 1; next < number; next++ {
		b, err := w.source.fetch(ctx, next)
		if err == nil {
			err = w.accept(b)
		}
		if err != nil {
			return fmt.Errorf("block %d, which was not delivered: %w", next, err)
		}
	}
	b, err := w.source.read(raw)
	if err != nil {
		return err
	}
	return w.accept(b)
}

// accept makes the next block the newest one and tells all who wait.
func (w *watcher) accept(b *decoded) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if b.block.Number == w.head.Number+1 && w.head.Number > 0 && b.block.Previous != w.head.Hash {
		return &ledger.DamageError{Where: fmt.Sprintf("block %d", b.block.Number), Reason: "does not follow the block before"}
	}
	w.advance(b)
	w.wake()
	return nil
}

// advance is called with the lock held.
func (w *watcher) advance(b *decoded) {
	w.cache.add(b)
	w.head = ledger.Head{Number: b.block.Number, Hash: b.block.Hash, Time: b.block.Time}
	for i := range b.block.Transactions {
		w.clock.saw(b.block.Transactions[i].Time)
	}
	for id, f := range b.fates {
		if answer, ok := w.waiting[id]; ok {
			answer <- outcome{f, b}
			delete(w.waiting, id)
		}
	}
}

// expect returns where a transaction's outcome will be told, which holds one. It must be forgotten.
func (w *watcher) expect(id string) <-chan outcome {
	answer := make(chan outcome, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting[id] = answer
	return answer
}

func (w *watcher) forget(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.waiting, id)
}

// contact waits for the first contact.
func (w *watcher) contact(ctx context.Context, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		w.mu.Lock()
		met, fault, changed := w.met, w.fault, w.changed
		w.mu.Unlock()
		if met {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			if fault != nil {
				return fault // says more than that the time is over
			}
			return why(ctx)
		}
	}
}

// awayTime is how long the peer may be out of sight before those who wait for blocks are told.
const awayTime = 2 * time.Second

// beyond waits until there is a block of at least the number. It fails when the peer is away for longer than
// a moment.
func (w *watcher) beyond(ctx context.Context, number uint64) error {
	for {
		w.mu.Lock()
		head, here, since, fault, changed := w.head.Number, w.here, w.since, w.fault, w.changed
		w.mu.Unlock()
		if head >= number {
			return nil
		}
		var late <-chan time.Time
		if !here {
			left := time.Until(since.Add(awayTime))
			if left <= 0 {
				return lost(fault)
			}
			timer := time.NewTimer(left)
			defer timer.Stop()
			late = timer.C
		}
		select {
		case <-changed:
		case <-late:
		case <-ctx.Done():
			return why(ctx)
		}
	}
}

// lost says that no blocks come.
func lost(fault error) error {
	switch {
	case errors.Is(fault, ledger.ErrDamaged):
		return fault
	case fault == nil:
		fault = errors.New("not connected yet")
	}
	return away("own peer", fault)
}

// standing says whether blocks are followed at this moment, else why not.
func (w *watcher) standing() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.here {
		return nil
	}
	return lost(w.fault)
}
