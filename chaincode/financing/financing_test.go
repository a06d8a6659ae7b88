package financing_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"decore/chaincode/calendar"
	"decore/chaincode/credit"
	"decore/chaincode/evidence"
	"decore/chaincode/fault"
	"decore/chaincode/financing"
	"decore/chaincode/ident"
	lc "decore/chaincode/lifecycle"
	"decore/chaincode/money"
)

var (
	sme   = ident.MustUSCC("91370200990000009K")
	bank  = ident.MustUSCC("913702009900000334")
	today = calendar.MustParse("2026-03-02")
	yuan  = money.MustParse
)

func code(err error) fault.Code {
	if f := fault.Of(err); f != nil {
		return f.Code
	}
	return ""
}

func application(p financing.Product, collateral ...string) financing.ApplyArgs {
	return financing.ApplyArgs{Lender: bank, Product: p, Amount: yuan("100.00"), TenorMonths: 3, Purpose: "materials", Collateral: collateral}
}

func offered(t testing.TB, p financing.Product, collateral ...string) financing.Terms {
	t.Helper()
	f, _, err := financing.Apply(application(p, collateral...), sme)
	if err == nil {
		f, _, err = f.MakeOffer(financing.Offer{Amount: yuan("90.00"), AnnualRate: money.MustRate("0.04"), Maturity: today.AddDays(90), ValidUntil: today.AddDays(7)}, today)
	}
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestProductsLendOnCollateralOrOnNone(t *testing.T) {
	for p, secured := range map[financing.Product]bool{financing.ReceivableLoan: true, financing.Factoring: true, financing.OrderLoan: true,
		financing.WorkingCapital: false, financing.FixedAssetLoan: false, financing.PolicyInstrument: false} {
		_, _, with := financing.Apply(application(p, "a"), sme)
		_, _, without := financing.Apply(application(p), sme)
		if _, lien := p.Lien(); lien != secured || (with == nil) != secured || (without == nil) == secured {
			t.Errorf("%s: lien %t, with %v, without %v", p, lien, with, without)
		}
		f := offered(t, p, map[bool][]string{true: {"a"}}[secured]...)
		_, _, err := f.Disburse(financing.Disbursement{Amount: yuan("1.00"), Date: today, Reference: "L"}, financing.Accepted, today)
		if (code(err) == fault.WrongState) != secured {
			t.Errorf("%s: paid out without a lien: %v", p, err)
		}
	}
}

func TestCollateralIsNamedOnceInOneOrder(t *testing.T) {
	f, _, err := financing.Apply(application(financing.ReceivableLoan, "b", "a"), sme)
	if err != nil || !slices.Equal(f.Collateral, []string{"a", "b"}) {
		t.Errorf("got %q, %v", f.Collateral, err)
	}
	if _, _, err := financing.Apply(application(financing.ReceivableLoan, "b", "a", "b"), sme); code(err) != fault.FieldInvalid {
		t.Errorf("one twice: %v", err)
	}
}

func TestAnOfferEndsAfterItsLastDay(t *testing.T) {
	f := offered(t, financing.WorkingCapital)
	if _, state, err := f.Accept(today.AddDays(7)); err != nil || state != financing.Accepted {
		t.Errorf("on its last day: %s, %v", state, err)
	}
	if _, _, err := f.Accept(today.AddDays(8)); code(err) != fault.OfferExpired {
		t.Errorf("on the day after: %v", err)
	}
}

func TestAFilingOutlivesTheDebt(t *testing.T) {
	policy := credit.Policy{RegistrationMinMonths: 1, RegistrationMaxMonths: 360}
	now := evidence.InstantOf(today.Start().Add(9 * time.Hour))
	for name, c := range map[string]struct {
		change func(*financing.Registration)
		want   fault.Code
	}{
		"until maturity":           {func(*financing.Registration) {}, ""},
		"until the day before":     {func(r *financing.Registration) { r.Expires = today.AddDays(89) }, fault.RegistrationInvalid},
		"for thirty years":         {func(r *financing.Registration) { r.Expires = today.AddMonths(360) }, ""},
		"for a day more":           {func(r *financing.Registration) { r.Expires = today.AddMonths(360).AddDays(1) }, fault.RegistrationInvalid},
		"made in a moment to come": {func(r *financing.Registration) { r.Registered = evidence.InstantOf(now.Add(time.Millisecond)) }, fault.DateInFuture},
		"made at no time":          {func(r *financing.Registration) { r.Registered = evidence.Instant{} }, fault.DateInFuture},
		"without a number":         {func(r *financing.Registration) { r.Number = "" }, fault.RegistrationInvalid},
	} {
		r := financing.Registration{Number: "1", Registered: now, Expires: today.AddDays(90)}
		c.change(&r)
		if _, _, err := offered(t, financing.Factoring, "a").Register(r, policy, now); code(err) != c.want {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

// Principal repaid and still open always make up what was paid out, and only the last fen settles.
func TestRepaymentsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := offered(&testing.T{}, financing.WorkingCapital)
		f, state, err := f.Disburse(financing.Disbursement{Amount: yuan("90.00"), Date: today, Reference: "L"}, financing.Accepted, today)
		if err != nil {
			t.Fatal(err)
		}
		repaid := money.Zero
		for state == financing.Disbursed {
			r := financing.Repayment{Principal: money.Fen(rapid.Int64Range(0, 5000).Draw(t, "principal")), Interest: money.Fen(rapid.Int64Range(0, 99).Draw(t, "interest")), Date: today, Reference: strconv.Itoa(len(f.Repayments))}
			next, to, err := f.Repay(r, state, today)
			if err != nil {
				if c := code(err); c != fault.OverOutstanding && c != fault.AmountNotPositive {
					t.Fatal(err)
				}
				continue
			}
			repaid = repaid.Add(r.Principal)
			f, state = next, to
			if repaid.Add(f.Principal).Cmp(yuan("90.00")) != 0 || (state == financing.Settled) != f.Principal.IsZero() {
				t.Fatalf("repaid %s, open %s, %s", repaid, f.Principal, state)
			}
			if len(f.Repayments) == financing.MaxRepayments {
				return
			}
		}
	})
}

func TestOverdueIsFromTheDayAfterMaturity(t *testing.T) {
	f := offered(t, financing.WorkingCapital)
	f, _, err := f.Disburse(financing.Disbursement{Amount: yuan("90.00"), Date: today, Reference: "L"}, financing.Accepted, today)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.MarkOverdue(financing.OverdueArgs{}, today.AddDays(90)); code(err) != fault.NotOverdue {
		t.Errorf("on the day of maturity: %v", err)
	}
	late, state, err := f.MarkOverdue(financing.OverdueArgs{}, today.AddDays(99))
	if err != nil || state != financing.Overdue || late.OverdueFrom != today.AddDays(91) {
		t.Errorf("%s from %s, %v", state, late.OverdueFrom, err)
	}
}

func TestAMissedInstalmentIsOverdueBeforeMaturity(t *testing.T) {
	f := offered(t, financing.WorkingCapital)
	f, _, err := f.Disburse(financing.Disbursement{Amount: yuan("90.00"), Date: today, Reference: "L"}, financing.Accepted, today)
	if err != nil {
		t.Fatal(err)
	}
	late, state, err := f.MarkOverdue(financing.OverdueArgs{From: today.AddDays(30)}, today.AddDays(31))
	if err != nil || state != financing.Overdue || late.OverdueFrom != today.AddDays(30) {
		t.Errorf("%s from %s, %v", state, late.OverdueFrom, err)
	}
	if _, _, err := f.MarkOverdue(financing.OverdueArgs{From: today.AddDays(32)}, today.AddDays(31)); code(err) != fault.NotOverdue {
		t.Errorf("from tomorrow: %v", err)
	}
	if _, _, err := f.MarkOverdue(financing.OverdueArgs{From: today}, today.AddDays(31)); code(err) != fault.DateOrder {
		t.Errorf("from the day of the loan: %v", err)
	}
}

func TestALoanIsNotDisbursedBeforeItWasAccepted(t *testing.T) {
	f := offered(t, financing.WorkingCapital)
	f, _, err := f.Accept(today)
	if err != nil {
		t.Fatal(err)
	}
	early := financing.Disbursement{Amount: yuan("90.00"), Date: today.AddDays(-1), Reference: "L"}
	if _, _, err := f.Disburse(early, financing.Accepted, today); code(err) != fault.DateOrder {
		t.Errorf("a disbursement before the acceptance: %v", err)
	}
}

func TestTheSameRepaymentTwiceIsRefused(t *testing.T) {
	f := offered(t, financing.WorkingCapital)
	f, _, err := f.Disburse(financing.Disbursement{Amount: yuan("90.00"), Date: today, Reference: "L"}, financing.Accepted, today)
	if err != nil {
		t.Fatal(err)
	}
	r := financing.Repayment{Principal: yuan("10.00"), Date: today, Reference: "R"}
	if f, _, err = f.Repay(r, financing.Disbursed, today); err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.Repay(r, financing.Disbursed, today); code(err) != fault.ReferenceUsed {
		t.Errorf("the same repayment again: %v", err)
	}
}

// The terms of the most repayments and collateral must still fit an opening.
func TestTheLongestTermsFitAnOpening(t *testing.T) {
	var ids []string
	for i := range financing.MaxCollateral {
		ids = append(ids, strings.Repeat("x", 29)+string(rune('A'+i)))
	}
	f := offered(t, financing.Factoring, ids...)
	f.Purpose = strings.Repeat("\x01", 600)
	f, state, err := f.Disburse(financing.Disbursement{Amount: yuan("90.00"), Date: today, Reference: "L"}, financing.Encumbered, today)
	for i := range financing.MaxRepayments - 1 {
		if err != nil {
			t.Fatal(err)
		}
		f, state, err = f.Repay(financing.Repayment{Principal: yuan("0.01"), Interest: yuan("0.01"), Date: today, Reference: strings.Repeat("\x01", 60) + fmt.Sprintf("%04d", i)}, state, today)
	}
	if _, _, err := f.Repay(financing.Repayment{Principal: yuan("0.01"), Date: today, Reference: "R"}, state, today); code(err) != fault.TooMany {
		t.Errorf("one more: %v", err)
	}
	if f, state, err = f.Repay(financing.Repayment{Principal: f.Principal, Date: today, Reference: strings.Repeat("\x01", 64)}, state, today); state != financing.Settled {
		t.Errorf("the last one: %s, %v", state, err)
	}
	sealed, err := evidence.Seal("FIN-1", make([]byte, 32), f)
	if err == nil {
		_, err = evidence.Open(sealed.Raw)
	}
	if err != nil {
		t.Error(err)
	}
}

func TestRelationsAreTheTwoParties(t *testing.T) {
	f := offered(t, financing.WorkingCapital)
	for as, want := range map[lc.Relation]ident.USCC{lc.Applicant: sme, lc.Lender: bank, lc.Seller: "", lc.Holder: ""} {
		if got := f.Related(as); got != want {
			t.Errorf("%s: %s", as, got)
		}
	}
}
