package fund

import "decore/chaincode/money"

// Span is what moved through a fund from one closing to the next (清算报表的一行). The last one is not closed yet.
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

// reportedThrough is what the reports of the months up to one come to. Reports of later months may still be sent back.
func (f Fund) reportedThrough(through Month) (reported, takenBack money.Amount) {
	for _, m := range f.Months {
		if m.Month > through {
			break
		}
		for _, p := range m.Parts {
			reported, takenBack = reported.Add(p.Accrued), takenBack.Add(p.TakenBack)
		}
	}
	return reported, takenBack
}
