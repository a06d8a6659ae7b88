package projection

import (
	"context"
	"fmt"
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
	q := f.query()
	rows, err := s.db.Reader.QueryContext(ctx, q.text()+" LIMIT ?", append(q.args, limit)...)
	all, err := sqlite.Collect(rows, err, scanRecord)
	return all, s.fault(err)
}

// query grows from conditions and the values of their question marks.
type query struct {
	joins string
	where []string
	args  []any
	order string
}

func (q *query) and(condition string, args ...any) {
	q.where, q.args = append(q.where, condition), append(q.args, args...)
}

func (q *query) text() string {
	where := ""
	if len(q.where) > 0 {
		where = " WHERE " + strings.Join(q.where, " AND ")
	}
	return "SELECT r.header, r.opening FROM records r" + q.joins + where + q.order
}

// query walks along an index in the order of IDs wherever there is one: what a party may read, or what
// names a target; only then it looks at the records.
func (f Filter) query() *query {
	q := &query{}
	id := "r.id"
	if f.Reader != "" {
		q.joins, id = q.joins+" JOIN readers v ON v.record = r.id", "v.record"
		q.and("v.party = ? AND v.until >= ?", string(f.Reader), f.Day.String())
	}
	if f.Counterparty != "" {
		q.joins, id = q.joins+" JOIN readers b ON b.record = r.id", "b.record"
		q.and("b.party = ? AND b.why = ?", string(f.Counterparty), string(Bound))
	}
	if f.Target != "" {
		q.joins, id = q.joins+" JOIN links l ON l.record = r.id", "l.record"
		q.and("l.target = ? AND l.rel = ?", f.Target, string(f.Link))
	}
	f.byTerms(q)
	if f.Kind != "" {
		q.and("r.kind = ?", f.Kind)
		if prefix := prefixOf(f.Kind); prefix != "" { // so that the walk keeps to the kind
			q.and(id+" > ? AND "+id+" < ?", prefix, prefixEnd(prefix))
		}
	}
	behind, direction := " > ?", ""
	if f.Newest {
		behind, direction = " < ?", " DESC"
	}
	if f.After != "" {
		q.and(id+behind, f.After)
	}
	q.order = " ORDER BY " + id + direction
	return q
}

func (f Filter) byTerms(q *query) {
	if len(f.State) > 0 {
		q.and("r.state IN ("+sqlite.Marks(len(f.State))+")", sqlite.Any(f.State)...)
	}
	if f.Owner != "" {
		q.and("r.owner = ?", string(f.Owner))
	}
	if f.Number != "" {
		q.and("r.number = ?", f.Number)
	}
	if !f.DueFrom.IsZero() {
		q.and("r.due >= ?", f.DueFrom.String())
	}
	if !f.DueTo.IsZero() {
		q.and("r.due <> '' AND r.due <= ?", f.DueTo.String())
	}
	if f.AmountFrom.IsPositive() {
		q.and("r.amount >= ?", f.AmountFrom.Fen())
	}
	if f.AmountTo.IsPositive() {
		q.and("r.opening IS NOT NULL AND r.amount <= ?", f.AmountTo.Fen())
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
