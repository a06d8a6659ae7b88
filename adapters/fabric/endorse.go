package fabric

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	mspproto "github.com/hyperledger/fabric-protos-go/msp"
	pb "github.com/hyperledger/fabric-protos-go/peer"
	"github.com/hyperledger/fabric-sdk-go/pkg/common/providers/fab"

	"decore/chaincode/contract"
	"decore/chaincode/protocol"
)

// endorseTime is how long one peer may take to decide a batch.
const endorseTime = 8 * time.Second

// endorsement is what endorsers made of a proposal. Without responses nothing is to be recorded.
type endorsement struct {
	responses []*fab.TransactionProposalResponse
	outcome   contract.Outcome
}

// endorse has a proposal endorsed by those whom it concerns. That takes up to three rounds: the regulator and
// the own organisation see every batch; then each organisation whose collection the batch writes, since only
// its own peer may let that pass; and if that is still one organisation alone, one other.
func (c *Client) endorse(ctx context.Context, p *proposal) (*endorsement, error) {
	e := &endorsement{}
	var asked []string
	for round := c.firstEndorsers(); len(round) > 0; {
		responses, err := c.askAll(ctx, round, p)
		if unrecorded, ok := recordsNothing(err); ok {
			e.outcome, err = restore(unrecorded)
			return e, err
		}
		if err != nil {
			return nil, err
		}
		e.responses = append(e.responses, responses...)
		if err := agree(e.responses); err != nil {
			return nil, err
		}
		asked = append(asked, round...)
		if round, err = c.nextEndorsers(asked, e.responses[0]); err != nil {
			return nil, err
		}
	}
	action, err := parseAction(e.responses[0].Payload)
	if err != nil {
		return nil, err
	}
	e.outcome, err = restore(action.GetResponse().GetPayload())
	return e, err
}

func restore(payload []byte) (contract.Outcome, error) {
	var a protocol.Answer
	if err := json.Unmarshal(payload, &a); err != nil {
		return contract.Outcome{}, fmt.Errorf("answer of the chaincode: %w", err)
	}
	return a.Restore()
}

// firstEndorsers are the regulator's organisation and the client's own.
func (c *Client) firstEndorsers() []string {
	if c.conn.Org == c.conn.Regulator {
		return []string{c.conn.Org}
	}
	return []string{c.conn.Org, c.conn.Regulator}
}

// nextEndorsers are the organisations still to be asked.
func (c *Client) nextEndorsers(asked []string, response *fab.TransactionProposalResponse) ([]string, error) {
	action, err := parseAction(response.Payload)
	if err != nil {
		return nil, err
	}
	written, err := parseWrites(action.GetResults(), c.conn.Chaincode)
	if err != nil {
		return nil, err
	}
	var next []string
	for _, w := range written.private {
		if !slices.Contains(asked, w.Org) && !slices.Contains(next, w.Org) {
			next = append(next, w.Org)
		}
	}
	if len(next) == 0 && len(asked) == 1 {
		return c.companion(asked[0]), nil
	}
	return next, nil
}

// companion is the organisation that endorses with one that would be alone: of those in the connection file the
// first whose peers do not rest, since it sees the openings of the batch.
func (c *Client) companion(org string) []string {
	var others []string
	for _, n := range c.conn.Peers {
		if n.Org == org {
			continue
		}
		if !inTurn(c.peers[n.Org])[0].rests() {
			return []string{n.Org}
		}
		others = append(others, n.Org)
	}
	return others[:min(1, len(others))]
}

// askAll asks one peer of each organisation at the same time.
func (c *Client) askAll(ctx context.Context, orgs []string, p *proposal) ([]*fab.TransactionProposalResponse, error) {
	responses := make([]*fab.TransactionProposalResponse, len(orgs))
	errs := make([]error, len(orgs))
	var wait sync.WaitGroup
	for i, org := range orgs {
		wait.Go(func() { responses[i], errs[i] = c.askOrg(ctx, org, p) })
	}
	wait.Wait()
	return responses, settle(errs)
}

func (c *Client) askOrg(ctx context.Context, org string, p *proposal) (*fab.TransactionProposalResponse, error) {
	if len(c.peers[org]) == 0 {
		return nil, away("endorsement", fmt.Errorf("no peer of %s is listed", org))
	}
	response, n, err := c.askInTurn(ctx, inTurn(c.peers[org]), p, endorseTime)
	if err != nil {
		return nil, err
	}
	if err := checkEndorsement(response, org); err != nil {
		return nil, away("endorsement by "+n.address, err)
	}
	return &fab.TransactionProposalResponse{
		Endorser: n.address, Status: response.GetResponse().GetStatus(),
		ChaincodeStatus: response.GetResponse().GetStatus(), ProposalResponse: response,
	}, nil
}

// settle makes one error of those of a round. Chaincodes that refuse alike speak with one voice; where one
// refuses what another endorses, they have not seen the same blocks.
func settle(errs []error) error {
	var refused []*RefusedError
	others := 0
	for _, err := range errs {
		var r *RefusedError
		switch {
		case errors.As(err, &r):
			refused = append(refused, r)
		case err != nil:
			return err
		default:
			others++
		}
	}
	if len(refused) == 0 {
		return nil
	}
	for _, r := range refused {
		if r.Status == protocol.Clock {
			return r
		}
		if r.Status != refused[0].Status || !bytes.Equal(r.payload, refused[0].payload) {
			return &MismatchError{refused[0].Peer, r.Peer}
		}
	}
	if others > 0 {
		return &MismatchError{refused[0].Peer, "others"}
	}
	return refused[0]
}

// recordsNothing tells the refusal to endorse what leaves no trace from all others.
func recordsNothing(err error) (payload []byte, ok bool) {
	var r *RefusedError
	if errors.As(err, &r) && r.Status == protocol.Unrecorded {
		return r.payload, true
	}
	return nil, false
}

// agree compares what endorsers signed, byte for byte.
func agree(responses []*fab.TransactionProposalResponse) error {
	for _, r := range responses[1:] {
		if !bytes.Equal(r.Payload, responses[0].Payload) {
			return &MismatchError{responses[0].Endorser, r.Endorser}
		}
	}
	return nil
}

// checkEndorsement checks that a peer of the organisation signed. Whether its certificate is good only the
// channel's members can tell, and do when they validate.
func checkEndorsement(response *pb.ProposalResponse, org string) error {
	endorsement := response.GetEndorsement()
	var id mspproto.SerializedIdentity
	if err := unmarshal(endorsement.GetEndorser(), &id); err != nil {
		return fmt.Errorf("endorser: %w", err)
	}
	if id.GetMspid() != org {
		return fmt.Errorf("endorser is of %q, not of %s", id.GetMspid(), org)
	}
	cert, err := parseCertificate(id.GetIdBytes())
	if err != nil {
		return fmt.Errorf("endorser's certificate: %w", err)
	}
	key, ok := cert.PublicKey.(*ecdsa.PublicKey)
	if !ok {
		return errors.New("endorser's key is not of an elliptic curve")
	}
	return verify(key, slices.Concat(response.GetPayload(), endorsement.GetEndorser()), endorsement.GetSignature())
}
