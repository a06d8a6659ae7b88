//go:build unix

package keystore

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// lockFolder keeps other processes from writing to the store until unlock: two processes that change one
// party's file at once would lose a key. The kernel drops the lock of a process that dies.
func lockFolder(dir string) (unlock func() error, err error) {
	d, err := os.Open(dir) //nolint:gosec // the store's own folder
	if err != nil {
		return nil, fmt.Errorf("key store: %w", err)
	}
	if err := retryInterrupted(func() error { return syscall.Flock(int(d.Fd()), syscall.LOCK_EX) }); err != nil {
		return nil, errors.Join(fmt.Errorf("key store: lock %s: %w", dir, err), d.Close())
	}
	return d.Close, nil
}

func retryInterrupted(call func() error) error {
	for {
		if err := call(); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}
