// Package connection is the file by which a client of one organisation finds its Fabric network (连接文件):
// the channel, whom it acts for, and the peers and orderers of the network, with all certificates in it.
package connection

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Connection is how one organisation's client reaches a channel.
type Connection struct {
	Channel   string   `json:"channel"`
	Chaincode string   `json:"chaincode"`
	Org       string   `json:"org"` // MSP ID of the client
	Identity  Identity `json:"identity"`
	// Regulator is the organisation (MSP ID) whose endorsement every transaction needs (财政局).
	Regulator string `json:"regulator"`
	Peers     []Node `json:"peers"`    // of all organisations; the client reads at those of its own
	Orderers  []Node `json:"orderers"` // of the channel's ordering service
	// BFT says that the ordering service is SmartBFT, which wants a transaction sent to every orderer.
	BFT bool `json:"bft,omitzero"`
	// Demonstration says that the network takes transactions with any time, so that a story's clock can be
	// moved. Times of such a ledger prove nothing.
	Demonstration bool `json:"demonstration,omitzero"`
}

// Identity is an X.509 identity in PEM. The file that holds it is as secret as the key.
type Identity struct {
	Certificate string `json:"certificate"`
	Key         string `json:"key"` // PKCS#8
}

// Node is a peer or an orderer.
type Node struct {
	Org      string `json:"org"`      // MSP ID
	Address  string `json:"address"`  // host:port
	TLSRoots string `json:"tlsRoots"` // CA certificates in PEM
}

// Read reads a connection file, and refuses one whose key others can read.
func Read(path string) (Connection, error) {
	var c Connection
	info, err := os.Stat(path)
	if err != nil {
		return c, fmt.Errorf("connection file: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return c, fmt.Errorf("connection file %s holds a private key and can be read by others (mode %o): chmod 600 %s", path, mode, path)
	}
	raw, err := os.ReadFile(path) // #nosec G304 -- the user names the file
	if err != nil {
		return c, fmt.Errorf("connection file: %w", err)
	}
	if err = json.Unmarshal(raw, &c, json.RejectUnknownMembers(true)); err == nil {
		err = c.Validate()
	}
	if err != nil {
		return c, fmt.Errorf("connection file %s: %w; `network up` writes it anew", path, err)
	}
	return c, nil
}

// Write writes a connection file that only its owner can read.
func (c Connection) Write(path string) error {
	raw, err := json.Marshal(c, jsontext.WithIndent("  "))
	if err != nil {
		return fmt.Errorf("connection file: %w", err)
	}
	part := path + ".part" // an older file might be readable by others
	if err := os.WriteFile(part, append(raw, '\n'), 0o600); err != nil {
		return fmt.Errorf("connection file: %w", err)
	}
	if err := os.Rename(part, path); err != nil {
		return fmt.Errorf("connection file: %w", err)
	}
	return nil
}

// Validate says what is missing or cannot be read, and where.
func (c Connection) Validate() error {
	for _, f := range []struct{ name, value string }{
		{"channel", c.Channel}, {"chaincode", c.Chaincode}, {"org", c.Org}, {"regulator", c.Regulator},
		{"identity.certificate", c.Identity.Certificate}, {"identity.key", c.Identity.Key},
	} {
		if f.value == "" {
			return fmt.Errorf("%s is missing", f.name)
		}
	}
	for _, f := range []struct{ name, value string }{{"certificate", c.Identity.Certificate}, {"key", c.Identity.Key}} {
		if block, _ := pem.Decode([]byte(f.value)); block == nil {
			return fmt.Errorf("identity.%s is not in PEM", f.name)
		}
	}
	if err := errors.Join(validateAll("peers", c.Peers), validateAll("orderers", c.Orderers)); err != nil {
		return err
	}
	if len(c.PeersOf(c.Org)) == 0 {
		return fmt.Errorf("no peer of %s is listed", c.Org)
	}
	if len(c.Orderers) == 0 {
		return errors.New("no orderer is listed")
	}
	return nil
}

func validateAll(name string, nodes []Node) error {
	for i, n := range nodes {
		if err := n.validate(); err != nil {
			return fmt.Errorf("%s[%d].%w", name, i, err)
		}
	}
	return nil
}

func (n Node) validate() error {
	if _, _, err := net.SplitHostPort(n.Address); err != nil {
		return fmt.Errorf("address: %w", err)
	}
	if !x509.NewCertPool().AppendCertsFromPEM([]byte(n.TLSRoots)) {
		return fmt.Errorf("tlsRoots: no certificate is given for %s", n.Address)
	}
	return nil
}

// PeersOf lists the peers of an organisation.
func (c Connection) PeersOf(org string) []Node {
	var all []Node
	for _, n := range c.Peers {
		if n.Org == org {
			all = append(all, n)
		}
	}
	return all
}
