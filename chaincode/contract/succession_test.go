package contract_test

import (
	"testing"

	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/financing"
)

// loanOf is a disbursed fixed-asset loan of any borrower.
func (w *world) loanOf(borrower, bank *contracttest.Actor, amount string) string {
	w.T.Helper()
	id := contracttest.NewID("FIN")
	w.Do(borrower, "financing.apply", id, financing.ApplyArgs{Lender: bank.USCC, Product: financing.FixedAssetLoan, Amount: yuan(amount), TenorMonths: 24, Purpose: "line"})
	offer := w.offer(amount)
	offer.Maturity = w.today().AddDays(730)
	w.Do(bank, "financing.offer", id, offer)
	w.Do(borrower, "financing.accept", id, financing.AcceptArgs{})
	w.Do(bank, "financing.disburse", id, financing.Disbursement{Amount: yuan(amount), Date: w.today(), Reference: "LN" + id[4:]})
	return id
}

func (w *world) accountOf(claim string) (string, contract.AccountTerms) {
	w.T.Helper()
	id := w.claim(claim).Account
	return id, opened[contract.AccountTerms](w, id)
}

func TestTwoHouseholdsAreJoined(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	base.publishSubsidy()
	old, _ := base.hold(base.BankA, base.loanOf(base.SME, base.BankA, "30000000.00"))
	own, _ := base.hold(base.BankB, base.loanOf(base.SME2, base.BankB, "10000000.00"))
	ended, _ := base.accountOf(old)

	t.Run("what counted of either counts of the heir, and the caps hold over both", func(t *testing.T) {
		w := base.fork(t)
		w.Do(w.Regulator, "succession.record", contracttest.NewID("SUC"), w.succession(old))
		id, joined := w.accountOf(own)
		if moved, _ := w.accountOf(old); moved != id {
			t.Fatalf("the claim draws on %s, not on %s", moved, id)
		}
		if got := joined.Account; got.Principal.String() != "40000000.00" || got.Household != w.SME2.USCC || got.Entries != 2 {
			t.Errorf("joined account %+v", got)
		}
		if e := opened[contract.AccountTerms](w, ended).Account; e.Successor != w.SME2.USCC || !e.Used.IsZero() || w.Header(ended).State != contract.AccountEnded {
			t.Errorf("ended account %+v in state %s", e, w.Header(ended).State)
		}
		claim, r := w.hold(w.BankA, w.loanOf(w.SME2, w.BankA, "20000000.00"))
		if r.Status != contract.Accepted || w.claim(claim).Claim.EligiblePrincipal.String() != "10000000.00" {
			t.Errorf("got %+v, eligible %s", r, w.claim(claim).Claim.EligiblePrincipal)
		}
	})
	t.Run("a claim that was passed on lives on in the heir's account, which sees it", func(t *testing.T) {
		w := base.fork(t)
		w.Do(w.Regulator, "succession.record", contracttest.NewID("SUC"), w.succession(old))
		w.Pass(100 * days)
		w.Do(w.BankA, "subsidy.accrue", old, contract.AccrueArgs{Through: w.today()})
		_, joined := w.accountOf(own)
		if c := w.claim(old).Claim; c.Household != w.SME2.USCC || joined.Account.Entries != 3 || !c.Accrued.IsPositive() || !c.Balanced() {
			t.Errorf("claim %+v", c)
		}
		if !w.sees(w.SME2, old) || !w.sees(w.BankA, w.claim(old).Account) {
			t.Error("the heir does not see the claim, or its bank the account")
		}
	})
	t.Run("a later hold of the old code draws on the heir's account", func(t *testing.T) {
		w := base.fork(t)
		loan := w.loanOf(w.SME, w.BankA, "20000000.00")
		w.Do(w.Regulator, "succession.record", contracttest.NewID("SUC"), w.succession(old))
		claim, r := w.hold(w.BankA, loan)
		if r.Status != contract.Accepted || w.claim(claim).Claim.Household != w.SME2.USCC || w.claim(claim).Claim.EligiblePrincipal.String() != "10000000.00" {
			t.Fatalf("got %+v, claim %+v", r, w.claim(claim).Claim)
		}
		w.Pass(100 * days)
		w.Do(w.BankA, "subsidy.accrue", claim, contract.AccrueArgs{Through: w.today()})
	})
	t.Run("so does one of a household that had no account yet, over several heirs", func(t *testing.T) {
		w := base.fork(t)
		w.Admit(newcomer)
		loan := w.loanOf(newcomer, w.BankB, "20000000.00")
		args := w.succession()
		args.Old, args.Heir = newcomer.USCC, w.SME.USCC
		w.Do(w.Regulator, "succession.record", contracttest.NewID("SUC"), args)
		w.Do(w.Regulator, "succession.record", contracttest.NewID("SUC"), w.succession(old))
		claim, r := w.hold(w.BankB, loan)
		if r.Status != contract.Accepted || w.claim(claim).Claim.Household != w.SME2.USCC || w.claim(claim).Claim.EligiblePrincipal.String() != "10000000.00" {
			t.Errorf("got %+v", r)
		}
	})
}

func TestASuccessionIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publishSubsidy()
	old := w.held()
	second := w.held()
	good := w.succession(old, second)
	for _, v := range []struct {
		name, code string
		by         *contracttest.Actor
		change     func(*contract.SuccessionArgs)
	}{
		{"with a claim left behind", "SUM_MISMATCH", w.Regulator, func(a *contract.SuccessionArgs) { a.Claims = []string{old} }},
		{"with a claim named twice", "FIELD_INVALID", w.Regulator, func(a *contract.SuccessionArgs) { a.Claims = []string{old, old} }},
		{"with what is no claim", "RECORD_NOT_FOUND", w.Regulator, func(a *contract.SuccessionArgs) { a.Claims = []string{"SUB-X"} }},
		{"of a household by itself", "SAME_PARTY", w.Regulator, func(a *contract.SuccessionArgs) { a.Heir = a.Old }},
		{"by who is no enterprise here", "PARTY_UNKNOWN", w.Regulator, func(a *contract.SuccessionArgs) { a.Heir = newcomer.USCC }},
		{"by a bank", "PARTY_ROLE_MISSING", w.Regulator, func(a *contract.SuccessionArgs) { a.Heir = w.BankB.USCC }},
		{"on a day to come", "DATE_IN_FUTURE", w.Regulator, func(a *contract.SuccessionArgs) { a.On = w.today().AddDays(1) }},
		{"without a document", "FIELD_INVALID", w.Regulator, func(a *contract.SuccessionArgs) { a.Document = "" }},
		{"under no policy", "POLICY_UNKNOWN", w.Regulator, func(a *contract.SuccessionArgs) { a.Policy = "none" }},
		{"signed by the heir", "NOT_PERMITTED", w.SME2, func(*contract.SuccessionArgs) {}},
	} {
		t.Run(v.name, func(t *testing.T) {
			args := good
			v.change(&args)
			if r := w.Try(v.by, "succession.record", contracttest.NewID("SUC"), args); r.Code != v.code {
				t.Errorf("got %+v, want %s", r, v.code)
			}
		})
	}
	w.Do(w.Regulator, "succession.record", contracttest.NewID("SUC"), good)
	t.Run("of a household that has an heir already", func(t *testing.T) {
		args := w.succession()
		args.Heir = w.SME.USCC
		args.Old = w.SME2.USCC // would lead round in a circle
		args.Claims = good.Claims
		for _, a := range []contract.SuccessionArgs{w.succession(), args} {
			if r := w.Try(w.Regulator, "succession.record", contracttest.NewID("SUC"), a); r.Code != "MISMATCH" {
				t.Errorf("got %+v", r)
			}
		}
	})
}
