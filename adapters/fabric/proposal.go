package fabric

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hyperledger/fabric-protos-go/common"
	pb "github.com/hyperledger/fabric-protos-go/peer"
	"github.com/hyperledger/fabric-sdk-go/pkg/common/providers/fab"
	sdkcontext "github.com/hyperledger/fabric-sdk-go/pkg/context"
	"github.com/hyperledger/fabric-sdk-go/pkg/fab/txn"
	"google.golang.org/protobuf/types/known/timestamppb"

	"decore/adapters/ledger"
)

// proposal is a call of a chaincode before it is signed.
type proposal struct {
	*fab.TransactionProposal
	time time.Time
}

// propose makes a proposal that bears the ledger's time, which the SDK has no word for.
func (c *Client) propose(chaincode, function string, transient map[string][]byte, args ...[]byte) (*proposal, error) {
	header, err := txn.NewHeader(c.sdk, c.conn.Channel)
	if err != nil {
		return nil, fmt.Errorf("proposal: %w", err)
	}
	p, err := txn.CreateChaincodeInvokeProposal(header, fab.ChaincodeInvokeRequest{
		ChaincodeID: chaincode, Lang: pb.ChaincodeSpec_GOLANG, Fcn: function, Args: args, TransientMap: transient,
	})
	if err != nil {
		return nil, fmt.Errorf("proposal: %w", err)
	}
	now := c.clock.now()
	if p.Header, err = stamp(p.Header, now); err != nil {
		return nil, fmt.Errorf("proposal: %w", err)
	}
	return &proposal{p, now}, nil
}

// stamp sets the time in a proposal's header.
func stamp(raw []byte, t time.Time) ([]byte, error) {
	var header common.Header
	var channel common.ChannelHeader
	if err := unmarshal(raw, &header); err != nil {
		return nil, err
	}
	if err := unmarshal(header.ChannelHeader, &channel); err != nil {
		return nil, err
	}
	channel.Timestamp = timestamppb.New(t)
	var err error
	if header.ChannelHeader, err = marshal(&channel); err != nil {
		return nil, err
	}
	return marshal(&header)
}

// ask sends a proposal to one peer. The error is a *RefusedError when the chaincode itself answered so; after
// any other another peer may be asked.
func (c *Client) ask(ctx context.Context, n *node, p *proposal, patience time.Duration) (*pb.ProposalResponse, error) {
	inner, cancel := sdkcontext.NewRequest(c.sdk, sdkcontext.WithParent(ctx), sdkcontext.WithTimeout(patience))
	defer cancel()
	responses, err := txn.SendProposal(inner, p.TransactionProposal, []fab.ProposalProcessor{n.peer})
	if refused, ok := refusal(n.address, err); ok {
		n.note(nil)
		return nil, refused
	}
	if ctx.Err() != nil {
		return nil, why(ctx) // the caller gave up, which says nothing of the peer
	}
	if err == nil && (len(responses) != 1 || responses[0].ProposalResponse == nil) {
		err = errors.New("no response")
	}
	n.note(err)
	if err != nil {
		return nil, n.fault("peer", err)
	}
	return responses[0].ProposalResponse, nil
}

// askInTurn asks peers of one organisation one after the other until one answers.
func (c *Client) askInTurn(ctx context.Context, peers []*node, p *proposal, patience time.Duration) (*pb.ProposalResponse, *node, error) {
	if len(peers) == 0 {
		return nil, nil, away("peers", errors.New("none is listed"))
	}
	var errs []error
	for _, n := range peers {
		response, err := c.ask(ctx, n, p, patience)
		var refused *RefusedError
		switch {
		case err == nil:
			return response, n, nil
		case errors.As(err, &refused):
			return nil, n, err
		case ctx.Err() != nil:
			return nil, nil, err
		}
		errs = append(errs, err)
	}
	return nil, nil, fmt.Errorf("%w: %w", ledger.ErrUnavailable, errors.Join(errs...))
}

// readTime is how long one peer may take to answer a question.
const readTime = 5 * time.Second

// evaluate asks peers for what a function of a chaincode answers, which is not ordered.
func (c *Client) evaluate(ctx context.Context, peers []*node, chaincode, function string, transient map[string][]byte, args ...[]byte) ([]byte, error) {
	p, err := c.propose(chaincode, function, transient, args...)
	if err != nil {
		return nil, err
	}
	response, _, err := c.askInTurn(ctx, peers, p, readTime)
	if err != nil {
		return nil, err
	}
	return response.GetResponse().GetPayload(), nil
}
