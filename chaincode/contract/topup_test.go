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

// revisePolicy publishes the next version of the subsidy policy.
func (w *world) revisePolicy(change func(*subsidy.Policy)) {
	w.T.Helper()
	p := w.policy
	p.Version++
	change(&p)
	w.Do(w.Regulator, "policy.publish", p.ID, contract.PublishArgs{Policy: mustCanonical(w.T, p)})
	w.policy = p
}

// yearsLoan is a fixed-asset loan of a year, paid out.
func (w *world) yearsLoan(amount string) string {
	w.T.Helper()
	id := contracttest.NewID("FIN")
	w.Do(w.SME, "financing.apply", id, financing.ApplyArgs{Lender: w.BankA.USCC, Product: financing.FixedAssetLoan,
		Amount: money.MustParse(amount), TenorMonths: 12, Purpose: "stamping line"})
	w.offerAndAccept(w.BankA, id, amount, 365)
	w.Do(w.BankA, "financing.disburse", id, financing.Disbursement{Amount: money.MustParse(amount), Date: w.today(), Reference: "LN" + id[4:]})
	return id
}

// prolong has both agree on a later maturity.
func (w *world) prolong(loan string, days int) {
	w.T.Helper()
	due := opened[financing.Terms](w, loan).Due()
	w.Do(w.SME, "financing.request-extension", loan, financing.ExtensionArgs{Maturity: due.AddDays(days), Reason: "late buyer"})
	w.Do(w.BankA, "financing.extend", loan, financing.NoArgs{})
}

func TestAnExtendedLoanGetsMoreThanWasHeld(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	base.publishSubsidy()
	base.revisePolicy(func(p *subsidy.Policy) { p.SubsidiseExtension = true })
	loan := base.yearsLoan("1000000.00")
	claim, r := base.hold(base.BankA, loan) // 15,208.33 for 365 days
	if r.Status != contract.Accepted {
		t.Fatalf("%+v", r)
	}
	base.Pass(100 * days)
	base.Do(base.BankA, "subsidy.accrue", claim, contract.AccrueArgs{Through: base.today()})

	t.Run("when both agreed on it, and once", func(t *testing.T) {
		w := base.fork(t)
		w.Refuse("NOTHING_TO_TOP_UP", w.BankA, "subsidy.top-up", claim, financing.NoArgs{})
		due := opened[financing.Terms](w, loan).Due()
		w.Do(w.SME, "financing.request-extension", loan, financing.ExtensionArgs{Maturity: due.AddDays(180), Reason: "late buyer"})
		w.Refuse("NOTHING_TO_TOP_UP", w.BankA, "subsidy.top-up", claim, financing.NoArgs{})
		w.Do(w.BankA, "financing.extend", loan, financing.NoArgs{})
		jws, args := w.Sign(w.BankA, "subsidy.top-up", claim, financing.NoArgs{})
		first, again := w.TryJWS(jws, args), w.TryJWS(jws, args)
		if first.Status != contract.Accepted || again.Status != first.Status || again.Terms != first.Terms {
			t.Fatalf("%+v, the same command again: %+v", first, again)
		}
		w.Refuse("NOTHING_TO_TOP_UP", w.BankA, "subsidy.top-up", claim, financing.NoArgs{})
		c, e := w.claim(claim).Claim, w.last(claim)
		if c.Granted.String() != "22708.33" || e.Verb != subsidy.VerbTopUp || e.Held.String() != "7500.00" || e.By != w.BankA.USCC { // 545 days
			t.Errorf("granted %s, entry %+v", c.Granted, e)
		}
		if a := w.account(claim); a.Used.Cmp(c.Used()) != 0 || a.Entries != 3 {
			t.Errorf("the account has %+v, its claim %+v", a, c.Totals)
		}
		w.Pass(500 * days)
		w.Do(w.BankA, "subsidy.accrue", claim, contract.AccrueArgs{Through: w.today()})
		if c := w.claim(claim).Claim; c.Accrued.String() != "22708.33" || !c.Held.IsZero() || c.AccruedThrough != due.AddDays(180) {
			t.Errorf("accrued %s through %s, %s held", c.Accrued, c.AccruedThrough, c.Held)
		}
	})
	t.Run("for days gone by too, which names why they are adjusted", func(t *testing.T) {
		w := base.fork(t)
		w.prolong(loan, 180)
		w.Pass(500 * days)
		w.Do(w.BankA, "subsidy.accrue", claim, contract.AccrueArgs{Through: w.today()})
		w.Do(w.BankA, "subsidy.top-up", claim, financing.NoArgs{})
		if c, e := w.claim(claim).Claim, w.last(claim); c.Accrued.String() != "22708.33" || !slices.Equal(e.Causes, []subsidy.Cause{subsidy.CauseTopUp}) {
			t.Errorf("accrued %s, entry %+v", c.Accrued, e)
		}
		w.Refuse("NOTHING_TO_CORRECT", w.BankA, "subsidy.correct", claim, financing.NoArgs{})
	})
	t.Run("within the cap of the version that governs on the day", func(t *testing.T) {
		w := base.fork(t)
		w.prolong(loan, 180)
		w.revisePolicy(func(p *subsidy.Policy) { p.AmountCap = yuan("20000.00") })
		w.Do(w.BankA, "subsidy.top-up", claim, financing.NoArgs{})
		if c := w.claim(claim).Claim; c.Granted.String() != "20000.00" {
			t.Errorf("granted %s", c.Granted)
		}
		w.Refuse("AMOUNT_CAP_REACHED", w.BankA, "subsidy.top-up", claim, financing.NoArgs{})
	})
	t.Run("while the policy grants anything", func(t *testing.T) {
		w := base.fork(t)
		w.prolong(loan, 180)
		last := w.today()
		w.revisePolicy(func(p *subsidy.Policy) { p.EffectiveTo = last })
		w.Pass(1 * days)
		w.Refuse("POLICY_NOT_IN_FORCE", w.BankA, "subsidy.top-up", claim, financing.NoArgs{})
		w.revisePolicy(func(p *subsidy.Policy) { p.TopUpTo = last.AddDays(30) })
		w.Do(w.BankA, "subsidy.top-up", claim, financing.NoArgs{})
	})
	t.Run("but not when it is overdue, or when the claim has ended", func(t *testing.T) {
		w := base.fork(t)
		w.prolong(loan, 180)
		late := w.fork(t)
		late.Do(w.BankA, "financing.mark-overdue", loan, financing.OverdueArgs{From: late.today().AddDays(-1)})
		late.Refuse("OVERDUE", w.BankA, "subsidy.top-up", claim, financing.NoArgs{})
		w.Do(w.BankA, "subsidy.release", claim, financing.NoArgs{})
		w.Refuse("WRONG_STATE", w.BankA, "subsidy.top-up", claim, financing.NoArgs{})
	})
}
