package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// AddOrg brings a further organisation onto the running channel, with a peer and a chaincode service of its
// own, and widens the contract's policy so that it endorses too. What fails before the channel has the
// organisation leaves nothing of it; what fails later is completed by another call or by Up.
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
	org := MSPID(name)
	if err := n.change(func(p *plan) error { return p.clash(org) }); err != nil {
		return err
	}
	if err := n.settle(ctx); err != nil {
		return err
	}
	if !slices.Contains(n.plan().members(), org) {
		if err := n.change(func(p *plan) error { return p.addOrg(org) }); err != nil {
			return err
		}
	}
	err = n.convergeOrWithdraw(ctx)
	if err != nil && slices.Contains(n.plan().members(), org) {
		return fmt.Errorf("%w; what is left to do for %s, `network up` does", err, org)
	}
	return err
}

// settle completes what an earlier call left half done, or takes it away. Fabric takes the definitions of a
// chaincode one sequence after the other, so that a next one needs the last to be there.
func (n *Network) settle(ctx context.Context) error {
	if n.plan().settled() {
		return nil
	}
	err := n.convergeOrWithdraw(ctx)
	if err != nil && n.plan().settled() && ctx.Err() == nil {
		return nil // what stood in the way is gone
	}
	return err
}

// convergeOrWithdraw brings the network to what its plan says; on failure the plan gives up the organisations that the
// channel does not have.
func (n *Network) convergeOrWithdraw(ctx context.Context) error {
	err := n.converge(ctx)
	if err == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), withdrawWait)
	defer cancel()
	for _, m := range n.plan().Orgs {
		has, asked := n.has(ctx, m)
		switch {
		case asked != nil:
			return fmt.Errorf("%w; whether %s is on the channel cannot be asked now: %w", err, m.MSP, asked)
		case !has:
			if undone := n.withdraw(ctx, m.MSP); undone != nil {
				return errors.Join(err, undone)
			}
			err = fmt.Errorf("%w; nothing of %s is left, and it can be added again", err, m.MSP)
		}
	}
	return err
}

// withdrawWait bounds how long it takes to give up an organisation.
const withdrawWait = 30 * time.Second

// has says whether the channel has an organisation. Nobody is asked where the plan knows.
func (n *Network) has(ctx context.Context, m member) (bool, error) {
	if m.Member || !m.Proposed {
		return m.Member, nil
	}
	config, err := n.channelConfig(ctx)
	if err != nil {
		return false, err
	}
	return slices.Contains(applicationOrgs(config), m.MSP), nil
}

// withdraw takes an organisation back that the channel does not have: its processes, its part of the plan and its
// files.
func (n *Network) withdraw(ctx context.Context, org string) error {
	files := []string{n.crypto(org), filepath.Join(n.channelDir(), org), n.ConnectionFile(org)}
	for _, node := range n.plan().Nodes {
		if node.Org != org {
			continue
		}
		if err := n.Stop(ctx, node.Name); err != nil {
			return err
		}
		files = append(files, n.nodeDir(node.Name))
	}
	if err := n.change(func(p *plan) error { p.dropOrg(org); return nil }); err != nil {
		return err
	}
	for _, file := range files {
		if err := os.RemoveAll(file); err != nil {
			return fmt.Errorf("withdraw %s: %w", org, err)
		}
	}
	return nil
}

// clash says why an organisation cannot come beside those that are there: MSP IDs that differ by case alone would be one
// to clients, and to file systems that do not tell case.
func (p *plan) clash(org string) error {
	for _, m := range p.members() {
		if m != org && strings.EqualFold(m, org) {
			return fmt.Errorf("%w: %s differs from %s, which is there, by case alone", ErrOptions, org, m)
		}
	}
	return nil
}

// settled says whether all that is planned is there.
func (p *plan) settled() bool {
	open := func(d deployment) bool {
		return slices.ContainsFunc(d.Definitions, func(d definition) bool { return !d.Committed })
	}
	away := func(m member) bool { return !m.Member || !m.Joined }
	return !slices.ContainsFunc(p.Chaincodes, open) && !slices.ContainsFunc(p.Orgs, away)
}

// addOrg adds an organisation with its nodes to a settled plan, and a next definition of the contract.
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

// dropOrg undoes addOrg.
func (p *plan) dropOrg(org string) {
	p.Orgs = slices.DeleteFunc(p.Orgs, func(m member) bool { return m.MSP == org })
	p.Nodes = slices.DeleteFunc(p.Nodes, func(n Node) bool { return n.Org == org })
	contract := &p.Chaincodes[0]
	contract.Orgs = slices.DeleteFunc(contract.Orgs, func(o string) bool { return o == org })
	def := &contract.Definitions[0]
	def.Policy, def.Committed = endorsement(p.members()), true
	def.Sequence--
}
