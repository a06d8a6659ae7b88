package subsidy

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"decore/chaincode/calendar"
	"decore/chaincode/canon"
)

// Errors wrapped by every fault that Validate finds.
var (
	ErrPolicy = errors.New("invalid subsidy policy")
	ErrLoan   = errors.New("invalid loan facts")
)

// FieldError names a field and why it cannot stand.
type FieldError struct {
	Of     error  // ErrPolicy or ErrLoan
	Field  string // as in JSON
	Reason string
}

// Error returns field and reason in a sentence; it repeats no value, because loan facts are private.
func (e *FieldError) Error() string { return fmt.Sprintf("%s: %s %s", e.Of, e.Field, e.Reason) }

// Pointer returns the field as a JSON pointer into the record: "overdue[0].to" is "/overdue/0/to".
func (e *FieldError) Pointer() string {
	return "/" + strings.NewReplacer(".", "/", "[", "/", "]", "").Replace(e.Field)
}

// fieldErrors are the faults in an error of this package, in its order.
func fieldErrors(err error) []*FieldError {
	var one *FieldError
	if joined, many := err.(interface{ Unwrap() []error }); many { //nolint:errorlint // the parts of this error itself
		var all []*FieldError
		for _, e := range joined.Unwrap() {
			all = append(all, fieldErrors(e)...)
		}
		return all
	}
	if errors.As(err, &one) {
		return []*FieldError{one}
	}
	return nil
}

// Unwrap returns ErrPolicy or ErrLoan.
func (e *FieldError) Unwrap() error { return e.Of }

// check is one thing that must hold of a record.
type check struct {
	field  string
	holds  bool
	reason string
}

// faults joins a FieldError for each check that does not hold; nil when all do.
func faults(of error, checks []check) error {
	var all []error
	for _, c := range checks {
		if !c.holds {
			all = append(all, &FieldError{Of: of, Field: c.field, Reason: c.reason})
		}
	}
	return errors.Join(all...)
}

// ParsePolicy reads a policy from JSON and validates it; unknown fields are refused.
func ParsePolicy(b []byte) (Policy, error) {
	var p Policy
	if err := canon.Strict(b, &p); err != nil {
		return Policy{}, fmt.Errorf("%w: %w", ErrPolicy, err)
	}
	return p, p.Validate()
}

// Validate returns all faults of the policy, each a *FieldError wrapping ErrPolicy, or nil.
func (p Policy) Validate() error {
	return faults(ErrPolicy, slices.Concat(p.identity(), p.documents(), p.figures(), p.words(), p.lists()))
}

func (p Policy) identity() []check {
	return []check{
		{"id", p.ID != "" && len(p.ID) <= 64, "must have 1 to 64 bytes"},
		{"version", p.Version >= 1, "must be at least 1"},
		{"title", p.Title != "", "must not be empty"},
		{"status", known(p.Status, Draft, InForce, Expired), "must be draft, in-force or expired"},
		{"effectiveFrom", !p.EffectiveFrom.IsZero(), "must be a date"},
		{"effectiveTo", ordered(p.EffectiveFrom, p.EffectiveTo), "must not be before effectiveFrom"},
		{"disbursedFrom", !p.DisbursedFrom.IsZero(), "must be a date"},
		{"disbursedTo", ordered(p.DisbursedFrom, p.DisbursedTo), "must not be before disbursedFrom"},
	}
}

func (p Policy) documents() []check {
	binding := func(d Document) bool { return d.Status == InForce }
	cs := []check{
		{"documents", len(p.Documents) > 0, "must name at least one document"},
		// A bureau can't put a draft in force by calling the record so.
		{"documents", p.Status != InForce || slices.ContainsFunc(p.Documents, binding), "must hold one in force for the policy to be in force"},
	}
	for i, a := range p.Assumptions {
		cs = append(cs, check{fmt.Sprintf("assumptions[%d].grounds", i), !slices.ContainsFunc(a.Grounds, unknownReason), "must be reasons of refusal"})
	}
	for i, d := range p.Documents {
		at := func(field string) string { return fmt.Sprintf("documents[%d].%s", i, field) }
		cs = append(cs,
			check{at("title"), d.Title != "", "must not be empty"},
			check{at("date"), !d.Date.IsZero(), "must be a date"},
			check{at("status"), known(d.Status, Draft, InForce, Expired), "must be draft, in-force or expired"},
			check{at("grounds"), !slices.ContainsFunc(d.Grounds, unknownReason), "must be reasons of refusal"})
	}
	return cs
}

func (p Policy) figures() []check {
	return append(p.Settlement.checks("settlement"),
		check{"annualRate", !p.AnnualRate.IsZero(), "must be above 0"},
		check{"maxMonths", p.MaxMonths >= 1 && p.MaxMonths <= 120, "must be 1 to 120"},
		check{"principalCap", p.PrincipalCap.IsPositive(), "must be above 0.00"},
		check{"amountCap", p.AmountCap.IsPositive(), "must be above 0.00"},
		check{"topUpTo", ordered(p.DisbursedFrom, p.TopUpTo), "must not be before disbursedFrom"},
		check{"accrualEnd", ordered(p.DisbursedFrom, p.AccrualEnd), "must not be before disbursedFrom"},
		check{"daysOff", len(p.DaysOff.Holidays) <= maxDaysOff && len(p.DaysOff.Workdays) <= maxDaysOff, "must have at most 1000 of each"})
}

// maxDaysOff bounds the working calendar of a policy; it is some thirty a year for thirty years.
const maxDaysOff = 1000

// checks are what must hold of settlement days at a field.
func (s Settlement) checks(field string) []check {
	return []check{
		{field + ".everyMonths", known(s.EveryMonths, 0, 1, 2, 3, 4, 6, 12), "must be 0 or divide a year of 12 months"},
		{field + ".day", s.EveryMonths == 0 || s.Day >= 1 && s.Day <= maxSettlementDay, "must be 1 to 28, a day that every month has"},
	}
}

func (p Policy) words() []check {
	_, dayCount := dayCounts[p.DayCount]
	_, repaymentOrder := stillEligible[p.RepaymentOrder]
	return []check{
		{"principalBasis", known(p.PrincipalBasis, Cumulative, Outstanding), "must be cumulative or outstanding"},
		{"repaymentOrder", repaymentOrder, "must be eligible-first or eligible-last"},
		{"dayCount", dayCount, "must be ACT/360, ACT/365F or 30/360"},
		{"rounding", p.Rounding == HalfUpPerPeriod, "must be half-up-per-period"},
		{"maturityOnHoliday", known(p.MaturityOnHoliday, StayOnHoliday, NextWorkingDay), "must be left out or next-working-day"},
		{"clockStart", known(p.ClockStart, OnDisbursement, OnEntrustedPayment), "must be disbursement or entrusted-payment"},
		{"judgedOn", known(p.JudgedOn, "", OnApplication, OnSigning, OnDisbursementDay), "must be application, contract-signing or disbursement"},
		{"privateTest", known(p.PrivateTest, "", Declared, ByController), "must be declared or controller"},
	}
}

func (p Policy) lists() []check {
	types := make([]LoanType, len(p.LoanTypes))
	for i, e := range p.LoanTypes {
		types[i] = e.Type
	}
	refused := func(use string) bool { return slices.Contains(p.RefusedUses, use) }
	return append([]check{
		{"loanTypes", len(types) > 0 && distinct(types), "must list at least one kind of loan, none empty and none twice"},
		{"smeClasses", len(p.SMEClasses) > 0 && distinct(p.SMEClasses), "must list at least one size class, none twice"},
		{"smeClasses", !slices.ContainsFunc(p.SMEClasses, func(c SizeClass) bool { return !known(c, Medium, Small, Micro) }), "must be medium, small or micro"},
		{"sectors", distinct(p.Sectors), "must not list an empty name or one twice"},
		{"handlingBanks", distinct(p.HandlingBanks), "must not list an empty code or one twice"},
		{"namedBanks", distinct(p.NamedBanks), "must not list an empty name or one twice"},
		{"chains", distinct(p.Chains), "must not list an empty name or one twice"},
		{"permittedUses", distinct(p.PermittedUses) && !slices.ContainsFunc(p.PermittedUses, refused), "must not list an empty name, one twice or a refused one"},
		{"refusedUses", distinct(p.RefusedUses), "must not list an empty name or one twice"},
	}, p.SizeTable.checks()...)
}

func known[T comparable](v T, of ...T) bool { return slices.Contains(of, v) }

// ordered reports whether to is no date or not before from.
func ordered(from, to calendar.Date) bool { return to.IsZero() || !to.Before(from) }

// distinct reports whether no name is empty or listed twice.
func distinct[T ~string](names []T) bool {
	seen := make(map[T]bool, len(names))
	for _, n := range names {
		if n == "" || seen[n] {
			return false
		}
		seen[n] = true
	}
	return true
}
