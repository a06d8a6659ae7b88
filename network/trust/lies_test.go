package trust_test

import (
	"context"
	"errors"
	"testing"

	"decore/adapters/fabric"
	"decore/adapters/ledger"
	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/evidence"
	"decore/chaincode/financing"
	"decore/chaincode/order"
	"decore/chaincode/protocol"
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
			invalid(t, client.Raw().Order(t.Context(), p, endorsements...), "ENDORSEMENT_POLICY_FAILURE")
		})
	}
	t.Run("is invalid under the signatures of others for the truth", func(t *testing.T) {
		p, endorsements := endorsed(t, client, submission(t, w.overwrite(t, id)), bankB, bureau, platform, leader)
		invalid(t, client.Raw().Order(t.Context(), p, endorsements...), "ENDORSEMENT_POLICY_FAILURE")
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
			invalid(t, w.clients[bankB].Raw().Order(t.Context(), p, endorsements...), "ENDORSEMENT_POLICY_FAILURE")
		})
	}
	w.unchanged(id)
}

// findALie has the bureau's organisation and bank B agree on lies, which no policy can refuse.
func findALie(t *testing.T, w *world, forger string) {
	attested, overwritten := w.order("13000.00"), w.order("14000.00")
	w.corrupt(t, forger, bankB, bureau)
	for name, b := range map[string]contract.Batch{
		"a forged attestation": w.attestation(t, attested), "a state of its choice": w.overwrite(t, overwritten),
	} {
		t.Run(name, func(t *testing.T) {
			p, endorsements := endorsed(t, w.clients[bankB], submission(t, b), bankB, bureau)
			must(t, w.clients[bankB].Raw().Order(t.Context(), p, endorsements...))
		})
	}
	t.Run("a private value that no chaincode wrote", func(t *testing.T) {
		p, honest := endorsed(t, w.clients[bankB], submission(t, w.signed(w.SME, "order.cancel", attested, financing.NoArgs{})), bankB, bureau)
		var forged []fabric.Endorsement
		for i, org := range []string{bankB, bureau} {
			e, err := honest[i].Forge(w.peerOf(t, org), protocol.Collection(bankB), attested, []byte("forged"))
			must(t, err)
			forged = append(forged, e)
		}
		must(t, w.clients[bankB].Raw().Order(t.Context(), p, forged...))
	})
}
