package contract_test

import (
	"testing"
	"time"

	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/financing"
	"decore/chaincode/subsidy"
)

// again holds the claim's loan once more.
func (w *world) again(claim string) string {
	w.T.Helper()
	w.Pass(time.Minute)
	return w.after(contracttest.NewID("SUB"), w.BankA, "subsidy.hold", w.holdArgs(w.policy, w.claim(claim).Loan.ID))
}

// taken is the claim after all that it earned was taken back, as by a repayment that never was, and after it was released.
func (w *world) taken(claim string) (_ string, wrong financing.Repayment) {
	w.T.Helper()
	loan := w.claim(claim).Loan
	wrong = w.repayment(loan.Principal.String())
	wrong.Date = loan.Disbursed
	w.Do(w.BankA, "financing.repay", loan.ID, wrong)
	w.Do(w.BankA, "subsidy.correct", claim, financing.NoArgs{})
	return w.after(claim, w.BankA, "subsidy.release", financing.NoArgs{}), wrong
}

var byMistake = contract.ClawBackArgs{Ground: "error", Reason: "登记差错"}

func TestALoanWhoseClaimIsVoidGetsAnotherOne(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	base.publishSubsidy()
	for name, end := range map[string]func(*world) string{
		"revoked as a mistake": func(w *world) string { return w.after(w.accruing(), w.Regulator, "subsidy.claw-back", byMistake) },
		"released before it earned anything": func(w *world) string {
			return w.after(w.held(), w.BankA, "subsidy.release", financing.NoArgs{})
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := base.fork(t)
			void := end(w)
			before := w.claim(void)
			if a := w.account(void); !a.Used.IsZero() || !a.Principal.IsZero() {
				t.Fatalf("a void claim draws %+v", a)
			}
			next := w.again(void)
			var named string
			if w.read(contract.ClaimKey(before.Loan.ID), &named); named != next {
				t.Errorf("the loan names %s", named)
			}
			if a, b := mustCanonical(t, before), mustCanonical(t, w.claim(void)); string(a) != string(b) {
				t.Errorf("the void claim became %s", b)
			}
			a, c := w.account(next), w.claim(next).Claim
			if a.Used.Cmp(c.Granted) != 0 || a.Principal.Cmp(c.EligiblePrincipal) != 0 || a.Principal.IsZero() {
				t.Errorf("the account draws %+v, its one claim %+v", a, c)
			}
			if !a.Whole(subsidy.Statement(a.Household, map[string]subsidy.Claim{void: w.claim(void).Claim, next: c})) {
				t.Error("the statement is not whole")
			}
			w.Refuse("CLAIM_EXISTS", w.BankA, "subsidy.hold", contracttest.NewID("SUB"), w.holdArgs(w.policy, before.Loan.ID))
			w.Do(w.Regulator, "subsidy.claw-back", next, byMistake)
			third := w.again(void)
			w.Do(w.Regulator, "succession.record", contracttest.NewID("SUC"), w.succession(void, next, third))
			w.Pass(100 * days)
			w.Do(w.BankA, "subsidy.accrue", third, contract.AccrueArgs{Through: w.today()})
			w.Do(w.Regulator, "subsidy.claw-back", third, byMistake)
			w.again(third) // its borrower's heir's by now
		})
	}
}

func TestAVoidClaimInWhosePlaceAnotherCameNeverMovesAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publishSubsidy()
	void, wrong := w.taken(w.accruing())
	loan := w.claim(void).Loan.ID
	reverse := financing.ReverseArgs{Principal: wrong.Principal, Interest: wrong.Interest, Date: wrong.Date, Reference: wrong.Reference, Reason: "another loan's"}
	w.Do(w.BankA, "financing.reverse-repayment", loan, reverse)
	one := w.fork(t)
	one.Do(one.BankA, "subsidy.correct", void, financing.NoArgs{}) // as long as no other one stands, it may be owed more
	one.Refuse("CLAIM_EXISTS", one.BankA, "subsidy.hold", contracttest.NewID("SUB"), one.holdArgs(one.policy, loan))

	next := w.again(void)
	for verb, args := range map[string]any{"subsidy.correct": financing.NoArgs{}, "subsidy.restate": contract.RestateArgs{EntrustedPaid: w.today(), Reason: "x"}} {
		w.Refuse("CLAIM_REPLACED", w.BankA, verb, void, args)
	}
	w.Refuse("CLAIM_REPLACED", w.Regulator, "subsidy.claw-back", void, byMistake)
	w.Do(w.BankA, "subsidy.accrue", next, contract.AccrueArgs{Through: w.today()})
	if a, c := w.account(next), w.claim(next).Claim; c.Accrued.IsZero() || a.Used.Cmp(c.Used()) != 0 {
		t.Errorf("the account draws %s, its one claim that counts %s", a.Used, c.Used())
	}
}

func TestAClaimThatIsNotVoidIsItsLoansLast(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	base.publishSubsidy()
	for name, end := range map[string]func(*world) string{
		"revoked for misuse": func(w *world) string {
			return w.after(w.accruing(), w.Regulator, "subsidy.claw-back", contract.ClawBackArgs{Ground: "misuse", Reason: "挪用"})
		},
		"revoked for another reason": func(w *world) string {
			return w.after(w.held(), w.Regulator, "subsidy.claw-back", contract.ClawBackArgs{Ground: "other", Reason: "x"})
		},
		"released after it earned": func(w *world) string { return w.after(w.accruing(), w.BankA, "subsidy.release", financing.NoArgs{}) },
		"open":                     (*world).held,
	} {
		t.Run(name, func(t *testing.T) {
			w := base.fork(t)
			w.Refuse("CLAIM_EXISTS", w.BankA, "subsidy.hold", contracttest.NewID("SUB"), w.holdArgs(w.policy, w.claim(end(w)).Loan.ID))
		})
	}
	t.Run("void by a command of the same transaction", func(t *testing.T) { // whose block would not show of which loan it was
		w := base.fork(t)
		args := w.holdArgs(w.policy, w.fixedAssetLoan(w.BankA, "1000000.00"))
		void := contracttest.NewID("SUB")
		one, o1 := w.Sign(w.BankA, "subsidy.hold", void, args)
		two, o2 := w.Sign(w.BankA, "subsidy.release", void, financing.NoArgs{})
		three, o3 := w.Sign(w.BankA, "subsidy.hold", contracttest.NewID("SUB"), args)
		if rs := w.run(batch([]string{one, two, three}, o1, o2, o3)); rs[1].Status != contract.Accepted || rs[2].Code != "CLAIM_EXISTS" {
			t.Errorf("%+v", rs)
		}
	})
}

// What was reported and paid on a claim that is void stays with it, and what its loan earns anew is the other one's.
func TestTheFundKeepsAVoidClaimApartFromTheOneInItsPlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publishSubsidy()
	id, void := w.reportedFund()
	w.settleAccrued(void)
	paid := w.claim(void).Claim.Settled
	w.Do(w.Regulator, "subsidy.claw-back", void, byMistake)
	if f := w.fundTerms(id); !f.Paid().IsZero() {
		t.Errorf("paid %s of what was taken back", f.Paid())
	}
	next := w.again(void)
	w.accrue(next)
	w.Pass(31 * days)
	w.reportAll(id, void, next)
	w.settleAccrued(next)
	f, old, c := w.fundTerms(id), w.claim(void), w.claim(next)
	if f.Due().Cmp(f.Paid()) != 0 || f.Paid().Cmp(c.Claim.Settled) != 0 || f.TakenBack.Cmp(paid) != 0 {
		t.Errorf("fund %+v, the claim has %s, the void one had %s", f.Sums, c.Claim.Settled, paid)
	}
	if len(old.Reported) != 2 || old.Claim.ClawedBack.Cmp(paid) != 0 {
		t.Errorf("the void claim: %+v", old.Reported)
	}
}
