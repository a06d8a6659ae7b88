package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/oklog/ulid/v2"

	"decore/chaincode/fund"
)

func reportOf(fund string, final bool, lines ...object) object {
	sum := map[int]string{0: "0.00", 1: "1875.00", 2: "6875.00"}[len(lines)]
	return object{"fund": fund, "month": "2026-06", "lines": lines, "accrued": sum, "takenBack": "0.00", "final": final}
}

func TestAReportThatLeavesClaimsOutIsRefusedAndBooksNothing(t *testing.T) {
	w := newWorld(t)
	_, fund, claims, _ := w.accruedFund()
	line := func(i int) object {
		return object{"claim": claims[i], "accrued": []string{"5000.00", "1875.00"}[i], "takenBack": "0.00"}
	}
	before := w.get(bureau, "/v1/subsidy/funds/"+fund).body
	for name, c := range map[string]struct {
		report object
		named  []string
	}{
		"final and empty":                {reportOf(fund, true, []object{}...), claims},
		"the last part before the first": {reportOf(fund, true, line(1)), claims[:1]},
		"a part that passes one over":    {reportOf(fund, false, line(1)), claims[:1]},
	} {
		t.Run(name, func(t *testing.T) {
			for _, query := range []string{"?dryRun=true", ""} {
				p := w.refuse(http.StatusUnprocessableEntity, "REPORT_MISMATCH", w.post(bankA, "/v1/subsidy/reports"+query, c.report))
				if p.Field != "/lines" || len(p.Errors) != len(c.named) {
					t.Fatalf("%+v", p)
				}
				for i, claim := range c.named {
					if p.Errors[i].Code != "REPORT_MISMATCH" || !strings.Contains(p.Errors[i].Message, claim) {
						t.Errorf("%+v, want %s", p.Errors[i], claim)
					}
				}
			}
		})
	}
	if after := w.get(bureau, "/v1/subsidy/funds/"+fund).body; string(after) != string(before) {
		t.Errorf("the fund moved: %s", after)
	}
	t.Run("and parts of one batch, each of which may fail alone", func(t *testing.T) {
		first := object{"fund": fund, "month": "2026-06", "lines": []object{line(0)}, "accrued": "5000.00", "takenBack": "0.00", "final": false}
		got := into[batchAnswer](w, w.post(bankA, "/v1/subsidy/reports/batch", object{"items": []object{{"verb": "file", "args": first}, {"verb": "file", "args": reportOf(fund, true, line(1))}}}), http.StatusOK).Results
		if got[0].Status != "accepted" || got[1].Status != "invalid" || got[1].Code != "REPORT_MISMATCH" {
			t.Errorf("%+v", got)
		}
		w.act(bankA, "/v1/subsidy/reports", reportOf(fund, true, line(1)))
	})
}

type warned struct {
	Warnings []struct{ Code, Message, Field string }
}

func TestTheBureauIsToldWhatAReportLeavesOutBeforeItAcceptsIt(t *testing.T) {
	w := newWorld(t)
	_, id, claims, _ := w.accruedFund()
	key, _, err := w.Keys.Key(bankA)
	w.must(err)
	report := "RPT-" + ulid.Make().String()
	own := w.sign(bankA, key, "fund-report.file", report, fund.FileArgs{Fund: id, Month: "2026-06", Lines: []fund.Line{}, Final: true}, nil)
	if got := into[batchAnswer](w, w.post(bankA, "/v1/commands", object{"commands": []object{own}}), http.StatusOK).Results; got[0].Status != "accepted" {
		t.Fatalf("%+v", got)
	}
	path := "/v1/subsidy/reports/" + report
	told := func(r response, lang string) {
		t.Helper()
		got := into[warned](w, r, http.StatusOK).Warnings
		if len(got) != 1 || got[0].Code != "LINES_LEFT_OUT" || got[0].Field != "/lines" || !strings.Contains(got[0].Message, lang) || !strings.Contains(got[0].Message, "6875.00") || !strings.Contains(got[0].Message, claims[0]) {
			t.Errorf("%s: %+v", r.body, got)
		}
	}
	told(w.get(bureau, path), "2 claims")
	told(w.get(bankA, path, "Accept-Language", "zh-CN"), "2 笔")
	told(w.post(bureau, path+"/accept?dryRun=true", nil), "2 claims")
	type results struct{ Results []warned }
	batch := into[results](w, w.post(bureau, "/v1/subsidy/reports/batch?dryRun=true", object{"items": []object{{"verb": "accept", "id": report}}}), http.StatusOK)
	if len(batch.Results) != 1 || len(batch.Results[0].Warnings) != 1 {
		t.Errorf("in a batch: %+v", batch)
	}
	told(w.post(bureau, path+"/accept", nil), "2 claims")

	w.later(31 * 24 * 60 * 60 * 1e9) // the next month's report says them, and of it nothing is to be told
	d := into[draft](w, w.get(bankA, "/v1/subsidy/funds/"+id+"/report"), http.StatusOK)
	next := w.act(bankA, "/v1/subsidy/reports", d.Parts[0]).ID
	if got := into[warned](w, w.get(bureau, "/v1/subsidy/reports/"+next), http.StatusOK); d.Accrued != "6875.00" || len(got.Warnings) != 0 {
		t.Errorf("%+v %+v", d, got)
	}
	if got := into[warned](w, w.post(bureau, "/v1/subsidy/reports/"+next+"/accept", nil), http.StatusOK); len(got.Warnings) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestAMonthThatCannotBeFiledYetIsShownAsSuchOrRefused(t *testing.T) {
	w := newWorld(t)
	_, fund, _, _ := w.accruedFund()
	path := "/v1/subsidy/funds/" + fund + "/report"
	for _, query := range []string{"?month=2099-01", "?month=2026-08", "?month=2026-07&format=xlsx"} {
		if p := w.refuse(http.StatusConflict, "PERIOD_OPEN", w.get(bankA, path+query)); p.Field != "query.month" {
			t.Errorf("%s: %+v", query, p)
		}
	}
	preview := func(month string) {
		t.Helper()
		r := w.get(bankA, path+"?month="+month)
		d, told := into[draft](w, r, http.StatusOK), into[warned](w, r, http.StatusOK).Warnings
		if d.Accrued != "6875.00" || len(d.Parts) != 0 || len(told) != 1 || told[0].Code != "PERIOD_OPEN" || told[0].Field != "/parts" {
			t.Errorf("%s", r.body)
		}
	}
	preview("2026-07") // runs
	due := w.get(bankA, path)
	if d := into[draft](w, due, http.StatusOK); len(d.Parts) != 1 || len(into[warned](w, due, http.StatusOK).Warnings) != 0 {
		t.Errorf("%s", due.body)
	}
	w.act(bankA, "/v1/subsidy/reports", into[draft](w, due, http.StatusOK).Parts[0])
	w.later(31 * 24 * 60 * 60 * 1e9)
	preview("2026-07") // waits for the acceptance of June
}
