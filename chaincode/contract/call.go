package contract

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"decore/chaincode/calendar"
	"decore/chaincode/canon"
	"decore/chaincode/credit"
	"decore/chaincode/duplicate"
	"decore/chaincode/evidence"
	"decore/chaincode/fault"
	"decore/chaincode/goods"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/money"
	"decore/chaincode/party"
)

// call is one command while it is decided.
type call struct {
	*transaction
	index  int // in the batch
	layer  *overlay
	cmd    *evidence.Signed
	row    lifecycle.Row // of the verb
	signer party.Party
	args   evidence.Sealed // opened private arguments
	saved  Header          // of the subject, once saved
	owed   bool            // what it needs from here on is owed to the signer
}

// errNeedsOpening stops a command whose record's opening the batch did not bring.
var errNeedsOpening = errors.New("opening needed")

func (c *call) today() calendar.Date { return calendar.At(c.now.Time) }

// party returns an active or other party, or a fault at the field.
func (c *call) party(u ident.USCC, field string) (party.Party, error) {
	p, ok, err := recall[party.Party](c.layer, PartyKey(u))
	if err == nil && !ok {
		err = fault.New(fault.PartyUnknown, field)
	}
	return p, err
}

// acts refuses, at the field, who is not an active party that may act as the role.
func (c *call) acts(u ident.USCC, role lifecycle.Role, field string) error {
	p, err := c.party(u, field)
	switch {
	case err != nil:
		return err
	case p.State != party.Active:
		return fault.New(fault.PartyNotActive, field)
	case !p.Has(role):
		return fault.New(fault.PartyRoleMissing, field)
	}
	return nil
}

// creditPolicy returns the credit policy in force.
func (c *call) creditPolicy() (credit.Policy, error) {
	p, ok, err := recall[credit.Policy](c.layer, PolicyKey(CreditPolicy))
	if err == nil && !ok {
		err = fault.New(fault.PolicyUnknown, "")
	}
	return p, err
}

// header loads a record's public part.
func (c *call) header(id string) (Header, bool, error) {
	var h Header
	ok, err := c.layer.load(RecordKey(id), &h)
	return h, ok, err
}

// load opens a record of a kind; field is where the command names it.
func load[T Terms](c *call, kind, id, field string) (*Record[T], error) {
	h, ok, err := c.header(id)
	if err != nil {
		return nil, err
	}
	if !ok || h.Kind != kind {
		return nil, fault.New(fault.RecordNotFound, field)
	}
	sealed, err := c.open(h)
	if err != nil {
		return nil, err
	}
	r := &Record[T]{Header: h, opening: sealed}
	if err := canon.Strict(sealed.Terms, &r.Terms); err != nil {
		return nil, fmt.Errorf("terms of %s: %w", id, err)
	}
	return r, nil
}

// open finds the opening that the header commits to: as this batch changed it, or as it was brought.
func (c *call) open(h Header) (evidence.Sealed, error) {
	if sealed, ok := c.layer.opening(h.ID); ok {
		return sealed, nil
	}
	sealed, err := evidence.Open(c.brought[h.Terms])
	if err != nil || sealed.About != h.ID {
		c.need(h.ID)
		return evidence.Sealed{}, errNeedsOpening
	}
	return sealed, nil
}

// need notes a record whose opening must be brought.
func (c *call) need(id string) {
	c.needed = append(c.needed, Need{Command: c.index, Record: id, Owed: c.owed})
}

// key returns the consortium's token key. Like every opening it travels with the batch, from the collection of an
// organisation that holds it, and is believed because it matches the public commitment of the charter.
func (c *call) key() (duplicate.Key, error) {
	if c.tokenKey != nil {
		return c.tokenKey, nil
	}
	charter, ok, err := recall[Charter](c.base, CharterKey())
	if err != nil || !ok {
		return nil, fmt.Errorf("no charter: %w", err)
	}
	raw, err := c.neededSecret(charter.TokenKey)
	if err == nil {
		c.tokenKey, err = openTokenKey(raw, charter.TokenKey)
	}
	return c.tokenKey, err
}

// neededSecret is the opening of the token key, which is asked for when the batch did not bring it. Who
// retraces a batch has no opening, and takes the commitment for it.
func (c *call) neededSecret(commitment evidence.Commitment) ([]byte, error) {
	raw, ok := c.brought[commitment]
	if !ok && !c.retracing() {
		c.need(TokenSecretKey)
		return nil, errNeedsOpening
	}
	return raw, nil
}

// save writes a record that this command changed: its header, and where the terms changed a new
// commitment with a copy of the opening for every entitled organisation.
func save[T Terms](c *call, r *Record[T]) error {
	sealed, err := evidence.Seal(r.ID, evidence.DeriveSalt(c.args.Salt, c.cmd.ID, r.ID), r.Terms)
	if err != nil {
		return err
	}
	if !bytes.Equal(sealed.Terms, r.opening.Terms) {
		if err := readable[T](sealed.Terms); err != nil {
			return fmt.Errorf("terms of %s: %w", r.ID, err)
		}
		r.Header.Terms, r.opening = sealed.Commitment(), sealed
		c.layer.opened[r.ID] = sealed
		standing, err := c.standing(r.Header)
		if err != nil {
			return err
		}
		readers := r.Terms.Parties()
		for _, g := range standing {
			readers = append(readers, g.Party)
		}
		if err := c.disclose(sealed, readers); err != nil {
			return err
		}
	}
	if d, ok := any(r.Terms).(interface{ Doubted() bool }); ok {
		r.Doubted = d.Doubted()
	}
	r.Version++
	r.Updated, r.Command = c.now, c.cmd.ID
	if r.ID == c.cmd.Subject {
		c.saved = r.Header
	}
	return c.layer.store(RecordKey(r.ID), r.Header)
}

// readable reads terms back before they are written: a record that nobody can read would stop every gateway at its block, for good.
// Amounts and quantities are the only fields that arithmetic may have brought out of the range of what can be read.
func readable[T Terms](terms []byte) error {
	var back T
	err := canon.Strict(terms, &back)
	if errors.Is(err, money.ErrAmount) || errors.Is(err, goods.ErrQuantity) {
		return fault.New(fault.OutOfRange, "")
	}
	return err
}

// standing lists the grants that are not over: by their last day, or because the bank holds a lien, which
// it must be able to watch for as long as it holds it.
func (c *call) standing(h Header) ([]Grant, error) {
	var live []lien
	for _, g := range h.Grants {
		if c.today().After(g.Until) { // the book is read only where it matters
			var err error
			if live, err = c.liens(h); err != nil {
				return nil, err
			}
			break
		}
	}
	return slices.DeleteFunc(slices.Clone(h.Grants), func(g Grant) bool {
		return c.today().After(g.Until) && !slices.ContainsFunc(live, func(l lien) bool { return l.Holder == g.Party })
	}), nil
}

// disclose writes an opening to the private collections of the parties' organisations.
func (c *call) disclose(o evidence.Sealed, parties []ident.USCC) error {
	var orgs []string
	for _, u := range parties {
		p, err := c.party(u, "")
		if err != nil {
			return err
		}
		if !slices.Contains(orgs, p.Org) {
			orgs = append(orgs, p.Org)
		}
	}
	for _, org := range orgs {
		c.layer.storePrivate(org, o.About, o.Raw)
	}
	return nil
}

// create starts a record of the command's subject.
func create[T Terms](c *call, kind string, terms T) *Record[T] {
	return &Record[T]{Header: Header{ID: c.cmd.Subject, Kind: kind, Owner: c.cmd.Party, Root: c.cmd.Subject,
		Parents: []string{}, Created: c.now, Creation: c.cmd.ID}, Terms: terms}
}
