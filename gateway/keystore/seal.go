package keystore

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"decore/gateway/durable"
)

// magic begins every file and fixes its format: AES-256-GCM, HKDF-SHA256, and argon2id at the cost given in secret.go.
const magic = "decore keystore 1\n"

const (
	headerFile = "header"
	saltSize   = 16
	maxFile    = 16 << 20 // no party has so many keys; a larger file is a mistake
)

// sealer encrypts and opens the files of one store.
type sealer struct{ aead cipher.AEAD }

// openHeader returns the store's sealer. The header is magic | kind of secret | salt | nonce | tag over all of it,
// so that a wrong secret shows at once and not at the first signature. An empty store gets a new header.
func openHeader(dir string, secret Secret) (*sealer, error) {
	path := filepath.Join(dir, headerFile)
	data, err := readFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return createHeader(dir, path, secret)
	}
	if err != nil {
		return nil, err
	}
	const bodySize = len(magic) + 1 + saltSize
	if len(data) < bodySize || string(data[:len(magic)]) != magic || data[len(magic)] != secret.kind {
		return nil, &SealError{path}
	}
	body, tag := data[:bodySize], data[bodySize:]
	s, err := newSealer(secret, body[len(magic)+1:])
	if err != nil {
		return nil, err
	}
	if empty, err := s.open(tag, body); err != nil || len(empty) != 0 {
		return nil, &SealError{path}
	}
	return s, nil
}

func createHeader(dir, path string, secret Secret) (*sealer, error) {
	orphans, err := filepath.Glob(filepath.Join(dir, "*"+ringSuffix))
	if err != nil {
		return nil, fmt.Errorf("key store: %w", err)
	}
	if len(orphans) > 0 { // a new salt would make them unreadable for ever
		return nil, fmt.Errorf("%w: %s is missing, but the store holds keys", &SealError{path}, headerFile)
	}
	body := append([]byte(magic), secret.kind)
	body = append(body, random(saltSize)...)
	s, err := newSealer(secret, body[len(magic)+1:])
	if err != nil {
		return nil, err
	}
	return s, durable.Replace(path, append(body, s.seal(nil, body)...))
}

func newSealer(secret Secret, salt []byte) (*sealer, error) {
	key, err := secret.key(salt)
	if err != nil {
		return nil, fmt.Errorf("key store: derive key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("key store: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("key store: %w", err)
	}
	return &sealer{aead}, nil
}

// seal returns nonce | ciphertext | tag, bound to the associated data.
func (s *sealer) seal(plain, bound []byte) []byte {
	nonce := random(s.aead.NonceSize())
	return s.aead.Seal(nonce, nonce, plain, bound)
}

func (s *sealer) open(sealed, bound []byte) ([]byte, error) {
	n := s.aead.NonceSize()
	if len(sealed) < n {
		return nil, errors.New("too short")
	}
	return s.aead.Open(nil, sealed[:n], sealed[n:], bound)
}

// sealFile and openFile bind the content to the name, so that one party's file cannot stand in for another's.
func (s *sealer) sealFile(path string, plain []byte) error {
	return durable.Replace(path, append([]byte(magic), s.seal(plain, bindingOf(path))...))
}

func (s *sealer) openFile(path string) ([]byte, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	sealed, ok := bytes.CutPrefix(data, []byte(magic))
	if !ok {
		return nil, &SealError{path}
	}
	plain, err := s.open(sealed, bindingOf(path))
	if err != nil {
		return nil, &SealError{path}
	}
	return plain, nil
}

func bindingOf(path string) []byte { return []byte(magic + filepath.Base(path)) }

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path) //nolint:gosec // inside the store's own folder
	if err != nil {
		return nil, fmt.Errorf("key store: %w", err)
	}
	defer f.Close() //nolint:errcheck // only read
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("key store: %w", err)
	}
	if len(data) > maxFile {
		return nil, &SealError{path}
	}
	return data, nil
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}
