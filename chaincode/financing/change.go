package financing

import (
	"slices"

	"decore/chaincode/calendar"
	"decore/chaincode/fault"
	lc "decore/chaincode/lifecycle"
	"decore/chaincode/money"
)

// MaxChanges bounds each list of later changes of a loan; it is one a month for ten years.
const MaxChanges = 120

// Extension is an agreed later maturity (展期, 民法典 art. 678).
type Extension struct {
	Maturity calendar.Date `json:"maturity" doc:"Last day after it (展期后到期日)"`
	Reason   string        `json:"reason" doc:"Why (展期原因)" minLength:"1" maxLength:"200"`
	AgreedOn calendar.Date `json:"agreedOn,omitzero" doc:"Day on which both had agreed; none while the lender has not answered (同意展期日期)"`
}

// ExtensionArgs are the private arguments of request-extension.
type ExtensionArgs struct {
	Maturity calendar.Date `json:"maturity" doc:"Last day that is asked for (展期后到期日)"`
	Reason   string        `json:"reason" doc:"Why (展期原因)" minLength:"1" maxLength:"200"`
}

// RateArgs are the private arguments of change-rate, and a change as it is kept (利率调整).
type RateArgs struct {
	From       calendar.Date `json:"from" doc:"First day of the rate (执行日)"`
	AnnualRate money.Rate    `json:"annualRate" doc:"Interest a year as a fraction (调整后年利率)"`
	Reason     string        `json:"reason" doc:"Why, such as a new LPR (调整依据)" minLength:"1" maxLength:"200"`
}

// CureArgs are the private arguments of cure.
type CureArgs struct {
	On calendar.Date `json:"on" doc:"Day on which all that was due was paid (逾期归还日)"`
}

// Spell is a time in which the loan was overdue and which is over (逾期时段); To is the day of payment.
type Spell struct {
	From calendar.Date `json:"from"`
	To   calendar.Date `json:"to"`
}

// ReverseArgs are the private arguments of reverse-repayment: the repayment as it was recorded.
type ReverseArgs struct {
	Principal money.Amount  `json:"principal,omitzero" doc:"Principal as recorded, in yuan (本金)"`
	Interest  money.Amount  `json:"interest,omitzero" doc:"Interest as recorded, in yuan (利息)"`
	Date      calendar.Date `json:"date" doc:"Day as recorded (还款日)"`
	Reference string        `json:"reference" doc:"Bank's reference as recorded (还款流水号)" maxLength:"64"`
	Reason    string        `json:"reason" doc:"Why it was wrong (冲销原因)" minLength:"1" maxLength:"200"`
}

// Reversal is a repayment that was recorded wrongly and taken back (还款冲销); it stays to be seen.
type Reversal struct {
	Repayment
	On     calendar.Date `json:"on"`
	Reason string        `json:"reason"`
}

// Due is the last day of the loan as it is agreed now.
func (t Terms) Due() calendar.Date {
	if n := len(t.Extensions); n > 0 {
		return t.Extensions[n-1].Maturity
	}
	return t.Offer.Maturity
}

func reasonGiven(s string) bool { return s != "" && len(s) <= 600 }

// RequestExtension asks the lender for a later maturity, before the loan is due (民法典 art. 678). A later request
// replaces an earlier one.
func (t Terms) RequestExtension(a ExtensionArgs, from lc.State, today calendar.Date) (Terms, lc.State, error) {
	switch {
	case !a.Maturity.After(t.Due()):
		return t, "", fault.New(fault.DateOrder, "/maturity")
	case today.After(t.Due()):
		return t, "", fault.New(fault.WrongState, "").Under("民法典 678")
	case !reasonGiven(a.Reason):
		return t, "", fault.New(fault.FieldInvalid, "/reason")
	case len(t.Extensions) >= MaxChanges:
		return t, "", fault.New(fault.TooMany, "")
	}
	t.ExtensionAsked = &Extension{Maturity: a.Maturity, Reason: a.Reason}
	return t, from, nil
}

// Extend grants the extension that the applicant asked for. A filing that lapses before the new maturity would
// secure nothing on the day it is needed.
func (t Terms) Extend(from lc.State, today calendar.Date) (Terms, lc.State, error) {
	switch asked := t.ExtensionAsked; {
	case asked == nil:
		return t, "", fault.New(fault.RequestMissing, "")
	case t.Registration != nil && t.Registration.Expires.Before(asked.Maturity):
		return t, "", fault.New(fault.RegistrationInvalid, "")
	}
	granted := *t.ExtensionAsked
	granted.AgreedOn = today
	t.Extensions, t.ExtensionAsked = append(slices.Clone(t.Extensions), granted), nil
	return t, from, nil
}

// ChangeRate records a new rate. A floating rate follows the contract that the applicant accepted, so the lender's word
// is enough; any other change waits for the applicant's agreement (民法典 art. 543).
func (t Terms) ChangeRate(a RateArgs, from lc.State) (Terms, lc.State, error) {
	last := t.Disbursement.Date
	if n := len(t.Rates); n > 0 {
		last = t.Rates[n-1].From
	}
	switch {
	case !a.From.After(last):
		return t, "", fault.New(fault.DateOrder, "/from")
	case !reasonGiven(a.Reason):
		return t, "", fault.New(fault.FieldInvalid, "/reason")
	case len(t.Rates) >= MaxChanges:
		return t, "", fault.New(fault.TooMany, "")
	}
	if !t.Offer.Floating {
		t.RateAsked = &a
		return t, from, nil
	}
	t.Rates = append(slices.Clone(t.Rates), a)
	return t, from, nil
}

// AgreeRate binds the applicant to the rate that the lender asked for.
func (t Terms) AgreeRate(from lc.State) (Terms, lc.State, error) {
	if t.RateAsked == nil {
		return t, "", fault.New(fault.RequestMissing, "")
	}
	t.Rates, t.RateAsked = append(slices.Clone(t.Rates), *t.RateAsked), nil
	return t, from, nil
}

// Cure records that all that was due was paid, so that the loan is overdue no more. What is left at maturity can't be
// cured so: it is repaid.
func (t Terms) Cure(a CureArgs, today calendar.Date) (Terms, lc.State, error) {
	switch {
	case !a.On.After(t.OverdueFrom), a.On.After(t.Due()):
		return t, "", fault.New(fault.DateOrder, "/on")
	case a.On.After(today):
		return t, "", fault.New(fault.DateInFuture, "/on")
	case len(t.Spells) >= MaxChanges-1: // with the one that may follow it is as many as the subsidy counts
		return t, "", fault.New(fault.TooMany, "")
	}
	t.Spells = append(slices.Clone(t.Spells), Spell{t.OverdueFrom, a.On})
	t.OverdueFrom = calendar.Date{}
	return t, Disbursed, nil
}

// Reverse takes back a repayment that was recorded wrongly; its principal is owed again. What came from a collection is
// a fact of the receivable too and stays.
func (t Terms) Reverse(a ReverseArgs, today calendar.Date) (Terms, lc.State, error) {
	wrong := Repayment{a.Principal, a.Interest, a.Date, a.Reference}
	i := slices.IndexFunc(t.Repayments, wrong.same)
	switch {
	case i < 0:
		return t, "", t.unlike(wrong)
	case slices.ContainsFunc(t.Collections, func(c Collection) bool { return c.Reference == a.Reference && c.Date == a.Date }):
		return t, "", fault.New(fault.RepaymentUnknown, "/reference")
	case !reasonGiven(a.Reason):
		return t, "", fault.New(fault.FieldInvalid, "/reason")
	case len(t.Reversals) >= MaxChanges:
		return t, "", fault.New(fault.TooMany, "")
	}
	t.Principal = t.Principal.Add(wrong.Principal)
	t.Repayments = slices.Delete(slices.Clone(t.Repayments), i, i+1)
	t.Reversals = append(slices.Clone(t.Reversals), Reversal{wrong, today, a.Reason})
	if t.OverdueFrom.IsZero() {
		return t, Disbursed, nil
	}
	return t, Overdue, nil
}

// unlike says by what a repayment differs from those that were recorded: the first field, of reference, date and both amounts, by which none
// of them is like it. A difference says no more than that.
func (t Terms) unlike(wrong Repayment) error {
	left := t.Repayments
	for _, c := range []struct {
		field string
		same  func(Repayment) bool
	}{
		{"/reference", func(r Repayment) bool { return r.Reference == wrong.Reference }},
		{"/date", func(r Repayment) bool { return r.Date == wrong.Date }},
		{"/principal", func(r Repayment) bool { return r.Principal.Cmp(wrong.Principal) == 0 }},
	} {
		var like []Repayment
		for _, r := range left {
			if c.same(r) {
				like = append(like, r)
			}
		}
		if len(like) == 0 {
			return fault.New(fault.RepaymentUnknown, c.field)
		}
		left = like
	}
	return fault.New(fault.RepaymentUnknown, "/interest")
}
