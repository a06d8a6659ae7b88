package api

import (
	"strconv"

	"decore/adapters/spreadsheet"
	"decore/chaincode/contract"
	"decore/chaincode/order"
	"decore/chaincode/receivable"
)

// dockets are the sheets of what waits for a signature, by collection. Verbs, states and roles are those of the
// lifecycle tables; here stands only what a signer is shown, and what it fills in.
var dockets = []docket{
	{path: "orders", zh: "订单", table: order.Table,
		matters: []matter{
			{verb: "attest", refusal: "cancel"},
			{verb: "accept", waits: undelivered, fill: deliveryToday}, // who does not accept a delivery signs nothing
		},
		shows: []shown{
			show(spreadsheet.Column{Name: "orderNumber", Zh: "订单号", En: "Order number", Width: 20}, func(t order.Terms) string { return string(t.Number) }),
			show(spreadsheet.Column{Name: "seller", Zh: "卖方统一社会信用代码", En: "Seller's USCC", Width: 24}, func(t order.Terms) string { return string(t.Seller) }),
			show(spreadsheet.Column{Name: "goods", Zh: "货物", En: "Goods", Width: 32}, func(t order.Terms) string { return t.Goods }),
			show(spreadsheet.Column{Name: "orderAmount", Zh: "订单金额(含税)", En: "Order amount (with tax)", Kind: spreadsheet.Amount}, func(t order.Terms) string { return t.Amount.String() }),
			show(spreadsheet.Column{Name: "signed", Zh: "签订日期", En: "Day of signing", Kind: spreadsheet.Date}, func(t order.Terms) string { return t.Signed.String() }),
			show(spreadsheet.Column{Name: "deliverBy", Zh: "交货期限", En: "Delivery by", Kind: spreadsheet.Date}, func(t order.Terms) string { return t.DeliverBy.String() }),
			show(spreadsheet.Column{Name: "paymentDays", Zh: "付款期限(天)", En: "Payment term (days)"}, func(t order.Terms) string { return strconv.Itoa(t.PaymentDays) }),
			show(spreadsheet.Column{Name: "shipped", Zh: "已发货金额", En: "Shipped", Kind: spreadsheet.Amount}, func(t order.Terms) string { return t.Shipped.String() }),
			show(spreadsheet.Column{Name: "accepted", Zh: "已验收金额", En: "Accepted so far", Kind: spreadsheet.Amount}, func(t order.Terms) string { return t.Accepted.String() }),
		},
		blanks: []blank{
			{Column: spreadsheet.Column{Name: "amount", Zh: "本次验收金额", En: "Accepted now", Kind: spreadsheet.Amount}},
			{Column: spreadsheet.Column{Name: "date", Zh: "验收日期", En: "Day of acceptance", Kind: spreadsheet.Date}},
		}},
	{path: "receivables", zh: "应收账款", table: receivable.Table,
		matters: []matter{{verb: "confirm", refusal: "dispute"}},
		shows: []shown{
			show(spreadsheet.Column{Name: "invoice", Zh: "发票号码", En: "Invoice number", Width: 26}, func(t receivable.Terms) string { return string(t.Invoice) }),
			show(spreadsheet.Column{Name: "seller", Zh: "卖方统一社会信用代码", En: "Seller's USCC", Width: 24}, func(t receivable.Terms) string { return string(t.Seller) }),
			show(spreadsheet.Column{Name: "claimed", Zh: "账款金额(含税)", En: "Amount (with tax)", Kind: spreadsheet.Amount}, func(t receivable.Terms) string { return t.Amount.String() }),
			show(spreadsheet.Column{Name: "outstanding", Zh: "未付余额", En: "Outstanding", Kind: spreadsheet.Amount}, func(t receivable.Terms) string { return t.Outstanding.String() }),
			show(spreadsheet.Column{Name: "issued", Zh: "开票日期", En: "Invoice date", Kind: spreadsheet.Date}, func(t receivable.Terms) string { return t.Issued.String() }),
			show(spreadsheet.Column{Name: "due", Zh: "到期日", En: "Due date", Kind: spreadsheet.Date}, func(t receivable.Terms) string { return t.Due.String() }),
		},
		blanks: []blank{
			{Column: spreadsheet.Column{Name: "waivesSetOff", Zh: "放弃抵销权", En: "Waives set-off", Choices: []string{"是", "否"}},
				set: func(args map[string]any, v string) error { return setFlag(args, "waivesSetOff", v) }},
			{Column: spreadsheet.Column{Name: "amount", Zh: "争议金额", En: "Disputed amount", Kind: spreadsheet.Amount}},
			{Column: spreadsheet.Column{Name: "reason", Zh: "争议理由", En: "Reason of the dispute", Width: 32}},
		}},
}

// undelivered tells of an order of which more is shipped than accepted.
func undelivered(t contract.Terms) bool {
	o := t.(order.Terms)
	return o.Accepted.Less(o.Shipped)
}

// deliveryToday proposes to accept today all that is shipped.
func deliveryToday(a *API, t contract.Terms) map[string]string {
	o := t.(order.Terms)
	return map[string]string{"amount": o.Shipped.Sub(o.Accepted).String(), "date": a.today().String()}
}

var flags = map[string]bool{"是": true, "yes": true, "true": true, "否": false, "no": false, "false": false}

func setFlag(args map[string]any, field, v string) error {
	var flag bool
	err := setWord(&flag, flags, decisionWord(v))
	args[field] = flag
	return err
}
