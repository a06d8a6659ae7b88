// Package lifecycle describes what may happen to a kind of record (生命周期) as a table of rows:
// verb · from-states · to-states · who signs. The contract, the API's allowed actions, the documents
// and the exhaustive tests all read the same table.
package lifecycle

import "slices"

// State is a lifecycle state as it stands in a record's public header.
type State string

// None is the state of a record that does not exist yet.
const None State = ""

// Role is what a party may act as, granted in the party registry.
type Role string

// The roles of the chain (参与方角色).
const (
	SME       Role = "sme"       // 中小微企业, supplier and borrower
	Leader    Role = "leader"    // 链主企业, buyer and debtor
	Bank      Role = "bank"      // 银行、保理商
	Keeper    Role = "keeper"    // 仓储保管人
	Guarantor Role = "guarantor" // 担保机构
	Insurer   Role = "insurer"   // 保险机构
	Platform  Role = "platform"  // 供应链信息服务机构
	Regulator Role = "regulator" // 财政局及监管部门
)

// Roles lists every role.
var Roles = []Role{SME, Leader, Bank, Keeper, Guarantor, Insurer, Platform, Regulator}

// Relation is what the signer is to the record, such as its seller; the empty relation is anybody of the role.
type Relation string

// The relations that tables name.
const (
	Anybody   Relation = ""
	Seller    Relation = "seller"    // 卖方、债权人; of a receivable its creditor as of now, who after a transfer is not the one that sold
	Buyer     Relation = "buyer"     // 买方、债务人
	Applicant Relation = "applicant" // 融资申请人
	Lender    Relation = "lender"    // 放款行
	Holder    Relation = "holder"    // 担保权人: who holds a live lien on the record
	Self      Relation = "self"      // the party that the record is about

	Owner      Relation = "owner"      // 货主、持单人
	Keeping    Relation = "keeper"     // 保管人: who stores the goods
	Supervisor Relation = "supervisor" // 监管人: whom a pledgee appointed
	Grantee    Relation = "grantee"    // 被授权银行: to whom the record is disclosed

	Bureau Relation = "bureau" // 财政局: the regulator that founded the ledger, by its charter; others of the role only read

	Issuer     Relation = "issuer"     // 开票方: who sold the goods and issued the invoice of a receivable, whoever holds the claim now
	Transferee Relation = "transferee" // 受让人: to whom the creditor offers the claim, until it answers
)

// Signer is one who may sign a verb.
type Signer struct {
	Role Role
	As   Relation
}

// Row is one verb of a kind of record.
type Row struct {
	Verb string
	From []State // None alone: the verb creates the record
	To   []State // the states that the rule may choose between
	By   []Signer
	// Binding verbs are countersignatures: the command must name the commitment of the terms that the
	// signer saw, so that nobody is bound by terms changed under its hand.
	Binding bool
	En, Zh  string // what the verb does, for buttons and documents
}

// Creates reports whether the verb creates the record.
func (r Row) Creates() bool { return len(r.From) == 1 && r.From[0] == None }

// Leaves reports whether the verb may be used in the state.
func (r Row) Leaves(s State) bool { return slices.Contains(r.From, s) }

// Reaches reports whether the verb may lead to the state.
func (r Row) Reaches(s State) bool { return slices.Contains(r.To, s) }

// Permits reports whether a party with the roles and relations may sign the verb.
func (r Row) Permits(roles []Role, related func(Relation) bool) bool {
	return slices.ContainsFunc(r.By, func(by Signer) bool {
		return slices.Contains(roles, by.Role) && (by.As == Anybody || related(by.As))
	})
}

// Table is the lifecycle of one kind of record.
type Table struct {
	Kind   string // as in a verb's full name: Kind + "." + Verb
	Prefix string // of record IDs, three capitals
	Rows   []Row
}

// Row returns the row of a verb.
func (t *Table) Row(verb string) (Row, bool) {
	i := slices.IndexFunc(t.Rows, func(r Row) bool { return r.Verb == verb })
	if i < 0 {
		return Row{}, false
	}
	return t.Rows[i], true
}

// States lists every state of the table in order of first appearance, None left out.
func (t *Table) States() []State {
	var all []State
	for _, r := range t.Rows {
		for _, s := range append(slices.Clone(r.From), r.To...) {
			if s != None && !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
	}
	return all
}

// Allowed lists the verbs that a party may use on a record in the state.
func (t *Table) Allowed(s State, roles []Role, related func(Relation) bool) []string {
	verbs := []string{}
	for _, r := range t.Rows {
		if r.Leaves(s) && !r.Creates() && r.Permits(roles, related) {
			verbs = append(verbs, r.Verb)
		}
	}
	return verbs
}
