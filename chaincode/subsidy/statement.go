package subsidy

import (
	"cmp"
	"slices"

	"decore/chaincode/calendar"
	"decore/chaincode/ident"
)

// StatementLine is one booking on a household's account, with what the account came to by it (台账明细).
type StatementLine struct {
	Claim string     `json:"claim"` // record ID
	Loan  string     `json:"loan"`
	Bank  ident.USCC `json:"bank"`
	Entry
	Balance Totals `json:"balance"` // of the claims in the statement, after this booking
}

// Statement lists the bookings on claims, given by their record IDs, in the order in which they were made. Of all the
// claims of a household it is its whole account; of those of one bank, that bank's own part.
func Statement(claims map[string]Claim) []StatementLine {
	lines := []StatementLine{}
	for id, c := range claims {
		for _, e := range c.Entries {
			lines = append(lines, StatementLine{Claim: id, Loan: c.Loan, Bank: c.Bank, Entry: e})
		}
	}
	slices.SortFunc(lines, func(a, b StatementLine) int {
		return cmp.Or(b.On.DaysUntil(a.On), cmp.Compare(a.No, b.No), cmp.Compare(a.Claim, b.Claim))
	})
	var balance Totals
	for i := range lines {
		balance = lines[i].added(balance)
		lines[i].Balance = balance
	}
	return lines
}

// Before is what the claim had come to when a day began, by the bookings of the days before it.
func (c Claim) Before(day calendar.Date) Totals {
	var sum Totals
	for _, e := range c.Entries {
		if e.On.Before(day) {
			sum = e.added(sum)
		}
	}
	return sum
}

// Whole reports whether the lines are all bookings of the account: as many as it counted, and its totals to the fen.
func (a Account) Whole(lines []StatementLine) bool {
	if len(lines) == 0 {
		return a.Entries == 0
	}
	last := lines[len(lines)-1].Balance
	return len(lines) == a.Entries && last.equal(a.Totals)
}

func (t Totals) equal(o Totals) bool {
	return t.Principal.Cmp(o.Principal) == 0 && t.Held.Cmp(o.Held) == 0 && t.Accrued.Cmp(o.Accrued) == 0 &&
		t.Settled.Cmp(o.Settled) == 0 && t.ClawedBack.Cmp(o.ClawedBack) == 0
}
