package registry

import (
	"context"
	"io"

	"decore/adapters/spreadsheet"
	"decore/chaincode/calendar"
	"decore/chaincode/evidence"
	"decore/chaincode/ident"
)

// Result is one filing that a search of the registry found (查询结果).
type Result struct {
	Row         int              `json:"row" doc:"Row of the file (行号)"`
	Number      string           `json:"number" doc:"Filing number (登记证明编号)"`
	Grantor     string           `json:"grantor" doc:"Who gave the security (担保人名称)"`
	GrantorUSCC ident.USCC       `json:"grantorUSCC,omitzero" doc:"Its code, where the search tells it (担保人统一社会信用代码)"`
	Secured     string           `json:"secured" doc:"Whom it secures (担保权人名称)"`
	Class       string           `json:"class,omitzero" doc:"Class of security, as written (担保类型)"`
	Registered  evidence.Instant `json:"registered" doc:"Time of the filing (登记时间)"`
	Expires     calendar.Date    `json:"expires" doc:"Its last day (登记到期日)"`
	Description string           `json:"-"` // 担保财产描述: long, and in the caller's own file
}

// Searches are read in bounds: a grantor with more filings is looked through in parts.
const maxResults = 2_000

// results is the file of a search's result. The registry hands it out as pages to read (查询证明); a row here is a filing
// of them. A day without a time counts from its beginning, so that no filing seems later than it is.
var results = form[Result]{sheet: "查询结果", most: maxResults, ignore: []string{"备注", "登记状态", "登记期限", "登记类型"}, columns: []column[Result]{
	{spreadsheet.Column{Name: "number", Zh: "登记证明编号", En: "Filing number", Aliases: []string{"登记编号", "初始登记证明编号"}, Kind: spreadsheet.Text, Required: true, MaxLength: 64, Width: 26,
		Example: "01234567890123456789"}, func(r *Result, v string) (f *Fault) { r.Number, f = parseNumber(v); return f }},
	{spreadsheet.Column{Name: "grantor", Zh: "担保人名称", En: "Grantor", Aliases: []string{"出质人名称", "抵押人名称", "出让人名称", "转让人名称", "承租人名称", "担保人"}, Kind: spreadsheet.Text, Required: true,
		MaxLength: 200, Width: 32, Example: "青岛琴屿精密压铸有限公司"}, func(r *Result, v string) *Fault { r.Grantor = v; return nil }},
	{spreadsheet.Column{Name: "grantorUSCC", Zh: "担保人统一社会信用代码", En: "Grantor's USCC", Aliases: []string{"统一社会信用代码", "担保人证件号码"}, Kind: spreadsheet.Text, MaxLength: 40, Width: 24,
		Example: "91370200990000009K", NoteZh: "可不填", NoteEn: "May be left empty"}, func(r *Result, v string) (f *Fault) { r.GrantorUSCC, f = parseUSCC(v); return f }},
	{spreadsheet.Column{Name: "secured", Zh: "担保权人名称", En: "Secured party", Aliases: []string{"质权人名称", "抵押权人名称", "保理人名称", "受让人名称", "出租人名称", "担保权人"}, Kind: spreadsheet.Text, Required: true,
		MaxLength: 200, Width: 32, Example: "青岛汇岬银行股份有限公司"}, func(r *Result, v string) *Fault { r.Secured = v; return nil }},
	{spreadsheet.Column{Name: "class", Zh: "担保类型", En: "Class", Aliases: []string{"登记业务类型", "业务类型", "交易类型"}, Kind: spreadsheet.Text, MaxLength: 100, Width: 24,
		Example: "应收账款质押"}, func(r *Result, v string) *Fault { r.Class = v; return nil }},
	{spreadsheet.Column{Name: "registered", Zh: "登记时间", En: "Registered", Aliases: []string{"登记日期"}, Kind: spreadsheet.Text, Required: true, MaxLength: 40, Width: 22, Example: "2026-03-05 10:15:30",
		NoteZh: "北京时间；无时刻时只填日期", NoteEn: "In Asia/Shanghai; the day alone where no time is told"}, func(r *Result, v string) (f *Fault) {
		r.Registered, f = parseTime(v, append([]string{"2006-01-02", "2006/01/02", "2006年01月02日"}, timeForms...))
		return f
	}},
	{spreadsheet.Column{Name: "expires", Zh: "登记到期日", En: "Expires", Aliases: []string{"到期日", "登记到期日期"}, Kind: spreadsheet.Date, Required: true, Example: "2029-03-04"},
		func(r *Result, v string) (f *Fault) { r.Expires, f = parseDate(v); return f }},
	{spreadsheet.Column{Name: "description", Zh: "担保财产描述", En: "Description", Aliases: []string{"质押财产描述", "抵押财产描述", "转让财产描述", "租赁财产描述", "财产描述"}, Kind: spreadsheet.Text, Required: true,
		MaxLength: maxCell, Width: 60, Example: "出质人对某公司的应收账款，发票号码26372000000000000001"}, func(r *Result, v string) *Fault { r.Description = v; return nil }},
}}

// ReadResults reads a search's result: xlsx, csv or JSON. It is refused as a whole, by an *Error, when a row is wrong.
func ReadResults(ctx context.Context, r io.ReaderAt, size int64) ([]Result, error) {
	rows, err := results.read(ctx, r, size)
	if err != nil {
		return nil, err
	}
	all := make([]Result, len(rows))
	var wrong faults
	for i, row := range rows {
		all[i] = row.value
		all[i].Row = row.number
		if row.value.Expires.Before(dayOf(row.value.Registered)) {
			wrong.add(Fault{Place: row.place, Code: CodeDateOrder, En: "expires before it was registered", Zh: "登记到期日早于登记时间", Clause: decree})
		}
	}
	if err := wrong.err(); err != nil {
		return nil, err
	}
	return all, nil
}

// ResultsTemplate writes the workbook to fill in from a search's pages.
func ResultsTemplate(w io.Writer, lang string) error { return results.layout().Template(w, lang) }
