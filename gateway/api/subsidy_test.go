package api_test

import (
	"net/http"
	"sync"
	"testing"
)

type quotation struct {
	Eligible            bool
	Amount, Gross, Room string
	Reasons             []struct{ Code, Document string }
	LimitedBy           []string
}

func TestTheHouseholdsCapBindsAcrossBanks(t *testing.T) {
	w := newWorld(t)
	policy := w.subsidyPolicy()
	a, b := w.fixedAsset(bankA, "30000000.00"), w.fixedAsset(bankB, "40000000.00")
	q := into[quotation](w, w.post(bankA, "/v1/subsidy/quotes", w.holdBody(policy, a)), http.StatusOK)
	if !q.Eligible || q.Amount != "912500.00" || q.Room != "1500000.00" {
		t.Errorf("%+v", q)
	}
	claim := w.act(bankA, "/v1/subsidy/claims", w.holdBody(policy, a))
	q = into[quotation](w, w.post(bankB, "/v1/subsidy/quotes", w.holdBody(policy, b)), http.StatusOK)
	if q.Amount != "587500.00" {
		t.Errorf("after the first hold the second is quoted %+v", q)
	}
	w.act(bankB, "/v1/subsidy/claims", w.holdBody(policy, b))
	w.refuse(http.StatusConflict, "CLAIM_EXISTS", w.post(bankB, "/v1/subsidy/claims", w.holdBody(policy, b)))

	type account struct {
		Room   string
		Totals *struct{ Held string }
		Claims []record
	}
	path := "/v1/subsidy/accounts/" + string(supplier) + "?policy=" + policy
	if got := into[account](w, w.get(bureau, path), http.StatusOK); got.Totals == nil || got.Totals.Held != "1500000.00" || len(got.Claims) != 2 || got.Room != "0.00" {
		t.Errorf("the bureau sees %+v", got)
	}
	if got := into[account](w, w.get(bankA, path), http.StatusOK); got.Totals != nil || len(got.Claims) != 1 || got.Claims[0].ID != claim.ID || got.Room != "0.00" {
		t.Errorf("bank A sees %+v", got)
	}
	if got := into[account](w, w.get(supplier, path), http.StatusOK); got.Totals == nil || len(got.Claims) != 2 {
		t.Errorf("the household sees %+v", got)
	}
	w.refuse(http.StatusNotFound, "NOT_FOUND", w.get(rival, path))
	w.refuse(http.StatusUnprocessableEntity, "POLICY_UNKNOWN", w.get(bureau, "/v1/subsidy/accounts/"+string(supplier)+"?policy=none"))
}

func TestAWorkingCapitalLoanIsQuotedNothingWithItsReason(t *testing.T) {
	w := newWorld(t)
	policy := w.subsidyPolicy()
	rec := w.granted(w.receivable(w.delivered("1000000.00"), "600000.00"), bankA)
	fin := w.accepted(bankA, rec, "100000.00")
	w.disbursed(bankA, fin, "100000.00")
	q := into[quotation](w, w.post(bankA, "/v1/subsidy/quotes", w.holdBody(policy, fin)), http.StatusOK)
	if q.Eligible || q.Amount != "0.00" || len(q.Reasons) == 0 || q.Reasons[0].Code != "LOAN_TYPE_NOT_FIXED_ASSET" {
		t.Errorf("%+v", q)
	}
	p := w.refuse(http.StatusUnprocessableEntity, "LOAN_TYPE_NOT_FIXED_ASSET", w.post(bankA, "/v1/subsidy/claims", w.holdBody(policy, fin)))
	if p.Clause == "" {
		t.Errorf("no clause: %+v", p)
	}
	for _, bad := range []object{{"policy": policy}, {"policy": policy, "financing": fin, "loan": object{"id": "x"}}} {
		if r := w.post(bankA, "/v1/subsidy/quotes", bad); r.status != http.StatusUnprocessableEntity {
			t.Errorf("%v: %d %s", bad, r.status, r.body)
		}
	}
}

func TestTheLastYuanOfTheCapGoesToOneOfManyCallers(t *testing.T) {
	w := newWorld(t)
	policy := w.subsidyPolicy()
	w.act(bankA, "/v1/subsidy/claims", w.holdBody(policy, w.fixedAsset(bankA, "49999000.00")))
	const callers = 16
	loans := make([]string, callers)
	for i := range loans {
		loans[i] = w.fixedAsset(bankB, "40000000.00")
	}
	codes := make([]string, callers)
	var wait sync.WaitGroup
	for i := range loans {
		wait.Go(func() {
			r := w.post(bankB, "/v1/subsidy/claims", w.holdBody(policy, loans[i]))
			codes[i] = "accepted"
			if r.status != http.StatusCreated {
				codes[i] = r.problem().Code
			}
		})
	}
	wait.Wait()
	count := map[string]int{}
	for _, c := range codes {
		count[c]++
	}
	if count["accepted"] > 1 || count["accepted"]+count["PRINCIPAL_CAP_REACHED"]+count["AMOUNT_CAP_REACHED"] != callers {
		t.Errorf("outcomes: %v", count)
	}
}

func TestPoliciesAreVersionsOfData(t *testing.T) {
	w := newWorld(t)
	id := w.subsidyPolicy()
	p := into[object](w, w.get(supplier, "/v1/subsidy/policies/"+id), http.StatusOK)
	w.refuse(http.StatusConflict, "POLICY_VERSION", w.post(bureau, "/v1/subsidy/policies/"+id, p))
	p["version"], p["amountCap"] = 2, "2000000.00"
	w.act(bureau, "/v1/subsidy/policies/"+id, p)
	if got := into[object](w, w.get(supplier, "/v1/subsidy/policies/"+id+"?version=1"), http.StatusOK); got["amountCap"] != "1500000.00" {
		t.Errorf("version 1 changed: %v", got["amountCap"])
	}
	w.refuse(http.StatusNotFound, "NOT_FOUND", w.get(supplier, "/v1/subsidy/policies/"+id+"?version=9"))
	p["amountCap"] = "-1"
	w.refuse(http.StatusUnprocessableEntity, "POLICY_INVALID", w.post(bureau, "/v1/subsidy/policies/"+id, p))
	w.refuse(http.StatusUnprocessableEntity, "POLICY_INVALID", w.post(bureau, "/v1/subsidy/policies/other", p))
}

func TestAPolicyIsExpiredAfterItsLastDay(t *testing.T) {
	w := newWorld(t)
	id := w.subsidyPolicy()
	p := into[object](w, w.get(supplier, "/v1/subsidy/policies/"+id), http.StatusOK)
	p["version"], p["effectiveTo"] = 2, "2029-12-31"
	w.act(bureau, "/v1/subsidy/policies/"+id, p)
	for query, want := range map[string]string{"?on=2029-12-31": "in-force", "?on=2030-01-01": "expired", "?version=2": "in-force"} {
		if got := into[object](w, w.get(supplier, "/v1/subsidy/policies/"+id+query), http.StatusOK); got["status"] != want || got["effectiveTo"] != "2029-12-31" {
			t.Errorf("%s: %v, want %s", query, got["status"], want)
		}
	}
}

func TestABankThatMayNotKnowARoomIsToldWhatIsMissingAndNotWhetherTheHouseholdExists(t *testing.T) {
	w := newWorld(t)
	policy := w.subsidyPolicy()
	details := map[string]bool{}
	for _, household := range []string{string(supplier), "91370200990000308H"} {
		p := w.refuse(http.StatusNotFound, "NOT_FOUND", w.get(bankB, "/v1/subsidy/accounts/"+household+"?policy="+policy))
		details[p.Detail] = true
	}
	if len(details) != 1 || details[""] {
		t.Errorf("told %v", details)
	}
}
