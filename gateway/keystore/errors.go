package keystore

import (
	"errors"
	"fmt"
)

var (
	// ErrNoKey is wrapped when the party has no key, or not the key asked for, in this store.
	ErrNoKey = errors.New("no such signing key in this key store")
	// ErrHasKey is wrapped when Create is asked for a party that has a key already.
	ErrHasKey = errors.New("the party has a signing key in this key store already")
	// ErrSecret is wrapped when a master key or passphrase cannot be used at all.
	ErrSecret = errors.New("unusable key store secret")
)

// SealError says that a file could not be opened with the secret: a damaged, cut, swapped or foreign file,
// or the wrong master key or passphrase. Authenticated encryption cannot tell these apart.
type SealError struct {
	File string
}

func (e *SealError) Error() string {
	return fmt.Sprintf("key store file %s cannot be opened: wrong master key or passphrase, or the file is damaged", e.File)
}
