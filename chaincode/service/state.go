package service

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"

	"decore/chaincode/contract"
	"decore/chaincode/protocol"
)

// state is what a contract sees while one transaction runs (contract.State), over the shim. It holds back
// what is written until flush, so that a batch that fails or records nothing writes nothing, and so that all
// goes to the peer in one message.
type state struct {
	call    *call
	writes  map[string][]byte
	private map[privateName][]byte
}

type privateName struct{ org, key string }

var _ contract.State = (*state)(nil)

func newState(c *call) *state {
	return &state{call: c, writes: map[string][]byte{}, private: map[privateName][]byte{}}
}

func (s *state) Get(keys ...string) ([][]byte, error) {
	return readAll(keys, s.call.stub.GetMultipleStates)
}

// readAll reads the keys under which anything can be in one call.
func readAll(keys []string, read func(...string) ([][]byte, error)) ([][]byte, error) {
	if len(keys) == 0 {
		return [][]byte{}, nil
	}
	asked := slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return !readable(key) })
	found, err := read(asked...)
	if err != nil {
		return nil, fmt.Errorf("read state: %w", err)
	}
	if len(found) != len(asked) {
		return nil, fmt.Errorf("read state: %d values for %d keys", len(found), len(asked))
	}
	values := make([][]byte, len(keys))
	next := 0
	for i, key := range keys {
		if !readable(key) {
			continue
		}
		if len(found[next]) > 0 {
			values[i] = found[next]
		}
		next++
	}
	return values, nil
}

// errWrite is wrapped by errors about keys and values that a peer would not take, or not keep.
var errWrite = errors.New("invalid state key or value")

// checkWrite refuses what a peer refuses, and an empty value, which a peer cannot tell from a deletion.
func checkWrite(key string, value []byte) error {
	switch {
	case key == "":
		return fmt.Errorf("%w: empty key", errWrite)
	case key[0] == 0:
		return fmt.Errorf("%w: %q begins with U+0000", errWrite, key)
	case !utf8.ValidString(key):
		return fmt.Errorf("%w: %q is not UTF-8", errWrite, key)
	case len(value) == 0:
		return fmt.Errorf("%w: empty value for %q", errWrite, key)
	}
	return nil
}

func (s *state) Put(key string, value []byte) error {
	if err := checkWrite(key, value); err != nil {
		return err
	}
	s.writes[key] = bytes.Clone(value)
	return nil
}

func (s *state) Range(from, to string, limit int) ([]contract.Entry, error) {
	return s.entries(from, to, limit, s.call.stub.GetStateByRange)
}

// page is a Range that makes the peer read no further than it must, but after which nothing may be written.
func (s *state) page(from, to string, limit int) ([]contract.Entry, error) {
	return s.entries(from, to, limit, func(from, to string) (shim.StateQueryIteratorInterface, error) {
		found, _, err := s.call.stub.GetStateByRangeWithPagination(from, to, int32(limit), "")
		return found, err
	})
}

// lowestKey is before every key that can be written.
const lowestKey = "\x01"

type rangeFunc func(from, to string) (shim.StateQueryIteratorInterface, error)

func (s *state) entries(from, to string, limit int, read rangeFunc) ([]contract.Entry, error) {
	from = max(from, lowestKey) // a peer takes offence at what is before
	if limit <= 0 || from >= to {
		return nil, nil
	}
	if !utf8.ValidString(from) || !utf8.ValidString(to) {
		return nil, refusal(protocol.Malformed, errors.New("a range's bounds must be UTF-8"))
	}
	found, err := read(from, to)
	if err != nil {
		return nil, fmt.Errorf("range: %w", err)
	}
	return collect(found, limit)
}

// collect takes up to limit entries and ends the iteration.
func collect(found shim.StateQueryIteratorInterface, limit int) (entries []contract.Entry, err error) {
	defer func() { err = errors.Join(err, found.Close()) }()
	for len(entries) < limit && found.HasNext() {
		kv, err := found.Next()
		if err != nil {
			return nil, fmt.Errorf("range: %w", err)
		}
		entries = append(entries, contract.Entry{Key: kv.GetKey(), Value: kv.GetValue()})
	}
	return entries, nil
}

func (s *state) PutPrivate(org, key string, value []byte) error {
	if org == "" {
		return fmt.Errorf("%w: no organisation is named for %q", errWrite, key)
	}
	if err := checkWrite(key, value); err != nil {
		return err
	}
	s.private[privateName{org, key}] = bytes.Clone(value)
	return nil
}

func (s *state) PrivateHash(org, key string) ([]byte, error) {
	sum, err := s.call.stub.GetPrivateDataHash(protocol.Collection(org), key)
	if err != nil {
		return nil, fmt.Errorf("private hash: %w", err)
	}
	if len(sum) == 0 {
		return nil, nil
	}
	return sum, nil
}

func (s *state) SetEvent(name string, payload []byte) error {
	return s.call.stub.SetEvent(name, payload)
}

func (s *state) TxID() string      { return s.call.tx }
func (s *state) TxTime() time.Time { return s.call.time }
func (s *state) CallerOrg() string { return s.call.caller }

// flush writes what was put. The peer refuses the collection of an organisation that the channel does not have.
func (s *state) flush() error {
	stub := s.call.stub
	stub.StartWriteBatch()
	for _, key := range slices.Sorted(maps.Keys(s.writes)) {
		if err := stub.PutState(key, s.writes[key]); err != nil {
			return fmt.Errorf("write %q: %w", key, err)
		}
	}
	names := slices.SortedFunc(maps.Keys(s.private), func(a, b privateName) int {
		return cmp.Or(cmp.Compare(a.org, b.org), cmp.Compare(a.key, b.key))
	})
	for _, n := range names {
		if err := stub.PutPrivateData(protocol.Collection(n.org), n.key, s.private[n]); err != nil {
			return fmt.Errorf("write private %q: %w", n.key, err)
		}
	}
	if err := stub.FinishWriteBatch(); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}
