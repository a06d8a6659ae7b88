package projection_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"

	"decore/chaincode/calendar"
	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/duplicate"
	"decore/chaincode/financing"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/money"
	"decore/chaincode/order"
	"decore/chaincode/party"
	"decore/gateway/projection"
)

func TestWhoMayReadARecord(t *testing.T) {
	w := newWorld(t)
	rec := w.receivable(w.deliveredOrder("90000.00"), "60000.00")
	w.grant(rec, w.BankA, 5)
	s := caughtUp(t, w.ledger)
	last := w.today().AddDays(5)
	access := func(p *contracttest.Actor, on calendar.Date) projection.Access {
		r, err := s.Record(t.Context(), rec)
		must(t, err)
		why := projection.CanRead(r, p.USCC, on)
		listed := slices.Contains(ids(t, s, projection.Filter{Reader: p.USCC, Day: on, Kind: "receivable"}), rec)
		if listed != (why != "") {
			t.Errorf("%s on %s: listed %v, may read %q", p.Role, on, listed, why)
		}
		return why
	}
	expect := func(name string, got, want projection.Access) {
		t.Run(name, func(t *testing.T) {
			if got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
	expect("the seller is bound", access(w.SME, w.today()), projection.Bound)
	expect("the buyer is bound", access(w.Leader, w.today().AddDays(10000)), projection.Bound)
	expect("a stranger may not", access(w.SME2, w.today()), "")
	expect("a bank without a grant may not", access(w.BankB, w.today()), "")
	expect("a bank with a grant may", access(w.BankA, w.today()), projection.Granted)
	expect("on the grant's last day too", access(w.BankA, last), projection.Granted)
	expect("but not on the day after", access(w.BankA, last.AddDays(1)), "")

	w.Do(w.SME, "receivable.revoke", rec, contract.RevokeArgs{To: w.BankA.USCC})
	must(t, s.CatchUp(t.Context(), w.ledger))
	expect("nor after a revocation", access(w.BankA, w.today()), "")
	w.grant(rec, w.BankA, 1)
	must(t, s.CatchUp(t.Context(), w.ledger))
	expect("and again after a new grant", access(w.BankA, w.today()), projection.Granted)
}

func TestAGatewayOfOneBankKnowsWhatTheBankWasGiven(t *testing.T) {
	w := newWorld(t)
	rec := w.receivable(w.deliveredOrder("90000.00"), "60000.00")
	other := w.receivable(w.orders[0], "500.00")
	bank := w.ledger.as("BankAMSP")
	s := caughtUp(t, bank)
	terms := func(id string) contract.Terms {
		must(t, s.CatchUp(t.Context(), bank))
		r, err := s.Record(t.Context(), id)
		must(t, err)
		return r.Terms
	}
	if terms(rec) != nil {
		t.Error("terms are known before the grant")
	}
	w.grant(rec, w.BankA, 5)
	if terms(rec) == nil || terms(w.orders[0]) == nil {
		t.Error("terms of the receivable and its order are not known after the grant")
	}
	if terms(other) != nil {
		t.Error("terms of another receivable are known")
	}
	w.Do(w.SME, "receivable.revoke", rec, contract.RevokeArgs{To: w.BankA.USCC})
	w.receivable(w.orders[0], "600.00") // changes the order's terms
	if terms(w.orders[0]) != nil {
		t.Error("terms that changed after the revocation are known")
	}
	if got := ids(t, s, projection.Filter{Reader: w.BankA.USCC}); len(got) != 0 {
		t.Errorf("the bank still lists %v", got)
	}
}

func TestRecordsAreFoundByWhatTheySay(t *testing.T) {
	w := newWorld(t)
	first, second := w.deliveredOrder("90000.00"), w.order("100.00")
	rec := w.receivable(first, "60000.00")
	w.grant(rec, w.BankA, 5)
	fin := w.disbursed(w.BankA, rec)
	p := w.publishSubsidy()
	loan, claim := w.subsidised(p, w.BankB)
	s := caughtUp(t, w.ledger)
	var terms contract.ClaimTerms
	w.Terms(claim, &terms)
	due := w.today().AddDays(60)
	for name, c := range map[string]struct {
		f    projection.Filter
		want []string
	}{
		"kind":                 {projection.Filter{Kind: "receivable"}, []string{rec}},
		"kind and state":       {projection.Filter{Kind: "order", State: []string{"created"}}, []string{second}},
		"several states":       {projection.Filter{Kind: "order", State: []string{"created", "delivered"}}, []string{first, second}},
		"a kind without any":   {projection.Filter{Kind: "receipt"}, nil},
		"reader":               {projection.Filter{Kind: "financing", Reader: w.BankB.USCC}, []string{loan}},
		"owner":                {projection.Filter{Kind: "financing", Owner: w.BankB.USCC}, nil},
		"counterparty":         {projection.Filter{Kind: "financing", Reader: w.SME.USCC, Counterparty: w.BankA.USCC}, []string{fin}},
		"account of household": {projection.Filter{Kind: contract.AccountKind, Counterparty: w.SME.USCC}, []string{terms.Account}},
		"number":               {projection.Filter{Number: "PO000001"}, []string{first}},
		"number of another":    {projection.Filter{Number: "PO000001", Reader: w.SME2.USCC}, nil},
		"due from":             {projection.Filter{Kind: "receivable", DueFrom: due}, []string{rec}},
		"due from later":       {projection.Filter{Kind: "receivable", DueFrom: due.AddDays(1)}, nil},
		"due to":               {projection.Filter{Kind: "receivable", DueTo: due}, []string{rec}},
		"due to earlier":       {projection.Filter{Kind: "receivable", DueTo: due.AddDays(-1)}, nil},
		"amount from":          {projection.Filter{Kind: "order", AmountFrom: money.MustParse("100.01")}, []string{first}},
		"amount to":            {projection.Filter{Kind: "order", AmountTo: money.MustParse("100.00")}, []string{second}},
		"link":                 {projection.Filter{Link: projection.Loan, Target: loan}, []string{claim}},
		"newest first":         {projection.Filter{Kind: "order", Newest: true}, []string{second, first}},
		"behind the newest":    {projection.Filter{Kind: "order", Newest: true, After: second}, []string{first}},
		"behind the oldest":    {projection.Filter{Kind: "order", After: first}, []string{second}},
		"limit":                {projection.Filter{Kind: "order", Limit: 1}, []string{first}},
		"a mark in a value":    {projection.Filter{Number: "PO000001' OR '1'='1"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if got := ids(t, s, c.f); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
	t.Run("relations", func(t *testing.T) {
		expectIDs(t, s.Children, first, rec)
		expectIDs(t, s.Children, terms.Account, claim)
		expectIDs(t, s.Financings, rec, fin)
		if got, err := s.ClaimOf(t.Context(), loan); err != nil || got != claim {
			t.Errorf("claim of %s: %s, %v", loan, got, err)
		}
		if _, err := s.ClaimOf(t.Context(), fin); !errors.Is(err, projection.ErrNotFound) {
			t.Errorf("claim of a loan without one: %v", err)
		}
	})
	t.Run("a limit out of range is refused", func(t *testing.T) {
		for _, limit := range []int{-1, 501} {
			if _, err := s.Records(t.Context(), projection.Filter{Limit: limit}); !errors.Is(err, projection.ErrFilter) {
				t.Errorf("%d: %v", limit, err)
			}
		}
	})
}

func expectIDs(t *testing.T, list func(ctx context.Context, id string) ([]projection.Record, error), id string, want ...string) {
	t.Helper()
	records, err := list(t.Context(), id)
	must(t, err)
	var got []string
	for _, r := range records {
		got = append(got, r.ID)
	}
	if !slices.Equal(got, want) {
		t.Errorf("of %s: %v, want %v", id, got, want)
	}
}

func TestPagesHaveNeitherGapNorRepeatWhileRowsAreAdded(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		for range rapid.IntRange(0, 8).Draw(rt, "orders before") {
			w.order("100.00")
		}
		s := caughtUp(t, w.ledger)
		before := slices.Clone(w.orders)
		f := projection.Filter{Kind: "order", Reader: w.SME.USCC, Limit: rapid.IntRange(1, 4).Draw(rt, "limit"), Newest: rapid.Bool().Draw(rt, "newest")}
		var got []string
		for {
			page := ids(t, s, f)
			got = append(got, page...)
			if len(page) < f.Limit {
				break
			}
			f.After = page[len(page)-1]
			if len(w.orders) < 12 && rapid.Bool().Draw(rt, "add") {
				w.order("100.00")
				must(t, s.CatchUp(t.Context(), w.ledger))
			}
		}
		if sorted := slices.Compact(slices.Sorted(slices.Values(got))); len(sorted) != len(got) {
			rt.Fatalf("repeats in %v", got)
		}
		for _, id := range before {
			if !slices.Contains(got, id) {
				rt.Fatalf("%s is left out of %v", id, got)
			}
		}
		must(t, s.Close())
	})
}

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
