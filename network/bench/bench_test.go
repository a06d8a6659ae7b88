package bench_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"decore/network/bench"
)

// The smallest bench there is: nothing is asserted of how fast anything went.
func TestABenchFillsInEveryFigure(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	report, err := bench.Run(ctx, bench.Options{
		Orgs: []string{"bureau", "platform", "bankA"}, Duration: time.Second, RawCallers: []int{4}, Raw50Callers: []int{2},
		BulkCallers: []int{1}, Single: []int{4}, Bulk: 10, Alone: 3, Banks: 4, Grow: 40, GrowStep: 20,
		Progress: func(step string, count int) {
			if count == 0 {
				t.Log(step)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range slices.Concat(report.Raw, report.Raw50, report.Bulk, report.Single, []bench.Measured{report.Contention}) {
		if m.PerSecond <= 0 || m.P50 <= 0 || m.P99 < m.P50 || m.Transactions <= 0 || m.CPU["peers"] < 0 || len(m.CPU) < 5 {
			t.Errorf("%s: %+v", m.Name, m)
		}
		if m.Failed > 0 {
			t.Errorf("%s: %d calls failed: %s", m.Name, m.Failed, m.Fault)
		}
	}
	for _, r := range []bench.Rate{report.Alone, report.Verifications.Fabric, report.Verifications.Embedded} {
		if r.PerSecond <= 0 || r.P50 <= 0 || r.Failed > 0 {
			t.Errorf("%s: %+v", r.Name, r)
		}
	}
	if report.Lag.P99 <= 0 || report.Lag.P50 > report.Lag.P99 {
		t.Errorf("lag: %+v", report.Lag)
	}
	if len(report.Growth) < 2 || report.Growth[1].PerSecond <= 0 {
		t.Errorf("growth: %+v", report.Growth)
	}
	for _, target := range report.Targets {
		if target.Have <= 0 && !target.Most {
			t.Errorf("%+v", target)
		}
	}
	var table bytes.Buffer
	if err := report.Print(&table); err != nil || !strings.Contains(table.String(), "TARGET") {
		t.Errorf("%v\n%s", err, table.String())
	}
}
