package subsidy

import (
	"slices"

	"decore/chaincode/calendar"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
)

// Recorded is the one state of a succession.
const Recorded lifecycle.State = "recorded"

// VerbSucceed records a succession.
const VerbSucceed = "record"

// Succession is the table of a merger or another succession of two households (合并、承继): the finance bureau records it, and
// from then on both have one account. One household is one legal entity (单户), and its rights and debts pass to the heir
// (民法典 art. 67).
var Succession = lifecycle.Table{Kind: "succession", Prefix: "SUC", Rows: []lifecycle.Row{
	{Verb: VerbSucceed, From: []lifecycle.State{lifecycle.None}, To: []lifecycle.State{Recorded}, By: financeBureau,
		En: "record that one household succeeds another, and join their accounts", Zh: "记录企业合并承继并合并台账"},
}}

// Succeed joins a household's account to that of its heir, whichever of them has none yet. The caps then hold over
// both: what counted of either counts of the heir, even where that is more than a cap, and then leaves no room. The old
// account ends and names the heir. It fails with MISMATCH when either has an heir already, or is not of that household.
func Succeed(policy string, from, to Account, old, heir ident.USCC) (ended, joined Account, err error) {
	switch {
	case old == "" || heir == "" || old == heir:
		return from, to, refuse(Mismatch, "a household can't succeed itself")
	case !from.of(policy, old) || !to.of(policy, heir):
		return from, to, refuse(Mismatch, "the account is of another policy or household")
	case from.Successor != "" || to.Successor != "":
		return from, to, refuse(Mismatch, "the account has ended in that of another household")
	}
	to.Policy, to.Household = policy, heir
	to.Drawn, to.Entries = to.Drawn.moved(Drawn{}, from.Drawn), to.Entries+from.Entries
	return Account{Policy: policy, Household: old, Successor: heir}, to, nil
}

// Passage is that a claim went from one household's account to that of its heir (转入、转出). Of the claim's entries those before
// it were made in the one account and those after it in the other, so that neither account's past ever changes.
type Passage struct {
	From     ident.USCC    `json:"from"`
	To       ident.USCC    `json:"to"`
	Entries  int           `json:"entries"` // of the claim before it
	Last     int           `json:"last"`    // number of the last booking on the account that ended
	First    int           `json:"first"`   // number of the last booking on the heir's before it
	On       calendar.Date `json:"on"`
	By       ident.USCC    `json:"by"`
	Command  string        `json:"command"`
	Document string        `json:"document"` // registration or decision that it rests on
}

// out and in are the numbers of the passage in the two accounts. In the heir's it takes all numbers that the bookings of the
// account that ended had, and shows the last of them.
func (p Passage) out() int { return p.Last + 1 }
func (p Passage) in() int  { return p.First + p.Last }

// Inherited returns claim and loan as those of the heir.
func (c Claim) Inherited(l Loan, p Passage) (Claim, Loan) {
	p.Entries = len(c.Entries)
	c.Passages = append(slices.Clip(c.Passages), p)
	c.Household, l.Household = p.To, p.To
	return c, l
}

// HouseholdBefore is in whose account the claim was when a day began, by the passages of the days before it.
func (c Claim) HouseholdBefore(day calendar.Date) ident.USCC {
	for _, p := range c.Passages {
		if !p.On.Before(day) {
			return p.From
		}
	}
	return c.Household
}

// Consists reports whether the claims are all of the account's: they draw as much on its caps, in as many bookings.
func (a Account) Consists(claims []Claim) bool {
	var sum Totals
	entries := 0
	for _, c := range claims {
		sum, entries = sum.Plus(c.Totals), entries+len(c.Entries)
	}
	return entries == a.Entries && sum.Drawn().equal(a.Drawn)
}
