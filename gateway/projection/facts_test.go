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

func TestPublicFactsAreThoseOfTheLedger(t *testing.T) {
	w := newWorld(t)
	p := w.publishSubsidy()
	rec := w.receivable(w.deliveredOrder("90000.00"), "60000.00")
	w.grant(rec, w.BankA, 5)
	fin := w.disbursed(w.BankA, rec)
	s := caughtUp(t, w.ledger)
	ctx := t.Context()
	t.Run("charter", func(t *testing.T) {
		if c, err := s.Charter(ctx); err != nil || c.Ledger != w.Name {
			t.Errorf("%+v, %v", c, err)
		}
	})
	t.Run("party", func(t *testing.T) {
		if got, err := s.Party(ctx, w.BankA.USCC); err != nil || got.Org != w.BankA.Org {
			t.Errorf("%+v, %v", got, err)
		}
		if _, err := s.Party(ctx, "X"); !errors.Is(err, projection.ErrNotFound) {
			t.Errorf("an unknown party: %v", err)
		}
	})
	t.Run("parties by role and page", func(t *testing.T) {
		banks, err := s.Parties(ctx, projection.PartyFilter{Role: lifecycle.Bank, State: party.Active})
		if err != nil || len(banks) != 2 {
			t.Fatalf("%d banks, %v", len(banks), err)
		}
		behind, err := s.Parties(ctx, projection.PartyFilter{Role: lifecycle.Bank, After: banks[0].USCC, Limit: 1})
		if err != nil || len(behind) != 1 || behind[0].USCC != banks[1].USCC {
			t.Errorf("behind the first: %+v, %v", behind, err)
		}
	})
	t.Run("policies and their versions", func(t *testing.T) {
		all, err := s.Policies(ctx)
		must(t, err)
		if len(all) != 2 || !all[0].Current || !all[1].Current || all[0].ID != contract.CreditPolicy || all[1].Version != 1 {
			t.Errorf("%+v", all)
		}
		for _, version := range []int{0, 1} {
			if got, err := s.SubsidyPolicy(ctx, p.ID, version); err != nil || got.ID != p.ID {
				t.Errorf("version %d: %v", version, err)
			}
			if raw, err := s.Policy(ctx, p.ID, version); err != nil || len(raw) == 0 {
				t.Errorf("version %d: %v", version, err)
			}
		}
		if _, err := s.SubsidyPolicy(ctx, p.ID, 2); !errors.Is(err, projection.ErrNotFound) {
			t.Errorf("version 2: %v", err)
		}
		if c, err := s.CreditPolicy(ctx); err != nil || c.ConfirmationDays != 30 {
			t.Errorf("%+v, %v", c, err)
		}
	})
	t.Run("tokens and book", func(t *testing.T) {
		h := w.Header(rec)
		for _, token := range h.Tokens {
			if r, err := s.Token(ctx, token); err != nil || r.Ask(rec) != duplicate.IsFinanced {
				t.Errorf("%s: %+v, %v", token, r, err)
			}
		}
		if r, err := s.Token(ctx, "F1-1-none"); err != nil || r.Ask("") != duplicate.Unknown {
			t.Errorf("an unknown token: %+v, %v", r, err)
		}
		b, err := s.Book(ctx, h.Root)
		if _, held := b.Held(rec, fin, w.State.Now); err != nil || !held {
			t.Errorf("book %+v, %v", b, err)
		}
	})
	t.Run("what was absent is seen when it comes", func(t *testing.T) {
		loan := contracttest.NewID("FIN")
		if _, err := s.ClaimOf(ctx, loan); !errors.Is(err, projection.ErrNotFound) {
			t.Fatal(err)
		}
		u := contracttest.NewActor(99, "BankAMSP", lifecycle.SME)
		if _, err := s.Party(ctx, u.USCC); !errors.Is(err, projection.ErrNotFound) {
			t.Fatal(err)
		}
		w.Admit(u)
		must(t, s.CatchUp(ctx, w.ledger))
		if got, err := s.Party(ctx, u.USCC); err != nil || got.State != party.Active {
			t.Errorf("%+v, %v", got, err)
		}
	})
}
