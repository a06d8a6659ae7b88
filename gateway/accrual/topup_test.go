package accrual_test

import (
	"log/slog"
	"slices"
	"testing"
	"time"

	"decore/chaincode/calendar"
	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/evidence"
	"decore/chaincode/financing"
	"decore/chaincode/ident"
	"decore/chaincode/money"
	"decore/chaincode/subsidy"
	"decore/gateway/accrual"
	"decore/gateway/accrual/accrualtest"
	"decore/gateway/desk"
	"decore/gateway/server"
)

// bureau of the example consortium.
const bureau ident.USCC = "91370200990000308H"

// extendedOffice is an office whose clock the test sets, under a policy that subsidises extensions, with the borrower of
// a claim that is there already.
func extendedOffice(t *testing.T) (o *server.Office, now *time.Time, borrower ident.USCC, sector string) {
	t.Helper()
	dir := t.TempDir()
	accrualtest.Make(t, dir, 1)
	at := accrualtest.Clock()().Add(time.Hour)
	now = &at
	o, err := server.OpenOffice(t.Context(), server.Config{Data: dir, Clock: func() time.Time { return *now }, Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	t.Cleanup(func() { _ = o.Close() })
	for _, c := range claims(t, o) {
		borrower = c.Loan.Household
	}
	raw, err := o.Ledger.Get(t.Context(), contract.PolicyKey(accrualtest.Policy))
	must(t, err)
	var p subsidy.Policy
	must(t, canon.Strict(raw[0], &p))
	p.Version, p.SubsidiseExtension = p.Version+1, true
	wider, err := canon.Marshal(p)
	must(t, err)
	do(t, o, desk.Order{Party: bureau, Verb: "policy.publish", Subject: p.ID, Args: contract.PublishArgs{Policy: wider}})
	return o, now, borrower, p.Sectors[0]
}

// terms are those of a record that a countersignature binds to.
func terms(t *testing.T, o *server.Office, id string) evidence.Commitment {
	t.Helper()
	must(t, o.CatchUp(t.Context()))
	r, err := o.Store.Record(t.Context(), id)
	must(t, err)
	return r.Header.Terms
}

func TestARunLeavesAVoidClaimAloneInWhosePlaceAnotherCame(t *testing.T) {
	o, now, _, sector := extendedOffice(t)
	var void, loan string
	for id, c := range claims(t, o) {
		void, loan = id, c.Loan.ID
	}
	*now = calendar.MustParse("2026-09-21").Start().Add(12 * time.Hour)
	before := claims(t, o)[void]
	wrong := financing.Repayment{Principal: before.Loan.Principal, Date: before.Loan.Disbursed, Reference: "R-1"}
	do(t, o, desk.Order{Party: accrualtest.Bank, Verb: "subsidy.accrue", Subject: void, Args: contract.AccrueArgs{Through: calendar.At(*now)}})
	do(t, o, desk.Order{Party: accrualtest.Bank, Verb: "financing.repay", Subject: loan, Args: wrong})
	do(t, o, desk.Order{Party: accrualtest.Bank, Verb: "subsidy.correct", Subject: void, Args: financing.NoArgs{}})
	do(t, o, desk.Order{Party: accrualtest.Bank, Verb: "subsidy.release", Subject: void, Args: financing.NoArgs{}})
	do(t, o, desk.Order{Party: accrualtest.Bank, Verb: "financing.reverse-repayment", Subject: loan, Args: financing.ReverseArgs{Principal: wrong.Principal, Date: wrong.Date, Reference: "R-1", Reason: "another's"}})
	do(t, o, desk.Order{Party: accrualtest.Bank, Verb: "subsidy.hold", Subject: contracttest.NewID("SUB"), Args: contract.HoldArgs{Policy: accrualtest.Policy, Financing: loan,
		SizeClass: subsidy.Small, Private: true, Sector: sector}})
	must(t, o.CatchUp(t.Context()))
	sum := run(t, o, accrual.Run{Through: calendar.At(*now)})
	if sum.Claims != 2 || sum.Accrued != 1 || sum.Idle != 1 || !sum.Ties() {
		t.Errorf("%+v", sum)
	}
	if got := claims(t, o)[void]; !got.Claim.Void() {
		t.Errorf("the void claim has %+v", got.Claim.Totals)
	}
}

func TestARunAccruesPastTheFirstHoldOnceTheClaimIsToppedUp(t *testing.T) {
	o, now, borrower, sector := extendedOffice(t)
	day := calendar.At(*now)
	loan, claim := contracttest.NewID("FIN"), contracttest.NewID("SUB")
	amount := money.MustParse("100000.00")
	do(t, o, desk.Order{Party: borrower, Verb: "financing.apply", Subject: loan, Args: financing.ApplyArgs{Lender: accrualtest.Bank, Product: financing.FixedAssetLoan,
		Amount: amount, TenorMonths: 2, Purpose: "冲压线"}})
	do(t, o, desk.Order{Party: accrualtest.Bank, Verb: "financing.offer", Subject: loan, On: terms(t, o, loan), Args: financing.Offer{Amount: amount,
		AnnualRate: money.MustRate("0.0385"), Maturity: day.AddDays(60), ValidUntil: day}})
	do(t, o, desk.Order{Party: borrower, Verb: "financing.accept", Subject: loan, On: terms(t, o, loan), Args: financing.AcceptArgs{}})
	do(t, o, desk.Order{Party: accrualtest.Bank, Verb: "financing.disburse", Subject: loan, On: terms(t, o, loan), Args: financing.Disbursement{Amount: amount, Date: day, Reference: "LN-EXT"}})
	do(t, o, desk.Order{Party: accrualtest.Bank, Verb: "subsidy.hold", Subject: claim, Args: contract.HoldArgs{Policy: accrualtest.Policy, Financing: loan,
		SizeClass: subsidy.Small, Private: true, Sector: sector}}) // 60 days: 250.00
	do(t, o, desk.Order{Party: borrower, Verb: "financing.request-extension", Subject: loan, Args: financing.ExtensionArgs{Maturity: day.AddDays(180), Reason: "late buyer"}})
	do(t, o, desk.Order{Party: accrualtest.Bank, Verb: "financing.extend", Subject: loan, On: terms(t, o, loan), Args: financing.NoArgs{}})

	through := func(on string) accrual.Summary {
		t.Helper()
		*now = calendar.MustParse(on).Start().Add(12 * time.Hour)
		must(t, o.CatchUp(t.Context()))
		return run(t, o, accrual.Run{Through: calendar.MustParse(on)})
	}
	accrued := func(what, want string) {
		t.Helper()
		if got := claims(t, o)[claim].Claim.Accrued; got.String() != want {
			t.Errorf("%s: accrued %s, want %s", what, got, want)
		}
	}
	through("2026-09-21")
	accrued("as far as it was held", "250.00")
	if sum := through("2026-12-30"); sum.Amount.IsNegative() || !sum.Ties() || !slices.Equal(sum.TopUps, []string{claim}) {
		t.Errorf("%+v", sum)
	}
	accrued("no further without a top-up", "250.00")
	do(t, o, desk.Order{Party: accrualtest.Bank, Verb: "subsidy.top-up", Subject: claim, Args: financing.NoArgs{}})
	accrued("all 81 days to 20 September, at once", "337.50")
	if again := through("2027-01-05"); again.Accrued == 0 || !again.Ties() || len(again.TopUps) > 0 {
		t.Errorf("%+v", again)
	}
	accrued("180 days", "750.00")
}
