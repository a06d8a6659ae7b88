// Package fundsheet is the subsidy's fund flow as workbooks in Chinese: a bank's monthly report (贴息月报) and the statement
// of a fund (清算报表). Both can be written, and read again to be compared with the ledger.
package fundsheet

import (
	"io"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"decore/adapters/spreadsheet"
	"decore/chaincode/calendar"
	"decore/chaincode/fund"
	"decore/chaincode/ident"
	"decore/chaincode/money"
)

// Names of the columns of a report, as [spreadsheet.Row.Get] takes them.
const (
	Claim     = "claim"
	MonthOf   = "month"
	Loan      = "loan"
	Household = "household"
	Accrued   = "accrued"
	TakenBack = "takenBack"
)

// TotalWord stands in the first column of the row of sums.
const TotalWord = "合计"

// Line is one claim of a report, as it stood when the month ended.
type Line struct {
	fund.Line
	Loan                string
	Household           ident.USCC
	Name                string
	Principal           money.Amount
	Disbursed, Maturity calendar.Date // maturity of the contract, which no extension changes
	Earned, Settled     money.Amount  // up to the end of the month
}

// sums are those of the lines above the last row.
type sums struct {
	count                               int
	accrued, takenBack, earned, settled money.Amount
}

func (s sums) with(l Line) sums {
	return sums{s.count + 1, s.accrued.Add(l.Accrued), s.takenBack.Add(l.TakenBack), s.earned.Add(l.Earned), s.settled.Add(l.Settled)}
}

// column is a column of a report: what a line has in it, what the row of sums has (nothing when nil), and when a cell that is
// read says the same. The layout, the writing and the comparison all come from the one list, so that no column that is
// written can be left uncompared.
type column struct {
	spreadsheet.Column
	of    func(fund.Month, Line) string
	total func(fund.Month, sums) string
	same  func(read, ours string) bool
}

var columns = []column{
	{spreadsheet.Column{Name: Claim, Zh: "申领编号", En: "Claim", Required: true, Kind: spreadsheet.Text, Width: 34},
		func(_ fund.Month, l Line) string { return l.Claim }, func(fund.Month, sums) string { return TotalWord }, sameText},
	{spreadsheet.Column{Name: MonthOf, Zh: "月份", En: "Month", Required: true, Kind: spreadsheet.Text, Width: 10},
		func(m fund.Month, _ Line) string { return string(m) }, func(m fund.Month, _ sums) string { return string(m) }, sameText},
	{spreadsheet.Column{Name: Loan, Zh: "贷款记录编号", En: "Loan", Kind: spreadsheet.Text, Width: 34},
		func(_ fund.Month, l Line) string { return l.Loan }, func(_ fund.Month, s sums) string { return strconv.Itoa(s.count) + " 笔" }, sameText},
	{spreadsheet.Column{Name: Household, Zh: "借款企业统一社会信用代码", En: "Borrower's USCC", Kind: spreadsheet.Text, Width: 24},
		func(_ fund.Month, l Line) string { return string(l.Household) }, nil, sameText},
	{spreadsheet.Column{Name: "name", Zh: "借款企业名称", En: "Borrower", Kind: spreadsheet.Text, Width: 32},
		func(_ fund.Month, l Line) string { return l.Name }, nil, sameText},
	{spreadsheet.Column{Name: "principal", Zh: "贷款本金", En: "Principal", Kind: spreadsheet.Text, Width: 18},
		func(_ fund.Month, l Line) string { return l.Principal.String() }, nil, sameAmount},
	{spreadsheet.Column{Name: "disbursed", Zh: "发放日期", En: "Disbursed", Kind: spreadsheet.Text, Width: 12},
		func(_ fund.Month, l Line) string { return l.Disbursed.String() }, nil, sameText},
	{spreadsheet.Column{Name: "maturity", Zh: "合同到期日期", En: "Maturity of the contract", Kind: spreadsheet.Text, Width: 14},
		func(_ fund.Month, l Line) string { return l.Maturity.String() }, nil, sameText},
	{spreadsheet.Column{Name: Accrued, Zh: "本月计提贴息", En: "Accrued in the month", Required: true, Kind: spreadsheet.Amount},
		func(_ fund.Month, l Line) string { return l.Accrued.String() }, func(_ fund.Month, s sums) string { return s.accrued.String() }, sameAmount},
	{spreadsheet.Column{Name: TakenBack, Zh: "本月冲回贴息", En: "Taken back in the month", Required: true, Kind: spreadsheet.Amount},
		func(_ fund.Month, l Line) string { return l.TakenBack.String() }, func(_ fund.Month, s sums) string { return s.takenBack.String() }, sameAmount},
	{spreadsheet.Column{Name: "earned", Zh: "累计计提贴息", En: "Accrued in all", Kind: spreadsheet.Text, Width: 18},
		func(_ fund.Month, l Line) string { return l.Earned.String() }, func(_ fund.Month, s sums) string { return s.earned.String() }, sameAmount},
	{spreadsheet.Column{Name: "settled", Zh: "累计结算贴息", En: "Settled in all", Kind: spreadsheet.Text, Width: 18},
		func(_ fund.Month, l Line) string { return l.Settled.String() }, func(_ fund.Month, s sums) string { return s.settled.String() }, sameAmount},
}

// sameText compares as the sheet is read: NFKC, one space between words.
func sameText(read, ours string) bool {
	plain := func(s string) string { return strings.Join(strings.Fields(norm.NFKC.String(s)), " ") }
	return plain(read) == plain(ours)
}

// sameAmount takes 5000 for 5000.00.
func sameAmount(read, ours string) bool {
	a, errA := money.ParseSigned(read)
	b, errB := money.ParseSigned(ours)
	return errA == nil && errB == nil && a.Cmp(b.Amount) == 0 || read == ours
}

// Report is the layout of a monthly report.
var Report = report()

func report() spreadsheet.Layout {
	l := spreadsheet.Layout{Sheet: "贴息月报", Ignore: []string{"备注", "Remarks"}}
	for _, c := range columns {
		l.Columns = append(l.Columns, c.Column)
	}
	return l
}

// ReportRow is a row of a report: its cells in the order of the columns.
type ReportRow []string

// ReportRows are the rows of a report, that of the sums last.
func ReportRows(m fund.Month, lines []Line) []ReportRow {
	var s sums
	rows := make([]ReportRow, 0, len(lines)+1)
	for _, l := range lines {
		s = s.with(l)
		rows = append(rows, rowOf(func(c column) string { return c.of(m, l) }))
	}
	return append(rows, rowOf(func(c column) string {
		if c.total == nil {
			return ""
		}
		return c.total(m, s)
	}))
}

func rowOf(cell func(column) string) ReportRow {
	row := make(ReportRow, len(columns))
	for i, c := range columns {
		row[i] = cell(c)
	}
	return row
}

// Difference is a cell that does not say what the ledger has.
type Difference struct{ Column, Ours string }

// Differing lists the cells of a row that was read in which it is not this one. A cell that was emptied is one of them.
func (r ReportRow) Differing(read spreadsheet.Row) []Difference {
	var all []Difference
	for i, c := range columns {
		if !c.same(read.Get(c.Name), r[i]) {
			all = append(all, Difference{c.Name, r[i]})
		}
	}
	return all
}

// WriteReport writes a report with its row of sums.
func WriteReport(w io.Writer, m fund.Month, lines []Line) error {
	return spreadsheet.Write(w, Report, "zh", spreadsheet.XLSX, func(yield func([]string) bool) {
		for _, row := range ReportRows(m, lines) {
			if !yield(row) {
				return
			}
		}
	})
}
