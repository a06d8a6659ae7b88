package projection

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"decore/adapters/ledger"
)

const (
	queuedBlocks = 32               // read ahead of the rows
	askTimeout   = 30 * time.Second // one question to the ledger
	askAgain     = 15 * time.Second // openings that have not come yet
	longestPause = 64               // times the first one
	maxAsked     = 500              // private values in one question
)

var (
	errForeign = errors.New("the projection is of another ledger")
	errReached = errors.New("reached")
	errGap     = errors.New("the ledger left out a block")
)

// Run feeds the projection until ctx ends or the store is closed, and then returns nil. Faults of the
// ledger's connection are waited out. The error is ErrFeeding, or a fault that waiting does not mend:
// ErrDamaged, ErrUnreadable or ledger.ErrDamaged.
//
// A projection of another ledger than l is emptied and fed anew.
func (s *Store) Run(ctx context.Context, l ledger.Ledger) error {
	return s.feed(ctx, func(ctx context.Context) error {
		pause := s.opts.Retry
		for {
			before, _ := s.position.get()
			err := s.session(ctx, l, 0)
			if ctx.Err() != nil {
				return nil //nolint:nilerr // whatever failed, it failed because the feed is to end
			}
			if permanent(err) {
				return fmt.Errorf("feed the projection: %w", err)
			}
			if after, _ := s.position.get(); after.Number > before.Number {
				pause = s.opts.Retry
			}
			now := s.opts.Clock()
			s.cut.CompareAndSwap(nil, &now)
			s.opts.Log.Warn("projection is cut off from the ledger", "error", err, "pause", pause)
			if !sleep(ctx, pause) {
				return nil
			}
			pause = min(2*pause, longestPause*s.opts.Retry)
		}
	})
}

// CatchUp feeds the projection up to the ledger's newest block and returns. ErrFeeding while Run runs.
func (s *Store) CatchUp(ctx context.Context, l ledger.Ledger) error {
	return s.feed(ctx, func(ctx context.Context) error { return s.catchUp(ctx, l) })
}

// Rebuild empties the projection and feeds it up to the ledger's newest block. ErrFeeding while Run runs.
func (s *Store) Rebuild(ctx context.Context, l ledger.Ledger) error {
	return s.feed(ctx, func(ctx context.Context) error {
		if err := s.reset(ctx); err != nil {
			return err
		}
		return s.catchUp(ctx, l)
	})
}

func (s *Store) catchUp(ctx context.Context, l ledger.Ledger) error {
	head, err := l.Head(ctx)
	if err != nil {
		return fmt.Errorf("read the ledger's head: %w", err)
	}
	if err := s.session(ctx, l, head.Number); !errors.Is(err, errReached) {
		return err
	}
	return s.askForAwaited(ctx, l)
}

// feed runs fn as the only one that writes rows, in a context that also ends when the store is closed.
func (s *Store) feed(ctx context.Context, fn func(context.Context) error) error {
	if !s.feeding.TryLock() {
		return ErrFeeding
	}
	defer s.feeding.Unlock()
	s.fed.Store(true)
	defer s.fed.Store(false)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.closing, cancel)()
	return fn(ctx)
}

func permanent(err error) bool {
	return errors.Is(err, ErrDamaged) || errors.Is(err, ErrUnreadable) || errors.Is(err, ledger.ErrDamaged)
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// session follows the ledger until a fault, or with errReached up to a block; until 0 is without end.
func (s *Store) session(ctx context.Context, l ledger.Ledger, until uint64) error {
	if err := s.loadPosition(ctx); err != nil {
		return err
	}
	here, err := s.sameLedger(ctx, l)
	if err != nil {
		return err
	}
	if until > 0 && here.Number >= until {
		return errReached
	}
	group, ctx := errgroup.WithContext(ctx)
	blocks := make(chan *ledger.Block, queuedBlocks)
	group.Go(func() error {
		err := l.Follow(ctx, here.Number+1, func(b *ledger.Block) error {
			select {
			case blocks <- b:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		if err == nil {
			err = ledger.ErrUnavailable // it follows without end
		}
		return fmt.Errorf("follow the ledger: %w", err)
	})
	group.Go(func() error { return s.drain(ctx, l, blocks, until) })
	return group.Wait()
}

// sameLedger returns the position after making sure that it is one of this ledger; otherwise it empties
// the projection.
func (s *Store) sameLedger(ctx context.Context, l ledger.Ledger) (ledger.Head, error) {
	here, _ := s.position.get()
	if here.Number == 0 {
		return here, nil
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	b, err := l.Block(ctx, here.Number)
	switch {
	case err == nil && b.Hash == here.Hash:
		s.cut.Store(nil)
		return here, nil
	case err != nil && !errors.Is(err, ledger.ErrNotFound):
		return here, fmt.Errorf("read block %d: %w", here.Number, err)
	}
	return ledger.Head{}, s.emptyForeign(ctx)
}

func (s *Store) emptyForeign(ctx context.Context) error {
	here, _ := s.position.get()
	s.opts.Log.Warn("projection is of another ledger and is built anew", "block", here.Number, "hash", here.Hash)
	return s.reset(ctx)
}

// drain writes the blocks as they come, as many in one SQL transaction as are waiting.
func (s *Store) drain(ctx context.Context, l ledger.Ledger, blocks <-chan *ledger.Block, until uint64) error {
	again := time.NewTicker(askAgain)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-again.C:
			if err := s.askForAwaited(ctx, l); err != nil {
				return err
			}
		case b := <-blocks:
			if err := s.take(ctx, l, b, blocks); err != nil {
				return err
			}
			if here, _ := s.position.get(); until > 0 && here.Number >= until {
				return errReached
			}
		}
	}
}

// take writes a block and those that wait behind it.
func (s *Store) take(ctx context.Context, l ledger.Ledger, b *ledger.Block, more <-chan *ledger.Block) error {
	s.cut.Store(nil)
	c := newChunk()
	before, _ := s.position.get()
	for ; b != nil; b = next(c, more) {
		switch {
		case b.Number != before.Number+1:
			return fmt.Errorf("%w: %d after %d", errGap, b.Number, before.Number)
		case b.Previous != before.Hash:
			return errors.Join(errForeign, s.emptyForeign(ctx))
		}
		if err := c.add(b); err != nil {
			return err
		}
		before = c.last()
	}
	return s.apply(ctx, l, c)
}

func next(c *chunk, more <-chan *ledger.Block) *ledger.Block {
	if c.full() {
		return nil
	}
	select {
	case b := <-more:
		return b
	default:
		return nil
	}
}
