package fault

// Codes of the money between the bureau and the banks (资金往来).
const (
	FundExists     Code = "FUND_EXISTS"     // the bank has a fund under the policy
	FundNotOpen    Code = "FUND_NOT_OPEN"   // the bank's fund under the policy, through which its claims are settled, is not open
	BudgetShort    Code = "BUDGET_SHORT"    // the budget has not so much left, or less would be left than is allocated
	AdvanceShort   Code = "ADVANCE_SHORT"   // the bank does not hold so much in advance
	NotReported    Code = "NOT_REPORTED"    // accepted reports of the claim do not cover the amount
	PeriodClosed   Code = "PERIOD_CLOSED"   // the month is reported already, or its quarter is closed
	PeriodOpen     Code = "PERIOD_OPEN"     // the period is not over, or an earlier one waits for its report or its acceptance
	NotLastReport  Code = "NOT_LAST_REPORT" // another report stands upon it
	ForeignClaim   Code = "FOREIGN_CLAIM"   // not a claim of this bank under this policy
	LineRepeated   Code = "LINE_REPEATED"   // a claim stands twice in a month, or out of order
	ReportMismatch Code = "REPORT_MISMATCH" // not what is to be reported of the claim
	NotBalanced    Code = "NOT_BALANCED"    // something is still to be settled, returned or reported
)
