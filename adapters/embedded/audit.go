package embedded

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/cockroachdb/pebble"

	"decore/adapters/ledger"
	"decore/chaincode/evidence"
)

// audit checks a ledger block by block from the newest down: that each block has the hash that its
// successor knows it by, that each transaction is what the block says, and that the state and the indexes
// are exactly what the transactions wrote, with nothing missing and nothing besides.
//
// It keeps no list of keys: every state entry names the transaction that wrote it last, so it is met once.
// An audit can stop between blocks and go on later, over another reader of the same content.
type audit struct {
	reader pebble.Reader
	head   ledger.Head
	next   uint64 // the block to check next; 0 when all are checked
	hash   string // what the next block's hash must be
	time   time.Time
	found  [256]uint64 // entries that must be there, by kind
	done   bool
}

func newAudit(head ledger.Head) *audit {
	return &audit{head: head, next: head.Number, hash: head.Hash, time: head.Time}
}

// run checks until all is checked or ctx is done, which is no error: done tells. pause is called between
// blocks and may be nil.
func (a *audit) run(ctx context.Context, r pebble.Reader, pause func(blocksLeft uint64)) (done bool, err error) {
	it, err := r.NewIter(nil)
	if err != nil {
		return false, err
	}
	a.reader = seeker{Reader: r, it: it}
	done, err = a.resume(ctx, pause)
	return done, errors.Join(err, it.Close())
}

// seeker looks entries up with one iterator, which stays where it is in each file: for so many look-ups
// of entries that are there it is cheaper than Get.
type seeker struct {
	pebble.Reader
	it *pebble.Iterator
}

// Get returns a value that is valid until the next call.
func (s seeker) Get(key []byte) ([]byte, io.Closer, error) {
	found := s.it.SeekGE(key) && bytes.Equal(s.it.Key(), key)
	if err := s.it.Error(); err != nil {
		return nil, nil, err
	}
	if !found {
		return nil, nil, pebble.ErrNotFound
	}
	value, err := s.it.ValueAndErr()
	return value, io.NopCloser(nil), err
}

func (a *audit) resume(ctx context.Context, pause func(blocksLeft uint64)) (done bool, err error) {
	for a.next > 0 {
		select {
		case <-ctx.Done():
			return false, nil
		default:
		}
		if err := a.block(); err != nil {
			return false, err
		}
		if pause != nil {
			pause(a.next)
		}
	}
	if a.hash != "" {
		return false, damage("block 1", errors.New("claims a block before it"))
	}
	if !a.done {
		a.done, err = a.count(ctx, pause)
	}
	return a.done, err
}

// block checks the next block and steps down to the one before it.
func (a *audit) block() error {
	where := fmt.Sprintf("block %d", a.next)
	h, hash, err := getHeader(a.reader, a.next)
	switch {
	case err != nil:
		return err
	case h == nil:
		return damage(where, errors.New("missing"))
	case hash != a.hash:
		return damage(where, fmt.Errorf("has hash %s instead of %s", hash, a.hash))
	case h.time.After(a.time):
		return damage(where, errors.New("is later than the block after it"))
	}
	for i := range h.transactions {
		p := position{a.next, uint32(i)}
		t, err := getTransaction(a.reader, p, &h.transactions[i])
		if err != nil {
			return err
		}
		if err := a.transaction(p, t); err != nil {
			return err
		}
	}
	a.found[kindBlock]++
	a.next, a.hash, a.time = a.next-1, h.previous, h.time
	return nil
}

func (a *audit) transaction(p position, t *ledger.Transaction) error {
	a.found[kindTransaction]++
	if err := a.present(indexKey(t.ID), p.append(nil)); err != nil {
		return err
	}
	for _, w := range t.Writes {
		if err := a.present(versionKey(w.Key, p), nil); err != nil {
			return err
		}
		same := func(value []byte) bool { return bytes.Equal(value, w.Value) }
		if err := a.written(stateKey(w.Key), p, same); err != nil {
			return err
		}
	}
	for _, w := range t.Private {
		same := func(value []byte) bool { return evidence.Commit(value) == w.Hash }
		if err := a.written(privateKey(w.Org, w.Key), p, same); err != nil {
			return err
		}
	}
	return nil
}

// present checks an index entry.
func (a *audit) present(key, want []byte) error {
	value, closer, err := a.reader.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return damage(fmt.Sprintf("index entry %q", key), errors.New("missing"))
	}
	if err != nil {
		return err
	}
	a.found[key[0]]++
	if !bytes.Equal(value, want) {
		err = damage(fmt.Sprintf("index entry %q", key), errors.New("points elsewhere"))
	}
	return errors.Join(err, closer.Close())
}

// written checks a state entry that the transaction at p wrote: it is of that transaction and the same,
// or of a later one, which is checked with that one.
func (a *audit) written(key []byte, p position, same func(value []byte) bool) error {
	where := fmt.Sprintf("state entry %q", key)
	raw, err := get(a.reader, key)
	if err != nil {
		return err
	}
	if raw == nil {
		return damage(where, errors.New("missing"))
	}
	last, value, err := cutPosition(raw)
	switch {
	case err != nil:
		return damage(where, err)
	case last.before(p):
		return damage(where, fmt.Errorf("is older than its write in block %d", p.block))
	case p.before(last):
		return nil
	case !same(value):
		return damage(where, fmt.Errorf("is not what block %d wrote", p.block))
	}
	a.found[key[0]]++
	return nil
}

// count checks that the store has no entries besides those that the blocks account for.
func (a *audit) count(ctx context.Context, pause func(uint64)) (done bool, err error) {
	var stored [256]uint64
	n, done := 0, true
	err = scan(a.reader, nil, nil, func(key, _ []byte) (bool, error) {
		if len(key) == 0 {
			return false, damage("store", errors.New("has an entry without a key"))
		}
		stored[key[0]]++
		if n++; n%4096 == 0 {
			done = ctx.Err() == nil
			if pause != nil {
				pause(0)
			}
		}
		return done, nil
	})
	if err != nil || !done {
		return false, err
	}
	stored[kindMeta] = 0
	for kind, want := range a.found {
		if stored[kind] != want {
			return false, damage("store", fmt.Errorf("has %d entries of kind %q where its blocks account for %d",
				stored[kind], rune(kind), want))
		}
	}
	return true, nil
}

// Verify checks the whole ledger, which takes seconds for each gigabyte. progress, which may be nil, is
// called with the number of blocks checked and of all. The error is a *ledger.DamageError when what is
// stored is not whole; the engine then stops.
func (e *Engine) Verify(ctx context.Context, progress func(done, total uint64)) error {
	return e.read(ctx, func(v *view) error {
		done, err := newAudit(v.head).run(ctx, v, func(left uint64) {
			if progress != nil {
				progress(v.head.Number-left, v.head.Number)
			}
		})
		if err == nil && !done {
			err = ctx.Err()
		}
		return err
	})
}

// The check that goes on after the start works for a fifth of the time, and for a twentieth of it while blocks are made, so
// that it slows nobody: after some work, which is at least a block however large that is, it rests for so many times as long.
const (
	checkWork      = 5 * time.Millisecond
	checkRests     = 4
	checkRestsBusy = 19
)

// checkOn goes on with the audit that the start began, over the view that the start published, until all
// is checked or the engine closes.
func (e *Engine) checkOn(ctx context.Context, a *audit, opened *view) {
	worked, head := time.Now(), opened.head.Number
	_, err := a.run(ctx, opened, func(left uint64) {
		e.unchecked.Store(left)
		took := time.Since(worked)
		if took < checkWork {
			return
		}
		rests, now := checkRests, e.views.head().Number
		if now > head {
			rests, head = checkRestsBusy, now
		}
		rest := time.NewTimer(time.Duration(rests) * took)
		defer rest.Stop()
		select {
		case <-rest.C:
		case <-ctx.Done():
		}
		worked = time.Now()
	})
	if err := e.storeFault(err); err != nil && e.views.stopped() == nil {
		e.opts.Log.Error("the check of older blocks ended early", "error", err)
	}
}
