// Package contracttest runs the contract over a ledger in memory, for tests.
package contracttest

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"time"

	"decore/chaincode/contract"
)

// State is a contract.State in memory. Writes are buffered until Commit, as on a real ledger.
type State struct {
	Public  map[string][]byte
	Private map[string][]byte // org + "/" + key
	Now     time.Time
	Caller  string
	tx      int
	puts    []contract.Entry
	private []contract.Entry
}

// NewState returns an empty ledger to which a client of the organisation submits.
func NewState(caller string, now time.Time) *State {
	return &State{Public: map[string][]byte{}, Private: map[string][]byte{}, Now: now, Caller: caller}
}

// Get reads committed values.
func (s *State) Get(keys ...string) ([][]byte, error) {
	values := make([][]byte, len(keys))
	for i, k := range keys {
		values[i] = s.Public[k]
	}
	return values, nil
}

// Put buffers a write.
func (s *State) Put(key string, value []byte) error {
	s.puts = append(s.puts, contract.Entry{Key: key, Value: value})
	return nil
}

// Range lists committed entries.
func (s *State) Range(from, to string, limit int) ([]contract.Entry, error) {
	var out []contract.Entry
	for _, k := range slices.Sorted(maps.Keys(s.Public)) {
		if k >= from && k < to && len(out) < limit {
			out = append(out, contract.Entry{Key: k, Value: s.Public[k]})
		}
	}
	return out, nil
}

// PutPrivate buffers a private write.
func (s *State) PutPrivate(org, key string, value []byte) error {
	s.private = append(s.private, contract.Entry{Key: org + "/" + key, Value: value})
	return nil
}

// PrivateHash hashes a committed private value.
func (s *State) PrivateHash(org, key string) ([]byte, error) {
	v, ok := s.Private[org+"/"+key]
	if !ok {
		return nil, nil
	}
	sum := sha256.Sum256(v)
	return sum[:], nil
}

// SetEvent is accepted and dropped.
func (s *State) SetEvent(string, []byte) error { return nil }

// TxID numbers transactions.
func (s *State) TxID() string { return fmt.Sprintf("tx-%d", s.tx) }

// TxTime is the test's clock.
func (s *State) TxTime() time.Time { return s.Now }

// CallerOrg is the organisation of the submitting client.
func (s *State) CallerOrg() string { return s.Caller }

// Clone returns a copy that goes its own way; values are shared, since nobody changes them in place.
func (s *State) Clone() *State {
	c := *s
	c.Public, c.Private = maps.Clone(s.Public), maps.Clone(s.Private)
	c.puts, c.private = nil, nil
	return &c
}

// Writes returns the buffered writes, public and private, in order.
func (s *State) Writes() (public, private []contract.Entry) { return s.puts, s.private }

// Commit applies the buffered writes.
func (s *State) Commit() {
	for _, e := range s.puts {
		s.Public[e.Key] = e.Value
	}
	for _, e := range s.private {
		s.Private[e.Key] = e.Value
	}
	s.Drop()
}

// Drop forgets the buffered writes.
func (s *State) Drop() { s.puts, s.private, s.tx = nil, nil, s.tx+1 }
