package service

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json"

	"decore/chaincode/protocol"
)

func (c *chaincode) get(call *call) ([]byte, error) {
	keys, err := call.keys()
	if err != nil {
		return nil, err
	}
	values, err := newState(call).Get(keys...)
	if err != nil {
		return nil, err
	}
	return json.Marshal(values)
}

// private answers with values of this organisation's own collection. A peer would give them to any member of
// the channel; they are for this organisation's clients alone.
func (c *chaincode) private(call *call) ([]byte, error) {
	if call.caller != c.org {
		return nil, refusal(protocol.Forbidden, fmt.Errorf("a client of %s may not read the collection of %s", call.caller, c.org))
	}
	keys, err := call.keys()
	if err != nil {
		return nil, err
	}
	values, err := c.collection(call, keys)
	if err != nil {
		return nil, err
	}
	return json.Marshal(values)
}

// collection reads this organisation's own collection. Whose call it is for must have been checked.
func (c *chaincode) collection(call *call, keys []string) ([][]byte, error) {
	return readAll(keys, func(keys ...string) ([][]byte, error) {
		return call.stub.GetMultiplePrivateData(protocol.Collection(c.org), keys...)
	})
}

// scan answers with a range of public entries.
func (c *chaincode) scan(call *call) ([]byte, error) {
	if err := call.count(3); err != nil {
		return nil, err
	}
	limit, err := strconv.Atoi(string(call.args[2]))
	if err != nil || limit > protocol.MaxItems {
		return nil, refusal(protocol.Malformed, fmt.Errorf("a range takes a number of entries up to %d", protocol.MaxItems))
	}
	found, err := newState(call).page(string(call.args[0]), string(call.args[1]), limit)
	if err != nil {
		return nil, err
	}
	entries := make([]protocol.Entry, len(found))
	for i, e := range found {
		entries[i] = protocol.Entry(e)
	}
	return json.Marshal(entries)
}

// history answers with the versions of a key, newest first, as peers keep them.
func (c *chaincode) history(call *call) (payload []byte, err error) {
	if err := call.count(1); err != nil {
		return nil, err
	}
	versions := []protocol.Version{}
	key := string(call.args[0])
	if !readable(key) {
		return json.Marshal(versions)
	}
	found, err := call.stub.GetHistoryForKey(key)
	if err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}
	defer func() { err = errors.Join(err, found.Close()) }()
	for found.HasNext() {
		m, err := found.Next()
		if err != nil {
			return nil, fmt.Errorf("history: %w", err)
		}
		versions = append(versions, protocol.Version{Tx: m.GetTxId(), Value: m.GetValue()})
	}
	return json.Marshal(versions)
}

func (c *chaincode) ping(*call) ([]byte, error) { return json.Marshal(protocol.Pong{Org: c.org}) }
