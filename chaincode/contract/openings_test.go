package contract_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/evidence"
	"decore/chaincode/financing"
	"decore/chaincode/order"
)

// needs submits a batch that must ask for the openings of the records, by commands, and write nothing.
func (w *world) needs(b contract.Batch, want ...contract.Need) {
	w.T.Helper()
	_, err := contract.Submit(w.State, b)
	public, private := w.State.Writes()
	w.State.Drop()
	var need *contract.OpeningsNeededError
	if !errors.As(err, &need) || !slices.Equal(need.Needs, want) {
		w.T.Errorf("got %v, want it to need %v", err, want)
	}
	if len(public)+len(private) > 0 {
		w.T.Error("it wrote, though it asks for openings")
	}
}

// otherSalt changes the salt's first character.
func otherSalt(opening []byte) []byte {
	before, after, _ := strings.Cut(string(opening), `"salt":"`)
	first := "A"
	if strings.HasPrefix(after, first) {
		first = "B"
	}
	return []byte(before + `"salt":"` + first + after[1:])
}

func TestARuleIsDecidedOnTheCurrentOpeningOnly(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	id, other := base.attested("1000.00"), base.attested("9000.00")
	old := base.Opening(id)
	base.Do(base.Leader, "order.amend", id, order.AmendArgs{Amount: yuan("1200.00"), DeliverBy: base.today().AddDays(9)})
	current := base.Opening(id)
	ship := order.ShipArgs{Amount: yuan("5000.00"), Date: base.today(), Note: "N"}
	about := func(raw []byte, from, to string) []byte { return []byte(strings.Replace(string(raw), from, to, 1)) }
	for name, forged := range map[string][]byte{
		"none":                                 nil,
		"a stale one":                          old,
		"one with another amount":              about(current, `"amount":"1200.00"`, `"amount":"9999.00"`),
		"one with another salt":                otherSalt(current),
		"another record's":                     base.Opening(other),
		"another record's said to be this":     about(base.Opening(other), other, id),
		"the current one with white space":     append(slices.Clone(current), ' '),
		"the current one with a byte left out": current[:len(current)-1],
	} {
		t.Run("brought "+name, func(t *testing.T) {
			w := base.fork(t)
			jws, args := w.Sign(w.SME, "order.ship", id, ship)
			w.needs(batch([]string{jws}, args, forged), contract.Need{Command: 0, Record: id})
		})
	}
	t.Run("the current one among forged ones decides", func(t *testing.T) {
		w := base.fork(t)
		jws, args := w.Sign(w.SME, "order.ship", id, ship)
		forged := about(current, `"amount":"1200.00"`, `"amount":"9999.00"`)
		for _, openings := range [][][]byte{{args, current, forged}, {args, forged, current, old}} {
			out, err := contract.Submit(w.State, batch([]string{jws}, openings...))
			w.State.Drop()
			if err != nil || out.Results[0].Code != "OVER_ORDER" {
				t.Errorf("got %+v %v", out, err)
			}
		}
	})
	t.Run("only the commands that lack theirs are named, and the batch is whole once they came", func(t *testing.T) {
		w := base.fork(t)
		make, o0 := w.Sign(w.SME, "order.create", contracttest.NewID("ORD"), w.orderArgs("5.00"))
		one, o1 := w.Sign(w.SME, "order.ship", id, ship)
		two, o2 := w.Sign(w.Leader, "order.cancel", other, financing.NoArgs{})
		b := batch([]string{make, one, two}, o0, o1, o2, base.Opening(contract.TokenSecretKey))
		w.needs(b, contract.Need{Command: 1, Record: id}, contract.Need{Command: 2, Record: other})
		b.Openings = append(b.Openings, current, base.Opening(other))
		out, err := contract.Submit(w.State, b)
		if err != nil || out.Results[0].Status != contract.Accepted || out.Results[1].Code != "OVER_ORDER" || out.Results[2].Status != contract.Accepted {
			t.Errorf("got %+v %v", out, err)
		}
	})
	t.Run("what a batch changed is opened without being brought", func(t *testing.T) {
		w := base.fork(t)
		fresh := contracttest.NewID("ORD")
		create, o1 := w.Sign(w.SME, "order.create", fresh, w.orderArgs("5.00"))
		cancel, o2 := w.Sign(w.SME, "order.cancel", fresh, financing.NoArgs{})
		if out, err := contract.Submit(w.State, batch([]string{create, cancel}, o1, o2, base.Opening(contract.TokenSecretKey))); err != nil || out.Results[1].State != order.Cancelled {
			t.Errorf("got %+v %v", out, err)
		}
	})
}

// A countersignature binds its signer to the terms that it saw.
func TestACountersignatureNamesTheTermsThatItSaw(t *testing.T) {
	t.Parallel()
	base := newMatrixWorld(t)
	for _, v := range contract.Verbs() {
		if !v.Row.Binding {
			continue
		}
		t.Run(v.Name, func(t *testing.T) {
			w := base.fork(t)
			id := w.usual(v)
			args, by := sample[v.Name](w, id), w.rightSigner(v)
			for code, on := range map[string]evidence.Commitment{"TERMS_NOT_NAMED": "", "TERMS_CHANGED": evidence.Commit([]byte("stale"))} {
				in := w.Intent(by, v.Name, id, args)
				in.On = on
				jws, opening := w.SignIntent(by, in)
				before := w.State.Clone()
				r := w.TryJWS(jws, opening)
				if r.Code != code || r.Status != contract.Refused || r.Field != "/on" {
					t.Errorf("naming %q: got %+v, want %s", on, r, code)
				}
				if keys := changed(before, w.State); !slices.Equal(keys, []string{contract.CommandKey(r.Command)}) {
					t.Errorf("it wrote %q", keys)
				}
			}
		})
	}
	t.Run("terms changed between signing and deciding, even in one batch", func(t *testing.T) {
		w := base.fork(t)
		id := w.order("1000.00")
		attest, o1 := w.Sign(w.Leader, "order.attest", id, financing.NoArgs{})
		amend, o2 := w.Sign(w.SME, "order.amend", id, order.AmendArgs{Amount: yuan("9000.00"), DeliverBy: w.today().AddDays(9)})
		rs := w.run(batch([]string{amend, attest}, o1, o2))
		if rs[0].Status != contract.Accepted || rs[1].Code != "TERMS_CHANGED" {
			t.Errorf("got %+v", rs)
		}
	})
	t.Run("any verb may name the terms, and is then held to them", func(t *testing.T) {
		w := base.fork(t)
		id := w.attested("1000.00")
		in := w.Intent(w.SME, "order.ship", id, sample["order.ship"](w, id))
		in.On = evidence.Commit(nil)
		if r := w.TryJWS(w.SignIntent(w.SME, in)); r.Code != "TERMS_CHANGED" {
			t.Errorf("got %+v", r)
		}
	})
}

func TestABatchHasBounds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, n := range []int{0, contract.MaxBatch + 1} {
		if _, err := contract.Submit(w.State, contract.Batch{Commands: make([]string, n)}); err == nil {
			t.Errorf("a batch of %d was decided", n)
		}
	}
	if out, err := contract.Submit(w.State, contract.Batch{Commands: make([]string, contract.MaxBatch)}); err != nil || out.Recorded() {
		t.Errorf("a batch of %d: %v, recorded %t", contract.MaxBatch, err, out.Recorded())
	}
}

// Strangers learn from a refusal nothing but that they are strangers.
func TestARefusalTellsAStrangerNothing(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	id := base.registered()
	orderID := base.Header(id).Parents[0]
	known := opened[order.Terms](base, orderID)
	t.Run("whether an order number is known between two others", func(t *testing.T) {
		w := base.fork(t)
		args := w.orderArgs("1.00")
		args.Number = known.Number
		w.Refuse("NOT_PERMITTED", w.SME2, "order.create", contracttest.NewID("ORD"), args)
		args.Number = "UNKNOWN1"
		w.Refuse("NOT_PERMITTED", w.SME2, "order.create", contracttest.NewID("ORD"), args)
		w.Refuse("NOT_PERMITTED", w.BankA, "order.create", contracttest.NewID("ORD"), args)
	})
	t.Run("how much of an order is accepted and not invoiced", func(t *testing.T) {
		w := base.fork(t)
		for _, amount := range []string{"0.01", "999999.00"} {
			w.Refuse("NOT_PERMITTED", w.SME2, "receivable.register", contracttest.NewID("REC"), w.registerArgs(orderID, amount))
		}
	})
	t.Run("whether another's receivable would carry a loan", func(t *testing.T) {
		w := base.fork(t)
		w.Refuse("NOT_PERMITTED", w.SME2, "financing.apply", contracttest.NewID("FIN"), w.application(w.BankA, "1.00", id))
	})
	t.Run("and no opening is asked for one without the verb's role", func(t *testing.T) {
		w := base.fork(t)
		jws, opening := w.Sign(w.BankA, "order.ship", orderID, sample["order.ship"](w, orderID))
		out, err := contract.Submit(w.State, batch([]string{jws}, opening))
		if err != nil || out.Results[0].Code != "NOT_PERMITTED" {
			t.Errorf("got %+v %v", out, err)
		}
	})
}
