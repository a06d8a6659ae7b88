package keystore

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"golang.org/x/crypto/argon2"

	"decore/gateway/durable"
)

const (
	masterKeySize = 32
	// minPassphrase is the shortest passphrase in bytes that is taken (NIST SP 800-63B-4 §3.1.1.2 asks for 15).
	minPassphrase = 15
)

// The cost of argon2id: the second recommended choice of RFC 9106 §4. It is part of the file format.
const (
	argonTime    = 3
	argonMemory  = 64 << 10 // KiB
	argonThreads = 4
)

// Secret is what opens a key store: a master key or a passphrase. It never prints itself.
type Secret struct {
	kind  byte
	bytes []byte
}

const (
	kindMasterKey  byte = 'k'
	kindPassphrase byte = 'p'
)

// MasterKey is a secret of 32 random bytes.
func MasterKey(key []byte) (Secret, error) {
	if len(key) != masterKeySize {
		return Secret{}, fmt.Errorf("%w: a master key has %d bytes, this one %d", ErrSecret, masterKeySize, len(key))
	}
	return Secret{kindMasterKey, append([]byte(nil), key...)}, nil
}

// Passphrase is a secret for people to remember, of at least 15 bytes, stretched by argon2id (RFC 9106).
func Passphrase(phrase string) (Secret, error) {
	if len(phrase) < minPassphrase {
		return Secret{}, fmt.Errorf("%w: a passphrase has at least %d bytes", ErrSecret, minPassphrase)
	}
	return Secret{kindPassphrase, []byte(phrase)}, nil
}

// MasterKeyFile reads a master key: a file of exactly 32 bytes that is closed to everybody outside its owner and group.
func MasterKeyFile(path string) (Secret, error) {
	f, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return Secret{}, fmt.Errorf("open master key: %w", err)
	}
	defer f.Close() //nolint:errcheck // only read
	info, err := f.Stat()
	if err != nil {
		return Secret{}, fmt.Errorf("open master key: %w", err)
	}
	if durable.OpenTo(info, 0o007) {
		return Secret{}, fmt.Errorf("%w: master key file %s is open to every user of this machine; close it with chmod 600", ErrSecret, path)
	}
	key, err := io.ReadAll(io.LimitReader(f, masterKeySize+1))
	if err != nil {
		return Secret{}, fmt.Errorf("read master key: %w", err)
	}
	secret, err := MasterKey(key)
	if err != nil {
		return Secret{}, fmt.Errorf("master key file %s: %w", path, err)
	}
	return secret, nil
}

// EnsureMasterKeyFile is MasterKeyFile that first makes the file, mode 0600, when there is none.
func EnsureMasterKeyFile(path string) (Secret, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		key := make([]byte, masterKeySize)
		_, _ = rand.Read(key) // never fails
		if err := durable.Create(path, key); err != nil && !errors.Is(err, fs.ErrExist) {
			return Secret{}, fmt.Errorf("make master key: %w", err)
		}
	}
	return MasterKeyFile(path)
}

// key derives the AES-256 key of one store. The salt keeps two stores of one secret apart.
func (s Secret) key(salt []byte) ([]byte, error) {
	input := s.bytes
	if s.kind == kindPassphrase {
		input = argon2.IDKey(s.bytes, salt, argonTime, argonMemory, argonThreads, masterKeySize)
	}
	return hkdf.Key(sha256.New, input, salt, magic, 32)
}

// Format keeps the secret out of every log line and error, whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[secret]") }

// MarshalText keeps the secret out of JSON and structured logs.
func (s Secret) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }
