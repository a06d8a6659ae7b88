package cluster

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestDownFindsTheProcessesWhateverIsDamaged(t *testing.T) {
	for name, damage := range map[string]func(dir, record string) error{
		"nothing":               func(string, string) error { return nil },
		"the plan":              func(dir, _ string) error { return os.WriteFile(filepath.Join(dir, planFile), []byte("{"), 0o600) },
		"the plan is gone":      func(dir, _ string) error { return os.Remove(filepath.Join(dir, planFile)) },
		"the record":            func(_, record string) error { return os.WriteFile(record, []byte("{"), 0o600) },
		"the record is gone":    func(_, record string) error { return os.Remove(record) },
		"the record of another": func(_, record string) error { return os.WriteFile(record, []byte(`{"pid":1}`), 0o600) },
		"the whole folder":      func(dir, _ string) error { return os.RemoveAll(dir) },
		"a link to the folder":  func(dir, _ string) error { return relink(dir) },
		"the plan and the record": func(dir, record string) error {
			return errors.Join(os.Remove(filepath.Join(dir, planFile)), os.Remove(record))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "network")
			node := filepath.Join(nodesDir(dir), "peer.BankAMSP")
			if err := os.MkdirAll(node, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, planFile), []byte("{}"), 0o600); err != nil {
				t.Fatal(err)
			}
			p, record := sleeperIn(t, node)
			bystander, _ := sleeper(t)
			if err := damage(dir, record); err != nil {
				t.Fatal(err)
			}
			var said told
			if err := Down(t.Context(), dir, false, said.tell); err != nil {
				t.Fatal(err)
			}
			if p.alive() || !bystander.alive() {
				t.Errorf("the node's process lives: %v, another's: %v", p.alive(), bystander.alive())
			}
			if want := fmt.Sprintf("peer.BankAMSP is stopped (process %d)", p.PID); !strings.Contains(said.text(), want) {
				t.Errorf("told %q, want %q", said.text(), want)
			}
			if err := Down(t.Context(), dir, true, said.tell); err != nil && !errors.Is(err, ErrNoNetwork) {
				t.Error(err)
			}
			if exists(node) {
				t.Error("the node's folder is still there")
			}
		})
	}
}

func TestWithoutPurgeNoKeyIsRemovedThoughThePlanIsGone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "network")
	node, key := filepath.Join(nodesDir(dir), "peer.BankAMSP"), filepath.Join(dir, "crypto", "key.pem")
	for _, folder := range []string{node, filepath.Dir(key)} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(key, []byte("key"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, _ := sleeperIn(t, node)
	if err := os.RemoveAll(nodesDir(dir)); err != nil {
		t.Fatal(err)
	}
	if err := Down(t.Context(), dir, false, t.Logf); err != nil || p.alive() {
		t.Errorf("the process lives: %v, %v", p.alive(), err)
	}
	if !exists(key) || exists(filepath.Join(dir, lockFile)) {
		t.Errorf("the key is there: %v, the lock: %v", exists(key), exists(filepath.Join(dir, lockFile)))
	}
}

// relink puts a symbolic link in a folder's place.
func relink(dir string) error {
	if err := os.Rename(dir, dir+".real"); err != nil {
		return err
	}
	return os.Symlink(dir+".real", dir)
}

func TestAFolderWithoutANetworkIsLeftAsItIs(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "none")
	if err := Down(t.Context(), dir, true, t.Logf); !errors.Is(err, ErrNoNetwork) || exists(dir) {
		t.Errorf("got %v", err)
	}
}

// told is what was told.
type told struct {
	mu    sync.Mutex
	lines []string
}

func (s *told) tell(format string, a ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, fmt.Sprintf(format, a...))
}

func (s *told) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.lines, "\n")
}
