// Package party is the registry of who may sign what (参与方登记): legal entities by USCC, their roles, and
// their keys over time.
package party

import lc "decore/chaincode/lifecycle"

// States of a party.
const (
	Pending   lc.State = "pending"   // 待核准
	Active    lc.State = "active"    // 有效
	Suspended lc.State = "suspended" // 已暂停
)

var (
	platform  = []lc.Signer{{Role: lc.Platform}}
	regulator = []lc.Signer{{Role: lc.Regulator}}
)

func itself() []lc.Signer {
	var by []lc.Signer
	for _, r := range lc.Roles {
		by = append(by, lc.Signer{Role: r, As: lc.Self})
	}
	return by
}

// Table is the lifecycle of a party. Two entities stand behind every new one: the platform that
// registers it and the regulator that approves it.
var Table = &lc.Table{Kind: "party", Rows: []lc.Row{
	{Verb: "register", From: []lc.State{lc.None}, To: []lc.State{Pending}, By: platform,
		En: "Register a party", Zh: "登记参与方"},
	{Verb: "approve", From: []lc.State{Pending}, To: []lc.State{Active}, By: regulator,
		En: "Approve a party", Zh: "核准参与方"},
	{Verb: "suspend", From: []lc.State{Active}, To: []lc.State{Suspended}, By: regulator,
		En: "Suspend a party", Zh: "暂停参与方"},
	{Verb: "reinstate", From: []lc.State{Suspended}, To: []lc.State{Active}, By: regulator,
		En: "Reinstate a party", Zh: "恢复参与方"},
	{Verb: "rotate-key", From: []lc.State{Active}, To: []lc.State{Active}, By: itself(),
		En: "Replace the signing key", Zh: "更换签名密钥"},
	{Verb: "revoke-key", From: []lc.State{Active, Suspended}, To: []lc.State{Active, Suspended}, By: regulator,
		En: "Revoke a compromised key and set a new one", Zh: "吊销失密密钥"},
}}
