package fabric

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	mspproto "github.com/hyperledger/fabric-protos-go/msp"
	pb "github.com/hyperledger/fabric-protos-go/peer"
	"github.com/hyperledger/fabric-sdk-go/pkg/common/errors/status"
	"github.com/hyperledger/fabric-sdk-go/pkg/common/providers/fab"

	"decore/adapters/fabric/connection"
	"decore/adapters/ledger"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/protocol"
)

func TestSettle(t *testing.T) {
	refused := func(status int32, payload string) error {
		return &RefusedError{Peer: "p", Status: status, Reason: "r", payload: []byte(payload)}
	}
	gone := away("peers", errDead)
	for name, c := range map[string]struct {
		errs     []error
		mismatch bool
		want     error // what it is, nil for none
	}{
		"all endorse":                             {[]error{nil, nil}, false, nil},
		"one is away":                             {[]error{nil, gone}, false, ledger.ErrUnavailable},
		"one is away and one refuses":             {[]error{refused(protocol.Failed, ""), gone}, false, ledger.ErrUnavailable},
		"all refuse alike":                        {[]error{refused(protocol.Forbidden, ""), refused(protocol.Forbidden, "")}, false, ledger.ErrNotEntitled},
		"one refuses":                             {[]error{nil, refused(protocol.Needed, "")}, true, ledger.ErrConflict},
		"they refuse for different reasons":       {[]error{refused(protocol.Needed, ""), refused(protocol.Unrecorded, "")}, true, ledger.ErrConflict},
		"they answer differently without a trace": {[]error{refused(protocol.Unrecorded, "a"), refused(protocol.Unrecorded, "b")}, true, ledger.ErrConflict},
		"one clock differs":                       {[]error{nil, refused(protocol.Clock, "")}, false, ledger.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			err := settle(c.errs)
			var mismatch *MismatchError
			if errors.As(err, &mismatch) != c.mismatch || c.want == nil && err != nil || !errors.Is(err, c.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestRefusal(t *testing.T) {
	needs := []contract.Need{{Command: 1, Record: "r1", Owed: true}}
	message := string(must(json.Marshal(protocol.Failure{Reason: "openings", Needs: needs})))
	t.Run("the chaincode's own answer is taken apart", func(t *testing.T) {
		s := status.New(status.ChaincodeStatus, protocol.Needed, message, []any{nil, []byte("payload")})
		refused, ok := refusal("p1", s)
		if !ok || refused.Peer != "p1" || string(refused.payload) != "payload" {
			t.Fatalf("%+v %v", refused, ok)
		}
		var needed *contract.OpeningsNeededError
		if !errors.As(error(refused), &needed) || !slices.Equal(needed.Needs, needs) {
			t.Errorf("got %v", needed)
		}
	})
	for name, err := range map[string]error{
		"no error":               nil,
		"a broken connection":    errDead,
		"the peer's own words":   status.New(status.ChaincodeStatus, 500, "could not launch chaincode", nil),
		"a reason that is empty": status.New(status.ChaincodeStatus, 500, "{}", nil),
		"another part's status":  status.New(status.EndorserClientStatus, protocol.Needed, message, nil),
	} {
		t.Run(name+" is not", func(t *testing.T) {
			if refused, ok := refusal("p1", err); ok {
				t.Errorf("got %v", refused)
			}
		})
	}
}

func TestFirstEndorsers(t *testing.T) {
	for own, want := range map[string][]string{"PlatformMSP": {"PlatformMSP", "BureauMSP"}, "BureauMSP": {"BureauMSP"}} {
		c := &Client{conn: connection.Connection{Org: own, Regulator: "BureauMSP"}}
		if got := c.firstEndorsers(); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", own, got, want)
		}
	}
}

func TestTheRegulatorsCompanion(t *testing.T) {
	response := func(private map[string]string) *fab.TransactionProposalResponse {
		tx := testTx{namespace: chaincode, called: chaincode, writes: map[string]string{"k": "v"}, private: private}
		return &fab.TransactionProposalResponse{ProposalResponse: &pb.ProposalResponse{Payload: tx.endorsed()}}
	}
	claim := map[string]string{protocol.Collection("BankAMSP"): "claim", protocol.Collection("BureauMSP"): "claim"}
	claims := map[string]string{protocol.Collection("BankAMSP"): "claim A", protocol.Collection("BankBMSP"): "claim B"}
	for _, c := range []struct {
		name    string
		private map[string]string
		resting []string
		want    string // none is an error
	}{
		{"is the first member", nil, nil, "PlatformMSP"},
		{"is none that rests", nil, []string{"PlatformMSP"}, "BankAMSP"},
		{"may rest when all do", nil, []string{"PlatformMSP", "BankAMSP", "BankBMSP"}, "PlatformMSP"},
		{"knows what is written", claim, nil, "BankAMSP"},
		{"is nobody when nobody may know all", claims, nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := &Client{conn: connection.Connection{Org: "BureauMSP", Regulator: "BureauMSP", Chaincode: chaincode}, peers: map[string][]*node{}}
			for _, org := range []string{"BureauMSP", "PlatformMSP", "BankAMSP", "BankBMSP"} {
				client.conn.Peers = append(client.conn.Peers, connection.Node{Org: org})
				client.peers[org] = []*node{{org: org}}
			}
			for _, org := range c.resting {
				client.peers[org][0].note(errDead)
			}
			got, err := client.companion(response(c.private))
			if c.want == "" {
				if !errors.Is(err, ledger.ErrMixed) {
					t.Errorf("got %v, %v, want ErrMixed", got, err)
				}
				return
			}
			if err != nil || !slices.Equal(got, []string{c.want}) {
				t.Errorf("got %v, %v, want %s", got, err, c.want)
			}
		})
	}
}

// endorsed is a response that a peer of an organisation signed.
func endorsed(t *testing.T, org string) *pb.ProposalResponse {
	t.Helper()
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "peer"}, NotAfter: time.Now().Add(time.Hour)}
	der := must(x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key))
	endorser := bytesOf(&mspproto.SerializedIdentity{Mspid: org, IdBytes: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})})
	payload := []byte("payload")
	sum := sha256.Sum256(slices.Concat(payload, endorser))
	return &pb.ProposalResponse{
		Payload: payload, Response: &pb.Response{Status: 200},
		Endorsement: &pb.Endorsement{Endorser: endorser, Signature: must(ecdsa.SignASN1(rand.Reader, key, sum[:]))},
	}
}

func TestCheckEndorsement(t *testing.T) {
	if err := checkEndorsement(endorsed(t, "BankAMSP"), "BankAMSP"); err != nil {
		t.Error(err)
	}
	for name, spoil := range map[string]func(*pb.ProposalResponse){
		"another payload":             func(r *pb.ProposalResponse) { r.Payload = []byte("another") },
		"another peer's signature":    func(r *pb.ProposalResponse) { r.Endorsement.Signature = endorsed(t, "BankAMSP").Endorsement.Signature },
		"another organisation's peer": func(r *pb.ProposalResponse) { r.Endorsement = endorsed(t, "BankBMSP").Endorsement },
		"no endorsement":              func(r *pb.ProposalResponse) { r.Endorsement = nil },
		"an endorser without a certificate": func(r *pb.ProposalResponse) {
			r.Endorsement.Endorser = bytesOf(&mspproto.SerializedIdentity{Mspid: "BankAMSP"})
		},
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			r := endorsed(t, "BankAMSP")
			spoil(r)
			if err := checkEndorsement(r, "BankAMSP"); err == nil {
				t.Error("it was believed")
			}
		})
	}
}

func TestAgree(t *testing.T) {
	response := func(payload string) *fab.TransactionProposalResponse {
		return &fab.TransactionProposalResponse{Endorser: payload, ProposalResponse: &pb.ProposalResponse{Payload: []byte(payload)}}
	}
	if err := agree([]*fab.TransactionProposalResponse{response("a"), response("a"), response("a")}); err != nil {
		t.Error(err)
	}
	var mismatch *MismatchError
	if err := agree([]*fab.TransactionProposalResponse{response("a"), response("a"), response("b")}); !errors.As(err, &mismatch) || !errors.Is(err, ledger.ErrConflict) {
		t.Errorf("got %v", err)
	}
}

func TestACompanionMayKnowAllThatABatchWrites(t *testing.T) {
	orgs := []string{"PlatformMSP", "BankAMSP", "BankBMSP"}
	write := func(org, hash string) ledger.PrivateWrite {
		return ledger.PrivateWrite{Org: org, Hash: evidence.Commit([]byte(hash))}
	}
	for name, c := range map[string]struct {
		private []ledger.PrivateWrite
		want    []string
	}{
		"nothing private": {nil, orgs},
		"one value for two of them": {[]ledger.PrivateWrite{write("BureauMSP", "claim"), write("PlatformMSP", "claim"), write("BankAMSP", "claim")},
			[]string{"PlatformMSP", "BankAMSP"}},
		"a claim of one bank and an account of both": {[]ledger.PrivateWrite{write("PlatformMSP", "claim"), write("BankAMSP", "claim"),
			write("PlatformMSP", "account"), write("BankAMSP", "account"), write("BankBMSP", "account")}, []string{"PlatformMSP", "BankAMSP"}},
		"claims of two banks": {[]ledger.PrivateWrite{write("BankAMSP", "claim A"), write("BankBMSP", "claim B")}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if got := entitled(orgs, c.private); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}
