package contract_test

import (
	"testing"

	"decore/chaincode/contract/contracttest"
	"decore/chaincode/financing"
	"decore/chaincode/ident"
	"decore/chaincode/warehouse"
)

func TestTheFaceOfAReceiptBearsItsNumberAsTheKeeperWroteIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	heap := w.stored()
	issue := func(n ident.WrittenNumber) attempt {
		a := w.issueArgs(heap, "10")
		a.Contents.Number = n
		return attempt{w.Keeper, "warehouse-receipt.issue", contracttest.NewID("WHR"), a}
	}
	first := issue("CK-t-1")
	w.Do(first.by, first.verb, first.id, first.args)
	if got := w.receiptTerms(first.id).Contents.Number; got != "CK-t-1" {
		t.Errorf("the face says %q", got)
	}
	for _, again := range []ident.WrittenNumber{"CK-t-1", "CKT1", "ck t/1"} {
		w.foiled(issue(again), "DUPLICATE_REGISTERED", "/contents/number", "")
	}
}

func TestAMergerDropsNothingThatAReceiptStates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	heap := w.stored()
	dear := w.issueArgs(heap, "10")
	dear.Contents.Fee = "99 元/吨·天"
	one, same, other := w.issued(heap, "10"), w.issued(heap, "10"), contracttest.NewID("WHR")
	w.Do(w.Keeper, "warehouse-receipt.issue", other, dear)
	merge := func(with string) warehouse.MergeArgs {
		return warehouse.MergeArgs{Others: []string{with}, Into: contracttest.NewID("WHR")}
	}
	w.foiled(attempt{w.SME, "warehouse-receipt.merge", one, merge(other)}, "RECEIPTS_UNLIKE", "/others/0/contents/fee", "")
	w.Do(w.SME, "warehouse-receipt.value", same, w.price("12000.00"))
	a := merge(same)
	w.Do(w.SME, "warehouse-receipt.merge", one, a)
	w.Do(w.Keeper, "warehouse-receipt.confirm-merge", one, warehouse.NumberArgs{Number: number("WR")})
	if lowest, ok := w.receiptTerms(a.Into).Prices.Lowest(w.today(), 30, 1); !ok || lowest.Cmp(yuan("12000.00")) != 0 {
		t.Errorf("the lowest price of the one receipt is %s, %t", lowest, ok)
	}
}

func TestTheKeeperSignsNothingOnAReceiptThatRanOut(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	for verb, asked := range map[string]string{"confirm-endorsement": base.receiptTo("endorse", warehouse.EndorseArgs{To: base.SME2.USCC}),
		"confirm-pledge": base.beingPledged()} {
		w := base.fork(t)
		w.Pass(181 * days)
		w.foiled(attempt{w.Keeper, "warehouse-receipt." + verb, asked, financing.NoArgs{}}, "RECEIPT_EXPIRED", "", "")
		w.Do(w.Keeper, "warehouse-receipt.decline", asked, financing.NoArgs{})
	}
}
