package risk

import (
	"decore/chaincode/calendar"
	"decore/chaincode/money"
)

// totals are what the orders of one contract came to.
type totals struct {
	ordered, shipped, accepted, invoiced money.Amount
	records                              []string
}

func (e *examination) totals() totals {
	var t totals
	for _, o := range e.Orders {
		t.ordered, t.shipped = t.ordered.Add(o.Amount), t.shipped.Add(o.Shipped)
		t.accepted, t.invoiced = t.accepted.Add(o.Accepted), t.invoiced.Add(o.Invoiced)
		t.records = e.and(t.records, o.Record)
	}
	return t
}

// and adds a record that is not the one in question.
func (e *examination) and(records []string, id string) []string {
	if id == e.Record {
		return records
	}
	return append(records, id)
}

// worth is the value of the contract: as the keeper of the settings knows it, or else what was ordered under it.
func (e *examination) worth(ordered money.Amount) money.Amount {
	o := e.Orders[0]
	if e.Knowledge != nil && o.Contract != "" {
		if v, known := e.Knowledge.value(o.Seller, o.Buyer, o.Contract); known {
			return v
		}
	}
	return ordered
}

// overContract: the contract keeps each order's receivables below its deliveries, but cannot know what a framework
// contract over several orders is worth.
func overContract(e *examination) finding {
	t := e.totals()
	if worth := e.worth(t.ordered); worth.Less(t.invoiced) {
		return fires(t.invoiced, worth).of(t.records...)
	}
	return quiet()
}

// overDelivered looks at each order and at all of the contract.
func overDelivered(e *examination) finding {
	for _, o := range e.Orders {
		if o.Amount.Less(money.Max(o.Shipped, o.Accepted)) {
			return fires(o.Shipped, o.Accepted, o.Amount).of(e.and(nil, o.Record)...)
		}
	}
	t := e.totals()
	if worth := e.worth(t.ordered); worth.Less(money.Max(t.shipped, t.accepted)) {
		return fires(t.shipped, t.accepted, worth).of(t.records...)
	}
	return quiet()
}

// amendedAfterAttest needs no terms: who did what is public, only not to what figures.
func amendedAfterAttest(e *examination) finding {
	attested, amended := false, 0
	var records []string
	for _, s := range e.Steps {
		switch {
		case s.Verb == "order.attest":
			attested = true
		case s.Verb == "order.amend" && attested:
			amended++
			records = e.and(records[:0], s.Record)
		}
	}
	if amended == 0 {
		return quiet()
	}
	return fires(amended).of(records...)
}

// termLengthened counts as the order agreed, from the last acceptance; where none is known, from the invoice.
func termLengthened(e *examination) finding {
	t, o := e.Receivable, e.Orders[0]
	from := t.Delivered
	if from.IsZero() {
		from = t.Issued
	}
	if agreed := from.AddDays(o.PaymentDays); t.Due.After(agreed.AddDays(e.set.TermGraceDays)) {
		return fires(t.Due, o.PaymentDays, agreed).of(e.and(nil, o.Record)...)
	}
	return quiet()
}

func newRoundQuarterEnd(e *examination) finding {
	p := e.Paper
	round := p.Amount.IsPositive() && p.Amount.Decimal().Mod(e.set.RoundTo.Decimal()).IsZero()
	fresh := !e.First.IsZero() && days(e.First.DaysUntil(p.Day)) <= e.set.NewCounterpartyDays
	if round && fresh && lastDays(p.Day, e.set.QuarterEndDays) {
		return fires(e.First, e.set.RoundTo, e.set.QuarterEndDays)
	}
	return quiet()
}

// lastDays reports whether the day is among the last n of its quarter.
func lastDays(day calendar.Date, n int) bool {
	y, m, _ := day.YMD()
	next := calendar.Of(y, (m-1)/3*3+4, 1)
	return day.DaysUntil(next) <= n
}
