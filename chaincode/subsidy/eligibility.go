package subsidy

import (
	"fmt"
	"slices"
	"strings"
)

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
	UseNotPermitted       Code = "USE_NOT_PERMITTED"
	NetRateFloorReached   Code = "NET_RATE_FLOOR"
	NothingToSubsidise    Code = "NOTHING_TO_SUBSIDISE" // no subsidised day, or less than half a fen
)

// Reason is why a loan gets no subsidy, with the ground of it: a document's clause, or else a setting of the policy
// record itself and why it is set so.
type Reason struct {
	Code     Code   `json:"code"`
	Policy   string `json:"policy"`
	Version  int    `json:"version"`
	Document string `json:"document,omitzero"` // number, or title where there is no number
	Clause   string `json:"clause,omitzero"`
	Setting  string `json:"setting,omitzero"` // of the policy record, when no document is the ground
	Why      string `json:"why,omitzero"`     // why the setting is so
	Fact     string `json:"fact,omitzero"`    // JSON pointer into the [Loan] of the fact that fails, where one does
}

// Ground returns the ground in words: document and clause, or policy record, version, setting and why.
func (r Reason) Ground() string {
	if r.Document == "" && r.Setting != "" {
		return strings.TrimSuffix(fmt.Sprintf("%s v%d %s: %s", r.Policy, r.Version, r.Setting, r.Why), ": ")
	}
	return strings.TrimSpace(r.Document + " " + r.Clause)
}

// rule is one condition of eligibility.
type rule struct {
	code Code
	// refuses reports whether the loan fails; nil for reasons that a household's account gives.
	refuses func(Policy, Loan) bool
	// facts points to the facts that fail, each of them a reason of its own.
	facts func(Policy, Loan) []string
}

// doubled reports whether the loan has another central subsidy beside which the policy gives none: no day of it earns anything, whenever
// that came to light (同一笔贷款不得重复享受中央财政贴息).
func (p Policy) doubled(l Loan) bool { return p.OneCentralSubsidy && l.OtherCentralSubsidy }

// at points to one fact, whatever the loan.
func at(fact string) func(Policy, Loan) []string {
	return func(Policy, Loan) []string { return []string{fact} }
}

// rules lists every reason in the order in which they are answered.
var rules = []rule{
	{InvalidFacts, nil, Policy.unsound},
	{NotSME, func(p Policy, l Loan) bool { return !slices.Contains(p.SMEClasses, p.sizeOf(l)) }, sizeFact},
	{NotPrivate, func(p Policy, l Loan) bool { return p.privateOnly(l.Type) && !p.private(l) }, privateFact},
	{SectorNotListed, func(p Policy, l Loan) bool { return !p.inSector(l) }, at("/sector")},
	{LoanTypeNotFixedAsset, func(p Policy, l Loan) bool {
		_, listed := p.eligibleType(l.Type)
		return !listed
	}, at("/type")},
	{BankNotHandling, func(p Policy, l Loan) bool { return !allowed(p.HandlingBanks, l.Bank) }, at("/bank")},
	{DisbursedTooEarly, func(p Policy, l Loan) bool { return l.Disbursed.Before(p.DisbursedFrom) }, at("/disbursed")},
	{OutsidePolicyWindow, func(p Policy, l Loan) bool { return !p.DisbursedTo.IsZero() && l.Disbursed.After(p.DisbursedTo) }, at("/disbursed")},
	{DuplicateCentral, Policy.doubled, at("/otherCentralSubsidy")},
	{PrincipalCapReached, nil, at("/principal")},
	{AmountCapReached, nil, at("/principal")}, // the principal is what an amount is asked on
	{TermOver2Y, func(p Policy, l Loan) bool { return p.RefuseLongTerm && p.longTerm(l) }, at("/maturity")},
	{OverdueLoan, func(p Policy, l Loan) bool { return p.StopWhileOverdue && l.isOverdue() }, at("/overdue")},
	{MisuseOfLoan, func(_ Policy, l Loan) bool { return l.Misuse }, at("/misuse")},
	{UseNotPermitted, func(p Policy, l Loan) bool { return !p.useAllowed(l) }, at("/use")},
	{NetRateFloorReached, func(p Policy, l Loan) bool { return !p.bestRate(l).IsPositive() }, at("/otherSubsidy")},
	{NothingToSubsidise, nil, idleFact},
}

// Judge returns every reason for which the loan gets no subsidy whatever the household's account says,
// in a fixed order; none when the loan is eligible. Only INVALID_FACTS comes more than once, for each fact that makes no sense or
// that a rule asks for and the loan does not state; what such a fact would lead to is then no reason of its own.
func (p Policy) Judge(l Loan) []Reason {
	return p.judge(l, nil).reasons()
}

// judgement is what was found against a loan.
type judgement struct {
	policy Policy
	loan   Loan
	codes  []Code
	// invalid points to the facts of INVALID_FACTS.
	invalid []string
}

// judge finds what speaks against the loan. unstated points to facts that only look as if they were stated, as a false that
// nobody said.
func (p Policy) judge(l Loan, unstated []string) judgement {
	j := judgement{policy: p, loan: l, invalid: p.unsound(l)}
	unknown := slices.Concat(j.invalid, l.unstated(), unstated)
	for _, r := range rules {
		if r.refuses == nil || !r.refuses(p, l) {
			continue
		}
		for _, fact := range r.facts(p, l) {
			switch {
			case !slices.Contains(unknown, fact):
				j.codes = append(j.codes, r.code)
			case !slices.Contains(j.invalid, fact):
				j.invalid = append(j.invalid, fact)
			}
		}
	}
	return j
}

// and adds codes.
func (j judgement) and(codes ...Code) judgement {
	j.codes = append(slices.Clone(j.codes), codes...)
	return j
}

// reasons gives the codes their grounds and the facts of the loan that fail, in the order of the rules.
func (j judgement) reasons() []Reason {
	p, l, all := j.policy, j.loan, []Reason(nil)
	for _, r := range rules {
		facts := j.invalid
		if r.code != InvalidFacts {
			if !slices.Contains(j.codes, r.code) {
				continue
			}
			facts = r.facts(p, l)
		}
		for _, fact := range facts {
			why := p.reason(r.code)
			why.Fact = fact
			all = append(all, why)
		}
	}
	return all
}

// reasons are the codes, of a loan whose facts make sense, with grounds and facts.
func (p Policy) reasons(l Loan, codes []Code) []Reason {
	return judgement{policy: p, loan: l}.and(codes...).reasons()
}

func (p Policy) reason(c Code) Reason {
	r := Reason{Code: c, Policy: p.ID, Version: p.Version}
	if i := slices.IndexFunc(p.Documents, func(d Document) bool { return d.binds(p) && slices.Contains(d.Grounds, c) }); i >= 0 {
		d := p.Documents[i]
		r.Document, r.Clause = d.Number, d.Clause
		if r.Document == "" {
			r.Document = d.Title
		}
		return r
	}
	if i := slices.IndexFunc(p.Assumptions, func(a Assumption) bool { return slices.Contains(a.Grounds, c) }); i >= 0 {
		r.Setting, r.Why = p.Assumptions[i].Field, p.Assumptions[i].Reason
	}
	return r
}

// setting is the reason that a setting of the policy record gives, and why it is so where the record says it.
func (p Policy) setting(c Code, field string) Reason {
	r := Reason{Code: c, Policy: p.ID, Version: p.Version, Setting: field}
	if i := slices.IndexFunc(p.Assumptions, func(a Assumption) bool { return a.Field == field }); i >= 0 {
		r.Why = p.Assumptions[i].Reason
	}
	return r
}

// binds reports whether the document can be the ground of a refusal: a draft can't, unless the policy is a draft too.
func (d Document) binds(p Policy) bool { return d.Status == InForce || p.Status == Draft }

// allowed reports whether the list names the value or, being empty, names all.
func allowed[T comparable](list []T, v T) bool { return len(list) == 0 || slices.Contains(list, v) }

func unknownReason(c Code) bool {
	return !slices.ContainsFunc(rules, func(r rule) bool { return r.code == c })
}

// GroundsOfAll returns every reason that there is with its ground under the policy, for those who explain it.
func (p Policy) GroundsOfAll() []Reason {
	all := make([]Reason, len(rules))
	for i, r := range rules {
		all[i] = p.reason(r.code)
	}
	return all
}
