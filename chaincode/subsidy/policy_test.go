package subsidy_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"decore/chaincode/calendar"
	"decore/chaincode/canon"
	"decore/chaincode/ident"
	"decore/chaincode/money"
	"decore/chaincode/subsidy"
	"decore/fixtures"
)

func TestPolicyValidate(t *testing.T) {
	for _, v := range []struct {
		field  string
		change func(*subsidy.Policy)
	}{
		{"id", func(p *subsidy.Policy) { p.ID = "" }},
		{"id", func(p *subsidy.Policy) { p.ID = strings.Repeat("x", 65) }},
		{"version", func(p *subsidy.Policy) { p.Version = 0 }},
		{"title", func(p *subsidy.Policy) { p.Title = "" }},
		{"status", func(p *subsidy.Policy) { p.Status = "maybe" }},
		{"effectiveFrom", func(p *subsidy.Policy) { p.EffectiveFrom = noDate }},
		{"effectiveTo", func(p *subsidy.Policy) { p.EffectiveTo = p.EffectiveFrom.AddDays(-1) }},
		{"disbursedFrom", func(p *subsidy.Policy) { p.DisbursedFrom = noDate }},
		{"disbursedTo", func(p *subsidy.Policy) { p.DisbursedTo = p.DisbursedFrom.AddDays(-1) }},
		{"documents", func(p *subsidy.Policy) { p.Status, p.Documents = subsidy.Draft, nil }},
		{"documents", func(p *subsidy.Policy) { p.Documents = p.Documents[3:] }},
		{"documents[0].title", func(p *subsidy.Policy) { p.Documents[0].Title = "" }},
		{"documents[0].date", func(p *subsidy.Policy) { p.Documents[0].Date = noDate }},
		{"documents[0].status", func(p *subsidy.Policy) { p.Documents[0].Status = "" }},
		{"documents[0].grounds", func(p *subsidy.Policy) { p.Documents[0].Grounds = []subsidy.Code{"BAD_LUCK"} }},
		{"annualRate", func(p *subsidy.Policy) { p.AnnualRate = money.Rate{} }},
		{"maxMonths", func(p *subsidy.Policy) { p.MaxMonths = 0 }},
		{"maxMonths", func(p *subsidy.Policy) { p.MaxMonths = 121 }},
		{"principalCap", func(p *subsidy.Policy) { p.PrincipalCap = money.Zero }},
		{"amountCap", func(p *subsidy.Policy) { p.AmountCap = money.Fen(-1) }},
		{"accrualEnd", func(p *subsidy.Policy) { p.AccrualEnd = p.DisbursedFrom.AddDays(-1) }},
		{"settlement.everyMonths", func(p *subsidy.Policy) { p.Settlement.EveryMonths = 5 }},
		{"settlement.day", func(p *subsidy.Policy) { p.Settlement.Day = 29 }},
		{"principalBasis", func(p *subsidy.Policy) { p.PrincipalBasis = "" }},
		{"repaymentOrder", func(p *subsidy.Policy) { p.RepaymentOrder = "" }},
		{"dayCount", func(p *subsidy.Policy) { p.DayCount = "ACT/ACT" }},
		{"rounding", func(p *subsidy.Policy) { p.Rounding = "down" }},
		{"clockStart", func(p *subsidy.Policy) { p.ClockStart = "" }},
		{"loanTypes", func(p *subsidy.Policy) { p.LoanTypes = nil }},
		{"loanTypes", func(p *subsidy.Policy) { p.LoanTypes[1] = p.LoanTypes[0] }},
		{"smeClasses", func(p *subsidy.Policy) { p.SMEClasses = nil }},
		{"smeClasses", func(p *subsidy.Policy) { p.SMEClasses = []subsidy.SizeClass{subsidy.Large} }},
		{"sectors", func(p *subsidy.Policy) { p.Sectors = []string{""} }},
		{"handlingBanks", func(p *subsidy.Policy) { p.HandlingBanks = []ident.USCC{bankA, bankA} }},
	} {
		t.Run(v.field+" is named when it cannot stand", func(t *testing.T) {
			err := policy2026(t, v.change).Validate()
			if got := fieldsOf(err); !errors.Is(err, subsidy.ErrPolicy) || !slices.Equal(got, []string{v.field}) {
				t.Errorf("got fields %v of %v", got, err)
			}
		})
	}

	t.Run("all faults are named at once", func(t *testing.T) {
		if got := fieldsOf((subsidy.Policy{}).Validate()); len(got) < 15 {
			t.Errorf("an empty policy has only the faults %v", got)
		}
	})
}

func TestPolicyFixture(t *testing.T) {
	p := policy2026(t)

	t.Run("the notice is in force and the municipal measures are a draft", func(t *testing.T) {
		for _, d := range p.Documents {
			if want := map[string]subsidy.Status{"财金〔2026〕4号": subsidy.InForce, "": subsidy.Draft}[d.Number]; d.Status != want {
				t.Errorf("%s is %s", d.Title, d.Status)
			}
		}
	})

	t.Run("the cap on money is the cap on principal at the rate for the longest time", func(t *testing.T) {
		if got := p.PrincipalCap.Times(p.AnnualRate).Add(p.PrincipalCap.Times(p.AnnualRate)); got.Cmp(p.AmountCap) != 0 || p.MaxMonths != 24 {
			t.Errorf("%s over %d months", got, p.MaxMonths)
		}
	})

	t.Run("every assumption names a field of the record", func(t *testing.T) {
		b, err := fixtures.FS.ReadFile(policyFile)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range p.Assumptions {
			if a.Reason == "" || !strings.Contains(string(b), `"`+a.Field+`":`) {
				t.Errorf("%+v", a)
			}
		}
	})

	t.Run("it may grant holds on its days and not around them", func(t *testing.T) {
		for date, want := range map[string]bool{"2026-01-19": false, "2026-01-20": true, "2029-12-31": true, "2030-01-01": false} {
			if got := p.InForce(day(date)); got != want {
				t.Errorf("%s: %v", date, got)
			}
		}
		expired := policy2026(t, func(p *subsidy.Policy) { p.Status, p.EffectiveTo = subsidy.Expired, calendar.Date{} })
		if expired.InForce(day("2026-06-01")) {
			t.Error("an expired policy is not in force")
		}
	})
}

func TestParsePolicy(t *testing.T) {
	t.Run("canonical JSON comes back the same", func(t *testing.T) {
		p := policy2026(t)
		b, err := canon.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		again, err := subsidy.ParsePolicy(b)
		if err != nil || !same(t, p, again) {
			t.Errorf("%v: %s", err, asJSON(t, again))
		}
	})

	for name, text := range map[string]string{
		"an unknown field":     `{"id":"x","rate":"0.015"}`,
		"a number for a rate":  `{"annualRate":0.015}`,
		"a day that is not":    `{"effectiveFrom":"2026-02-29"}`,
		"three decimals":       `{"amountCap":"1500000.001"}`,
		"a bank that is not":   `{"handlingBanks":["913702009900000335"]}`,
		"an empty object":      `{}`,
		"no JSON":              `subsidy`,
		"something after it":   `{} {}`,
		"a name written twice": `{"id":"x","id":"y"}`,
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			if _, err := subsidy.ParsePolicy([]byte(text)); !errors.Is(err, subsidy.ErrPolicy) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// FuzzPolicy reads any text as a policy; one that is valid comes back the same from its canonical
// form, and quotes a loan within its caps.
func FuzzPolicy(f *testing.F) {
	seed, err := fixtures.FS.ReadFile(policyFile)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	for _, s := range [][2]string{{"ACT/360", "30/360"}, {"cumulative", "outstanding"}, {`: "eligible-first"`, `: "eligible-last"`}, {`"everyMonths": 3`, `"everyMonths": 0`}, {"0.015", "1"}, {"24", "120"}} {
		f.Add([]byte(strings.Replace(string(seed), s[0], s[1], 1)))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := subsidy.ParsePolicy(b)
		if err != nil {
			if !errors.Is(err, subsidy.ErrPolicy) {
				t.Fatalf("untyped error %v", err)
			}
			return
		}
		text, err := canon.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		again, err := subsidy.ParsePolicy(text)
		if err != nil || !same(t, p, again) {
			t.Fatalf("%v after %s", err, text)
		}
		q := subsidy.Quote(p, subsidy.Account{}, fixedAsset("50000000.00", repaid("2026-07-01", "20000000.00")))
		if p.AmountCap.Less(q.Amount) || p.PrincipalCap.Less(q.EligiblePrincipal) || q.Eligible != q.Amount.IsPositive() {
			t.Fatalf("%+v under %s", q, text)
		}
	})
}
