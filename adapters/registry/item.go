package registry

import (
	"cmp"
	"fmt"
	"strings"

	"decore/chaincode/calendar"
	"decore/chaincode/goods"
	"decore/chaincode/ident"
	"decore/chaincode/lot"
	"decore/chaincode/money"
	"decore/chaincode/order"
	"decore/chaincode/receivable"
	"decore/chaincode/warehouse"
)

// Item is one piece of collateral as a filing lists it (担保财产).
type Item struct {
	Record  string        `json:"record" doc:"Record ID (记录编号)"`
	Sort    Sort          `json:"sort" doc:"claim, document or goods (类别)"`
	Name    string        `json:"name" doc:"What it is called (名称)"`
	Numbers []Number      `json:"numbers" doc:"Numbers by which it is known (编号)"`
	Debtor  Party         `json:"debtor,omitzero" doc:"Who owes a claim (债务人)"`
	Amount  money.Amount  `json:"amount" doc:"Yuan; zero of goods, which are told by their quantity (金额)"`
	From    calendar.Date `json:"from,omitzero" doc:"Day of the document (开具日期)"`
	Due     calendar.Date `json:"due,omitzero" doc:"When it is due (到期日)"`
	Text    string        `json:"text,omitzero" doc:"What else tells it from others (描述)"`

	hands *lot.Control // of goods: which creditor's supervisor has them, and since when
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
	describing(func(id string, t lot.Terms, name Namer) Item {
		quantity := t.Quantity
		if quantity.IsZero() {
			quantity = t.Declared // not stored yet
		}
		return Item{Record: id, Sort: Goods, Name: "存货", From: t.StoredOn, Numbers: batch(t.Goods), hands: t.Control,
			Text: goodsText(t.Goods, quantity, t.Site, t.Position, Party{name(t.Keeper), t.Keeper})}
	}),
	describing(func(id string, t warehouse.Terms, name Namer) Item {
		c := t.Contents
		return Item{Record: id, Sort: Document, Name: "仓单", From: c.IssuedOn, Numbers: append([]Number{{"仓单编号", string(c.Number), false}}, batch(c.Goods)...),
			Text: goodsText(c.Goods, t.Quantity, c.Site, c.Position, Party{name(t.Keeper), t.Keeper})}
	}),
}

// batch is the one number that goods may have. An item code is none: it tells a kind of goods and not these.
func batch(g goods.Description) []Number {
	if g.Batch == "" {
		return nil
	}
	return []Number{{"批号", g.Batch, false}}
}

// goodsText describes goods in general: what, how much, where and in whose hands (担保制度解释 art. 53).
func goodsText(g goods.Description, q goods.Quantity, site, position string, keeper Party) string {
	parts := []string{"货物：" + g.Name}
	for _, p := range [][2]string{{"规格", g.Quality}, {"货号", g.Code}, {"包装", g.Packing}, {"标记", g.Marks}, {"数量", q.String()}, {"存放于", strings.TrimSpace(site + " " + position)}} {
		if p[1] != "" {
			parts = append(parts, p[0]+p[1])
		}
	}
	keeper.Name = cmp.Or(keeper.Name, "（未登记名称）")
	return strings.Join(append(parts, "保管人"+keeper.text()), "，")
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
