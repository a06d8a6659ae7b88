package subsidy_test

import (
	"fmt"
	"slices"
	"testing"

	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/money"
	"decore/chaincode/subsidy"
)

func wantTotals(t *testing.T, got subsidy.Totals, principal, held, accrued, settled, clawedBack string) {
	t.Helper()
	equalAmount(t, "principal", got.Principal, principal)
	equalAmount(t, "held", got.Held, held)
	equalAmount(t, "accrued", got.Accrued, accrued)
	equalAmount(t, "settled", got.Settled, settled)
	equalAmount(t, "clawed back", got.ClawedBack, clawedBack)
}

// wantLines compares the lines of the claim's last entry, written "from to days amount", with a word where one adjusts.
func wantLines(t *testing.T, c subsidy.Claim, want ...string) {
	t.Helper()
	var got []string
	for _, l := range c.Entries[len(c.Entries)-1].Lines {
		line := fmt.Sprintf("%s %s %d %s", l.From, l.To, l.Days, l.Amount)
		if l.Adjusts {
			line += " adjusts"
		}
		got = append(got, line)
	}
	if !slices.Equal(got, want) {
		t.Errorf("lines:\n got %q\nwant %q", got, want)
	}
}

// drawn returns the totals of the only claim in an account, which has drawn just as much.
func drawn(t *testing.T, a subsidy.Account, c subsidy.Claim) subsidy.Totals {
	t.Helper()
	equalAmount(t, "principal of the account", a.Principal, c.Principal.String())
	equalAmount(t, "used of the account", a.Used, c.Used().String())
	return c.Totals
}

func wantState(t *testing.T, c subsidy.Claim, want lifecycle.State) {
	t.Helper()
	if c.State != want {
		t.Errorf("state: got %s, want %s", c.State, want)
	}
}

func TestLifeOfAClaim(t *testing.T) {
	p := policy2026(t)

	t.Run("hold, accrue each quarter, settle all", func(t *testing.T) {
		a, c := mustHold(t, p, subsidy.Account{}, goldenYear())
		wantTotals(t, drawn(t, a, c), "8000000.00", "121666.67", "0.00", "0.00", "0.00")
		for _, step := range []struct{ through, to, amount string }{
			{"2026-06-20", "2026-06-20", "24333.33"},
			{"2026-12-31", "2026-12-20", "61000.00"}, // two whole quarters; the days since wait
			{"2027-03-20", "2027-03-20", "30000.00"},
			{"2027-04-08", "2027-04-08", "6333.34"},
		} {
			var booked subsidy.Period
			var err error
			a, c, booked, err = subsidy.Accrue(p, a, c, goldenYear(), day(step.through))
			if err != nil {
				t.Fatal(err)
			}
			equalAmount(t, step.through, booked.Amount, step.amount)
			if c.AccruedThrough != day(step.to) {
				t.Errorf("accrued through %s, want %s", c.AccruedThrough, step.to)
			}
		}
		wantTotals(t, drawn(t, a, c), "8000000.00", "0.00", "121666.67", "0.00", "0.00")
		a, c, err := subsidy.Settle(p, a, c, goldenYear(), yuan("100000.00"))
		if err != nil {
			t.Fatal(err)
		}
		wantState(t, c, subsidy.Accruing)
		a, c, err = subsidy.Settle(p, a, c, goldenYear(), yuan("21666.67"))
		if err != nil {
			t.Fatal(err)
		}
		wantState(t, c, subsidy.Settled)
		wantTotals(t, drawn(t, a, c), "8000000.00", "0.00", "0.00", "121666.67", "0.00")
	})

	t.Run("hold then release is back at the start", func(t *testing.T) {
		before, _ := mustHold(t, p, subsidy.Account{}, fixedAsset("30000000.00", named("LN-0", bankB)))
		a, c := mustHold(t, p, before, goldenYear())
		after, c, err := subsidy.Release(p, a, c, goldenYear())
		if err != nil || !same(t, after.Drawn, before.Drawn) {
			t.Errorf("%v: got %s, want %s", err, asJSON(t, after), asJSON(t, before))
		}
		wantState(t, c, subsidy.Released)
		equalAmount(t, "released", c.Released, "121666.67")
	})
}

func TestEarlyRepayment(t *testing.T) {
	p := policy2026(t)

	t.Run("early repayment known in time: the rest accrues, the remainder is released and the accrued is settled", func(t *testing.T) {
		a, c := mustHold(t, p, subsidy.Account{}, goldenYear())
		a, c = mustAccrue(t, p, a, c, goldenYear(), "2026-09-20")
		ended := goldenYear(repaidAll("2026-11-01"))
		a, c = mustAccrue(t, p, a, c, ended, "2026-11-01")
		wantTotals(t, drawn(t, a, c), "8000000.00", "52666.67", "69000.00", "0.00", "0.00")
		a, c, err := subsidy.Release(p, a, c, ended)
		if err != nil {
			t.Fatal(err)
		}
		wantState(t, c, subsidy.Released)
		a, c, err = subsidy.Settle(p, a, c, ended, yuan("69000.00"))
		if err != nil {
			t.Fatal(err)
		}
		wantState(t, c, subsidy.Settled)
		wantTotals(t, drawn(t, a, c), "8000000.00", "0.00", "0.00", "69000.00", "0.00")
	})

	t.Run("early repayment reported late: the excess goes back to what is held, from what is not settled first", func(t *testing.T) {
		a, c := mustHold(t, p, subsidy.Account{}, goldenYear())
		a, c = mustAccrue(t, p, a, c, goldenYear(), "2026-12-20")
		a, c, err := subsidy.Settle(p, a, c, goldenYear(), yuan("80000.00"))
		if err != nil {
			t.Fatal(err)
		}
		ended := goldenYear(repaidAll("2026-11-01"))
		a, c, difference, err := subsidy.Correct(p, a, c, ended)
		if err != nil {
			t.Fatal(err)
		}
		equalAmount(t, "difference", difference.Amount, "-16333.33")
		wantTotals(t, drawn(t, a, c), "8000000.00", "52666.67", "0.00", "69000.00", "0.00")
		a, c, err = subsidy.Release(p, a, c, ended)
		if err != nil {
			t.Fatal(err)
		}
		wantState(t, c, subsidy.Settled)
		wantTotals(t, drawn(t, a, c), "8000000.00", "0.00", "0.00", "69000.00", "0.00")
		if _, _, _, err := subsidy.Correct(p, a, c, ended); codeOf(t, err) != subsidy.NothingToCorrect {
			t.Errorf("twice: %v", err)
		}
	})
}

func TestOverdueLoan(t *testing.T) {
	p := policy2026(t)

	t.Run("overdue days reported late are adjusted by the next accrual", func(t *testing.T) {
		a, c := mustHold(t, p, subsidy.Account{}, goldenYear())
		a, c = mustAccrue(t, p, a, c, goldenYear(), "2026-06-20")
		late := goldenYear(overdue("2026-06-10", "2026-09-20"))
		a, c, booked, err := subsidy.Accrue(p, a, c, late, day("2026-09-20"))
		if err != nil {
			t.Fatal(err)
		}
		equalAmount(t, "booked", booked.Amount, "-3333.33")
		wantLines(t, c, "2026-04-08 2026-06-20 63 -3333.33 adjusts", "2026-06-20 2026-09-20 0 0.00")
		a, c = mustAccrue(t, p, a, c, late, "2026-12-20")
		equalAmount(t, "accrued", drawn(t, a, c).Accrued, "51333.33") // 154 days
	})

	t.Run("a loan overdue without an end accrues no day and no fen", func(t *testing.T) {
		a, c := mustHold(t, p, subsidy.Account{}, goldenYear())
		a, c, booked, err := subsidy.Accrue(p, a, c, goldenYear(overdue("2026-04-08", "")), day("2026-06-20"))
		if err != nil || booked.Days != 0 || !booked.Amount.IsZero() || c.AccruedThrough != day("2026-06-20") {
			t.Errorf("%v: %+v", err, booked)
		}
		equalAmount(t, "held", drawn(t, a, c).Held, "121666.67")
	})
}

func TestSettleAndCorrect(t *testing.T) {
	p := policy2026(t)

	t.Run("settling all that is accrued does not end a claim that still holds", func(t *testing.T) {
		a, c := mustHold(t, p, subsidy.Account{}, goldenYear())
		a, c = mustAccrue(t, p, a, c, goldenYear(), "2026-06-20")
		_, c, err := subsidy.Settle(p, a, c, goldenYear(), c.Accrued)
		if err != nil {
			t.Fatal(err)
		}
		wantState(t, c, subsidy.Accruing)
	})

	t.Run("what was corrected and what was clawed back later add up", func(t *testing.T) {
		a, c := mustHold(t, p, subsidy.Account{}, goldenYear())
		a, c = mustAccrue(t, p, a, c, goldenYear(), "2026-12-20")
		for _, on := range []string{"2026-11-01", "2026-10-01"} {
			var err error
			a, c, _, err = subsidy.Correct(p, a, c, goldenYear(repaidAll(on)))
			if err != nil {
				t.Fatal(err)
			}
		}
		equalAmount(t, "accrued", c.Accrued, "58666.67") // 176 days
		a, c, err := subsidy.ClawBack(a, c)
		if err != nil {
			t.Fatal(err)
		}
		equalAmount(t, "clawed back", drawn(t, a, c).ClawedBack, "58666.67")
	})

	t.Run("a loan repaid on its first day, reported late, gives its principal back", func(t *testing.T) {
		a, c := mustHold(t, p, subsidy.Account{}, goldenYear())
		a, c = mustAccrue(t, p, a, c, goldenYear(), "2026-06-20")
		a, c, err := subsidy.Release(p, a, c, goldenYear())
		if err != nil {
			t.Fatal(err)
		}
		a, _, _, err = subsidy.Correct(p, a, c, goldenYear(repaidAll("2026-04-08")))
		if err != nil {
			t.Fatal(err)
		}
		equalAmount(t, "principal room", a.PrincipalRoom(p), "50000000.00")
	})

	t.Run("a capped claim accrues what it holds and no more", func(t *testing.T) {
		a, _ := mustHold(t, p, subsidy.Account{}, fixedAsset("30000000.00"))
		l := fixedAsset("40000000.00", named("LN-2", bankB))
		a, c := mustHold(t, p, a, l)
		a, c = mustAccrue(t, p, a, c, l, "2027-12-20") // 598,333.33 by its days
		equalAmount(t, "accrued", c.Accrued, "587500.00")
		equalAmount(t, "used", a.Used, "1500000.00")
		if _, _, _, err := subsidy.Accrue(p, a, c, l, day("2028-01-01")); codeOf(t, err) != subsidy.HoldUsedUp {
			t.Errorf("got %v", err)
		}
	})
}

func TestClawBack(t *testing.T) {
	p := policy2026(t)
	a, c := mustHold(t, p, subsidy.Account{}, goldenYear())
	a, c = mustAccrue(t, p, a, c, goldenYear(), "2026-12-20")
	a, c, err := subsidy.Settle(p, a, c, goldenYear(), yuan("50000.00"))
	if err != nil {
		t.Fatal(err)
	}
	a, c, err = subsidy.ClawBack(a, c)
	if err != nil {
		t.Fatal(err)
	}

	t.Run("takes back everything accrued and settled and releases the rest", func(t *testing.T) {
		wantState(t, c, subsidy.ClawedBack)
		wantTotals(t, c.Totals, "0.00", "0.00", "0.00", "0.00", "85333.33")
		equalAmount(t, "released", c.Released, "36333.34")
	})

	t.Run("gives both rooms of the household back", func(t *testing.T) {
		equalAmount(t, "room", a.Room(p), "1500000.00")
		equalAmount(t, "principal room", a.PrincipalRoom(p), "50000000.00")
	})
}

func TestPrincipalBasis(t *testing.T) {
	for basis, want := range map[subsidy.PrincipalBasis]string{subsidy.Cumulative: "8000000.00", subsidy.Outstanding: "0.00"} {
		p := policy2026(t, func(p *subsidy.Policy) { p.PrincipalBasis = basis })
		t.Run(string(basis)+": what an ended claim that earned something still counts", func(t *testing.T) {
			a, c := mustHold(t, p, subsidy.Account{}, goldenYear())
			a, c = mustAccrue(t, p, a, c, goldenYear(), "2026-06-20")
			a, c, err := subsidy.Release(p, a, c, goldenYear())
			if err != nil {
				t.Fatal(err)
			}
			wantTotals(t, drawn(t, a, c), want, "0.00", "24333.33", "0.00", "0.00")
		})
	}
}

func TestRefusals(t *testing.T) {
	p := policy2026(t)
	a, c := mustHold(t, p, subsidy.Account{}, goldenYear())
	a, c = mustAccrue(t, p, a, c, goldenYear(), "2026-06-20")
	type verb func(subsidy.Account) (subsidy.Account, subsidy.Claim, error)
	accrue := func(p subsidy.Policy, l subsidy.Loan, through string) verb {
		return func(a subsidy.Account) (subsidy.Account, subsidy.Claim, error) {
			a, c, _, err := subsidy.Accrue(p, a, c, l, day(through))
			return a, c, err
		}
	}
	settle := func(amount money.Amount) verb {
		return func(a subsidy.Account) (subsidy.Account, subsidy.Claim, error) {
			return subsidy.Settle(p, a, c, goldenYear(), amount)
		}
	}
	release := func(a subsidy.Account) (subsidy.Account, subsidy.Claim, error) {
		return subsidy.Release(p, a, c, goldenYear())
	}
	clawBack := func(a subsidy.Account) (subsidy.Account, subsidy.Claim, error) { return subsidy.ClawBack(a, c) }
	stranger := a
	stranger.Household = "91370200990000017E"
	later := policy2026(t, func(p *subsidy.Policy) { p.Version = 2 })

	for _, v := range []struct {
		name string
		code subsidy.Code
		on   subsidy.Account
		do   verb
	}{
		{"accruing the same day twice", subsidy.AlreadyAccrued, a, accrue(p, goldenYear(), "2026-06-20")},
		{"accruing a day before", subsidy.AlreadyAccrued, a, accrue(p, goldenYear(), "2026-05-01")},
		{"accruing before a period has ended", subsidy.NothingToAccrue, a, accrue(p, goldenYear(), "2026-09-19")},
		{"accruing a misused loan", subsidy.MisuseOfLoan, a, accrue(p, goldenYear(func(l *subsidy.Loan) { l.Misuse = true }), "2026-09-20")},
		{"accruing a loan that got another subsidy", subsidy.DuplicateCentral, a, accrue(p, goldenYear(func(l *subsidy.Loan) { l.OtherCentralSubsidy = true }), "2026-09-20")},
		{"accruing another loan", subsidy.Mismatch, a, accrue(p, goldenYear(named("LN-9", bankA)), "2026-09-20")},
		{"accruing at another bank", subsidy.Mismatch, a, accrue(p, goldenYear(named("LN-1", bankB)), "2026-09-20")},
		{"accruing under another version", subsidy.Mismatch, a, accrue(later, goldenYear(), "2026-09-20")},
		{"accruing on another account", subsidy.Mismatch, stranger, accrue(p, goldenYear(), "2026-09-20")},
		{"settling nothing", subsidy.SettleAmount, a, settle(money.Zero)},
		{"settling less than nothing", subsidy.SettleAmount, a, settle(money.Fen(-1))},
		{"settling a fen more than accrued", subsidy.SettleAmount, a, settle(yuan("24333.34"))},
		{"settling on another account", subsidy.Mismatch, stranger, settle(yuan("1.00"))},
		{"settling on facts that give less", subsidy.CorrectionDue, a, func(a subsidy.Account) (subsidy.Account, subsidy.Claim, error) {
			return subsidy.Settle(p, a, c, goldenYear(repaidAll("2026-05-01")), yuan("1.00"))
		}},
		{"releasing on facts that give less", subsidy.CorrectionDue, a, func(a subsidy.Account) (subsidy.Account, subsidy.Claim, error) {
			return subsidy.Release(p, a, c, goldenYear(repaidAll("2026-05-01")))
		}},
		{"settling another loan", subsidy.Mismatch, a, func(a subsidy.Account) (subsidy.Account, subsidy.Claim, error) {
			return subsidy.Settle(p, a, c, goldenYear(named("LN-9", bankA)), yuan("1.00"))
		}},
		{"releasing on another account", subsidy.Mismatch, stranger, release},
		{"clawing back on an empty account", subsidy.Mismatch, subsidy.Account{}, clawBack},
	} {
		t.Run(v.name+" is refused and changes nothing", func(t *testing.T) {
			a2, c2, err := v.do(v.on)
			if codeOf(t, err) != v.code {
				t.Errorf("got %v, want %s", err, v.code)
			}
			if !same(t, c2, c) || !same(t, a2, v.on) {
				t.Error("something changed")
			}
		})
	}

	t.Run("a hold on another household's account is refused", func(t *testing.T) {
		if _, _, err := subsidy.Hold(p, stranger, goldenYear(named("LN-2", bankB))); codeOf(t, err) != subsidy.Mismatch {
			t.Errorf("got %v", err)
		}
	})

	t.Run("a refusal says its code and no amount", func(t *testing.T) {
		_, _, err := subsidy.Settle(p, a, c, goldenYear(), yuan("99999.99"))
		if got, want := err.Error(), "subsidy: SETTLE_AMOUNT: must be above zero and at most what is accrued"; got != want {
			t.Errorf("got %q", got)
		}
	})
}

func TestOrderOfBanks(t *testing.T) {
	t.Run("whoever comes last gets the last yuan of the cap and the next gets nothing", func(t *testing.T) {
		p := policy2026(t, counting(subsidy.Thirty360))
		a, granted := subsidy.Account{}, money.Zero
		for i, bank := range []ident.USCC{bankA, bankB, bankA, bankB, bankA} {
			l := fixedAsset("12500000.00", named("LN-"+string(rune('A'+i)), bank))
			next, c, err := subsidy.Hold(p, a, l)
			if refused := codeOf(t, err); (refused == subsidy.PrincipalCapReached) != (i == 4) {
				t.Fatalf("loan %d: %v", i, err)
			}
			a, granted = next, granted.Add(c.Granted)
		}
		equalAmount(t, "granted", granted, "1500000.00")
		equalAmount(t, "used", a.Used, "1500000.00")
	})
}
