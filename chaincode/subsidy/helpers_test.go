package subsidy_test

import (
	"encoding/json"
	"errors"
	"testing"

	"decore/chaincode/calendar"
	"decore/chaincode/ident"
	"decore/chaincode/money"
	"decore/chaincode/subsidy"
	"decore/fixtures"
)

const policyFile = "policies/subsidy-2026.json"

var (
	household = ident.MustUSCC("91370200990000009K")
	bankA     = ident.MustUSCC("913702009900000334")
	bankB     = ident.MustUSCC("91370200264609602K")
)

var (
	day    = calendar.MustParse
	yuan   = money.MustParse
	noDate calendar.Date
)

// policy2026 is the fixture policy, changed by the options.
func policy2026(t testing.TB, options ...func(*subsidy.Policy)) subsidy.Policy {
	t.Helper()
	b, err := fixtures.FS.ReadFile(policyFile)
	if err != nil {
		t.Fatal(err)
	}
	p, err := subsidy.ParsePolicy(b)
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range options {
		change(&p)
	}
	return p
}

func counting(c subsidy.DayCount) func(*subsidy.Policy) {
	return func(p *subsidy.Policy) { p.DayCount = c }
}

// anyYear lifts the window of disbursement, for golden dates outside it.
func anyYear(p *subsidy.Policy) {
	p.DisbursedFrom, p.DisbursedTo = day("2020-01-01"), noDate
}

// fixedAsset is an eligible loan of two years from 2026-01-01, changed by the options.
func fixedAsset(principal string, options ...func(*subsidy.Loan)) subsidy.Loan {
	l := subsidy.Loan{
		ID: "LN-1", Household: household, Bank: bankA, Type: subsidy.FixedAssetLoan, SizeClass: subsidy.Small,
		Private: true, Sector: "工业机器人", Principal: yuan(principal), AnnualRate: money.MustRate("0.0345"),
		Disbursed: day("2026-01-01"), Maturity: day("2028-01-01"),
	}
	for _, change := range options {
		change(&l)
	}
	return l
}

// goldenYear is the loan of the golden schedule: 24333.33 30666.67 30333.33 30000.00 6333.34.
func goldenYear(options ...func(*subsidy.Loan)) subsidy.Loan {
	return fixedAsset("8000000.00", append([]func(*subsidy.Loan){running("2026-04-08", "2027-04-08")}, options...)...)
}

func running(from, to string) func(*subsidy.Loan) {
	return func(l *subsidy.Loan) { l.Disbursed, l.Maturity = day(from), day(to) }
}

func named(id string, bank ident.USCC) func(*subsidy.Loan) {
	return func(l *subsidy.Loan) { l.ID, l.Bank = id, bank }
}

func overdue(from, to string) func(*subsidy.Loan) {
	return func(l *subsidy.Loan) {
		o := subsidy.Overdue{From: day(from)}
		if to != "" {
			o.To = day(to)
		}
		l.Overdue = append(l.Overdue, o)
	}
}

// repaid adds a repayment of principal.
func repaid(on, principal string) func(*subsidy.Loan) {
	return func(l *subsidy.Loan) {
		l.Repayments = append(l.Repayments, subsidy.Repayment{Date: day(on), Principal: yuan(principal)})
	}
}

// repaidAll repays the whole principal on a day.
func repaidAll(on string) func(*subsidy.Loan) {
	return func(l *subsidy.Loan) { l.Repayments = []subsidy.Repayment{{Date: day(on), Principal: l.Principal}} }
}

// codeOf returns the code of a refusal, "" for no error.
func codeOf(t testing.TB, err error) subsidy.Code {
	t.Helper()
	var refused *subsidy.Error
	if err != nil && !errors.As(err, &refused) {
		t.Fatalf("error is not a *subsidy.Error: %v", err)
	}
	if refused == nil {
		return ""
	}
	return refused.Code
}

func mustHold(t testing.TB, p subsidy.Policy, a subsidy.Account, l subsidy.Loan) (subsidy.Account, subsidy.Claim) {
	t.Helper()
	a, c, err := subsidy.Hold(p, a, l)
	if err != nil {
		t.Fatal(err)
	}
	return a, c
}

func mustAccrue(t testing.TB, p subsidy.Policy, a subsidy.Account, c subsidy.Claim, l subsidy.Loan, through string) (subsidy.Account, subsidy.Claim) {
	t.Helper()
	a, c, _, err := subsidy.Accrue(p, a, c, l, day(through))
	if err != nil {
		t.Fatal(err)
	}
	return a, c
}

// same reports whether two records are the same on the ledger.
func same(t testing.TB, a, b any) bool {
	t.Helper()
	return asJSON(t, a) == asJSON(t, b)
}

func asJSON(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func equalAmount(t testing.TB, what string, got money.Amount, want string) {
	t.Helper()
	if got.String() != want {
		t.Errorf("%s: got %s, want %s", what, got, want)
	}
}
