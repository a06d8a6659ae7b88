// Package financing holds what is lent (融资): application, offer, acceptance, collateral, disbursement,
// repayment and release. The ledger records evidence of payments by banks; it moves no money.
package financing

import (
	"slices"

	lc "decore/chaincode/lifecycle"
)

// States of a financing.
const (
	Applied    lc.State = "applied"     // 已申请
	Offered    lc.State = "offered"     // 已报价
	Accepted   lc.State = "accepted"    // 已接受
	Reserved   lc.State = "reserved"    // 担保物已占用
	Encumbered lc.State = "encumbered"  // 担保已设立
	Disbursed  lc.State = "disbursed"   // 已放款
	Overdue    lc.State = "overdue"     // 逾期
	Settled    lc.State = "settled"     // 已结清
	Released   lc.State = "released"    // 担保已解除
	BoughtBack lc.State = "bought-back" // 已回购
	Rejected   lc.State = "rejected"    // 已拒绝
	Withdrawn  lc.State = "withdrawn"   // 已撤回
	Recorded   lc.State = "recorded"    // 存量贷款已补录，待借款人确认
)

var (
	applicant = []lc.Signer{{Role: lc.SME, As: lc.Applicant}}
	lender    = []lc.Signer{{Role: lc.Bank, As: lc.Lender}}

	searched = []lc.State{Applied, Offered, Accepted, Reserved, Encumbered, Disbursed, Overdue}

	secure = []lc.State{Reserved, Encumbered, Disbursed, Overdue}
)

// Table is the lifecycle of a financing.
var Table = &lc.Table{Kind: "financing", Prefix: "FIN", Rows: []lc.Row{
	{Verb: "apply", From: []lc.State{lc.None}, To: []lc.State{Applied}, By: applicant,
		En: "Apply to a bank", Zh: "申请融资"},
	{Verb: "offer", From: []lc.State{Applied, Offered}, To: []lc.State{Offered}, By: lender, Binding: true,
		En: "Make an offer", Zh: "报价"},
	{Verb: "accept", From: []lc.State{Offered}, To: []lc.State{Accepted}, By: applicant, Binding: true,
		En: "Accept the offer", Zh: "接受报价"},
	{Verb: "reject", From: []lc.State{Applied, Offered}, To: []lc.State{Rejected}, By: lender,
		En: "Reject the application", Zh: "拒绝申请"},
	{Verb: "withdraw", From: []lc.State{Applied, Offered, Accepted, Reserved}, To: []lc.State{Withdrawn}, By: applicant,
		En: "Withdraw the application", Zh: "撤回申请"},
	{Verb: "reserve", From: []lc.State{Accepted, Reserved}, To: []lc.State{Reserved}, By: lender,
		En: "Reserve the collateral", Zh: "占用担保物"},
	{Verb: "encumber", From: []lc.State{Reserved}, To: []lc.State{Encumbered}, By: lender,
		En: "Establish the lien, filed at the registry", Zh: "设立担保(中登网登记)"},
	{Verb: "disburse", From: []lc.State{Accepted, Encumbered}, To: []lc.State{Disbursed}, By: lender,
		En: "Record the disbursement", Zh: "放款"},
	{Verb: "repay", From: []lc.State{Disbursed, Overdue}, To: []lc.State{Disbursed, Overdue, Settled}, By: lender,
		En: "Record a repayment", Zh: "还款"},
	// What comes in after the debt is paid shows too, for it may belong to the seller (民法典 766).
	{Verb: "collect", From: []lc.State{Disbursed, Overdue, Settled}, To: []lc.State{Disbursed, Overdue, Settled}, By: lender,
		En: "Record what was collected on a receivable", Zh: "记录应收账款回收"},
	{Verb: "buy-back", From: []lc.State{Disbursed, Overdue}, To: []lc.State{BoughtBack}, By: lender,
		En: "Record that the seller bought the receivables back", Zh: "反转让(回购)"},
	{Verb: "mark-overdue", From: []lc.State{Disbursed}, To: []lc.State{Overdue}, By: lender,
		En: "Record that it is overdue", Zh: "记录逾期"},
	{Verb: "cure", From: []lc.State{Overdue}, To: []lc.State{Disbursed}, By: lender,
		En: "Record that all that was due was paid", Zh: "记录逾期已归还"},
	{Verb: "reverse-repayment", From: []lc.State{Disbursed, Overdue, Settled}, To: []lc.State{Disbursed, Overdue}, By: lender,
		En: "Take back a repayment that was recorded wrongly", Zh: "还款冲销"},
	{Verb: "request-extension", From: []lc.State{Disbursed}, To: []lc.State{Disbursed}, By: applicant,
		En: "Ask for a later maturity", Zh: "申请展期"},
	{Verb: "extend", From: []lc.State{Disbursed}, To: []lc.State{Disbursed}, By: lender, Binding: true,
		En: "Grant the later maturity", Zh: "同意展期"},
	{Verb: "change-rate", From: []lc.State{Disbursed, Overdue}, To: []lc.State{Disbursed, Overdue}, By: lender,
		En: "Reprice a floating rate, or ask for another rate", Zh: "利率调整"},
	{Verb: "agree-rate", From: []lc.State{Disbursed, Overdue}, To: []lc.State{Disbursed, Overdue}, By: applicant, Binding: true,
		En: "Agree to the rate that the lender asks for", Zh: "同意利率调整"},
	{Verb: "record", From: []lc.State{lc.None}, To: []lc.State{Recorded}, By: lender,
		En: "Record a loan that was paid out before", Zh: "补录存量贷款"},
	{Verb: "confirm-record", From: []lc.State{Recorded}, To: []lc.State{Disbursed}, By: applicant, Binding: true,
		En: "Confirm the loan that the bank recorded", Zh: "借款人确认存量贷款"},
	{Verb: "discard-record", From: []lc.State{Recorded}, To: []lc.State{Withdrawn}, By: slices.Concat(lender, applicant),
		En: "Take back, or refuse, the record of a loan", Zh: "撤回或拒绝存量贷款补录"},
	{Verb: "cancel", From: []lc.State{Accepted, Reserved, Encumbered}, To: []lc.State{Released}, By: lender,
		En: "Cancel before disbursement and free the collateral", Zh: "放款前取消并解除担保"},
	{Verb: "roll-over", From: secure, To: secure, By: lender,
		En: "Move the lien to later stages of the collateral", Zh: "担保随转"},
	{Verb: "attach-search", From: searched, To: searched, By: lender,
		En: "Attach a search at the movables registry", Zh: "附中登网查询结果"},
	{Verb: "call-margin", From: []lc.State{Disbursed, Overdue}, To: []lc.State{Disbursed, Overdue}, By: lender,
		En: "Call for more collateral or a repayment", Zh: "追加担保通知"},
	{Verb: "release-part", From: []lc.State{Encumbered, Disbursed, Overdue}, To: []lc.State{Encumbered, Disbursed, Overdue}, By: lender,
		En: "Release part of the collateral", Zh: "部分解除担保"},
	{Verb: "top-up", From: []lc.State{Encumbered, Disbursed, Overdue}, To: []lc.State{Encumbered, Disbursed, Overdue}, By: applicant,
		En: "Put up more collateral", Zh: "补充担保"},
	{Verb: "accept-top-up", From: []lc.State{Encumbered, Disbursed, Overdue}, To: []lc.State{Encumbered, Disbursed, Overdue}, By: lender, Binding: true,
		En: "Take the further collateral, filed at the registry", Zh: "接受补充担保(中登网登记)"},
	// A security ends with the debt that it secures (民法典 393), so who paid need not wait for the bank.
	{Verb: "release", From: []lc.State{Settled}, To: []lc.State{Released}, By: append(lender[:1:1], applicant...),
		En: "Release the collateral", Zh: "解除担保"},
}}
