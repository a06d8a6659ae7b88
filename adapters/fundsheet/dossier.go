package fundsheet

import (
	"io"
	"iter"
	"strconv"

	"decore/adapters/spreadsheet"
	"decore/chaincode/evidence"
	"decore/chaincode/fund"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/money"
)

// DossierLine is one line of a month's reports, and where its proof is: which version of the claim, by which command, commits to
// which terms.
type DossierLine struct {
	fund.Line
	Report    string
	State     lifecycle.State // of the report
	Loan      string
	Household ident.USCC
	Name      string
	Version   int
	Command   string
	Terms     evidence.Commitment
}

// dossierTotal are the sums of the lines above the last row.
type dossierTotal struct {
	count              int
	accrued, takenBack money.Amount
}

// dossierColumn is a column of the auditor's list: what a line has in it, and the row of sums (nothing when nil).
type dossierColumn struct {
	spreadsheet.Column
	of    func(no int, l DossierLine) string
	total func(dossierTotal) string
}

var dossierColumns = []dossierColumn{
	{spreadsheet.Column{Name: "no", Zh: "序号", En: "No.", Kind: spreadsheet.Text, Width: 8},
		func(no int, _ DossierLine) string { return strconv.Itoa(no) }, func(dossierTotal) string { return TotalWord }},
	{spreadsheet.Column{Name: "report", Zh: "月报编号", En: "Report", Kind: spreadsheet.Text, Width: 34},
		func(_ int, l DossierLine) string { return l.Report }, func(t dossierTotal) string { return strconv.Itoa(t.count) + " 笔" }},
	{spreadsheet.Column{Name: "state", Zh: "月报状态", En: "State of the report", Kind: spreadsheet.Text, Width: 10},
		func(_ int, l DossierLine) string { return string(l.State) }, nil},
	{spreadsheet.Column{Name: Claim, Zh: "申领编号", En: "Claim", Required: true, Kind: spreadsheet.Text, Width: 34},
		func(_ int, l DossierLine) string { return l.Claim }, nil},
	{spreadsheet.Column{Name: Loan, Zh: "贷款记录编号", En: "Loan", Kind: spreadsheet.Text, Width: 34},
		func(_ int, l DossierLine) string { return l.Loan }, nil},
	{spreadsheet.Column{Name: Household, Zh: "借款企业统一社会信用代码", En: "Borrower's USCC", Kind: spreadsheet.Text, Width: 24},
		func(_ int, l DossierLine) string { return string(l.Household) }, nil},
	{spreadsheet.Column{Name: "name", Zh: "借款企业名称", En: "Borrower", Kind: spreadsheet.Text, Width: 32},
		func(_ int, l DossierLine) string { return l.Name }, nil},
	{spreadsheet.Column{Name: Accrued, Zh: "本月计提贴息", En: "Accrued in the month", Kind: spreadsheet.Amount},
		func(_ int, l DossierLine) string { return l.Accrued.String() }, func(t dossierTotal) string { return t.accrued.String() }},
	{spreadsheet.Column{Name: TakenBack, Zh: "本月冲回贴息", En: "Taken back in the month", Kind: spreadsheet.Amount},
		func(_ int, l DossierLine) string { return l.TakenBack.String() }, func(t dossierTotal) string { return t.takenBack.String() }},
	{spreadsheet.Column{Name: "version", Zh: "申领版本", En: "Version of the claim", Kind: spreadsheet.Text, Width: 8},
		func(_ int, l DossierLine) string { return strconv.Itoa(l.Version) }, nil},
	{spreadsheet.Column{Name: "command", Zh: "末次指令编号", En: "Last command", Kind: spreadsheet.Text, Width: 30},
		func(_ int, l DossierLine) string { return l.Command }, nil},
	{spreadsheet.Column{Name: "terms", Zh: "内容承诺值", En: "Commitment of the terms", Kind: spreadsheet.Text, Width: 50},
		func(_ int, l DossierLine) string { return string(l.Terms) }, nil},
}

// Dossier is the layout of an auditor's list of a month (审计明细).
var Dossier = dossier()

func dossier() spreadsheet.Layout {
	l := spreadsheet.Layout{Sheet: "审计明细"}
	for _, c := range dossierColumns {
		l.Columns = append(l.Columns, c.Column)
	}
	return l
}

// WriteDossier writes the list with its row of sums, line by line as they come: a month's list may be of any length that a
// sheet can have.
func WriteDossier(w io.Writer, lines iter.Seq[DossierLine]) error {
	return spreadsheet.Write(w, Dossier, "zh", spreadsheet.XLSX, func(yield func([]string) bool) {
		var t dossierTotal
		row := make([]string, len(dossierColumns))
		for l := range lines {
			t = dossierTotal{t.count + 1, t.accrued.Add(l.Accrued), t.takenBack.Add(l.TakenBack)}
			for i, c := range dossierColumns {
				row[i] = c.of(t.count, l)
			}
			if !yield(row) {
				return
			}
		}
		for i, c := range dossierColumns {
			if row[i] = ""; c.total != nil {
				row[i] = c.total(t)
			}
		}
		yield(row)
	})
}
