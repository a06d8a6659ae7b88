package embedded

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble"
	"golang.org/x/sync/errgroup"

	"decore/chaincode/contract"
)

// benchKeys is how many keys BenchmarkGrowth fills a ledger with.
const benchKeys = "DECORE_BENCH_KEYS"

const valueSize = 1 << 10

// record is a contract that costs nothing itself: it looks up whether each command, which is a key, is
// there, and writes a value of a kilobyte under it.
func record(s contract.State, b contract.Batch) (contract.Outcome, error) {
	var out contract.Outcome
	if _, err := s.Get(b.Commands...); err != nil {
		return out, err
	}
	for _, key := range b.Commands {
		if err := s.Put(key, valueOf(key)); err != nil {
			return out, err
		}
		out.Results = append(out.Results, contract.Result{Command: key, Status: contract.Accepted})
	}
	return out, nil
}

// valueOf is bytes that a compressor makes nothing of.
func valueOf(key string) []byte {
	value := make([]byte, 0, valueSize)
	for seed := []byte(key); len(value) < valueSize; {
		seed = []byte(hashText(seed))
		value = append(value, seed...)
	}
	return value[:valueSize]
}

// keyOf is time-ordered as the ledger's identifiers are, in a shape of theirs.
func keyOf(n int64) string { return fmt.Sprintf("order/%026d", n) }

func openBench(b *testing.B, dir string) *Engine {
	opts := options(dir)
	opts.Run, opts.CheckBudget = record, 0 // what a start takes is measured as it is
	return open(b, opts)
}

// together calls fn with 0 to n-1 from a number of callers.
func together(b *testing.B, callers, n int, fn func(i int64) error) {
	b.Helper()
	var next atomic.Int64
	var group errgroup.Group
	for range callers {
		group.Go(func() error {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				if err := fn(i); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		b.Fatal(err)
	}
}

func perSecond(n int, took time.Duration) float64 { return float64(n) / took.Seconds() }

// One write of a kilobyte a transaction, and in the same run the bare store syncing as many bytes.
func BenchmarkSubmit(b *testing.B) {
	for _, callers := range []int{1, 16, 64} {
		b.Run("callers="+strconv.Itoa(callers), func(b *testing.B) {
			e := openBench(b, b.TempDir())
			b.ResetTimer()
			together(b, callers, b.N, func(i int64) error {
				_, err := e.Submit(context.Background(), contract.Batch{Commands: []string{keyOf(i)}})
				return err
			})
			engine := perSecond(b.N, b.Elapsed())
			b.StopTimer()
			blocks := e.views.head().Number
			started := time.Now()
			together(b, callers, b.N, func(i int64) error {
				// What a transaction stores is its value twice, as state and in the block.
				key := []byte("?" + keyOf(i))
				return e.db.Set(key, bytes.Repeat(valueOf(keyOf(i)), 2), pebble.Sync)
			})
			raw := perSecond(b.N, time.Since(started))
			b.ReportMetric(engine, "tx/s")
			b.ReportMetric(float64(b.N)/float64(blocks), "tx/block")
			b.ReportMetric(raw, "raw/s")
			b.ReportMetric(engine/raw, "ratio")
		})
	}
}

// Batches of 100 writes a transaction, as a spreadsheet makes them.
func BenchmarkBatch(b *testing.B) {
	e := openBench(b, b.TempDir())
	b.ResetTimer()
	together(b, 4, b.N, func(i int64) error { return writeMany(e, i*100, 100) })
	b.ReportMetric(perSecond(100*b.N, b.Elapsed()), "writes/s")
}

func writeMany(e *Engine, from int64, n int) error {
	var keys []string
	for i := range int64(n) {
		keys = append(keys, keyOf(from+i))
	}
	_, err := e.Submit(context.Background(), contract.Batch{Commands: keys})
	return err
}

func fill(b *testing.B, e *Engine, from, to int64) {
	b.Helper()
	const batch = 200
	together(b, 4, int((to-from+batch-1)/batch), func(i int64) error {
		return writeMany(e, from+i*batch, int(min(batch, to-from-i*batch)))
	})
}

// rate is how many single writes a second 64 callers get done.
func rate(b *testing.B, e *Engine, from int64) float64 {
	b.Helper()
	const n = 20_000
	started := time.Now()
	together(b, 64, n, func(i int64) error {
		_, err := e.Submit(context.Background(), contract.Batch{Commands: []string{keyOf(from + i)}})
		return err
	})
	return perSecond(n, time.Since(started))
}

// What a write costs on a big ledger against a small one, and how long the big one takes to start, after
// a clean end and with a write-ahead log as full as it gets.
func BenchmarkGrowth(b *testing.B) {
	big := int64(100_000)
	if n, err := strconv.ParseInt(os.Getenv(benchKeys), 10, 64); err == nil {
		big = n
	}
	for b.Loop() {
		dir := b.TempDir()
		e := openBench(b, dir)
		fill(b, e, 0, 10_000)
		small := rate(b, e, 10_000)
		started := time.Now()
		fill(b, e, 30_000, big)
		b.ReportMetric(perSecond(int(big)-30_000, time.Since(started)), "fill/s")
		// Let the store tidy up, as a ledger that grew over months has.
		if err := e.db.Compact([]byte{0}, []byte{0xFF}, true); err != nil {
			b.Fatal(err)
		}
		large := rate(b, e, big)
		closeIt(b, e)
		started = time.Now()
		e = openBench(b, dir)
		b.ReportMetric(float64(time.Since(started).Milliseconds()), "start-ms")
		b.ReportMetric(small, "small-tx/s")
		b.ReportMetric(large, "big-tx/s")
		b.ReportMetric(small/large, "cost-ratio")
		closeIt(b, e)
	}
}
