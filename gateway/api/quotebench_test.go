package api_test

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/sync/errgroup"
)

// BenchmarkQuote is POST /v1/subsidy/quotes with a token over kept connections, the load generator in the same process,
// and beside it, in the same run, as many GET /livez: what the server and the generator cost without a gateway's work.
func BenchmarkQuote(b *testing.B) {
	w := newWorld(b)
	policy := w.subsidyPolicy()
	loan := w.fixedAsset(bankA, "3000000.00")
	facts := w.holdBody(policy, loan)
	byLoan := object{"policy": policy, "loan": object{"id": "L1", "household": supplier, "bank": bankA, "type": "fixed-asset-loan", "sizeClass": "small",
		"private": true, "sector": facts["sector"], "principal": "3000000.00", "annualRate": "0.0385", "disbursed": w.days(0), "maturity": w.days(730)}}
	for _, c := range []struct {
		name string
		body object
	}{{"financing", facts}, {"facts", byLoan}} {
		raw, err := json.Marshal(c.body, json.Deterministic(true))
		w.must(err)
		if r := w.post(bankA, "/v1/subsidy/quotes", string(raw)); r.status != http.StatusOK {
			b.Fatalf("%s: %d %s", c.name, r.status, r.body)
		}
		for _, connections := range []int{1, 64} {
			b.Run(fmt.Sprintf("%s/connections=%d", c.name, connections), func(b *testing.B) {
				began := time.Now()
				drive(b, w, connections, func(int) *http.Request { return w.request(bankA, http.MethodPost, "/v1/subsidy/quotes", string(raw)) })
				quotes := time.Since(began)
				trivial := w.timed(b.N, connections, func() *http.Request { return w.request(bankA, http.MethodGet, "/livez", "") })
				b.ReportMetric(float64(b.N)/trivial.Seconds(), "livez/s")
				b.ReportMetric(trivial.Seconds()/quotes.Seconds(), "ratio")
			})
		}
	}
}

// timed is how long n requests take over a number of connections.
func (w *world) timed(n, connections int, next func() *http.Request) time.Duration {
	w.Helper()
	var sent atomic.Int64
	var group errgroup.Group
	began := time.Now()
	for range connections {
		group.Go(func() error {
			for sent.Add(1) <= int64(n) {
				if r := w.do(next()); r.status != http.StatusOK {
					return fmt.Errorf("status %d", r.status)
				}
			}
			return nil
		})
	}
	w.must(group.Wait())
	return time.Since(began)
}
