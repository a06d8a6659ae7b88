// Package receivable holds receivables (应收账款): a seller's claim for an accepted delivery. A receivable can be
// financed with or without the debtor's confirmation (确权); without it, the evidence of the trade carries
// it (民法典担保制度解释 art. 61(2)).
package receivable

import lc "decore/chaincode/lifecycle"

// States of a receivable. Whether it is encumbered is not a state: the encumbrance book says so.
const (
	Registered lc.State = "registered"             // 已登记
	Requested  lc.State = "confirmation-requested" // 待确权
	Confirmed  lc.State = "confirmed"              // 已确权
	Unanswered lc.State = "confirmation-overdue"   // 逾期未确权
	Disputed   lc.State = "disputed"               // 有争议
	Overdue    lc.State = "overdue"                // 逾期未付
	Paid       lc.State = "paid"                   // 已付清: by payment or by set-off
	Voided     lc.State = "voided"                 // 已冲销: what was open was taken back by credit notes or red-letter invoices
	WrittenOff lc.State = "written-off"            // 已核销: given up in the creditor's books; the debt stands
	Split      lc.State = "split"                  // 已拆分: its parts stand in its place
	Closed     lc.State = "closed"                 // 已关闭
	Cancelled  lc.State = "cancelled"              // 已撤销
)

var (
	seller     = lc.Signer{Role: lc.SME, As: lc.Seller} // the creditor as of now (债权人)
	issuer     = lc.Signer{Role: lc.SME, As: lc.Issuer}
	transferee = lc.Signer{Role: lc.SME, As: lc.Transferee}
	buyer      = lc.Signer{Role: lc.Leader, As: lc.Buyer}
	holder     = lc.Signer{Role: lc.Bank, As: lc.Holder}

	none   = []lc.State{lc.None}
	sound  = []lc.State{Registered, Requested, Confirmed, Unanswered}
	timely = and(sound, Disputed)
	open   = and(timely, Overdue)
	unpaid = and(open, WrittenOff) // still owed
	all    = and(unpaid, Paid, Voided, Split, Closed, Cancelled)
)

// and lists states with more of them.
func and(states []lc.State, more ...lc.State) []lc.State {
	return append(states[:len(states):len(states)], more...)
}

// Table is the lifecycle of a receivable.
var Table = &lc.Table{Kind: "receivable", Prefix: "REC", Rows: []lc.Row{
	{Verb: "register", From: none, To: []lc.State{Registered}, By: []lc.Signer{seller},
		En: "Register a receivable", Zh: "登记应收账款"},
	{Verb: "request-confirmation", From: []lc.State{Registered}, To: []lc.State{Requested}, By: []lc.Signer{seller},
		En: "Ask the buyer to confirm", Zh: "申请确权"},
	{Verb: "confirm", From: []lc.State{Registered, Requested, Unanswered, Disputed, Overdue}, To: []lc.State{Confirmed}, By: []lc.Signer{buyer}, Binding: true,
		En: "Confirm the receivable", Zh: "确认应收账款"},
	{Verb: "dispute", From: []lc.State{Registered, Requested, Unanswered, Confirmed, Overdue}, To: []lc.State{Disputed}, By: []lc.Signer{buyer}, Binding: true,
		En: "Dispute all or part", Zh: "提出争议"},
	{Verb: "mark-unanswered", From: []lc.State{Requested}, To: []lc.State{Unanswered}, By: []lc.Signer{seller, {Role: lc.Platform}, {Role: lc.Regulator}},
		En: "Record that the request was not answered in time", Zh: "记录逾期未确权"},
	{Verb: "grant", From: open, To: open, By: []lc.Signer{seller},
		En: "Disclose to a bank", Zh: "授权银行查看"},
	{Verb: "revoke", From: all, To: all, By: []lc.Signer{seller},
		En: "Revoke a disclosure", Zh: "撤销授权"},
	{Verb: "pay", From: unpaid, To: and(unpaid, Paid), By: []lc.Signer{holder, seller},
		En: "Record a payment received", Zh: "记录回款"},
	{Verb: "set-off", From: open, To: and(open, Paid), By: []lc.Signer{buyer},
		En: "Set off a counter-claim", Zh: "抵销"},
	{Verb: "dilute", From: open, To: and(open, Voided), By: []lc.Signer{seller, issuer, holder},
		En: "Record a credit note or red-letter invoice", Zh: "记录贷项或红字发票冲减"},
	{Verb: "reissue", From: and(open, Paid, Voided), To: and(open, Paid, Voided), By: []lc.Signer{seller, holder},
		En: "Let the delivery be invoiced anew after a red letter for a wrong invoice", Zh: "红冲重开"},
	{Verb: "reinstate", From: and(open, Paid, Voided), To: open, By: []lc.Signer{buyer}, Binding: true,
		En: "Owe again what a reduction that was recorded by mistake took off", Zh: "恢复误记的冲减"},
	{Verb: "split", From: sound, To: []lc.State{Split}, By: []lc.Signer{seller},
		En: "Split into parts", Zh: "拆分"},
	{Verb: "transfer", From: open, To: open, By: []lc.Signer{seller},
		En: "Offer the claim to another enterprise", Zh: "转让"},
	{Verb: "accept-transfer", From: open, To: open, By: []lc.Signer{transferee}, Binding: true,
		En: "Accept the claim", Zh: "接受转让"},
	{Verb: "decline-transfer", From: open, To: open, By: []lc.Signer{transferee},
		En: "Decline the claim", Zh: "拒绝受让"},
	{Verb: "recall-transfer", From: open, To: open, By: []lc.Signer{seller},
		En: "Take back an offer that was not answered", Zh: "撤回转让"},
	{Verb: "notify", From: open, To: open, By: []lc.Signer{holder, seller},
		En: "Give the buyer notice of the assignment", Zh: "发出转让通知"},
	{Verb: "acknowledge-notice", From: open, To: open, By: []lc.Signer{buyer}, Binding: true,
		En: "Acknowledge the notice as received", Zh: "签收转让通知"},
	{Verb: "prove-notice", From: open, To: open, By: []lc.Signer{holder, seller},
		En: "Record the proof that the notice arrived", Zh: "登记通知送达证明"},
	{Verb: "accept-set-off", From: []lc.State{Disputed, Overdue}, To: and(open, Paid), By: []lc.Signer{seller, holder}, Binding: true,
		En: "Accept a set-off that the buyer declared", Zh: "确认抵销"},
	{Verb: "withdraw-notice", From: open, To: open, By: []lc.Signer{holder, seller},
		En: "Withdraw the notice, by the assignee alone", Zh: "撤销转让通知(仅受让人)"},
	{Verb: "mark-overdue", From: open, To: []lc.State{Overdue, Disputed}, By: []lc.Signer{seller, holder},
		En: "Record that it is past due, with late interest to date", Zh: "记录逾期及逾期利息"},
	{Verb: "write-off", From: []lc.State{Overdue, Disputed}, To: []lc.State{WrittenOff}, By: []lc.Signer{seller, holder},
		En: "Write it off in the creditor's books", Zh: "核销"},
	{Verb: "cancel", From: timely, To: []lc.State{Cancelled}, By: []lc.Signer{seller, {Role: lc.Regulator}},
		En: "Cancel, if never financed; the regulator where a document was registered by who it is not from", Zh: "撤销(未融资);冒名登记由监管方撤销"},
	{Verb: "close", From: []lc.State{Paid, Voided, WrittenOff}, To: []lc.State{Closed}, By: []lc.Signer{seller},
		En: "Close", Zh: "关闭"},
}}
