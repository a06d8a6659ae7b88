package subsidy_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"decore/chaincode/subsidy"
)

// Every bank with a claim in it reads an account as it stands in private data, so what its JSON has is what rivals learn.
func TestAnAccountTellsABankWhatIsDrawnOnTheCapsAndNotWhatBecameOfOtherBanksLoans(t *testing.T) {
	p := policy2026(t)
	a, c := mustHold(t, p, subsidy.Account{}, goldenYear())
	a, c = mustAccrue(t, p, a, c, goldenYear(), "2026-06-20")
	a, _, err := subsidy.ClawBack(a, c)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal([]byte(asJSON(t, a)), &fields); err != nil {
		t.Fatal(err)
	}
	want := []string{"entries", "household", "policy", "principal", "used"}
	if got := slices.Sorted(maps.Keys(fields)); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
