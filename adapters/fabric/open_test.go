package fabric_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"

	"decore/adapters/fabric"
	"decore/adapters/fabric/connection"
	"decore/adapters/ledger"
)

func ExampleOpen() {
	conn, err := connection.Read("connections/PlatformMSP.json")
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	client, err := fabric.Open(ctx, conn, fabric.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Close() }()
	head, err := client.Head(ctx)
	fmt.Println(head.Number, err)
}

func TestOpenRefuses(t *testing.T) {
	good, other := fabric.SelfSigned(t), fabric.SelfSigned(t)
	for name, spoil := range map[string]func(*connection.Connection){
		"no channel":                      func(c *connection.Connection) { c.Channel = "" },
		"no peer of the own organisation": func(c *connection.Connection) { c.Org = "BankAMSP" },
		"a certificate not in PEM":        func(c *connection.Connection) { c.Identity.Certificate = "certificate" },
		"a certificate that is none":      func(c *connection.Connection) { c.Identity.Certificate = fabric.AsPEM("CERTIFICATE", []byte("none")) },
		"a key not in PEM":                func(c *connection.Connection) { c.Identity.Key = "secret" },
		"a key that is none":              func(c *connection.Connection) { c.Identity.Key = good.Certificate },
		"another identity's key":          func(c *connection.Connection) { c.Identity.Key = other.Key },
		"an address without a port":       func(c *connection.Connection) { c.Peers[0].Address = "localhost" },
		"a node without TLS certificate":  func(c *connection.Connection) { c.Orderers[0].TLSRoots = "" },
	} {
		t.Run(name, func(t *testing.T) {
			node := connection.Node{Org: "PlatformMSP", Address: "127.0.0.1:1", TLSRoots: good.Certificate}
			c := connection.Connection{
				Channel: "decore", Chaincode: "decore", Org: "PlatformMSP", Regulator: "BureauMSP", Identity: good,
				Peers: []connection.Node{node}, Orderers: []connection.Node{node},
			}
			spoil(&c)
			client, err := fabric.Open(t.Context(), c, fabric.Options{})
			if err == nil {
				_ = client.Close()
				t.Fatal("opened")
			}
			for _, secret := range []string{good.Key, other.Key, "secret"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error tells the key: %v", err)
				}
			}
		})
	}
}

func TestAClientSaysWhyItReachesNobody(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := closed.Addr().String()
	_ = closed.Close()
	good := fabric.SelfSigned(t)
	node := connection.Node{Org: "BureauMSP", Address: address, TLSRoots: good.Certificate}
	var log bytes.Buffer
	c, err := fabric.Open(t.Context(), connection.Connection{
		Channel: "decore", Chaincode: "decore", Org: "BureauMSP", Regulator: "BureauMSP", Identity: good,
		Peers: []connection.Node{node}, Orderers: []connection.Node{node},
	}, fabric.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	_, headErr := c.Head(t.Context())
	healthErr := c.Health(t.Context())
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	reason := "127.0.0.1:PORT cannot be reached: dial tcp 127.0.0.1:PORT: connect: connection refused"
	for what, test := range map[string]struct{ got, want string }{
		"a reader is told": {headErr.Error(), "ledger is unavailable: peer of BureauMSP at " + reason},
		"its health says": {healthErr.Error(), "own peer: ledger is unavailable: peer of BureauMSP at " + reason + "\n" +
			"ledger is unavailable: orderers: orderer: " + reason + "\n" +
			"endorsement by BureauMSP: ledger is unavailable: peer of BureauMSP at " + reason},
	} {
		if want := strings.ReplaceAll(test.want, "127.0.0.1:PORT", address); test.got != want {
			t.Errorf("%s %q\nwant %q", what, test.got, want)
		}
	}
	if !errors.Is(headErr, ledger.ErrUnavailable) {
		t.Errorf("%v is not that the ledger is unavailable", headErr)
	}
	if said := log.String(); !strings.Contains(said, "connection refused") || strings.Contains(said, "deadline") {
		t.Errorf("logged %s", said)
	}
}
