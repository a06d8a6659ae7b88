package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"decore/gateway/cli"
)

// fakeFund answers like a gateway with a fund of n claims to settle, of which one is refused when asked to.
func fakeFund(t *testing.T, n int, refuse bool) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/subsidy/funds/FND-1/settlement", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer tok" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		items := strings.TrimSuffix(strings.Repeat(`{"verb":"settle","id":"SUB-1","args":{"amount":"1.00"}},`, n), ",")
		_, _ = fmt.Fprintf(w, `{"items":[%s],"amount":"%d.00","advance":"9000.00"}`, items, n)
	})
	mux.HandleFunc("POST /v1/subsidy/claims/batch", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		results := strings.Repeat(`{"status":"accepted","id":"SUB-1"},`, strings.Count(string(body), `"settle"`)-1)
		last := `{"status":"accepted","id":"SUB-1"}`
		if refuse {
			last = `{"status":"refused","id":"SUB-9","code":"ADVANCE_SHORT","title":"short"}`
		}
		_, _ = fmt.Fprintf(w, `{"results":[%s%s]}`, results, last)
	})
	mux.HandleFunc("GET /v1/subsidy/funds/FND-1/report", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "sheet of "+r.URL.RawQuery)
	})
	mux.HandleFunc("POST /v1/subsidy/funds/FND-1/statement", func(w http.ResponseWriter, _ *http.Request) {
		const none = `"reported":"0.00","takenBack":"0.00","settled":"0.00","recovered":"0.00","returned":"0.00","advance":"10.00"`
		_, _ = io.WriteString(w, `{"fund":"FND-1","spans":[{"through":"2026-06","allocated":"10.00",`+none+`},{"allocated":"0.00",`+none+`}],"total":{"allocated":"10.00",`+none+`}}`)
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
	at := []string{"--gateway", fakeFund(t, 1500, false), "--token", "tok"}
	if code, out := runFund(append([]string{"settle", "FND-1"}, at...)...); code != 0 || !strings.Contains(out, "1500 claims, 1500.00 yuan") || !strings.Contains(out, "1500 of 1500 settled") {
		t.Errorf("%d %s", code, out)
	}
	if code, out := runFund(append([]string{"settle", "FND-1", "--dry-run"}, at...)...); code != 0 || strings.Contains(out, "settled") {
		t.Errorf("only tried: %d %s", code, out)
	}
	short := []string{"--gateway", fakeFund(t, 3, true), "--token", "tok"}
	if code, out := runFund(append([]string{"settle", "FND-1"}, short...)...); code != 1 || !strings.Contains(out, "2 settled, then: SUB-9: ADVANCE_SHORT") {
		t.Errorf("one refused: %d %s", code, out)
	}
	poor := []string{"--gateway", fakeFund(t, 9001, false), "--token", "tok"}
	if code, out := runFund(append([]string{"settle", "FND-1"}, poor...)...); code != 1 || !strings.Contains(out, "nothing was settled: 1.00 more") {
		t.Errorf("a yuan short: %d %s", code, out)
	}
	if code, _ := runFund("settle", "FND-1", "--gateway", fakeFund(t, 1, false), "--token", "other"); code != 1 {
		t.Error("a refused token is no failure")
	}
}

func TestAReportIsWrittenToAFileAndFiledFromOne(t *testing.T) {
	at := []string{"--gateway", fakeFund(t, 0, false), "--token", "tok"}
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
	if code, out := runFund(append([]string{"check", "FND-1", file}, at...)...); code != 0 || !strings.Contains(out, "2026-06  10.00") || !strings.Contains(out, "since    0.00") ||
		!strings.Contains(out, "the workbook is what the ledger has of FND-1") {
		t.Errorf("a statement: %d %s", code, out)
	}
	if code, _ := runFund(append([]string{"report", "FND-1", "--month", "June", "-o", file}, at...)...); code != 2 {
		t.Error("a month that nobody writes is taken")
	}
}
