package subsidy

import (
	"time"

	"github.com/shopspring/decimal"

	"decore/chaincode/calendar"
	"decore/chaincode/money"
)

// DayCount says how days become a fraction of a year (计息基础).
type DayCount string

// The day counts.
const (
	Actual360 DayCount = "ACT/360"  // real days, year of 360: how RMB loans count (日利率=年利率/360)
	Actual365 DayCount = "ACT/365F" // real days, year of 365 also in leap years
	Thirty360 DayCount = "30/360"   // months of 30 days, the 31st counted as the 30th (对年对月对日)
)

// fenPrecision is the decimals of a yuan that are fen.
const fenPrecision = 2

// dayCount numbers the days so that the days of a span are a difference of two numbers: spans then add
// up exactly wherever they are cut.
type dayCount struct {
	base   int64
	number func(calendar.Date) int
}

var dayCounts = map[DayCount]dayCount{
	Actual360: {360, actualNumber},
	Actual365: {365, actualNumber},
	Thirty360: {360, func(d calendar.Date) int {
		y, m, day := d.YMD()
		return 360*y + 30*int(m) + min(day, 30)
	}},
}

func actualNumber(d calendar.Date) int { return calendar.Date{}.DaysUntil(d) }

// Period is a span of subsidised days and what they are worth. From is counted, To is not (算头不算尾).
type Period struct {
	From   calendar.Date `json:"from"`
	To     calendar.Date `json:"to"`
	Days   int           `json:"days"` // by the policy's day count, overdue days left out
	Amount money.Amount  `json:"amount"`
}

// Schedule returns the periods of a loan, whole and in order, and what each is worth on the eligible
// principal, as far as it is not repaid, before any cap. It is empty when no day is subsidised. A repayment
// within a period is worth its days and no rounding of its own. The last period that the loan reaches
// takes the total less the earlier ones, so that rounding neither adds nor loses a fen.
func (p Policy) Schedule(l Loan, eligiblePrincipal money.Amount) []Period {
	balances := p.balances(l, eligiblePrincipal)
	periods := p.periods(l, spent(balances))
	spans, total, earlier, last := p.spans(l, balances), decimal.Zero, money.Zero, decimal.Zero
	for i := range periods {
		last = p.product(l, spans, periods[i])
		total = total.Add(last)
		periods[i].Amount = p.worth(last)
		if i < len(periods)-1 {
			earlier = earlier.Add(periods[i].Amount)
		}
	}
	// A last period that earned nothing, its loan being overdue, takes nothing: periods already booked stay as they are.
	if n := len(periods); n > 0 && last.IsPositive() {
		periods[n-1].Amount = money.Max(money.Zero, p.worth(total).Sub(earlier))
	}
	return periods
}

// worth is product ÷ base, half up to the fen. The dividend is exact, and DivRound compares twice
// the exact remainder with the divisor, so that a half is seen as a half however long the quotient.
func (p Policy) worth(product decimal.Decimal) money.Amount {
	return money.Round(product.DivRound(decimal.NewFromInt(dayCounts[p.DayCount].base), fenPrecision))
}

// periods cuts the subsidised days at the settlement days; they end on spent at the latest, if that is a date.
func (p Policy) periods(l Loan, spent calendar.Date) []Period {
	from := p.start(l)
	if _, known := dayCounts[p.DayCount]; !known || from.IsZero() {
		return nil
	}
	end, settlement := calendar.Min(p.maturity(l), from.AddMonths(p.MaxMonths)), p.settlement(l)
	for _, stop := range []calendar.Date{spent, p.AccrualEnd} {
		if !stop.IsZero() {
			end = calendar.Min(end, stop)
		}
	}
	var all []Period
	for from.Before(end) {
		to := calendar.Min(settlement.next(from, end), end)
		all = append(all, Period{From: from, To: to, Days: p.countedDays(l, from, to)})
		from = to
	}
	return all
}

// start returns the first subsidised day; no date when the clock has not started.
func (p Policy) start(l Loan) calendar.Date {
	if p.ClockStart == OnEntrustedPayment {
		return l.EntrustedPaid
	}
	return l.Disbursed
}

// longTerm reports whether the loan runs on after its last subsidised month.
func (p Policy) longTerm(l Loan) bool {
	from := p.start(l)
	return !from.IsZero() && from.AddMonths(p.MaxMonths).Before(p.maturity(l))
}

// countedDays counts the days from from to to that are not overdue.
func (p Policy) countedDays(l Loan, from, to calendar.Date) int {
	c := dayCounts[p.DayCount]
	days := c.number(to) - c.number(from)
	if !p.StopWhileOverdue {
		return days
	}
	for _, o := range l.Overdue {
		first, last := calendar.Max(from, o.From), to
		if !o.To.IsZero() {
			last = calendar.Min(to, o.To)
		}
		if first.Before(last) {
			days -= c.number(last) - c.number(first)
		}
	}
	return days
}

// maxSettlementDay is the last day that every month has.
const maxSettlementDay = 28

// settlement is on which days the loan's periods are cut: those of its contract, unless the policy counts every loan alike.
func (p Policy) settlement(l Loan) Settlement {
	if l.Settlement == nil || p.PolicySettlementDays {
		return p.Settlement
	}
	return *l.Settlement
}

// next returns the first settlement day after d, or end when there is none.
func (s Settlement) next(d, end calendar.Date) calendar.Date {
	if s.EveryMonths < 1 || s.EveryMonths > 12 || s.Day < 1 || s.Day > maxSettlementDay {
		return end
	}
	y, m, _ := d.YMD()
	for ; ; m++ {
		month := (m-1)%12 + 1
		if day := calendar.Of(y, m, s.Day); month%time.Month(s.EveryMonths) == 0 && day.After(d) {
			return day
		}
	}
}
