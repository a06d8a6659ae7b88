package projection

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"decore/adapters/ledger"
)

// position is how far the projection came, and wakes those who wait for it to come further.
type position struct {
	mu    sync.Mutex
	head  ledger.Head
	moved chan struct{} // closed at the next move
}

func newPosition() *position { return &position{moved: make(chan struct{})} }

func (p *position) get() (ledger.Head, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.head, p.moved
}

func (p *position) set(h ledger.Head) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.head = h
	close(p.moved)
	p.moved = make(chan struct{})
}

// loadPosition takes the position from the rows, and forgets what was cached of other rows.
func (s *Store) loadPosition(ctx context.Context) error {
	var h ledger.Head
	var ms int64
	err := s.db.Writer.QueryRowContext(ctx, `SELECT number, hash, time FROM blocks ORDER BY number DESC LIMIT 1`).
		Scan(&h.Number, &h.Hash, &ms)
	switch {
	case errors.Is(err, sql.ErrNoRows):
	case err != nil:
		return fmt.Errorf("read the position: %w", s.fault(err))
	default:
		h.Time = time.UnixMilli(ms).UTC()
	}
	s.cache.purge()
	s.position.set(h)
	return nil
}

// Position is the newest block whose rows are here; number 0 before the first.
func (s *Store) Position(ctx context.Context) (ledger.Head, error) {
	if err := ctx.Err(); err != nil {
		return ledger.Head{}, err
	}
	h, _ := s.position.get()
	return h, nil
}

// CutOff returns since when the feed has been out of the ledger's reach: what was committed since then is not here.
// The zero time is when it is not.
func (s *Store) CutOff() time.Time {
	if since := s.cut.Load(); since != nil {
		return since.UTC()
	}
	return time.Time{}
}

// WaitFor returns when every read sees the block. Who wrote in block n and then waits for n reads its
// own write.
func (s *Store) WaitFor(ctx context.Context, block uint64) error {
	for {
		h, moved := s.position.get()
		if h.Number >= block {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return fmt.Errorf("wait for block %d, the projection is at %d: %w", block, h.Number, ctx.Err())
		case <-s.closing.Done():
			return ErrClosed
		}
	}
}

// Block returns the position and time of a committed block that the projection has passed.
func (s *Store) Block(ctx context.Context, number uint64) (ledger.Head, error) {
	h := ledger.Head{Number: number}
	var ms int64
	err := s.db.Reader.QueryRowContext(ctx, `SELECT hash, time FROM blocks WHERE number = ?`, number).Scan(&h.Hash, &ms)
	if errors.Is(err, sql.ErrNoRows) {
		return h, fmt.Errorf("%w: block %d", ErrNotFound, number)
	}
	h.Time = time.UnixMilli(ms).UTC()
	return h, s.fault(err)
}

// Lag is how many blocks the projection is behind the ledger, and for how long the oldest of them has
// been waiting.
func (s *Store) Lag(ctx context.Context, l ledger.Ledger) (blocks uint64, age time.Duration, err error) {
	head, err := l.Head(ctx)
	if err != nil {
		return 0, 0, fmt.Errorf("lag: %w", err)
	}
	here, _ := s.position.get()
	if head.Number <= here.Number {
		return 0, 0, nil
	}
	next, err := l.Block(ctx, here.Number+1)
	if err != nil {
		return 0, 0, fmt.Errorf("lag: %w", err)
	}
	return head.Number - here.Number, max(0, l.Now().Sub(next.Time)), nil
}
