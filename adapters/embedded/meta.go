package embedded

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cockroachdb/pebble"
	"github.com/go-json-experiment/json"

	"decore/adapters/ledger"
	"decore/chaincode/canon"
)

// meta is what the ledger knows of itself besides its blocks.
type meta struct {
	Format        int    `json:"format"`
	Name          string `json:"name"`
	Created       int64  `json:"created"`     // Unix milliseconds
	ClockOffset   int64  `json:"clockOffset"` // milliseconds ahead of the real clock
	Demonstration bool   `json:"demonstration"`
}

// Info says which ledger this is and how it is.
type Info struct {
	Name    string
	Created time.Time
	Head    ledger.Head
	// ClockOffset is how far the ledger's clock is ahead of the real one.
	ClockOffset time.Duration
	// Demonstration is true for good once the clock was advanced: times on this ledger prove nothing.
	Demonstration bool
	// Unchecked is how many of the oldest blocks are still to be checked since the start.
	Unchecked uint64
}

// maxClockOffset keeps dates within four digits of a year.
const maxClockOffset = 100 * 365 * 24 * time.Hour

// loadMeta reads what the ledger knows of itself, or writes it for a new ledger.
func loadMeta(db *pebble.DB, opts *Options) (meta, error) {
	raw, err := get(db, metaKey())
	if err != nil {
		return meta{}, openError(storeDir(opts.Dir), err)
	}
	if raw == nil {
		m := meta{Format: formatVersion, Name: opts.Name, Created: opts.Clock().UnixMilli()}
		if m.Name == "" {
			m.Name = "ledger"
		}
		return m, m.store(db)
	}
	var m meta
	if err := json.Unmarshal(raw, &m); err != nil {
		return meta{}, damage("meta", err)
	}
	if m.Format != formatVersion {
		return meta{}, fmt.Errorf("%w: %s has format %d, this program knows %d",
			ledger.ErrUnavailable, opts.Dir, m.Format, formatVersion)
	}
	if opts.Name != "" && opts.Name != m.Name {
		return meta{}, fmt.Errorf("%w: %s holds ledger %q, not %q", ledger.ErrUnavailable, opts.Dir, m.Name, opts.Name)
	}
	return m, nil
}

func (m meta) store(db *pebble.DB) error {
	raw, err := canon.Marshal(m)
	if err != nil {
		return err
	}
	if err := db.Set(metaKey(), raw, pebble.Sync); err != nil {
		return fmt.Errorf("%w: write meta: %w", ledger.ErrUnavailable, err)
	}
	return nil
}

// AdvanceClock sets the ledger's clock forward by d from its present, durably: the same folder goes on
// from there when it is opened again.
//
// It is for demonstrations and tests that play over years in seconds. It marks the ledger for good, see
// Info. A transaction that is running may still get the old time.
func (e *Engine) AdvanceClock(ctx context.Context, d time.Duration) error {
	if d < 0 {
		return errors.New("the ledger's clock never goes back")
	}
	return e.read(ctx, func(*view) error {
		e.metaMu.Lock()
		defer e.metaMu.Unlock()
		next := e.meta
		offset := time.Duration(next.ClockOffset)*time.Millisecond + d.Truncate(time.Millisecond)
		if d > maxClockOffset || offset > maxClockOffset {
			return fmt.Errorf("the ledger's clock cannot be more than %v ahead", maxClockOffset)
		}
		next.ClockOffset, next.Demonstration = offset.Milliseconds(), true
		if err := next.store(e.db); err != nil {
			return err
		}
		e.meta = next
		e.clockOffset.Store(int64(offset))
		return nil
	})
}

// Info says which ledger this is and how it is.
func (e *Engine) Info() Info {
	e.metaMu.Lock()
	defer e.metaMu.Unlock()
	return Info{
		Name: e.meta.Name, Created: time.UnixMilli(e.meta.Created).UTC(), Head: e.views.head(),
		ClockOffset:   time.Duration(e.meta.ClockOffset) * time.Millisecond,
		Demonstration: e.meta.Demonstration, Unchecked: e.unchecked.Load(),
	}
}
