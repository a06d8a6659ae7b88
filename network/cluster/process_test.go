package cluster

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func sleeper(t *testing.T) (process, string) {
	t.Helper()
	return sleeperIn(t, t.TempDir())
}

// sleeperIn starts a process as that of a node with the folder dir.
func sleeperIn(t *testing.T, dir string) (process, string) {
	t.Helper()
	record := filepath.Join(dir, "process.json")
	p, err := spawn("/bin/sh", []string{"-c", "echo started; exec sleep 600"}, nil, dir, filepath.Join(dir, "log"), record)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.kill(t.Context()) })
	return p, record
}

func TestAProcessIsKnownByItsRecord(t *testing.T) {
	p, record := sleeper(t)
	read, err := readProcess(record)
	if err != nil || read != p || !read.alive() {
		t.Fatalf("read %+v, %v, want %+v alive", read, err, p)
	}
	if err := read.kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	if read.alive() {
		t.Error("it lives on")
	}
}

func TestAProcessThatTookTheNumberOfAnotherIsLeftAlone(t *testing.T) {
	p, _ := sleeper(t)
	for name, other := range map[string]process{
		"started at another time":           {p.PID, p.Started + "0", p.Boot},
		"before the machine's last restart": {p.PID, p.Started, "another"},
		"no number":                         {0, p.Started, p.Boot},
	} {
		if other.alive() {
			t.Errorf("%s: taken for the recorded one", name)
		}
		if err := other.signal(syscall.SIGKILL); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !p.alive() {
		t.Error("it was killed")
	}
}

func TestNoRecordIsNoProcess(t *testing.T) {
	p, err := readProcess(filepath.Join(t.TempDir(), "none"))
	if err != nil || p.alive() {
		t.Errorf("got %+v, %v", p, err)
	}
}

func TestAProcessRunsInItsOwnSessionWithALogOfItsOwner(t *testing.T) {
	p, record := sleeper(t)
	session, _, errno := syscall.Syscall(syscall.SYS_GETSID, uintptr(p.PID), 0, 0)
	if errno != 0 || int(session) != p.PID {
		t.Errorf("session %d (%v) of process %d", session, errno, p.PID)
	}
	info, err := os.Stat(filepath.Join(filepath.Dir(record), "log"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("log %v, %v", info, err)
	}
}
