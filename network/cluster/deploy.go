package cluster

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Chaincode is a package of chaincode to be deployed beside the contract: one service at each organisation,
// under as many names as are wanted.
type Chaincode struct {
	Label  string            // of the package; its services are called LABEL.BankAMSP
	Names  []string          // on the channel; the label, if there are none
	Binary string            // the executable
	Policy string            // of endorsement; that of the contract, if it is empty
	Env    map[string]string // besides that of every service
}

// Deploy deploys a chaincode to all organisations. Deployed again, it takes the names that are new.
func (n *Network) Deploy(ctx context.Context, c Chaincode) error {
	unlock, err := lock(ctx, n.dir, n.opts.step)
	if err != nil {
		return err
	}
	defer unlock()
	if slices.Contains([]string{Contract, KindPeer, KindChaincode}, c.Label) {
		return fmt.Errorf("%w: the label %s is taken", ErrOptions, c.Label)
	}
	if err := copyExecutable(c.Binary, n.binaryFile(c.Label)); err != nil {
		return err
	}
	if err := n.change(func(p *plan) error { return p.addChaincode(c) }); err != nil {
		return err
	}
	return n.deployAll(ctx)
}

// addChaincode adds a chaincode, or the names that are new of one that is there.
func (p *plan) addChaincode(c Chaincode) error {
	if len(c.Names) == 0 {
		c.Names = []string{c.Label}
	}
	if c.Policy == "" {
		c.Policy = endorsement(p.members())
	}
	d := slices.IndexFunc(p.Chaincodes, func(d deployment) bool { return d.Label == c.Label })
	if d < 0 {
		d = len(p.Chaincodes)
		p.Chaincodes = append(p.Chaincodes, deployment{Label: c.Label, Orgs: p.members(), Env: c.Env})
		ports := newPorts(p)
		for _, org := range p.members() {
			if err := p.addNode(ports, serviceNode(c.Label, org)); err != nil {
				return err
			}
		}
	}
	for _, name := range c.Names {
		known := func(d definition) bool { return d.Name == name }
		if !slices.ContainsFunc(p.Chaincodes[d].Definitions, known) {
			p.Chaincodes[d].Definitions = append(p.Chaincodes[d].Definitions, definition{Name: name, Policy: c.Policy, Sequence: 1})
		}
	}
	return nil
}

// deployAll brings every package of chaincode to what the plan says.
func (n *Network) deployAll(ctx context.Context) error {
	for _, d := range n.plan().Chaincodes {
		if err := n.deploy(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

func (n *Network) deploy(ctx context.Context, d deployment) error {
	content, err := pack(d.Label)
	if err != nil {
		return err
	}
	file := filepath.Join(n.dir, "chaincode", d.Label+".tar.gz")
	if err := writeFile(file, content); err != nil {
		return err
	}
	err = each(ctx, d.Orgs, func(ctx context.Context, org string) error {
		node, err := n.plan().node(serviceNode(d.Label, org).Name)
		if err != nil {
			return err
		}
		if err := n.start(ctx, node); err != nil {
			return err
		}
		return n.install(ctx, d, node, file)
	})
	if err != nil {
		return err
	}
	return n.define(ctx, d, packageID(d.Label, content))
}

// install gives the package to the peer of a service's organisation.
func (n *Network) install(ctx context.Context, d deployment, service Node, file string) error {
	if slices.Contains(d.Installed, service.Org) {
		return nil
	}
	if err := n.connectTo(service); err != nil {
		return err
	}
	_, err := n.asAdmin(ctx, service.Org, "install the chaincode", "lifecycle", "chaincode", "install", file)
	if err != nil && !strings.Contains(err.Error(), "already successfully installed") {
		return err
	}
	return n.editChaincode(d.Label, func(d *deployment) { d.Installed = append(d.Installed, service.Org) })
}

func (n *Network) editChaincode(label string, edit func(*deployment)) error {
	return n.change(func(p *plan) error {
		edit(&p.Chaincodes[slices.IndexFunc(p.Chaincodes, func(d deployment) bool { return d.Label == label })])
		return nil
	})
}
