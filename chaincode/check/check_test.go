package check_test

import (
	"testing"

	"decore/chaincode/check"
)

func TestTheWorstVerdictCounts(t *testing.T) {
	order := []check.Verdict{check.Pass, check.Unknown, check.Warn, check.Fail}
	if got := check.Worst(nil); got != check.Pass {
		t.Errorf("of none: %s", got)
	}
	for i, a := range order {
		for j, b := range order {
			if got := check.Worst([]check.Finding{{Verdict: a}, {Verdict: b}}); got != order[max(i, j)] {
				t.Errorf("of %s and %s: %s", a, b, got)
			}
		}
	}
}
