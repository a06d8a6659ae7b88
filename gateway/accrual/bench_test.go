package accrual_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"decore/chaincode/evidence"
	"decore/chaincode/money"
	"decore/gateway/accrual"
	"decore/gateway/accrual/accrualtest"
	"decore/gateway/server"
)

// benchBook is a data folder with the book of DECORE_LOANS loans (2,000 when not given), made once and kept in the
// folder DECORE_BOOKS where that is given: making it takes far longer than accruing it.
func benchBook(b *testing.B) (dir string, n int) {
	b.Helper()
	n = 2000
	if s := os.Getenv("DECORE_LOANS"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	kept := os.Getenv("DECORE_BOOKS")
	if kept == "" {
		kept = b.TempDir()
	}
	dir = filepath.Join(kept, strconv.Itoa(n))
	if _, err := os.Stat(filepath.Join(dir, "made")); err == nil {
		return dir, n
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	accrualtest.Make(b, dir, n)
	b.Logf("made %d loans in %s", n, time.Since(began).Round(time.Second))
	if err := os.WriteFile(filepath.Join(dir, "made"), nil, 0o600); err != nil {
		b.Fatal(err)
	}
	return dir, n
}

// BenchmarkMake makes the book, to be kept.
func BenchmarkMake(b *testing.B) {
	for b.Loop() {
		benchBook(b)
	}
}

// BenchmarkRun accrues the whole book in one run, and beside it verifies as many signatures as the run had commands and
// does nothing else: the raw path, which no way of recording signed facts can pass.
func BenchmarkRun(b *testing.B) {
	server.TuneCollector() // as the program does
	book, n := benchBook(b)
	for b.Loop() {
		b.StopTimer()
		office := openCopy(b, book)
		b.StartTimer()
		began := time.Now()
		sum := run(b, office, accrual.Run{})
		took := time.Since(began)
		b.StopTimer()
		if sum.Accrued != n || !sum.Ties() || sum.Amount.Cmp(money.Fen(int64(n)*accrualtest.Each.Fen())) != 0 {
			b.Fatalf("%+v", sum)
		}
		raw := verifyMany(b, n)
		b.ReportMetric(float64(n)/took.Seconds(), "claims/s")
		b.ReportMetric(took.Seconds()*100_000/float64(n), "s/100k")
		b.ReportMetric(float64(n)/raw.Seconds(), "raw/s")
		b.ReportMetric(raw.Seconds()/took.Seconds(), "ratio")
		b.StartTimer()
	}
}

// verifyMany signs one command and verifies it n times on every core.
func verifyMany(b *testing.B, n int) time.Duration {
	b.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(b, err)
	cmd := evidence.Command{ID: "01JNQ4M3S0V5B6C7D8E9F0G1H2", Ledger: "raw", Verb: "subsidy.accrue", Party: accrualtest.Bank,
		Subject: "SUB-01JNQ4M3S0V5B6C7D8E9F0G1H2", Time: evidence.InstantOf(time.Now())}
	jws, err := evidence.Sign(cmd, key)
	must(b, err)
	signed, err := evidence.Parse(jws)
	must(b, err)
	began := time.Now()
	var group errgroup.Group
	for core := range runtime.GOMAXPROCS(0) {
		group.Go(func() error {
			for i := core; i < n; i += runtime.GOMAXPROCS(0) {
				if err := signed.Verify(&key.PublicKey); err != nil {
					return err
				}
			}
			return nil
		})
	}
	must(b, group.Wait())
	return time.Since(began)
}
