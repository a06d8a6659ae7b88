package registry

import (
	"fmt"
	"strings"

	"decore/chaincode/calendar"
	"decore/chaincode/ident"
	"decore/chaincode/money"
	"decore/chaincode/order"
	"decore/chaincode/receivable"
)

// Item is one piece of collateral as a filing lists it (担保财产).
type Item struct {
	Record  string        `json:"record" doc:"Record ID (记录编号)"`
	Sort    Sort          `json:"sort" doc:"claim, document or goods (类别)"`
	Name    string        `json:"name" doc:"What it is called (名称)"`
	Numbers []Number      `json:"numbers" doc:"Numbers by which it is known (编号)"`
	Debtor  Party         `json:"debtor,omitzero" doc:"Who owes a claim (债务人)"`
	Amount  money.Amount  `json:"amount" doc:"Yuan (金额)"`
	From    calendar.Date `json:"from,omitzero" doc:"Day of the document (开具日期)"`
	Due     calendar.Date `json:"due,omitzero" doc:"When it is due (到期日)"`
	Text    string        `json:"text,omitzero" doc:"What else tells it from others (描述)"`
}

// Number is a number by which collateral is known.
type Number struct {
	Name   string `json:"name" doc:"What kind of number (编号类型)"`
	Value  string `json:"value" doc:"The number (编号)"`
	Unique bool   `json:"unique,omitzero" doc:"No two in the country are the same (全国唯一)"`
}

// String is the number with its name, as in a description.
func (n Number) String() string { return n.Name + n.Value }

// Namer returns what a party is called.
type Namer func(ident.USCC) string

// describers turn the terms of a kind of record into an item. A new kind of collateral is a new row.
var describers = []func(record string, terms any, name Namer) (Item, bool){
	describing(func(id string, t receivable.Terms, name Namer) Item {
		return Item{Record: id, Sort: Claim, Name: "应收账款", Debtor: Party{name(t.Buyer), t.Buyer}, Amount: t.Outstanding, From: t.Issued, Due: t.Due,
			Numbers: []Number{{"发票号码", string(t.Invoice), true}}}
	}),
	describing(func(id string, t order.Terms, name Namer) Item {
		item := Item{Record: id, Sort: Claim, Name: "订单项下将有的应收账款", Debtor: Party{name(t.Buyer), t.Buyer}, Amount: t.Amount.Sub(t.Invoiced), From: t.Signed,
			Numbers: []Number{{"订单号", string(t.Number), false}}, Text: "货物：" + t.Goods}
		if t.Contract != "" {
			item.Numbers = append(item.Numbers, Number{"合同号", string(t.Contract), false})
		}
		return item
	}),
}

func describing[T any](describe func(string, T, Namer) Item) func(string, any, Namer) (Item, bool) {
	return func(record string, terms any, name Namer) (Item, bool) {
		t, ok := terms.(T)
		if !ok {
			return Item{}, false
		}
		return describe(record, t, name), true
	}
}

// Describe makes the item of a record from its terms; false when records of its kind are not given as security.
func Describe(record string, terms any, name Namer) (Item, bool) {
	for _, describe := range describers {
		if item, ok := describe(record, terms, name); ok {
			return item, true
		}
	}
	return Item{}, false
}

// numbers joins the item's numbers as a person reads them.
func (i Item) numbers() string {
	all := make([]string, len(i.Numbers))
	for k, n := range i.Numbers {
		all[k] = n.String()
	}
	return strings.Join(all, "、")
}

// line is the item in a description.
func (i Item) line() string {
	parts := []string{i.Name}
	for _, p := range []struct {
		said bool
		text string
	}{
		{len(i.Numbers) > 0, i.numbers()},
		{i.Debtor.Name != "", "债务人" + i.Debtor.text()},
		{i.Amount.IsPositive(), fmt.Sprintf("金额人民币%s元", i.Amount)},
		{!i.From.IsZero(), "日期" + i.From.String()},
		{!i.Due.IsZero(), "到期日" + i.Due.String()},
		{i.Text != "", i.Text},
	} {
		if p.said {
			parts = append(parts, p.text)
		}
	}
	return strings.Join(parts, "，")
}

func (p Party) text() string {
	return fmt.Sprintf("%s（统一社会信用代码%s）", p.Name, p.USCC)
}
