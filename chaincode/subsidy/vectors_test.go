package subsidy_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"decore/chaincode/calendar"
	"decore/chaincode/lifecycle"
	"decore/chaincode/money"
	"decore/chaincode/subsidy"
	"decore/fixtures"
)

// vector is a worked example with the clause that it shows. Its amounts were not computed by this package.
type vector struct {
	Name, Ground, Why string
	Policy            json.RawMessage // settings that differ from the fixture policy
	Loan              json.RawMessage
	Steps             []struct {
		Do      string
		Through calendar.Date
		Amount  money.Amount
		Loan    json.RawMessage // facts that are learnt
	}
	Lines  []string // of all entries: from, to, days, amount, and "adjusts"
	Totals map[string]string
	State  lifecycle.State
	Causes []subsidy.Cause // of the last facts that were learnt
}

// merged returns v with the fields of a JSON object set.
func merged[T any](t *testing.T, v T, changes json.RawMessage) T {
	t.Helper()
	if len(changes) > 0 {
		if err := json.Unmarshal(changes, &v); err != nil {
			t.Fatal(err)
		}
	}
	return v
}

func TestVectors(t *testing.T) {
	raw, err := fixtures.FS.ReadFile("vectors/subsidy.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []vector
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	for _, v := range all {
		t.Run(v.Name+" ("+v.Ground+")", func(t *testing.T) {
			if v.Ground == "" || v.Why == "" {
				t.Error("no ground or no calculation is given")
			}
			a, c, causes := v.play(t)
			v.compare(t, a, c)
			if !slices.Equal(causes, v.Causes) && len(v.Causes) > 0 {
				t.Errorf("causes %q, want %q", causes, v.Causes)
			}
		})
	}
}

func (v vector) play(t *testing.T) (a subsidy.Account, c subsidy.Claim, causes []subsidy.Cause) {
	p := merged(t, policy2026(t), v.Policy)
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	l := merged(t, fixedAsset("1.00"), v.Loan)
	for _, s := range v.Steps {
		var err error
		switch s.Do {
		case "hold":
			a, c, err = subsidy.Hold(p, a, l)
		case "learn":
			before := l
			l = merged(t, l, s.Loan)
			causes = subsidy.Causes(before, l)
			err = l.Validate()
		case "accrue":
			a, c, _, err = subsidy.Accrue(p, a, c, l, s.Through)
		case "top-up":
			a, c, _, err = subsidy.TopUp(p, p, a, c, l, s.Through)
		case "reduce":
			a, c, _, err = subsidy.Reduce(p, a, c, l)
		case "correct":
			a, c, _, err = subsidy.Correct(p, a, c, l)
		case "restate":
			a, c, _, err = subsidy.Restate(p, a, c, l)
		case "settle":
			a, c, err = subsidy.Settle(p, a, c, l, s.Amount)
		case "release":
			a, c, err = subsidy.Release(p, a, c, l)
		case "claw-back":
			a, c, err = subsidy.ClawBack(a, c)
		default:
			t.Fatalf("no step %q", s.Do)
		}
		if err != nil {
			t.Fatalf("%s: %v", s.Do, err)
		}
	}
	return a, c, causes
}

func (v vector) compare(t *testing.T, a subsidy.Account, c subsidy.Claim) {
	t.Helper()
	var lines []string
	for _, e := range c.Entries {
		for _, l := range e.Lines {
			line := fmt.Sprintf("%s %s %d %s", l.From, l.To, l.Days, l.Amount)
			if l.Adjusts {
				line += " adjusts"
			}
			lines = append(lines, line)
		}
	}
	if !slices.Equal(lines, v.Lines) {
		t.Errorf("lines:\n got %q\nwant %q", lines, v.Lines)
	}
	for field, got := range map[string]money.Amount{"held": c.Held, "accrued": c.Accrued, "settled": c.Settled, "clawedBack": c.ClawedBack, "released": c.Released} {
		equalAmount(t, field, got, v.Totals[field])
	}
	if v.State != "" {
		wantState(t, c, v.State)
	}
	if !c.Balanced() || !same(t, a.Drawn, c.Drawn()) {
		t.Errorf("the entries don't explain %s, or the account is not its one claim: %s", asJSON(t, c), asJSON(t, a))
	}
}
