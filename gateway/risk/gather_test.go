package risk_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"decore/adapters/ledger"
	"decore/chaincode/calendar"
	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/ident"
	lc "decore/chaincode/lifecycle"
	"decore/chaincode/order"
	"decore/chaincode/receivable"
	"decore/gateway/projection"
	"decore/gateway/risk"
)

const bank = ident.USCC("913702009900000334")

// trail is a ledger of records that nobody had to sign, in one block.
type trail struct {
	ledger.Ledger
	t       testing.TB
	writes  []ledger.Write
	private map[string][]byte
	told    []ledger.PrivateWrite
	block   *ledger.Block
	n       int
}

func newTrail(t testing.TB) *trail { return &trail{t: t, private: map[string][]byte{}} }

func (l *trail) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

// put writes a record, disclosed to the parties.
func (l *trail) put(prefix, kind string, state lc.State, terms contract.Terms, parents []string, to ...ident.USCC) string {
	l.n++
	id := fmt.Sprintf("%s-%026d", prefix, l.n)
	sealed, err := evidence.Seal(id, []byte("salt salt salt salt salt salt 32"), terms)
	l.must(err)
	at := evidence.InstantOf(day.Start())
	h := contract.Header{ID: id, Kind: kind, State: state, Version: 1, Terms: sealed.Commitment(), Owner: terms.Parties()[0], Root: id,
		Parents: append([]string{}, parents...), Grants: []contract.Grant{}, Created: at, Updated: at}
	for _, p := range to {
		h.Grants = append(h.Grants, contract.Grant{Party: p, From: at, Until: day.AddDays(30)})
	}
	raw, err := canon.Marshal(h)
	l.must(err)
	l.writes = append(l.writes, ledger.Write{Key: contract.RecordKey(id), Value: raw})
	l.told = append(l.told, ledger.PrivateWrite{Org: "OneMSP", Key: id, Hash: sealed.Commitment()})
	l.private[id] = sealed.Raw
	return id
}

func (l *trail) order(from, to ident.USCC, amount string, on calendar.Date, readers ...ident.USCC) string {
	return l.put("ORD", "order", order.Attested, order.Terms{Seller: from, Buyer: to, Number: ident.DocumentNumber(fmt.Sprintf("PO%d7%d", l.n, l.n)),
		Signed: on, DeliverBy: on, PaymentDays: 60, Goods: "x", Amount: yuan(amount)}, nil, readers...)
}

func (l *trail) receivable(of string, from, to ident.USCC, amount string, on calendar.Date, readers ...ident.USCC) string {
	return l.put("REC", "receivable", receivable.Registered, receivable.Terms{Order: of, Seller: from, Buyer: to, Invoice: ident.InvoiceNumber(fmt.Sprintf("%020d", l.n*977)),
		Issued: on, Delivered: on, Due: on.AddDays(60), Amount: yuan(amount), Outstanding: yuan(amount), Payments: []receivable.Payment{}}, []string{of}, readers...)
}

// party is the n-th of many.
func party(n int) ident.USCC {
	u, err := ident.CompleteUSCC("370200", fmt.Sprintf("980%05d", n))
	if err != nil {
		panic(err)
	}
	return u
}

func (l *trail) Orgs() []string { return []string{"OneMSP"} }

func (l *trail) Private(_ context.Context, _ string, keys ...string) ([][]byte, error) {
	var all [][]byte
	for _, k := range keys {
		all = append(all, l.private[k])
	}
	return all, nil
}

func (l *trail) Head(context.Context) (ledger.Head, error) {
	return ledger.Head{Number: 1, Hash: l.block.Hash, Time: l.block.Time}, nil
}

func (l *trail) Block(context.Context, uint64) (*ledger.Block, error) { return l.block, nil }

func (l *trail) Follow(ctx context.Context, from uint64, fn func(*ledger.Block) error) error {
	if from <= 1 {
		if err := fn(l.block); err != nil {
			return err
		}
	}
	<-ctx.Done()
	return ctx.Err()
}

// gatherer reads what was put into the ledger.
func (l *trail) gatherer() *risk.Gatherer {
	l.t.Helper()
	l.block = &ledger.Block{Number: 1, Hash: "x", Time: day.Start(), Transactions: []ledger.Transaction{{ID: "tx", Time: day.Start(), Writes: l.writes, Private: l.told}}}
	store, err := projection.Open(l.t.Context(), filepath.Join(l.t.TempDir(), "p.db"), projection.Options{Clock: day.Start})
	l.must(err)
	l.t.Cleanup(func() { _ = store.Close() })
	l.must(store.CatchUp(l.t.Context(), l))
	return &risk.Gatherer{Store: store, Settings: settings(l.t)}
}

func viewer(p ident.USCC) risk.Viewer {
	return risk.Viewer{Reader: projection.Reader{Party: p, Why: []projection.Access{projection.Owner, projection.Bound, projection.Granted}, Day: day}, Terms: true,
		Reads: func(_ context.Context, r projection.Record) (bool, error) {
			return projection.CanRead(r, p, day) != "", nil
		}}
}

func assess(t testing.TB, g *risk.Gatherer, id string, v risk.Viewer) risk.Report {
	t.Helper()
	r, err := g.Store.Record(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	f, err := g.Gather(t.Context(), r, v)
	if err != nil {
		t.Fatal(err)
	}
	return risk.Assess(f, g.Settings)
}

func TestARoundTripIsSeenThroughWhatIsDisclosed(t *testing.T) {
	l := newTrail(t)
	sold := l.order(seller, buyer, "50000.00", day, bank)
	on := l.order(buyer, third, "49000.00", day.AddDays(-20), bank)
	back := l.order(third, seller, "48000.00", day.AddDays(30), bank)
	l.order(third, seller, "47000.00", day.AddDays(29), bank) // of two between the same, the newest is told
	hidden := l.order(buyer, seller, "46000.00", day)
	g := l.gatherer()
	s, fired := signalOf(assess(t, g, sold, viewer(bank)), risk.RoundTrip)
	if !fired || !slices.Equal(s.Records, []string{on, back}) || s.Others != 0 {
		t.Errorf("the bank is told %+v", s)
	}
	if s, _ := signalOf(assess(t, g, sold, viewer(seller)), risk.RoundTrip); !slices.Equal(s.Records, []string{hidden}) {
		t.Errorf("the seller, who sees a shorter one, is told %+v", s)
	}
	if s, fired := signalOf(assess(t, g, on, viewer(third)), risk.RoundTrip); fired {
		t.Errorf("who does not see the middle is told %+v", s)
	}
	g.Settings.CycleLength = 2
	if s, fired := signalOf(assess(t, g, sold, viewer(bank)), risk.RoundTrip); fired {
		t.Errorf("a trip of three is told where two are looked for: %+v", s)
	}
}

func TestAnAffiliatesSalesCloseTheTripForWhoMayKnowOfIt(t *testing.T) {
	l := newTrail(t)
	sold := l.order(seller, buyer, "50000.00", day, bank)
	back := l.order(fourth, third, "49000.00", day, bank)
	g := l.gatherer()
	g.Settings.Affiliates = [][]ident.USCC{{buyer, fourth}, {seller, third}}
	v := viewer(bank)
	if s, fired := signalOf(assess(t, g, sold, v), risk.RoundTrip); fired {
		t.Errorf("a caller who may not know of affiliates is told %+v", s)
	}
	v.Keeps = true
	if s, _ := signalOf(assess(t, g, sold, v), risk.RoundTrip); !slices.Equal(s.Records, []string{back}) {
		t.Errorf("told %+v", s)
	}
}

func TestSharesAreOfWhatTheCallerSees(t *testing.T) {
	l := newTrail(t)
	of := l.order(seller, buyer, "999999.00", day, bank)
	rec := l.receivable(of, seller, buyer, "100.00", day, bank)
	for i := range 4 {
		l.receivable(of, seller, []ident.USCC{third, fourth}[i%2], "100.00", day.AddDays(i-400), bank)
	}
	g := l.gatherer()
	if s, fired := signalOf(assess(t, g, rec, viewer(bank)), risk.Concentration); !fired || s.Text.En == "" {
		t.Errorf("two fifths of three debtors are %+v", s) // 0.2² + 0.4² + 0.4² = 0.36
	}
	l.receivable(of, seller, party(1), "100.00", day)
	l.receivable(of, seller, buyer, "999999999999999.99", day)
	g = l.gatherer()
	told, _ := signalOf(assess(t, g, rec, viewer(bank)), risk.Concentration)
	if want := "Of what the seller is owed, as far as the caller may see, the largest debtor owes 40.0%; the Herfindahl index is 0.360."; told.Text.En != want {
		t.Errorf("with receivables that it does not see the bank is told %q", told.Text.En)
	}
	if s, _ := signalOf(assess(t, g, rec, viewer(seller)), risk.Concentration); s.Text.En == told.Text.En {
		t.Error("the seller, who sees them, is told the same")
	}
}

// A hundred of the largest amounts add up to more than SQL's integers hold.
func TestTheLargestAmountsAddUp(t *testing.T) {
	l := newTrail(t)
	of := l.order(seller, buyer, "1.00", day, bank)
	for range 100 {
		l.receivable(of, seller, buyer, "999999999999999.99", day)
	}
	g := l.gatherer()
	shares, err := g.Store.Debtors(t.Context(), viewer(seller).Reader, seller)
	if err != nil || len(shares) != 1 || shares[0].Owed.String() != "99999999999999999.00" || shares[0].Receivables != 100 {
		t.Errorf("got %+v, %v", shares, err)
	}
}

func TestAFirstTradeIsTheFirstThatTheCallerSees(t *testing.T) {
	l := newTrail(t)
	old := l.order(seller, buyer, "30000.00", day.AddDays(-300))
	fresh := l.order(seller, buyer, "50000.00", day, bank)
	g := l.gatherer()
	if _, fired := signalOf(assess(t, g, fresh, viewer(bank)), risk.NewRoundQuarterEnd); !fired {
		t.Error("to the bank they are not new")
	}
	if _, fired := signalOf(assess(t, g, fresh, viewer(seller)), risk.NewRoundQuarterEnd); fired {
		t.Error("to the seller they are new")
	}
	if _, fired := signalOf(assess(t, g, old, viewer(seller)), risk.NewRoundQuarterEnd); fired {
		t.Error("the middle of a quarter is its end")
	}
}

func TestOrdersWithOneNumberAreComparedBetweenTheSameParties(t *testing.T) {
	l := newTrail(t)
	numbered := func(from, to ident.USCC, amount string) string {
		return l.put("ORD", "order", order.Created, order.Terms{Seller: from, Buyer: to, Number: "PO1", Signed: day, DeliverBy: day, Goods: "x", Amount: yuan(amount)}, nil)
	}
	a, b := numbered(seller, buyer, "1.00"), numbered(seller, buyer, "2.00")
	numbered(third, buyer, "3.00")
	numbered(seller, third, "4.00")
	if s, _ := signalOf(assess(t, l.gatherer(), a, viewer(buyer)), risk.PaperMismatch); !slices.Equal(s.Records, []string{b}) || s.Others != 0 {
		t.Errorf("got %+v", s)
	}
}

func TestNoSignalsAboutOtherKinds(t *testing.T) {
	l := newTrail(t)
	g := l.gatherer()
	if _, err := g.Gather(t.Context(), projection.Record{Header: contract.Header{Kind: "financing"}}, viewer(bank)); err == nil {
		t.Error("a financing has signals")
	}
}

// BenchmarkSignals gathers and assesses one receivable among ten thousand: all between the same two parties, or a
// hundred sellers' to a hundred buyers.
func BenchmarkSignals(b *testing.B) {
	for _, parties := range []int{1, 100} {
		b.Run(fmt.Sprintf("pairs=%d", parties*parties), func(b *testing.B) {
			l := newTrail(b)
			from, to := func(i int) ident.USCC { return party(i % parties) }, func(i int) ident.USCC { return party(1000 + i/parties%parties) }
			of := l.order(from(0), to(0), "1.00", day, bank)
			var rec string
			for i := range 10_000 {
				rec = l.receivable(of, from(i), to(i), fmt.Sprintf("%d.00", 1000+i), day.AddDays(-i%700), bank)
			}
			g := l.gatherer()
			for _, p := range []ident.USCC{bank, from(9_999)} {
				b.Run(map[bool]string{true: "bank", false: "seller"}[p == bank], func(b *testing.B) {
					for b.Loop() {
						if r := assess(b, g, rec, viewer(p)); r.Record != rec {
							b.Fatal(r)
						}
					}
				})
			}
		})
	}
}
