package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
)

// binary is the executable of a service: the package's, unless the organisation runs another.
func (n *Network) binary(node Node) string {
	if node.Binary != "" {
		return n.binaryFile(node.Binary)
	}
	return n.binaryFile(node.Label)
}

func (n *Network) binaryFile(name string) string { return filepath.Join(n.dir, "chaincode", name) }

// placeBinaries puts the executables of the contract's services where they start from, so that a network
// starts again when what it was made from is gone. What was built from source is built again, lest a changed
// contract stay unnoticed.
func (n *Network) placeBinaries(ctx context.Context) error {
	for org, from := range n.opts.ChaincodeFor {
		if err := n.placeFor(MSPID(org), from); err != nil {
			return err
		}
	}
	file := n.binaryFile(Contract)
	if n.opts.Chaincode != "" {
		if err := copyExecutable(n.opts.Chaincode, file); err != nil {
			return err
		}
		return n.change(func(p *plan) error { p.Prebuilt = true; return nil })
	}
	if exists(file) && (n.plan().Prebuilt || !canBuild()) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return fmt.Errorf("chaincode: %w", err)
	}
	return buildChaincode(ctx, n.opts, file)
}

// placeFor gives an organisation an executable of its own.
func (n *Network) placeFor(org, from string) error {
	service := serviceNode(Contract, org)
	if err := copyExecutable(from, n.binaryFile(service.Name)); err != nil {
		return err
	}
	return n.change(func(p *plan) error {
		for i := range p.Nodes {
			if p.Nodes[i].Name == service.Name {
				p.Nodes[i].Binary = service.Name
				return nil
			}
		}
		return fmt.Errorf("%w: no node is called %q", ErrNoNode, service.Name)
	})
}

// ReplaceChaincode lets an organisation (MSP ID) run another executable of the contract than the rest.
func (n *Network) ReplaceChaincode(ctx context.Context, org, executable string) error {
	unlock, err := lock(ctx, n.dir, n.opts.step)
	if err != nil {
		return err
	}
	defer unlock()
	service := serviceNode(Contract, org).Name
	if err := n.placeFor(org, executable); err != nil {
		return err
	}
	if err := n.Stop(ctx, service); err != nil {
		return err
	}
	return n.Start(ctx, service)
}

func copyExecutable(from, to string) error {
	in, err := os.Open(from) // #nosec G304 -- the user's choice
	if err != nil {
		return fmt.Errorf("chaincode: %w", err)
	}
	defer func() { _ = in.Close() }()
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return fmt.Errorf("chaincode: %w", err)
	}
	out, err := os.OpenFile(to+".part", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o700) // #nosec G302 G304 -- an executable of the network's own
	if err != nil {
		return fmt.Errorf("chaincode: %w", err)
	}
	_, err = io.Copy(out, in)
	if err = errors.Join(err, out.Close()); err == nil {
		err = os.Rename(to+".part", to)
	}
	if err != nil {
		return fmt.Errorf("chaincode: %w", err)
	}
	return nil
}

// service says how to call a chaincode service, in the terms of Fabric's own examples.
func (n *Network) service(node Node) (launch, error) {
	p := n.plan()
	content, err := pack(node.Label)
	if err != nil {
		return launch{}, err
	}
	tls := n.crypto(node.Org, "chaincode", "tls")
	env := []string{
		"CHAINCODE_SERVER_ADDRESS=" + node.Address,
		"CHAINCODE_ID=" + packageID(node.Label, content),
		"CHAINCODE_TLS_DISABLED=false",
		"CHAINCODE_TLS_KEY=" + filepath.Join(tls, "key.pem"),
		"CHAINCODE_TLS_CERT=" + filepath.Join(tls, "cert.pem"),
		"CHAINCODE_CLIENT_CA_CERT=" + filepath.Join(tls, "ca.pem"),
		"CORE_PEER_LOCALMSPID=" + node.Org,
		"DECORE_DEMONSTRATION=" + strconv.FormatBool(p.Demonstration),
	}
	if node.Label == Contract {
		env = append(env, "DECORE_REGULATOR="+Regulator)
	}
	for _, d := range p.Chaincodes {
		if d.Label != node.Label {
			continue
		}
		for key, value := range d.Env {
			env = append(env, key+"="+value)
		}
	}
	if err := os.MkdirAll(n.nodeDir(node.Name), 0o700); err != nil {
		return launch{}, fmt.Errorf("%s: %w", node.Name, err)
	}
	return launch{n.binary(node), nil, env}, nil
}
