package projection_test

import (
	"testing"

	"decore/gateway/projection"
)

func TestRecordsAreCountedAndFoundByName(t *testing.T) {
	w := newWorld(t)
	order := w.deliveredOrder("90000.00")
	w.deliveredOrder("1000.00")
	rec := w.receivable(order, "60000.00")
	s := caughtUp(t, w.ledger)
	for name, f := range map[string]projection.Filter{
		"orders":                   {Kind: "order"},
		"orders in either state":   {Kind: "order", State: []string{"created", "delivered"}},
		"what the bank reads":      {Kind: "order", Reader: w.BankA.USCC},
		"receivables of the buyer": {Kind: "receivable", Reader: w.Leader.USCC},
	} {
		n, err := s.Count(t.Context(), f)
		must(t, err)
		if want := len(ids(t, s, f)); n != want {
			t.Errorf("%s: counted %d, listed %d", name, n, want)
		}
	}
	if n, err := s.Count(t.Context(), projection.Filter{Kind: "order"}); err != nil || n != 2 {
		t.Errorf("%d orders, %v", n, err)
	}
	found, err := s.Named(t.Context(), rec, "none", order)
	must(t, err)
	if len(found) != 2 || found[rec].ID != rec || found[order].Terms == nil {
		t.Errorf("%+v", found)
	}
	if found, err = s.Named(t.Context()); err != nil || len(found) != 0 {
		t.Errorf("no name: %v, %v", found, err)
	}
}

func TestWhoAskedABankForMoneyIsKnownFromThenOn(t *testing.T) {
	w := newWorld(t)
	rec := w.receivable(w.deliveredOrder("90000.00"), "60000.00")
	w.grant(rec, w.BankA, 5)
	s := caughtUp(t, w.ledger)
	asked := func(want bool) {
		t.Helper()
		for range 2 { // read, and remembered
			if got, err := s.Asked(t.Context(), w.BankA.USCC, w.SME.USCC); err != nil || got != want {
				t.Errorf("asked: %v, %v, want %v", got, err, want)
			}
		}
	}
	asked(false)
	w.applied(w.BankA, rec)
	must(t, s.CatchUp(t.Context(), w.ledger))
	asked(true)
	if got, err := s.Asked(t.Context(), w.BankB.USCC, w.SME.USCC); err != nil || got {
		t.Errorf("another bank: %v, %v", got, err)
	}
	must(t, s.Rebuild(t.Context(), w.ledger))
	asked(true)
}
