package financing_test

import (
	"testing"

	"decore/chaincode/calendar"
	"decore/chaincode/evidence"
	"decore/chaincode/fault"
	"decore/chaincode/financing"
	lc "decore/chaincode/lifecycle"
	"decore/chaincode/money"
)

// lent is a disbursed loan of 90.00 for 90 days.
func lent(t *testing.T) financing.Terms {
	t.Helper()
	f := offered(t, financing.WorkingCapital)
	f, _, err := f.Accept(today)
	if err == nil {
		f, _, err = f.Disburse(financing.Disbursement{Amount: yuan("90.00"), Date: today, Reference: "LN1"}, financing.Accepted, today)
	}
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func wantCode(t *testing.T, err error, want fault.Code) {
	t.Helper()
	if got := code(err); err == nil || got != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestExtension(t *testing.T) {
	f := lent(t)
	due := f.Due()
	ask := func(f financing.Terms, to calendar.Date, on calendar.Date) (financing.Terms, error) {
		f, _, err := f.RequestExtension(financing.ExtensionArgs{Maturity: to, Reason: "late buyer"}, financing.Disbursed, on)
		return f, err
	}

	t.Run("is asked for before the loan is due (民法典 678) and moves the last day when it is granted", func(t *testing.T) {
		asked, err := ask(f, due.AddDays(30), due)
		if err != nil || asked.Due() != due {
			t.Fatalf("%v: due %s", err, asked.Due())
		}
		granted, state, err := asked.Extend(financing.Disbursed, due)
		if err != nil || state != financing.Disbursed || granted.Due() != due.AddDays(30) || granted.ExtensionAsked != nil || granted.Extensions[0].AgreedOn != due {
			t.Errorf("%v: %s %+v", err, state, granted)
		}
		if f.Due() != due || len(f.Extensions) != 0 {
			t.Error("the terms before changed too")
		}
		if _, _, err := granted.MarkOverdue(financing.OverdueArgs{}, due.AddDays(1)); code(err) != fault.NotOverdue {
			t.Errorf("overdue before the new last day: %v", err)
		}
		_, err = ask(granted, due.AddDays(30), due)
		wantCode(t, err, fault.DateOrder)
	})
	t.Run("is refused after the last day, to an earlier day, without a reason, or unasked", func(t *testing.T) {
		_, err := ask(f, due.AddDays(30), due.AddDays(1))
		wantCode(t, err, fault.WrongState)
		_, err = ask(f, due, today)
		wantCode(t, err, fault.DateOrder)
		_, _, err = f.RequestExtension(financing.ExtensionArgs{Maturity: due.AddDays(1)}, financing.Disbursed, today)
		wantCode(t, err, fault.FieldInvalid)
		_, _, err = f.Extend(financing.Disbursed, today)
		wantCode(t, err, fault.RequestMissing)
	})
	t.Run("is refused past the filing that secures the loan", func(t *testing.T) {
		filed, err := ask(f, due.AddDays(30), today)
		if err != nil {
			t.Fatal(err)
		}
		filed.Registration = &financing.Registration{Number: "1", Registered: evidence.InstantOf(today.Start()), Expires: due.AddDays(29)}
		_, _, err = filed.Extend(financing.Disbursed, today)
		wantCode(t, err, fault.RegistrationInvalid)
	})
}

func TestChangeOfRate(t *testing.T) {
	rate := func(after int) financing.RateArgs {
		return financing.RateArgs{From: today.AddDays(after), AnnualRate: money.MustRate("0.03"), Reason: "LPR"}
	}
	t.Run("of a fixed rate waits for the borrower (民法典 543)", func(t *testing.T) {
		f, _, err := lent(t).ChangeRate(rate(10), financing.Disbursed)
		if err != nil || len(f.Rates) != 0 || f.RateAsked == nil {
			t.Fatalf("%v: %+v", err, f)
		}
		f, _, err = f.AgreeRate(financing.Disbursed)
		if err != nil || len(f.Rates) != 1 || f.RateAsked != nil {
			t.Fatalf("%v: %+v", err, f)
		}
		_, _, err = f.AgreeRate(financing.Disbursed)
		wantCode(t, err, fault.RequestMissing)
		_, _, err = f.ChangeRate(rate(10), financing.Disbursed)
		wantCode(t, err, fault.DateOrder)
	})
	t.Run("of a floating rate is the lender's, as the contract says", func(t *testing.T) {
		f := lent(t)
		offer := *f.Offer
		offer.Floating = true
		f.Offer = &offer
		if f, _, err := f.ChangeRate(rate(10), financing.Overdue); err != nil || len(f.Rates) != 1 {
			t.Errorf("%v: %+v", err, f)
		}
		_, _, err := f.ChangeRate(rate(0), financing.Disbursed)
		wantCode(t, err, fault.DateOrder)
		_, _, err = f.ChangeRate(financing.RateArgs{From: today.AddDays(1)}, financing.Disbursed)
		wantCode(t, err, fault.FieldInvalid)
	})
}

func TestCure(t *testing.T) {
	missed, _, err := lent(t).MarkOverdue(financing.OverdueArgs{From: today.AddDays(10)}, today.AddDays(20))
	if err != nil {
		t.Fatal(err)
	}
	cure := func(after, on int) (financing.Terms, lc.State, error) {
		return missed.Cure(financing.CureArgs{On: today.AddDays(after)}, today.AddDays(on))
	}
	t.Run("ends the overdue time, and a later one begins after it", func(t *testing.T) {
		f, state, err := cure(15, 20)
		if err != nil || state != financing.Disbursed || !f.OverdueFrom.IsZero() || len(f.Spells) != 1 || f.Spells[0].To != today.AddDays(15) {
			t.Fatalf("%v: %s %+v", err, state, f)
		}
		_, _, err = f.MarkOverdue(financing.OverdueArgs{From: today.AddDays(14)}, today.AddDays(20))
		wantCode(t, err, fault.DateOrder)
		if _, _, err = f.MarkOverdue(financing.OverdueArgs{From: today.AddDays(15)}, today.AddDays(20)); err != nil {
			t.Error(err)
		}
	})
	t.Run("is refused on a day before it, to come, or after the loan was due", func(t *testing.T) {
		_, _, err := cure(10, 20)
		wantCode(t, err, fault.DateOrder)
		_, _, err = cure(21, 20)
		wantCode(t, err, fault.DateInFuture)
		_, _, err = cure(91, 95)
		wantCode(t, err, fault.DateOrder)
	})
}

func TestReversalOfARepayment(t *testing.T) {
	paid := financing.Repayment{Principal: yuan("90.00"), Interest: yuan("1.00"), Date: today, Reference: "RP1"}
	args := financing.ReverseArgs{Principal: paid.Principal, Interest: paid.Interest, Date: paid.Date, Reference: paid.Reference, Reason: "another loan's"}
	f, state, err := lent(t).Repay(paid, financing.Disbursed, today)
	if err != nil || state != financing.Settled {
		t.Fatalf("%v: %s", err, state)
	}

	t.Run("makes the principal owed again and stays to be seen", func(t *testing.T) {
		r, state, err := f.Reverse(args, today)
		if err != nil || state != financing.Disbursed || r.Principal.String() != "90.00" || len(r.Repayments) != 0 || len(r.Reversals) != 1 || r.Reversals[0].Reason != args.Reason {
			t.Fatalf("%v: %s %+v", err, state, r)
		}
		_, _, err = r.Reverse(args, today)
		wantCode(t, err, fault.RepaymentUnknown)
		if _, state, err := r.Repay(paid, financing.Disbursed, today); err != nil || state != financing.Settled {
			t.Errorf("recorded again: %v, %s", err, state)
		}
	})
	t.Run("of a loan that was overdue leads back to that", func(t *testing.T) {
		late := f
		late.OverdueFrom = today.AddDays(1)
		if _, state, err := late.Reverse(args, today); err != nil || state != financing.Overdue {
			t.Errorf("%v: %s", err, state)
		}
	})
	t.Run("is told the first field by which no repayment is like it", func(t *testing.T) {
		for field, change := range map[string]func(*financing.ReverseArgs){
			"/reference": func(a *financing.ReverseArgs) { a.Reference, a.Principal = "RP2", money.Zero },
			"/date":      func(a *financing.ReverseArgs) { a.Date, a.Principal = today.AddDays(-1), money.Zero },
			"/principal": func(a *financing.ReverseArgs) { a.Principal = money.Zero },
			"/interest":  func(a *financing.ReverseArgs) { a.Interest = money.Zero },
		} {
			other := args
			change(&other)
			_, _, err := f.Reverse(other, today)
			if wantCode(t, err, fault.RepaymentUnknown); fault.Of(err).Field != field {
				t.Errorf("%s: %v", field, err)
			}
		}
	})
	t.Run("is refused of another amount, of what a collection brought, and without a reason", func(t *testing.T) {
		other := args
		other.Principal = yuan("89.99")
		_, _, err := f.Reverse(other, today)
		wantCode(t, err, fault.RepaymentUnknown)
		collected := f
		collected.Collections = []financing.Collection{{Date: paid.Date, Reference: paid.Reference}}
		_, _, err = collected.Reverse(args, today)
		wantCode(t, err, fault.RepaymentUnknown)
		mute := args
		mute.Reason = ""
		_, _, err = f.Reverse(mute, today)
		wantCode(t, err, fault.FieldInvalid)
	})
}
