package api

import (
	"fmt"
	"testing"

	"decore/chaincode/fund"
	"decore/chaincode/money"
)

func TestALongReportIsCutIntoPartsThatAreTheWhole(t *testing.T) {
	today, err := firstDay("2026-07")
	if err != nil {
		t.Fatal(err)
	}
	accrued, takenBack := money.MustParse("1.01"), money.MustParse("0.02")
	for _, n := range []int{0, 1, fund.MaxLines - 1, fund.MaxLines, fund.MaxLines + 1, 2*fund.MaxLines + 1} {
		whole := fund.FileArgs{Fund: "FND-1", Month: "2026-06", Final: true}
		for i := range n {
			whole.Lines = append(whole.Lines, fund.Line{Claim: fmt.Sprintf("SUB-%06d", i), Accrued: accrued, TakenBack: takenBack})
			whole.Accrued, whole.TakenBack = whole.Accrued.Add(accrued), whole.TakenBack.Add(takenBack)
		}
		f, parts := fund.Fund{First: "2026-06"}, partsOf(whole, fund.MaxLines)
		if want := max(1, (n+fund.MaxLines-1)/fund.MaxLines); len(parts) != want {
			t.Errorf("%d lines: %d parts, want %d", n, len(parts), want)
		}
		for i, p := range parts { // each is taken as it is, and what is left then are the ones behind it
			left := partsLeft(f, whole, fund.MaxLines)
			if len(left) != len(parts)-i || left[0].Final != p.Final || len(left[0].Lines) != len(p.Lines) {
				t.Fatalf("%d lines: %d parts are left before part %d", n, len(left), i)
			}
			if f, _, err = f.File(fmt.Sprintf("RPT-%d", i), p, today); err != nil {
				t.Fatalf("%d lines: part %d: %v", n, i, err)
			}
		}
		if m := f.Months[0]; !m.Complete || f.Reported.Cmp(whole.Accrued) != 0 || f.TakenBack.Cmp(whole.TakenBack) != 0 || total(m.Parts) != n {
			t.Errorf("%d lines: filed %+v, %s and %s", n, m, f.Reported, f.TakenBack)
		}
		if left := partsLeft(f, whole, fund.MaxLines); left == nil || len(left) != 0 {
			t.Errorf("%d lines: of a complete month %d parts are left", n, len(left))
		}
	}
}
