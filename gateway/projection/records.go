package projection

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"decore/chaincode/calendar"
	"decore/chaincode/contract"
	"decore/chaincode/ident"
	"decore/chaincode/money"
	"decore/gateway/sqlite"
)

// Filter selects records; zero fields select all. Fields of terms select only among records whose terms
// this gateway may know.
type Filter struct {
	Kind  string
	State []string

	Reader ident.USCC    // only what this party may read…
	Day    calendar.Date // …on this day; today when zero

	Owner          ident.USCC
	Counterparty   ident.USCC // bound by the terms
	Number         string     // order or invoice number
	DueFrom, DueTo calendar.Date
	AmountFrom     money.Amount
	AmountTo       money.Amount // no bound when zero

	Link   Relation // with Target: only what names the target in this relation
	Target string

	Newest bool   // newest first; IDs order by the time that their makers gave them
	After  string // behind this ID in the order asked for
	Limit  int    // at most: 50 when 0, 500 at most
}

const (
	defaultLimit = 50
	maxLimit     = 500
)

func limitOf(n int) (int, error) {
	if n < 0 || n > maxLimit {
		return 0, fmt.Errorf("%w: limit %d is not in 1 to %d", ErrFilter, n, maxLimit)
	}
	return or(n, defaultLimit), nil
}

// Records lists records in the order of their IDs. Asking again behind the last ID goes on without a gap or a
// repeat, whatever is added meanwhile.
func (s *Store) Records(ctx context.Context, f Filter) ([]Record, error) {
	limit, err := limitOf(f.Limit)
	if err != nil {
		return nil, err
	}
	if f.Day.IsZero() {
		f.Day = calendar.At(s.opts.Clock())
	}
	text, args := f.query(limit)
	rows, err := s.db.Reader.QueryContext(ctx, text, args...)
	all, err := sqlite.Collect(rows, err, scanRecord)
	return all, s.fault(err)
}

// Count tells how many records Records would list without a limit.
func (s *Store) Count(ctx context.Context, f Filter) (int, error) {
	if f.Day.IsZero() {
		f.Day = calendar.At(s.opts.Clock())
	}
	found, args := f.found(math.MaxInt32)
	var n int
	err := s.db.Reader.QueryRowContext(ctx, "SELECT COUNT(*) FROM ("+found+")", args...).Scan(&n)
	return n, s.fault(err)
}

// Named returns those of the records that the projection has, by ID.
func (s *Store) Named(ctx context.Context, ids ...string) (map[string]Record, error) {
	all := make(map[string]Record, len(ids))
	for some := range slices.Chunk(ids, maxAsked) {
		query := `SELECT header, opening FROM records WHERE id IN (` + sqlite.Marks(len(some)) + `)` //nolint:gosec // question marks only
		rows, err := s.db.Reader.QueryContext(ctx, query, sqlite.Any(some)...)
		found, err := sqlite.Collect(rows, err, scanRecord)
		if err != nil {
			return nil, s.fault(err)
		}
		for _, r := range found {
			all[r.ID] = r
		}
	}
	return all, nil
}

// query leads from the IDs to the records.
func (f Filter) query(limit int) (string, []any) {
	found, args := f.found(limit)
	return "SELECT r.header, r.opening FROM (" + found + ") found JOIN records r ON r.id = found.id" +
		" ORDER BY found.id" + direction(f.Newest) + " LIMIT ?", append(args, limit)
}

// found asks for each state by itself, because only so an index gives the IDs of a state in order.
func (f Filter) found(limit int) (string, []any) {
	states := f.State
	if len(states) == 0 {
		states = []string{""}
	}
	var parts []string
	var args []any
	for _, state := range states {
		w := f.walk(state)
		parts, args = append(parts, "SELECT * FROM ("+w.text(f.Newest)+")"), append(append(args, w.args...), limit)
	}
	return strings.Join(parts, " UNION ALL "), args
}

func direction(newest bool) string {
	if newest {
		return " DESC"
	}
	return ""
}

// walk goes along one table in the order of IDs and looks each up in the others. SQLite keeps to the
// order of tables in a CROSS JOIN; elsewhere it is as good as any other join.
type walk struct {
	from  []string
	id    string // the column that is walked along
	state string // the column to tell the state by
	where []string
	args  []any
}

func (w *walk) and(condition string, args ...any) {
	w.where, w.args = append(w.where, condition), append(w.args, args...)
}

// join adds a table whose column holds the record's ID.
func (w *walk) join(table, column string) {
	w.from = append(w.from, table)
	if w.id == "" {
		w.id = column
		return
	}
	w.and(column + " = " + w.id)
}

func (w *walk) text(newest bool) string {
	where := ""
	if len(w.where) > 0 {
		where = " WHERE " + strings.Join(w.where, " AND ")
	}
	return "SELECT " + w.id + " AS id FROM " + strings.Join(w.from, " CROSS JOIN ") + where +
		" ORDER BY " + w.id + direction(newest) + " LIMIT ?"
}

// walk begins where the fewest rows are to be expected.
func (f Filter) walk(state string) *walk {
	w := &walk{state: "r.state"}
	if f.Number != "" {
		w.join("records r", "r.id")
	}
	if f.Target != "" {
		w.join("links l", "l.record")
		w.and("l.target = ? AND l.rel = ?", f.Target, string(f.Link))
	}
	if f.Counterparty != "" {
		w.join("readers b", "b.record")
		w.and("b.party = ? AND b.why = ?", string(f.Counterparty), string(Bound))
		w.state = "b.state"
	}
	if f.Reader != "" {
		w.join("readers v", "v.record")
		w.and("v.party = ? AND v.until >= ?", string(f.Reader), f.Day.String())
		if f.Counterparty == "" {
			w.state = "v.state"
		}
	}
	if f.Number == "" {
		w.join("records r", "r.id")
	}
	if state != "" {
		w.and(w.state+" = ?", state)
	}
	from, to := f.span()
	if from != "" {
		w.and(w.id+" > ?", from)
	}
	if to != "" {
		w.and(w.id+" < ?", to)
	}
	f.onRecord(w, state)
	return w
}

// span is what IDs lie between, one bound each way, so that an index goes right there.
func (f Filter) span() (from, to string) {
	if prefix := prefixOf(f.Kind); prefix != "" {
		from, to = prefix, prefixEnd(prefix)
	}
	switch {
	case f.After == "":
	case !f.Newest:
		from = max(from, f.After)
	case to == "" || f.After < to:
		to = f.After
	}
	return from, to
}

func (f Filter) onRecord(w *walk, state string) {
	// IDs tell the kind, unless it is needed to go along records_state.
	byKind := f.Kind != "" && (state != "" || prefixOf(f.Kind) == "")
	for _, c := range []struct {
		asked     bool
		condition string
		value     any
	}{
		{byKind, "r.kind = ?", f.Kind},
		{f.Owner != "", "r.owner = ?", string(f.Owner)},
		{f.Number != "", "r.number <> '' AND r.number = ?", f.Number}, // as the index says
		{!f.DueFrom.IsZero(), "r.due >= ?", f.DueFrom.String()},
		{!f.DueTo.IsZero(), "r.due <> '' AND r.due <= ?", f.DueTo.String()},
		{f.AmountFrom.IsPositive(), "r.amount >= ?", f.AmountFrom.Fen()},
		{f.AmountTo.IsPositive(), "r.opening IS NOT NULL AND r.amount <= ?", f.AmountTo.Fen()},
	} {
		if c.asked {
			w.and(c.condition, c.value)
		}
	}
}

// prefixOf is what the IDs of a kind begin with.
func prefixOf(kind string) string {
	if kind == contract.AccountKind {
		return contract.AccountPrefix
	}
	if t, ok := contract.TableOf(kind); ok && t.Prefix != "" {
		return t.Prefix + "-"
	}
	return ""
}

// Children lists the records of later stages of the record's value, and for an account its claims.
func (s *Store) Children(ctx context.Context, id string) ([]Record, error) {
	rel := Parent
	if strings.HasPrefix(id, contract.AccountPrefix) {
		rel = Account
	}
	return s.linked(ctx, rel, id)
}

// Financings lists the financings that name the record as collateral, as far as this gateway may know.
func (s *Store) Financings(ctx context.Context, record string) ([]Record, error) {
	return s.linked(ctx, Collateral, record)
}

func (s *Store) linked(ctx context.Context, rel Relation, target string) ([]Record, error) {
	var all []Record
	for f := (Filter{Link: rel, Target: target, Limit: maxLimit}); ; f.After = all[len(all)-1].ID {
		some, err := s.Records(ctx, f)
		all = append(all, some...)
		if err != nil || len(some) < maxLimit {
			return all, err
		}
	}
}
