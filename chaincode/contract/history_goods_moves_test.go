package contract_test

import (
	"fmt"
	"slices"
	"strings"

	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/financing"
	"decore/chaincode/goods"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/lot"
	"decore/chaincode/money"
	"decore/chaincode/order"
	"decore/chaincode/receivable"
	"decore/chaincode/warehouse"
)

// move is a verb, how often it is tried, and with what arguments. Who signs, on which record, is drawn by the table of
// the verb; a move that creates a record says who.
type move struct {
	verb   string
	weight int
	args   func(h *histories, id string) any
}

var nothing = func(*histories, string) any { return financing.NoArgs{} }

var moves = []move{
	{"order.create", 6, func(h *histories, _ string) any {
		a := h.orderArgs(pick(h, []string{"1000.00", "600.00", "33.33"}))
		a.Seller, a.Buyer = pick(h, h.smes).USCC, pick(h, h.leaders).USCC
		a.Number = again(h, "order", a.Number)
		return a
	}},
	{"order.attest", 20, nothing},
	{"order.amend", 3, func(h *histories, _ string) any {
		return order.AmendArgs{Amount: yuan(pick(h, []string{"400.00", "900.00", "1500.00"})), DeliverBy: h.today().AddDays(9)}
	}},
	{"order.ship", 24, func(h *histories, id string) any {
		b := h.orders[id]
		return order.ShipArgs{Amount: h.fen(b.amount - b.shipped - h.inStore(id)), Date: h.today(), Note: "DN"}
	}},
	{"order.accept", 24, func(h *histories, id string) any {
		return order.AcceptArgs{Amount: h.fen(h.orders[id].shipped - h.orders[id].accepted), Date: h.today()}
	}},
	{"order.cancel", 1, nothing}, {"order.close", 6, nothing},
	{"order.grant", 12, granting},

	{"lot.declare", 10, func(h *histories, _ string) any {
		a := h.declareArgs()
		a.Keeper = pick(h, h.keepers).USCC
		if id, ok := h.any("order"); ok && h.rng.IntN(3) > 0 {
			a.Order, a.OrderShare = id, h.fen(h.orders[id].amount-h.orders[id].shipped-h.inStore(id))
		}
		return a
	}},
	{"lot.withdraw", 1, nothing}, {"lot.reject", 1, nothing},
	{"lot.store", 20, func(h *histories, _ string) any {
		a := h.storeArgs(pick(h, []string{"100", "40", "0.000003"}))
		a.Position = again(h, "place", a.Position)
		return a
	}},
	{"lot.add", 3, func(h *histories, _ string) any { return lot.AddArgs{Quantity: tons("7.5"), Date: h.today()} }},
	{"lot.value", 8, pricing},
	{"lot.insure", 1, func(h *histories, _ string) any { return h.insurance() }},
	{"lot.appoint-supervisor", 20, func(h *histories, _ string) any { return lot.AppointArgs{Supervisor: pick(h, h.keepers).USCC} }},
	{"lot.establish-control", 20, func(h *histories, _ string) any { return lot.ControlArgs{Date: h.today()} }},
	{"lot.set-lines", 14, func(*histories, string) any {
		return lot.LinesArgs{Least: yuan("1000.00"), Warning: yuan("900.00"), Liquidate: yuan("800.00")}
	}},
	{"lot.call-margin", 6, func(h *histories, _ string) any { return lot.MarginArgs{Until: h.today()} }},
	{"lot.stock-take", 2, func(h *histories, id string) any {
		return lot.StockTakeArgs{Counted: tonsOf(h.lots[id].in - h.lots[id].out - pick(h, []int64{0, 0, 1})), Date: h.today()}
	}},
	{"lot.lose", 1, func(h *histories, _ string) any {
		return lot.LoseArgs{Quantity: tonsOf(1), Date: h.today(), Cause: "进水"}
	}},
	{"lot.mark-commingled", 1, nothing},
	{"lot.order-release", 20, func(h *histories, id string) any {
		return lot.OrderArgs{Quantity: h.micro(h.uncovered(id)), Use: pick(h, []lot.Use{lot.ForOwner, lot.ForReceipt, lot.Liquidation})}
	}},
	{"lot.release", 16, func(h *histories, id string) any {
		return lot.ReleaseArgs{Quantity: h.micro(h.uncovered(id)), Date: h.today(), Note: "CK"}
	}},
	{"lot.settle", 4, nothing},
	{"lot.freeze", 1, func(*histories, string) any { return lot.FreezeArgs{Reason: freezeReason} }},
	{"lot.unfreeze", 12, nothing},
	{"lot.grant", 16, granting}, {"lot.revoke", 1, revoking},

	{"warehouse-receipt.issue", 30, func(h *histories, _ string) any {
		id, _ := h.any("lot")
		f := h.face()
		f.Number = h.receiptNumber()
		f.StoredUntil = h.today().AddDays(pick(h, []int{3, 180, 180}))
		return warehouse.IssueArgs{Lot: id, Quantity: h.micro(h.uncovered(id)), Contents: f}
	}},
	{"warehouse-receipt.endorse", 4, func(h *histories, _ string) any { return warehouse.EndorseArgs{To: pick(h, h.smes).USCC} }},
	{"warehouse-receipt.confirm-endorsement", 20, nothing},
	{"warehouse-receipt.pledge", 40, func(h *histories, id string) any {
		if held := h.holding(id); len(held) > 0 {
			return warehouse.PledgeArgs{Financing: held[0]}
		}
		return warehouse.PledgeArgs{Financing: contracttest.NewID("FIN")}
	}},
	{"warehouse-receipt.confirm-pledge", 40, nothing},
	{"warehouse-receipt.split", 16, func(h *histories, id string) any {
		q := h.receipts[id].quantity
		cut := max(1, q/pick(h, []int64{2, 3, 7}))
		return warehouse.SplitArgs{Parts: []warehouse.Part{{ID: contracttest.NewID("WHR"), Quantity: tonsOf(cut)},
			{ID: contracttest.NewID("WHR"), Quantity: tonsOf(q - cut + pick(h, []int64{0, 0, 0, 1, -1}))}}}
	}},
	{"warehouse-receipt.confirm-split", 40, func(h *histories, _ string) any {
		return warehouse.NumbersArgs{Numbers: []ident.WrittenNumber{h.receiptNumber(), h.receiptNumber()}}
	}},
	{"warehouse-receipt.merge", 20, func(h *histories, id string) any {
		a := warehouse.MergeArgs{Into: contracttest.NewID("WHR")}
		for _, other := range h.records["warehouse-receipt"] {
			if other != id && len(a.Others) < 2 && h.receipts[other].lot == h.receipts[id].lot && h.states[other] == warehouse.Issued {
				a.Others = append(a.Others, other)
			}
		}
		if len(a.Others) == 0 {
			a.Others = []string{pick(h, h.records["warehouse-receipt"])}
		}
		return a
	}},
	{"warehouse-receipt.confirm-merge", 40, func(h *histories, _ string) any { return warehouse.NumberArgs{Number: h.receiptNumber()} }},
	{"warehouse-receipt.claim-goods", 8, func(*histories, string) any { return warehouse.ClaimArgs{} }},
	{"warehouse-receipt.deliver", 20, nothing}, {"warehouse-receipt.recall", 2, nothing}, {"warehouse-receipt.decline", 2, nothing},
	{"warehouse-receipt.order-delivery", 16, nothing},
	{"warehouse-receipt.value", 4, pricing},
	{"warehouse-receipt.lose", 1, func(*histories, string) any { return warehouse.LoseArgs{Quantity: tonsOf(1), Cause: "进水"} }},
	{"warehouse-receipt.expire", 6, nothing},
	{"warehouse-receipt.extend", 4, func(h *histories, _ string) any { return warehouse.ExtendArgs{Until: h.today().AddDays(400)} }},
	{"warehouse-receipt.freeze", 1, func(*histories, string) any { return warehouse.FreezeArgs{Reason: freezeReason} }},
	{"warehouse-receipt.unfreeze", 12, nothing}, {"warehouse-receipt.cancel", 3, nothing},
	{"warehouse-receipt.grant", 16, granting}, {"warehouse-receipt.revoke", 1, revoking},

	{"receivable.register", 24, func(h *histories, _ string) any {
		id, known := h.any("order")
		a := receivable.RegisterArgs{Order: id, Invoice: again(h, "invoice", h.invoice()), Issued: h.today(), Due: h.today().AddDays(60), Amount: yuan("1.00")}
		if known {
			a.Amount = h.fen(h.orders[id].accepted - h.invoiced(id))
		}
		return a
	}},
	{"receivable.confirm", 4, func(*histories, string) any { return receivable.ConfirmArgs{} }},
	{"receivable.dispute", 2, func(*histories, string) any { return receivable.DisputeArgs{Amount: yuan("1.00"), Reason: "短少"} }},
	{"receivable.pay", 10, func(h *histories, id string) any {
		return h.payment(h.fen(h.receivables[id].open()).String())
	}},
	{"receivable.split", 10, func(h *histories, id string) any {
		open := h.receivables[id].open()
		cut := max(1, open/pick(h, []int64{2, 3, 7}))
		return receivable.SplitArgs{Children: []receivable.Part{{ID: contracttest.NewID("REC"), Amount: money.Fen(cut)},
			{ID: contracttest.NewID("REC"), Amount: money.Fen(max(0, open-cut+pick(h, []int64{0, 0, 0, 1, -1})))}}}
	}},
	{"receivable.transfer", 10, func(h *histories, _ string) any { return receivable.TransferArgs{To: pick(h, h.smes).USCC} }},
	{"receivable.accept-transfer", 30, answering}, {"receivable.decline-transfer", 2, answering}, {"receivable.recall-transfer", 2, answering},
	{"receivable.dilute", 6, func(h *histories, id string) any {
		return receivable.DiluteArgs{RedLetter: again(h, "red letter", h.invoice()), Amount: h.fen(h.receivables[id].open()), Date: h.today(),
			Cause: pick(h, []receivable.Cause{"", receivable.InvoiceError, receivable.InvoiceError, receivable.Return})}
	}},
	{"receivable.reinstate", 6, func(h *histories, id string) any {
		d := h.reduction(id)
		return receivable.ReinstateArgs{Kind: receivable.RedLetter, Number: d.number, Amount: money.Fen(d.amount)}
	}},
	{"receivable.reissue", 12, func(h *histories, id string) any {
		return receivable.ReissueArgs{RedLetter: ident.InvoiceNumber(h.reduction(id).number)}
	}},
	{"receivable.cancel", 2, nothing}, {"receivable.close", 10, nothing},
	{"receivable.grant", 20, granting},

	{"financing.apply", 60, func(h *histories, _ string) any {
		kind := pick(h, []string{"order", "lot", "lot", "warehouse-receipt", "warehouse-receipt", "receivable"})
		a := financing.ApplyArgs{Lender: pick(h, h.banks).USCC, Product: pick(h, productsOn[kind]), Amount: yuan("100.00"), TenorMonths: 3,
			Purpose: "采购原料", Collateral: h.someOf(kind)}
		return a
	}},
	{"financing.offer", 60, func(h *histories, _ string) any { return h.offer(pick(h, lent)) }},
	{"financing.accept", 60, func(*histories, string) any { return financing.AcceptArgs{} }},
	{"financing.reject", 2, nothing},
	{"financing.reserve", 70, func(h *histories, _ string) any { return financing.ReserveArgs{Hours: pick(h, []int{1, 24, 72})} }},
	{"financing.encumber", 80, func(h *histories, _ string) any { return h.registration(90) }},
	{"financing.disburse", 80, func(h *histories, id string) any {
		return financing.Disbursement{Amount: yuan(pick(h, lent)), Date: h.today(), Reference: again(h, "loan", id)}
	}},
	{"financing.repay", 12, func(h *histories, id string) any {
		f := h.financings[id]
		return h.repayment(h.fen(f.principal).String())
	}},
	{"financing.mark-overdue", 2, func(h *histories, _ string) any { return financing.OverdueArgs{From: h.today()} }},
	{"financing.release", 40, nothing}, {"financing.cancel", 2, nothing}, {"financing.withdraw", 2, nothing},
	{"financing.roll-over", 50, func(h *histories, id string) any {
		a := financing.RollOverArgs{From: pick(h, h.financings[id].collateral), Keep: h.rng.IntN(4) == 0}
		for _, record := range h.all {
			if slices.Contains(h.parents[record], a.From) && (h.rng.IntN(2) == 0 || h.rng.IntN(9) == 0) && len(a.To) < 3 {
				a.To = append(a.To, record)
			}
		}
		if h.rng.IntN(8) == 0 {
			a.To = append(a.To, pick(h, h.all)) // mostly no later stage of it
		}
		return a
	}},
	{"financing.release-part", 12, func(h *histories, id string) any {
		return financing.PartArgs{Collateral: []string{pick(h, h.financings[id].collateral)}}
	}},
	{"financing.call-margin", 6, func(h *histories, _ string) any { return financing.MarginArgs{Until: h.today()} }},
	{"financing.top-up", 20, func(h *histories, _ string) any {
		return financing.PartArgs{Collateral: h.someOf(pick(h, []string{"order", "lot", "warehouse-receipt", "receivable"}))}
	}},
	{"financing.accept-top-up", 50, func(h *histories, id string) any { return h.topUp(h.financings[id].offered...) }},
}

var productsOn = map[string][]financing.Product{
	"order": {financing.OrderLoan}, "receivable": {financing.ReceivableLoan, financing.Factoring}, "warehouse-receipt": {financing.ReceiptLoan},
	"lot": {financing.InventoryPledge, financing.FloatingPledge, financing.InventoryLoan},
}

func granting(h *histories, _ string) any {
	return contract.GrantArgs{To: pick(h, h.banks).USCC, Until: h.today().AddDays(pick(h, []int{1, 90, 90}))}
}

func answering(*histories, string) any { return receivable.AnswerArgs{} }

// reduction is one that was made to a receivable, or one that was not.
func (h *histories) reduction(id string) reductionBook {
	if all := h.receivables[id].reductions; len(all) > 0 {
		return pick(h, all)
	}
	return reductionBook{number: string(h.invoice()), amount: 100}
}

func revoking(h *histories, _ string) any { return contract.RevokeArgs{To: pick(h, h.banks).USCC} }

func pricing(h *histories, _ string) any {
	return goods.ValueArgs{Source: pick(h, []string{"SMM", "LME"}), Date: h.today(), Price: yuan(pick(h, []string{"20000.00", "15000.00", "9.00"}))}
}

func pick[T any](h *histories, of []T) T { return of[h.rng.IntN(len(of))] }

// any is one of the newest records of a kind that can be lent on, which have most ahead of them; sometimes any record.
func (h *histories) any(kind string) (string, bool) {
	all := h.records[kind]
	if h.rng.IntN(20) > 0 {
		all = slices.DeleteFunc(slices.Clone(all), func(id string) bool { return !slices.Contains(useful, h.states[id]) })
	}
	if len(all) == 0 {
		return contracttest.NewID("LOT"), false
	}
	return pick(h, all[max(0, len(all)-6):]), true
}

var useful = []lifecycle.State{order.Attested, order.Delivering, order.Delivered, lot.Stored, warehouse.Issued, receivable.Registered, receivable.Confirmed}

// someOf is collateral: mostly one record, sometimes two.
func (h *histories) someOf(kind string) []string {
	one, _ := h.any(kind)
	if two, ok := h.any(kind); ok && two != one && h.rng.IntN(4) == 0 {
		return []string{one, two}
	}
	return []string{one}
}

// some is a whole, a part of it, or a little more than it.
func (h *histories) some(n int64) int64 {
	return max(1, pick(h, []int64{n, n, n / 2, n / 3, 1, n + 1}))
}

func (h *histories) fen(n int64) money.Amount { return money.Fen(h.some(n)) }

// micro is some of a quantity, now and then in another unit.
func (h *histories) micro(n int64) goods.Quantity {
	q := tonsOf(h.some(n))
	if h.rng.IntN(40) == 0 {
		return goods.MustQuantity(strings.TrimSuffix(q.String(), "t") + "kg")
	}
	return q
}

// lent are amounts from what any order carries to more than any lot does.
var lent = []string{"10.00", "10.00", "10.00", "10.00", "120.00", "120.00", "300.00", "900000.00", "2000000.00"}

// again is a document's name, now and then one that was used before.
func again[T ~string](h *histories, kind string, fresh T) T {
	used := h.papers[kind]
	if len(used) > 0 && h.rng.IntN(12) == 0 {
		return T(pick(h, used))
	}
	h.papers[kind] = append(used, string(fresh))
	return fresh
}

func (h *histories) receiptNumber() ident.WrittenNumber { return again(h, "receipt", number("WR")) }

func tonsOf(n int64) goods.Quantity {
	n = max(0, n)
	return tons(fmt.Sprintf("%d.%06d", n/1e6, n%1e6))
}

// uncovered is what of a lot is under no receipt.
func (h *histories) uncovered(id string) int64 {
	l := h.lots[id]
	if l == nil {
		return 1
	}
	return l.in - l.out - l.missing - h.receipted(id)
}

func (m move) row() (*lifecycle.Table, lifecycle.Row) {
	v := verbs[m.verb]
	return v.Table, v.Row
}

var verbs = func() map[string]contract.Verb {
	all := map[string]contract.Verb{}
	for _, v := range contract.Verbs() {
		all[v.Name] = v
	}
	return all
}()

var totalWeight = func() (sum int) {
	for _, m := range moves {
		sum += m.weight
	}
	return sum
}()

// steps are the way of a loan.
var steps = map[lifecycle.State]string{financing.Applied: "offer", financing.Offered: "accept", financing.Accepted: "reserve",
	financing.Reserved: "encumber", financing.Encumbered: "disburse", financing.Disbursed: "repay", financing.Overdue: "repay",
	financing.Settled: "release"}

// next is the step by which one of the newest loans gets further, so that enough of them come to be paid out.
func (h *histories) next() (move, string) {
	id, known := h.any("financing")
	verb := "financing." + steps[h.states[id]]
	if !known || verb == "financing." {
		return h.drawn()
	}
	for _, record := range h.financings[id].collateral {
		l, r := h.lots[record], h.receipts[record]
		switch state := h.states[record]; {
		case verb == "financing.encumber" && r != nil && r.mark != id && state == warehouse.Issued:
			verb, id = "warehouse-receipt.pledge", record
		case verb == "financing.encumber" && r != nil && r.mark != id && state == warehouse.Pledging:
			verb, id = "warehouse-receipt.confirm-pledge", record
		case verb == "financing.disburse" && l != nil && l.appointed != h.financings[id].lender:
			verb, id = "lot.appoint-supervisor", record
		case verb == "financing.disburse" && l != nil && l.control == "":
			verb, id = "lot.establish-control", record
		default:
			continue
		}
		break
	}
	return moves[slices.IndexFunc(moves, func(m move) bool { return m.verb == verb })], id
}

func (h *histories) move() (move, string) {
	if h.rng.IntN(5) == 0 {
		return h.next()
	}
	return h.drawn()
}

// drawn is a verb and a record that it fits; sometimes any record of the kind.
func (h *histories) drawn() (move, string) {
	for {
		at := h.rng.IntN(totalWeight)
		m := moves[slices.IndexFunc(moves, func(m move) bool { at -= m.weight; return at < 0 })]
		table, row := m.row()
		if row.Creates() {
			return m, ""
		}
		all := h.records[table.Kind]
		if h.rng.IntN(20) > 0 {
			all = slices.DeleteFunc(slices.Clone(all), func(id string) bool { return !h.fits(m, row, id) })
		}
		if len(all) > 0 {
			return m, pick(h, all[max(0, len(all)-6):])
		}
	}
}

// fits tells whether the table has the verb from where the record is; a pledge and a holder's verb want a lien too, and
// a lien moves to later stages only.
func (h *histories) fits(m move, row lifecycle.Row, id string) bool {
	byHolder := m.verb == "warehouse-receipt.pledge" || row.By[0].As == lifecycle.Holder && row.By[0].Role == lifecycle.Bank && len(row.By) == 1
	rolls := m.verb != "financing.roll-over" || slices.ContainsFunc(h.all, func(record string) bool {
		return slices.ContainsFunc(h.financings[id].collateral, func(from string) bool { return slices.Contains(h.parents[record], from) })
	})
	return row.Leaves(h.states[id]) && rolls && (!byHolder || len(h.holding(id)) > 0)
}

// signer is somebody whom the table lets sign; sometimes anybody.
func (h *histories) signer(m move, id string, args any) *contracttest.Actor {
	_, row := m.row()
	var able []*contracttest.Actor
	for _, by := range row.By {
		for _, a := range h.everybody {
			if a.Role == by.Role && (by.As == lifecycle.Anybody || slices.Contains(h.who(by.As, id, args), a.USCC)) {
				able = append(able, a)
			}
		}
	}
	if len(able) == 0 || h.rng.IntN(20) == 0 {
		able = h.everybody
	}
	return pick(h, able)
}

// who lists the parties that stand in a relation to a record, or to what arguments say of a new one.
func (h *histories) who(as lifecycle.Relation, id string, args any) []ident.USCC {
	f := h.facts[id]
	switch as {
	case lifecycle.Seller:
		if a, creates := args.(order.CreateArgs); creates {
			return []ident.USCC{a.Seller}
		}
		if a, creates := args.(receivable.RegisterArgs); creates {
			return []ident.USCC{h.facts[a.Order].owner}
		}
		if r := h.receivables[id]; r != nil {
			return []ident.USCC{ident.USCC(r.creditor)}
		}
		return []ident.USCC{f.owner}
	case lifecycle.Issuer:
		return []ident.USCC{ident.USCC(h.receivables[id].seller)}
	case lifecycle.Transferee:
		return []ident.USCC{ident.USCC(h.receivables[id].offer)}
	case lifecycle.Buyer:
		if a, creates := args.(order.CreateArgs); creates {
			return []ident.USCC{a.Buyer}
		}
		return []ident.USCC{f.buyer}
	case lifecycle.Owner:
		if r := h.receipts[id]; r != nil {
			return []ident.USCC{ident.USCC(r.owner)}
		}
		return []ident.USCC{f.owner}
	case lifecycle.Applicant:
		if a, creates := args.(financing.ApplyArgs); creates {
			f = h.facts[a.Collateral[0]]
			if r := h.receipts[a.Collateral[0]]; r != nil {
				return []ident.USCC{ident.USCC(r.owner)}
			}
			if r := h.receivables[a.Collateral[0]]; r != nil {
				return []ident.USCC{ident.USCC(r.creditor)}
			}
		}
		return []ident.USCC{f.owner}
	case lifecycle.Keeping:
		if a, creates := args.(warehouse.IssueArgs); creates {
			f = h.facts[a.Lot]
		}
		if r := h.receipts[id]; r != nil {
			f = h.facts[r.lot]
		}
		return []ident.USCC{f.keeper}
	case lifecycle.Supervisor:
		return []ident.USCC{f.supervisor}
	case lifecycle.Lender:
		return []ident.USCC{ident.USCC(h.financings[id].lender)}
	case lifecycle.Holder:
		var all []ident.USCC
		for _, debt := range h.holding(id) {
			all = append(all, ident.USCC(h.financings[debt].lender))
		}
		return all
	}
	return nil
}

// note remembers who has to do with a record.
func (h *histories) note(id string, by *contracttest.Actor, args any) {
	f := h.facts[id]
	switch a := args.(type) {
	case order.CreateArgs:
		f.owner, f.buyer = a.Seller, a.Buyer
	case lot.DeclareArgs:
		f.owner, f.keeper = by.USCC, a.Keeper
	case lot.AppointArgs:
		f.supervisor = a.Supervisor
	case receivable.RegisterArgs:
		f.owner, f.buyer = by.USCC, h.facts[a.Order].buyer
	case receivable.SplitArgs:
		for _, p := range a.Children {
			h.facts[p.ID] = f
		}
	case financing.ApplyArgs:
		f.owner = by.USCC
	}
	h.facts[id] = f
}
