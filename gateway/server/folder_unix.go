//go:build unix

package server

import (
	"errors"
	"os"
	"syscall"
)

// tryLock locks a file until it is closed; the kernel drops the lock of a process that dies.
func tryLock(f *os.File) error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EWOULDBLOCK):
			return ErrInUse
		}
		return err
	}
}
