package audit

import (
	"bytes"
	"crypto/sha256"
	"maps"
	"slices"
	"strings"
	"time"

	"decore/chaincode/canon"
	"decore/chaincode/contract"
)

var commandPrefix = contract.CommandKey("")

// state is what the blocks wrote so far. Values are kept because rules need them; of results, which are most of
// all keys, only hashes.
type state struct {
	values  map[string][]byte
	results map[string]kept // by command ID
	txs     []string        // IDs of transactions with results
}

// kept is a result: what tells a repeat, and the hash of all.
type kept struct {
	sum     [sha256.Size]byte
	payload string
	tx      uint32 // in txs
}

func newState() *state {
	return &state{values: map[string][]byte{}, results: map[string]kept{}}
}

func (s *state) clone() *state {
	return &state{values: maps.Clone(s.values), results: maps.Clone(s.results), txs: slices.Clip(s.txs)}
}

func (s *state) apply(tx *Transaction) {
	results := false
	for _, w := range tx.Writes {
		id, isResult := strings.CutPrefix(w.Key, commandPrefix)
		if !isResult {
			s.values[w.Key] = bytes.Clone(w.Value) // it may be part of a whole block
			continue
		}
		if !results {
			s.txs, results = append(s.txs, tx.ID), true
		}
		var d contract.Decided
		_ = canon.Strict(w.Value, &d) // what cannot be read was told, and has no payload that could be repeated
		s.results[id] = kept{sum: sha256.Sum256(w.Value), payload: d.Payload, tx: uint32(len(s.txs) - 1)}
	}
}

func (s *state) keys() int { return len(s.values) + len(s.results) }

func (s *state) judge(key string, value []byte) string {
	var same, written bool
	if id, isResult := strings.CutPrefix(key, commandPrefix); isResult {
		var k kept
		k, written = s.results[id]
		same = sha256.Sum256(value) == k.sum
	} else {
		var v []byte
		v, written = s.values[key]
		same = bytes.Equal(v, value)
	}
	switch {
	case !written && value != nil:
		return "the state has it, and no block wrote it"
	case written && value == nil:
		return "the blocks wrote it, and the state does not have it"
	case written && !same:
		return "the state has another value than the blocks wrote"
	}
	return ""
}

func (s *state) missing(present func(key string) bool, limit int) []string {
	var keys []string
	for k := range s.values {
		if !present(k) {
			keys = append(keys, k)
		}
	}
	for id := range s.results {
		if k := commandPrefix + id; !present(k) {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return keys[:min(limit, len(keys))]
}

// view is the state that one transaction met, and takes what must be written for certain.
type view struct {
	*state
	tx      *Transaction
	certain []contract.Entry
	secrets []string // organisations to which the token key is written
}

// Get returns public values.
func (v *view) Get(keys ...string) ([][]byte, error) {
	values := make([][]byte, len(keys))
	for i, k := range keys {
		if id, isResult := strings.CutPrefix(k, commandPrefix); isResult {
			values[i] = v.result(id)
		} else {
			values[i] = v.values[k]
		}
	}
	return values, nil
}

// result makes up what stands at a command's key. Where the transaction's own result for it has not the hash of
// the one that was written first, it is one that equals none.
func (v *view) result(id string) []byte {
	first, known := v.results[id]
	if !known {
		return nil
	}
	d := contract.Decided{Payload: first.payload, Tx: v.txs[first.tx]}
	for _, r := range v.tx.Results {
		if d.Result = r; r.Command != id {
			continue
		}
		if raw, err := canon.Marshal(d); err == nil && sha256.Sum256(raw) == first.sum {
			return raw
		}
	}
	d.Result = contract.Result{Command: id}
	raw, err := canon.Marshal(d)
	if err != nil {
		return []byte("{}")
	}
	return raw
}

// Put takes a value that is certain to be written.
func (v *view) Put(key string, value []byte) error {
	v.certain = append(v.certain, contract.Entry{Key: key, Value: value})
	return nil
}

// PutPrivate takes a copy of the token key, the one private value that a public command writes.
func (v *view) PutPrivate(org, _ string, _ []byte) error {
	v.secrets = append(v.secrets, org)
	return nil
}

// Range is not asked by what is retraced.
func (v *view) Range(string, string, int) ([]contract.Entry, error) { return nil, nil }

// PrivateHash is not asked by what is retraced.
func (v *view) PrivateHash(string, string) ([]byte, error) { return nil, nil }

// SetEvent drops the event: it is compared with the results by itself.
func (v *view) SetEvent(string, []byte) error { return nil }

// TxID is the transaction's ID.
func (v *view) TxID() string { return v.tx.ID }

// TxTime is the transaction's time.
func (v *view) TxTime() time.Time { return v.tx.Time }

// CallerOrg is the organisation that submitted the transaction.
func (v *view) CallerOrg() string { return v.tx.Caller }
