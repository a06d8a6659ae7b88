package contract_test

import (
	"slices"
	"testing"

	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/financing"
	"decore/chaincode/receivable"
)

// sees reports whether a party's organisation holds the record's current terms.
func (w *world) sees(a *contracttest.Actor, id string) bool {
	w.T.Helper()
	return slices.Contains(w.Holders(id), a.Org)
}

// ever reports whether a party's organisation was ever written any terms of the record.
func (w *world) ever(a *contracttest.Actor, id string) bool {
	return w.State.Private[a.Org+"/"+id] != nil
}

func (w *world) dispute(rec string) {
	w.T.Helper()
	w.Do(w.Leader, "receivable.dispute", rec, receivable.DisputeArgs{Amount: yuan("1.00"), Reason: "late"})
}

func (w *world) revoke(rec string, bank *contracttest.Actor) {
	w.T.Helper()
	w.Do(w.SME, "receivable.revoke", rec, contract.RevokeArgs{To: bank.USCC})
}

func TestDisclosure(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	rec := base.registered()
	orderID := base.Header(rec).Parents[0]

	t.Run("a bank without a grant never receives a copy, of the receivable or its order", func(t *testing.T) {
		w := base.fork(t)
		w.grant(rec, w.BankA)
		w.dispute(rec)
		if !w.sees(w.BankA, rec) || !w.sees(w.BankA, orderID) {
			t.Error("the bank with a grant does not see them")
		}
		if w.ever(w.BankB, rec) || w.ever(w.BankB, orderID) {
			t.Error("the bank without one received a copy")
		}
	})
	t.Run("after a revocation later terms are not written for the bank, and those of others are", func(t *testing.T) {
		w := base.fork(t)
		w.grant(rec, w.BankA)
		w.grant(rec, w.BankB)
		w.revoke(rec, w.BankA)
		w.dispute(rec)
		w.Do(w.SME, "receivable.register", contracttest.NewID("REC"), w.registerArgs(w.deliveredOrder("5.00"), "5.00"))
		if w.sees(w.BankA, rec) || !w.sees(w.BankB, rec) {
			t.Errorf("held by %v", w.Holders(rec))
		}
		w.grant(rec, w.BankA)
		if !w.sees(w.BankA, rec) {
			t.Error("granted again, it does not see them")
		}
	})
	t.Run("revoking a receivable's grant ends the sight of its order, unless another grant stands", func(t *testing.T) {
		w := base.fork(t)
		w.grant(rec, w.BankA)
		w.Do(w.SME, "order.grant", orderID, contract.GrantArgs{To: w.BankA.USCC, Until: w.today()})
		w.revoke(rec, w.BankA)
		if !w.Header(orderID).Granted(w.BankA.USCC, w.today()) {
			t.Error("the order's own grant ended too")
		}
		w.Do(w.SME, "order.revoke", orderID, contract.RevokeArgs{To: w.BankA.USCC})
		if w.Header(orderID).Granted(w.BankA.USCC, w.today()) {
			t.Error("the order is still granted")
		}
		w.Refuse("GRANT_UNKNOWN", w.SME, "order.revoke", orderID, contract.RevokeArgs{To: w.BankA.USCC})
	})
	t.Run("a grant ends after its last day", func(t *testing.T) {
		w := base.fork(t)
		w.Do(w.SME, "receivable.grant", rec, contract.GrantArgs{To: w.BankA.USCC, Until: w.today()})
		w.Pass(14 * hour) // 23:00 in Shanghai
		fin := w.apply(w.BankA, rec, "100.00")
		w.Pass(hour)
		w.dispute(rec)
		if w.sees(w.BankA, rec) {
			t.Error("it sees what came after its last day")
		}
		w.Refuse("NOT_DISCLOSED", w.BankA, "financing.offer", fin, w.offer("100.00"))
		w.Refuse("NOT_DISCLOSED", w.SME, "financing.apply", contracttest.NewID("FIN"), w.application(w.BankA, "1.00", rec))
	})
	t.Run("while a bank holds a lien its grant cannot be revoked", func(t *testing.T) {
		w := base.fork(t)
		w.grant(rec, w.BankA)
		fin := w.accepted(w.BankA, rec, "100.00")
		w.Do(w.BankA, "financing.reserve", fin, financing.ReserveArgs{Hours: 1})
		w.Refuse("GRANT_IN_USE", w.SME, "receivable.revoke", rec, contract.RevokeArgs{To: w.BankA.USCC})
		w.Pass(2 * hour) // the reservation lapsed
		w.revoke(rec, w.BankA)
		w.Refuse("NOT_DISCLOSED", w.BankA, "financing.reserve", fin, financing.ReserveArgs{Hours: 1})
	})
	t.Run("who holds a lien keeps its sight past the grant's last day, and loses it with the lien", func(t *testing.T) {
		w := base.fork(t)
		w.Do(w.SME, "receivable.grant", rec, contract.GrantArgs{To: w.BankA.USCC, Until: w.today().AddDays(1)})
		fin := w.disbursed(w.BankA, rec, "100.00")
		w.Pass(5 * days)
		w.dispute(rec)
		w.grant(rec, w.BankB) // which drops grants that are over
		w.Do(w.BankA, "receivable.pay", rec, w.payment("10.00"))
		if !w.sees(w.BankA, rec) {
			t.Fatal("the holder of the lien lost its sight")
		}
		w.Do(w.BankA, "financing.repay", fin, w.repayment("100.00"))
		w.Do(w.BankA, "financing.release", fin, financing.NoArgs{})
		w.Do(w.SME, "receivable.pay", rec, w.payment("10.00"))
		if w.sees(w.BankA, rec) {
			t.Error("it still sees the record after its lien and its grant are over")
		}
	})
	t.Run("grants go to active banks, until a day to come, by the seller", func(t *testing.T) {
		w := base.fork(t)
		grant := func(to *contracttest.Actor, days int) contract.GrantArgs {
			return contract.GrantArgs{To: to.USCC, Until: w.today().AddDays(days)}
		}
		w.Refuse("PARTY_ROLE_MISSING", w.SME, "receivable.grant", rec, grant(w.Leader, 1))
		w.Refuse("PARTY_UNKNOWN", w.SME, "receivable.grant", rec, grant(newcomer, 1))
		w.Refuse("DATE_ORDER", w.SME, "receivable.grant", rec, grant(w.BankA, -1))
		w.Refuse("NOT_PERMITTED", w.SME2, "receivable.grant", rec, grant(w.BankA, 1))
		w.Do(w.Regulator, "party.suspend", string(w.BankA.USCC), reason(w, ""))
		w.Refuse("PARTY_NOT_ACTIVE", w.SME, "receivable.grant", rec, grant(w.BankA, 1))
	})
	t.Run("a grant given again is prolonged, not doubled", func(t *testing.T) {
		w := base.fork(t)
		for n := range 3 {
			w.Do(w.SME, "receivable.grant", rec, contract.GrantArgs{To: w.BankA.USCC, Until: w.today().AddDays(n)})
		}
		if g := w.Header(rec).Grants; len(g) != 1 || g[0].Until != w.today().AddDays(2) {
			t.Errorf("grants %+v", g)
		}
	})
	t.Run("financing terms are the applicant's and the lender's alone", func(t *testing.T) {
		w := base.fork(t)
		w.grant(rec, w.BankA)
		w.grant(rec, w.BankB)
		fin := w.apply(w.BankA, rec, "100.00")
		if got := w.Holders(fin); !slices.Equal(got, []string{"PlatformMSP", "BankAMSP"}) {
			t.Errorf("held by %v", got)
		}
	})
}
