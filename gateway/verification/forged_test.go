package verification_test

import (
	"testing"
	"time"

	"decore/chaincode/check"
	"decore/chaincode/duplicate"
	"decore/chaincode/evidence"
	"decore/chaincode/ident"
	"decore/chaincode/money"
	"decore/chaincode/order"
	"decore/chaincode/party"
	"decore/chaincode/receivable"
	"decore/gateway/verification"
)

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
