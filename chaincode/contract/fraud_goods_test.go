package contract_test

import (
	"slices"
	"testing"

	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/encumbrance"
	"decore/chaincode/evidence"
	"decore/chaincode/financing"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/lot"
	"decore/chaincode/order"
	"decore/chaincode/warehouse"
)

// The frauds on goods that cheated chain finance, each told as it was done. Every attempt ends in a refusal with its
// reason, and nothing but the refusal is written.

// attempt is one step of a fraud.
type attempt struct {
	by       *contracttest.Actor
	verb, id string
	args     any
}

// foiled makes the attempt, which must come to the code, field and clause.
func (w *world) foiled(a attempt, code, field, clause string) {
	w.T.Helper()
	before := w.State.Clone()
	r := w.Try(a.by, a.verb, a.id, a.args)
	if r.Status != contract.Refused || r.Code != code || r.Field != field || r.Clause != clause {
		w.T.Errorf("%s by %s came to %+v, want %s at %q under %q", a.verb, a.by.Role, r, code, field, clause)
	}
	if keys := changed(before, w.State); !slices.Equal(keys, []string{contract.CommandKey(r.Command)}) {
		w.T.Errorf("the refused %s wrote %q", a.verb, keys)
	}
}

const (
	pastDelivery     = "民法典 761; 银发〔2025〕77号"
	pledgeOfReceipts = "民法典担保制度解释 art. 59"
	pledgeOfGoods    = "民法典担保制度解释 art. 55"
	harmToTheHolder  = "民法典 765"
)

// applied for is a financing that the SME applied for, no more.
func (w *world) appliedFor(bank *contracttest.Actor, p financing.Product, amount string, collateral ...string) string {
	return w.after(contracttest.NewID("FIN"), w.SME, "financing.apply", financing.ApplyArgs{Lender: bank.USCC, Product: p,
		Amount: yuan(amount), TenorMonths: 3, Purpose: "采购原料", Collateral: collateral})
}

// thirdBank joins the ledger and sees the records.
func (w *world) thirdBank(records ...string) *contracttest.Actor {
	bank := contracttest.NewActor(70, "PlatformMSP", lifecycle.Bank)
	w.Admit(bank)
	for _, id := range records {
		w.grantTo(id, bank)
	}
	return bank
}

func release(w *world, quantity string) lot.ReleaseArgs {
	return lot.ReleaseArgs{Quantity: tons(quantity), Date: w.today(), Note: "CK9"}
}

// Qingdao port, 2014 (德诚矿业): one heap of metal stood behind several receipts at several banks, and was pledged itself
// as well; there were more receipts than metal, and who came for it found the warehouse locked.
func TestQingdaoPort2014(t *testing.T) {
	t.Parallel()
	base := newWorld(t)

	t.Run("two receipts over one heap at two banks, and the heap at a third", func(t *testing.T) {
		w := base.fork(t)
		heap := w.stored()
		first := w.issued(heap, "60")
		w.lentOnReceipt(w.BankA, first, "600000.00")
		w.foiled(attempt{w.Keeper, "warehouse-receipt.issue", contracttest.NewID("WHR"), w.issueArgs(heap, "60")}, "OVER_QUANTITY", "/quantity", pledgeOfReceipts)
		second := w.issued(heap, "40") // of what is left
		w.lentOnReceipt(w.BankB, second, "400000.00")
		third := w.thirdBank(heap)
		f := w.appliedFor(third, financing.InventoryPledge, "100000.00", heap)
		w.foiled(attempt{third, "financing.offer", f, w.offer("100000.00")}, "RECEIPTS_LIVE", "/collateral/0", pledgeOfReceipts)
	})
	t.Run("one receipt at two banks", func(t *testing.T) {
		w := base.fork(t)
		r := w.receipt()
		rival := w.secured(w.BankB, financing.ReceiptLoan, "100000.00", r)
		w.lentOnReceipt(w.BankA, r, "400000.00")
		w.foiled(attempt{w.BankB, "financing.reserve", rival, financing.ReserveArgs{Hours: 1}}, "ENCUMBERED", "/collateral/0", "")
		w.foiled(attempt{w.SME, "warehouse-receipt.pledge", r, warehouse.PledgeArgs{Financing: rival}}, "LIEN_NOT_HELD", "/financing", pledgeOfReceipts)
	})
	t.Run("the heap at a bank, and then receipts over it", func(t *testing.T) {
		w := base.fork(t)
		heap := w.pledgedLot()
		w.foiled(attempt{w.Keeper, "warehouse-receipt.issue", contracttest.NewID("WHR"), w.issueArgs(heap, "1")}, "ENCUMBERED", "/lot", pledgeOfReceipts)
	})
	t.Run("the heap at two banks", func(t *testing.T) {
		w := base.fork(t)
		heap := w.stored()
		rival := w.secured(w.BankB, financing.InventoryPledge, "100000.00", heap)
		w.liened(w.BankA, financing.InventoryPledge, "100000.00", heap)
		w.foiled(attempt{w.BankB, "financing.reserve", rival, financing.ReserveArgs{Hours: 1}}, "ENCUMBERED", "/collateral/0", "")
	})
	t.Run("more receipts than metal", func(t *testing.T) {
		w := base.fork(t)
		heap := w.stored()
		for range 3 {
			w.issued(heap, "30")
		}
		w.foiled(attempt{w.Keeper, "warehouse-receipt.issue", contracttest.NewID("WHR"), w.issueArgs(heap, "10.000001")}, "OVER_QUANTITY", "/quantity", pledgeOfReceipts)
		w.issued(heap, "10")
		w.foiled(attempt{w.Keeper, "warehouse-receipt.issue", contracttest.NewID("WHR"), w.issueArgs(heap, "0.000001")}, "OVER_QUANTITY", "/quantity", pledgeOfReceipts)
	})
	t.Run("the same stack declared as a second lot, however its place is written", func(t *testing.T) {
		w := base.fork(t)
		place := w.storeArgs("100")
		place.Position = "A-1 号垛"
		heap := w.after(w.after(w.declared(), w.Keeper, "lot.store", place), w.BankA, "lot.value", w.price("20000.00"))
		for _, position := range []string{"A-1 号垛", "ａ１号垛", " a.1号 垛"} {
			place.Position = position
			w.foiled(attempt{w.Keeper, "lot.store", w.declared(), place}, "DUPLICATE_REGISTERED", "/position", "")
		}
		renamed := w.declareArgs()
		renamed.Goods.Name, renamed.Goods.Code, renamed.Goods.Batch = "铝锭(重熔用)", "AL-X9", "B-7"
		second := w.after(contracttest.NewID("LOT"), w.SME, "lot.declare", renamed)
		w.foiled(attempt{w.Keeper, "lot.store", second, place}, "PLACE_TAKEN", "/position", pledgeOfReceipts)
		told := place
		told.Shared = true
		w.fork(t).Do(w.Keeper, "lot.store", second, told)
		f := w.liened(w.BankA, financing.InventoryLoan, "100000.00", heap) // a mortgage stands by its filing
		w.paidOut(w.BankA, f, "100000.00")
		w.foiled(attempt{w.Keeper, "lot.store", w.declared(), place}, "DUPLICATE_FINANCED", "/position", "")
	})
	t.Run("a stack that is less than its receipts", func(t *testing.T) {
		w := base.fork(t)
		heap := w.stored()
		r := w.issued(heap, "40")
		loan := w.secured(w.BankA, financing.ReceiptLoan, "100000.00", r)
		w.Do(w.Keeper, "lot.stock-take", heap, lot.StockTakeArgs{Counted: tons("39"), Date: w.today()})
		if !w.Header(heap).Doubted {
			t.Fatal("nobody is told")
		}
		w.foiled(attempt{w.BankA, "financing.reserve", loan, financing.ReserveArgs{Hours: 1}}, "SHORTAGE", "/collateral/0", "")
		w.foiled(attempt{w.SME, "warehouse-receipt.endorse", r, warehouse.EndorseArgs{To: w.SME2.USCC}}, "SHORTAGE", "/lot", "")
		w.Do(w.SME, "warehouse-receipt.claim-goods", r, warehouse.ClaimArgs{})
		w.foiled(attempt{w.Keeper, "warehouse-receipt.deliver", r, financing.NoArgs{}}, "SHORTAGE", "/lot", "民法典 917")
		w.Do(w.SME, "warehouse-receipt.recall", r, financing.NoArgs{})
		w.Do(w.Keeper, "warehouse-receipt.lose", r, warehouse.LoseArgs{Quantity: tons("1"), Cause: "盘亏"})
		if w.Header(heap).Doubted {
			t.Error("it is said whose the loss is")
		}
		w.Do(w.BankA, "financing.reserve", loan, financing.ReserveArgs{Hours: 1})
	})
	t.Run("metal at the price of who owns it", func(t *testing.T) {
		w := base.fork(t)
		heap := w.shown(w.after(w.declared(), w.Keeper, "lot.store", w.storeArgs("100")))
		f := w.appliedFor(w.BankA, financing.InventoryLoan, "100000.00", heap)
		w.Do(w.SME, "lot.value", heap, w.price("999999.00"))
		w.foiled(attempt{w.BankA, "financing.offer", f, w.offer("100000.00")}, "NOT_VALUED", "/collateral/0", "")
		w.Do(w.Keeper, "lot.value", heap, w.price("1.00"))
		w.foiled(attempt{w.BankA, "financing.offer", f, w.offer("100000.00")}, "OVER_ADVANCE", "/amount", "")
	})
	t.Run("metal for an order, lent on through a receipt for more than the order pays", func(t *testing.T) {
		w := base.fork(t)
		_, heap := w.madeFor("100000.00", "100000.00") // worth two million
		one, other := w.issued(heap, "40"), w.issued(heap, "60")
		both := w.appliedFor(w.BankA, financing.ReceiptLoan, "60000.01", one, other)
		w.foiled(attempt{w.BankA, "financing.offer", both, w.offer("60000.01")}, "OVER_ADVANCE", "/amount", "")
		w.Do(w.BankA, "financing.offer", both, w.offer("60000.00"))
		w.foiled(attempt{w.BankA, "financing.offer", w.appliedFor(w.BankA, financing.ReceiptLoan, "24000.01", one), w.offer("24000.01")}, "OVER_ADVANCE", "/amount", "")
	})
	t.Run("metal delivered behind the bank's back", func(t *testing.T) {
		w := base.fork(t)
		r := w.pledgedReceipt()
		w.Do(w.SME, "warehouse-receipt.claim-goods", r, warehouse.ClaimArgs{})
		w.foiled(attempt{w.Keeper, "warehouse-receipt.deliver", r, financing.NoArgs{}}, "ENCUMBERED", "", pledgeOfReceipts)
		w.foiled(attempt{w.BankB, "warehouse-receipt.order-delivery", r, financing.NoArgs{}}, "NOT_PERMITTED", "/party", "")
		heap := w.pledgedLot()
		w.foiled(attempt{w.Keeper, "lot.release", heap, release(w, "1")}, "ENCUMBERED", "", pledgeOfGoods)
		w.foiled(attempt{w.BankB, "lot.order-release", heap, lot.OrderArgs{Quantity: tons("1"), Use: lot.ForOwner}}, "NOT_PERMITTED", "/party", "")
		w.Do(w.BankA, "lot.order-release", heap, lot.OrderArgs{Quantity: tons("1"), Use: lot.ForReceipt})
		w.foiled(attempt{w.Keeper, "lot.release", heap, release(w, "1")}, "ENCUMBERED", "", pledgeOfGoods) // it ordered a receipt, not goods out
	})
}

// What a court froze nobody moves, sells, splits or lends on, whoever asks and whoever holds it.
func TestQingdaoPort2014AfterTheCourtFroze(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	heap, r, other := base.stored(), "", ""
	r, other = base.issued(heap, "40"), base.issued(heap, "10")
	wanted := base.appliedFor(base.BankA, financing.ReceiptLoan, "100000.00", r)
	claimed := base.issued(heap, "5")
	base.Do(base.SME, "warehouse-receipt.claim-goods", claimed, warehouse.ClaimArgs{})
	bare := base.stored()
	onBare := base.appliedFor(base.BankA, financing.InventoryPledge, "100000.00", bare)

	t.Run("a receipt", func(t *testing.T) {
		w := base.fork(t)
		w.Do(w.Regulator, "warehouse-receipt.freeze", r, warehouse.FreezeArgs{Reason: freezeReason})
		for verb, by := range map[string]*contracttest.Actor{"endorse": w.SME, "pledge": w.SME, "split": w.SME, "claim-goods": w.SME,
			"cancel": w.SME, "deliver": w.Keeper, "confirm-endorsement": w.Keeper, "confirm-split": w.Keeper, "confirm-pledge": w.Keeper,
			"extend": w.Keeper} {
			name := "warehouse-receipt." + verb
			w.foiled(attempt{by, name, r, sample[name](w, r)}, "WRONG_STATE", "", "")
		}
		w.foiled(attempt{w.SME, "warehouse-receipt.merge", other, warehouse.MergeArgs{Others: []string{r}, Into: contracttest.NewID("WHR")}}, "WRONG_STATE", "/others/0", "")
		w.foiled(attempt{w.BankA, "financing.offer", wanted, w.offer("100000.00")}, "COLLATERAL_INELIGIBLE", "/collateral/0", "")
	})
	t.Run("a heap", func(t *testing.T) {
		w := base.fork(t)
		frozenLot(w, bare)
		w.foiled(attempt{w.Keeper, "lot.release", bare, release(w, "1")}, "WRONG_STATE", "", "")
		w.foiled(attempt{w.Keeper, "lot.add", bare, lot.AddArgs{Quantity: tons("1"), Date: w.today()}}, "WRONG_STATE", "", "")
		w.foiled(attempt{w.Keeper, "warehouse-receipt.issue", contracttest.NewID("WHR"), w.issueArgs(bare, "1")}, "WRONG_STATE", "/lot", "")
		w.foiled(attempt{w.BankA, "financing.offer", onBare, w.offer("100000.00")}, "COLLATERAL_INELIGIBLE", "/collateral/0", "")
	})
	t.Run("a heap under receipts", func(t *testing.T) {
		w := base.fork(t)
		moving := w.issued(heap, "1")
		w.Do(w.SME, "warehouse-receipt.endorse", moving, warehouse.EndorseArgs{To: w.SME2.USCC})
		frozenLot(w, heap)
		w.foiled(attempt{w.Keeper, "warehouse-receipt.deliver", claimed, financing.NoArgs{}}, "WRONG_STATE", "/lot", "")
		w.foiled(attempt{w.BankA, "financing.offer", wanted, w.offer("100000.00")}, "COLLATERAL_INELIGIBLE", "/collateral/0", "")
		w.foiled(attempt{w.SME, "warehouse-receipt.endorse", r, warehouse.EndorseArgs{To: w.SME2.USCC}}, "WRONG_STATE", "/lot", "")
		w.foiled(attempt{w.Keeper, "warehouse-receipt.confirm-endorsement", moving, financing.NoArgs{}}, "WRONG_STATE", "/lot", "")
	})
}

// Hin Leong, 2020: cargo that was pledged to one bank was sold, and the money was gone when the bank came for it.
func TestHinLeong2020(t *testing.T) {
	t.Parallel()
	base := newWorld(t)

	t.Run("the order whose goods are pledged in store is shipped", func(t *testing.T) {
		w := base.fork(t)
		o, goods := w.madeFor("2000000.00", "1500000.00")
		w.liened(w.BankA, financing.InventoryPledge, "700000.00", goods)
		ship := func(amount string) order.ShipArgs {
			return order.ShipArgs{Amount: yuan(amount), Date: w.today(), Note: "DN9"}
		}
		w.foiled(attempt{w.SME, "order.ship", o, ship("500000.01")}, "GOODS_STORED", "/amount", "")
		w.Do(w.SME, "order.ship", o, ship("500000.00")) // what is not in store is free to go
		w.foiled(attempt{w.SME, "order.ship", o, ship("0.01")}, "GOODS_STORED", "/amount", "")
		w.foiled(attempt{w.Leader, "order.amend", o, order.AmendArgs{Amount: yuan("3000000.00"), DeliverBy: w.today()}}, "ENCUMBERED", "", harmToTheHolder)
		w.Do(w.SME, "lot.settle", goods, financing.NoArgs{}) // nothing left the lot, so nothing is given back
		w.foiled(attempt{w.SME, "order.ship", o, ship("0.01")}, "GOODS_STORED", "/amount", "")
	})
	t.Run("the pledged lot is given out to a buyer", func(t *testing.T) {
		w := base.fork(t)
		w.foiled(attempt{w.Keeper, "lot.release", w.pledgedLot(), release(w, "100")}, "ENCUMBERED", "", pledgeOfGoods)
	})
	t.Run("the pledged receipt is sold", func(t *testing.T) {
		w := base.fork(t)
		r := w.pledgedReceipt()
		w.foiled(attempt{w.SME, "warehouse-receipt.endorse", r, warehouse.EndorseArgs{To: w.SME2.USCC}}, "ENCUMBERED", "", pledgeOfReceipts)
		w.foiled(attempt{w.SME, "warehouse-receipt.cancel", r, financing.NoArgs{}}, "ENCUMBERED", "", pledgeOfReceipts)
	})
	t.Run("the receipt is sold first, and pledged while the keeper has not signed yet", func(t *testing.T) {
		w := base.fork(t)
		r := w.receipt()
		f := w.secured(w.BankA, financing.ReceiptLoan, "100000.00", r)
		w.Do(w.SME, "warehouse-receipt.endorse", r, warehouse.EndorseArgs{To: w.SME2.USCC})
		w.foiled(attempt{w.BankA, "financing.reserve", f, financing.ReserveArgs{Hours: 1}}, "COLLATERAL_INELIGIBLE", "/collateral/0", "")
	})
	t.Run("the receipt is sold, and the seller's bank takes it all the same", func(t *testing.T) {
		w := base.fork(t)
		r := w.receipt()
		f := w.secured(w.BankA, financing.ReceiptLoan, "100000.00", r)
		w.Do(w.SME, "warehouse-receipt.endorse", r, warehouse.EndorseArgs{To: w.SME2.USCC})
		w.Do(w.Keeper, "warehouse-receipt.confirm-endorsement", r, financing.NoArgs{})
		w.Do(w.SME2, "warehouse-receipt.grant", r, contract.GrantArgs{To: w.BankA.USCC, Until: w.today().AddDays(9)})
		w.foiled(attempt{w.BankA, "financing.reserve", f, financing.ReserveArgs{Hours: 1}}, "NOT_PERMITTED", "/collateral/0", "")
	})
	t.Run("the pledged receipt is split, and a part of it is sold or taken out", func(t *testing.T) {
		w := base.fork(t)
		r := w.pledgedReceipt()
		part := w.split(r, "15", "25")[0]
		w.foiled(attempt{w.SME, "warehouse-receipt.endorse", part, warehouse.EndorseArgs{To: w.SME2.USCC}}, "ENCUMBERED", "", pledgeOfReceipts)
		w.Do(w.SME, "warehouse-receipt.claim-goods", part, warehouse.ClaimArgs{})
		w.foiled(attempt{w.Keeper, "warehouse-receipt.deliver", part, financing.NoArgs{}}, "ENCUMBERED", "", pledgeOfReceipts)
	})
	t.Run("an order of a loan that is over lets out what secures the next one", func(t *testing.T) {
		w := base.fork(t)
		r := w.receipt()
		loan := w.lentOnReceipt(w.BankA, r, "100000.00")
		w.Do(w.BankA, "warehouse-receipt.order-delivery", r, financing.NoArgs{}) // which nobody carries out
		w.settle(loan, "100000.00")
		w.lentOnReceipt(w.BankA, r, "200000.00")
		w.Do(w.SME, "warehouse-receipt.claim-goods", r, warehouse.ClaimArgs{})
		w.foiled(attempt{w.Keeper, "warehouse-receipt.deliver", r, financing.NoArgs{}}, "ENCUMBERED", "", pledgeOfReceipts)

		heap := w.stored()
		loan = w.paidOut(w.BankA, w.liened(w.BankA, financing.InventoryLoan, "100000.00", heap), "100000.00")
		w.Do(w.BankA, "lot.order-release", heap, lot.OrderArgs{Quantity: tons("40"), Use: lot.ForOwner})
		w.Do(w.BankA, "lot.order-release", heap, lot.OrderArgs{Quantity: tons("40"), Use: lot.ForReceipt})
		w.settle(loan, "100000.00")
		w.liened(w.BankA, financing.InventoryLoan, "200000.00", heap)
		w.foiled(attempt{w.Keeper, "lot.release", heap, release(w, "40")}, "ENCUMBERED", "", pledgeOfGoods)
		w.foiled(attempt{w.Keeper, "warehouse-receipt.issue", contracttest.NewID("WHR"), w.issueArgs(heap, "40")}, "ENCUMBERED", "/lot", pledgeOfReceipts)
	})
}

// settle repays a loan of bank A and has its collateral released.
func (w *world) settle(loan, amount string) {
	w.T.Helper()
	w.Do(w.BankA, "financing.repay", loan, w.repayment(amount))
	w.Do(w.BankA, "financing.release", loan, financing.NoArgs{})
}

// madeFor is an attested order with a stored lot of 100 t that stands for a share of it.
func (w *world) madeFor(amount, share string) (o, goods string) {
	w.T.Helper()
	o = w.attested(amount)
	a := w.declareArgs()
	a.Order, a.OrderShare = o, yuan(share)
	goods = w.shown(w.after(contracttest.NewID("LOT"), w.SME, "lot.declare", a))
	w.Do(w.Keeper, "lot.store", goods, w.storeArgs("100"))
	return o, w.after(goods, w.BankA, "lot.value", w.price("20000.00"))
}

// Access World, 2017: receipts of a real keeper, which it never issued, stood behind loans on nickel.
func TestForgedReceiptsOfARealKeeper2017(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	heap, unseen := base.stored(), base.declared()
	true1 := base.issueArgs(heap, "10")
	base.Do(base.Keeper, "warehouse-receipt.issue", contracttest.NewID("WHR"), true1)
	used := func(n ident.WrittenNumber) warehouse.IssueArgs {
		a := base.issueArgs(heap, "10")
		a.Contents.Number = n
		return a
	}
	both := base.withOwnWarehouse()
	for name, c := range map[string]struct {
		by                  *contracttest.Actor
		args                warehouse.IssueArgs
		code, field, clause string
	}{
		"of another keeper":                    {base.Supervisor, base.issueArgs(heap, "10"), "NOT_PERMITTED", "/party", ""},
		"of the depositor itself":              {base.SME, base.issueArgs(heap, "10"), "NOT_PERMITTED", "/party", ""},
		"of a bank":                            {base.BankA, base.issueArgs(heap, "10"), "NOT_PERMITTED", "/party", ""},
		"with the number of a true one":        {base.Keeper, used(true1.Contents.Number), "DUPLICATE_REGISTERED", "/contents/number", ""},
		"over goods that were never stored":    {base.Keeper, base.issueArgs(unseen, "10"), "WRONG_STATE", "/lot", ""},
		"over goods that nobody ever declared": {base.Keeper, base.issueArgs(contracttest.NewID("LOT"), "10"), "RECORD_NOT_FOUND", "/lot", ""},
		"over what is no goods":                {base.Keeper, base.issueArgs(base.attested("10.00"), "10"), "RECORD_NOT_FOUND", "/lot", ""},
		"of a firm that has its own warehouse": {both, base.issueArgs(heap, "10"), "NOT_PERMITTED", "/party", ""},
	} {
		t.Run(name, func(t *testing.T) {
			base.fork(t).foiled(attempt{c.by, "warehouse-receipt.issue", contracttest.NewID("WHR"), c.args}, c.code, c.field, c.clause)
		})
	}
	t.Run("under the keeper's name with another key", func(t *testing.T) {
		w := base.fork(t)
		forger := *w.Keeper
		forger.Key = contracttest.NewKey()
		jws, opening := w.Sign(&forger, "warehouse-receipt.issue", contracttest.NewID("WHR"), w.issueArgs(heap, "10"))
		w.untouched("KEY_UNKNOWN", jws, opening)
	})
	t.Run("of the keeper, over goods that it mixed with those of others", func(t *testing.T) {
		w := base.fork(t)
		w.Do(w.Keeper, "lot.mark-commingled", heap, financing.NoArgs{})
		w.foiled(attempt{w.Keeper, "warehouse-receipt.issue", contracttest.NewID("WHR"), w.issueArgs(heap, "10")}, "COMMINGLED", "/lot", "")
	})
	t.Run("of the borrower, which keeps its own goods", func(t *testing.T) {
		w := base.fork(t)
		a := w.declareArgs()
		a.Keeper = both.USCC
		w.foiled(attempt{both, "lot.declare", contracttest.NewID("LOT"), a}, "SAME_PARTY", "/keeper", "")
	})
}

// withOwnWarehouse is an SME that is a keeper too.
func (w *world) withOwnWarehouse() *contracttest.Actor {
	w.T.Helper()
	a := contracttest.NewActor(71, "PlatformMSP", lifecycle.SME)
	args := registration(a)
	args.Roles = append(args.Roles, lifecycle.Keeper)
	w.Do(w.Platform, "party.register", string(a.USCC), args)
	w.Do(w.Regulator, "party.approve", string(a.USCC), struct{}{})
	return a
}

// The same goods were financed at each stage of their way, as if they were several.
func TestTheSameGoodsAreFinancedAtOneStage(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	held := func(w *world, bank *contracttest.Actor, p financing.Product, amount, id string) string {
		f := w.secured(bank, p, amount, id)
		w.Do(bank, "financing.reserve", f, financing.ReserveArgs{Hours: 24})
		return f
	}
	refused := func(w *world, bank *contracttest.Actor, p financing.Product, amount, id string) {
		w.T.Helper()
		f := w.secured(bank, p, amount, id)
		w.foiled(attempt{bank, "financing.reserve", f, financing.ReserveArgs{Hours: 24}}, "ENCUMBERED", "/collateral/0", "")
	}
	setup := func(t *testing.T) (w *world, o, goods string) {
		w = base.fork(t)
		o, goods = w.madeFor("2000000.00", "1500000.00")
		w.grantTo(o, w.BankA)
		w.grantTo(o, w.BankB)
		return w, o, goods
	}
	t.Run("as an order, then as its lot and as a receipt over it", func(t *testing.T) {
		w, o, goods := setup(t)
		held(w, w.BankA, financing.OrderLoan, "500000.00", o)
		refused(w, w.BankB, financing.InventoryPledge, "500000.00", goods)
		w.foiled(attempt{w.Keeper, "warehouse-receipt.issue", contracttest.NewID("WHR"), w.issueArgs(goods, "10")}, "ENCUMBERED", "/lot", pledgeOfReceipts)
	})
	t.Run("as a lot, then as its order", func(t *testing.T) {
		w, o, goods := setup(t)
		held(w, w.BankA, financing.InventoryPledge, "500000.00", goods)
		refused(w, w.BankB, financing.OrderLoan, "500000.00", o)
	})
	t.Run("as a receipt, then as its order", func(t *testing.T) {
		w, o, goods := setup(t)
		held(w, w.BankA, financing.ReceiptLoan, "100000.00", w.issued(goods, "40"))
		refused(w, w.BankB, financing.OrderLoan, "500000.00", o)
	})
	t.Run("as an order, then as its receivable", func(t *testing.T) {
		w := base.fork(t)
		o := w.shipped("1000.00", "600.00")
		w.Do(w.Leader, "order.accept", o, acceptAll(w, "600.00"))
		w.grantTo(o, w.BankA)
		held(w, w.BankA, financing.OrderLoan, "300.00", o)
		rec := w.receivable(o, "600.00")
		w.grant(rec, w.BankB)
		refused(w, w.BankB, financing.ReceivableLoan, "300.00", rec)
	})
	t.Run("as a lot in store, and as the receivable for goods that are said to be delivered", func(t *testing.T) {
		w, o, goods := setup(t)
		held(w, w.BankA, financing.InventoryPledge, "500000.00", goods)
		w.foiled(attempt{w.SME, "order.ship", o, order.ShipArgs{Amount: yuan("2000000.00"), Date: w.today(), Note: "DN1"}}, "GOODS_STORED", "/amount", "")
		w.foiled(attempt{w.SME, "receivable.register", contracttest.NewID("REC"), w.registerArgs(o, "2000000.00")}, "WRONG_STATE", "/order", "")
	})
	t.Run("as two lots for one order", func(t *testing.T) {
		w, o, _ := setup(t)
		a := w.declareArgs()
		a.Order, a.OrderShare = o, yuan("500000.01")
		w.foiled(attempt{w.SME, "lot.declare", contracttest.NewID("LOT"), a}, "OVER_ORDER", "/orderShare", "")
		a.OrderShare = yuan("500000.00")
		w.Do(w.SME, "lot.declare", contracttest.NewID("LOT"), a)
	})
	t.Run("as a lot for another's order", func(t *testing.T) {
		w, o, _ := setup(t)
		a := w.declareArgs()
		a.Order, a.OrderShare = o, yuan("1.00")
		w.foiled(attempt{w.SME2, "lot.declare", contracttest.NewID("LOT"), a}, "NOT_PERMITTED", "/order", "")
	})
	t.Run("on a lot for more than its order pays", func(t *testing.T) {
		w, _, goods := setup(t)
		f := w.appliedFor(w.BankA, financing.InventoryPledge, "750000.01", goods)
		w.foiled(attempt{w.BankA, "financing.offer", f, w.offer("750000.01")}, "OVER_ADVANCE", "/amount", "") // not the million that the price tells
		w.Do(w.BankA, "financing.offer", f, w.offer("750000.00"))
	})
}

// Who repaid a part gets a part free, and another bank may take that part and nothing else.
func TestAPartIsReleasedAfterRepayment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.receipt()
	loan := w.lentOnReceipt(w.BankA, r, "400000.00")
	w.Do(w.BankA, "financing.repay", loan, w.repayment("200000.00"))
	parts := w.split(r, "15", "25")
	stays, goes := parts[1], parts[0]
	rival := w.secured(w.BankB, financing.ReceiptLoan, "100000.00", goes)
	w.foiled(attempt{w.BankB, "financing.reserve", rival, financing.ReserveArgs{Hours: 24}}, "ENCUMBERED", "/collateral/0", "")
	w.foiled(attempt{w.BankB, "financing.roll-over", loan, financing.RollOverArgs{From: r, To: []string{stays}}}, "NOT_PERMITTED", "/party", "")
	w.foiled(attempt{w.BankA, "financing.roll-over", loan, financing.RollOverArgs{From: r, To: []string{w.receipt()}}}, "NOT_DESCENDANT", "/to/0", "")
	before := w.book(r).Liens[0]
	w.Do(w.BankA, "financing.roll-over", loan, financing.RollOverArgs{From: r, To: []string{stays}})
	if l, held := w.book(r).Held(stays, loan, w.State.Now); !held || l.Since != before.Since || *l.Registered != *before.Registered {
		t.Errorf("the lien lost its rank: %+v", l)
	}

	w.Do(w.BankB, "financing.reserve", rival, financing.ReserveArgs{Hours: 24})
	onRest := w.secured(w.BankB, financing.ReceiptLoan, "100000.00", stays)
	w.foiled(attempt{w.BankB, "financing.reserve", onRest, financing.ReserveArgs{Hours: 24}}, "ENCUMBERED", "/collateral/0", "")
	w.foiled(attempt{w.BankA, "financing.roll-over", loan, financing.RollOverArgs{From: stays, To: []string{goes}}}, "NOT_DESCENDANT", "/to/0", "")
	w.foiled(attempt{w.BankB, "financing.encumber", onRest, w.registration(90)}, "WRONG_STATE", "", "")

	w.Do(w.BankB, "financing.encumber", rival, w.registration(90))
	pay := financing.Disbursement{Amount: yuan("100000.00"), Date: w.today(), Reference: "LN9"}
	w.foiled(attempt{w.BankB, "financing.disburse", rival, pay}, "PLEDGE_NOT_PERFECTED", "/collateral/0", "民法典 441; "+pledgeOfReceipts) // it bears the first bank's mark only
	w.Do(w.SME, "warehouse-receipt.pledge", goes, warehouse.PledgeArgs{Financing: rival})
	w.Do(w.Keeper, "warehouse-receipt.confirm-pledge", goes, financing.NoArgs{})
	w.Do(w.BankB, "financing.disburse", rival, pay)
}

// A static pledge lets nothing out without an order; a floating one lets go what leaves enough behind.
func TestStaticAndFloatingPledges(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	lines := lot.LinesArgs{Least: yuan("1200000.00"), Warning: yuan("1100000.00"), Liquidate: yuan("1000000.00")}
	pledged := func(t *testing.T, p financing.Product) (*world, string) {
		w := base.fork(t)
		heap := w.stored()
		w.liened(w.BankA, p, "600000.00", heap)
		w.Do(w.BankA, "lot.set-lines", heap, lines)
		return w, heap
	}
	t.Run("static: only what the bank ordered, and once", func(t *testing.T) {
		w, heap := pledged(t, financing.InventoryPledge)
		w.foiled(attempt{w.Keeper, "lot.release", heap, release(w, "10")}, "ENCUMBERED", "", pledgeOfGoods)
		w.Do(w.BankA, "lot.order-release", heap, lot.OrderArgs{Quantity: tons("10"), Use: lot.ForOwner})
		w.foiled(attempt{w.Keeper, "lot.release", heap, release(w, "10.000001")}, "ENCUMBERED", "", pledgeOfGoods)
		w.Do(w.Keeper, "lot.release", heap, release(w, "4"))
		w.Do(w.Keeper, "lot.release", heap, release(w, "6"))
		w.foiled(attempt{w.Keeper, "lot.release", heap, release(w, "0.000001")}, "ENCUMBERED", "", pledgeOfGoods)
	})
	for _, p := range []financing.Product{financing.FloatingPledge, financing.InventoryLoan} {
		t.Run(string(p)+": down to the least value, without an order", func(t *testing.T) {
			w, heap := pledged(t, p)
			w.foiled(attempt{w.Keeper, "lot.release", heap, release(w, "40.000001")}, "BELOW_LEAST", "/quantity", pledgeOfGoods)
			w.Do(w.Keeper, "lot.release", heap, release(w, "40"))
			w.foiled(attempt{w.Keeper, "lot.release", heap, release(w, "0.000001")}, "BELOW_LEAST", "/quantity", pledgeOfGoods)
			w.Do(w.BankA, "lot.order-release", heap, lot.OrderArgs{Quantity: tons("10"), Use: lot.ForOwner})
			w.Do(w.Keeper, "lot.release", heap, release(w, "10")) // below it, by order
		})
	}
	t.Run("floating: nothing while nobody knows what it is worth", func(t *testing.T) {
		w, heap := pledged(t, financing.FloatingPledge)
		w.Pass(31 * days)
		w.foiled(attempt{w.Keeper, "lot.release", heap, release(w, "1")}, "BELOW_LEAST", "/quantity", pledgeOfGoods)
	})
	t.Run("floating: another bank's price does not stop what goes out in the ordinary course", func(t *testing.T) {
		w, heap := pledged(t, financing.FloatingPledge)
		w.Do(w.BankB, "lot.value", heap, w.price("0.01"))
		w.Do(w.Keeper, "lot.release", heap, release(w, "1"))
		w.Do(w.Keeper, "lot.value", heap, w.price("0.01"))
		w.foiled(attempt{w.Keeper, "lot.release", heap, release(w, "1")}, "BELOW_LEAST", "/quantity", pledgeOfGoods)
	})
	t.Run("floating: nothing while no least value is set", func(t *testing.T) {
		w := base.fork(t)
		heap := w.stored()
		w.liened(w.BankA, financing.FloatingPledge, "600000.00", heap)
		w.foiled(attempt{w.Keeper, "lot.release", heap, release(w, "1")}, "ENCUMBERED", "", pledgeOfGoods)
	})
	t.Run("one order lets goods out though the bank holds them at two stages", func(t *testing.T) {
		w := base.fork(t)
		o, goods := w.madeFor("2000000.00", "1500000.00")
		w.grantTo(o, w.BankA)
		loan := w.liened(w.BankA, financing.OrderLoan, "500000.00", o)
		w.Do(w.BankA, "financing.roll-over", loan, financing.RollOverArgs{From: o, To: []string{goods}, Keep: true})
		w.Do(w.BankA, "lot.order-release", goods, lot.OrderArgs{Quantity: tons("10"), Use: lot.ForOwner})
		w.Do(w.Keeper, "lot.release", goods, release(w, "10"))
		w.foiled(attempt{w.Keeper, "lot.release", goods, release(w, "1")}, "ENCUMBERED", "", pledgeOfGoods)
		w.Do(w.BankA, "lot.order-release", goods, lot.OrderArgs{Quantity: tons("10"), Use: lot.ForReceipt})
		w.issued(goods, "10")
	})
	t.Run("a price that fell is called for, and then the goods are liquidated", func(t *testing.T) {
		w, heap := pledged(t, financing.InventoryPledge)
		w.foiled(attempt{w.BankA, "lot.call-margin", heap, lot.MarginArgs{Until: w.today()}}, "NOT_BELOW_LINE", "", "")
		liquidation := lot.OrderArgs{Quantity: tons("100"), Use: lot.Liquidation}
		w.foiled(attempt{w.BankA, "lot.order-release", heap, liquidation}, "NOT_BELOW_LINE", "/use", "")
		w.Do(w.Keeper, "lot.value", heap, w.price("10500.00"))
		w.Do(w.BankA, "lot.call-margin", heap, lot.MarginArgs{Until: w.today().AddDays(2)})
		w.foiled(attempt{w.BankA, "lot.order-release", heap, liquidation}, "NOT_BELOW_LINE", "/use", "")
		w.Do(w.Keeper, "lot.value", heap, w.price("9999.99"))
		w.foiled(attempt{w.BankA, "lot.order-release", heap, liquidation}, "LIQUIDATION_EARLY", "/use", "民法典 436")
		w.Pass(3 * days)
		w.Do(w.BankA, "lot.order-release", heap, liquidation)
		w.Do(w.Keeper, "lot.release", heap, release(w, "100"))
		if s := w.Header(heap).State; s != lot.Exhausted {
			t.Errorf("it is %s", s)
		}
	})
}

// A pledge without control of the goods, or without the keeper's mark on the receipt, is none: nothing is paid out on it.
func TestAPledgeThatIsNotPerfectedIsNotDisbursed(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	pay := financing.Disbursement{Amount: yuan("100000.00"), Date: base.today(), Reference: "LN9"}
	t.Run("goods", func(t *testing.T) {
		w := base.fork(t)
		heap := w.stored()
		loan := w.liened(w.BankA, financing.InventoryPledge, "100000.00", heap)
		unperfected := func() {
			w.T.Helper()
			w.foiled(attempt{w.BankA, "financing.disburse", loan, pay}, "PLEDGE_NOT_PERFECTED", "/collateral/0", pledgeOfGoods)
		}
		unperfected()
		w.foiled(attempt{w.BankA, "lot.appoint-supervisor", heap, lot.AppointArgs{Supervisor: w.SME.USCC}}, "SAME_PARTY", "/supervisor", pledgeOfGoods)
		w.foiled(attempt{w.BankB, "lot.appoint-supervisor", heap, lot.AppointArgs{Supervisor: w.Supervisor.USCC}}, "NOT_PERMITTED", "/party", "")
		w.Do(w.BankA, "lot.appoint-supervisor", heap, lot.AppointArgs{Supervisor: w.Supervisor.USCC})
		unperfected()
		control := lot.ControlArgs{Date: w.today()}
		w.foiled(attempt{w.BankA, "lot.establish-control", heap, control}, "NOT_PERMITTED", "/party", "")
		w.foiled(attempt{w.Keeper, "lot.establish-control", heap, control}, "NOT_PERMITTED", "/party", "")
		w.foiled(attempt{w.Supervisor, "lot.establish-control", heap, lot.ControlArgs{Date: w.today().AddDays(1)}}, "DATE_IN_FUTURE", "/date", "")
		w.Do(w.Supervisor, "lot.establish-control", heap, control)
		w.Do(w.BankA, "financing.disburse", loan, pay)
	})
	t.Run("a receipt", func(t *testing.T) {
		w := base.fork(t)
		r := w.receipt()
		loan := w.liened(w.BankA, financing.ReceiptLoan, "100000.00", r)
		unperfected := func() {
			w.T.Helper()
			w.foiled(attempt{w.BankA, "financing.disburse", loan, pay}, "PLEDGE_NOT_PERFECTED", "/collateral/0", "民法典 441; "+pledgeOfReceipts)
		}
		unperfected()
		w.Do(w.SME, "warehouse-receipt.pledge", r, warehouse.PledgeArgs{Financing: loan})
		unperfected() // the keeper did not sign
		w.foiled(attempt{w.Supervisor, "warehouse-receipt.confirm-pledge", r, financing.NoArgs{}}, "NOT_PERMITTED", "/party", "")
		w.Do(w.Keeper, "warehouse-receipt.confirm-pledge", r, financing.NoArgs{})
		w.Do(w.BankA, "financing.disburse", loan, pay)
	})
	t.Run("a mortgage needs neither, for it stands by its filing", func(t *testing.T) {
		w := base.fork(t)
		w.paidOut(w.BankA, w.liened(w.BankA, financing.InventoryLoan, "100000.00", w.stored()), "100000.00")
	})
	t.Run("a reservation that lapsed takes no mark", func(t *testing.T) {
		w := base.fork(t)
		r := w.reservedReceipt()
		loan := w.lienOf(r)
		w.Do(w.SME, "warehouse-receipt.pledge", r, warehouse.PledgeArgs{Financing: loan})
		w.Pass(25 * hour)
		w.foiled(attempt{w.Keeper, "warehouse-receipt.confirm-pledge", r, financing.NoArgs{}}, "LIEN_NOT_HELD", "", pledgeOfReceipts)
	})
}

// The place of goods that are gone is free for others, whenever the loan on the former ones ends.
func TestAPlaceIsFreeWhenItsGoodsAreGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	place := w.storeArgs("100")
	heap := w.after(w.after(w.declared(), w.Keeper, "lot.store", place), w.BankA, "lot.value", w.price("20000.00"))
	loan := w.paidOut(w.BankA, w.liened(w.BankA, financing.InventoryLoan, "100000.00", heap), "100000.00")
	w.Do(w.BankA, "lot.order-release", heap, lot.OrderArgs{Quantity: tons("100"), Use: lot.ForOwner})
	w.Do(w.Keeper, "lot.release", heap, release(w, "100"))
	w.settle(loan, "100000.00")
	w.Do(w.Keeper, "lot.store", w.declared(), place)
}

// More collateral is taken like the first: only what is the debtor's own, seen, free and filed.
func TestATopUpIsTakenLikeCollateral(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	loan := base.liened(base.BankA, financing.InventoryPledge, "100000.00", base.stored())
	offered := func(w *world, id string) {
		w.Do(w.SME, "financing.top-up", loan, financing.PartArgs{Collateral: []string{id}})
	}
	t.Run("it comes under the lien of the financing", func(t *testing.T) {
		w := base.fork(t)
		more := w.stored()
		offered(w, more)
		w.Do(w.BankA, "financing.accept-top-up", loan, w.topUp(more))
		l, held := w.book(more).Held(more, loan, w.State.Now)
		if !held || l.Kind != encumbrance.Pledge || l.Holder != w.BankA.USCC || *l.Registered != evidence.InstantOf(w.State.Now) {
			t.Errorf("lien %+v, held %t", l, held)
		}
	})
	t.Run("what another bank took meanwhile is refused", func(t *testing.T) {
		w := base.fork(t)
		more := w.stored()
		offered(w, more)
		w.liened(w.BankB, financing.InventoryPledge, "100000.00", more)
		w.foiled(attempt{w.BankA, "financing.accept-top-up", loan, w.topUp(more)}, "ENCUMBERED", "/collateral/0", "")
	})
	t.Run("what was sold meanwhile is refused", func(t *testing.T) {
		w := base.fork(t)
		more := w.receipt()
		offered(w, more)
		w.Do(w.SME, "warehouse-receipt.endorse", more, warehouse.EndorseArgs{To: w.SME2.USCC})
		w.Do(w.Keeper, "warehouse-receipt.confirm-endorsement", more, financing.NoArgs{})
		w.foiled(attempt{w.BankA, "financing.accept-top-up", loan, w.topUp(more)}, "NOT_PERMITTED", "/collateral/0", "")
	})
	t.Run("what a court froze meanwhile is refused", func(t *testing.T) {
		w := base.fork(t)
		more := w.stored()
		offered(w, more)
		frozenLot(w, more)
		w.foiled(attempt{w.BankA, "financing.accept-top-up", loan, w.topUp(more)}, "COLLATERAL_INELIGIBLE", "/collateral/0", "")
	})
	t.Run("what is another's, or not shown to the bank, is not put up", func(t *testing.T) {
		w := base.fork(t)
		sold, unseen := w.receipt(), w.after(contracttest.NewID("LOT"), w.SME, "lot.declare", w.declareArgs())
		w.Do(w.SME, "warehouse-receipt.endorse", sold, warehouse.EndorseArgs{To: w.SME2.USCC})
		w.Do(w.Keeper, "warehouse-receipt.confirm-endorsement", sold, financing.NoArgs{})
		w.foiled(attempt{w.SME, "financing.top-up", loan, financing.PartArgs{Collateral: []string{sold}}}, "NOT_PERMITTED", "/collateral/0", "")
		w.foiled(attempt{w.SME, "financing.top-up", loan, financing.PartArgs{Collateral: []string{unseen}}}, "NOT_DISCLOSED", "/collateral/0", "")
	})
}
