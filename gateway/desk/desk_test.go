package desk_test

import (
	"bytes"
	"errors"
	"testing"

	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/financing"
	"decore/chaincode/ident"
	"decore/gateway/desk"
	"decore/gateway/gatewaytest"
	"decore/gateway/keystore"
)

func TestTheDeskSignsWhatTheContractAccepts(t *testing.T) {
	w := gatewaytest.New(t, nil)
	signed, subject, id, err := w.Desk.Sign(desk.Order{Party: gatewaytest.SME, Verb: "order.create", Args: w.OrderArgs("10.00")})
	if err != nil {
		t.Fatal(err)
	}
	cmd, err := evidence.Parse(signed.JWS)
	if err != nil {
		t.Fatal(err)
	}
	if cmd.ID != id || cmd.Subject != subject || cmd.Party != gatewaytest.SME || cmd.Args != evidence.Commit(signed.Opening) {
		t.Errorf("%+v", cmd.Command)
	}
	if a, err := w.Submit.One(t.Context(), signed); err != nil || a.Status != contract.Accepted || a.Record != subject {
		t.Errorf("%v %+v", err, a)
	}
}

func TestTwoCommandsOfTheSameArgumentsLookNothingAlike(t *testing.T) {
	w := gatewaytest.New(t, nil)
	args := w.OrderArgs("10.00")
	first, _, _, err1 := w.Desk.Sign(desk.Order{Party: gatewaytest.SME, Verb: "order.create", Args: args})
	second, _, _, err2 := w.Desk.Sign(desk.Order{Party: gatewaytest.SME, Verb: "order.create", Args: args})
	if err1 != nil || err2 != nil || evidence.Commit(first.Opening) == evidence.Commit(second.Opening) {
		t.Error("the commitment tells that the arguments are the same", err1, err2)
	}
}

func TestTheSameDrawIsTheSameCommand(t *testing.T) {
	w := gatewaytest.New(t, nil)
	args, seed := w.OrderArgs("10.00"), desk.NewSeed(w.Ledger.Now())
	sign := func(draw desk.Draw) (subject string, opening, payload []byte) {
		signed, subject, _, err := w.Desk.Sign(desk.Order{Party: gatewaytest.SME, Verb: "order.create", Args: args, Draw: draw})
		if err != nil {
			t.Fatal(err)
		}
		cmd, err := evidence.Parse(signed.JWS)
		if err != nil {
			t.Fatal(err)
		}
		return subject, signed.Opening, cmd.Payload
	}
	subject, opening, payload := sign(desk.Draw{Seed: seed, Place: "2"})
	if s, o, p := sign(desk.Draw{Seed: seed, Place: "2"}); s != subject || !bytes.Equal(o, opening) || !bytes.Equal(p, payload) {
		t.Errorf("another command:\n%s\n%s", payload, p)
	}
	for name, draw := range map[string]desk.Draw{"of another place": {Seed: seed, Place: "3"}, "of another seed": {Seed: desk.NewSeed(seed.Time), Place: "2"}, "of none": {}} {
		if s, o, p := sign(draw); s == subject || bytes.Equal(o, opening) || bytes.Equal(p, payload) {
			t.Errorf("the draw %s is the same command", name)
		}
	}
}

func TestTheDeskRefusesWhatItCannotSign(t *testing.T) {
	w := gatewaytest.New(t, nil)
	stranger, err := ident.CompleteUSCC("370200", "99009999")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := w.Desk.Sign(desk.Order{Party: stranger, Verb: "order.create", Args: w.OrderArgs("10.00")}); !errors.Is(err, keystore.ErrNoKey) {
		t.Errorf("a party that is not hosted: %v", err)
	}
	for _, verb := range []string{"order.attest", "no.verb", "party.register"} {
		if _, _, _, err := w.Desk.Sign(desk.Order{Party: gatewaytest.Leader, Verb: verb, Args: financing.NoArgs{}}); err == nil {
			t.Errorf("%s without a subject was signed", verb)
		}
	}
}
