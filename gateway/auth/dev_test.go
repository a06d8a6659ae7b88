package auth

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"decore/chaincode/lifecycle"
)

func TestDevIssuer(t *testing.T) {
	c := newClock()
	open := func(t *testing.T, dir string) *DevIssuer {
		t.Helper()
		return must(OpenDevIssuer(dir, c.now))
	}

	t.Run("its tokens are accepted, also by a later start on the same folder", func(t *testing.T) {
		dir := t.TempDir()
		token := must(open(t, dir).Token(sme, []lifecycle.Role{"sme", "leader"}, time.Hour))
		v := newVerifier(t, Config{Now: c.now, Dev: open(t, dir)})
		got := wantCaller(t, v, token, sme, "leader")
		if got.TokenID == "" || !got.Expires.Equal(c.now().Add(time.Hour)) {
			t.Errorf("got %+v", got)
		}
	})

	t.Run("its tokens are refused where it is not accepted or has another key", func(t *testing.T) {
		token := must(open(t, t.TempDir()).Token(sme, []lifecycle.Role{"sme"}, time.Hour))
		wantCode(t, newVerifier(t, oneIssuer(t, c)), "Bearer "+token, CodeIssuer)
		wantCode(t, newVerifier(t, Config{Now: c.now, Dev: open(t, t.TempDir())}), "Bearer "+token, CodeSignature)
	})

	t.Run("its tokens expire", func(t *testing.T) {
		c := newClock()
		d := must(OpenDevIssuer(t.TempDir(), c.now))
		token := must(d.Token(sme, []lifecycle.Role{"sme"}, time.Minute))
		v := newVerifier(t, Config{Now: c.now, Dev: d})
		c.advance(90 * time.Second)
		wantCode(t, v, "Bearer "+token, CodeExpired)
	})

	t.Run("it refuses to issue what would not be accepted", func(t *testing.T) {
		d := open(t, t.TempDir())
		_, errParty := d.Token("913702009900000335", []lifecycle.Role{"sme"}, time.Hour)
		_, errNone := d.Token(sme, nil, time.Hour)
		_, errRole := d.Token(sme, []lifecycle.Role{"root"}, time.Hour)
		_, errTTL := d.Token(sme, []lifecycle.Role{"sme"}, 0)
		for i, err := range []error{errParty, errNone, errRole, errTTL} {
			if err == nil {
				t.Errorf("case %d: a token was issued", i)
			}
		}
	})

	t.Run("many first uses at once agree on one key, closed to others", func(t *testing.T) {
		dir := t.TempDir()
		keys := make([]*DevIssuer, 8)
		var all sync.WaitGroup
		for i := range keys {
			all.Go(func() { keys[i] = must(OpenDevIssuer(dir, nil)) })
		}
		all.Wait()
		for _, d := range keys {
			if !d.key.Equal(keys[0].key) {
				t.Error("two keys were made")
			}
		}
		info := must(os.Stat(filepath.Join(dir, devKeyFile)))
		if info.Mode().Perm() != 0o600 || len(must(os.ReadDir(dir))) != 1 {
			t.Errorf("mode %v, want 0600 and no other file", info.Mode())
		}
	})

	t.Run("it refuses a key file that is damaged or open to others, naming it", func(t *testing.T) {
		dir := t.TempDir()
		open(t, dir)
		path := filepath.Join(dir, devKeyFile)
		if err := os.Chmod(path, 0o640); err != nil { //nolint:gosec // open on purpose
			t.Fatal(err)
		}
		_, errOpen := OpenDevIssuer(dir, nil)
		var damaged []error
		for _, content := range []string{"", "x", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := OpenDevIssuer(dir, nil)
			damaged = append(damaged, err)
		}
		for _, err := range append(damaged, errOpen) {
			if err == nil || !strings.Contains(err.Error(), path) {
				t.Errorf("got %v, want an error naming the file", err)
			}
		}
	})
}
