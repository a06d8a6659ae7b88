package cluster

import (
	"bytes"
	"crypto/x509"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// issued is a network of two organisations of which only the certificates exist.
func issued(t *testing.T) *Network {
	t.Helper()
	n := newNetwork(t.TempDir(), planned(t, Options{Orgs: []string{"bureau", "bankA"}}))
	if err := n.issueAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	return n
}

func readCertificate(t *testing.T, path ...string) *x509.Certificate {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(decodePEM(raw))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestIdentitiesAreOfTheirOrganisationAndUnit(t *testing.T) {
	n := issued(t)
	for _, test := range []struct{ org, name, unit string }{
		{"BankAMSP", "peer", "peer"}, {"BankAMSP", "admin", "admin"}, {"BankAMSP", "client", "client"},
		{ordererOrg, "orderer1", "orderer"}, {ordererOrg, "admin", "admin"},
	} {
		c := readCertificate(t, n.crypto(test.org, test.name, "msp", "signcerts", "cert.pem"))
		roots := x509.NewCertPool()
		roots.AddCert(readCertificate(t, n.crypto(test.org, "msp", "cacerts", "ca.pem")))
		if _, err := c.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
			t.Errorf("%s of %s: %v", test.name, test.org, err)
		}
		if len(c.Subject.OrganizationalUnit) != 1 || c.Subject.OrganizationalUnit[0] != test.unit || c.Subject.Organization[0] != test.org {
			t.Errorf("%s of %s is %v", test.name, test.org, c.Subject)
		}
		if len(c.SubjectKeyId) == 0 || c.NotAfter.After(time.Now().AddDate(2, 0, 1)) {
			t.Errorf("%s of %s: key ID %x, until %s", test.name, test.org, c.SubjectKeyId, c.NotAfter)
		}
	}
}

func TestTLSCertificatesServeThisMachine(t *testing.T) {
	n := issued(t)
	for _, path := range []string{"peer", "chaincode"} {
		c := readCertificate(t, n.crypto("BankAMSP", path, "tls", "cert.pem"))
		roots := x509.NewCertPool()
		roots.AddCert(readCertificate(t, n.crypto("BankAMSP", path, "tls", "ca.pem")))
		for _, name := range []string{"localhost", host} {
			if _, err := c.Verify(x509.VerifyOptions{Roots: roots, DNSName: name}); err != nil {
				t.Errorf("%s as %s: %v", path, name, err)
			}
		}
		foreign := x509.NewCertPool()
		foreign.AddCert(readCertificate(t, n.crypto("BureauMSP", "peer", "tls", "ca.pem")))
		if _, err := c.Verify(x509.VerifyOptions{Roots: foreign, DNSName: host}); err == nil {
			t.Errorf("%s passes for another organisation's", path)
		}
	}
}

func TestOnlyTheOwnerReadsKeys(t *testing.T) {
	n := issued(t)
	err := filepath.Walk(n.crypto(""), func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is %s", path, info.Mode())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestCertificatesAreIssuedOnce(t *testing.T) {
	n := issued(t)
	read := func() []byte {
		raw, err := os.ReadFile(n.crypto("BankAMSP", "peer", "msp", "signcerts", "cert.pem"))
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	before := read()
	if err := n.issueAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, read()) {
		t.Error("issued again")
	}
}
