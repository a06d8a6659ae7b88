package accrual

import (
	"context"
	"errors"
	"fmt"

	"decore/chaincode/contract"
	"decore/chaincode/fault"
	"decore/chaincode/financing"
	"decore/chaincode/money"
	"decore/chaincode/subsidy"
	"decore/gateway/projection"
)

// item is one claim that is due, and the verb by which it moves.
type item struct {
	record projection.Record
	terms  contract.ClaimTerms
	loan   []byte // opening of its loan's terms
	verb   string
}

// verdict is why a claim is left alone; the zero value is a claim that is due.
type verdict struct {
	idle   bool // no period ended since, or all that was granted is accrued, and nothing is to be corrected
	reason string
	topUp  bool // its hold is used up, and a top-up would be granted
}

// judge works out by the ledger's own rules, on the records as they stand in the projection, what would become of a
// claim. What the ledger would refuse is not signed: a refusal that nobody asked for would stay on it for good.
func (r *Run) judge(ctx context.Context, record projection.Record, beside map[string]projection.Record) (*item, verdict, error) {
	terms, known := record.Terms.(contract.ClaimTerms)
	if !known {
		return nil, verdict{reason: termsNotHere}, nil
	}
	loan, known := beside[terms.Loan.ID].Terms.(financing.Terms)
	account, opened := beside[terms.Account].Terms.(contract.AccountTerms)
	if !known || !opened {
		return nil, verdict{reason: termsNotHere}, nil
	}
	if terms.Claim.Void() {
		if id, err := r.Store.ClaimOf(ctx, terms.Loan.ID); err != nil || id != record.ID {
			return nil, verdict{idle: true, reason: string(fault.ClaimReplaced)}, err
		}
	}
	policy, err := r.Store.SubsidyPolicy(ctx, terms.Claim.Policy, terms.Claim.Version)
	if err != nil {
		return nil, verdict{}, fmt.Errorf("policy of claim %s: %w", record.ID, err)
	}
	now := contract.LoanNow(terms.Loan, loan)
	verb, v, err := r.move(policy, account.Account, terms.Claim, now)
	if err == nil && v.reason == string(subsidy.HoldUsedUp) {
		v.topUp, err = r.canBeToppedUp(ctx, policy, account.Account, terms.Claim, now)
	}
	return &item{record, terms, beside[terms.Loan.ID].Opening, verb}, v, err
}

// canBeToppedUp reports whether the claim would be granted more on the day of the run, by the version that governs it then.
func (r *Run) canBeToppedUp(ctx context.Context, p subsidy.Policy, a subsidy.Account, c subsidy.Claim, l subsidy.Loan) (bool, error) {
	newest, err := r.Store.SubsidyPolicy(ctx, p.ID, 0)
	if err != nil {
		return false, fmt.Errorf("newest version of policy %s: %w", p.ID, err)
	}
	version := func(n int) (subsidy.Policy, error) { return r.Store.SubsidyPolicy(ctx, p.ID, n) }
	governing, _, err := subsidy.Governing(newest.Version, version, r.Through)
	if err != nil {
		return false, fmt.Errorf("versions of policy %s: %w", p.ID, err)
	}
	_, _, _, refused := subsidy.TopUp(p, governing, a, c, l, r.Through)
	return refused == nil, nil
}

// move is the verb by which a claim has to move: it accrues where a period has ended, which corrects earlier ones too, and
// otherwise it is corrected, as a loan that was repaid or a claim that has ended may still have too much.
func (r *Run) move(p subsidy.Policy, a subsidy.Account, c subsidy.Claim, l subsidy.Loan) (string, verdict, error) {
	_, _, _, accrues := subsidy.Accrue(p, a, c, l, r.Through)
	if accrues == nil {
		return subsidy.VerbAccrue, verdict{}, nil
	}
	_, _, _, corrects := subsidy.Correct(p, a, c, l)
	if corrects == nil {
		return subsidy.VerbCorrect, verdict{}, nil
	}
	var refused *subsidy.Error
	if errors.As(corrects, &refused) && refused.Code == subsidy.EntriesFull {
		return "", left(refused.Code), nil
	}
	why := accrues
	if row, _ := subsidy.Lifecycle.Row(subsidy.VerbAccrue); !row.Leaves(c.State) {
		why = corrects // all that can still be done with it
	}
	if !errors.As(why, &refused) {
		return "", verdict{}, why
	}
	return "", left(refused.Code), nil
}

// termsNotHere is the reason of a claim whose terms, or whose loan's, have not come to this gateway.
const termsNotHere = "TERMS_NOT_HERE"

func left(code subsidy.Code) verdict {
	switch code {
	case subsidy.AlreadyAccrued, subsidy.NothingToAccrue, subsidy.HoldUsedUp, subsidy.NothingToCorrect, subsidy.PrincipalCapReached:
		return verdict{idle: true, reason: string(code)}
	}
	return verdict{reason: string(code)}
}

// earned is what the claim has taken for days gone by.
func earned(c subsidy.Claim) money.Amount { return c.Accrued.Add(c.Settled) }
