package contract_test

import (
	"maps"
	"strings"

	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/encumbrance"
	"decore/chaincode/financing"
	"decore/chaincode/goods"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/lot"
	"decore/chaincode/warehouse"
)

func tons(s string) goods.Quantity { return goods.MustQuantity(s + " t") }

func number(s string) ident.WrittenNumber {
	return ident.WrittenNumber(s + contracttest.NewID("")[20:])
}

func (w *world) declareArgs() lot.DeclareArgs {
	return lot.DeclareArgs{Keeper: w.Keeper.USCC, Quantity: tons("100"),
		Goods: goods.Description{Name: "铝锭", Code: "AL99.70", Quality: "GB/T 1196 Al99.70", Packing: "捆"}}
}

func (w *world) declared() string {
	return w.shown(w.after(contracttest.NewID("LOT"), w.SME, "lot.declare", w.declareArgs()))
}

// shown discloses goods to both banks.
func (w *world) shown(id string) string {
	for _, bank := range []*contracttest.Actor{w.BankA, w.BankB} {
		w.Do(w.SME, w.Header(id).Kind+".grant", id, contract.GrantArgs{To: bank.USCC, Until: w.today().AddDays(300)})
	}
	return id
}

func (w *world) storeArgs(quantity string) lot.StoreArgs {
	return lot.StoreArgs{Counted: tons(quantity), Site: "前湾港 3 号库", Position: contracttest.NewID("A-")[10:], Date: w.today()}
}

func (w *world) price(yuanPerTon string) goods.ValueArgs {
	return goods.ValueArgs{Source: "SMM", Date: w.today(), Price: yuan(yuanPerTon)}
}

// stored is a lot of 100 t worth 20,000 yuan a ton, which carries a million.
func (w *world) stored() string {
	id := w.after(w.declared(), w.Keeper, "lot.store", w.storeArgs("100"))
	return w.after(id, w.Keeper, "lot.value", w.price("20000.00"))
}

func (w *world) secured(bank *contracttest.Actor, p financing.Product, amount string, collateral ...string) string {
	id := contracttest.NewID("FIN")
	w.Do(w.SME, "financing.apply", id, financing.ApplyArgs{Lender: bank.USCC, Product: p, Amount: yuan(amount), TenorMonths: 3,
		Purpose: "采购原料", Collateral: collateral})
	w.offerAndAccept(bank, id, amount, 90)
	return id
}

func (w *world) liened(bank *contracttest.Actor, p financing.Product, amount string, collateral ...string) string {
	id := w.secured(bank, p, amount, collateral...)
	w.Do(bank, "financing.reserve", id, financing.ReserveArgs{Hours: 24})
	return w.after(id, bank, "financing.encumber", w.registration(90))
}

func (w *world) paidOut(bank *contracttest.Actor, id, amount string) string {
	return w.after(id, bank, "financing.disburse", financing.Disbursement{Amount: yuan(amount), Date: w.today(), Reference: "LN" + id[4:]})
}

// pledgedLot is under the lien of bank A and the control of its supervisor.
func (w *world) pledgedLot() string {
	id := w.stored()
	w.liened(w.BankA, financing.InventoryPledge, "1000000.00", id)
	w.Do(w.BankA, "lot.appoint-supervisor", id, lot.AppointArgs{Supervisor: w.Supervisor.USCC})
	w.Do(w.Supervisor, "lot.establish-control", id, lot.ControlArgs{Date: w.today()})
	return w.after(id, w.BankA, "lot.set-lines", lot.LinesArgs{Least: yuan("1900000.00"), Warning: yuan("1800000.00"), Liquidate: yuan("1600000.00")})
}

// fallen is a pledged lot whose price fell below the line of liquidation.
func (w *world) fallen() string {
	return w.after(w.pledgedLot(), w.Keeper, "lot.value", w.price("15000.00"))
}

func (w *world) face() warehouse.Face {
	return warehouse.Face{Number: number("WR"), DepositorAddress: "青岛市黄岛区前湾路 1 号", LossStandard: "0.3 %",
		StoredUntil: w.today().AddDays(180), Fee: "0.6 元/吨·天", IssuePlace: "青岛"}
}

func (w *world) issueArgs(lotID, quantity string) warehouse.IssueArgs {
	return warehouse.IssueArgs{Lot: lotID, Quantity: tons(quantity), Contents: w.face()}
}

func (w *world) issued(lotID, quantity string) string {
	return w.shown(w.after(contracttest.NewID("WHR"), w.Keeper, "warehouse-receipt.issue", w.issueArgs(lotID, quantity)))
}

func (w *world) receipt() string { return w.issued(w.stored(), "40") }

// pledgedReceipt is endorsed as pledged to bank A, and money is lent on it.
func (w *world) pledgedReceipt() string {
	id := w.receipt()
	w.lentOnReceipt(w.BankA, id, "400000.00")
	return id
}

// freedReceipt bears the mark of a pledge that is over.
func (w *world) freedReceipt() string {
	id := w.receipt()
	loan := w.lentOnReceipt(w.BankA, id, "400000.00")
	w.Do(w.BankA, "financing.repay", loan, w.repayment("400000.00"))
	w.Do(w.BankA, "financing.release", loan, financing.NoArgs{})
	return id
}

func (w *world) lentOnReceipt(bank *contracttest.Actor, receipt, amount string) (loan string) {
	loan = w.secured(bank, financing.ReceiptLoan, amount, receipt)
	w.Do(bank, "financing.reserve", loan, financing.ReserveArgs{Hours: 24})
	w.Do(w.SME, "warehouse-receipt.pledge", receipt, warehouse.PledgeArgs{Financing: loan})
	w.Do(w.Keeper, "warehouse-receipt.confirm-pledge", receipt, financing.NoArgs{})
	w.Do(bank, "financing.encumber", loan, w.registration(90))
	return w.paidOut(bank, loan, amount)
}

// lienOf is the financing of a live lien on the record.
func (w *world) lienOf(id string) string {
	var b encumbrance.Book
	w.read(contract.BookKey(w.Header(id).Root), &b)
	for _, l := range b.Liens {
		if l.Record == id {
			return l.Financing
		}
	}
	return ""
}

func (w *world) splitArgs(parts ...string) warehouse.SplitArgs {
	var a warehouse.SplitArgs
	for _, q := range parts {
		a.Parts = append(a.Parts, warehouse.Part{ID: contracttest.NewID("WHR"), Quantity: tons(q)})
	}
	return a
}

func (w *world) numbers(n int) warehouse.NumbersArgs {
	var a warehouse.NumbersArgs
	for range n {
		a.Numbers = append(a.Numbers, number("WR"))
	}
	return a
}

// split replaces a receipt by parts and returns them.
func (w *world) split(id string, parts ...string) []string {
	a := w.splitArgs(parts...)
	w.Do(w.SME, "warehouse-receipt.split", id, a)
	w.Do(w.Keeper, "warehouse-receipt.confirm-split", id, w.numbers(len(parts)))
	var ids []string
	for _, p := range a.Parts {
		ids = append(ids, p.ID)
	}
	return ids
}

func (w *world) receiptTerms(id string) (t warehouse.Terms) { w.Terms(id, &t); return t }

func (w *world) receiptTo(verb string, args any) string {
	return w.after(w.receipt(), w.SME, "warehouse-receipt."+verb, args)
}

func (w *world) mergeArgs(id string) warehouse.MergeArgs {
	other := w.issued(w.receiptTerms(id).Lot, "10")
	return warehouse.MergeArgs{Others: []string{other}, Into: contracttest.NewID("WHR")}
}

func (w *world) expiredReceipt() string { return w.expire(w.receipt()) }

func (w *world) expire(id string) string {
	w.Pass(181 * days)
	return w.after(id, w.Keeper, "warehouse-receipt.expire", financing.NoArgs{})
}

var freezeReason = "青岛海事法院(2026)鲁72财保1号"

func frozenLot(w *world, id string) string {
	return w.after(id, w.Regulator, "lot.freeze", lot.FreezeArgs{Reason: freezeReason})
}

func frozenReceipt(w *world) string {
	return w.after(w.receipt(), w.Regulator, "warehouse-receipt.freeze", warehouse.FreezeArgs{Reason: freezeReason})
}

func init() {
	build["lot"] = map[lifecycle.State]func(*world) string{
		lifecycle.None: func(*world) string { return contracttest.NewID("LOT") },
		lot.Declared:   (*world).declared,
		lot.Stored:     (*world).stored,
		lot.Frozen:     func(w *world) string { return frozenLot(w, w.stored()) },
		lot.Exhausted: func(w *world) string {
			return w.after(w.stored(), w.Keeper, "lot.release", lot.ReleaseArgs{Quantity: tons("100"), Date: w.today(), Note: "CK1"})
		},
		lot.Rejected:  func(w *world) string { return w.after(w.declared(), w.Keeper, "lot.reject", financing.NoArgs{}) },
		lot.Withdrawn: func(w *world) string { return w.after(w.declared(), w.SME, "lot.withdraw", financing.NoArgs{}) },
	}
	build["warehouse-receipt"] = map[lifecycle.State]func(*world) string{
		lifecycle.None:      func(*world) string { return contracttest.NewID("WHR") },
		warehouse.Issued:    (*world).receipt,
		warehouse.Endorsing: func(w *world) string { return w.receiptTo("endorse", warehouse.EndorseArgs{To: w.SME2.USCC}) },
		warehouse.Pledging:  (*world).beingPledged,
		warehouse.Splitting: func(w *world) string { return w.receiptTo("split", w.splitArgs("15", "25")) },
		warehouse.Merging: func(w *world) string {
			id := w.receipt()
			return w.after(id, w.SME, "warehouse-receipt.merge", w.mergeArgs(id))
		},
		warehouse.Delivering: func(w *world) string { return w.receiptTo("claim-goods", warehouse.ClaimArgs{}) },
		warehouse.Frozen:     frozenReceipt,
		warehouse.Expired:    (*world).expiredReceipt,
		warehouse.Split:      func(w *world) string { id := w.receipt(); w.split(id, "15", "25"); return id },
		warehouse.Merged: func(w *world) string {
			id := w.receipt()
			w.Do(w.SME, "warehouse-receipt.merge", id, w.mergeArgs(id))
			return w.after(id, w.Keeper, "warehouse-receipt.confirm-merge", warehouse.NumberArgs{Number: number("WR")})
		},
		warehouse.Delivered: func(w *world) string {
			return w.after(w.receiptTo("claim-goods", warehouse.ClaimArgs{}), w.Keeper, "warehouse-receipt.deliver", financing.NoArgs{})
		},
		warehouse.Cancelled: func(w *world) string { return w.receiptTo("cancel", financing.NoArgs{}) },
	}
	maps.Copy(sample, goodsSamples)
	maps.Copy(special, pledgedGoods)
}

func (w *world) reservedReceipt() string {
	id := w.receipt()
	w.Do(w.BankA, "financing.reserve", w.secured(w.BankA, financing.ReceiptLoan, "100000.00", id), financing.ReserveArgs{Hours: 24})
	return id
}

func (w *world) beingPledged() string {
	id := w.reservedReceipt()
	return w.after(id, w.SME, "warehouse-receipt.pledge", warehouse.PledgeArgs{Financing: w.lienOf(id)})
}

// more is a receivable that is unlike the others.
func (w *world) more() string {
	rec := w.receivable(w.deliveredOrder("900.00"), "900.00")
	w.grant(rec, w.BankA)
	return rec
}

// goodsSamples are good arguments of the verbs of goods.
var goodsSamples = map[string]func(w *world, id string) any{
	"lot.declare":  func(w *world, _ string) any { return w.declareArgs() },
	"lot.withdraw": none,
	"lot.store":    func(w *world, _ string) any { return w.storeArgs("99.5") },
	"lot.reject":   none,
	"lot.add":      func(w *world, _ string) any { return lot.AddArgs{Quantity: tons("5"), Date: w.today()} },
	"lot.value":    func(w *world, _ string) any { return w.price("19000.00") },
	"lot.insure":   func(w *world, _ string) any { return w.insurance() },
	"lot.appoint-supervisor": func(w *world, _ string) any {
		return lot.AppointArgs{Supervisor: w.Supervisor.USCC}
	},
	"lot.establish-control": func(w *world, _ string) any { return lot.ControlArgs{Date: w.today()} },
	"lot.set-lines": func(*world, string) any {
		return lot.LinesArgs{Least: yuan("3.00"), Warning: yuan("2.00"), Liquidate: yuan("1.00")}
	},
	"lot.call-margin": func(w *world, _ string) any { return lot.MarginArgs{Until: w.today().AddDays(3)} },
	"lot.stock-take":  func(w *world, _ string) any { return lot.StockTakeArgs{Counted: tons("99"), Date: w.today()} },
	"lot.lose": func(w *world, _ string) any {
		return lot.LoseArgs{Quantity: tons("1"), Date: w.today(), Cause: "进水"}
	},
	"lot.mark-commingled": none,
	"lot.order-release":   func(*world, string) any { return lot.OrderArgs{Quantity: tons("1"), Use: lot.ForOwner} },
	"lot.release": func(w *world, _ string) any {
		return lot.ReleaseArgs{Quantity: tons("1"), Date: w.today(), Note: "CK2"}
	},
	"lot.settle":   none,
	"lot.freeze":   func(*world, string) any { return lot.FreezeArgs{Reason: freezeReason} },
	"lot.unfreeze": none,
	"lot.grant":    sampleGrant,
	"lot.revoke":   sampleRevoke,

	"warehouse-receipt.issue":               func(w *world, _ string) any { return w.issueArgs(w.stored(), "10") },
	"warehouse-receipt.endorse":             func(w *world, _ string) any { return warehouse.EndorseArgs{To: w.SME2.USCC} },
	"warehouse-receipt.confirm-endorsement": none,
	"warehouse-receipt.pledge":              func(w *world, id string) any { return warehouse.PledgeArgs{Financing: w.lienOf(id)} },
	"warehouse-receipt.confirm-pledge":      none,
	"warehouse-receipt.strike-pledge":       none,
	"warehouse-receipt.split":               func(w *world, _ string) any { return w.splitArgs("10", "10", "20") },
	"warehouse-receipt.confirm-split":       func(w *world, _ string) any { return w.numbers(2) },
	"warehouse-receipt.merge": func(w *world, id string) any {
		if w.Header(id).State == warehouse.Issued {
			return w.mergeArgs(id)
		}
		return warehouse.MergeArgs{Others: []string{id}, Into: contracttest.NewID("WHR")}
	},
	"warehouse-receipt.confirm-merge":  func(*world, string) any { return warehouse.NumberArgs{Number: number("WR")} },
	"warehouse-receipt.claim-goods":    func(*world, string) any { return warehouse.ClaimArgs{} },
	"warehouse-receipt.deliver":        none,
	"warehouse-receipt.recall":         none,
	"warehouse-receipt.decline":        none,
	"warehouse-receipt.order-delivery": none,
	"warehouse-receipt.value":          func(w *world, _ string) any { return w.price("19000.00") },
	"warehouse-receipt.insure":         func(w *world, _ string) any { return w.insurance() },
	"warehouse-receipt.lose":           func(*world, string) any { return warehouse.LoseArgs{Quantity: tons("1"), Cause: "进水"} },
	"warehouse-receipt.expire":         func(w *world, _ string) any { w.Pass(181 * days); return financing.NoArgs{} },
	"warehouse-receipt.extend":         func(w *world, _ string) any { return warehouse.ExtendArgs{Until: w.today().AddDays(400)} },
	"warehouse-receipt.freeze":         func(*world, string) any { return warehouse.FreezeArgs{Reason: freezeReason} },
	"warehouse-receipt.unfreeze":       none,
	"warehouse-receipt.cancel":         none,
	"warehouse-receipt.grant":          sampleGrant,
	"warehouse-receipt.revoke":         sampleRevoke,

	"financing.roll-over":    sampleRollOver,
	"financing.release-part": samplePart,
	"financing.attach-search": func(w *world, _ string) any {
		return financing.SearchArgs{SHA256: strings.Repeat("ab", 32), AsOf: w.today(), Grade: "low"}
	},
	"financing.top-up": func(w *world, _ string) any { return financing.PartArgs{Collateral: []string{w.more()}} },
	"financing.accept-top-up": func(w *world, id string) any {
		if w.Header(id).ID == "" {
			return w.topUp("REC-0")
		}
		return w.topUp(w.financing(id).Offered...)
	},
}

func (w *world) insurance() goods.Insurance {
	return goods.Insurance{Insurer: "青岛栈桥财产保险有限公司", Policy: "PQ2026001", Amount: yuan("2000000.00"), From: w.today(), Until: w.today().AddDays(365)}
}

// pledgedGoods are records of goods that a bank holds, for the verbs that only their holder or its supervisor signs, and
// others that a verb needs.
var pledgedGoods = map[string]map[lifecycle.State]func(*world) string{
	"lot.appoint-supervisor": {lot.Stored: (*world).pledgedLot},
	"lot.establish-control":  {lot.Stored: (*world).pledgedLot},
	"lot.set-lines":          {lot.Stored: (*world).pledgedLot},
	"lot.call-margin":        {lot.Stored: (*world).fallen, lot.Frozen: func(w *world) string { return frozenLot(w, w.fallen()) }},
	"lot.stock-take":         {lot.Stored: (*world).pledgedLot, lot.Frozen: func(w *world) string { return frozenLot(w, w.pledgedLot()) }},
	"lot.mark-commingled":    {lot.Stored: (*world).pledgedLot, lot.Frozen: func(w *world) string { return frozenLot(w, w.pledgedLot()) }},
	"lot.order-release":      {lot.Stored: (*world).pledgedLot, lot.Frozen: func(w *world) string { return frozenLot(w, w.pledgedLot()) }},

	"warehouse-receipt.pledge": {warehouse.Issued: (*world).reservedReceipt},
	"warehouse-receipt.strike-pledge": {
		warehouse.Issued:  (*world).freedReceipt,
		warehouse.Expired: func(w *world) string { return w.expire(w.freedReceipt()) },
		warehouse.Frozen: func(w *world) string {
			return w.after(w.freedReceipt(), w.Regulator, "warehouse-receipt.freeze", warehouse.FreezeArgs{Reason: freezeReason})
		},
	},
	"warehouse-receipt.order-delivery": {
		warehouse.Issued:   (*world).pledgedReceipt,
		warehouse.Expired:  func(w *world) string { return w.expire(w.pledgedReceipt()) },
		warehouse.Pledging: (*world).beingPledged,
		warehouse.Delivering: func(w *world) string {
			return w.after(w.pledgedReceipt(), w.SME, "warehouse-receipt.claim-goods", warehouse.ClaimArgs{})
		},
	},
	"financing.roll-over":     forStates(orderLoan),
	"financing.release-part":  forStates(twoPieces),
	"financing.accept-top-up": forStates(toppedUp),
}

// forStates brings a secured financing into each state in which its collateral can change.
func forStates(to func(w *world, s lifecycle.State) string) map[lifecycle.State]func(*world) string {
	all := map[lifecycle.State]func(*world) string{}
	for _, s := range []lifecycle.State{financing.Reserved, financing.Encumbered, financing.Disbursed, financing.Overdue} {
		all[s] = func(w *world) string { return to(w, s) }
	}
	return all
}

// bring takes an accepted financing on to a state.
func (w *world) bring(id string, to lifecycle.State, amount string) string {
	w.Do(w.BankA, "financing.reserve", id, financing.ReserveArgs{Hours: 24})
	if to == financing.Reserved {
		return id
	}
	w.Do(w.BankA, "financing.encumber", id, w.registration(90))
	if to == financing.Encumbered {
		return id
	}
	w.paidOut(w.BankA, id, amount)
	if to == financing.Overdue {
		w.Do(w.BankA, "financing.mark-overdue", w.late(id), financing.OverdueArgs{From: w.today()})
	}
	return id
}

func (w *world) late(id string) string { w.Pass(2 * days); return id }

// orderLoan lends on an order of which part is accepted and so can become a receivable.
func orderLoan(w *world, s lifecycle.State) string {
	o := w.shipped("1000.00", "600.00")
	w.Do(w.Leader, "order.accept", o, acceptAll(w, "600.00"))
	w.grantTo(o, w.BankA)
	return w.bring(w.secured(w.BankA, financing.OrderLoan, "300.00", o), s, "300.00")
}

func twoPieces(w *world, s lifecycle.State) string {
	return w.bring(w.secured(w.BankA, financing.ReceivableLoan, "500.00", w.granted(), w.granted()), s, "500.00")
}

func toppedUp(w *world, s lifecycle.State) string {
	id := w.bring(w.secured(w.BankA, financing.ReceivableLoan, "500.00", w.granted()), s, "500.00")
	if s == financing.Reserved {
		return id
	}
	return w.after(id, w.SME, "financing.top-up", financing.PartArgs{Collateral: []string{w.more()}})
}

func (w *world) financing(id string) (t financing.Terms) { w.Terms(id, &t); return t }

func sampleRollOver(w *world, id string) any {
	if w.Header(id).ID == "" || !strings.HasPrefix(firstOf(w.financing(id).Collateral), "ORD") {
		return financing.RollOverArgs{From: "ORD-0", To: []string{"REC-0"}}
	}
	o := w.financing(id).Collateral[0]
	rec := w.receivable(o, "600.00")
	w.grant(rec, w.BankA)
	return financing.RollOverArgs{From: o, To: []string{rec}}
}

func samplePart(w *world, id string) any {
	if w.Header(id).ID == "" || len(w.financing(id).Collateral) == 0 {
		return financing.PartArgs{Collateral: []string{"REC-0"}}
	}
	return financing.PartArgs{Collateral: w.financing(id).Collateral[:1]}
}

func firstOf(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	return ids[0]
}
