package contract_test

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"decore/chaincode/contract"
	"decore/chaincode/evidence"
)

// FuzzSubmit gives the contract any bytes for a command, its arguments and a record's opening. It never
// panics, and writes nothing unless a command is decided.
func FuzzSubmit(f *testing.F) {
	w := newMatrixWorld(f)
	id := w.attested("1000.00")
	for _, name := range []string{"order.ship", "order.amend", "order.cancel"} {
		jws, args := w.Sign(w.SME, name, id, sample[name](w, id))
		f.Add(jws, args, w.Opening(id))
	}
	f.Add("", []byte{}, []byte("null"))
	f.Add("a.b.c", []byte(`{"about":"x","salt":"","terms":null}`), []byte(`{}`))
	f.Fuzz(func(t *testing.T, jws string, args, opening []byte) {
		state := w.State.Clone()
		out, err := contract.Submit(state, contract.Batch{Commands: []string{jws, jws}, Openings: []jsontext.Value{args, opening}})
		public, private := state.Writes()
		decided := err == nil && out.Results[0].Status != contract.Invalid
		if !decided && len(public)+len(private) > 0 {
			t.Fatalf("wrote %d keys for %+v, %v", len(public)+len(private), out, err)
		}
		var need *contract.OpeningsNeededError
		if err != nil && !errors.As(err, &need) {
			t.Fatalf("the batch could not be decided: %v", err)
		}
	})
}

// FuzzArguments signs any arguments of any verb truly, so that they get past the signature to the rules:
// whatever they say, the command is accepted, refused or invalid, and the rest of the batch is decided.
func FuzzArguments(f *testing.F) {
	w := newMatrixWorld(f)
	w.Admit(newcomer)
	verbs := contract.Verbs()
	for i, v := range verbs {
		fork := w.copy(f)
		if v.Table.Kind == "party" {
			fork.State = unregistered(f, w).State
		}
		raw := mustCanonical(f, sample[v.Name](fork, build[v.Table.Kind][v.Table.States()[0]](fork)))
		for _, where := range []int{i % 5, i % 7} { // the matrix has every state; here they are to start from
			f.Add(uint8(i), uint8(where), []byte(raw))
		}
		f.Add(uint8(i), uint8(0), []byte("{}"))
	}
	worlds := map[string]*world{}
	ids := map[string]string{}
	f.Fuzz(func(t *testing.T, which, where uint8, args []byte) {
		v := verbs[int(which)%len(verbs)]
		if v.Name == "ledger.found" || !jsontext.Value(args).IsValid() {
			return
		}
		states := slices.Sorted(maps.Keys(build[v.Table.Kind]))
		state := states[int(where)%len(states)]
		key := v.Table.Kind + string(state)
		if worlds[key] == nil {
			worlds[key] = w.copy(t)
			worlds[key].policy = w.policy
			if v.Table.Kind == "party" {
				worlds[key].State = unregistered(t, w).State
			}
			ids[key] = build[v.Table.Kind][state](worlds[key])
		}
		fork := worlds[key].copy(t)
		before := fork.State.Clone()
		r := fork.tryRaw(fork.rightSigner(v), v, ids[key], args)
		if r.Status == "" || (r.Status != contract.Accepted) == (r.Code == "") {
			t.Fatalf("%s: got %+v", v.Name, r)
		}
		if r.Status == contract.Invalid && len(changed(before, fork.State)) > 0 {
			t.Fatalf("%s: invalid, yet it wrote %q", v.Name, changed(before, fork.State))
		}
		fork.usable()
	})
}

// unregistered is a world without the newcomer, for the builders that register it.
func unregistered(t testing.TB, w *world) *world {
	fork := w.fork(t)
	delete(fork.State.Public, contract.PartyKey(newcomer.USCC))
	return fork
}

// usable checks that whatever was accepted can be read again: every record opens and reads by its kind.
func (w *world) usable() {
	w.T.Helper()
	for key, raw := range w.State.Public {
		var h contract.Header
		if len(key) < 2 || key[:2] != "r/" {
			continue
		}
		w.read(key, &h)
		o, err := evidence.Open(w.Opening(h.ID))
		if err != nil {
			w.T.Fatalf("%s %s: %v", key, raw, err)
		}
		if _, err := contract.ReadTerms(h.Kind, o.Terms); err != nil {
			w.T.Fatal(err)
		}
	}
}
