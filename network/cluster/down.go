package cluster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"
)

// Down stops every process of the network; purge removes all that it kept.
func (n *Network) Down(ctx context.Context, purge bool) error {
	return Down(ctx, n.dir, purge, n.opts.step)
}

// Down stops every process of the network in a folder, and with purge removes all that it kept. It goes by the records
// of the processes and by the processes that the system shows, so that it works where the plan or a record is damaged
// or gone.
func Down(ctx context.Context, dir string, purge bool, tell func(format string, a ...any)) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	found, err := running(dir)
	if err != nil {
		return err
	}
	kept := exists(filepath.Join(dir, planFile)) || exists(nodesDir(dir))
	if !kept && len(found) == 0 {
		return fmt.Errorf("%w in %s", ErrNoNetwork, dir)
	}
	unlock, err := lock(ctx, dir, tell)
	if err != nil {
		return err
	}
	defer unlock()
	switch err := stopAll(ctx, dir, tell); {
	case err != nil:
		return err
	case purge:
		return remove(dir, "nodes", "crypto", "channel", "builder", "chaincode", "connections", planFile, lockFile)
	case !kept:
		return remove(dir, lockFile) // which only this call made
	}
	return nil
}

// stopAll stops what runs of the network in a folder, and takes the records of it away.
func stopAll(ctx context.Context, dir string, tell func(format string, a ...any)) error {
	found, err := running(dir)
	if err != nil {
		return err
	}
	records, err := filepath.Glob(filepath.Join(nodesDir(dir), "*", processFile))
	if err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	for _, record := range records {
		p, err := readProcess(record)
		if err != nil {
			tell("%v: looking for the process itself", err)
			if err := os.Remove(record); err != nil {
				return fmt.Errorf("record of a process: %w", err)
			}
		} else if p.alive() {
			found[p] = filepath.Base(filepath.Dir(record))
		}
	}
	var group errgroup.Group
	for p, name := range found {
		group.Go(func() error {
			if err := p.stop(ctx); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			tell("%s is stopped (process %d)", name, p.PID)
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, record := range records {
		if err := os.RemoveAll(record); err != nil {
			return fmt.Errorf("record of a process: %w", err)
		}
	}
	return nil
}

// running finds the processes of the network in a folder by what the system shows of each: it works in the folder of a
// node and writes to the node's log, as nothing else does. Each comes with the name of its node.
func running(dir string) (map[process]string, error) {
	all, err := os.ReadDir("/proc")
	if err != nil {
		return nil, fmt.Errorf("processes can only be found by Linux's /proc: %w", err)
	}
	nodes := nodesDir(resolved(dir))
	found := map[process]string{}
	for _, entry := range all {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		p, err := identify(pid)
		if err != nil {
			continue // it has ended
		}
		works, writes := shown(pid, "cwd"), shown(pid, filepath.Join("fd", "1"))
		if filepath.Dir(works) == nodes && writes == filepath.Join(works, logFile) {
			found[p] = filepath.Base(works)
		}
	}
	return found, nil
}

// shown is a file that the system shows of a process, though it were removed since; nothing of another user's.
func shown(pid int, what string) string {
	path, err := os.Readlink(filepath.Join("/proc", strconv.Itoa(pid), what))
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(path, " (deleted)")
}

// resolved is a folder without symbolic links, as far as it exists.
func resolved(dir string) string {
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		return real
	}
	parent := filepath.Dir(dir)
	if parent == dir {
		return dir
	}
	return filepath.Join(resolved(parent), filepath.Base(dir))
}

// remove removes what a network keeps under some names, in their order, and the folder if nothing else is in it.
func remove(dir string, names ...string) error {
	for _, name := range names {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("purge: %w", err)
		}
	}
	_ = os.Remove(dir) // fails when somebody keeps other things there, who may go on doing so
	return nil
}
