// Package durable writes small files that survive a crash: a reader sees the whole old content or the
// whole new one, and what was reported as written is on the disk.
package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// TempPrefix begins the name of every temporary file; what a crash leaves behind can be told by it.
const TempPrefix = ".tmp-"

// Replace puts data at path, mode 0600, in place of what was there.
func Replace(path string, data []byte) error { return publish(path, data, os.Rename) }

// Create puts data at path, mode 0600, and fails with fs.ErrExist when something is there already,
// also when two processes try at once.
func Create(path string, data []byte) error {
	return publish(path, data, func(temp, path string) error {
		// A hard link, unlike a rename, never takes the place of another's file.
		return errors.Join(os.Link(temp, path), os.Remove(temp))
	})
}

// Dir makes the folder, and those above it, and lets nobody but its owner in (mode 0700).
func Dir(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	if err := os.Chmod(path, 0o700); err != nil { //nolint:gosec // a folder needs its x bit
		return fmt.Errorf("close folder to others: %w", err)
	}
	return nil
}

// OpenTo reports whether a file's mode lets in any of the users that the mask names, as 0o007 names everybody
// outside its owner and group. Windows keeps rights elsewhere, so there the answer is no.
func OpenTo(info fs.FileInfo, mask fs.FileMode) bool {
	return runtime.GOOS != "windows" && info.Mode().Perm()&mask != 0
}

// RemoveTemps removes what interrupted writes left in the folder. Call it only while nobody else writes there.
func RemoveTemps(dir string) error {
	left, err := filepath.Glob(filepath.Join(dir, TempPrefix+"*"))
	for _, path := range left {
		err = errors.Join(err, os.Remove(path))
	}
	return err
}

func publish(path string, data []byte, move func(temp, path string) error) error {
	temp, err := writeTemp(filepath.Dir(path), data)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := move(temp, path); err != nil {
		_ = os.Remove(temp) // already removed when only the move's second half failed
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

func writeTemp(dir string, data []byte) (path string, err error) {
	f, err := os.CreateTemp(dir, TempPrefix+"*") // mode 0600
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// syncDir makes a rename or link durable. Windows cannot sync a folder and needs no such call.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir) //nolint:gosec // the caller's own folder
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
