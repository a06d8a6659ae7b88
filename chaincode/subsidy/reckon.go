package subsidy

import (
	"slices"

	"decore/chaincode/calendar"
	"decore/chaincode/money"
)

// booked is what the lines of a claim come to for one period.
type booked struct {
	to     calendar.Date
	days   int
	amount money.Amount
}

// bookedPeriods sums a claim's lines by period. A period is known by its first day: an event may move its last one,
// and never the first, which is the start of the clock or a settlement day.
func (c Claim) bookedPeriods() map[calendar.Date]booked {
	all := map[calendar.Date]booked{}
	for _, e := range c.Entries {
		for _, l := range e.Lines {
			b := all[l.From]
			all[l.From] = booked{l.To, l.Days, b.amount.Add(l.Amount.Amount)}
		}
	}
	return all
}

// reckon compares what the periods are worth, on the loan's facts as they are now, with what was booked for them, and
// returns a line for each difference: for a period that ended by through and was not booked yet always one, a fen or
// none. In order of time the periods share what the limit leaves. The period that is returned spans the new ones; its
// To is no date when there are none.
func (p Policy) reckon(c Claim, l Loan, through calendar.Date, limit money.Amount) (lines []Line, fresh Period) {
	before, left := c.bookedPeriods(), limit
	for _, period := range p.Schedule(l, c.EligiblePrincipal) {
		b, known := before[period.From]
		delete(before, period.From)
		ended := !period.To.After(through)
		if !ended && !known {
			continue
		}
		due := money.Min(period.Amount, left)
		if !ended { // booked while its end was thought to be earlier; the rest is due when it ends
			due = money.Min(due, b.amount)
		}
		left = left.Sub(due)
		isNew := ended && period.To.After(c.AccruedThrough)
		difference := money.Difference(b.amount, due)
		if isNew {
			fresh = fresh.joined(period, b.days)
		}
		if isNew || !difference.IsZero() {
			line := Line{From: period.From, To: period.To, Days: period.Days, Amount: difference, Adjusts: known}
			if !ended {
				line.To, line.Days = b.to, b.days
			}
			lines = append(lines, line)
		}
	}
	for from, b := range before { // no day of it is subsidised any more
		if !b.amount.IsZero() {
			lines = append(lines, Line{From: from, To: b.to, Amount: money.Difference(b.amount, money.Zero), Adjusts: true})
		}
	}
	slices.SortFunc(lines, func(a, b Line) int { return b.From.DaysUntil(a.From) })
	return lines, fresh
}

// joined returns the span of both periods; of the next one, the days that were counted before are left out.
func (p Period) joined(next Period, counted int) Period {
	if p.To.IsZero() {
		p.From = next.From
	}
	p.To, p.Days = next.To, p.Days+next.Days-counted
	return p
}

// net is what the lines come to.
func net(lines []Line) money.Amount {
	sum := money.Zero
	for _, l := range lines {
		sum = sum.Add(l.Amount.Amount)
	}
	return sum
}

// Follows reports whether what is booked on the claim is what the policy gives on the loan's facts, by which the claim moved
// last. A claim that was revoked keeps its lines; an ended one may have less, where its household had no room, and so may one that has
// no place for a further correction upward.
func (c Claim) Follows(p Policy, l Loan) bool {
	if c.State == ClawedBack {
		return true
	}
	for _, e := range c.Entries {
		if slices.ContainsFunc(e.Lines, func(l Line) bool { return l.To.After(c.AccruedThrough) }) {
			return false
		}
	}
	limit := c.Granted
	if c.open() {
		limit = c.kept()
	}
	lines, _ := p.reckon(c, l, c.AccruedThrough, limit)
	switch {
	case c.full(VerbCorrect, lines):
		return true
	case c.open():
		return len(lines) == 0
	case c.PrincipalBasis == Outstanding && net(lines).IsPositive():
		return true // there may be no room for its principal
	}
	return !slices.ContainsFunc(lines, func(l Line) bool { return l.Amount.IsNegative() })
}
