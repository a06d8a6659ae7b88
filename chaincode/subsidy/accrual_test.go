package subsidy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"decore/chaincode/money"
	"decore/chaincode/subsidy"
)

// written returns periods as "from days amount" lines, easy to compare and to read.
func written(ps []subsidy.Period) []string {
	var lines []string
	for _, p := range ps {
		lines = append(lines, fmt.Sprintf("%s %s %d %s", p.From, p.To, p.Days, p.Amount))
	}
	return lines
}

func amounts(ps []subsidy.Period) string {
	var all []string
	for _, p := range ps {
		all = append(all, p.Amount.String())
	}
	return strings.Join(all, " ")
}

func TestSchedule(t *testing.T) {
	year := goldenYear()

	t.Run("periods are rounded half up and the last is the total less the earlier", func(t *testing.T) {
		for count, want := range map[subsidy.DayCount]string{
			subsidy.Actual360: "24333.33 30666.67 30333.33 30000.00 6333.34",
			subsidy.Actual365: "24000.00 30246.58 29917.81 29589.04 6246.57",
			subsidy.Thirty360: "24000.00 30000.00 30000.00 30000.00 6000.00",
		} {
			if got := amounts(policy2026(t, counting(count)).Schedule(year, year.Principal)); got != want {
				t.Errorf("%s: got %s, want %s", count, got, want)
			}
		}
	})

	t.Run("half a fen is rounded up and a hair less is not", func(t *testing.T) {
		// 2.40 × 0.015 × 50 / 360 = 0.005 exactly.
		days := running("2026-01-01", "2026-02-20")
		for principal, want := range map[string]string{"2.40": "0.01", "2.39": "0.00"} {
			l := fixedAsset(principal, days)
			if got := amounts(policy2026(t).Schedule(l, l.Principal)); got != want {
				t.Errorf("%s: got %s, want %s", principal, got, want)
			}
		}
	})
}

func TestScheduleGoldenDates(t *testing.T) {
	for _, v := range []struct {
		name, from, to string
		change         func(*subsidy.Policy)
		want           []string
	}{
		{"a loan of 29 February ends on the 28th two years later", "2024-02-29", "2030-01-01", atEnd,
			[]string{"2024-02-29 2026-02-28 730 15208.33"}},
		{"a period over a leap day has one day more", "2028-01-31", "2028-03-01", atEnd,
			[]string{"2028-01-31 2028-03-01 30 625.00"}},
		{"a loan of 31 August 2026 ends with August 2028", "2026-08-31", "2040-01-01", atEnd,
			[]string{"2026-08-31 2028-08-31 731 15229.17"}},
		{"a loan that starts on a settlement day has no empty first period", "2026-03-20", "2026-09-20", quarterly,
			[]string{"2026-03-20 2026-06-20 92 1916.67", "2026-06-20 2026-09-20 92 1916.66"}},
		{"a loan that starts the day before one has a period of one day", "2026-12-19", "2027-03-20", quarterly,
			[]string{"2026-12-19 2026-12-20 1 20.83", "2026-12-20 2027-03-20 90 1875.00"}},
		{"monthly settlement cuts on the 20th over the turn of the year", "2026-11-30", "2027-01-31", monthly,
			[]string{"2026-11-30 2026-12-20 20 416.67", "2026-12-20 2027-01-20 31 645.83", "2027-01-20 2027-01-31 11 229.17"}},
		{"thirty days a month count the 31st as the 30th", "2026-01-31", "2026-03-30", func(p *subsidy.Policy) { atEnd(p); p.DayCount = subsidy.Thirty360 },
			[]string{"2026-01-31 2026-03-30 60 1250.00"}},
		{"the policy's own end stops the days", "2026-01-01", "2027-01-01", func(p *subsidy.Policy) { atEnd(p); p.AccrualEnd = day("2026-07-01") },
			[]string{"2026-01-01 2026-07-01 181 3770.83"}},
	} {
		t.Run(v.name, func(t *testing.T) {
			l := fixedAsset("500000.00", running(v.from, v.to))
			if got := written(policy2026(t, anyYear, v.change).Schedule(l, l.Principal)); !slices.Equal(got, v.want) {
				t.Errorf("got  %q\nwant %q", got, v.want)
			}
		})
	}
}

func TestScheduleOfChangedLoans(t *testing.T) {
	year := goldenYear()

	t.Run("early repayment ends the days and the last period takes the difference", func(t *testing.T) {
		l := goldenYear(repaidAll("2026-11-01"))
		// 8,000,000 × 0.015 × 207 / 360 = 69,000.00.
		if got, want := amounts(policy2026(t).Schedule(l, l.Principal)), "24333.33 30666.67 14000.00"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})

	t.Run("overdue days do not count and later days do", func(t *testing.T) {
		l := fixedAsset("8000000.00", running("2026-04-08", "2027-04-08"), overdue("2026-06-10", "2026-06-30"))
		want := []string{
			"2026-04-08 2026-06-20 63 21000.00", "2026-06-20 2026-09-20 82 27333.33", "2026-09-20 2026-12-20 91 30333.33",
			"2026-12-20 2027-03-20 90 30000.00", "2027-03-20 2027-04-08 19 6333.34",
		}
		if got := written(policy2026(t).Schedule(l, l.Principal)); !slices.Equal(got, want) {
			t.Errorf("got  %q\nwant %q", got, want)
		}
		through := policy2026(t, func(p *subsidy.Policy) { p.StopWhileOverdue = false })
		if got := totalDays(through.Schedule(l, l.Principal)); got != 365 {
			t.Errorf("a policy that subsidises overdue days counts %d", got)
		}
	})

	t.Run("an overdue time without an end leaves whole periods without a day or a fen", func(t *testing.T) {
		l := fixedAsset("8000000.00", running("2026-04-08", "2027-04-08"), overdue("2026-12-20", ""))
		if got, want := amounts(policy2026(t).Schedule(l, l.Principal)), "24333.33 30666.67 30333.33 0.00 0.00"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		// Two quarters of 383.333… each: the fen that rounding lost is not given to a day that does not count.
		l = fixedAsset("100000.00", running("2026-03-20", "2027-03-20"), overdue("2026-09-20", ""))
		if got, want := amounts(policy2026(t).Schedule(l, l.Principal)), "383.33 383.33 0.00 0.00"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})

	t.Run("a last period is never negative, though rounding up gave the earlier ones more than the total", func(t *testing.T) {
		l := fixedAsset("1.34", running("2026-03-20", "2027-03-20")) // a year is worth 0.0204
		if got, want := amounts(policy2026(t).Schedule(l, l.Principal)), "0.01 0.01 0.01 0.00"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})

	t.Run("the clock may start when the supplier was paid", func(t *testing.T) {
		p := policy2026(t, func(p *subsidy.Policy) { p.ClockStart = subsidy.OnEntrustedPayment })
		if got := p.Schedule(year, year.Principal); len(got) != 0 {
			t.Errorf("not paid yet, but %v", written(got))
		}
		l := year
		l.EntrustedPaid = day("2026-06-01")
		if got := p.Schedule(l, l.Principal)[0]; got.From != day("2026-06-01") || got.Days != 19 {
			t.Errorf("starts %s with %d days", got.From, got.Days)
		}
	})

	t.Run("no eligible principal earns nothing", func(t *testing.T) {
		for _, p := range policy2026(t).Schedule(year, money.Zero) {
			equalAmount(t, p.From.String(), p.Amount, "0.00")
		}
	})

	t.Run("facts and policies that make no sense give no endless schedule", func(t *testing.T) {
		odd := policy2026(t, func(p *subsidy.Policy) { p.Settlement = subsidy.Settlement{EveryMonths: 24, Day: 99} })
		if got := odd.Schedule(year, year.Principal); len(got) != 1 {
			t.Errorf("got %v", written(got))
		}
		if got := (subsidy.Policy{}).Schedule(subsidy.Loan{}, yuan("1.00")); got != nil {
			t.Errorf("got %v", written(got))
		}
	})
}

func atEnd(p *subsidy.Policy)     { p.Settlement = subsidy.Settlement{} }
func monthly(p *subsidy.Policy)   { p.Settlement = subsidy.Settlement{EveryMonths: 1, Day: 20} }
func quarterly(p *subsidy.Policy) { p.Settlement = subsidy.Settlement{EveryMonths: 3, Day: 20} }
