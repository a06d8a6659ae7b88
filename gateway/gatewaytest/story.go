package gatewaytest

import (
	"fmt"
	"sync/atomic"

	"decore/chaincode/calendar"
	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/financing"
	"decore/chaincode/ident"
	"decore/chaincode/money"
	"decore/chaincode/order"
	"decore/chaincode/receivable"
)

var serial atomic.Int64

// Today is the ledger's day.
func (w *World) Today() calendar.Date { return calendar.At(w.Ledger.Now()) }

// Header reads a record's header from the ledger.
func (w *World) Header(id string) contract.Header {
	w.T.Helper()
	raw, err := w.Ledger.Get(w.T.Context(), contract.RecordKey(id))
	must(w.T, err)
	var h contract.Header
	if raw[0] != nil {
		must(w.T, canon.Strict(raw[0], &h))
	}
	return h
}

// OrderArgs are arguments of a new order of the example's first supplier, with a number of its own.
func (w *World) OrderArgs(amount string) order.CreateArgs {
	return order.CreateArgs{Seller: SME, Buyer: Leader, BuyerClass: order.Large,
		Number: ident.DocumentNumber(fmt.Sprintf("PO%08d", serial.Add(1))), Signed: w.Today(), DeliverBy: w.Today().AddDays(30),
		PaymentDays: 60, Goods: "压缩机壳体", Amount: money.MustParse(amount)}
}

// DeliveredOrder brings a new order to its accepted delivery.
func (w *World) DeliveredOrder(amount string) string {
	w.T.Helper()
	id := w.Do(SME, "order.create", "", w.OrderArgs(amount))
	w.Do(Leader, "order.attest", id, financing.NoArgs{})
	w.Do(SME, "order.ship", id, order.ShipArgs{Amount: money.MustParse(amount), Date: w.Today(), Note: "DN1"})
	w.Do(Leader, "order.accept", id, order.AcceptArgs{Amount: money.MustParse(amount), Date: w.Today()})
	return id
}

// ReceivableArgs are arguments of a receivable against an order, with an invoice number of its own.
func (w *World) ReceivableArgs(orderID, amount string) receivable.RegisterArgs {
	year, _, _ := w.Today().YMD()
	return receivable.RegisterArgs{Order: orderID, Invoice: ident.InvoiceNumber(fmt.Sprintf("%02d372%015d", year%100, serial.Add(1))),
		Issued: w.Today(), Due: w.Today().AddDays(60), Amount: money.MustParse(amount)}
}

// Receivable registers a receivable and discloses it to both banks.
func (w *World) Receivable(orderID, amount string) string {
	w.T.Helper()
	id := w.Do(SME, "receivable.register", "", w.ReceivableArgs(orderID, amount))
	for _, bank := range []ident.USCC{BankA, BankB} {
		w.Do(SME, "receivable.grant", id, contract.GrantArgs{To: bank, Until: w.Today().AddDays(90)})
	}
	return id
}

// Accepted brings a financing on the receivable to its accepted offer.
func (w *World) Accepted(bank ident.USCC, rec, amount string) string {
	w.T.Helper()
	id := w.Do(SME, "financing.apply", "", financing.ApplyArgs{Lender: bank, Product: financing.ReceivableLoan,
		Amount: money.MustParse(amount), TenorMonths: 3, Purpose: "采购原料", Collateral: []string{rec}})
	w.Do(bank, "financing.offer", id, financing.Offer{Amount: money.MustParse(amount), AnnualRate: money.MustRate("0.0385"),
		Maturity: w.Today().AddDays(90), ValidUntil: w.Today().AddDays(7)})
	w.Do(SME, "financing.accept", id, financing.AcceptArgs{})
	return id
}
