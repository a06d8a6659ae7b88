package subsidy

import (
	"errors"
	"slices"

	"decore/chaincode/calendar"
	"decore/chaincode/canon"
)

// A policy's versions follow each other in time: from its EffectiveFrom on, a version takes the place of all with a lower
// number. So on each day one version governs, and what governed earlier days stays as it was.

// Governing returns the version that governs on a day: the last one that took effect by then, drafts left out.
// Where the day is before them all it returns the first one and false. load gives the version of a number, from newest down to 1.
func Governing(newest int, load func(version int) (Policy, error), day calendar.Date) (Policy, bool, error) {
	var first Policy
	for n := newest; n >= 1; n-- {
		p, err := load(n)
		switch {
		case err != nil:
			return Policy{}, false, err
		case p.Status == Draft:
		case !p.EffectiveFrom.After(day):
			return p, true, nil
		default:
			first = p
		}
	}
	return first, false, nil
}

// JudgingDay is the day whose version judges a loan that is applied for on the day of application, by the version
// that governs on that day. Where the day of signing is not known it is the day of disbursement, which is not earlier.
func (p Policy) JudgingDay(l Loan, application calendar.Date) calendar.Date {
	switch p.JudgedOn {
	case OnSigning:
		if !l.Signed.IsZero() {
			return l.Signed
		}
		return l.Disbursed
	case OnDisbursementDay:
		return l.Disbursed
	}
	return application
}

// Judging returns the version of a policy that judges a loan on the day of application: the one that governs on the day which
// the version in force on the application names, or the first one if the loan is older than all, whose window
// of disbursement then says how far back it reaches. It fails with POLICY_NOT_IN_FORCE.
func Judging(newest int, load func(version int) (Policy, error), l Loan, application calendar.Date) (Policy, error) {
	today, governs, err := Governing(newest, load, application)
	switch {
	case err != nil:
		return today, err
	case !governs || !today.InForce(application):
		return today, refuse(PolicyNotInForce, "")
	}
	day := today.JudgingDay(l, application)
	p, governs, err := Governing(newest, load, day)
	if err == nil && governs && !p.InForce(day) {
		err = refuse(PolicyNotInForce, "on the day that judges the loan")
	}
	return p, err
}

// Timeline returns the policy that the measures make over time: one for each span of days with the same content, in
// order, from the first day on which they make a whole policy. A span in which they make none is of status expired. It
// fails like [Combine], but not for what is incomplete.
func Timeline(id string, measures []Measure) ([]Policy, error) {
	var spans []Policy
	for _, day := range turns(measures) {
		p, err := Combine(id, measures, day)
		switch last := len(spans) - 1; {
		case errors.Is(err, ErrIncomplete) && last < 0:
			continue
		case errors.Is(err, ErrIncomplete):
			p = spans[last]
			p.Status, p.EffectiveFrom = Expired, day
		case err != nil:
			return nil, err
		}
		if n := len(spans); n > 0 {
			if sameContent(spans[n-1], p) {
				continue
			}
			spans[n-1].EffectiveTo = day.AddDays(-1)
		}
		spans = append(spans, p)
	}
	return spans, nil
}

// turns are the days on which a measure begins or ends, in order.
func turns(measures []Measure) []calendar.Date {
	var days []calendar.Date
	for _, m := range measures {
		if m.Status == Draft {
			continue
		}
		days = append(days, m.EffectiveFrom)
		if !m.EffectiveTo.IsZero() {
			days = append(days, m.EffectiveTo.AddDays(1))
		}
	}
	return inOrder(days)
}

func inOrder(days []calendar.Date) []calendar.Date {
	slices.SortFunc(days, func(a, b calendar.Date) int { return b.DaysUntil(a) })
	return slices.Compact(days)
}

// Successors returns the versions that must be added to a policy's versions, which are in order of their numbers, for it to go as the
// timeline says: none, or one for each span from the first day on that goes otherwise. Days before that keep theirs, and a policy
// that was published in one piece stays until measures make a whole one.
func Successors(before, timeline []Policy) []Policy {
	var days []calendar.Date
	for _, p := range slices.Concat(before, timeline) {
		days = append(days, p.EffectiveFrom)
		if !p.EffectiveTo.IsZero() {
			days = append(days, p.EffectiveTo.AddDays(1))
		}
	}
	number := len(before)
	load := func(n int) (Policy, error) { return before[n-1], nil }
	for _, day := range inOrder(days) {
		has, governs, _ := Governing(number, load, day) // never fails: all are at hand
		wanted, ok := spanAt(timeline, day)
		switch {
		case !ok && governs && len(has.Sources) > 0 && has.AsOf(day).Status != Expired:
			// What the measures made before, they make no longer.
			return numbered(slices.Insert(slices.Clone(timeline), 0, ended(has, day, timeline)), day, number)
		case ok && (!governs || !sameContent(has.AsOf(day), wanted)):
			return numbered(timeline, day, number)
		}
	}
	return nil
}

// ended is a policy's version that says that it is over, until the timeline begins.
func ended(p Policy, day calendar.Date, timeline []Policy) Policy {
	p.Status, p.EffectiveFrom, p.EffectiveTo = Expired, day, calendar.Date{}
	if len(timeline) > 0 {
		p.EffectiveTo = timeline[0].EffectiveFrom.AddDays(-1)
	}
	return p
}

// numbered gives the spans from a day on their numbers.
func numbered(timeline []Policy, from calendar.Date, number int) []Policy {
	var all []Policy
	for _, span := range timeline {
		if !span.EffectiveTo.IsZero() && span.EffectiveTo.Before(from) {
			continue
		}
		number++
		span.Version, span.EffectiveFrom = number, calendar.Max(span.EffectiveFrom, from)
		all = append(all, span)
	}
	return all
}

func spanAt(timeline []Policy, day calendar.Date) (Policy, bool) {
	for _, span := range slices.Backward(timeline) {
		if !span.EffectiveFrom.After(day) {
			return span, true
		}
	}
	return Policy{}, false
}

// AsOf is the policy as it stands on a day: expired when its last day is over.
func (p Policy) AsOf(day calendar.Date) Policy {
	if !p.EffectiveTo.IsZero() && p.EffectiveTo.Before(day) {
		p.Status = Expired
	}
	return p
}

// sameContent reports whether two policies grant the same on the same grounds; all that are expired grant nothing.
func sameContent(a, b Policy) bool {
	if a.Status == Expired || b.Status == Expired {
		return a.Status == b.Status
	}
	for _, p := range []*Policy{&a, &b} {
		p.Version, p.EffectiveFrom, p.EffectiveTo = 0, calendar.Date{}, calendar.Date{}
	}
	one, err := canon.Marshal(a)
	two, err2 := canon.Marshal(b)
	return err == nil && err2 == nil && string(one) == string(two)
}
