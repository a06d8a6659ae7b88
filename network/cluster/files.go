package cluster

import (
	"fmt"
	"os"
	"path/filepath"
)

// writeFile writes a file that only its owner can read, whole or not at all.
func writeFile(path string, content []byte) error { return writeMode(path, content, 0o600) }

func writeMode(path string, content []byte, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	part := path + ".part"
	if err := os.WriteFile(part, content, mode); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	if err := os.Rename(part, path); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// exists says whether there is a file or folder.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
