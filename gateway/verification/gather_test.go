package verification_test

import (
	"context"
	"errors"
	"testing"

	"decore/chaincode/check"
	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/duplicate"
	"decore/chaincode/encumbrance"
	"decore/chaincode/money"
	"decore/chaincode/receivable"
	"decore/gateway/verification"
	"decore/gateway/verification/verificationtest"
)

func TestACallerWithoutTheTermsLearnsNothingFromThem(t *testing.T) {
	w, _, rec := trade(t)
	g := verification.Gatherer{Source: w}
	f, err := g.Gather(context.Background(), rec, verification.Viewer{Party: w.BankB.USCC}, w.Now())
	if err != nil {
		t.Fatal(err)
	}
	v := verification.Judge(f)
	for _, name := range []string{"commitment", "seller-status", "order-attested", "delivery", "invoice", "confirmation", "due", "payments"} {
		want(t, v, name, check.Unknown, verification.NotDisclosed)
	}
	want(t, v, "signatures", check.Pass, "")
	want(t, v, "encumbrance", check.Pass, "")
	if v.Verdict != check.Unknown {
		t.Errorf("verdict %s", v.Verdict)
	}
	if len(f.Record.Header.Grants) != 0 {
		t.Error("another bank's grant is told")
	}
}

func TestAnInvoiceLookupTellsOnlyOfTheRegister(t *testing.T) {
	w, _, rec := trade(t)
	token := w.Header(rec).Tokens[0]
	look := func(token duplicate.Token) verification.Verification {
		g := verification.Gatherer{Source: w}
		f, err := g.Lookup(context.Background(), token, verification.Viewer{Party: w.BankB.USCC}, w.Now())
		if err != nil {
			t.Fatal(err)
		}
		return verification.Token(f)
	}
	t.Run("a registered invoice", func(t *testing.T) {
		v := look(token)
		if v.Duplicate.Answer != duplicate.DuplicateRegistered || v.Duplicate.Own || v.Duplicate.FirstRegistered == nil || v.Record != "" {
			t.Errorf("%+v", v)
		}
		for _, f := range v.Checks {
			if f.Check != "duplicate-invoice" && f.Check != "invoice-flow" && f.Verdict != check.Unknown {
				t.Errorf("%+v tells more than the register", f)
			}
		}
	})
	t.Run("an invoice that nobody registered", func(t *testing.T) {
		v := look(duplicate.Key(make([]byte, 32)).Invoice("26372000009999999999"))
		if v.Duplicate.Answer != duplicate.Unknown || v.Duplicate.FirstRegistered != nil || v.Verdict != check.Unknown {
			t.Errorf("%+v", v)
		}
	})
	t.Run("a financed invoice", func(t *testing.T) {
		w.Disburse(w.BankA, w.Reserve(w.BankA, rec, "100000.00"), "100000.00")
		v := look(token)
		want(t, v, "duplicate-invoice", check.Fail, verification.DuplicateFinanced)
		if v.Verdict != check.Fail {
			t.Errorf("verdict %s", v.Verdict)
		}
	})
}

func TestLiensNameNoHolder(t *testing.T) {
	w, _, rec := trade(t)
	w.Grant(rec, w.BankB)
	w.Reserve(w.BankB, rec, "100000.00")
	v := verification.Judge(w.Facts(rec, w.BankA))
	if len(v.Encumbrances) != 1 || v.Encumbrances[0].Own || v.Encumbrances[0].State != encumbrance.Reserved || v.Encumbrances[0].Until == nil {
		t.Errorf("%+v", v.Encumbrances)
	}
	if own := verification.Judge(w.Facts(rec, w.BankB)); !own.Encumbrances[0].Own {
		t.Errorf("%+v", own.Encumbrances)
	}
}

func TestGatheringRefusesOtherKinds(t *testing.T) {
	w, _, rec := trade(t)
	fin := w.Reserve(w.BankA, rec, "100000.00")
	g := verification.Gatherer{Source: w}
	if _, err := g.Gather(context.Background(), fin, w.Viewer(w.BankA), w.Now()); !errors.Is(err, verification.ErrKind) {
		t.Errorf("a financing: %v", err)
	}
	if _, err := g.Gather(context.Background(), "REC-x", w.Viewer(w.BankA), w.Now()); !errors.Is(err, verificationtest.ErrNotFound) {
		t.Errorf("nothing: %v", err)
	}
}

// restless is a source whose head moves with every look at it, and whose record does too as often as told.
type restless struct {
	*world
	rec   string
	heads uint64
	moves int
}

func (r *restless) Head(ctx context.Context) (verification.AsOf, error) {
	r.heads++
	h, err := r.world.Head(ctx)
	h.Block += r.heads
	return h, err
}

func (r *restless) Record(ctx context.Context, id string) (contract.Header, []byte, error) {
	if r.moves--; r.moves >= 0 && id == r.rec {
		r.Do(r.SME, "receivable.grant", id, contract.GrantArgs{To: r.BankA.USCC, Until: r.Today().AddDays(10)})
	}
	return r.world.Record(ctx, id)
}

func TestFactsAreThoseOfOneMoment(t *testing.T) {
	w, _, rec := trade(t)
	t.Run("a ledger that moves elsewhere does not disturb", func(t *testing.T) {
		g := verification.Gatherer{Source: &restless{world: w, rec: rec}}
		if _, err := g.Gather(context.Background(), rec, w.Viewer(w.BankA), w.Now()); err != nil {
			t.Error(err)
		}
	})
	t.Run("a record that keeps moving is an error", func(t *testing.T) {
		g := verification.Gatherer{Source: &restless{world: w, rec: rec, moves: 100}}
		if _, err := g.Gather(context.Background(), rec, w.Viewer(w.BankA), w.Now()); !errors.Is(err, verification.ErrMoving) {
			t.Errorf("%v", err)
		}
	})
	t.Run("memory follows the record's versions", func(t *testing.T) {
		memory, err := verification.NewMemory(100)
		if err != nil {
			t.Fatal(err)
		}
		g := verification.Gatherer{Source: w, Memory: memory}
		for range 3 {
			f, err := g.Gather(context.Background(), rec, w.Viewer(w.BankA), w.Now())
			if err != nil {
				t.Fatal(err)
			}
			v := verification.Judge(f)
			want(t, v, "history", check.Pass, "")
			want(t, v, "signatures", check.Pass, "")
			want(t, v, "commitment", check.Pass, "")
			if v.Version != w.Header(rec).Version {
				t.Errorf("version %d", v.Version)
			}
			w.Do(w.SME, "receivable.pay", rec, receivable.PayArgs{Amount: money.MustParse("1.00"), Date: w.Today(), Reference: contracttest.NewID("P")})
		}
	})
}
