package api

import (
	"context"

	"decore/chaincode/fund"
	"decore/gateway/problem"
	"decore/gateway/projection"
)

// budgetOf is what tells one budget (预算指标) from another, whatever its amount: a document gives a bank one a year. On the ledger
// no key says so. It would have to be public, every member holds the consortium's key, and numbers of documents are easily
// guessed: a bank could find out what another is given. So it is the bureau's own gateway that sees to it.
type budgetOf struct {
	policy, bank, document string
	year                   int
}

func whichBudget(b fund.BudgetArgs) budgetOf {
	return budgetOf{b.Policy, string(b.Bank), b.Document, b.Year}
}

// refuseSecondBudget refuses a budget of which an open one is on the ledger. What was closed may be opened anew.
func (a *API) refuseSecondBudget(ctx context.Context, e *exchange, b fund.BudgetArgs) error {
	if err := a.openAlone(e, b); err != nil {
		return err
	}
	if err := a.catchUp(ctx); err != nil {
		return err
	}
	f := projection.Filter{Kind: fund.BudgetTable.Kind, State: []string{string(fund.Open)}, Owner: e.caller.Party}
	return a.each(ctx, e, f, func(r projection.Record) error {
		if other, known := r.Terms.(fund.Budget); known && whichBudget(other.BudgetArgs) == whichBudget(b) {
			return problem.New(problem.BudgetExists).At("/document").Because(r.ID, r.ID)
		}
		return nil
	})
}

// openAlone keeps all others from opening the same budget until the request is answered, be they items of the same batch: of a
// double click the second finds what the first made, or is told that it is being made.
func (a *API) openAlone(e *exchange, b fund.BudgetArgs) error {
	if e.dry {
		return nil
	}
	which := whichBudget(b)
	if _, taken := a.opening.LoadOrStore(which, true); taken {
		return problem.New(problem.BudgetExists).At("/document")
	}
	e.atEnd = append(e.atEnd, func() { a.opening.Delete(which) })
	return nil
}
