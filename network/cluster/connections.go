package cluster

import (
	"fmt"
	"os"
	"path/filepath"

	"decore/adapters/fabric/connection"
)

// ConnectionFile is the file by which a client of an organisation (MSP ID) finds the network.
func (n *Network) ConnectionFile(org string) string {
	return filepath.Join(n.dir, "connections", org+".json")
}

// writeConnections writes the connection file of each organisation.
func (n *Network) writeConnections() error {
	common, err := n.connection()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(n.ConnectionFile("")), 0o700); err != nil {
		return fmt.Errorf("connection files: %w", err)
	}
	for _, org := range n.plan().members() {
		own := common
		own.Org = org
		if own.Identity, err = n.clientOf(org); err != nil {
			return err
		}
		if err := own.Write(n.ConnectionFile(org)); err != nil {
			return fmt.Errorf("connection file of %s: %w", org, err)
		}
	}
	return nil
}

// connection is what all organisations' files have in common.
func (n *Network) connection() (connection.Connection, error) {
	p := n.plan()
	c := connection.Connection{Channel: Channel, Chaincode: Contract, Regulator: Regulator, BFT: p.BFT, Demonstration: p.Demonstration}
	for _, node := range p.Nodes {
		if node.Kind == KindChaincode {
			continue
		}
		roots, err := os.ReadFile(n.crypto(node.Org, "tlsca", "cert.pem"))
		if err != nil {
			return c, fmt.Errorf("connection files: %w", err)
		}
		known := connection.Node{Org: node.Org, Address: node.Address, TLSRoots: string(roots)}
		if node.Kind == KindPeer {
			c.Peers = append(c.Peers, known)
		} else {
			c.Orderers = append(c.Orderers, known)
		}
	}
	return c, nil
}

func (n *Network) clientOf(org string) (connection.Identity, error) {
	cert, err := os.ReadFile(n.crypto(org, "client", "msp", "signcerts", "cert.pem"))
	if err != nil {
		return connection.Identity{}, fmt.Errorf("client of %s: %w", org, err)
	}
	key, err := os.ReadFile(n.crypto(org, "client", "msp", "keystore", "key.pem"))
	if err != nil {
		return connection.Identity{}, fmt.Errorf("client of %s: %w", org, err)
	}
	return connection.Identity{Certificate: string(cert), Key: string(key)}, nil
}
