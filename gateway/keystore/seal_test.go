package keystore

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDamage(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	create(t, s, sme)
	read := map[string]func() error{
		headerFile:               func() error { _, err := Open(dir, testSecret); return err },
		string(sme) + ringSuffix: func() error { _, _, err := forgetful(s).Key(sme); return err },
	}
	for name, try := range read {
		path := filepath.Join(dir, name)
		whole, err := os.ReadFile(path) //nolint:gosec // the test's own file
		if err != nil {
			t.Fatal(err)
		}
		t.Run("a changed byte at every offset of "+name+" is refused", func(t *testing.T) {
			for i := range whole {
				damaged := bytes.Clone(whole)
				damaged[i] ^= 0x20
				overwrite(t, path, damaged)
				wantSealError(t, try(), path)
			}
		})
		t.Run("a cut at every offset and a longer "+name+" are refused", func(t *testing.T) {
			for i := range whole {
				overwrite(t, path, whole[:i])
				wantSealError(t, try(), path)
			}
			overwrite(t, path, append(bytes.Clone(whole), 0))
			wantSealError(t, try(), path)
		})
		overwrite(t, path, whole)
		if err := try(); err != nil {
			t.Fatalf("the undamaged %s is refused: %v", name, err)
		}
	}
}

func TestForeignFiles(t *testing.T) {
	t.Run("the files of two parties swapped are both refused", func(t *testing.T) {
		dir := t.TempDir()
		s := open(t, dir)
		create(t, s, sme)
		create(t, s, leader)
		one, two := filepath.Join(dir, string(sme)+ringSuffix), filepath.Join(dir, string(leader)+ringSuffix)
		for _, step := range [][2]string{{one, one + "x"}, {two, one}, {one + "x", two}} {
			if err := os.Rename(step[0], step[1]); err != nil {
				t.Fatal(err)
			}
		}
		s = open(t, dir)
		_, _, err := s.Key(sme)
		wantSealError(t, err, one)
		_, _, err = s.Key(leader)
		wantSealError(t, err, two)
		_, _, err = s.Add(leader)
		wantSealError(t, err, two)
		_, err = s.List()
		wantSealError(t, err, one)
	})

	t.Run("a file under another name does not even decrypt", func(t *testing.T) {
		dir := t.TempDir()
		s := open(t, dir)
		create(t, s, sme)
		path := filepath.Join(dir, string(leader)+ringSuffix)
		if err := os.Rename(filepath.Join(dir, string(sme)+ringSuffix), path); err != nil {
			t.Fatal(err)
		}
		_, err := s.sealer.openFile(path)
		wantSealError(t, err, path)
	})

	t.Run("a file of another store with the same secret is refused", func(t *testing.T) {
		here, there := t.TempDir(), t.TempDir()
		open(t, here)
		create(t, open(t, there), sme)
		path := filepath.Join(here, string(sme)+ringSuffix)
		if err := os.Rename(filepath.Join(there, string(sme)+ringSuffix), path); err != nil {
			t.Fatal(err)
		}
		_, _, err := open(t, here).Key(sme)
		wantSealError(t, err, path)
	})

	t.Run("a store with keys and no header is refused instead of given a new header", func(t *testing.T) {
		dir := t.TempDir()
		create(t, open(t, dir), sme)
		header := filepath.Join(dir, headerFile)
		if err := os.Remove(header); err != nil {
			t.Fatal(err)
		}
		_, err := Open(dir, testSecret)
		wantSealError(t, err, header)
		if _, err := os.Stat(header); err == nil {
			t.Error("a new header was written")
		}
	})

	t.Run("a sealed ring whose content does not belong together is refused", func(t *testing.T) {
		dir := t.TempDir()
		s := open(t, dir)
		kid, _ := create(t, s, sme)
		path := filepath.Join(dir, string(sme)+ringSuffix)
		good, err := s.sealer.openFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for what, bad := range map[string]string{
			"another party":       strings.Replace(string(good), string(sme), string(leader), 1),
			"unknown current key": strings.Replace(string(good), kid, "other", 1),
			"false key ID":        strings.ReplaceAll(string(good), kid, "other"),
			"no JSON":             "{",
			"no keys":             fmt.Sprintf(`{"party":%q}`, sme),
		} {
			if err := s.sealer.sealFile(path, []byte(bad)); err != nil {
				t.Fatal(err)
			}
			t.Log(what)
			_, _, err := forgetful(s).Key(sme)
			wantSealError(t, err, path)
		}
	})
}

func TestSecrets(t *testing.T) {
	phrase := mustSecret(t)(Passphrase("correct horse battery staple"))

	t.Run("a passphrase opens its store and no other secret does", func(t *testing.T) {
		dir := t.TempDir()
		s, err := Open(dir, phrase)
		if err != nil {
			t.Fatal(err)
		}
		kid, _ := create(t, s, sme)
		if s, err = Open(dir, phrase); err != nil {
			t.Fatal(err)
		}
		wantCurrent(t, s, sme, kid)
		wrong := mustSecret(t)(Passphrase("correct horse battery stable"))
		for _, secret := range []Secret{wrong, testSecret} {
			_, err := Open(dir, secret)
			wantSealError(t, err, filepath.Join(dir, headerFile))
		}
	})

	t.Run("another master key is refused at once, before any key exists", func(t *testing.T) {
		dir := t.TempDir()
		open(t, dir)
		other := mustSecret(t)(MasterKey(bytes.Repeat([]byte{8}, masterKeySize)))
		_, err := Open(dir, other)
		wantSealError(t, err, filepath.Join(dir, headerFile))
	})

	t.Run("an unusable secret is refused", func(t *testing.T) {
		_, short := Passphrase("fourteen bytes")
		_, long := MasterKey(make([]byte, masterKeySize+1))
		_, none := Open(t.TempDir(), Secret{})
		for _, err := range []error{short, long, none} {
			if !errors.Is(err, ErrSecret) {
				t.Errorf("got %v, want ErrSecret", err)
			}
		}
	})

	t.Run("no secret shows in what is printed, logged or stored", func(t *testing.T) {
		var out bytes.Buffer
		slog.New(slog.NewJSONHandler(&out, nil)).Info("open", "secret", phrase)
		slog.New(slog.NewTextHandler(&out, nil)).Info("open", "secret", phrase)
		fmt.Fprintf(&out, "%v %+v %#v %s %x %q %d", phrase, phrase, phrase, phrase, phrase, phrase, phrase)
		if err := json.NewEncoder(&out).Encode(phrase); err != nil {
			t.Fatal(err)
		}
		for _, leak := range []string{"horse", hex.EncodeToString([]byte("horse")), "104 111 114"} {
			if strings.Contains(out.String(), leak) {
				t.Errorf("the secret shows as %q in %s", leak, out.String())
			}
		}
	})

	t.Run("no private key shows in the files or errors", func(t *testing.T) {
		dir := t.TempDir()
		s := open(t, dir)
		kid, _ := create(t, s, sme)
		d, err := wantCurrent(t, s, sme, kid).Bytes()
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range fileNames(t, dir) {
			data, err := os.ReadFile(filepath.Join(dir, name)) //nolint:gosec // the test's own file
			if err != nil || bytes.Contains(data, d) || bytes.Contains(data, []byte(kid)) {
				t.Errorf("%s shows a key (%v)", name, err)
			}
		}
	})
}

func TestMasterKeyFile(t *testing.T) {
	t.Run("is made once, 0600, and read from then on", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "master.key")
		first := mustSecret(t)(EnsureMasterKeyFile(path))
		wantMode(t, path, 0o600)
		for _, read := range []func(string) (Secret, error){EnsureMasterKeyFile, MasterKeyFile} {
			if again := mustSecret(t)(read(path)); !bytes.Equal(again.bytes, first.bytes) || len(again.bytes) != 32 {
				t.Error("another master key was read")
			}
		}
	})

	t.Run("is refused when missing, of the wrong size or open to all", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "master.key")
		if _, err := MasterKeyFile(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("got %v, want os.ErrNotExist", err)
		}
		for _, size := range []int{0, 31, 33, 1 << 16} {
			overwrite(t, path, make([]byte, size))
			if _, err := MasterKeyFile(path); !errors.Is(err, ErrSecret) || !strings.Contains(err.Error(), path) {
				t.Errorf("%d bytes: got %v, want ErrSecret naming the file", size, err)
			}
		}
		overwrite(t, path, make([]byte, 32))
		if err := os.Chmod(path, 0o644); err != nil { //nolint:gosec // open on purpose
			t.Fatal(err)
		}
		if _, err := MasterKeyFile(path); !errors.Is(err, ErrSecret) || !strings.Contains(err.Error(), path) {
			t.Errorf("got %v, want ErrSecret naming the file", err)
		}
	})
}

func mustSecret(t *testing.T) func(Secret, error) Secret {
	return func(s Secret, err error) Secret {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

func overwrite(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func wantSealError(t *testing.T, err error, path string) {
	t.Helper()
	var sealed *SealError
	if !errors.As(err, &sealed) || sealed.File != path || !strings.Contains(err.Error(), path) {
		t.Fatalf("got %v, want a SealError naming %s", err, path)
	}
}
