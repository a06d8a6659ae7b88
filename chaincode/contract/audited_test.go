package contract_test

import (
	"strings"
	"sync"
	"testing"

	"decore/chaincode/audit"
	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/evidence"
)

// reporter is what *testing.T and *rapid.T have in common.
type reporter interface {
	Helper()
	Fatalf(string, ...any)
}

// seen are auditors that have seen what worlds share, by the last transaction that they saw.
var seen sync.Map

// mustBeExplained replays what the contract committed: an auditor must find every write explained by the signed
// commands.
func mustBeExplained(t reporter, past []contracttest.Past) {
	t.Helper()
	auditor(t, past)
}

func known(last *string) bool {
	_, ok := seen.Load(last)
	return ok
}

func auditor(t reporter, past []contracttest.Past) *audit.Auditor {
	t.Helper()
	a, from := audit.New(), 0
	for i := len(past); i > 0; i-- {
		if known, ok := seen.Load(&past[i-1].Commands[0]); ok {
			a, from = known.(*audit.Auditor).Clone(), i
			break
		}
	}
	for i, p := range past[from:] {
		for _, f := range a.Block([]audit.Transaction{transaction(p)}) {
			t.Fatalf("transaction %d: %s: %s", from+i, f.Key, f.Reason)
		}
	}
	return a
}

func transaction(p contracttest.Past) audit.Transaction {
	event, _ := canon.Marshal(contract.Outcome{Results: p.Results})
	tx := audit.Transaction{ID: p.ID, Time: p.Time, Caller: p.Caller, Commands: p.Commands, Results: p.Results, Writes: p.Public,
		Event: contract.Entry{Key: contract.EventName, Value: event}}
	for _, w := range p.Private {
		org, key, _ := strings.Cut(w.Key, "/")
		tx.Private = append(tx.Private, audit.PrivateWrite{Org: org, Key: key, Hash: evidence.Commit(w.Value)})
	}
	return tx
}

// audited sees to it that all that a test did on the chain is explained.
func audited(t testing.TB, c *contracttest.Chain) *contracttest.Chain {
	t.Cleanup(func() {
		if !t.Failed() {
			mustBeExplained(t, c.Past)
		}
	})
	return c
}
