package contract_test

import (
	"testing"

	"decore/chaincode/contract/contracttest"
	"decore/chaincode/financing"
	"decore/chaincode/fund"
)

func TestAReturnThatNeverCameInIsTakenBackAndItsReferenceUsedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publishSubsidy()
	id, claim := w.reportedFund()
	for _, end := range []func(fund.ReturnArgs){
		func(r fund.ReturnArgs) {
			w.Do(w.BankA, "fund.withdraw-return", id, fund.VoidArgs{Reference: r.Reference, Reason: "金额有误"})
		},
		func(r fund.ReturnArgs) {
			w.Do(w.Regulator, "fund.reject-return", id, fund.VoidArgs{Reference: r.Reference, Reason: "未到账"})
		},
	} {
		wrong := w.returned("100000.00")
		w.Do(w.BankA, "fund.return", id, wrong)
		end(wrong)
		if f := w.fundTerms(id); f.Advance().Cmp(yuan("100000.00")) != 0 || !f.Returning.IsZero() {
			t.Fatalf("got %+v", f.Sums)
		}
		w.Refuse("FIELD_INVALID", w.Regulator, "fund.confirm-return", id, fund.ConfirmArgs{Reference: wrong.Reference, Amount: wrong.Amount, Budget: w.fundTerms(id).Allocations[0].Budget})
		w.Refuse("FIELD_INVALID", w.BankA, "fund.withdraw-return", id, fund.VoidArgs{Reference: wrong.Reference, Reason: "x"})
	}
	w.settleAccrued(claim)
	right := w.fundTerms(id).Returns[0].ReturnArgs
	right.Amount = yuan("1000.00")
	w.Do(w.BankA, "fund.return", id, right)
	w.Do(w.Regulator, "fund.confirm-return", id, fund.ConfirmArgs{Reference: right.Reference, Amount: right.Amount, Budget: w.fundTerms(id).Allocations[0].Budget})
	w.Refuse("FIELD_INVALID", w.Regulator, "fund.reject-return", id, fund.VoidArgs{Reference: right.Reference, Reason: "x"})
	if f := w.fundTerms(id); len(f.Returns) != 3 || f.Returned.Cmp(yuan("1000.00")) != 0 {
		t.Errorf("got %+v", f)
	}
}

func TestAClosedBudgetGivesNothingOutAndStillTakesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publishSubsidy()
	id, _ := w.reportedFund()
	budget := w.fundTerms(id).Allocations[0].Budget
	w.Do(w.Regulator, "budget.close", budget, financing.NoArgs{})
	back := w.returned("1000.00")
	w.Do(w.BankA, "fund.return", id, back)
	w.Do(w.Regulator, "fund.confirm-return", id, fund.ConfirmArgs{Reference: back.Reference, Amount: back.Amount, Budget: budget})
	w.Refuse("WRONG_STATE", w.Regulator, "fund.allocate", id, w.allocation(budget, "1.00"))
	if b := w.budgetTerms(budget); b.Returned.Cmp(yuan("1000.00")) != 0 || w.Header(budget).State != fund.Closed {
		t.Errorf("got %+v", b)
	}
}

func TestTheFirstMonthOfAFundIsOneOfThePolicyThatHasBegun(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publishSubsidy()
	a := w.fundArgs()
	for first, code := range map[fund.Month]string{"2062-03": "DATE_IN_FUTURE", w.month().Add(1): "DATE_IN_FUTURE",
		fund.MonthOf(w.policy.EffectiveFrom).Add(-1): "FIELD_INVALID", "": "FIELD_REQUIRED"} {
		a.First = first
		if r := w.Try(w.BankA, "fund.apply", contracttest.NewID("FND"), a); r.Code != code || r.Field != "/first" {
			t.Errorf("from %q: got %+v, want %s", first, r, code)
		}
	}
	a.First = fund.MonthOf(w.policy.EffectiveFrom)
	w.Do(w.BankA, "fund.apply", contracttest.NewID("FND"), a)
}

func TestAClearedFundIsOpenedAgainForWhatAccruesLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publishSubsidy()
	id, later := w.balancedFund(), w.held()
	w.Do(w.Regulator, "fund.clear", id, financing.NoArgs{})
	w.Pass(100 * days)
	w.accrue(later)
	w.Do(w.BankA, "fund.request", id, fund.RequestArgs{Need: need("5000.00")})
	w.Do(w.Regulator, "fund.allocate", id, w.allocation(w.fundTerms(id).Allocations[0].Budget, "5000.00"))
	w.payable(later)
	w.settleAccrued(later)
	back := w.returned(w.fundTerms(id).Advance().String())
	w.Do(w.BankA, "fund.return", id, back)
	w.Do(w.Regulator, "fund.confirm-return", id, fund.ConfirmArgs{Reference: back.Reference, Amount: back.Amount, Budget: w.fundTerms(id).Allocations[0].Budget})
	w.Do(w.Regulator, "fund.clear", id, financing.NoArgs{})
}
