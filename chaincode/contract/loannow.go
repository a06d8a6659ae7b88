package contract

import (
	"decore/chaincode/financing"
	"decore/chaincode/subsidy"
)

// LoanNow are a claim's facts of its loan, with what the loan record knows anew, as a command on the claim would
// take them.
func LoanNow(l subsidy.Loan, t financing.Terms) subsidy.Loan { return current(l, t) }
