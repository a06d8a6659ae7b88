package embedded

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble"

	"decore/adapters/ledger"
	"decore/chaincode/contract"
)

// get returns a copy of the entry under key, nil when there is none.
func get(r pebble.Reader, key []byte) ([]byte, error) {
	value, closer, err := r.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return bytes.Clone(value), closer.Close()
}

// getValue returns a state value without its version, nil when there is none.
func getValue(r pebble.Reader, key []byte) ([]byte, error) {
	raw, err := get(r, key)
	if raw == nil || err != nil {
		return nil, err
	}
	_, value, err := cutPosition(raw)
	if err != nil {
		return nil, damage(fmt.Sprintf("entry %q", key), err)
	}
	return value, nil
}

func getValues(r pebble.Reader, keys []string, storeKey func(string) []byte) ([][]byte, error) {
	values := make([][]byte, len(keys))
	for i, key := range keys {
		var err error
		if values[i], err = getValue(r, storeKey(key)); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// scan calls fn with each entry from <= key < to until fn answers false. What fn gets is valid only
// while it runs.
func scan(r pebble.Reader, from, to []byte, fn func(key, value []byte) (bool, error)) error {
	it, err := r.NewIter(&pebble.IterOptions{LowerBound: from, UpperBound: to})
	if err != nil {
		return err
	}
	for more := it.First(); more; more = more && it.Next() {
		value, err := it.ValueAndErr()
		if err == nil {
			more, err = fn(it.Key(), value)
		}
		if err != nil {
			return errors.Join(err, it.Close())
		}
	}
	return errors.Join(it.Error(), it.Close())
}

// getRange returns up to limit public entries with from <= key < to.
func getRange(r pebble.Reader, from, to string, limit int) ([]contract.Entry, error) {
	var entries []contract.Entry
	if limit <= 0 || from >= to {
		return nil, nil
	}
	err := scan(r, stateKey(from), stateKey(to), func(key, raw []byte) (bool, error) {
		_, value, err := cutPosition(raw)
		if err != nil {
			return false, damage(fmt.Sprintf("entry %q", key), err)
		}
		entries = append(entries, contract.Entry{Key: string(key[1:]), Value: bytes.Clone(value)})
		return len(entries) < limit, nil
	})
	return entries, err
}

// getHeader returns a block's header, checked against its stored hash; nil when there is none.
func getHeader(r pebble.Reader, number uint64) (*header, string, error) {
	where := fmt.Sprintf("block %d", number)
	raw, err := get(r, blockKey(number))
	if raw == nil || err != nil {
		return nil, "", err
	}
	if len(raw) < sha256.Size {
		return nil, "", damage(where, errors.New("header too short"))
	}
	body, sum := raw[:len(raw)-sha256.Size], raw[len(raw)-sha256.Size:]
	if actual := sha256.Sum256(body); !bytes.Equal(actual[:], sum) {
		return nil, "", damage(where, errors.New("header does not match its hash"))
	}
	h, err := decodeHeader(body)
	if err != nil {
		return nil, "", damage(where, err)
	}
	if h.number != number {
		return nil, "", damage(where, fmt.Errorf("header is of block %d", h.number))
	}
	return h, hashText(body), nil
}

// getTransaction returns a transaction; want is the hash that the block's header has of it, or nil.
func getTransaction(r pebble.Reader, p position, want *[sha256.Size]byte) (*ledger.Transaction, error) {
	where := fmt.Sprintf("block %d transaction %d", p.block, p.index)
	raw, err := get(r, transactionKey(p))
	if err != nil {
		return nil, err
	}
	if raw == nil {
		return nil, damage(where, errors.New("missing"))
	}
	if want != nil && sha256.Sum256(raw) != *want {
		return nil, damage(where, errors.New("does not match its hash"))
	}
	t, err := decodeTransaction(raw)
	if err != nil {
		return nil, damage(where, err)
	}
	return t, nil
}

// getBlock returns a block, checked against its hashes; nil when there is none.
func getBlock(r pebble.Reader, number uint64) (*ledger.Block, error) {
	h, hash, err := getHeader(r, number)
	if h == nil || err != nil {
		return nil, err
	}
	b := &ledger.Block{Number: number, Previous: h.previous, Time: h.time, Hash: hash}
	for i := range h.transactions {
		t, err := getTransaction(r, position{number, uint32(i)}, &h.transactions[i])
		if err != nil {
			return nil, err
		}
		b.Transactions = append(b.Transactions, *t)
	}
	return b, nil
}

// getHead returns the newest block's position.
func getHead(r pebble.Reader) (ledger.Head, error) {
	it, err := r.NewIter(&pebble.IterOptions{LowerBound: blockKey(0), UpperBound: []byte{kindBlock + 1}})
	if err != nil {
		return ledger.Head{}, err
	}
	found, key := it.Last(), bytes.Clone(it.Key())
	if err := errors.Join(it.Error(), it.Close()); err != nil || !found {
		return ledger.Head{}, err
	}
	p, _, err := cutPosition(append(key[1:], 0, 0, 0, 0))
	if err != nil {
		return ledger.Head{}, damage("newest block", err)
	}
	h, hash, err := getHeader(r, p.block)
	if err != nil {
		return ledger.Head{}, err
	}
	return ledger.Head{Number: h.number, Hash: hash, Time: h.time}, nil
}
