package cluster

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// How long certificates hold.
const (
	authorityYears = 10
	leafYears      = 2
	clockSkew      = 5 * time.Minute // other machines' clocks may be behind
)

// authority issues the certificates of one organisation.
type authority struct {
	certificate *x509.Certificate
	pem         []byte
	key         *ecdsa.PrivateKey
}

// pair is a certificate with its key, both in PEM, the key as PKCS#8.
type pair struct{ cert, key []byte }

// openAuthority reads the authority in a folder, or founds it there.
func openAuthority(dir, name, org string) (*authority, error) {
	if !exists(filepath.Join(dir, "cert.pem")) {
		if err := foundAuthority(dir, name, org); err != nil {
			return nil, fmt.Errorf("certificate authority of %s: %w", org, err)
		}
	}
	a, err := readAuthority(dir)
	if err != nil {
		return nil, fmt.Errorf("certificate authority of %s: %w", org, err)
	}
	return a, nil
}

// foundAuthority writes a new authority; the certificate comes last, since it says that all is there.
func foundAuthority(dir, name, org string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("key: %w", err)
	}
	template, err := newCertificate(pkix.Name{CommonName: name, Organization: []string{org}}, &key.PublicKey, authorityYears)
	if err != nil {
		return err
	}
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign | x509.KeyUsageDigitalSignature
	made, err := sign(template, template, key, key)
	if err != nil {
		return err
	}
	return made.write(dir)
}

func readAuthority(dir string) (*authority, error) {
	certPEM, err := os.ReadFile(filepath.Join(dir, "cert.pem")) // #nosec G304 -- a file of the network's own
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	keyPEM, err := os.ReadFile(filepath.Join(dir, "key.pem")) // #nosec G304 -- a file of the network's own
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	cert, key := decodePEM(certPEM), decodePEM(keyPEM)
	certificate, err := x509.ParseCertificate(cert)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	private, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return nil, errors.New("the key is not of an elliptic curve")
	}
	return &authority{certificate, certPEM, private}, nil
}

func decodePEM(raw []byte) []byte {
	if block, _ := pem.Decode(raw); block != nil {
		return block.Bytes
	}
	return nil
}

// issue issues an identity: the unit says what it may do (peer, orderer, admin, client).
func (a *authority) issue(name, unit string) (pair, error) {
	return a.leaf(pkix.Name{CommonName: name, OrganizationalUnit: []string{unit}}, func(c *x509.Certificate) {
		c.KeyUsage = x509.KeyUsageDigitalSignature
	})
}

// issueTLS issues a certificate for both ends of connections within this machine.
func (a *authority) issueTLS(name string) (pair, error) {
	return a.leaf(pkix.Name{CommonName: name}, func(c *x509.Certificate) {
		c.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
		c.DNSNames, c.IPAddresses = []string{"localhost"}, []net.IP{net.ParseIP(host)}
	})
}

func (a *authority) leaf(subject pkix.Name, fill func(*x509.Certificate)) (pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return pair{}, fmt.Errorf("key: %w", err)
	}
	subject.Organization = a.certificate.Subject.Organization
	template, err := newCertificate(subject, &key.PublicKey, leafYears)
	if err != nil {
		return pair{}, err
	}
	template.BasicConstraintsValid = true
	fill(template)
	return sign(template, a.certificate, key, a.key)
}

// newCertificate is what all certificates have in common.
func newCertificate(subject pkix.Name, key *ecdsa.PublicKey, years int) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 126))
	if err != nil {
		return nil, fmt.Errorf("serial number: %w", err)
	}
	point, err := key.Bytes()
	if err != nil {
		return nil, fmt.Errorf("public key: %w", err)
	}
	id := sha256.Sum256(point)
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: serial, Subject: subject, SubjectKeyId: id[:],
		NotBefore: now.Add(-clockSkew), NotAfter: now.AddDate(years, 0, 0),
	}, nil
}

// sign signs a certificate for the holder of key.
func sign(template, parent *x509.Certificate, key, by *ecdsa.PrivateKey) (pair, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, by)
	if err != nil {
		return pair{}, fmt.Errorf("certificate: %w", err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return pair{}, fmt.Errorf("key: %w", err)
	}
	return pair{
		cert: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		key:  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}),
	}, nil
}

// write writes both into a folder, the certificate last.
func (p pair) write(dir string) error {
	if err := writeFile(filepath.Join(dir, "key.pem"), p.key); err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, "cert.pem"), p.cert)
}
