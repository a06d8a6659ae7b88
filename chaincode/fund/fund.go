package fund

import (
	"slices"

	"decore/chaincode/calendar"
	"decore/chaincode/fault"
	"decore/chaincode/ident"
	lc "decore/chaincode/lifecycle"
	"decore/chaincode/money"
)

// The most entries of each list of a fund, which every settlement reads.
const (
	maxNeeds       = 60
	maxAllocations = 200
	maxReturns     = 100 // and as many that the bank withdrew
	maxMonths      = 120
)

const maxText = 300 // bytes of a reason or a reference

// Sums are the amounts of a fund since it began. No amount is in two fields but Returning, which moves on to Returned.
type Sums struct {
	Allocated money.Amount `json:"allocated"` // paid to the bank in advance (预拨)
	Reported  money.Amount `json:"reported"`  // accrued by the reports (申报)
	TakenBack money.Amount `json:"takenBack"` // taken back by the reports (申报冲回)
	Settled   money.Amount `json:"settled"`   // settled with claims (结算)
	Recovered money.Amount `json:"recovered"` // of what was settled, taken back again (追回)
	Returning money.Amount `json:"returning"` // paid back by the bank, its arrival not confirmed (缴回在途)
	Returned  money.Amount `json:"returned"`  // paid back by the bank (缴回)
}

// Advance is what the bank holds in advance (预拨结余).
func (s Sums) Advance() money.Amount {
	return s.Allocated.Sub(s.Paid()).Sub(s.Returned).Sub(s.Returning)
}

// Paid is what stands settled with claims.
func (s Sums) Paid() money.Amount { return s.Settled.Sub(s.Recovered) }

// Due is what stands reported.
func (s Sums) Due() money.Amount { return s.Reported.Sub(s.TakenBack) }

// Need is what a bank expects to need (需求申报).
type Need struct {
	Year   int          `json:"year" doc:"Budget year (年度)" minimum:"2000" maximum:"2199"`
	Amount money.Amount `json:"amount" doc:"Money needed, yuan (资金需求)"`
	Loans  int          `json:"loans" doc:"How many loans it is for (贷款笔数)" minimum:"0" maximum:"1000000000"`
}

// maxLoans is the most loans of a need.
const maxLoans = 1_000_000_000

// FiledNeed is a need as the fund keeps it.
type FiledNeed struct {
	Need
	Filed calendar.Date `json:"filed,omitzero" doc:"Day of filing; the ledger sets it (申报日期)"`
}

// AllocateArgs are the private arguments of allocate.
type AllocateArgs struct {
	Budget    string        `json:"budget" doc:"Record ID of the budget (预算编号)"`
	Amount    money.Amount  `json:"amount" doc:"Amount in yuan (预拨金额)"`
	Date      calendar.Date `json:"date" doc:"Day of payment (拨付日期)"`
	Reference string        `json:"reference" doc:"Reference of the payment (付款凭证号)" minLength:"1" maxLength:"100"`
}

// Allocation is a payment in advance from the bureau to the bank (预拨).
type Allocation struct {
	AllocateArgs
	Void string `json:"void,omitzero" doc:"Why it stands for nothing, of one that was recorded wrongly (作废原因)"`
}

// ReturnArgs are the private arguments of return.
type ReturnArgs struct {
	Amount    money.Amount  `json:"amount" doc:"Amount in yuan (缴回金额)"`
	Date      calendar.Date `json:"date" doc:"Day of payment (缴回日期)"`
	Reference string        `json:"reference" doc:"Reference of the payment (付款凭证号)" minLength:"1" maxLength:"100"`
}

// Return is a payment of the bank back to the bureau (缴回).
type Return struct {
	ReturnArgs
	Budget    string        `json:"budget,omitzero" doc:"Budget to which it came back; set on confirmation (预算编号)"`
	Confirmed calendar.Date `json:"confirmed,omitzero" doc:"Day of the confirmation that it came in (到账确认日期)"`
	Void      string        `json:"void,omitzero" doc:"Why it stands for nothing, of one that never came in (作废原因)"`
}

// waits reports whether the return is on its way: neither confirmed nor void.
func (r Return) waits() bool { return r.Budget == "" && r.Void == "" }

// inTransit reports whether the return was on its way at the end of a month in which, or before which, it was sent.
func (r Return) inTransit(end Month) bool { return r.waits() || MonthOf(r.Confirmed) > end }

// PaidMonth is what was settled with claims in a month and taken back of it, by the day of booking.
type PaidMonth struct {
	Month     Month        `json:"month"`
	Settled   money.Amount `json:"settled"`
	Recovered money.Amount `json:"recovered"`
}

// Quarter is a settled quarter (季度结算): the sums of the fund at its end, whenever it is closed. What is dated later, or of a
// later month, is left out.
type Quarter struct {
	Through Month         `json:"through"` // its last month
	Date    calendar.Date `json:"date"`
	Sums
}

// Fund are the private terms of a fund, which its bank and the bureau read.
type Fund struct {
	Policy      string          `json:"policy"`
	Bank        ident.USCC      `json:"bank"`
	Bureau      ident.USCC      `json:"bureau"`
	First       Month           `json:"first"` // the first month that is reported
	Needs       []FiledNeed     `json:"needs"`
	Allocations []Allocation    `json:"allocations"`
	Months      []ReportedMonth `json:"months"`
	Paying      []PaidMonth     `json:"paying,omitzero"` // what was settled and recovered, by month
	Quarters    []Quarter       `json:"quarters"`
	Returns     []Return        `json:"returns"`
	Declined    string          `json:"declined,omitzero"` // why, of the last application
	Cleared     calendar.Date   `json:"cleared,omitzero"`
	Sums
}

// Parties lists who may read the fund.
func (f Fund) Parties() []ident.USCC { return []ident.USCC{f.Bank, f.Bureau} }

// Related returns the party in a relation to the fund, "" for none.
func (f Fund) Related(as lc.Relation) ident.USCC {
	switch as {
	case lc.Lender:
		return f.Bank
	case lc.Bureau:
		return f.Bureau
	}
	return ""
}

// ApplyArgs are the private arguments of apply.
type ApplyArgs struct {
	Policy string `json:"policy" doc:"ID of the subsidy policy (贴息政策)" minLength:"1" maxLength:"64"`
	First  Month  `json:"first" doc:"The first month that is reported (首个报送月份)"`
	Need   Need   `json:"need" doc:"What is needed (资金需求)"`
}

// RequestArgs are the private arguments of request.
type RequestArgs struct {
	Need Need `json:"need" doc:"What is needed (资金需求)"`
}

// ReasonArgs are the private arguments of decline and send-back.
type ReasonArgs struct {
	Reason string `json:"reason" doc:"Why (理由)" minLength:"1" maxLength:"100"`
}

// QuarterArgs are the private arguments of settle.
type QuarterArgs struct {
	Through Month `json:"through" doc:"Last month of the quarter (季度末月)"`
}

// VoidArgs are the private arguments of withdraw-return, reject-return and void-allocation.
type VoidArgs struct {
	Reference string `json:"reference" doc:"Reference of the payment (付款凭证号)" minLength:"1" maxLength:"100"`
	Reason    string `json:"reason" doc:"Why (理由)" minLength:"1" maxLength:"100"`
}

// ConfirmArgs are the private arguments of confirm-return. They say what came in, since a return that was withdrawn may be recorded
// again under its reference with another amount.
type ConfirmArgs struct {
	Reference string       `json:"reference" doc:"Reference of the payment (付款凭证号)" minLength:"1" maxLength:"100"`
	Amount    money.Amount `json:"amount" doc:"Amount that came in, yuan (到账金额)"`
	Budget    string       `json:"budget" doc:"Budget to which it comes back (预算编号)"`
}

// Apply makes a fund of a bank's first application (需求申报).
func Apply(a ApplyArgs, bank, bureau ident.USCC, today calendar.Date) (Fund, error) {
	switch {
	case a.First.IsZero():
		return Fund{}, fault.New(fault.FieldRequired, "/first")
	case a.First > MonthOf(today): // until it came nothing could be reported, so nothing settled
		return Fund{}, fault.New(fault.DateInFuture, "/first")
	}
	f := Fund{Policy: a.Policy, Bank: bank, Bureau: bureau, First: a.First, Needs: []FiledNeed{}, Allocations: []Allocation{},
		Months: []ReportedMonth{}, Quarters: []Quarter{}, Returns: []Return{}}
	return f.Request(a.Need, today)
}

// Request adds an application.
func (f Fund) Request(n Need, today calendar.Date) (Fund, error) {
	switch {
	case !n.Amount.IsPositive():
		return f, fault.New(fault.AmountNotPositive, "/need/amount")
	case n.Year < 2000 || n.Year > 2199:
		return f, fault.New(fault.FieldInvalid, "/need/year")
	case n.Loans < 0 || n.Loans > maxLoans:
		return f, fault.New(fault.FieldInvalid, "/need/loans")
	case len(f.Needs) >= maxNeeds && f.Declined == "" && f.Cleared.IsZero(): // the bureau's own decision never keeps a bank out
		return f, fault.New(fault.TooMany, "/need")
	}
	f.Needs = append(slices.Clone(f.Needs), FiledNeed{Need: n, Filed: today})
	f.Declined, f.Cleared = "", calendar.Date{}
	return f, nil
}

// Decline turns the last application down.
func (f Fund) Decline(reason string) (Fund, error) {
	if reason == "" || len(reason) > maxText {
		return f, fault.New(fault.FieldInvalid, "/reason")
	}
	f.Declined = reason
	return f, nil
}

// Allocate records a payment in advance.
func (f Fund) Allocate(a AllocateArgs, today calendar.Date) (Fund, error) {
	if err := f.paid(a.Amount, a.Date, a.Reference, today); err != nil {
		return f, err
	}
	switch {
	case slices.ContainsFunc(f.Allocations, func(o Allocation) bool { return o.Reference == a.Reference && o.Void == "" }):
		return f, fault.New(fault.ReferenceUsed, "/reference")
	case money.Largest.Less(f.Allocated.Add(a.Amount)):
		return f, fault.New(fault.OutOfRange, "/amount")
	case len(f.Allocations) >= maxAllocations:
		return f, fault.New(fault.TooMany, "")
	}
	f.Allocations = append(slices.Clone(f.Allocations), Allocation{AllocateArgs: a})
	f.Allocated = f.Allocated.Add(a.Amount)
	return f, nil
}

// VoidAllocation takes a payment in advance back that was recorded wrongly, which the bank must hold still, and returns it. The
// reference may then be used anew.
func (f Fund) VoidAllocation(a VoidArgs) (Fund, Allocation, error) {
	if a.Reason == "" || len(a.Reason) > maxText {
		return f, Allocation{}, fault.New(fault.FieldInvalid, "/reason")
	}
	i := slices.IndexFunc(f.Allocations, func(o Allocation) bool { return o.Reference == a.Reference && o.Void == "" })
	if i < 0 {
		return f, Allocation{}, fault.New(fault.FieldInvalid, "/reference")
	}
	wrong := f.Allocations[i]
	if f.Advance().Less(wrong.Amount) {
		return f, Allocation{}, fault.New(fault.AdvanceShort, "/reference")
	}
	f.Allocations = slices.Clone(f.Allocations)
	f.Allocations[i].Void, f.Allocated = a.Reason, f.Allocated.Sub(wrong.Amount)
	return f, wrong, nil
}

// paid refuses a payment that makes no sense, as one from before the first month that is reported. The application itself is no
// bound: a bank that came to the ledger late may have been paid before it applied there.
func (f Fund) paid(amount money.Amount, date calendar.Date, reference string, today calendar.Date) error {
	switch {
	case !amount.IsPositive():
		return fault.New(fault.AmountNotPositive, "/amount")
	case date.IsZero():
		return fault.New(fault.FieldRequired, "/date")
	case date.After(today):
		return fault.New(fault.DateInFuture, "/date")
	case date.Before(f.First.first()):
		return fault.New(fault.DateOrder, "/date")
	case reference == "" || len(reference) > maxText:
		return fault.New(fault.FieldInvalid, "/reference")
	}
	return nil
}

// Settle takes over that an amount was settled with a claim, of which accepted reports covered so much and earlier
// settlements took so much.
func (f Fund) Settle(amount, covered, taken money.Amount, today calendar.Date) (Fund, error) {
	switch {
	case covered.Less(taken.Add(amount)):
		return f, fault.New(fault.NotReported, "/amount")
	case f.Advance().Less(amount):
		return f, fault.New(fault.AdvanceShort, "/amount")
	}
	f.Settled = f.Settled.Add(amount)
	return f.pay(MonthOf(today), amount, money.Zero), nil
}

// Recover takes over that of what was settled an amount was taken back from a claim: the bank holds it in advance
// again, until it returns it or it is settled anew.
func (f Fund) Recover(amount money.Amount, today calendar.Date) Fund {
	f.Recovered = f.Recovered.Add(amount)
	return f.pay(MonthOf(today), money.Zero, amount)
}

// pay notes in which month money moved. Where clocks differ at a month's end it is noted in the newest.
func (f Fund) pay(m Month, settled, recovered money.Amount) Fund {
	f.Paying = slices.Clone(f.Paying)
	if n := len(f.Paying); n == 0 || f.Paying[n-1].Month < m {
		f.Paying = append(f.Paying, PaidMonth{Month: m})
	}
	last := &f.Paying[len(f.Paying)-1]
	last.Settled, last.Recovered = last.Settled.Add(settled), last.Recovered.Add(recovered)
	return f
}

// CloseQuarter closes the next quarter (季度结算), whose months must all be over, reported and accepted.
func (f Fund) CloseQuarter(through Month, today calendar.Date) (Fund, error) {
	switch next := f.nextQuarter(); {
	case !through.EndsQuarter():
		return f, fault.New(fault.FieldInvalid, "/through")
	case through < next:
		return f, fault.New(fault.PeriodClosed, "/through")
	case through > next || !through.Over(today) || f.accepted() < through:
		return f, fault.New(fault.PeriodOpen, "/through")
	}
	f.Quarters = append(slices.Clone(f.Quarters), Quarter{Through: through, Date: today, Sums: f.sumsThrough(through)})
	return f, nil
}

// nextQuarter is the last month of the quarter that is to be closed next.
func (f Fund) nextQuarter() Month {
	if n := len(f.Quarters); n > 0 {
		return f.Quarters[n-1].Through.Add(3)
	}
	m := f.First
	for !m.EndsQuarter() && !m.IsZero() {
		m = m.Add(1)
	}
	return m
}

// Return records a payment of the bank back to the bureau (缴回).
func (f Fund) Return(a ReturnArgs, today calendar.Date) (Fund, error) {
	if err := f.paid(a.Amount, a.Date, a.Reference, today); err != nil {
		return f, err
	}
	switch {
	case slices.ContainsFunc(f.Returns, func(o Return) bool { return o.Reference == a.Reference && o.Void == "" }):
		return f, fault.New(fault.ReferenceUsed, "/reference")
	case f.Advance().Less(a.Amount):
		return f, fault.New(fault.AdvanceShort, "/amount")
	case f.leastAdvance(MonthOf(a.Date)).Less(a.Amount): // it was paid to the bank in a later month
		return f, fault.New(fault.AdvanceShort, "/date")
	case f.voidReturns(false) >= maxReturns:
		return f, fault.New(fault.TooMany, "")
	}
	f.Returns = append(slices.Clone(f.Returns), Return{ReturnArgs: a})
	f.Returning = f.Returning.Add(a.Amount)
	return f, nil
}

// leastAdvance is the least that the bank held at the end of a month, from the given one on. It falls by settlements and
// returns alone.
func (f Fund) leastAdvance(from Month) money.Amount {
	ends := []Month{from}
	for _, p := range f.Paying {
		ends = append(ends, p.Month)
	}
	for _, r := range f.Returns {
		ends = append(ends, MonthOf(r.Date))
	}
	least := f.Advance()
	for _, m := range ends {
		if m >= from {
			least = money.Min(least, f.sumsThrough(m).Advance())
		}
	}
	return least
}

// ConfirmReturn records that returned money came in, and returns the amount.
func (f Fund) ConfirmReturn(a ConfirmArgs, today calendar.Date) (Fund, money.Amount, error) {
	f, r, err := f.waitingReturn(a.Reference)
	if err != nil {
		return f, money.Zero, err
	}
	if r.Amount.Cmp(a.Amount) != 0 {
		return f, money.Zero, fault.New(fault.FieldInvalid, "/amount")
	}
	r.Budget, r.Confirmed = a.Budget, today
	f.Returning, f.Returned = f.Returning.Sub(r.Amount), f.Returned.Add(r.Amount)
	return f, r.Amount, nil
}

// WithdrawReturn is VoidReturn by the bank, as often as it may be wrong.
func (f Fund) WithdrawReturn(a VoidArgs) (Fund, error) {
	if f.voidReturns(true) >= maxReturns {
		return f, fault.New(fault.TooMany, "")
	}
	return f.VoidReturn(a)
}

// voidReturns counts the returns that are void, or those that are not.
func (f Fund) voidReturns(void bool) (n int) {
	for _, r := range f.Returns {
		if (r.Void != "") == void {
			n++
		}
	}
	return n
}

// VoidReturn takes a return back that did not come in, as one of a wrong amount: the bank holds the money in advance again. The
// reference may then be used anew.
func (f Fund) VoidReturn(a VoidArgs) (Fund, error) {
	if a.Reason == "" || len(a.Reason) > maxText {
		return f, fault.New(fault.FieldInvalid, "/reason")
	}
	f, r, err := f.waitingReturn(a.Reference)
	if err != nil {
		return f, err
	}
	r.Void, f.Returning = a.Reason, f.Returning.Sub(r.Amount)
	return f, nil
}

// waitingReturn finds a return that is on its way, to be changed in the fund that it comes with.
func (f Fund) waitingReturn(reference string) (Fund, *Return, error) {
	i := slices.IndexFunc(f.Returns, func(r Return) bool { return r.Reference == reference && r.waits() })
	if i < 0 {
		return f, nil, fault.New(fault.FieldInvalid, "/reference")
	}
	f.Returns = slices.Clone(f.Returns)
	return f, &f.Returns[i], nil
}

// Clear ends the fund (清算): every month until then is reported and accepted, all that was reported is settled, and the
// bank holds nothing of the bureau's money.
func (f Fund) Clear(today calendar.Date) (Fund, error) {
	waiting := f.accepted() < MonthOf(today).Add(-1)
	if waiting || f.Due().Cmp(f.Paid()) != 0 || !f.Advance().IsZero() || !f.Returning.IsZero() {
		return f, fault.New(fault.NotBalanced, "")
	}
	f.Cleared = today
	return f, nil
}
