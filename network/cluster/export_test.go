package cluster

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
)

// Invoke submits a transaction as a client of an organisation, endorsed by the peers of some, and waits for it.
func (n *Network) Invoke(ctx context.Context, org, chaincode string, endorsers []string, args ...string) error {
	call, err := json.Marshal(map[string][]string{"Args": args})
	if err != nil {
		return err
	}
	_, err = n.asIdentity(ctx, org, "client", "invoke "+chaincode, slices.Concat(
		[]string{"chaincode", "invoke", "-C", Channel, "-n", chaincode, "-c", string(call), "--waitForEvent"},
		n.toOrderer(ctx), n.toPeers(endorsers...))...)
	return err
}

// Query asks the peer of an organisation.
func (n *Network) Query(ctx context.Context, org, chaincode string, args ...string) (string, error) {
	call, err := json.Marshal(map[string][]string{"Args": args})
	if err != nil {
		return "", err
	}
	out, err := n.asIdentity(ctx, org, "client", "query "+chaincode, "chaincode", "query", "-C", Channel, "-n", chaincode, "-c", string(call))
	return strings.TrimSpace(string(out)), err
}

// PID is the process of a node.
func (n *Network) PID(name string) int {
	p, _ := readProcess(n.record(name))
	return p.PID
}

// Intend plans a further organisation as a call does that is killed while the channel is asked to take it.
func (n *Network) Intend(org string) error {
	return n.change(func(p *plan) error {
		if err := p.addOrg(org); err != nil {
			return err
		}
		p.Orgs[len(p.Orgs)-1].Proposed = true
		return nil
	})
}
