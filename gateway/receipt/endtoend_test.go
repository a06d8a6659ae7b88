package receipt_test

import (
	"context"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"decore/adapters/embedded"
	"decore/chaincode/check"
	"decore/chaincode/contract"
	"decore/gateway/projection"
	"decore/gateway/receipt"
	"decore/gateway/verification"
)

// TestThroughTheEmbeddedLedgerAndTheProjection plays the same past on a real ledger and reads it through the
// real projection: the verification is the same, and its receipt holds.
func TestThroughTheEmbeddedLedgerAndTheProjection(t *testing.T) {
	w := newWorld(t)
	w.Grant(w.record, w.BankB)
	w.Reserve(w.BankB, w.record, "100000.00")
	engine, store := relive(t, w)
	g := gatherer(t, verification.FromProjection(store))
	for _, id := range []string{w.record, w.order} {
		sameThere(t, w, g, engine, id)
	}
	lookup, err := g.Lookup(t.Context(), w.Header(w.record).Tokens[0], w.Viewer(w.BankB), w.Now())
	if err != nil {
		t.Fatal(err)
	}
	if v := verification.Token(lookup); v.Verdict != check.Warn || v.AsOf.Hash == "" {
		t.Errorf("lookup: %s as of %+v", v.Verdict, v.AsOf)
	}
}

// TestGoodsThroughTheEmbeddedLedgerAndTheProjection does so with goods and every receipt over them.
func TestGoodsThroughTheEmbeddedLedgerAndTheProjection(t *testing.T) {
	w := newGoodsWorld(t)
	engine, store := relive(t, w.world)
	g := gatherer(t, verification.FromProjection(store))
	for _, id := range w.records() {
		sameThere(t, w.world, g, engine, id)
	}
}

func gatherer(t *testing.T, source verification.Source) verification.Gatherer {
	t.Helper()
	memory, err := verification.NewMemory(1000)
	if err != nil {
		t.Fatal(err)
	}
	return verification.Gatherer{Source: source, Memory: memory}
}

// sameThere checks that a record is verified on the ledger as in the world, and that its receipt holds.
func sameThere(t *testing.T, w *world, g verification.Gatherer, engine *embedded.Engine, id string) {
	t.Helper()
	expected := verification.Judge(w.Facts(id, w.BankA))
	for range 2 { // the second time out of memory
		facts, err := g.Gather(t.Context(), id, w.Viewer(w.BankA), w.Now())
		if err != nil {
			t.Fatal(err)
		}
		v := verification.Judge(facts)
		if v.Verdict != expected.Verdict || v.Commitment != expected.Commitment || v.AsOf.Block != expected.AsOf.Block || len(v.Checks) != len(expected.Checks) {
			t.Fatalf("got %s as of %d, want %s as of %d", v.Verdict, v.AsOf.Block, expected.Verdict, expected.AsOf.Block)
		}
		for i := range v.Checks {
			if v.Checks[i] != expected.Checks[i] {
				t.Errorf("got %+v, want %+v", v.Checks[i], expected.Checks[i])
			}
		}
		issuer := receipt.Issuer{Source: g.Source, Blocks: engine, Signer: &receipt.Signer{Party: w.Platform.USCC, Key: w.Platform.Key}}
		raw, err := issuer.Issue(t.Context(), facts)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := receipt.Compare(t.Context(), raw, engine, receipt.Signed()); err != nil {
			t.Error(err)
		}
	}
}

// relive submits the batches of a world to a new embedded ledger, at their times, and feeds a projection.
func relive(t *testing.T, w *world) (*embedded.Engine, *projection.Store) {
	t.Helper()
	dir := t.TempDir()
	var now atomic.Int64
	clock := func() time.Time { return time.UnixMilli(now.Load()).UTC() }
	now.Store(w.Blocks[0].Time.UnixMilli())
	engine, err := embedded.Open(embedded.Options{Dir: filepath.Join(dir, "ledger"), Name: w.Name, Run: contract.Submit, Clock: clock,
		Orgs: []string{"BureauMSP", "PlatformMSP", "LeaderMSP", "BankAMSP", "BankBMSP"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close() })
	for i, b := range w.Batches {
		now.Store(w.Blocks[i].Time.UnixMilli())
		if _, err := engine.Submit(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	store, err := projection.Open(context.Background(), filepath.Join(dir, "projection.db"), projection.Options{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	if err := store.CatchUp(t.Context(), engine); err != nil {
		t.Fatal(err)
	}
	return engine, store
}
