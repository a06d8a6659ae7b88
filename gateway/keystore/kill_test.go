package keystore

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"testing"
)

const killDirVar = "DECORE_KEYSTORE_KILL_DIR"

// TestMain lets the test binary be the process that TestKill kills.
func TestMain(m *testing.M) {
	if dir := os.Getenv(killDirVar); dir != "" {
		fmt.Println("stopped:", addUntilKilled(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// addUntilKilled prints the ID of each key when the store has acknowledged it.
func addUntilKilled(dir string) error {
	s, err := Open(dir, testSecret)
	for err == nil {
		var kid string
		if kid, _, err = s.Add(sme); err == nil {
			fmt.Println(kid)
		}
	}
	return err
}

func TestKill(t *testing.T) {
	t.Run("no acknowledged key is lost when the process is killed while adding", func(t *testing.T) {
		dir := t.TempDir()
		first, _ := create(t, open(t, dir), sme)
		acknowledged := []string{first}
		for round := range 4 {
			acknowledged = append(acknowledged, runAndKill(t, dir, 1+2*round)...)
			s := open(t, dir)
			wantCurrent(t, s, sme, first)
			list, err := s.List()
			if err != nil {
				t.Fatal(err)
			}
			kept := map[string]bool{}
			for _, e := range list {
				kept[e.KeyID] = true
			}
			for _, kid := range acknowledged {
				if !kept[kid] {
					t.Fatalf("key %s was acknowledged and is lost", kid)
				}
			}
		}
	})
}

// runAndKill kills a process that adds keys once it has acknowledged n of them, and returns all that it acknowledged.
func runAndKill(t *testing.T, dir string, n int) (acknowledged []string) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0]) //nolint:gosec // this very test binary
	child.Env = append(os.Environ(), killDirVar+"="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		acknowledged = append(acknowledged, lines.Text())
		if len(acknowledged) == n {
			_ = child.Process.Kill()
		}
	}
	_ = child.Wait() // killed, so always an error
	if len(acknowledged) < n {
		t.Fatalf("the process stopped by itself: %v", acknowledged)
	}
	return acknowledged
}
