package sqlite_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"decore/gateway/sqlite"
)

func open(t *testing.T, path string) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), path, 2)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func exec(t *testing.T, db *sqlite.DB, text string, args ...any) {
	t.Helper()
	if _, err := db.Writer.ExecContext(t.Context(), text, args...); err != nil {
		t.Fatal(err)
	}
}

func TestAPathMayHaveAnyCharacter(t *testing.T) {
	for _, name := range []string{"plain.db", "with space.db", "a?b=c.db", "a#b.db", "100%25.db", "账本.db", "a&_pragma=x.db", "a'b;c.db"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name)
			db := open(t, path)
			exec(t, db, `CREATE TABLE a (b TEXT)`)
			if info, err := os.Stat(path); err != nil || info.Size() == 0 && !exists(path+"-wal") {
				t.Errorf("nothing was written at %s: %v", path, err)
			}
			found, err := os.ReadDir(filepath.Dir(path))
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range found {
				if !slices.Contains(sqlite.Files(path), filepath.Join(filepath.Dir(path), f.Name())) {
					t.Errorf("there is another file: %s", f.Name())
				}
			}
		})
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func TestReadersDoNotWriteAndSeeWhatIsCommitted(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "a.db"))
	exec(t, db, `CREATE TABLE a (b TEXT)`)
	if _, err := db.Reader.ExecContext(t.Context(), `INSERT INTO a (b) VALUES ('x')`); err == nil {
		t.Error("a reader wrote")
	}
	tx, err := db.Writer.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(t.Context(), `INSERT INTO a (b) VALUES ('x')`); err != nil {
		t.Fatal(err)
	}
	count := func() (n int) {
		if err := db.Reader.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM a`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := count(); n != 0 {
		t.Errorf("readers see %d rows before the commit", n)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if n := count(); n != 1 {
		t.Errorf("readers see %d rows after the commit", n)
	}
}

func TestSettingsAreThoseThatWereAskedFor(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "a.db"))
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "1", "page_size": "8192", "busy_timeout": "10000"} {
		var got string
		if err := db.Writer.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %s, want %s, %v", pragma, got, want, err)
		}
	}
}

func TestDamageIsToldFromOtherErrors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	if err := os.WriteFile(path, []byte("this is a text and by no means a database file, however long it may be"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Open(t.Context(), path, 1); !errors.Is(err, sqlite.ErrDamaged) {
		t.Errorf("a text file: %v", err)
	}
	if err := sqlite.MoveAside(path, ".old"); err != nil || exists(path) || !exists(path+".old") {
		t.Errorf("moving aside: %v", err)
	}
	db := open(t, path)
	if err := db.Check(t.Context()); err != nil {
		t.Errorf("a new file: %v", err)
	}
	_, err := db.Writer.ExecContext(t.Context(), `SELECT nothing FROM nowhere`)
	if err == nil || errors.Is(sqlite.Fault(err), sqlite.ErrDamaged) {
		t.Errorf("a wrong statement: %v", err)
	}
	if sqlite.Fault(nil) != nil {
		t.Error("no error became one")
	}
}

func TestCollectReadsAllOrFails(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "a.db"))
	exec(t, db, `CREATE TABLE a (b INTEGER)`)
	exec(t, db, `INSERT INTO a (b) VALUES (`+sqlite.Marks(1)+`), (?), (?)`, sqlite.Any([]int{1, 2, 3})...)
	refused := errors.New("refused")
	read := func(limit int) ([]int, error) {
		rows, err := db.Reader.QueryContext(t.Context(), `SELECT b FROM a ORDER BY b`)
		return sqlite.Collect(rows, err, func(scan func(...any) error) (n int, err error) {
			if err := scan(&n); err != nil {
				return 0, err
			}
			if n > limit {
				return 0, fmt.Errorf("%w: %d", refused, n)
			}
			return n, nil
		})
	}
	if got, err := read(3); err != nil || !slices.Equal(got, []int{1, 2, 3}) {
		t.Errorf("%v, %v", got, err)
	}
	for range 5 { // more often than there are connections: a failure must not keep one
		if got, err := read(1); !errors.Is(err, refused) || got != nil {
			t.Errorf("%v, %v", got, err)
		}
	}
	rows, err := db.Reader.QueryContext(t.Context(), `SELECT b FROM nowhere`)
	if _, err := sqlite.Collect(rows, err, func(func(...any) error) (int, error) { return 0, nil }); err == nil {
		t.Error("a failed query was read")
	}
}

func TestTablesAreListedByName(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "a.db"))
	exec(t, db, `CREATE TABLE z (a TEXT PRIMARY KEY)`)
	exec(t, db, `CREATE TABLE b (a INTEGER PRIMARY KEY)`)
	if got, err := db.Tables(t.Context()); err != nil || !slices.Equal(got, []string{"b", "z"}) {
		t.Errorf("%v, %v", got, err)
	}
}
