package risk

import (
	"github.com/shopspring/decimal"

	"decore/chaincode/ident"
	"decore/chaincode/money"
	"decore/gateway/projection"
)

func commonController(e *examination) finding {
	if len(e.Knowledge.Affiliates) == 0 {
		return unsure(NoFacts)
	}
	if e.head(e.Paper.Seller) == e.head(e.Paper.Buyer) {
		return fires()
	}
	return quiet()
}

// keeperControlled is told of the owner as of now: a receipt may have come to one that its keeper controls.
func keeperControlled(e *examination) finding {
	if len(e.Knowledge.Affiliates) == 0 || e.Stored == nil {
		return unsure(NoFacts)
	}
	if e.head(e.Stored.Owner) == e.head(e.Stored.Keeper) {
		return fires()
	}
	return quiet()
}

// head is the party that stands for all under its controller, as far as the caller may know.
func (e *examination) head(u ident.USCC) ident.USCC {
	if e.Knowledge == nil {
		return u
	}
	return e.Knowledge.head(u)
}

// roundTrip looks for the shortest chain of sales from the buyer back to the seller, where affiliates count as one.
// Sales inside a group are for commonController to tell.
func roundTrip(e *examination) finding {
	seller, buyer := e.head(e.Paper.Seller), e.head(e.Paper.Buyer)
	if seller == buyer {
		return quiet()
	}
	chains := map[ident.USCC][]string{buyer: {}}
	for range e.set.CycleLength - 1 {
		next := map[ident.USCC][]string{}
		for _, s := range e.Sales {
			from, to := e.head(s.Seller), e.head(s.Buyer)
			chain, reached := chains[from]
			if !reached || !e.timely(s) {
				continue
			}
			if _, known := next[to]; !known {
				next[to] = append(append([]string{}, chain...), s.Record)
			}
		}
		if chain, closed := next[seller]; closed {
			return fires(len(chain)+1, e.set.CycleDays).of(chain...)
		}
		chains = next
	}
	return quiet()
}

func (e *examination) timely(s projection.Sale) bool {
	return days(e.Paper.Day.DaysUntil(s.Traded)) <= e.set.CycleDays
}

// concentration is told of what the caller sees; of very few receivables it would always be high.
func concentration(e *examination) finding {
	total, largest, squares, count := money.Zero, money.Zero, decimal.Zero, 0
	for _, s := range e.Shares {
		total, largest, count = total.Add(s.Owed), money.Max(largest, s.Owed), count+s.Receivables
		squares = squares.Add(s.Owed.Decimal().Mul(s.Owed.Decimal()))
	}
	if count < e.set.PortfolioLeast || !total.IsPositive() {
		return unsure(TooFew)
	}
	whole := total.Decimal()
	// Compared before they are divided, so that nothing is lost at the limits.
	high := largest.Decimal().GreaterThan(whole.Mul(e.set.DebtorShare.Decimal())) ||
		squares.GreaterThan(whole.Mul(whole).Mul(e.set.Herfindahl.Decimal()))
	if !high {
		return quiet()
	}
	share := largest.Decimal().Div(whole).Shift(2).StringFixed(1) + "%"
	return fires(share, squares.Div(whole.Mul(whole)).StringFixed(3))
}
