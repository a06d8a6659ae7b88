package fabric_test

import (
	"context"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"decore/adapters/fabric"
	"decore/adapters/ledger/conformance"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/network/cluster"
	"decore/network/cluster/clustertest"
)

// A bank whose peer is away holds nobody up, and misses nothing that somebody else still has.
func TestAPeerThatWasAwayGetsCopiesOfWhatWasWrittenToItsCollection(t *testing.T) {
	n := clustertest.Up(t, cluster.Options{Orgs: []string{"platform", "bankA", "bureau"}})
	name := deploySuite(t, n, 1)[0]
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	platform := open(t, n, "PlatformMSP", name)
	put := func(id string, steps ...conformance.Step) {
		t.Helper()
		raw, err := json.Marshal(conformance.Command{ID: id, Steps: steps})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := platform.Submit(ctx, contract.Batch{Commands: []string{string(raw)}}); err != nil {
			t.Fatal(err)
		}
	}
	private := func(org, key, value string) conformance.Step {
		return conformance.Step{Do: "put private", Org: org, Key: key, Value: value}
	}
	put("here", private("BankAMSP", "early", "came in time"))
	if err := n.Kill(ctx, "peer.BankAMSP"); err != nil {
		t.Fatal(err)
	}
	put("away", private("PlatformMSP", "k", "both have it"), private("BankAMSP", "k", "both have it"),
		private("PlatformMSP", "other", "mine"), private("BankAMSP", "other", "yours"), private("BankAMSP", "alone", "nobody else has it"))
	put("seen", conformance.Step{Do: "put", Key: "public", Value: "x"})
	if err := n.Start(ctx, "peer.BankAMSP"); err != nil {
		t.Fatal(err)
	}
	bank, bureau := open(t, n, "BankAMSP", name), open(t, n, "BureauMSP", name)
	until(ctx, t, "the bank's peer to catch up", func() bool {
		values, err := bank.Get(ctx, "public")
		return err == nil && values[0] != nil
	})
	own := func(c *fabric.Client, org, key string) string {
		t.Helper()
		values, err := c.Private(ctx, org, key)
		if err != nil {
			t.Fatal(err)
		}
		return string(values[0])
	}
	if got := own(bank, "BankAMSP", "early"); got != "came in time" {
		t.Errorf("what came in time is %q", got)
	}
	if got := own(bank, "BankAMSP", "k"); got != "" {
		t.Errorf("what was written while the peer was away has come: %q", got)
	}
	commit := func(s string) evidence.Commitment { return evidence.Commit([]byte(s)) }
	wanted := map[string]evidence.Commitment{"k": commit("both have it"), "other": commit("yours"), "alone": commit("nobody else has it"), "none": commit("x")}
	copies, err := bank.Copies(ctx, wanted)
	if err != nil || len(copies) != 1 || string(copies["k"]) != "both have it" {
		t.Errorf("copies: %q %v", copies, err)
	}
	wanted["other"] = commit("mine") // which is the platform's and was never written for the bank
	if copies, err := bank.Copies(ctx, wanted); err != nil || copies["other"] != nil {
		t.Errorf("copies: %q %v", copies, err)
	}
	if copies, err := bureau.Copies(ctx, wanted); err != nil || len(copies) != 0 {
		t.Errorf("copies for whom nothing was written: %q %v", copies, err)
	}
}
