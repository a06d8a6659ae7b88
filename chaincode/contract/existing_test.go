package contract_test

import (
	"strings"
	"testing"

	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/credit"
	"decore/chaincode/financing"
	"decore/chaincode/subsidy"
)

// reviseCredit publishes another version of the credit policy.
func (w *world) reviseCredit(change func(*credit.Policy)) {
	w.T.Helper()
	p := contracttest.Credit()
	p.Version++
	change(&p)
	w.Do(w.Regulator, "policy.publish", contract.CreditPolicy, contract.PublishArgs{Policy: mustCanonical(w.T, p)})
}

func TestALoanThatWasPaidOutBeforeComesIn(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	base.publishSubsidy()
	args := base.existing("1000000.00", 60) // on 2026-01-01
	args.EntrustedPaid = args.Disbursed.AddDays(2)
	loan := base.recorded(args)

	t.Run("and counts for nothing before its borrower has signed", func(t *testing.T) {
		w := base.fork(t)
		if _, r := w.hold(w.BankA, loan); r.Code != "WRONG_STATE" || r.Field != "/financing" {
			t.Errorf("hold: %+v", r)
		}
		w.Refuse("WRONG_STATE", w.BankA, "financing.repay", loan, w.repayment("1.00"))
		w.Refuse("NOT_PERMITTED", w.BankA, "financing.confirm-record", loan, financing.NoArgs{})
		w.Refuse("NOT_PERMITTED", w.SME2, "financing.confirm-record", loan, financing.NoArgs{})
		if h := w.Header(loan); h.Owner != w.SME.USCC || !w.sees(w.SME, loan) || w.ever(w.BankB, loan) {
			t.Errorf("header %+v, held by %v", h, w.Holders(loan))
		}
	})
	t.Run("with its true days, marked for good, and its subsidy covers the days since", func(t *testing.T) {
		w := base.fork(t)
		w.Pass(1 * days)
		w.Do(w.SME, "financing.confirm-record", loan, financing.NoArgs{})
		f := opened[financing.Terms](w, loan)
		if f.Existing.RecordedOn != w.today().AddDays(-1) || f.Existing.ConfirmedOn != w.today() || f.Disbursement.Date != args.Disbursed || f.AcceptedOn != args.Signed {
			t.Errorf("%+v", f)
		}
		hold := w.holdArgs(w.policy, loan)
		hold.Settlement = &subsidy.Settlement{EveryMonths: 1, Day: 20}
		wrong := hold
		wrong.EntrustedPaid = args.EntrustedPaid.AddDays(1)
		if r := w.Try(w.BankA, "subsidy.hold", contracttest.NewID("SUB"), wrong); r.Code != "FIELD_INVALID" || r.Field != "/entrustedPaid" {
			t.Errorf("another day of payment: %+v", r)
		}
		claim := w.after(contracttest.NewID("SUB"), w.BankA, "subsidy.hold", hold)
		w.Do(w.BankA, "subsidy.accrue", claim, contract.AccrueArgs{Through: w.today()})
		got := w.claim(claim)
		if got.Loan.Recorded != f.Existing.RecordedOn || got.Loan.EntrustedPaid != args.EntrustedPaid || got.Loan.Signed != args.Signed {
			t.Errorf("the claim's facts are %+v", got.Loan)
		}
		if e := w.last(claim); e.On != w.today() || len(e.Lines) != 2 || e.Accrued.String() != "2083.34" { // 19 days to 20 January, 31 to 20 February
			t.Errorf("entry %+v", e)
		}
	})
	t.Run("once", func(t *testing.T) {
		w := base.fork(t)
		twice := w.recorded(args) // nobody has signed for the first yet
		w.Do(w.SME, "financing.confirm-record", loan, financing.NoArgs{})
		w.Refuse("REFERENCE_USED", w.SME, "financing.confirm-record", twice, financing.NoArgs{})
		if r := w.Try(w.BankA, "financing.record", contracttest.NewID("FIN"), args); r.Code != "REFERENCE_USED" || r.Field != "/reference" {
			t.Errorf("recorded again: %+v", r)
		}
		w.Do(w.BankA, "financing.discard-record", twice, financing.NoArgs{})
		fresh := w.acceptedUnsecured("500.00")
		w.Refuse("REFERENCE_USED", w.BankA, "financing.disburse", fresh, financing.Disbursement{Amount: yuan("500.00"), Date: w.today(), Reference: args.Reference})
		other := args
		other.Applicant = w.SME2.USCC
		w.Do(w.BankB, "financing.record", contracttest.NewID("FIN"), other) // its own numbers
	})
	t.Run("or not one that was recorded when it was made", func(t *testing.T) {
		w := base.fork(t)
		made := opened[financing.Terms](w, w.fixedAssetLoan(w.BankA, "1000000.00")).Disbursement
		again := args
		again.Reference = " " + strings.ToLower(made.Reference)
		w.Refuse("REFERENCE_USED", w.BankA, "financing.record", contracttest.NewID("FIN"), again)
	})
	t.Run("unless either side discards it", func(t *testing.T) {
		for _, by := range []*contracttest.Actor{base.BankA, base.SME} {
			w := base.fork(t)
			w.Do(by, "financing.discard-record", loan, financing.NoArgs{})
			w.Refuse("WRONG_STATE", w.SME, "financing.confirm-record", loan, financing.NoArgs{})
			w.Do(w.SME, "financing.confirm-record", w.recorded(args), financing.NoArgs{}) // the number is free
		}
	})
	t.Run("with its extensions, whose days are not subsidised", func(t *testing.T) {
		w := base.fork(t)
		longer := w.existing("1000000.00", 60)
		longer.Extensions = []financing.Extension{{Maturity: longer.Maturity.AddDays(365), Reason: "late buyer", AgreedOn: w.today()}}
		id := w.recorded(longer)
		w.Do(w.SME, "financing.confirm-record", id, financing.NoArgs{})
		claim, r := w.hold(w.BankA, id)
		if r.Status != contract.Accepted || w.claim(claim).Claim.Held.String() != "15208.33" || w.claim(claim).Loan.FirstMaturity != longer.Maturity {
			t.Errorf("%+v: %+v", r, w.claim(claim))
		}
	})
	t.Run("as long as the consortium takes any", func(t *testing.T) {
		w := base.fork(t)
		early := w.existing("1000000.00", 61) // on 2025-12-31
		if r := w.Try(w.BankA, "financing.record", contracttest.NewID("FIN"), early); r.Code != "EXISTING_LOANS_CLOSED" || r.Field != "/disbursed" {
			t.Errorf("before the first day: %+v", r)
		}
		last := w.today()
		w.reviseCredit(func(p *credit.Policy) { p.ExistingLoansUntil = last })
		w.recorded(w.existing("1000000.00", 60))
		w.Pass(1 * days)
		w.Refuse("EXISTING_LOANS_CLOSED", w.BankA, "financing.record", contracttest.NewID("FIN"), w.existing("1000000.00", 30))
		w.Do(w.SME, "financing.confirm-record", loan, financing.NoArgs{}) // it was recorded in time
	})
	t.Run("of a borrower on the ledger", func(t *testing.T) {
		w := base.fork(t)
		for who, code := range map[*contracttest.Actor]string{newcomer: "PARTY_UNKNOWN", w.Leader: "PARTY_ROLE_MISSING"} {
			a := args
			a.Applicant = who.USCC
			if r := w.Try(w.BankA, "financing.record", contracttest.NewID("FIN"), a); r.Code != code || r.Field != "/applicant" {
				t.Errorf("%s: %+v", who.Role, r)
			}
		}
	})
	t.Run("but none on collateral of the chain, whose rank nobody could see", func(t *testing.T) {
		w := base.fork(t)
		a := args
		a.Product = financing.ReceivableLoan
		if r := w.Try(w.BankA, "financing.record", contracttest.NewID("FIN"), a); r.Code != "EXISTING_LOAN_SECURED" || r.Field != "/product" {
			t.Errorf("%+v", r)
		}
	})
}
