package fundsheet_test

import (
	"bytes"
	"context"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"decore/adapters/fundsheet"
	"decore/adapters/spreadsheet"
	"decore/chaincode/calendar"
	"decore/chaincode/fund"
	"decore/chaincode/ident"
	"decore/chaincode/money"
)

var background = context.Background()

// rows reads a workbook of a layout back.
func rows(t interface{ Fatal(...any) }, layout spreadsheet.Layout, raw []byte) []spreadsheet.Row {
	var all []spreadsheet.Row
	file, err := spreadsheet.Open(background, bytes.NewReader(raw), int64(len(raw)), spreadsheet.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	table, err := file.Table(background, layout)
	if err != nil {
		t.Fatal(err)
	}
	for r, err := range table.Rows(background) {
		if err != nil || len(r.Faults) > 0 {
			t.Fatal(err, r.Faults)
		}
		all = append(all, r)
	}
	return all
}

func TestAReportReadsBackWithItsSums(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fen := rapid.Int64Range(0, 1e14)
		var lines []fundsheet.Line
		accrued, takenBack := int64(0), int64(0)
		for i := range rapid.IntRange(0, 8).Draw(t, "lines") {
			a, b := fen.Draw(t, "accrued"), fen.Draw(t, "taken back")
			accrued, takenBack = accrued+a, takenBack+b
			lines = append(lines, fundsheet.Line{Line: fund.Line{Claim: string(rune('A' + i)), Accrued: money.Fen(a), TakenBack: money.Fen(b)},
				Loan: "FIN-1", Household: ident.MustUSCC("91370200990000009K"), Name: "甲 (乙) 公司", Disbursed: calendar.MustParse("2026-03-05")})
		}
		var out bytes.Buffer
		if err := fundsheet.WriteReport(&out, "2026-06", lines); err != nil {
			t.Fatal(err)
		}
		read := rows(t, fundsheet.Report, out.Bytes())
		if len(read) != len(lines)+1 {
			t.Fatalf("%d rows of %d lines", len(read), len(lines))
		}
		for i, l := range lines {
			if r := read[i]; r.Get(fundsheet.Claim) != l.Claim || r.Get(fundsheet.Accrued) != l.Accrued.String() || r.Get(fundsheet.TakenBack) != l.TakenBack.String() ||
				r.Get(fundsheet.Household) != string(l.Household) || r.Get(fundsheet.MonthOf) != "2026-06" {
				t.Fatalf("row %d: %v", i, r.Values)
			}
		}
		if sum := read[len(lines)]; sum.Get(fundsheet.Claim) != fundsheet.TotalWord || sum.Get(fundsheet.Accrued) != money.Fen(accrued).String() || sum.Get(fundsheet.TakenBack) != money.Fen(takenBack).String() {
			t.Fatalf("the sums: %v", sum.Values)
		}
	})
}

func TestAStatementReadsBackAsItIsAndAnotherDoesNot(t *testing.T) {
	f := fund.Fund{Quarters: []fund.Quarter{{Through: "2026-03", Sums: fund.Sums{Allocated: money.Fen(500), Settled: money.Fen(300), Returning: money.Fen(100)}}},
		Sums: fund.Sums{Allocated: money.Fen(900), Settled: money.Fen(400), Returned: money.Fen(100)}}
	var out bytes.Buffer
	if err := fundsheet.WriteStatement(&out, f); err != nil {
		t.Fatal(err)
	}
	read, want := rows(t, fundsheet.Statement, out.Bytes()), fundsheet.Rows(f)
	if len(read) != 3 || len(want) != 3 {
		t.Fatalf("%d rows, want %d", len(read), len(want))
	}
	for i, r := range want {
		if all := r.Differing(read[i]); len(all) > 0 {
			t.Errorf("row %d differs in %v", i, all)
		}
	}
	if all := want[0].Differing(read[1]); !slices.Equal(all, []fundsheet.Difference{{Column: fundsheet.Period, Ours: "截至 2026-03"}}) {
		t.Errorf("another row differs in %v", all)
	}
	other := f
	other.Settled = money.Fen(401)
	if all := fundsheet.Rows(other)[1].Differing(read[1]); !slices.Equal(all, []fundsheet.Difference{{Column: "settled", Ours: "1.01"}, {Column: "advance", Ours: "3.99"}}) {
		t.Errorf("another fund differs in %v", all)
	}
}

func TestEachRowOfAStatementSheetAddsUp(t *testing.T) {
	f := fund.Fund{Quarters: []fund.Quarter{{Through: "2026-03", Sums: fund.Sums{Allocated: money.Fen(500), Settled: money.Fen(300), Recovered: money.Fen(50), Returning: money.Fen(100)}}},
		Sums: fund.Sums{Allocated: money.Fen(900), Settled: money.Fen(400), Recovered: money.Fen(50), Returned: money.Fen(100), Returning: money.Fen(7)}}
	var out bytes.Buffer
	if err := fundsheet.WriteStatement(&out, f); err != nil {
		t.Fatal(err)
	}
	for i, r := range rows(t, fundsheet.Statement, out.Bytes()) {
		fen := func(column string) int64 { return money.MustParseSigned(r.Get(column)).Fen() }
		if got := fen("opening") + fen("allocated") - fen("settled") + fen("recovered") - fen("returned") - fen("returning"); got != fen("advance") {
			t.Errorf("row %d comes to %d fen: %v", i, got, r.Values)
		}
		if got := []string{r.Get("returned"), r.Get("returning"), r.Get("inTransit")}; !slices.Equal(got, [][]string{{"0.00", "1.00", "1.00"}, {"1.00", "-0.93", "0.07"}, {"1.00", "0.07", "0.07"}}[i]) {
			t.Errorf("row %d of returns: %v", i, got)
		}
	}
}
