package service

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json"

	"decore/chaincode/contract"
	"decore/chaincode/evidence"
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

// collection reads this organisation's own collection, as far as it has come to this peer. Whose call it is for must
// have been checked.
func (c *chaincode) collection(call *call, keys []string) ([][]byte, error) {
	return readAll(keys, func(keys ...string) ([][]byte, error) {
		return call.stub.GetMultiplePrivateData(protocol.Collection(c.org), keys...)
	})
}

// hashes answers with the hashes of what was written to the caller's own collection, which every peer has.
func (c *chaincode) hashes(call *call) ([]byte, error) {
	keys, err := call.keys()
	if err != nil {
		return nil, err
	}
	all := make([][]byte, len(keys))
	for i, key := range keys {
		if all[i], err = call.written(call.caller, key); err != nil {
			return nil, err
		}
	}
	return json.Marshal(all)
}

// copies answers with what this organisation holds of the caller's own collection: the ledger has the hash of what was
// written there, so who holds a value of that hash may hand it over. A peer that was away when it was written gets it
// in this way.
func (c *chaincode) copies(call *call) ([]byte, error) {
	keys, err := call.keys()
	if err != nil {
		return nil, err
	}
	values, err := c.collection(call, keys)
	if err != nil {
		return nil, err
	}
	for i, value := range values {
		if value == nil {
			continue
		}
		theirs, err := call.written(call.caller, keys[i])
		if err != nil {
			return nil, err
		}
		if mine := sha256.Sum256(value); !bytes.Equal(theirs, mine[:]) {
			values[i] = nil
		}
	}
	return json.Marshal(values)
}

// holders answers for each record with the organisations to whose collections its terms were written, as every peer can tell.
func (c *chaincode) holders(call *call) ([]byte, error) {
	ids, err := call.keys()
	if err != nil {
		return nil, err
	}
	records := make([]string, len(ids))
	for i, id := range ids {
		records[i] = contract.RecordKey(id)
	}
	values, err := newState(call).Get(append(records, contract.CharterKey())...)
	if err != nil {
		return nil, err
	}
	var charter contract.Charter
	if raw := values[len(ids)]; raw != nil {
		if err := json.Unmarshal(raw, &charter); err != nil {
			return nil, fmt.Errorf("charter: %w", err)
		}
	}
	all := make([][]string, len(ids))
	for i, id := range ids {
		if all[i], err = call.holders(id, values[i], charter.Orgs); err != nil {
			return nil, err
		}
	}
	return json.Marshal(all)
}

// holders are those of the organisations in whose collections the record is as its header commits to it.
func (c *call) holders(id string, header []byte, orgs []string) ([]string, error) {
	held := []string{}
	if header == nil {
		return held, nil
	}
	var h contract.Header
	if err := json.Unmarshal(header, &h); err != nil {
		return nil, fmt.Errorf("header of %s: %w", id, err)
	}
	for _, org := range orgs {
		hash, err := c.written(org, id)
		if err != nil {
			return nil, err
		}
		if evidence.Commitment(base64.RawURLEncoding.EncodeToString(hash)) == h.Terms {
			held = append(held, org)
		}
	}
	return held, nil
}

// written is the hash of what was last written to a key of an organisation's collection, nil where nothing was.
func (c *call) written(org, key string) ([]byte, error) {
	if !readable(key) {
		return nil, nil
	}
	hash, err := c.stub.GetPrivateDataHash(protocol.Collection(org), key)
	if err != nil {
		return nil, fmt.Errorf("private hash: %w", err)
	}
	return hash, nil
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
