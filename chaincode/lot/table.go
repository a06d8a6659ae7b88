// Package lot holds inventory lots (存货): goods of one kind that an SME has with a keeper. What the keeper counted
// and answers for is what a bank lends on, never what the owner says that there is.
package lot

import lc "decore/chaincode/lifecycle"

// States of a lot. Whether it is encumbered is not a state: the encumbrance book says so.
const (
	Declared  lc.State = "declared"  // 已申报: stated by its owner only
	Stored    lc.State = "stored"    // 已入库: the keeper counted it and answers for it
	Frozen    lc.State = "frozen"    // 已冻结: by a court or over a dispute
	Exhausted lc.State = "exhausted" // 已出清
	Rejected  lc.State = "rejected"  // 未予接收
	Withdrawn lc.State = "withdrawn" // 已撤回
)

var (
	owner      = lc.Signer{Role: lc.SME, As: lc.Owner}
	keeper     = lc.Signer{Role: lc.Keeper, As: lc.Keeping}
	supervisor = lc.Signer{Role: lc.Keeper, As: lc.Supervisor}
	grantee    = lc.Signer{Role: lc.Bank, As: lc.Grantee}
	holder     = lc.Signer{Role: lc.Bank, As: lc.Holder}
	court      = lc.Signer{Role: lc.Regulator}

	declared = []lc.State{Declared}
	stored   = []lc.State{Stored}
	there    = []lc.State{Stored, Frozen}
	all      = []lc.State{Declared, Stored, Frozen, Exhausted, Rejected, Withdrawn}
)

// Table is the lifecycle of a lot.
var Table = &lc.Table{Kind: "lot", Prefix: "LOT", Rows: []lc.Row{
	{Verb: "declare", From: []lc.State{lc.None}, To: declared, By: []lc.Signer{{Role: lc.SME}},
		En: "Declare goods that go to a keeper", Zh: "申报存货"},
	{Verb: "withdraw", From: declared, To: []lc.State{Withdrawn}, By: []lc.Signer{owner},
		En: "Withdraw the declaration", Zh: "撤回申报"},
	{Verb: "store", From: declared, To: stored, By: []lc.Signer{keeper}, Binding: true,
		En: "Take the goods into storage, counted and inspected", Zh: "验收入库"},
	{Verb: "reject", From: declared, To: []lc.State{Rejected}, By: []lc.Signer{keeper}, Binding: true,
		En: "Refuse goods that did not come or do not match", Zh: "拒绝接收"},
	{Verb: "add", From: stored, To: stored, By: []lc.Signer{keeper}, Binding: true,
		En: "Take more of the same goods in", Zh: "补充入库"},
	{Verb: "value", From: stored, To: stored, By: []lc.Signer{owner, keeper, grantee},
		En: "State a price", Zh: "估值"},
	{Verb: "insure", From: there, To: there, By: []lc.Signer{owner, keeper},
		En: "Record the insurance", Zh: "登记保险"},
	{Verb: "appoint-supervisor", From: stored, To: stored, By: []lc.Signer{holder},
		En: "Appoint the supervisor of a pledge", Zh: "委托监管人"},
	{Verb: "establish-control", From: stored, To: stored, By: []lc.Signer{supervisor}, Binding: true,
		En: "Confirm actual control of the goods", Zh: "确认实际控制"},
	{Verb: "set-lines", From: stored, To: stored, By: []lc.Signer{holder},
		En: "Set the least value and the lines of warning and liquidation", Zh: "设定最低价值、警戒线、平仓线"},
	{Verb: "call-margin", From: there, To: there, By: []lc.Signer{holder},
		En: "Call for more goods, the value being below a line", Zh: "通知补足"},
	{Verb: "stock-take", From: there, To: there, By: []lc.Signer{keeper, supervisor}, Binding: true,
		En: "Record a stock-take with its difference", Zh: "盘点"},
	{Verb: "lose", From: there, To: there, By: []lc.Signer{keeper}, Binding: true,
		En: "Record loss or damage", Zh: "记录灭失、毁损"},
	{Verb: "mark-commingled", From: there, To: there, By: []lc.Signer{keeper, supervisor},
		En: "Record that the goods are mixed with others", Zh: "记录混同"},
	{Verb: "order-release", From: there, To: there, By: []lc.Signer{holder},
		En: "Order goods released, turned into receipts or liquidated", Zh: "出具放货指令"},
	{Verb: "release", From: stored, To: []lc.State{Stored, Exhausted}, By: []lc.Signer{keeper}, Binding: true,
		En: "Give goods out", Zh: "出库"},
	{Verb: "settle", From: []lc.State{Stored, Frozen, Exhausted, Rejected}, To: []lc.State{Stored, Frozen, Exhausted, Rejected}, By: []lc.Signer{owner},
		En: "Give the order back what left the lot", Zh: "结转至订单"},
	{Verb: "freeze", From: stored, To: []lc.State{Frozen}, By: []lc.Signer{court},
		En: "Freeze by a court or over a dispute", Zh: "冻结"},
	{Verb: "unfreeze", From: []lc.State{Frozen}, To: stored, By: []lc.Signer{court},
		En: "End the freeze", Zh: "解冻"},
	{Verb: "grant", From: []lc.State{Declared, Stored, Frozen}, To: []lc.State{Declared, Stored, Frozen}, By: []lc.Signer{owner},
		En: "Disclose to a bank", Zh: "授权银行查看"},
	{Verb: "revoke", From: all, To: all, By: []lc.Signer{owner},
		En: "Revoke a disclosure", Zh: "撤销授权"},
}}
