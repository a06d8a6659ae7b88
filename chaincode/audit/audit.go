// Package audit replays a ledger from its blocks alone (账本审计) and names every public key, and every hash of a
// private value, that no signed command explains. Any member can do it, whoever endorsed the transactions.
//
// # What an auditor proves who holds no private terms
//
// Admission is decided again by the contract's own code: a command counts only if it names this ledger, was in
// time, was signed by a key that the party had then, and is no repeat. Parties, policies, charter and results,
// whose commands are public, are computed anew and must be equal to the byte. What commands with private
// arguments change is computed where public facts decide it, and must be equal to the byte too: encumbrance
// books, with the one rule that no value is held twice; the registers of documents, with the one rule that no
// document has two live claims; owner, root, parents, creation, versions and times of records; which command
// changed a record last. States must be ones that the lifecycle table reaches by that verb; the signer must have
// a role that the row names and be the same seller, buyer, applicant or lender throughout, where the creditor of a
// receivable changes only by the signature of the next one; countersignatures
// must name the commitment that stood. A new commitment must be the hash of a private value that was written
// for every organisation known to be entitled to it, and no other private value may be written.
//
// # What remains
//
// Without the terms nobody can tell whether a commitment holds the right numbers: amounts, rates, dates, sums
// against caps and advances, which bank a financing asked, which of several next states an amount led to, how
// long a grant or a reservation was to last, when a filing was made, whether a refusal was right. Those entitled to
// the terms open them and check (each organisation against its own copies); the finance bureau can for all
// subsidies. Nor can it be told from public facts who the seller or buyer of a record is before that party first
// signs, which households' accounts were joined where one transaction records several successions, whether a
// document's token was computed from the document, or that a command was left out of all blocks.
package audit

import (
	"time"

	"decore/chaincode/contract"
	"decore/chaincode/evidence"
)

// Transaction is one committed batch as every member sees it.
type Transaction struct {
	ID       string
	Time     time.Time
	Caller   string
	Commands []string
	Results  []contract.Result
	Writes   []contract.Entry
	Private  []PrivateWrite
	Event    contract.Entry // name and payload
}

// PrivateWrite is the public part of a private write. The key is "" where the ledger does not show it.
type PrivateWrite struct {
	Org  string
	Key  string
	Hash evidence.Commitment
}

// Finding is something that no signed command explains.
type Finding struct {
	Tx     string // "" for what is found in the state alone
	Key    string // a public key; for a private value its organisation, a colon and its key or hash
	Reason string
}

// Auditor is fed with the blocks in order.
type Auditor struct {
	state    *state
	retracer *contract.Retracer
	learnt   learnt
}

// New returns an auditor of an empty ledger.
func New() *Auditor {
	return &Auditor{state: newState(), retracer: contract.NewRetracer(), learnt: newLearnt()}
}

// Clone returns an auditor that has seen the same blocks and goes its own way.
func (a *Auditor) Clone() *Auditor {
	return &Auditor{state: a.state.clone(), retracer: contract.NewRetracer(), learnt: a.learnt.clone()}
}

// Block explains the transactions of the next block, one after the other. What it cannot explain it takes as
// it was written, so that one forgery is not found again in all that builds on it.
func (a *Auditor) Block(txs []Transaction) []Finding {
	var commands []string
	for i := range txs {
		commands = append(commands, txs[i].Commands...)
	}
	// All of a block at once, so that blocks of many small transactions keep every core busy too.
	checked, err := a.retracer.Check(&view{state: a.state, tx: &Transaction{}}, commands)
	if err != nil {
		return []Finding{{Key: contract.CharterKey(), Reason: err.Error()}}
	}
	var findings []Finding
	for i := range txs {
		n := len(txs[i].Commands)
		s := newStory(a, &txs[i])
		s.explain(checked[:n])
		findings = append(findings, s.findings...)
		a.state.apply(&txs[i])
		checked = checked[n:]
	}
	return findings
}

// Keys is how many public keys the blocks have written.
func (a *Auditor) Keys() int { return a.state.keys() }

// Missing lists up to limit of the keys that the blocks wrote and for which present is false, in key order.
func (a *Auditor) Missing(present func(key string) bool, limit int) []string {
	return a.state.missing(present, limit)
}

// Judge says in what the value of a public key is not what the blocks wrote, "" in nothing.
func (a *Auditor) Judge(key string, value []byte) string { return a.state.judge(key, value) }
