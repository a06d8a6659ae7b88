package service

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"decore/chaincode/contract"
	"decore/chaincode/protocol"
)

// pki is an authority with a certificate for the service and one for a peer, in files.
type pki struct{ dir string }

func (p pki) file(name string) string { return filepath.Join(p.dir, name) }

func newPKI(t *testing.T) pki {
	t.Helper()
	p := pki{t.TempDir()}
	template := func(n int64) *x509.Certificate {
		return &x509.Certificate{
			SerialNumber: big.NewInt(n), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
			IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, BasicConstraintsValid: true, IsCA: n == 1, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		}
	}
	ca, caKey := template(1), newKey(t)
	for i, name := range []string{"ca", "service", "peer"} {
		key := caKey
		if i > 0 {
			key = newKey(t)
		}
		der, err := x509.CreateCertificate(rand.Reader, template(int64(i+1)), ca, &key.PublicKey, caKey)
		check(t, err)
		raw, err := x509.MarshalPKCS8PrivateKey(key)
		check(t, err)
		p.write(t, name+".pem", "CERTIFICATE", der)
		p.write(t, name+".key", "PRIVATE KEY", raw)
	}
	return p
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(t, err)
	return key
}

func (p pki) write(t *testing.T, name, kind string, der []byte) {
	check(t, os.WriteFile(p.file(name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// freeAddress is one at which nobody listens at this moment.
func freeAddress(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	defer func() { check(t, l.Close()) }()
	return l.Addr().String()
}

// running is a service that serves.
type running struct {
	address, health string
	pki             pki
	stop            context.CancelFunc
	ended           chan error
}

func start(t *testing.T, run Program) *running {
	t.Helper()
	p := newPKI(t)
	config, err := mutualTLS(p.file("service.pem"), p.file("service.key"), p.file("ca.pem"))
	check(t, err)
	r := &running{address: freeAddress(t), health: freeAddress(t), pki: p, ended: make(chan error, 1)}
	ctx, stop := context.WithCancel(context.Background())
	r.stop = stop
	s := settings{address: r.address, packageID: "decore:1", org: "PlatformMSP", tls: config, skew: time.Minute, health: r.health}
	go func() { r.ended <- serve(ctx, s, run, slog.New(slog.DiscardHandler)) }()
	t.Cleanup(stop)
	return r
}

// connect connects as a peer, with or without its certificate, and registers the chaincode.
func (r *running) connect(t *testing.T, withCert bool) (peer.Chaincode_ConnectClient, error) {
	t.Helper()
	roots := x509.NewCertPool()
	raw, err := os.ReadFile(r.pki.file("ca.pem"))
	check(t, err)
	roots.AppendCertsFromPEM(raw)
	config := &tls.Config{RootCAs: roots}
	if withCert {
		pair, err := tls.LoadX509KeyPair(r.pki.file("peer.pem"), r.pki.file("peer.key"))
		check(t, err)
		config.Certificates = []tls.Certificate{pair}
	}
	conn, err := grpc.NewClient(r.address, grpc.WithTransportCredentials(credentials.NewTLS(config)), grpc.WithDefaultCallOptions(grpc.WaitForReady(withCert)))
	check(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	stream, err := peer.NewChaincodeClient(conn).Connect(ctx)
	if err != nil {
		return nil, err
	}
	m, err := stream.Recv()
	if err != nil {
		return nil, err
	}
	var id peer.ChaincodeID
	check(t, proto.Unmarshal(m.GetPayload(), &id))
	equal(t, "registered", m.GetType().String()+" "+id.GetName(), "REGISTER decore:1")
	for _, kind := range []peer.ChaincodeMessage_Type{peer.ChaincodeMessage_REGISTERED, peer.ChaincodeMessage_READY} {
		check(t, stream.Send(&peer.ChaincodeMessage{Type: kind}))
	}
	return stream, nil
}

// transaction is a peer's call of the chaincode.
func transaction(t *testing.T, args ...string) *peer.ChaincodeMessage {
	t.Helper()
	marshal := func(m proto.Message) []byte {
		raw, err := proto.Marshal(m)
		check(t, err)
		return raw
	}
	input := &peer.ChaincodeInput{}
	for _, arg := range args {
		input.Args = append(input.Args, []byte(arg))
	}
	proposal := marshal(&peer.Proposal{
		Header: marshal(&common.Header{
			ChannelHeader:   marshal(&common.ChannelHeader{Type: int32(common.HeaderType_ENDORSER_TRANSACTION), Timestamp: timestamppb.Now(), TxId: "tx1"}),
			SignatureHeader: marshal(&common.SignatureHeader{Creator: marshal(&msp.SerializedIdentity{Mspid: "BankAMSP"})}),
		}),
		Payload: marshal(&peer.ChaincodeProposalPayload{Input: marshal(&peer.ChaincodeInvocationSpec{ChaincodeSpec: &peer.ChaincodeSpec{Input: input}})}),
	})
	return &peer.ChaincodeMessage{
		Type: peer.ChaincodeMessage_TRANSACTION, Payload: marshal(input), Txid: "tx1", ChannelId: "decore",
		Proposal: &peer.SignedProposal{ProposalBytes: proposal},
	}
}

func TestServe(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	r := start(t, func(contract.State, contract.Batch) (contract.Outcome, error) {
		close(entered)
		<-leave
		return contract.Outcome{Results: []contract.Result{{Command: "a", Status: contract.Invalid}}}, nil
	})
	stream, err := r.connect(t, true)
	check(t, err)
	t.Run("a peer without a certificate is refused", func(t *testing.T) {
		if _, err := r.connect(t, false); err == nil {
			t.Error("it was served")
		}
	})
	t.Run("health counts the peers", func(t *testing.T) {
		equal(t, "health", r.askHealth(t), `200 {"status":"ok","peers":1}`)
	})
	t.Run("a stop lets a call come to its end, and then the peer go", func(t *testing.T) {
		check(t, stream.Send(transaction(t, protocol.Submit, `["one"]`)))
		select {
		case <-entered:
		case <-stream.Context().Done():
			t.Fatal("the contract was not called")
		}
		r.stop()
		for !strings.HasPrefix(r.askHealth(t), "503") {
			time.Sleep(time.Millisecond)
		}
		close(leave)
		m, err := stream.Recv()
		check(t, err)
		var response peer.Response
		check(t, proto.Unmarshal(m.GetPayload(), &response))
		if m.GetType() != peer.ChaincodeMessage_COMPLETED || response.GetStatus() != protocol.Unrecorded {
			t.Errorf("got %v %v", m.GetType(), &response)
		}
		if _, err := stream.Recv(); err == nil {
			t.Error("the stream goes on")
		}
		if err := <-r.ended; err != nil {
			t.Errorf("the service ended with %v", err)
		}
	})
}

func (r *running) askHealth(t *testing.T) string {
	t.Helper()
	response, err := http.Get("http://" + r.health + "/healthz")
	check(t, err)
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	check(t, err)
	return response.Status[:4] + string(body)
}

func TestServeRefusesATakenAddress(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	defer func() { _ = l.Close() }()
	for name, s := range map[string]settings{
		"service": {address: l.Addr().String()}, "health": {address: "127.0.0.1:0", health: l.Addr().String()},
	} {
		t.Run(name, func(t *testing.T) {
			if err := serve(t.Context(), s, put, slog.New(slog.DiscardHandler)); err == nil {
				t.Error("it served")
			}
		})
	}
}

func TestStopWithoutPeers(t *testing.T) {
	r := start(t, put)
	_, err := r.connect(t, true)
	check(t, err)
	r.stop()
	if err := <-r.ended; err != nil {
		t.Errorf("the service ended with %v", err)
	}
}
