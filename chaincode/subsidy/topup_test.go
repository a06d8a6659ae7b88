package subsidy_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"decore/chaincode/lifecycle"
	"decore/chaincode/subsidy"
)

// extended gives a loan a later maturity.
func extended(l subsidy.Loan, maturity string) subsidy.Loan {
	if l.FirstMaturity.IsZero() {
		l.FirstMaturity = l.Maturity
	}
	l.Maturity = day(maturity)
	return l
}

// extensionsCount is a policy that subsidises extensions, and lets claims be topped up for them until the end of 2028.
func extensionsCount(p *subsidy.Policy) { p.SubsidiseExtension, p.TopUpTo = true, day("2028-12-31") }

func TestTopUp(t *testing.T) {
	p := policy2026(t, extensionsCount)
	a, c := mustHold(t, p, subsidy.Account{}, goldenYear()) // 121,666.67 for 365 days
	longer := extended(goldenYear(), "2027-10-08")          // 548 days, 182,666.67

	t.Run("holds what the extension adds, once", func(t *testing.T) {
		a, c, more, err := subsidy.TopUp(p, p, a, c, longer, day("2027-03-01"))
		if err != nil {
			t.Fatal(err)
		}
		equalAmount(t, "more", more, "61000.00")
		equalAmount(t, "held", c.Held, "182666.67")
		equalAmount(t, "granted", c.Granted, "182666.67")
		equalAmount(t, "used", a.Used, "182666.67")
		if !c.Balanced() || !c.Follows(p, longer) || c.State != subsidy.Held || a.Entries != 2 {
			t.Errorf("claim %+v, account %+v", c, a)
		}
		if _, _, _, err := subsidy.TopUp(p, p, a, c, longer, day("2027-03-01")); codeOf(t, err) != subsidy.NothingToTopUp {
			t.Errorf("again: %v", err)
		}
		longer := extended(longer, "2027-11-08")
		if a, c, more, err = subsidy.TopUp(p, p, a, c, longer, day("2027-03-01")); err != nil {
			t.Fatal(err)
		}
		equalAmount(t, "more, by 31 days", more, "10333.33") // 579 days are 193,000.00
		if a, c, err = subsidy.Release(p, a, c, longer); err != nil {
			t.Fatal(err)
		}
		equalAmount(t, "used when released", a.Used, "0.00")
		equalAmount(t, "released", c.Released, "193000.00")
	})
	t.Run("books at once what days gone by could not have before", func(t *testing.T) {
		a, c := mustAccrue(t, p, a, c, longer, "2027-09-20")
		a, c, err := subsidy.Settle(p, a, c, longer, c.Accrued)
		if err != nil || c.State != subsidy.Accruing {
			t.Fatalf("%v: %s", err, c.State)
		}
		if _, _, _, err := subsidy.Accrue(p, a, c, longer, day("2027-10-08")); codeOf(t, err) != subsidy.HoldUsedUp {
			t.Fatalf("got %v", err)
		}
		a, c, more, err := subsidy.TopUp(p, p, a, c, longer, day("2027-09-30"))
		if err != nil {
			t.Fatal(err)
		}
		c = c.Stamped(subsidy.Stamp{Command: "C"})
		equalAmount(t, "more", more, "61000.00")
		equalAmount(t, "accrued", c.Accrued, "55000.00") // from 8 April to 20 September: 165 days
		equalAmount(t, "held", c.Held, "6000.00")
		if !c.Balanced() || !c.Follows(p, longer) || !slices.Equal(c.Entries[3].Causes, []subsidy.Cause{subsidy.CauseTopUp}) {
			t.Errorf("entry %+v", c.Entries[3])
		}
		_, c = mustAccrue(t, p, a, c, longer, "2027-10-08")
		equalAmount(t, "accrued in the end", c.Accrued, "61000.00")
	})
	t.Run("gives what the cap leaves, and more when room is free again", func(t *testing.T) {
		p := policy2026(t, extensionsCount, func(p *subsidy.Policy) { p.AmountCap = yuan("300000.00") })
		other := goldenYear(named("LN-2", bankB))
		a, beside := mustHold(t, p, a, other)
		a, c, more, err := subsidy.TopUp(p, p, a, c, longer, day("2027-03-01"))
		if err != nil {
			t.Fatal(err)
		}
		equalAmount(t, "more", more, "56666.66")
		equalAmount(t, "used", a.Used, "300000.00")
		if _, _, _, err := subsidy.TopUp(p, p, a, c, longer, day("2027-03-01")); codeOf(t, err) != subsidy.AmountCapReached {
			t.Errorf("without room: %v", err)
		}
		if a, _, err = subsidy.Release(p, a, beside, other); err != nil {
			t.Fatal(err)
		}
		if _, _, more, err = subsidy.TopUp(p, p, a, c, longer, day("2027-03-01")); err != nil {
			t.Fatal(err)
		}
		equalAmount(t, "the rest", more, "4333.34")
	})
	t.Run("by the lower of the caps then and now", func(t *testing.T) {
		for limit, want := range map[string]string{"150000.00": "28333.33", "9999999.00": "61000.00"} {
			now := p
			now.Version, now.AmountCap = 2, yuan(limit)
			_, _, more, err := subsidy.TopUp(p, now, a, c, longer, day("2027-03-01"))
			if err != nil {
				t.Fatal(err)
			}
			equalAmount(t, "under "+limit, more, want)
		}
	})
}

func TestOnlyAHoldAndATopUpGrantAnything(t *testing.T) {
	p := policy2026(t, extensionsCount)
	a, c := mustHold(t, p, subsidy.Account{}, goldenYear())
	_, c, _, err := subsidy.TopUp(p, p, a, c, extended(goldenYear(), "2027-10-08"), day("2027-03-01"))
	if err != nil || !c.Balanced() {
		t.Fatalf("%v: %+v", err, c)
	}
	for _, verb := range []string{subsidy.VerbAccrue, subsidy.VerbSettle, subsidy.VerbRelease, subsidy.VerbCorrect, subsidy.VerbClawBack} {
		forged := c
		forged.Entries = slices.Clone(c.Entries)
		forged.Entries[1].Verb = verb
		if forged.Balanced() {
			t.Errorf("61,000.00 came from nothing by %s", verb)
		}
	}
}

func TestTopUpRefuses(t *testing.T) {
	p := policy2026(t, extensionsCount)
	a, c := mustHold(t, p, subsidy.Account{}, goldenYear())
	longer := func(options ...func(*subsidy.Loan)) subsidy.Loan {
		return extended(goldenYear(options...), "2027-10-08")
	}
	policy := func(change func(*subsidy.Policy)) subsidy.Policy { return policy2026(t, extensionsCount, change) }
	ended := func(s lifecycle.State) subsidy.Claim { _, c := claimIn(t, p, s); return c }
	for name, v := range map[string]struct {
		p, now subsidy.Policy
		claim  subsidy.Claim
		loan   subsidy.Loan
		on     string
		want   subsidy.Code
	}{
		"the same facts":                       {p, p, c, goldenYear(), "2027-03-01", subsidy.NothingToTopUp},
		"a loan that earns less now":           {p, p, c, goldenYear(repaidAll("2026-09-01")), "2027-03-01", subsidy.NothingToTopUp},
		"an extension that is not subsidised":  {policy(func(p *subsidy.Policy) { p.SubsidiseExtension = false }), p, c, longer(), "2027-03-01", subsidy.NothingToTopUp},
		"months that are over":                 {policy(func(p *subsidy.Policy) { p.MaxMonths = 12 }), p, c, longer(), "2027-03-01", subsidy.NothingToTopUp},
		"a loan that is too long":              {policy(func(p *subsidy.Policy) { p.MaxMonths, p.RefuseLongTerm = 12, true }), p, c, longer(), "2027-03-01", subsidy.TermOver2Y},
		"an overdue loan":                      {p, p, c, longer(overdue("2027-01-01", "")), "2027-03-01", subsidy.OverdueLoan},
		"misuse":                               {p, p, c, longer(func(l *subsidy.Loan) { l.Misuse = true }), "2027-03-01", subsidy.MisuseOfLoan},
		"after the last day":                   {p, p, c, longer(), "2030-01-01", subsidy.PolicyNotInForce},
		"after the last day of holds":          {p, policy(func(p *subsidy.Policy) { p.TopUpTo, p.EffectiveTo = noDate, day("2026-12-31") }), c, longer(), "2027-01-01", subsidy.PolicyNotInForce},
		"under a draft":                        {p, policy(func(p *subsidy.Policy) { p.Status = subsidy.Draft }), c, longer(), "2026-10-01", subsidy.PolicyNotInForce},
		"a claim that is released":             {p, p, ended(subsidy.Released), longer(), "2027-03-01", subsidy.ClaimState},
		"a claim that is settled":              {p, p, ended(subsidy.Settled), longer(), "2027-03-01", subsidy.ClaimState},
		"a claim that is clawed back":          {p, p, ended(subsidy.ClawedBack), longer(), "2027-03-01", subsidy.ClaimState},
		"another loan":                         {p, p, c, longer(named("LN-2", bankA)), "2027-03-01", subsidy.Mismatch},
		"another policy governing on that day": {p, policy(func(p *subsidy.Policy) { p.ID = "other" }), c, longer(), "2027-03-01", subsidy.Mismatch},
	} {
		t.Run(name, func(t *testing.T) {
			left, same1, more, err := subsidy.TopUp(v.p, v.now, a, v.claim, v.loan, day(v.on))
			if codeOf(t, err) != v.want {
				t.Errorf("got %v, want %s", err, v.want)
			}
			if !more.IsZero() || !same(t, left, a) || !same(t, same1, v.claim) {
				t.Error("a refusal changed something")
			}
		})
	}
	t.Run("an extension that is not subsidised is told so, with the setting", func(t *testing.T) {
		not := policy(func(p *subsidy.Policy) { p.SubsidiseExtension = false })
		_, _, _, err := subsidy.TopUp(not, p, a, c, longer(), day("2027-03-01"))
		var refused *subsidy.Error
		if !errors.As(err, &refused) || len(refused.Reasons) != 1 || refused.Reasons[0].Fact != "/firstMaturity" || !strings.HasPrefix(refused.Reasons[0].Ground(), p.ID+" v1 subsidiseExtension") {
			t.Errorf("got %+v", err)
		}
		_, _, _, err = subsidy.TopUp(not, p, a, c, goldenYear(), day("2027-03-01"))
		if !errors.As(err, &refused) || len(refused.Reasons) != 0 {
			t.Errorf("a loan that was not extended: %+v", err)
		}
	})
	t.Run("an expired policy lets claims be topped up as long as it says", func(t *testing.T) {
		over := policy(func(p *subsidy.Policy) { p.Status = subsidy.Expired })
		if _, _, _, err := subsidy.TopUp(p, over, a, c, longer(), day("2028-12-31")); err != nil {
			t.Error(err)
		}
	})
}
