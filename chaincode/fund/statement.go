package fund

import "decore/chaincode/money"

// Span is what moved through a fund in a closed quarter (清算报表的一行), by date. The last one is all that came after.
type Span struct {
	Through   Month        `json:"through,omitzero"` // last month of the closed quarter; none of what came after
	Allocated money.Amount `json:"allocated"`
	Reported  money.Amount `json:"reported"`
	TakenBack money.Amount `json:"takenBack"`
	Settled   money.Amount `json:"settled"`
	Recovered money.Amount `json:"recovered"`
	Returned  money.Amount `json:"returned"`
	Advance   money.Amount `json:"advance"` // that the bank held at its end, what it is returning taken off
}

// Statement lists what moved in each closed quarter and since. Each column adds up to the fund's own sum.
func (f Fund) Statement() []Span {
	var spans []Span
	last := Sums{}
	for _, q := range append(f.Quarters[:len(f.Quarters):len(f.Quarters)], Quarter{Sums: f.Sums}) {
		now := q.Sums
		spans = append(spans, Span{Through: q.Through, Allocated: now.Allocated.Sub(last.Allocated), Reported: now.Reported.Sub(last.Reported),
			TakenBack: now.TakenBack.Sub(last.TakenBack), Settled: now.Settled.Sub(last.Settled), Recovered: now.Recovered.Sub(last.Recovered),
			Returned: now.Returned.Sub(last.Returned), Advance: now.Advance()})
		last = now
	}
	return spans
}

// Total is the fund as one span.
func (f Fund) Total() Span {
	return Span{Allocated: f.Allocated, Reported: f.Reported, TakenBack: f.TakenBack, Settled: f.Settled, Recovered: f.Recovered,
		Returned: f.Returned, Advance: f.Advance()}
}

// sumsThrough are the sums at the end of a month: payments by their dates, settlements by the day of booking, and reports by
// their months. Reports of later months may still be sent back.
func (f Fund) sumsThrough(through Month) (sums Sums) {
	for _, a := range f.Allocations {
		if MonthOf(a.Date) <= through {
			sums.Allocated = sums.Allocated.Add(a.Amount)
		}
	}
	for _, r := range f.Returns {
		switch {
		case MonthOf(r.Date) > through || r.Void != "":
		case r.waits():
			sums.Returning = sums.Returning.Add(r.Amount)
		default:
			sums.Returned = sums.Returned.Add(r.Amount)
		}
	}
	for _, p := range f.Paying {
		if p.Month <= through {
			sums.Settled, sums.Recovered = sums.Settled.Add(p.Settled), sums.Recovered.Add(p.Recovered)
		}
	}
	for _, m := range f.Months {
		if m.Month > through {
			break
		}
		for _, p := range m.Parts {
			sums.Reported, sums.TakenBack = sums.Reported.Add(p.Accrued), sums.TakenBack.Add(p.TakenBack)
		}
	}
	return sums
}
