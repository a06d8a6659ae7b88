package projection_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/financing"
	"decore/chaincode/fund"
	"decore/chaincode/ident"
	"decore/chaincode/money"
	"decore/gateway/projection"
)

// reported is a world with three claims of bank A, each with a quarter accrued, reported and accepted, and one of bank B with a
// quarter accrued and not reported.
func reported(t *testing.T) (w *world, settling projection.Settling, each money.Amount) {
	t.Helper()
	w = newWorld(t)
	p := w.publishSubsidy()
	for range 3 {
		w.subsidised(p, w.BankA)
	}
	w.subsidised(p, w.BankB)
	budget, id := contracttest.NewID("BUD"), contracttest.NewID("FND")
	first := fund.MonthOf(w.today())
	w.Do(w.Regulator, "budget.open", budget, fund.BudgetArgs{Policy: p.ID, Bank: w.BankA.USCC, Year: 2026, Amount: money.MustParse("900.00"), Document: "d"})
	w.Do(w.BankA, "fund.apply", id, fund.ApplyArgs{Policy: p.ID, First: first, Need: fund.Need{Year: 2026, Amount: money.MustParse("1.00")}})
	w.Do(w.Regulator, "fund.allocate", id, fund.AllocateArgs{Budget: budget, Amount: money.MustParse("1.00"), Date: w.today(), Reference: "YB1"})
	w.Pass(100 * 24 * time.Hour)
	for i, claim := range w.claims {
		w.Do([]*contracttest.Actor{w.BankA, w.BankA, w.BankA, w.BankB}[i], "subsidy.accrue", claim, contract.AccrueArgs{Through: w.today()})
	}
	w.Pass(40 * 24 * time.Hour)
	for m := first; m.Over(w.today()); m = m.Add(1) {
		report, args := contracttest.NewID("RPT"), fund.FileArgs{Fund: id, Month: m, Final: true, Lines: []fund.Line{}}
		for _, claim := range slices.Sorted(slices.Values(w.claims[:3])) {
			var terms contract.ClaimTerms
			w.Terms(claim, &terms)
			if e := terms.Unreported(m); e.Accrued.IsPositive() {
				each = e.Accrued
				args.Lines = append(args.Lines, fund.Line{Claim: claim, Accrued: each})
				args.Accrued = args.Accrued.Add(each)
			}
		}
		w.Do(w.BankA, "fund-report.file", report, args)
		w.Do(w.Regulator, "fund-report.accept", report, financing.NoArgs{})
	}
	return w, projection.Settling{Bank: w.BankA.USCC, Policy: p.ID, Reader: w.Regulator.USCC, Day: w.today(), Limit: 2}, each
}

func TestWhatCanBeSettledComesInPagesWithTheSumsOverAll(t *testing.T) {
	w, q, each := reported(t)
	s := caughtUp(t, w.ledger)
	ids := slices.Sorted(slices.Values(w.claims[:3]))
	all := each.Add(each).Add(each)
	check := func(q projection.Settling, page []string, more bool, claims int, amount money.Amount) {
		t.Helper()
		got, err := s.Settleable(t.Context(), q)
		must(t, err)
		var named []string
		for _, c := range got.Page {
			if named = append(named, c.ID); c.Amount.Cmp(each) != 0 {
				t.Errorf("%s: %s, want %s", c.ID, c.Amount, each)
			}
		}
		if !slices.Equal(named, page) || got.More != more || got.Claims != claims || got.Amount.Cmp(amount) != 0 {
			t.Errorf("got %v, more %t, %d claims of %s in all; want %v, %t, %d of %s", named, got.More, got.Claims, got.Amount, page, more, claims, amount)
		}
	}
	check(q, ids[:2], true, 3, all)
	q.After = ids[1]
	check(q, ids[2:], false, 3, all)
	w.Do(w.Regulator, "subsidy.settle", ids[2], contract.SettleArgs{Amount: each})
	s = caughtUp(t, w.ledger)
	check(q, nil, false, 2, each.Add(each))
	for name, other := range map[string]func(*projection.Settling){
		"a bank without a report":        func(q *projection.Settling) { q.Bank = w.BankB.USCC },
		"another policy":                 func(q *projection.Settling) { q.Policy = "another" },
		"one who does not read them":     func(q *projection.Settling) { q.Reader = w.BankB.USCC },
		"one who is nobody on this book": func(q *projection.Settling) { q.Reader = ident.USCC("91370200990000017C") },
	} {
		t.Run(name, func(*testing.T) {
			q := q
			other(&q)
			check(q, nil, false, 0, money.Zero)
		})
	}
}

func TestNothingIsSummedWhileTermsOfTheBanksClaimsAreToCome(t *testing.T) {
	w, q, _ := reported(t)
	bureau := w.ledger.as("BureauMSP")
	w.ledger.hidden["BureauMSP"] = true
	s := caughtUp(t, bureau)
	var awaited *projection.AwaitedError
	if _, err := s.Settleable(t.Context(), q); !errors.As(err, &awaited) || awaited.ID != slices.Min(w.claims[:3]) {
		t.Errorf("%v", err)
	}
}
