package lot

import (
	"slices"

	"decore/chaincode/calendar"
	"decore/chaincode/credit"
	"decore/chaincode/fault"
	"decore/chaincode/goods"
	"decore/chaincode/ident"
	lc "decore/chaincode/lifecycle"
	"decore/chaincode/money"
)

// Control is who holds the goods for a pledgee (监管). A pledge of goods in store exists only from when the
// supervisor that the creditor appointed actually controls them (民法典担保制度解释 art. 55).
type Control struct {
	Holder      ident.USCC    `json:"holder"`     // the creditor that appointed
	Supervisor  ident.USCC    `json:"supervisor"` // 监管人
	Appointed   calendar.Date `json:"appointed"`
	Established calendar.Date `json:"established,omitzero"` // 实际控制日期
}

// AppointArgs are the private arguments of appoint-supervisor.
type AppointArgs struct {
	Supervisor ident.USCC `json:"supervisor" doc:"Who controls the goods for the bank (监管人)"`
}

// Appoint names the supervisor.
func (t Terms) Appoint(a AppointArgs, by ident.USCC, today calendar.Date) (Terms, error) {
	switch a.Supervisor {
	case "":
		return t, fault.New(fault.FieldRequired, "/supervisor")
	case t.Owner:
		return t, fault.New(fault.SameParty, "/supervisor").Under("民法典担保制度解释 art. 55")
	}
	t.Control = &Control{Holder: by, Supervisor: a.Supervisor, Appointed: today}
	return t, nil
}

// ControlArgs are the private arguments of establish-control.
type ControlArgs struct {
	Date calendar.Date `json:"date" doc:"Day from which the goods are controlled (实际控制日期)"`
}

// Establish records actual control.
func (t Terms) Establish(a ControlArgs, today calendar.Date) (Terms, error) {
	switch {
	case a.Date.IsZero():
		return t, fault.New(fault.FieldRequired, "/date")
	case a.Date.After(today):
		return t, fault.New(fault.DateInFuture, "/date")
	case a.Date.Before(t.Control.Appointed):
		return t, fault.New(fault.DateOrder, "/date")
	}
	c := *t.Control
	c.Established = a.Date
	t.Control = &c
	return t, nil
}

// Controlled reports whether the goods are under the control of a supervisor of the creditor.
func (t Terms) Controlled(by ident.USCC) bool {
	return t.Control != nil && t.Control.Holder == by && !t.Control.Established.IsZero()
}

// Lines are the values that the goods must have for a lien holder (核定库存).
type Lines struct {
	Holder    ident.USCC   `json:"holder"`
	Least     money.Amount `json:"least"`     // 最低价值: ordinary releases stop here
	Warning   money.Amount `json:"warning"`   // 警戒线
	Liquidate money.Amount `json:"liquidate"` // 平仓线
}

// LinesArgs are the private arguments of set-lines.
type LinesArgs struct {
	Least     money.Amount `json:"least" doc:"Value below which nothing may be given out, in yuan (最低价值)"`
	Warning   money.Amount `json:"warning" doc:"Value below which more goods are called for (警戒线)"`
	Liquidate money.Amount `json:"liquidate" doc:"Value below which the goods may be liquidated (平仓线)"`
}

// SetLines sets the lines of a lien holder.
func (t Terms) SetLines(a LinesArgs, by ident.USCC) (Terms, error) {
	switch {
	case !a.Liquidate.IsPositive():
		return t, fault.New(fault.AmountNotPositive, "/liquidate")
	case a.Warning.Less(a.Liquidate):
		return t, fault.New(fault.FieldInvalid, "/warning")
	case a.Least.Less(a.Warning):
		return t, fault.New(fault.FieldInvalid, "/least")
	}
	t.Lines = &Lines{Holder: by, Least: a.Least, Warning: a.Warning, Liquidate: a.Liquidate}
	return t, nil
}

// Level is how the value of the goods stands to the lines.
type Level string

// Levels, from good to bad.
const (
	Sound     Level = "sound"       // 正常
	BelowLow  Level = "below-least" // 低于最低价值
	Warned    Level = "warning"     // 低于警戒线
	Liquidity Level = "liquidation" // 低于平仓线
)

// Level tells how the value stands to the lines on the day, by the prices of the keeper and the supervisor: neither who
// owes nor a bank prices what is to be called for or sold. Without a price it is time to ask, and not to sell.
func (t Terms) Level(p credit.Policy, today calendar.Date) Level {
	if t.Lines == nil {
		return Sound
	}
	price, priced := t.Prices.By(t.neutral()...).Lowest(today, p.ValuationMaxAgeDays, 1)
	value := t.valueAt(price)
	switch {
	case !priced:
		return Warned
	case value.Less(t.Lines.Liquidate):
		return Liquidity
	case value.Less(t.Lines.Warning):
		return Warned
	case value.Less(t.Lines.Least):
		return BelowLow
	}
	return Sound
}

// neutral are who has the goods in hand and no interest in their price.
func (t Terms) neutral() []ident.USCC {
	if t.Control != nil {
		return []ident.USCC{t.Keeper, t.Control.Supervisor}
	}
	return []ident.USCC{t.Keeper}
}

// unanswered reports whether a margin call of the holder has run out.
func (t Terms) unanswered(holder ident.USCC, today calendar.Date) bool {
	return slices.ContainsFunc(t.Calls, func(c MarginCall) bool { return c.Holder == holder && c.Until.Before(today) })
}

// MarginCall is a call for more goods (跌价补偿、补足通知).
type MarginCall struct {
	Holder ident.USCC    `json:"holder"`
	Date   calendar.Date `json:"date"`
	Level  Level         `json:"level"`
	Until  calendar.Date `json:"until"` // 补足期限
}

// MarginArgs are the private arguments of call-margin.
type MarginArgs struct {
	Until calendar.Date `json:"until" doc:"Day by which goods must be added (补足期限)"`
}

const maxCalls = 50

// CallMargin records that the value fell below a line.
func (t Terms) CallMargin(a MarginArgs, by ident.USCC, p credit.Policy, today calendar.Date) (Terms, error) {
	level := t.Level(p, today)
	switch {
	case t.Lines == nil || t.Lines.Holder != by || level == Sound:
		return t, fault.New(fault.NotBelowLine, "")
	case a.Until.IsZero():
		return t, fault.New(fault.FieldRequired, "/until")
	case a.Until.Before(today):
		return t, fault.New(fault.DateOrder, "/until")
	}
	calls := append(append([]MarginCall{}, t.Calls...), MarginCall{Holder: by, Date: today, Level: level, Until: a.Until})
	t.Calls = calls[max(0, len(calls)-maxCalls):]
	return t, nil
}

// Use is what released goods are for.
type Use string

// Uses of a release order.
const (
	ForOwner    Use = "release"     // 放货给货主
	ForReceipt  Use = "receipt"     // 转为仓单
	Liquidation Use = "liquidation" // 处置变现
)

// ReleaseOrder is a lien holder's order to the keeper (放货指令). It ends with the financing for which the goods are held,
// so that none of a loan that is over lets out what secures the next one.
type ReleaseOrder struct {
	Holder    ident.USCC     `json:"holder"`
	Financing string         `json:"financing"`
	Use       Use            `json:"use"`
	Quantity  goods.Quantity `json:"quantity"` // what of it is not carried out yet
	Date      calendar.Date  `json:"date"`
}

// OrderArgs are the private arguments of order-release.
type OrderArgs struct {
	Quantity goods.Quantity `json:"quantity" doc:"How much (数量)"`
	Use      Use            `json:"use" enum:"release,receipt,liquidation" doc:"What for (用途)"`
}

const maxOrders = 20

// Held is for which debt a lien holder holds the goods.
type Held struct {
	Holder    ident.USCC
	Financing string
	Overdue   bool // the debt is
}

// OrderRelease adds an order of a lien holder. Goods are liquidated only below the line for it, and only when the debt is
// overdue or a margin call ran out (民法典 436: on default, or in the case agreed).
func (t Terms) OrderRelease(a OrderArgs, by Held, p credit.Policy, today calendar.Date) (Terms, error) {
	switch {
	case !a.Quantity.Same(t.Quantity):
		return t, fault.New(fault.UnitMismatch, "/quantity")
	case !a.Quantity.IsPositive():
		return t, fault.New(fault.QuantityNotPositive, "/quantity")
	case t.Free().Less(a.Quantity):
		return t, fault.New(fault.OverQuantity, "/quantity")
	case !slices.Contains([]Use{ForOwner, ForReceipt, Liquidation}, a.Use):
		return t, fault.New(fault.FieldInvalid, "/use")
	case a.Use == Liquidation && t.Level(p, today) != Liquidity:
		return t, fault.New(fault.NotBelowLine, "/use")
	case a.Use == Liquidation && !by.Overdue && !t.unanswered(by.Holder, today):
		return t, fault.New(fault.LiquidationEarly, "/use").Under("民法典 436")
	case len(t.Orders) >= maxOrders:
		return t, fault.New(fault.TooMany, "")
	}
	t.Orders = append(append([]ReleaseOrder{}, t.Orders...), ReleaseOrder{Holder: by.Holder, Financing: by.Financing, Use: a.Use, Quantity: a.Quantity, Date: today})
	return t, nil
}

// Spend takes a quantity out of the release orders under one financing for one of the uses, and reports whether they
// covered it.
func (t Terms) Spend(q goods.Quantity, financing string, uses ...Use) (Terms, bool) {
	left := []ReleaseOrder{}
	for _, o := range t.Orders {
		if o.Financing == financing && slices.Contains(uses, o.Use) && q.IsPositive() {
			part := o.Quantity
			if q.Less(part) {
				part = q
			}
			q, o.Quantity = q.Minus(part), o.Quantity.Minus(part)
		}
		if o.Quantity.IsPositive() {
			left = append(left, o)
		}
	}
	if q.IsPositive() {
		return t, false
	}
	t.Orders = left
	return t, true
}

// Value is what the goods under no receipt are worth by the lowest of the prices, and no more than the order for which
// they are pays; false where there are not prices enough.
func (t Terms) Value(p credit.Policy, today calendar.Date) (money.Amount, bool) {
	price, ok := t.Prices.Lowest(today, p.ValuationMaxAgeDays, p.ValuationMinSources, t.Owner)
	if !ok || t.Free().IsZero() {
		return money.Zero, false
	}
	return t.valueAt(price), true
}

func (t Terms) valueAt(price money.Amount) money.Amount {
	value := t.Free().At(price)
	if t.Order != "" {
		value = money.Min(value, t.OrderShare)
	}
	return value
}

// Advance is the most that may be lent on the lot, and why nothing where nothing may.
func Advance(t Terms, state lc.State, p credit.Policy, today calendar.Date) (money.Amount, *fault.Fault) {
	value, priced := t.Value(p, today)
	switch {
	case state != Stored:
		return money.Zero, fault.New(fault.CollateralIneligible, "")
	case t.Receipted.IsPositive():
		// Goods and the receipt for them are one collateral.
		return money.Zero, fault.New(fault.ReceiptsLive, "").Under("民法典担保制度解释 art. 59")
	case t.Commingled:
		return money.Zero, fault.New(fault.Commingled, "")
	case !priced:
		return money.Zero, fault.New(fault.NotValued, "")
	case p.GoodsInsured && !t.Insurance.Secures(today, value, p.InsuredShare):
		return money.Zero, fault.New(fault.NotInsured, "")
	}
	return value.Times(p.AdvanceInventory), nil
}
