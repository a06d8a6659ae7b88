package problem

// hints say, for a verb and the code that the ledger refuses it with, what to do next or what the rule is; with a field after the code,
// for that field, a place in a list being "*". They go by the verb alone and tell nothing about the record.
var hints = map[string]map[string]Text{
	"warehouse-receipt.deliver": {"ENCUMBERED": {"a bank holds the goods: it must order their delivery first (order-delivery)", "货物已质押，须由质权银行先出具放货指令（order-delivery）"}},
	"warehouse-receipt.issue": {
		"ENCUMBERED":    {"a bank holds the goods: it must order a release for a receipt first (lot order-release)", "货物已质押，须由质权银行先出具开立仓单的放货指令（order-release）"},
		"OVER_QUANTITY": {"a receipt can only be over goods that are under no other", "仓单数量不得超过未开仓单的在库数量"},
	},
	"warehouse-receipt.lose": {"OVER_QUANTITY": {"no more can be lost than the receipt is over, less what is missing already", "灭失数量不得超过仓单数量减已灭失数量"}},
	"lot.release": {
		"ENCUMBERED":    {"a bank holds the goods: it must order their release first (order-release)", "货物已质押，须由质权银行先出具放货指令（order-release）"},
		"OVER_QUANTITY": {"goods under a receipt leave against the receipt alone", "已开仓单的货物须凭仓单提货"},
	},
	"lot.store": {"DUPLICATE_REGISTERED": {"goods of another lot are recorded in this place", "该货位已登记其他货物"}},
	"subsidy.hold": {
		"PRINCIPAL_CAP_REACHED": {"0.00 yuan of the cap are left", "上限剩余 0.00 元"},
		"AMOUNT_CAP_REACHED":    {"0.00 yuan of the cap are left", "上限剩余 0.00 元"},
	},
	"order.create":        {"DATE_ORDER /deliverBy": {"not before signed, the day on which the order was signed", "不得早于订单签订日"}},
	"order.amend":         {"DATE_ORDER /deliverBy": {"not before the day on which the order was signed", "不得早于订单签订日"}},
	"order.ship":          {"DATE_ORDER /date": {"not before the day on which the order was signed", "不得早于订单签订日"}},
	"order.accept":        {"DATE_ORDER /date": {"not before the day on which the order was signed", "不得早于订单签订日"}},
	"receivable.register": {"DATE_ORDER /due": {"not before issued, the invoice's day", "不得早于开票日"}},
	"receivable.pay":      {"DATE_ORDER /date": {"not before the invoice's day", "不得早于开票日"}},
	"financing.offer": {
		"DATE_ORDER /maturity":   {"after today", "须晚于今天"},
		"DATE_ORDER /validUntil": {"not before today", "不得早于今天"},
	},
	"financing.record": {
		"DATE_ORDER /signed":                {"not after disbursed, the day on which the loan was paid out", "不得晚于放款日"},
		"DATE_ORDER /maturity":              {"after disbursed, the day on which the loan was paid out", "须晚于放款日"},
		"DATE_ORDER /entrustedPaid":         {"not before disbursed, the day on which the loan was paid out", "不得早于放款日"},
		"DATE_ORDER /extensions/*/maturity": {"after the last day agreed before, that of the contract or of the extension before", "须晚于此前的到期日（合同到期日或上一次展期后到期日）"},
		"DATE_ORDER /extensions/*/agreedOn": {"not before the loan was paid out or the extension before was agreed, and not after the last day agreed before", "不得早于放款日或上一次展期同意日，且不得晚于此前的到期日"},
		"FIELD_INVALID /maturity":           {"at most 360 months after disbursed", "距放款日不得超过 360 个月"},
	},
	"financing.disburse":          {"DATE_ORDER /date": {"not before the day on which the offer was accepted, and before the loan's last day", "不得早于接受报价日，且须早于到期日"}},
	"financing.repay":             {"DATE_ORDER /date": {"not before the day on which the loan was paid out", "不得早于放款日"}},
	"financing.mark-overdue":      {"DATE_ORDER /from": {"after the day on which the loan was paid out, and not before an earlier time overdue ended", "须晚于放款日，且不早于前一段逾期结束日"}},
	"financing.cure":              {"DATE_ORDER /on": {"after the first day overdue, and not after the loan's last day", "须晚于逾期起始日，且不晚于到期日"}},
	"financing.request-extension": {"DATE_ORDER /maturity": {"after the loan's last day as it is agreed now", "须晚于现到期日"}},
	"financing.change-rate":       {"DATE_ORDER /from": {"after the first day of the rate before, or the day on which the loan was paid out", "须晚于前一次利率执行日或放款日"}},
	"financing.reverse-repayment": {
		"REPAYMENT_UNKNOWN /date":      {"no repayment of that reference is recorded on that day", "该流水号在该日无还款记录"},
		"REPAYMENT_UNKNOWN /principal": {"the repayment of that reference and day is recorded with another principal; state it, 0.00 where it had none", "该笔还款记录的本金与此不同；请照记录填写，无本金的填 0.00"},
		"REPAYMENT_UNKNOWN /interest":  {"the repayment of that reference and day is recorded with another interest; state it, 0.00 where it had none", "该笔还款记录的利息与此不同；请照记录填写，无利息的填 0.00"},
	},
	"subsidy.restate": {
		"DATE_ORDER /entrustedPaid":          {"not before the day on which the loan was paid out", "不得早于放款日"},
		"FIELD_INVALID /entrustedPaid":       {"another day than stands, and none against that for which the borrower signed (confirm-record)", "须与现记录不同；借款人已签认（confirm-record）的受托支付日不得由银行单方更正"},
		"FIELD_INVALID /otherSubsidy":        {"is what stands already", "与现记录相同"},
		"FIELD_INVALID /otherCentralSubsidy": {"is what stands already", "与现记录相同"},
	},
	"fund.apply": {
		"FIELD_INVALID /first":      {"not before the month in which the policy first takes effect", "不得早于政策首次生效的月份"},
		"FIELD_INVALID /need/loans": needLoans,
	},
	"fund.request":         {"FIELD_INVALID /need/loans": needLoans},
	"fund.allocate":        {"FIELD_INVALID /budget": {"the budget is for another bank or policy", "该预算属于其他银行或政策"}},
	"fund.void-allocation": {"FIELD_INVALID /reference": {"no allocation of that reference stands; it may be void already", "没有该凭证号的有效预拨，可能已作废"}},
	"fund.settle":          {"FIELD_INVALID /through": {"the last month of a quarter, which is a March, June, September or December", "须为季度末月（3、6、9、12 月）"}},
	"fund.withdraw-return": {"FIELD_INVALID /reference": {"no return of that reference waits to be confirmed", "没有该流水号的待确认缴回"}},
	"fund.reject-return":   {"FIELD_INVALID /reference": {"no return of that reference waits to be confirmed", "没有该流水号的待确认缴回"}},
	"fund.confirm-return": {
		"FIELD_INVALID /reference": {"no return of that reference waits to be confirmed", "没有该流水号的待确认缴回"},
		"FIELD_INVALID /amount":    {"differs from the amount that the bank returned", "与银行缴回金额不一致"},
		"FIELD_INVALID /budget":    {"the budget is for another bank or policy, or gave out less than comes back", "该预算属于其他银行或政策，或已拨金额少于缴回金额"},
	},
	"succession.record": {"FIELD_INVALID /claims/*": {"no claim in the account of the household that ended, or named twice", "不属于被承继方台账的申领，或重复列出"}},
	"subsidy.correct": {"PRINCIPAL_CAP_REACHED": {"the household's account says what is left of the cap; what the correction would count again is more",
		"单户台账列明剩余额度；本次调整须重新占用的本金超过该额度"}},
	"financing.roll-over": {"LIEN_NOT_HELD": {"from must be collateral of this financing now; a lien moves to later stages alone, never back", "from 须为本融资现有担保物；担保只能移至后续阶段，不能移回"}},
}

var needLoans = Text{"from 0 to 1,000,000,000", "须为 0 至 1,000,000,000"}

// Hint adds what to do next, where that is known for the verb, kind.verb. What is particular to the occurrence stands. Of a problem
// with reasons each has its own hint.
func (p *Problem) Hint(verb string) *Problem {
	for i, r := range p.Reasons {
		if r.detail == (Text{}) {
			p.Reasons[i].detail = hint(verb, r.Code, r.Field)
		}
	}
	if len(p.Reasons) == 0 && p.detail == (Text{}) {
		p.detail = hint(verb, p.Code, p.Field)
	}
	return p
}

// hint finds what is known for the field, or else for any.
func hint(verb, code, field string) Text {
	if h, known := hints[verb][code+" "+anyPlace(field)]; known {
		return h
	}
	return hints[verb][code]
}
