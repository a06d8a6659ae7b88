package fabric_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"decore/adapters/fabric"
	"decore/adapters/fabric/connection"
	"decore/adapters/ledger"
	"decore/adapters/ledger/conformance"
	"decore/chaincode/contract"
	"decore/chaincode/protocol"
	"decore/network/cluster"
	"decore/network/cluster/clustertest"
)

// suite is the label of the suite's program on the network.
const suite = "suite"

// TestOnANetwork asks a client everything that only a real network can answer.
func TestOnANetwork(t *testing.T) {
	n := clustertest.Up(t, cluster.Options{Orgs: []string{"platform", "bankA", "bureau"}})
	names := deploySuite(t, n, conformance.Scenarios()+2)
	name, fresh, names := names[0], names[1], names[2:]
	t.Run("conformance", func(t *testing.T) { conforms(t, n, names) })
	t.Run("a closed client leaves no goroutine behind", func(t *testing.T) { leavesNothing(t, n, name) })
	t.Run("each organisation has its own copy alone", func(t *testing.T) { ownCopies(t, n, name) })
	t.Run("a transaction that is dated back is refused", func(t *testing.T) { datedBack(t, n, fresh) })
	t.Run("a network that is not there is no error", func(t *testing.T) { notThere(t, n, name) })
}

// conforms gives each scenario a ledger of its own: a chaincode of its own name, whose keys and transactions no
// other sees, over one package on one network.
func conforms(t *testing.T, n *cluster.Network, names []string) {
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

func leavesNothing(t *testing.T, n *cluster.Network, name string) {
	before := runtime.NumGoroutine()
	for i := range 3 {
		c := open(t, n, "PlatformMSP", name)
		submit(t, c, "goroutines"+strconv.Itoa(i), conformance.Step{Do: "add", Key: "n"})
		if err := errors.Join(c.Health(t.Context()), c.Close()); err != nil {
			t.Fatal(err)
		}
	}
	until(t.Context(), t, "all goroutines to end", func() bool { return runtime.NumGoroutine() <= before })
}

func ownCopies(t *testing.T, n *cluster.Network, name string) {
	platform, bank := open(t, n, "PlatformMSP", name), open(t, n, "BankAMSP", name)
	submit(t, platform, "copies", conformance.Step{Do: "put private", Org: "BankAMSP", Key: "p", Value: "for the bank"})
	until(t.Context(), t, "the bank's copy", func() bool {
		values, err := bank.Private(t.Context(), "BankAMSP", "p")
		return err == nil && string(values[0]) == "for the bank"
	})
	for _, c := range []struct {
		client *fabric.Client
		org    string
	}{{platform, "BankAMSP"}, {bank, "PlatformMSP"}, {bank, "NobodyMSP"}} {
		if _, err := c.client.Private(t.Context(), c.org, "p"); !errors.Is(err, ledger.ErrNotEntitled) {
			t.Errorf("collection of %s: got %v, want ErrNotEntitled", c.org, err)
		}
	}
	// A dishonest client takes another organisation's peer for its own.
	conn := connectionOf(t, n, "PlatformMSP", name)
	for i := range conn.Peers {
		swap := map[string]string{"PlatformMSP": "BankAMSP", "BankAMSP": "PlatformMSP"}
		if other, ok := swap[conn.Peers[i].Org]; ok {
			conn.Peers[i].Org = other
		}
	}
	if values, err := openWith(t, conn, fabric.Options{}).Private(t.Context(), "PlatformMSP", "p"); !errors.Is(err, ledger.ErrNotEntitled) {
		t.Errorf("at another organisation's peer: got %q, %v, want ErrNotEntitled", values, err)
	}
}

// datedBack needs a chaincode without transactions: a client goes by the newest that it sees.
func datedBack(t *testing.T, n *cluster.Network, fresh string) {
	late := func() time.Time { return time.Now().Add(-10 * time.Minute) }
	c := openWith(t, connectionOf(t, n, "PlatformMSP", fresh), fabric.Options{Clock: late})
	_, err := c.Submit(t.Context(), batch("late", conformance.Step{Do: "add", Key: "n"}))
	var refused *fabric.RefusedError
	if !errors.As(err, &refused) || refused.Status != protocol.Clock || !errors.Is(err, ledger.ErrUnavailable) {
		t.Errorf("got %v, want a refusal for the clock", err)
	}
}

func notThere(t *testing.T, n *cluster.Network, name string) {
	conn := connectionOf(t, n, "PlatformMSP", name)
	for i := range conn.Peers {
		conn.Peers[i].Address = "127.0.0.1:1"
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	c, err := fabric.Open(ctx, conn, fabric.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	_, read := c.Get(t.Context(), "k")
	_, write := c.Submit(t.Context(), batch("away", conformance.Step{Do: "add", Key: "n"}))
	follow := c.Follow(t.Context(), 1, func(*ledger.Block) error { return nil })
	for what, err := range map[string]error{"read": read, "write": write, "follow": follow, "health": c.Health(t.Context())} {
		if !errors.Is(err, ledger.ErrUnavailable) {
			t.Errorf("%s: got %v, want ErrUnavailable", what, err)
		}
	}
}

func deploySuite(t testing.TB, n *cluster.Network, count int) []string {
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

// batch is one command made of steps.
func batch(id string, steps ...conformance.Step) contract.Batch {
	raw, err := json.Marshal(conformance.Command{ID: id, Steps: steps})
	if err != nil {
		panic(err)
	}
	return contract.Batch{Commands: []string{string(raw)}}
}

func submit(t *testing.T, c *fabric.Client, id string, steps ...conformance.Step) {
	t.Helper()
	if _, err := c.Submit(t.Context(), batch(id, steps...)); err != nil {
		t.Fatal(err)
	}
}

// open opens a client of an organisation to a chaincode.
func open(t testing.TB, n *cluster.Network, org, chaincode string) *fabric.Client {
	t.Helper()
	return openWith(t, connectionOf(t, n, org, chaincode), fabric.Options{})
}

func connectionOf(t testing.TB, n *cluster.Network, org, chaincode string) connection.Connection {
	t.Helper()
	conn, err := connection.Read(n.ConnectionFile(org))
	if err != nil {
		t.Fatal(err)
	}
	conn.Chaincode = chaincode
	return conn
}

func openWith(t testing.TB, conn connection.Connection, o fabric.Options) *fabric.Client {
	t.Helper()
	o.Log = slog.New(slog.DiscardHandler)
	c, err := fabric.Open(t.Context(), conn, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}
