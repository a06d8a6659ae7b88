package fund

import "decore/chaincode/money"

// Span is what moved through a fund in a closed quarter (清算报表的一行), by date. The last one is all that came after.
//
// Where an allocation was voided, or a return recorded, of a quarter that was closed already, what came after tells the difference.
type Span struct {
	Through   Month        `json:"through,omitzero"` // last month of the closed quarter; none of what came after
	Allocated money.Signed `json:"allocated"`
	Reported  money.Signed `json:"reported"`
	TakenBack money.Signed `json:"takenBack"`
	Settled   money.Signed `json:"settled"`
	Recovered money.Signed `json:"recovered"`
	Returned  money.Signed `json:"returned"`
	Advance   money.Signed `json:"advance"` // that the bank held at its end, what it is returning taken off
}

// Statement lists what moved in each closed quarter and since. Each column adds up to the fund's own sum.
func (f Fund) Statement() []Span {
	var spans []Span
	last := Sums{}
	for _, q := range append(f.Quarters[:len(f.Quarters):len(f.Quarters)], Quarter{Sums: f.Sums}) {
		spans = append(spans, span(q.Through, last, q.Sums))
		last = q.Sums
	}
	return spans
}

// Total is the fund as one span.
func (f Fund) Total() Span { return span("", Sums{}, f.Sums) }

func span(through Month, before, after Sums) Span {
	return Span{
		Through:   through,
		Allocated: money.Difference(before.Allocated, after.Allocated),
		Reported:  money.Difference(before.Reported, after.Reported),
		TakenBack: money.Difference(before.TakenBack, after.TakenBack),
		Settled:   money.Difference(before.Settled, after.Settled),
		Recovered: money.Difference(before.Recovered, after.Recovered),
		Returned:  money.Difference(before.Returned, after.Returned),
		Advance:   money.Signed{Amount: after.Advance()},
	}
}

// sumsThrough are the sums at the end of a month: payments by their dates, settlements by the day of booking, and reports by
// their months. Reports of later months may still be sent back.
func (f Fund) sumsThrough(through Month) (sums Sums) {
	for _, a := range f.Allocations {
		if MonthOf(a.Date) <= through && a.Void == "" {
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
