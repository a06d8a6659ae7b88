package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"decore/gateway/cli"
)

// settledMeanwhile is a claim that another run settled after it was proposed, and clawedBack one that has lost the amount since.
const settledMeanwhile, clawedBack = 101, 102

// fakeFund answers like a gateway with a fund of n claims to settle, of which some are refused.
func fakeFund(t *testing.T, n int, refused ...int) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/subsidy/funds/FND-1/settlement", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer tok" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		limit, _ := strconv.Atoi(r.FormValue("limit"))
		after, _ := strconv.Atoi(r.FormValue("cursor"))
		last, next := min(n, after+limit), ""
		if last < n {
			next = strconv.Itoa(last)
		}
		var items []string
		for i := after + 1; i <= last; i++ {
			items = append(items, fmt.Sprintf(`{"verb":"settle","id":"SUB-%d","args":{"amount":"1.00"}}`, i))
		}
		_, _ = fmt.Fprintf(w, `{"items":[%s],"next":%q,"claims":%d,"amount":"%d.00","advance":"9000.00"}`, strings.Join(items, ","), next, n, n)
	})
	mux.HandleFunc("POST /v1/subsidy/claims/batch", func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			Items []struct {
				Verb, ID string
				Args     struct{ Amount string }
			}
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || len(body.Items) > 1000 {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		var results []string
		for _, item := range body.Items {
			result := `{"status":"accepted","id":"` + item.ID + `"}`
			switch {
			case item.ID == fmt.Sprintf("SUB-%d", settledMeanwhile) && n == clawedBack, item.ID == fmt.Sprintf("SUB-%d", clawedBack) && n == clawedBack:
				result = `{"status":"refused","code":"SETTLE_AMOUNT","title":"amount"}`
			case slices.ContainsFunc(refused, func(i int) bool { return item.ID == fmt.Sprintf("SUB-%d", i) }):
				result = `{"status":"refused","code":"CORRECTION_DUE","title":"due","reasons":[{"code":"LATE","title":"late"}]}`
			case item.Verb != "settle" || item.Args.Amount != "1.00":
				result = `{"status":"invalid","code":"FIELD_INVALID"}`
			}
			results = append(results, result)
		}
		_, _ = fmt.Fprintf(w, `{"results":[%s]}`, strings.Join(results, ","))
	})
	mux.HandleFunc("GET /v1/subsidy/claims/{id}", func(w http.ResponseWriter, r *http.Request) {
		last := map[string]string{"SUB-101": "", "SUB-102": `,{"no":2,"verb":"claw-back","settled":"-1.00"}`}[r.PathValue("id")]
		_, _ = io.WriteString(w, `{"terms":{"claim":{"entries":[{"no":1,"verb":"settle","settled":"1.00"}`+last+`]}}}`)
	})
	mux.HandleFunc("GET /v1/subsidy/funds/FND-1/report", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "sheet of "+r.URL.RawQuery)
	})
	mux.HandleFunc("POST /v1/subsidy/funds/FND-1/statement", func(w http.ResponseWriter, _ *http.Request) {
		const none = `"reported":"0.00","takenBack":"0.00","settled":"0.00","recovered":"0.00",`
		_, _ = io.WriteString(w, `{"fund":"FND-1","spans":[{"through":"2026-06","opening":"0.00","allocated":"10.00",`+none+`"returned":"0.00","returning":"1.00","advance":"9.00","inTransit":"1.00"},
			{"opening":"9.00","allocated":"0.00",`+none+`"returned":"1.00","returning":"-1.00","advance":"9.00","inTransit":"0.00"}],
			"total":{"opening":"0.00","allocated":"10.00",`+none+`"returned":"1.00","returning":"0.00","advance":"9.00","inTransit":"0.00"}}`)
	})
	mux.HandleFunc("POST /v1/subsidy/funds/FND-1/report", func(w http.ResponseWriter, r *http.Request) {
		if f, _, err := r.FormFile("file"); err == nil {
			if content, _ := io.ReadAll(f); string(content) == "sheet" {
				_, _ = io.WriteString(w, `{"month":"2026-06","lines":3,"accrued":"12.00","takenBack":"1.00","reports":[{"id":"FRP-1","state":"filed","position":{"tx":"t","block":7,"time":"2026-07-01T01:02:03Z"},"command":{"id":"C1","party":"91370200990000308H","signed":"2026-07-01T01:02:03.004Z","jws":"x"}}]}`)
				return
			}
		}
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = io.WriteString(w, `{"title":"The row was not recorded","errors":[{"location":"I4","code":"SUM_MISMATCH","message":"not the sum"}]}`)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

// run runs the command line and returns the exit code and all that it wrote.
func runFund(args ...string) (int, string) {
	var out bytes.Buffer
	code := cli.Run(context.Background(), append([]string{"fund"}, args...), strings.NewReader(""), &out, &out)
	return code, out.String()
}

func TestAFundIsSettledInBatchesAndSaysWhatWasNot(t *testing.T) {
	at := []string{"--gateway", fakeFund(t, 1500), "--token", "tok"}
	if code, out := runFund(append([]string{"settle", "FND-1"}, at...)...); code != 0 || !strings.Contains(out, "1500 claims, 1500.00 yuan") || !strings.Contains(out, "\n1000 of 1500 settled\n1500 of 1500 settled\n") {
		t.Errorf("%d %s", code, out)
	}
	if code, out := runFund(append([]string{"settle", "FND-1", "--dry-run"}, at...)...); code != 0 || strings.Contains(out, "settled") {
		t.Errorf("only tried: %d %s", code, out)
	}
	some := []string{"--gateway", fakeFund(t, 7, 2, 3, 7), "--token", "tok", "--batch", "3"}
	if code, out := runFund(append([]string{"settle", "FND-1"}, some...)...); code != 1 || !strings.Contains(out, "SUB-2: refused CORRECTION_DUE due\n  LATE late\nSUB-3: refused CORRECTION_DUE due\n  LATE late\n1 of 7 settled\n4 of 7 settled\nSUB-7: refused") ||
		!strings.Contains(out, "4 of 7 settled\n") || !strings.HasSuffix(out, "3 claims were not settled\n") {
		t.Errorf("three refused: %d %s", code, out)
	}
	poor := []string{"--gateway", fakeFund(t, 9001), "--token", "tok"}
	if code, out := runFund(append([]string{"settle", "FND-1"}, poor...)...); code != 1 || !strings.Contains(out, "nothing was settled: 1.00 more") {
		t.Errorf("a yuan short: %d %s", code, out)
	}
	twice := []string{"--gateway", fakeFund(t, clawedBack), "--token", "tok"}
	if code, out := runFund(append([]string{"settle", "FND-1"}, twice...)...); code != 1 || !strings.Contains(out, "SUB-101: already settled\nSUB-102: refused SETTLE_AMOUNT amount\n100 of 102 settled\n1 were already settled") {
		t.Errorf("settled meanwhile: %d %s", code, out)
	}
	if code, _ := runFund("settle", "FND-1", "--gateway", fakeFund(t, 1), "--token", "other"); code != 1 {
		t.Error("a refused token is no failure")
	}
}

func TestAReportIsWrittenToAFileAndFiledFromOne(t *testing.T) {
	at := []string{"--gateway", fakeFund(t, 0), "--token", "tok"}
	file := filepath.Join(t.TempDir(), "report.xlsx")
	if code, out := runFund(append([]string{"report", "FND-1", "--month", "2026-06", "-o", file}, at...)...); code != 0 {
		t.Fatalf("%d %s", code, out)
	}
	if raw, err := os.ReadFile(file); err != nil || string(raw) != "sheet of format=xlsx&month=2026-06" {
		t.Errorf("%s %v", raw, err)
	}
	if code, out := runFund(append([]string{"file", "FND-1", file}, at...)...); code != 1 || !strings.Contains(out, "I4") || !strings.Contains(out, "SUM_MISMATCH") {
		t.Errorf("a bad sheet: %d %s", code, out)
	}
	if err := os.WriteFile(file, []byte("sheet"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out := runFund(append([]string{"file", "FND-1", file}, at...)...); code != 0 || out != "2026-06: 3 claims, accrued 12.00, taken back 1.00; filed\n  FRP-1 filed block 7, command C1\n" {
		t.Errorf("a good sheet: %d %s", code, out)
	}
	if code, out := runFund(append([]string{"file", "FND-1", file, "--json"}, at...)...); code != 0 || !strings.HasPrefix(out, `{"month":"2026-06","lines":3`) {
		t.Errorf("as it is: %d %s", code, out)
	}
	if code, out := runFund(append([]string{"check", "FND-1", file}, at...)...); code != 0 || !strings.Contains(out, "2026-06  0.00     10.00      0.00     0.00       0.00      1.00       9.00     1.00") ||
		!strings.Contains(out, "since    9.00     0.00       0.00     0.00       1.00      -1.00      9.00     0.00") ||
		!strings.Contains(out, "the workbook is what the ledger has of FND-1") {
		t.Errorf("a statement: %d %s", code, out)
	}
	if code, _ := runFund(append([]string{"report", "FND-1", "--month", "June", "-o", file}, at...)...); code != 2 {
		t.Error("a month that nobody writes is taken")
	}
}
