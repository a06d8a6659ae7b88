package receipt_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"decore/chaincode/check"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/financing"
	"decore/chaincode/goods"
	"decore/chaincode/ident"
	"decore/chaincode/warehouse"
	"decore/gateway/verification"
	"decore/gateway/verification/verificationtest"
)

// heap is a lot under warehouse receipts that are endorsed, split, merged and delivered at random.
type heap struct {
	*world
	lot  string
	all  []string // every receipt that there ever was
	live map[string]paper
	made int // numbers given
}

// paper is who holds a live receipt, over how many tons.
type paper struct {
	owner *contracttest.Actor
	tons  int
}

func (h *heap) number() ident.WrittenNumber {
	h.made++
	return ident.WrittenNumber("R" + strconv.Itoa(h.made))
}

func tons(n int) goods.Quantity { return goods.MustQuantity(strconv.Itoa(n) + " t") }

func (h *heap) add(id string, p paper) {
	h.all = append(h.all, id)
	h.live[id] = p
}

func (h *heap) endorse(rt *rapid.T, id string) {
	p := h.live[id]
	to := rapid.SampledFrom([]*contracttest.Actor{h.SME, h.SME2, h.Leader}).Draw(rt, "to")
	if to == p.owner {
		return
	}
	h.Do(p.owner, "warehouse-receipt.endorse", id, warehouse.EndorseArgs{To: to.USCC})
	if rapid.Bool().Draw(rt, "declined") {
		h.Do(h.Keeper, "warehouse-receipt.decline", id, financing.NoArgs{})
		return
	}
	h.Do(h.Keeper, "warehouse-receipt.confirm-endorsement", id, financing.NoArgs{})
	h.live[id] = paper{to, p.tons}
}

func (h *heap) split(rt *rapid.T, id string) {
	p := h.live[id]
	if p.tons < 2 {
		return
	}
	first := rapid.IntRange(1, p.tons-1).Draw(rt, "first")
	parts := []warehouse.Part{{ID: contracttest.NewID("WHR"), Quantity: tons(first)}, {ID: contracttest.NewID("WHR"), Quantity: tons(p.tons - first)}}
	h.Do(p.owner, "warehouse-receipt.split", id, warehouse.SplitArgs{Parts: parts})
	h.Do(h.Keeper, "warehouse-receipt.confirm-split", id, warehouse.NumbersArgs{Numbers: []ident.WrittenNumber{h.number(), h.number()}})
	delete(h.live, id)
	h.add(parts[0].ID, paper{p.owner, first})
	h.add(parts[1].ID, paper{p.owner, p.tons - first})
}

func (h *heap) merge(_ *rapid.T, id string) {
	p, sum := h.live[id], 0
	var others []string
	for _, other := range slices.Sorted(maps.Keys(h.live)) {
		if o := h.live[other]; o.owner == p.owner && len(others) < 3 && other != id {
			others, sum = append(others, other), sum+o.tons
		}
	}
	if len(others) == 0 {
		return
	}
	into := contracttest.NewID("WHR")
	h.Do(p.owner, "warehouse-receipt.merge", id, warehouse.MergeArgs{Others: others, Into: into})
	h.Do(h.Keeper, "warehouse-receipt.confirm-merge", id, warehouse.NumberArgs{Number: h.number()})
	for _, gone := range append(others, id) {
		delete(h.live, gone)
	}
	h.add(into, paper{p.owner, p.tons + sum})
}

func (h *heap) deliver(rt *rapid.T, id string) {
	h.Do(h.live[id].owner, "warehouse-receipt.claim-goods", id, warehouse.ClaimArgs{})
	if rapid.Bool().Draw(rt, "recalled") {
		h.Do(h.live[id].owner, "warehouse-receipt.recall", id, financing.NoArgs{})
		return
	}
	h.Do(h.Keeper, "warehouse-receipt.deliver", id, financing.NoArgs{})
	delete(h.live, id)
}

func (h *heap) show(_ *rapid.T, id string) { h.Show(id, h.live[id].owner, h.BankA) }

// TestReceiptsOfAnyLineageHold plays random lives of receipts. Of each that there ever was, and of the lot, the history is
// whole, for the bank as for a caller without the terms, and the verification receipt holds.
func TestReceiptsOfAnyLineageHold(t *testing.T) {
	start := &heap{world: &world{World: verificationtest.New(t)}}
	start.lot = start.Lot("16 t", "A-1")
	first, second := start.Issue(start.lot, "W1", "10 t"), start.Issue(start.lot, "W2", "6 t")
	rapid.Check(t, func(rt *rapid.T) {
		h := &heap{world: &world{World: start.Fork(t)}, lot: start.lot, live: map[string]paper{}}
		h.add(first, paper{h.SME, 10})
		h.add(second, paper{h.SME, 6})
		for range rapid.IntRange(1, 10).Draw(rt, "steps") {
			if len(h.live) == 0 {
				break
			}
			id := rapid.SampledFrom(slices.Sorted(maps.Keys(h.live))).Draw(rt, "receipt")
			rapid.SampledFrom([]func(*rapid.T, string){h.endorse, h.split, h.merge, h.deliver, h.show}).Draw(rt, "step")(rt, id)
		}
		for _, id := range append([]string{h.lot}, h.all...) {
			if err := h.holds(t, id); err != nil {
				rt.Error(err)
			}
		}
	})
}

func (h *heap) holds(t *testing.T, id string) error {
	for _, viewer := range []verification.Viewer{h.Viewer(h.BankA), {Party: h.BankB.USCC}} {
		g := verification.Gatherer{Source: h}
		facts, err := g.Gather(t.Context(), id, viewer, h.Now())
		if err != nil {
			return err
		}
		for _, f := range verification.Judge(facts).Checks {
			if (f.Check == "history" || f.Check == "signatures" || f.Check == "countersignatures") && f.Verdict != check.Pass {
				return fmt.Errorf("%s: %+v", id, f)
			}
		}
		if !viewer.Terms {
			continue
		}
		if _, err := h.issuer(true).Issue(t.Context(), facts); err != nil { // which checks it
			return fmt.Errorf("%s: %w", id, err)
		}
	}
	return nil
}
