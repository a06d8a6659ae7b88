package keystore

import (
	"bytes"
	"crypto/ecdsa"
	"os"
	"testing"

	"decore/chaincode/ident"
)

var testSecret = Secret{kindMasterKey, bytes.Repeat([]byte{7}, masterKeySize)}

func open(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(dir, testSecret)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// forgetful is the same store with nothing in memory, so that it reads the files again.
func forgetful(s *Store) *Store {
	return &Store{dir: s.dir, sealer: s.sealer, rings: map[ident.USCC]*ring{}}
}

func create(t *testing.T, s *Store, party ident.USCC) (string, *ecdsa.PublicKey) {
	t.Helper()
	kid, public, err := s.Create(party)
	if err != nil {
		t.Fatal(err)
	}
	return kid, public
}

func wantCurrent(t *testing.T, s *Store, party ident.USCC, want string) *ecdsa.PrivateKey {
	t.Helper()
	private, kid, err := s.Key(party)
	if err != nil || kid != want {
		t.Fatalf("current key is %s %v, want %s", kid, err, want)
	}
	return private
}

func fileNames(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func wantMode(t *testing.T, path string, want os.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != want {
		t.Errorf("%s has mode %o, want %o", path, got, want)
	}
}
