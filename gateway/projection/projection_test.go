package projection_test

import (
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"decore/adapters/ledger"
	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/ident"
	"decore/gateway/projection"
)

func TestRowsDoNotDependOnHowTheyWereFed(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		orgs := rapid.SampledFrom([][]string{allOrgs, {"BankAMSP"}, {"PlatformMSP", "BankBMSP"}, {}}).Draw(rt, "orgs")
		l := w.ledger.as(orgs...)
		path := filepath.Join(t.TempDir(), "p.db")
		grown := open(t, path, projection.Options{})
		for range rapid.IntRange(5, 25).Draw(rt, "steps") {
			w.ledger.perBlock = rapid.IntRange(1, 4).Draw(rt, "transactions in a block")
			w.step(rt)
			switch rapid.IntRange(0, 5).Draw(rt, "feed") {
			case 0:
				must(t, grown.CatchUp(t.Context(), l))
			case 1:
				must(t, grown.Close())
				grown = open(t, path, projection.Options{})
			}
		}
		w.ledger.cut()
		must(t, grown.CatchUp(t.Context(), l))
		anew := caughtUp(t, l)
		want := digest(t, anew)
		if got := digest(t, grown); got != want {
			rt.Fatal("rows fed step by step differ from rows fed at once")
		}
		must(t, grown.Rebuild(t.Context(), l))
		if got := digest(t, grown); got != want {
			rt.Fatal("rows differ after a rebuild")
		}
		noDifference(t, anew, l)
		knowsWhatItMay(t, anew, w, l)
		must(t, grown.Close())
		must(t, anew.Close())
	})
}

func noDifference(t *testing.T, s *projection.Store, l ledger.Ledger) {
	t.Helper()
	differences, err := s.Reconcile(t.Context(), l)
	must(t, err)
	if len(differences) > 0 {
		t.Fatalf("reconciliation finds %v", differences)
	}
}

// knowsWhatItMay compares every record with the ledger's own state, and the lists of each party with
// what CanRead says of each record.
func knowsWhatItMay(t *testing.T, s *projection.Store, w *world, l ledger.Ledger) {
	t.Helper()
	entries, err := l.Range(t.Context(), contract.RecordKey(""), contract.RecordKey("~"), 1<<20)
	must(t, err)
	readable := map[ident.USCC][]string{}
	parties := []ident.USCC{w.SME.USCC, w.SME2.USCC, w.Leader.USCC, w.BankA.USCC, w.BankB.USCC, w.Regulator.USCC}
	for _, e := range entries {
		var h contract.Header
		must(t, canon.Strict(e.Value, &h))
		r, err := s.Record(t.Context(), h.ID)
		must(t, err)
		held := slices.ContainsFunc(l.Orgs(), func(org string) bool {
			values, err := l.Private(t.Context(), org, h.ID)
			must(t, err)
			return evidence.Commit(values[0]) == h.Terms
		})
		switch {
		case held && (r.Terms == nil || evidence.Commit(r.Opening) != h.Terms):
			t.Fatalf("%s: the terms are on hand but not in the projection", h.ID)
		case !held && (r.Terms != nil || r.Opening != nil):
			t.Fatalf("%s: terms out of nowhere", h.ID)
		}
		for _, p := range parties {
			if projection.CanRead(r, p, w.today()) != "" {
				readable[p] = append(readable[p], h.ID)
			}
		}
	}
	for _, p := range parties {
		got := ids(t, s, projection.Filter{Reader: p, Day: w.today(), Limit: 500})
		if !slices.Equal(got, readable[p]) {
			t.Fatalf("%s lists %v, may read %v", p, got, readable[p])
		}
	}
}

func ids(t *testing.T, s *projection.Store, f projection.Filter) []string {
	t.Helper()
	records, err := s.Records(t.Context(), f)
	must(t, err)
	var all []string
	for _, r := range records {
		all = append(all, r.ID)
	}
	return all
}
