package contract_test

import (
	"testing"
	"time"

	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/encumbrance"
	"decore/chaincode/evidence"
	"decore/chaincode/financing"
	"decore/chaincode/ident"
	"decore/chaincode/order"
	"decore/chaincode/receivable"
)

func TestReservationsLapse(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	rec := base.granted()
	base.grant(rec, base.BankB)
	one, two := base.accepted(base.BankA, rec, "100.00"), base.accepted(base.BankB, rec, "100.00")
	base.Do(base.BankA, "financing.reserve", one, financing.ReserveArgs{Hours: 2})

	t.Run("until its time nobody else reserves, from its time on anybody does", func(t *testing.T) {
		w := base.fork(t)
		w.Pass(2*hour - time.Millisecond)
		w.Refuse("ENCUMBERED", w.BankB, "financing.reserve", two, financing.ReserveArgs{Hours: 1})
		w.Pass(time.Millisecond)
		w.Do(w.BankB, "financing.reserve", two, financing.ReserveArgs{Hours: 1})
	})
	t.Run("a lapsed reservation cannot be encumbered, whether or not another took the value", func(t *testing.T) {
		w := base.fork(t)
		w.Pass(2 * hour)
		w.Refuse("LIEN_NOT_HELD", w.BankA, "financing.encumber", one, w.registration(90))
		w.Do(w.BankB, "financing.reserve", two, financing.ReserveArgs{Hours: 1})
		w.Do(w.BankB, "financing.encumber", two, w.registration(90))
		w.Refuse("LIEN_NOT_HELD", w.BankA, "financing.encumber", one, w.registration(90))
		w.Refuse("ENCUMBERED", w.BankA, "financing.reserve", one, financing.ReserveArgs{Hours: 1})
		w.Do(w.BankA, "financing.cancel", one, financing.NoArgs{})
		if _, held := w.book(rec).Held(rec, two, w.State.Now); !held {
			t.Error("the cancelled financing took the other's lien along")
		}
	})
	t.Run("a reservation can be renewed before and after it lapsed", func(t *testing.T) {
		w := base.fork(t)
		w.Pass(hour)
		w.Do(w.BankA, "financing.reserve", one, financing.ReserveArgs{Hours: 2})
		w.Pass(3 * hour)
		w.Do(w.BankA, "financing.reserve", one, financing.ReserveArgs{Hours: 2})
		w.Do(w.BankA, "financing.encumber", one, w.registration(90))
	})
	t.Run("a withdrawal frees the value at once", func(t *testing.T) {
		w := base.fork(t)
		w.Do(w.SME, "financing.withdraw", one, financing.NoArgs{})
		w.Do(w.BankB, "financing.reserve", two, financing.ReserveArgs{Hours: 1})
		w.Refuse("WRONG_STATE", w.BankA, "financing.encumber", one, w.registration(90))
	})
}

func TestWhatALienForbids(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	rec := base.granted()
	orderID := base.Header(rec).Parents[0]
	fin := base.disbursed(base.BankA, rec, "300.00")
	for name, c := range map[string]struct {
		by   *contracttest.Actor
		verb string
		id   string
		args any
	}{
		"cancelling the receivable": {base.SME, "receivable.cancel", rec, financing.NoArgs{}},
		"closing the order":         {base.SME, "order.close", orderID, financing.NoArgs{}},
	} {
		t.Run(name, func(t *testing.T) { base.fork(t).Refuse("ENCUMBERED", c.by, c.verb, c.id, c.args) })
	}
	t.Run("the seller's word that it was paid, once the buyer knows of the lien", func(t *testing.T) {
		w := base.fork(t)
		w.Do(w.SME, "receivable.pay", rec, w.payment("10.00"))
		w.noticeOfA(rec)
		w.Do(w.SME, "receivable.pay", rec, w.payment("10.00"))
		w.received(rec)
		w.Refuse("ENCUMBERED", w.SME, "receivable.pay", rec, w.payment("10.00"))
		w.Do(w.BankA, "receivable.pay", rec, w.payment("10.00"))
	})
	t.Run("amending an order in delivery", func(t *testing.T) {
		w := base.fork(t)
		id := w.shipped("1000.00", "600.00")
		w.Do(w.Leader, "order.accept", id, order.AcceptArgs{Amount: yuan("500.00"), Date: w.today()})
		r := w.receivable(id, "500.00")
		w.grant(r, w.BankA)
		w.disbursed(w.BankA, r, "100.00")
		w.Refuse("ENCUMBERED", w.Leader, "order.amend", id, order.AmendArgs{Amount: yuan("600.00"), DeliverBy: w.today()})
	})
	t.Run("the holder of the lien can say what was paid, in every open state", func(t *testing.T) {
		w := base.fork(t)
		w.Do(w.BankA, "receivable.pay", rec, w.payment("10.00"))
		w.dispute(rec)
		w.Do(w.BankA, "receivable.pay", rec, w.payment("10.00"))
		w.Do(w.Leader, "receivable.confirm", rec, receivable.ConfirmArgs{})
		w.Do(w.BankA, "receivable.pay", rec, w.payment("980.00"))
		if h := w.Header(rec); h.State != receivable.Paid {
			t.Errorf("it is %s", h.State)
		}
		w.Refuse("ENCUMBERED", w.SME, "receivable.close", rec, financing.NoArgs{})
	})
	t.Run("release when the receivable was paid meanwhile", func(t *testing.T) {
		w := base.fork(t)
		w.Do(w.BankA, "receivable.pay", rec, w.payment("1000.00"))
		w.Do(w.BankA, "financing.repay", fin, w.repayment("300.00"))
		w.Do(w.BankA, "financing.release", fin, financing.NoArgs{})
		w.Do(w.SME, "receivable.close", rec, financing.NoArgs{})
	})
	t.Run("a receivable on which money was lent is never cancelled, though it can be lent on again", func(t *testing.T) {
		w := base.fork(t)
		w.Do(w.BankA, "financing.repay", fin, w.repayment("300.00"))
		w.Do(w.BankA, "financing.release", fin, financing.NoArgs{})
		w.Refuse("WRONG_STATE", w.SME, "receivable.cancel", rec, financing.NoArgs{})
		w.grant(rec, w.BankB)
		w.disbursed(w.BankB, rec, "300.00")
	})
	t.Run("a bank with no lien cannot say that it was paid", func(t *testing.T) {
		base.fork(t).Refuse("NOT_PERMITTED", base.BankB, "receivable.pay", rec, base.payment("10.00"))
	})
}

// An order and its receivables are stages of one value.
func TestOneValueIsLentOnAtOneStage(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	loanOn := func(w *world, bank *contracttest.Actor, id string) string {
		fin := contracttest.NewID("FIN")
		args := w.application(bank, "100.00", id)
		args.Product = financing.OrderLoan
		w.Do(w.SME, "order.grant", id, contract.GrantArgs{To: bank.USCC, Until: w.today().AddDays(9)})
		w.Do(w.SME, "financing.apply", fin, args)
		w.offerAndAccept(bank, fin, "100.00", 90)
		return fin
	}
	t.Run("a receivable of an order that another bank holds is refused, and the other way round", func(t *testing.T) {
		w := base.fork(t)
		id := w.shipped("1000.00", "600.00")
		w.Do(w.Leader, "order.accept", id, order.AcceptArgs{Amount: yuan("600.00"), Date: w.today()})
		rec := w.receivable(id, "600.00")
		w.grant(rec, w.BankB)
		onOrder, onReceivable := loanOn(w, w.BankA, id), w.accepted(w.BankB, rec, "100.00")
		first := w.fork(t)
		first.Do(w.BankA, "financing.reserve", onOrder, financing.ReserveArgs{Hours: 1})
		first.Refuse("ENCUMBERED", w.BankB, "financing.reserve", onReceivable, financing.ReserveArgs{Hours: 1})
		second := w.fork(t)
		second.Do(w.BankB, "financing.reserve", onReceivable, financing.ReserveArgs{Hours: 1})
		second.Refuse("ENCUMBERED", w.BankA, "financing.reserve", onOrder, financing.ReserveArgs{Hours: 1})
	})
	t.Run("two receivables of one order are two values", func(t *testing.T) {
		w := base.fork(t)
		id := w.deliveredOrder("1000.00")
		a, b := w.receivable(id, "400.00"), w.receivable(id, "600.00")
		w.grant(a, w.BankA)
		w.grant(b, w.BankB)
		w.disbursed(w.BankA, a, "100.00")
		w.disbursed(w.BankB, b, "100.00")
		if n := len(w.book(a).Liens); n != 2 {
			t.Errorf("%d liens", n)
		}
	})
	t.Run("who holds the order can say that its receivable was paid", func(t *testing.T) {
		w := base.fork(t)
		id := w.shipped("1000.00", "600.00")
		w.Do(w.Leader, "order.accept", id, order.AcceptArgs{Amount: yuan("600.00"), Date: w.today()})
		fin := loanOn(w, w.BankA, id)
		w.Do(w.BankA, "financing.reserve", fin, financing.ReserveArgs{Hours: 1})
		w.Do(w.BankA, "financing.encumber", fin, w.registration(90))
		rec := w.receivable(id, "600.00")
		w.received(w.noticeOfA(rec))
		w.Refuse("ENCUMBERED", w.SME, "receivable.pay", rec, w.payment("1.00"))
		w.Do(w.BankA, "receivable.pay", rec, w.payment("1.00"))
	})
}

func TestOneDocumentIsRegisteredAndFinancedOnce(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	seller2 := func(w *world) string {
		args := w.orderArgs("1000.00")
		args.Seller = w.SME2.USCC
		id := contracttest.NewID("ORD")
		w.Do(w.SME2, "order.create", id, args)
		w.Do(w.Leader, "order.attest", id, financing.NoArgs{})
		w.Do(w.SME2, "order.ship", id, order.ShipArgs{Amount: yuan("1000.00"), Date: w.today(), Note: "N"})
		w.Do(w.Leader, "order.accept", id, order.AcceptArgs{Amount: yuan("1000.00"), Date: w.today()})
		return id
	}
	t.Run("an invoice again by the same and by another supplier", func(t *testing.T) {
		w := base.fork(t)
		args := w.registerArgs(w.deliveredOrder("1000.00"), "100.00")
		rec := contracttest.NewID("REC")
		w.Do(w.SME, "receivable.register", rec, args)
		w.Refuse("DUPLICATE_REGISTERED", w.SME, "receivable.register", contracttest.NewID("REC"), args)
		other := args
		other.Order = seller2(w)
		w.Refuse("DUPLICATE_REGISTERED", w.SME2, "receivable.register", contracttest.NewID("REC"), other)
		w.grant(rec, w.BankA)
		w.disbursed(w.BankA, rec, "10.00")
		w.Refuse("DUPLICATE_FINANCED", w.SME2, "receivable.register", contracttest.NewID("REC"), other)
	})
	t.Run("a cancelled invoice can be registered again", func(t *testing.T) {
		w := base.fork(t)
		args := w.registerArgs(w.deliveredOrder("1000.00"), "1000.00")
		rec := contracttest.NewID("REC")
		w.Do(w.SME, "receivable.register", rec, args)
		w.Do(w.SME, "receivable.cancel", rec, financing.NoArgs{})
		w.Do(w.SME, "receivable.register", contracttest.NewID("REC"), args)
	})
	t.Run("twice in one batch", func(t *testing.T) {
		w := base.fork(t)
		args := w.registerArgs(w.deliveredOrder("1000.00"), "100.00")
		one, o1 := w.Sign(w.SME, "receivable.register", contracttest.NewID("REC"), args)
		two, o2 := w.Sign(w.SME, "receivable.register", contracttest.NewID("REC"), args)
		if rs := w.run(batch([]string{one, two}, o1, o2)); rs[0].Status != contract.Accepted || rs[1].Code != "DUPLICATE_REGISTERED" {
			t.Errorf("got %+v", rs)
		}
	})
	t.Run("an order number between the same two, however it is written", func(t *testing.T) {
		w := base.fork(t)
		args := w.orderArgs("1.00")
		args.Number = "HE-2026/001"
		w.Do(w.SME, "order.create", contracttest.NewID("ORD"), args)
		for _, n := range []ident.DocumentNumber{"HE-2026/001", "he2026 001", "ＨＥ２０２６００１"} {
			args.Number = n
			w.Refuse("DUPLICATE_REGISTERED", w.Leader, "order.create", contracttest.NewID("ORD"), args)
		}
		args.Seller = w.SME2.USCC
		w.Do(w.SME2, "order.create", contracttest.NewID("ORD"), args)
	})
	t.Run("a reissued invoice of the same day and amount is not lent on, unless the debtor confirms this one too", func(t *testing.T) {
		w := base.fork(t)
		id := w.deliveredOrder("1000.00")
		a, b := w.receivable(id, "500.00"), w.receivable(id, "500.00")
		w.grant(a, w.BankA)
		w.grant(b, w.BankB)
		w.disbursed(w.BankA, a, "100.00")
		fin := w.accepted(w.BankB, b, "100.00")
		w.Do(w.BankB, "financing.reserve", fin, financing.ReserveArgs{Hours: 24})
		w.Do(w.BankB, "financing.encumber", fin, w.registration(90))
		pay := sample["financing.disburse"](w, fin).(financing.Disbursement)
		pay.Amount = yuan("100.00")
		w.Refuse("DUPLICATE_FINANCED", w.BankB, "financing.disburse", fin, pay)
		w.Do(w.Leader, "receivable.confirm", b, receivable.ConfirmArgs{})
		w.Do(w.BankB, "financing.disburse", fin, pay)
	})
}

func TestAWaiverOfSetOffIsNotTakenBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rec := w.registered()
	w.Do(w.Leader, "receivable.confirm", rec, receivable.ConfirmArgs{WaivesSetOff: true})
	w.dispute(rec)
	w.Do(w.Leader, "receivable.confirm", rec, receivable.ConfirmArgs{})
	if t2 := opened[receivable.Terms](w, rec); !t2.WaivesSetOff {
		t.Error("it was")
	}
}

// The buyer may end an order only before delivery; closing is the seller's, whose right it ends.
func TestABuyerCannotCloseAnOrderOnItsSeller(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Refuse("NOT_PERMITTED", w.Leader, "order.close", w.deliveredOrder("10.00"), financing.NoArgs{})
}

func TestALienRanksByItsFiling(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	fin := w.encumbered()
	l := w.book(opened[financing.Terms](w, fin).Collateral[0]).Liens[0]
	if l.State != encumbrance.Encumbered || l.Until != nil || l.Registered == nil || *l.Registered != evidence.InstantOf(w.State.Now) || l.Holder != w.BankA.USCC {
		t.Errorf("lien %+v", l)
	}
}

// Between the lien and the money the collateral may lose its worth.
func TestWhatIsPaidOutIsCarriedOnThatVeryDay(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	rec := base.granted()
	fin := base.accepted(base.BankA, rec, "600.00")
	base.Do(base.BankA, "financing.reserve", fin, financing.ReserveArgs{Hours: 24})
	base.Do(base.BankA, "financing.encumber", fin, base.registration(90))
	pay := func(w *world, amount string) financing.Disbursement {
		return financing.Disbursement{Amount: yuan(amount), Date: w.today(), Reference: "L"}
	}
	t.Run("a dispute leaves the undisputed part's worth", func(t *testing.T) {
		w := base.fork(t)
		w.Do(w.Leader, "receivable.dispute", rec, receivable.DisputeArgs{Amount: yuan("500.00"), Reason: "short"})
		w.Refuse("OVER_ADVANCE", w.BankA, "financing.disburse", fin, pay(w, "300.01"))
		w.Do(w.BankA, "financing.disburse", fin, pay(w, "300.00"))
	})
	t.Run("a payment leaves what is open", func(t *testing.T) {
		w := base.fork(t)
		w.Do(w.BankA, "receivable.pay", rec, w.payment("900.00"))
		w.Refuse("OVER_ADVANCE", w.BankA, "financing.disburse", fin, pay(w, "60.01"))
	})
	t.Run("past its due day it carries nothing", func(t *testing.T) {
		w := base.fork(t)
		w.Pass(61 * days)
		w.Refuse("COLLATERAL_INELIGIBLE", w.BankA, "financing.disburse", fin, pay(w, "1.00"))
	})
	t.Run("a stricter policy rules from its publication", func(t *testing.T) {
		w := base.fork(t)
		p := contracttest.Credit()
		p.Version, p.AdvanceUnconfirmed = 2, p.AdvanceOrder
		w.Do(w.Regulator, "policy.publish", contract.CreditPolicy, contract.PublishArgs{Policy: mustCanonical(t, p)})
		w.Refuse("OVER_ADVANCE", w.BankA, "financing.disburse", fin, pay(w, "400.01"))
		w.Do(w.BankA, "financing.disburse", fin, pay(w, "400.00"))
	})
}
