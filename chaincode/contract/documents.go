package contract

import (
	"slices"

	"decore/chaincode/duplicate"
	"decore/chaincode/encumbrance"
	"decore/chaincode/fault"
)

type lien = encumbrance.Lien

// ask answers what a document's register says from the record's point of view.
func (c *call) ask(token duplicate.Token, record string) (duplicate.Answer, error) {
	var r duplicate.Register
	if _, err := c.layer.load(TokenKey(string(token)), &r); err != nil {
		return "", err
	}
	return r.Ask(record), nil
}

// everFinanced reports whether money was ever lent on the record.
func (c *call) everFinanced(h Header) (bool, error) {
	for _, token := range h.Tokens {
		var r duplicate.Register
		if _, err := c.layer.load(TokenKey(string(token)), &r); err != nil || r.EverFinanced(h.ID) {
			return err == nil, err
		}
	}
	return false, nil
}

// claim puts the record's claims to its documents into a state.
func (c *call) claim(h Header, s duplicate.State) error {
	for _, token := range h.Tokens {
		if err := c.setClaim(token, h.ID, s); err != nil {
			return err
		}
	}
	return nil
}

// claimToken takes the number of a document that only one record may ever have, beside those that it has.
func claimToken[T Terms](c *call, r *Record[T], token duplicate.Token, s duplicate.State, taken *fault.Fault) error {
	switch answer, err := c.ask(token, ""); {
	case err != nil:
		return err
	case answer != duplicate.Unknown:
		return taken
	}
	r.Tokens = append(slices.Clone(r.Tokens), token)
	return c.setClaim(token, r.ID, s)
}

func (c *call) setClaim(token duplicate.Token, record string, s duplicate.State) error {
	var r duplicate.Register
	if _, err := c.layer.load(TokenKey(string(token)), &r); err != nil {
		return err
	}
	return c.layer.store(TokenKey(string(token)), r.Set(record, s, c.now))
}

// unique refuses a document that another record has a live claim to.
func (c *call) unique(token duplicate.Token, field string) error {
	answer, err := c.ask(token, "")
	switch {
	case err != nil:
		return err
	case answer == duplicate.DuplicateFinanced:
		return fault.New(fault.DuplicateFinanced, field)
	case answer == duplicate.DuplicateRegistered:
		return fault.New(fault.DuplicateRegistered, field)
	}
	return nil
}

// book loads the encumbrance book of the record's value.
func (c *call) book(h Header) (encumbrance.Book, error) {
	var b encumbrance.Book
	_, err := c.layer.load(BookKey(h.Root), &b)
	return b, err
}

func (c *call) saveBook(h Header, b encumbrance.Book) error {
	if b.Liens == nil {
		b.Liens = []lien{}
	}
	return c.layer.store(BookKey(h.Root), b)
}

// liens lists the live liens on the record's value, at any stage.
func (c *call) liens(h Header) ([]lien, error) {
	b, err := c.book(h)
	return b.Live(h.ID, h.Stages(), c.now.Time), err
}

// held lists the live liens on the record and on earlier stages of its value: those whose holders hold the record.
// Liens on later stages, such as a receipt over part of a lot, leave the rest of it alone. A financing that holds
// several stages is listed once.
func (c *call) held(h Header) ([]lien, error) {
	live, err := c.liens(h)
	held := slices.DeleteFunc(live, func(l lien) bool { return l.Record != h.ID && !slices.Contains(h.Stages(), l.Record) })
	return slices.CompactFunc(held, func(a, b lien) bool { return a.Financing == b.Financing }), err
}

// heldFor is the financing for which the signer holds the record.
func (c *call) heldFor(h Header) (string, error) {
	held, err := c.held(h)
	for _, l := range held {
		if l.Holder == c.cmd.Party {
			return l.Financing, err
		}
	}
	return "", err
}

// free refuses what would harm the holder of a live lien on the record's value.
func (c *call) free(h Header, clause string) error {
	live, err := c.liens(h)
	if err != nil || len(live) == 0 {
		return err
	}
	return fault.New(fault.Encumbered, "").Under(clause)
}
