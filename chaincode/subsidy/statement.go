package subsidy

import (
	"cmp"
	"slices"

	"decore/chaincode/calendar"
	"decore/chaincode/ident"
	"decore/chaincode/money"
)

// StatementLine is one booking on a household's account, with what the account came to by it (台账明细).
type StatementLine struct {
	Claim string     `json:"claim,omitzero"` // record ID
	Loan  string     `json:"loan,omitzero"`
	Bank  ident.USCC `json:"bank,omitzero"`
	Other ident.USCC `json:"other,omitzero"` // of a passage: the household whose account it came from or went to
	First int        `json:"first,omitzero"` // of a passage into the account: the first of the numbers that it stands for; No is the last
	Entry
	Balance Totals `json:"balance"` // of the claims in the statement, after this booking
}

// The verbs of a passage in a statement.
const (
	PassedIn  = "passed-in"  // 承继转入
	PassedOut = "passed-out" // 承继转出
)

// Statement lists the bookings on a household's account, in the order of their numbers. It takes claims by their record IDs:
// those in the account, and those that passed from it. Of all of these it is the whole account; of those of one bank, that
// bank's own part. What a claim had come to in another household's account is there as one line, its passage.
func Statement(household ident.USCC, claims map[string]Claim) []StatementLine {
	lines, passages := []StatementLine{}, map[int]*StatementLine{}
	pass := func(first, no int, verb string, other ident.USCC, p Passage, moved Totals) {
		l := passages[no]
		if l == nil {
			l = &StatementLine{Other: other, First: first, Entry: Entry{No: no, Verb: verb, On: p.On, By: p.By, Command: p.Command, Reason: p.Document}}
			passages[no] = l
		}
		l.move(moved)
	}
	for id, c := range claims {
		for _, s := range c.stays(household) {
			for _, e := range c.Entries[s.from:s.to] {
				lines = append(lines, StatementLine{Claim: id, Loan: c.Loan, Bank: c.Bank, Entry: e})
			}
			if s.came != nil {
				pass(s.came.First+1, s.came.in(), PassedIn, s.came.From, *s.came, c.first(s.from))
			}
			if s.went != nil {
				pass(0, s.went.out(), PassedOut, s.went.To, *s.went, Totals{}.minus(c.first(s.to)))
			}
		}
	}
	for _, l := range passages {
		lines = append(lines, *l)
	}
	slices.SortFunc(lines, func(a, b StatementLine) int { // of a forged account two lines can have one number
		return cmp.Or(cmp.Compare(a.No, b.No), cmp.Compare(a.Claim, b.Claim), cmp.Compare(a.Verb, b.Verb))
	})
	var balance Totals
	for i := range lines {
		balance = lines[i].added(balance)
		lines[i].Balance = balance
	}
	return lines
}

// stay is the part of a claim's entries that were made in one household's account.
type stay struct {
	from, to   int
	came, went *Passage
}

// stays lists the claim's stays in the household's account.
func (c Claim) stays(household ident.USCC) []stay {
	var all []stay
	now := stay{}
	for i := range c.Passages {
		p := &c.Passages[i]
		if now.to, now.went = p.Entries, p; p.From == household {
			all = append(all, now)
		}
		now = stay{from: p.Entries, came: p}
	}
	if now.to = len(c.Entries); c.Household == household {
		all = append(all, now)
	}
	return all
}

// WasIn reports whether the claim was ever in the household's account, or is.
func (c Claim) WasIn(household ident.USCC) bool { return len(c.stays(household)) > 0 }

// first is what the claim had come to by its first entries.
func (c Claim) first(n int) Totals {
	var sum Totals
	for _, e := range c.Entries[:n] {
		sum = e.added(sum)
	}
	return sum
}

// move adds to what an entry moved.
func (e *Entry) move(t Totals) {
	for _, m := range []struct {
		to *money.Signed
		by money.Amount
	}{{&e.Principal, t.Principal}, {&e.Held, t.Held}, {&e.Accrued, t.Accrued}, {&e.Settled, t.Settled}, {&e.ClawedBack, t.ClawedBack}} {
		m.to.Amount = m.to.Add(m.by)
	}
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

// Whole reports whether the lines are all bookings of the account: no number is missing but those for which a passage stands,
// the last is the account's, and they draw on its caps what it says to the fen. One that has ended ends in its passage to the heir.
func (a Account) Whole(lines []StatementLine) bool {
	if len(lines) == 0 {
		return a.Entries == 0 && a.equal(Drawn{})
	}
	before := 0
	for _, l := range lines {
		if cmp.Or(l.First, l.No) != before+1 {
			return false
		}
		before = l.No
	}
	last := lines[len(lines)-1]
	ends := last.No == a.Entries
	if a.Successor != "" {
		ends = last.Verb == PassedOut && last.Other == a.Successor
	}
	return ends && last.Balance.Drawn().equal(a.Drawn)
}
