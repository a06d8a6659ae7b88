// Package sqlite opens SQLite files the way the gateway uses them: one writing connection, a bounded pool
// of reading ones, and a write-ahead log, so that readers never wait for the writer.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// ErrDamaged is wrapped by errors about a file that is no database, or a broken one.
var ErrDamaged = errors.New("damaged database file")

// DB is an open database file.
type DB struct {
	Writer *sql.DB // one connection; its transactions take the write lock at once
	Reader *sql.DB // read-only connections
	Path   string
}

var shared = []string{"busy_timeout(10000)", "temp_store(MEMORY)"}

// The page size only counts when the file is made, before it has a journal. A commit that is lost with the
// power is found again by who wrote it, so a commit need not wait for the disk (NORMAL); the file stays
// whole in any case.
var writing = []string{"page_size(8192)", "synchronous(NORMAL)", "wal_autocheckpoint(2000)", "cache_size(-65536)"}

var reading = []string{"query_only(1)", "cache_size(-16384)"}

// Open opens the file, or makes it, for nobody but its owner. Errors wrap ErrDamaged when the file cannot
// be a database.
func Open(ctx context.Context, path string, readers int) (*DB, error) {
	if err := touch(path); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	db := &DB{Path: path}
	var err error
	if db.Writer, err = sql.Open("sqlite", dsn(path, "immediate", append(writing, shared...))); err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	db.Writer.SetMaxOpenConns(1)
	if db.Reader, err = sql.Open("sqlite", dsn(path, "deferred", append(reading, shared...))); err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", path, err), db.Writer.Close())
	}
	db.Reader.SetMaxOpenConns(readers)
	db.Reader.SetMaxIdleConns(readers)
	// The driver sorts its settings, and the page size must come before this one, which the file keeps. It
	// reads the header too, and so tells a database from anything else.
	if _, err := db.Writer.ExecContext(ctx, "PRAGMA journal_mode(WAL)"); err != nil {
		return nil, errors.Join(Fault(fmt.Errorf("open database %s: %w", path, err)), db.Close())
	}
	return db, nil
}

// touch makes the file with its mode before SQLite can make it with another; its companions inherit it.
func touch(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the operator's own path
	if err != nil {
		return err
	}
	return f.Close()
}

func dsn(path, lock string, pragmas []string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	path = "/" + strings.TrimPrefix(filepath.ToSlash(path), "/")
	u := url.URL{Scheme: "file", Path: path, RawQuery: url.Values{"_pragma": pragmas, "_txlock": {lock}}.Encode()}
	return u.String()
}

// Close closes all connections.
func (db *DB) Close() error { return errors.Join(db.Reader.Close(), db.Writer.Close()) }

// Tables lists the names of all tables.
func (db *DB) Tables(ctx context.Context) ([]string, error) {
	rows, err := db.Writer.QueryContext(ctx, "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
	return Collect(rows, err, func(scan func(...any) error) (name string, err error) { err = scan(&name); return name, err })
}

// Check reads the whole file and looks for damage; it takes seconds a gigabyte.
func (db *DB) Check(ctx context.Context) error {
	var verdict string
	if err := db.Reader.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return Fault(err)
	}
	if verdict != "ok" {
		return fmt.Errorf("%w: %s: %s", ErrDamaged, db.Path, verdict)
	}
	return nil
}

// Fault adds ErrDamaged to an error by which SQLite tells of a broken file.
func Fault(err error) error {
	var e *driver.Error
	if !errors.As(err, &e) || errors.Is(err, ErrDamaged) {
		return err
	}
	switch e.Code() & 0xff { // the low byte of an extended code is the plain one
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}

// Files lists what a database at the path consists of.
func Files(path string) []string { return []string{path, path + "-wal", path + "-shm"} }

// MoveAside renames a closed database's files by adding the suffix, so that they can be looked at later.
func MoveAside(path, suffix string) error {
	var errs []error
	for _, f := range Files(path) {
		if err := os.Rename(f, f+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Collect reads all rows of a query that may have failed, and closes it.
func Collect[T any](rows *sql.Rows, err error, read func(scan func(...any) error) (T, error)) ([]T, error) {
	if err != nil {
		return nil, Fault(err)
	}
	var all []T
	for rows.Next() {
		v, err := read(rows.Scan)
		if err != nil {
			return nil, errors.Join(Fault(err), rows.Close())
		}
		all = append(all, v)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, Fault(err)
	}
	return all, nil
}

// Marks returns n question marks for the values of an IN.
func Marks(n int) string { return strings.Join(slices.Repeat([]string{"?"}, n), ",") }

// Any turns values into arguments of a query.
func Any[T any](values []T) []any {
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = v
	}
	return args
}
