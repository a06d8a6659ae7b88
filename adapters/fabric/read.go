package fabric

import (
	"context"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"decore/adapters/ledger"
	"decore/chaincode/contract"
	"decore/chaincode/protocol"
)

// Get returns committed values of public keys in order, nil where absent.
func (c *Client) Get(ctx context.Context, keys ...string) ([][]byte, error) {
	return c.values(ctx, protocol.Get, keys)
}

// values asks the own peer for the values of keys.
func (c *Client) values(ctx context.Context, function string, keys []string) ([][]byte, error) {
	ctx, leave, err := c.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	values := make([][]byte, 0, len(keys))
	for _, chunk := range protocol.Chunks(keys) {
		var found [][]byte
		if err := c.question(ctx, &found, function, arguments(chunk)...); err != nil {
			return nil, err
		}
		if values, err = appended(values, found, chunk); err != nil {
			return nil, err
		}
	}
	return values, nil
}

func arguments(keys []string) [][]byte {
	args := make([][]byte, len(keys))
	for i, key := range keys {
		args[i] = []byte(key)
	}
	return args
}

// appended adds the values that were found for a chunk of keys, nil for what is absent.
func appended(values, found [][]byte, chunk []string) ([][]byte, error) {
	if len(found) != len(chunk) {
		return nil, fmt.Errorf("the chaincode answered with %d values for %d keys", len(found), len(chunk))
	}
	for _, value := range found {
		if len(value) == 0 {
			value = nil
		}
		values = append(values, value)
	}
	return values, nil
}

// question asks the chaincode at the own peers and reads its answer.
func (c *Client) question(ctx context.Context, answer any, function string, args ...[]byte) error {
	raw, err := c.evaluate(ctx, c.own(), c.conn.Chaincode, function, nil, args...)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, answer); err != nil {
		return fmt.Errorf("answer of the chaincode to %s: %w", function, err)
	}
	return nil
}

// Range returns up to limit committed entries with from <= key < to in key order.
func (c *Client) Range(ctx context.Context, from, to string, limit int) ([]contract.Entry, error) {
	ctx, leave, err := c.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	var entries []contract.Entry
	for len(entries) < limit {
		size := min(limit-len(entries), protocol.MaxItems)
		var page []protocol.Entry
		if err := c.question(ctx, &page, protocol.Range, []byte(from), []byte(to), []byte(strconv.Itoa(size))); err != nil {
			return nil, err
		}
		for _, e := range page {
			entries = append(entries, contract.Entry(e))
		}
		if len(page) < size {
			break
		}
		from = page[len(page)-1].Key + "\x00" // the next key that there can be
	}
	return entries, nil
}

// History returns every committed version of a public key, oldest first.
func (c *Client) History(ctx context.Context, key string) ([]ledger.Version, error) {
	ctx, leave, err := c.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	if !utf8.ValidString(key) {
		return nil, nil // no such key can have been written
	}
	var found []protocol.Version
	if err := c.question(ctx, &found, protocol.History, []byte(key)); err != nil {
		return nil, err
	}
	versions := make([]ledger.Version, len(found))
	places := map[string]outcome{}
	for i, f := range found {
		o, err := c.place(ctx, f.Tx, places)
		if err != nil {
			return nil, fmt.Errorf("history of %q: %w", key, err)
		}
		versions[len(found)-1-i] = ledger.Version{Tx: f.Tx, Block: o.block.block.Number, Time: o.time, Value: f.Value}
	}
	return versions, nil
}

// place finds the block of a transaction; one block often holds the next one too.
func (c *Client) place(ctx context.Context, id string, known map[string]outcome) (outcome, error) {
	if o, ok := known[id]; ok {
		return o, nil
	}
	o, err := c.lookUp(ctx, id)
	if err != nil {
		return outcome{}, err
	}
	for other, f := range o.block.fates {
		known[other] = outcome{f, o.block}
	}
	return o, nil
}
