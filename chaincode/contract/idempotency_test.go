package contract_test

import (
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/evidence"
	"decore/chaincode/financing"
	"decore/chaincode/party"
)

// batch makes a batch of commands and the openings that go with them, nil ones left out.
func batch(commands []string, openings ...[]byte) contract.Batch {
	b := contract.Batch{Commands: commands}
	for _, o := range openings {
		if o != nil {
			b.Openings = append(b.Openings, jsontext.Value(o))
		}
	}
	return b
}

func (w *world) run(b contract.Batch) []contract.Result {
	w.T.Helper()
	out, err := w.Run(b)
	if err != nil {
		w.T.Fatal(err)
	}
	return out.Results
}

// first strips the mark of a repeat, to compare a repeat with the first result.
func first(r contract.Result) contract.Result {
	r.Repeated = false
	return r
}

func TestACommandIsDecidedOnce(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	id := contracttest.NewID("ORD")
	jws, opening := base.Sign(base.SME, "order.create", id, base.orderArgs("1000.00"))

	t.Run("the same command twice in a batch changes the record once", func(t *testing.T) {
		w := base.fork(t)
		rs := w.run(batch([]string{jws, jws}, opening))
		if rs[0].Status != contract.Accepted || !rs[1].Repeated || !first(rs[1]).Equal(rs[0]) || w.Header(id).Version != 1 {
			t.Errorf("got %+v, version %d", rs, w.Header(id).Version)
		}
	})
	t.Run("the same command in a later batch, even without its opening, gets the first result and writes nothing", func(t *testing.T) {
		w := base.fork(t)
		r := w.TryJWS(jws, opening)
		w.Pass(400 * days) // far too old by now, yet known
		before := w.State.Clone()
		again := w.TryJWS(jws, nil)
		if !again.Repeated || !first(again).Equal(r) || len(changed(before, w.State)) > 0 {
			t.Errorf("got %+v after %+v, wrote %q", again, r, changed(before, w.State))
		}
	})
	t.Run("the same payload signed anew is the same command", func(t *testing.T) {
		w := base.fork(t)
		r := w.TryJWS(jws, opening)
		cmd, err := evidence.Parse(jws)
		if err != nil {
			t.Fatal(err)
		}
		resigned, err := evidence.Sign(cmd.Command, w.SME.Key)
		if err != nil || resigned == jws {
			t.Fatalf("signed anew: %v", err)
		}
		if again := w.TryJWS(resigned, nil); !again.Repeated || !first(again).Equal(r) {
			t.Errorf("got %+v", again)
		}
	})
	t.Run("a repeat after the key was rotated out gets its first result", func(t *testing.T) {
		w := base.fork(t)
		r := w.TryJWS(jws, opening)
		w.Do(w.SME, "party.rotate-key", string(w.SME.USCC), freshKey(w, ""))
		w.Pass(days)
		if again := w.TryJWS(jws, nil); !again.Repeated || !first(again).Equal(r) {
			t.Errorf("got %+v", again)
		}
	})
}

func TestACommandIDIsGivenOnce(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	in := base.Intent(base.SME, "order.create", contracttest.NewID("ORD"), base.orderArgs("1000.00"))
	jws, opening := base.SignIntent(base.SME, in)
	other := in
	other.Subject, other.Args = contracttest.NewID("ORD"), base.orderArgs("2000.00")
	otherJWS, otherOpening := base.SignIntent(base.SME, other)
	foreign := base.Intent(base.SME2, "order.create", contracttest.NewID("ORD"), base.orderArgs("3000.00"))
	foreign.ID = in.ID
	foreignJWS, foreignOpening := base.SignIntent(base.SME2, foreign)

	for name, second := range map[string][2]string{
		"by the same party":  {otherJWS, string(otherOpening)},
		"by another's party": {foreignJWS, string(foreignOpening)},
	} {
		t.Run("another payload under the ID in a later batch "+name, func(t *testing.T) {
			w := base.fork(t)
			w.TryJWS(jws, opening)
			before := w.State.Clone()
			r := w.TryJWS(second[0], []byte(second[1]))
			if r.Code != "COMMAND_ID_REUSED" || r.Status != contract.Invalid || len(changed(before, w.State)) > 0 {
				t.Errorf("got %+v, wrote %q", r, changed(before, w.State))
			}
		})
		t.Run("another payload under the ID in the same batch "+name, func(t *testing.T) {
			w := base.fork(t)
			rs := w.run(batch([]string{jws, second[0]}, opening, []byte(second[1])))
			if rs[0].Status != contract.Accepted || rs[1].Code != "COMMAND_ID_REUSED" {
				t.Errorf("got %+v", rs)
			}
		})
	}
}

func TestARefusalIsRememberedAndAnInvalidCommandIsNot(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	t.Run("a refused command stays refused though it would pass by now", func(t *testing.T) {
		w := base.fork(t)
		id := w.order("1000.00")
		jws, opening := w.Sign(w.SME, "order.ship", id, sample["order.ship"](w, id))
		r := w.TryJWS(jws, opening)
		if r.Status != contract.Refused || r.Code != "WRONG_STATE" {
			t.Fatalf("got %+v", r)
		}
		w.Do(w.Leader, "order.attest", id, financing.NoArgs{})
		if again := w.TryJWS(jws, opening); !again.Repeated || !first(again).Equal(r) {
			t.Errorf("got %+v", again)
		}
	})
	t.Run("a command of a party that waits for approval passes once it is approved", func(t *testing.T) {
		w := base.fork(t)
		w.Do(w.Platform, "party.register", string(newcomer.USCC), registration(newcomer))
		args := w.orderArgs("1000.00")
		args.Seller = newcomer.USCC
		jws, opening := w.Sign(newcomer, "order.create", contracttest.NewID("ORD"), args)
		if r := w.TryJWS(jws, opening); r.Status != contract.Invalid || r.Code != "PARTY_NOT_ACTIVE" {
			t.Fatalf("got %+v", r)
		}
		w.Do(w.Regulator, "party.approve", string(newcomer.USCC), party.ReasonArgs{})
		if r := w.TryJWS(jws, opening); r.Status != contract.Accepted {
			t.Errorf("got %+v", r)
		}
	})
}
