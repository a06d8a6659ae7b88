package cli_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"decore/gateway/cli"
)

const (
	statementHead = `{"policy":"p","version":1,"household":"91370200990000009K","whole":true,"room":"1475666.67","principalRoom":"42000000.00",`
	statementHold = `{"claim":"SUB-1","loan":"FIN-1","bank":"913702009900000334","no":1,"verb":"hold","on":"2026-04-08","by":"913702009900000334","command":"C1","principal":"8000000.00","held":"24333.33",
 "balance":{"principal":"8000000.00","held":"24333.33","accrued":"0.00","settled":"0.00","clawedBack":"0.00"}}`
	statementCorrect = `{"claim":"SUB-1","loan":"FIN-1","bank":"913702009900000334","no":2,"verb":"correct","on":"2026-06-20","by":"913702009900000334","command":"C2","causes":["overdue"],
 "lines":[{"from":"2026-04-08","to":"2026-06-20","days":63,"amount":"-3333.33","adjusts":true}],"held":"3333.33","accrued":"-3333.33",
 "balance":{"principal":"8000000.00","held":"27666.66","accrued":"21000.00","settled":"0.00","clawedBack":"0.00"}}`
)

func TestAStatementIsPrintedFromAGatewaysAnswer(t *testing.T) {
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/subsidy/accounts/91370200990000009K/statement" || r.URL.Query().Get("policy") != "p" || r.Header.Get("Authorization") != "Bearer good" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		page, found := strings.CutPrefix(r.FormValue("cursor"), "after-")
		switch {
		case r.FormValue("limit") == "1" && !found:
			page = statementHead + `"next":"after-1","entries":[` + statementHold + `]}`
		case r.FormValue("limit") == "1" && page == "1":
			page = statementHead + `"entries":[` + statementCorrect + `]}`
		default:
			page = statementHead + `"entries":[` + statementHold + `,` + statementCorrect + `]}`
		}
		_, _ = io.WriteString(w, strings.ReplaceAll(page, "\n", "")) // a gateway answers in one line
	}))
	defer gateway.Close()
	run := func(token string, more ...string) (int, string, string) {
		var out, errOut strings.Builder
		args := append([]string{"statement", "91370200990000009K", "--policy", "p", "--gateway", gateway.URL, "--token", token}, more...)
		code := cli.Run(context.Background(), args, strings.NewReader(""), &out, &errOut)
		return code, out.String(), errOut.String()
	}
	t.Run("each booking with its day, cause, periods and balance", func(t *testing.T) {
		code, out, _ := run("good")
		for _, want := range []string{"2026-04-08", "correct (overdue)", "2026-04-08 to 2026-06-20, 63 days", "-3333.33", "adjusted", "2 bookings, whole account; room left 1475666.67"} {
			if !strings.Contains(out, want) {
				t.Errorf("no %q in\n%s", want, out)
			}
		}
		if code != 0 {
			t.Errorf("exit code %d", code)
		}
	})
	t.Run("the same when it comes in pages, which --json prints one a line", func(t *testing.T) {
		_, whole, _ := run("good")
		if code, out, _ := run("good", "--page", "1"); code != 0 || out != whole {
			t.Errorf("exit code %d,\n%s\nwant\n%s", code, out, whole)
		}
		code, out, _ := run("good", "--page", "1", "--json")
		if pages := strings.Split(strings.TrimSpace(out), "\n"); code != 0 || len(pages) != 2 || !strings.Contains(pages[0], `"hold"`) || !strings.Contains(pages[1], `"correct"`) {
			t.Errorf("exit code %d, %s", code, out)
		}
	})
	t.Run("a refusal is an error", func(t *testing.T) {
		if code, out, errOut := run("bad"); code != 1 || out != "" || !strings.Contains(errOut, "404") {
			t.Errorf("exit code %d, %q, %q", code, out, errOut)
		}
	})
}
