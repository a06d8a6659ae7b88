package accrual_test

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"decore/gateway/accrual/accrualtest"
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

func BenchmarkMake(b *testing.B) {
	dir, n := benchBook(b)
	b.Log(dir, n)
}
