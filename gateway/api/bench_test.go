package api_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"decore/chaincode/ident"
)

// drive sends b.N requests over real connections and reports requests a second and latencies.
func drive(b *testing.B, w *world, connections int, next func(i int) *http.Request) {
	b.Helper()
	var sent atomic.Int64
	took := make([]time.Duration, b.N)
	var wait sync.WaitGroup
	b.ResetTimer()
	began := time.Now()
	for range connections {
		wait.Go(func() {
			for {
				i := int(sent.Add(1)) - 1
				if i >= b.N {
					return
				}
				start := time.Now()
				res, err := w.Client.Do(next(i))
				if err != nil {
					b.Error(err)
					return
				}
				if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode >= 300 {
					b.Errorf("status %d, %v", res.StatusCode, err)
				}
				_ = res.Body.Close()
				took[i] = time.Since(start)
			}
		})
	}
	wait.Wait()
	elapsed := time.Since(began)
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(b.N)/elapsed.Seconds(), "req/s")
	b.ReportMetric(float64(took[b.N/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[min(b.N*99/100, b.N-1)].Microseconds())/1000, "p99-ms")
}

func (w *world) request(p ident.USCC, method, path, body string) *http.Request {
	req, err := http.NewRequest(method, w.Server.URL+path, strings.NewReader(body))
	w.must(err)
	req.Header.Set("Authorization", "Bearer "+w.token(p))
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	return req
}

// BenchmarkVerification is GET …/verification with a token over loopback, the load generator in the same process.
func BenchmarkVerification(b *testing.B) {
	w := newWorld(b)
	records := make([]string, 20)
	for i := range records {
		records[i] = w.granted(w.receivable(w.delivered("1000000.00"), "600000.00"), bankA)
	}
	for _, connections := range []int{1, 50} {
		b.Run(fmt.Sprintf("connections=%d", connections), func(b *testing.B) {
			drive(b, w, connections, func(i int) *http.Request {
				return w.request(bankA, http.MethodGet, "/v1/receivables/"+records[i%len(records)]+"/verification", "")
			})
		})
	}
}

// BenchmarkVerificationHandler is the same without a network: what the gateway itself costs.
func BenchmarkVerificationHandler(b *testing.B) {
	w := newWorld(b)
	rec := w.granted(w.receivable(w.delivered("1000000.00"), "600000.00"), bankA)
	req := w.request(bankA, http.MethodGet, "/v1/receivables/"+rec+"/verification", "")
	b.ReportAllocs()
	for b.Loop() {
		out := httptest.NewRecorder()
		w.API.ServeHTTP(out, req)
		if out.Code != http.StatusOK {
			b.Fatal(out.Body.String())
		}
	}
}

// BenchmarkPost is a single signed write, durable when it is answered.
func BenchmarkPost(b *testing.B) {
	w := newWorld(b)
	for _, connections := range []int{1, 64} {
		b.Run(fmt.Sprintf("connections=%d", connections), func(b *testing.B) {
			day, by := w.days(-3), w.days(30)
			base := w.serial.Add(int64(b.N)) - int64(b.N)
			drive(b, w, connections, func(i int) *http.Request {
				return w.request(supplier, http.MethodPost, "/v1/orders", fmt.Sprintf(`{"seller":%q,"buyer":%q,"buyerClass":"large","number":"B%09d",
					"signed":%q,"deliverBy":%q,"paymentDays":60,"goods":"x","amount":"100.00"}`, supplier, leader, base+int64(i)+1, day, by))
			})
		})
	}
}

// BenchmarkImport imports a sheet of DECORE_ROWS receivables (default 2,000) against a hundred orders, and reports rows
// a second and the most memory that was in use. 50,000 rows show what the interface promises.
func BenchmarkImport(b *testing.B) {
	rows := 2000
	if s := os.Getenv("DECORE_ROWS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			b.Fatal(err)
		}
		rows = n
	}
	w := newWorld(b)
	numbers := w.deliveredMany(100)
	for b.Loop() {
		b.StopTimer()
		var sheet strings.Builder
		sheet.WriteString(receivableHeader)
		for i := range rows {
			n := w.serial.Add(1)
			sheet.WriteString(w.line(numbers[i%len(numbers)], w.invoice(), strconv.FormatInt(100+n, 10)+".00"))
		}
		peak := watchMemory()
		b.StartTimer()
		began := time.Now()
		got := into[imported](w, w.upload(supplier, "/v1/receivables/import", "x.csv", []byte(sheet.String())), http.StatusOK)
		b.ReportMetric(float64(rows)/time.Since(began).Seconds(), "rows/s")
		b.ReportMetric(float64(peak())/(1<<20), "peak-MB")
		if got.Recorded != rows {
			b.Fatalf("%d of %d rows recorded", got.Recorded, rows)
		}
	}
}

// watchMemory samples the memory that the process has of the system until it is asked for the most.
func watchMemory() func() uint64 {
	stop, done := make(chan struct{}), make(chan uint64)
	go func() {
		var most uint64
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.Sys-m.HeapReleased)
			select {
			case <-tick.C:
			case <-stop:
				done <- most
				return
			}
		}
	}()
	return func() uint64 { close(stop); return <-done }
}

// deliveredMany are delivered orders, by their numbers.
func (w *world) deliveredMany(n int) []string {
	w.Helper()
	create, attest, ship, accept := make([]object, n), make([]object, n), make([]object, n), make([]object, n)
	numbers := make([]string, n)
	for i := range create {
		body := w.orderBody("900000000.00")
		numbers[i] = body["number"].(string)
		create[i] = object{"verb": "create", "args": body}
	}
	for i, id := range w.batch(supplier, "orders", create) {
		attest[i] = object{"verb": "attest", "id": id}
		ship[i] = object{"verb": "ship", "id": id, "args": object{"amount": "900000000.00", "date": w.days(0), "note": "D"}}
		accept[i] = object{"verb": "accept", "id": id, "args": object{"amount": "900000000.00", "date": w.days(0)}}
	}
	w.batch(leader, "orders", attest)
	w.batch(supplier, "orders", ship)
	w.batch(leader, "orders", accept)
	return numbers
}
