package keystore

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"decore/chaincode/evidence"
	"decore/chaincode/ident"
	"decore/gateway/durable"
)

const (
	sme    ident.USCC = "91370200990000009K"
	leader ident.USCC = "91370200990000017E"
	bank   ident.USCC = "913702009900000334"
)

func TestCreate(t *testing.T) {
	t.Run("makes a key that is current at once and signs", func(t *testing.T) {
		s := open(t, t.TempDir())
		kid, public := create(t, s, sme)
		private := wantCurrent(t, s, sme, kid)
		if kid != evidence.KeyID(public) {
			t.Errorf("key ID %s is not the thumbprint %s", kid, evidence.KeyID(public))
		}
		hash := sha256.Sum256([]byte("command"))
		sig, err := ecdsa.SignASN1(nil, private, hash[:])
		if err != nil || !ecdsa.VerifyASN1(public, hash[:], sig) {
			t.Errorf("the public key does not verify what the private key signed: %v", err)
		}
	})

	t.Run("refuses a second first key and keeps the first", func(t *testing.T) {
		s := open(t, t.TempDir())
		kid, _ := create(t, s, sme)
		if _, _, err := s.Create(sme); !errors.Is(err, ErrHasKey) {
			t.Errorf("got %v, want ErrHasKey", err)
		}
		wantCurrent(t, s, sme, kid)
	})

	for _, party := range []ident.USCC{"", "../../etc/passwd", "91370200990000009X", " 91370200990000009K", "91370200990000009k"} {
		t.Run(fmt.Sprintf("refuses %q as a party and writes nothing", party), func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir)
			if _, _, err := s.Create(party); err == nil {
				t.Error("a key was made")
			}
			if _, _, err := s.Key(party); err == nil {
				t.Error("a key was found")
			}
			if names := fileNames(t, dir); len(names) != 1 || names[0] != headerFile {
				t.Errorf("folder holds %v, want only the header", names)
			}
		})
	}
}

func TestKey(t *testing.T) {
	t.Run("says ErrNoKey for a party without a key", func(t *testing.T) {
		s := open(t, t.TempDir())
		create(t, s, sme)
		if _, _, err := s.Key(bank); !errors.Is(err, ErrNoKey) || !strings.Contains(err.Error(), string(bank)) {
			t.Errorf("got %v, want ErrNoKey naming the party", err)
		}
	})

	t.Run("returns the same key after the store is opened again", func(t *testing.T) {
		dir := t.TempDir()
		kid, public := create(t, open(t, dir), sme)
		private := wantCurrent(t, open(t, dir), sme, kid)
		if !private.PublicKey.Equal(public) {
			t.Error("another key came back")
		}
	})

	t.Run("reads the file once and then answers from memory", func(t *testing.T) {
		dir := t.TempDir()
		kid, _ := create(t, open(t, dir), sme)
		s := open(t, dir)
		wantCurrent(t, s, sme, kid)
		if err := os.Remove(filepath.Join(dir, string(sme)+ringSuffix)); err != nil {
			t.Fatal(err)
		}
		wantCurrent(t, s, sme, kid)
	})
}

func TestRotation(t *testing.T) {
	t.Run("keeps the current key until the new one is activated", func(t *testing.T) {
		dir := t.TempDir()
		s := open(t, dir)
		first, _ := create(t, s, sme)
		second, _, err := s.Add(sme)
		if err != nil || second == first {
			t.Fatalf("got %s %v, want another key", second, err)
		}
		wantCurrent(t, s, sme, first)
		wantCurrent(t, open(t, dir), sme, first)

		if err := s.Activate(sme, second); err != nil {
			t.Fatal(err)
		}
		wantCurrent(t, s, sme, second)
		wantCurrent(t, open(t, dir), sme, second)

		if err := s.Activate(sme, first); err != nil { // the earlier key is kept
			t.Fatal(err)
		}
		wantCurrent(t, s, sme, first)
	})

	t.Run("refuses to add to, or activate for, a party that lacks the key", func(t *testing.T) {
		s := open(t, t.TempDir())
		_, _, errAdd := s.Add(sme)
		errNone := s.Activate(sme, "kid")
		kid, _ := create(t, s, leader)
		create(t, s, sme)
		errOther := s.Activate(sme, kid)
		for _, err := range []error{errAdd, errNone, errOther} {
			if !errors.Is(err, ErrNoKey) {
				t.Errorf("got %v, want ErrNoKey", err)
			}
		}
	})

	t.Run("takes in what another process added meanwhile", func(t *testing.T) {
		dir := t.TempDir()
		one, two := open(t, dir), open(t, dir)
		create(t, one, sme)
		added, _, err := two.Add(sme)
		if err != nil {
			t.Fatal(err)
		}
		if err := one.Activate(sme, added); err != nil {
			t.Fatalf("the first store does not know the second's key: %v", err)
		}
		wantCurrent(t, one, sme, added)
	})
}

func TestList(t *testing.T) {
	t.Run("describes every key by party and age, marking the current", func(t *testing.T) {
		s := open(t, t.TempDir())
		smeKey, _ := create(t, s, sme)
		bankOld, _ := create(t, s, bank)
		bankNew, _, err := s.Add(bank)
		if err != nil {
			t.Fatal(err)
		}
		list, err := s.List()
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range list {
			if evidence.KeyID(e.Public) != e.KeyID || e.Created.IsZero() {
				t.Errorf("entry %+v lacks its public key or time", e)
			}
			got = append(got, fmt.Sprint(e.Party, e.KeyID, e.Current))
		}
		want := []string{fmt.Sprint(sme, smeKey, true), fmt.Sprint(bank, bankOld, true), fmt.Sprint(bank, bankNew, false)}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

func TestPermissions(t *testing.T) {
	t.Run("folder 0700 and every file 0600", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "keys")
		if err := os.Mkdir(dir, 0o755); err != nil { //nolint:gosec // open on purpose
			t.Fatal(err)
		}
		create(t, open(t, dir), sme)
		wantMode(t, dir, 0o700)
		for _, name := range fileNames(t, dir) {
			wantMode(t, filepath.Join(dir, name), 0o600)
		}
	})
}

func TestLeftovers(t *testing.T) {
	t.Run("a temporary file left by a crash is ignored and removed", func(t *testing.T) {
		dir := t.TempDir()
		kid, _ := create(t, open(t, dir), sme)
		half, err := os.ReadFile(filepath.Join(dir, string(sme)+ringSuffix))
		if err != nil {
			t.Fatal(err)
		}
		left := filepath.Join(dir, durable.TempPrefix+"123")
		if err := os.WriteFile(left, half[:len(half)/2], 0o600); err != nil {
			t.Fatal(err)
		}
		s := open(t, dir)
		wantCurrent(t, s, sme, kid)
		if list, err := s.List(); err != nil || len(list) != 1 {
			t.Errorf("got %d entries %v, want 1", len(list), err)
		}
		if _, err := os.Stat(left); err == nil {
			t.Error("the temporary file is still there")
		}
	})
}

func TestConcurrency(t *testing.T) {
	t.Run("many callers create, rotate and read without losing a key", func(t *testing.T) {
		dir := t.TempDir()
		stores := []*Store{open(t, dir), open(t, dir)} // two processes, as far as the files can tell
		create(t, stores[0], sme)
		const each = 2
		var all sync.WaitGroup
		for i := range 8 {
			s := stores[i%2]
			all.Go(func() {
				for range each {
					kid, _, err := s.Add(sme)
					if err == nil {
						err = s.Activate(sme, kid)
					}
					if err == nil {
						_, _, err = s.Key(sme)
					}
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		list, err := open(t, dir).List()
		if err != nil || len(list) != 1+8*each {
			t.Fatalf("got %d keys %v, want %d", len(list), err, 1+8*each)
		}
	})

	t.Run("exactly one of many callers makes the first key", func(t *testing.T) {
		dir := t.TempDir()
		results := make(chan error, 8)
		for range cap(results) {
			s := open(t, dir)
			go func() { _, _, err := s.Create(sme); results <- err }()
		}
		won := 0
		for range cap(results) {
			if err := <-results; err == nil {
				won++
			} else if !errors.Is(err, ErrHasKey) {
				t.Errorf("got %v, want ErrHasKey", err)
			}
		}
		if won != 1 {
			t.Errorf("%d callers made the first key, want 1", won)
		}
	})
}

func BenchmarkKey(b *testing.B) {
	s, err := Open(b.TempDir(), testSecret)
	if err != nil {
		b.Fatal(err)
	}
	if _, _, err := s.Create(sme); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, _, err := s.Key(sme); err != nil {
			b.Fatal(err)
		}
	}
}
