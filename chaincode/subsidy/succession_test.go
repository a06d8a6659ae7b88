package subsidy_test

import (
	"testing"

	"decore/chaincode/ident"
	"decore/chaincode/subsidy"
)

func TestSucceed(t *testing.T) {
	p := policy2026(t)
	const heir = "91370200990000017E"
	a, c := mustHold(t, p, subsidy.Account{}, goldenYear())
	own, ownClaim := mustHold(t, p, subsidy.Account{}, fixedAsset("45000000.00", named("LN-2", bankB), func(l *subsidy.Loan) { l.Household = heir }))
	ended, joined, err := subsidy.Succeed(p.ID, a, own, household, heir)
	if err != nil {
		t.Fatal(err)
	}

	t.Run("sums both, even above a cap, and leaves no room then", func(t *testing.T) {
		equalAmount(t, "principal", joined.Principal, "53000000.00")
		equalAmount(t, "principal room", joined.PrincipalRoom(p), "0.00")
		equalAmount(t, "used", joined.Used, a.Used.Add(own.Used).String())
		if joined.Entries != 2 || ended.Successor != heir || !ended.Used.IsZero() {
			t.Errorf("joined %s, ended %s", asJSON(t, joined), asJSON(t, ended))
		}
	})
	t.Run("and tells by how much it is above each cap", func(t *testing.T) {
		over := joined.Over(policy2026(t, func(p *subsidy.Policy) { p.AmountCap = yuan("1000000.00") }))
		equalAmount(t, "principal above the cap", over.Principal, "3000000.00")
		equalAmount(t, "used above the cap", over.Used, "490416.67")
		if none := a.Over(p); !none.Principal.IsZero() || !none.Used.IsZero() {
			t.Errorf("an account below both caps is above them by %+v", none)
		}
	})
	t.Run("a claim that is passed on goes on in the heir's account", func(t *testing.T) {
		inherited, l := c.Inherited(goldenYear(), subsidy.Passage{From: household, To: heir, Last: a.Entries, First: own.Entries})
		after, inherited := mustAccrue(t, p, joined, inherited, l, "2026-06-20")
		equalAmount(t, "accrued", inherited.Accrued, "24333.33")
		equalAmount(t, "used", after.Used, joined.Used.String())
		if !inherited.Balanced() {
			t.Error("it is not balanced")
		}
	})
	t.Run("neither statement's past changes: one line in each tells what passed", func(t *testing.T) {
		was := subsidy.Statement(heir, map[string]subsidy.Claim{"SUB-2": ownClaim})
		passed, l := c.Inherited(goldenYear(), subsidy.Passage{From: household, To: heir, Last: a.Entries, First: own.Entries, On: day("2026-05-01"), By: bankB, Command: "C-9", Document: "合并登记"})
		after, passed := mustAccrue(t, p, joined, passed, l, "2026-06-20")
		lines := subsidy.Statement(heir, map[string]subsidy.Claim{"SUB-1": passed, "SUB-2": ownClaim})
		if len(lines) != 3 || !same(t, lines[0], was[0]) || lines[1].Verb != subsidy.PassedIn || lines[1].Other != household || lines[1].Reason != "合并登记" || lines[1].By != bankB ||
			lines[1].No != 2 || lines[2].No != 3 || !after.Whole(lines) {
			t.Errorf("the heir's: %s", asJSON(t, lines))
		}
		old := subsidy.Statement(household, map[string]subsidy.Claim{"SUB-1": passed})
		if len(old) != 2 || old[0].Verb != subsidy.VerbHold || old[1].Verb != subsidy.PassedOut || old[1].Other != heir || !old[1].Balance.Used().IsZero() || !ended.Whole(old) {
			t.Errorf("the old household's: %s", asJSON(t, old))
		}
	})
	t.Run("on each day it was in one household's account", func(t *testing.T) {
		const third = "91370200990000025A"
		once, l := c.Inherited(goldenYear(), subsidy.Passage{From: household, To: heir, On: day("2026-05-01")})
		twice, _ := once.Inherited(l, subsidy.Passage{From: heir, To: third, On: day("2026-07-01")})
		for _, v := range []struct {
			day  string
			want ident.USCC
		}{{"2026-04-30", household}, {"2026-05-01", household}, {"2026-05-02", heir}, {"2026-07-01", heir}, {"2026-07-02", third}} {
			if got := twice.HouseholdBefore(day(v.day)); got != v.want {
				t.Errorf("before %s: %s, want %s", v.day, got, v.want)
			}
		}
		if got := c.HouseholdBefore(day("2026-05-02")); got != household {
			t.Errorf("without a passage: %s", got)
		}
	})
	t.Run("a statement is not whole without a booking of the heir's own that came before the passage, though it draws nothing", func(t *testing.T) {
		l := fixedAsset("1000000.00", named("LN-3", bankB), func(l *subsidy.Loan) { l.Household = heir })
		before, gone := mustHold(t, p, own, l)
		before, gone, err := subsidy.Release(p, before, gone, l)
		if err != nil {
			t.Fatal(err)
		}
		_, joined, err := subsidy.Succeed(p.ID, a, before, household, heir)
		if err != nil {
			t.Fatal(err)
		}
		passed, _ := c.Inherited(goldenYear(), subsidy.Passage{From: household, To: heir, Last: a.Entries, First: before.Entries, Command: "C-9"})
		all := map[string]subsidy.Claim{"SUB-1": passed, "SUB-2": ownClaim, "SUB-3": gone}
		if !joined.Whole(subsidy.Statement(heir, all)) {
			t.Error("all of it is not whole")
		}
		delete(all, "SUB-3")
		if joined.Whole(subsidy.Statement(heir, all)) {
			t.Error("it is whole without one of its claims")
		}
	})
	t.Run("the ended account takes no hold and leaves no room", func(t *testing.T) {
		if _, _, err := subsidy.Hold(p, ended, fixedAsset("1000.00", named("LN-3", bankA))); codeOf(t, err) != subsidy.Mismatch {
			t.Errorf("got %v", err)
		}
		equalAmount(t, "room", ended.Room(p), "0.00")
	})
	t.Run("it consists of its claims, all of them", func(t *testing.T) {
		if !a.Consists([]subsidy.Claim{c}) || a.Consists(nil) || a.Consists([]subsidy.Claim{c, c}) {
			t.Error("it is taken to consist of others")
		}
	})
	for name, do := range map[string]func() error{
		"of itself":             func() error { _, _, err := subsidy.Succeed(p.ID, a, a, household, household); return err },
		"twice":                 func() error { _, _, err := subsidy.Succeed(p.ID, ended, joined, household, heir); return err },
		"by one that has ended": func() error { _, _, err := subsidy.Succeed(p.ID, joined, ended, heir, household); return err },
		"of another household":  func() error { _, _, err := subsidy.Succeed(p.ID, own, a, household, heir); return err },
		"under another policy":  func() error { _, _, err := subsidy.Succeed("other", a, own, household, heir); return err },
		"by nobody":             func() error { _, _, err := subsidy.Succeed(p.ID, a, own, household, ""); return err },
	} {
		t.Run("is refused "+name, func(t *testing.T) {
			if err := do(); codeOf(t, err) != subsidy.Mismatch {
				t.Errorf("got %v", err)
			}
		})
	}
}
