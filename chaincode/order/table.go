// Package order holds purchase orders (订单) between an SME and a chain leader: what was ordered, shipped,
// accepted and invoiced. An order that its buyer attested is evidence of trade, not a promise to pay.
package order

import lc "decore/chaincode/lifecycle"

// States of an order.
const (
	Created    lc.State = "created"    // 已创建: stated by one side only
	Attested   lc.State = "attested"   // 已核实: the buyer attested that it is real
	Delivering lc.State = "delivering" // 履约中: some of it is shipped
	Delivered  lc.State = "delivered"  // 已验收: all of it is accepted
	Closed     lc.State = "closed"     // 已关闭
	Cancelled  lc.State = "cancelled"  // 已取消
)

var (
	seller = lc.Signer{Role: lc.SME, As: lc.Seller}
	buyer  = lc.Signer{Role: lc.Leader, As: lc.Buyer}
)

// Table is the lifecycle of an order.
var Table = &lc.Table{Kind: "order", Prefix: "ORD", Rows: []lc.Row{
	{Verb: "create", From: []lc.State{lc.None}, To: []lc.State{Created}, By: []lc.Signer{seller, buyer},
		En: "Create an order", Zh: "创建订单"},
	{Verb: "attest", From: []lc.State{Created}, To: []lc.State{Attested}, By: []lc.Signer{buyer}, Binding: true,
		En: "Attest that the order is real", Zh: "核实订单"},
	{Verb: "amend", From: []lc.State{Created, Attested, Delivering}, To: []lc.State{Created, Attested, Delivering, Delivered}, By: []lc.Signer{seller, buyer},
		En: "Amend amount or dates", Zh: "变更订单"},
	{Verb: "ship", From: []lc.State{Attested, Delivering}, To: []lc.State{Delivering}, By: []lc.Signer{seller},
		En: "State a shipment", Zh: "发货"},
	{Verb: "accept", From: []lc.State{Delivering}, To: []lc.State{Delivering, Delivered}, By: []lc.Signer{buyer}, Binding: true,
		En: "Accept a delivery", Zh: "验收"},
	{Verb: "set-collection-account", From: []lc.State{Created, Attested, Delivering, Delivered}, To: []lc.State{Created, Attested, Delivering, Delivered}, By: []lc.Signer{seller, buyer},
		En: "Name the account into which the buyer will pay; the buyer agrees by signing for the same", Zh: "指定收款专户(买方以相同账户会签后生效)"},
	{Verb: "grant", From: []lc.State{Created, Attested, Delivering, Delivered}, To: []lc.State{Created, Attested, Delivering, Delivered}, By: []lc.Signer{seller},
		En: "Disclose to a bank", Zh: "授权银行查看"},
	{Verb: "revoke", From: []lc.State{Created, Attested, Delivering, Delivered, Closed, Cancelled}, To: []lc.State{Created, Attested, Delivering, Delivered, Closed, Cancelled}, By: []lc.Signer{seller},
		En: "Revoke a disclosure", Zh: "撤销授权"},
	{Verb: "cancel", From: []lc.State{Created, Attested}, To: []lc.State{Cancelled}, By: []lc.Signer{seller, buyer},
		En: "Cancel the order", Zh: "取消订单"},
	// The seller alone: closing ends its right to register receivables for what was accepted.
	{Verb: "close", From: []lc.State{Delivered}, To: []lc.State{Closed}, By: []lc.Signer{seller},
		En: "Close the order", Zh: "关闭订单"},
}}
