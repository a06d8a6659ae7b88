// Package fundsheet is the subsidy's fund flow as workbooks in Chinese: a bank's monthly report (贴息月报) and the statement
// of a fund (清算报表). Both can be written, and read again to be compared with the ledger.
package fundsheet

import (
	"io"
	"strconv"

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

// Report is the layout of a monthly report. The first three columns of amounts are read, the others are there to be looked at.
var Report = spreadsheet.Layout{Sheet: "贴息月报", Ignore: []string{"备注", "Remarks"}, Columns: []spreadsheet.Column{
	{Name: Claim, Zh: "申领编号", En: "Claim", Required: true, Kind: spreadsheet.Text, Width: 34},
	{Name: MonthOf, Zh: "月份", En: "Month", Required: true, Kind: spreadsheet.Text, Width: 10},
	{Name: Loan, Zh: "贷款记录编号", En: "Loan", Kind: spreadsheet.Text, Width: 34},
	{Name: Household, Zh: "借款企业统一社会信用代码", En: "Borrower's USCC", Kind: spreadsheet.Text, Width: 24},
	{Name: "name", Zh: "借款企业名称", En: "Borrower", Kind: spreadsheet.Text, Width: 32},
	{Name: "principal", Zh: "贷款本金", En: "Principal", Kind: spreadsheet.Text, Width: 18},
	{Name: "disbursed", Zh: "发放日期", En: "Disbursed", Kind: spreadsheet.Text, Width: 12},
	{Name: "maturity", Zh: "到期日期", En: "Maturity", Kind: spreadsheet.Text, Width: 12},
	{Name: Accrued, Zh: "本月计提贴息", En: "Accrued in the month", Required: true, Kind: spreadsheet.Amount},
	{Name: TakenBack, Zh: "本月冲回贴息", En: "Taken back in the month", Required: true, Kind: spreadsheet.Amount},
	{Name: "earned", Zh: "累计计提贴息", En: "Accrued in all", Kind: spreadsheet.Text, Width: 18},
	{Name: "settled", Zh: "累计结算贴息", En: "Settled in all", Kind: spreadsheet.Text, Width: 18},
}}

// Line is one claim of a report.
type Line struct {
	fund.Line
	Loan                string
	Household           ident.USCC
	Name                string
	Principal           money.Amount
	Disbursed, Maturity calendar.Date
	Earned, Settled     money.Amount
}

// WriteReport writes a report with its row of sums.
func WriteReport(w io.Writer, m fund.Month, lines []Line) error {
	return spreadsheet.Write(w, Report, "zh", spreadsheet.XLSX, func(yield func([]string) bool) {
		var accrued, takenBack, earned, settled money.Amount
		for _, l := range lines {
			accrued, takenBack = accrued.Add(l.Accrued), takenBack.Add(l.TakenBack)
			earned, settled = earned.Add(l.Earned), settled.Add(l.Settled)
			if !yield([]string{l.Claim, string(m), l.Loan, string(l.Household), l.Name, l.Principal.String(), l.Disbursed.String(), l.Maturity.String(),
				l.Accrued.String(), l.TakenBack.String(), l.Earned.String(), l.Settled.String()}) {
				return
			}
		}
		yield([]string{TotalWord, string(m), strconv.Itoa(len(lines)) + " 笔", "", "", "", "", "",
			accrued.String(), takenBack.String(), earned.String(), settled.String()})
	})
}
