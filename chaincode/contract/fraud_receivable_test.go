package contract_test

import (
	"testing"

	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/evidence"
	"decore/chaincode/financing"
	"decore/chaincode/ident"
	"decore/chaincode/money"
	"decore/chaincode/order"
	"decore/chaincode/receivable"
)

// The frauds on receivables that cheated chain finance, each told as it was done.

// 承兴–诺亚: a supplier forged the seal and the staff of a large buyer, and lengthened 30 days of payment to 180, to borrow
// on claims that the buyer had never confirmed.
func TestASupplierForgesItsBuyersConfirmation(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	rec := base.granted()
	t.Run("it signs for the buyer in its own name", func(t *testing.T) {
		w := base.fork(t)
		w.foiled(attempt{w.SME, "receivable.confirm", rec, receivable.ConfirmArgs{}}, "NOT_PERMITTED", "/party", "")
	})
	t.Run("it signs in the buyer's name, with its own key", func(t *testing.T) {
		w := base.fork(t)
		forged := *w.Leader
		forged.Key = w.SME.Key
		before := w.Header(rec)
		if r := w.Try(&forged, "receivable.confirm", rec, receivable.ConfirmArgs{}); r.Code != "KEY_UNKNOWN" {
			t.Errorf("got %+v", r)
		}
		if after := w.Header(rec); after.Version != before.Version || after.State != receivable.Registered {
			t.Errorf("it is %s", after.State)
		}
	})
	t.Run("another large enterprise signs as if it were the buyer", func(t *testing.T) {
		w := base.fork(t)
		double := contracttest.NewActor(71, "LeaderMSP", w.Leader.Role)
		w.Admit(double)
		w.foiled(attempt{double, "receivable.confirm", rec, receivable.ConfirmArgs{}}, "NOT_PERMITTED", "/party", "")
	})
	t.Run("it shows the buyer 30 days, and the ledger has 180", func(t *testing.T) {
		w := base.fork(t)
		args := w.registerArgs(w.deliveredOrder("1000.00"), "1000.00")
		args.Due = w.today().AddDays(180)
		long := w.after(contracttest.NewID("REC"), w.SME, "receivable.register", args)
		shown := w.rec(long)
		shown.Due = w.today().AddDays(30)
		in := w.Intent(w.Leader, "receivable.confirm", long, receivable.ConfirmArgs{})
		in.On = evidence.Commit(mustCanonical(t, shown)) // what the buyer agrees to is what it saw
		if r := w.TryJWS(w.SignIntent(w.Leader, in)); r.Code != "TERMS_CHANGED" || r.Field != "/on" {
			t.Errorf("got %+v", r)
		}
		if s := w.Header(long).State; s != receivable.Registered {
			t.Errorf("it is %s", s)
		}
		w.Refuse("OVER_ADVANCE", w.BankA, "financing.offer", func() string { w.grant(long, w.BankA); return w.apply(w.BankA, long, "800.00") }(), w.offer("800.00"))
	})
	t.Run("it registers the confirmed invoice once more, with 180 days", func(t *testing.T) {
		w := base.fork(t)
		w.Do(w.Leader, "receivable.confirm", rec, receivable.ConfirmArgs{})
		args := w.registerArgs(w.deliveredOrder("1000.00"), "1000.00")
		args.Invoice, args.Due = w.rec(rec).Invoice, w.today().AddDays(180)
		w.foiled(attempt{w.SME, "receivable.register", contracttest.NewID("REC"), args}, "DUPLICATE_REGISTERED", "/invoice", "")
	})
}

// An invoice is taken back with a red-letter one after a bank lent on it. The red letter is a fact and is recorded; the bank
// sees it, and nothing more is to be had on the claim.
func TestAnInvoiceIsRedLetteredAfterItWasFinanced(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	rec := base.granted()
	loan := base.disbursed(base.BankA, rec, "500.00")
	base.Do(base.SME, "receivable.dilute", rec, base.redLetter("600.00"))
	if h, t1 := base.Header(rec), base.rec(rec); h.State != receivable.Registered || t1.Outstanding.String() != "400.00" || !base.sees(base.BankA, rec) {
		t.Fatalf("%s, %+v", h.State, t1)
	}
	t.Run("the rest carries no further loan", func(t *testing.T) {
		w := base.fork(t)
		w.grant(rec, w.BankB)
		w.Refuse("OVER_ADVANCE", w.BankB, "financing.offer", w.apply(w.BankB, rec, "300.00"), w.offer("300.00"))
		w.Refuse("ENCUMBERED", w.BankB, "financing.reserve", w.accepted(w.BankB, rec, "100.00"), financing.ReserveArgs{Hours: 1})
	})
	t.Run("one red letter counts once, and no more than is open", func(t *testing.T) {
		w := base.fork(t)
		again := w.rec(rec).Reductions[0]
		number := w.redLetter("400.01")
		w.foiled(attempt{w.SME, "receivable.dilute", rec, number}, "OVER_OUTSTANDING", "/amount", "")
		number.RedLetter, number.Amount = invoiceOf(again), yuan("1.00")
		w.foiled(attempt{w.BankA, "receivable.dilute", rec, number}, "REFERENCE_USED", "/redLetter", "")
	})
	t.Run("taken back whole, it is lent on no more, not closed before the lender lets go, and its invoice never comes back", func(t *testing.T) {
		w := base.fork(t)
		w.Do(w.SME, "receivable.dilute", rec, w.redLetter("400.00"))
		if s := w.Header(rec).State; s != receivable.Voided || !w.sees(w.BankA, rec) {
			t.Errorf("it is %s", s)
		}
		w.foiled(attempt{w.SME, "receivable.close", rec, financing.NoArgs{}}, "ENCUMBERED", "", "")
		w.foiled(attempt{w.SME, "receivable.cancel", rec, financing.NoArgs{}}, "WRONG_STATE", "", "")
		w.foiled(attempt{w.SME, "receivable.pay", rec, w.payment("1.00")}, "WRONG_STATE", "", "")
		args := w.registerArgs(w.deliveredOrder("1000.00"), "1000.00")
		args.Invoice = w.rec(rec).Invoice
		w.foiled(attempt{w.SME, "receivable.register", contracttest.NewID("REC"), args}, "DUPLICATE_FINANCED", "/invoice", "")
		w.Do(w.BankA, "financing.buy-back", loan, w.buyBack())
		w.Do(w.SME, "receivable.close", rec, financing.NoArgs{})
		w.foiled(attempt{w.SME, "receivable.register", contracttest.NewID("REC"), args}, "DUPLICATE_REGISTERED", "/invoice", "")
	})
	t.Run("the lender calls for more, and by how much is counted by the ledger", func(t *testing.T) {
		w := base.fork(t)
		w.Refuse("DATE_ORDER", w.BankA, "financing.call-margin", loan, financing.MarginArgs{Until: w.today().AddDays(-1)})
		w.Do(w.BankA, "financing.call-margin", loan, financing.MarginArgs{Until: w.today().AddDays(5)})
		carried := receivableCarries(t, w, rec)
		if calls := w.financing(loan).Calls; len(calls) != 1 || calls[0].Shortfall.Cmp(yuan("500.00").Sub(carried)) != 0 {
			t.Errorf("%+v, carried %s", calls, carried)
		}
		w.Do(w.BankA, "financing.repay", loan, financing.Repayment{Principal: yuan("500.00").Sub(carried), Date: w.today(), Reference: "RP1"})
		w.Refuse("NOT_BELOW_LINE", w.BankA, "financing.call-margin", loan, financing.MarginArgs{Until: w.today().AddDays(5)})
	})
	t.Run("no new invoice for the delivery slips from under the lien", func(t *testing.T) {
		w := base.fork(t)
		w.Do(w.SME, "receivable.dilute", rec, w.wrongInvoice("400.00"))
		of := receivable.ReissueArgs{RedLetter: ident.InvoiceNumber(w.rec(rec).Reductions[1].Number)}
		w.foiled(attempt{w.SME, "receivable.reissue", rec, of}, "ENCUMBERED", "/party", "民法典 445")
		again := attempt{w.SME, "receivable.register", contracttest.NewID("REC"), w.registerArgs(w.rec(rec).Order, "400.00")}
		w.foiled(again, "OVER_DELIVERY", "/amount", pastDelivery)
		w.Do(w.BankA, "receivable.reissue", rec, of)
		w.Do(again.by, again.verb, again.id, again.args)
	})
	t.Run("between the lien and the payment of the loan", func(t *testing.T) {
		w := base.fork(t)
		other, fin := w.assignedToA(w.receivable(w.deliveredOrder("900.00"), "900.00"))
		w.Do(w.SME, "receivable.dilute", other, w.redLetter("800.00"))
		w.Refuse("OVER_ADVANCE", w.BankA, "financing.disburse", fin, financing.Disbursement{Amount: yuan("100.00"), Date: w.today(), Reference: "LN9"})
	})
}

// receivableCarries is what may be lent on the receivable, by the policy of the world.
func receivableCarries(t *testing.T, w *world, id string) money.Amount {
	t.Helper()
	carried, eligible := receivable.Advance(w.rec(id), w.Header(id).State, contracttest.Credit(), w.today())
	if !eligible {
		t.Fatal("it carries nothing")
	}
	return carried
}

// A wrong invoice is red-lettered and issued anew (红冲重开): the delivery carries one invoice at a time, and a red letter that
// was never issued is taken off the record by the buyer alone.
func TestAWrongInvoiceIsIssuedAnew(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	rec := base.registered()
	of := base.rec(rec).Order
	again := func(w *world, amount string) attempt {
		return attempt{w.SME, "receivable.register", contracttest.NewID("REC"), w.registerArgs(of, amount)}
	}
	wrong := base.wrongInvoice("1000.00")
	reissue := receivable.ReissueArgs{RedLetter: wrong.RedLetter}
	t.Run("goods that came back are not invoiced again", func(t *testing.T) {
		w := base.fork(t)
		back := wrong
		back.Cause = receivable.Return
		w.Do(w.SME, "receivable.dilute", rec, back)
		w.foiled(attempt{w.SME, "receivable.reissue", rec, reissue}, "REDUCTION_UNKNOWN", "/redLetter", "")
		w.foiled(again(w, "1.00"), "OVER_DELIVERY", "/amount", pastDelivery)
	})
	t.Run("what was wrongly invoiced is, and not for more", func(t *testing.T) {
		w := base.fork(t)
		w.Do(w.SME, "receivable.dilute", rec, wrong)
		w.foiled(again(w, "1000.00"), "OVER_DELIVERY", "/amount", pastDelivery)
		w.Do(w.SME, "receivable.reissue", rec, reissue)
		w.foiled(attempt{w.SME, "receivable.reissue", rec, reissue}, "INVOICE_REISSUED", "/redLetter", "")
		w.foiled(again(w, "1000.01"), "OVER_DELIVERY", "/amount", pastDelivery)
		next := again(w, "1000.00")
		w.Do(next.by, next.verb, next.id, next.args)
		w.foiled(again(w, "0.01"), "OVER_DELIVERY", "/amount", pastDelivery)
		w.foiled(attempt{w.Leader, "receivable.reinstate", rec, w.reinstatement(rec)}, "INVOICE_REISSUED", "/number", "")
	})
	t.Run("the buyer restores what was taken back by mistake, once", func(t *testing.T) {
		w := base.fork(t)
		w.Do(w.SME, "receivable.dilute", rec, wrong)
		mistake := w.reinstatement(rec)
		w.foiled(attempt{w.SME, "receivable.reinstate", rec, mistake}, "NOT_PERMITTED", "/party", "")
		less := mistake
		less.Amount = yuan("999.99")
		w.foiled(attempt{w.Leader, "receivable.reinstate", rec, less}, "REDUCTION_UNKNOWN", "/number", "")
		w.Do(w.Leader, "receivable.reinstate", rec, mistake)
		if r := w.rec(rec); r.Outstanding.String() != "1000.00" || !r.Balanced() || w.Header(rec).State != receivable.Registered {
			t.Errorf("%+v", r)
		}
		w.foiled(attempt{w.Leader, "receivable.reinstate", rec, mistake}, "REDUCTION_UNKNOWN", "/number", "")
		w.foiled(attempt{w.SME, "receivable.reissue", rec, reissue}, "REDUCTION_UNKNOWN", "/redLetter", "")
		w.Do(w.SME, "receivable.dilute", rec, wrong)
	})
	t.Run("who sold a claim takes nothing back from it, and its new creditor can", func(t *testing.T) {
		w := base.fork(t)
		w.passedOn(rec)
		w.foiled(attempt{w.SME, "receivable.dilute", rec, w.redLetter("1.00")}, "NOT_PERMITTED", "/party", "民法典 545, 765")
		w.Do(w.SME2, "receivable.dilute", rec, wrong)
		w.foiled(attempt{w.SME2, "receivable.reissue", rec, reissue}, "WRONG_STATE", "", "")
	})
	t.Run("a cause is of a red letter, and one of the list", func(t *testing.T) {
		w := base.fork(t)
		note := receivable.DiluteArgs{CreditNote: "CN-1", Amount: yuan("1.00"), Date: w.today(), Cause: receivable.Allowance}
		w.foiled(attempt{w.SME, "receivable.dilute", rec, note}, "FIELD_INVALID", "/cause", "")
		odd := w.redLetter("1.00")
		odd.Cause = "because"
		w.foiled(attempt{w.SME, "receivable.dilute", rec, odd}, "FIELD_INVALID", "/cause", "")
	})
}

// One claim is offered as a whole and in its parts.
func TestAClaimAndItsPartsAreNotLentOnTwice(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	rec := base.granted()
	early := base.accepted(base.BankA, rec, "500.00")
	ids := base.parts(rec, "400.00", "600.00")
	if sum := base.inForce(append(ids, rec)...); sum.String() != "1000.00" {
		t.Fatalf("in force is %s", sum)
	}
	if a, b := base.Header(ids[0]), base.Header(ids[1]); a.Root != base.Header(rec).Root || len(a.Wholes()) != 1 || len(a.Grants) != 1 || !base.sees(base.BankA, ids[1]) || b.State != receivable.Registered {
		t.Errorf("%+v %+v", a, b)
	}
	t.Run("the whole, for which a bank had agreed already", func(t *testing.T) {
		base.fork(t).foiled(attempt{base.BankA, "financing.reserve", early, financing.ReserveArgs{Hours: 1}}, "COLLATERAL_INELIGIBLE", "/collateral/0", "")
	})
	t.Run("two banks lend on two parts, and neither on the other's", func(t *testing.T) {
		w := base.fork(t)
		w.disbursed(w.BankA, ids[0], "200.00")
		for _, id := range ids {
			w.grant(id, w.BankB)
		}
		w.disbursed(w.BankB, ids[1], "300.00")
		w.Refuse("ENCUMBERED", w.BankB, "financing.reserve", w.accepted(w.BankB, ids[0], "10.00"), financing.ReserveArgs{Hours: 1})
		w.foiled(attempt{w.SME, "receivable.split", ids[0], splitInto("1.00", "399.00")}, "ENCUMBERED", "", "民法典 445")
		args := w.registerArgs(w.deliveredOrder("1000.00"), "1000.00")
		args.Invoice = w.rec(rec).Invoice
		w.foiled(attempt{w.SME, "receivable.register", contracttest.NewID("REC"), args}, "DUPLICATE_FINANCED", "/invoice", "")
	})
	t.Run("the invoice again, while its parts are free", func(t *testing.T) {
		w := base.fork(t)
		args := w.registerArgs(w.deliveredOrder("1000.00"), "1000.00")
		args.Invoice = w.rec(rec).Invoice
		w.foiled(attempt{w.SME, "receivable.register", contracttest.NewID("REC"), args}, "DUPLICATE_REGISTERED", "/invoice", "")
		// nor does it help to take one part back first
		w.foiled(attempt{w.SME, "receivable.cancel", ids[0], financing.NoArgs{}}, "WRONG_STATE", "", "")
	})
	t.Run("parts of an ID that is taken", func(t *testing.T) {
		w := base.fork(t)
		a := splitInto("100.00", "300.00")
		a.Children[1].ID = ids[1]
		w.foiled(attempt{w.SME, "receivable.split", ids[0], a}, "RECORD_EXISTS", "/children/1/id", "")
		a.Children[1].ID = contracttest.NewID("ORD")
		w.foiled(attempt{w.SME, "receivable.split", ids[0], a}, "SUBJECT_MALFORMED", "/children/1/id", "")
	})
	t.Run("what was lent on once is no parts' to cancel", func(t *testing.T) {
		w := base.fork(t)
		other := w.granted()
		fin := w.disbursed(w.BankA, other, "100.00")
		w.Do(w.BankA, "financing.repay", fin, w.repayment("100.00"))
		w.Do(w.BankA, "financing.release", fin, financing.NoArgs{})
		part := w.parts(other, "1.00", "999.00")[0]
		w.foiled(attempt{w.SME, "receivable.cancel", part, financing.NoArgs{}}, "WRONG_STATE", "", "")
	})
}

// A claim that was sold is offered to a bank by who sold it.
func TestAClaimThatWasPassedOnIsNotItsSellersToPledge(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	rec := base.granted()
	early := base.accepted(base.BankA, rec, "500.00")
	reserve := financing.ReserveArgs{Hours: 1}
	t.Run("while it waits for the answer", func(t *testing.T) {
		w := base.fork(t)
		w.offeredTo(rec)
		w.foiled(attempt{w.BankA, "financing.reserve", early, reserve}, "COLLATERAL_INELIGIBLE", "/collateral/0", "")
		w.foiled(attempt{w.SME, "receivable.split", rec, splitInto("1.00", "999.00")}, "TRANSFER_PENDING", "", "")
		w.Do(w.SME, "receivable.recall-transfer", rec, receivable.AnswerArgs{})
		w.Do(w.BankA, "financing.reserve", early, reserve)
		w.foiled(attempt{w.SME, "receivable.transfer", rec, receivable.TransferArgs{To: w.SME2.USCC}}, "ENCUMBERED", "", "民法典 445")
	})
	t.Run("after it was accepted", func(t *testing.T) {
		w := base.fork(t)
		w.passedOn(rec)
		w.Refuse("NOT_PERMITTED", w.BankA, "financing.reserve", early, reserve)
		w.foiled(attempt{w.SME, "financing.apply", contracttest.NewID("FIN"), w.application(w.BankA, "1.00", rec)}, "NOT_PERMITTED", "/collateral/0", "")
		w.foiled(attempt{w.SME, "receivable.pay", rec, w.payment("1.00")}, "NOT_PERMITTED", "/party", "")
		if h := w.Header(rec); len(h.Grants) != 0 || !h.Apart {
			t.Errorf("%+v", h)
		}
	})
	t.Run("its order, lent on later, takes the claim of another along", func(t *testing.T) {
		w := base.fork(t)
		id := w.shipped("1000.00", "600.00")
		w.Do(w.Leader, "order.accept", id, acceptAll(w, "600.00"))
		sold := w.passedOn(w.receivable(id, "600.00"))
		w.grantTo(id, w.BankA)
		fin := w.bring(w.secured(w.BankA, financing.OrderLoan, "160.00", id), financing.Disbursed, "160.00") // 40 % of the 400 that stay the seller's
		w.foiled(attempt{w.BankA, "receivable.pay", sold, w.payment("1.00")}, "NOT_PERMITTED", "/party", "")
		w.foiled(attempt{w.BankA, "financing.roll-over", fin, financing.RollOverArgs{From: id, To: []string{sold}}}, "NOT_DESCENDANT", "/to/0", "")
		w.Do(w.SME2, "receivable.grant", sold, contract.GrantArgs{To: w.BankB.USCC, Until: w.today().AddDays(90)})
		theirs := contracttest.NewID("FIN")
		w.Do(w.SME2, "financing.apply", theirs, w.application(w.BankB, "300.00", sold))
		w.Do(w.BankB, "financing.offer", theirs, w.offer("300.00"))
		w.Do(w.SME2, "financing.accept", theirs, financing.AcceptArgs{})
		w.Do(w.BankB, "financing.reserve", theirs, reserve)
		w.Do(w.BankB, "financing.encumber", theirs, w.registration(90))
		w.Do(w.BankB, "financing.disburse", theirs, financing.Disbursement{Amount: yuan("300.00"), Date: w.today(), Reference: "LN" + theirs[4:]})
	})
	t.Run("to its buyer, to itself, to a bank", func(t *testing.T) {
		w := base.fork(t)
		w.foiled(attempt{w.SME, "receivable.transfer", rec, receivable.TransferArgs{To: w.Leader.USCC}}, "SAME_PARTY", "/to", "民法典 576")
		w.foiled(attempt{w.SME, "receivable.transfer", rec, receivable.TransferArgs{To: w.SME.USCC}}, "SAME_PARTY", "/to", "")
		w.foiled(attempt{w.SME, "receivable.transfer", rec, receivable.TransferArgs{To: w.BankA.USCC}}, "PARTY_ROLE_MISSING", "/to", "")
	})
	t.Run("who has it now is its debtor's creditor, and gives the credit notes", func(t *testing.T) {
		w := base.fork(t)
		w.passedOn(rec)
		w.Do(w.SME2, "receivable.dilute", rec, w.redLetter("100.00"))
		w.Do(w.SME2, "receivable.notify", rec, proof)
		w.received(rec)
		w.Do(w.SME2, "receivable.pay", rec, w.payment("900.00"))
		if r := w.rec(rec); w.Header(rec).State != receivable.Paid || !r.Balanced() {
			t.Errorf("%+v", r)
		}
	})
}

// A bought-back claim is free, and the loan on it is over: neither is lent twice.
func TestABoughtBackClaimIsLentOnOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rec := w.granted()
	fin := w.disbursed(w.BankA, rec, "500.00")
	w.Do(w.BankA, "financing.buy-back", fin, w.buyBack())
	if live := w.book(rec).Liens; len(live) != 0 {
		t.Errorf("%+v", live)
	}
	w.foiled(attempt{w.BankA, "financing.release", fin, financing.NoArgs{}}, "WRONG_STATE", "", "")
	w.foiled(attempt{w.BankA, "financing.disburse", fin, financing.Disbursement{Amount: yuan("500.00"), Date: w.today(), Reference: "LN7"}}, "WRONG_STATE", "", "")
	w.foiled(attempt{w.SME, "receivable.cancel", rec, financing.NoArgs{}}, "WRONG_STATE", "", "")
	w.grant(rec, w.BankB)
	w.disbursed(w.BankB, rec, "600.00")
	w.foiled(attempt{w.BankA, "financing.collect", fin, financing.CollectArgs{Receivable: rec, Amount: yuan("1.00"), Date: w.today(), Reference: "C"}}, "WRONG_STATE", "", "")

	sold := w.more()
	id := contracttest.NewID("FIN")
	args := w.application(w.BankA, "500.00", sold)
	args.Product = financing.Factoring
	w.Do(w.SME, "financing.apply", id, args)
	offer := w.offer("500.00")
	offer.Recourse = false
	w.Do(w.BankA, "financing.offer", id, offer)
	w.Do(w.SME, "financing.accept", id, financing.AcceptArgs{})
	w.bring(id, financing.Disbursed, "500.00")
	w.foiled(attempt{w.BankA, "financing.buy-back", id, w.buyBack()}, "NO_RECOURSE", "", "民法典 767")
}

// What a notice changes, for each of those whom it concerns (民法典 546, 548, 549, 764, 765; 民法典担保制度解释 art. 61).
func TestWhatANoticeOfAssignmentChanges(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	rec, fin := base.assignedToA(base.after(base.registered(), base.Leader, "receivable.confirm", receivable.ConfirmArgs{}))
	noticed := base.fork(t)
	noticed.received(noticed.noticeOfA(rec))
	pay, dispute := base.payment("10.00"), receivable.DisputeArgs{Amount: yuan("10.00"), Reason: "short"}
	noticed.Pass(2 * days)
	late, early := noticed.counterClaim("10.00"), noticed.counterClaim("10.00")
	early.Arisen = base.today()
	same := late
	same.Claim = "CC-SAME"
	for name, c := range map[string]struct {
		in   *world
		try  attempt
		code string // "" is accepted
	}{
		"before it the creditor can say that it was paid": {base, attempt{base.SME, "receivable.pay", rec, pay}, ""},
		"after it, not":      {noticed, attempt{base.SME, "receivable.pay", rec, pay}, "ENCUMBERED"},
		"but the lender can": {noticed, attempt{base.BankA, "receivable.pay", rec, pay}, ""},
		"the buyer does not take its confirmation back before": {base, attempt{base.Leader, "receivable.dispute", rec, dispute}, "ENCUMBERED"},
		"nor after": {noticed, attempt{base.Leader, "receivable.dispute", rec, dispute}, "ENCUMBERED"},
		"before it a counter-claim of today counts":                      {base, attempt{base.Leader, "receivable.set-off", rec, base.counterClaim("10.00")}, ""},
		"after it one that arose later does not":                         {noticed, attempt{base.Leader, "receivable.set-off", rec, late}, "SET_OFF_FORBIDDEN"},
		"one from before can be declared":                                {noticed, attempt{base.Leader, "receivable.set-off", rec, early}, ""},
		"the seller does not take the notice back":                       {noticed, attempt{base.SME, "receivable.withdraw-notice", rec, receivable.WithdrawNoticeArgs{}}, "NOT_PERMITTED"},
		"the lender does":                                                {noticed, attempt{base.BankA, "receivable.withdraw-notice", rec, receivable.WithdrawNoticeArgs{}}, ""},
		"the seller does not cancel":                                     {noticed, attempt{base.SME, "receivable.cancel", rec, financing.NoArgs{}}, "ENCUMBERED"},
		"nor split":                                                      {noticed, attempt{base.SME, "receivable.split", rec, splitInto("1.00", "999.00")}, "ENCUMBERED"},
		"nor write off":                                                  {noticed.late61(rec), attempt{base.SME, "receivable.write-off", rec, receivable.WriteOffArgs{Reason: "x"}}, "ENCUMBERED"},
		"the lender writes off":                                          {noticed.late61(rec), attempt{base.BankA, "receivable.write-off", rec, receivable.WriteOffArgs{Reason: "x"}}, ""},
		"a credit note is a fact before and after":                       {noticed, attempt{base.SME, "receivable.dilute", rec, noticed.redLetter("10.00")}, ""},
		"there is nothing to acknowledge before one is given":            {base, attempt{base.Leader, "receivable.acknowledge-notice", rec, receivable.AcknowledgeArgs{}}, "NOTICE_MISSING"},
		"what was received is not given again":                           {noticed, attempt{base.BankA, "receivable.notify", rec, proof}, "NOTICE_STANDS"},
		"the lender gives none without saying what it rests on":          {base, attempt{base.BankA, "receivable.notify", rec, receivable.NotifyArgs{}}, "FIELD_REQUIRED"},
		"who never assigned anything has nothing to give notice of":      {base, attempt{base.SME, "receivable.notify", base.registered(), proof}, "NOT_ASSIGNED"},
		"a bank that holds nothing gives none":                           {base, attempt{base.BankB, "receivable.notify", rec, proof}, "NOT_PERMITTED"},
		"a counter-claim from another contract is not passed off as one": {noticed, attempt{base.Leader, "receivable.set-off", rec, withContract(same, "ELSE-1")}, "FIELD_INVALID"},
	} {
		t.Run(name, func(t *testing.T) {
			w := c.in.fork(t)
			if c.code == "" {
				w.Do(c.try.by, c.try.verb, c.try.id, c.try.args)
				return
			}
			w.Refuse(c.code, c.try.by, c.try.verb, c.try.id, c.try.args)
		})
	}
	t.Run("a set-off by the buyer's word alone takes nothing from the lender", func(t *testing.T) {
		w := noticed.fork(t)
		w.Do(w.Leader, "receivable.set-off", rec, early)
		if r := w.rec(rec); w.Header(rec).State != receivable.Disputed || r.Outstanding.String() != "1000.00" || r.Disputed.Cmp(early.Amount) != 0 || !r.Balanced() {
			t.Fatalf("%s %+v", w.Header(rec).State, r)
		}
		w.Refuse("REFERENCE_USED", w.Leader, "receivable.set-off", rec, early)
		accepted := receivable.AcceptSetOffArgs{Claim: early.Claim, Amount: early.Amount}
		w.Refuse("ENCUMBERED", w.SME, "receivable.accept-set-off", rec, accepted)
		w.Refuse("NOT_PERMITTED", w.Leader, "receivable.accept-set-off", rec, accepted)
		backed := w.fork(t)
		backed.Do(backed.Leader, "receivable.confirm", rec, receivable.ConfirmArgs{})
		if r := backed.rec(rec); len(r.Reductions) > 0 || !r.Disputed.IsZero() {
			t.Errorf("who confirms takes its set-off back: %+v", r)
		}
		w.Do(w.BankA, "receivable.accept-set-off", rec, accepted)
		if r := w.rec(rec); r.Outstanding.Cmp(yuan("1000.00").Sub(early.Amount)) != 0 || !r.Disputed.IsZero() || !r.Balanced() || w.Header(rec).State == receivable.Disputed {
			t.Errorf("%s %+v", w.Header(rec).State, r)
		}
		w.Refuse("WRONG_STATE", w.BankA, "receivable.accept-set-off", rec, accepted)
	})
	t.Run("a notice that arrived counts though the buyer is silent", func(t *testing.T) {
		w := base.fork(t)
		proved := receivable.ProofArgs{Proof: "EMS 1234567890", Received: evidence.InstantOf(w.State.Now)}
		w.Refuse("NOTICE_MISSING", w.BankA, "receivable.prove-notice", rec, proved)
		w.Do(w.BankA, "receivable.notify", rec, proof)
		w.Refuse("NOT_PERMITTED", w.SME, "receivable.prove-notice", rec, proved)
		w.Pass(hour)
		late, early := proved, proved
		late.Received, early.Received = evidence.InstantOf(w.State.Now.Add(hour)), evidence.InstantOf(w.State.Now.Add(-2*hour))
		w.Refuse("DATE_IN_FUTURE", w.BankA, "receivable.prove-notice", rec, late)
		w.Refuse("DATE_ORDER", w.BankA, "receivable.prove-notice", rec, early)
		w.Do(w.BankA, "receivable.prove-notice", rec, proved)
		w.Refuse("ENCUMBERED", w.SME, "receivable.pay", rec, pay)
		w.Refuse("NOTICE_MISSING", w.Leader, "receivable.acknowledge-notice", rec, receivable.AcknowledgeArgs{})
	})
	t.Run("when the lender lets go, the creditor takes its notice back", func(t *testing.T) {
		w := noticed.fork(t)
		w.Do(w.BankA, "financing.cancel", fin, financing.NoArgs{})
		w.Do(w.SME, "receivable.pay", rec, pay)
		w.Do(w.SME, "receivable.withdraw-notice", rec, receivable.WithdrawNoticeArgs{})
		if n := w.rec(rec).Notice; n != nil {
			t.Errorf("%+v", n)
		}
	})
	t.Run("a further transfer gives the buyer no set-off back", func(t *testing.T) {
		w := base.fork(t)
		third := contracttest.NewActor(72, w.SME.Org, w.SME.Role)
		w.Admit(third)
		sold := w.passedOn(w.after(w.registered(), w.Leader, "receivable.confirm", receivable.ConfirmArgs{}))
		w.Do(w.SME2, "receivable.notify", sold, proof)
		w.received(sold)
		w.Do(w.SME2, "receivable.transfer", sold, receivable.TransferArgs{To: third.USCC})
		w.Do(third, "receivable.accept-transfer", sold, receivable.AnswerArgs{})
		w.Pass(2 * days)
		w.foiled(attempt{w.Leader, "receivable.set-off", sold, w.counterClaim("10.00")}, "SET_OFF_FORBIDDEN", "/arisen", "民法典 549")
		w.foiled(attempt{w.Leader, "receivable.dispute", sold, dispute}, "WRONG_STATE", "", "民法典担保制度解释 art. 61(1)")
	})
}

// An order's lender has priority only in the money of the account that was named for it.
func TestALoanOnAnOrderNeedsItsCollectionAccountWhereThePolicySaysSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	policy := contracttest.Credit()
	policy.Version, policy.OrderNeedsCollectionAccount = 2, true
	w.Do(w.Regulator, "policy.publish", policy.ID, contract.PublishArgs{Policy: mustCanonical(t, policy)})
	id := w.attested("1000.00")
	w.grantTo(id, w.BankA)
	fin := w.bring(w.secured(w.BankA, financing.OrderLoan, "300.00", id), financing.Encumbered, "300.00")
	out := financing.Disbursement{Amount: yuan("300.00"), Date: w.today(), Reference: "LN" + fin[4:]}
	w.foiled(attempt{w.BankA, "financing.disburse", fin, out}, "COLLECTION_ACCOUNT_REQUIRED", "/collateral/0", "民法典担保制度解释 art. 61(4)")
	account := sample["order.set-collection-account"](w, id)
	// The seller's word alone binds nobody to pay into it.
	w.foiled(attempt{w.Leader, "order.set-collection-account", id, account}, "COLLECTION_ACCOUNT_REQUIRED", "", "")
	w.Do(w.SME, "order.set-collection-account", id, account)
	w.foiled(attempt{w.BankA, "financing.disburse", fin, out}, "COLLECTION_ACCOUNT_REQUIRED", "/collateral/0", "民法典担保制度解释 art. 61(4)")
	w.foiled(attempt{w.Leader, "order.set-collection-account", id, order.CollectionAccount{Bank: w.BankB.USCC, Number: "6222-0200-1122"}}, "FIELD_INVALID", "/bank", "")
	w.foiled(attempt{w.Leader, "order.set-collection-account", id, order.CollectionAccount{Bank: w.BankA.USCC, Number: "6222-0200-1123"}}, "FIELD_INVALID", "/number", "")
	w.Do(w.Leader, "order.set-collection-account", id, account)
	w.Do(w.BankA, "financing.disburse", fin, out)
	w.foiled(attempt{w.SME, "order.set-collection-account", id, account}, "ENCUMBERED", "", "民法典担保制度解释 art. 61(4)")
}
