package projection_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/financing"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/order"
	"decore/gateway/projection"
)

func TestHistoryTellsWhoSignedWhat(t *testing.T) {
	w := newWorld(t)
	id := w.order("100.00")
	w.Refuse("NOT_PERMITTED", w.SME2, "order.attest", id, financing.NoArgs{})
	w.Do(w.Leader, "order.attest", id, financing.NoArgs{})
	s := caughtUp(t, w.ledger)
	entries, err := s.History(t.Context(), id)
	must(t, err)
	want := []struct {
		verb   string
		party  ident.USCC
		status contract.Status
		code   string
		state  lifecycle.State
	}{
		{"order.create", w.SME.USCC, contract.Accepted, "", order.Created},
		{"order.attest", w.SME2.USCC, contract.Refused, "NOT_PERMITTED", ""},
		{"order.attest", w.Leader.USCC, contract.Accepted, "", order.Attested},
	}
	if len(entries) != len(want) {
		t.Fatalf("%d entries: %+v", len(entries), entries)
	}
	head, err := w.ledger.Head(t.Context())
	must(t, err)
	for i, e := range entries {
		got := want[i]
		got.verb, got.party, got.status, got.code, got.state = e.Verb, e.Party, e.Result.Status, e.Result.Code, e.Result.State
		if got != want[i] {
			t.Errorf("entry %d: %+v, want %+v", i, got, want[i])
		}
		block := w.ledger.blocks[e.Place.Block-1]
		if block.Transactions[e.Place.Tx].Commands[e.Place.Position] != e.JWS || block.Transactions[e.Place.Tx].ID != e.Tx {
			t.Errorf("entry %d is not at its place %+v", i, e.Place)
		}
		if !e.Recorded.Equal(block.Time) || e.Place.Block > head.Number || e.KeyID == "" {
			t.Errorf("entry %d: recorded %s under key %q", i, e.Recorded, e.KeyID)
		}
		if one, err := s.Command(t.Context(), e.ID); err != nil || one.JWS != e.JWS {
			t.Errorf("command %s: %v", e.ID, err)
		}
	}
	if entries[2].On == "" {
		t.Error("the attestation does not name the terms that it attests")
	}
	if _, err := s.Command(t.Context(), "01ARZ3NDEKTSV4RRFFQ69G5FAV"); !errors.Is(err, projection.ErrNotFound) {
		t.Errorf("an unknown command: %v", err)
	}
}

func TestAnAccountsHistoryIsThatOfItsClaims(t *testing.T) {
	w := newWorld(t)
	p := w.publishSubsidy()
	_, claimA := w.subsidised(p, w.BankA)
	_, claimB := w.subsidised(p, w.BankB)
	var terms contract.ClaimTerms
	w.Terms(claimA, &terms)
	w.Do(w.BankA, "subsidy.release", claimA, financing.NoArgs{})
	s := caughtUp(t, w.ledger)
	entries, err := s.History(t.Context(), terms.Account)
	must(t, err)
	var subjects []string
	for _, e := range entries {
		subjects = append(subjects, e.Subject)
	}
	if !slices.Equal(subjects, []string{claimA, claimB, claimA}) {
		t.Errorf("subjects %v", subjects)
	}
}

func TestInvalidAndRepeatedCommandsAreNoHistory(t *testing.T) {
	w := newWorld(t)
	id := contracttest.NewID("ORD")
	in := w.Intent(w.SME, "order.create", id, w.createArgs("PO1", "100.00"))
	jws, opening := w.SignIntent(w.SME, in)
	in.Subject = contracttest.NewID("ORD") // another command under the same ID
	forged, _ := w.SignIntent(w.SME, in)
	stolen, _ := w.SignIntent(w.SME2, w.Intent(w.SME, "order.cancel", id, financing.NoArgs{})) // signed by another's key
	w.ledger.perBlock = 2
	for range 2 {
		other, otherOpening := w.Sign(w.Leader, "order.attest", id, financing.NoArgs{}) // so that there is a transaction
		w.run(contract.Batch{Commands: []string{"x.y.z", stolen, jws, forged, jws, other}, Openings: []jsontext.Value{opening, otherOpening}})
	}
	w.ledger.cut()
	s := caughtUp(t, w.ledger)
	entries, err := s.History(t.Context(), id)
	must(t, err)
	var verbs []string
	for _, e := range entries {
		verbs = append(verbs, e.Verb)
	}
	if !slices.Equal(verbs, []string{"order.create", "order.attest", "order.attest"}) {
		t.Errorf("history %v", verbs)
	}
	if entries[0].JWS != jws || entries[0].Place.Position != 2 {
		t.Errorf("the order was created by %+v", entries[0].Place)
	}
}

func TestRefusalsAreListedNewestFirst(t *testing.T) {
	w := newWorld(t)
	id := w.order("100.00")
	w.Do(w.Leader, "order.attest", id, financing.NoArgs{})
	begin := w.State.Now
	for range 3 {
		w.Pass(time.Hour)
		w.Refuse("WRONG_STATE", w.Leader, "order.attest", id, financing.NoArgs{})
		w.Refuse("NOT_PERMITTED", w.SME2, "order.cancel", id, financing.NoArgs{})
	}
	s := caughtUp(t, w.ledger)
	for name, c := range map[string]struct {
		f    projection.RefusalFilter
		want int
	}{
		"all":               {projection.RefusalFilter{}, 6},
		"by code":           {projection.RefusalFilter{Code: "WRONG_STATE"}, 3},
		"by signer":         {projection.RefusalFilter{Party: w.SME2.USCC}, 3},
		"by record":         {projection.RefusalFilter{Record: id}, 6},
		"of another record": {projection.RefusalFilter{Record: "ORD-0"}, 0},
		"from":              {projection.RefusalFilter{From: begin.Add(2 * time.Hour)}, 4},
		"to":                {projection.RefusalFilter{To: begin.Add(2 * time.Hour)}, 2},
		"limit":             {projection.RefusalFilter{Limit: 2}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := s.Refusals(t.Context(), c.f)
			if err != nil || len(got) != c.want {
				t.Errorf("%d refusals, want %d, %v", len(got), c.want, err)
			}
		})
	}
	t.Run("pages", func(t *testing.T) {
		var places []projection.Place
		f := projection.RefusalFilter{Limit: 4}
		for {
			page, err := s.Refusals(t.Context(), f)
			must(t, err)
			for _, e := range page {
				places = append(places, e.Place)
			}
			if len(page) < f.Limit {
				break
			}
			f.Before = &page[len(page)-1].Place
		}
		if len(places) != 6 || !slices.IsSortedFunc(places, func(a, b projection.Place) int { return int(b.Block) - int(a.Block) }) {
			t.Errorf("places %v", places)
		}
	})
}
