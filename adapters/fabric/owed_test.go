package fabric

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	pb "github.com/hyperledger/fabric-protos-go/peer"
	"github.com/hyperledger/fabric-sdk-go/pkg/common/providers/fab"

	"decore/adapters/fabric/connection"
	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/protocol"
)

// answeringPeer answers one question after the other, the last one for good, and keeps what it was asked.
type answeringPeer struct {
	fab.Peer
	org     string
	answers []string
	asked   [][]byte
}

func (p *answeringPeer) URL() string   { return p.org }
func (p *answeringPeer) MSPID() string { return p.org }

func (p *answeringPeer) ProcessTransactionProposal(_ context.Context, r fab.ProcessProposalRequest) (*fab.TransactionProposalResponse, error) {
	p.asked = append(p.asked, r.SignedProposal.GetProposalBytes())
	answer := p.answers[min(len(p.asked), len(p.answers))-1]
	return &fab.TransactionProposalResponse{Endorser: p.org, Status: protocol.OK, ChaincodeStatus: protocol.OK,
		ProposalResponse: &pb.ProposalResponse{Response: &pb.Response{Status: protocol.OK, Payload: []byte(answer)}}}, nil
}

// shown reports whether the peer was ever asked with the text in the question.
func (p *answeringPeer) shown(text string) bool {
	return slices.ContainsFunc(p.asked, func(q []byte) bool { return bytes.Contains(q, []byte(text)) })
}

// bureauClient is the regulator's client before these peers.
func bureauClient(t *testing.T, peers ...*answeringPeer) *Client {
	t.Helper()
	id := SelfSigned(t)
	conn := connection.Connection{Channel: "decore", Chaincode: "decore", Org: "BureauMSP", Regulator: "BureauMSP", Identity: id,
		Orderers: []connection.Node{{Org: "BureauMSP", Address: "127.0.0.1:1", TLSRoots: id.Certificate}}}
	for _, p := range peers {
		conn.Peers = append(conn.Peers, connection.Node{Org: p.org, Address: "127.0.0.1:1", TLSRoots: id.Certificate})
	}
	c, err := Open(t.Context(), conn, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	c.peers = map[string][]*node{}
	for _, p := range peers {
		c.peers[p.org] = []*node{{org: p.org, peer: p}}
	}
	return c
}

// The bureau settles a claim of bank A and one of bank B in one batch, and lacks what only their holders have.
func TestTheBureauShowsNobodyWhatIsAnothersWhenItAsksForTerms(t *testing.T) {
	chain := contracttest.New(t)
	sign := func(subject, amount string) (string, jsontext.Value) {
		return chain.Sign(chain.Regulator, "subsidy.settle", subject, map[string]string{"amount": amount})
	}
	commandA, argsA := sign("SUB-A", "777.77")
	commandB, argsB := sign("SUB-B", "888.88")
	bureau := &answeringPeer{org: "BureauMSP", answers: []string{`[["BureauMSP","PlatformMSP","BankAMSP"],["BureauMSP","BankBMSP"]]`}}
	leader := &answeringPeer{org: "LeaderMSP", answers: []string{`{"openings":[],"lacking":9}`}}
	platform := &answeringPeer{org: "PlatformMSP", answers: []string{`{"openings":[{"about":"SUB-A"}],"lacking":0}`, `{"openings":[],"lacking":1}`}}
	bankB := &answeringPeer{org: "BankBMSP", answers: []string{`{"openings":[{"about":"SUB-B"}],"lacking":0}`, `{"openings":[],"lacking":0}`}}
	bankA := &answeringPeer{org: "BankAMSP", answers: []string{`{"openings":[{"about":"SUB-A"},{"about":"FIN-A"}],"lacking":0}`, `{"openings":[],"lacking":0}`}}
	c := bureauClient(t, bureau, leader, platform, bankB, bankA)

	own := jsontext.Value(`{"about":"FND-A","terms":{"advance":"999.99"}}`)
	found, err := c.Owed(t.Context(), contract.Batch{Commands: []string{commandA, commandB}, Openings: []jsontext.Value{argsA, argsB, own}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range found {
		got = append(got, string(o))
	}
	if want := `{"about":"SUB-A"} {"about":"SUB-B"} {"about":"FIN-A"}`; strings.Join(got, " ") != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if len(leader.asked) > 0 {
		t.Error("who holds nothing of it is asked")
	}
	for _, s := range []struct {
		who  *answeringPeer
		what string
		sees bool
	}{
		{platform, "777.77", true}, {platform, "SUB-A", true}, {platform, "888.88", false}, {platform, commandB, false}, {platform, "999.99", false},
		{bankA, "777.77", true}, {bankA, "FIN-A", true}, {bankA, "888.88", false}, {bankA, commandB, false}, {bankA, "999.99", false},
		{bankB, "888.88", true}, {bankB, "SUB-B", true}, {bankB, "777.77", false}, {bankB, commandA, false}, {bankB, "SUB-A", false}, {bankB, "999.99", false},
	} {
		if s.who.shown(s.what) != s.sees {
			t.Errorf("%s is shown %.40s: %t", s.who.org, s.what, !s.sees)
		}
	}
	if len(platform.asked) != 2 || len(bankB.asked) != 2 || len(bankA.asked) != 2 {
		t.Errorf("asked %d, %d and %d times", len(platform.asked), len(bankB.asked), len(bankA.asked))
	}
}

func TestWhoLacksNothingOfACommandIsTheLastToBeAskedOfIt(t *testing.T) {
	chain := contracttest.New(t)
	command, args := chain.Sign(chain.Regulator, "subsidy.settle", "SUB-A", map[string]string{"amount": "1.00"})
	bureau := &answeringPeer{org: "BureauMSP", answers: []string{`[["PlatformMSP","BankAMSP"]]`}}
	platform := &answeringPeer{org: "PlatformMSP", answers: []string{`{"openings":[{"about":"SUB-A"}],"lacking":0}`, `{"openings":[],"lacking":0}`}}
	bankA := &answeringPeer{org: "BankAMSP", answers: []string{`{"openings":[],"lacking":0}`}}
	c := bureauClient(t, bureau, platform, bankA)
	found, err := c.Owed(t.Context(), contract.Batch{Commands: []string{command}, Openings: []jsontext.Value{args}})
	if err != nil || len(found) != 1 || len(bankA.asked) > 0 {
		t.Errorf("%s, %v; bank A was asked %d times", found, err, len(bankA.asked))
	}
}
