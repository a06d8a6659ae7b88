package fabric_test

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"decore/adapters/fabric"
	"decore/adapters/fabric/connection"
	"decore/adapters/ledger"
	"decore/adapters/ledger/conformance"
	"decore/network/cluster"
	"decore/network/cluster/clustertest"
)

// suite is the label of the suite's program on the network.
const suite = "suite"

// TestConformance gives each scenario a ledger of its own: a chaincode of its own name, whose keys and blocks
// no other sees, over one package on one network.
func TestConformance(t *testing.T) {
	n := clustertest.Up(t, cluster.Options{Orgs: []string{"platform", "bankA", "bureau"}})
	names := deploySuite(t, n, conformance.Scenarios())
	places := map[string]string{}
	conformance.Run(t, conformance.Engine{
		Own: "PlatformMSP", Other: "BankAMSP",
		Open: func(t *testing.T, place string) ledger.Ledger {
			if places[place] == "" {
				places[place] = names[len(places)]
			}
			return open(t, n, "PlatformMSP", places[place])
		},
	})
}

func deploySuite(t *testing.T, n *cluster.Network, count int) []string {
	t.Helper()
	names := make([]string, count)
	for i := range names {
		names[i] = fmt.Sprintf("%s%02d", suite, i)
	}
	started := time.Now()
	err := n.Deploy(t.Context(), cluster.Chaincode{
		Label: suite, Names: names, Binary: clustertest.Build(t, "decore/adapters/ledger/conformance/chaincode"),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d chaincodes deployed in %v", count, time.Since(started))
	return names
}

// open opens a client of an organisation to a chaincode.
func open(t *testing.T, n *cluster.Network, org, chaincode string) *fabric.Client {
	t.Helper()
	conn, err := connection.Read(n.ConnectionFile(org))
	if err != nil {
		t.Fatal(err)
	}
	conn.Chaincode = chaincode
	c, err := fabric.Open(t.Context(), conn, fabric.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}
