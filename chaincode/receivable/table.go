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
	Paid       lc.State = "paid"                   // 已付清
	Closed     lc.State = "closed"                 // 已关闭
	Cancelled  lc.State = "cancelled"              // 已撤销
)

var (
	seller = lc.Signer{Role: lc.SME, As: lc.Seller}
	buyer  = lc.Signer{Role: lc.Leader, As: lc.Buyer}
	holder = lc.Signer{Role: lc.Bank, As: lc.Holder}

	none = []lc.State{lc.None}
	open = []lc.State{Registered, Requested, Confirmed, Unanswered, Disputed}
)

// Table is the lifecycle of a receivable.
var Table = &lc.Table{Kind: "receivable", Prefix: "REC", Rows: []lc.Row{
	{Verb: "register", From: none, To: []lc.State{Registered}, By: []lc.Signer{seller},
		En: "Register a receivable", Zh: "登记应收账款"},
	{Verb: "request-confirmation", From: []lc.State{Registered}, To: []lc.State{Requested}, By: []lc.Signer{seller},
		En: "Ask the buyer to confirm", Zh: "申请确权"},
	{Verb: "confirm", From: []lc.State{Registered, Requested, Unanswered, Disputed}, To: []lc.State{Confirmed}, By: []lc.Signer{buyer}, Binding: true,
		En: "Confirm the receivable", Zh: "确认应收账款"},
	{Verb: "dispute", From: []lc.State{Registered, Requested, Unanswered, Confirmed}, To: []lc.State{Disputed}, By: []lc.Signer{buyer}, Binding: true,
		En: "Dispute all or part", Zh: "提出争议"},
	{Verb: "mark-unanswered", From: []lc.State{Requested}, To: []lc.State{Unanswered}, By: []lc.Signer{seller, {Role: lc.Platform}, {Role: lc.Regulator}},
		En: "Record that the request was not answered in time", Zh: "记录逾期未确权"},
	{Verb: "grant", From: open, To: open, By: []lc.Signer{seller},
		En: "Disclose to a bank", Zh: "授权银行查看"},
	{Verb: "revoke", From: []lc.State{Registered, Requested, Confirmed, Unanswered, Disputed, Paid, Closed, Cancelled}, To: []lc.State{Registered, Requested, Confirmed, Unanswered, Disputed, Paid, Closed, Cancelled}, By: []lc.Signer{seller},
		En: "Revoke a disclosure", Zh: "撤销授权"},
	{Verb: "pay", From: open, To: append([]lc.State{Paid}, open...), By: []lc.Signer{holder, seller},
		En: "Record a payment received", Zh: "记录回款"},
	{Verb: "cancel", From: []lc.State{Registered, Requested, Confirmed, Unanswered, Disputed}, To: []lc.State{Cancelled}, By: []lc.Signer{seller, {Role: lc.Regulator}},
		En: "Cancel, if never financed; the regulator where a document was registered by who it is not from", Zh: "撤销(未融资);冒名登记由监管方撤销"},
	{Verb: "close", From: []lc.State{Paid}, To: []lc.State{Closed}, By: []lc.Signer{seller},
		En: "Close", Zh: "关闭"},
}}
