package projection_test

import (
	"errors"
	"testing"

	"decore/chaincode/calendar"
	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/subsidy"
	"decore/fixtures"
	"decore/gateway/projection"
)

func TestMeasuresAndThePolicyThatTheyMake(t *testing.T) {
	w, _, _, _ := published(t)
	raw, err := fixtures.FS.ReadFile("measures/central-2026-4.json")
	must(t, err)
	m, err := subsidy.ParseMeasure(raw)
	must(t, err)
	m.Policy = "measured"
	body, err := canon.Marshal(m)
	must(t, err)
	w.Do(w.Regulator, "measure.draft", m.ID, contract.DraftArgs{Measure: body})
	s := caughtUp(t, w.ledger)
	draft, err := s.Measure(t.Context(), m.ID, 0)
	if err != nil || draft.Measure.Status != subsidy.Draft || draft.Digest != evidence.Commit(body) {
		t.Fatalf("%+v, %v", draft.Digest, err)
	}
	w.Do(w.Regulator, "measure.publish", m.ID, contract.PutInForceArgs{Version: 1, Digest: draft.Digest})
	s = caughtUp(t, w.ledger)
	noDifference(t, s, w.ledger)
	if got, err := s.Measure(t.Context(), m.ID, 0); err != nil || got.Measure.Status != subsidy.InForce {
		t.Errorf("%s, %v", got.Measure.Status, err)
	}
	if all, err := s.Measures(t.Context()); err != nil || len(all) != 1 || all[0].Measure.ID != m.ID {
		t.Errorf("%d measures, %v", len(all), err)
	}
	for _, c := range []struct {
		on      string
		version int
		governs bool
		status  subsidy.Status
	}{{"2026-01-19", 1, false, subsidy.InForce}, {"2026-01-20", 1, true, subsidy.InForce}, {"2029-12-31", 1, true, subsidy.InForce}, {"2030-01-01", 2, true, subsidy.Expired}} {
		p, governs, err := s.SubsidyPolicyOn(t.Context(), "measured", calendar.MustParse(c.on))
		if err != nil || p.Version != c.version || governs != c.governs || p.Status != c.status {
			t.Errorf("on %s version %d (%s) governs: %t, %v", c.on, p.Version, p.Status, governs, err)
		}
	}
	if p, err := s.JudgingPolicy(t.Context(), "measured", subsidy.Loan{}, calendar.MustParse("2026-03-01")); err != nil || p.Version != 1 {
		t.Errorf("version %d judges, %v", p.Version, err)
	}
	for _, id := range []string{"nothing", m.ID + "/000001", ""} {
		if _, err := s.Measure(t.Context(), id, 0); !errors.Is(err, projection.ErrNotFound) {
			t.Errorf("%q: %v", id, err)
		}
	}
	if _, _, err := s.SubsidyPolicyOn(t.Context(), "nothing", calendar.MustParse("2026-03-01")); !errors.Is(err, projection.ErrNotFound) {
		t.Errorf("no policy: %v", err)
	}
}
