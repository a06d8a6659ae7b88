package subsidy_test

import (
	"testing"

	"decore/chaincode/subsidy"
)

func TestReduce(t *testing.T) {
	p := policy2026(t)
	a, c := mustHold(t, p, subsidy.Account{}, goldenYear()) // 121,666.67 for 365 days on 8 million
	// 8 million for 180 days are 60,000.00, and 5 million for 185 days 38,541.67.
	inPart := goldenYear(repaid("2026-10-05", "3000000.00"))

	t.Run("gives back what the repaid part would have earned, once", func(t *testing.T) {
		a, c, less, err := subsidy.Reduce(p, a, c, inPart)
		if err != nil {
			t.Fatal(err)
		}
		equalAmount(t, "given back", less, "23125.00")
		equalAmount(t, "held", c.Held, "98541.67")
		equalAmount(t, "released", c.Released, "23125.00")
		equalAmount(t, "granted", c.Granted, "121666.67")
		equalAmount(t, "used", a.Used, "98541.67")
		equalAmount(t, "principal", a.Principal, "8000000.00")
		if !c.Balanced() || !c.Follows(p, inPart) || c.State != subsidy.Held || a.Entries != 2 {
			t.Errorf("claim %+v, account %+v", c, a)
		}
		if _, _, _, err := subsidy.Reduce(p, a, c, inPart); codeOf(t, err) != subsidy.NothingToReduce {
			t.Errorf("again: %v", err)
		}
		a, c = mustAccrue(t, p, a, c, inPart, "2027-04-08")
		equalAmount(t, "accrued at the end", c.Accrued, "98541.67")
		equalAmount(t, "held at the end", c.Held, "0.00")
		if _, c, err = subsidy.Settle(p, a, c, inPart, c.Accrued); err != nil || c.State != subsidy.Settled {
			t.Errorf("%v: %s", err, c.State)
		}
	})
	t.Run("makes room for another loan", func(t *testing.T) {
		tight := policy2026(t, func(p *subsidy.Policy) { p.AmountCap = yuan("121666.67") })
		other := fixedAsset("1000000.00", named("LN-2", bankB))
		if _, _, err := subsidy.Hold(tight, a, other); codeOf(t, err) != subsidy.AmountCapReached {
			t.Fatalf("before: %v", err)
		}
		a, _, _, err := subsidy.Reduce(tight, a, c, inPart)
		if err != nil {
			t.Fatal(err)
		}
		a, second := mustHold(t, tight, a, other)
		equalAmount(t, "granted to the other", second.Granted, "23125.00")
		equalAmount(t, "used", a.Used, "121666.67")
	})
	t.Run("waits until what is booked follows the repayment", func(t *testing.T) {
		a, c := mustAccrue(t, p, a, c, goldenYear(), "2026-12-20")
		if _, _, _, err := subsidy.Reduce(p, a, c, inPart); codeOf(t, err) != subsidy.CorrectionDue {
			t.Fatalf("got %v", err)
		}
		a, c, _, err := subsidy.Correct(p, a, c, inPart)
		if err != nil {
			t.Fatal(err)
		}
		_, c, less, err := subsidy.Reduce(p, a, c, inPart)
		if err != nil || c.State != subsidy.Accruing {
			t.Fatalf("%v: %s", err, c.State)
		}
		equalAmount(t, "given back", less, "23125.00")
	})
	t.Run("is made good by a top-up where the repayment was wrong", func(t *testing.T) {
		a, c, _, err := subsidy.Reduce(p, a, c, inPart)
		if err != nil {
			t.Fatal(err)
		}
		early, some := mustAccrue(t, p, a, c, goldenYear(), "2027-04-08")
		equalAmount(t, "accrued without a top-up", some.Accrued, "98541.67")
		if _, _, more, err := subsidy.TopUp(p, p, early, some, goldenYear(), day("2026-12-31")); err != nil || more.Cmp(yuan("23125.00")) != 0 {
			t.Errorf("top-up: %v, %s", err, more)
		}
		a, c, _, err = subsidy.TopUp(p, p, a, c, goldenYear(), day("2026-12-31"))
		if err != nil || !c.Balanced() {
			t.Fatalf("%v: %+v", err, c)
		}
		equalAmount(t, "used", a.Used, "121666.67")
		if q, ok := p.Granted(c, goldenYear()); !ok || len(q.LimitedBy) > 0 || q.Gross.Cmp(yuan("23125.00")) != 0 {
			t.Errorf("the top-up tells %+v", q)
		}
		_, c = mustAccrue(t, p, a, c, goldenYear(), "2027-04-08")
		equalAmount(t, "accrued", c.Accrued, "121666.67")
	})
}

func TestReduceRefuses(t *testing.T) {
	p := policy2026(t, func(p *subsidy.Policy) { p.StopWhileOverdue = true })
	a, c := mustHold(t, p, subsidy.Account{}, goldenYear())
	overdue := goldenYear(func(l *subsidy.Loan) { l.Overdue = []subsidy.Overdue{{From: day("2026-10-05")}} })
	ofAnother := goldenYear(named("LN-2", bankA))
	for name, v := range map[string]struct {
		a    subsidy.Account
		l    subsidy.Loan
		code subsidy.Code
	}{
		"the same facts":      {a, goldenYear(), subsidy.NothingToReduce},
		"a loan that is late": {a, overdue, subsidy.OverdueLoan},
		"another loan":        {a, ofAnother, subsidy.Mismatch},
		"another account":     {subsidy.Account{Policy: p.ID, Household: "x"}, goldenYear(repaidAll("2026-10-05")), subsidy.Mismatch},
	} {
		t.Run(name, func(t *testing.T) {
			_, same, less, err := subsidy.Reduce(p, v.a, c, v.l)
			if codeOf(t, err) != v.code || !less.IsZero() || same.Held.Cmp(c.Held) != 0 {
				t.Errorf("got %v, want %s", err, v.code)
			}
		})
	}
}
