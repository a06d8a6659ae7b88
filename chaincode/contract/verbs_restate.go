package contract

import (
	"decore/chaincode/calendar"
	"decore/chaincode/fault"
	"decore/chaincode/financing"
	"decore/chaincode/money"
	"decore/chaincode/subsidy"
)

// RestateArgs are the private arguments of restate: the facts that are otherwise than they were stated with the hold, at least one.
type RestateArgs struct {
	EntrustedPaid       calendar.Date `json:"entrustedPaid,omitzero" doc:"Day of entrusted payment to the supplier, as it was (更正后的受托支付日)"`
	OtherSubsidy        *money.Rate   `json:"otherSubsidy,omitempty" doc:"Local subsidies on the same loan, a fraction a year (更正后的地方贴息率)"` // a zero is stated, none is not
	OtherCentralSubsidy *bool         `json:"otherCentralSubsidy,omitzero" doc:"Whether the loan has another subsidy of the central budget (是否另有中央财政贴息)"`
	Reason              string        `json:"reason" doc:"Why it was stated otherwise (更正理由)" minLength:"1" maxLength:"200"`
}

// restate puts right what the bank stated with the hold.
func restate(c *call, m *claimMove, a RestateArgs) error {
	before := m.loan
	if err := m.refreshLoan(c); err != nil {
		return err
	}
	f, err := load[financing.Terms](c, financing.Table.Kind, m.loan.ID, "")
	if err != nil {
		return err
	}
	if m.loan, err = a.restated(m.loan, f.Terms, c.today()); err != nil {
		return err
	}
	m.reason, m.causes = a.Reason, subsidy.Causes(before, m.loan)
	m.account, m.claim, _, err = subsidy.Restate(m.policy, m.account, m.claim, m.loan)
	return err
}

// restated returns the loan with the facts that are stated anew, each of them another one than stood. The day for which the
// borrower signed, as of a loan that was recorded afterwards, is not the bank's alone to change.
func (a RestateArgs) restated(l subsidy.Loan, t financing.Terms, today calendar.Date) (subsidy.Loan, error) {
	paid, other, central := !a.EntrustedPaid.IsZero(), a.OtherSubsidy != nil, a.OtherCentralSubsidy != nil
	switch {
	case !paid && !other && !central:
		return l, fault.New(fault.FieldRequired, "/entrustedPaid")
	case a.EntrustedPaid.After(today):
		return l, fault.New(fault.DateInFuture, "/entrustedPaid")
	case paid && a.EntrustedPaid.Before(l.Disbursed):
		return l, fault.New(fault.DateOrder, "/entrustedPaid")
	case paid && (a.EntrustedPaid == l.EntrustedPaid || !paidAsRecorded(t, a.EntrustedPaid)):
		return l, fault.New(fault.FieldInvalid, "/entrustedPaid")
	case other && a.OtherSubsidy.Cmp(l.OtherSubsidy) == 0:
		return l, fault.New(fault.FieldInvalid, "/otherSubsidy")
	case central && *a.OtherCentralSubsidy == l.OtherCentralSubsidy:
		return l, fault.New(fault.FieldInvalid, "/otherCentralSubsidy")
	case a.Reason == "" || len(a.Reason) > 600:
		return l, fault.New(fault.FieldInvalid, "/reason")
	}
	if paid {
		l.EntrustedPaid = a.EntrustedPaid
	}
	if other {
		l.OtherSubsidy = *a.OtherSubsidy
	}
	if central {
		l.OtherCentralSubsidy = *a.OtherCentralSubsidy
	}
	return l, nil
}

// paidAsRecorded reports whether a day of entrusted payment is the one for which the borrower signed, if it signed for one.
func paidAsRecorded(t financing.Terms, paid calendar.Date) bool {
	return t.Existing == nil || t.Existing.EntrustedPaid.IsZero() || paid.IsZero() || paid == t.Existing.EntrustedPaid
}
