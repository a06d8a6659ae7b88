package accrual

import (
	"context"
	"fmt"

	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/money"
	"decore/chaincode/subsidy"
	"decore/gateway/submit"
)

// book adds a batch's answers to the summary. An amount counts when the terms that the ledger now commits to tell it;
// what was worked out here before proves nothing.
func (j *job) book(ctx context.Context, batch []*item, answers []submit.Answer, errs []error) error {
	var ids []string
	for i, it := range batch {
		if errs[i] == nil && answers[i].Status == contract.Accepted {
			ids = append(ids, it.record.ID)
		}
	}
	written, err := j.Ledger.Terms(ctx, ids...)
	if err != nil {
		return fmt.Errorf("read back %d claims: %w", len(ids), err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	transactions := map[string]bool{}
	for i, it := range batch {
		if tx := answers[i].Tx; tx != "" {
			transactions[tx] = true
		}
		j.bookOne(it, answers[i], errs[i], written[it.record.ID])
	}
	j.sum.Batches += len(transactions)
	j.told(len(batch))
	return nil
}

func (j *job) bookOne(it *item, answer submit.Answer, err error, written []byte) {
	switch {
	case err != nil:
		j.sum.refuse(it.record.ID, err.Error())
		return
	case answer.Status != contract.Accepted:
		j.sum.refuse(it.record.ID, answer.Code)
		return
	}
	if it.verb == subsidy.VerbCorrect {
		j.sum.Corrected++
	} else {
		j.sum.Accrued++
	}
	amount, read := accrued(it, answer, written)
	if !read {
		j.sum.Unread = append(j.sum.Unread, it.record.ID)
		return
	}
	j.sum.Amount.Amount = j.sum.Amount.Add(amount)
}

// accrued is what a command added to a claim: the difference between the version before, which was read from the
// projection, and the one that the command wrote.
func accrued(it *item, answer submit.Answer, written []byte) (money.Amount, bool) {
	if answer.Version != it.record.Version+1 || evidence.Commit(written) != answer.Terms {
		return money.Zero, false // the claim was moved in between by another command
	}
	sealed, err := evidence.Open(written)
	if err != nil {
		return money.Zero, false
	}
	var now contract.ClaimTerms
	if err := canon.Strict(sealed.Terms, &now); err != nil {
		return money.Zero, false
	}
	return earned(now.Claim).Sub(earned(it.terms.Claim)), true
}

// leave notes a claim for which no command is signed.
func (j *job) leave(claim string, v verdict) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if v.topUp {
		j.sum.TopUps = append(j.sum.TopUps, claim)
	}
	if v.idle {
		j.sum.Idle++
	} else {
		j.sum.refuse(claim, v.reason)
	}
	j.told(1)
}

// told counts claims that are done with.
func (j *job) told(n int) {
	j.sum.Claims += n
	if j.Progress != nil {
		j.Progress(j.sum.Claims, j.of)
	}
}
