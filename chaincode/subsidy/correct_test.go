package subsidy_test

import (
	"testing"

	"decore/chaincode/subsidy"
)

// wronglyEnded is a claim whose loan was thought to be repaid on its 11th day: what was accrued is taken back, and the
// claim ended. The household's other loan takes what it can.
func wronglyEnded(t *testing.T, p subsidy.Policy, other string) (subsidy.Account, subsidy.Claim) {
	t.Helper()
	a, c := mustHold(t, p, subsidy.Account{}, goldenYear())
	a, c = mustAccrue(t, p, a, c, goldenYear(), "2026-09-20")
	a, c, _, err := subsidy.Correct(p, a, c, goldenYear(repaidAll("2026-04-18")))
	if err != nil {
		t.Fatal(err)
	}
	if a, c, err = subsidy.Release(p, a, c, goldenYear(repaidAll("2026-04-18"))); err != nil {
		t.Fatal(err)
	}
	if other != "" {
		a, _ = mustHold(t, p, a, fixedAsset(other, named("LN-2", bankB)))
	}
	return a, c
}

func TestUpwardCorrectionOfAnEndedClaim(t *testing.T) {
	t.Run("gives back all that was due for the days that were accrued", func(t *testing.T) {
		p := policy2026(t)
		a, c := wronglyEnded(t, p, "")
		wantTotals(t, drawn(t, a, c), "8000000.00", "0.00", "3333.33", "0.00", "0.00")
		a, c, difference, err := subsidy.Correct(p, a, c, goldenYear())
		if err != nil {
			t.Fatal(err)
		}
		equalAmount(t, "difference", difference.Amount, "51666.67") // 55,000.00 less 3,333.33
		wantTotals(t, drawn(t, a, c), "8000000.00", "0.00", "55000.00", "0.00", "0.00")
		equalAmount(t, "released", c.Released, "66666.67")
	})

	t.Run("never passes the cap on money: it gets the room that other loans leave, in order of time, and more when there is more", func(t *testing.T) {
		p := policy2026(t, func(p *subsidy.Policy) { p.AmountCap = yuan("130000.00") })
		a, c := wronglyEnded(t, p, "4000000.00") // which holds 121,666.67
		a, c, difference, err := subsidy.Correct(p, a, c, goldenYear())
		if err != nil {
			t.Fatal(err)
		}
		equalAmount(t, "difference", difference.Amount, "5000.00")
		equalAmount(t, "used", a.Used, "130000.00")
		wantLines(t, c, "2026-04-08 2026-06-20 73 5000.00 adjusts")
		if _, _, _, err := subsidy.Correct(p, a, c, goldenYear()); codeOf(t, err) != subsidy.NothingToCorrect {
			t.Errorf("without room: %v", err)
		}
		p.AmountCap = yuan("200000.00")
		_, c, _, err = subsidy.Correct(p, a, c, goldenYear())
		if err != nil {
			t.Fatal(err)
		}
		equalAmount(t, "accrued", c.Accrued, "55000.00")
	})

	t.Run("never passes the cap on principal", func(t *testing.T) {
		p := policy2026(t)
		a, c := mustHold(t, p, subsidy.Account{}, goldenYear())
		a, c = mustAccrue(t, p, a, c, goldenYear(), "2026-06-20")
		a, c, _, err := subsidy.Correct(p, a, c, goldenYear(repaidAll("2026-04-08"))) // nothing was due: its principal counts no more
		if err != nil {
			t.Fatal(err)
		}
		if a, c, err = subsidy.Release(p, a, c, goldenYear(repaidAll("2026-04-08"))); err != nil {
			t.Fatal(err)
		}
		full, _ := mustHold(t, p, a, fixedAsset("45000000.00", named("LN-2", bankB)))
		if _, _, _, err := subsidy.Correct(p, full, c, goldenYear()); codeOf(t, err) != subsidy.PrincipalCapReached {
			t.Errorf("got %v", err)
		}
		a, _, _, err = subsidy.Correct(p, a, c, goldenYear())
		if err != nil {
			t.Fatal(err)
		}
		equalAmount(t, "principal", a.Principal, "8000000.00")
	})

	t.Run("never passes the cap on principal that counts what is outstanding", func(t *testing.T) {
		p := policy2026(t, func(p *subsidy.Policy) { p.PrincipalBasis = subsidy.Outstanding })
		a, c := wronglyEnded(t, p, "")
		fits, _ := mustHold(t, p, a, fixedAsset("42000000.00", named("LN-2", bankB)))
		full, _ := mustHold(t, p, a, fixedAsset("42000000.01", named("LN-2", bankB)))
		if _, _, _, err := subsidy.Correct(p, full, c, goldenYear()); codeOf(t, err) != subsidy.PrincipalCapReached {
			t.Errorf("got %v", err)
		}
		if _, _, err := subsidy.Settle(p, full, c, goldenYear(), c.Accrued); err != nil { // what it has less keeps nothing back
			t.Error(err)
		}
		if _, _, by, err := subsidy.Correct(p, fits, c, goldenYear()); err != nil || !by.IsPositive() {
			t.Errorf("by %s: %v", by, err)
		}
		later := goldenYear(repaidAll("2026-04-11")) // less than the 10 days that it has
		if _, _, by, err := subsidy.Correct(p, full, c, later); err != nil || !by.IsNegative() {
			t.Errorf("by %s: %v", by, err)
		}
	})

	t.Run("a settled claim that is owed more can be settled again", func(t *testing.T) {
		p := policy2026(t)
		a, c := wronglyEnded(t, p, "")
		a, c, err := subsidy.Settle(p, a, c, goldenYear(repaidAll("2026-04-18")), c.Accrued)
		if err != nil {
			t.Fatal(err)
		}
		wantState(t, c, subsidy.Settled)
		a, c, _, err = subsidy.Correct(p, a, c, goldenYear())
		if err != nil {
			t.Fatal(err)
		}
		wantState(t, c, subsidy.Released)
		_, c, err = subsidy.Settle(p, a, c, goldenYear(), yuan("51666.67"))
		if err != nil {
			t.Fatal(err)
		}
		wantState(t, c, subsidy.Settled)
	})
}

// The same facts give the same money, whether a settlement came before or after the report of them.
func TestSettlingEarlyEndsNoClaimWhoseDaysAreNotOver(t *testing.T) {
	p := policy2026(t, func(p *subsidy.Policy) { p.AmountCap = yuan("24333.33") }) // which the first period uses up
	late := goldenYear(repaid("2026-05-01", "4000000.00"))
	for name, settled := range map[string]bool{"settled before a repayment was reported": true, "not settled before": false} {
		t.Run(name, func(t *testing.T) {
			a, c := mustHold(t, p, subsidy.Account{}, goldenYear())
			a, c = mustAccrue(t, p, a, c, goldenYear(), "2026-06-20")
			var err error
			if settled {
				if a, c, err = subsidy.Settle(p, a, c, goldenYear(), c.Accrued); err != nil {
					t.Fatal(err)
				}
				wantState(t, c, subsidy.Accruing)
				equalAmount(t, "held", c.Held, "0.00")
			}
			if a, c, _, err = subsidy.Correct(p, a, c, late); err != nil {
				t.Fatal(err)
			}
			a, c = mustAccrue(t, p, a, c, late, "2027-04-08")
			equalAmount(t, "earned", c.Accrued.Add(c.Settled), "24333.33")
			if _, c, err = subsidy.Settle(p, a, c, late, c.Accrued); err != nil {
				t.Fatal(err)
			}
			wantState(t, c, subsidy.Settled)
		})
	}
}
