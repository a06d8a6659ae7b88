package embedded

import (
	"context"
	"errors"
	"fmt"

	"decore/adapters/ledger"
)

// Follow calls fn for each committed block from the given number on, in order and without gaps, until
// ctx is done or fn fails. It reads what is stored, so a slow fn holds up nobody.
func (e *Engine) Follow(ctx context.Context, from uint64, fn func(*ledger.Block) error) error {
	for number := max(from, 1); ; number++ {
		b, err := e.await(ctx, number)
		if err != nil {
			return err
		}
		if err := fn(b); err != nil {
			return err
		}
	}
}

// await returns a block as soon as it is committed.
func (e *Engine) await(ctx context.Context, number uint64) (*ledger.Block, error) {
	for {
		var b *ledger.Block
		var next chan struct{}
		err := e.read(ctx, func(v *view) (err error) {
			next = v.next
			if number <= v.head.Number {
				b, err = getBlock(v, number)
				if b == nil && err == nil {
					err = damage(fmt.Sprintf("block %d", number), errors.New("missing"))
				}
			}
			return err
		})
		if b != nil || err != nil {
			return b, err
		}
		select {
		case <-next:
		case <-e.views.ended:
		case <-ctx.Done():
		}
	}
}
