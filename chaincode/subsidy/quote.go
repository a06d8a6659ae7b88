package subsidy

import "decore/chaincode/money"

// Quotation is what a hold would grant now; nothing is reserved.
type Quotation struct {
	Eligible          bool         `json:"eligible"`
	Reasons           []Reason     `json:"reasons,omitzero"`   // why not
	LimitedBy         []Reason     `json:"limitedBy,omitzero"` // what makes the amount less than the loan alone would get
	EligiblePrincipal money.Amount `json:"eligiblePrincipal"`
	Gross             money.Amount `json:"gross"`            // before the cap on money
	Amount            money.Amount `json:"amount"`           // after it: what a hold would reserve
	Periods           []Period     `json:"periods,omitzero"` // of the gross
	Room              money.Amount `json:"room"`             // what the cap on money leaves before the hold
	PrincipalRoom     money.Amount `json:"principalRoom"`    // what the cap on principal leaves before the hold
}

// Quote says what the loan would get under the policy beside what the household's account already uses
// (试算). A draft policy can be quoted. A loan that is not eligible gets a zero amount and every reason. unstated points to facts
// that the loan holds as false because nobody stated them: where they decide, they are INVALID_FACTS.
func Quote(p Policy, a Account, l Loan, unstated ...string) Quotation {
	q := Quotation{Room: a.Room(p), PrincipalRoom: a.PrincipalRoom(p)}
	found := p.judge(l, unstated)
	if q.Reasons = found.reasons(); len(q.Reasons) > 0 {
		q.Reasons = found.and(q.capsReached()...).reasons()
		return q
	}
	q.EligiblePrincipal = money.Min(l.Principal, q.PrincipalRoom)
	q.Periods = p.Schedule(l, q.EligiblePrincipal)
	q.Gross = total(q.Periods)
	q.Amount = money.Min(q.Gross, q.Room)
	why := q.capsReached()
	if len(why) == 0 && q.Gross.IsZero() {
		why = []Code{NothingToSubsidise}
	}
	q.Reasons = p.reasons(l, why)
	q.Eligible = len(why) == 0
	if q.Eligible {
		q.LimitedBy = q.limits(p, l)
	}
	return q
}

func (q Quotation) capsReached() []Code {
	var reached []Code
	if q.PrincipalRoom.IsZero() {
		reached = append(reached, PrincipalCapReached)
	}
	if q.Room.IsZero() {
		reached = append(reached, AmountCapReached)
	}
	return reached
}

// limits names what an eligible loan loses by.
func (q Quotation) limits(p Policy, l Loan) []Reason {
	var by []Code
	for _, limit := range []struct {
		code  Code
		binds bool
	}{
		{PrincipalCapReached, q.EligiblePrincipal.Less(l.Principal)},
		{AmountCapReached, q.Amount.Less(q.Gross)},
		{TermOver2Y, p.longTerm(l)},
		{NetRateFloorReached, p.worstRate(l).LessThan(p.AnnualRate.Decimal())},
	} {
		if limit.binds {
			by = append(by, limit.code)
		}
	}
	return p.reasons(l, by)
}

func total(periods []Period) money.Amount {
	sum := money.Zero
	for _, p := range periods {
		sum = sum.Add(p.Amount)
	}
	return sum
}
