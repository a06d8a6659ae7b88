package projection

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"decore/chaincode/calendar"
	"decore/chaincode/ident"
	"decore/chaincode/money"
	"decore/chaincode/subsidy"
	"decore/gateway/sqlite"
)

// Settling asks for what can be settled with a bank's claims under a policy.
type Settling struct {
	Bank   ident.USCC
	Policy string
	Reader ident.USCC    // only claims that this party may read…
	Day    calendar.Date // …on this day
	After  string        // the page behind this claim
	Limit  int           // claims of the page at most
}

// Settleable is a page of what can be settled, and its sums over all pages.
type Settleable struct {
	Page   []SettleableClaim
	More   bool // there is a page behind this one
	Claims int
	Amount money.Amount
}

// SettleableClaim is what can be settled with one claim.
type SettleableClaim struct {
	ID     string
	Amount money.Amount
}

// AwaitedError names a claim whose terms have not come to this gateway, so that no sum over claims is whole.
type AwaitedError struct{ ID string }

func (e *AwaitedError) Error() string { return "terms have not come yet: " + e.ID }

// Settleable lists what can be settled, in the order of the claims' IDs. It fails with an *AwaitedError while the terms of one of
// the bank's claims are still to come.
func (s *Store) Settleable(ctx context.Context, q Settling) (out Settleable, err error) {
	tx, err := s.db.Reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}) // page and sums are of one moment
	if err != nil {
		return out, s.fault(err)
	}
	defer func() { err = s.fault(errors.Join(err, tx.Rollback())) }()
	var awaited string
	switch err := tx.QueryRowContext(ctx, awaitedClaim, subsidy.Lifecycle.Kind, string(q.Bank)).Scan(&awaited); {
	case err == nil:
		return out, &AwaitedError{awaited}
	case !errors.Is(err, sql.ErrNoRows):
		return out, err
	}
	text, args := q.sums()
	var above, below int64
	if err := tx.QueryRowContext(ctx, text, args...).Scan(&out.Claims, &above, &below); err != nil {
		return out, fmt.Errorf("sum of what can be settled: %w", err)
	}
	out.Amount = unsplit(above, below)
	text, args = q.page()
	rows, err := tx.QueryContext(ctx, text, args...)
	out.Page, err = sqlite.Collect(rows, err, func(scan func(...any) error) (c SettleableClaim, err error) {
		var fen int64
		err = scan(&c.ID, &fen)
		c.Amount = money.Fen(fen)
		return c, err
	})
	if len(out.Page) > q.Limit {
		out.Page, out.More = out.Page[:q.Limit], true
	}
	return out, err
}

// The sign keeps SQLite from going along all records of the kind: few are awaited.
const awaitedClaim = `SELECT id FROM records WHERE awaited = 1 AND +kind = ? AND owner = ? ORDER BY id LIMIT 1`

func (q Settling) sums() (text string, args []any) {
	text, args = q.found("COUNT(*), COALESCE(SUM(r.settleable / ?), 0), COALESCE(SUM(r.settleable % ?), 0)", split, split)
	return text, args
}

func (q Settling) page() (text string, args []any) {
	text, args = q.found("r.id, r.settleable")
	return text + " AND r.id > ? ORDER BY r.id LIMIT ?", append(args, q.After, q.Limit+1)
}

func (q Settling) found(columns string, values ...any) (text string, args []any) {
	return "SELECT " + columns + " FROM records r CROSS JOIN readers v WHERE r.settleable > 0 AND r.owner = ? AND r.policy = ?" +
		" AND v.party = ? AND v.record = r.id AND v.until >= ?", append(values, string(q.Bank), q.Policy, string(q.Reader), q.Day.String())
}
