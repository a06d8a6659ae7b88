package cluster

import (
	"context"
	"slices"
)

// AddOrg brings a further organisation onto the running channel, with a peer and a chaincode service of its
// own, and widens the contract's policy so that it endorses too. Cut short, it is completed by another call or by Up.
func (n *Network) AddOrg(ctx context.Context, name string) error {
	if err := validOrg(name); err != nil {
		return err
	}
	unlock, err := lock(ctx, n.dir, n.opts.step)
	if err != nil {
		return err
	}
	defer unlock()
	if err := ensureTools(ctx, n.opts); err != nil {
		return err
	}
	if !slices.Contains(n.plan().members(), MSPID(name)) {
		if err := n.change(func(p *plan) error { return p.addOrg(MSPID(name)) }); err != nil {
			return err
		}
	}
	return n.converge(ctx)
}

// addOrg adds an organisation with its nodes, and a next definition of the contract.
func (p *plan) addOrg(org string) error {
	p.Orgs = append(p.Orgs, member{MSP: org})
	ports := newPorts(p)
	for _, node := range []Node{peerNode(org), serviceNode(Contract, org)} {
		if err := p.addNode(ports, node); err != nil {
			return err
		}
	}
	contract := &p.Chaincodes[0]
	contract.Orgs = append(contract.Orgs, org)
	def := &contract.Definitions[0]
	def.Policy, def.Committed = endorsement(p.members()), false
	def.Sequence++
	return nil
}
