package risk

import (
	"github.com/shopspring/decimal"

	"decore/chaincode/calendar"
)

func overPriced(e *examination) finding {
	if len(e.Prices) == 0 {
		return unsure(NoFacts)
	}
	limit := decimal.NewFromInt(1).Add(e.set.PriceTolerance.Decimal())
	above := 0
	var records []string
	for _, p := range e.Prices {
		if p.Unit.Decimal().GreaterThan(p.Reference.Decimal().Mul(limit)) {
			above, records = above+1, e.and(records, p.Record)
		}
	}
	if above == 0 {
		return quiet()
	}
	return fires(above, percent(e.set.PriceTolerance)).of(records...)
}

// lapse looks for a protection that ends soon, or has ended.
func lapse(what Protection) func(*examination) finding {
	return func(e *examination) finding {
		var first calendar.Date
		var records []string
		known := false
		for _, l := range e.Lapses {
			if l.What != what {
				continue
			}
			known = true
			if e.Today.DaysUntil(l.Until) <= e.set.LapseDays {
				if first.IsZero() || l.Until.Before(first) {
					first = l.Until
				}
				records = e.and(records, l.Record)
			}
		}
		switch {
		case !known:
			return unsure(NoFacts)
		case first.IsZero():
			return quiet()
		}
		return fires(first).of(records...)
	}
}
