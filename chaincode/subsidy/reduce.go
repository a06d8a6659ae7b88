package subsidy

import "decore/chaincode/money"

// Reduce gives back what an open claim holds beyond what its loan is expected to earn on the facts as they are now (核减占用), as
// after a part of it was repaid early. The household's room under the cap on money grows by it at once; its principal counts until
// the claim ends. Should the loan come to earn more after all, a [TopUp] asks for it anew, as far as there is room then.
//
// It returns what was given back. It fails with NOTHING_TO_REDUCE, with CORRECTION_DUE while what is booked is not what the facts give,
// with OVERDUE, since nobody knows yet when the days of an overdue loan count again, with CLAIM_STATE or MISMATCH.
func Reduce(p Policy, a Account, c Claim, l Loan) (Account, Claim, money.Amount, error) {
	if err := movable(VerbReduce, a, c); err != nil {
		return a, c, money.Zero, err
	}
	if err := upToDate(p, a, c, l); err != nil {
		return a, c, money.Zero, err
	}
	if p.StopWhileOverdue && l.isOverdue() {
		return a, c, money.Zero, refuseFor(p.reasons(l, []Code{OverdueLoan}))
	}
	less := money.Min(c.Held, room(c.kept(), total(p.Schedule(l, c.EligiblePrincipal))))
	if less.IsZero() {
		return a, c, money.Zero, refuse(NothingToReduce, "")
	}
	next := c
	next.Held, next.Released = c.Held.Sub(less), c.Released.Add(less)
	moved, next, err := record(a, c, next, VerbReduce, nil)
	return moved, next, less, err
}
