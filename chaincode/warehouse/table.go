// Package warehouse holds warehouse receipts (仓单): documents of title over goods in store. A receipt is born on the
// ledger by its keeper's own command; paper is never taken in. What its owner wants done with it, the keeper signs too
// (民法典 910).
package warehouse

import lc "decore/chaincode/lifecycle"

// States of a receipt. Whether it is encumbered is not a state: the encumbrance book says so.
const (
	Issued     lc.State = "issued"     // 有效
	Endorsing  lc.State = "endorsing"  // 背书转让待保管人签章
	Pledging   lc.State = "pledging"   // 质押背书待保管人签章
	Splitting  lc.State = "splitting"  // 分割待保管人签章
	Merging    lc.State = "merging"    // 合并待保管人签章
	Delivering lc.State = "delivering" // 提货待保管人签章
	Frozen     lc.State = "frozen"     // 已冻结
	Expired    lc.State = "expired"    // 储存期满
	Split      lc.State = "split"      // 已分割
	Merged     lc.State = "merged"     // 已合并
	Delivered  lc.State = "delivered"  // 已提货
	Cancelled  lc.State = "cancelled"  // 已注销: the goods stay in the lot
)

var (
	owner = []lc.Signer{{Role: lc.SME, As: lc.Owner}, {Role: lc.Leader, As: lc.Owner}}

	keeper  = []lc.Signer{{Role: lc.Keeper, As: lc.Keeping}}
	grantee = lc.Signer{Role: lc.Bank, As: lc.Grantee}
	holder  = []lc.Signer{{Role: lc.Bank, As: lc.Holder}}
	court   = []lc.Signer{{Role: lc.Regulator}}

	none    = []lc.State{lc.None}
	issued  = []lc.State{Issued}
	pending = []lc.State{Endorsing, Pledging, Splitting, Merging, Delivering}
	live    = append([]lc.State{Issued, Frozen, Expired}, pending...)
	all     = append([]lc.State{Split, Merged, Delivered, Cancelled}, live...)
)

// Table is the lifecycle of a warehouse receipt.
var Table = &lc.Table{Kind: "warehouse-receipt", Prefix: "WHR", Rows: []lc.Row{
	{Verb: "issue", From: none, To: issued, By: keeper,
		En: "Issue a receipt over goods in store", Zh: "填发仓单"},
	{Verb: "endorse", From: issued, To: []lc.State{Endorsing}, By: owner,
		En: "Endorse to another owner", Zh: "背书转让"},
	{Verb: "confirm-endorsement", From: []lc.State{Endorsing}, To: issued, By: keeper, Binding: true,
		En: "Sign the endorsement", Zh: "背书签章"},
	{Verb: "pledge", From: issued, To: []lc.State{Pledging}, By: owner,
		En: "Endorse as pledged to a bank", Zh: "质押背书"},
	{Verb: "confirm-pledge", From: []lc.State{Pledging}, To: issued, By: keeper, Binding: true,
		En: "Sign the pledge", Zh: "质押签章"},
	{Verb: "strike-pledge", From: []lc.State{Issued, Frozen, Expired}, To: []lc.State{Issued, Frozen, Expired}, By: keeper,
		En: "Strike the pledge off, once its lien is over", Zh: "注销质押背书"},
	{Verb: "split", From: issued, To: []lc.State{Splitting}, By: owner,
		En: "Ask for several receipts in place of this one", Zh: "申请分割"},
	{Verb: "confirm-split", From: []lc.State{Splitting}, To: []lc.State{Split}, By: keeper, Binding: true,
		En: "Issue the parts", Zh: "分割签章"},
	{Verb: "merge", From: issued, To: []lc.State{Merging}, By: owner,
		En: "Ask for one receipt in place of this and others", Zh: "申请合并"},
	{Verb: "confirm-merge", From: []lc.State{Merging}, To: []lc.State{Merged}, By: keeper, Binding: true,
		En: "Issue the one receipt", Zh: "合并签章"},
	{Verb: "claim-goods", From: []lc.State{Issued, Expired}, To: []lc.State{Delivering}, By: owner,
		En: "Ask for the goods", Zh: "申请提货"},
	{Verb: "deliver", From: []lc.State{Delivering}, To: []lc.State{Delivered}, By: keeper, Binding: true,
		En: "Give the goods out against the receipt", Zh: "交付提货"},
	{Verb: "recall", From: pending, To: []lc.State{Issued, Expired}, By: owner,
		En: "Take back what was asked for", Zh: "撤回申请"},
	{Verb: "decline", From: pending, To: []lc.State{Issued, Expired}, By: keeper,
		En: "Decline what was asked for", Zh: "拒绝签章"},
	{Verb: "order-delivery", From: []lc.State{Issued, Expired, Delivering}, To: []lc.State{Issued, Expired, Delivering}, By: holder,
		En: "Allow delivery of pledged goods", Zh: "出具放货指令"},
	{Verb: "value", From: issued, To: issued, By: append(append([]lc.Signer{}, owner...), keeper[0], grantee),
		En: "State a price", Zh: "估值"},
	{Verb: "insure", From: []lc.State{Issued, Expired, Frozen}, To: []lc.State{Issued, Expired, Frozen}, By: append(append([]lc.Signer{}, owner...), keeper[0]),
		En: "Record the insurance", Zh: "登记保险"},
	{Verb: "lose", From: []lc.State{Issued, Expired, Frozen}, To: []lc.State{Issued, Expired, Frozen}, By: keeper, Binding: true,
		En: "Record loss or damage of the goods", Zh: "记录灭失、毁损"},
	{Verb: "expire", From: issued, To: []lc.State{Expired}, By: append(append([]lc.Signer{}, keeper...), owner...),
		En: "Record that the term of storage is over", Zh: "记录储存期满"},
	{Verb: "extend", From: []lc.State{Issued, Expired}, To: issued, By: keeper, Binding: true,
		En: "Extend the term of storage", Zh: "延长储存期"},
	{Verb: "freeze", From: append([]lc.State{Issued, Expired}, pending...), To: []lc.State{Frozen}, By: court,
		En: "Freeze by a court or over a dispute", Zh: "冻结"},
	{Verb: "unfreeze", From: []lc.State{Frozen}, To: []lc.State{Issued, Expired}, By: court,
		En: "End the freeze", Zh: "解冻"},
	{Verb: "cancel", From: []lc.State{Issued, Expired}, To: []lc.State{Cancelled}, By: owner,
		En: "Give the receipt up; the goods stay in the lot", Zh: "注销仓单"},
	{Verb: "grant", From: live, To: live, By: owner,
		En: "Disclose to a bank", Zh: "授权银行查看"},
	{Verb: "revoke", From: all, To: all, By: owner,
		En: "Revoke a disclosure", Zh: "撤销授权"},
}}
