package subsidy

import "slices"

// Code is a stable name of a reason or an error.
type Code string

// The reasons for which a loan gets no subsidy.
const (
	InvalidFacts          Code = "INVALID_FACTS"
	NotSME                Code = "NOT_SME"
	NotPrivate            Code = "NOT_PRIVATE"
	SectorNotListed       Code = "SECTOR_NOT_LISTED"
	LoanTypeNotFixedAsset Code = "LOAN_TYPE_NOT_FIXED_ASSET"
	BankNotHandling       Code = "BANK_NOT_HANDLING"
	DisbursedTooEarly     Code = "DISBURSED_BEFORE_2026_01_01" // the first day is the policy's; the name is a label
	OutsidePolicyWindow   Code = "OUTSIDE_POLICY_WINDOW"
	DuplicateCentral      Code = "DUPLICATE_CENTRAL_SUBSIDY"
	PrincipalCapReached   Code = "PRINCIPAL_CAP_REACHED"
	AmountCapReached      Code = "AMOUNT_CAP_REACHED"
	TermOver2Y            Code = "TERM_OVER_2Y" // the longest term is the policy's; the name is a label
	OverdueLoan           Code = "OVERDUE"
	MisuseOfLoan          Code = "MISUSE"
	NetRateFloorReached   Code = "NET_RATE_FLOOR"
	NothingToSubsidise    Code = "NOTHING_TO_SUBSIDISE" // no subsidised day, or less than half a fen
)

// Reason is why a loan gets no subsidy, with the ground of it. Document is empty when the ground is a
// setting of the policy record and no clause of its documents.
type Reason struct {
	Code     Code   `json:"code"`
	Policy   string `json:"policy"`
	Version  int    `json:"version"`
	Document string `json:"document,omitzero"` // number, or title where there is no number
	Clause   string `json:"clause,omitzero"`
}

// rule is one condition of eligibility.
type rule struct {
	code Code
	// refuses reports whether the loan fails; nil for reasons that a household's account gives.
	refuses func(Policy, Loan) bool
}

// rules lists every reason in the order in which they are answered.
var rules = []rule{
	{InvalidFacts, func(_ Policy, l Loan) bool { return l.Validate() != nil }},
	{NotSME, func(p Policy, l Loan) bool { return !slices.Contains(p.SMEClasses, l.SizeClass) }},
	{NotPrivate, func(p Policy, l Loan) bool {
		e, listed := p.eligibleType(l.Type)
		return listed && e.PrivateOnly && !l.Private
	}},
	{SectorNotListed, func(p Policy, l Loan) bool { return !allowed(p.Sectors, l.Sector) }},
	{LoanTypeNotFixedAsset, func(p Policy, l Loan) bool {
		_, listed := p.eligibleType(l.Type)
		return !listed
	}},
	{BankNotHandling, func(p Policy, l Loan) bool { return !allowed(p.HandlingBanks, l.Bank) }},
	{DisbursedTooEarly, func(p Policy, l Loan) bool { return l.Disbursed.Before(p.DisbursedFrom) }},
	{OutsidePolicyWindow, func(p Policy, l Loan) bool { return !p.DisbursedTo.IsZero() && l.Disbursed.After(p.DisbursedTo) }},
	{DuplicateCentral, func(p Policy, l Loan) bool { return p.OneCentralSubsidy && l.OtherCentralSubsidy }},
	{PrincipalCapReached, nil},
	{AmountCapReached, nil},
	{TermOver2Y, func(p Policy, l Loan) bool { return p.RefuseLongTerm && p.longTerm(l) }},
	{OverdueLoan, func(p Policy, l Loan) bool { return p.StopWhileOverdue && l.isOverdue() }},
	{MisuseOfLoan, func(_ Policy, l Loan) bool { return l.Misuse }},
	{NetRateFloorReached, func(p Policy, l Loan) bool { return !p.bestRate(l).IsPositive() }},
	{NothingToSubsidise, nil},
}

// Judge returns every reason for which the loan gets no subsidy whatever the household's account says,
// in a fixed order; none when the loan is eligible.
func (p Policy) Judge(l Loan) []Reason {
	var codes []Code
	for _, r := range rules {
		if r.refuses != nil && r.refuses(p, l) {
			codes = append(codes, r.code)
		}
	}
	return p.reasons(codes)
}

// reasons gives the codes their grounds, in the order of the rules.
func (p Policy) reasons(codes []Code) []Reason {
	var all []Reason
	for _, r := range rules {
		if slices.Contains(codes, r.code) {
			all = append(all, p.reason(r.code))
		}
	}
	return all
}

func (p Policy) reason(c Code) Reason {
	r := Reason{Code: c, Policy: p.ID, Version: p.Version}
	i := slices.IndexFunc(p.Documents, func(d Document) bool { return slices.Contains(d.Grounds, c) })
	if i < 0 {
		return r
	}
	d := p.Documents[i]
	r.Document, r.Clause = d.Number, d.Clause
	if r.Document == "" {
		r.Document = d.Title
	}
	return r
}

// allowed reports whether the list names the value or, being empty, names all.
func allowed[T comparable](list []T, v T) bool { return len(list) == 0 || slices.Contains(list, v) }

func unknownReason(c Code) bool {
	return !slices.ContainsFunc(rules, func(r rule) bool { return r.code == c })
}
