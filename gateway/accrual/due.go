package accrual

import (
	"context"
	"errors"
	"fmt"

	"decore/chaincode/contract"
	"decore/chaincode/financing"
	"decore/chaincode/money"
	"decore/chaincode/subsidy"
	"decore/gateway/projection"
)

// item is one claim that is due.
type item struct {
	record projection.Record
	terms  contract.ClaimTerms
}

// verdict is why a claim is left alone; the zero value is a claim that is due.
type verdict struct {
	idle   bool // no period ended since, or all that was granted is accrued
	reason string
}

// judge works out by the ledger's own rules, on the records as they stand in the projection, what would become of a
// claim. What the ledger would refuse is not signed: a refusal that nobody asked for would stay on it for good.
func (r *Run) judge(ctx context.Context, record projection.Record, loans map[string]projection.Record) (item, verdict, error) {
	terms, known := record.Terms.(contract.ClaimTerms)
	if !known {
		return item{}, verdict{reason: termsNotHere}, nil
	}
	loan, known := loans[terms.Loan.ID].Terms.(financing.Terms)
	if !known {
		return item{}, verdict{reason: termsNotHere}, nil
	}
	c := terms.Claim
	policy, err := r.Store.SubsidyPolicy(ctx, c.Policy, c.Version)
	if err != nil {
		return item{}, verdict{}, fmt.Errorf("policy of claim %s: %w", record.ID, err)
	}
	// Whatever else is in the account, an accrual moves within what the claim holds already.
	account := subsidy.Account{Policy: c.Policy, Household: c.Household, Drawn: c.Drawn()}
	_, _, _, err = subsidy.Accrue(policy, account, c, contract.LoanNow(terms.Loan, loan), r.Through)
	var refused *subsidy.Error
	switch {
	case errors.As(err, &refused):
		return item{}, left(refused.Code), nil
	case err != nil:
		return item{}, verdict{}, err
	}
	return item{record: record, terms: terms}, verdict{}, nil
}

// termsNotHere is the reason of a claim whose terms, or whose loan's, have not come to this gateway.
const termsNotHere = "TERMS_NOT_HERE"

func left(code subsidy.Code) verdict {
	switch code {
	case subsidy.AlreadyAccrued, subsidy.NothingToAccrue, subsidy.HoldUsedUp:
		return verdict{idle: true, reason: string(code)}
	}
	return verdict{reason: string(code)}
}

// earned is what the claim has taken for days gone by.
func earned(c subsidy.Claim) money.Amount { return c.Accrued.Add(c.Settled) }
