package projection

import (
	"context"
	"database/sql"
	"errors"

	"decore/gateway/sqlite"
)

// statements are the queries that run most, prepared once. They are plain SQL that PostgreSQL takes too.
type statements struct {
	putBlock, putFact, putRecord, putReader, dropReader, putLink, dropLink, putCommand *sql.Stmt
	record, fact, command, history                                                     *sql.Stmt
}

const selectEntry = `SELECT block, tx_index, idx, recorded, tx, jws, result FROM commands `

func (s *statements) prepare(ctx context.Context, db *sqlite.DB) error {
	for _, q := range []struct {
		stmt **sql.Stmt
		on   *sql.DB
		text string
	}{
		{&s.putBlock, db.Writer, `INSERT INTO blocks (number, hash, time) VALUES (?, ?, ?)`},
		{&s.putFact, db.Writer, `INSERT INTO facts (key, value) VALUES (?, ?)
			ON CONFLICT (key) DO UPDATE SET value = excluded.value`},
		{&s.putRecord, db.Writer, `INSERT INTO records (id, kind, state, owner, number, due, amount, seller, buyer, contract, traded, owed,
			policy, settleable, awaited, header, opening) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, state = excluded.state, owner = excluded.owner,
			number = excluded.number, due = excluded.due, amount = excluded.amount, seller = excluded.seller,
			buyer = excluded.buyer, contract = excluded.contract, traded = excluded.traded, owed = excluded.owed,
			policy = excluded.policy, settleable = excluded.settleable, awaited = excluded.awaited, header = excluded.header, opening = excluded.opening`},
		{&s.putReader, db.Writer, `INSERT INTO readers (party, record, state, until, why) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (party, record) DO UPDATE SET state = excluded.state, until = excluded.until, why = excluded.why`},
		{&s.dropReader, db.Writer, `DELETE FROM readers WHERE party = ? AND record = ?`},
		{&s.putLink, db.Writer, `INSERT INTO links (target, rel, record) VALUES (?, ?, ?)`},
		{&s.dropLink, db.Writer, `DELETE FROM links WHERE target = ? AND rel = ? AND record = ?`},
		{&s.putCommand, db.Writer, `INSERT INTO commands (id, record, verb, party, status, code, block, tx_index, idx, recorded, tx, jws, result)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`},
		{&s.record, db.Reader, `SELECT header, opening FROM records WHERE id = ?`},
		{&s.fact, db.Reader, `SELECT value FROM facts WHERE key = ?`},
		{&s.command, db.Reader, selectEntry + `WHERE id = ?`},
		{&s.history, db.Reader, selectEntry + `WHERE record = ?
			OR record IN (SELECT record FROM links WHERE target = ? AND rel = 'account') ORDER BY block, tx_index, idx`},
	} {
		var err error
		if *q.stmt, err = q.on.PrepareContext(ctx, q.text); err != nil { //nolint:sqlclosecheck // closed with the store
			return err
		}
	}
	return nil
}

func (s *statements) close() error {
	var errs []error
	for _, stmt := range []*sql.Stmt{s.putBlock, s.putFact, s.putRecord, s.putReader, s.dropReader, s.putLink, s.dropLink,
		s.putCommand, s.record, s.fact, s.command, s.history} {
		errs = append(errs, stmt.Close())
	}
	return errors.Join(errs...)
}
