package projection_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"decore/adapters/ledger"
	"decore/chaincode/calendar"
	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/duplicate"
	"decore/chaincode/evidence"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/money"
	"decore/chaincode/order"
	"decore/gateway/projection"
)

// bulk is a ledger of very many orders of one seller and one buyer, made without the contract; some wait
// for attestation, most do not.
type bulk struct {
	*fake
	ids           []string
	seller, buyer ident.USCC
}

func newBulk(b *testing.B, n, perTransaction, perBlock int) *bulk {
	b.Helper()
	f := &fake{t: b, orgs: allOrgs, perBlock: perBlock, public: map[string][]byte{}, private: map[string][]byte{}, moved: make(chan struct{})}
	seller, buyer := contracttest.NewActor(3, "PlatformMSP", lifecycle.SME), contracttest.NewActor(5, "LeaderMSP", lifecycle.Leader)
	l := &bulk{fake: f, seller: seller.USCC, buyer: buyer.USCC}
	start := time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)
	for made := 0; made < n; {
		t := ledger.Transaction{ID: fmt.Sprintf("tx-%d", made), Time: start.Add(time.Duration(made) * time.Millisecond)}
		for range min(perTransaction, n-made) {
			l.create(&t, seller, made)
			made++
		}
		f.waiting = append(f.waiting, t)
		if len(f.waiting) >= perBlock || made == n {
			f.cutLocked()
		}
	}
	return l
}

func (l *bulk) create(t *ledger.Transaction, seller *contracttest.Actor, i int) {
	var id ulid.ULID
	l.check(id.SetTime(uint64(t.Time.UnixMilli() + int64(i))))
	l.check(id.SetEntropy(fmt.Appendf(nil, "%010d", i)))
	record, at := "ORD-"+id.String(), evidence.InstantOf(t.Time)
	day := calendar.At(t.Time)
	terms := order.Terms{Seller: l.seller, Buyer: l.buyer, BuyerClass: order.Large, Number: ident.DocumentNumber(fmt.Sprintf("PO%08d", i)),
		Signed: day, DeliverBy: day.AddDays(i % 90), PaymentDays: 60, Goods: "compressor housings", Amount: money.Fen(int64(i + 1))}
	sealed, err := evidence.Seal(record, contracttest.Salt(), terms)
	l.check(err)
	jws, err := evidence.Sign(evidence.Command{ID: id.String(), Ledger: "bulk", Verb: "order.create", Party: l.seller, Subject: record,
		Time: at, Args: sealed.Commitment()}, seller.Key)
	l.check(err)
	state := order.Attested
	if i%1000 == 0 {
		state = order.Created
	}
	token := duplicate.Token("F3-1-" + string(sealed.Commitment()))
	header := contract.Header{ID: record, Kind: "order", State: state, Version: 1, Terms: sealed.Commitment(), Owner: l.seller, Root: record,
		Parents: []string{}, Tokens: []duplicate.Token{token}, Created: at, Updated: at, Command: id.String(), Creation: id.String()}
	result := contract.Result{Command: id.String(), Status: contract.Accepted, Record: record, State: state, Version: 1, Terms: sealed.Commitment()}
	t.Commands, t.Results = append(t.Commands, jws), append(t.Results, result)
	for _, w := range []struct {
		key   string
		value any
	}{
		{contract.RecordKey(record), header},
		{contract.TokenKey(string(token)), duplicate.Register{Claims: []duplicate.Claim{{Record: record, State: duplicate.Registered, At: at}}}},
		{contract.CommandKey(id.String()), struct{}{}},
	} {
		raw, err := canon.Marshal(w.value)
		l.check(err)
		t.Writes = append(t.Writes, ledger.Write{Key: w.key, Value: raw})
	}
	for _, org := range []string{"PlatformMSP", "LeaderMSP"} {
		t.Private = append(t.Private, ledger.PrivateWrite{Org: org, Key: record, Hash: sealed.Commitment()})
		l.values = append(l.values, contract.Entry{Key: org + "/" + record, Value: sealed.Raw})
	}
	l.ids = append(l.ids, record)
}

// BenchmarkFeed tells how many new records a second the projection takes in, when it comes from far
// behind and when it follows block by block.
func BenchmarkFeed(b *testing.B) {
	for _, size := range []struct {
		name                     string
		perTransaction, perBlock int
	}{{"batches of 100", 100, 1}, {"single commands, 20 a block", 1, 20}, {"single commands, 1 a block", 1, 1}} {
		b.Run(size.name, func(b *testing.B) {
			const n = 10_000
			l := newBulk(b, n, size.perTransaction, size.perBlock)
			b.ResetTimer()
			for range b.N {
				s := open(b, filepath.Join(b.TempDir(), "p.db"), projection.Options{})
				must(b, s.CatchUp(b.Context(), l))
				must(b, s.Close())
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
		})
	}
}

func filledBulk(b *testing.B, n int, opts projection.Options) (*projection.Store, *bulk) {
	b.Helper()
	l := newBulk(b, n, 100, 1)
	s := open(b, filepath.Join(b.TempDir(), "p.db"), opts)
	must(b, s.CatchUp(b.Context(), l))
	return s, l
}

// BenchmarkRead reads records, documents' registers and books from two goroutines.
func BenchmarkRead(b *testing.B) {
	for _, c := range []struct {
		name  string
		cache int
	}{{"cached", 20_000}, {"uncached", 1}} {
		s, l := filledBulk(b, 10_000, projection.Options{Cache: c.cache})
		for name, read := range map[string]func(id string) error{
			"record": func(id string) error { _, err := s.Record(b.Context(), id); return err },
			"token": func(id string) error {
				_, err := s.Token(b.Context(), duplicate.Token("F3-1-"+id))
				return err
			},
			"book": func(id string) error { _, err := s.Book(b.Context(), id); return err },
		} {
			for _, id := range l.ids {
				must(b, read(id))
			}
			b.Run(c.name+"/"+name, func(b *testing.B) {
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						if err := read(l.ids[rand.IntN(len(l.ids))]); err != nil {
							b.Error(err)
						}
					}
				})
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "reads/s")
			})
		}
	}
}

// BenchmarkList lists from a party with very many records.
func BenchmarkList(b *testing.B) {
	s, l := filledBulk(b, 100_000, projection.Options{})
	for _, c := range []struct {
		name string
		f    projection.Filter
	}{
		{"newest 50 of a reader", projection.Filter{Kind: "order", Reader: l.buyer, Newest: true}},
		{"from the middle", projection.Filter{Kind: "order", Reader: l.buyer, After: l.ids[len(l.ids)/2]}},
		{"by number", projection.Filter{Kind: "order", Reader: l.buyer, Number: "PO00050000"}},
		{"in a rare state", projection.Filter{Kind: "order", Reader: l.buyer, State: []string{"created"}}},
		{"in a state that none has", projection.Filter{Kind: "order", Reader: l.buyer, State: []string{"closed"}}},
		{"of a stranger", projection.Filter{Kind: "order", Reader: "91370200990000004X"}},
		{"between two parties", projection.Filter{Kind: "order", Reader: l.buyer, Counterparty: l.seller, Newest: true}},
		{"due at the end", projection.Filter{Kind: "order", Reader: l.buyer, DueFrom: calendar.MustParse("2026-05-29")}},
		{"all of a state", projection.Filter{Kind: "order", State: []string{"attested"}}},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Records(b.Context(), c.f); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
