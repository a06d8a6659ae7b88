package contract

import (
	"errors"
	"fmt"
	"slices"

	"decore/chaincode/fault"
	"decore/chaincode/financing"
	"decore/chaincode/fund"
	"decore/chaincode/ident"
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
		next = fund.Open // a cleared one once more
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
	on(fund.Table, "void-allocation", voidAllocation)
	on(fund.Table, "settle", func(c *call, r fundRecord, a fund.QuarterArgs) (_ lifecycle.State, err error) {
		r.Terms, err = r.Terms.CloseQuarter(a.Through, c.today())
		return r.State, err
	})
	on(fund.Table, "return", func(c *call, r fundRecord, a fund.ReturnArgs) (_ lifecycle.State, err error) {
		r.Terms, err = r.Terms.Return(a, c.today())
		return r.State, err
	})
	on(fund.Table, "confirm-return", confirmReturn)
	on(fund.Table, "withdraw-return", func(_ *call, r fundRecord, a fund.VoidArgs) (_ lifecycle.State, err error) {
		r.Terms, err = r.Terms.WithdrawReturn(a)
		return r.State, err
	})
	on(fund.Table, "reject-return", func(_ *call, r fundRecord, a fund.VoidArgs) (_ lifecycle.State, err error) {
		r.Terms, err = r.Terms.VoidReturn(a)
		return r.State, err
	})
	on(fund.Table, "clear", func(c *call, r fundRecord, _ financing.NoArgs) (_ lifecycle.State, err error) {
		r.Terms, err = r.Terms.Clear(c.today())
		return fund.Cleared, err
	})

	onNew(fund.ReportTable, "file", fileReport)
	onReport("accept", fund.Accepted, acceptReport)
	onReport("send-back", fund.SentBack, func(_ *call, f fund.Fund, r reportRecord, a fund.ReasonArgs) (fund.Fund, error) {
		if a.Reason == "" || len(a.Reason) > maxReason {
			return f, fault.New(fault.FieldInvalid, "/reason")
		}
		r.Terms.Reason = a.Reason
		return f.Retract(r.ID)
	})
	onReport("withdraw", fund.Withdrawn, func(_ *call, f fund.Fund, r reportRecord, _ financing.NoArgs) (fund.Fund, error) {
		return f.Retract(r.ID)
	})

	onNew(fund.BudgetTable, "open", func(c *call, a fund.BudgetArgs) (budgetRecord, error) {
		if err := c.knownPolicy(a.Policy); err != nil {
			return nil, err
		}
		if err := c.acts(a.Bank, lifecycle.Bank, "/bank"); err != nil {
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
	first, err := c.subsidyPolicy(PolicyVersionKey(a.Policy, 1))
	switch {
	case err != nil:
		return nil, err
	case !a.First.IsZero() && a.First < fund.MonthOf(first.EffectiveFrom): // nothing was accrued then
		return nil, fault.New(fault.FieldInvalid, "/first")
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
func allocate(c *call, r fundRecord, a fund.AllocateArgs) (_ lifecycle.State, err error) {
	if r.Terms, err = r.Terms.Allocate(a, c.today()); err != nil {
		return "", err
	}
	b, err := load[fund.Budget](c, fund.BudgetTable.Kind, a.Budget, "/budget")
	switch {
	case err != nil:
		return "", err
	case b.State != fund.Open:
		return "", fault.New(fault.WrongState, "/budget")
	}
	if b.Terms, err = b.Terms.Allocate(r.Terms.Policy, r.Terms.Bank, a.Amount); err != nil {
		return "", err
	}
	return fund.Open, save(c, b)
}

// voidAllocation takes a payment in advance back and gives it to the budget that it came out of, closed or not.
func voidAllocation(c *call, r fundRecord, a fund.VoidArgs) (_ lifecycle.State, err error) {
	var wrong fund.Allocation
	if r.Terms, wrong, err = r.Terms.VoidAllocation(a); err != nil {
		return "", err
	}
	b, err := load[fund.Budget](c, fund.BudgetTable.Kind, wrong.Budget, "")
	if err != nil {
		return "", err
	}
	b.Terms = b.Terms.Unallocate(wrong.Amount)
	return r.State, save(c, b)
}

// confirmReturn records that returned money came in and puts it back into a budget.
func confirmReturn(c *call, r fundRecord, a fund.ConfirmArgs) (_ lifecycle.State, err error) {
	var amount money.Amount
	if r.Terms, amount, err = r.Terms.ConfirmReturn(a, c.today()); err != nil {
		return "", err
	}
	b, err := load[fund.Budget](c, fund.BudgetTable.Kind, a.Budget, "/budget") // a closed one gives nothing out, and still takes back
	if err != nil {
		return "", err
	}
	if b.Terms, err = b.Terms.Restore(r.Terms.Policy, r.Terms.Bank, amount); err != nil {
		return "", err
	}
	return r.State, save(c, b)
}

// fileReport takes a bank's monthly report, every line of which must be what the ledger booked.
func fileReport(c *call, a fund.FileArgs) (reportRecord, error) {
	f, err := load[fund.Fund](c, fund.Table.Kind, a.Fund, "/fund")
	switch {
	case err != nil:
		return nil, err
	case f.Terms.Bank != c.cmd.Party:
		return nil, fault.New(fault.NotPermitted, "/fund")
	case f.State != fund.Open: // so an application with reports is never declined
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

// checkLines compares the lines with what the ledger booked.
func (c *call) checkLines(a fund.FileArgs, f fund.Fund) error {
	claims, err := c.claimsOf(a.Lines, f.Bank)
	if err != nil {
		return err
	}
	for i, l := range a.Lines {
		t := claims[i].Terms
		if t.Claim.Policy != f.Policy {
			return fault.New(fault.ForeignClaim, fmt.Sprintf("/lines/%d/claim", i))
		}
		if err := l.Matches(t.Unreported(a.Month), i); err != nil {
			return err
		}
	}
	return nil
}

// claimsOf opens the claims of the lines, which must be the bank's. Openings that are missing are all asked for at once.
func (c *call) claimsOf(lines []fund.Line, bank ident.USCC) ([]claimRecord, error) {
	claims := make([]claimRecord, len(lines))
	missing := false
	for i, l := range lines {
		field := fmt.Sprintf("/lines/%d/claim", i)
		h, ok, err := c.header(l.Claim)
		switch {
		case err != nil:
			return nil, err
		case !ok || h.Kind != subsidy.Lifecycle.Kind:
			return nil, fault.New(fault.RecordNotFound, field)
		case h.Owner != bank:
			return nil, fault.New(fault.ForeignClaim, field)
		}
		switch claims[i], err = load[ClaimTerms](c, subsidy.Lifecycle.Kind, l.Claim, field); {
		case errors.Is(err, errNeedsOpening):
			missing = true
		case err != nil:
			return nil, err
		}
	}
	if missing {
		return nil, errNeedsOpening
	}
	return claims, nil
}

// acceptReport writes to every claim of the report what was said of it: that much of it may be settled.
func acceptReport(c *call, f fund.Fund, r reportRecord, _ financing.NoArgs) (fund.Fund, error) {
	f, err := f.Accept(r.ID)
	if err != nil {
		return f, err
	}
	claims, err := c.claimsOf(r.Terms.Lines, f.Bank)
	if err != nil {
		return f, err
	}
	for i, l := range r.Terms.Lines {
		t := &claims[i].Terms
		t.Reported = append(slices.Clone(t.Reported), fund.Entry{Month: r.Terms.Month, Accrued: l.Accrued, TakenBack: l.TakenBack})
		if err := save(c, claims[i]); err != nil {
			return f, err
		}
	}
	return f, nil
}

// onReport registers a verb that moves a report and its fund together.
func onReport[A any](verb string, to lifecycle.State, move func(c *call, f fund.Fund, r reportRecord, a A) (fund.Fund, error)) {
	on(fund.ReportTable, verb, func(c *call, r reportRecord, a A) (lifecycle.State, error) {
		f, err := load[fund.Fund](c, fund.Table.Kind, r.Terms.Fund, "")
		if err != nil {
			return "", err
		}
		if f.Terms, err = move(c, f.Terms, r, a); err != nil {
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

// Unreported is what a report of a month has to say of the claim.
func (t ClaimTerms) Unreported(m fund.Month) fund.Entry {
	return fund.Unreported(t.BookedMonths(), t.Reported, m)
}

// Settleable is what can be settled with the claim through its bank's fund.
func (t ClaimTerms) Settleable() money.Amount {
	return money.Max(money.Zero, money.Min(t.Claim.Accrued, fund.Covered(t.BookedMonths(), t.Reported).Sub(t.Claim.Settled)))
}

// moveFund moves the bank's fund by what a command settled with the claim or took back of it, so that what the fund
// settled is always the sum of what its claims did.
func (c *call) moveFund(r claimRecord, before subsidy.Totals) error {
	moved := r.Terms.Claim.Settled.Sub(before.Settled)
	back := money.Min(before.Settled.Sub(r.Terms.Claim.Settled), r.Terms.Funded)
	if !moved.IsPositive() && !back.IsPositive() {
		return nil
	}
	f, known, err := c.fundOf(r.Terms.Claim)
	switch {
	case err != nil:
		return err
	case moved.IsPositive() && (!known || f.State != fund.Open): // its money would come out of no budget
		return fault.New(fault.FundNotOpen, "")
	case moved.IsPositive():
		covered := fund.Covered(r.Terms.BookedMonths(), r.Terms.Reported)
		if f.Terms, err = f.Terms.Settle(moved, covered, before.Settled, c.today()); err != nil {
			return err
		}
		r.Terms.Funded = r.Terms.Funded.Add(moved)
	default:
		f.Terms, r.Terms.Funded = f.Terms.Recover(back, c.today()), r.Terms.Funded.Sub(back)
	}
	return save(c, f)
}

// fundOf opens the fund of a claim's bank under its policy, if it has one.
func (c *call) fundOf(claim subsidy.Claim) (f fundRecord, known bool, err error) {
	var id string
	if known, err = c.layer.load(FundKey(claim.Policy, claim.Bank), &id); err == nil && known {
		f, err = load[fund.Fund](c, fund.Table.Kind, id, "")
	}
	return f, known, err
}
