package verification_test

import (
	"context"
	"testing"

	"decore/chaincode/check"
	"decore/chaincode/contract"
	"decore/gateway/verification"
)

// BenchmarkJudge judges a receivable from facts at hand, whose signatures were verified before.
func BenchmarkJudge(b *testing.B) {
	w, _, rec := trade(b)
	f := w.Facts(rec, w.BankA)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if v := verification.Judge(f); v.Verdict != check.Warn {
				b.Errorf("%+v", v)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "verifications/s")
}

// warm answers what a warm cache would, so that the benchmark measures gathering alone.
type warm struct {
	*world
	records map[string]held
}

type held struct {
	header  contract.Header
	opening []byte
}

func (s warm) Record(_ context.Context, id string) (contract.Header, []byte, error) {
	h := s.records[id]
	return h.header, h.opening, nil
}

// BenchmarkGatherAndJudge gathers each time, with a memory.
func BenchmarkGatherAndJudge(b *testing.B) {
	w, ord, rec := trade(b)
	memory, err := verification.NewMemory(1000)
	if err != nil {
		b.Fatal(err)
	}
	g := verification.Gatherer{Source: warm{w, map[string]held{ord: {w.Header(ord), w.Opening(ord)}, rec: {w.Header(rec), w.Opening(rec)}}}, Memory: memory}
	viewer, now := w.Viewer(w.BankA), w.Now()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			f, err := g.Gather(context.Background(), rec, viewer, now)
			if err != nil {
				b.Error(err)
			}
			if v := verification.Judge(f); v.Verdict != check.Warn {
				b.Errorf("%+v", v)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "verifications/s")
}

// BenchmarkFirstLook verifies every signature, as for a record that nobody asked for yet.
func BenchmarkFirstLook(b *testing.B) {
	w, _, rec := trade(b)
	for b.Loop() {
		if v := verification.Judge(w.Facts(rec, w.BankA)); v.Verdict != check.Warn {
			b.Fatalf("%+v", v)
		}
	}
}
