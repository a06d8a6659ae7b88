package projection

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"

	"decore/adapters/ledger"
	"decore/chaincode/evidence"
	"decore/chaincode/ident"
	"decore/gateway/sqlite"
)

// change is one record's row before and after a chunk.
type change struct {
	id      string
	before  Record // zero when new
	after   Record
	header  []byte
	told    []string // organisations that were given the opening of the new header in this chunk
	awaited bool
}

// apply writes a chunk: first what must be read and asked for, then all rows in one SQL transaction,
// then the caches, and last the position that readers wait for.
func (s *Store) apply(ctx context.Context, l ledger.Ledger, c *chunk) error {
	changes, err := s.changes(ctx, l, c)
	if err != nil {
		return err
	}
	if err := s.commit(ctx, c, changes); err != nil {
		return fmt.Errorf("write blocks up to %d: %w", c.last().Number, err)
	}
	s.position.set(c.last())
	return nil
}

func (s *Store) commit(ctx context.Context, c *chunk, changes []*change) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		w := &writer{ctx: ctx, tx: tx, bound: map[*sql.Stmt]*sql.Stmt{}, stmt: &s.stmt}
		for _, b := range c.blocks {
			w.exec(s.stmt.putBlock, b.Number, b.Hash, b.Time.UnixMilli())
		}
		for _, key := range slices.Sorted(maps.Keys(c.facts)) {
			w.exec(s.stmt.putFact, key, c.facts[key])
		}
		for _, ch := range changes {
			w.putChange(ch)
		}
		for _, r := range c.commands {
			w.putCommand(r)
		}
		return w.err
	})
	if err != nil {
		s.cache.purge() // nobody knows whether a failed commit was one
		return err
	}
	ids := make([]string, len(changes))
	for i, ch := range changes {
		ids[i] = ch.id
	}
	s.cache.drop(ids, slices.Collect(maps.Keys(c.facts)))
	return nil
}

// changes works out the rows of the records that a chunk touches, in the order of their IDs.
func (s *Store) changes(ctx context.Context, l ledger.Ledger, c *chunk) ([]*change, error) {
	ids := slices.Sorted(maps.Keys(c.headers))
	stored, err := s.stored(ctx, ids)
	if err != nil {
		return nil, err
	}
	var changes []*change
	for _, id := range ids {
		old := stored[id]
		ch := &change{id: id, before: old.record, header: c.headers[id], awaited: old.awaited}
		if ch.after, err = readRecord(ch.header, nil); err != nil {
			return nil, err
		}
		ch.settle(c.told)
		changes = append(changes, ch)
	}
	return changes, s.ask(ctx, l, changes)
}

// settle keeps the opening where the commitment stayed, and notes who was given it where it did not.
func (ch *change) settle(told map[evidence.Commitment][]string) {
	if ch.before.Opening != nil && ch.before.Header.Terms == ch.after.Header.Terms {
		ch.after.Opening, ch.after.Terms = ch.before.Opening, ch.before.Terms
		return
	}
	if ch.before.Header.Terms != ch.after.Header.Terms {
		ch.awaited = false
	}
	ch.told = told[ch.after.Header.Terms]
}

type storedRecord struct {
	record  Record
	header  []byte
	awaited bool
}

// stored reads the rows of records as they are now.
func (s *Store) stored(ctx context.Context, ids []string) (map[string]storedRecord, error) {
	all := map[string]storedRecord{}
	for some := range slices.Chunk(ids, maxAsked) {
		query := `SELECT id, header, opening, awaited FROM records WHERE id IN (` + sqlite.Marks(len(some)) + `)` //nolint:gosec // question marks only
		rows, err := s.db.Writer.QueryContext(ctx, query, sqlite.Any(some)...)
		_, err = sqlite.Collect(rows, err, func(scan func(...any) error) (struct{}, error) {
			var id string
			var r storedRecord
			var opening []byte
			err := scan(&id, &r.header, &opening, &r.awaited)
			if err == nil {
				r.record, err = readRecord(r.header, opening)
			}
			all[id] = r
			return struct{}{}, err
		})
		if err != nil {
			return nil, fmt.Errorf("read records: %w", s.fault(err))
		}
	}
	return all, nil
}

// writer runs statements in one SQL transaction until the first fault.
type writer struct {
	ctx   context.Context
	tx    *sql.Tx
	bound map[*sql.Stmt]*sql.Stmt // statements in this transaction
	stmt  *statements
	err   error
}

func (w *writer) exec(stmt *sql.Stmt, args ...any) {
	if w.err != nil {
		return
	}
	here, ok := w.bound[stmt]
	if !ok {
		here = w.tx.StmtContext(w.ctx, stmt) //nolint:sqlclosecheck // ends with the transaction
		w.bound[stmt] = here
	}
	_, w.err = here.ExecContext(w.ctx, args...)
}

func (w *writer) putCommand(r commandRow) {
	result, err := r.encoded()
	if err != nil && w.err == nil {
		w.err = err
	}
	w.exec(w.stmt.putCommand, r.ID, r.Subject, r.Verb, string(r.Party), string(r.result.Status), r.result.Code,
		r.block, r.txIndex, r.index, r.recorded, r.tx, r.jws, result)
}

// putChange writes a record's row, and of its readers and links only those that differ.
func (w *writer) putChange(ch *change) {
	r, f := ch.after, facetsOf(ch.after)
	w.exec(w.stmt.putRecord, r.ID, r.Kind, string(r.State), string(r.Owner), f.number, f.due.String(), f.amount.Fen(),
		string(f.seller), string(f.buyer), f.contract, f.traded.String(), f.owed.Fen(),
		f.policy, f.settleable.Fen(), ch.awaited, ch.header, r.Opening)
	var readers map[ident.USCC]access
	links := map[link]bool{}
	if ch.before.ID != "" {
		readers, links = accesses(ch.before), facetsOf(ch.before).links
	}
	now := accesses(r)
	for p, a := range now {
		if readers[p] != a || ch.before.State != r.State {
			w.exec(w.stmt.putReader, string(p), r.ID, string(r.State), a.until.String(), string(a.why))
		}
	}
	for p := range readers {
		if _, stays := now[p]; !stays {
			w.exec(w.stmt.dropReader, string(p), r.ID)
		}
	}
	for l := range f.links {
		if !links[l] {
			w.exec(w.stmt.putLink, l.target, string(l.rel), r.ID)
		}
	}
	for l := range links {
		if !f.links[l] {
			w.exec(w.stmt.dropLink, l.target, string(l.rel), r.ID)
		}
	}
}

// open takes an opening when it is that of the header.
func (ch *change) open(opening []byte) error {
	if evidence.Commit(opening) != ch.after.Header.Terms {
		return nil
	}
	return ch.after.reveal(opening)
}
