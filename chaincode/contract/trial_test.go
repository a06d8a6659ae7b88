package contract_test

import (
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/fault"
	"decore/chaincode/financing"
	"decore/chaincode/party"
)

func TestATrialAnswersAsTheLedgerThenDoes(t *testing.T) {
	t.Parallel()
	base, batches := newWorld(t), 0
	base.publishSubsidy()
	for _, kind := range slices.Sorted(maps.Keys(build)) {
		for _, state := range slices.Sorted(maps.Keys(build[kind])) {
			w := base.fork(t)
			then := w.Committing
			w.Committing = func(b contract.Batch, out contract.Outcome) {
				batches++
				w.tried(b, out)
				if then != nil {
					then(b, out)
				}
			}
			build[kind][state](w)
		}
	}
	if batches < 50 {
		t.Errorf("only %d batches were tried", batches)
	}
}

// tried compares what a batch is about to come to with what a trial of it says, which must write nothing.
func (w *world) tried(b contract.Batch, want contract.Outcome) {
	w.T.Helper()
	public, private := w.State.Writes()
	b.Trial = true
	got, err := contract.Submit(w.State, b)
	if err != nil || !reflect.DeepEqual(got, want) {
		w.T.Errorf("tried: %+v %v, submitted: %+v", got, err, want)
	}
	if after, hidden := w.State.Writes(); len(after) != len(public) || len(hidden) != len(private) {
		w.T.Errorf("a trial wrote %d public and %d private keys", len(after)-len(public), len(hidden)-len(private))
	}
}

// trial signs a command that is only to be tried.
func (w *world) trial(a *contracttest.Actor, verb, subject string, args any) (jws string, opening []byte) {
	in := w.Intent(a, verb, subject, args)
	in.Ledger = contract.Trial(in.Ledger)
	return w.SignIntent(a, in)
}

func TestACommandToTryIsGoodForATrialAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t).fork(t)
	id := w.order("1000.00")
	jws, opening := w.trial(w.Leader, "order.attest", id, financing.NoArgs{})
	b := contract.Batch{Commands: []string{jws}, Openings: []jsontext.Value{opening, w.Opening(id)}, Trial: true}
	out, err := contract.Submit(w.State, b)
	if err != nil || out.Results[0].Status != contract.Accepted {
		t.Fatalf("tried: %+v %v", out, err)
	}
	if r := w.TryJWS(jws, opening); r.Status != contract.Invalid || r.Code != string(fault.WrongLedger) {
		t.Errorf("submitted all the same: %+v", r)
	}
	other := w.Intent(w.Leader, "order.attest", id, financing.NoArgs{})
	other.Ledger = contract.Trial("other")
	b.Commands[0], b.Openings[0] = w.SignIntent(w.Leader, other)
	if out, err := contract.Submit(w.State, b); err != nil || out.Results[0].Code != string(fault.WrongLedger) {
		t.Errorf("a trial on another ledger: %+v %v", out, err)
	}
}

func TestATrialTakesWhatSeveralTransactionsWould(t *testing.T) {
	t.Parallel()
	w := newWorld(t).fork(t)
	b := contract.Batch{Trial: true}
	subject := string(w.SME2.USCC)
	verbs := []string{"party.suspend", "party.reinstate"}
	for i := range contract.MaxBatch + 1 {
		jws, _ := w.trial(w.Regulator, verbs[i%2], subject, party.ReasonArgs{})
		b.Commands = append(b.Commands, jws)
	}
	out, err := contract.Submit(w.State, b)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range out.Results {
		if r.Status != contract.Accepted {
			t.Fatalf("command %d did not meet what the one before did: %+v", i, r)
		}
	}
	b.Trial = false
	if _, err := contract.Submit(w.State, b); err == nil {
		t.Error("a transaction took as much")
	}
}
