package financing

import (
	"slices"

	"decore/chaincode/calendar"
	"decore/chaincode/fault"
	lc "decore/chaincode/lifecycle"
	"decore/chaincode/money"
)

// Due is what is open of a debt (应付款项).
type Due struct{ Fees, Interest, Principal money.Amount }

// Shares are what became of money that was collected (回款分配).
type Shares struct {
	Fees      money.Amount `json:"fees"`      // 费用
	Interest  money.Amount `json:"interest"`  // 利息
	Principal money.Amount `json:"principal"` // 本金
	Surplus   money.Amount `json:"surplus"`   // 余款
	Returned  money.Amount `json:"returned"`  // 应返还: the part of the surplus that goes back to the applicant
}

// Waterfall shares collected money out: fees, then interest, then principal. With recourse the surplus goes back
// to who gave the receivable (民法典 766); a factor without recourse bought it and keeps the surplus (民法典 767).
func Waterfall(collected money.Amount, due Due, recourse bool) Shares {
	var s Shares
	left := collected
	for _, share := range []struct {
		of  money.Amount
		got *money.Amount
	}{{due.Fees, &s.Fees}, {due.Interest, &s.Interest}, {due.Principal, &s.Principal}} {
		*share.got = money.Min(left, share.of)
		left = left.Sub(*share.got)
	}
	s.Surplus = left
	if recourse {
		s.Returned = left
	}
	return s
}

// Collection is the evidence of what the lender collected on a receivable.
type Collection struct {
	Receivable string        `json:"receivable"`
	Date       calendar.Date `json:"date"`
	Amount     money.Amount  `json:"amount"`
	Shares     Shares        `json:"shares"`
	Reference  string        `json:"reference"`
}

// CollectArgs are the private arguments of collect.
type CollectArgs struct {
	Receivable string        `json:"receivable" doc:"Record ID of the receivable that was paid (应收账款记录编号)" maxLength:"30"`
	Amount     money.Amount  `json:"amount" doc:"Amount received in yuan; on one receivable, in all, no more than its debtor owes or paid since the disbursement (回收金额)"`
	Fees       money.Amount  `json:"fees,omitzero" doc:"Fees open in yuan, paid first (费用)"`
	Interest   money.Amount  `json:"interest,omitzero" doc:"Interest open in yuan, paid next (利息)"`
	Date       calendar.Date `json:"date" doc:"Day (回收日期)"`
	Reference  string        `json:"reference" doc:"Bank's reference (银行流水号)" maxLength:"64"`
}

func (a CollectArgs) same(c Collection) bool {
	return a.Reference == c.Reference && a.Date == c.Date && a.Receivable == c.Receivable && a.Amount.Cmp(c.Amount) == 0
}

// collected is what the lender collected on a receivable so far.
func (t Terms) collected(receivable string) money.Amount {
	sum := money.Zero
	for _, c := range t.Collections {
		if c.Receivable == receivable {
			sum = sum.Add(c.Amount)
		}
	}
	return sum
}

// Collect records what the lender collected on a receivable that it holds, and shares it out. All that it collected on that
// one is never more than there was to collect since it lent: what the debtor owes or paid since.
func (t Terms) Collect(a CollectArgs, most money.Amount, from lc.State, today calendar.Date) (Terms, lc.State, error) {
	switch {
	case !slices.Contains(t.Collateral, a.Receivable):
		return t, "", fault.New(fault.FieldInvalid, "/receivable")
	case !a.Amount.IsPositive():
		return t, "", fault.New(fault.AmountNotPositive, "/amount")
	case a.Fees.IsNegative():
		return t, "", fault.New(fault.FieldInvalid, "/fees")
	case a.Interest.IsNegative():
		return t, "", fault.New(fault.FieldInvalid, "/interest")
	case slices.ContainsFunc(t.Collections, a.same):
		return t, "", fault.New(fault.ReferenceUsed, "/reference")
	case most.Less(t.collected(a.Receivable).Add(a.Amount)):
		return t, "", fault.New(fault.OverOutstanding, "/amount")
	case len(t.Collections) >= MaxRepayments:
		return t, "", fault.New(fault.TooMany, "")
	}
	// A pledgee returns the surplus too: it lent and did not buy.
	s := Waterfall(a.Amount, Due{a.Fees, a.Interest, t.Principal}, t.Product != Factoring || t.Offer.Recourse)
	next := from
	if paid := (Repayment{s.Principal, s.Interest, a.Date, a.Reference}); s.Principal.IsPositive() || s.Interest.IsPositive() {
		var err error
		if t, next, err = t.Repay(paid, from, today); err != nil {
			return t, "", err
		}
	} else if err := t.datedPayment(a.Date, a.Reference, today); err != nil {
		return t, "", err
	}
	t.Collections = append(slices.Clone(t.Collections), Collection{a.Receivable, a.Date, a.Amount, s, a.Reference})
	return t, next, nil
}

// BuyBackArgs are the private arguments of buy-back.
type BuyBackArgs struct {
	Interest  money.Amount  `json:"interest,omitzero" doc:"Interest paid in yuan beside all principal that was open (利息)"`
	Date      calendar.Date `json:"date" doc:"Day (回购日期)"`
	Reference string        `json:"reference" doc:"Bank's reference (银行流水号)" maxLength:"64"`
}

// BuyBack records that the seller bought the receivables back for all that was open (民法典 766). Without recourse the
// factor has no claim to that (民法典 767).
func (t Terms) BuyBack(a BuyBackArgs, today calendar.Date) (Terms, lc.State, error) {
	if !t.Offer.Recourse {
		return t, "", fault.New(fault.NoRecourse, "").Under("民法典 767")
	}
	if len(t.Collateral) == 0 {
		return t, "", fault.New(fault.CollateralRequired, "")
	}
	t, _, err := t.Repay(Repayment{t.Principal, a.Interest, a.Date, a.Reference}, Disbursed, today)
	return t, BoughtBack, err
}
