package embedded

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cockroachdb/pebble"

	"decore/adapters/ledger"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
)

// ErrCollection is wrapped by errors about a private collection that no organisation of the ledger has.
var ErrCollection = errors.New("private collection out of reach")

// state is what the contract sees while one transaction runs (contract.State). As on Fabric, reads see
// what earlier transactions wrote and never the transaction's own writes. It serves one goroutine.
type state struct {
	reader   pebble.Reader
	opts     *Options
	id       string
	time     time.Time
	writes   map[string][]byte
	private  map[privateName][]byte
	event    *ledger.Event
	storeErr error // a read that failed; the transaction fails with it even if the contract goes on
}

type privateName struct{ org, key string }

var _ contract.State = (*state)(nil)

func newState(r pebble.Reader, opts *Options, id string, now time.Time) *state {
	return &state{
		reader: r, opts: opts, id: id, time: now,
		writes: map[string][]byte{}, private: map[privateName][]byte{},
	}
}

func (s *state) Get(keys ...string) ([][]byte, error) {
	values, err := getValues(s.reader, keys, stateKey)
	return values, s.note(err)
}

func (s *state) Put(key string, value []byte) error {
	if err := checkWrite(key, value); err != nil {
		return err
	}
	s.writes[key] = bytes.Clone(value)
	return nil
}

func (s *state) Range(from, to string, limit int) ([]contract.Entry, error) {
	entries, err := getRange(s.reader, from, to, limit)
	return entries, s.note(err)
}

func (s *state) PutPrivate(org, key string, value []byte) error {
	if !slices.Contains(s.opts.Orgs, org) {
		return fmt.Errorf("%w: %q is no organisation of this ledger", ErrCollection, org)
	}
	if err := checkWrite(key, value); err != nil {
		return err
	}
	s.private[privateName{org, key}] = bytes.Clone(value)
	return nil
}

func (s *state) PrivateHash(org, key string) ([]byte, error) {
	if !slices.Contains(s.opts.Orgs, org) {
		return nil, fmt.Errorf("%w: %q is no organisation of this ledger", ErrCollection, org)
	}
	value, err := getValue(s.reader, privateKey(org, key))
	if value == nil || err != nil {
		return nil, s.note(err)
	}
	sum := sha256.Sum256(value)
	return sum[:], nil
}

func (s *state) SetEvent(name string, payload []byte) error {
	if name == "" {
		return errors.New("an event needs a name")
	}
	s.event = &ledger.Event{Name: name, Payload: bytes.Clone(payload)}
	return nil
}

func (s *state) TxID() string      { return s.id }
func (s *state) TxTime() time.Time { return s.time }
func (s *state) CallerOrg() string { return s.opts.CallerOrg }

func (s *state) note(err error) error {
	if err != nil && s.storeErr == nil {
		s.storeErr = err
	}
	return err
}

// publicWrites returns what was written, in key order.
func (s *state) publicWrites() []ledger.Write {
	writes := make([]ledger.Write, 0, len(s.writes))
	for key, value := range s.writes {
		writes = append(writes, ledger.Write{Key: key, Value: value})
	}
	slices.SortFunc(writes, func(a, b ledger.Write) int { return cmp.Compare(a.Key, b.Key) })
	return writes
}

// privateWrites returns what all members see of the private writes, in order of organisation and key.
func (s *state) privateWrites() []ledger.PrivateWrite {
	writes := make([]ledger.PrivateWrite, 0, len(s.private))
	for name, value := range s.private {
		writes = append(writes, ledger.PrivateWrite{Org: name.org, Key: name.key, Hash: evidence.Commit(value)})
	}
	slices.SortFunc(writes, func(a, b ledger.PrivateWrite) int {
		return cmp.Or(cmp.Compare(a.Org, b.Org), cmp.Compare(a.Key, b.Key))
	})
	return writes
}
