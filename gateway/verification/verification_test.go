package verification_test

import (
	"testing"
	"time"

	"decore/chaincode/check"
	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/duplicate"
	"decore/chaincode/evidence"
	"decore/chaincode/financing"
	"decore/chaincode/money"
	"decore/chaincode/order"
	"decore/chaincode/party"
	"decore/chaincode/receivable"
	"decore/gateway/verification"
	"decore/gateway/verification/verificationtest"
)

type world = verificationtest.World

// trade is a receivable that bank A may see, with nothing wrong but that nobody confirmed it.
func trade(t testing.TB) (*world, string, string) {
	t.Helper()
	w := verificationtest.New(t)
	o := w.Delivered("1000000.00")
	return w, o, w.Receivable(o, "600000.00")
}

func find(t testing.TB, v verification.Verification, name string) check.Finding {
	t.Helper()
	for _, f := range v.Checks {
		if f.Check == name {
			return f
		}
	}
	t.Fatalf("no check %q among %+v", name, v.Checks)
	return check.Finding{}
}

func want(t testing.TB, v verification.Verification, name string, verdict check.Verdict, reason verification.Reason) {
	t.Helper()
	if f := find(t, v, name); f.Verdict != verdict || f.Reason != string(reason) {
		t.Errorf("%s is %s %q, want %s %q", name, f.Verdict, f.Reason, verdict, reason)
	}
}

func TestAnUnconfirmedReceivableOfATrueTrade(t *testing.T) {
	w, _, rec := trade(t)
	v := verification.Judge(w.Facts(rec, w.BankA))
	exceptions := map[string]check.Verdict{"confirmation": check.Warn, "set-off": check.Warn, "invoice-state": check.Unknown,
		"registry-search": check.Unknown, "affiliates": check.Unknown, "cash-flow": check.Unknown}
	for _, f := range v.Checks {
		expected := check.Pass
		if e, ok := exceptions[f.Check]; ok {
			expected = e
		}
		if f.Verdict != expected || (f.Verdict == check.Pass) != (f.Reason == "") {
			t.Errorf("%+v, want %s", f, expected)
		}
	}
	if v.Verdict != check.Warn || v.Record != rec || v.Kind != "receivable" || v.State != receivable.Registered || v.AsOf.Block == 0 {
		t.Errorf("%+v", v)
	}
	if v.Duplicate.Answer != duplicate.IsRegistered || !v.Duplicate.Own || v.Duplicate.FirstRegistered == nil {
		t.Errorf("duplicate: %+v", v.Duplicate)
	}
}

func TestAConfirmedReceivablePasses(t *testing.T) {
	w, _, rec := trade(t)
	w.Do(w.SME, "receivable.request-confirmation", rec, receivable.RequestArgs{})
	w.Do(w.Leader, "receivable.confirm", rec, receivable.ConfirmArgs{WaivesSetOff: true})
	v := verification.Judge(w.Facts(rec, w.BankA))
	want(t, v, "confirmation", check.Pass, "")
	want(t, v, "set-off", check.Pass, "")
	if v.Verdict != check.Pass {
		t.Errorf("verdict %s: %+v", v.Verdict, v.Checks)
	}
}

func TestAnAnswerOutOfTheLedgersReachSaysSo(t *testing.T) {
	w, _, rec := trade(t)
	w.Do(w.SME, "receivable.request-confirmation", rec, receivable.RequestArgs{})
	w.Do(w.Leader, "receivable.confirm", rec, receivable.ConfirmArgs{WaivesSetOff: true})
	f := w.Facts(rec, w.BankA)
	current := verification.Judge(f)
	f.AsOf.CutOff = f.Now
	v := verification.Judge(f)
	want(t, v, "currency", check.Warn, verification.LedgerOutOfReach)
	if v.Verdict != check.Warn || len(v.Checks) != len(current.Checks)+1 {
		t.Errorf("%s with %d checks", v.Verdict, len(v.Checks))
	}
	f.AsOf.CutOff = evidence.Instant{}
	if again := verification.Judge(f); again.Verdict != check.Pass || len(again.Checks) != len(current.Checks) {
		t.Errorf("back in reach: %s with %d checks", again.Verdict, len(again.Checks))
	}
}

// TestStoriesOnTheLedger changes the ledger by true commands and looks at one check.
func TestStoriesOnTheLedger(t *testing.T) {
	base, ord, rec := trade(t)
	for name, story := range map[string]struct {
		play    func(w *world, ord, rec string)
		check   string
		verdict check.Verdict
		reason  verification.Reason
		overall check.Verdict
	}{
		"the buyer was asked": {func(w *world, _, rec string) {
			w.Do(w.SME, "receivable.request-confirmation", rec, receivable.RequestArgs{})
		}, "confirmation", check.Warn, verification.ConfirmationPending, check.Warn},
		"the buyer let its period pass": {func(w *world, _, rec string) {
			w.Do(w.SME, "receivable.request-confirmation", rec, receivable.RequestArgs{})
			w.Pass(31 * 24 * time.Hour)
		}, "confirmation", check.Warn, verification.ConfirmationOverdue, check.Warn},
		"the missing answer is recorded": {func(w *world, _, rec string) {
			w.Do(w.SME, "receivable.request-confirmation", rec, receivable.RequestArgs{})
			w.Pass(31 * 24 * time.Hour)
			w.Do(w.Platform, "receivable.mark-unanswered", rec, receivable.UnansweredArgs{})
		}, "confirmation", check.Warn, verification.ConfirmationOverdue, check.Warn},
		"the buyer disputes a part": {func(w *world, _, rec string) {
			w.Do(w.Leader, "receivable.dispute", rec, receivable.DisputeArgs{Amount: money.MustParse("1.00"), Reason: "short"})
		}, "dispute", check.Warn, verification.PartlyDisputed, check.Warn},
		"the buyer disputes all of it": {func(w *world, _, rec string) {
			w.Do(w.Leader, "receivable.dispute", rec, receivable.DisputeArgs{Amount: money.MustParse("600000.00"), Reason: "short"})
		}, "dispute", check.Fail, verification.DisputedInFull, check.Fail},
		"a part is paid": {func(w *world, _, rec string) {
			w.Do(w.SME, "receivable.pay", rec, receivable.PayArgs{Amount: money.MustParse("100.00"), Date: w.Today(), Reference: "P1"})
		}, "payments", check.Pass, "", check.Warn},
		"all of it is paid": {func(w *world, _, rec string) {
			w.Do(w.SME, "receivable.pay", rec, receivable.PayArgs{Amount: money.MustParse("600000.00"), Date: w.Today(), Reference: "P1"})
		}, "state", check.Fail, verification.RecordPaid, check.Fail},
		"all of it is taken back by a red-letter invoice, after the bank lent on it": {func(w *world, _, rec string) {
			w.Disburse(w.BankA, w.Reserve(w.BankA, rec, "100000.00"), "100000.00")
			w.Do(w.SME, "receivable.dilute", rec, receivable.DiluteArgs{RedLetter: w.Invoice(), Amount: money.MustParse("600000.00"), Date: w.Today()})
		}, "state", check.Fail, verification.RecordVoided, check.Fail},
		"it is written off": {func(w *world, _, rec string) {
			w.Pass(61 * 24 * time.Hour)
			w.Do(w.SME, "receivable.mark-overdue", rec, receivable.OverdueArgs{})
			w.Do(w.SME, "receivable.write-off", rec, receivable.WriteOffArgs{Reason: "bankrupt"})
		}, "state", check.Fail, verification.RecordWrittenOff, check.Fail},
		"it is cancelled": {func(w *world, _, rec string) {
			w.Do(w.SME, "receivable.cancel", rec, financing.NoArgs{})
		}, "duplicate-invoice", check.Fail, verification.DocumentCancelled, check.Fail},
		"the due date passes": {func(w *world, _, _ string) {
			w.Pass(61 * 24 * time.Hour)
		}, "due", check.Fail, verification.PastDue, check.Fail},
		"the day it is due": {func(w *world, _, _ string) {
			w.Pass(60 * 24 * time.Hour)
		}, "due", check.Pass, "", check.Warn},
		"the seller is suspended": {func(w *world, _, _ string) {
			w.Do(w.Regulator, "party.suspend", string(w.SME.USCC), party.ReasonArgs{})
		}, "seller-status", check.Fail, verification.PartyNotActive, check.Fail},
		"the buyer is suspended": {func(w *world, _, _ string) {
			w.Do(w.Regulator, "party.suspend", string(w.Leader.USCC), party.ReasonArgs{})
		}, "buyer-status", check.Warn, verification.PartyNotActive, check.Warn},
		"the seller changes its key": {func(w *world, _, _ string) {
			w.Rotate(w.SME)
		}, "signatures", check.Pass, "", check.Warn},
		"the seller's clock is ahead when it changes its key": {func(w *world, _, rec string) {
			in := w.Intent(w.SME, "receivable.request-confirmation", rec, receivable.RequestArgs{})
			in.Time = in.Time.Add(2 * time.Minute)
			if r := w.TryJWS(w.SignIntent(w.SME, in)); r.Status != contract.Accepted {
				w.T.Fatal(r)
			}
			w.Pass(time.Minute)
			w.Rotate(w.SME)
		}, "signatures", check.Pass, "", check.Warn},
		"the buyer's key turns out to be compromised": {func(w *world, _, _ string) {
			w.Pass(time.Second)
			w.Revoke(w.Leader)
		}, "signatures", check.Warn, verification.KeyRevokedLater, check.Warn},
		"another bank reserves it": {func(w *world, _, rec string) {
			w.Grant(rec, w.BankB)
			w.Reserve(w.BankB, rec, "100000.00")
		}, "encumbrance", check.Fail, verification.Reserved, check.Fail},
		"another bank's reservation lapses": {func(w *world, _, rec string) {
			w.Grant(rec, w.BankB)
			w.Reserve(w.BankB, rec, "100000.00")
			w.Pass(25 * time.Hour)
		}, "encumbrance", check.Pass, "", check.Warn},
		"another bank lends on it": {func(w *world, _, rec string) {
			w.Grant(rec, w.BankB)
			w.Disburse(w.BankB, w.Reserve(w.BankB, rec, "100000.00"), "100000.00")
		}, "encumbrance", check.Fail, verification.Encumbered, check.Fail},
		"the bank itself lends on it": {func(w *world, _, rec string) {
			w.Disburse(w.BankA, w.Reserve(w.BankA, rec, "100000.00"), "100000.00")
		}, "encumbrance", check.Pass, "", check.Warn},
		"another bank records a payment": {func(w *world, _, rec string) {
			w.Grant(rec, w.BankB)
			w.Disburse(w.BankB, w.Reserve(w.BankB, rec, "100000.00"), "100000.00")
			w.Do(w.BankB, "receivable.pay", rec, receivable.PayArgs{Amount: money.MustParse("100.00"), Date: w.Today(), Reference: "P1"})
		}, "signatures", check.Unknown, verification.CommandWithheld, check.Fail},
		"an invoice of the same day and amount": {func(w *world, _, _ string) {
			w.Do(w.SME, "order.create", "ORD-01ARZ3NDEKTSV4RRFFQ69G5FAV", order.CreateArgs{Seller: w.SME.USCC, Buyer: w.Leader.USCC, BuyerClass: order.Large,
				Number: "PO2", Signed: w.Today(), DeliverBy: w.Today(), Goods: "g", Amount: money.MustParse("600000.00")})
			w.Do(w.Leader, "order.attest", "ORD-01ARZ3NDEKTSV4RRFFQ69G5FAV", financing.NoArgs{})
			w.Deliver("ORD-01ARZ3NDEKTSV4RRFFQ69G5FAV", "600000.00")
			w.Receivable("ORD-01ARZ3NDEKTSV4RRFFQ69G5FAV", "600000.00")
		}, "duplicate-composite", check.Warn, verification.DuplicateRegistered, check.Warn},
	} {
		t.Run(name, func(t *testing.T) {
			w := base.Fork(t)
			story.play(w, ord, rec)
			v := verification.Judge(w.Facts(rec, w.BankA))
			want(t, v, story.check, story.verdict, story.reason)
			if v.Verdict != story.overall {
				t.Errorf("verdict is %s, want %s: %+v", v.Verdict, story.overall, v.Checks)
			}
		})
	}
}

func TestAmendments(t *testing.T) {
	amend := func(w *world, by *contracttest.Actor, id string) {
		w.Do(by, "order.amend", id, order.AmendArgs{Amount: money.MustParse("900000.00"), DeliverBy: w.Today().AddDays(40)})
	}
	t.Run("an order that nobody attested fails", func(t *testing.T) {
		w := verificationtest.New(t)
		v := verification.Judge(w.Facts(w.Order("1000000.00"), w.Regulator))
		want(t, v, "order-attested", check.Fail, verification.OrderNotAttested)
	})
	t.Run("an attested order passes, though not delivered", func(t *testing.T) {
		w := verificationtest.New(t)
		id := w.Order("1000000.00")
		w.Do(w.Leader, "order.attest", id, financing.NoArgs{})
		v := verification.Judge(w.Facts(id, w.Regulator))
		want(t, v, "order-attested", check.Pass, "")
		want(t, v, "delivery", check.Unknown, verification.NotAccepted)
		if v.Verdict != check.Pass || v.Kind != "order" {
			t.Errorf("%+v", v)
		}
	})
	t.Run("the seller's amendment takes the attestation away", func(t *testing.T) {
		w := verificationtest.New(t)
		id := w.Order("1000000.00")
		w.Do(w.Leader, "order.attest", id, financing.NoArgs{})
		amend(w, w.SME, id)
		want(t, verification.Judge(w.Facts(id, w.Regulator)), "order-attested", check.Fail, verification.OrderAmended)
	})
	t.Run("the buyer's amendment is for the bank to look at", func(t *testing.T) {
		w := verificationtest.New(t)
		id := w.Order("1000000.00")
		w.Do(w.Leader, "order.attest", id, financing.NoArgs{})
		amend(w, w.Leader, id)
		want(t, verification.Judge(w.Facts(id, w.Regulator)), "order-attested", check.Warn, verification.OrderAmended)
	})
}

func TestAnOrderThatGoesOnBesideItsReceivables(t *testing.T) {
	w := verificationtest.New(t)
	ord := w.Order("1000000.00")
	w.Do(w.Leader, "order.attest", ord, financing.NoArgs{})
	w.Deliver(ord, "300000.00")
	rec := w.Receivable(ord, "300000.00")
	w.Do(w.SME, "order.ship", ord, order.ShipArgs{Amount: money.MustParse("700000.00"), Date: w.Today(), Note: "DN2"})
	w.Do(w.Leader, "order.accept", ord, order.AcceptArgs{Amount: money.MustParse("200000.00"), Date: w.Today()})
	sibling := w.Receivable(ord, "200000.00") // changes the order right before the next acceptance
	w.Do(w.Leader, "order.accept", ord, order.AcceptArgs{Amount: money.MustParse("500000.00"), Date: w.Today()})
	w.Do(w.SME, "receivable.cancel", sibling, financing.NoArgs{})
	w.Do(w.SME, "order.close", ord, financing.NoArgs{})
	v := verification.Judge(w.Facts(rec, w.BankA))
	for _, name := range []string{"signatures", "history", "countersignatures", "delivery", "order-attested", "order-state", "order-match"} {
		want(t, v, name, check.Pass, "")
	}
	if v.Verdict != check.Warn {
		t.Errorf("verdict %s", v.Verdict)
	}
}
