package receivable

import (
	"decore/chaincode/calendar"
	"decore/chaincode/check"
	"decore/chaincode/credit"
	"decore/chaincode/fault"
	lc "decore/chaincode/lifecycle"
	"decore/chaincode/money"
	"decore/chaincode/order"
)

// TermFindings judges the payment term: what fails may not be registered, what warns is for the bank to judge.
func TermFindings(t Terms, policy credit.Policy) []check.Finding {
	return []check.Finding{certificateTerm(t, policy), largeBuyerTerm(t, policy)}
}

func certificateTerm(t Terms, policy credit.Policy) check.Finding {
	f := check.Finding{Check: "certificate-term", Verdict: check.Pass, Clause: "银发〔2025〕77号"}
	if t.Instrument != Certificate {
		return f
	}
	switch {
	case t.Due.After(t.Issued.AddMonths(policy.CertificateMaxMonths)):
		f.Verdict, f.Reason = check.Fail, string(fault.TermTooLong)
	case t.Due.After(t.Issued.AddMonths(policy.CertificateWarnMonths)):
		f.Verdict, f.Reason = check.Warn, "TERM_LONG"
	}
	return f
}

func largeBuyerTerm(t Terms, policy credit.Policy) check.Finding {
	f := check.Finding{Check: "payment-term", Verdict: check.Pass, Clause: "保障中小企业款项支付条例 art. 9"}
	if t.BuyerClass == order.Large && !t.Delivered.IsZero() && t.Delivered.DaysUntil(t.Due) > policy.LargeBuyerTermDays {
		f.Verdict, f.Reason = check.Warn, "TERM_LONG"
	}
	return f
}

func refused(fs []check.Finding, field string) error {
	for _, f := range fs {
		if f.Verdict == check.Fail {
			return fault.New(fault.Code(f.Reason), field).Under(f.Clause)
		}
	}
	return nil
}

// Advance is the most that may be lent on the receivable: the policy's rate, higher when the debtor
// confirmed, of what is outstanding and undisputed. A receivable past due carries nothing, nor does one that is
// being passed on to somebody else.
func Advance(t Terms, state lc.State, policy credit.Policy, today calendar.Date) (money.Amount, bool) {
	switch state {
	case Registered, Requested, Unanswered, Disputed, Confirmed:
	default:
		return money.Zero, false
	}
	if t.Due.Before(today) || t.Transfer != nil {
		return money.Zero, false
	}
	rate := policy.AdvanceUnconfirmed
	if state == Confirmed {
		rate = policy.AdvanceConfirmed
	}
	return t.Undisputed().Times(rate), true
}
