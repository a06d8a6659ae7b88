package subsidy_test

import (
	"slices"
	"testing"

	"decore/chaincode/subsidy"
)

func TestAHoldTellsWhatTheQuoteTold(t *testing.T) {
	for name, v := range map[string]struct {
		before, loan subsidy.Loan
		want         []subsidy.Code
	}{
		"granted whole":                   {goldenYear(), fixedAsset("1000000.00", named("LN-2", bankB)), nil},
		"cut by both caps":                {fixedAsset("30000000.00"), fixedAsset("40000000.00", named("LN-2", bankB)), []subsidy.Code{subsidy.PrincipalCapReached, subsidy.AmountCapReached}},
		"cut by the cap on money":         {fixedAsset("30000000.00"), fixedAsset("20000000.00", named("LN-2", bankB)), []subsidy.Code{subsidy.AmountCapReached}},
		"of a loan that runs too long":    {goldenYear(), fixedAsset("1000000.00", named("LN-2", bankB), running("2026-03-01", "2029-03-01")), []subsidy.Code{subsidy.TermOver2Y}},
		"cut by the cap on the principal": {fixedAsset("49000000.00", running("2026-03-01", "2026-06-01")), fixedAsset("2000000.00", named("LN-2", bankB)), []subsidy.Code{subsidy.PrincipalCapReached}},
	} {
		t.Run(name, func(t *testing.T) {
			p := policy2026(t)
			a, _ := mustHold(t, p, subsidy.Account{}, v.before)
			quoted := subsidy.Quote(p, a, v.loan)
			_, c := mustHold(t, p, a, v.loan)
			q, ok := p.Granted(c, v.loan)
			if !ok || !slices.Equal(reasonCodes(q.LimitedBy), v.want) || !same(t, q.LimitedBy, quoted.LimitedBy) {
				t.Errorf("limited by %v, the quote said %v, want %v", q.LimitedBy, quoted.LimitedBy, v.want)
			}
			equalAmount(t, "amount", q.Amount, quoted.Amount.String())
			equalAmount(t, "gross", q.Gross, quoted.Gross.String())
			equalAmount(t, "eligible principal", q.EligiblePrincipal, quoted.EligiblePrincipal.String())
			if slices.Contains(v.want, subsidy.AmountCapReached) {
				equalAmount(t, "room", q.Room, quoted.Room.String())
			}
			if slices.Contains(v.want, subsidy.PrincipalCapReached) {
				equalAmount(t, "principal room", q.PrincipalRoom, quoted.PrincipalRoom.String())
			}
		})
	}
}

func TestATopUpTellsWhatItAddedAndWhatCutIt(t *testing.T) {
	p := policy2026(t, extensionsCount)
	a, c := mustHold(t, p, subsidy.Account{}, goldenYear()) // 121,666.67
	longer := extended(goldenYear(), "2027-10-08")          // 61,000.00 more
	for name, v := range map[string]struct {
		limit, added string
		want         []subsidy.Code
	}{
		"whole":                   {"1500000.00", "61000.00", nil},
		"cut by the cap on money": {"150000.00", "28333.33", []subsidy.Code{subsidy.AmountCapReached}},
	} {
		t.Run(name, func(t *testing.T) {
			now := policy2026(t, extensionsCount, func(p *subsidy.Policy) { p.Version, p.AmountCap = 2, yuan(v.limit) })
			_, c, _, err := subsidy.TopUp(p, now, a, c, longer, day("2027-03-01"))
			if err != nil {
				t.Fatal(err)
			}
			q, ok := p.Granted(c, longer)
			if !ok || !slices.Equal(reasonCodes(q.LimitedBy), v.want) {
				t.Errorf("limited by %v, want %v", q.LimitedBy, v.want)
			}
			equalAmount(t, "added", q.Amount, v.added)
			equalAmount(t, "wanted", q.Gross, "61000.00")
		})
	}
	t.Run("and no other booking tells of a grant", func(t *testing.T) {
		_, c := mustAccrue(t, p, a, c, goldenYear(), "2026-06-20")
		if q, ok := p.Granted(c, goldenYear()); ok {
			t.Errorf("%+v", q)
		}
	})
}
