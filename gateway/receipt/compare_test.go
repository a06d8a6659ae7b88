package receipt_test

import (
	"context"
	"testing"

	"decore/adapters/ledger"
	"decore/chaincode/contract"
	"decore/gateway/receipt"
	"decore/gateway/verification/verificationtest"
)

// other is a member's ledger that says something else at one place.
type other struct {
	*world
	change func(*ledger.Block)
}

func (o other) Block(ctx context.Context, n uint64) (*ledger.Block, error) {
	b, err := o.world.Block(ctx, n)
	if err != nil {
		return nil, err
	}
	copied := *b
	copied.Transactions = append([]ledger.Transaction{}, b.Transactions...)
	o.change(&copied)
	return &copied, nil
}

func TestAReceiptIsComparedWithAnyMembersLedger(t *testing.T) {
	w := newWorld(t)
	raw := w.issue(t, w.record, true)
	if _, err := receipt.Compare(context.Background(), raw, w); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*ledger.Block){
		"another hash":    func(b *ledger.Block) { b.Hash = "x" },
		"another past":    func(b *ledger.Block) { b.Previous = "x" },
		"another result":  func(b *ledger.Block) { b.Transactions[0].Results = []contract.Result{{}} },
		"another command": func(b *ledger.Block) { b.Transactions[0].Commands = []string{"x"} },
		"no transaction":  func(b *ledger.Block) { b.Transactions = nil },
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := receipt.Compare(context.Background(), raw, other{w, change}); !failed(t, err).Has(receipt.LedgerDiffers) {
				t.Error(err)
			}
		})
	}
	t.Run("a ledger that has not come so far", func(t *testing.T) {
		young := verificationtest.New(t)
		if _, err := receipt.Compare(context.Background(), raw, young); !failed(t, err).Has(receipt.LedgerDiffers) {
			t.Error(err)
		}
	})
}
