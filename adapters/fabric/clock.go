package fabric

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// clock is what transactions are stamped with. Fabric lets the client choose; endorsers refuse a time that is
// far from their own clocks, except on a demonstration network.
type clock struct {
	real          func() time.Time
	demonstration bool

	mu     sync.Mutex
	offset time.Duration // of a demonstration
	newest time.Time     // latest time of a transaction seen on the ledger
}

// now has milliseconds and never is before a transaction that was seen.
func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.reading()
	if now.Before(c.newest) {
		return c.newest
	}
	return now
}

func (c *clock) reading() time.Time {
	return c.real().Add(c.offset).UTC().Truncate(time.Millisecond)
}

// saw notes the time of a transaction on the ledger. A demonstration's clock goes on from there.
func (c *clock) saw(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.After(c.newest) {
		c.newest = t
	}
	if ahead := c.newest.Sub(c.reading()); c.demonstration && ahead > 0 {
		c.offset += ahead
	}
}

// maxClockOffset keeps dates within four digits of a year.
const maxClockOffset = 100 * 365 * 24 * time.Hour

func (c *clock) advance(d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	offset := c.offset + d.Truncate(time.Millisecond)
	switch {
	case !c.demonstration:
		return errors.New("the clock of this network is real and cannot be moved")
	case d < 0:
		return errors.New("the ledger's clock never goes back")
	case d > maxClockOffset || offset > maxClockOffset:
		return fmt.Errorf("the ledger's clock cannot be more than %v ahead", maxClockOffset)
	}
	c.offset = offset
	return nil
}

// Now is the ledger's clock: what a transaction submitted at this moment would be stamped with.
func (c *Client) Now() time.Time { return c.clock.now() }

// AdvanceClock sets the ledger's clock forward by d from its present, on a demonstration network alone. Other
// clients follow with the next transaction that they see.
func (c *Client) AdvanceClock(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return c.clock.advance(d)
}
