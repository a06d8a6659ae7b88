package cluster

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
)

// crypto is the folder of an organisation's certificates and keys:
//
//	ca, tlsca       its two certificate authorities
//	msp             what the channel knows of it
//	NAME/msp        the identity of a node or of a person (admin, client)
//	NAME/tls        the TLS certificate of a node
func (n *Network) crypto(org string, more ...string) string {
	return filepath.Join(append([]string{n.dir, "crypto", org}, more...)...)
}

// identities are whom an organisation has: the name of each and its unit.
func (n *Network) identities(org string) map[string]string {
	all := map[string]string{"admin": "admin"}
	if org != ordererOrg {
		all["peer"], all["client"] = "peer", "client"
		return all
	}
	for _, o := range n.plan().nodes(KindOrderer) {
		all[o.Name] = "orderer"
	}
	return all
}

// issue makes the certificates of an organisation that are not there yet.
func (n *Network) issue(org string) error {
	ca, err := openAuthority(n.crypto(org, "ca"), "ca."+org, org)
	if err != nil {
		return err
	}
	tlsCA, err := openAuthority(n.crypto(org, "tlsca"), "tlsca."+org, org)
	if err != nil {
		return err
	}
	if err := writeMSP(n.crypto(org, "msp"), ca, tlsCA); err != nil {
		return fmt.Errorf("certificates of %s: %w", org, err)
	}
	identities := n.identities(org)
	for _, name := range slices.Sorted(maps.Keys(identities)) {
		if err := issueIdentity(n.crypto(org, name), name+"."+org, identities[name], ca, tlsCA); err != nil {
			return fmt.Errorf("certificates of %s: %w", org, err)
		}
	}
	if org == ordererOrg {
		return nil
	}
	return issueTLS(n.crypto(org, "chaincode", "tls"), "chaincode."+org, tlsCA)
}

// issueIdentity makes one identity; a node's has a TLS certificate too.
func issueIdentity(dir, name, unit string, ca, tlsCA *authority) error {
	msp := filepath.Join(dir, "msp")
	if !exists(filepath.Join(msp, "signcerts", "cert.pem")) {
		made, err := ca.issue(name, unit)
		if err != nil {
			return err
		}
		if err := writeMSP(msp, ca, tlsCA); err != nil {
			return err
		}
		if err := writeFile(filepath.Join(msp, "keystore", "key.pem"), made.key); err != nil {
			return err
		}
		if err := writeFile(filepath.Join(msp, "signcerts", "cert.pem"), made.cert); err != nil {
			return err
		}
	}
	if unit == "admin" || unit == "client" {
		return nil
	}
	return issueTLS(filepath.Join(dir, "tls"), name, tlsCA)
}

func issueTLS(dir, name string, tlsCA *authority) error {
	if exists(filepath.Join(dir, "cert.pem")) {
		return nil
	}
	made, err := tlsCA.issueTLS(name)
	if err != nil {
		return err
	}
	if err := writeFile(filepath.Join(dir, "ca.pem"), tlsCA.pem); err != nil {
		return err
	}
	return made.write(dir)
}

// units tells Fabric by which organisational unit of a certificate it knows what its holder may do.
const units = `NodeOUs:
  Enable: true
  ClientOUIdentifier: {Certificate: cacerts/ca.pem, OrganizationalUnitIdentifier: client}
  PeerOUIdentifier: {Certificate: cacerts/ca.pem, OrganizationalUnitIdentifier: peer}
  AdminOUIdentifier: {Certificate: cacerts/ca.pem, OrganizationalUnitIdentifier: admin}
  OrdererOUIdentifier: {Certificate: cacerts/ca.pem, OrganizationalUnitIdentifier: orderer}
`

// writeMSP writes what makes an organisation known.
func writeMSP(dir string, ca, tlsCA *authority) error {
	for name, content := range map[string][]byte{
		"cacerts/ca.pem": ca.pem, "tlscacerts/tlsca.pem": tlsCA.pem, "config.yaml": []byte(units),
	} {
		if err := writeFile(filepath.Join(dir, name), content); err != nil {
			return err
		}
	}
	return nil
}
