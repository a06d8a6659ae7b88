package trust_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"decore/adapters/fabric"
	"decore/adapters/ledger"
	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/evidence"
	"decore/chaincode/financing"
	"decore/chaincode/order"
	"decore/chaincode/protocol"
	"decore/gateway/audit"
	"decore/gateway/cli"
)

// corrupt lets organisations run an altered chaincode for the length of a test.
func (w *world) corrupt(t *testing.T, forger string, orgs ...string) {
	t.Helper()
	for _, org := range orgs {
		must(t, w.net.ReplaceChaincode(t.Context(), org, forger))
		t.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			if err := w.net.ReplaceChaincode(ctx, org, w.honest); err != nil {
				t.Error(err)
			}
		})
	}
}

// attestation is one of an order that the leader never signed, in a form that the forger's chaincode takes.
func (w *world) attestation(t *testing.T, id string) contract.Batch {
	t.Helper()
	key := contracttest.NewKey()
	b := w.forged(w.Leader, key, "order.attest", id, financing.NoArgs{})
	b.Openings = append(b.Openings, seal(t, "key", evidence.NewJWK(&key.PublicKey)))
	return b
}

// overwrite is a good command of the hosted SME in whose place the forger's chaincode writes another header.
func (w *world) overwrite(t *testing.T, id string) contract.Batch {
	t.Helper()
	b := w.signed(w.SME, "order.amend", id, order.AmendArgs{Amount: w.orderArgs("1.00").Amount, DeliverBy: w.today().AddDays(9)})
	b.Openings = append(b.Openings, seal(t, "write", struct{ Key, Value string }{contract.RecordKey(id), `{"forged":true}`}))
	return b
}

// refuseALie has bank B, whose chaincode is altered, try all that it can alone.
func refuseALie(t *testing.T, w *world, forger string) {
	id := w.order("11000.00")
	w.corrupt(t, forger, bankB)
	client := w.clients[bankB]
	for name, b := range map[string]contract.Batch{
		"a forged attestation": w.attestation(t, id), "a state of its choice": w.overwrite(t, id),
	} {
		t.Run(name+" is not endorsed by others", func(t *testing.T) {
			_, err := client.Submit(t.Context(), b)
			var mismatch *fabric.MismatchError
			if !errors.As(err, &mismatch) || !errors.Is(err, ledger.ErrConflict) {
				t.Errorf("submitted as usual it comes to %v", err)
			}
		})
		t.Run(name+" is invalid with its own endorsement alone", func(t *testing.T) {
			p, endorsements := endorsed(t, client, submission(t, b), bankB)
			invalid(t, w.ordered(t, p, endorsements...), "ENDORSEMENT_POLICY_FAILURE")
		})
	}
	t.Run("is invalid under the signatures of others for the truth", func(t *testing.T) {
		p, endorsements := endorsed(t, client, submission(t, w.overwrite(t, id)), bankB, bureau, platform, leader)
		invalid(t, w.ordered(t, p, endorsements...), "ENDORSEMENT_POLICY_FAILURE")
	})
	w.unchanged(id)
	w.run(t, "while others go on", func(_ *testing.T, w *world) { w.do(w.Leader, "order.attest", id, financing.NoArgs{}) })
}

// refuseALieOfTwo has bank B and the leader's organisation agree on lies.
func refuseALieOfTwo(t *testing.T, w *world, forger string) {
	id := w.order("12000.00")
	w.corrupt(t, forger, bankB, leader)
	for name, b := range map[string]contract.Batch{
		"a forged attestation": w.attestation(t, id), "a state of its choice": w.overwrite(t, id),
	} {
		t.Run(name, func(t *testing.T) {
			p, endorsements := endorsed(t, w.clients[bankB], submission(t, b), bankB, leader)
			invalid(t, w.ordered(t, p, endorsements...), "ENDORSEMENT_POLICY_FAILURE")
		})
	}
	w.unchanged(id)
}

// findALie has the bureau's organisation and bank B agree on lies, which no policy can refuse. The platform finds them.
func findALie(t *testing.T, w *world, forger string) {
	attested, overwritten, cancelled := w.order("13000.00"), w.order("14000.00"), w.order("15000.00")
	w.audit(t, "", "")
	w.corrupt(t, forger, bankB, bureau)
	attestation := w.attestation(t, attested)
	cmd, err := evidence.Parse(attestation.Commands[0])
	must(t, err)
	first := contract.CommandKey(cmd.ID)
	for _, lie := range []struct {
		name string
		contract.Batch
		key string
	}{
		{"a forged attestation", attestation, first},
		{"a state of its choice", w.overwrite(t, overwritten), contract.RecordKey(overwritten)},
	} {
		t.Run(lie.name, func(t *testing.T) {
			p, endorsements := endorsed(t, w.clients[bankB], submission(t, lie.Batch), bankB, bureau)
			must(t, w.ordered(t, p, endorsements...))
			w.audit(t, p.ID(), lie.key)
		})
	}
	t.Run("a private value that no chaincode wrote", func(t *testing.T) {
		b := w.signed(w.SME, "order.cancel", cancelled, financing.NoArgs{})
		p, honest := endorsed(t, w.clients[bankB], submission(t, b), bankB, bureau)
		value := []byte("forged")
		var forged []fabric.Endorsement
		for i, org := range []string{bankB, bureau} {
			e, err := honest[i].Forge(w.peerOf(t, org), protocol.Collection(bankB), cancelled, value)
			must(t, err)
			forged = append(forged, e)
		}
		must(t, w.ordered(t, p, forged...))
		w.audit(t, p.ID(), bankB+":"+string(evidence.Commit(value)))
	})
	t.Run("by the command", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		var out bytes.Buffer
		code := cli.Run(ctx, []string{"audit", "--ledger", "fabric", "--connection", w.net.ConnectionFile(leader)}, nil, &out, &out)
		if code != 1 || !strings.Contains(out.String(), "key "+first) {
			t.Errorf("exit %d: %s", code, out.String())
		}
	})
}

// audit audits the ledger at the platform, which must find the lie of a transaction at a key, or nothing at all.
func (w *world) audit(t *testing.T, tx, key string) {
	t.Helper()
	report, err := audit.Run(t.Context(), w.clients[platform], audit.Options{All: true})
	must(t, err)
	if !report.Compared || report.Commands == 0 {
		t.Errorf("the audit came to %+v", report)
	}
	if tx == "" && len(report.Unexplained) > 0 {
		t.Errorf("the audit finds %v", report.Unexplained)
	}
	found := func(u audit.Unexplained) bool { return u.Tx == tx && u.Key == key }
	if tx != "" && !slices.ContainsFunc(report.Unexplained, found) {
		t.Errorf("the audit finds %v, and not %s", report.Unexplained, key)
	}
}
