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

	"decore/adapters/ledger"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/protocol"
)

// endorseTime is how long one peer may take to decide a batch.
const endorseTime = 8 * time.Second

// endorsement is what endorsers made of a proposal. Without responses nothing is to be recorded.
type endorsement struct {
	responses []*fab.TransactionProposalResponse
	outcome   contract.Outcome
}

// endorse has a proposal endorsed by the regulator's organisation and the client's own, and by no other: an endorser
// sees every opening of the batch. The regulator, which would be alone, takes for a companion an organisation that may
// know all that the batch writes.
func (c *Client) endorse(ctx context.Context, p *proposal) (*endorsement, error) {
	e := &endorsement{}
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
		if round = nil; len(e.responses) == 1 {
			if round, err = c.companion(e.responses[0]); err != nil {
				return nil, err
			}
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

// companion is the organisation that endorses with the regulator's. All that the batch writes to private collections
// must be known to it; among several, one whose peers do not rest.
func (c *Client) companion(response *fab.TransactionProposalResponse) ([]string, error) {
	action, err := parseAction(response.Payload)
	if err != nil {
		return nil, err
	}
	written, err := parseWrites(action.GetResults(), c.conn.Chaincode)
	if err != nil {
		return nil, err
	}
	may := entitled(c.members(), written.private)
	if len(may) == 0 {
		return nil, ledger.ErrMixed
	}
	for _, org := range may {
		if !inTurn(c.peers[org])[0].rests() {
			return []string{org}, nil
		}
	}
	return may[:1], nil
}

// entitled are those organisations to whose collection every value of a transaction is written.
func entitled(orgs []string, private []ledger.PrivateWrite) []string {
	readers := map[evidence.Commitment][]string{}
	for _, w := range private {
		readers[w.Hash] = append(readers[w.Hash], w.Org)
	}
	var may []string
	for _, org := range orgs {
		sees := true
		for _, those := range readers {
			sees = sees && slices.Contains(those, org)
		}
		if sees {
			may = append(may, org)
		}
	}
	return may
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
