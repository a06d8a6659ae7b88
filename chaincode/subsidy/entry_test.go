package subsidy_test

import (
	"fmt"
	"slices"
	"testing"

	"decore/chaincode/canon"
	"decore/chaincode/money"
	"decore/chaincode/subsidy"
)

func TestEntries(t *testing.T) {
	p := policy2026(t)
	stamp := subsidy.Stamp{On: day("2026-06-20"), By: bankA, Command: "C-1"}

	t.Run("what was booked never changes", func(t *testing.T) {
		a, c := mustHold(t, p, subsidy.Account{}, goldenYear())
		c = c.Stamped(stamp)
		a, c = mustAccrue(t, p, a, c, goldenYear(), "2026-12-20")
		c = c.Stamped(subsidy.Stamp{Command: "C-2"})
		before := asJSON(t, c.Entries)
		_, c, _, err := subsidy.Correct(p, a, c, goldenYear(repaidAll("2026-11-01")))
		if err != nil {
			t.Fatal(err)
		}
		late := subsidy.Stamp{On: day("2026-12-31"), By: bankA, Command: "C-3", Causes: []subsidy.Cause{subsidy.CauseRepayment}}
		c = c.Stamped(late)
		if got := asJSON(t, c.Entries[:2]); got != before {
			t.Errorf("was %s\nis  %s", before, got)
		}
		if e := c.Entries[2]; e.No != 3 || e.Command != "C-3" || e.On != late.On || e.By != bankA || !slices.Equal(e.Causes, late.Causes) {
			t.Errorf("entry %+v", e)
		}
		if e := c.Entries[1]; len(e.Causes) != 0 {
			t.Errorf("an entry that adjusts nothing has causes %q", e.Causes)
		}
	})

	t.Run("an adjustment that no change of facts caused is one of room", func(t *testing.T) {
		a, c := wronglyEnded(t, p, "")
		_, c, _, err := subsidy.Correct(p, a, c, goldenYear())
		if err != nil {
			t.Fatal(err)
		}
		if e := c.Stamped(stamp).Entries; !slices.Equal(e[len(e)-1].Causes, []subsidy.Cause{subsidy.CauseRoom}) {
			t.Errorf("causes %q", e[len(e)-1].Causes)
		}
	})

	t.Run("a claim with a fen or an entry that the others don't explain is not balanced", func(t *testing.T) {
		a, c := mustHold(t, p, subsidy.Account{}, goldenYear())
		_, c = mustAccrue(t, p, a, c, goldenYear(), "2026-06-20")
		for name, forge := range map[string]func(*subsidy.Claim){
			"a fen more accrued":  func(c *subsidy.Claim) { c.Accrued = c.Accrued.Add(money.Fen(1)) },
			"a fen more granted":  func(c *subsidy.Claim) { c.Granted = c.Granted.Add(money.Fen(1)) },
			"an entry taken away": func(c *subsidy.Claim) { c.Entries = c.Entries[:1] },
			"a line changed": func(c *subsidy.Claim) {
				c.Entries = slices.Clone(c.Entries)
				c.Entries[1].Lines = []subsidy.Line{{Amount: money.MustParseSigned("1.00")}}
			},
			"principal that no entry took": func(c *subsidy.Claim) { c.Principal = money.Zero },
		} {
			forged := c
			if forge(&forged); forged.Balanced() || !c.Balanced() {
				t.Errorf("%s is taken as balanced", name)
			}
		}
	})

	t.Run("a loan of two years with monthly periods, settled and corrected each month, has room for all its bookings", func(t *testing.T) {
		monthly := policy2026(t, func(p *subsidy.Policy) { p.Settlement.EveryMonths = 1 })
		l := fixedAsset("8000000.00")
		a, c := mustHold(t, monthly, subsidy.Account{}, l)
		for i, on := 0, day("2026-01-20"); on.Before(l.Maturity); i, on = i+1, on.AddMonths(1) {
			var err error
			if a, c, _, err = subsidy.Accrue(monthly, a, c, l, on); err != nil {
				t.Fatal(err)
			}
			c = c.Stamped(subsidy.Stamp{On: on, By: bankA, Command: "01KJXVJAWG02BPF8ASNGBFWNKA", Causes: []subsidy.Cause{subsidy.CauseRepayment}})
			if a, c, err = subsidy.Settle(monthly, a, c, l, c.Accrued); err != nil {
				t.Fatal(err)
			}
			repaid(on.AddDays(-i).String(), "1000.00")(&l) // always known late
		}
		if n := len(asJSON(t, c)); n > 100_000 {
			t.Errorf("the claim has %d bytes", n)
		}
	})

	t.Run("a claim that was settled fen by fen can still be accrued, corrected and ended", func(t *testing.T) {
		a, c := mustHold(t, p, subsidy.Account{}, goldenYear())
		a, c = mustAccrue(t, p, a, c, goldenYear(), "2026-06-20")
		var err error
		for settled := 0; err == nil; settled++ {
			if a, c, err = subsidy.Settle(p, a, c, goldenYear(), money.Fen(1)); settled > 1000 {
				t.Fatal("it is never full")
			}
		}
		if codeOf(t, err) != subsidy.EntriesFull {
			t.Fatal(err)
		}
		a, c = mustAccrue(t, p, a, c, goldenYear(), "2026-09-20")
		ended := goldenYear(repaidAll("2026-05-01"))
		if a, c, _, err = subsidy.Correct(p, a, c, ended); err != nil {
			t.Fatal(err)
		}
		if a, c, err = subsidy.Release(p, a, c, ended); err != nil {
			t.Fatal(err)
		}
		if _, _, err = subsidy.ClawBack(a, c); err != nil {
			t.Fatal(err)
		}
	})

	t.Run("however often a claim was corrected up and down, what it has too much is taken back and the rest is settled", func(t *testing.T) {
		a, c := mustHold(t, p, subsidy.Account{}, goldenYear())
		a, c = mustAccrue(t, p, a, c, goldenYear(), "2026-12-20")
		ended := goldenYear(repaidAll("2026-05-01"))
		var err error
		for corrected := 0; ; corrected++ {
			next, lower, _, down := subsidy.Correct(p, a, c, ended)
			if down != nil || corrected > 1000 {
				t.Fatalf("after %d times it cannot be lowered: %v", corrected, down)
			}
			if a, c, _, err = subsidy.Correct(p, next, lower, goldenYear()); err != nil {
				a, c = next, lower
				break
			}
		}
		if codeOf(t, err) != subsidy.EntriesFull {
			t.Fatal(err)
		}
		if _, _, err = subsidy.Settle(p, a, c, goldenYear(), c.Accrued); err != nil { // what it would have more has no place
			t.Error(err)
		}
		if _, _, err = subsidy.Settle(p, a, c, ended, c.Accrued); err != nil {
			t.Error(err)
		}
		if n := len(asJSON(t, c)); n > 200_000 {
			t.Errorf("the claim has %d bytes", n)
		}
	})
}

func TestCauses(t *testing.T) {
	before := goldenYear(repaid("2026-05-01", "10.00"), overdue("2026-06-10", ""))
	for _, v := range []struct {
		name string
		want []subsidy.Cause
		loan subsidy.Loan
	}{
		{"nothing", nil, before},
		{"more came back", []subsidy.Cause{subsidy.CauseRepayment}, goldenYear(repaid("2026-05-01", "11.00"), overdue("2026-06-10", ""))},
		{"less came back", []subsidy.Cause{subsidy.CauseReversal}, goldenYear(repaid("2026-05-01", "9.99"), overdue("2026-06-10", ""))},
		{"it came back on another day", []subsidy.Cause{subsidy.CauseRepayment, subsidy.CauseReversal}, goldenYear(repaid("2026-05-02", "10.00"), overdue("2026-06-10", ""))},
		{"it was cured", []subsidy.Cause{subsidy.CauseOverdue}, goldenYear(repaid("2026-05-01", "10.00"), overdue("2026-06-10", "2026-06-20"))},
		{"it was extended and repriced", []subsidy.Cause{subsidy.CauseExtension, subsidy.CauseRate}, goldenYear(repaid("2026-05-01", "10.00"), overdue("2026-06-10", ""), func(l *subsidy.Loan) {
			l.FirstMaturity, l.Maturity = l.Maturity, day("2028-01-01")
			l.Rates = []subsidy.RateChange{{From: day("2026-07-01"), AnnualRate: money.MustRate("0.03")}}
		})},
	} {
		t.Run(v.name, func(t *testing.T) {
			if got := subsidy.Causes(before, v.loan); !slices.Equal(got, v.want) {
				t.Errorf("got %q, want %q", got, v.want)
			}
		})
	}
}

// Whatever is recorded on a loan up to its record's bounds, and however apart it is corrected, its claim follows, is settled and ends.
func TestWhateverIsRecordedAClaimIsCorrectedSettledAndReleased(t *testing.T) {
	p := policy2026(t, func(p *subsidy.Policy) { p.Settlement.EveryMonths = 1 })
	l := fixedAsset("10000000.00")
	l.Maturity = l.Disbursed.AddMonths(24)
	a, c := mustHold(t, p, subsidy.Account{}, l)
	a, c = mustAccrue(t, p, a, c, l, l.Maturity.String())
	stamp := subsidy.Stamp{On: l.Maturity, By: bankA, Command: "01KJXVJAWG02BPF8ASNGBFWNKA", Causes: []subsidy.Cause{subsidy.CauseRepayment}}
	lower := func(what string) {
		t.Helper()
		var err error
		if _, _, err = subsidy.Release(p, a, c, l); codeOf(t, err) != subsidy.CorrectionDue {
			t.Fatalf("%s: released on facts that are not true any more: %v", what, err)
		}
		var by money.Signed
		if a, c, by, err = subsidy.Correct(p, a, c, l); err != nil || !by.IsNegative() {
			t.Fatalf("%s, after %d bookings: %v, by %s", what, len(c.Entries), err, by)
		}
		c = c.Stamped(stamp)
	}
	for n := range subsidy.MaxRepayments {
		l.Repayments = append(l.Repayments, subsidy.Repayment{Date: l.Disbursed.AddDays(1 + n), Principal: yuan("10000.00")})
		if n%4 == 0 { // the rest with it
			lower("a repayment")
		}
	}
	for n := range 120 {
		from := l.Disbursed.AddDays(3 + 5*n)
		l.Overdue = append(l.Overdue, subsidy.Overdue{From: from, To: from.AddDays(1)})
		lower("an overdue day")
	}
	for n := range subsidy.MaxRates {
		from := l.Disbursed.AddDays(2 + 5*n)
		l.Rates = append(l.Rates, subsidy.RateChange{From: from, AnnualRate: money.MustRate(fmt.Sprintf("0.01%03d", 400-n))})
		lower("a rate")
	}
	if err := l.Validate(); err != nil {
		t.Fatal(err)
	}
	if n := len(asJSON(t, c)); n > canon.MaxBytes/4 {
		t.Errorf("the claim has %d bytes", n)
	}
	for range 80 { // fen by fen, as often as there is a place
		if next, fen, err := subsidy.Settle(p, a, c, l, money.Fen(1)); err == nil {
			a, c = next, fen
		}
	}
	if _, _, err := subsidy.Settle(p, a, c, l, money.Fen(1)); codeOf(t, err) != subsidy.EntriesFull {
		t.Fatal(err)
	}
	a, c, err := subsidy.Settle(p, a, c, l, c.Accrued)
	if err != nil {
		t.Fatal(err)
	}
	a, c, err = subsidy.Release(p, a, c, l)
	if err != nil || !c.Balanced() || !c.Follows(p, l) {
		t.Fatal(err, c.Balanced(), c.Follows(p, l))
	}
	if _, _, err = subsidy.ClawBack(a, c); err != nil {
		t.Fatal(err)
	}
}
