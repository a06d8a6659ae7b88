package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"decore/chaincode/ident"
)

// heirs is a ledger on which the supplier, with loans of both banks, was succeeded by its rival, with a loan of bank B.
type heirs struct {
	*world
	policy           string
	mine, theirs     string // claims of bank A and bank B on the supplier's loans
	own              string // the claim of bank B on its rival's
	loanMine         string
	loanTheirs, loan string // of the other claims
}

func newHeirs(t *testing.T) *heirs {
	w := &heirs{world: newWorld(t)}
	w.policy = w.subsidyPolicy()
	hold := func(borrower, bank ident.USCC, amount string) (loan, claim string) {
		loan = w.fixedAssetOf(borrower, bank, amount)
		return loan, w.act(bank, "/v1/subsidy/claims", w.holdBody(w.policy, loan)).ID
	}
	w.loanMine, w.mine = hold(supplier, bankA, "8000000.00")
	w.loanTheirs, w.theirs = hold(supplier, bankB, "3000000.00")
	w.loan, w.own = hold(rival, bankB, "1000000.00")
	w.succeed(supplier, rival, w.mine, w.theirs)
	w.later(100 * 24 * time.Hour)
	w.act(bankA, "/v1/subsidy/claims/"+w.mine+"/accrue", object{"through": w.days(0)})
	return w
}

func (w *heirs) succeed(old, heir ident.USCC, claims ...string) {
	w.Helper()
	w.act(bureau, "/v1/subsidy/successions", object{"policy": w.policy, "old": old, "heir": heir, "on": w.days(0), "document": "合并登记", "claims": claims})
}

func (w *heirs) statement(of ident.USCC) string {
	return "/v1/subsidy/accounts/" + string(of) + "/statement?policy=" + w.policy
}

// told reads a statement as verbs with whose claims they are on, in which nothing may be said that is in the list.
func (w *heirs) told(by, of ident.USCC, nothingOf ...string) string {
	w.Helper()
	r := w.get(by, w.statement(of))
	got := into[statement](w.world, r, http.StatusOK)
	for _, secret := range nothingOf {
		if strings.Contains(string(r.body), secret) {
			w.Errorf("%s reads %s in the statement of %s: %s", by, secret, of, r.body)
		}
	}
	names := map[string]string{w.mine: "mine", w.theirs: "theirs", w.own: "own", "": "all"}
	var story []string
	for _, e := range got.Entries {
		story = append(story, e.Verb+" "+names[e.Claim])
	}
	if got.Whole {
		story = append(story, "whole")
	}
	return strings.Join(story, ", ")
}

func TestAfterASuccessionEachReadsOfBothStatementsWhatItMayKnow(t *testing.T) {
	w := newHeirs(t)
	ofB := []string{w.theirs, w.loanTheirs, w.own, w.loan, string(bankB)}
	ofA := []string{w.mine, w.loanMine, string(bankA)}
	ofHeir := []string{w.own, w.loan, `"accrue"`}
	for _, v := range []struct {
		name      string
		by, of    ident.USCC
		want      string
		nothingOf []string
	}{
		{"the household that ended, its past and nothing of the heir", supplier, supplier, "hold mine, hold theirs, passed-out all, whole", ofHeir},
		{"the bureau, of who ended", bureau, supplier, "hold mine, hold theirs, passed-out all, whole", ofHeir},
		{"bank A, of who ended its own alone", bankA, supplier, "hold mine, passed-out all", append(ofB, `"accrue"`)},
		{"bank B, of who ended its own alone", bankB, supplier, "hold theirs, passed-out all", append(ofA, ofHeir...)},
		{"the heir, all that is in its account", rival, rival, "hold own, passed-in all, accrue mine, whole", nil},
		{"the bureau, of the heir", bureau, rival, "hold own, passed-in all, accrue mine, whole", nil},
		{"bank A, of the heir its own alone", bankA, rival, "passed-in all, accrue mine", ofB},
		{"bank B, of the heir its own alone", bankB, rival, "hold own, passed-in all", ofA},
	} {
		t.Run(v.name, func(t *testing.T) {
			if got := w.told(v.by, v.of, v.nothingOf...); got != v.want {
				t.Errorf("%q, want %q", got, v.want)
			}
		})
	}
	for _, v := range []struct{ by, of ident.USCC }{{supplier, rival}, {rival, supplier}, {spare, supplier}, {spare, rival}, {bankA, spare}} {
		w.refuse(http.StatusNotFound, "NOT_FOUND", w.get(v.by, w.statement(v.of)))
	}
}

func TestABanksOwnPartOfAPassageIsNotTheWhole(t *testing.T) {
	w := newHeirs(t)
	moved := map[ident.USCC]string{}
	for _, by := range []ident.USCC{bureau, bankA, bankB} {
		for _, e := range into[statement](w.world, w.get(by, w.statement(rival)), http.StatusOK).Entries {
			if e.Verb == "passed-in" {
				moved[by] = e.Held
			}
		}
	}
	if moved[bureau] != "334583.33" || moved[bankA] != "243333.33" || moved[bankB] != "91250.00" {
		t.Errorf("held by the passage: %v", moved)
	}
}

func TestOverTwoSuccessionsEveryPastStays(t *testing.T) {
	w := newHeirs(t)
	w.succeed(rival, spare, w.mine, w.theirs, w.own)
	ofB := []string{w.theirs, w.loanTheirs, w.own, w.loan, string(bankB)}
	for _, v := range []struct {
		by, of    ident.USCC
		want      string
		nothingOf []string
	}{
		{supplier, supplier, "hold mine, hold theirs, passed-out all, whole", []string{w.own, w.loan, string(spare)}},
		{rival, rival, "hold own, passed-in all, accrue mine, passed-out all, whole", nil},
		{spare, spare, "passed-in all, whole", nil},
		{bureau, rival, "hold own, passed-in all, accrue mine, passed-out all, whole", nil},
		{bankA, supplier, "hold mine, passed-out all", ofB},
		{bankA, spare, "passed-in all", ofB},
		{bankB, rival, "hold own, passed-in all, passed-out all", []string{w.mine, w.loanMine, string(bankA)}},
	} {
		if got := w.told(v.by, v.of, v.nothingOf...); got != v.want {
			t.Errorf("%s of %s: %q, want %q", v.by, v.of, got, v.want)
		}
	}
}

func TestASuccessionSaysWhichClaimIsNotTheHouseholds(t *testing.T) {
	w := newWorld(t)
	policy := w.subsidyPolicy()
	hold := func(borrower ident.USCC) string {
		return w.act(bankA, "/v1/subsidy/claims", w.holdBody(policy, w.fixedAssetOf(borrower, bankA, "1000000.00"))).ID
	}
	own, foreign := hold(supplier), hold(rival)
	for name, claims := range map[string][]string{"a claim of another": {own, foreign}, "a claim twice": {own, own}} {
		t.Run(name, func(t *testing.T) {
			p := w.refuse(http.StatusUnprocessableEntity, "FIELD_INVALID", w.post(bureau, "/v1/subsidy/successions", object{"policy": policy, "old": supplier, "heir": rival,
				"on": w.days(0), "document": "合并登记", "claims": claims}))
			if p.Field != "/claims/1" || p.Detail != "no claim in the account of the household that ended, or named twice" {
				t.Errorf("got %+v", p)
			}
		})
	}
}
