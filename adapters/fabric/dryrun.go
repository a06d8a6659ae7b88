package fabric

import (
	"context"
	"errors"

	"decore/adapters/ledger"
	"decore/chaincode/contract"
	"decore/chaincode/protocol"
)

// DryRun has a batch decided by an own peer alone: no other organisation learns what is only tried, and no peer
// endorses it.
func (c *Client) DryRun(ctx context.Context, batch contract.Batch) (contract.Outcome, error) {
	ctx, leave, err := c.enter(ctx)
	if err != nil {
		return contract.Outcome{}, err
	}
	defer leave()
	if err := c.watch.standing(); errors.Is(err, ledger.ErrDamaged) {
		return contract.Outcome{}, err
	}
	p, err := c.proposeBatch(protocol.DryRun, batch)
	if err != nil {
		return contract.Outcome{}, err
	}
	_, _, err = c.askInTurn(ctx, c.own(), p, endorseTime)
	if payload, ok := recordsNothing(err); ok {
		return restore(payload)
	}
	if err == nil {
		err = errors.New("the chaincode answered a dry run as if it were to be ordered")
	}
	return contract.Outcome{}, err
}
