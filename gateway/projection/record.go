package projection

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"decore/chaincode/calendar"
	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/ident"
)

// Record is a record with the terms that belong to its header. It is shared between readers: do not
// change what it points to.
type Record struct {
	contract.Header
	Terms   contract.Terms // of the kind's own type, such as order.Terms; nil when this gateway may not know them
	Opening []byte         // the canonical opening of the header's commitment, nil like Terms
}

// readRecord makes a record from its stored header and opening.
func readRecord(header, opening []byte) (Record, error) {
	var r Record
	if err := canon.Strict(header, &r.Header); err != nil {
		return r, fmt.Errorf("%w: header: %w", ErrUnreadable, err)
	}
	if opening == nil {
		return r, nil
	}
	return r, r.reveal(opening)
}

// reveal adds the terms. That the bytes match the commitment says all about their form.
func (r *Record) reveal(opening []byte) error {
	var o evidence.Opening
	err := canon.Strict(opening, &o)
	if err == nil {
		r.Terms, err = contract.ReadTerms(r.Kind, o.Terms)
	}
	if err != nil {
		return fmt.Errorf("%w: terms of %s: %w", ErrUnreadable, r.ID, err)
	}
	r.Opening = opening
	return nil
}

// Record returns a record as of the newest block, or ErrNotFound. That there is none is remembered too, as a record
// without an ID: a household that never had a claim is asked for its account at every quote.
func (s *Store) Record(ctx context.Context, id string) (Record, error) {
	r, err := cached(s.cache, s.cache.records, id, func() (Record, error) {
		r, err := scanRecord(s.stmt.record.QueryRowContext(ctx, id).Scan)
		if errors.Is(err, sql.ErrNoRows) {
			return Record{}, nil
		}
		return r, s.fault(err)
	})
	if err == nil && r.ID == "" {
		err = fmt.Errorf("%w: record %s", ErrNotFound, id)
	}
	return r, err
}

func scanRecord(scan func(...any) error) (Record, error) {
	var header, opening []byte
	if err := scan(&header, &opening); err != nil {
		return Record{}, err
	}
	return readRecord(header, opening)
}

// Access is why a party may read a record's terms.
type Access string

// Reasons of access; none is "".
const (
	Bound   Access = "bound" // by the terms: seller, buyer, lender…
	Owner   Access = "owner" // created the record
	Granted Access = "grant" // the owner's disclosure, up to its last day
)

// CanRead tells why a party may read the record on a day, "" when it may not. While this gateway does not
// know the terms it does not know either who is bound by them.
func CanRead(r Record, party ident.USCC, on calendar.Date) Access {
	a := accesses(r)[party]
	if on.After(a.until) {
		return ""
	}
	return a.why
}

type access struct {
	until calendar.Date
	why   Access
}

// always is the last day of an access without end: the last that a date can be read from.
var always = calendar.MustParse("2199-12-31")

// accesses lists who may read a record, each party by its strongest reason.
func accesses(r Record) map[ident.USCC]access {
	all := map[ident.USCC]access{}
	for _, g := range r.Grants {
		all[g.Party] = access{calendar.Max(all[g.Party].until, g.Until), Granted}
	}
	all[r.Owner] = access{always, Owner}
	if r.Terms != nil {
		for _, p := range r.Terms.Parties() {
			all[p] = access{always, Bound}
		}
	}
	return all
}
