package trust_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"decore/adapters/fabric"
	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/evidence"
	"decore/chaincode/financing"
	"decore/chaincode/order"
	"decore/chaincode/protocol"
)

// refuseBadCommands has bank B submit directly, without a gateway, what the leader never signed.
func refuseBadCommands(t *testing.T, w *world) {
	id := w.order("1000.00")
	attest := func(change func(*contract.Intent), key *contracttest.Actor) contract.Batch {
		in := w.Intent(w.Leader, "order.attest", id, financing.NoArgs{})
		change(&in)
		jws, opening := w.SignIntent(key, in)
		return w.batch(jws, opening)
	}
	as := func(*contract.Intent) {}
	stranger := contracttest.NewActor(99, bankB, "leader")
	cut := attest(as, w.Leader)
	cut.Commands[0] = cut.Commands[0][:strings.LastIndexByte(cut.Commands[0], '.')+1]
	for name, c := range map[string]struct {
		code string
		contract.Batch
	}{
		"signed by another party's key":      {"KEY_UNKNOWN", attest(as, w.BankB)},
		"signed in the other one's own name": {"NOT_PERMITTED", attest(func(in *contract.Intent) { in.Party = w.BankB.USCC }, w.BankB)},
		"signed by nobody's key":             {"KEY_UNKNOWN", attest(as, stranger)},
		"in the name of no party":            {"PARTY_UNKNOWN", attest(func(in *contract.Intent) { in.Party = stranger.USCC }, stranger)},
		"with a signature of other bytes":    {"SIGNATURE_INVALID", w.resigned(attest(as, w.Leader), attest(as, w.Leader))},
		"without a signature":                {"COMMAND_MALFORMED", cut},
		"for another ledger":                 {"WRONG_LEDGER", attest(func(in *contract.Intent) { in.Ledger = "other" }, w.Leader)},
		"signed too long ago":                {"COMMAND_TOO_OLD", attest(func(in *contract.Intent) { in.Time = in.Time.AddDate(0, 0, -2) }, w.Leader)},
		"signed for tomorrow":                {"COMMAND_FROM_FUTURE", attest(func(in *contract.Intent) { in.Time = in.Time.AddDate(0, 0, 1) }, w.Leader)},
	} {
		t.Run(name, func(t *testing.T) { w.refused(t, c.code, c.Batch) })
	}
	w.unchanged(id)
}

// resigned is the first batch's command under the second's signature.
func (w *world) resigned(b, other contract.Batch) contract.Batch {
	at := func(jws string) int { return strings.LastIndexByte(jws, '.') }
	b.Commands[0] = b.Commands[0][:at(b.Commands[0])] + other.Commands[0][at(other.Commands[0]):]
	return b
}

// refused has bank B submit, which must come to the code. What binds nobody leaves no trace.
func (w *world) refused(t *testing.T, code string, b contract.Batch) {
	t.Helper()
	client := w.clients[bankB]
	commit, err := client.Submit(t.Context(), b)
	must(t, err)
	if got := commit.Results[0]; got.Code != code || got.Status == contract.Accepted {
		t.Errorf("got %+v, want %s", got, code)
	}
	if commit.Results[0].Status == contract.Refused {
		w.gather(t, bankB)
		return
	}
	if commit.Tx != "" {
		t.Error("it was recorded")
	}
	p, err := client.Raw().Propose(submission(t, b))
	must(t, err)
	for _, org := range []string{bureau, bankB} {
		var refusal *fabric.RefusedError
		if _, err := client.Raw().Endorse(t.Context(), p, org); !errors.As(err, &refusal) || refusal.Status != protocol.Unrecorded {
			t.Errorf("%s endorses it: %v", org, err)
		}
	}
}

// refuseReplays has bank B submit what the leader signed once more.
func refuseReplays(t *testing.T, w *world) {
	id := w.order("2000.00")
	b := w.signed(w.Leader, "order.attest", id, financing.NoArgs{})
	first, err := w.clients[leader].Submit(t.Context(), b)
	must(t, err)
	w.gather(t, leader)
	w.TryJWS(b.Commands[0], b.Openings[1]) // the chain in memory comes to the same
	for name, openings := range map[string]contract.Batch{
		"as it was": b, "as a member finds it in the block": {Commands: b.Commands},
	} {
		again, err := w.clients[bankB].Submit(t.Context(), openings)
		must(t, err)
		want := first.Results[0]
		if want.Repeated = true; !again.Results[0].Equal(want) || again.Tx != "" {
			t.Errorf("%s: it came to %+v in transaction %q, want %+v in none", name, again.Results[0], again.Tx, want)
		}
	}
	in := w.Intent(w.Leader, "order.attest", id, financing.NoArgs{})
	in.ID = first.Results[0].Command
	w.refused(t, "COMMAND_ID_REUSED", w.batch(w.SignIntent(w.Leader, in)))
	w.unchanged(id)
	w.run(t, "nor when its whole transaction is sent again", func(t *testing.T, w *world) { w.resend(t, id) })
}

// resend orders an endorsed transaction twice.
func (w *world) resend(t *testing.T, id string) {
	raw := w.clients[platform].Raw()
	b := w.signed(w.SME, "order.ship", id, order.ShipArgs{Amount: w.orderArgs("1.00").Amount, Date: w.today(), Note: "DN9"})
	p, endorsements := endorsed(t, w.clients[platform], submission(t, b), platform, bureau, leader)
	must(t, raw.Order(t.Context(), p, endorsements...))
	w.gather(t, platform)
	w.follow(b)
	must(t, raw.Send(t.Context(), p, endorsements...))
	w.order("3000.00") // a block that comes after it
	w.unchanged(id)
	cmd, err := evidence.Parse(b.Commands[0])
	must(t, err)
	versions, err := w.clients[platform].History(t.Context(), contract.CommandKey(cmd.ID))
	must(t, err)
	if len(versions) != 1 {
		t.Errorf("the command was decided %d times", len(versions))
	}
}

// follow has the chain in memory decide what the network has already decided.
func (w *world) follow(b contract.Batch) {
	w.T.Helper()
	mirror := w.Committing
	w.Committing = nil
	defer func() { w.Committing = mirror }()
	out, err := w.Run(b)
	must(w.T, err)
	if out.Results[0].Status != contract.Accepted {
		w.T.Fatalf("the chain in memory says %+v", out.Results[0])
	}
}

// refuseHeldBack orders an endorsed change after another one came before it.
func refuseHeldBack(t *testing.T, w *world) {
	id := w.order("4000.00")
	amend := func(amount string) order.AmendArgs {
		return order.AmendArgs{Amount: w.orderArgs(amount).Amount, DeliverBy: w.today().AddDays(9)}
	}
	held, endorsements := endorsed(t, w.clients[platform], submission(t, w.signed(w.SME, "order.amend", id, amend("9000.00"))), platform, leader, bureau)
	w.do(w.SME, "order.amend", id, amend("5000.00"))
	invalid(t, w.clients[platform].Raw().Order(t.Context(), held, endorsements...), "MVCC_READ_CONFLICT")
	w.unchanged(id)
}

// refuseBackdated has the leader's client date good transactions otherwise than its endorsers' clocks do.
func refuseBackdated(t *testing.T, w *world) {
	id := w.order("6000.00")
	raw := w.clients[leader].Raw()
	for name, by := range map[string]time.Duration{"by an hour": -time.Hour, "by ten minutes": -10 * time.Minute, "nor ahead": 10 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			w.State.Now = time.Now().Add(by)
			call := submission(t, w.signed(w.Leader, "order.attest", id, financing.NoArgs{}))
			call.Time = w.State.Now
			p, err := raw.Propose(call)
			must(t, err)
			for _, org := range []string{bureau, leader, platform, bankB} {
				_, err := raw.Endorse(t.Context(), p, org)
				var refusal *fabric.RefusedError
				switch {
				case err == nil:
					t.Errorf("%s endorsed it", org)
				case by != -time.Hour && (!errors.As(err, &refusal) || refusal.Status != protocol.Clock):
					t.Errorf("%s refuses it for another reason: %v", org, err)
				}
			}
		})
	}
	w.unchanged(id)
}
