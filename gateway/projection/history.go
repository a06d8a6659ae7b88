package projection

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/ident"
	"decore/gateway/sqlite"
)

// Entry is a decided command: who signed what and when, where it stands, and what became of it.
type Entry struct {
	evidence.Command
	KeyID    string // of the signature: an RFC 7638 thumbprint
	Place    Place
	Recorded evidence.Instant // time of the transaction
	Tx       string
	Result   contract.Result
	JWS      string // the evidence itself
}

// Place is where a command stands on the ledger; places order as the ledger does.
type Place struct {
	Block    uint64 `json:"block"`
	Tx       int    `json:"tx"`       // number of the transaction in its block, from 0
	Position int    `json:"position"` // number of the command in its transaction, from 0
}

func scanEntry(scan func(...any) error) (Entry, error) {
	var e Entry
	var recorded int64
	var result []byte
	if err := scan(&e.Place.Block, &e.Place.Tx, &e.Place.Position, &recorded, &e.Tx, &e.JWS, &result); err != nil {
		return e, err
	}
	signed, err := evidence.Parse(e.JWS)
	if err != nil {
		return e, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	if err := canon.Strict(result, &e.Result); err != nil {
		return e, fmt.Errorf("%w: result of %s: %w", ErrUnreadable, signed.ID, err)
	}
	e.Command, e.KeyID = signed.Command, signed.KeyID
	e.Recorded = evidence.InstantOf(time.UnixMilli(recorded))
	return e, nil
}

// Command returns a decided command, or ErrNotFound.
func (s *Store) Command(ctx context.Context, id string) (Entry, error) {
	e, err := scanEntry(s.stmt.command.QueryRowContext(ctx, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return e, fmt.Errorf("%w: command %s", ErrNotFound, id)
	}
	return e, s.fault(err)
}

// History lists the commands about a record, a party or a policy, refused ones too, in the order of the ledger.
// An account is about nothing but its claims, so its history is theirs.
func (s *Store) History(ctx context.Context, id string) ([]Entry, error) {
	rows, err := s.stmt.history.QueryContext(ctx, id, id)
	all, err := sqlite.Collect(rows, err, scanEntry)
	return all, s.fault(err)
}

// RefusalFilter selects refused commands; zero fields select all.
type RefusalFilter struct {
	Code     string
	Party    ident.USCC // who signed
	Record   string
	From, To time.Time // recorded in [From, To)
	Before   *Place    // older than this
	Limit    int       // at most: 50 when 0, 500 at most
}

// Refusals lists refused commands, the newest first.
func (s *Store) Refusals(ctx context.Context, f RefusalFilter) ([]Entry, error) {
	limit, err := limitOf(f.Limit)
	if err != nil {
		return nil, err
	}
	text, args := selectEntry+"WHERE status = 'refused'", []any{}
	and := func(asked bool, condition string, values ...any) {
		if asked {
			text, args = text+" AND "+condition, append(args, values...)
		}
	}
	and(f.Code != "", "code = ?", f.Code)
	and(f.Party != "", "party = ?", string(f.Party))
	and(f.Record != "", "record = ?", f.Record)
	and(!f.From.IsZero(), "recorded >= ?", f.From.UnixMilli())
	and(!f.To.IsZero(), "recorded < ?", f.To.UnixMilli())
	if f.Before != nil {
		and(true, "(block, tx_index, idx) < (?, ?, ?)", f.Before.Block, f.Before.Tx, f.Before.Position)
	}
	rows, err := s.db.Reader.QueryContext(ctx, text+" ORDER BY block DESC, tx_index DESC, idx DESC LIMIT ?", append(args, limit)...)
	all, err := sqlite.Collect(rows, err, scanEntry)
	return all, s.fault(err)
}
