package risk

import (
	"fmt"

	"decore/chaincode/lot"
	"decore/chaincode/order"
	"decore/chaincode/receivable"
	"decore/chaincode/warehouse"
	"decore/gateway/problem"
)

// Codes of the rules.
const (
	NearDuplicate      Code = "NEAR_DUPLICATE"
	SimilarNumber      Code = "SIMILAR_NUMBER"
	PaperMismatch      Code = "PAPER_MISMATCH"
	OverContract       Code = "OVER_CONTRACT"
	OverDelivered      Code = "OVER_DELIVERED"
	AmendedAfterAttest Code = "AMENDED_AFTER_ATTEST"
	TermLengthened     Code = "TERM_LENGTHENED"
	RoundTrip          Code = "ROUND_TRIP"
	CommonController   Code = "COMMON_CONTROLLER"
	NewRoundQuarterEnd Code = "NEW_ROUND_QUARTER_END"
	Concentration      Code = "CONCENTRATION"
	OverPriced         Code = "OVER_PRICED"
	InsuranceLapse     Code = "INSURANCE_LAPSE"
	StorageLapse       Code = "STORAGE_LAPSE"
	RegistrationLapse  Code = "REGISTRATION_LAPSE"
)

// rule is one thing to look for. Its text takes what the finding tells, by number, so that each language may put
// it in its own order.
type rule struct {
	code   Code
	kinds  []string // of records that it is about
	needs  needs
	weight int    // what it adds to the score
	source string // statute, notice or fraud case that it comes from
	find   func(e *examination) finding
	title  problem.Text
	text   problem.Text
}

// needs says without which facts a rule cannot be applied.
type needs int

const (
	nothing   needs = iota
	terms           // those of the record
	trade           // and of its order
	knowledge       // and what the keeper of the settings knows
)

var (
	sales       = []string{order.Table.Kind, receivable.Table.Kind}
	receivables = []string{receivable.Table.Kind}
	inStore     = []string{lot.Table.Kind, warehouse.Table.Kind}
	goodsOf     = []string{order.Table.Kind, lot.Table.Kind, warehouse.Table.Kind}
	everything  = []string{order.Table.Kind, receivable.Table.Kind, lot.Table.Kind, warehouse.Table.Kind}
)

const (
	notice77   = "银发〔2025〕77号"         // 严格审查贸易背景
	fuzzy      = "行业查重惯例"              // near matches of registries of financed documents
	chengxing  = "承兴–诺亚案"              // claimed term moved from 30 to 180 days
	payment9   = "保障中小企业款项支付条例 art. 9" // a term is not to be lengthened
	qingdao    = "青岛港案"                // who borrows on goods is not to be the one who vouches for them
	liaoningH  = "辉山乳业案"               // concentration, over-pledge
	guarantee4 = "动产和权利担保统一登记办法"       // a filing has a last day
	contents   = "民法典 art. 909"
)

// rules in the order in which signals are answered.
var rules = []rule{
	{NearDuplicate, sales, terms, 30, fuzzy + "; " + notice77, nearDuplicate,
		problem.Text{En: "Nearly the same document", Zh: "疑似重复单据"},
		problem.Text{En: "%[1]d more of the same parties with an amount within %[2]s and a day within %[3]d.",
			Zh: "同一买卖双方另有 %[1]d 笔,金额相差不超过 %[2]s,日期相差不超过 %[3]d 天"}},
	{SimilarNumber, sales, terms, 20, fuzzy + "; " + notice77, similarNumber,
		problem.Text{En: "Number one character off", Zh: "单据号码仅差一位"},
		problem.Text{En: "%[1]d more of the same parties with nearly the same amount and a number that is one character off.",
			Zh: "同一买卖双方另有 %[1]d 笔,金额相近且号码仅差一位"}},
	{PaperMismatch, sales, terms, 40, notice77, paperMismatch,
		problem.Text{En: "Same number, other amount", Zh: "同号单据金额不一"},
		problem.Text{En: "%[1]d more with the same number but another amount.", Zh: "另有 %[1]d 笔号码相同而金额不同"}},
	{OverContract, sales, trade, 40, "民法典 art. 761; " + notice77, overContract,
		problem.Text{En: "Receivables above the contract", Zh: "应收账款超过合同金额"},
		problem.Text{En: "%[1]s was turned into receivables, but the contract is worth %[2]s.", Zh: "已形成应收账款 %[1]s 元,合同金额 %[2]s 元"}},
	{OverDelivered, sales, trade, 40, notice77, overDelivered,
		problem.Text{En: "Deliveries above the order", Zh: "交付超过订单"},
		problem.Text{En: "%[1]s was shipped and %[2]s accepted, but the orders are worth %[3]s.",
			Zh: "已发货 %[1]s 元、已验收 %[2]s 元,订单金额 %[3]s 元"}},
	{AmendedAfterAttest, sales, nothing, 15, chengxing, amendedAfterAttest,
		problem.Text{En: "Order amended after it was attested", Zh: "订单核实后变更"},
		problem.Text{En: "Amendments of the order after the buyer had attested it: %[1]d.", Zh: "买方核实后,订单变更 %[1]d 次"}},
	{TermLengthened, receivables, trade, 30, payment9 + "; " + chengxing, termLengthened,
		problem.Text{En: "Due later than the order agreed", Zh: "账期长于订单约定"},
		problem.Text{En: "It is due on %[1]s; the order's term of %[2]d days ends on %[3]s.", Zh: "到期日 %[1]s,按订单约定 %[2]d 天应于 %[3]s 到期"}},
	{RoundTrip, sales, terms, 40, notice77, roundTrip,
		problem.Text{En: "Round trip", Zh: "循环贸易"},
		problem.Text{En: "A chain of %[1]d sales within %[2]d days leads from the seller back to the seller or its group.",
			Zh: "%[2]d 天内 %[1]d 笔交易首尾相接,回到卖方或其关联方"}},
	{CommonController, sales, knowledge, 35, notice77, commonController,
		problem.Text{En: "Seller and buyer under one controller", Zh: "买卖双方受同一控制"},
		problem.Text{En: "Seller and buyer stand in one group of affiliates, by the data of who keeps the settings.",
			Zh: "据参数维护方掌握的资料,买卖双方属同一关联集团"}},
	{CommonController, inStore, knowledge, 35, qingdao, keeperControlled,
		problem.Text{En: "Keeper and owner under one controller", Zh: "保管人与货主受同一控制"},
		problem.Text{En: "Who keeps the goods and who owns them stand in one group of affiliates, by the data of who keeps the settings.",
			Zh: "据参数维护方掌握的资料,保管人与货主属同一关联集团"}},
	{NewRoundQuarterEnd, sales, terms, 15, fuzzy, newRoundQuarterEnd,
		problem.Text{En: "New counterparty, round amount, end of quarter", Zh: "新交易对手、整数金额、季末"},
		problem.Text{En: "The first order between the two that the caller may know of is of %[1]s; the amount is a multiple of %[2]s and the day among the last %[3]d of its quarter.",
			Zh: "可见的双方首笔订单日期为 %[1]s,金额为 %[2]s 的整数倍,日期在季末 %[3]d 天内"}},
	{Concentration, sales, terms, 10, liaoningH, concentration,
		problem.Text{En: "Few debtors", Zh: "债务人集中"},
		problem.Text{En: "Of what the seller is owed, as far as the caller may see, the largest debtor owes %[1]s; the Herfindahl index is %[2]s.",
			Zh: "可见范围内,卖方最大债务人占比 %[1]s,赫芬达尔指数 %[2]s"}},
	{OverPriced, goodsOf, terms, 25, "高估货值; " + notice77, overPriced,
		problem.Text{En: "Priced above the market", Zh: "估价高于市场"},
		problem.Text{En: "Prices that are more than %[2]s above their reference: %[1]d.", Zh: "%[1]d 项单价高于参考价 %[2]s 以上"}},
	{InsuranceLapse, goodsOf, terms, 10, contents, lapse(Insurance),
		problem.Text{En: "Insurance about to end", Zh: "保险即将到期"},
		problem.Text{En: "Insurance ends on %[1]s.", Zh: "保险于 %[1]s 到期"}},
	{StorageLapse, goodsOf, terms, 10, contents, lapse(Storage),
		problem.Text{En: "Storage about to end", Zh: "仓储期限即将届满"},
		problem.Text{En: "Storage ends on %[1]s.", Zh: "仓储期限于 %[1]s 届满"}},
	{RegistrationLapse, everything, terms, 20, guarantee4, lapse(Registration),
		problem.Text{En: "Registration about to end", Zh: "登记即将到期"},
		problem.Text{En: "The filing at the movables registry ends on %[1]s.", Zh: "中登网登记于 %[1]s 到期"}},
}

// examination is the facts and the settings while they are looked at.
type examination struct {
	*Facts
	set *Settings
}

// finding is what a rule came to.
type finding struct {
	fired   bool
	unsure  Reason // "" unless the rule could not be applied
	records []string
	others  int
	args    []any // for the rule's text
}

func quiet() finding                           { return finding{} }
func unsure(r Reason) finding                  { return finding{unsure: r} }
func fires(args ...any) finding                { return finding{fired: true, args: args} }
func (f finding) of(records ...string) finding { f.records = records; return f }

func (r *rule) apply(e *examination) finding {
	switch {
	case r.needs >= terms && !e.Disclosed, r.needs == trade && len(e.Orders) == 0, r.needs == knowledge && e.Knowledge == nil:
		return unsure(NotDisclosed)
	}
	return r.find(e)
}

func (r *rule) signal(f finding) Signal {
	say := func(text string) string { return fmt.Sprintf(text, f.args...) }
	return Signal{Rule: r.code, Score: r.weight, Records: append([]string{}, f.records...), Others: f.others, Source: r.source,
		Title: r.title, Text: problem.Text{En: say(r.text.En), Zh: say(r.text.Zh)}}
}
