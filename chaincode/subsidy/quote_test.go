package subsidy_test

import (
	"slices"
	"testing"

	"decore/chaincode/money"
	"decore/chaincode/subsidy"
)

func TestQuote(t *testing.T) {
	t.Run("fifty million yuan over two years meet the cap on money whatever the day count", func(t *testing.T) {
		for _, v := range []struct {
			from, to     string
			count        subsidy.DayCount
			days         int
			gross, grant string
		}{
			{"2026-01-01", "2028-01-01", subsidy.Actual360, 730, "1520833.33", "1500000.00"},
			{"2026-01-01", "2028-01-01", subsidy.Actual365, 730, "1500000.00", "1500000.00"},
			{"2026-01-01", "2028-01-01", subsidy.Thirty360, 720, "1500000.00", "1500000.00"},
			{"2026-03-01", "2028-03-01", subsidy.Actual360, 731, "1522916.67", "1500000.00"},
			{"2026-03-01", "2028-03-01", subsidy.Actual365, 731, "1502054.79", "1500000.00"},
			{"2026-12-31", "2028-12-31", subsidy.Actual360, 731, "1522916.67", "1500000.00"},
			{"2026-12-31", "2028-12-31", subsidy.Actual365, 731, "1502054.79", "1500000.00"},
		} {
			t.Run(v.from+" "+string(v.count), func(t *testing.T) {
				q := subsidy.Quote(policy2026(t, counting(v.count)), subsidy.Account{}, fixedAsset("50000000.00", running(v.from, v.to)))
				if !q.Eligible {
					t.Fatalf("refused: %v", q.Reasons)
				}
				equalAmount(t, "gross", q.Gross, v.gross)
				equalAmount(t, "amount", q.Amount, v.grant)
				if got := totalDays(q.Periods); got != v.days {
					t.Errorf("got %d days, want %d", got, v.days)
				}
			})
		}
	})

	t.Run("ACT/360 reaches the cap on money on day 720", func(t *testing.T) {
		q := subsidy.Quote(policy2026(t), subsidy.Account{}, fixedAsset("50000000.00", func(l *subsidy.Loan) { l.Maturity = l.Disbursed.AddDays(720) }))
		equalAmount(t, "gross", q.Gross, "1500000.00")
	})
}

func TestQuoteBesideOtherLoans(t *testing.T) {
	t.Run("the second bank gets what the first leaves of both caps", func(t *testing.T) {
		p := policy2026(t)
		a, first := mustHold(t, p, subsidy.Account{}, fixedAsset("30000000.00"))
		equalAmount(t, "first", first.Granted, "912500.00")
		q := subsidy.Quote(p, a, fixedAsset("40000000.00", named("LN-2", bankB)))
		equalAmount(t, "eligible principal", q.EligiblePrincipal, "20000000.00")
		equalAmount(t, "gross", q.Gross, "608333.33")
		equalAmount(t, "room", q.Room, "587500.00")
		equalAmount(t, "amount", q.Amount, "587500.00")
		if want := []subsidy.Code{subsidy.PrincipalCapReached, subsidy.AmountCapReached}; !slices.Equal(reasonCodes(q.LimitedBy), want) {
			t.Errorf("limited by %v, want %v", q.LimitedBy, want)
		}
	})

	t.Run("a household at both caps is told both", func(t *testing.T) {
		p := policy2026(t)
		a, _ := mustHold(t, p, subsidy.Account{}, fixedAsset("50000000.00"))
		q := subsidy.Quote(p, a, fixedAsset("1000000.00", named("LN-2", bankB)))
		if got := reasonCodes(q.Reasons); q.Eligible || !slices.Equal(got, []subsidy.Code{subsidy.PrincipalCapReached, subsidy.AmountCapReached}) {
			t.Errorf("eligible %v, reasons %v", q.Eligible, got)
		}
		equalAmount(t, "amount", q.Amount, "0.00")
	})

	t.Run("a cap lowered by a later version leaves no room and no negative one", func(t *testing.T) {
		a, _ := mustHold(t, policy2026(t), subsidy.Account{}, fixedAsset("30000000.00"))
		lower := policy2026(t, func(p *subsidy.Policy) { p.Version, p.AmountCap = 2, yuan("500000.00") })
		equalAmount(t, "room", a.Room(lower), "0.00")
	})
}

func TestQuoteLimits(t *testing.T) {
	t.Run("the rate is what the borrower still pays after other subsidies", func(t *testing.T) {
		local := func(l *subsidy.Loan) {
			l.AnnualRate, l.OtherSubsidy = money.MustRate("0.03"), money.MustRate("0.02")
		}
		q := subsidy.Quote(policy2026(t), subsidy.Account{}, fixedAsset("36000000.00", local))
		equalAmount(t, "gross at 1%", q.Gross, "730000.00")
		if !slices.Equal(reasonCodes(q.LimitedBy), []subsidy.Code{subsidy.NetRateFloorReached}) {
			t.Errorf("limited by %v", q.LimitedBy)
		}
		open := policy2026(t, func(p *subsidy.Policy) { p.NetRateFloor = false })
		equalAmount(t, "gross without the floor", subsidy.Quote(open, subsidy.Account{}, fixedAsset("36000000.00", local)).Gross, "1095000.00")
	})

	t.Run("a loan longer than two years is subsidised for its first two", func(t *testing.T) {
		q := subsidy.Quote(policy2026(t), subsidy.Account{}, fixedAsset("8000000.00", running("2026-01-01", "2036-01-01")))
		if last := q.Periods[len(q.Periods)-1].To; last != day("2028-01-01") || !slices.Equal(reasonCodes(q.LimitedBy), []subsidy.Code{subsidy.TermOver2Y}) {
			t.Errorf("ends %s, limited by %v", last, q.LimitedBy)
		}
	})

	t.Run("less than half a fen is nothing to subsidise", func(t *testing.T) {
		q := subsidy.Quote(policy2026(t), subsidy.Account{}, fixedAsset("0.01", running("2026-01-01", "2026-01-02")))
		if got := reasonCodes(q.Reasons); !slices.Equal(got, []subsidy.Code{subsidy.NothingToSubsidise}) {
			t.Errorf("reasons %v", got)
		}
	})

	t.Run("a draft is quoted and never held", func(t *testing.T) {
		draft := policy2026(t, func(p *subsidy.Policy) { p.Status = subsidy.Draft })
		if !subsidy.Quote(draft, subsidy.Account{}, fixedAsset("100000.00")).Eligible {
			t.Error("a draft should be quoted")
		}
		if _, _, err := subsidy.Hold(draft, subsidy.Account{}, fixedAsset("100000.00")); codeOf(t, err) != subsidy.PolicyNotInForce {
			t.Errorf("hold under a draft: %v", err)
		}
	})
}

func totalDays(ps []subsidy.Period) int {
	sum := 0
	for _, p := range ps {
		sum += p.Days
	}
	return sum
}

func reasonCodes(reasons []subsidy.Reason) []subsidy.Code {
	var all []subsidy.Code
	for _, r := range reasons {
		all = append(all, r.Code)
	}
	return all
}

func BenchmarkQuote(b *testing.B) {
	p := policy2026(b)
	a, _ := mustHold(b, p, subsidy.Account{}, fixedAsset("30000000.00"))
	l := fixedAsset("40000000.00", named("LN-2", bankB))
	for b.Loop() {
		if q := subsidy.Quote(p, a, l); !q.Eligible {
			b.Fatal(q.Reasons)
		}
	}
}

// told are codes with the facts that they point to.
func told(reasons []subsidy.Reason) []string {
	var all []string
	for _, r := range reasons {
		all = append(all, string(r.Code)+" "+r.Fact)
	}
	return all
}

func TestAFactThatIsMissingIsToldOnceAndNotWhatItWouldLeadTo(t *testing.T) {
	byController := func(p *subsidy.Policy) { p.PrivateTest = subsidy.ByController }
	public := func(l *subsidy.Loan) { l.Private = false }
	for _, c := range []struct {
		name     string
		policy   func(*subsidy.Policy)
		loan     func(*subsidy.Loan)
		unstated []string
		want     []string
	}{
		{"all that a hold states", nil, func(l *subsidy.Loan) { l.SizeClass, l.Private, l.Sector = "", false, "" }, []string{"/private"},
			[]string{"INVALID_FACTS /sizeClass", "INVALID_FACTS /private", "INVALID_FACTS /sector"}},
		{"the day of payment", nil, func(l *subsidy.Loan) { l.Disbursed = noDate }, nil, []string{"INVALID_FACTS /disbursed"}},
		{"the type and the bank", func(p *subsidy.Policy) { p.HandlingBanks = append(p.HandlingBanks, bankA) },
			func(l *subsidy.Loan) { l.Type, l.Bank = "", "" }, nil, []string{"INVALID_FACTS /bank", "INVALID_FACTS /type"}},
		{"who controls it", byController, nil, nil, []string{"INVALID_FACTS /controller"}},
		{"what the policy does not go by", byController, func(l *subsidy.Loan) { l.Private, l.Controller = false, subsidy.ByCitizens }, []string{"/private"}, nil},
		{"nothing: it says no", nil, public, nil, []string{"NOT_PRIVATE /private"}},
		{"a size that is none", nil, func(l *subsidy.Loan) { l.SizeClass = "huge" }, nil, []string{"INVALID_FACTS /sizeClass"}},
		{"the day on which the clock starts", func(p *subsidy.Policy) { p.ClockStart = subsidy.OnEntrustedPayment }, nil, nil, []string{"NOTHING_TO_SUBSIDISE /entrustedPaid"}},
		{"nothing: too little is lent", nil, func(l *subsidy.Loan) { l.Principal = yuan("0.01") }, nil, []string{"NOTHING_TO_SUBSIDISE /principal"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, l := policy2026(t), fixedAsset("1000000.00")
			apply(c.policy, &p)
			apply(c.loan, &l)
			q := subsidy.Quote(p, subsidy.Account{}, l, c.unstated...)
			if got := told(q.Reasons); !slices.Equal(got, c.want) || q.Eligible != (c.want == nil) {
				t.Errorf("eligible %t, got %q, want %q", q.Eligible, got, c.want)
			}
		})
	}
}
