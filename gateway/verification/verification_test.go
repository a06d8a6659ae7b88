package verification_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"decore/chaincode/check"
	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/duplicate"
	"decore/chaincode/encumbrance"
	"decore/chaincode/evidence"
	"decore/chaincode/financing"
	"decore/chaincode/ident"
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

// TestForgedFacts changes true facts as a gateway that lies, or a damaged store, would.
func TestForgedFacts(t *testing.T) {
	w, _, rec := trade(t)
	w.Do(w.SME, "receivable.request-confirmation", rec, receivable.RequestArgs{})
	w.Do(w.Leader, "receivable.confirm", rec, receivable.ConfirmArgs{WaivesSetOff: true})
	type facts = verification.Facts
	for name, c := range map[string]struct {
		forge   func(f *facts)
		check   string
		verdict check.Verdict
		reason  verification.Reason
	}{
		"the signer is not registered":          {func(f *facts) { delete(f.Parties, w.Leader.USCC) }, "signatures", check.Fail, verification.SignerUnknown},
		"the key is not the signer's":           {func(f *facts) { f.Parties[w.Leader.USCC] = f.Parties[w.SME.USCC] }, "signatures", check.Fail, verification.KeyUnknown},
		"the key is another's under this ID":    {func(f *facts) { keyOf(f, w.Leader.USCC).JWK = keyOf(f, w.SME.USCC).JWK }, "signatures", check.Fail, verification.SignatureInvalid},
		"the key had ended":                     {func(f *facts) { keyOf(f, w.Leader.USCC).To = hourBefore(f) }, "signatures", check.Fail, verification.KeyNotValid},
		"the key had not begun":                 {func(f *facts) { keyOf(f, w.Leader.USCC).From = evidence.InstantOf(w.State.Now.Add(time.Hour)) }, "signatures", check.Fail, verification.KeyNotValid},
		"the key was revoked before":            {func(f *facts) { keyOf(f, w.Leader.USCC).Revoked = hourBefore(f) }, "signatures", check.Fail, verification.KeyNotValid},
		"a signature is another command's":      {func(f *facts) { swapSignature(t, f) }, "signatures", check.Fail, verification.SignatureInvalid},
		"the opening is another record's":       {func(f *facts) { f.Record.Opening = f.Order.Opening }, "commitment", check.Fail, verification.CommitmentMismatch},
		"the header commits to other terms":     {func(f *facts) { f.Record.Header.Terms = f.Order.Header.Terms }, "commitment", check.Fail, verification.CommitmentMismatch},
		"a command is missing":                  {func(f *facts) { f.Commands = f.Commands[:len(f.Commands)-1] }, "history", check.Fail, verification.HistoryBroken},
		"the creation is missing":               {func(f *facts) { f.Commands = f.Commands[1:] }, "history", check.Fail, verification.HistoryBroken},
		"the state is not what commands led to": {func(f *facts) { f.Order.Header.State = order.Attested }, "history", check.Fail, verification.HistoryBroken},
		"a signer has not the role":             {func(f *facts) { strip(f, w.Leader.USCC) }, "history", check.Fail, verification.HistoryBroken},
		"a countersignature saw other terms": {func(f *facts) {
			f.Commands = alter(f.Commands, "order.attest", func(s *evidence.Signed) { s.On = f.Record.Header.Terms })
		}, "countersignatures", check.Fail, verification.TermsChanged},
		"a countersignature names no terms": {func(f *facts) {
			f.Commands = alter(f.Commands, "receivable.confirm", func(s *evidence.Signed) { s.On = "" })
		}, "countersignatures", check.Fail, verification.TermsNotNamed},
		"the order is of other parties":      {func(f *facts) { f.Order.Terms.Buyer = w.SME2.USCC }, "order-match", check.Fail, verification.OrderMismatch},
		"the order was not attested":         {func(f *facts) { f.Commands = without(f.Commands, "order.attest") }, "order-attested", check.Fail, verification.OrderNotAttested},
		"the order is cancelled":             {func(f *facts) { f.Order.Header.State = order.Cancelled }, "order-state", check.Fail, verification.OrderCancelled},
		"nothing was accepted":               {func(f *facts) { f.Commands = without(f.Commands, "order.accept") }, "delivery", check.Fail, verification.NotAccepted},
		"more is invoiced than accepted":     {func(f *facts) { f.Order.Terms.Accepted = money.MustParse("599999.99") }, "delivery", check.Fail, verification.OverDelivery},
		"the invoice number has no form":     {func(f *facts) { f.Record.Terms.Invoice = "1" }, "invoice", check.Fail, verification.InvoiceForm},
		"the invoice is of another year":     {func(f *facts) { f.Record.Terms.Invoice = "25372000000000000001" }, "invoice", check.Fail, verification.InvoiceYear},
		"the confirmation lacks a signature": {func(f *facts) { f.Commands = without(f.Commands, "receivable.confirm") }, "confirmation", check.Fail, verification.ConfirmationUnsigned},
		"payments do not add up":             {func(f *facts) { f.Record.Terms.Outstanding = money.MustParse("1.00") }, "payments", check.Fail, verification.PaymentsMismatch},
		"it is due before it was issued":     {func(f *facts) { f.Record.Terms.Due = f.Record.Terms.Issued.AddDays(-1) }, "due", check.Fail, verification.DateOrder},
		"it is closed":                       {func(f *facts) { f.Record.Header.State = receivable.Closed }, "state", check.Fail, verification.RecordClosed},
		"the seller has another role":        {func(f *facts) { strip(f, w.SME.USCC) }, "seller-status", check.Fail, verification.PartyRoleMissing},
		"the buyer is unknown":               {func(f *facts) { delete(f.Parties, w.Leader.USCC) }, "buyer-status", check.Fail, verification.PartyUnknown},
		"the certificate runs too long": {func(f *facts) {
			f.Record.Terms.Instrument, f.Record.Terms.Due = receivable.Certificate, f.Record.Terms.Issued.AddDays(400)
		}, "certificate-term", check.Fail, verification.TermTooLong},
		"a large buyer takes long to pay":      {func(f *facts) { f.Record.Terms.Due = f.Record.Terms.Issued.AddDays(61) }, "payment-term", check.Warn, verification.TermLong},
		"the invoice was financed elsewhere":   {func(f *facts) { answer(f, duplicate.Invoice, duplicate.DuplicateFinanced) }, "duplicate-invoice", check.Fail, verification.DuplicateFinanced},
		"the invoice is registered elsewhere":  {func(f *facts) { answer(f, duplicate.Invoice, duplicate.DuplicateRegistered) }, "duplicate-invoice", check.Fail, verification.DuplicateRegistered},
		"the register does not know it":        {func(f *facts) { answer(f, duplicate.Invoice, duplicate.Unknown) }, "duplicate-invoice", check.Fail, verification.DocumentUnregistered},
		"the order was financed elsewhere":     {func(f *facts) { answer(f, duplicate.Document, duplicate.DuplicateFinanced) }, "duplicate-order", check.Fail, verification.DuplicateFinanced},
		"an equal, confirmed one was financed": {func(f *facts) { answer(f, duplicate.Composite, duplicate.DuplicateFinanced) }, "duplicate-composite", check.Warn, verification.DuplicateFinanced},
		"an equal, unconfirmed one was": {func(f *facts) {
			f.Record.Header.State = receivable.Registered
			answer(f, duplicate.Composite, duplicate.DuplicateFinanced)
		}, "duplicate-composite", check.Fail, verification.DuplicateFinanced},
		"goods flow tells of the delivery":   {func(f *facts) { f.Commands = without(f.Commands, "order.accept") }, "goods-flow", check.Fail, verification.NotAccepted},
		"contract flow tells of the order":   {func(f *facts) { f.Order.Header.State = order.Cancelled }, "contract-flow", check.Fail, verification.OrderCancelled},
		"invoice flow tells of the register": {func(f *facts) { answer(f, duplicate.Invoice, duplicate.DuplicateFinanced) }, "invoice-flow", check.Fail, verification.DuplicateFinanced},
	} {
		t.Run(name, func(t *testing.T) {
			f := w.Facts(rec, w.BankA)
			if v := verification.Judge(f); v.Verdict != check.Pass {
				t.Fatalf("before: %+v", v.Checks)
			}
			c.forge(&f)
			v := verification.Judge(f)
			want(t, v, c.check, c.verdict, c.reason)
			if v.Verdict == check.Pass {
				t.Error("the verdict is still pass")
			}
		})
	}
}

func keyOf(f *verification.Facts, u ident.USCC) *party.Key { return &f.Parties[u].Keys[0] }

func hourBefore(f *verification.Facts) *evidence.Instant {
	at := evidence.InstantOf(f.Commands[0].Position.Time.Add(-time.Hour))
	return &at
}

func strip(f *verification.Facts, u ident.USCC) {
	p := f.Parties[u]
	p.Roles = nil
	f.Parties[u] = p
}

func answer(f *verification.Facts, k duplicate.Kind, a duplicate.Answer) {
	for i := range f.Documents {
		if f.Documents[i].Token.Kind() == k {
			f.Documents[i].Answer = a
		}
	}
}

func without(all []*verification.Command, verb string) []*verification.Command {
	var kept []*verification.Command
	for _, c := range all {
		if c.Verb != verb {
			kept = append(kept, c)
		}
	}
	return kept
}

func alter(all []*verification.Command, verb string, change func(*evidence.Signed)) []*verification.Command {
	var changed []*verification.Command
	for _, c := range all {
		if c.Verb == verb {
			copied, signed := *c, *c.Signed
			change(&signed)
			copied.Signed = &signed
			c = &copied
		}
		changed = append(changed, c)
	}
	return changed
}

// swapSignature gives the first command the signature of the second one.
func swapSignature(t *testing.T, f *verification.Facts) {
	t.Helper()
	var none *verification.Memory
	a, b := f.Commands[0], f.Commands[2] // both signed by the seller
	forged, err := none.Read(a.JWS[:len(a.JWS)-86]+b.JWS[len(b.JWS)-86:], a.Result, a.Position)
	if err != nil {
		t.Fatal(err)
	}
	f.Commands[0] = forged
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

func TestACallerWithoutTheTermsLearnsNothingFromThem(t *testing.T) {
	w, _, rec := trade(t)
	g := verification.Gatherer{Source: w}
	f, err := g.Gather(context.Background(), rec, verification.Viewer{Party: w.BankB.USCC}, w.Now())
	if err != nil {
		t.Fatal(err)
	}
	v := verification.Judge(f)
	for _, name := range []string{"commitment", "seller-status", "order-attested", "delivery", "invoice", "confirmation", "due", "payments"} {
		want(t, v, name, check.Unknown, verification.NotDisclosed)
	}
	want(t, v, "signatures", check.Pass, "")
	want(t, v, "encumbrance", check.Pass, "")
	if v.Verdict != check.Unknown {
		t.Errorf("verdict %s", v.Verdict)
	}
	if len(f.Record.Header.Grants) != 0 {
		t.Error("another bank's grant is told")
	}
}

func TestAnInvoiceLookupTellsOnlyOfTheRegister(t *testing.T) {
	w, _, rec := trade(t)
	token := w.Header(rec).Tokens[0]
	look := func(token duplicate.Token) verification.Verification {
		g := verification.Gatherer{Source: w}
		f, err := g.Lookup(context.Background(), token, verification.Viewer{Party: w.BankB.USCC}, w.Now())
		if err != nil {
			t.Fatal(err)
		}
		return verification.Token(f)
	}
	t.Run("a registered invoice", func(t *testing.T) {
		v := look(token)
		if v.Duplicate.Answer != duplicate.DuplicateRegistered || v.Duplicate.Own || v.Duplicate.FirstRegistered == nil || v.Record != "" {
			t.Errorf("%+v", v)
		}
		for _, f := range v.Checks {
			if f.Check != "duplicate-invoice" && f.Check != "invoice-flow" && f.Verdict != check.Unknown {
				t.Errorf("%+v tells more than the register", f)
			}
		}
	})
	t.Run("an invoice that nobody registered", func(t *testing.T) {
		v := look(duplicate.Key(make([]byte, 32)).Invoice("26372000009999999999"))
		if v.Duplicate.Answer != duplicate.Unknown || v.Duplicate.FirstRegistered != nil || v.Verdict != check.Unknown {
			t.Errorf("%+v", v)
		}
	})
	t.Run("a financed invoice", func(t *testing.T) {
		w.Disburse(w.BankA, w.Reserve(w.BankA, rec, "100000.00"), "100000.00")
		v := look(token)
		want(t, v, "duplicate-invoice", check.Fail, verification.DuplicateFinanced)
		if v.Verdict != check.Fail {
			t.Errorf("verdict %s", v.Verdict)
		}
	})
}

func TestLiensNameNoHolder(t *testing.T) {
	w, _, rec := trade(t)
	w.Grant(rec, w.BankB)
	w.Reserve(w.BankB, rec, "100000.00")
	v := verification.Judge(w.Facts(rec, w.BankA))
	if len(v.Encumbrances) != 1 || v.Encumbrances[0].Own || v.Encumbrances[0].State != encumbrance.Reserved || v.Encumbrances[0].Until == nil {
		t.Errorf("%+v", v.Encumbrances)
	}
	if own := verification.Judge(w.Facts(rec, w.BankB)); !own.Encumbrances[0].Own {
		t.Errorf("%+v", own.Encumbrances)
	}
}

func TestGatheringRefusesOtherKinds(t *testing.T) {
	w, _, rec := trade(t)
	fin := w.Reserve(w.BankA, rec, "100000.00")
	g := verification.Gatherer{Source: w}
	if _, err := g.Gather(context.Background(), fin, w.Viewer(w.BankA), w.Now()); !errors.Is(err, verification.ErrKind) {
		t.Errorf("a financing: %v", err)
	}
	if _, err := g.Gather(context.Background(), "REC-x", w.Viewer(w.BankA), w.Now()); !errors.Is(err, verificationtest.ErrNotFound) {
		t.Errorf("nothing: %v", err)
	}
}

// restless is a source whose head moves with every look at it, and whose record does too as often as told.
type restless struct {
	*world
	rec   string
	heads uint64
	moves int
}

func (r *restless) Head(ctx context.Context) (verification.AsOf, error) {
	r.heads++
	h, err := r.world.Head(ctx)
	h.Block += r.heads
	return h, err
}

func (r *restless) Record(ctx context.Context, id string) (contract.Header, []byte, error) {
	if r.moves--; r.moves >= 0 && id == r.rec {
		r.Do(r.SME, "receivable.grant", id, contract.GrantArgs{To: r.BankA.USCC, Until: r.Today().AddDays(10)})
	}
	return r.world.Record(ctx, id)
}

func TestFactsAreThoseOfOneMoment(t *testing.T) {
	w, _, rec := trade(t)
	t.Run("a ledger that moves elsewhere does not disturb", func(t *testing.T) {
		g := verification.Gatherer{Source: &restless{world: w, rec: rec}}
		if _, err := g.Gather(context.Background(), rec, w.Viewer(w.BankA), w.Now()); err != nil {
			t.Error(err)
		}
	})
	t.Run("a record that keeps moving is an error", func(t *testing.T) {
		g := verification.Gatherer{Source: &restless{world: w, rec: rec, moves: 100}}
		if _, err := g.Gather(context.Background(), rec, w.Viewer(w.BankA), w.Now()); !errors.Is(err, verification.ErrMoving) {
			t.Errorf("%v", err)
		}
	})
	t.Run("memory follows the record's versions", func(t *testing.T) {
		memory, err := verification.NewMemory(100)
		if err != nil {
			t.Fatal(err)
		}
		g := verification.Gatherer{Source: w, Memory: memory}
		for range 3 {
			f, err := g.Gather(context.Background(), rec, w.Viewer(w.BankA), w.Now())
			if err != nil {
				t.Fatal(err)
			}
			v := verification.Judge(f)
			want(t, v, "history", check.Pass, "")
			want(t, v, "signatures", check.Pass, "")
			want(t, v, "commitment", check.Pass, "")
			if v.Version != w.Header(rec).Version {
				t.Errorf("version %d", v.Version)
			}
			w.Do(w.SME, "receivable.pay", rec, receivable.PayArgs{Amount: money.MustParse("1.00"), Date: w.Today(), Reference: "P"})
		}
	})
}
