package verification_test

import (
	"testing"

	"decore/chaincode/check"
	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/evidence"
	"decore/chaincode/money"
	"decore/chaincode/receivable"
	"decore/gateway/verification"
)

// split puts two parts in the place of a receivable; each is disclosed as the whole was.
func split(w *world, rec, first, second string) (a, b string) {
	a, b = contracttest.NewID("REC"), contracttest.NewID("REC")
	w.Do(w.SME, "receivable.split", rec, receivable.SplitArgs{Children: []receivable.Part{{ID: a, Amount: money.MustParse(first)}, {ID: b, Amount: money.MustParse(second)}}})
	return a, b
}

func confirmed(t testing.TB) (w *world, rec string) {
	w, _, rec = trade(t)
	w.Do(w.SME, "receivable.request-confirmation", rec, receivable.RequestArgs{})
	w.Do(w.Leader, "receivable.confirm", rec, receivable.ConfirmArgs{WaivesSetOff: true})
	return w, rec
}

// total is the amount of the receivable of trade.
func total(w *world, rec string) money.Amount {
	var t receivable.Terms
	w.Terms(rec, &t)
	return t.Amount
}

func TestAPartOfAConfirmedReceivablePassesAsTheWholeDid(t *testing.T) {
	w, rec := confirmed(t)
	all := total(w, rec)
	some := money.MustParse("100.00")
	a, b := split(w, rec, some.String(), all.Sub(some).String())
	for _, id := range []string{a, b} {
		v := verification.Judge(w.Facts(id, w.BankA))
		for _, name := range []string{"history", "signatures", "confirmation", "payments", "order-match", "duplicate-invoice"} {
			want(t, v, name, check.Pass, "")
		}
		if v.State != receivable.Confirmed {
			t.Errorf("a part is %s", v.State)
		}
	}
	want(t, verification.Judge(w.Facts(rec, w.BankA)), "state", check.Fail, verification.RecordSplit)
	want(t, verification.Judge(w.Facts(rec, w.BankA)), "payments", check.Pass, "")
	half := all.Sub(some).Sub(some)
	c, _ := split(w, b, some.String(), half.String()) // a part of a part, about which there was no other command
	want(t, verification.Judge(w.Facts(c, w.BankA)), "history", check.Pass, "")
	want(t, verification.Judge(w.Facts(c, w.BankA)), "confirmation", check.Pass, "")

	f := w.Facts(c, w.BankA)
	f.Record.Header.State = receivable.Registered
	want(t, verification.Judge(f), "history", check.Fail, verification.HistoryBroken)
	f = w.Facts(c, w.BankA)
	f.Commands = without(f.Commands, "receivable.split")
	want(t, verification.Judge(f), "history", check.Fail, verification.HistoryBroken)
}

func TestATransferredReceivableSaysWhoseItIs(t *testing.T) {
	w, rec := confirmed(t)
	w.Do(w.SME, "receivable.transfer", rec, receivable.TransferArgs{To: w.SME2.USCC})
	want(t, verification.Judge(w.Facts(rec, w.BankA)), "transfer", check.Warn, verification.TransferPending)
	w.Do(w.SME2, "receivable.accept-transfer", rec, receivable.AnswerArgs{})
	w.Do(w.SME2, "receivable.grant", rec, contract.GrantArgs{To: w.BankA.USCC, Until: w.Today().AddDays(100)})
	v := verification.Judge(w.Facts(rec, w.BankA))
	for _, name := range []string{"history", "signatures", "creditor-status", "order-match", "confirmation"} {
		want(t, v, name, check.Pass, "")
	}
	f := w.Facts(rec, w.BankA)
	delete(f.Parties, w.SME2.USCC)
	want(t, verification.Judge(f), "creditor-status", check.Fail, verification.PartyUnknown)
}

func TestADilutedReceivableWarns(t *testing.T) {
	w, rec := confirmed(t)
	w.Do(w.SME, "receivable.dilute", rec, receivable.DiluteArgs{CreditNote: "CN-1", Amount: money.MustParse("1.00"), Date: w.Today()})
	v := verification.Judge(w.Facts(rec, w.BankA))
	want(t, v, "dilution", check.Warn, verification.Reduced)
	want(t, v, "payments", check.Pass, "")
	f := w.Facts(rec, w.BankA)
	f.Record.Terms.Reductions = nil
	f.Record.Header.Terms = evidence.Commit([]byte("x"))
	want(t, verification.Judge(f), "payments", check.Fail, verification.PaymentsMismatch)
}

// Each step must be that of who held the claim at its time.
func TestTheHistoryOfAPartFollowsEachCreditor(t *testing.T) {
	w, rec := confirmed(t)
	some := money.MustParse("100.00")
	_, b := split(w, rec, some.String(), total(w, rec).Sub(some).String())
	w.Do(w.SME, "receivable.transfer", b, receivable.TransferArgs{To: w.SME2.USCC})
	w.Do(w.SME2, "receivable.accept-transfer", b, receivable.AnswerArgs{})
	grant := contract.GrantArgs{To: w.BankA.USCC, Until: w.Today().AddDays(100)}
	w.Do(w.SME2, "receivable.grant", b, grant)
	again := receivable.SplitArgs{Children: []receivable.Part{{ID: contracttest.NewID("REC"), Amount: some},
		{ID: contracttest.NewID("REC"), Amount: total(w, b).Sub(some)}}}
	w.Do(w.SME2, "receivable.split", b, again)
	part := again.Children[1].ID
	w.Do(w.SME2, "receivable.grant", part, grant)
	for _, id := range []string{b, part} {
		want(t, verification.Judge(w.Facts(id, w.BankA)), "history", check.Pass, "")
	}
	// Without the acceptance neither the split nor the grant was its signer's to make.
	f := w.Facts(part, w.BankA)
	f.Commands = without(f.Commands, "receivable.accept-transfer")
	want(t, verification.Judge(f), "history", check.Fail, verification.HistoryBroken)
	// Nor is what the terms say of the creditor believed against the commands.
	f = w.Facts(part, w.BankA)
	terms := *f.Record.Terms
	terms.Creditor = w.SME.USCC
	f.Record.Terms = &terms
	want(t, verification.Judge(f), "history", check.Fail, verification.HistoryBroken)
}
