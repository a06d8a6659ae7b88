// Package gatewaytest founds the example consortium on an embedded ledger in a temporary folder, for tests
// of what stands above the ledger port.
package gatewaytest

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"decore/adapters/embedded"
	"decore/adapters/ledger"
	"decore/chaincode/contract"
	"decore/chaincode/ident"
	"decore/fixtures"
	"decore/gateway/consortium"
	"decore/gateway/desk"
	"decore/gateway/keystore"
	"decore/gateway/submit"
)

// Parties of the example consortium.
const (
	SME       ident.USCC = "91370200990000009K"
	OtherSME  ident.USCC = "91370200990000105W"
	Leader    ident.USCC = "91370200990000017E"
	BankA     ident.USCC = "913702009900000334"
	BankB     ident.USCC = "913702009900003247"
	Regulator ident.USCC = "91370200990000308H"
	Platform  ident.USCC = "91370200990000316C"
)

// World is a founded ledger with what signs and submits on it.
type World struct {
	T      testing.TB
	Ledger *embedded.Engine
	Plan   consortium.Plan
	Keys   *keystore.Store
	Desk   *desk.Desk
	Submit *submit.Submitter
}

// New founds the example consortium. wrap may stand something between the submitter and the ledger, or be nil.
func New(t testing.TB, wrap func(ledger.Ledger) ledger.Ledger) *World {
	t.Helper()
	plan, err := consortium.Read(fixtures.FS, "consortium/qingdao.json")
	must(t, err)
	dir := t.TempDir()
	engine, err := embedded.Open(embedded.Options{Dir: filepath.Join(dir, "ledger"), Name: plan.Ledger, Run: contract.Submit, Orgs: plan.Orgs})
	must(t, err)
	t.Cleanup(func() { _ = engine.Close() })
	secret, err := keystore.EnsureMasterKeyFile(filepath.Join(dir, "master.key"))
	must(t, err)
	keys, err := keystore.Open(filepath.Join(dir, "keys"), secret)
	must(t, err)
	w := &World{T: t, Ledger: engine, Plan: plan, Keys: keys, Desk: &desk.Desk{Ledger: plan.Ledger, Clock: engine, Keys: keys}}
	var port ledger.Ledger = engine
	if wrap != nil {
		port = wrap(engine)
	}
	w.Submit = submit.New(port, submit.DefaultOptions())
	t.Cleanup(w.Submit.Close)
	policies, err := consortium.ReadPolicies(fixtures.FS, "policies")
	must(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	founder := consortium.Founder{Plan: plan, Policies: policies, Ledger: engine, Submit: w.Submit, Keys: keys}
	_, _, err = founder.Run(ctx)
	must(t, err)
	must(t, founder.Admit(ctx))
	return w
}

// Sign signs a command of a hosted party on the subject's terms as they stand; "" is a new subject.
func (w *World) Sign(party ident.USCC, verb, subject string, args any) (signed submit.Signed, id string) {
	w.T.Helper()
	o := desk.Order{Party: party, Verb: verb, Subject: subject, Args: args}
	if subject != "" {
		o.On = w.Header(subject).Terms
	}
	signed, id, _, err := w.Desk.Sign(o)
	must(w.T, err)
	return signed, id
}

// Do submits a command that must be accepted and returns its subject.
func (w *World) Do(party ident.USCC, verb, subject string, args any) string {
	w.T.Helper()
	signed, id := w.Sign(party, verb, subject, args)
	answer, err := w.Submit.One(w.T.Context(), signed)
	must(w.T, err)
	if answer.Status != contract.Accepted {
		w.T.Fatalf("%s: %+v", verb, answer.Result)
	}
	return id
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
