package fund

import "decore/chaincode/money"

// Span is what moved through a fund in a closed quarter (清算报表的一行), by date. The last one is all that came after.
//
// A span adds up: opening + allocated - settled + recovered - returned - returning = advance. What the bank sends back leaves its
// balance when it is sent: it is returning until the bureau confirms it, and then returned, in the span of that day.
//
// Where an allocation was voided, or a return recorded or voided, of a quarter that was closed already, what came after tells the
// difference.
type Span struct {
	Through   Month        `json:"through,omitzero" doc:"Last month of the closed quarter; absent from what came after and from the sums (截至月份)"`
	Reported  money.Signed `json:"reported" doc:"Accrued by the reports (申报计提)"`
	TakenBack money.Signed `json:"takenBack" doc:"Taken back by the reports (申报冲回)"`
	Opening   money.Signed `json:"opening" doc:"That the bank held in advance at its beginning (期初预拨结余)"`
	Allocated money.Signed `json:"allocated" doc:"Paid to the bank in advance, added (预拨)"`
	Settled   money.Signed `json:"settled" doc:"Settled with claims, taken off (结算)"`
	Recovered money.Signed `json:"recovered" doc:"Of what was settled, taken back again, added (追回)"`
	Returned  money.Signed `json:"returned" doc:"Paid back by the bank and confirmed, taken off (缴回)"`
	Returning money.Signed `json:"returning" doc:"By how much money in transit grew, taken off: what was sent back, less what of it was confirmed or voided (在途缴回增减)"`
	Advance   money.Signed `json:"advance" doc:"That the bank held in advance at its end, what it sent back taken off: opening + allocated - settled + recovered - returned - returning (期末预拨结余)"`
	InTransit money.Signed `json:"inTransit" doc:"Sent back and not yet confirmed at its end (期末在途缴回)"`
}

// Statement lists what moved in each closed quarter and since. Each column of movements adds up to the fund's own sum.
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
		Reported:  money.Difference(before.Reported, after.Reported),
		TakenBack: money.Difference(before.TakenBack, after.TakenBack),
		Opening:   money.Signed{Amount: before.Advance()},
		Allocated: money.Difference(before.Allocated, after.Allocated),
		Settled:   money.Difference(before.Settled, after.Settled),
		Recovered: money.Difference(before.Recovered, after.Recovered),
		Returned:  money.Difference(before.Returned, after.Returned),
		Returning: money.Difference(before.Returning, after.Returning),
		Advance:   money.Signed{Amount: after.Advance()},
		InTransit: money.Signed{Amount: after.Returning},
	}
}

// sumsThrough are the sums at the end of a month: payments by their dates, arrivals by the day of their confirmation,
// settlements by the day of booking, and reports by their months. Reports of later months may still be sent back.
func (f Fund) sumsThrough(through Month) (sums Sums) {
	for _, a := range f.Allocations {
		if MonthOf(a.Date) <= through && a.Void == "" {
			sums.Allocated = sums.Allocated.Add(a.Amount)
		}
	}
	for _, r := range f.Returns {
		switch {
		case MonthOf(r.Date) > through || r.Void != "":
		case r.inTransit(through):
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
