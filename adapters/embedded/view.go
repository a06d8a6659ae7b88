package embedded

import (
	"sync"

	"github.com/cockroachdb/pebble"

	"decore/adapters/ledger"
)

// view is the committed ledger right after one block. Whoever reads holds one, so that what it reads
// belongs together, and is durable, whatever is being written meanwhile.
type view struct {
	*pebble.Snapshot
	head ledger.Head
	next chan struct{} // closed when a newer view is there
	uses int
}

// views hands out the newest view, and lets go of old ones when their last reader is done.
type views struct {
	mu      sync.Mutex
	current *view
	fault   error // why no view is handed out any more
	ended   chan struct{}
	held    sync.WaitGroup
}

func newViews() *views { return &views{ended: make(chan struct{})} }

// publish makes the store as it is now, with head as its newest block, the view for all new readers.
func (v *views) publish(db *pebble.DB, head ledger.Head) {
	fresh := &view{Snapshot: db.NewSnapshot(), head: head, next: make(chan struct{}), uses: 1}
	v.held.Add(1)
	v.mu.Lock()
	old := v.current
	v.current = fresh
	v.mu.Unlock()
	if old != nil {
		close(old.next)
		v.release(old)
	}
}

// acquire returns the newest view, which the caller must release, or why there is none.
func (v *views) acquire() (*view, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.fault != nil {
		return nil, v.fault
	}
	v.current.uses++
	return v.current, nil
}

func (v *views) release(w *view) {
	v.mu.Lock()
	w.uses--
	last := w.uses == 0
	v.mu.Unlock()
	if last {
		// A snapshot's Close never fails: it only leaves a list.
		_ = w.Close()
		v.held.Done()
	}
}

// head is the newest block's position, even when views are no longer handed out.
func (v *views) head() ledger.Head {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.current == nil {
		return ledger.Head{}
	}
	return v.current.head
}

// stop hands out fault instead of views from now on, and closes ended for those who wait for the next.
// The first fault stays; stop reports whether this was it.
func (v *views) stop(fault error) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.fault != nil {
		return false
	}
	v.fault = fault
	close(v.ended)
	return true
}

func (v *views) stopped() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.fault
}

// drain waits until the last reader is done. Call stop before.
func (v *views) drain() {
	if v.current != nil {
		v.release(v.current)
	}
	v.held.Wait()
}
