package fund_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"decore/chaincode/calendar"
	"decore/chaincode/fault"
	"decore/chaincode/fund"
	"decore/chaincode/ident"
	"decore/chaincode/money"
)

var (
	bank   = ident.MustUSCC("913702009900000334")
	bureau = ident.MustUSCC("91370200990000308H")
	today  = calendar.MustParse("2026-05-10")
)

func yuan(s string) money.Amount { return money.MustParse(s) }

func need(amount string) fund.Need { return fund.Need{Year: 2026, Amount: yuan(amount), Loans: 3} }

func applied(t testing.TB) fund.Fund {
	t.Helper()
	f, err := fund.Apply(fund.ApplyArgs{Policy: "p", First: "2026-03", Need: need("1000.00")}, bank, bureau, today)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func check(t *testing.T, err error, code fault.Code, field string) {
	t.Helper()
	if f := fault.Of(err); f == nil || f.Code != code || f.Field != field {
		t.Errorf("got %v, want %s at %s", err, code, field)
	}
}

func TestAMonthIsReadInOneFormAndKnowsItsEnd(t *testing.T) {
	for _, bad := range []string{"2026", "2026-3", "2026-13", "2026-00", "2026-03-01", " 2026-03", "1989-12", "2200-01"} {
		if _, err := fund.ParseMonth(bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
	m, err := fund.ParseMonth("2026-12")
	if err != nil || m.Add(1) != "2027-01" || m.Add(-12) != "2025-12" || !m.EndsQuarter() || m.Add(1).EndsQuarter() {
		t.Errorf("got %v %v", m, err)
	}
	if m.Over(calendar.MustParse("2026-12-31")) || !m.Over(calendar.MustParse("2027-01-01")) {
		t.Error("the month ends on another day")
	}
}

func TestWhatAClaimTookIsBookedByTheMonth(t *testing.T) {
	var e []fund.Entry
	e = fund.Book(e, "2026-03", yuan("0.00"), yuan("100.00"))
	e = fund.Book(e, "2026-03", yuan("100.00"), yuan("100.00")) // a settlement changes nothing
	e = fund.Book(e, "2026-04", yuan("100.00"), yuan("70.00"))
	kept := e
	e = fund.Book(e, "2026-04", yuan("70.00"), yuan("120.00"))
	for m, want := range map[fund.Month][3]string{"2026-02": {"0.00", "0.00", "0.00"}, "2026-03": {"100.00", "0.00", "100.00"},
		"2026-04": {"50.00", "30.00", "120.00"}, "2026-05": {"0.00", "0.00", "120.00"}} {
		got := fund.In(e, m)
		if got.Accrued.String() != want[0] || got.TakenBack.String() != want[1] || fund.Through(e, m).Net().String() != want[2] {
			t.Errorf("%s: got %v, through it %v, want %v", m, got, fund.Through(e, m), want)
		}
	}
	if got := fund.In(kept, "2026-04"); !got.Accrued.IsZero() {
		t.Error("a booking changed the entries that it was made from")
	}
}

func TestAFundRefusesWhatMakesNoSense(t *testing.T) {
	f := applied(t)
	paid := fund.AllocateArgs{Budget: "b", Amount: yuan("500.00"), Date: today, Reference: "Y1"}
	f, err := f.Allocate(paid, today)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		try   func() error
		code  fault.Code
		field string
	}{
		"no first month": {func() error {
			_, err := fund.Apply(fund.ApplyArgs{Policy: "p", Need: need("1.00")}, bank, bureau, today)
			return err
		}, fault.FieldRequired, "/first"},
		"a need of nothing":     {func() error { _, err := f.Request(need("0.00"), today); return err }, fault.AmountNotPositive, "/need/amount"},
		"a year long gone":      {func() error { n := need("1.00"); n.Year = 1999; _, err := f.Request(n, today); return err }, fault.FieldInvalid, "/need/year"},
		"less than no loan":     {func() error { n := need("1.00"); n.Loans = -1; _, err := f.Request(n, today); return err }, fault.FieldInvalid, "/need/loans"},
		"more loans than are":   {func() error { n := need("1.00"); n.Loans = 1_000_000_001; _, err := f.Request(n, today); return err }, fault.FieldInvalid, "/need/loans"},
		"no reason":             {func() error { _, err := f.Decline(""); return err }, fault.FieldInvalid, "/reason"},
		"a payment twice":       {func() error { _, err := f.Allocate(paid, today); return err }, fault.ReferenceUsed, "/reference"},
		"a payment of tomorrow": {func() error { p := paid; p.Date = today.AddDays(1); _, err := f.Allocate(p, today); return err }, fault.DateInFuture, "/date"},
		"a payment of long ago": {func() error {
			p := paid
			p.Date = calendar.MustParse("2020-01-01")
			_, err := f.Allocate(p, today)
			return err
		}, fault.DateOrder, "/date"},
		"a payment of the day before all": {func() error {
			p := paid
			p.Date = calendar.MustParse("2026-02-28")
			_, err := f.Allocate(p, today)
			return err
		}, fault.DateOrder, "/date"},
		"a return of the day before all": {func() error {
			_, err := f.Return(fund.ReturnArgs{Amount: yuan("1.00"), Date: calendar.MustParse("2026-02-28"), Reference: "J1"}, today)
			return err
		}, fault.DateOrder, "/date"},
		"a payment of no day":       {func() error { p := paid; p.Date = calendar.Date{}; _, err := f.Allocate(p, today); return err }, fault.FieldRequired, "/date"},
		"a payment of nothing":      {func() error { p := paid; p.Amount = money.Zero; _, err := f.Allocate(p, today); return err }, fault.AmountNotPositive, "/amount"},
		"a payment of no reference": {func() error { p := paid; p.Reference = ""; _, err := f.Allocate(p, today); return err }, fault.FieldInvalid, "/reference"},
		"more back than is held": {func() error {
			_, err := f.Return(fund.ReturnArgs{Amount: yuan("500.01"), Date: today, Reference: "J1"}, today)
			return err
		}, fault.AdvanceShort, "/amount"},
		"an arrival that nobody sent": {func() error { _, _, err := f.ConfirmReturn(fund.ConfirmArgs{Reference: "J9"}, today); return err }, fault.FieldInvalid, "/reference"},
		"no end of a quarter":         {func() error { _, err := f.CloseQuarter("2026-04", today); return err }, fault.FieldInvalid, "/through"},
		"a quarter before the first":  {func() error { _, err := f.CloseQuarter("2025-12", today); return err }, fault.PeriodClosed, "/through"},
		"a quarter without reports":   {func() error { _, err := f.CloseQuarter("2026-03", today); return err }, fault.PeriodOpen, "/through"},
		"clearing what is not even":   {func() error { _, err := f.Clear(today); return err }, fault.NotBalanced, ""},
	} {
		t.Run(name, func(t *testing.T) { check(t, c.try(), c.code, c.field) })
	}
}

func TestABudgetIsNeverOverdrawn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fen := func(name string) money.Amount { return money.Fen(rapid.Int64Range(1, 100_00).Draw(t, name)) }
		b, err := fund.OpenBudget(fund.BudgetArgs{Policy: "p", Bank: bank, Year: 2026, Amount: fen("budget"), Document: "d"}, bureau)
		if err != nil {
			t.Fatal(err)
		}
		out := int64(0) // at banks, counted by the test alone
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			amount, left := fen("amount"), b.Amount.Fen()-out
			switch rapid.IntRange(0, 2).Draw(t, "step") {
			case 0:
				next, err := b.Allocate("p", bank, amount)
				if (err == nil) != (amount.Fen() <= left) {
					t.Fatalf("%s of %d fen: %v", amount, left, err)
				}
				if err == nil {
					b, out = next, out+amount.Fen()
				}
			case 1:
				next, err := b.Restore("p", bank, amount)
				if (err == nil) != (amount.Fen() <= out) {
					t.Fatalf("%s back of %d fen: %v", amount, out, err)
				}
				if err == nil {
					b, out = next, out-amount.Fen()
				}
			case 2:
				next, err := b.Change(fund.ChangeArgs{Amount: amount, Document: "d"})
				if (err == nil) != (amount.Fen() >= out) {
					t.Fatalf("%s with %d fen out: %v", amount, out, err)
				}
				if err == nil {
					b = next
				}
			}
			if b.Left().Fen() != b.Amount.Fen()-out || b.Left().IsNegative() {
				t.Fatalf("%s is left of %s with %d fen out", b.Left(), b.Amount, out)
			}
		}
	})
}

func TestAQuarterThatIsClosedLateHasOnlyWhatIsDatedInIt(t *testing.T) {
	f := applied(t)
	day := calendar.MustParse("2026-07-05")
	var err error
	step := func(next fund.Fund, e error) {
		t.Helper()
		if f, err = next, e; err != nil {
			t.Fatal(err)
		}
	}
	step(f.Allocate(fund.AllocateArgs{Budget: "b", Amount: yuan("500.00"), Date: calendar.MustParse("2026-03-31"), Reference: "Y1"}, day))
	step(f.Allocate(fund.AllocateArgs{Budget: "b", Amount: yuan("70.00"), Date: calendar.MustParse("2026-04-01"), Reference: "Y2"}, day))
	for i, m := range []fund.Month{"2026-03", "2026-04", "2026-05", "2026-06"} {
		report := fmt.Sprintf("RPT-%d", i)
		next, _, err := f.File(report, fund.FileArgs{Month: m, Final: true}, day)
		step(next, err)
		step(f.Accept(report))
	}
	step(f.Settle(yuan("40.00"), yuan("40.00"), yuan("0.00"), calendar.MustParse("2026-05-05")))
	step(f.Return(fund.ReturnArgs{Amount: yuan("10.00"), Date: calendar.MustParse("2026-05-06"), Reference: "J1"}, day))
	step(f.CloseQuarter("2026-03", day))
	step(f.CloseQuarter("2026-06", day))
	spans := f.Statement()
	if first := spans[0]; first.Allocated.Cmp(yuan("500.00")) != 0 || !first.Settled.IsZero() || first.Advance.Cmp(yuan("500.00")) != 0 {
		t.Errorf("the first quarter: %+v", first)
	}
	if second := spans[1]; second.Allocated.Cmp(yuan("70.00")) != 0 || second.Settled.Cmp(yuan("40.00")) != 0 || second.Advance.Cmp(yuan("520.00")) != 0 {
		t.Errorf("the second quarter: %+v", second)
	}
}

func TestWhatIsPaidBackWasHeldOnThatDayAndEverSince(t *testing.T) {
	july := calendar.MustParse("2026-07-05")
	allocated := func(f fund.Fund, date, reference string) fund.Fund {
		f, err := f.Allocate(fund.AllocateArgs{Budget: "b", Amount: yuan("500.00"), Date: calendar.MustParse(date), Reference: reference}, july)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	f := allocated(applied(t), "2026-04-10", "Y1")
	f, err := f.Settle(yuan("400.00"), yuan("400.00"), yuan("0.00"), calendar.MustParse("2026-05-05"))
	if err != nil {
		t.Fatal(err)
	}
	f = allocated(f, "2026-06-10", "Y2")
	back := func(amount, date string) error {
		_, err := f.Return(fund.ReturnArgs{Amount: yuan(amount), Date: calendar.MustParse(date), Reference: "J1"}, july)
		return err
	}
	check(t, back("0.01", "2026-03-31"), fault.AdvanceShort, "/date")
	check(t, back("100.01", "2026-04-30"), fault.AdvanceShort, "/date") // held then, and settled in May
	for _, c := range [][2]string{{"100.00", "2026-04-30"}, {"100.00", "2026-05-31"}, {"600.00", "2026-06-30"}} {
		if err := back(c[0], c[1]); err != nil {
			t.Errorf("%s on %s: %v", c[0], c[1], err)
		}
	}
}

func TestAWrongPaymentInAdvanceIsTakenBackWhileTheBankHoldsIt(t *testing.T) {
	f := applied(t)
	wrong := fund.AllocateArgs{Budget: "b", Amount: yuan("500.00"), Date: today, Reference: "Y1"}
	must := func(next fund.Fund, err error) {
		t.Helper()
		if f = next; err != nil {
			t.Fatal(err)
		}
	}
	must(f.Allocate(wrong, today))
	spent, err := f.Settle(yuan("0.01"), yuan("0.01"), money.Zero, today)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = spent.VoidAllocation(fund.VoidArgs{Reference: "Y1", Reason: "误登"})
	check(t, err, fault.AdvanceShort, "/reference")
	_, _, err = f.VoidAllocation(fund.VoidArgs{Reference: "Y1"})
	check(t, err, fault.FieldInvalid, "/reason")
	next, back, err := f.VoidAllocation(fund.VoidArgs{Reference: "Y1", Reason: "误登"})
	if err != nil || back.Amount.Cmp(wrong.Amount) != 0 || back.Budget != "b" || !next.Advance().IsZero() || !next.Allocated.IsZero() || !next.Total().Allocated.IsZero() {
		t.Fatalf("%+v %+v %v", next.Sums, back, err)
	}
	if f.Allocations[0].Void != "" {
		t.Error("the fund that it was taken from has changed")
	}
	_, _, err = next.VoidAllocation(fund.VoidArgs{Reference: "Y1", Reason: "误登"})
	check(t, err, fault.FieldInvalid, "/reference")
	right := wrong
	right.Amount = yuan("50.00")
	if next, err = next.Allocate(right, today); err != nil || next.Advance().Cmp(right.Amount) != 0 || len(next.Allocations) != 2 {
		t.Errorf("the reference is used up: %+v %v", next, err)
	}
}

func TestAReturnThatIsVoidIsInNoQuarterAndKeepsNoOtherOneOut(t *testing.T) {
	f := applied(t)
	july := calendar.MustParse("2026-07-05")
	must := func(next fund.Fund, err error) {
		t.Helper()
		if f = next; err != nil {
			t.Fatal(err)
		}
	}
	must(f.Allocate(fund.AllocateArgs{Budget: "b", Amount: yuan("500.00"), Date: calendar.MustParse("2026-03-31"), Reference: "Y1"}, july))
	back := fund.ReturnArgs{Amount: yuan("500.00"), Date: calendar.MustParse("2026-03-31"), Reference: "J1"}
	void := fund.VoidArgs{Reference: "J1", Reason: "金额有误"}
	for range 100 {
		must(f.Return(back, july))
		must(f.WithdrawReturn(void))
	}
	must(f.Return(back, july))
	_, err := f.WithdrawReturn(void)
	check(t, err, fault.TooMany, "")
	must(f.VoidReturn(void)) // the bureau may always say that it did not come in
	next, _, err := f.File("RPT-1", fund.FileArgs{Month: "2026-03", Final: true}, july)
	must(next, err)
	must(f.Accept("RPT-1"))
	must(f.CloseQuarter("2026-03", july))
	if q := f.Quarters[0]; !q.Returned.IsZero() || !q.Returning.IsZero() || f.Statement()[0].Advance.Cmp(yuan("500.00")) != 0 {
		t.Errorf("the quarter counts what is void: %+v", q)
	}
	must(f.Return(back, july))
	_, _, err = f.ConfirmReturn(fund.ConfirmArgs{Reference: "J1", Amount: yuan("1.00"), Budget: "b"}, today)
	check(t, err, fault.FieldInvalid, "/amount")
	next, amount, err := f.ConfirmReturn(fund.ConfirmArgs{Reference: "J1", Amount: yuan("500.00"), Budget: "b"}, today)
	must(next, err)
	if amount.Cmp(yuan("500.00")) != 0 || f.Returned.Cmp(yuan("500.00")) != 0 || !f.Advance().IsZero() {
		t.Errorf("%s came in: %+v", amount, f.Sums)
	}
}

func TestABankThatWasDeclinedOrClearedMayAskAgainHoweverOftenItDid(t *testing.T) {
	f := applied(t)
	var err error
	for err == nil {
		var next fund.Fund
		if next, err = f.Request(need("1.00"), today); err == nil {
			f = next
		}
	}
	check(t, err, fault.TooMany, "/need")
	declined, err := f.Decline("材料不全")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := declined.Request(need("1.00"), today); err != nil {
		t.Errorf("declined: %v", err)
	}
	cleared := f
	cleared.Cleared = today
	if _, err := cleared.Request(need("1.00"), today); err != nil {
		t.Errorf("cleared: %v", err)
	}
}

// book is what a test knows of a claim, in fen and by its own counting.
type book struct {
	id              string
	accrued, earned int64 // not settled, in all
	settled         int64
	months          map[fund.Month][2]int64
	entries         []fund.Entry
	reported        []fund.Entry // by accepted reports
}

func (b *book) move(m fund.Month, fen int64) {
	before := b.earned
	b.earned += fen
	e := b.months[m]
	if fen > 0 {
		e[0] += fen
	} else {
		e[1] -= fen
	}
	b.months[m] = e
	b.entries = fund.Book(b.entries, m, money.Fen(before), money.Fen(b.earned))
}

// unreported is what a report of the month says of the claim, and of both amounts nothing twice.
func (b *book) unreported(m fund.Month) (accrued, takenBack int64) {
	for month, e := range b.months {
		if month <= m {
			accrued, takenBack = accrued+e[0], takenBack+e[1]
		}
	}
	for _, e := range b.reported {
		accrued, takenBack = accrued-e.Accrued.Fen(), takenBack-e.TakenBack.Fen()
	}
	return accrued, takenBack
}

// Whatever banks accrue, correct, report, leave out and return, and whatever the bureau allocates and settles, in any order
// and with clocks that differ: the fund has settled what its claims have and never more than was reported, the bank never holds
// less than nothing, and in the end all that was booked is reported.
func TestAmountsTieWhateverHappens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, err := fund.Apply(fund.ApplyArgs{Policy: "p", First: "2026-03", Need: need("1.00")}, bank, bureau, today)
		if err != nil {
			t.Fatal(err)
		}
		claims := make([]*book, 3)
		for i := range claims {
			claims[i] = &book{id: fmt.Sprintf("SUB-%d", i), months: map[fund.Month][2]int64{}}
		}
		day, serial := calendar.MustParse("2026-03-01"), 0
		filed := map[string][]fund.Line{}
		accept := func() {
			for _, m := range f.Months {
				p := m.Parts[0]
				if p.Accepted {
					continue
				}
				if f, err = f.Accept(p.Report); err != nil {
					t.Fatal(err)
				}
				for _, l := range filed[p.Report] {
					for _, c := range claims {
						if c.id == l.Claim {
							c.reported = append(c.reported, fund.Entry{Month: m.Month, Accrued: l.Accrued, TakenBack: l.TakenBack})
						}
					}
				}
				return
			}
		}
		for range rapid.IntRange(5, 80).Draw(t, "steps") {
			serial++
			c := claims[rapid.IntRange(0, len(claims)-1).Draw(t, "claim")]
			fen := rapid.Int64Range(1, 300).Draw(t, "fen")
			switch rapid.SampledFrom([]string{"day", "accrue", "accrue", "correct", "report", "accept", "allocate", "settle", "settle", "return", "quarter", "retract"}).Draw(t, "step") {
			case "day":
				day = day.AddDays(rapid.IntRange(1, 40).Draw(t, "days"))
			case "accrue":
				c.accrued += fen
				late := rapid.IntRange(-1, 0).Draw(t, "late") // a clock that is behind at a month's end
				c.move(fund.MonthOf(day).Add(late), fen)
			case "correct":
				fen = min(fen, c.accrued+c.settled)
				if fen == 0 {
					continue
				}
				back := max(0, fen-c.accrued)
				c.accrued, c.settled = max(0, c.accrued-fen), c.settled-back
				c.move(fund.MonthOf(day), -fen)
				f = f.Recover(money.Fen(back), day)
			case "report":
				id := fmt.Sprintf("RPT-%d", serial)
				waiting := f.Covered() != "" && f.Covered() < f.Next().Add(-1) || f.Covered() == "" && f.Next() != f.First
				told := slices.DeleteFunc(slices.Clone(claims), func(*book) bool { return rapid.IntRange(0, 4).Draw(t, "left out") == 0 })
				next, lines, err := report(f, told, id, day)
				if (err == nil) != (f.Next() < fund.MonthOf(day) && !waiting) {
					t.Fatalf("report of %s on %s: %v", f.Next(), day, err)
				}
				if err == nil {
					f, filed[id] = next, lines
				}
			case "accept":
				accept()
			case "retract":
				if n := len(f.Months); n > 0 && !f.Months[n-1].Parts[0].Accepted {
					if f, err = f.Retract(f.Months[n-1].Parts[0].Report); err != nil {
						t.Fatal(err)
					}
				}
			case "allocate":
				if f, err = f.Allocate(fund.AllocateArgs{Amount: money.Fen(fen), Date: day, Reference: fmt.Sprint(serial)}, day); err != nil {
					t.Fatal(err)
				}
			case "return":
				if next, err := f.Return(fund.ReturnArgs{Amount: money.Fen(fen), Date: day, Reference: fmt.Sprint(serial)}, day); err == nil {
					if f, _, err = next.ConfirmReturn(fund.ConfirmArgs{Reference: fmt.Sprint(serial), Amount: money.Fen(fen), Budget: "b"}, day); err != nil {
						t.Fatal(err)
					}
				} else if f.Advance().Fen() >= fen {
					t.Fatalf("%d of %s: %v", fen, f.Advance(), err)
				}
			case "settle":
				fen = min(fen, c.accrued)
				if fen == 0 {
					continue
				}
				next, err := f.Settle(money.Fen(fen), fund.Covered(c.entries, c.reported), money.Fen(c.settled), day)
				if err == nil {
					f, c.accrued, c.settled = next, c.accrued-fen, c.settled+fen
				}
			case "quarter":
				if next, err := f.CloseQuarter("2026-03", day); err == nil {
					f = next
				}
			}
			ties(t, f, claims)
		}
		for day = day.AddMonths(2); f.Covered() < fund.MonthOf(day).Add(-1); {
			serial++
			id := fmt.Sprintf("RPT-%d", serial)
			if next, lines, err := report(f, claims, id, day); err == nil {
				f, filed[id] = next, lines
			}
			accept()
		}
		earned := int64(0)
		for _, c := range claims {
			earned += c.earned
		}
		if f.Due().Fen() != earned {
			t.Fatalf("%s is reported in the end, %d fen were booked", f.Due(), earned)
		}
	})
}

// report files a report of the next month over the claims.
func report(f fund.Fund, claims []*book, id string, day calendar.Date) (fund.Fund, []fund.Line, error) {
	a := fund.FileArgs{Month: f.Next(), Final: true}
	for _, c := range claims {
		accrued, takenBack := c.unreported(a.Month)
		if accrued+takenBack == 0 {
			continue
		}
		l := fund.Line{Claim: c.id, Accrued: money.Fen(accrued), TakenBack: money.Fen(takenBack)}
		if err := l.Matches(fund.Unreported(c.entries, c.reported, a.Month), 0); err != nil {
			return f, nil, err
		}
		a.Lines, a.Accrued, a.TakenBack = append(a.Lines, l), a.Accrued.Add(l.Accrued), a.TakenBack.Add(l.TakenBack)
	}
	next, _, err := f.File(id, a, day)
	return next, a.Lines, err
}

func ties(t *rapid.T, f fund.Fund, claims []*book) {
	settled := int64(0)
	for _, c := range claims {
		settled += c.settled
		said := int64(0)
		for _, e := range c.reported {
			said += e.Net().Fen()
		}
		if c.settled > said {
			t.Fatalf("of %s %d fen are settled and %d reported", c.id, c.settled, said)
		}
	}
	switch {
	case f.Paid().Fen() != settled:
		t.Fatalf("the fund settled %s, its claims %d fen", f.Paid(), settled)
	case f.Advance().IsNegative():
		t.Fatalf("the bank holds %s", f.Advance())
	}
	addsUp(t, f)
	for _, s := range f.Statement() {
		if s.Reported.IsNegative() || s.TakenBack.IsNegative() {
			t.Fatalf("a span of %+v", s)
		}
	}
}
