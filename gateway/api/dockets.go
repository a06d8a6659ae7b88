package api

import (
	"slices"
	"strconv"
	"strings"

	"decore/adapters/spreadsheet"
	"decore/chaincode/contract"
	"decore/chaincode/lot"
	"decore/chaincode/order"
	"decore/chaincode/receivable"
	"decore/chaincode/warehouse"
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
	{path: "lots", zh: "存货", table: lot.Table,
		matters: []matter{{verb: "store", refusal: "reject"}}, // what was counted is the keeper's to say: nothing is proposed
		shows: []shown{
			show(spreadsheet.Column{Name: "owner", Zh: "货主统一社会信用代码", En: "Owner's USCC", Width: 24}, func(t lot.Terms) string { return string(t.Owner) }),
			show(spreadsheet.Column{Name: "goods", Zh: "品名", En: "Goods", Width: 24}, func(t lot.Terms) string { return t.Goods.Name }),
			show(spreadsheet.Column{Name: "code", Zh: "货号", En: "Code", Width: 16}, func(t lot.Terms) string { return t.Goods.Code }),
			show(spreadsheet.Column{Name: "quality", Zh: "质量", En: "Quality", Width: 24}, func(t lot.Terms) string { return t.Goods.Quality }),
			show(spreadsheet.Column{Name: "declared", Zh: "申报数量", En: "Declared", Width: 16}, func(t lot.Terms) string { return t.Declared.String() }),
		},
		blanks: []blank{
			{Column: spreadsheet.Column{Name: "counted", Zh: "实收数量", En: "Counted", Width: 16}},
			{Column: spreadsheet.Column{Name: "site", Zh: "仓库", En: "Warehouse", Width: 20}},
			{Column: spreadsheet.Column{Name: "position", Zh: "货位", En: "Position", Width: 16}},
			{Column: spreadsheet.Column{Name: "date", Zh: "入库日期", En: "Day", Kind: spreadsheet.Date}},
			{Column: spreadsheet.Column{Name: "commingled", Zh: "与他人货物混同", En: "Commingled", Choices: []string{"是", "否"}},
				set: func(args map[string]any, v string) error { return setFlag(args, "commingled", v) }},
		}},
	{path: "warehouse-receipts", zh: "仓单", table: warehouse.Table,
		matters: []matter{
			{verb: "confirm-endorsement", refusal: "decline"},
			{verb: "confirm-pledge", refusal: "decline"},
			{verb: "confirm-split", refusal: "decline"},
			{verb: "confirm-merge", refusal: "decline"},
			{verb: "deliver", refusal: "decline"},
		},
		shows: []shown{
			show(spreadsheet.Column{Name: "receiptNumber", Zh: "仓单编号", En: "Receipt number", Width: 20}, func(t warehouse.Terms) string { return string(t.Contents.Number) }),
			show(spreadsheet.Column{Name: "owner", Zh: "持单人统一社会信用代码", En: "Owner's USCC", Width: 24}, func(t warehouse.Terms) string { return string(t.Owner) }),
			show(spreadsheet.Column{Name: "goods", Zh: "品名", En: "Goods", Width: 24}, func(t warehouse.Terms) string { return t.Contents.Goods.Name }),
			show(spreadsheet.Column{Name: "quantity", Zh: "数量", En: "Quantity", Width: 16}, func(t warehouse.Terms) string { return t.Quantity.String() }),
			show(spreadsheet.Column{Name: "asked", Zh: "申请内容", En: "What is asked", Width: 40}, askedOfKeeper),
		},
		blanks: []blank{
			{Column: spreadsheet.Column{Name: "numbers", Zh: "新仓单编号(逗号分隔,按申请顺序)", En: "New receipt numbers, by comma, in the order asked for", Width: 40}, set: setNumbers},
			{Column: spreadsheet.Column{Name: "number", Zh: "合并后仓单编号", En: "Number of the merged receipt", Width: 20}},
		}},
}

// askedOfKeeper is what the owner of a receipt wants: to whom it goes, into what it is split, or with what it is merged.
func askedOfKeeper(t warehouse.Terms) string {
	if t.Request == nil {
		return ""
	}
	words := []string{string(t.Request.To), t.Request.Financing}
	for _, p := range t.Request.Parts {
		words = append(words, p.Quantity.String())
	}
	words = append(words, t.Request.Others...)
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), ", ")
}

// setNumbers reads a list that a person wrote, with commas of either script.
func setNumbers(args map[string]any, v string) error {
	numbers := strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == '，' || r == '、' })
	for i, n := range numbers {
		numbers[i] = strings.TrimSpace(n)
	}
	args["numbers"] = numbers
	return nil
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
