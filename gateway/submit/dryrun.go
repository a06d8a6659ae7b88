package submit

import (
	"context"

	"decore/adapters/ledger"
	"decore/chaincode/contract"
)

// DryRun tells what would become of up to contract.MaxTrial commands, were they submitted now and in this order. It
// leaves nothing on the ledger and takes no place in the queue. The answers have neither transaction nor block.
func (s *Submitter) DryRun(ctx context.Context, commands ...Signed) (answers []Answer, errs []error, err error) {
	if len(commands) > contract.MaxTrial {
		return nil, nil, ErrTooMany
	}
	s.closing.RLock()
	closed := s.closed
	s.closing.RUnlock()
	if closed {
		return nil, nil, ErrClosed
	}
	sub := newSubmission(commands)
	if err := s.settle(ctx, placesOf(sub), s.try); err != nil {
		return nil, nil, err
	}
	return sub.answers, sub.errs, nil
}

// try is a port that commits nothing.
func (s *Submitter) try(ctx context.Context, batch contract.Batch) (ledger.Commit, error) {
	out, err := s.ledger.DryRun(ctx, batch)
	return ledger.Commit{Results: out.Results}, err
}
