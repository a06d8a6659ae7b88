package subsidy_test

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"decore/chaincode/money"
	"decore/chaincode/subsidy"
)

// amortising is the golden year's loan of 8,000,000.00, of which two parts come back before maturity.
func amortising(options ...func(*subsidy.Loan)) subsidy.Loan {
	return goldenYear(append([]func(*subsidy.Loan){repaid("2026-08-01", "2000000.00"), repaid("2026-12-20", "3000000.00")}, options...)...)
}

func ordered(o subsidy.RepaymentOrder) func(*subsidy.Policy) {
	return func(p *subsidy.Policy) { p.RepaymentOrder = o }
}

func TestScheduleOfRepaymentsInParts(t *testing.T) {
	t.Run("a period over a repayment sums its days' principal and is rounded once", func(t *testing.T) {
		// Million yuan × days, ACT: 8×73 = 584 | 8×42 + 6×50 = 636 | 6×91 = 546 | 3×90 = 270 | 3×19 = 57, together 2093.
		// × 0.015 ÷ 360: 24333.333 26500 22750 11250, the last 87208.333 less 84833.33.
		// × 0.015 ÷ 365: 24000 26136.986 22438.356 11095.890, the last 86013.699 less 83671.24.
		// 30/360: 8×72 = 576 | 8×41 + 6×49 = 622 | 6×90 = 540 | 3×90 = 270 | 3×18 = 54, together 2062:
		// 24000 25916.667 22500 11250, the last 85916.667 less 83666.67.
		for count, want := range map[subsidy.DayCount]string{
			subsidy.Actual360: "24333.33 26500.00 22750.00 11250.00 2375.00",
			subsidy.Actual365: "24000.00 26136.99 22438.36 11095.89 2342.46",
			subsidy.Thirty360: "24000.00 25916.67 22500.00 11250.00 2250.00",
		} {
			l := amortising()
			if got := amounts(policy2026(t, counting(count)).Schedule(l, l.Principal)); got != want {
				t.Errorf("%s: got %s, want %s", count, got, want)
			}
		}
	})

	t.Run("the parts of a period are not rounded each", func(t *testing.T) {
		// 2.40 × 25 + 1.20 × 50 = 120 yuan-days × 0.015 ÷ 360 = 0.005 exactly; its halves are 0.0025 each.
		l := fixedAsset("2.40", running("2026-01-01", "2026-03-17"), repaid("2026-01-26", "1.20"))
		if got := amounts(policy2026(t, atEnd).Schedule(l, l.Principal)); got != "0.01" {
			t.Errorf("got %s", got)
		}
		l.Repayments[0].Principal = yuan("1.21") // 119.5 yuan-days
		if got := amounts(policy2026(t, atEnd).Schedule(l, l.Principal)); got != "0.00" {
			t.Errorf("got %s", got)
		}
	})

	t.Run("the last part ends the days", func(t *testing.T) {
		l := amortising(repaid("2027-01-19", "3000000.00"))
		// To 2027-01-19: 3 × 30 = 90, together 1856 million × 0.015 ÷ 360 = 77333.333, less 73583.33.
		want := []string{"2026-04-08 2026-06-20 73 24333.33", "2026-06-20 2026-09-20 92 26500.00",
			"2026-09-20 2026-12-20 91 22750.00", "2026-12-20 2027-01-19 30 3750.00"}
		if got := written(policy2026(t).Schedule(l, l.Principal)); !slices.Equal(got, want) {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	})
}

func TestDaysOfRepayment(t *testing.T) {
	t.Run("the 31st is the 30th where months have thirty days", func(t *testing.T) {
		thirty := policy2026(t, atEnd, counting(subsidy.Thirty360))
		// 6 × 90 − 1 × 20 = 520 million × 0.015 ÷ 360 = 21666.667, on either day.
		for _, on := range []string{"2026-03-30", "2026-03-31"} {
			l := fixedAsset("6000000.00", running("2026-01-20", "2026-04-20"), repaid(on, "1000000.00"))
			if got := amounts(thirty.Schedule(l, l.Principal)); got != "21666.67" {
				t.Errorf("%s: got %s", on, got)
			}
		}
	})

	t.Run("days that are overdue count no principal, repaid or not", func(t *testing.T) {
		// 8×63 = 504 | 8×32 + 6×50 = 556 million.
		l := amortising(overdue("2026-06-10", "2026-06-30"))
		if got := amounts(policy2026(t).Schedule(l, l.Principal)[:2]); got != "21000.00 23166.67" {
			t.Errorf("got %s", got)
		}
	})

	t.Run("what came back before the clock started was never subsidised", func(t *testing.T) {
		p := policy2026(t, atEnd, func(p *subsidy.Policy) { p.ClockStart = subsidy.OnEntrustedPayment })
		l := amortising(func(l *subsidy.Loan) { l.EntrustedPaid = day("2026-09-01") })
		// 6×110 + 3×109 = 987 million × 0.015 ÷ 360 = 41125.
		if got, want := written(p.Schedule(l, l.Principal)), []string{"2026-09-01 2027-04-08 219 41125.00"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})

	t.Run("what comes back after the last subsidised day changes nothing", func(t *testing.T) {
		l := goldenYear(repaid("2027-04-08", "2000000.00"))
		if got, want := amounts(policy2026(t).Schedule(l, l.Principal)), "24333.33 30666.67 30333.33 30000.00 6333.34"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

func TestRepaymentOrder(t *testing.T) {
	// Eligible are 5,000,000.00 of 8,000,000.00; 2 come back on 1 August, 3 on 20 December.
	for _, v := range []struct {
		order subsidy.RepaymentOrder
		why   string
		want  []string
	}{
		// 5×73 = 365 | 5×42 + 3×50 = 360 | 3×91 = 273, together 998 million: 41583.333 less 30208.33.
		{subsidy.EligibleFirst, "the eligible part shrinks at once and ends the days when it is gone", []string{
			"2026-04-08 2026-06-20 73 15208.33", "2026-06-20 2026-09-20 92 15000.00", "2026-09-20 2026-12-20 91 11375.00"}},
		// 365 | 5×92 = 460 | 5×91 = 455 | 3×90 = 270 | 3×19 = 57, together 1607 million: 66958.333 less 64583.33.
		{subsidy.EligibleLast, "the eligible part earns as long as so much is outstanding", []string{
			"2026-04-08 2026-06-20 73 15208.33", "2026-06-20 2026-09-20 92 19166.67", "2026-09-20 2026-12-20 91 18958.33",
			"2026-12-20 2027-03-20 90 11250.00", "2027-03-20 2027-04-08 19 2375.00"}},
	} {
		t.Run(string(v.order)+": "+v.why, func(t *testing.T) {
			if got := written(policy2026(t, ordered(v.order)).Schedule(amortising(), yuan("5000000.00"))); !slices.Equal(got, v.want) {
				t.Errorf("got  %q\nwant %q", got, v.want)
			}
		})
	}

	t.Run("a loan is subsidised for no more than its principal", func(t *testing.T) {
		for _, o := range []subsidy.RepaymentOrder{subsidy.EligibleFirst, subsidy.EligibleLast} {
			p := policy2026(t, ordered(o))
			if got, want := amounts(p.Schedule(amortising(), yuan("9000000.00"))), amounts(p.Schedule(amortising(), yuan("8000000.00"))); got != want {
				t.Errorf("%s: got %s, want %s", o, got, want)
			}
		}
	})
}

// Worth is linear: a loan repaid in parts is worth what its parts are, each a loan repaid once. Each of
// the three is rounded once, so they may differ by a fen.
func TestRepaymentsInPartsAreWorthTheirParts(t *testing.T) {
	underEachRule(t, func(t *rapid.T, r rule) {
		r.policy.Settlement.EveryMonths, r.policy.PolicySettlementDays = 0, true
		whole := drawBook(t, 0).loan
		if whole.Principal.Less(yuan("0.02")) {
			whole.Principal = yuan("0.02")
		}
		part := money.Fen(rapid.Int64Range(1, whole.Principal.Fen()-1).Draw(t, "part"))
		on := whole.Disbursed.AddDays(drawDays(t, "repaid after"))
		early, rest := whole, whole
		whole.Repayments = []subsidy.Repayment{{Date: on, Principal: part}}
		early.Principal, early.Repayments = part, whole.Repayments
		rest.Principal = whole.Principal.Sub(part)
		worth := func(l subsidy.Loan) int64 {
			var sum int64
			for _, period := range r.policy.Schedule(l, l.Principal) {
				sum += period.Amount.Fen()
			}
			return sum
		}
		if got, want := worth(whole), worth(early)+worth(rest); max(got-want, want-got) > 1 {
			t.Fatalf("got %d fen, its parts %d", got, want)
		}
	})
}

// No reading of which part is repaid first gives less than EligibleFirst or more than EligibleLast: a day's
// principal is at most what is eligible and what is outstanding, and falls by at most what was repaid.
func TestRepaymentOrdersBound(t *testing.T) {
	underEachRule(t, func(t *rapid.T, r rule) {
		r.policy.Settlement.EveryMonths, r.policy.PolicySettlementDays = 0, true
		b := drawBook(t, 0)
		for range rapid.IntRange(1, 4).Draw(t, "repayments") {
			b.repay(t)
		}
		eligible := money.Fen(rapid.Int64Range(1, b.oracle.principal).Draw(t, "eligible"))
		worth := func(o subsidy.RepaymentOrder) (sum int64) {
			r.policy.RepaymentOrder = o
			for _, period := range r.policy.Schedule(b.loan, eligible) {
				sum += period.Amount.Fen()
			}
			return sum
		}
		if first, last := worth(subsidy.EligibleFirst), worth(subsidy.EligibleLast); first > last {
			t.Fatalf("eligible-first gives %d fen, eligible-last %d", first, last)
		}
	})
}

func TestRepaidInFull(t *testing.T) {
	for want, l := range map[string]subsidy.Loan{
		"":           amortising(),
		"2027-01-19": amortising(repaid("2027-01-19", "3000000.00")),
		"2026-05-01": goldenYear(repaidAll("2026-05-01")),
	} {
		t.Run("a loan is repaid on the day on which the last fen came back: "+want, func(t *testing.T) {
			if got := l.RepaidInFull().String(); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestValidateRepayments(t *testing.T) {
	for _, v := range []struct {
		name, field string
		change      func(*subsidy.Loan)
	}{
		{"a day before disbursement", "repayments[0].date", repaid("2025-12-31", "1.00")},
		{"no day", "repayments[0].date", func(l *subsidy.Loan) { l.Repayments = []subsidy.Repayment{{Principal: yuan("1.00")}} }},
		{"a day before the one of the entry before", "repayments[1].date", func(l *subsidy.Loan) { repaid("2026-05-02", "1.00")(l); repaid("2026-05-01", "1.00")(l) }},
		{"the same day twice", "repayments[1].date", func(l *subsidy.Loan) { repaid("2026-05-02", "1.00")(l); repaid("2026-05-02", "1.00")(l) }},
		{"an amount of nothing", "repayments[0].principal", repaid("2026-05-01", "0.00")},
		{"an amount below nothing", "repayments[0].principal", func(l *subsidy.Loan) {
			l.Repayments = []subsidy.Repayment{{Date: day("2026-05-01"), Principal: money.Fen(-1)}}
		}},
		{"a fen more than was lent", "repayments", func(l *subsidy.Loan) { repaid("2026-05-01", "600.00")(l); repaid("2026-05-02", "400.01")(l) }},
		{"more entries than a loan can have", "repayments", func(l *subsidy.Loan) { l.Repayments = daily(l, subsidy.MaxRepayments+1) }},
	} {
		t.Run(v.name+" is refused and named", func(t *testing.T) {
			err := fixedAsset("1000.00", v.change).Validate()
			if got := fieldsOf(err); !errors.Is(err, subsidy.ErrLoan) || !slices.Equal(got, []string{v.field}) {
				t.Errorf("got fields %v of %v", got, err)
			}
		})
	}

	for name, change := range map[string]func(*subsidy.Loan){
		"the whole principal on the first day":    repaidAll("2026-01-01"),
		"the last fen after maturity":             func(l *subsidy.Loan) { repaid("2026-05-01", "999.99")(l); repaid("2029-05-02", "0.01")(l) },
		"as many entries as a financing can have": func(l *subsidy.Loan) { l.Repayments = daily(l, subsidy.MaxRepayments) },
	} {
		t.Run(name+" is sound", func(t *testing.T) {
			if err := fixedAsset("1000.00", change).Validate(); err != nil {
				t.Error(err)
			}
		})
	}
}

// daily repays a fen on each of n days.
func daily(l *subsidy.Loan, n int) []subsidy.Repayment {
	var all []subsidy.Repayment
	for i := range n {
		all = append(all, subsidy.Repayment{Date: l.Disbursed.AddDays(i), Principal: money.Fen(1)})
	}
	return all
}

// Claims of loans that come back in parts.
func TestClaimOfAnAmortisingLoan(t *testing.T) {
	p := policy2026(t)

	t.Run("known in time: less accrues and the rest of the hold is released", func(t *testing.T) {
		a, c := mustHold(t, p, subsidy.Account{}, goldenYear())
		a, c = mustAccrue(t, p, a, c, amortising(), "2027-04-08")
		wantTotals(t, drawn(t, a, c), "8000000.00", "34458.34", "87208.33", "0.00", "0.00")
		a, c, err := subsidy.Release(p, a, c, amortising())
		if err != nil {
			t.Fatal(err)
		}
		wantTotals(t, drawn(t, a, c), "8000000.00", "0.00", "87208.33", "0.00", "0.00")
	})

	t.Run("reported a little late: the next period is less by what was too much", func(t *testing.T) {
		a, c := mustHold(t, p, subsidy.Account{}, goldenYear())
		a, c = mustAccrue(t, p, a, c, goldenYear(), "2026-09-20") // 55,000.00, of which 4,166.67 too much
		_, _, booked, err := subsidy.Accrue(p, a, c, amortising(), day("2026-12-20"))
		if err != nil {
			t.Fatal(err)
		}
		equalAmount(t, "booked", booked.Amount, "18583.33") // 73,583.33 less 55,000.00
	})

	t.Run("reported late: each period is adjusted by a line of its own", func(t *testing.T) {
		a, c := mustHold(t, p, subsidy.Account{}, goldenYear())
		a, c = mustAccrue(t, p, a, c, goldenYear(), "2026-12-20")
		late := goldenYear(repaid("2026-06-20", "7000000.00"))
		// 24333.33 + 1 million × 92 and 91 days: 3833.33 and 3791.67.
		a, c, difference, err := subsidy.Correct(p, a, c, late)
		if err != nil {
			t.Fatal(err)
		}
		equalAmount(t, "difference", difference.Amount, "-53375.00") // 31,958.33 less 85,333.33
		wantLines(t, c, "2026-06-20 2026-09-20 92 -26833.34 adjusts", "2026-09-20 2026-12-20 91 -26541.66 adjusts")
		a, c = mustAccrue(t, p, a, c, late, "2027-03-20")
		wantTotals(t, drawn(t, a, c), "8000000.00", "85958.34", "35708.33", "0.00", "0.00")
	})
}

// A repayment in parts frees no room: it is the whole claim that counts until it ends.
func TestRepaymentsFreeNoRoom(t *testing.T) {
	for _, basis := range []subsidy.PrincipalBasis{subsidy.Cumulative, subsidy.Outstanding} {
		t.Run(string(basis), func(t *testing.T) {
			p := policy2026(t, func(p *subsidy.Policy) { p.PrincipalBasis = basis })
			a, c := mustHold(t, p, subsidy.Account{}, goldenYear())
			a, _ = mustAccrue(t, p, a, c, amortising(), "2026-12-20")
			equalAmount(t, "principal room", a.PrincipalRoom(p), "42000000.00")
		})
	}
}
