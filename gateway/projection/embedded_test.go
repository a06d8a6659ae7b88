package projection_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"decore/adapters/embedded"
	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/gateway/projection"
)

// engineWorld is a world whose batches also go to an embedded ledger.
func engineWorld(t *testing.T) (*world, *embedded.Engine) {
	t.Helper()
	var mu sync.Mutex
	now := time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)
	engine, err := embedded.Open(embedded.Options{Dir: t.TempDir(), Name: "test", Run: contract.Submit, Orgs: allOrgs,
		Clock: func() time.Time {
			mu.Lock()
			defer mu.Unlock()
			return now
		}})
	must(t, err)
	t.Cleanup(func() { must(t, engine.Close()) })
	submit := func(c *contracttest.Chain) func(contract.Batch, contract.Outcome) {
		return func(b contract.Batch, want contract.Outcome) {
			mu.Lock()
			now = c.State.Now
			mu.Unlock()
			got, err := engine.Submit(context.WithoutCancel(t.Context()), b)
			must(t, err)
			for i, r := range got.Results {
				if r.Status != want.Results[i].Status || r.Code != want.Results[i].Code {
					t.Fatalf("the engine answers %+v, the chain %+v", r, want.Results[i])
				}
			}
		}
	}
	f := newFake(t, submit)
	return &world{Chain: f.chain, ledger: f}, engine
}

func TestOnTheEmbeddedLedger(t *testing.T) {
	w, engine := engineWorld(t)
	path := filepath.Join(t.TempDir(), "p.db")
	s := open(t, path, projection.Options{})
	stop := running(t, s, engine)
	p := w.publishSubsidy()
	for range 3 {
		w.pipeline(w.BankA)
		w.subsidised(p, w.BankB)
		w.Pass(time.Hour)
		head, err := engine.Head(t.Context())
		must(t, err)
		must(t, s.WaitFor(t.Context(), head.Number))
		for _, id := range w.financings {
			if r, err := s.Record(t.Context(), id); err != nil || r.Terms == nil || r.Version != w.Header(id).Version {
				t.Fatalf("%s: %+v, %v", id, r.Header, err)
			}
		}
		noDifference(t, s, engine)
	}
	must(t, stop())
	grown := digest(t, s)
	must(t, s.Rebuild(t.Context(), engine))
	if digest(t, s) != grown {
		t.Error("rows differ after a rebuild")
	}
	if blocks, _, err := s.Lag(t.Context(), engine); blocks != 0 || err != nil {
		t.Errorf("lag %d, %v", blocks, err)
	}
}

func TestReconciliationWhileTheLedgerIsWritten(t *testing.T) {
	w, engine := engineWorld(t)
	s := fresh(t)
	stop := running(t, s, engine)
	head, err := engine.Head(t.Context())
	must(t, err)
	must(t, s.WaitFor(t.Context(), head.Number)) // it is being fed
	reconciled := make(chan struct{})
	go func() {
		defer close(reconciled)
		for range 5 {
			if found, err := s.Reconcile(t.Context(), engine); err != nil || len(found) > 0 {
				t.Errorf("found %v, %v", found, err)
			}
		}
	}()
	for done := false; !done; {
		w.deliveredOrder("90000.00")
		select {
		case <-reconciled:
			done = true
		default:
		}
	}
	must(t, stop())
}
