package contract_test

import (
	"reflect"
	"slices"
	"testing"

	"decore/chaincode/calendar"
	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/financing"
	"decore/chaincode/money"
	"decore/chaincode/subsidy"
)

func TestLoanFacts(t *testing.T) {
	t.Parallel()
	day := calendar.MustParse
	paid := func(on, principal string) financing.Repayment {
		return financing.Repayment{Date: day(on), Principal: yuan(principal), Interest: yuan("1.00"), Reference: contracttest.NewID("RP")}
	}
	facts := func(overdueFrom calendar.Date, repayments ...financing.Repayment) subsidy.Loan {
		left := yuan("900.00")
		for _, r := range repayments {
			left = left.Sub(r.Principal)
		}
		return contract.LoanFacts("FIN-1", financing.Terms{Principal: left, Repayments: repayments, OverdueFrom: overdueFrom,
			Disbursement: &financing.Disbursement{Amount: yuan("900.00"), Date: day("2026-02-01")}}, contract.HoldArgs{})
	}

	t.Run("repayments of principal are summed by day, in order of time", func(t *testing.T) {
		got := facts(calendar.Date{}, paid("2026-05-02", "100.00"), paid("2026-03-01", "10.00"), paid("2026-04-01", "0.00"),
			paid("2026-05-02", "200.00"), paid("2026-03-01", "20.00")).Repayments
		want := []subsidy.Repayment{{Date: day("2026-03-01"), Principal: yuan("30.00")}, {Date: day("2026-05-02"), Principal: yuan("300.00")}}
		if len(got) != len(want) || string(mustCanonical(t, got[0])) != string(mustCanonical(t, want[0])) || string(mustCanonical(t, got[1])) != string(mustCanonical(t, want[1])) {
			t.Errorf("got %v, want %v", got, want)
		}
	})

	t.Run("a loan that was repaid late was overdue until the last fen came back", func(t *testing.T) {
		from := day("2026-06-01")
		for _, v := range []struct {
			name string
			loan subsidy.Loan
			want []subsidy.Overdue
		}{
			{"repaid in part", facts(from, paid("2026-06-10", "400.00")), []subsidy.Overdue{{From: from}}},
			{"repaid late", facts(from, paid("2026-06-10", "400.00"), paid("2026-07-01", "500.00")), []subsidy.Overdue{{From: from, To: day("2026-07-01")}}},
			{"repaid in time and recorded late", facts(from, paid("2026-05-31", "900.00")), nil},
			{"never overdue", facts(calendar.Date{}, paid("2026-05-31", "900.00")), nil},
		} {
			if !reflect.DeepEqual(v.loan.Overdue, v.want) {
				t.Errorf("%s: got %v, want %v", v.name, v.loan.Overdue, v.want)
			}
		}
	})

	t.Run("as many repayments as a financing can have are sound facts", func(t *testing.T) {
		terms := financing.Terms{Principal: yuan("900.00"), Disbursement: &financing.Disbursement{Amount: yuan("900.00"), Date: day("2026-02-01")}}
		repay := func(on calendar.Date, amount money.Amount) (err error) {
			next, _, err := terms.Repay(financing.Repayment{Principal: amount, Date: on, Reference: on.String()}, financing.Disbursed, on)
			if err == nil {
				terms = next
			}
			return err
		}
		on := day("2026-02-02")
		for repay(on, money.Fen(1)) == nil {
			on = on.AddDays(1)
		}
		if err := repay(on, terms.Principal); err != nil {
			t.Fatal(err)
		}
		l := contract.LoanFacts("FIN-1", terms, contract.HoldArgs{})
		l.Household, l.Bank, l.Type, l.SizeClass, l.Maturity = "91370200990000017E", "913702009900000334", subsidy.FixedAssetLoan, subsidy.Small, on.AddDays(1)
		if err := l.Validate(); err != nil {
			t.Errorf("%d repayments: %v", len(terms.Repayments), err)
		}
	})
}

func TestSubsidyOfAnAmortisingLoan(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publishSubsidy()
	fin := w.fixedAssetLoan(w.BankA, "1000000.00")
	claim := w.after(contracttest.NewID("SUB"), w.BankA, "subsidy.hold", w.holdArgs(w.policy, fin))
	w.Pass(100 * days)
	through := contract.AccrueArgs{Through: w.today()}
	w.Do(w.BankA, "subsidy.accrue", claim, through)
	before := w.claim(claim)

	t.Run("a part repaid on the first day and recorded now is taken back in its share", func(t *testing.T) {
		paid := w.repayment("400000.00")
		paid.Date = before.Loan.Disbursed
		w.Do(w.BankA, "financing.repay", fin, paid)
		w.Do(w.BankA, "subsidy.correct", claim, financing.NoArgs{})
		after := w.claim(claim)
		// 600,000 instead of 1,000,000 on each of the same days; each of a few periods is rounded once.
		share := before.Claim.Accrued.Times(money.MustRate("0.6"))
		if off := after.Claim.Accrued.Sub(share).Fen(); off < -2 || off > 2 || !after.Claim.Accrued.IsPositive() {
			t.Errorf("accrued %s of %s, want %s", after.Claim.Accrued, before.Claim.Accrued, share)
		}
		if len(after.Loan.Repayments) != 1 || after.Loan.Repayments[0].Principal.Cmp(paid.Principal) != 0 {
			t.Errorf("the claim knows of %v", after.Loan.Repayments)
		}
	})
}

func TestNothingIsSettledOrReleasedOnFactsThatTheLoansRecordNoLongerHas(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	base.publishSubsidy()
	claim := base.accruing()
	before := base.claim(claim)
	paid := base.repayment("1000000.00")
	paid.Date = before.Loan.Disbursed
	base.Do(base.BankA, "financing.repay", before.Loan.ID, paid)
	settle := contract.SettleArgs{Amount: before.Claim.Accrued}

	t.Run("both are refused until the claim is corrected", func(t *testing.T) {
		w := base.fork(t)
		w.Refuse("CORRECTION_DUE", w.Regulator, "subsidy.settle", claim, settle)
		w.Refuse("CORRECTION_DUE", w.BankA, "subsidy.release", claim, financing.NoArgs{})
		w.Do(w.BankA, "subsidy.correct", claim, financing.NoArgs{})
		w.Do(w.BankA, "subsidy.release", claim, financing.NoArgs{})
		w.Refuse("SETTLE_AMOUNT", w.Regulator, "subsidy.settle", claim, settle)
	})
	t.Run("the finance bureau corrects it where the bank does not", func(t *testing.T) {
		w := base.fork(t)
		w.Do(w.Regulator, "subsidy.correct", claim, financing.NoArgs{})
		after := w.claim(claim)
		if e := w.last(claim); !after.Claim.Accrued.IsZero() || e.By != w.Regulator.USCC || !slices.Equal(e.Causes, []subsidy.Cause{subsidy.CauseRepayment}) {
			t.Errorf("accrued %s, entry %+v", after.Claim.Accrued, e)
		}
		w.Refuse("NOTHING_TO_CORRECT", w.Regulator, "subsidy.correct", claim, financing.NoArgs{})
	})
	t.Run("what was released is settled on the facts of the day", func(t *testing.T) {
		w := base.fork(t)
		other := w.accruing()
		w.Do(w.BankA, "subsidy.release", other, financing.NoArgs{})
		loan := w.claim(other).Loan
		late := w.repayment("1000000.00")
		late.Date = loan.Disbursed
		w.Do(w.BankA, "financing.repay", loan.ID, late)
		w.Refuse("CORRECTION_DUE", w.Regulator, "subsidy.settle", other, contract.SettleArgs{Amount: yuan("1.00")})
	})
	t.Run("the bureau is owed the loan that it needs to settle", func(t *testing.T) {
		w := base.fork(t)
		jws, opening := w.Sign(w.Regulator, "subsidy.settle", claim, settle)
		got := w.owed("BureauMSP", jws, opening, w.Opening(claim), w.Opening(before.Account))
		if len(got) != 1 || got[0].Record != before.Loan.ID {
			t.Errorf("owed %v", got)
		}
	})
}
