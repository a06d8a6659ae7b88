package subsidy

import (
	"decore/chaincode/calendar"
	"decore/chaincode/money"
)

// TopUp raises what an open claim holds to what its loan is expected to earn on the facts as they are now (追加占用), as after
// an extension (展期) that the policy subsidises. p is the version that granted the claim and reckons it; now the one that
// governs on the day, by which more may be granted on it or not. As with a hold, a cap that leaves less gives less, and of the
// two versions' caps the lower one binds. The principal that counts stays what it was: an extension lends nothing more.
//
// The same entry adjusts days gone by that had to do with less, so that the claim follows the facts at once. It returns what
// was added to the grant. It fails with POLICY_NOT_IN_FORCE, NOTHING_TO_TOP_UP, AMOUNT_CAP_REACHED, ENTRIES_FULL, CLAIM_STATE,
// MISMATCH, or a reason for which the loan would get no hold.
func TopUp(p, now Policy, a Account, c Claim, l Loan, on calendar.Date) (Account, Claim, money.Amount, error) {
	if err := raisable(p, now, a, c, l, on); err != nil {
		return a, c, money.Zero, err
	}
	wanted := room(total(p.Schedule(l, c.EligiblePrincipal)), c.kept())
	more := money.Min(wanted, money.Min(a.Room(p), a.Room(now)))
	switch {
	case wanted.IsZero():
		return a, c, money.Zero, p.nothingMore(l)
	case more.IsZero():
		return a, c, money.Zero, refuseFor(p.reasons(l, []Code{AmountCapReached}))
	}
	next := c
	next.Granted, next.Held = c.Granted.Add(more), c.Held.Add(more)
	lines, _ := p.reckon(next, l, c.AccruedThrough, next.limit(p, a))
	moved, next, err := record(a, c, next.accrued(net(lines)), VerbTopUp, lines)
	if err != nil {
		return a, c, money.Zero, err
	}
	return moved, next, more, nil
}

// nothingMore says why nothing more can be granted: that all is, or that the version does not subsidise the extension.
func (p Policy) nothingMore(l Loan) error {
	if p.SubsidiseExtension || l.FirstMaturity.IsZero() {
		return refuse(NothingToTopUp, "")
	}
	r := p.setting(NothingToTopUp, "subsidiseExtension")
	r.Fact = "/firstMaturity"
	return refuseFor([]Reason{r})
}

// raisable refuses what TopUp can refuse without a schedule.
func raisable(p, now Policy, a Account, c Claim, l Loan, on calendar.Date) error {
	if !c.of(p, l) || now.ID != p.ID || !a.of(c.Policy, c.Household) {
		return refuse(Mismatch, "policy, account, claim and loan are not of each other")
	}
	if err := allow(VerbTopUp, c); err != nil {
		return err
	}
	if !now.raises(on) {
		return refuse(PolicyNotInForce, "")
	}
	if reasons := p.Judge(l); len(reasons) > 0 {
		return refuseFor(reasons)
	}
	return nil
}

// raises reports whether a claim may be granted more on a day: while holds are granted, and afterwards as long as the policy says.
func (p Policy) raises(on calendar.Date) bool {
	return p.InForce(on) || p.Status != Draft && !on.Before(p.EffectiveFrom) && !on.After(p.TopUpTo)
}
