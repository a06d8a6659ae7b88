package problem

// fundCodes are those of chaincode/fault for the money between the bureau and the banks.
var fundCodes = map[string]entry{
	"FUND_EXISTS":     {409, Text{"The bank has a fund under this policy already", "该行在此政策下已有资金户"}},
	"FUND_NOT_OPEN":   {409, Text{"The bank's fund under this policy, through which its claims are settled, is not open", "该行在此政策下的资金户不在往来状态，不能结算"}},
	"BUDGET_SHORT":    {409, Text{"The budget has not so much left", "预算结余不足"}},
	"ADVANCE_SHORT":   {409, Text{"The bank does not hold so much in advance", "预拨结余不足"}},
	"NOT_REPORTED":    {409, Text{"The accepted reports of this claim do not cover the amount", "该申领已审核的月报未覆盖该金额"}},
	"PERIOD_CLOSED":   {409, Text{"The period is reported or closed and takes no more reports", "该期间已报齐或已结算，不再接受报送"}},
	"PERIOD_OPEN":     {409, Text{"The period is not over, or an earlier one waits for its report or acceptance", "期间尚未结束，或之前期间尚未报送或审核"}},
	"NOT_LAST_REPORT": {409, Text{"A later report stands upon this one", "其后已有月报，须先处理后报送的月报"}},
	"FOREIGN_CLAIM":   {422, Text{"The claim is not one of this bank's under this policy", "该申领不属于本行在此政策下的贷款"}},
	"LINE_REPEATED":   {422, Text{"The claim stands in this month already, or the lines are out of order", "该申领在本月重复，或明细未按申领编号升序"}},
	"REPORT_MISMATCH": {422, Text{"It is not what the ledger has for the claim by that month's end and no earlier report said", "与账本截至当月末未报送的记录不符"}},
	"NOT_BALANCED":    {409, Text{"Something is still to be reported, settled or returned", "尚有未报送、未结算或未缴回的金额"}},
}
