package faults_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"decore/fixtures"
	"decore/gateway/consortium"
	"decore/network/cluster"
	"decore/network/cluster/clustertest"
)

// The organisations of these networks. The leader's peer takes part in no transaction of the load.
const (
	bureau   = "BureauMSP"
	platform = "PlatformMSP"
	leader   = "LeaderMSP"
)

// stage is a network with the gateways of the bureau and of the platform, where the suppliers are.
type stage struct {
	t       *testing.T // of the whole test: what is started in a part of it outlives that part
	net     *cluster.Network
	program string // the gateway
	data    string
	own     *gateway // the platform's, to which the load goes
}

func setUp(t *testing.T, o cluster.Options) *stage {
	t.Helper()
	o.Orgs = []string{"bureau", "platform", "leader"}
	s := &stage{t: t, net: clustertest.Up(t, o), program: clustertest.Build(t, "decore/gateway"), data: t.TempDir()}
	s.writePlan(t)
	for _, org := range []string{bureau, platform, leader} {
		s.run(t, "keys", "--org", org, "--data", s.folder(org), s.plan())
	}
	s.start(t, bureau)
	s.own = s.start(t, platform)
	return s
}

func (s *stage) folder(org string) string { return filepath.Join(s.data, org) }

func (s *stage) plan() string { return filepath.Join(s.data, "plan.json") }

// writePlan takes the example's consortium without its banks.
func (s *stage) writePlan(t *testing.T) {
	t.Helper()
	plan, err := consortium.Read(fixtures.FS, "consortium/qingdao.json")
	must(t, err)
	plan.Orgs = []string{bureau, platform, leader}
	plan.Parties = slices.DeleteFunc(plan.Parties, func(m consortium.Member) bool { return !slices.Contains(plan.Orgs, m.Org) })
	raw, err := json.Marshal(plan)
	must(t, err)
	must(t, os.WriteFile(s.plan(), raw, 0o600))
}

// patience bounds every waiting; only what hangs meets it.
const patience = time.Minute

// await waits until a condition holds.
func await(t *testing.T, what string, holds func(context.Context) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for !holds(ctx) {
		select {
		case <-ctx.Done():
			t.Fatalf("waited in vain for %s", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
