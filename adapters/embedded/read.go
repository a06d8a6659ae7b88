package embedded

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/cockroachdb/pebble"
	"github.com/go-json-experiment/json/jsontext"

	"decore/adapters/ledger"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
)

// read runs fn over the newest view, and tells damage that fn meets to the engine.
func (e *Engine) read(ctx context.Context, fn func(*view) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	v, err := e.views.acquire()
	if err != nil {
		return err
	}
	defer e.views.release(v)
	return e.storeFault(fn(v))
}

// Get returns committed values of public keys in order, nil where absent.
func (e *Engine) Get(ctx context.Context, keys ...string) (values [][]byte, err error) {
	err = e.read(ctx, func(v *view) (err error) {
		values, err = getValues(v, keys, stateKey)
		return err
	})
	return values, err
}

// Range returns up to limit committed entries with from <= key < to in key order.
func (e *Engine) Range(ctx context.Context, from, to string, limit int) (entries []contract.Entry, err error) {
	err = e.read(ctx, func(v *view) (err error) {
		entries, err = getRange(v, from, to, limit)
		return err
	})
	return entries, err
}

// Private returns committed values of an organisation's private collection, nil where absent.
func (e *Engine) Private(ctx context.Context, org string, keys ...string) (values [][]byte, err error) {
	if !slices.Contains(e.opts.Orgs, org) {
		return nil, fmt.Errorf("%w: %s", ledger.ErrNotEntitled, org)
	}
	err = e.read(ctx, func(v *view) (err error) {
		values, err = getValues(v, keys, func(key string) []byte { return privateKey(org, key) })
		return err
	})
	return values, err
}

// Copies returns nothing: what was written is here.
func (e *Engine) Copies(context.Context, map[string]evidence.Commitment) (map[string][]byte, error) {
	return nil, nil
}

// Owed returns nothing: the collections of all organisations are held here.
func (e *Engine) Owed(context.Context, contract.Batch) ([]jsontext.Value, error) { return nil, nil }

// History returns every committed version of a public key, oldest first.
func (e *Engine) History(ctx context.Context, key string) (versions []ledger.Version, err error) {
	if !utf8.ValidString(key) {
		return nil, nil // no such key can have been written, and the index relies on it
	}
	prefix := versionPrefix(key)
	err = e.read(ctx, func(v *view) error {
		return scan(v, prefix, prefixEnd(prefix), func(entry, _ []byte) (bool, error) {
			p, rest, err := cutPosition(entry[len(prefix):])
			if err != nil || len(rest) > 0 {
				return false, damage(fmt.Sprintf("history of %q", key), errors.Join(err, errFormat))
			}
			version, err := getVersion(v, key, p)
			if err == nil {
				err = ctx.Err()
			}
			versions = append(versions, version)
			return true, err
		})
	})
	if err != nil {
		return nil, err
	}
	return versions, nil
}

func getVersion(r pebble.Reader, key string, p position) (ledger.Version, error) {
	t, err := getTransaction(r, p, nil)
	if err != nil {
		return ledger.Version{}, err
	}
	for _, w := range t.Writes {
		if w.Key == key {
			return ledger.Version{Tx: t.ID, Block: p.block, Time: t.Time, Value: w.Value}, nil
		}
	}
	return ledger.Version{}, damage(fmt.Sprintf("history of %q", key), fmt.Errorf("block %d did not write it", p.block))
}

// Block returns one committed block.
func (e *Engine) Block(ctx context.Context, number uint64) (b *ledger.Block, err error) {
	err = e.read(ctx, func(v *view) (err error) {
		b, err = getBlock(v, number)
		if b == nil && err == nil {
			err = fmt.Errorf("%w: block %d", ledger.ErrNotFound, number)
		}
		return err
	})
	return b, err
}

// Transaction returns where a transaction was committed, or ErrNotFound.
func (e *Engine) Transaction(ctx context.Context, txID string) (c ledger.Commit, err error) {
	err = e.read(ctx, func(v *view) error {
		raw, err := get(v, indexKey(txID))
		if err != nil {
			return err
		}
		if raw == nil {
			return fmt.Errorf("%w: transaction %.80q", ledger.ErrNotFound, txID)
		}
		p, _, err := cutPosition(raw)
		if err != nil {
			return damage("transaction "+txID, err)
		}
		t, err := getTransaction(v, p, nil)
		if err != nil {
			return err
		}
		c = ledger.Commit{Tx: t.ID, Block: p.block, Time: t.Time, Results: t.Results}
		return nil
	})
	return c, err
}

// Head returns the newest block's position.
func (e *Engine) Head(ctx context.Context) (h ledger.Head, err error) {
	err = e.read(ctx, func(v *view) error {
		h = v.head
		return nil
	})
	return h, err
}
