package financing

import (
	"slices"

	"decore/chaincode/calendar"
	"decore/chaincode/fault"
	"decore/chaincode/money"
)

// MarginCall is a lender's call for more collateral or a repayment (追加担保通知), made when the collateral no longer carries
// the debt: after a red-letter invoice, a dispute, a fall in price, a loss.
type MarginCall struct {
	Date      calendar.Date `json:"date"`
	Shortfall money.Amount  `json:"shortfall"` // yuan that the collateral does not carry on that day
	Until     calendar.Date `json:"until"`     // 补足期限
}

// MarginArgs are the private arguments of call-margin.
type MarginArgs struct {
	Until calendar.Date `json:"until" doc:"Day by which collateral is added or the shortfall repaid (补足期限)"`
}

// maxCalls keeps the terms below the size that a batch can carry; the newest calls are kept, all stay in the blocks.
const maxCalls = 50

// CallMargin records a call, where what the collateral carries is below what is owed.
func (t Terms) CallMargin(a MarginArgs, carried money.Amount, today calendar.Date) (Terms, error) {
	short := t.Principal.Sub(carried)
	_, secured := t.Product.Lien()
	switch {
	case !secured:
		return t, fault.New(fault.CollateralForbidden, "")
	case a.Until.IsZero():
		return t, fault.New(fault.FieldRequired, "/until")
	case a.Until.Before(today):
		return t, fault.New(fault.DateOrder, "/until")
	case !short.IsPositive():
		return t, fault.New(fault.NotBelowLine, "")
	}
	calls := append(slices.Clone(t.Calls), MarginCall{Date: today, Shortfall: short, Until: a.Until})
	t.Calls = calls[max(0, len(calls)-maxCalls):]
	return t, nil
}
