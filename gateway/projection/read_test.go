package projection_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"decore/chaincode/calendar"
	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/money"
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
}

func TestRelationsBetweenRecords(t *testing.T) {
	w := newWorld(t)
	rec := w.receivable(w.deliveredOrder("90000.00"), "60000.00")
	w.grant(rec, w.BankA, 5)
	fin := w.disbursed(w.BankA, rec)
	loan, claim := w.subsidised(w.publishSubsidy(), w.BankB)
	s := caughtUp(t, w.ledger)
	var terms contract.ClaimTerms
	w.Terms(claim, &terms)
	expectIDs(t, s.Children, w.orders[0], rec)
	expectIDs(t, s.Children, terms.Account, claim)
	expectIDs(t, s.Financings, rec, fin)
	if got, err := s.ClaimOf(t.Context(), loan); err != nil || got != claim {
		t.Errorf("claim of %s: %s, %v", loan, got, err)
	}
	if _, err := s.ClaimOf(t.Context(), fin); !errors.Is(err, projection.ErrNotFound) {
		t.Errorf("claim of a loan without one: %v", err)
	}
}

func TestALimitOutOfRangeIsRefused(t *testing.T) {
	s := fresh(t)
	for _, limit := range []int{-1, 501} {
		if _, err := s.Records(t.Context(), projection.Filter{Limit: limit}); !errors.Is(err, projection.ErrFilter) {
			t.Errorf("%d: %v", limit, err)
		}
	}
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
