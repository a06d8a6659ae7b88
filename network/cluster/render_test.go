package cluster

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// sample is a network in a folder whose name YAML would misread, were it not quoted.
func sample(t *testing.T, o Options) *Network {
	t.Helper()
	return newNetwork(filepath.Join(t.TempDir(), `a "folder": #1`), planned(t, o))
}

// parsed reads a rendered file.
func parsed(t *testing.T, name string, data any) map[string]any {
	t.Helper()
	raw, err := render(name, data)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := yaml.Unmarshal(raw, &out); err != nil {
		t.Fatalf("%v in\n%s", err, raw)
	}
	return out
}

// value goes down a path such as "peer.tls.enabled".
func value(o map[string]any, path string) any {
	var v any = o
	for _, key := range strings.Split(path, ".") {
		m, _ := v.(map[string]any)
		v = m[key]
	}
	return v
}

func expect(t *testing.T, o map[string]any, want map[string]any) {
	t.Helper()
	for path, w := range want {
		if got := value(o, path); got != w {
			t.Errorf("%s is %v (%T), want %v", path, got, got, w)
		}
	}
}

func TestThePeersConfiguration(t *testing.T) {
	n := sample(t, Options{Orgs: []string{"bureau", "bankA"}})
	node := n.peerOf("BankAMSP")
	c := nodeConfig{Node: node, Crypto: n.crypto("BankAMSP", "peer"), Data: n.nodeDir(node.Name), Builder: n.builderDir()}
	expect(t, parsed(t, "core.yaml", c), map[string]any{
		"peer.localMspId":                "BankAMSP",
		"peer.mspConfigPath":             n.crypto("BankAMSP", "peer", "msp"),
		"peer.address":                   node.Address,
		"peer.authentication.timewindow": "15m",
		"peer.gossip.pvtData.skipPullingInvalidTransactionsDuringCommit": true,
		"peer.gossip.pvtData.pushAckTimeout":                             "3s",
		"peer.gossip.pvtData.pullRetryThreshold":                         "300ms",
		"chaincode.runtimeParams.useWriteBatch":                          true,
		"chaincode.runtimeParams.useGetMultipleKeys":                     true,
		"ledger.state.stateDatabase":                                     "goleveldb",
		"ledger.history.enableHistoryDatabase":                           true,
		"operations.listenAddress":                                       node.Operations,
		"vm.endpoint":                                                    "",
	})
	c.Demonstration = true
	expect(t, parsed(t, "core.yaml", c), map[string]any{"peer.authentication.timewindow": "876000h"})
}

func TestTheOrderersConfiguration(t *testing.T) {
	n := sample(t, Options{})
	node, err := n.plan().node("orderer1")
	if err != nil {
		t.Fatal(err)
	}
	c := nodeConfig{Node: node, Crypto: n.crypto(ordererOrg, node.Name), Data: n.nodeDir(node.Name)}
	got := parsed(t, "orderer.yaml", c)
	expect(t, got, map[string]any{
		"General.ListenAddress": host, "General.LocalMSPID": ordererOrg, "Admin.ListenAddress": node.Admin,
		"Admin.TLS.ClientAuthRequired": true, "Operations.ListenAddress": node.Operations,
		"FileLedger.Location": filepath.Join(n.nodeDir("orderer1"), "ledger"),
	})
	if port, _ := value(got, "General.ListenPort").(int); !strings.HasSuffix(node.Address, ":"+strconv.Itoa(port)) {
		t.Errorf("port %v, want that of %s", port, node.Address)
	}
}

func TestTheChannelsFounding(t *testing.T) {
	for name, test := range map[string]struct {
		o    Options
		want map[string]any
	}{
		"by raft": {Options{Orderers: 3}, map[string]any{"Orderer.OrdererType": "etcdraft", "Capabilities.V2_0": true}},
		"by SmartBFT": {Options{BFT: true}, map[string]any{
			"Orderer.OrdererType": "BFT", "Capabilities.V3_0": true, "Orderer.SmartBFT.RequestForwardTimeout": "150ms",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			got := parsed(t, "configtx.yaml", sample(t, test.o).founding())
			channel, _ := value(got, "Profiles.Channel").(map[string]any)
			expect(t, channel, test.want)
			expect(t, channel, map[string]any{
				"Orderer.BatchTimeout": "50ms", "Orderer.BatchSize.MaxMessageCount": 500,
				"Orderer.BatchSize.PreferredMaxBytes":            "512 KB",
				"Application.Capabilities.V2_5":                  true,
				"Application.Policies.LifecycleEndorsement.Rule": "MAJORITY Endorsement",
				"Orderer.Policies.BlockValidation.Rule":          "ANY Writers",
				"Orderer.Policies.Admins.Rule":                   "MAJORITY Admins",
			})
			orgs, _ := got["Organizations"].([]any)
			bank, _ := orgs[3].(map[string]any)
			expect(t, bank, map[string]any{"ID": "BankAMSP", "Policies.Endorsement.Rule": "OR('BankAMSP.peer')"})
			if anchors, _ := bank["AnchorPeers"].([]any); len(orgs) != 6 || len(anchors) != 1 {
				t.Errorf("%d organisations, anchors %v", len(orgs), bank["AnchorPeers"])
			}
		})
	}
}
