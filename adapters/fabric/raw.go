package fabric

import (
	"context"
	"fmt"
	"time"

	pb "github.com/hyperledger/fabric-protos-go/peer"
	"github.com/hyperledger/fabric-sdk-go/pkg/common/providers/fab"
	"github.com/hyperledger/fabric-sdk-go/pkg/fab/txn"
)

// Raw is a client with nothing of the ledger's in its way: it has any call endorsed by whom it likes, and orders
// what the endorsers would not agree on. It is there for tests that play a dishonest member, and for benchmarks that
// compare; the ledger port does not need it.
type Raw struct{ c *Client }

// Raw returns the client's network as it is.
func (c *Client) Raw() Raw { return Raw{c} }

// Call is a call of any function of any chaincode.
type Call struct {
	Chaincode string // that of the connection, when empty
	Function  string
	Args      [][]byte
	Transient map[string][]byte
	Time      time.Time // that of the ledger's clock, when zero
}

// Proposal is a call that can be sent to endorsers.
type Proposal struct{ p *proposal }

// ID is the ID of the transaction that the proposal becomes.
func (p *Proposal) ID() string { return string(p.p.TxnID) }

// Endorsement is what one endorser made of a proposal.
type Endorsement struct {
	response *fab.TransactionProposalResponse
}

// Answer is what the chaincode answered.
func (e Endorsement) Answer() []byte { return e.response.GetResponse().GetPayload() }

// Signed is what the endorser signed: everything that goes into the block.
func (e Endorsement) Signed() []byte { return e.response.Payload }

// Propose makes a proposal.
func (r Raw) Propose(call Call) (*Proposal, error) {
	if call.Chaincode == "" {
		call.Chaincode = r.c.conn.Chaincode
	}
	p, err := r.c.propose(call.Chaincode, call.Function, call.Transient, call.Args...)
	if err != nil || call.Time.IsZero() {
		return &Proposal{p}, err
	}
	if p.Header, err = stamp(p.Header, call.Time); err != nil {
		return nil, fmt.Errorf("proposal: %w", err)
	}
	p.time = call.Time
	return &Proposal{p}, nil
}

// Endorse has a peer of an organisation endorse a proposal, or answer it, which to a peer is the same. The error is a
// *RefusedError when the chaincode would not.
func (r Raw) Endorse(ctx context.Context, p *Proposal, org string) (Endorsement, error) {
	ctx, leave, err := r.c.enter(ctx)
	if err != nil {
		return Endorsement{}, err
	}
	defer leave()
	response, n, err := r.c.askInTurn(ctx, inTurn(r.c.peers[org]), p.p, endorseTime)
	if err != nil {
		return Endorsement{}, err
	}
	status := response.GetResponse().GetStatus()
	return Endorsement{&fab.TransactionProposalResponse{
		Endorser: n.address, Status: status, ChaincodeStatus: status, ProposalResponse: response,
	}}, nil
}

// Order has a proposal ordered with the results of its first endorsement and the signatures of all, and waits until
// the own peer has judged it. The error is an *InvalidError when it was found invalid.
func (r Raw) Order(ctx context.Context, p *Proposal, endorsements ...Endorsement) error {
	ctx, leave, err := r.c.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	tx, err := transactionOf(p, endorsements)
	if err != nil {
		return err
	}
	o, err := r.c.order(ctx, p.ID(), tx)
	if err != nil {
		return err
	}
	if o.code != pb.TxValidationCode_VALID {
		return &InvalidError{p.ID(), o.code}
	}
	return nil
}

// Send hands a proposal to an orderer as Order does, and does not wait.
func (r Raw) Send(ctx context.Context, p *Proposal, endorsements ...Endorsement) error {
	ctx, leave, err := r.c.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	tx, err := transactionOf(p, endorsements)
	if err != nil {
		return err
	}
	return r.c.orderers.broadcast(ctx, tx)
}

func transactionOf(p *Proposal, endorsements []Endorsement) (*fab.Transaction, error) {
	request := fab.TransactionRequest{Proposal: p.p.TransactionProposal}
	for _, e := range endorsements {
		request.ProposalResponses = append(request.ProposalResponses, e.response)
	}
	tx, err := txn.New(request)
	if err != nil {
		return nil, fmt.Errorf("transaction: %w", err)
	}
	return tx, nil
}
