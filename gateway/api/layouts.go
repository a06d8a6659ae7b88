package api

import (
	"strconv"

	"decore/adapters/spreadsheet"
	"decore/chaincode/calendar"
	"decore/chaincode/duplicate"
	"decore/chaincode/ident"
	"decore/chaincode/money"
	"decore/chaincode/order"
	"decore/chaincode/receivable"
	"decore/gateway/problem"
)

// column is a column of a sheet and how its text becomes part of a verb's arguments.
type column[A any] struct {
	spreadsheet.Column
	field string // of the arguments, as a refusal names it; Name when empty
	set   func(a *A, value string) error
}

// orderRow is a row of a sheet of orders.
type orderRow = order.CreateArgs

var orderColumns = []column[orderRow]{
	{Column: spreadsheet.Column{Name: "buyer", Zh: "买方统一社会信用代码", En: "Buyer's USCC", Aliases: []string{"买方代码", "买方税号", "购买方统一社会信用代码"}, Required: true, Width: 24,
		Example: "91370200990000017E", NoteZh: "买方（链主企业）18 位统一社会信用代码", NoteEn: "18 characters of the buyer's unified social credit code"},
		set: func(a *orderRow, v string) (err error) { a.Buyer, err = ident.ParseUSCC(v); return err }},
	{Column: spreadsheet.Column{Name: "number", Zh: "订单号", En: "Order number", Aliases: []string{"订单编号", "采购订单号", "PO"}, Required: true, MaxLength: 64,
		Example: "PO-2026-0301", NoteZh: "买方的订单编号", NoteEn: "Order number as the buyer writes it"},
		set: func(a *orderRow, v string) (err error) { a.Number, err = ident.ParseDocumentNumber(v); return err }},
	{Column: spreadsheet.Column{Name: "contract", Zh: "合同号", En: "Contract number", Aliases: []string{"合同编号"}, MaxLength: 64,
		Example: "HT-2026-015", NoteZh: "可不填", NoteEn: "May be left empty"},
		set: func(a *orderRow, v string) (err error) { a.Contract, err = ident.ParseDocumentNumber(v); return err }},
	{Column: spreadsheet.Column{Name: "signed", Zh: "签订日期", En: "Day of signing", Aliases: []string{"下单日期", "订单日期"}, Required: true, Kind: spreadsheet.Date,
		Example: "2026-03-01"}, set: func(a *orderRow, v string) (err error) { a.Signed, err = calendar.Parse(v); return err }},
	{Column: spreadsheet.Column{Name: "deliverBy", Zh: "交货期限", En: "Delivery by", Aliases: []string{"交货日期", "交期"}, Required: true, Kind: spreadsheet.Date,
		Example: "2026-04-15"}, set: func(a *orderRow, v string) (err error) { a.DeliverBy, err = calendar.Parse(v); return err }},
	{Column: spreadsheet.Column{Name: "paymentDays", Zh: "付款期限(天)", En: "Payment term (days)", Aliases: []string{"付款期限", "账期", "账期(天)"}, Required: true, MaxLength: 4,
		Example: "60", NoteZh: "自验收之日起的天数", NoteEn: "Days from acceptance"},
		set: func(a *orderRow, v string) error { return setDays(&a.PaymentDays, v) }},
	{Column: spreadsheet.Column{Name: "goods", Zh: "货物", En: "Goods", Aliases: []string{"货物名称", "品名"}, Required: true, MaxLength: 200, Width: 32,
		Example: "压缩机壳体"}, set: func(a *orderRow, v string) error { a.Goods = v; return nil }},
	{Column: spreadsheet.Column{Name: "amount", Zh: "金额(含税)", En: "Amount (with tax)", Aliases: []string{"金额", "订单金额", "含税金额", "价税合计"}, Required: true, Kind: spreadsheet.Amount,
		Example: "1500000.00", NoteZh: "单位：元", NoteEn: "In yuan"}, set: func(a *orderRow, v string) (err error) { a.Amount, err = money.Parse(v); return err }},
	{Column: spreadsheet.Column{Name: "buyerClass", Zh: "买方规模", En: "Buyer's size", Aliases: []string{"买方企业规模"}, Required: true, MaxLength: 20,
		Example: "大型", NoteZh: "大型、中型、小型、微型、机关事业单位", NoteEn: "large, medium, small or government"},
		set: func(a *orderRow, v string) error { return setWord(&a.BuyerClass, buyerClasses, v) }},
}

var buyerClasses = map[string]order.BuyerClass{"大型": order.Large, "大型企业": order.Large, "large": order.Large,
	"中型": order.Medium, "中型企业": order.Medium, "medium": order.Medium, "小型": order.Small, "小型企业": order.Small, "微型": order.Small, "微型企业": order.Small, "small": order.Small,
	"机关": order.Government, "事业单位": order.Government, "机关事业单位": order.Government, "government": order.Government}

// receivableRow is a row of a sheet of receivables. A bookkeeper knows an order by its buyer and number, not by our ID.
type receivableRow struct {
	receivable.RegisterArgs
	buyer  ident.USCC
	number ident.DocumentNumber
}

var receivableColumns = []column[receivableRow]{
	{Column: spreadsheet.Column{Name: "number", Zh: "订单号", En: "Order number", Aliases: []string{"订单编号", "采购订单号", "PO"}, Required: true, MaxLength: 64,
		Example: "PO-2026-0301", NoteZh: "已登记订单的编号", NoteEn: "Number of an order that is registered"}, field: "order",
		set: func(a *receivableRow, v string) (err error) { a.number, err = ident.ParseDocumentNumber(v); return err }},
	{Column: spreadsheet.Column{Name: "buyer", Zh: "买方统一社会信用代码", En: "Buyer's USCC", Aliases: []string{"买方代码", "买方税号", "购买方统一社会信用代码"}, Required: true, Width: 24,
		Example: "91370200990000017E", NoteZh: "买方（链主企业）18 位统一社会信用代码", NoteEn: "18 characters of the buyer's unified social credit code"},
		set: func(a *receivableRow, v string) (err error) { a.buyer, err = ident.ParseUSCC(v); return err }},
	{Column: spreadsheet.Column{Name: "invoice", Zh: "发票号码", En: "Invoice number", Aliases: []string{"发票号", "数电票号码", "全电发票号码"}, Required: true, MaxLength: 40, Width: 26,
		Example: "26372000000000000001", NoteZh: "数电票 20 位号码；其他发票写作 代码-号码", NoteEn: "20 digits, or CODE-NUMBER of an older invoice"},
		set: func(a *receivableRow, v string) (err error) { a.Invoice, err = ident.ParseInvoiceNumber(v); return err }},
	{Column: spreadsheet.Column{Name: "issued", Zh: "开票日期", En: "Invoice date", Required: true, Kind: spreadsheet.Date,
		Example: "2026-03-05"}, set: func(a *receivableRow, v string) (err error) { a.Issued, err = calendar.Parse(v); return err }},
	{Column: spreadsheet.Column{Name: "due", Zh: "到期日", En: "Due date", Aliases: []string{"到期日期", "付款到期日"}, Required: true, Kind: spreadsheet.Date,
		Example: "2026-05-04"}, set: func(a *receivableRow, v string) (err error) { a.Due, err = calendar.Parse(v); return err }},
	{Column: spreadsheet.Column{Name: "amount", Zh: "金额(含税)", En: "Amount (with tax)", Aliases: []string{"金额", "含税金额", "价税合计", "账款金额"}, Required: true, Kind: spreadsheet.Amount,
		Example: "600000.00", NoteZh: "单位：元", NoteEn: "In yuan"}, set: func(a *receivableRow, v string) (err error) { a.Amount, err = money.Parse(v); return err }},
	{Column: spreadsheet.Column{Name: "instrument", Zh: "形式", En: "Form", MaxLength: 20, Example: "普通应收账款",
		NoteZh: "普通应收账款（可不填）或电子凭证", NoteEn: "plain (may be left empty) or e-certificate"},
		set: func(a *receivableRow, v string) error { return setWord(&a.Instrument, instruments, v) }},
}

var instruments = map[string]receivable.Instrument{"普通应收账款": receivable.Plain, "普通": receivable.Plain, "plain": receivable.Plain,
	"应收账款电子凭证": receivable.Certificate, "电子凭证": receivable.Certificate, "e-certificate": receivable.Certificate}

// ignored are columns that bookkeepers add and that say nothing to us.
var ignored = []string{"备注", "卖方", "卖方名称", "买方", "买方名称", "购买方名称", "Remarks", "Note"}

func layoutOf[A any](sheet string, columns []column[A]) spreadsheet.Layout {
	l := spreadsheet.Layout{Sheet: sheet, Ignore: ignored}
	for _, c := range columns {
		if c.Kind == "" {
			c.Kind = spreadsheet.Text
		}
		l.Columns = append(l.Columns, c.Column)
	}
	return l
}

func setDays(days *int, v string) error {
	n, err := strconv.ParseUint(v, 10, 16)
	if err != nil || n > 3650 {
		return problem.New(problem.FieldRange).Because("must be a whole number of days from 0 to 3650", "应为 0 至 3650 的整天数")
	}
	*days = int(n)
	return nil
}

func setWord[T any](dst *T, words map[string]T, v string) error {
	word, known := words[v]
	if !known {
		return problem.New("FIELD_INVALID").Because("is not one of the words that the template lists", "不是模板所列的取值")
	}
	*dst = word
	return nil
}

// orderOf finds the live order of that number between the two parties, by its token; "" when there is none.
func orderOf(key duplicate.Key, register func(duplicate.Token) (duplicate.Register, error), seller, buyer ident.USCC, number ident.DocumentNumber) (string, error) {
	r, err := register(key.Document(buyer, seller, number))
	if err != nil {
		return "", err
	}
	for _, c := range r.Claims {
		if c.State != duplicate.Cancelled {
			return c.Record, nil
		}
	}
	return "", nil
}
