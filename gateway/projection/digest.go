package projection

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
)

// Digest is a SHA-256 over all rows of all tables, each table in the order of its primary key. Two
// projections of the same ledger at the same block have the same digest, however they came there.
func (s *Store) Digest(ctx context.Context) (string, error) {
	tx, err := s.db.Reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return "", s.fault(err)
	}
	sum := sha256.New()
	for _, t := range tables {
		sum.Write(fmt.Appendf(nil, "table %s\n", t.name))
		if err == nil {
			err = digestRows(ctx, tx, sum, "SELECT * FROM "+t.name+" ORDER BY "+t.key)
		}
	}
	if err := errors.Join(err, tx.Rollback()); err != nil {
		return "", fmt.Errorf("digest: %w", s.fault(err))
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func digestRows(ctx context.Context, tx *sql.Tx, sum hash.Hash, query string) (err error) {
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for _, v := range values {
			if b, ok := v.([]byte); ok {
				v = string(b)
			}
			text := fmt.Sprint(v)
			sum.Write(fmt.Appendf(nil, "%T %d %s\n", v, len(text), text))
		}
	}
	return rows.Err()
}
