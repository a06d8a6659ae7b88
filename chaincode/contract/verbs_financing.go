package contract

import (
	"fmt"
	"slices"
	"time"

	"decore/chaincode/calendar"
	"decore/chaincode/duplicate"
	"decore/chaincode/encumbrance"
	"decore/chaincode/evidence"
	"decore/chaincode/fault"
	"decore/chaincode/financing"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/receivable"
)

type financingRecord = *Record[financing.Terms]

func init() {
	onNew(financing.Table, "apply", applyForFinancing)
	on(financing.Table, "offer", func(c *call, r financingRecord, a financing.Offer) (next lifecycle.State, err error) {
		if r.Terms, next, err = r.Terms.MakeOffer(a, c.today()); err != nil {
			return "", err
		}
		return next, c.lendable(r)
	})
	on(financing.Table, "accept", func(c *call, r financingRecord, _ financing.AcceptArgs) (next lifecycle.State, err error) {
		r.Terms, next, err = r.Terms.Accept(c.today())
		return next, err
	})
	on(financing.Table, "reject", func(*call, financingRecord, financing.NoArgs) (lifecycle.State, error) {
		return financing.Rejected, nil
	})
	on(financing.Table, "withdraw", func(c *call, r financingRecord, _ financing.NoArgs) (lifecycle.State, error) {
		return financing.Withdrawn, c.releaseLiens(r)
	})
	on(financing.Table, "reserve", reserve)
	on(financing.Table, "encumber", encumber)
	on(financing.Table, "disburse", disburse)
	onNew(financing.Table, "record", recordExisting)
	on(financing.Table, "confirm-record", func(c *call, r financingRecord, _ financing.NoArgs) (next lifecycle.State, err error) {
		r.Terms, next = r.Terms.ConfirmRecord(c.today())
		return next, c.claimLoan(r, r.Terms.Disbursement.Reference, "")
	})
	on(financing.Table, "discard-record", func(*call, financingRecord, financing.NoArgs) (lifecycle.State, error) {
		return financing.Withdrawn, nil
	})
	on(financing.Table, "repay", func(c *call, r financingRecord, a financing.Repayment) (next lifecycle.State, err error) {
		r.Terms, next, err = r.Terms.Repay(a, r.State, c.today())
		return next, err
	})
	on(financing.Table, "collect", collect)
	on(financing.Table, "buy-back", func(c *call, r financingRecord, a financing.BuyBackArgs) (next lifecycle.State, err error) {
		if r.Terms, next, err = r.Terms.BuyBack(a, c.today()); err != nil {
			return "", err
		}
		if err := c.releaseLiens(r); err != nil {
			return "", err
		}
		return next, c.claimCollateral(r, duplicate.Released)
	})
	on(financing.Table, "mark-overdue", func(c *call, r financingRecord, a financing.OverdueArgs) (next lifecycle.State, err error) {
		r.Terms, next, err = r.Terms.MarkOverdue(a, c.today())
		return next, err
	})
	on(financing.Table, "cancel", func(c *call, r financingRecord, _ financing.NoArgs) (lifecycle.State, error) {
		if err := c.releaseLiens(r); err != nil {
			return "", err
		}
		return financing.Released, c.claim(r.Header, duplicate.Cancelled)
	})
	on(financing.Table, "release", func(c *call, r financingRecord, _ financing.NoArgs) (lifecycle.State, error) {
		if err := c.releaseLiens(r); err != nil {
			return "", err
		}
		return financing.Released, c.claimCollateral(r, duplicate.Released)
	})
}

func applyForFinancing(c *call, a financing.ApplyArgs) (financingRecord, error) {
	terms, _, err := financing.Apply(a, c.cmd.Party)
	if err != nil {
		return nil, err
	}
	if err := c.acts(a.Lender, lifecycle.Bank, "/lender"); err != nil {
		return nil, err
	}
	r := create(c, financing.Table.Kind, terms)
	if err := c.permit(r.Header, r.Terms); err != nil {
		return nil, err
	}
	pieces, err := c.collateral(terms)
	if err != nil {
		return nil, err
	}
	for _, p := range pieces {
		if !slices.Contains(lendsOn[a.Product], p.Kind) {
			return nil, fault.New(fault.RecordNotFound, p.field)
		}
	}
	if err := owned(pieces, c.cmd.Party); err != nil {
		return nil, err
	}
	return r, c.visible(pieces, a.Lender)
}

// owned refuses collateral that is another's.
func owned(pieces []piece, by ident.USCC) error {
	for _, p := range pieces {
		if p.owner != by {
			return fault.New(fault.NotPermitted, p.field)
		}
	}
	return nil
}

// lendable refuses what the lender may not lend on: collateral that is not the applicant's any more, that it cannot see,
// or that does not carry the amount.
func (c *call) lendable(r financingRecord) error {
	pieces, err := c.collateral(r.Terms)
	if err != nil {
		return err
	}
	if err := owned(pieces, r.Terms.Applicant); err != nil {
		return err
	}
	if err := c.visible(pieces, r.Terms.Lender); err != nil {
		return err
	}
	return carries(pieces, r.Terms.Committed())
}

// reserve takes the collateral for a time, so that no other bank can while the filing is made.
func reserve(c *call, r financingRecord, a financing.ReserveArgs) (lifecycle.State, error) {
	policy, err := c.creditPolicy()
	if err != nil {
		return "", err
	}
	kind, secured := r.Terms.Product.Lien()
	switch {
	case !secured:
		return "", fault.New(fault.CollateralForbidden, "")
	case a.Hours < 1:
		return "", fault.New(fault.FieldInvalid, "/hours")
	case a.Hours > policy.ReservationMaxHours:
		return "", fault.New(fault.ReservationTooLong, "/hours")
	}
	if err := c.lendable(r); err != nil {
		return "", err
	}
	until := evidence.InstantOf(c.now.Add(time.Duration(a.Hours) * time.Hour))
	err = c.eachBook(r, func(h Header, b encumbrance.Book) (encumbrance.Book, error) {
		return b.Reserve(lien{Record: h.ID, Ancestors: h.Stages(), Financing: r.ID, Holder: r.Terms.Lender,
			Kind: kind, Since: c.now, Until: &until})
	})
	return financing.Reserved, err
}

// encumber turns the reservations into liens with the registry filing that gives them their rank.
func encumber(c *call, r financingRecord, a financing.Registration) (next lifecycle.State, err error) {
	policy, err := c.creditPolicy()
	if err != nil {
		return "", err
	}
	if r.Terms, next, err = r.Terms.Register(a, policy, c.now); err != nil {
		return "", err
	}
	// A filing for this application cannot be older than the application.
	if calendar.At(a.Registered.Time).Before(calendar.At(r.Created.Time)) {
		return "", fault.New(fault.RegistrationInvalid, "/registered")
	}
	if err := c.claimFiling(r, a.Number); err != nil {
		return "", err
	}
	kind, _ := r.Terms.Product.Lien()
	return next, c.eachBook(r, func(h Header, b encumbrance.Book) (encumbrance.Book, error) {
		return b.Encumber(h.ID, r.ID, kind, c.now, a.Registered)
	})
}

// disburse checks everything once more in the transaction that counts: the liens are held, the
// documents are financed by nobody else, the collateral carries the amount.
func disburse(c *call, r financingRecord, a financing.Disbursement) (next lifecycle.State, err error) {
	if r.Terms, next, err = r.Terms.Disburse(a, r.State, c.today()); err != nil {
		return "", err
	}
	pieces, err := c.collateral(r.Terms)
	if err != nil {
		return "", err
	}
	for _, p := range pieces {
		b, err := c.book(p.Header)
		if err != nil {
			return "", err
		}
		if l, ok := b.Held(p.ID, r.ID, c.now.Time); !ok || l.State != encumbrance.Encumbered {
			return "", fault.New(fault.LienNotHeld, "")
		}
		if err := c.undoubled(p); err != nil {
			return "", err
		}
		if f := p.imperfect(r); f != nil {
			return "", fault.New(f.Code, p.field).Under(f.Clause)
		}
	}
	if err := carries(pieces, r.Terms.Committed()); err != nil {
		return "", err
	}
	if err := c.claimLoan(r, a.Reference, "/reference"); err != nil {
		return "", err
	}
	return next, c.claimCollateral(r, duplicate.Financed)
}

// collect records what the lender collected on a receivable. It is no payment of the receivable, which its own verb records,
// so that one sum does not pay twice.
func collect(c *call, r financingRecord, a financing.CollectArgs) (next lifecycle.State, err error) {
	if !slices.Contains(r.Terms.Collateral, a.Receivable) {
		return "", fault.New(fault.FieldInvalid, "/receivable")
	}
	claim, err := load[receivable.Terms](c, receivable.Table.Kind, a.Receivable, "/receivable")
	if err != nil {
		return "", err
	}
	r.Terms, next, err = r.Terms.Collect(a, claim.Terms.CollectibleSince(r.Terms.Disbursement.Date), r.State, c.today())
	return next, err
}

// claimLoan takes the lender's own number of the loan, so that one loan is not recorded twice and does
// not get two subsidies.
func (c *call) claimLoan(r financingRecord, reference, field string) error {
	key, err := c.key()
	if err != nil {
		return err
	}
	return claimToken(c, r, key.Loan(r.Terms.Lender, reference), duplicate.Financed, fault.New(fault.ReferenceUsed, field))
}

// recordExisting states a loan that was paid out before. The record is the borrower's, as where it applies itself, and takes the
// lender's number of the loan only when the borrower confirms; that the number is taken already is told at once.
func recordExisting(c *call, a financing.RecordArgs) (financingRecord, error) {
	policy, err := c.creditPolicy()
	if err != nil {
		return nil, err
	}
	terms, err := financing.Record(a, c.cmd.Party, policy, c.today())
	if err != nil {
		return nil, err
	}
	if err := c.acts(a.Applicant, lifecycle.SME, "/applicant"); err != nil {
		return nil, err
	}
	r := create(c, financing.Table.Kind, terms)
	r.Owner = a.Applicant
	if err := c.permit(r.Header, r.Terms); err != nil {
		return nil, err
	}
	key, err := c.key()
	if err != nil {
		return nil, err
	}
	answer, err := c.ask(key.Loan(terms.Lender, a.Reference), "")
	if err == nil && answer != duplicate.Unknown {
		err = fault.New(fault.ReferenceUsed, "/reference")
	}
	return r, err
}

// claimFiling takes the registry's number of a filing, so that one filing does not stand for two debts. What the lender
// adds to the collateral of one debt may come under the filing that it has.
func (c *call) claimFiling(r financingRecord, number string) error {
	key, err := c.key()
	if err != nil {
		return err
	}
	token := key.Filing(number)
	if slices.Contains(r.Tokens, token) {
		return nil
	}
	return claimToken(c, r, token, duplicate.Registered, fault.New(fault.RegistrationUsed, "/number").Under("民法典 768"))
}

// undoubled refuses collateral whose document another record was financed on. Where an equal
// token is no proof by itself, the debtor's confirmation of this very receivable clears it, or the keeper's of this very lot.
func (c *call) undoubled(p piece) error {
	for _, token := range p.Tokens {
		answer, err := c.ask(token, p.ID)
		if err != nil {
			return err
		}
		if answer == duplicate.DuplicateFinanced && (token.Kind().Proof() || !p.confirmed) {
			return fault.New(fault.DuplicateFinanced, "")
		}
	}
	return nil
}

// eachBook changes the encumbrance book of each piece of collateral.
func (c *call) eachBook(r financingRecord, change func(Header, encumbrance.Book) (encumbrance.Book, error)) error {
	for i, id := range r.Terms.Collateral {
		h, ok, err := c.header(id)
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.RecordNotFound, fmt.Sprintf("/collateral/%d", i))
		}
		b, err := c.book(h)
		if err != nil {
			return err
		}
		if b, err = change(h, b); err != nil {
			return lienFault(err, i)
		}
		if err := c.saveBook(h, b); err != nil {
			return err
		}
	}
	return nil
}

var lienFaults = map[error]fault.Code{
	encumbrance.ErrEncumbered: fault.Encumbered,
	encumbrance.ErrNotHeld:    fault.LienNotHeld,
}

func lienFault(err error, i int) error { return faultOf(err, fmt.Sprintf("/collateral/%d", i)) }

func faultOf(err error, field string) error {
	if code, ok := lienFaults[err]; ok {
		return fault.New(code, field)
	}
	return err
}

func (c *call) releaseLiens(r financingRecord) error {
	return c.eachBook(r, func(h Header, b encumbrance.Book) (encumbrance.Book, error) {
		return b.Release(h.ID, r.ID), nil
	})
}

func (c *call) claimCollateral(r financingRecord, s duplicate.State) error {
	for _, id := range r.Terms.Collateral {
		h, _, err := c.header(id)
		if err != nil {
			return err
		}
		if err := c.claim(h, s); err != nil {
			return err
		}
	}
	return nil
}
