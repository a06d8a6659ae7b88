package api_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/xuri/excelize/v2"

	"decore/adapters/fundsheet"
	"decore/chaincode/canon"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/gateway/api"
	"decore/gateway/cli"
	"decore/gateway/receipt"
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
	budget = w.act(bureau, "/v1/subsidy/budgets", object{"policy": policy, "bank": bankA, "year": 2026, "amount": "1000000.00", "document": "青财金〔2026〕9号"}).ID
	fund = w.act(bankA, "/v1/subsidy/funds", object{"policy": policy, "first": first, "need": object{"year": 2026, "amount": "300000.00", "loans": 3}}).ID
	w.act(bureau, "/v1/subsidy/funds/"+fund+"/allocate", object{"budget": budget, "amount": "100000.00", "date": w.days(0), "reference": "YB1"})
	return budget, fund
}

// accruedFund is a fund of bank A in July with two claims that accrued in June, and a claim of bank B.
func (w *world) accruedFund() (policy, fund string, claims []string, foreign string) {
	w.Helper()
	policy = w.subsidyPolicy()
	for _, amount := range []string{"8000000.00", "3000000.00"} {
		claims = append(claims, w.act(bankA, "/v1/subsidy/claims", w.holdBody(policy, w.fixedAsset(bankA, amount))).ID)
	}
	foreign = w.act(bankB, "/v1/subsidy/claims", w.holdBody(policy, w.fixedAsset(bankB, "1000000.00"))).ID
	w.later(100 * 24 * time.Hour)
	_, fund = w.openFund(policy, "2026-06")
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
	for _, unreadable := range []string{"I2", "J3", "I4"} {
		t.Run("a word for an amount at "+unreadable+" is all that is told", func(t *testing.T) {
			p := w.refuse(http.StatusUnprocessableEntity, "ROWS_REFUSED", w.upload(bankA, path+"/report", "月报.xlsx", edited(t, sheet, set(unreadable, "x"))))
			if len(p.Errors) != 1 || p.Errors[0].Code != "amount-unreadable" || p.Errors[0].Location != unreadable {
				t.Errorf("%+v", p.Errors)
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
	if p.Errors[0].Code != "PERIOD_CLOSED" || p.Detail != "this sheet was already filed as "+got.Reports[0].ID {
		t.Errorf("a second time: %+v", p)
	}
	other := edited(t, sheet, set("I2", "5000.01"))
	if p := w.refuse(http.StatusUnprocessableEntity, "ROWS_REFUSED", w.upload(bankA, path+"/report", "月报.xlsx", other)); p.Detail != "this sheet is not what was filed as "+got.Reports[0].ID {
		t.Errorf("another one of the month: %+v", p)
	}
	defer func() {
		w.act(bureau, "/v1/subsidy/reports/"+got.Reports[0].ID+"/accept", nil)
		if p := w.refuse(http.StatusUnprocessableEntity, "ROWS_REFUSED", w.upload(bankA, path+"/report", "月报.xlsx", sheet)); !strings.HasPrefix(p.Detail, "this sheet was already filed as RPT-") {
			t.Errorf("once it is accepted: %+v", p)
		}
	}()
	after := into[fundTerms](w, w.get(bureau, path), http.StatusOK)
	if after.Terms.Reported != "6875.00" || !after.Terms.Months[0].Complete || after.Terms.Months[0].Parts[0].Report != got.Reports[0].ID {
		t.Errorf("%+v", after)
	}
}

func TestNoCellOfAReportCanBeChanged(t *testing.T) {
	w := newWorld(t)
	_, fund, _, _ := w.accruedFund()
	path := "/v1/subsidy/funds/" + fund
	sheet := w.get(bankA, path+"/report?format=xlsx").body
	for column := range len(fundsheet.Report.Columns) {
		for row := 2; row <= 4; row++ { // two claims and the sums
			cell, err := excelize.CoordinatesToCellName(column+1, row)
			if err != nil {
				t.Fatal(err)
			}
			t.Run(cell, func(t *testing.T) {
				changed := edited(t, sheet, func(f *excelize.File, s string) {
					old, err := f.GetCellValue(s, cell)
					if err != nil {
						t.Fatal(err)
					}
					_ = f.SetCellStr(s, cell, "1"+strings.ReplaceAll(old, "-", "0"))
				})
				p := w.refuse(http.StatusUnprocessableEntity, "ROWS_REFUSED", w.upload(bankA, path+"/report", "月报.xlsx", changed))
				if !slices.ContainsFunc(p.Errors, func(e itemBody) bool { return e.Location == cell && e.Code != "" }) {
					t.Errorf("got %+v, want a fault at %s", p.Errors, cell)
				}
			})
		}
	}
	if after := into[fundTerms](w, w.get(bankA, path), http.StatusOK); len(after.Terms.Months) != 0 || after.Terms.Reported != "0.00" {
		t.Errorf("something was filed: %+v", after)
	}
	if r := w.upload(bankA, path+"/report?dryRun=true", "月报.xlsx", sheet); r.status != http.StatusOK {
		t.Errorf("unchanged: %d %s", r.status, r.body)
	}
}

func TestAReportSaysWhatStoodAtTheEndOfItsMonth(t *testing.T) {
	w := newWorld(t)
	_, fund, claims, _ := w.accruedFund()
	path := "/v1/subsidy/funds/" + fund + "/report?format=xlsx&month=2026-06"
	w.reportedFund(fund)
	june := w.get(bankA, path).body
	w.act(bureau, "/v1/subsidy/claims/"+claims[0]+"/settle", object{"amount": "1000.00"})
	w.later(90 * 24 * time.Hour)
	w.act(bankA, "/v1/subsidy/claims/"+claims[0]+"/accrue", object{"through": w.days(0)})
	if !bytes.Equal(june, w.get(bankA, path).body) {
		t.Error("what was booked in later months changed the report of June")
	}
}

func TestAReportNamesTheHouseholdThatHadTheLoanWhenTheMonthEnded(t *testing.T) {
	w := newWorld(t)
	policy, fund, claims, foreign := w.accruedFund()
	path := "/v1/subsidy/funds/" + fund + "/report"
	june := w.get(bankA, path+"?format=xlsx&month=2026-06").body
	w.act(bureau, "/v1/subsidy/successions", object{"policy": policy, "old": supplier, "heir": rival, "on": w.days(0), "document": "合并登记", "claims": append(claims, foreign)})
	if !bytes.Equal(june, w.get(bankA, path+"?format=xlsx&month=2026-06").body) {
		t.Error("a succession in July changed the report of June")
	}
	if r := w.upload(bankA, path, "月报.xlsx", june); r.status != http.StatusOK {
		t.Fatalf("the sheet from before the succession is not taken: %d %s", r.status, r.body)
	}
	w.act(bankA, "/v1/subsidy/claims/"+claims[0]+"/accrue", object{"through": w.days(0)})
	w.later(31 * 24 * time.Hour)
	july := w.get(bankA, path+"?format=xlsx&month=2026-07").body
	for want, sheet := range map[ident.USCC][]byte{supplier: june, rival: july} {
		name := into[struct{ Name string }](w, w.get(bankA, "/v1/parties/"+string(want)), http.StatusOK).Name
		edited(t, sheet, func(f *excelize.File, s string) {
			row, err := f.GetRows(s)
			if err != nil || row[1][3] != string(want) || row[1][4] != name || name == "" {
				t.Errorf("%q, want %s %s: %v", row, want, name, err)
			}
		})
	}
}

// draft is a report of a month as it is answered.
type draft struct {
	Claims             int
	Accrued, TakenBack string
	Parts              []jsontext.Value
	Filed              struct {
		Parts    []struct{ Accrued string }
		Complete bool
	}
}

func TestALongReportIsFiledFromTheDraftsPartsAsTheyAreAnswered(t *testing.T) {
	w := newWorld(t)
	_, fund, claims, _ := w.accruedFund()
	path := "/v1/subsidy/funds/" + fund + "/report?month=2026-06&limit="
	get := func(limit int, parts, filed int) draft {
		t.Helper()
		d := into[draft](w, w.get(bankA, path+strconv.Itoa(limit)), http.StatusOK)
		if d.Claims != 2 || d.Accrued != "6875.00" || d.TakenBack != "0.00" || len(d.Parts) != parts || len(d.Filed.Parts) != filed {
			t.Fatalf("of %d lines a part: %+v", limit, d)
		}
		return d
	}
	whole := get(1000, 1, 0)
	if want := `"final":true`; !strings.Contains(string(whole.Parts[0]), want) {
		t.Errorf("the only part: %s", whole.Parts[0])
	}
	two := get(1, 2, 0)
	for i, want := range []struct{ claim, accrued, final string }{{claims[0], "5000.00", "false"}, {claims[1], "1875.00", "true"}} {
		if p := string(two.Parts[i]); strings.Count(p, `"claim"`) != 1 || !strings.Contains(p, want.claim) || strings.Count(p, `"accrued":"`+want.accrued+`"`) != 2 || !strings.Contains(p, `"final":`+want.final) {
			t.Errorf("part %d: %s", i, p)
		}
	}
	w.act(bankA, "/v1/subsidy/reports", two.Parts[0])
	left := get(1, 1, 1) // who was cut off goes on with what is left
	if string(left.Parts[0]) != string(two.Parts[1]) {
		t.Errorf("left: %s, want %s", left.Parts[0], two.Parts[1])
	}
	w.act(bankA, "/v1/subsidy/reports", left.Parts[0])
	if d := get(1, 0, 2); !d.Filed.Complete || d.Filed.Parts[0].Accrued != "5000.00" || d.Filed.Parts[1].Accrued != "1875.00" {
		t.Errorf("filed: %+v", d)
	}
	w.refuse(http.StatusUnprocessableEntity, "FIELD_RANGE", w.get(bankA, path+"1001"))
	w.refuse(http.StatusUnprocessableEntity, "FIELD_RANGE", w.get(bankA, path+"0"))
}

func TestWhatIsLeftOfAReportWithoutALineIsOneFinalPart(t *testing.T) {
	w := newWorld(t)
	_, fund, claims, _ := w.accruedFund()
	line := func(claim, accrued string) object {
		return object{"claim": claim, "accrued": accrued, "takenBack": "0.00"}
	}
	w.act(bankA, "/v1/subsidy/reports", object{"fund": fund, "month": "2026-06", "lines": []object{line(claims[0], "5000.00"), line(claims[1], "1875.00")}, "accrued": "6875.00", "takenBack": "0.00", "final": false})
	d := into[draft](w, w.get(bankA, "/v1/subsidy/funds/"+fund+"/report"), http.StatusOK)
	if len(d.Parts) != 1 || d.Accrued != "6875.00" {
		t.Fatalf("%+v", d)
	}
	w.act(bankA, "/v1/subsidy/reports", d.Parts[0])
	if next := into[draft](w, w.get(bankA, "/v1/subsidy/funds/"+fund+"/report?month=2026-06"), http.StatusOK); !next.Filed.Complete || len(next.Parts) != 0 {
		t.Errorf("%+v", next)
	}
}

func TestASettlementComesInPagesThatAreEachABatch(t *testing.T) {
	w := newWorld(t)
	_, fund, claims, _ := w.accruedFund()
	w.reportedFund(fund)
	path := "/v1/subsidy/funds/" + fund + "/settlement"
	type settlement struct {
		Items                 []object
		Claims                int
		Amount, Advance, Next string
	}
	get := func(query string) settlement {
		t.Helper()
		return into[settlement](w, w.get(bureau, path+"?"+query), http.StatusOK)
	}
	whole, one := get(""), get("limit=1")
	if len(whole.Items) != 2 || whole.Next != "" || whole.Claims != 2 || whole.Amount != "6875.00" {
		t.Errorf("whole: %+v", whole)
	}
	if len(one.Items) != 1 || one.Items[0]["id"] != claims[0] || one.Next == "" || one.Claims != 2 || one.Amount != "6875.00" {
		t.Fatalf("the first page: %+v", one)
	}
	w.refuse(http.StatusForbidden, "ROLE_NOT_PERMITTED", w.get(bankA, path))
	w.refuse(http.StatusUnprocessableEntity, "FIELD_RANGE", w.get(bureau, path+"?limit=1001"))
	for _, bad := range []string{"AAAA", one.Next + "A", cursorOf("settlement:FND-other", claims[0]), cursorOf("statement:p:h", "1")} {
		w.refuse(http.StatusUnprocessableEntity, "CURSOR_INVALID", w.get(bureau, path+"?cursor="+bad))
	}
	two := get("limit=1&cursor=" + one.Next)
	if len(two.Items) != 1 || two.Items[0]["id"] != claims[1] || two.Next != "" || two.Claims != 2 || two.Amount != "6875.00" {
		t.Errorf("the second page: %+v", two)
	}
	w.act(bureau, "/v1/subsidy/claims/"+claims[0]+"/settle", object{"amount": "5000.00"})
	if after := get("limit=1&cursor=" + one.Next); len(after.Items) != 1 || after.Items[0]["id"] != claims[1] || after.Claims != 1 || after.Amount != "1875.00" || after.Advance != "95000.00" {
		t.Errorf("the second page once the first is settled: %+v", after)
	}
}

func TestTheCommandLineSettlesAllPagesAndTellsWhatWasRefused(t *testing.T) {
	w := newWorld(t)
	_, fund, claims, _ := w.accruedFund()
	w.reportedFund(fund)
	loan := into[struct {
		Terms struct{ Loan struct{ ID string } }
	}](w, w.get(bankA, "/v1/subsidy/claims/"+claims[0]), http.StatusOK).Terms.Loan.ID
	w.act(bankA, "/v1/financings/"+loan+"/repay", object{"principal": "100000.00", "interest": "0.00", "date": w.days(-115), "reference": "HK-1"})
	settle := func() (int, string) {
		var out bytes.Buffer
		code := cli.Run(w.Context(), []string{"fund", "settle", fund, "--batch", "1", "--gateway", w.Server.URL, "--token", w.token(bureau)}, strings.NewReader(""), &out, &out)
		return code, out.String()
	}
	if code, out := settle(); code != 1 || !strings.Contains(out, claims[0]+": refused CORRECTION_DUE") || !strings.Contains(out, "\n0 of 2 settled\n1 of 2 settled\n") || !strings.HasSuffix(out, "1 claims were not settled\n") {
		t.Errorf("%d %s", code, out)
	}
	w.act(bureau, "/v1/subsidy/claims/"+claims[0]+"/correct", nil)
	if code, out := settle(); code != 0 || !strings.Contains(out, "1 of 1 settled") {
		t.Errorf("once it is corrected: %d %s", code, out)
	}
	if code, out := settle(); code != 0 || !strings.Contains(out, "0 claims, 0.00 yuan") || strings.Contains(out, "settled") {
		t.Errorf("when nothing is left: %d %s", code, out)
	}
}

// cursorOf is a cursor as a gateway makes it.
func cursorOf(list, last string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(list + "\n" + last))
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
		if want := (span{"2026-06", "100000.00", "6875.00", "0.00", "100000.00"}); len(s.Spans) != 2 || s.Spans[1].Settled != "6875.00" || // paid in July
			s.Spans[0] != want || s.Total.Settled != "6875.00" {
			t.Errorf("%+v", s)
		}
	}
	for name, c := range map[string]struct {
		edit        func(*excelize.File, string)
		place, says string
	}{
		"a fen":                  {set("B2", "6875.01"), "B2", `the ledger has "6875.00"`},
		"the sum":                {set("F4", "6874.99"), "F4", `the ledger has "6875.00"`},
		"money in transit":       {set("I3", "1.00"), "I3", `the ledger has "0.00"`},
		"a period":               {set("A3", "其他"), "A3", `the ledger has "未结期间"`},
		"a row that is left out": {func(f *excelize.File, s string) { _ = f.RemoveRow(s, 4) }, "", "the row 合计 is missing"},
		"a row too many":         {func(f *excelize.File, s string) { _ = f.DuplicateRowTo(s, 4, 5) }, "A5", "the statement has no such row"},
	} {
		t.Run(name, func(t *testing.T) {
			p := w.refuse(http.StatusUnprocessableEntity, "ROWS_REFUSED", w.upload(bureau, path+"/statement", "清算.xlsx", edited(t, statement, c.edit)))
			if e := p.Errors[0]; len(p.Errors) != 1 || e.Code != "STATEMENT_MISMATCH" || e.Location != c.place || !strings.Contains(e.Message, c.says) {
				t.Errorf("got %+v, want it at %q to say %s", p.Errors, c.place, c.says)
			}
		})
	}
	if strings.Contains(string(w.get(bankB, path).body), "allocated") {
		t.Error("another bank reads the fund")
	}
}

func TestMoneyOnItsWayBackIsInTransitUntilItIsConfirmed(t *testing.T) {
	w := newWorld(t)
	budget, fund := w.openFund(w.subsidyPolicy(), "2026-03")
	path := "/v1/subsidy/funds/" + fund
	type span struct{ Opening, Allocated, Returned, Returning, Advance, InTransit string }
	states := func(want span) {
		t.Helper()
		s := into[struct {
			Spans []span
			Total span
		}](w, w.get(bureau, path+"/statement"), http.StatusOK)
		if len(s.Spans) != 1 || s.Spans[0] != want || s.Total != want {
			t.Errorf("got %+v, want %+v", s, want)
		}
		sheet := w.get(bankA, path+"/statement?format=xlsx").body
		if r := w.upload(bureau, path+"/statement", "清算.xlsx", sheet); r.status != http.StatusOK {
			t.Errorf("the sheet does not read back: %s", r.body)
		}
	}
	for _, reference := range []string{"JH-1", "JH-2"} {
		w.act(bankA, path+"/return", object{"amount": "1.00", "date": w.days(0), "reference": reference})
	}
	states(span{"0.00", "100000.00", "0.00", "2.00", "99998.00", "2.00"})
	w.act(bureau, path+"/reject-return", object{"reference": "JH-2", "reason": "未到账"})
	states(span{"0.00", "100000.00", "0.00", "1.00", "99999.00", "1.00"})
	w.act(bureau, path+"/confirm-return", object{"reference": "JH-1", "amount": "1.00", "budget": budget})
	states(span{"0.00", "100000.00", "1.00", "0.00", "99999.00", "0.00"})
}

func TestARefusalOfTheFundSaysWhy(t *testing.T) {
	w := newWorld(t)
	budget, fund := w.openFund(w.subsidyPolicy(), "2026-03")
	path := "/v1/subsidy/funds/" + fund
	paid := object{"amount": "1.00", "date": w.days(0), "reference": "R-1"}
	with := func(of object, name string, value any) object {
		of = maps.Clone(of)
		of[name] = value
		return of
	}
	need := object{"year": 2026, "amount": "1.00", "loans": 1}
	void := object{"reference": "nowhere", "reason": "x"}
	for name, c := range map[string]struct {
		by                      ident.USCC
		verb                    string
		body                    object
		code, field, says, zhao string
	}{
		"a return with a budget":               {bankA, "return", with(paid, "budget", budget), "FIELD_UNKNOWN", "/budget", "", ""},
		"a return that is void":                {bankA, "return", with(paid, "void", "x"), "FIELD_UNKNOWN", "/void", "", ""},
		"an allocation that is void":           {bureau, "allocate", with(with(paid, "void", "x"), "budget", budget), "FIELD_UNKNOWN", "/void", "", ""},
		"a need with the day of filing":        {bankA, "request", object{"need": with(need, "filed", w.days(0))}, "FIELD_UNKNOWN", "/need/filed", "", ""},
		"more loans than there can be":         {bankA, "request", object{"need": with(need, "loans", 4611686018427387904)}, "FIELD_RANGE", "/need/loans", "expected number <= 1000000000", "不得大于 1000000000"},
		"an allocation that is none":           {bureau, "void-allocation", void, "FIELD_INVALID", "/reference", "no allocation of that reference", "有效预拨"},
		"a return to reject that is none":      {bureau, "reject-return", void, "FIELD_INVALID", "/reference", "no return of that reference", "待确认缴回"},
		"a return to withdraw that is none":    {bankA, "withdraw-return", void, "FIELD_INVALID", "/reference", "no return of that reference", "待确认缴回"},
		"a quarter that ends in another month": {bureau, "settle", object{"through": "2026-11"}, "FIELD_INVALID", "/through", "last month of a quarter", "季度末月"},
	} {
		t.Run(name, func(t *testing.T) {
			for lang, says := range map[string]string{"en": c.says, "zh": c.zhao} {
				r := w.post(c.by, path+"/"+c.verb, c.body, "Accept-Language", lang)
				p := w.refuse(http.StatusUnprocessableEntity, c.code, r)
				if p.Field != c.field || !strings.Contains(string(r.body), says) {
					t.Errorf("got %s, want %s to say %q", r.body, c.field, says)
				}
			}
		})
	}
}

func TestTheNoticeOfAClaimIsTheBanksReservationUntilTheBureauHasSigned(t *testing.T) {
	w := newWorld(t)
	_, fund, claims, _ := w.accruedFund()
	path := "/v1/subsidy/claims/" + claims[0]
	one, two := w.get(supplier, path+"/notice"), w.get(bureau, path+"/notice")
	if one.status != http.StatusOK || !bytes.Equal(one.body, two.body) || !bytes.HasPrefix(one.body, []byte("%PDF-1.5")) {
		t.Fatalf("%d %.80s", one.status, one.body)
	}
	says := func(r response, text string) bool {
		var hex strings.Builder
		for _, u := range utf16.Encode([]rune(text)) {
			fmt.Fprintf(&hex, "%04X", u)
		}
		return strings.Contains(string(r.body), hex.String())
	}
	for _, text := range []string{"贷款贴息额度预占通知书", "银行预占", "5000.00 元", "财金〔2026〕4号", string(supplier)} {
		if !says(one, text) {
			t.Errorf("the notice does not say %q", text)
		}
	}
	if says(one, "经审核") || says(one, "决定通知书") {
		t.Error("a reservation is told as a decision of the bureau")
	}
	loan := into[struct {
		Terms struct{ Loan struct{ ID string } }
	}](w, w.get(bankA, path), http.StatusOK).Terms.Loan.ID
	w.act(bankA, "/v1/financings/"+loan+"/repay", object{"principal": "100000.00", "interest": "0.00", "date": w.days(-115), "reference": "HK-1"})
	w.act(bureau, path+"/correct", nil)
	if corrected := w.get(supplier, path+"/notice"); !says(corrected, "贷款贴息额度预占通知书") || says(corrected, "经审核") || says(corrected, "部分结算") {
		t.Error("a correction that the bureau signed is told as its decision")
	}
	w.reportedFund(fund)
	w.act(bureau, path+"/settle", object{"amount": "1000.00"})
	if settled := w.get(supplier, path+"/notice"); !says(settled, "已部分结算") || !says(settled, "贷款贴息决定通知书") || !says(settled, "同意贴息") {
		t.Error("what the bureau settled is no decision")
	}
}

// reportedFund files and has accepted the report of June.
func (w *world) reportedFund(fund string) (report string) {
	w.Helper()
	path := "/v1/subsidy/funds/" + fund + "/report"
	filed := into[struct{ Reports []struct{ ID string } }](w, w.upload(bankA, path, "月报.xlsx", w.get(bankA, path+"?format=xlsx").body), http.StatusOK)
	report = filed.Reports[0].ID
	w.act(bureau, "/v1/subsidy/reports/"+report+"/accept", nil)
	return report
}

func TestAnAuditorChecksEveryLineOfAMonthByItsSignedCommands(t *testing.T) {
	w := newWorld(t)
	_, fund, claims, _ := w.accruedFund()
	w.refuse(http.StatusNotFound, "NOT_FOUND", w.get(bureau, "/v1/subsidy/funds/"+fund+"/dossier?month=2026-06"))
	report := w.reportedFund(fund)
	w.act(bureau, "/v1/subsidy/claims/"+claims[0]+"/settle", object{"amount": "1000.00"})
	r := w.get(bureau, "/v1/subsidy/funds/"+fund+"/dossier?month=2026-06")
	if r.status != http.StatusOK {
		t.Fatalf("%d %s", r.status, r.body)
	}
	got, err := receipt.VerifyDossier(r.body)
	if err != nil || got.Fund != fund || got.Lines != (receipt.Lines{First: 1, Last: 2, Of: 2}) || got.Accrued.String() != "6875.00" || got.Pinned {
		t.Fatalf("%+v %v", got, err)
	}
	if again, err := receipt.VerifyDossier(r.body, receipt.Anchor(got.Anchor)); err != nil || !again.Pinned {
		t.Errorf("with the founding key known before: %v", err)
	}
	verbs := map[string]bool{}
	for _, l := range got.Commands {
		verbs[l.Subject+" "+l.Verb] = true
	}
	for _, want := range []string{claims[0] + " subsidy.hold", claims[1] + " subsidy.accrue", claims[0] + " subsidy.settle", fund + " fund.allocate", report + " fund-report.file", report + " fund-report.accept"} {
		if !verbs[want] {
			t.Errorf("no signed command %q", want)
		}
	}
	if _, err := receipt.VerifyDossier(r.body, receipt.Anchor("x")); !failed(err, receipt.AnchorMismatch) {
		t.Errorf("another founding key: %v", err)
	}
	for name, c := range map[string]struct {
		change func(d *receipt.Dossier)
		code   receipt.Code
	}{
		"a claim is left out":           {func(d *receipt.Dossier) { d.Claims = d.Claims[1:] }, receipt.LinesDiffer},
		"a report is left out":          {func(d *receipt.Dossier) { d.Reports = nil }, receipt.LinesDiffer},
		"a claim has another's terms":   {func(d *receipt.Dossier) { d.Claims[0].Opening = d.Claims[1].Opening }, receipt.OpeningMismatch},
		"a header has another state":    {func(d *receipt.Dossier) { d.Claims[0].Header.State = "held" }, receipt.HeaderDiffers},
		"a command is left out":         {func(d *receipt.Dossier) { d.Commands = d.Commands[1:] }, receipt.FoundingMissing},
		"a command has another's place": {func(d *receipt.Dossier) { d.Commands[3], d.Commands[4] = d.Commands[4], d.Commands[3] }, receipt.OutOfOrder},
		"a signature is forged":         {forgeLast, receipt.SignatureInvalid},
		"another ledger":                {func(d *receipt.Dossier) { d.Ledger = "other" }, receipt.CharterDiffers},
		"another month":                 {func(d *receipt.Dossier) { d.Month = "2026-05" }, receipt.LinesDiffer},
	} {
		t.Run(name, func(t *testing.T) {
			var d receipt.Dossier
			if err := json.Unmarshal(r.body, &d); err != nil {
				t.Fatal(err)
			}
			c.change(&d)
			raw, err := canon.Marshal(d)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := receipt.VerifyDossier(raw); !failed(err, c.code) {
				t.Errorf("got %v, want %s", err, c.code)
			}
		})
	}
	if _, err := receipt.VerifyDossier([]byte(`{"format":"x"}`)); !errors.Is(err, receipt.ErrForm) {
		t.Errorf("what is no dossier: %v", err)
	}
}

// dossier gets all parts of a fund's month, of so many lines each.
func (w *world) dossier(fund string, lines int) (parts [][]byte, names []string) {
	w.Helper()
	path := fmt.Sprintf("/v1/subsidy/funds/%s/dossier?month=2026-06&limit=%d", fund, lines)
	for cursor := ""; ; {
		r := w.get(bureau, path+"&cursor="+cursor)
		if r.status != http.StatusOK {
			w.Fatalf("%d %s", r.status, r.body)
		}
		parts, names = append(parts, r.body), append(names, r.header.Get("Content-Disposition"))
		var d receipt.Dossier
		if err := json.Unmarshal(r.body, &d); err != nil {
			w.Fatal(err)
		}
		if cursor = d.Next; cursor == "" {
			return parts, names
		}
	}
}

func TestADossierInPartsTiesOverAllOfThem(t *testing.T) {
	for name, report := range map[string]func(*world, string, []string){
		"of one report": func(w *world, fund string, _ []string) { w.reportedFund(fund) },
		"of several reports, one without a line": func(w *world, fund string, claims []string) {
			file := func(final bool, lines []object, accrued string) {
				w.act(bankA, "/v1/subsidy/reports", object{"fund": fund, "month": "2026-06", "lines": lines, "accrued": accrued, "takenBack": "0.00", "final": final})
			}
			line := func(claim, accrued string) []object {
				return []object{{"claim": claim, "accrued": accrued, "takenBack": "0.00"}}
			}
			file(false, line(claims[0], "5000.00"), "5000.00")
			file(false, line(claims[1], "1875.00"), "1875.00")
			file(true, []object{}, "0.00")
		},
	} {
		t.Run(name, func(t *testing.T) { mustTie(t, report) })
	}
}

func mustTie(t *testing.T, report func(w *world, fund string, claims []string)) {
	w := newWorld(t)
	_, fund, claims, _ := w.accruedFund()
	report(w, fund, claims)
	parts, names := w.dossier(fund, 1)
	if len(parts) != 2 || !strings.Contains(names[1], "-lines-2-to-2-of-2.json") {
		t.Fatalf("%d parts, %v", len(parts), names)
	}
	check := func(some bool, parts ...[]byte) (receipt.DossierReport, error) {
		c := receipt.NewDossierCheck()
		for i, raw := range parts {
			if err := c.Add(raw); err != nil {
				t.Fatalf("part %d: %v", i, err)
			}
		}
		return c.End(some)
	}
	whole, _ := w.dossier(fund, 2)
	want, err := check(false, whole...)
	if err != nil || len(whole) != 1 {
		t.Fatalf("in one part: %v", err)
	}
	got, err := check(false, parts...)
	if err != nil || got.Lines != want.Lines || got.Accrued.Cmp(want.Accrued) != 0 || got.Accrued.Cmp(got.Whole.Accrued) != 0 || got.Accrued.String() != "6875.00" {
		t.Errorf("in two parts: %+v, want %+v: %v", got, want, err)
	}
	if one, err := check(true, parts[1]); err != nil || one.Lines != (receipt.Lines{First: 2, Last: 2, Of: 2}) || !one.Accrued.Less(one.Whole.Accrued) {
		t.Errorf("the second by itself: %+v: %v", one, err)
	}
	var first, second receipt.Dossier
	if json.Unmarshal(parts[0], &first) != nil || json.Unmarshal(parts[1], &second) != nil || len(first.Claims) != 1 || len(second.Claims) != 1 ||
		!slices.Contains(claims, first.Claims[0].Header.ID) || first.Claims[0].Header.ID == second.Claims[0].Header.ID {
		t.Errorf("claims %v and %v", first.Claims, second.Claims)
	}
	for name, some := range map[string][][]byte{"the first alone": parts[:1], "the second alone": parts[1:], "one twice": {parts[0], parts[0]}, "out of order": {parts[1], parts[0]},
		"one part too many": {parts[0], parts[1], parts[1]}, "none": {}} {
		if r, err := check(false, some...); !failed(err, receipt.LinesDiffer) && !errors.Is(err, receipt.ErrForm) {
			t.Errorf("%s: %+v %v", name, r.Lines, err)
		}
	}
	for name, change := range map[string]func(*receipt.Dossier){
		"says that it has more lines":          func(d *receipt.Dossier) { d.Lines.Last = 2 },
		"says that it has another line":        func(d *receipt.Dossier) { d.Lines = receipt.Lines{First: 2, Last: 2, Of: 2} },
		"says that the month has fewer":        func(d *receipt.Dossier) { d.Lines.Of = 1 },
		"has no line":                          func(d *receipt.Dossier) { d.Lines.Last, d.Claims = 0, nil },
		"has the claim of a line of the other": func(d *receipt.Dossier) { d.Claims = second.Claims },
		"has the claims of both":               func(d *receipt.Dossier) { d.Claims = append(d.Claims, second.Claims...) },
		"has no report":                        func(d *receipt.Dossier) { d.Reports = nil },
	} {
		d := first
		change(&d)
		raw, err := canon.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := receipt.VerifyDossier(raw); !failed(err, receipt.LinesDiffer) {
			t.Errorf("one that %s: %v", name, err)
		}
	}
	w.mustListTheMonth(fund, claims)
	w.mustGetAndCheck(fund)
	path := "/v1/subsidy/funds/" + fund + "/dossier?month=2026-06&limit=1&cursor="
	w.refuse(http.StatusUnprocessableEntity, "CURSOR_INVALID", w.get(bureau, path+"AAAA"))
	w.refuse(http.StatusUnprocessableEntity, "FIELD_RANGE", w.get(bureau, "/v1/subsidy/funds/"+fund+"/dossier?month=2026-06&limit=1001"))
}

func TestALongDossierHasFewerLines(t *testing.T) {
	w := newWorld(t, func(o *options) { o.limits = api.Limits{Dossier: 1} })
	_, fund, _, _ := w.accruedFund()
	w.reportedFund(fund)
	w.refuse(http.StatusUnprocessableEntity, "BATCH_SIZE", w.get(bureau, "/v1/subsidy/funds/"+fund+"/dossier?month=2026-06"))
	one := newWorld(t)
	_, fund, _, _ = one.accruedFund()
	one.reportedFund(fund)
	whole, _ := one.dossier(fund, 2)
	few := newWorld(t, func(o *options) { o.limits = api.Limits{Dossier: int64(len(whole[0])) - 1000} })
	_, fund, _, _ = few.accruedFund()
	few.reportedFund(fund)
	if parts, _ := few.dossier(fund, 2); len(parts) != 2 {
		t.Errorf("two lines that are too long come in %d parts", len(parts))
	}
}

// mustListTheMonth gets the month as one sheet.
func (w *world) mustListTheMonth(fund string, claims []string) {
	w.Helper()
	sheet := w.get(bureau, "/v1/subsidy/funds/"+fund+"/dossier?month=2026-06&format=xlsx").body
	f, err := excelize.OpenReader(bytes.NewReader(sheet))
	if err != nil {
		w.Fatalf("%v: %.300s", err, sheet)
	}
	rows, err := f.GetRows(f.GetSheetName(0))
	if err != nil || len(rows) != 4 || rows[0][3] != "申领编号" || rows[1][3] != claims[0] || rows[2][3] != claims[1] || rows[1][7] != "5000.00" || rows[3][7] != "6875.00" || rows[3][0] != fundsheet.TotalWord {
		w.Errorf("%v %q", err, rows)
	}
}

// mustGetAndCheck gets the month by the command line, in parts of a line each.
func (w *world) mustGetAndCheck(fund string) {
	w.Helper()
	dir := w.TempDir()
	var out bytes.Buffer
	code := cli.Run(w.Context(), []string{"fund", "dossier", fund, "--month", "2026-06", "--lines", "1", "-o", dir, "--gateway", w.Server.URL, "--token", w.token(bureau)},
		strings.NewReader(""), &out, &out)
	files, err := filepath.Glob(filepath.Join(dir, "*-part-000?.json"))
	if code != 0 || err != nil || len(files) != 2 || !strings.Contains(out.String(), "2 lines, 6875.00 accrued") {
		w.Fatalf("%d %s %v", code, out.String(), files)
	}
	for _, c := range []struct {
		args []string
		code int
	}{{files, 0}, {files[:1], 1}, {append(files[:1:1], "--part"), 0}} {
		out.Reset()
		if code := cli.Run(w.Context(), append([]string{"receipt", "dossier", "--own-anchor"}, c.args...), strings.NewReader(""), &out, &out); code != c.code {
			w.Errorf("receipt dossier %v: %d %s", c.args, code, out.String())
		}
	}
}

func failed(err error, code receipt.Code) bool {
	var f *receipt.FailedError
	return errors.As(err, &f) && f.Has(code)
}

// forgeLast turns a bit of the last command's signature.
func forgeLast(d *receipt.Dossier) {
	jws := []byte(d.Commands[len(d.Commands)-1].JWS)
	at := len(jws) - 40
	jws[at] = map[bool]byte{true: 'B', false: 'A'}[jws[at] == 'A']
	d.Commands[len(d.Commands)-1].JWS = string(jws)
}

func TestTheBureauSeesHowAPolicyIsUsedAndBanksDoNot(t *testing.T) {
	w := newWorld(t)
	policy, fund, claims, _ := w.accruedFund()
	type usage struct {
		Key, Name, Principal, Granted, Held, Accrued, Settled, TakenBack string
		Claims, Households                                               int
	}
	type list struct{ Items []usage }
	by := func(group string) []usage {
		return into[list](w, w.get(bureau, "/v1/subsidy/usage?policy="+policy+"&by="+group), http.StatusOK).Items
	}
	banks := by("bank")
	if len(banks) != 2 || banks[0].Key != string(bankA) || banks[0].Claims != 2 || banks[0].Households != 1 || banks[0].Accrued != "6875.00" ||
		banks[0].Principal != "11000000.00" || banks[0].Name == "" || banks[1].Accrued != "0.00" {
		t.Errorf("by bank: %+v", banks)
	}
	for group, want := range map[string]string{"sector": "", "district": "370200", "size": "small"} {
		if got := by(group); len(got) != 1 || got[0].Claims != 3 || got[0].Households != 1 || want != "" && got[0].Key != want {
			t.Errorf("by %s: %+v", group, got)
		}
	}
	if got := by("month"); len(got) != 2 || got[0].Granted != banks[0].Granted && got[0].Claims != 3 || got[1].Key != "2026-06" || got[1].Accrued != "6875.00" || got[1].Claims != 2 ||
		got[1].Held != "-6875.00" || got[1].Principal != "0.00" || got[1].Granted != "0.00" {
		t.Errorf("by month: %+v", got)
	}
	w.refuse(http.StatusUnprocessableEntity, "POLICY_UNKNOWN", w.get(bureau, "/v1/subsidy/usage?policy=none"))

	w.reportedFund(fund)
	w.act(bureau, "/v1/subsidy/claims/"+claims[0]+"/settle", object{"amount": "1000.00"})
	if got := by("month"); len(got) != 3 || got[2].Settled != "1000.00" || got[2].Accrued != "-1000.00" || got[2].Principal != "0.00" {
		t.Errorf("by month after a settlement: %+v", got)
	}
	type position struct {
		Budget, Used, Held, Left, Needed string
		Funds, Reporting                 int
	}
	if got := into[position](w, w.get(bureau, "/v1/subsidy/position?policy="+policy), http.StatusOK); got != (position{"1000000.00", "1000.00", "99000.00", "900000.00", "300000.00", 1, 0}) {
		t.Errorf("the budget: %+v", got)
	}
	notice := w.get(bureau, "/v1/subsidy/public-notice?policy="+policy)
	type entry struct{ Household, Name, Policy, Document string }
	if got := into[struct{ Items []entry }](w, notice, http.StatusOK).Items; len(got) != 1 || got[0].Household != string(supplier) || got[0].Document != "财金〔2026〕4号" {
		t.Errorf("for publication: %+v", got)
	}
	for _, secret := range append([]string{string(bankA), string(bankB), "FIN-", "6875", "11000000"}, claims...) {
		if strings.Contains(string(notice.body), secret) {
			t.Errorf("the list for publication tells %q", secret)
		}
	}
}

func TestARegulatorThatIsNotTheBureauIsGivenNoSumsOfWhatItHappensToHold(t *testing.T) {
	w := newWorld(t)
	u := newcomer(w)
	w.act(platform, "/v1/parties", object{"uscc": u, "name": "青岛市示例监管局", "roles": []string{"regulator"}, "org": "PlatformMSP"})
	w.act(bureau, "/v1/parties/"+string(u)+"/approve", nil)
	token, err := w.Dev.Token(u, []lifecycle.Role{lifecycle.Regulator}, time.Hour)
	w.must(err)
	w.tokens.Store(u, token)
	for _, query := range []string{"position?", "usage?by=bank&", "public-notice?"} {
		w.refuse(http.StatusForbidden, "NOT_PERMITTED", w.get(u, "/v1/subsidy/"+query+"policy=subsidy-sme-2026"))
	}
}
