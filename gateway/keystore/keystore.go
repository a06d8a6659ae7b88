// Package keystore holds the signing keys (签名私钥) of the parties that this gateway hosts: ES256 keys on
// curve P-256 (RFC 7518 §3.4), encrypted at rest with AES-256-GCM.
//
// A store is a folder, mode 0700, with one file per party, named by its USCC, and a header that says how the
// secret becomes the key. A file holds all keys of its party; a key replaced on the ledger is kept, because
// it must never be mistaken for lost. Restoring an old copy of a file is not detected.
package keystore

import (
	"crypto/ecdsa"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"decore/chaincode/ident"
	"decore/gateway/durable"
)

const ringSuffix = ".keys"

// Store is an open key store, safe for concurrent use. Keys are decrypted once and then kept in memory.
type Store struct {
	dir    string
	sealer *sealer

	writing sync.Mutex // one change at a time; held over disk writes, so never taken by readers
	mu      sync.RWMutex
	rings   map[ident.USCC]*ring
}

// Entry describes one key, without its private part.
type Entry struct {
	Party   ident.USCC
	KeyID   string // RFC 7638 thumbprint, base64url
	Public  *ecdsa.PublicKey
	Created time.Time
	Current bool // the key that Key returns
}

// Open opens the store in dir, or makes an empty one. A wrong secret or a damaged header is a *SealError.
func Open(dir string, secret Secret) (*Store, error) {
	if secret.kind == 0 {
		return nil, fmt.Errorf("%w: none given", ErrSecret)
	}
	if err := durable.Dir(dir); err != nil {
		return nil, fmt.Errorf("key store: %w", err)
	}
	s := &Store{dir: dir, rings: map[ident.USCC]*ring{}}
	err := s.locked(func() (err error) {
		if err := durable.RemoveTemps(dir); err != nil {
			return fmt.Errorf("key store: %w", err)
		}
		s.sealer, err = openHeader(dir, secret)
		return err
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Create makes the party's first key and marks it current. ErrHasKey is wrapped when it has one.
func (s *Store) Create(party ident.USCC) (kid string, public *ecdsa.PublicKey, err error) {
	return s.add(party, func(r *ring, k heldKey) (*ring, error) {
		if r != nil {
			return nil, fmt.Errorf("%w: %s", ErrHasKey, party)
		}
		return (&ring{party: party}).with(k).activated(k.id), nil
	})
}

// Add makes a further key and leaves the current one current, until the ledger has accepted the new one
// and Activate is called. ErrNoKey is wrapped when the party has no key yet.
func (s *Store) Add(party ident.USCC) (kid string, public *ecdsa.PublicKey, err error) {
	return s.add(party, func(r *ring, k heldKey) (*ring, error) {
		if r == nil {
			return nil, fmt.Errorf("%w: party %s", ErrNoKey, party)
		}
		return r.with(k), nil
	})
}

// Activate marks a key of the party as the current one. ErrNoKey is wrapped when it has no such key.
func (s *Store) Activate(party ident.USCC, kid string) error {
	return s.update(party, func(r *ring) (*ring, error) {
		if r != nil {
			if _, ok := r.find(kid); ok {
				return r.activated(kid), nil
			}
		}
		return nil, fmt.Errorf("%w: party %s, key %.64q", ErrNoKey, party, kid)
	})
}

// Key returns the party's current key, which the caller must not change. ErrNoKey is wrapped when it has none.
func (s *Store) Key(party ident.USCC) (private *ecdsa.PrivateKey, kid string, err error) {
	r, err := s.ring(party)
	if err != nil {
		return nil, "", err
	}
	if r == nil {
		return nil, "", fmt.Errorf("%w: party %s", ErrNoKey, party)
	}
	k, _ := r.find(r.current)
	return k.private, k.id, nil
}

// List describes every key of every party, by party and then by age.
func (s *Store) List() ([]Entry, error) {
	files, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, fmt.Errorf("key store: %w", err)
	}
	var list []Entry
	for _, f := range files { // sorted by name, so by party
		name, ok := strings.CutSuffix(f.Name(), ringSuffix)
		if !ok {
			continue
		}
		r, err := s.ring(ident.USCC(name))
		if err != nil {
			return nil, err
		}
		if r == nil {
			continue // removed since the folder was read
		}
		for _, k := range r.keys {
			list = append(list, Entry{r.party, k.id, &k.private.PublicKey, k.created, k.id == r.current})
		}
	}
	return list, nil
}

func (s *Store) add(party ident.USCC, place func(*ring, heldKey) (*ring, error)) (string, *ecdsa.PublicKey, error) {
	k, err := newKey(time.Now())
	if err != nil {
		return "", nil, err
	}
	if err := s.update(party, func(r *ring) (*ring, error) { return place(r, k) }); err != nil {
		return "", nil, err
	}
	return k.id, &k.private.PublicKey, nil
}

// ring returns the party's ring, from memory after the first time, or nil when it has none.
func (s *Store) ring(party ident.USCC) (*ring, error) {
	s.mu.RLock()
	r := s.rings[party]
	s.mu.RUnlock()
	if r != nil {
		return r, nil
	}
	s.writing.Lock() // the file must not change between reading it and remembering it
	defer s.writing.Unlock()
	return s.load(party)
}

// load reads the party's file, which another process may have changed, and remembers it; nil when there is none.
func (s *Store) load(party ident.USCC) (*ring, error) {
	path, err := s.path(party)
	if err != nil {
		return nil, err
	}
	plain, err := s.sealer.openFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r, err := decodeRing(plain, party)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", &SealError{path}, err)
	}
	s.remember(r)
	return r, nil
}

// update replaces the party's ring by what change makes of it (nil: the party has none yet), on disk and then in memory.
func (s *Store) update(party ident.USCC, change func(*ring) (*ring, error)) error {
	return s.locked(func() error {
		path, err := s.path(party)
		if err != nil {
			return err
		}
		before, err := s.load(party)
		if err != nil {
			return err
		}
		after, err := change(before)
		if err != nil {
			return err
		}
		plain, err := after.encode()
		if err != nil {
			return err
		}
		if err := s.sealer.sealFile(path, plain); err != nil {
			return err
		}
		s.remember(after)
		return nil
	})
}

func (s *Store) remember(r *ring) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rings[r.party] = r
}

func (s *Store) locked(do func() error) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	unlock, err := lockFolder(s.dir)
	if err != nil {
		return err
	}
	return errors.Join(do(), unlock())
}

// path refuses what is no USCC in canonical form: a party's name becomes a file's name.
func (s *Store) path(party ident.USCC) (string, error) {
	canonical, err := ident.ParseUSCC(string(party))
	if err != nil {
		return "", fmt.Errorf("key store: %w", err)
	}
	if canonical != party {
		return "", fmt.Errorf("key store: party %q is not in canonical form", party)
	}
	return filepath.Join(s.dir, string(party)+ringSuffix), nil
}
