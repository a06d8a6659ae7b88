package subsidy

import (
	"slices"

	"decore/chaincode/calendar"
	"decore/chaincode/ident"
	"decore/chaincode/money"
)

// Entry is one booking on a claim (分录), made by one signed command. No entry is ever changed or taken away: what turns out
// to be wrong is put right by a further one (冲正、调整). Held, accrued, settled, clawed back and released say
// what moved; they sum to zero but for a hold and a top-up, which bring what is granted.
type Entry struct {
	No      int           `json:"no"`   // of the bookings on the household's account, from 1
	Verb    string        `json:"verb"` // what was done
	On      calendar.Date `json:"on"`
	By      ident.USCC    `json:"by"`      // who signed it
	Command string        `json:"command"` // the command that did it

	Causes []Cause `json:"causes,omitzero"` // what had changed, where earlier lines are adjusted
	Ground Ground  `json:"ground,omitzero"` // of a claw-back
	Reason string  `json:"reason,omitzero"` // in words, where the signer gave one
	Lines  []Line  `json:"lines,omitzero"`  // what was accrued, by period

	Principal  money.Signed `json:"principal,omitzero"` // of what counts against the cap on principal
	Held       money.Signed `json:"held,omitzero"`
	Accrued    money.Signed `json:"accrued,omitzero"`
	Settled    money.Signed `json:"settled,omitzero"` // below 0.00: settled already and owed back by the bank (缴回)
	ClawedBack money.Signed `json:"clawedBack,omitzero"`
	Released   money.Signed `json:"released,omitzero"`
}

// Line is what an entry accrues for one period: the first time, or as an adjustment of what was booked for it before.
type Line struct {
	From    calendar.Date `json:"from"`
	To      calendar.Date `json:"to"`
	Days    int           `json:"days"` // subsidised days of the period, as they count now
	Amount  money.Signed  `json:"amount"`
	Adjusts bool          `json:"adjusts,omitzero"`
}

// Cause is why earlier periods are worth something else than was booked.
type Cause string

// The causes.
const (
	CauseRepayment Cause = "repayment"          // 提前还款或部分还款
	CauseReversal  Cause = "repayment-reversed" // 还款冲销
	CauseOverdue   Cause = "overdue"            // 逾期
	CauseExtension Cause = "extension"          // 展期
	CauseRate      Cause = "rate-change"        // 利率调整
	CauseRestated  Cause = "restated"           // 受托支付日更正
	CauseOther     Cause = "other-subsidy"      // 其他贴息、补贴更正
	CauseTopUp     Cause = "top-up"             // the claim was granted more than days gone by could have before (追加占用)
	CauseRoom      Cause = "room"               // an ended claim found room for what it could not have before (额度恢复)
)

// part is the part of a claim's entries that one kind of booking may take up.
type part struct{ entries, lines int }

// The parts bound what signers can do to a claim of their own accord. Each kind of booking has its own, so that none keeps another
// out: 24 monthly periods, each settled apart and corrected upward each month, take 49 to raise and 24 to settle. A restatement
// that is refused leaves the stated facts as they were. Nothing may
// keep a claim from ending, nor what it has too much from being given back: a release, a reduction, a claw-back and a correction downward are
// always booked. The loan's record bounds these, as each needs a repayment, an overdue spell, a rate or an extension of its own.
var (
	raising   = part{entries: 80, lines: 360} // holds, top-ups, accruals, corrections upward
	restating = part{entries: 40, lines: 400}
	settling  = part{entries: 60}
)

// partOf is in which part a booking counts, and false for one that is not counted.
func partOf(verb string, lines []Line) (part, bool) {
	switch verb {
	case VerbRelease, VerbReduce, VerbClawBack:
		return part{}, false
	case VerbSettle:
		return settling, true
	case VerbRestate:
		return restating, true
	case VerbCorrect:
		return raising, !net(lines).IsNegative()
	}
	return raising, true
}

// full reports whether a booking that counts in a part has no place in it any more.
func (c Claim) full(verb string, lines []Line) bool {
	own, counted := partOf(verb, lines)
	taken := part{entries: 1, lines: len(lines)}
	for _, e := range c.Entries {
		if other, ok := partOf(e.Verb, e.Lines); ok && other == own {
			taken.entries, taken.lines = taken.entries+1, taken.lines+len(e.Lines)
		}
	}
	return counted && (taken.entries > own.entries || taken.lines > own.lines)
}

// paysOut reports whether a booking settles all that a claim has: that is always booked, since there is something to settle again only
// after a booking that raised it.
func (c Claim) paysOut(verb string) bool { return verb == VerbSettle && c.Accrued.IsZero() }

// Causes returns what differs between two states of a loan's facts in what its schedule depends on.
func Causes(before, after Loan) []Cause {
	var all []Cause
	less, more := repaymentsChanged(before.Repayments, after.Repayments)
	for _, c := range []struct {
		cause Cause
		holds bool
	}{
		{CauseRepayment, more},
		{CauseReversal, less},
		{CauseOverdue, !slices.Equal(before.Overdue, after.Overdue)},
		{CauseExtension, before.Maturity != after.Maturity || before.FirstMaturity != after.FirstMaturity},
		{CauseRestated, before.EntrustedPaid != after.EntrustedPaid},
		{CauseOther, before.OtherSubsidy.Cmp(after.OtherSubsidy) != 0 || before.OtherCentralSubsidy != after.OtherCentralSubsidy},
		{CauseRate, !slices.EqualFunc(before.Rates, after.Rates, func(a, b RateChange) bool { return a.From == b.From && a.AnnualRate.Cmp(b.AnnualRate) == 0 })},
	} {
		if c.holds {
			all = append(all, c.cause)
		}
	}
	return all
}

// repaymentsChanged reports whether on some day less, or more, came back than was known.
func repaymentsChanged(before, after []Repayment) (less, more bool) {
	on := map[calendar.Date]money.Amount{}
	for _, r := range after {
		on[r.Date] = on[r.Date].Add(r.Principal)
	}
	for _, r := range before {
		on[r.Date] = on[r.Date].Sub(r.Principal)
	}
	for _, difference := range on {
		less, more = less || difference.IsNegative(), more || difference.IsPositive()
	}
	return less, more
}

// Stamp says of an entry who made it, when and why.
type Stamp struct {
	On      calendar.Date
	By      ident.USCC
	Command string
	Causes  []Cause // for an entry that adjusts
	Ground  Ground  // for a claw-back
	Reason  string
}

// Stamped returns the claim with the stamp on the entries that no command has signed yet.
func (c Claim) Stamped(s Stamp) Claim {
	c.Entries = slices.Clone(c.Entries)
	for i := range c.Entries {
		e := &c.Entries[i]
		if e.Command != "" {
			continue
		}
		e.On, e.By, e.Command, e.Ground, e.Reason = s.On, s.By, s.Command, s.Ground, s.Reason
		if !slices.ContainsFunc(e.Lines, func(l Line) bool { return l.Adjusts }) {
			continue
		}
		if e.Causes = s.Causes; len(e.Causes) == 0 {
			e.Causes = []Cause{causeOf(e.Verb)}
		}
	}
	return c
}

// causeOf is why an entry adjusts where nothing of the loan has changed.
func causeOf(verb string) Cause {
	if verb == VerbTopUp {
		return CauseTopUp
	}
	return CauseRoom
}

// record moves the claim and its account by the same difference and books it as one entry.
func record(a Account, before, after Claim, verb string, lines []Line) (Account, Claim, error) {
	if before.full(verb, lines) && !after.paysOut(verb) {
		return a, before, refuse(EntriesFull, "")
	}
	a = a.moved(before, after)
	a.Entries++
	after.Entries = append(slices.Clip(before.Entries), Entry{
		No: a.Entries, Verb: verb, Lines: lines,
		Principal:  money.Difference(before.Principal, after.Principal),
		Held:       money.Difference(before.Held, after.Held),
		Accrued:    money.Difference(before.Accrued, after.Accrued),
		Settled:    money.Difference(before.Settled, after.Settled),
		ClawedBack: money.Difference(before.ClawedBack, after.ClawedBack),
		Released:   money.Difference(before.Released, after.Released),
	})
	return a, after, nil
}

// added returns the totals after the entry.
func (e Entry) added(t Totals) Totals {
	return Totals{
		Principal:  t.Principal.Add(e.Principal.Amount),
		Held:       t.Held.Add(e.Held.Amount),
		Accrued:    t.Accrued.Add(e.Accrued.Amount),
		Settled:    t.Settled.Add(e.Settled.Amount),
		ClawedBack: t.ClawedBack.Add(e.ClawedBack.Amount),
	}
}

// grants are the verbs that bring what a claim is granted; every other one only moves it.
var grants = map[string]bool{VerbHold: true, VerbTopUp: true}

// brought is what the entry adds to what the claim is granted.
func (e Entry) brought() money.Amount {
	return money.Sum(e.Held.Amount, e.Accrued.Amount, e.Settled.Amount, e.ClawedBack.Amount, e.Released.Amount)
}

// Balanced reports whether the entries explain the claim to the fen: only a hold and a top-up grant anything, what they moved
// sums to its totals, what was granted is the sum of where it is now, and the lines of all periods sum to what was accrued and not adjusted away.
func (c Claim) Balanced() bool {
	var sum Totals
	released, lines := money.Zero, money.Zero
	for _, e := range c.Entries {
		if brought := e.brought(); brought.IsNegative() || brought.IsPositive() != grants[e.Verb] {
			return false
		}
		sum = e.added(sum)
		released = released.Add(e.Released.Amount)
		for _, l := range e.Lines {
			lines = lines.Add(l.Amount.Amount)
		}
	}
	for _, pair := range [][2]money.Amount{
		{sum.Principal, c.Principal}, {sum.Held, c.Held}, {sum.Accrued, c.Accrued}, {sum.Settled, c.Settled}, {sum.ClawedBack, c.ClawedBack}, {released, c.Released},
		{c.Granted, money.Sum(c.Held, c.Accrued, c.Settled, c.ClawedBack, c.Released)},
		{lines, money.Sum(c.Accrued, c.Settled, c.ClawedBack)},
	} {
		if pair[0].Cmp(pair[1]) != 0 || pair[1].IsNegative() {
			return false
		}
	}
	return true
}
