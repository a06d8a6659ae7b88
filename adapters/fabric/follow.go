package fabric

import (
	"context"

	"decore/adapters/ledger"
)

// Follow calls fn for each committed block from the given number on, in order and without gaps, until ctx is
// done or fn fails. When the own peer is away for longer than a moment it ends with ErrUnavailable, so that the
// caller knows; it may be called again at once.
func (c *Client) Follow(ctx context.Context, from uint64, fn func(*ledger.Block) error) error {
	inner, leave, err := c.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	for number := max(from, 1); ; number++ {
		if err := c.watch.beyond(inner, number); err != nil {
			return err
		}
		b, err := c.fetch(inner, c.own(), number)
		if err != nil {
			return err
		}
		if err := inner.Err(); err != nil {
			return why(inner)
		}
		if err := fn(b.shown()); err != nil {
			return err
		}
	}
}
