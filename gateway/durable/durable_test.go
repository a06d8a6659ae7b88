package durable_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"decore/gateway/durable"
)

func TestReplace(t *testing.T) {
	t.Run("puts the new content in place of the old, closed to others", func(t *testing.T) {
		dir := t.TempDir()
		path := filepath.Join(dir, "file")
		for _, content := range []string{"old and longer", "new"} {
			if err := durable.Replace(path, []byte(content)); err != nil {
				t.Fatal(err)
			}
			wantFile(t, path, content)
		}
		wantNames(t, dir, "file")
	})

	t.Run("leaves the old content whole for who reads it meanwhile", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "file")
		if err := durable.Replace(path, []byte("old")); err != nil {
			t.Fatal(err)
		}
		reader, err := os.Open(path) //nolint:gosec // the test's own file
		if err != nil {
			t.Fatal(err)
		}
		defer reader.Close() //nolint:errcheck // only read
		if err := durable.Replace(path, []byte("new")); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(reader); err != nil || string(got) != "old" {
			t.Fatalf("the reader got %q %v, want the old content", got, err)
		}
		wantFile(t, path, "new")
	})

	t.Run("leaves no temporary file when the target cannot be replaced", func(t *testing.T) {
		dir := t.TempDir()
		path := filepath.Join(dir, "folder")
		if err := os.MkdirAll(filepath.Join(path, "full"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := durable.Replace(path, []byte("x")); err == nil {
			t.Fatal("a folder was replaced by a file")
		}
		wantNames(t, dir, "folder")
	})

	t.Run("fails when the folder does not exist", func(t *testing.T) {
		if err := durable.Replace(filepath.Join(t.TempDir(), "no", "file"), nil); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("got %v, want fs.ErrNotExist", err)
		}
	})
}

func TestCreate(t *testing.T) {
	t.Run("refuses to take the place of another file", func(t *testing.T) {
		dir := t.TempDir()
		path := filepath.Join(dir, "file")
		if err := durable.Create(path, []byte("first")); err != nil {
			t.Fatal(err)
		}
		if err := durable.Create(path, []byte("second")); !errors.Is(err, fs.ErrExist) {
			t.Fatalf("got %v, want fs.ErrExist", err)
		}
		wantFile(t, path, "first")
		wantNames(t, dir, "file")
	})

	t.Run("has exactly one winner among many at once", func(t *testing.T) {
		dir := t.TempDir()
		path := filepath.Join(dir, "file")
		var won atomic.Int32
		var all sync.WaitGroup
		for range 16 {
			all.Go(func() {
				switch err := durable.Create(path, []byte("x")); {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, fs.ErrExist):
					t.Errorf("got %v, want fs.ErrExist", err)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 {
			t.Fatalf("%d callers created the file, want 1", won.Load())
		}
		wantNames(t, dir, "file")
	})
}

func TestDir(t *testing.T) {
	t.Run("closes a folder that was open to others", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "a", "b")
		if err := os.MkdirAll(path, 0o755); err != nil { //nolint:gosec // open on purpose
			t.Fatal(err)
		}
		if err := durable.Dir(path); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o700 {
			t.Fatalf("got %v %v, want mode 0700", info.Mode(), err)
		}
	})
}

func TestRemoveTemps(t *testing.T) {
	t.Run("removes what interrupted writes left and nothing else", func(t *testing.T) {
		dir := t.TempDir()
		for _, name := range []string{durable.TempPrefix + "1", durable.TempPrefix + "2", "kept"} {
			if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := durable.RemoveTemps(dir); err != nil {
			t.Fatal(err)
		}
		wantNames(t, dir, "kept")
	})
}

func wantFile(t *testing.T, path, content string) {
	t.Helper()
	data, err := os.ReadFile(path) //nolint:gosec // the test's own file
	if err != nil || string(data) != content {
		t.Fatalf("got %q %v, want %q", data, err, content)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("got %v %v, want mode 0600", info.Mode(), err)
	}
}

func wantNames(t *testing.T, dir string, want string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 || entries[0].Name() != want {
		t.Fatalf("folder holds %v %v, want only %s", entries, err, want)
	}
}
