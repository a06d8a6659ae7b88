package receivable

import (
	"github.com/shopspring/decimal"

	"decore/chaincode/calendar"
	"decore/chaincode/fault"
	lc "decore/chaincode/lifecycle"
	"decore/chaincode/money"
)

// Late is the late interest of an overdue receivable as last counted (逾期利息).
type Late struct {
	AnnualRate money.Rate    `json:"annualRate,omitzero"` // as agreed; zero where nothing was
	YearDays   int           `json:"yearDays,omitzero"`   // 计息基础, of the agreed rate
	Through    calendar.Date `json:"through"`             // counted up to this day
	Interest   money.Amount  `json:"interest"`
}

// OverdueArgs are the private arguments of mark-overdue.
type OverdueArgs struct {
	AnnualRate money.Rate `json:"annualRate,omitzero" doc:"Agreed rate of late interest a year; left out, 0.05 % a day (约定逾期利率)"`
	YearDays   int        `json:"yearDays,omitzero" enum:"360,365" doc:"Days of the year of the agreed rate (计息基础)"`
	LPR        money.Rate `json:"lpr,omitzero" doc:"One-year loan prime rate when the contract was signed, below which the agreed rate cannot be (签约时一年期LPR)"`
}

// MarkOverdue records that the due day passed and something is still open, with the late interest up to today. It
// may be repeated, to count on. What is disputed is not late: the undisputed part is to be paid in time, and the dispute stands
// for who judges of it (保障中小企业款项支付条例 art. 15).
func (t Terms) MarkOverdue(a OverdueArgs, from lc.State, today calendar.Date) (Terms, lc.State, error) {
	switch {
	case !today.After(t.Due):
		return t, "", fault.New(fault.NotOverdue, "")
	case t.Undisputed().IsZero():
		return t, "", fault.New(fault.NotOverdue, "").Under("保障中小企业款项支付条例 art. 15")
	case a.AnnualRate.IsZero():
		a.YearDays = 0
	case a.YearDays != 360 && a.YearDays != 365:
		return t, "", fault.New(fault.FieldInvalid, "/yearDays")
	case a.LPR.IsZero():
		return t, "", fault.New(fault.FieldRequired, "/lpr").Under("保障中小企业款项支付条例 art. 17")
	case a.AnnualRate.Cmp(a.LPR) < 0:
		return t, "", fault.New(fault.BelowLPR, "/annualRate").Under("保障中小企业款项支付条例 art. 17")
	}
	t.Late = &Late{AnnualRate: a.AnnualRate, YearDays: a.YearDays, Through: today, Interest: t.LateInterest(a.AnnualRate, a.YearDays, today)}
	if from == Disputed {
		return t, Disputed, nil
	}
	return t, Overdue, nil
}

// perDay is the late interest of a day where no rate was agreed: 万分之五
// (保障中小企业款项支付条例 art. 17).
var perDay = decimal.New(5, -4)

// LateInterest is the interest on what was open and is undisputed on each day after the due day up to the given day
// (保障中小企业款项支付条例 art. 17), at the agreed annual rate or, where that is zero, at 0.05 % a day. It is rounded
// once, half up.
func (t Terms) LateInterest(annual money.Rate, yearDays int, through calendar.Date) money.Amount {
	late := func(from calendar.Date, amount money.Amount) decimal.Decimal { // yuan × days
		return amount.Decimal().Mul(decimal.NewFromInt(int64(max(0, calendar.Max(from, t.Due).DaysUntil(through)))))
	}
	sum := late(t.Due, t.Amount).Sub(late(t.Due, t.Disputed))
	for _, p := range t.Payments {
		sum = sum.Sub(late(p.Date, p.Amount))
	}
	for _, r := range t.Reductions {
		sum = sum.Sub(late(r.Date, r.Amount))
	}
	if annual.IsZero() {
		return money.Round(sum.Mul(perDay))
	}
	return money.Round(sum.Mul(annual.Decimal()).DivRound(decimal.NewFromInt(int64(yearDays)), 2))
}

// WriteOff is a receivable given up in the books (核销); the debt stands and may still be paid.
type WriteOff struct {
	Date   calendar.Date `json:"date"`
	Amount money.Amount  `json:"amount"` // what was open
	Reason string        `json:"reason"`
}

// WriteOffArgs are the private arguments of write-off.
type WriteOffArgs struct {
	Reason string `json:"reason" doc:"Why (核销原因)" maxLength:"200"`
}

// GiveUp writes off what is open, be it disputed or not.
func (t Terms) GiveUp(a WriteOffArgs, today calendar.Date) (Terms, lc.State, error) {
	if !today.After(t.Due) {
		return t, "", fault.New(fault.NotOverdue, "")
	}
	if a.Reason == "" || len(a.Reason) > 600 {
		return t, "", fault.New(fault.FieldInvalid, "/reason")
	}
	if t.Transfer != nil {
		return t, "", fault.New(fault.TransferPending, "")
	}
	t.WrittenOff = &WriteOff{Date: today, Amount: t.Outstanding, Reason: a.Reason}
	return t, WrittenOff, nil
}
