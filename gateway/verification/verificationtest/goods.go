package verificationtest

import (
	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/financing"
	"decore/chaincode/goods"
	"decore/chaincode/ident"
	"decore/chaincode/lot"
	"decore/chaincode/money"
	"decore/chaincode/warehouse"
)

// Lot declares aluminium of the SME, has the keeper store and value it, and discloses it to bank A.
func (w *World) Lot(quantity, position string) string {
	w.T.Helper()
	return w.LotFor("", money.Zero, quantity, position)
}

// LotFor is a lot that is for an order, of whose amount it stands for a share.
func (w *World) LotFor(orderID string, share money.Amount, quantity, position string) string {
	w.T.Helper()
	id, tons := contracttest.NewID("LOT"), goods.MustQuantity(quantity)
	w.Do(w.SME, "lot.declare", id, lot.DeclareArgs{Keeper: w.Keeper.USCC, Quantity: tons, Order: orderID, OrderShare: share,
		Goods: goods.Description{Name: "铝锭", Code: "AL99.70", Quality: "GB/T 1196 Al99.70", Packing: "捆"}})
	w.Do(w.Keeper, "lot.store", id, lot.StoreArgs{Counted: tons, Site: "3 号库", Position: position, Date: w.Today()})
	w.Do(w.Keeper, "lot.value", id, goods.ValueArgs{Source: "SMM", Date: w.Today(), Price: money.MustParse("20000.00")})
	w.Do(w.SME, "lot.grant", id, contract.GrantArgs{To: w.BankA.USCC, Until: w.Today().AddDays(300)})
	return id
}

// Issue has the keeper issue a warehouse receipt over some of a lot, and discloses it to bank A.
func (w *World) Issue(lotID, number, quantity string) string {
	w.T.Helper()
	id := contracttest.NewID("WHR")
	w.Do(w.Keeper, "warehouse-receipt.issue", id, warehouse.IssueArgs{Lot: lotID, Quantity: goods.MustQuantity(quantity), Contents: warehouse.Face{
		Number: ident.WrittenNumber(number), DepositorAddress: "前湾路 1 号", LossStandard: "0.3 %", StoredUntil: w.Today().AddDays(180),
		Fee: "0.6 元/吨·天", IssuePlace: "青岛"}})
	w.Show(id, w.SME, w.BankA)
	return id
}

// Show discloses a warehouse receipt of an owner to a bank.
func (w *World) Show(id string, owner, bank *contracttest.Actor) {
	w.T.Helper()
	w.Do(owner, "warehouse-receipt.grant", id, contract.GrantArgs{To: bank.USCC, Until: w.Today().AddDays(300)})
}

// Endorse passes a warehouse receipt from one owner to the next, who discloses it to bank A.
func (w *World) Endorse(id string, from, to *contracttest.Actor) {
	w.T.Helper()
	w.Do(from, "warehouse-receipt.endorse", id, warehouse.EndorseArgs{To: to.USCC})
	w.Do(w.Keeper, "warehouse-receipt.confirm-endorsement", id, financing.NoArgs{})
	w.Show(id, to, w.BankA)
}

// SplitReceipt puts two receipts in the place of one, with its number and a letter each.
func (w *World) SplitReceipt(id string, owner *contracttest.Actor, number, first, second string) (a, b string) {
	w.T.Helper()
	a, b = contracttest.NewID("WHR"), contracttest.NewID("WHR")
	w.Do(owner, "warehouse-receipt.split", id, warehouse.SplitArgs{Parts: []warehouse.Part{
		{ID: a, Quantity: goods.MustQuantity(first)}, {ID: b, Quantity: goods.MustQuantity(second)}}})
	w.Do(w.Keeper, "warehouse-receipt.confirm-split", id, warehouse.NumbersArgs{Numbers: []ident.WrittenNumber{
		ident.WrittenNumber(number + "a"), ident.WrittenNumber(number + "b")}})
	return a, b
}

// MergeReceipts puts one receipt in the place of two.
func (w *World) MergeReceipts(id, other string, owner *contracttest.Actor, number string) string {
	w.T.Helper()
	into := contracttest.NewID("WHR")
	w.Do(owner, "warehouse-receipt.merge", id, warehouse.MergeArgs{Others: []string{other}, Into: into})
	w.Do(w.Keeper, "warehouse-receipt.confirm-merge", id, warehouse.NumberArgs{Number: ident.WrittenNumber(number)})
	return into
}
