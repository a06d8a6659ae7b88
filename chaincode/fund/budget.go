package fund

import (
	"decore/chaincode/fault"
	"decore/chaincode/ident"
	lc "decore/chaincode/lifecycle"
	"decore/chaincode/money"
)

// BudgetArgs are the private arguments of open and, without policy, bank and year, of what change can set.
type BudgetArgs struct {
	Policy   string       `json:"policy" doc:"ID of the subsidy policy (贴息政策)" minLength:"1" maxLength:"64"`
	Bank     ident.USCC   `json:"bank" doc:"USCC of the bank whose funds it pays (贷款银行)"`
	Year     int          `json:"year" doc:"Budget year (预算年度)" minimum:"2000" maximum:"2199"`
	Amount   money.Amount `json:"amount" doc:"Amount in yuan (预算金额)"`
	Document string       `json:"document" doc:"Number of the document by which it is given (下达文号)" minLength:"1" maxLength:"100"`
}

// ChangeArgs are the private arguments of change.
type ChangeArgs struct {
	Amount   money.Amount `json:"amount" doc:"The new amount in yuan (调整后预算金额)"`
	Document string       `json:"document" doc:"Number of the document (文号)" minLength:"1" maxLength:"100"`
}

// Budget are the private terms of a budget (预算指标): what the bureau may pay one bank in a year under a policy. The
// bureau and the bank read it, so that the bank's organisation can check with the bureau's that it is not passed, and no
// bank learns from it what another is paid.
type Budget struct {
	BudgetArgs
	Bureau    ident.USCC   `json:"bureau"`
	Allocated money.Amount `json:"allocated"` // to banks (已预拨)
	Returned  money.Amount `json:"returned"`  // by banks (已缴回)
}

// Parties lists who may read the budget.
func (b Budget) Parties() []ident.USCC { return []ident.USCC{b.Bureau, b.Bank} }

// Related returns the party in a relation to the budget, "" for none.
func (b Budget) Related(as lc.Relation) ident.USCC {
	if as == lc.Bureau {
		return b.Bureau
	}
	return ""
}

// Left is what can still be allocated (预算结余).
func (b Budget) Left() money.Amount { return b.Amount.Sub(b.out()) }

// out is what banks hold or have settled of it.
func (b Budget) out() money.Amount { return b.Allocated.Sub(b.Returned) }

// OpenBudget makes a budget.
func OpenBudget(a BudgetArgs, bureau ident.USCC) (Budget, error) {
	if a.Year < 2000 || a.Year > 2199 {
		return Budget{}, fault.New(fault.FieldInvalid, "/year")
	}
	return Budget{BudgetArgs: a, Bureau: bureau}.Change(ChangeArgs{a.Amount, a.Document})
}

// Change sets another amount, which what is allocated must not pass.
func (b Budget) Change(a ChangeArgs) (Budget, error) {
	switch {
	case !a.Amount.IsPositive():
		return b, fault.New(fault.AmountNotPositive, "/amount")
	case a.Document == "" || len(a.Document) > maxText:
		return b, fault.New(fault.FieldInvalid, "/document")
	case a.Amount.Less(b.out()):
		return b, fault.New(fault.BudgetShort, "/amount")
	}
	b.Amount, b.Document = a.Amount, a.Document
	return b, nil
}

// Allocate takes an amount for the bank's fund under the policy.
func (b Budget) Allocate(policy string, bank ident.USCC, amount money.Amount) (Budget, error) {
	switch {
	case b.Policy != policy || b.Bank != bank:
		return b, fault.New(fault.FieldInvalid, "/budget")
	case b.Left().Less(amount):
		return b, fault.New(fault.BudgetShort, "/amount")
	}
	b.Allocated = b.Allocated.Add(amount)
	return b, nil
}

// Unallocate takes an allocation back that was recorded wrongly.
func (b Budget) Unallocate(amount money.Amount) Budget {
	b.Allocated = b.Allocated.Sub(amount)
	return b
}

// Restore takes an amount back in, which it must have given out.
func (b Budget) Restore(policy string, bank ident.USCC, amount money.Amount) (Budget, error) {
	if b.Policy != policy || b.Bank != bank || b.out().Less(amount) {
		return b, fault.New(fault.FieldInvalid, "/budget")
	}
	b.Returned = b.Returned.Add(amount)
	return b, nil
}
