package subsidy

import (
	"fmt"
	"slices"

	"decore/chaincode/calendar"
	"decore/chaincode/ident"
	"decore/chaincode/money"
)

// maxOverdue bounds the overdue spells of a loan, and so the work of a schedule.
const maxOverdue = 120

// Loan holds the facts of one loan as its bank knows them now. Facts that change over its life, such as
// Repayments and Overdue, are given anew each time.
type Loan struct {
	ID        string     `json:"id"`
	Household ident.USCC `json:"household"` // the borrower (单户); for a policy-based instrument the SME that takes part in the project
	Bank      ident.USCC `json:"bank"`
	Type      LoanType   `json:"type"`
	SizeClass SizeClass  `json:"sizeClass,omitzero"` // when the contract was signed (保障中小企业款项支付条例 art. 3)
	Private   bool       `json:"private"`            // 民营企业
	Sector    string     `json:"sector"`             // by the policy's name for it

	Principal  money.Amount `json:"principal"`
	AnnualRate money.Rate   `json:"annualRate"` // of the contract

	Disbursed     calendar.Date `json:"disbursed"`
	EntrustedPaid calendar.Date `json:"entrustedPaid,omitzero"` // 受托支付日, if any
	Maturity      calendar.Date `json:"maturity"`               // as it is now
	FirstMaturity calendar.Date `json:"firstMaturity,omitzero"` // of the contract before it was extended (展期)

	Settlement *Settlement  `json:"settlement,omitzero"` // 结息日 of the contract, where it names its own
	Rates      []RateChange `json:"rates,omitzero"`      // after AnnualRate, in order of time

	Repayments []Repayment `json:"repayments,omitzero"` // of principal, in order of time, one a day
	Overdue    []Overdue   `json:"overdue,omitzero"`    // in order of time
	Misuse     bool        `json:"misuse,omitzero"`     // the money was used for something else (挪用)

	// Recorded is the day on which a loan was recorded that had been paid out before the ledger knew of it (补录日).
	Recorded calendar.Date `json:"recorded,omitzero"`

	OtherCentralSubsidy bool       `json:"otherCentralSubsidy,omitzero"` // of the central budget on the same loan
	OtherSubsidy        money.Rate `json:"otherSubsidy,omitzero"`        // local subsidies on the same loan, a fraction a year

	Standing
}

// Overdue is a time in which the loan was overdue (逾期): From is the first such day, To the day on
// which it was cured; no To is not cured yet.
type Overdue struct {
	From calendar.Date `json:"from"`
	To   calendar.Date `json:"to,omitzero"`
}

// Validate returns all faults of the facts, each a *FieldError wrapping ErrLoan, or nil. It says whether
// the facts make sense, not whether the loan is eligible.
func (l Loan) Validate() error {
	cs := []check{
		{"id", l.ID != "", "must not be empty"},
		{"household", l.Household != "", "must not be empty"},
		{"bank", l.Bank != "", "must not be empty"},
		{"type", l.Type != "", "must not be empty"},
		{"sector", len(l.Sector) <= maxName, "must be at most 300 bytes"},
		{"principal", l.Principal.IsPositive(), "must be above 0.00"},
		{"disbursed", !l.Disbursed.IsZero(), "must be a date"},
		{"maturity", l.Disbursed.Before(l.Maturity), "must be after disbursed"},
		{"entrustedPaid", ordered(l.Disbursed, l.EntrustedPaid), "must not be before disbursed"},
		{"recorded", ordered(l.Disbursed, l.Recorded), "must not be before disbursed"},
		{"firstMaturity", l.FirstMaturity.IsZero() || l.Disbursed.Before(l.FirstMaturity) && l.FirstMaturity.Before(l.Maturity), "must be after disbursed and before maturity"},
		{"overdue", len(l.Overdue) <= maxOverdue, fmt.Sprintf("must have at most %d entries", maxOverdue)},
	}
	last := l.Disbursed
	for i, o := range l.Overdue {
		cured := o.From.Before(o.To) || o.To.IsZero() && i == len(l.Overdue)-1
		cs = append(cs,
			check{fmt.Sprintf("overdue[%d].from", i), !o.From.IsZero() && !o.From.Before(last), "must be a date, not before disbursed and in order of time"},
			check{fmt.Sprintf("overdue[%d].to", i), cured, "must be after from; only the last entry may leave it open"})
		last = o.To
	}
	if l.Settlement != nil {
		cs = append(cs, l.Settlement.checks("settlement")...)
	}
	return faults(ErrLoan, slices.Concat(cs, l.standing(), l.rateChanges(), l.repayments()))
}

// isOverdue reports whether the loan is overdue and not yet cured.
func (l Loan) isOverdue() bool {
	return len(l.Overdue) > 0 && l.Overdue[len(l.Overdue)-1].To.IsZero()
}
