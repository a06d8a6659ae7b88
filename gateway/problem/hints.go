package problem

// hints say, for a verb and the code that the ledger refuses it with, what to do next. They go by the verb alone and
// tell nothing about the record.
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
	"subsidy.correct": {"PRINCIPAL_CAP_REACHED": {"the household's account says what is left of the cap; what the correction would count again is more",
		"单户台账列明剩余额度；本次调整须重新占用的本金超过该额度"}},
	"financing.roll-over": {"LIEN_NOT_HELD": {"from must be collateral of this financing now; a lien moves to later stages alone, never back", "from 须为本融资现有担保物；担保只能移至后续阶段，不能移回"}},
}

// Hint adds what to do next, where that is known for the verb, kind.verb. What is particular to the occurrence stands. Of a problem
// with reasons each has its own hint.
func (p *Problem) Hint(verb string) *Problem {
	for i, r := range p.Reasons {
		if h, known := hints[verb][r.Code]; known && r.detail == (Text{}) {
			p.Reasons[i].detail = h
		}
	}
	if len(p.Reasons) > 0 {
		return p
	}
	if h, known := hints[verb][p.Code]; known && p.detail == (Text{}) {
		p.detail = h
	}
	return p
}
