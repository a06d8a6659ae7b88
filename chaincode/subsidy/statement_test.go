package subsidy_test

import (
	"testing"

	"decore/chaincode/subsidy"
)

func TestStatement(t *testing.T) {
	p := policy2026(t)
	l1, l2 := goldenYear(), fixedAsset("30000000.00", named("LN-2", bankB))
	a, c1 := mustHold(t, p, subsidy.Account{}, l1)
	c1 = c1.Stamped(subsidy.Stamp{On: day("2026-04-08"), By: bankA, Command: "C-1"})
	a, c2 := mustHold(t, p, a, l2)
	c2 = c2.Stamped(subsidy.Stamp{On: day("2026-04-08"), By: bankB, Command: "C-2"})
	a, c1 = mustAccrue(t, p, a, c1, l1, "2026-06-20")
	c1 = c1.Stamped(subsidy.Stamp{On: day("2026-06-21"), By: bankA, Command: "C-3"})

	t.Run("of all claims it is the whole account in the order of booking", func(t *testing.T) {
		lines := subsidy.Statement(household, map[string]subsidy.Claim{"SUB-2": c2, "SUB-1": c1})
		if len(lines) != 3 || lines[0].Claim != "SUB-1" || lines[1].Claim != "SUB-2" || lines[2].Command != "C-3" || !a.Whole(lines) {
			t.Fatalf("got %s", asJSON(t, lines))
		}
		wantTotals(t, lines[2].Balance, "38000000.00", "1009833.34", "24333.33", "0.00", "0.00")
	})
	t.Run("of one bank's claims it is a part", func(t *testing.T) {
		lines := subsidy.Statement(household, map[string]subsidy.Claim{"SUB-2": c2})
		if len(lines) != 1 || a.Whole(lines) {
			t.Errorf("got %s", asJSON(t, lines))
		}
		if empty := subsidy.Statement(household, nil); empty == nil || len(empty) != 0 || !(subsidy.Account{}).Whole(empty) || a.Whole(empty) {
			t.Error("an account without bookings")
		}
	})
}
