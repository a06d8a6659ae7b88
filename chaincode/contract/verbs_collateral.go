package contract

import (
	"fmt"
	"slices"

	"decore/chaincode/calendar"
	"decore/chaincode/duplicate"
	"decore/chaincode/encumbrance"
	"decore/chaincode/evidence"
	"decore/chaincode/fault"
	"decore/chaincode/financing"
	"decore/chaincode/lifecycle"
	"decore/chaincode/lot"
	"decore/chaincode/money"
	"decore/chaincode/order"
	"decore/chaincode/receivable"
	"decore/chaincode/warehouse"
)

func init() {
	on(financing.Table, "roll-over", rollOver)
	on(financing.Table, "release-part", releasePart)
	on(financing.Table, "call-margin", callMargin)
	on(financing.Table, "attach-search", func(c *call, r financingRecord, a financing.SearchArgs) (_ lifecycle.State, err error) {
		r.Terms, err = r.Terms.Attach(a, c.today())
		return r.State, err
	})
	on(financing.Table, "top-up", func(c *call, r financingRecord, a financing.PartArgs) (_ lifecycle.State, err error) {
		if r.Terms, err = r.Terms.PutUp(a); err != nil {
			return "", err
		}
		_, err = c.addible(r.Terms, a.Collateral)
		return r.State, err
	})
	on(financing.Table, "accept-top-up", acceptTopUp)
}

// each opens records that a command names in a list.
func (c *call) each(ids []string, field string) ([]piece, error) {
	pieces := make([]piece, len(ids))
	for i, id := range ids {
		p, err := c.appraise(id, fmt.Sprintf("%s/%d", field, i))
		if err != nil {
			return nil, err
		}
		pieces[i] = p
	}
	return pieces, nil
}

// rollOver moves the lien along the stages of one value, with its rank: from an order to its receivables, from a lot
// to its receipts, from a receipt to its parts. Parts that are left out are free: so a part that is repaid frees its value. What
// of the earlier stage has no later stage yet stays locked as long as a lien is on one of them.
func rollOver(c *call, r financingRecord, a financing.RollOverArgs) (lifecycle.State, error) {
	terms, err := r.Terms.RollOver(a)
	if err != nil {
		return "", err
	}
	from, _, err := c.header(a.From)
	if err != nil {
		return "", err
	}
	pieces, err := c.each(a.To, "/to")
	if err != nil {
		return "", err
	}
	stages := make([]encumbrance.Stage, len(pieces))
	for i, p := range pieces {
		if !slices.Contains(p.Stages(), a.From) {
			return "", fault.New(fault.NotDescendant, p.field)
		}
		stages[i] = encumbrance.Stage{Record: p.ID, Ancestors: p.Stages()}
	}
	if err := owned(pieces, r.Terms.Applicant); err != nil {
		return "", err
	}
	if err := c.visible(pieces, r.Terms.Lender); err != nil {
		return "", err
	}
	if err := stillThere(pieces); err != nil {
		return "", err
	}
	if !a.Keep {
		if err := c.covers(terms); err != nil {
			return "", err
		}
	}
	b, err := c.book(from)
	if err != nil {
		return "", err
	}
	if b, err = b.RollOver(a.From, r.ID, stages, a.Keep, c.now.Time); err != nil {
		return "", faultOf(err, "/to")
	}
	r.Terms = terms
	if err := c.saveBook(from, b); err != nil {
		return "", err
	}
	return r.State, c.moveClaims(r, from, pieces, a.Keep)
}

// worthless are, by kind, the states in which a record stands for no value of its own: it is gone, no keeper has counted
// it yet, or its parts stand in its place and may be in other hands.
var worthless = map[string][]lifecycle.State{
	lot.Table.Kind:        {lot.Declared, lot.Exhausted, lot.Rejected, lot.Withdrawn},
	warehouse.Table.Kind:  {warehouse.Delivered, warehouse.Cancelled, warehouse.Split, warehouse.Merged},
	receivable.Table.Kind: {receivable.Cancelled, receivable.Voided, receivable.Split},
}

func (p piece) worthless() bool { return slices.Contains(worthless[p.Kind], p.State) }

// stillThere refuses to move a lien to what is gone or has not come: it would secure nothing, and take a place or a
// number again that is free for others.
func stillThere(pieces []piece) error {
	for _, p := range pieces {
		if p.worthless() {
			return fault.New(fault.CollateralIneligible, p.field)
		}
	}
	return nil
}

// covers refuses collateral after which the collateral, at its full value, is less than the debt: the value that it would
// set free could be lent on again, and more be lent on the stages of one trade than the trade is worth.
func (c *call) covers(t financing.Terms) error {
	pieces, err := c.each(t.Collateral, "/to")
	if err != nil {
		return err
	}
	total := money.Zero
	for _, p := range pieces {
		if !p.worthless() {
			total = total.Add(p.worth)
		}
	}
	if total.Less(t.Committed()) {
		return fault.New(fault.OverAdvance, "/to")
	}
	return nil
}

func callMargin(c *call, r financingRecord, a financing.MarginArgs) (_ lifecycle.State, err error) {
	pieces, err := c.collateral(r.Terms)
	if err != nil {
		return "", err
	}
	carried := money.Zero
	for _, p := range pieces {
		if p.refused == nil && p.imperfect(r) == nil {
			carried = carried.Add(p.advance)
		}
	}
	r.Terms, err = r.Terms.CallMargin(a, carried, c.today())
	return r.State, err
}

// lent reports whether money was paid out on the collateral, so that its documents are financed.
func lent(s lifecycle.State) bool { return s == financing.Disbursed || s == financing.Overdue }

func (c *call) moveClaims(r financingRecord, from Header, to []piece, keep bool) error {
	if !lent(r.State) {
		return nil
	}
	for _, p := range to {
		if err := c.undoubled(p); err != nil {
			return err
		}
		if err := c.claim(p.Header, duplicate.Financed); err != nil {
			return err
		}
	}
	if keep {
		return nil
	}
	return c.claim(from, duplicate.Released)
}

func releasePart(c *call, r financingRecord, a financing.PartArgs) (_ lifecycle.State, err error) {
	if r.Terms, err = r.Terms.ReleasePart(a); err != nil {
		return "", err
	}
	for _, id := range a.Collateral {
		h, _, err := c.header(id)
		if err != nil {
			return "", err
		}
		b, err := c.book(h)
		if err != nil {
			return "", err
		}
		if err := c.saveBook(h, b.Release(id, r.ID)); err != nil {
			return "", err
		}
		if !lent(r.State) {
			continue
		}
		if err := c.claim(h, duplicate.Released); err != nil {
			return "", err
		}
	}
	return r.State, nil
}

// acceptTopUp establishes liens on what the lender takes of what the applicant put up, all of it filed already.
func acceptTopUp(c *call, r financingRecord, a financing.TopUpArgs) (lifecycle.State, error) {
	policy, err := c.creditPolicy()
	if err != nil {
		return "", err
	}
	if r.Terms, err = r.Terms.TakeUp(a, policy, c.now); err != nil {
		return "", err
	}
	// A filing for this financing cannot be older than the application.
	if calendar.At(a.Registered.Time).Before(calendar.At(r.Created.Time)) {
		return "", fault.New(fault.RegistrationInvalid, "/registered")
	}
	if err := c.claimFiling(r, a.Number); err != nil {
		return "", err
	}
	pieces, err := c.addible(r.Terms, a.Collateral)
	if err != nil {
		return "", err
	}
	for _, p := range pieces {
		if err := c.takeUp(r, p, a.Registered); err != nil {
			return "", err
		}
	}
	return r.State, nil
}

// becomes are the kinds into which collateral turns along the stages of its value.
var becomes = map[string]string{order.Table.Kind: receivable.Table.Kind, lot.Table.Kind: warehouse.Table.Kind}

// addible opens what is to be added to the collateral: of the kinds that the product lends on, or of what those become, the
// applicant's own, and disclosed to the lender.
func (c *call) addible(t financing.Terms, ids []string) ([]piece, error) {
	pieces, err := c.each(ids, "/collateral")
	if err != nil {
		return nil, err
	}
	for _, p := range pieces {
		if !slices.ContainsFunc(lendsOn[t.Product], func(kind string) bool { return p.Kind == kind || p.Kind == becomes[kind] }) {
			return nil, fault.New(fault.CollateralIneligible, p.field)
		}
	}
	if err := owned(pieces, t.Applicant); err != nil {
		return nil, err
	}
	return pieces, c.visible(pieces, t.Lender)
}

// takeUp establishes the lien on one piece. Goods come into the hands of the lender's supervisor, and a receipt gets its
// mark, only when there is a lien to do that for, so these are not asked for here: until then the piece carries nothing.
func (c *call) takeUp(r financingRecord, p piece, registered evidence.Instant) error {
	if p.refused != nil {
		return fault.New(p.refused.Code, p.field).Under(p.refused.Clause)
	}
	if f := p.imperfect(r); f != nil && p.Kind == order.Table.Kind {
		return fault.New(f.Code, p.field).Under(f.Clause)
	}
	if err := c.undoubled(p); err != nil {
		return err
	}
	b, err := c.book(p.Header)
	if err != nil {
		return err
	}
	kind, _ := r.Terms.Product.Lien()
	if b, err = b.Establish(lien{Record: p.ID, Ancestors: p.Stages(), Financing: r.ID, Holder: r.Terms.Lender, Kind: kind,
		Since: c.now, Registered: &registered}); err != nil {
		return faultOf(err, p.field)
	}
	if err := c.saveBook(p.Header, b); err != nil || !lent(r.State) {
		return err
	}
	return c.claim(p.Header, duplicate.Financed)
}
