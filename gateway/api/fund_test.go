package api_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"
)

// fundRecords makes a budget, a fund of bank A and its report of February.
func (w *world) fundRecords(policy string) (budget, fund, report string) {
	w.Helper()
	budget, fund = w.openFund(policy, "2026-02")
	report = w.act(bankA, "/v1/subsidy/reports", object{"fund": fund, "month": "2026-02", "lines": []object{}, "accrued": "0.00", "takenBack": "0.00", "final": true}).ID
	return budget, fund, report
}

// openFund is a fund of bank A with 100,000.00 in advance.
func (w *world) openFund(policy, first string) (budget, fund string) {
	w.Helper()
	budget = w.act(bureau, "/v1/subsidy/budgets", object{"policy": policy, "year": 2026, "amount": "1000000.00", "document": "青财金〔2026〕9号"}).ID
	fund = w.act(bankA, "/v1/subsidy/funds", object{"policy": policy, "first": first, "need": object{"year": 2026, "amount": "300000.00", "loans": 3}}).ID
	w.act(bureau, "/v1/subsidy/funds/"+fund+"/allocate", object{"budget": budget, "amount": "100000.00", "date": w.days(0), "reference": "YB1"})
	return budget, fund
}

// accruedFund is a fund of bank A in July with two claims that accrued in June, and a claim of bank B.
func (w *world) accruedFund() (policy, fund string, claims []string, foreign string) {
	w.Helper()
	policy = w.subsidyPolicy()
	_, fund = w.openFund(policy, "2026-06")
	for _, amount := range []string{"8000000.00", "3000000.00"} {
		claims = append(claims, w.act(bankA, "/v1/subsidy/claims", w.holdBody(policy, w.fixedAsset(bankA, amount))).ID)
	}
	foreign = w.act(bankB, "/v1/subsidy/claims", w.holdBody(policy, w.fixedAsset(bankB, "1000000.00"))).ID
	w.later(100 * 24 * time.Hour)
	for _, c := range claims {
		w.act(bankA, "/v1/subsidy/claims/"+c+"/accrue", object{"through": w.days(0)})
	}
	w.later(25 * 24 * time.Hour)
	return policy, fund, claims, foreign
}

type fundTerms struct {
	Terms struct {
		Allocated, Reported, Settled, Recovered, Returned string
		Months                                            []struct {
			Month    string
			Complete bool
			Parts    []struct{ Report string }
		}
	}
}

// edited changes a workbook by its first sheet.
func edited(t *testing.T, sheet []byte, edit func(*excelize.File, string)) []byte {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(sheet))
	if err != nil {
		t.Fatal(err)
	}
	edit(f, f.GetSheetName(0))
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func set(cells ...string) func(*excelize.File, string) {
	return func(f *excelize.File, sheet string) {
		for i := 0; i < len(cells); i += 2 {
			_ = f.SetCellStr(sheet, cells[i], cells[i+1])
		}
	}
}

func TestABanksReportGoesOutAsASheetAndIsFiledWholeOrNotAtAll(t *testing.T) {
	w := newWorld(t)
	_, fund, claims, foreign := w.accruedFund()
	path := "/v1/subsidy/funds/" + fund
	sheet := w.get(bankA, path+"/report?format=xlsx").body
	cell := func(name string) (value string) {
		edited(t, sheet, func(f *excelize.File, s string) { value, _ = f.GetCellValue(s, name) })
		return value
	}
	if cell("A1") != "申领编号" || cell("A4") != "合计" || cell("I4") != "6875.00" || cell("I2") != "5000.00" || cell("E2") == "" {
		t.Fatalf("the sheet has %q %q %q %q", cell("A1"), cell("A4"), cell("I4"), cell("I2"))
	}
	before := into[fundTerms](w, w.get(bankA, path), http.StatusOK)
	for name, c := range map[string]struct {
		edit        func(*excelize.File, string)
		code, place string
	}{
		"a wrong total":              {set("I4", "6875.01"), "SUM_MISMATCH", "I4"},
		"a wrong total taken back":   {set("J4", "0.01"), "SUM_MISMATCH", "J4"},
		"a wrong amount":             {set("I2", "5000.01", "I4", "6875.01"), "REPORT_MISMATCH", "I2"},
		"a wrong amount taken back":  {set("J3", "0.01", "J4", "0.01"), "REPORT_MISMATCH", "J3"},
		"another bank's loan":        {set("A3", foreign), "FOREIGN_CLAIM", "A3"},
		"a line twice":               {set("A3", claims[0]), "LINE_REPEATED", "A3"},
		"another loan's number":      {set("C2", "FIN-1"), "REPORT_MISMATCH", "C2"},
		"another borrower":           {set("D2", string(rival)), "REPORT_MISMATCH", "D2"},
		"a closed month":             {set("B2", "2026-05", "B3", "2026-05", "B4", "2026-05"), "PERIOD_CLOSED", "B2"},
		"a month that is not over":   {set("B2", "2026-07", "B3", "2026-07", "B4", "2026-07"), "PERIOD_OPEN", "B2"},
		"another month in one row":   {set("B3", "2026-05"), "PERIOD_CLOSED", "B3"},
		"an amount that is a word":   {set("I3", "x"), "amount-unreadable", "I3"},
		"a claim that is left out":   {func(f *excelize.File, s string) { _ = f.RemoveRow(s, 3); _ = f.SetCellStr(s, "I3", "5000.00") }, "REPORT_MISMATCH", ""},
		"no row of sums":             {func(f *excelize.File, s string) { _ = f.RemoveRow(s, 4) }, "SUM_MISMATCH", ""},
		"something below the sums":   {func(f *excelize.File, s string) { _ = f.DuplicateRow(s, 3); _ = f.DuplicateRowTo(s, 5, 3) }, "SUM_MISMATCH", ""},
		"a month that nobody writes": {set("B2", "202606"), "MONTH_INVALID", "B2"},
	} {
		t.Run(name, func(t *testing.T) {
			p := w.refuse(http.StatusUnprocessableEntity, "ROWS_REFUSED", w.upload(bankA, path+"/report", "月报.xlsx", edited(t, sheet, c.edit)))
			if name == "something below the sums" {
				return
			}
			if len(p.Errors) == 0 || p.Errors[0].Code != c.code || p.Errors[0].Location != c.place {
				t.Errorf("got %+v, want %s at %s", p.Errors, c.code, c.place)
			}
		})
	}
	if after := into[fundTerms](w, w.get(bankA, path), http.StatusOK); len(after.Terms.Months) != 0 || after.Terms.Reported != before.Terms.Reported {
		t.Errorf("something was filed: %+v", after)
	}

	type filed struct {
		Month, Accrued string
		Lines          int
		DryRun         bool
		Reports        []struct{ ID string }
	}
	tried := into[filed](w, w.upload(bankA, path+"/report?dryRun=true", "月报.xlsx", sheet), http.StatusOK)
	if !tried.DryRun || tried.Accrued != "6875.00" {
		t.Errorf("tried: %+v", tried)
	}
	key := []string{"Idempotency-Key", "june"}
	got := into[filed](w, w.upload(bankA, path+"/report", "月报.xlsx", sheet, key...), http.StatusOK)
	again := into[filed](w, w.upload(bankA, path+"/report", "月报.xlsx", sheet, key...), http.StatusOK)
	if got.Month != "2026-06" || got.Lines != 2 || got.Accrued != "6875.00" || len(got.Reports) != 1 || got.Reports[0].ID != again.Reports[0].ID {
		t.Errorf("filed %+v, again %+v", got, again)
	}
	p := w.refuse(http.StatusUnprocessableEntity, "ROWS_REFUSED", w.upload(bankA, path+"/report", "月报.xlsx", sheet))
	if p.Errors[0].Code != "PERIOD_CLOSED" {
		t.Errorf("a second time: %+v", p.Errors)
	}
	after := into[fundTerms](w, w.get(bureau, path), http.StatusOK)
	if after.Terms.Reported != "6875.00" || !after.Terms.Months[0].Complete || after.Terms.Months[0].Parts[0].Report != got.Reports[0].ID {
		t.Errorf("%+v", after)
	}
}

func TestASettlementIsProposedSettledAndStatedToTheFen(t *testing.T) {
	w := newWorld(t)
	_, fund, claims, _ := w.accruedFund()
	path := "/v1/subsidy/funds/" + fund
	type settlement struct {
		Items                    []object
		Amount, Advance, Through string
	}
	if got := into[settlement](w, w.get(bureau, path+"/settlement"), http.StatusOK); len(got.Items) != 0 {
		t.Errorf("before any report: %+v", got)
	}
	sheet := w.get(bankA, path+"/report?format=xlsx").body
	report := into[struct{ Reports []struct{ ID string } }](w, w.upload(bankA, path+"/report", "月报.xlsx", sheet), http.StatusOK).Reports[0].ID
	w.refuse(http.StatusConflict, "NOT_REPORTED", w.post(bureau, "/v1/subsidy/claims/"+claims[0]+"/settle", object{"amount": "0.01"}))
	w.act(bureau, "/v1/subsidy/reports/"+report+"/accept", nil)
	got := into[settlement](w, w.get(bureau, path+"/settlement"), http.StatusOK)
	if len(got.Items) != 2 || got.Amount != "6875.00" || got.Advance != "100000.00" || got.Through != "2026-06" {
		t.Fatalf("proposed %+v", got)
	}
	done := into[struct{ Results []struct{ Status string } }](w, w.post(bureau, "/v1/subsidy/claims/batch", object{"items": got.Items}), http.StatusOK)
	for _, r := range done.Results {
		if r.Status != "accepted" {
			t.Errorf("%+v", done)
		}
	}
	w.act(bureau, path+"/settle", object{"through": "2026-06"})
	statement := w.get(bankA, path+"/statement?format=xlsx").body
	type span struct{ Through, Allocated, Reported, Settled, Advance string }
	type stated struct {
		Spans []span
		Total span
	}
	for _, by := range []response{w.get(bureau, path+"/statement"), w.upload(bankA, path+"/statement", "清算.xlsx", statement)} {
		s := into[stated](w, by, http.StatusOK)
		if want := (span{"2026-06", "100000.00", "6875.00", "6875.00", "93125.00"}); len(s.Spans) != 2 || s.Spans[0] != want || s.Total.Settled != "6875.00" {
			t.Errorf("%+v", s)
		}
	}
	for name, c := range map[string]struct {
		edit  func(*excelize.File, string)
		place string
	}{
		"a fen":                  {set("C2", "6875.01"), "C2"},
		"the sum":                {set("E4", "6874.99"), "E4"},
		"a period":               {set("A3", "其他"), "A3"},
		"a row that is left out": {func(f *excelize.File, s string) { _ = f.RemoveRow(s, 4) }, ""},
		"a row too many":         {func(f *excelize.File, s string) { _ = f.DuplicateRowTo(s, 4, 5) }, "A5"},
	} {
		t.Run(name, func(t *testing.T) {
			p := w.refuse(http.StatusUnprocessableEntity, "ROWS_REFUSED", w.upload(bureau, path+"/statement", "清算.xlsx", edited(t, statement, c.edit)))
			if p.Errors[0].Code != "REPORT_MISMATCH" || p.Errors[0].Location != c.place {
				t.Errorf("got %+v, want it at %q", p.Errors, c.place)
			}
		})
	}
	if strings.Contains(string(w.get(bankB, path).body), "allocated") {
		t.Error("another bank reads the fund")
	}
}

func TestTheDecisionOnAClaimIsANoticeInChinese(t *testing.T) {
	w := newWorld(t)
	_, _, claims, _ := w.accruedFund()
	path := "/v1/subsidy/claims/" + claims[0]
	one, two := w.get(supplier, path+"/notice"), w.get(bureau, path+"/notice")
	if one.status != http.StatusOK || !bytes.Equal(one.body, two.body) || !bytes.HasPrefix(one.body, []byte("%PDF-1.5")) {
		t.Fatalf("%d %.80s", one.status, one.body)
	}
	for _, text := range []string{"贷款贴息决定通知书", "5000.00 元", "财金〔2026〕4号", string(supplier)} {
		var hex strings.Builder
		for _, u := range utf16.Encode([]rune(text)) {
			fmt.Fprintf(&hex, "%04X", u)
		}
		if !strings.Contains(string(one.body), hex.String()) {
			t.Errorf("the notice does not say %q", text)
		}
	}
}
