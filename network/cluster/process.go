package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a running program as it is recorded: its number alone would not do, since the system gives
// numbers again, after a restart of the machine too.
type process struct {
	PID     int    `json:"pid"`
	Started string `json:"started"` // in clock ticks since the machine started
	Boot    string `json:"boot"`    // which start of the machine
}

// stopWait is how long a process may take to stop by itself.
const stopWait = 10 * time.Second

// spawn starts a program that outlives this one, in a session of its own, with its output appended to
// the file log, and records it in the file record.
func spawn(program string, args, env []string, dir, log, record string) (process, error) {
	out, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600) // #nosec G304 -- a file of the network's own
	if err != nil {
		return process{}, fmt.Errorf("log: %w", err)
	}
	defer func() { _ = out.Close() }()
	// Of no context, which would end it.
	cmd := exec.CommandContext(context.Background(), program, args...) // #nosec G204 -- programs of the network's own
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = env, dir, out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return process{}, fmt.Errorf("start: %w", err)
	}
	p, err := identify(cmd.Process.Pid)
	if err == nil {
		err = p.save(record)
	}
	if err != nil {
		_ = cmd.Process.Kill()
	}
	go func() { _ = cmd.Wait() }() // ends with the process, so that it leaves no zombie
	return p, err
}

// identify reads which process has a number.
func identify(pid int) (process, error) {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return process{}, fmt.Errorf("processes can only be told apart by Linux's /proc: %w", err)
	}
	started, _, err := stat(pid)
	return process{pid, started, strings.TrimSpace(string(boot))}, err
}

// stat reads when a process started and whether it is over: one that ends is already called a zombie while
// some of its threads still hold its files and ports.
func stat(pid int) (started string, over bool, err error) {
	raw, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat")) // #nosec G304 -- of the system
	if err != nil {
		return "", false, fmt.Errorf("process %d: %w", pid, err)
	}
	// The second field is the program's name in brackets, which may hold anything; the third is the state, the
	// twentieth the number of threads and the twenty-second the start.
	fields := strings.Fields(string(raw)[strings.LastIndexByte(string(raw), ')')+1:])
	const stateField, threadsField, startField = 0, 17, 19
	if len(fields) <= startField {
		return "", false, fmt.Errorf("process %d: its state cannot be read", pid)
	}
	threads, err := strconv.Atoi(fields[threadsField])
	over = strings.ContainsAny(fields[stateField], "ZX") && threads <= 1
	return fields[startField], over, err
}

// alive says whether the process still runs, and not another of its number.
func (p process) alive() bool {
	if p.PID <= 0 {
		return false
	}
	now, err := identify(p.PID)
	if err != nil || now != p {
		return false
	}
	_, over, err := stat(p.PID)
	return err == nil && !over
}

// signal sends a signal to the process, if it still is that one.
func (p process) signal(s syscall.Signal) error {
	if !p.alive() {
		return nil
	}
	if err := syscall.Kill(p.PID, s); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("signal to process %d: %w", p.PID, err)
	}
	return nil
}

// stop asks the process to stop and insists after a while.
func (p process) stop(ctx context.Context) error {
	if err := p.signal(syscall.SIGTERM); err != nil {
		return err
	}
	patient, cancel := context.WithTimeout(ctx, stopWait)
	defer cancel()
	if p.gone(patient) == nil {
		return nil
	}
	return p.kill(ctx)
}

// kill ends the process at once.
func (p process) kill(ctx context.Context) error {
	if err := p.signal(syscall.SIGKILL); err != nil {
		return err
	}
	return p.gone(ctx)
}

// gone waits until the process runs no more.
func (p process) gone(ctx context.Context) error {
	return poll(ctx, fmt.Sprintf("process %d to end", p.PID), func() (bool, error) { return !p.alive(), nil })
}

func (p process) save(file string) error {
	raw, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("record of process %d: %w", p.PID, err)
	}
	return writeFile(file, raw)
}

// readProcess reads a record; none is a process that does not run.
func readProcess(file string) (process, error) {
	var p process
	raw, err := os.ReadFile(file) // #nosec G304 -- a file of the network's own
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err == nil {
		err = json.Unmarshal(raw, &p)
	}
	if err != nil {
		return p, fmt.Errorf("record of a process, %s: %w", file, err)
	}
	return p, nil
}
