package cluster

import (
	"context"
	"errors"

	"decore/adapters/fabric/connection"
)

// NodeStatus is how a node is.
type NodeStatus struct {
	Node
	PID    int    // 0 when it does not run
	Height int    // blocks of the channel; a chaincode service has none
	Fault  string // why it does not serve; empty when it does
}

// Status asks every node how it is.
func (n *Network) Status(ctx context.Context) []NodeStatus {
	nodes := n.Nodes()
	all := make([]NodeStatus, len(nodes))
	index := make([]int, len(nodes))
	for i := range index {
		index[i] = i
	}
	_ = each(ctx, index, func(ctx context.Context, i int) error {
		all[i] = n.status(ctx, nodes[i])
		return nil
	})
	return all
}

func (n *Network) status(ctx context.Context, node Node) NodeStatus {
	s := NodeStatus{Node: node}
	p, err := readProcess(n.record(node.Name))
	if err != nil {
		s.Fault = err.Error()
		return s
	}
	if !p.alive() {
		s.Fault = "it does not run"
		return s
	}
	s.PID = p.PID
	if err := n.answers(ctx, node); err != nil {
		s.Fault = err.Error()
		return s
	}
	if node.Kind == KindChaincode {
		return s
	}
	s.Height, err = n.height(ctx, node)
	switch {
	case errors.Is(err, errNoMetric), errors.Is(err, errNotJoined):
		s.Fault = "it is not on the channel"
	case err != nil:
		s.Fault = err.Error()
	}
	return s
}

// Complete says whether all of the network is there and serves, its connection files too.
func (n *Network) Complete(ctx context.Context) bool {
	for _, org := range n.plan().members() {
		if _, err := connection.Read(n.ConnectionFile(org)); err != nil {
			return false
		}
	}
	for _, d := range n.plan().Chaincodes {
		for _, def := range d.Definitions {
			if !def.Committed {
				return false
			}
		}
	}
	for _, s := range n.Status(ctx) {
		if s.Fault != "" {
			return false
		}
	}
	return true
}
