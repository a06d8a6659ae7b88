package fabric

import (
	"context"
	"errors"
	"fmt"
	"time"

	pb "github.com/hyperledger/fabric-protos-go/peer"
	"github.com/hyperledger/fabric-sdk-go/pkg/common/providers/fab"
	"github.com/hyperledger/fabric-sdk-go/pkg/fab/txn"

	"decore/adapters/ledger"
	"decore/chaincode/contract"
	"decore/chaincode/protocol"
)

const (
	submitTime     = 15 * time.Second // from the call to the commit
	lookUpTime     = 2 * time.Second  // for the last look at what became of a transaction
	againAfter     = 2 * time.Second  // a transaction that is not committed by then is sent again
	endorseRetries = 5                // when endorsers have not seen the same blocks
)

// Submit runs a batch as one transaction and waits until it is committed at the own peer.
//
// When ctx ends before the transaction is sent to an orderer, nothing is submitted and the error is that of ctx.
// When it ends later, the error is ErrUnknown, unless a last look tells the outcome.
func (c *Client) Submit(ctx context.Context, batch contract.Batch) (ledger.Commit, error) {
	inner, leave, err := c.enter(ctx)
	if err != nil {
		return ledger.Commit{}, err
	}
	defer leave()
	select {
	case c.places <- struct{}{}:
		defer func() { <-c.places }()
	default:
		return ledger.Commit{}, fmt.Errorf("%w: %d batches are under way", ledger.ErrBusy, cap(c.places))
	}
	if err := c.watch.standing(); errors.Is(err, ledger.ErrDamaged) {
		return ledger.Commit{}, err
	}
	inner, cancel := context.WithTimeoutCause(inner, submitTime, errLate)
	defer cancel()
	began := time.Now()
	p, e, err := c.decide(inner, batch)
	if err != nil {
		return ledger.Commit{}, err
	}
	if len(e.responses) == 0 {
		return ledger.Commit{Time: p.time, Results: e.outcome.Results}, nil
	}
	endorsed := time.Now()
	commit, err := c.commit(inner, p, e)
	c.opts.Log.DebugContext(ctx, "batch", "tx", string(p.TxnID), "commands", len(batch.Commands), "block", commit.Block,
		"endorsing", endorsed.Sub(began), "ordering", time.Since(endorsed), "error", err)
	return commit, err
}

var errLate = fmt.Errorf("%w: no endorsement within %s", ledger.ErrUnavailable, submitTime)

// decide has the batch endorsed. Endorsers that differ are asked again, since the one behind soon catches up.
func (c *Client) decide(ctx context.Context, batch contract.Batch) (*proposal, *endorsement, error) {
	for attempt := 0; ; attempt++ {
		p, err := c.proposeBatch(protocol.Submit, batch)
		if err != nil {
			return nil, nil, err
		}
		e, err := c.endorse(ctx, p)
		var mismatch *MismatchError
		if errors.As(err, &mismatch) && attempt < endorseRetries && pause(ctx, attempt) == nil {
			continue
		}
		if err != nil && ctx.Err() != nil {
			err = why(ctx)
		}
		return p, e, err
	}
}

// proposeBatch makes a proposal of a function that takes a batch.
func (c *Client) proposeBatch(function string, batch contract.Batch) (*proposal, error) {
	commands, err := protocol.MarshalCommands(batch.Commands)
	if err != nil {
		return nil, fmt.Errorf("batch: %w", err)
	}
	transient := map[string][]byte{protocol.Openings: protocol.MarshalOpenings(batch.Openings)}
	return c.propose(c.conn.Chaincode, function, transient, commands)
}

// commit orders an endorsed batch and waits for what becomes of it.
func (c *Client) commit(ctx context.Context, p *proposal, e *endorsement) (ledger.Commit, error) {
	tx, err := txn.New(fab.TransactionRequest{Proposal: p.TransactionProposal, ProposalResponses: e.responses})
	if err != nil {
		return ledger.Commit{}, fmt.Errorf("transaction: %w", err)
	}
	id := string(p.TxnID)
	o, err := c.order(ctx, id, tx)
	if err != nil {
		return ledger.Commit{}, err
	}
	if o.code != pb.TxValidationCode_VALID {
		return ledger.Commit{}, &InvalidError{id, o.code}
	}
	return ledger.Commit{Tx: id, Block: o.block.block.Number, Time: o.time, Results: e.outcome.Results}, nil
}

// order sends a transaction until it is in a block. An orderer that accepted it may die with it, so it is sent
// again from time to time; the peers take it once.
func (c *Client) order(ctx context.Context, id string, tx *fab.Transaction) (outcome, error) {
	answer := c.watch.expect(id)
	defer c.watch.forget(id)
	sending, stop := context.WithCancel(ctx)
	defer stop()
	refused := make(chan error, 1)
	c.working.Go(func() { c.keepSending(sending, tx, refused) })
	select {
	case o := <-answer:
		return o, nil
	case err := <-refused:
		return outcome{}, err
	case <-ctx.Done():
		return c.lastLook(ctx, id)
	}
}

// keepSending sends a transaction until ctx is done, and tells when it is sure that no orderer took it.
func (c *Client) keepSending(ctx context.Context, tx *fab.Transaction, refused chan<- error) {
	for taken := false; ; {
		err := c.orderers.broadcast(ctx, tx)
		taken = taken || err == nil
		var no *OrderError
		if errors.As(err, &no) && !taken {
			refused <- no
			return
		}
		timer := time.NewTimer(againAfter)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// lastLook asks what became of a transaction for which the time is up.
func (c *Client) lastLook(ctx context.Context, id string) (outcome, error) {
	reason := why(ctx)
	if errors.Is(reason, errLate) {
		reason = fmt.Errorf("not committed within %s", submitTime)
	}
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookUpTime)
	defer cancel()
	o, err := c.watch.source.find(late, id)
	if err != nil {
		return outcome{}, fmt.Errorf("%w: %w: %w", ledger.ErrUnknown, reason, err)
	}
	return o, nil
}
