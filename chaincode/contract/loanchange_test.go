package contract_test

import (
	"slices"
	"testing"

	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/financing"
	"decore/chaincode/money"
	"decore/chaincode/subsidy"
)

// last is the claim's last entry.
func (w *world) last(claim string) subsidy.Entry {
	w.T.Helper()
	entries := w.claim(claim).Claim.Entries
	return entries[len(entries)-1]
}

func TestTheSubsidyFollowsWhatBecomesOfTheLoan(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	base.publishSubsidy()
	claim := base.held() // 1,000,000 for two years
	base.Pass(120 * days)
	base.Do(base.BankA, "subsidy.accrue", claim, contract.AccrueArgs{Through: base.today()}) // over two settlement days
	loan := base.claim(claim).Loan
	before := base.claim(claim).Claim

	t.Run("every booking says who made it, when and by which command", func(t *testing.T) {
		w := base.fork(t)
		if hold, accrual := before.Entries[0], before.Entries[1]; hold.Verb != "hold" || hold.By != w.BankA.USCC || accrual.On != w.today() || accrual.No != 2 || accrual.Command != w.Header(claim).Command {
			t.Errorf("got %+v", before.Entries)
		}
	})
	t.Run("a repayment that was recorded wrongly and reversed is made good", func(t *testing.T) {
		w := base.fork(t)
		paid := w.repayment("400000.00")
		paid.Date = loan.Disbursed.AddDays(1)
		w.Do(w.BankA, "financing.repay", loan.ID, paid)
		w.Do(w.BankA, "subsidy.correct", claim, financing.NoArgs{})
		if e := w.last(claim); !e.Accrued.IsNegative() || !slices.Equal(e.Causes, []subsidy.Cause{subsidy.CauseRepayment}) {
			t.Fatalf("entry %+v", e)
		}
		w.Do(w.BankA, "financing.reverse-repayment", loan.ID, financing.ReverseArgs{Principal: paid.Principal, Interest: paid.Interest, Date: paid.Date, Reference: paid.Reference, Reason: "another loan's"})
		w.Do(w.BankA, "subsidy.correct", claim, financing.NoArgs{})
		after := w.claim(claim).Claim
		if e := w.last(claim); !slices.Equal(e.Causes, []subsidy.Cause{subsidy.CauseReversal}) || after.Accrued.Cmp(before.Accrued) != 0 || after.Held.Cmp(before.Held) != 0 {
			t.Errorf("entry %+v, claim %+v", e, after)
		}
		if got := opened[financing.Terms](w, loan.ID); len(got.Repayments) != 0 || len(got.Reversals) != 1 || got.Principal.String() != "1000000.00" {
			t.Errorf("the loan has %+v", got)
		}
		w.Refuse("REPAYMENT_UNKNOWN", w.BankA, "financing.reverse-repayment", loan.ID, financing.ReverseArgs{Date: paid.Date, Reference: "x", Reason: "y"})
	})
	t.Run("several overdue times are each left out, and taken back when they are known late", func(t *testing.T) {
		w := base.fork(t)
		for _, from := range []int{10, 40} {
			w.Do(w.BankA, "financing.mark-overdue", loan.ID, financing.OverdueArgs{From: loan.Disbursed.AddDays(from)})
			w.Do(w.BankA, "financing.cure", loan.ID, financing.CureArgs{On: loan.Disbursed.AddDays(from + 5)})
		}
		w.Refuse("DATE_ORDER", w.BankA, "financing.mark-overdue", loan.ID, financing.OverdueArgs{From: loan.Disbursed.AddDays(12)})
		w.Do(w.BankA, "subsidy.correct", claim, financing.NoArgs{})
		days := 0
		for _, l := range w.last(claim).Lines {
			days += l.Days
		}
		counted := 0
		for _, l := range before.Entries[1].Lines {
			if slices.ContainsFunc(w.last(claim).Lines, func(m subsidy.Line) bool { return m.From == l.From }) {
				counted += l.Days
			}
		}
		if counted-days != 10 || !slices.Equal(w.last(claim).Causes, []subsidy.Cause{subsidy.CauseOverdue}) {
			t.Errorf("%d days were left out, entry %+v", counted-days, w.last(claim))
		}
	})
	t.Run("an extension needs the borrower's request and the bank's word, and brings no subsidised day", func(t *testing.T) {
		w := base.fork(t)
		w.Refuse("REQUEST_MISSING", w.BankA, "financing.extend", loan.ID, financing.NoArgs{})
		w.Refuse("DATE_ORDER", w.SME, "financing.request-extension", loan.ID, financing.ExtensionArgs{Maturity: loan.Maturity, Reason: "late buyer"})
		asked := financing.ExtensionArgs{Maturity: loan.Maturity.AddDays(200), Reason: "late buyer"}
		w.Do(w.SME, "financing.request-extension", loan.ID, asked)
		w.Do(w.BankA, "financing.extend", loan.ID, financing.NoArgs{})
		w.Pass(900 * days)
		w.Do(w.BankA, "subsidy.accrue", claim, contract.AccrueArgs{Through: w.today()})
		after := w.claim(claim)
		if after.Loan.Maturity != asked.Maturity || after.Loan.FirstMaturity != loan.Maturity || after.Claim.AccruedThrough.After(loan.Maturity) {
			t.Errorf("loan %+v, accrued through %s", after.Loan, after.Claim.AccruedThrough)
		}
		if after.Claim.Accrued.Cmp(before.Granted) != 0 {
			t.Errorf("accrued %s, granted %s", after.Claim.Accrued, before.Granted)
		}
	})
	t.Run("a fixed rate changes when both agree, a floating one by the bank's word", func(t *testing.T) {
		w := base.fork(t)
		w.Refuse("REQUEST_MISSING", w.SME, "financing.agree-rate", loan.ID, financing.NoArgs{})
		low := financing.RateArgs{From: loan.Disbursed.AddDays(20), AnnualRate: money.MustRate("0.01"), Reason: "agreed"}
		w.Do(w.BankA, "financing.change-rate", loan.ID, low)
		w.Refuse("NOTHING_TO_CORRECT", w.BankA, "subsidy.correct", claim, financing.NoArgs{})
		w.Do(w.SME, "financing.agree-rate", loan.ID, financing.NoArgs{})
		w.Do(w.BankA, "subsidy.correct", claim, financing.NoArgs{}) // no more is subsidised than is paid: 0.01 instead of 0.015
		if e := w.last(claim); !slices.Equal(e.Causes, []subsidy.Cause{subsidy.CauseRate}) || !e.Accrued.IsNegative() {
			t.Errorf("entry %+v", e)
		}
		w.Refuse("DATE_ORDER", w.BankA, "financing.change-rate", loan.ID, low)
	})
	t.Run("a claw-back says why, and keeps what was booked", func(t *testing.T) {
		w := base.fork(t)
		w.Do(w.Regulator, "subsidy.claw-back", claim, contract.ClawBackArgs{Ground: "misuse", Reason: "bought bonds"})
		after := w.claim(claim).Claim
		if e := w.last(claim); e.Reason != "bought bonds" || e.Ground != subsidy.GroundMisuse || e.By != w.Regulator.USCC || e.ClawedBack.Cmp(before.Accrued) != 0 || e.Released.Cmp(before.Held) != 0 || !after.Balanced() {
			t.Errorf("entry %+v", e)
		}
	})
	t.Run("only a claw-back for misuse says that money was misused, and one for another subsidy says that", func(t *testing.T) {
		for ground, want := range map[subsidy.Ground][2]bool{subsidy.GroundMisuse: {true, false}, subsidy.GroundDuplicate: {false, true},
			subsidy.GroundIneligible: {}, subsidy.GroundError: {}, subsidy.GroundOther: {}} {
			w := base.fork(t)
			w.Do(w.Regulator, "subsidy.claw-back", claim, contract.ClawBackArgs{Ground: ground, Reason: "found by audit"})
			if l := w.claim(claim).Loan; [2]bool{l.Misuse, l.OtherCentralSubsidy} != want || w.last(claim).Ground != ground {
				t.Errorf("%s: misuse %v, another subsidy %v, entry %+v", ground, l.Misuse, l.OtherCentralSubsidy, w.last(claim))
			}
		}
	})
	t.Run("the contract's own settlement days cut the periods", func(t *testing.T) {
		w := base.fork(t)
		args := w.holdArgs(w.policy, w.fixedAssetLoan(w.BankA, "1000000.00"))
		args.Settlement = &subsidy.Settlement{EveryMonths: 1, Day: 20}
		id := w.after(contracttest.NewID("SUB"), w.BankA, "subsidy.hold", args)
		w.Pass(100 * days)
		w.Do(w.BankA, "subsidy.accrue", id, contract.AccrueArgs{Through: w.today()})
		if n := len(w.last(id).Lines); n < 3 {
			t.Errorf("%d periods in a hundred days", n)
		}
		args = w.holdArgs(w.policy, w.fixedAssetLoan(w.BankA, "1000000.00"))
		args.Settlement = &subsidy.Settlement{EveryMonths: 1, Day: 31}
		if r := w.Try(w.BankA, "subsidy.hold", contracttest.NewID("SUB"), args); r.Code != "INVALID_FACTS" || r.Field != "/settlement/day" {
			t.Errorf("got %+v", r)
		}
	})
}

func TestAFloatingRateIsRepricedByTheBank(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := contracttest.NewID("FIN")
	args := w.application(w.BankA, "500.00")
	args.Product = financing.WorkingCapital
	w.Do(w.SME, "financing.apply", id, args)
	offer := w.offer("500.00")
	offer.Floating = true
	w.Do(w.BankA, "financing.offer", id, offer)
	w.Do(w.SME, "financing.accept", id, financing.AcceptArgs{})
	w.Do(w.BankA, "financing.disburse", id, financing.Disbursement{Amount: yuan("500.00"), Date: w.today(), Reference: "LN" + id})
	w.Do(w.BankA, "financing.change-rate", id, w.newRate())
	if got := opened[financing.Terms](w, id); len(got.Rates) != 1 || got.RateAsked != nil {
		t.Errorf("got %+v", got)
	}
}
