package fabric

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"decore/adapters/ledger"
	"decore/chaincode/evidence"
	"decore/chaincode/protocol"
)

// Private returns committed values of the organisation's own private collection, nil where absent. Fabric has
// no other on the own peer.
func (c *Client) Private(ctx context.Context, org string, keys ...string) ([][]byte, error) {
	if org != c.conn.Org {
		return nil, fmt.Errorf("%w: %s", ledger.ErrNotEntitled, org)
	}
	return c.values(ctx, protocol.Private, keys)
}

// Copies gets values of the own collection that the own peer lacks: it was away when they were written, and nobody
// else's peer keeps this collection. The ledger has their hashes, and who holds a value of such a hash in a
// collection of its own hands it over (protocol.Copies).
func (c *Client) Copies(ctx context.Context, wanted map[string]evidence.Commitment) (map[string][]byte, error) {
	missing, err := c.missing(ctx, wanted)
	if err != nil || len(missing) == 0 {
		return nil, err
	}
	ctx, leave, err := c.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	ctx, cancel := context.WithTimeout(ctx, copyTime)
	defer cancel()
	found := map[string][]byte{}
	for _, org := range c.members() {
		if len(missing) == 0 || ctx.Err() != nil {
			break
		}
		values, err := c.copiesOf(ctx, org, missing)
		if err != nil {
			c.opts.Log.Debug("no copies of private values", "org", org, "error", err)
			continue
		}
		for i, value := range values {
			if key := missing[i]; len(value) > 0 && evidence.Commit(value) == wanted[key] {
				found[key] = value
			}
		}
		missing = slices.DeleteFunc(missing, func(key string) bool { return found[key] != nil })
	}
	return found, nil
}

// copyTime bounds how long others are asked for copies.
const copyTime = 3 * time.Second

// missing are those keys whose wanted value was written to the own collection, in order.
func (c *Client) missing(ctx context.Context, wanted map[string]evidence.Commitment) ([]string, error) {
	keys := slices.Sorted(maps.Keys(wanted))
	hashes, err := c.values(ctx, protocol.Hashes, keys)
	if err != nil {
		return nil, err
	}
	var missing []string
	for i, key := range keys {
		if evidence.Commitment(base64.RawURLEncoding.EncodeToString(hashes[i])) == wanted[key] {
			missing = append(missing, key)
		}
	}
	return missing, nil
}

func (c *Client) copiesOf(ctx context.Context, org string, keys []string) (values [][]byte, err error) {
	for _, chunk := range protocol.Chunks(keys) {
		var found [][]byte
		raw, err := c.evaluate(ctx, inTurn(c.peers[org]), c.conn.Chaincode, protocol.Copies, nil, arguments(chunk)...)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(raw, &found); err != nil {
			return nil, fmt.Errorf("answer of the chaincode to %s: %w", protocol.Copies, err)
		}
		if values, err = appended(values, found, chunk); err != nil {
			return nil, err
		}
	}
	return values, nil
}
