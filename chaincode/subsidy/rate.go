package subsidy

import (
	"fmt"

	"github.com/shopspring/decimal"

	"decore/chaincode/calendar"
	"decore/chaincode/money"
)

// MaxRates bounds the changes of a loan's rate, and so the work of a schedule; it is one a month for ten years.
const MaxRates = 120

// RateChange is the contract's rate from a day on (利率调整). It matters by the floor of the net rate alone.
type RateChange struct {
	From       calendar.Date `json:"from"`
	AnnualRate money.Rate    `json:"annualRate"`
}

// rateChanges returns what must hold of the changes of a loan's rate.
func (l Loan) rateChanges() []check {
	cs := []check{{"rates", len(l.Rates) <= MaxRates, fmt.Sprintf("must have at most %d entries", MaxRates)}}
	last := l.Disbursed
	for i, r := range l.Rates {
		cs = append(cs, check{fmt.Sprintf("rates[%d].from", i), r.From.After(last), "must be a date after disbursed and after the entry before"})
		last = r.From
	}
	return cs
}

// net is the subsidised fraction a year under a contract's rate: the policy's, or what the borrower still pays if that is
// less. Both count days alike, so comparing rates is comparing amounts.
func (p Policy) net(contract money.Rate, l Loan) decimal.Decimal {
	full := p.AnnualRate.Decimal()
	if !p.NetRateFloor {
		return full
	}
	net := contract.Decimal().Sub(l.OtherSubsidy.Decimal())
	return decimal.Max(decimal.Zero, decimal.Min(full, net))
}

// bestRate is the highest subsidised rate that the loan ever had.
func (p Policy) bestRate(l Loan) decimal.Decimal {
	best := p.net(l.AnnualRate, l)
	for _, r := range l.Rates {
		best = decimal.Max(best, p.net(r.AnnualRate, l))
	}
	return best
}

// worstRate is the lowest.
func (p Policy) worstRate(l Loan) decimal.Decimal {
	worst := p.net(l.AnnualRate, l)
	for _, r := range l.Rates {
		worst = decimal.Min(worst, p.net(r.AnnualRate, l))
	}
	return worst
}

// span is a run of days, from one until the next span's, on which what is subsidised and the rate stand still.
type span struct {
	from    calendar.Date
	balance money.Amount
	rate    decimal.Decimal
}

// spans cuts the life of the loan wherever a repayment or a change of the rate falls.
func (p Policy) spans(l Loan, balances []balance) []span {
	all := make([]span, 0, len(balances)+len(l.Rates))
	rate, next := p.net(l.AnnualRate, l), 0
	for i, b := range balances {
		for ; next < len(l.Rates) && !l.Rates[next].From.After(b.from); next++ {
			rate = p.net(l.Rates[next].AnnualRate, l)
		}
		all = append(all, span{b.from, b.amount, rate})
		for ; next < len(l.Rates) && (i+1 == len(balances) || l.Rates[next].From.Before(balances[i+1].from)); next++ {
			rate = p.net(l.Rates[next].AnnualRate, l)
			all = append(all, span{l.Rates[next].From, b.amount, rate})
		}
	}
	return all
}

// product is the sum over the days of a period of what is subsidised on each times its rate (计息积数 × 年利率), exact.
func (p Policy) product(l Loan, all []span, period Period) decimal.Decimal {
	sum := decimal.Zero
	if p.doubled(l) {
		return sum
	}
	for i, s := range all {
		from, to := calendar.Max(period.From, s.from), period.To
		if i+1 < len(all) {
			to = calendar.Min(to, all[i+1].from)
		}
		if from.Before(to) {
			days := decimal.NewFromInt(int64(p.countedDays(l, from, to)))
			sum = sum.Add(s.balance.Decimal().Mul(days).Mul(s.rate))
		}
	}
	return sum
}
