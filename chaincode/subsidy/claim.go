package subsidy

import (
	"errors"
	"slices"

	"decore/chaincode/calendar"
	"decore/chaincode/money"
)

// Every function below returns a new account and claim; on an error it returns what it was given. An
// account is only ever moved by the difference that a claim makes, so it stays the sum of its claims.

// Hold reserves the quoted subsidy of a loan (预占). The caller keeps a loan to one claim that is not [Claim.Void], and asks
// [Policy.InForce] for the day. It fails with every reason of a loan that is not eligible, with
// POLICY_NOT_IN_FORCE or MISMATCH.
func Hold(p Policy, a Account, l Loan) (Account, Claim, error) {
	if p.Status != InForce {
		return a, Claim{}, refuse(PolicyNotInForce, "")
	}
	if !a.of(p.ID, l.Household) || a.Successor != "" {
		return a, Claim{}, refuse(Mismatch, "the account is of another policy or household")
	}
	q := Quote(p, a, l)
	if !q.Eligible {
		return a, Claim{}, refuseFor(q.Reasons)
	}
	c := Claim{
		Policy: p.ID, Version: p.Version, Loan: l.ID, Bank: l.Bank, Household: l.Household, State: Held,
		EligiblePrincipal: q.EligiblePrincipal, Granted: q.Amount, PrincipalBasis: p.PrincipalBasis,
		AccruedThrough: q.Periods[0].From,
		Totals:         Totals{Principal: q.EligiblePrincipal, Held: q.Amount},
	}
	a, c, err := record(a, Claim{}, c, VerbHold, nil)
	return a, c, err
}

// Accrue books the whole periods that ended on or before through, on the loan's facts as they are now
// (计提), never more than is still held. Where the facts make earlier periods worth something else, the same entry adjusts
// them, so that what is accrued and settled is always what the facts give. The period returned spans what was booked
// anew; its amount is the whole entry's, and below 0.00 when the adjustments outweigh it. It fails with ALREADY_ACCRUED,
// NOTHING_TO_ACCRUE, HOLD_USED_UP, ENTRIES_FULL, CLAIM_STATE, MISMATCH, or a reason for which the loan
// is no longer eligible; being overdue is not one, its days just don't count.
func Accrue(p Policy, a Account, c Claim, l Loan, through calendar.Date) (Account, Claim, Period, error) {
	if err := accruable(p, a, c, l, through); err != nil {
		return a, c, Period{}, err
	}
	lines, period := p.reckon(c, l, through, c.limit(p, a))
	switch {
	case period.To.IsZero():
		return a, c, Period{}, refuse(NothingToAccrue, "")
	case c.Held.IsZero() && !slices.ContainsFunc(lines, func(l Line) bool { return !l.Amount.IsZero() }):
		return a, c, Period{}, refuse(HoldUsedUp, "")
	}
	period.Amount = net(lines)
	next := c.accrued(period.Amount)
	next.State, next.AccruedThrough = Accruing, period.To
	moved, next, err := record(a, c, next, VerbAccrue, lines)
	if err != nil {
		return a, c, Period{}, err
	}
	return moved, next, period, nil
}

// accruable refuses what Accrue can refuse without a schedule.
func accruable(p Policy, a Account, c Claim, l Loan, through calendar.Date) error {
	if !c.of(p, l) || !a.of(c.Policy, c.Household) {
		return refuse(Mismatch, "policy, account, claim and loan are not of each other")
	}
	if err := allow(VerbAccrue, c); err != nil {
		return err
	}
	reasons := slices.DeleteFunc(p.Judge(l), func(r Reason) bool { return r.Code == OverdueLoan })
	switch {
	case len(reasons) > 0:
		return refuseFor(reasons)
	case !through.After(c.AccruedThrough):
		return refuse(AlreadyAccrued, "")
	}
	return nil
}

// Settle moves an accrued amount to settled (结算), if what is booked is what the loan's facts give as they are now. The claim is
// settled when nothing is accrued any more and nothing can come: nothing is held, and all its days are booked. While days are
// left it stays open with 0.00 held, since a repayment reported late can leave some of the grant for them. It fails
// with SETTLE_AMOUNT, CORRECTION_DUE, CLAIM_STATE or MISMATCH.
func Settle(p Policy, a Account, c Claim, l Loan, amount money.Amount) (Account, Claim, error) {
	if err := movable(VerbSettle, a, c); err != nil {
		return a, c, err
	}
	if !amount.IsPositive() || c.Accrued.Less(amount) {
		return a, c, refuse(SettleAmount, "must be above zero and at most what is accrued")
	}
	if err := upToDate(p, a, c, l); err != nil {
		return a, c, err
	}
	next := c
	next.Accrued, next.Settled = c.Accrued.Sub(amount), c.Settled.Add(amount)
	if next.Held.IsZero() && next.Accrued.IsZero() && p.daysOver(c, l) {
		next.State = Settled
	}
	return record(a, c, next.closed(), VerbSettle, nil)
}

// Release ends the claim and gives what is held back to the household's room (释放), as on early
// repayment or at the end of the days. What is accrued stays, and can be settled. It fails with CORRECTION_DUE while what is
// booked is not what the loan's facts give as they are now, with CLAIM_STATE or MISMATCH.
func Release(p Policy, a Account, c Claim, l Loan) (Account, Claim, error) {
	if err := movable(VerbRelease, a, c); err != nil {
		return a, c, err
	}
	if err := upToDate(p, a, c, l); err != nil {
		return a, c, err
	}
	next := c.release()
	next.State = Released
	return record(a, c, next.closed(), VerbRelease, nil)
}

// Correct adjusts what was accrued for days gone by to the loan's facts as they are now (冲正、调整), downward as for an early
// repayment or an overdue time reported late, or upward as when such a report was wrong. While the claim is open the
// difference goes back to what is held, or comes from it. Of an ended claim it goes to what was released, and comes
// from it as far as the household still has room under both caps. It returns what was added, below 0.00 what was taken
// back. It fails with NOTHING_TO_CORRECT, PRINCIPAL_CAP_REACHED, ENTRIES_FULL, CLAIM_STATE or MISMATCH.
func Correct(p Policy, a Account, c Claim, l Loan) (Account, Claim, money.Signed, error) {
	if err := movable(VerbCorrect, a, c); err != nil {
		return a, c, money.Signed{}, err
	}
	next, lines, err := correction(p, a, c, l)
	if err != nil {
		return a, c, money.Signed{}, err
	}
	moved, next, err := record(a, c, next, VerbCorrect, lines)
	if err != nil {
		return a, c, money.Signed{}, err
	}
	return moved, next, money.Signed{Amount: net(lines)}, nil
}

// correction is the claim as a correction would leave it, and the lines that it would book.
func correction(p Policy, a Account, c Claim, l Loan) (Claim, []Line, error) {
	if !c.of(p, l) {
		return c, nil, refuse(Mismatch, "policy, claim and loan are not of each other")
	}
	lines, _ := p.reckon(c, l, c.AccruedThrough, c.limit(p, a))
	if len(lines) == 0 {
		return c, nil, refuse(NothingToCorrect, "")
	}
	next := c.accrued(net(lines)).closed()
	if a.PrincipalRoom(p).Less(c.countsAgain(next)) {
		return c, nil, refuseFor(p.reasons(l, []Code{PrincipalCapReached}))
	}
	return next, lines, nil
}

// countsAgain is the principal for which the household must have room before the claim may have what next has. Under an outstanding
// basis an ended claim counts no more, and what it gave up may have gone to another loan for the same days: it is given
// more only where all of its principal would still fit.
func (c Claim) countsAgain(next Claim) money.Amount {
	if c.PrincipalBasis == Outstanding && !c.open() && c.earned().Less(next.earned()) {
		return c.EligiblePrincipal
	}
	return next.Principal.Sub(c.Principal)
}

// Restate adjusts what was accrued to facts of the loan that the bank itself had stated, and that were otherwise or have
// changed, as the day of the entrusted payment or its other subsidies (更正), like Correct; where nothing is to be adjusted,
// the entry keeps who restated them. A claim of which nothing is accrued starts from the loan's first day as it is now. It
// returns what was added. It fails with PRINCIPAL_CAP_REACHED, ENTRIES_FULL, CLAIM_STATE or MISMATCH.
func Restate(p Policy, a Account, c Claim, l Loan) (Account, Claim, money.Signed, error) {
	if err := movable(VerbRestate, a, c); err != nil {
		return a, c, money.Signed{}, err
	}
	now := c
	if len(c.bookedPeriods()) == 0 {
		now.AccruedThrough = p.start(l)
	}
	next, lines, err := correction(p, a, now, l)
	var none *Error
	switch {
	case errors.As(err, &none) && none.Code == NothingToCorrect:
		next, lines = now, nil
	case err != nil:
		return a, c, money.Signed{}, err
	}
	moved, next, err := record(a, c, next, VerbRestate, lines)
	if err != nil {
		return a, c, money.Signed{}, err
	}
	return moved, next, money.Signed{Amount: net(lines)}, nil
}

// upToDate refuses with CORRECTION_DUE a claim that a correction would change: nothing is settled or given back on facts that
// are not true any more. One that has no room for what it would have more, under a cap or in its entries, may go on;
// what it has too much is always taken back first.
func upToDate(p Policy, a Account, c Claim, l Loan) error {
	_, lines, err := correction(p, a, c, l)
	var none *Error
	switch {
	case errors.As(err, &none) && (none.Code == NothingToCorrect || none.Code == PrincipalCapReached):
		return nil
	case err != nil:
		return err
	case c.full(VerbCorrect, lines):
		return nil
	}
	return refuse(CorrectionDue, "")
}

// daysOver reports whether all subsidised days of the loan are booked.
func (p Policy) daysOver(c Claim, l Loan) bool {
	periods := p.Schedule(l, c.EligiblePrincipal)
	return len(periods) == 0 || !periods[len(periods)-1].To.After(c.AccruedThrough)
}

// ClawBack revokes the subsidy of a loan, on one of the [Ground]s: everything accrued and settled is taken
// back and what is held is released, so that the household's room is as if the claim had never been. It
// fails with CLAIM_STATE or MISMATCH.
func ClawBack(a Account, c Claim) (Account, Claim, error) {
	if err := movable(VerbClawBack, a, c); err != nil {
		return a, c, err
	}
	next := c.release()
	next.ClawedBack = c.ClawedBack.Add(c.earned())
	next.Accrued, next.Settled = money.Zero, money.Zero
	next.State = ClawedBack
	return record(a, c, next.closed(), VerbClawBack, nil)
}

// movable refuses a claim of another account, and a verb that its state does not allow.
func movable(verb string, a Account, c Claim) error {
	if c.Policy != a.Policy || c.Household != a.Household {
		return refuse(Mismatch, "the claim is of another account")
	}
	return allow(verb, c)
}
