package financing_test

import (
	"errors"
	"slices"
	"testing"

	"decore/chaincode/calendar"
	"decore/chaincode/credit"
	"decore/chaincode/fault"
	"decore/chaincode/financing"
	"decore/chaincode/ident"
	"decore/chaincode/money"
)

const (
	borrower = ident.USCC("91370200990000009K")
	oldBank  = ident.USCC("913702009900000334")
)

// takesExisting takes loans that were paid out from 2026 on.
var takesExisting = credit.Policy{ExistingLoansFrom: day("2026-01-01"), ExistingLoansUntil: day("2026-12-31")}

var day = calendar.MustParse

// oldLoan was paid out in January, and is recorded in October.
func oldLoan() financing.RecordArgs {
	return financing.RecordArgs{Applicant: borrower, Product: financing.FixedAssetLoan, Purpose: "冲压线", ExistingLoan: financing.ExistingLoan{
		Amount: yuan("8000000.00"), AnnualRate: money.MustRate("0.0345"), Signed: day("2026-01-12"), Disbursed: day("2026-01-15"), EntrustedPaid: day("2026-01-16"),
		Maturity: day("2027-07-31"), Reference: "JK-2026-0042"}}
}

func TestALoanThatExistsAlreadyIsRecordedAsItWas(t *testing.T) {
	a := oldLoan()
	a.Extensions = []financing.Extension{{Maturity: day("2028-01-31"), Reason: "late buyer", AgreedOn: day("2026-09-01")}}
	f, err := financing.Record(a, oldBank, takesExisting, day("2026-10-08"))
	if err != nil {
		t.Fatal(err)
	}
	if f.Disbursement != nil || f.Offer != nil || !f.Principal.IsZero() || f.Existing.RecordedOn != day("2026-10-08") || !f.Existing.ConfirmedOn.IsZero() || f.TenorMonths != 19 {
		t.Errorf("before the borrower confirms: %+v", f)
	}
	done, state := f.ConfirmRecord(day("2026-10-09"))
	if state != financing.Disbursed || done.Disbursement.Date != a.Disbursed || done.Disbursement.Reference != a.Reference || done.AcceptedOn != a.Signed ||
		done.Offer.Maturity != a.Maturity || done.Due() != day("2028-01-31") || done.Principal.Cmp(a.Amount) != 0 {
		t.Errorf("%s: %+v", state, done)
	}
	if done.Existing.RecordedOn != day("2026-10-08") || done.Existing.ConfirmedOn != day("2026-10-09") || done.Existing.Disbursed != a.Disbursed || !f.Existing.ConfirmedOn.IsZero() {
		t.Errorf("marked as %+v, before as %+v", done.Existing, f.Existing)
	}
	paid, _, err := done.Repay(financing.Repayment{Principal: yuan("1000000.00"), Date: day("2026-03-31"), Reference: "R1"}, state, day("2026-10-09"))
	if err != nil || paid.Principal.String() != "7000000.00" {
		t.Errorf("what was repaid since: %v", err)
	}
}

func TestWhatCannotHaveBeenIsNotRecorded(t *testing.T) {
	extended := func(to, agreed, reason string) func(*financing.RecordArgs) {
		return func(a *financing.RecordArgs) {
			e := financing.Extension{Maturity: day(to), Reason: reason}
			if agreed != "" {
				e.AgreedOn = day(agreed)
			}
			a.Extensions = []financing.Extension{{Maturity: day("2027-10-31"), Reason: "first", AgreedOn: day("2026-06-01")}, e}
		}
	}
	for name, c := range map[string]struct {
		change func(*financing.RecordArgs)
		code   fault.Code
		field  string
	}{
		"no borrower":                   {func(a *financing.RecordArgs) { a.Applicant = "" }, fault.FieldRequired, "/applicant"},
		"the bank itself":               {func(a *financing.RecordArgs) { a.Applicant = oldBank }, fault.SameParty, "/applicant"},
		"a loan on collateral":          {func(a *financing.RecordArgs) { a.Product = financing.ReceiptLoan }, fault.ExistingSecured, "/product"},
		"factoring":                     {func(a *financing.RecordArgs) { a.Product = financing.Factoring }, fault.ExistingSecured, "/product"},
		"an unknown product":            {func(a *financing.RecordArgs) { a.Product = "leasing" }, fault.FieldInvalid, "/product"},
		"no purpose":                    {func(a *financing.RecordArgs) { a.Purpose = "" }, fault.FieldInvalid, "/purpose"},
		"no amount":                     {func(a *financing.RecordArgs) { a.Amount = money.Zero }, fault.AmountNotPositive, "/amount"},
		"no rate":                       {func(a *financing.RecordArgs) { a.AnnualRate = money.Rate{} }, fault.FieldRequired, "/annualRate"},
		"no signing":                    {func(a *financing.RecordArgs) { a.Signed = calendar.Date{} }, fault.FieldRequired, "/signed"},
		"signed after it was paid out":  {func(a *financing.RecordArgs) { a.Signed = day("2026-01-16") }, fault.DateOrder, "/signed"},
		"no payment":                    {func(a *financing.RecordArgs) { a.Disbursed = calendar.Date{} }, fault.FieldRequired, "/disbursed"},
		"paid out tomorrow":             {func(a *financing.RecordArgs) { a.Disbursed = day("2026-10-09") }, fault.DateInFuture, "/disbursed"},
		"paid out before the first day": {func(a *financing.RecordArgs) { a.Signed, a.Disbursed = day("2025-12-31"), day("2025-12-31") }, fault.ExistingClosed, "/disbursed"},
		"entrusted before":              {func(a *financing.RecordArgs) { a.EntrustedPaid = day("2026-01-14") }, fault.DateOrder, "/entrustedPaid"},
		"entrusted tomorrow":            {func(a *financing.RecordArgs) { a.EntrustedPaid = day("2026-10-09") }, fault.DateInFuture, "/entrustedPaid"},
		"no maturity":                   {func(a *financing.RecordArgs) { a.Maturity = calendar.Date{} }, fault.FieldRequired, "/maturity"},
		"due when it was paid out":      {func(a *financing.RecordArgs) { a.Maturity = a.Disbursed }, fault.DateOrder, "/maturity"},
		"a loan of a lifetime":          {func(a *financing.RecordArgs) { a.Maturity = day("2056-01-16") }, fault.FieldInvalid, "/maturity"},
		"no reference":                  {func(a *financing.RecordArgs) { a.Reference = "" }, fault.FieldInvalid, "/reference"},
		"extended too often":            {func(a *financing.RecordArgs) { a.Extensions = make([]financing.Extension, 25) }, fault.TooMany, "/extensions"},
		"extended to an earlier day":    {extended("2027-10-31", "2026-07-01", "x"), fault.DateOrder, "/extensions/1/maturity"},
		"an extension of no day":        {extended("2028-10-31", "", "x"), fault.FieldRequired, "/extensions/1/agreedOn"},
		"an extension of tomorrow":      {extended("2028-10-31", "2026-10-09", "x"), fault.DateInFuture, "/extensions/1/agreedOn"},
		"an extension before the first": {extended("2028-10-31", "2026-05-31", "x"), fault.DateOrder, "/extensions/1/agreedOn"},
		"an extension for no reason":    {extended("2028-10-31", "2026-07-01", ""), fault.FieldInvalid, "/extensions/1/reason"},
	} {
		t.Run(name, func(t *testing.T) {
			a := oldLoan()
			c.change(&a)
			_, err := financing.Record(a, oldBank, takesExisting, day("2026-10-08"))
			var f *fault.Fault
			if !errors.As(err, &f) || f.Code != c.code || f.Field != c.field {
				t.Errorf("got %v, want %s at %s", err, c.code, c.field)
			}
		})
	}
	t.Run("an extension of a loan that was due", func(t *testing.T) {
		a := oldLoan()
		a.Maturity, a.Extensions = day("2026-07-01"), []financing.Extension{{Maturity: day("2027-01-01"), Reason: "x", AgreedOn: day("2026-07-02")}}
		_, err := financing.Record(a, oldBank, takesExisting, day("2026-10-08"))
		wantCode(t, err, fault.DateOrder)
	})
	t.Run("when the policy takes none any more, or never did", func(t *testing.T) {
		for _, p := range []credit.Policy{takesExisting, {}} {
			_, err := financing.Record(oldLoan(), oldBank, p, day("2027-01-01"))
			if wantCode(t, err, fault.ExistingClosed); fault.Of(err).Clause != p.ExistingDays() {
				t.Errorf("on the ground of %s", fault.Of(err).Clause)
			}
		}
	})
	t.Run("tenors count begun months", func(t *testing.T) {
		var got []int
		for _, due := range []string{"2026-01-16", "2026-02-15", "2026-02-16", "2056-01-15"} {
			a := oldLoan()
			a.EntrustedPaid, a.Maturity = calendar.Date{}, day(due)
			f, err := financing.Record(a, oldBank, takesExisting, day("2026-10-08"))
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, f.TenorMonths)
		}
		if !slices.Equal(got, []int{1, 1, 2, 360}) {
			t.Errorf("got %v", got)
		}
	})
}
