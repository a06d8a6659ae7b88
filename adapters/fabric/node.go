package fabric

import (
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	sdk "github.com/hyperledger/fabric-sdk-go/pkg/common/providers/context"
	"github.com/hyperledger/fabric-sdk-go/pkg/common/providers/fab"
	"github.com/hyperledger/fabric-sdk-go/pkg/fab/peer"

	"decore/adapters/fabric/connection"
)

// node is a peer or an orderer, and when it last failed.
type node struct {
	org     string
	address string
	peer    fab.Peer
	orderer fab.Orderer
	failed  atomic.Int64 // Unix nanoseconds, 0 since it last served
}

// resting is how long a node that failed comes last.
const resting = 10 * time.Second

func (n *node) note(err error) {
	if err == nil {
		n.failed.Store(0)
		return
	}
	n.failed.Store(time.Now().UnixNano())
}

func (n *node) rests() bool {
	at := n.failed.Load()
	return at != 0 && time.Since(time.Unix(0, at)) < resting
}

// inTurn puts nodes that failed a short while ago last.
func inTurn(nodes []*node) []*node {
	good := make([]*node, 0, len(nodes))
	var bad []*node
	for _, n := range nodes {
		if n.rests() {
			bad = append(bad, n)
		} else {
			good = append(good, n)
		}
	}
	slices.SortStableFunc(bad, func(a, b *node) int { return int(min(max(a.failed.Load()-b.failed.Load(), -1), 1)) })
	return append(good, bad...)
}

func newPeers(client sdk.Client, nodes []connection.Node) (map[string][]*node, error) {
	peers := map[string][]*node{}
	for _, n := range nodes {
		p, err := peer.New(client.EndpointConfig(), peer.WithURL("grpcs://"+n.Address), peer.WithMSPID(n.Org))
		if err != nil {
			return nil, fmt.Errorf("peer %s: %w", n.Address, err)
		}
		peers[n.Org] = append(peers[n.Org], &node{org: n.Org, address: n.Address, peer: p})
	}
	return peers, nil
}
