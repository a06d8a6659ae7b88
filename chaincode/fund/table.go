package fund

import lc "decore/chaincode/lifecycle"

// States of a fund.
const (
	Applied  lc.State = "applied"  // 已申报需求: the bank asked, nothing is decided
	Declined lc.State = "declined" // 不予安排
	Open     lc.State = "open"     // 资金往来中
	Cleared  lc.State = "cleared"  // 已清算
)

// States of a report.
const (
	Filed     lc.State = "filed"     // 已报送
	Accepted  lc.State = "accepted"  // 审核通过
	SentBack  lc.State = "sent-back" // 已退回
	Withdrawn lc.State = "withdrawn" // 已撤回
)

// Closed is the last state of a budget (已关闭), which is Open before.
const Closed lc.State = "closed"

var (
	bank   = []lc.Signer{{Role: lc.Bank, As: lc.Lender}}
	bureau = []lc.Signer{{Role: lc.Regulator, As: lc.Bureau}}

	none = []lc.State{lc.None}
	open = []lc.State{Open}
)

// Table is the lifecycle of a fund: the bank asks and returns, the bureau allocates, settles and clears. What claims accrue or
// give back after the clearing needs the fund once more, so the bank can ask for it to be opened again.
var Table = &lc.Table{Kind: "fund", Prefix: "FND", Rows: []lc.Row{
	{Verb: "apply", From: none, To: []lc.State{Applied}, By: []lc.Signer{{Role: lc.Bank}},
		En: "Apply for subsidy money", Zh: "申报贴息资金需求"},
	{Verb: "request", From: []lc.State{Declined, Open, Cleared}, To: []lc.State{Applied, Open}, By: bank,
		En: "Apply for more money, or again; a cleared fund is open again", Zh: "追加申报资金需求（已清算的恢复往来）"},
	{Verb: "decline", From: []lc.State{Applied}, To: []lc.State{Declined}, By: bureau,
		En: "Decline the application", Zh: "不予安排资金"},
	{Verb: "allocate", From: []lc.State{Applied, Open}, To: open, By: bureau,
		En: "Record a payment in advance to the bank", Zh: "预拨资金"},
	{Verb: "void-allocation", From: open, To: open, By: bureau,
		En: "Void a payment in advance that was recorded wrongly", Zh: "作废误登预拨"},
	{Verb: "settle", From: open, To: open, By: bureau,
		En: "Close a quarter", Zh: "季度结算"},
	{Verb: "return", From: []lc.State{Open, Cleared}, To: []lc.State{Open, Cleared}, By: bank,
		En: "Record a payment back to the bureau", Zh: "缴回资金"},
	{Verb: "confirm-return", From: []lc.State{Open, Cleared}, To: []lc.State{Open, Cleared}, By: bureau,
		En: "Confirm that returned money came in", Zh: "确认缴回资金到账"},
	{Verb: "withdraw-return", From: []lc.State{Open, Cleared}, To: []lc.State{Open, Cleared}, By: bank,
		En: "Withdraw a payment back that was recorded wrongly", Zh: "撤回缴回登记"},
	{Verb: "reject-return", From: []lc.State{Open, Cleared}, To: []lc.State{Open, Cleared}, By: bureau,
		En: "Reject a payment back that did not come in", Zh: "驳回未到账缴回"},
	{Verb: "clear", From: open, To: []lc.State{Cleared}, By: bureau,
		En: "Clear the fund", Zh: "最终清算"},
}}

// ReportTable is the lifecycle of a monthly report. An accepted one stands for good: what was booked wrongly is taken back
// in a later month and reported there.
var ReportTable = &lc.Table{Kind: "fund-report", Prefix: "RPT", Rows: []lc.Row{
	{Verb: "file", From: none, To: []lc.State{Filed}, By: bank,
		En: "File a monthly report", Zh: "报送月报"},
	{Verb: "accept", From: []lc.State{Filed}, To: []lc.State{Accepted}, By: bureau,
		En: "Accept a monthly report", Zh: "审核通过月报"},
	{Verb: "send-back", From: []lc.State{Filed}, To: []lc.State{SentBack}, By: bureau,
		En: "Send a monthly report back", Zh: "退回月报"},
	{Verb: "withdraw", From: []lc.State{Filed}, To: []lc.State{Withdrawn}, By: bank,
		En: "Withdraw a monthly report", Zh: "撤回月报"},
}}

// BudgetTable is the lifecycle of a budget.
var BudgetTable = &lc.Table{Kind: "budget", Prefix: "BUD", Rows: []lc.Row{
	{Verb: "open", From: none, To: open, By: bureau,
		En: "Open a budget of the subsidy", Zh: "设立贴息预算"},
	{Verb: "change", From: open, To: open, By: bureau,
		En: "Change the amount of a budget", Zh: "调整贴息预算"},
	{Verb: "close", From: open, To: []lc.State{Closed}, By: bureau,
		En: "Close a budget", Zh: "关闭贴息预算"},
}}
