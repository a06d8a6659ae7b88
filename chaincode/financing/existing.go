package financing

import (
	"fmt"
	"slices"

	"decore/chaincode/calendar"
	"decore/chaincode/credit"
	"decore/chaincode/fault"
	"decore/chaincode/ident"
	lc "decore/chaincode/lifecycle"
	"decore/chaincode/money"
)

// A loan that was paid out before its bank or its borrower was on the ledger (存量贷款) is recorded afterwards (补录): the bank states
// it with its true days, and nothing counts before the borrower has signed for the same statement. From then on it is a loan
// like any other, and says for good that it was recorded late.

// ExistingLoan is such a loan as its contract and its bank's books have it. Amounts are in yuan.
type ExistingLoan struct {
	Amount        money.Amount  `json:"amount" doc:"Amount that was paid out, in yuan (放款金额)"`
	AnnualRate    money.Rate    `json:"annualRate" doc:"Interest a year at first, as a fraction; later changes are recorded afterwards (合同年利率)"`
	Floating      bool          `json:"floating,omitzero" doc:"The rate floats: the lender reprices it as the contract says (浮动利率)"`
	Signed        calendar.Date `json:"signed" doc:"Day on which the contract was signed (合同签订日)"`
	Disbursed     calendar.Date `json:"disbursed" doc:"Day on which it was paid out (放款日)"`
	EntrustedPaid calendar.Date `json:"entrustedPaid,omitzero" doc:"Day of entrusted payment to the supplier, if any (受托支付日)"`
	Maturity      calendar.Date `json:"maturity" doc:"Last day by the contract, before any extension (合同到期日)"`
	Extensions    []Extension   `json:"extensions,omitzero" doc:"Extensions agreed already, in order (已办理的展期)" maxItems:"24"`
	Reference     string        `json:"reference" doc:"Bank's reference (借据号)" maxLength:"64"`
}

// RecordArgs are the private arguments of record.
type RecordArgs struct {
	Applicant ident.USCC `json:"applicant" doc:"The borrower, who has to confirm (借款人)"`
	Product   Product    `json:"product" enum:"working-capital,fixed-asset-loan,policy-instrument-fund" doc:"Product; none that lends on collateral of the chain (产品)"`
	Purpose   string     `json:"purpose" doc:"Use of the money (用途)" maxLength:"200"`
	ExistingLoan
}

// Existing marks a loan that was recorded afterwards, with what the bank stated of it.
type Existing struct {
	ExistingLoan
	RecordedOn  calendar.Date `json:"recordedOn"`           // 补录日期
	ConfirmedOn calendar.Date `json:"confirmedOn,omitzero"` // 借款人确认日期
}

// maxExtended bounds the extensions of a loan that is recorded afterwards.
const maxExtended = 24

// Record makes the terms of a loan that exists already. It takes none that lends on collateral of the chain: its lien would
// have a rank of the past that nobody on the ledger could see. It fails with a fault that names the field.
func Record(a RecordArgs, lender ident.USCC, policy credit.Policy, today calendar.Date) (Terms, error) {
	_, secured := a.Product.Lien()
	switch {
	case a.Applicant == "":
		return Terms{}, fault.New(fault.FieldRequired, "/applicant")
	case a.Applicant == lender:
		return Terms{}, fault.New(fault.SameParty, "/applicant")
	case secured:
		return Terms{}, fault.New(fault.ExistingSecured, "/product")
	case !slices.Contains(products, a.Product):
		return Terms{}, fault.New(fault.FieldInvalid, "/product")
	case a.Purpose == "" || len(a.Purpose) > 600:
		return Terms{}, fault.New(fault.FieldInvalid, "/purpose")
	}
	if err := a.check(today); err != nil {
		return Terms{}, err
	}
	if !policy.TakesExisting(a.Disbursed, today) {
		return Terms{}, fault.New(fault.ExistingClosed, "/disbursed").Under(policy.ExistingDays())
	}
	return Terms{Applicant: a.Applicant, Lender: lender, Product: a.Product, Asked: a.Amount, TenorMonths: a.months(), Purpose: a.Purpose,
		Collateral: []string{}, Repayments: []Repayment{}, Existing: &Existing{ExistingLoan: a.ExistingLoan, RecordedOn: today}}, nil
}

// check refuses a loan that cannot have been.
func (l ExistingLoan) check(today calendar.Date) error {
	for _, c := range []struct {
		wrong bool
		code  fault.Code
		field string
	}{
		{!l.Amount.IsPositive(), fault.AmountNotPositive, "/amount"},
		{l.AnnualRate.IsZero(), fault.FieldRequired, "/annualRate"},
		{l.Signed.IsZero(), fault.FieldRequired, "/signed"},
		{l.Disbursed.IsZero(), fault.FieldRequired, "/disbursed"},
		{l.Disbursed.After(today), fault.DateInFuture, "/disbursed"},
		{l.Signed.After(l.Disbursed), fault.DateOrder, "/signed"},
		{l.Maturity.IsZero(), fault.FieldRequired, "/maturity"},
		{!l.Maturity.After(l.Disbursed), fault.DateOrder, "/maturity"},
		{l.months() > 360, fault.FieldInvalid, "/maturity"},
		{l.EntrustedPaid.After(today), fault.DateInFuture, "/entrustedPaid"},
		{!l.EntrustedPaid.IsZero() && l.EntrustedPaid.Before(l.Disbursed), fault.DateOrder, "/entrustedPaid"},
		{l.Reference == "" || len(l.Reference) > 64, fault.FieldInvalid, "/reference"},
		{len(l.Extensions) > maxExtended, fault.TooMany, "/extensions"},
	} {
		if c.wrong {
			return fault.New(c.code, c.field)
		}
	}
	return l.extended(today)
}

// extended refuses extensions that cannot have been agreed: each before the loan was due (民法典 678), for a later day.
func (l ExistingLoan) extended(today calendar.Date) error {
	due, agreed := l.Maturity, l.Disbursed
	for i, e := range l.Extensions {
		at := func(field string) string { return fmt.Sprintf("/extensions/%d%s", i, field) }
		switch {
		case !e.Maturity.After(due):
			return fault.New(fault.DateOrder, at("/maturity"))
		case e.AgreedOn.IsZero():
			return fault.New(fault.FieldRequired, at("/agreedOn"))
		case e.AgreedOn.After(today):
			return fault.New(fault.DateInFuture, at("/agreedOn"))
		case e.AgreedOn.Before(agreed), e.AgreedOn.After(due):
			return fault.New(fault.DateOrder, at("/agreedOn")).Under("民法典 678")
		case !reasonGiven(e.Reason):
			return fault.New(fault.FieldInvalid, at("/reason"))
		}
		due, agreed = e.Maturity, e.AgreedOn
	}
	return nil
}

// months is the loan's tenor by its contract, a begun month counted as one.
func (l ExistingLoan) months() int {
	const tooMany = 361
	n := 1
	for n < tooMany && l.Disbursed.AddMonths(n).Before(l.Maturity) {
		n++
	}
	return n
}

// ConfirmRecord makes it the borrower's loan as the bank stated it.
func (t Terms) ConfirmRecord(today calendar.Date) (Terms, lc.State) {
	stated := *t.Existing
	stated.ConfirmedOn = today
	t.Existing = &stated
	t.Offer = &Offer{Amount: stated.Amount, AnnualRate: stated.AnnualRate, Maturity: stated.Maturity, Floating: stated.Floating, ValidUntil: stated.Signed}
	t.AcceptedOn = stated.Signed
	t.Disbursement = &Disbursement{Amount: stated.Amount, Date: stated.Disbursed, Reference: stated.Reference}
	t.Principal, t.Extensions = stated.Amount, slices.Clone(stated.Extensions)
	return t, Disbursed
}
