package accrual_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"decore/chaincode/financing"
	"decore/chaincode/fund"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/gateway/accrual"
	"decore/gateway/accrual/accrualtest"
	"decore/gateway/auth"
	"decore/gateway/desk"
	"decore/gateway/server"
)

// BenchmarkMoney asks a gateway for all that is read of a bank's whole book: the report to file, before and after it is filed and
// accepted, what can be settled, page by page, and the use of the policy.
func BenchmarkMoney(b *testing.B) {
	server.TuneCollector()
	book, n := benchBook(b)
	for b.Loop() {
		b.StopTimer()
		dir := filepath.Join(b.TempDir(), "data")
		must(b, os.CopyFS(dir, os.DirFS(book)))
		for _, secret := range []string{"master.key", "development-issuer.pem"} {
			must(b, os.Chmod(filepath.Join(dir, secret), 0o600))
		}
		base, ahead := accrualtest.Clock(), time.Duration(0)
		cfg := server.Config{Data: dir, Listen: "127.0.0.1:0", Clock: func() time.Time { return base().Add(ahead) }, Log: slog.New(slog.DiscardHandler)}
		o, err := server.OpenOffice(b.Context(), cfg)
		must(b, err)
		must(b, o.CatchUp(b.Context()))
		id := openFund(b, o, n)
		run(b, o, accrual.Run{})
		must(b, o.Close())
		ahead = 40 * 24 * time.Hour

		g := serve(b, cfg)
		b.StartTimer()
		var draft struct{ Parts []fund.FileArgs }
		b.ReportMetric(g.ask(benchBureau, "/v1/subsidy/usage?policy="+accrualtest.Policy, new(any)), "usage-ms")
		b.ReportMetric(g.ask(accrualtest.Bank, "/v1/subsidy/funds/"+id+"/report", &draft), "report-ms")
		g.close()
		b.StopTimer()
		o, err = server.OpenOffice(b.Context(), cfg)
		must(b, err)
		for _, part := range draft.Parts {
			report := do(b, o, desk.Order{Party: accrualtest.Bank, Verb: "fund-report.file", Args: part}).Record
			do(b, o, desk.Order{Party: benchBureau, Verb: "fund-report.accept", Subject: report, Args: financing.NoArgs{}})
		}
		must(b, o.Close())
		g = serve(b, cfg)
		b.StartTimer()
		g.settlement(id, n)
		g.close()
	}
}

// reader reads from a gateway.
type reader struct {
	*testing.B
	*server.Server
	tokens map[ident.USCC]string
}

func serve(b *testing.B, cfg server.Config) *reader {
	b.Helper()
	s, err := server.Start(b.Context(), cfg)
	must(b, err)
	issuer, err := auth.OpenDevIssuer(cfg.Data, nil)
	must(b, err)
	g := &reader{b, s, map[ident.USCC]string{}}
	for party, role := range map[ident.USCC]lifecycle.Role{accrualtest.Bank: lifecycle.Bank, benchBureau: lifecycle.Regulator} {
		g.tokens[party], err = issuer.Token(party, []lifecycle.Role{role}, time.Hour)
		must(b, err)
	}
	return g
}

func (g *reader) close() { must(g, g.Close(g.Context())) }

// ask reads the answer into a value and returns how many milliseconds it took.
func (g *reader) ask(party ident.USCC, path string, into any) float64 {
	g.Helper()
	began := time.Now()
	req, err := http.NewRequestWithContext(g.Context(), http.MethodGet, g.URL()+path, nil)
	must(g, err)
	req.Header.Set("Authorization", "Bearer "+g.tokens[party])
	answer, err := http.DefaultClient.Do(req)
	must(g, err)
	raw, err := io.ReadAll(answer.Body)
	must(g, err)
	must(g, answer.Body.Close())
	if answer.StatusCode != http.StatusOK {
		g.Fatalf("%s: %d %s", path, answer.StatusCode, raw)
	}
	must(g, json.Unmarshal(raw, into))
	return time.Since(began).Seconds() * 1000
}

// settlement reads every page of what can be settled.
func (g *reader) settlement(id string, n int) {
	g.Helper()
	type page struct {
		Items  []struct{ ID string }
		Next   string
		Claims int
	}
	var times []float64
	found := map[string]bool{}
	for next := ""; ; {
		var p page
		times = append(times, g.ask(benchBureau, "/v1/subsidy/funds/"+id+"/settlement?cursor="+next, &p))
		for _, item := range p.Items {
			found[item.ID] = true
		}
		if p.Claims != n {
			g.Fatalf("%d claims", p.Claims)
		}
		if next = p.Next; next == "" {
			break
		}
	}
	if len(found) != n {
		g.Fatalf("%d claims on all pages", len(found))
	}
	g.ReportMetric(slices.Max(times), "settlement-page-ms")
}
