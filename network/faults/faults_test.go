package faults_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"decore/network/cluster"
)

// fault is one part that dies.
type fault struct {
	name      string
	parts     []string // nodes of the network
	stoodIn   bool     // another node does its work meanwhile
	electing  bool     // once a new leader is elected
	underLoad func(t *testing.T, s *stage, l *load)
}

// plain are the faults of a network with one orderer, in the order in which they come.
var plain = []fault{
	{name: "a peer of an organisation that takes no part", parts: []string{"peer." + leader}, stoodIn: true},
	{name: "the own peer", parts: []string{"peer." + platform}},
	{name: "the bureau's peer, which endorses everything", parts: []string{"peer." + bureau}},
	{name: "the only orderer", parts: []string{"orderer1"}},
	{name: "the own chaincode service", parts: []string{"chaincode." + platform}},
	{name: "the bureau's chaincode service", parts: []string{"chaincode." + bureau}},
	{name: "the gateway", underLoad: gatewayDies},
	{name: "a gateway that starts while its peer is away", underLoad: gatewayStartsAlone},
}

func TestOneOrderer(t *testing.T) { endure(t, cluster.Options{}, plain) }

func TestThreeRaftOrderers(t *testing.T) {
	endure(t, cluster.Options{Orderers: 3}, []fault{
		{name: "a follower", parts: []string{"a follower"}, stoodIn: true},
		{name: "the leader", parts: []string{"the leader"}, stoodIn: true, electing: true},
	})
}

func TestFourBFTOrderers(t *testing.T) {
	endure(t, cluster.Options{BFT: true}, []fault{
		{name: "a follower", parts: []string{"a follower"}, stoodIn: true},
		{name: "the leader", parts: []string{"the leader"}, stoodIn: true, electing: true},
	})
}

func endure(t *testing.T, o cluster.Options, faults []fault) {
	s := setUp(t, o)
	l := s.load(t)
	for _, f := range faults {
		if !t.Run(f.name, func(t *testing.T) {
			l.goOn(t, "calls before the fault")
			if f.underLoad != nil {
				f.underLoad(t, s, l)
			} else {
				s.loseAndReturn(t, f, l)
			}
			s.own.awaitReady(t)
			l.goOn(t, "calls after the fault")
		}) {
			return // later faults stand on a network that is whole
		}
	}
	s.check(t, l)
}

// loseAndReturn kills nodes; the work goes on where it can, and else callers and operators are told. Then the nodes
// come back.
func (s *stage) loseAndReturn(t *testing.T, f fault, l *load) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	for _, part := range f.parts {
		node := s.node(t, part)
		must(t, s.net.Kill(ctx, node))
		defer func() { must(t, s.net.Start(ctx, node)) }()
	}
	if f.stoodIn {
		before := l.repeated.Load()
		l.goOn(t, "calls while it is away")
		l.goOn(t, "more calls while it is away")
		if again := l.repeated.Load() - before; again > callers && !f.electing {
			t.Errorf("%d calls had to be repeated, though another node stands in", again)
		}
		return
	}
	s.own.awaitDoubt(t)
	s.saysUnavailable(t, l)
}

// saysUnavailable makes a call that cannot be carried out; the answer says so, or that it is not known. A later call
// under its key says what came of it.
func (s *stage) saysUnavailable(t *testing.T, l *load) {
	t.Helper()
	number := fmt.Sprintf("AWAY-%d", time.Now().UnixNano())
	status, body := l.call(number)
	if status != http.StatusServiceUnavailable && status != http.StatusGatewayTimeout && status != http.StatusTooManyRequests {
		t.Errorf("a call while the ledger is away is answered %d %.200s", status, body)
	}
	l.done.Go(func() { l.record(number) })
}

// node names the node that a part is at this time.
func (s *stage) node(t *testing.T, part string) string {
	t.Helper()
	if part != "the leader" && part != "a follower" {
		return part
	}
	leading, err := s.net.Leader(t.Context())
	must(t, err)
	for _, node := range s.net.Nodes() {
		if node.Kind == cluster.KindOrderer && (node.Name == leading) == (part == "the leader") {
			return node.Name
		}
	}
	t.Fatalf("no orderer is %s", part)
	return ""
}

func gatewayDies(t *testing.T, s *stage, _ *load) {
	s.own.kill(t)
	s.launch(t, s.own)
}

// gatewayStartsAlone starts the gateway without its peer: it is alive, says for what it waits, and serves when the peer
// is back.
func gatewayStartsAlone(t *testing.T, s *stage, l *load) {
	s.own.kill(t)
	must(t, s.net.Kill(t.Context(), "peer."+platform))
	s.launch(t, s.own)
	await(t, "the gateway to be alive", func(ctx context.Context) bool {
		status, _ := s.own.probe(ctx, "/livez")
		return status == http.StatusOK
	})
	s.own.awaitDoubt(t)
	s.saysUnavailable(t, l)
	must(t, s.net.Start(t.Context(), "peer."+platform))
}
