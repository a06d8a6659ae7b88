package projection_test

import (
	"errors"
	"testing"

	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/duplicate"
	"decore/chaincode/lifecycle"
	"decore/chaincode/party"
	"decore/gateway/projection"
)

const subsidyPolicy = "subsidy-sme-2026" // of the fixtures

// published is a ledger with policies, a financed receivable, and its projection.
func published(t *testing.T) (w *world, s *projection.Store, rec, fin string) {
	w = newWorld(t)
	w.publishSubsidy()
	rec = w.receivable(w.deliveredOrder("90000.00"), "60000.00")
	w.grant(rec, w.BankA, 5)
	fin = w.disbursed(w.BankA, rec)
	return w, caughtUp(t, w.ledger), rec, fin
}

func TestTheCharter(t *testing.T) {
	w, s, _, _ := published(t)
	if c, err := s.Charter(t.Context()); err != nil || c.Ledger != w.Name {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestAParty(t *testing.T) {
	w, s, _, _ := published(t)
	if got, err := s.Party(t.Context(), w.BankA.USCC); err != nil || got.Org != w.BankA.Org {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := s.Party(t.Context(), "X"); !errors.Is(err, projection.ErrNotFound) {
		t.Errorf("an unknown party: %v", err)
	}
}

func TestPartiesByRoleAndPage(t *testing.T) {
	_, s, _, _ := published(t)
	banks, err := s.Parties(t.Context(), projection.PartyFilter{Role: lifecycle.Bank, State: party.Active})
	if err != nil || len(banks) != 2 {
		t.Fatalf("%d banks, %v", len(banks), err)
	}
	behind, err := s.Parties(t.Context(), projection.PartyFilter{Role: lifecycle.Bank, After: banks[0].USCC, Limit: 1})
	if err != nil || len(behind) != 1 || behind[0].USCC != banks[1].USCC {
		t.Errorf("behind the first: %+v, %v", behind, err)
	}
}

func TestPoliciesAndTheirVersions(t *testing.T) {
	_, s, _, _ := published(t)
	all, err := s.Policies(t.Context())
	must(t, err)
	if len(all) != 2 || !all[0].Current || !all[1].Current || all[0].ID != contract.CreditPolicy || all[1].Version != 1 {
		t.Errorf("%+v", all)
	}
	for _, version := range []int{0, 1} {
		if got, err := s.SubsidyPolicy(t.Context(), subsidyPolicy, version); err != nil || got.ID != subsidyPolicy {
			t.Errorf("version %d: %v", version, err)
		}
		if raw, err := s.Policy(t.Context(), subsidyPolicy, version); err != nil || len(raw) == 0 {
			t.Errorf("version %d: %v", version, err)
		}
	}
	if _, err := s.SubsidyPolicy(t.Context(), subsidyPolicy, 2); !errors.Is(err, projection.ErrNotFound) {
		t.Errorf("version 2: %v", err)
	}
	if c, err := s.CreditPolicy(t.Context()); err != nil || c.ConfirmationDays != 30 {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestTokensAndBook(t *testing.T) {
	w, s, rec, fin := published(t)
	h := w.Header(rec)
	for _, token := range h.Tokens {
		if r, err := s.Token(t.Context(), token); err != nil || r.Ask(rec) != duplicate.IsFinanced {
			t.Errorf("%s: %+v, %v", token, r, err)
		}
	}
	if r, err := s.Token(t.Context(), "F1-1-none"); err != nil || r.Ask("") != duplicate.Unknown {
		t.Errorf("an unknown token: %+v, %v", r, err)
	}
	b, err := s.Book(t.Context(), h.Root)
	if _, held := b.Held(rec, fin, w.State.Now); err != nil || !held {
		t.Errorf("book %+v, %v", b, err)
	}
}

func TestWhatWasAbsentIsSeenWhenItComes(t *testing.T) {
	w, s, _, _ := published(t)
	loan := contracttest.NewID("FIN")
	if _, err := s.ClaimOf(t.Context(), loan); !errors.Is(err, projection.ErrNotFound) {
		t.Fatal(err)
	}
	u := contracttest.NewActor(99, "BankAMSP", lifecycle.SME)
	if _, err := s.Party(t.Context(), u.USCC); !errors.Is(err, projection.ErrNotFound) {
		t.Fatal(err)
	}
	w.Admit(u)
	must(t, s.CatchUp(t.Context(), w.ledger))
	if got, err := s.Party(t.Context(), u.USCC); err != nil || got.State != party.Active {
		t.Errorf("%+v, %v", got, err)
	}
}
