package subsidy

import (
	"fmt"

	"decore/chaincode/calendar"
	"decore/chaincode/money"
)

// MaxRepayments bounds the repayments of a loan, and so the work of a schedule; it is as many as a financing can have, with the
// one that settles the debt.
const MaxRepayments = 401

// Repayment is the principal that came back on one day (还本). That day earns no subsidy on it any more (算头不算尾).
type Repayment struct {
	Date      calendar.Date `json:"date"`
	Principal money.Amount  `json:"principal"` // yuan
}

// RepaidInFull is the day on which the repayments reached the whole principal, early or not; no date
// while some is still owed.
func (l Loan) RepaidInFull() calendar.Date {
	repaid := money.Zero
	for _, r := range l.Repayments {
		if repaid = repaid.Add(r.Principal); !repaid.Less(l.Principal) {
			return r.Date
		}
	}
	return calendar.Date{}
}

// repayments returns what must hold of the repayments of a loan. One entry a day gives the same facts only one form.
func (l Loan) repayments() []check {
	cs := []check{{"repayments", len(l.Repayments) <= MaxRepayments, fmt.Sprintf("must have at most %d entries", MaxRepayments)}}
	repaid, first := money.Zero, l.Disbursed
	for i, r := range l.Repayments {
		cs = append(cs,
			check{fmt.Sprintf("repayments[%d].date", i), !r.Date.IsZero() && !r.Date.Before(first), "must be a date, not before disbursed, after the entry before"},
			check{fmt.Sprintf("repayments[%d].principal", i), r.Principal.IsPositive(), "must be above 0.00"})
		repaid, first = repaid.Add(r.Principal), r.Date.AddDays(1)
	}
	return append(cs, check{"repayments", !l.Principal.Less(repaid), "must not sum to more than principal"})
}

// RepaymentOrder says which part of a loan a repayment takes first where the cap on principal leaves
// only a part eligible. The notice does not say, so it is a setting; of a loan that is eligible as a
// whole both say the same.
type RepaymentOrder string

// The orders of repayment. Any other reading, pro rata among them, lies between the two: EligibleFirst never pays
// more than it, EligibleLast never less.
const (
	EligibleFirst RepaymentOrder = "eligible-first" // subsidised: eligible principal less what was repaid
	EligibleLast  RepaymentOrder = "eligible-last"  // subsidised: eligible principal, as long as so much is outstanding
)

// stillEligible is, by order, what is left of the eligible part of a principal after repayments.
var stillEligible = map[RepaymentOrder]func(eligible, principal, repaid money.Amount) money.Amount{
	EligibleFirst: func(eligible, _, repaid money.Amount) money.Amount { return room(eligible, repaid) },
	EligibleLast: func(eligible, principal, repaid money.Amount) money.Amount {
		return money.Min(eligible, room(principal, repaid))
	},
}

// balance is what is subsidised of a loan from a day until the next entry.
type balance struct {
	from   calendar.Date
	amount money.Amount
}

// balances returns the subsidised balance in order of time. The first entry is from no date, which is
// before every day; there is none when the policy names no order.
func (p Policy) balances(l Loan, eligiblePrincipal money.Amount) []balance {
	still, known := stillEligible[p.RepaymentOrder]
	if !known {
		return nil
	}
	eligible, repaid := money.Min(eligiblePrincipal, l.Principal), money.Zero
	all := []balance{{amount: eligible}}
	for _, r := range l.Repayments {
		repaid = repaid.Add(r.Principal)
		all = append(all, balance{r.Date, still(eligible, l.Principal, repaid)})
	}
	return all
}

// spent returns the first day on which nothing is subsidised any more; no date when repayments leave something.
func spent(all []balance) calendar.Date {
	for _, b := range all {
		if !b.amount.IsPositive() {
			return b.from
		}
	}
	return calendar.Date{}
}
