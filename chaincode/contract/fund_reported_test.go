package contract_test

import (
	"testing"
	"time"

	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/financing"
	"decore/chaincode/fund"
)

func (w *world) accrue(claims ...string) {
	for _, claim := range claims {
		w.Do(w.BankA, "subsidy.accrue", claim, contract.AccrueArgs{Through: w.today()})
	}
}

func TestABankWithAFundSettlesThroughItOnlyWhileItIsOpen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publishSubsidy()
	claim := w.accruing()
	one := contract.SettleArgs{Amount: yuan("1.00")}
	id := w.appliedFund(w.BankA)
	w.Refuse("FUND_NOT_OPEN", w.Regulator, "subsidy.settle", claim, one)
	w.Do(w.Regulator, "fund.decline", id, fund.ReasonArgs{Reason: "材料不全"})
	w.Refuse("FUND_NOT_OPEN", w.Regulator, "subsidy.settle", claim, one)
}

func TestAnApplicationTakesNoReportsSoThatItCanBeDeclined(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publishSubsidy()
	id, claim := w.appliedFund(w.BankA), w.accruing()
	w.Pass(31 * days)
	r := w.Try(w.BankA, "fund-report.file", contracttest.NewID("RPT"), w.reportArgs(id, claim))
	if r.Code != "WRONG_STATE" || r.Field != "/fund" {
		t.Errorf("got %+v", r)
	}
}

func TestAClaimThatIsLeftOutOfAReportIsNotSettledUntilALaterOneNamesIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publishSubsidy()
	id, one, two := w.openFund(), w.held(), w.held()
	w.Pass(100 * days)
	w.accrue(one, two)
	w.Pass(31 * days)
	w.reportAll(id, one)
	w.Refuse("NOT_REPORTED", w.Regulator, "subsidy.settle", two, contract.SettleArgs{Amount: yuan("0.01")})
	w.settleAccrued(one)
	w.Pass(31 * days)
	w.reportAll(id, one, two)
	w.settleAccrued(two)
	if f := w.fundTerms(id); f.Due().Cmp(f.Paid()) != 0 || f.Paid().Cmp(w.claim(one).Claim.Settled.Add(w.claim(two).Claim.Settled)) != 0 {
		t.Errorf("got %+v", f.Sums)
	}
}

func TestWhatIsFiledAndNotAcceptedIsNotSettled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publishSubsidy()
	claim := w.accruing()
	id := w.openFund()
	w.Pass(31 * days)
	report := w.filed(id, claim)
	w.Refuse("NOT_REPORTED", w.Regulator, "subsidy.settle", claim, contract.SettleArgs{Amount: yuan("0.01")})
	w.Pass(31 * days)
	w.Refuse("PERIOD_OPEN", w.BankA, "fund-report.file", contracttest.NewID("RPT"), w.reportArgs(id))
	w.Do(w.Regulator, "fund-report.accept", report, financing.NoArgs{})
	w.settleAccrued(claim)
}

func TestTheFirstReportTakesInWhatWasBookedBeforeIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publishSubsidy()
	old, gone := w.held(), w.held()
	w.Pass(100 * days)
	w.accrue(old, gone)
	w.Pass(62 * days)
	id := w.openFund()
	w.Do(w.Regulator, "subsidy.claw-back", gone, contract.ClawBackArgs{Ground: "misuse", Reason: "挪用"})
	w.Pass(31 * days)
	w.reportAll(id, old, gone)
	f, accrued := w.fundTerms(id), w.claim(old).Claim.Accrued
	if f.Due().Cmp(accrued) != 0 || f.TakenBack.IsZero() {
		t.Errorf("reported %+v, want %s due", f.Sums, accrued)
	}
	w.settleAccrued(old)
}

func TestWhatALateClockBooksIntoAReportedMonthIsInTheNextReport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publishSubsidy()
	id, claim := w.openFund(), w.held()
	w.Pass(100 * days)
	for m := w.month(); w.month() == m; {
		w.Pass(time.Minute)
	}
	w.reportAll(id)
	w.Pass(-time.Minute) // another gateway's clock, within what endorsers allow
	w.accrue(claim)
	w.Pass(40 * days)
	w.reportAll(id, claim)
	if f := w.fundTerms(id); f.Due().Cmp(w.claim(claim).Claim.Accrued) != 0 {
		t.Errorf("reported %s of %s", f.Due(), w.claim(claim).Claim.Accrued)
	}
	w.settleAccrued(claim)
}

func TestWhatIsTakenBackBeforeItIsReportedIsNotSettled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publishSubsidy()
	claim := w.accruing()
	w.payable(claim)
	paid := w.repayment("1000000.00")
	paid.Date = w.claim(claim).Loan.Disbursed.AddDays(10)
	w.Do(w.BankA, "financing.repay", w.claim(claim).Loan.ID, paid)
	w.Do(w.BankA, "subsidy.correct", claim, financing.NoArgs{})
	if got := w.claim(claim); got.Settleable().Cmp(got.Claim.Accrued) != 0 {
		t.Errorf("%s can be settled of %s", got.Settleable(), got.Claim.Accrued)
	}
	w.settleAccrued(claim)
}
