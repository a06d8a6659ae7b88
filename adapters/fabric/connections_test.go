package fabric

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"decore/adapters/fabric/connection"
)

// certificate is the PEM of a test server's certificate.
func certificate(s *httptest.Server) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
}

func TestWhyANodeCannotBeReachedIsSaid(t *testing.T) {
	live, gone := httptest.NewUnstartedServer(nil), httptest.NewTLSServer(nil)
	live.EnableHTTP2 = true
	live.Config.ErrorLog = log.New(io.Discard, "", 0)
	live.StartTLS()
	defer live.Close()
	roots := certificate(live)
	gone.Close()
	other, err := foreignRoot()
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		node connection.Node
		says string
	}{
		"nothing listens":           {connection.Node{Address: gone.Listener.Addr().String(), TLSRoots: roots}, "connection refused"},
		"an unknown certificate":    {connection.Node{Address: live.Listener.Addr().String(), TLSRoots: other}, "unknown authority"},
		"no longer than is allowed": {connection.Node{Address: "192.0.2.1:1", TLSRoots: roots}, "192.0.2.1:1"}, // RFC 5737: nobody's
	} {
		t.Run(name, func(t *testing.T) {
			all, err := newConnections([]connection.Node{test.node})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = all.Close() }()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if _, err := all.DialContext(ctx, test.node.Address); err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, want %q", err, test.says)
			}
		})
	}
}

func TestTheReasonWithinWhatGRPCSaysOfAConnection(t *testing.T) {
	for said, want := range map[string]string{
		`connection error: desc = "transport: Error while dialing: dial tcp 127.0.0.1:1: connect: connection refused"`: "dial tcp 127.0.0.1:1: connect: connection refused",
		`connection error: desc = "transport: authentication handshake failed: x509: of \"A\""`:                        `authentication handshake failed: x509: of "A"`,
		`connection error: desc = "cut short`: `connection error: desc = "cut short`,
		"anything else":                       "anything else",
	} {
		if got := bare(said); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// foreignRoot is a certificate of nobody here.
func foreignRoot() (string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), err
}
