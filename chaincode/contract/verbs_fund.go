package contract

import (
	"fmt"

	"decore/chaincode/canon"
	"decore/chaincode/fault"
	"decore/chaincode/financing"
	"decore/chaincode/fund"
	"decore/chaincode/lifecycle"
	"decore/chaincode/money"
	"decore/chaincode/subsidy"
)

type (
	fundRecord   = *Record[fund.Fund]
	reportRecord = *Record[fund.Report]
	budgetRecord = *Record[fund.Budget]
)

func init() {
	onNew(fund.Table, "apply", applyForFund)
	on(fund.Table, "request", func(c *call, r fundRecord, a fund.RequestArgs) (next lifecycle.State, err error) {
		next = r.State
		if r.State == fund.Declined {
			next = fund.Applied
		}
		r.Terms, err = r.Terms.Request(a.Need, c.today())
		return next, err
	})
	on(fund.Table, "decline", func(_ *call, r fundRecord, a fund.ReasonArgs) (_ lifecycle.State, err error) {
		r.Terms, err = r.Terms.Decline(a.Reason)
		return fund.Declined, err
	})
	on(fund.Table, "allocate", allocate)
	on(fund.Table, "settle", func(c *call, r fundRecord, a fund.QuarterArgs) (_ lifecycle.State, err error) {
		r.Terms, err = r.Terms.CloseQuarter(a.Through, c.today())
		return r.State, err
	})
	on(fund.Table, "return", func(c *call, r fundRecord, a fund.Return) (_ lifecycle.State, err error) {
		r.Terms, err = r.Terms.Return(a, c.today())
		return r.State, err
	})
	on(fund.Table, "confirm-return", confirmReturn)
	on(fund.Table, "clear", func(c *call, r fundRecord, _ financing.NoArgs) (_ lifecycle.State, err error) {
		r.Terms, err = r.Terms.Clear(c.today())
		return fund.Cleared, err
	})

	onNew(fund.ReportTable, "file", fileReport)
	onReport("accept", fund.Accepted, func(f fund.Fund, r reportRecord, _ financing.NoArgs) (fund.Fund, error) {
		return f.Accept(r.ID)
	})
	onReport("send-back", fund.SentBack, func(f fund.Fund, r reportRecord, a fund.ReasonArgs) (fund.Fund, error) {
		if a.Reason == "" || len(a.Reason) > maxReason {
			return f, fault.New(fault.FieldInvalid, "/reason")
		}
		r.Terms.Reason = a.Reason
		return f.Retract(r.ID)
	})
	onReport("withdraw", fund.Withdrawn, func(f fund.Fund, r reportRecord, _ financing.NoArgs) (fund.Fund, error) {
		return f.Retract(r.ID)
	})

	onNew(fund.BudgetTable, "open", func(c *call, a fund.BudgetArgs) (budgetRecord, error) {
		if err := c.knownPolicy(a.Policy); err != nil {
			return nil, err
		}
		b, err := fund.OpenBudget(a, c.cmd.Party)
		return create(c, fund.BudgetTable.Kind, b), err
	})
	on(fund.BudgetTable, "change", func(_ *call, r budgetRecord, a fund.ChangeArgs) (_ lifecycle.State, err error) {
		r.Terms, err = r.Terms.Change(a)
		return r.State, err
	})
	on(fund.BudgetTable, "close", func(*call, budgetRecord, financing.NoArgs) (lifecycle.State, error) { return fund.Closed, nil })
}

// maxReason bounds a reason in bytes.
const maxReason = 300

// knownPolicy refuses what is no subsidy policy. Its money flows on when it has expired.
func (c *call) knownPolicy(id string) error {
	if id == CreditPolicy || !nameForm.MatchString(id) {
		return fault.New(fault.PolicyUnknown, "/policy")
	}
	_, err := c.subsidyPolicy(PolicyKey(id))
	return err
}

// applyForFund opens the one fund of a bank under a policy.
func applyForFund(c *call, a fund.ApplyArgs) (fundRecord, error) {
	if err := c.knownPolicy(a.Policy); err != nil {
		return nil, err
	}
	key := FundKey(a.Policy, c.cmd.Party)
	if id, err := c.layer.get(key); err != nil || id != nil {
		return nil, errorOr(err, fault.New(fault.FundExists, "/policy"))
	}
	bureau, err := c.bureau()
	if err != nil {
		return nil, err
	}
	f, err := fund.Apply(a, c.cmd.Party, bureau, c.today())
	if err != nil {
		return nil, err
	}
	return create(c, fund.Table.Kind, f), c.layer.store(key, c.cmd.Subject)
}

// allocate records a payment in advance and takes it from the budget.
func allocate(c *call, r fundRecord, a fund.Allocation) (_ lifecycle.State, err error) {
	if r.Terms, err = r.Terms.Allocate(a, c.today()); err != nil {
		return "", err
	}
	b, err := c.budget(a.Budget)
	if err != nil {
		return "", err
	}
	if b.Terms, err = b.Terms.Allocate(r.Terms.Policy, a.Amount); err != nil {
		return "", err
	}
	return fund.Open, save(c, b)
}

// confirmReturn records that returned money came in and puts it back into a budget.
func confirmReturn(c *call, r fundRecord, a fund.ConfirmArgs) (_ lifecycle.State, err error) {
	var amount money.Amount
	if r.Terms, amount, err = r.Terms.ConfirmReturn(a); err != nil {
		return "", err
	}
	b, err := c.budget(a.Budget)
	if err != nil {
		return "", err
	}
	if b.Terms, err = b.Terms.Restore(r.Terms.Policy, amount); err != nil {
		return "", err
	}
	return r.State, save(c, b)
}

// budget loads an open budget.
func (c *call) budget(id string) (budgetRecord, error) {
	b, err := load[fund.Budget](c, fund.BudgetTable.Kind, id, "/budget")
	if err == nil && b.State != fund.Open {
		err = fault.New(fault.WrongState, "/budget")
	}
	return b, err
}

// fileReport takes a bank's monthly report, every line of which must be what the ledger booked.
func fileReport(c *call, a fund.FileArgs) (reportRecord, error) {
	f, err := load[fund.Fund](c, fund.Table.Kind, a.Fund, "/fund")
	switch {
	case err != nil:
		return nil, err
	case f.Terms.Bank != c.cmd.Party:
		return nil, fault.New(fault.NotPermitted, "/fund")
	case f.State != fund.Applied && f.State != fund.Open:
		return nil, fault.New(fault.WrongState, "/fund")
	}
	var report fund.Report
	if f.Terms, report, err = f.Terms.File(c.cmd.Subject, a, c.today()); err != nil {
		return nil, err
	}
	if err := c.checkLines(a, f.Terms); err != nil {
		return nil, err
	}
	if err := save(c, f); err != nil {
		return nil, err
	}
	r := create(c, fund.ReportTable.Kind, report)
	r.Parents = []string{f.ID}
	return r, nil
}

// checkLines compares the lines with what the ledger booked. Openings that are missing are all asked for at once.
func (c *call) checkLines(a fund.FileArgs, f fund.Fund) error {
	claims := make([]ClaimTerms, len(a.Lines))
	missing := false
	for i, l := range a.Lines {
		field := fmt.Sprintf("/lines/%d/claim", i)
		switch h, ok, err := c.header(l.Claim); {
		case err != nil:
			return err
		case !ok || h.Kind != subsidy.Lifecycle.Kind:
			return fault.New(fault.RecordNotFound, field)
		case h.Owner != f.Bank:
			return fault.New(fault.ForeignClaim, field)
		default:
			sealed, err := c.open(h)
			if err != nil {
				missing = true
				continue
			}
			if err := canon.Strict(sealed.Terms, &claims[i]); err != nil {
				return fmt.Errorf("terms of %s: %w", l.Claim, err)
			}
		}
	}
	if missing {
		return errNeedsOpening
	}
	for i, l := range a.Lines {
		if claims[i].Claim.Policy != f.Policy {
			return fault.New(fault.ForeignClaim, fmt.Sprintf("/lines/%d/claim", i))
		}
		if err := l.Matches(claims[i].BookedIn(a.Month), i); err != nil {
			return err
		}
	}
	return nil
}

// onReport registers a verb that moves a report and its fund together.
func onReport[A any](verb string, to lifecycle.State, move func(f fund.Fund, r reportRecord, a A) (fund.Fund, error)) {
	on(fund.ReportTable, verb, func(c *call, r reportRecord, a A) (lifecycle.State, error) {
		f, err := load[fund.Fund](c, fund.Table.Kind, r.Terms.Fund, "")
		if err != nil {
			return "", err
		}
		if f.Terms, err = move(f.Terms, r, a); err != nil {
			return "", err
		}
		return to, save(c, f)
	})
}

// BookedMonths lists what the entries of the claim accrued and took back, month by month of booking.
func (t ClaimTerms) BookedMonths() []fund.Entry {
	var months []fund.Entry
	for _, e := range t.Claim.Entries {
		months = fund.Book(months, fund.MonthOf(e.On), money.Zero, e.Accrued.Add(e.Settled.Amount))
	}
	return months
}

// BookedIn is what the ledger booked for the claim in a month.
func (t ClaimTerms) BookedIn(m fund.Month) fund.Entry { return fund.In(t.BookedMonths(), m) }

// bookedThrough is the net of what the ledger booked for the claim up to the end of a month.
func (t ClaimTerms) bookedThrough(m fund.Month) money.Amount {
	return fund.Through(t.BookedMonths(), m)
}

// Settleable is what can be settled with the claim through a fund whose months are covered up to one.
func (t ClaimTerms) Settleable(covered fund.Month) money.Amount {
	return money.Max(money.Zero, money.Min(t.Claim.Accrued, t.bookedThrough(covered).Sub(t.Claim.Settled)))
}

// moveFund moves the bank's fund by what a command settled with the claim or took back of it, so that what the fund
// settled is always the sum of what its claims did. A bank without a fund settles as before.
func (c *call) moveFund(r claimRecord, before subsidy.Totals) error {
	moved := r.Terms.Claim.Settled.Sub(before.Settled)
	back := money.Min(before.Settled.Sub(r.Terms.Claim.Settled), r.Terms.Funded)
	if !moved.IsPositive() && !back.IsPositive() {
		return nil
	}
	var id string
	if ok, err := c.layer.load(FundKey(r.Terms.Claim.Policy, r.Terms.Claim.Bank), &id); err != nil || !ok {
		return err
	}
	f, err := load[fund.Fund](c, fund.Table.Kind, id, "")
	switch {
	case err != nil:
		return err
	case moved.IsPositive() && f.State == fund.Cleared:
		return fault.New(fault.WrongState, "")
	case moved.IsPositive() && f.State == fund.Declined:
		return nil // nothing was ever allocated: the bureau pays as if there were no fund
	case moved.IsPositive():
		covered := r.Terms.bookedThrough(f.Terms.Covered())
		if f.Terms, err = f.Terms.Settle(moved, covered, before.Settled); err != nil {
			return err
		}
		r.Terms.Funded = r.Terms.Funded.Add(moved)
	default:
		f.Terms, r.Terms.Funded = f.Terms.Recover(back), r.Terms.Funded.Sub(back)
	}
	return save(c, f)
}
