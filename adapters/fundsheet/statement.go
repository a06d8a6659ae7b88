package fundsheet

import (
	"io"

	"decore/adapters/spreadsheet"
	"decore/chaincode/fund"
	"decore/chaincode/money"
)

// Period is the first column of a statement.
const Period = "period"

// Figures are the amounts of a span, in the order of a statement's columns. From the opening balance on they add up to the one at
// the end; what was settled, returned and is on its way is taken off.
var figures = []struct {
	name, zh, en string
	of           func(fund.Span) money.Signed
}{
	{"reported", "申报计提", "Reported", func(s fund.Span) money.Signed { return s.Reported }},
	{TakenBack, "申报冲回", "Taken back", func(s fund.Span) money.Signed { return s.TakenBack }},
	{"opening", "期初预拨结余", "Held in advance at the beginning", func(s fund.Span) money.Signed { return s.Opening }},
	{"allocated", "预拨资金", "Allocated", func(s fund.Span) money.Signed { return s.Allocated }},
	{"settled", "结算资金", "Settled", func(s fund.Span) money.Signed { return s.Settled }},
	{"recovered", "追回资金", "Recovered", func(s fund.Span) money.Signed { return s.Recovered }},
	{"returned", "缴回资金", "Returned", func(s fund.Span) money.Signed { return s.Returned }},
	{"returning", "在途缴回增减", "Change of returns in transit", func(s fund.Span) money.Signed { return s.Returning }},
	{"advance", "期末预拨结余", "Held in advance at the end", func(s fund.Span) money.Signed { return s.Advance }},
	{"inTransit", "期末在途缴回", "Returns in transit at the end", func(s fund.Span) money.Signed { return s.InTransit }},
}

// Statement is the layout of a fund's statement.
var Statement = statement()

func statement() spreadsheet.Layout {
	l := spreadsheet.Layout{Sheet: "清算报表", Ignore: []string{"备注", "Remarks"}, Columns: []spreadsheet.Column{
		{Name: Period, Zh: "期间", En: "Period", Required: true, Kind: spreadsheet.Text, Width: 20}}}
	for _, f := range figures {
		l.Columns = append(l.Columns, spreadsheet.Column{Name: f.name, Zh: f.zh, En: f.en, Required: true, Kind: spreadsheet.Signed, Width: 18})
	}
	return l
}

// Row is a row of a statement: the period's name and its amounts by column.
type Row struct {
	Period  string
	Amounts map[string]money.Signed
}

// Rows are the rows of a fund's statement, the sums last.
func Rows(f fund.Fund) []Row {
	var rows []Row
	for _, s := range f.Statement() {
		name := "截至 " + string(s.Through)
		if s.Through.IsZero() {
			name = "未结期间"
		}
		rows = append(rows, row(name, s))
	}
	return append(rows, row(TotalWord, f.Total()))
}

func row(name string, s fund.Span) Row {
	r := Row{Period: name, Amounts: map[string]money.Signed{}}
	for _, f := range figures {
		r.Amounts[f.name] = f.of(s)
	}
	return r
}

// WriteStatement writes a fund's statement.
func WriteStatement(w io.Writer, f fund.Fund) error {
	return spreadsheet.Write(w, Statement, "zh", spreadsheet.XLSX, func(yield func([]string) bool) {
		for _, r := range Rows(f) {
			values := []string{r.Period}
			for _, c := range figures {
				values = append(values, r.Amounts[c.name].String())
			}
			if !yield(values) {
				return
			}
		}
	})
}

// Differing lists the cells of a row that was read in which it is not the ledger's; of another period that alone.
func (r Row) Differing(read spreadsheet.Row) []Difference {
	if read.Get(Period) != r.Period {
		return []Difference{{Period, r.Period}}
	}
	var all []Difference
	for _, c := range figures {
		if amount, err := money.ParseSigned(read.Get(c.name)); err != nil || amount.Cmp(r.Amounts[c.name].Amount) != 0 {
			all = append(all, Difference{c.name, r.Amounts[c.name].String()})
		}
	}
	return all
}
