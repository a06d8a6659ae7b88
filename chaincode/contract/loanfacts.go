package contract

import (
	"slices"

	"decore/chaincode/calendar"
	"decore/chaincode/financing"
	"decore/chaincode/subsidy"
)

// LoanNow are a claim's facts of its loan, with what the loan record knows anew, as a command on the claim would
// take them.
func LoanNow(l subsidy.Loan, t financing.Terms) subsidy.Loan { return current(l, t) }

// LoanFacts are the facts by which a loan's subsidy is judged, as the loan record has them now.
func LoanFacts(id string, t financing.Terms, a HoldArgs) subsidy.Loan {
	l := subsidy.Loan{ID: id, Household: t.Applicant, Bank: t.Lender, Type: subsidy.LoanType(t.Product),
		SizeClass: a.SizeClass, Private: a.Private, Sector: a.Sector, EntrustedPaid: a.EntrustedPaid,
		Settlement: a.Settlement, OtherCentralSubsidy: a.OtherCentralSubsidy, OtherSubsidy: a.OtherSubsidy,
		Standing: subsidy.Standing{Signed: t.AcceptedOn, Figures: a.Figures, Controller: a.Controller, Link: a.Link, Use: a.Use}}
	if t.Offer != nil {
		l.AnnualRate = t.Offer.AnnualRate
	}
	if t.Disbursement != nil {
		l.Principal, l.Disbursed = t.Disbursement.Amount, t.Disbursement.Date
	}
	if e := t.Existing; e != nil {
		l.Recorded = e.RecordedOn
		if l.EntrustedPaid.IsZero() {
			l.EntrustedPaid = e.EntrustedPaid
		}
	}
	return current(l, t)
}

// current takes over what the loan record knows anew: repayments, overdue time, extension and rates.
func current(l subsidy.Loan, t financing.Terms) subsidy.Loan {
	l.Repayments, l.Rates = repayments(t), nil
	l.Overdue = overdue(t, l.RepaidInFull())
	if t.Offer != nil {
		l.Maturity = t.Due()
	}
	if len(t.Extensions) > 0 {
		l.FirstMaturity = t.Offer.Maturity
	}
	for _, r := range t.Rates {
		l.Rates = append(l.Rates, subsidy.RateChange{From: r.From, AnnualRate: r.AnnualRate})
	}
	return l
}

// overdue are the times in which the loan was overdue; they end with the last fen repaid, whenever that was recorded.
func overdue(t financing.Terms, repaid calendar.Date) []subsidy.Overdue {
	var all []subsidy.Overdue
	for _, s := range t.Spells {
		all = append(all, subsidy.Overdue{From: s.From, To: s.To})
	}
	if !t.OverdueFrom.IsZero() {
		all = append(all, subsidy.Overdue{From: t.OverdueFrom})
	}
	if repaid.IsZero() {
		return all
	}
	var before []subsidy.Overdue
	for _, o := range all {
		if repaid.After(o.From) && (o.To.IsZero() || repaid.Before(o.To)) {
			o.To = repaid
		}
		if repaid.After(o.From) {
			before = append(before, o)
		}
	}
	return before
}

// repayments are those of principal, summed by day: they may be recorded in another order than they were
// made in, and several a day.
func repayments(t financing.Terms) []subsidy.Repayment {
	var all []subsidy.Repayment
	for _, r := range t.Repayments {
		if !r.Principal.IsPositive() {
			continue
		}
		i, sameDay := slices.BinarySearchFunc(all, r.Date, func(s subsidy.Repayment, d calendar.Date) int { return d.DaysUntil(s.Date) })
		if sameDay {
			all[i].Principal = all[i].Principal.Add(r.Principal)
			continue
		}
		all = slices.Insert(all, i, subsidy.Repayment{Date: r.Date, Principal: r.Principal})
	}
	return all
}
