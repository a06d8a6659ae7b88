package projection

import (
	"context"
	"database/sql"
	_ "embed" // for the schema
	"errors"
	"fmt"
	"strconv"
)

//go:embed schema.sql
var schema string

// schemaVersion is raised with every change of schema.sql or of what its columns are made from. A file
// of another version is emptied and fed anew.
const schemaVersion = 4

const metaTable = `CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)`

// tables are all that a rebuild empties, with their primary keys.
var tables = []struct{ name, key string }{
	{"blocks", "number"}, {"facts", "key"}, {"records", "id"}, {"readers", "party, record"},
	{"links", "target, rel, record"}, {"commands", "id"},
}

// migrate makes the tables where there are none of this version.
func (s *Store) migrate(ctx context.Context) error {
	stale, err := s.db.Tables(ctx)
	if err != nil {
		return err
	}
	return s.write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, metaTable); err != nil {
			return err
		}
		var found string
		err := tx.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = 'schema'`).Scan(&found)
		switch {
		case err != nil && !errors.Is(err, sql.ErrNoRows):
			return err
		case found == strconv.Itoa(schemaVersion):
			return nil
		case found != "":
			s.opts.Log.Warn("projection has another schema and is built anew", "found", found, "want", schemaVersion)
		}
		return create(ctx, tx, stale)
	})
}

// create makes the tables in place of stale ones.
func create(ctx context.Context, tx *sql.Tx, stale []string) error {
	for _, name := range stale {
		if name == "meta" {
			continue
		}
		if _, err := tx.ExecContext(ctx, `DROP TABLE "`+name+`"`); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, schema); err != nil {
		return fmt.Errorf("create tables: %w", err)
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO meta (name, value) VALUES ('schema', ?)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, strconv.Itoa(schemaVersion))
	return err
}

// reset empties the projection.
func (s *Store) reset(ctx context.Context) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		for _, t := range tables {
			if _, err := tx.ExecContext(ctx, "DELETE FROM "+t.name); err != nil { //nolint:gosec // a name of ours
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("empty the projection: %w", err)
	}
	return s.loadPosition(ctx)
}

// write runs fn in one SQL transaction.
func (s *Store) write(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := s.db.Writer.BeginTx(ctx, nil)
	if err != nil {
		return s.fault(err)
	}
	if err := fn(tx); err != nil {
		_ = tx.Rollback() // the reason to roll back is the error that counts
		return s.fault(err)
	}
	return s.fault(tx.Commit())
}
