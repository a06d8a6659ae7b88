package verification_test

import (
	"context"
	"sync"
	"testing"

	"decore/chaincode/check"
	"decore/chaincode/contract"
	"decore/chaincode/credit"
	"decore/chaincode/duplicate"
	"decore/chaincode/encumbrance"
	"decore/chaincode/ident"
	"decore/chaincode/party"
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

// warm answers each question once from the ledger and from then on from memory, as the projection does.
type warm struct {
	*world
	records   memo[string, held]
	parties   memo[ident.USCC, party.Party]
	registers memo[duplicate.Token, duplicate.Register]
	books     memo[string, encumbrance.Book]
	policies  memo[string, credit.Policy]
}

type held struct {
	header  contract.Header
	opening []byte
}

type memo[K comparable, V any] struct{ known sync.Map }

func (m *memo[K, V]) get(key K, read func() (V, error)) (V, error) {
	if v, ok := m.known.Load(key); ok {
		return v.(V), nil
	}
	v, err := read()
	m.known.Store(key, v)
	return v, err
}

func (s *warm) Record(ctx context.Context, id string) (contract.Header, []byte, error) {
	h, err := s.records.get(id, func() (held, error) {
		h, opening, err := s.world.Record(ctx, id)
		return held{h, opening}, err
	})
	return h.header, h.opening, err
}

func (s *warm) Party(ctx context.Context, u ident.USCC) (party.Party, error) {
	return s.parties.get(u, func() (party.Party, error) { return s.world.Party(ctx, u) })
}

func (s *warm) Register(ctx context.Context, t duplicate.Token) (duplicate.Register, error) {
	return s.registers.get(t, func() (duplicate.Register, error) { return s.world.Register(ctx, t) })
}

func (s *warm) Book(ctx context.Context, root string) (encumbrance.Book, error) {
	return s.books.get(root, func() (encumbrance.Book, error) { return s.world.Book(ctx, root) })
}

func (s *warm) CreditPolicy(ctx context.Context) (credit.Policy, error) {
	return s.policies.get("", func() (credit.Policy, error) { return s.world.CreditPolicy(ctx) })
}

// BenchmarkGatherAndJudge gathers each time, with a memory.
func BenchmarkGatherAndJudge(b *testing.B) {
	w, _, rec := trade(b)
	memory, err := verification.NewMemory(1000)
	if err != nil {
		b.Fatal(err)
	}
	g := verification.Gatherer{Source: &warm{world: w}, Memory: memory}
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
