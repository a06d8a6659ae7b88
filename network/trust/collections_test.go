package trust_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"decore/adapters/fabric"
	"decore/adapters/fabric/connection"
	"decore/adapters/ledger"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/money"
	"decore/chaincode/order"
	"decore/chaincode/protocol"
)

const (
	unseen = 30              // blocks that name a private value which nobody gives out
	stall  = 4 * time.Second // less than a peer would look for the values of all of them (pullRetryThreshold each)
)

// protectCollections has bank B sign, with its peer's key and no chaincode at all, that its transactions write the
// platform's collection. They are invalid, and though nobody ever gives out what they are said to write, the platform
// need not look for it before it goes on.
func protectCollections(t *testing.T, w *world) {
	client, peer := w.clients[bankB], w.peerOf(t, bankB)
	id := w.order("7000.00")
	amend := order.AmendArgs{Amount: money.MustParse("7001.00"), DeliverBy: w.today().AddDays(9)}
	b := w.signed(w.SME, "order.amend", id, amend)
	for range unseen {
		p, honest := endorsed(t, client, submission(t, b), bankB, bureau)
		forged, err := honest[0].Forge(peer, protocol.Collection(platform), contracttest.NewID("ORD"), []byte("forged"))
		must(t, err)
		invalid(t, client.Raw().Order(t.Context(), p, forged, honest[1]), "ENDORSEMENT_POLICY_FAILURE")
	}
	w.unchanged(id)
	ctx, cancel := context.WithTimeout(t.Context(), stall)
	defer cancel()
	if _, err := w.clients[platform].Submit(ctx, b); err != nil {
		t.Errorf("the platform's next command: %v", err)
	}
	w.gather(t, platform)
	w.follow(b)
}

// peerOf is the identity of an organisation's peer, which whoever runs the peer has.
func (w *world) peerOf(t *testing.T, org string) connection.Identity {
	t.Helper()
	read := func(path ...string) string {
		raw, err := os.ReadFile(filepath.Join(append([]string{w.data, "crypto", org, "peer", "msp"}, path...)...))
		must(t, err)
		return string(raw)
	}
	return connection.Identity{Certificate: read("signcerts", "cert.pem"), Key: read("keystore", "key.pem")}
}

// readAsTransactions orders calls of the functions that only read.
func readAsTransactions(t *testing.T, w *world) {
	id := w.order("8000.00")
	head, err := w.clients[platform].Head(t.Context())
	must(t, err)
	owed := submission(t, w.signed(w.Regulator, "receivable.cancel", contracttest.NewID("REC"), struct{}{}))
	owed.Function = protocol.Owed
	orgs := []string{bankB, bureau}
	for _, call := range []fabric.Call{
		owed,
		{Function: protocol.Get, Args: [][]byte{[]byte("charter"), []byte("r/" + id)}},
		{Function: protocol.History, Args: [][]byte{[]byte("r/" + id)}},
	} {
		p, endorsements := endorsed(t, w.clients[bankB], call, orgs...)
		if err := w.ordered(t, p, endorsements...); err != nil {
			t.Errorf("%s: %v", call.Function, err)
		}
	}
	// Here each organisation answers for itself, so that they cannot agree.
	p, endorsements := endorsed(t, w.clients[bankB], fabric.Call{Function: protocol.Ping}, orgs...)
	invalid(t, w.ordered(t, p, endorsements...), "ENDORSEMENT_POLICY_FAILURE")
	t.Run("nor what is evaluated at another's peer", func(t *testing.T) {
		endorsed(t, w.clients[bankB], submission(t, w.signed(w.SME, "order.cancel", id, struct{}{})), platform, leader, bureau)
	})
	w.unchanged(id)
	w.order("8100.00")
	w.followed(t, head.Number+1)
}

// followed follows the blocks from a number on at every organisation to a further command. Those of them that
// changed nothing show no transaction.
func (w *world) followed(t *testing.T, from uint64) {
	t.Helper()
	for org, c := range w.clients {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		err := c.Follow(ctx, from, func(b *ledger.Block) error {
			if len(b.Transactions) == 0 {
				return nil
			}
			if tx := b.Transactions[0]; len(tx.Commands) != 1 || len(tx.Writes) == 0 {
				t.Errorf("%s is shown %+v in block %d", org, tx, b.Number)
			}
			return errEnd
		})
		cancel()
		if !errors.Is(err, errEnd) {
			t.Errorf("%s cannot follow: %v", org, err)
		}
	}
}
