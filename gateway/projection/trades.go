package projection

import (
	"context"
	"fmt"

	"github.com/shopspring/decimal"

	"decore/chaincode/calendar"
	"decore/chaincode/ident"
	"decore/chaincode/money"
	"decore/chaincode/order"
	"decore/gateway/sqlite"
)

// Trades selects orders or receivables between one seller and one buyer, as far as this gateway knows their
// terms. It asks for nobody's right: who answers others with what is found has to.
type Trades struct {
	Kind          string
	Seller, Buyer ident.USCC
	From, To      calendar.Date // signed or issued
	Least, Most   money.Amount
	Limit         int // at most, the newest first
}

func (f Trades) query(limit int) (query string, args []any) {
	return `SELECT header, opening FROM records WHERE seller <> '' AND seller = ? AND buyer = ? AND kind = ?
		AND traded BETWEEN ? AND ? AND amount BETWEEN ? AND ? ORDER BY traded DESC, amount DESC, id DESC LIMIT ?`,
		[]any{string(f.Seller), string(f.Buyer), f.Kind, f.From.String(), f.To.String(), f.Least.Fen(), f.Most.Fen(), limit}
}

// Trades lists the records of the trades.
func (s *Store) Trades(ctx context.Context, f Trades) ([]Record, error) {
	limit, err := limitOf(f.Limit)
	if err != nil {
		return nil, err
	}
	query, args := f.query(limit)
	rows, err := s.db.Reader.QueryContext(ctx, query, args...)
	all, err := sqlite.Collect(rows, err, scanRecord)
	return all, s.fault(err)
}

const ofContract = `SELECT header, opening FROM records WHERE contract <> '' AND seller = ? AND buyer = ? AND contract = ? ORDER BY id LIMIT ?`

// OfContract lists the orders between two parties under one contract, up to the limit. Like Trades, it asks for
// nobody's right.
func (s *Store) OfContract(ctx context.Context, seller, buyer ident.USCC, contract ident.DocumentNumber, limit int) ([]Record, error) {
	limit, err := limitOf(limit)
	if err != nil {
		return nil, err
	}
	rows, err := s.db.Reader.QueryContext(ctx, ofContract, string(seller), string(buyer), string(contract), limit)
	all, err := sqlite.Collect(rows, err, scanRecord)
	return all, s.fault(err)
}

// Reader is who may read what: the records to which one of the reasons gives it access on the day.
type Reader struct {
	Party ident.USCC
	Why   []Access
	Day   calendar.Date
}

// seen begins a query of records r, of which each that the reader may not read is left out.
func (r Reader) seen(columns, where string, values ...any) (query string, args []any) {
	args = append(values, string(r.Party), r.Day.String())
	for _, why := range r.Why {
		args = append(args, string(why))
	}
	return "SELECT " + columns + " FROM records r CROSS JOIN readers v WHERE " + where +
		" AND v.party = ? AND v.record = r.id AND v.until >= ? AND v.why IN (" + sqlite.Marks(len(r.Why)) + ")", args
}

func (r Reader) sales(seller ident.USCC, from, to calendar.Date, limit int) (query string, args []any) {
	// Days are all of one length, so the greatest of both in one text is a record of the newest day.
	query, args = r.seen("r.buyer, MAX(r.traded || r.id)", "r.seller <> '' AND r.seller = ? AND r.state <> ? AND r.traded BETWEEN ? AND ?",
		string(seller), string(order.Cancelled), from.String(), to.String())
	return query + " GROUP BY r.buyer ORDER BY r.buyer LIMIT ?", append(args, limit)
}

func (r Reader) first(seller, buyer ident.USCC) (query string, args []any) {
	query, args = r.seen("r.traded", "r.seller <> '' AND r.seller = ? AND r.buyer = ? AND r.kind = ? AND r.state <> ?",
		string(seller), string(buyer), order.Table.Kind, string(order.Cancelled))
	return query + " ORDER BY r.traded LIMIT 1", args
}

// split is what a query adds above and below by itself, in fen, since SQL adds in 64 bits, which the largest
// amounts would leave.
const split = 100_000_000

func unsplit(above, below int64) money.Amount {
	return money.Round(money.Fen(above).Decimal().Mul(decimal.NewFromInt(split))).Add(money.Fen(below))
}

func (r Reader) debtors(seller ident.USCC) (query string, args []any) {
	query, args = r.seen("r.buyer, SUM(r.owed / ?), SUM(r.owed % ?), COUNT(*)", "r.owed > 0 AND r.seller = ?", split, split, string(seller))
	return query + " GROUP BY r.buyer ORDER BY r.buyer", args
}

// Sale tells that a seller sold to a buyer: one record of it, and its day.
type Sale struct {
	Seller, Buyer ident.USCC
	Record        string
	Traded        calendar.Date
}

// Sales lists to whom a seller sold between two days, as far as the reader may know: of each buyer the newest
// record, and no more buyers than the limit.
func (s *Store) Sales(ctx context.Context, v Reader, seller ident.USCC, from, to calendar.Date, limit int) ([]Sale, error) {
	limit, err := limitOf(limit)
	if err != nil {
		return nil, err
	}
	query, args := v.sales(seller, from, to, limit)
	rows, err := s.db.Reader.QueryContext(ctx, query, args...)
	all, err := sqlite.Collect(rows, err, func(scan func(...any) error) (Sale, error) {
		sale, newest := Sale{Seller: seller}, ""
		if err := scan(&sale.Buyer, &newest); err != nil {
			return sale, err
		}
		day := newest[:len("2006-01-02")]
		sale.Record = newest[len(day):]
		return sale, sale.Traded.UnmarshalText([]byte(day))
	})
	return all, s.fault(err)
}

// FirstTrade returns the day of the first order between two parties of which the reader may know; no date for
// none. A receivable always has an order before it.
func (s *Store) FirstTrade(ctx context.Context, v Reader, seller, buyer ident.USCC) (calendar.Date, error) {
	query, args := v.first(seller, buyer)
	rows, err := s.db.Reader.QueryContext(ctx, query, args...)
	days, err := sqlite.Collect(rows, err, func(scan func(...any) error) (day calendar.Date, err error) {
		var text string
		if err := scan(&text); err != nil {
			return day, err
		}
		return day, day.UnmarshalText([]byte(text))
	})
	if err != nil || len(days) == 0 {
		return calendar.Date{}, s.fault(err)
	}
	return days[0], nil
}

// Share is what one debtor owes to a seller, over so many receivables.
type Share struct {
	Debtor      ident.USCC
	Owed        money.Amount
	Receivables int
}

// Debtors lists what is owed to a seller by each of its buyers, as far as the reader may know.
func (s *Store) Debtors(ctx context.Context, v Reader, seller ident.USCC) ([]Share, error) {
	query, args := v.debtors(seller)
	rows, err := s.db.Reader.QueryContext(ctx, query, args...)
	all, err := sqlite.Collect(rows, err, func(scan func(...any) error) (Share, error) {
		var d Share
		var above, below int64
		err := scan(&d.Debtor, &above, &below, &d.Receivables)
		d.Owed = unsplit(above, below)
		return d, err
	})
	if err != nil {
		return nil, fmt.Errorf("debtors: %w", s.fault(err))
	}
	return all, nil
}
