package trust_test

import (
	"context"
	"testing"
	"time"

	"decore/adapters/fabric"
	"decore/adapters/ledger"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/protocol"
)

// stall is less than a peer would wait for the private data of three invalid transactions (pullRetryThreshold each).
const stall = 6 * time.Second

// protectCollections has the leader order good commands that write the platform's collection, without asking it.
// Nor may that keep the platform's peer from the next block.
func protectCollections(t *testing.T, w *world) {
	args := w.orderArgs("7000.00")
	for range 3 {
		id := contracttest.NewID("ORD")
		p, endorsements := endorsed(t, w.clients[leader], submission(t, w.signed(w.Leader, "order.create", id, args)), leader, bureau)
		invalid(t, w.clients[leader].Raw().Order(t.Context(), p, endorsements...), "ENDORSEMENT_POLICY_FAILURE")
		if state, _ := w.state(bureau, id); state != "" {
			t.Errorf("the order is %s", state)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), stall)
	defer cancel()
	b := w.signed(w.SME, "order.create", contracttest.NewID("ORD"), args)
	if _, err := w.clients[platform].Submit(ctx, b); err != nil {
		t.Errorf("the platform's next command: %v", err)
	}
	w.follow(b)
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
		if err := w.clients[bankB].Raw().Order(t.Context(), p, endorsements...); err != nil {
			t.Errorf("%s: %v", call.Function, err)
		}
	}
	// Here each organisation answers for itself, so that they cannot agree.
	p, endorsements := endorsed(t, w.clients[bankB], fabric.Call{Function: protocol.Ping}, orgs...)
	invalid(t, w.clients[bankB].Raw().Order(t.Context(), p, endorsements...), "ENDORSEMENT_POLICY_FAILURE")
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
		if !isEnd(err) {
			t.Errorf("%s cannot follow: %v", org, err)
		}
	}
}
