package registry

import (
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"

	"decore/adapters/spreadsheet"
	"decore/chaincode/money"
)

// describe says what the security is in: in general first, then each piece, so that it is reasonably identified
// (担保制度解释 art. 53).
func (f Filing) describe() string {
	w, total := classWords[f.Class], money.Zero
	var names []string
	lines := make([]string, len(f.Items))
	for i, item := range f.Items {
		total = total.Add(item.Amount)
		if !slices.Contains(names, item.Name) {
			names = append(names, item.Name)
		}
		lines[i] = fmt.Sprintf("%d. %s。", i+1, item.line())
	}
	sum := ""
	if total.IsPositive() {
		sum = fmt.Sprintf("，金额合计人民币%s元", total)
	}
	return fmt.Sprintf("%s%s将下列%s共%d项%s，%s%s%s，用于担保编号为%s的合同项下主债权人民币%s元。明细：\n%s",
		w.grantor, f.Grantor.text(), strings.Join(names, "、"), len(f.Items), sum, w.act, w.secured, f.Secured.text(), f.Contract, f.Principal, strings.Join(lines, "\n"))
}

// WriteText writes the filing in Chinese, field by field, to be typed or pasted into the registry's form.
func (f Filing) WriteText(w io.Writer) error {
	words := classWords[f.Class]
	maximum := "无"
	if f.Maximum != nil {
		maximum = f.Maximum.String() + " 元"
	}
	var b strings.Builder
	for _, row := range [][2]string{
		{"担保类型", f.ClassName},
		{words.grantor + "名称", f.Grantor.Name}, {words.grantor + "统一社会信用代码", string(f.Grantor.USCC)},
		{words.secured + "名称", f.Secured.Name}, {words.secured + "统一社会信用代码", string(f.Secured.USCC)},
		{"主合同编号", f.Contract}, {"主债权金额", f.Principal.String() + " 元"}, {"最高债权额", maximum}, {"币种", f.Currency},
		{"债务到期日", f.Maturity.String()}, {"登记期限", strconv.Itoa(f.Months) + " 个月"}, {"融资记录编号", f.Financing},
	} {
		b.WriteString(row[0] + "：" + row[1] + "\n")
	}
	b.WriteString("担保财产描述：\n" + f.Description + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// list is the layout of the collateral's list, which is attached to the filing.
var list = spreadsheet.Layout{Sheet: "担保财产清单", Columns: []spreadsheet.Column{
	{Name: "serial", Zh: "序号", En: "Serial", Kind: spreadsheet.Text, Required: true, Width: 8},
	{Name: "name", Zh: "财产名称", En: "Collateral", Kind: spreadsheet.Text, Width: 24},
	{Name: "numbers", Zh: "编号", En: "Numbers", Kind: spreadsheet.Text, Width: 40},
	{Name: "debtor", Zh: "债务人名称", En: "Debtor", Kind: spreadsheet.Text, Width: 36},
	{Name: "debtorUSCC", Zh: "债务人统一社会信用代码", En: "Debtor's USCC", Kind: spreadsheet.Text, Width: 24},
	{Name: "amount", Zh: "金额(元)", En: "Amount (yuan)", Kind: spreadsheet.Amount},
	{Name: "from", Zh: "日期", En: "Date", Kind: spreadsheet.Date},
	{Name: "due", Zh: "到期日", En: "Due", Kind: spreadsheet.Date},
	{Name: "text", Zh: "描述", En: "Description", Kind: spreadsheet.Text, Width: 40},
	{Name: "record", Zh: "记录编号", En: "Record", Kind: spreadsheet.Text, Width: 32},
}}

// WriteList writes the list of the collateral as a workbook (担保财产清单).
func (f Filing) WriteList(w io.Writer) error {
	return spreadsheet.Write(w, list, "zh", spreadsheet.XLSX, f.rows())
}

func (f Filing) rows() iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		for i, item := range f.Items {
			amount := ""
			if item.Amount.IsPositive() {
				amount = item.Amount.String()
			}
			row := []string{strconv.Itoa(i + 1), item.Name, item.numbers(), item.Debtor.Name, string(item.Debtor.USCC), amount,
				item.From.String(), item.Due.String(), item.Text, item.Record}
			if !yield(row) {
				return
			}
		}
	}
}
