package subsidy_test

import (
	"slices"
	"testing"

	"decore/chaincode/calendar"
	"decore/chaincode/lifecycle"
	"decore/chaincode/subsidy"
)

// claimIn returns a claim in a state, with its account.
func claimIn(t *testing.T, p subsidy.Policy, s lifecycle.State) (subsidy.Account, subsidy.Claim) {
	t.Helper()
	a, c := mustHold(t, p, subsidy.Account{}, goldenYear())
	if s == subsidy.Held {
		return a, c
	}
	a, c = mustAccrue(t, p, a, c, goldenYear(), "2026-06-20")
	var err error
	switch s {
	case subsidy.Released:
		a, c, err = subsidy.Release(p, a, c, goldenYear())
	case subsidy.Settled:
		a, c = mustAccrue(t, p, a, c, goldenYear(), "2027-04-08")
		a, c, err = subsidy.Settle(p, a, c, goldenYear(), c.Accrued)
	case subsidy.ClawedBack:
		a, c, err = subsidy.ClawBack(a, c)
	}
	if err != nil || c.State != s {
		t.Fatalf("%v: state %s, want %s", err, c.State, s)
	}
	return a, c
}

// verbsOf calls each verb in a way that only the state of the claim can refuse.
func verbsOf(p subsidy.Policy) map[string]func(subsidy.Account, subsidy.Claim) (subsidy.Claim, error) {
	ended := goldenYear(repaidAll("2026-05-01"))
	extending := p
	extending.SubsidiseExtension = true
	return map[string]func(subsidy.Account, subsidy.Claim) (subsidy.Claim, error){
		subsidy.VerbAccrue: func(a subsidy.Account, c subsidy.Claim) (subsidy.Claim, error) {
			_, c, _, err := subsidy.Accrue(p, a, c, goldenYear(), calendar.Max(day("2026-12-20"), c.AccruedThrough.AddDays(1)))
			return c, err
		},
		subsidy.VerbTopUp: func(a subsidy.Account, c subsidy.Claim) (subsidy.Claim, error) {
			_, c, _, err := subsidy.TopUp(extending, extending, a, c, extended(goldenYear(), "2027-10-08"), day("2026-10-01"))
			return c, err
		},
		subsidy.VerbReduce: func(a subsidy.Account, c subsidy.Claim) (subsidy.Claim, error) {
			_, c, _, err := subsidy.Reduce(p, a, c, goldenYear(repaidAll("2027-01-01")))
			return c, err
		},
		subsidy.VerbSettle: func(a subsidy.Account, c subsidy.Claim) (subsidy.Claim, error) {
			_, c, err := subsidy.Settle(p, a, c, goldenYear(), yuan("1.00"))
			return c, err
		},
		subsidy.VerbRelease: func(a subsidy.Account, c subsidy.Claim) (subsidy.Claim, error) {
			_, c, err := subsidy.Release(p, a, c, goldenYear())
			return c, err
		},
		subsidy.VerbCorrect: func(a subsidy.Account, c subsidy.Claim) (subsidy.Claim, error) {
			_, c, _, err := subsidy.Correct(p, a, c, ended)
			return c, err
		},
		subsidy.VerbRestate: func(a subsidy.Account, c subsidy.Claim) (subsidy.Claim, error) {
			_, c, _, err := subsidy.Restate(p, a, c, goldenYear())
			return c, err
		},
		subsidy.VerbClawBack: func(a subsidy.Account, c subsidy.Claim) (subsidy.Claim, error) {
			_, c, err := subsidy.ClawBack(a, c)
			return c, err
		},
	}
}

func TestLifecycleTable(t *testing.T) {
	p := policy2026(t)
	verbs := verbsOf(p)
	for _, row := range subsidy.Lifecycle.Rows {
		do := verbs[row.Verb]
		if do == nil {
			if !row.Creates() {
				t.Errorf("verb %s is not tested", row.Verb)
			}
			continue
		}
		for _, s := range subsidy.Lifecycle.States() {
			t.Run(row.Verb+" in state "+string(s)+" does as the table says", func(t *testing.T) {
				a, c := claimIn(t, p, s)
				next, err := do(a, c)
				if !row.Leaves(s) {
					if codeOf(t, err) != subsidy.ClaimState {
						t.Errorf("got %v, want %s", err, subsidy.ClaimState)
					}
					return
				}
				if err != nil || !row.Reaches(next.State) {
					t.Errorf("%v: reached %s, the table has %v", err, next.State, row.To)
				}
			})
		}
	}

	t.Run("banks ask and the finance bureau settles", func(t *testing.T) {
		lender := func(r lifecycle.Relation) bool { return r == lifecycle.Lender }
		got := subsidy.Lifecycle.Allowed(subsidy.Accruing, []lifecycle.Role{lifecycle.Bank}, lender)
		if want := []string{"accrue", "top-up", "reduce", "release", "correct", "restate"}; !slices.Equal(got, want) {
			t.Errorf("bank: %v", got)
		}
		regulator := []lifecycle.Role{lifecycle.Regulator}
		got = subsidy.Lifecycle.Allowed(subsidy.Accruing, regulator, func(r lifecycle.Relation) bool { return r == lifecycle.Bureau })
		if want := []string{"settle", "correct", "claw-back"}; !slices.Equal(got, want) {
			t.Errorf("bureau: %v", got)
		}
		if got = subsidy.Lifecycle.Allowed(subsidy.Accruing, regulator, func(lifecycle.Relation) bool { return false }); len(got) > 0 {
			t.Errorf("another regulator: %v", got)
		}
	})
}
