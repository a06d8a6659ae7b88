package contract_test

import (
	"slices"
	"testing"

	"decore/chaincode/calendar"
	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/financing"
	"decore/chaincode/money"
	"decore/chaincode/subsidy"
)

func TestADayOfEntrustedPaymentThatWasStatedWronglyIsPutRight(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	base.publishSubsidy()
	base.revisePolicy(func(p *subsidy.Policy) { p.ClockStart = subsidy.OnEntrustedPayment })
	base.Pass(10 * days) // 12 March
	loan := base.fixedAssetLoan(base.BankA, "1000000.00")
	args := base.holdArgs(base.policy, loan)
	args.EntrustedPaid = base.today()
	claim := base.after(contracttest.NewID("SUB"), base.BankA, "subsidy.hold", args)
	base.Pass(110 * days)
	right := contract.RestateArgs{EntrustedPaid: args.EntrustedPaid.AddDays(30), Reason: "another transfer's day"}

	t.Run("what was accrued follows, and the entry says why", func(t *testing.T) {
		w := base.fork(t)
		w.Do(w.BankA, "subsidy.accrue", claim, contract.AccrueArgs{Through: w.today()})
		w.Do(w.BankA, "subsidy.restate", claim, right)
		c, e := w.claim(claim), w.last(claim)
		if c.Loan.EntrustedPaid != right.EntrustedPaid || e.Reason != right.Reason || !slices.Equal(e.Causes, []subsidy.Cause{subsidy.CauseRestated}) {
			t.Errorf("entry %+v", e)
		}
		if c.Claim.Accrued.String() != "2916.67" || !c.Claim.Balanced() { // 11 April to 20 June: 70 days
			t.Errorf("accrued %s by %+v", c.Claim.Accrued, e.Lines)
		}
		w.Refuse("FIELD_INVALID", w.BankA, "subsidy.restate", claim, right)
		w.Refuse("NOTHING_TO_CORRECT", w.BankA, "subsidy.correct", claim, financing.NoArgs{})
	})
	t.Run("and comes back when it was right at first", func(t *testing.T) {
		w := base.fork(t)
		w.Do(w.BankA, "subsidy.accrue", claim, contract.AccrueArgs{Through: w.today()})
		before := w.claim(claim).Claim
		w.Do(w.BankA, "subsidy.restate", claim, right)
		w.Do(w.BankA, "subsidy.restate", claim, contract.RestateArgs{EntrustedPaid: args.EntrustedPaid, Reason: "it was right"})
		if after := w.claim(claim).Claim; after.Accrued.Cmp(before.Accrued) != 0 || after.Held.Cmp(before.Held) != 0 || after.AccruedThrough != before.AccruedThrough {
			t.Errorf("before %+v, after %+v", before, after)
		}
	})
	t.Run("before anything accrued, what accrues starts on it", func(t *testing.T) {
		w := base.fork(t)
		w.Do(w.BankA, "subsidy.restate", claim, right)
		if c, e := w.claim(claim).Claim, w.last(claim); c.AccruedThrough != right.EntrustedPaid || c.State != subsidy.Held || len(e.Lines) > 0 || e.Reason != right.Reason {
			t.Errorf("%+v", c)
		}
		w.Do(w.BankA, "subsidy.accrue", claim, contract.AccrueArgs{Through: w.today()})
		if c := w.claim(claim).Claim; c.Accrued.String() != "2916.67" {
			t.Errorf("accrued %s", c.Accrued)
		}
	})
	t.Run("but not the day for which the borrower signed", func(t *testing.T) {
		w := base.fork(t)
		old := w.existing("1000000.00", 60)
		old.EntrustedPaid = old.Disbursed
		id := w.recorded(old)
		w.Do(w.SME, "financing.confirm-record", id, financing.NoArgs{})
		of, r := w.hold(w.BankA, id)
		if r.Status != contract.Accepted {
			t.Fatalf("%+v", r)
		}
		if r := w.Try(w.BankA, "subsidy.restate", of, contract.RestateArgs{EntrustedPaid: old.Disbursed.AddDays(1), Reason: "x"}); r.Code != "FIELD_INVALID" || r.Field != "/entrustedPaid" {
			t.Errorf("%+v", r)
		}
	})
	t.Run("by the claim's bank alone, with a day that can be", func(t *testing.T) {
		w := base.fork(t)
		w.Refuse("NOT_PERMITTED", w.BankB, "subsidy.restate", claim, right)
		for paid, code := range map[string]string{w.today().AddDays(1).String(): "DATE_IN_FUTURE", args.EntrustedPaid.AddDays(-1).String(): "DATE_ORDER"} {
			wrong := contract.RestateArgs{EntrustedPaid: calendar.MustParse(paid), Reason: "x"}
			if r := w.Try(w.BankA, "subsidy.restate", claim, wrong); r.Code != code || r.Field != "/entrustedPaid" {
				t.Errorf("%s: %+v", paid, r)
			}
		}
	})
}

func TestOtherSubsidiesThatComeToLightAfterTheHoldAreReckoned(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	base.publishSubsidy()
	claim := base.accruing()
	full := base.claim(claim)
	least, none, central, no := full.Loan.AnnualRate, money.Rate{}, true, false
	local := contract.RestateArgs{OtherSubsidy: &least, Reason: "a local programme pays all of the interest"}
	national := contract.RestateArgs{OtherCentralSubsidy: &central, Reason: "another central programme"}
	for code, restated := range map[string]contract.RestateArgs{"NET_RATE_FLOOR": local, "DUPLICATE_CENTRAL_SUBSIDY": national} {
		t.Run(code, func(t *testing.T) {
			w := base.fork(t)
			w.Do(w.BankA, "subsidy.restate", claim, restated)
			c, e := w.claim(claim), w.last(claim)
			if !c.Claim.Accrued.IsZero() || c.Claim.Held.Cmp(full.Claim.Granted) != 0 || e.Reason != restated.Reason || !slices.Equal(e.Causes, []subsidy.Cause{subsidy.CauseOther}) {
				t.Errorf("accrued %s, entry %+v", c.Claim.Accrued, e)
			}
			w.Pass(100 * days)
			w.Refuse(code, w.BankA, "subsidy.accrue", claim, contract.AccrueArgs{Through: w.today()})
			w.Refuse("FIELD_INVALID", w.BankA, "subsidy.restate", claim, restated)
			ended := w.fork(t)
			ended.Do(ended.BankA, "subsidy.release", claim, financing.NoArgs{})

			back := contract.RestateArgs{OtherSubsidy: &none, Reason: "of another loan"}
			if restated.OtherSubsidy == nil {
				back = contract.RestateArgs{OtherCentralSubsidy: &no, Reason: "of another loan"}
			}
			w.Do(w.BankA, "subsidy.restate", claim, back)
			if c := w.claim(claim); c.Claim.Accrued.Cmp(full.Claim.Accrued) != 0 || c.Loan.OtherCentralSubsidy || !c.Claim.Balanced() {
				t.Errorf("accrued %s, before it was %s", c.Claim.Accrued, full.Claim.Accrued)
			}
		})
	}
	t.Run("what stands already is not stated anew", func(t *testing.T) {
		for field, a := range map[string]contract.RestateArgs{"/otherSubsidy": {OtherSubsidy: &none}, "/otherCentralSubsidy": {OtherCentralSubsidy: &no}} {
			a.Reason = "x"
			if r := base.fork(t).Try(base.BankA, "subsidy.restate", claim, a); r.Code != "FIELD_INVALID" || r.Field != field {
				t.Errorf("%+v", r)
			}
		}
	})
}
