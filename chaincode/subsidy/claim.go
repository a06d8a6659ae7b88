package subsidy

import (
	"slices"

	"decore/chaincode/calendar"
	"decore/chaincode/money"
)

// Every function below returns a new account and claim; on an error it returns what it was given. An
// account is only ever moved by the difference that a claim makes, so it stays the sum of its claims.

// Hold reserves the quoted subsidy of a loan (预占). The caller keeps a loan to one claim, and asks
// [Policy.InForce] for the day. It fails with the first reason of a loan that is not eligible, with
// POLICY_NOT_IN_FORCE or MISMATCH.
func Hold(p Policy, a Account, l Loan) (Account, Claim, error) {
	if p.Status != InForce {
		return a, Claim{}, refuse(PolicyNotInForce, "")
	}
	if !a.of(p.ID, l.Household) {
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
	return a.moved(Claim{}, c), c, nil
}

// Accrue books the whole periods that ended on or before through, on the loan's facts as they are now
// (计提), never more than is still held. The period returned spans what was booked. It fails with ALREADY_ACCRUED,
// NOTHING_TO_ACCRUE, HOLD_USED_UP, OVER_ACCRUED, CLAIM_STATE, MISMATCH, or a reason for which the loan
// is no longer eligible; being overdue is not one, its days just don't count.
func Accrue(p Policy, a Account, c Claim, l Loan, through calendar.Date) (Account, Claim, Period, error) {
	if err := accruable(p, a, c, l, through); err != nil {
		return a, c, Period{}, err
	}
	due, booked := p.due(c, l, through)
	switch {
	case booked.To.IsZero():
		return a, c, Period{}, refuse(NothingToAccrue, "")
	case due.Less(c.earned()):
		return a, c, Period{}, refuse(OverAccrued, "correct the claim first")
	}
	booked.Amount = money.Min(due.Sub(c.earned()), c.Held)
	next := c
	next.State, next.AccruedThrough = Accruing, booked.To
	next.Held, next.Accrued = c.Held.Sub(booked.Amount), c.Accrued.Add(booked.Amount)
	return a.moved(c, next), next, booked, nil
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
	case c.Held.IsZero():
		return refuse(HoldUsedUp, "")
	}
	return nil
}

// due returns what all periods that ended by through are worth, and the span of those not yet booked;
// its To is no date when there are none. It may be more than was granted, which the hold then bounds.
func (p Policy) due(c Claim, l Loan, through calendar.Date) (money.Amount, Period) {
	sum, fresh := money.Zero, Period{}
	for _, period := range p.Schedule(l, c.EligiblePrincipal) {
		if period.To.After(through) {
			break
		}
		sum = sum.Add(period.Amount)
		if !period.To.After(c.AccruedThrough) {
			continue
		}
		if fresh.To.IsZero() {
			fresh.From = period.From
		}
		fresh.To, fresh.Days = period.To, fresh.Days+period.Days
	}
	return sum, fresh
}

// Settle moves an accrued amount to settled (结算). The claim is settled when nothing is held or accrued any more.
// It fails with SETTLE_AMOUNT, CLAIM_STATE or MISMATCH.
func Settle(a Account, c Claim, amount money.Amount) (Account, Claim, error) {
	if err := movable(VerbSettle, a, c); err != nil {
		return a, c, err
	}
	if !amount.IsPositive() || c.Accrued.Less(amount) {
		return a, c, refuse(SettleAmount, "must be above zero and at most what is accrued")
	}
	next := c
	next.Accrued, next.Settled = c.Accrued.Sub(amount), c.Settled.Add(amount)
	if next.Held.IsZero() && next.Accrued.IsZero() {
		next.State = Settled
		next = next.closed()
	}
	return a.moved(c, next), next, nil
}

// Release ends the claim and gives what is held back to the household's room (释放), as on early
// repayment or at the end of the days. What is accrued stays, and can be settled. It fails with CLAIM_STATE or MISMATCH.
func Release(a Account, c Claim) (Account, Claim, error) {
	if err := movable(VerbRelease, a, c); err != nil {
		return a, c, err
	}
	next := c.release()
	next.State = Released
	next = next.closed()
	return a.moved(c, next), next, nil
}

// Correct takes back what was accrued for days that, by the loan's facts as they are now, do not count
// (冲回), such as an early repayment or an overdue time reported late; first from what is not settled. It
// returns the amount. It fails with NOTHING_TO_CORRECT, CLAIM_STATE or MISMATCH.
func Correct(p Policy, a Account, c Claim, l Loan) (Account, Claim, money.Amount, error) {
	if !c.of(p, l) {
		return a, c, money.Zero, refuse(Mismatch, "policy, claim and loan are not of each other")
	}
	if err := movable(VerbCorrect, a, c); err != nil {
		return a, c, money.Zero, err
	}
	due, _ := p.due(c, l, c.AccruedThrough)
	excess := c.earned().Sub(due)
	if !excess.IsPositive() {
		return a, c, money.Zero, refuse(NothingToCorrect, "")
	}
	accrued := money.Min(excess, c.Accrued)
	next := c
	next.Accrued, next.Settled = c.Accrued.Sub(accrued), c.Settled.Sub(excess.Sub(accrued))
	next.ClawedBack = c.ClawedBack.Add(excess)
	if next.State != Accruing {
		next = next.closed()
	}
	return a.moved(c, next), next, excess, nil
}

// ClawBack revokes the subsidy of a loan, as for misuse (挪用): everything accrued and settled is taken
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
	next = next.closed()
	return a.moved(c, next), next, nil
}

// movable refuses a claim of another account, and a verb that its state does not allow.
func movable(verb string, a Account, c Claim) error {
	if c.Policy != a.Policy || c.Household != a.Household {
		return refuse(Mismatch, "the claim is of another account")
	}
	return allow(verb, c)
}
