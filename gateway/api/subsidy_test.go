package api_test

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

type quotation struct {
	Eligible            bool
	Amount, Gross, Room string
	Reasons, LimitedBy  []reasonBody
}

// reasonBody is a reason in the answer to a quote, or in a problem.
type reasonBody struct {
	Code, Title, Detail, Field, Fact, Ground, Document, Clause, Room string
}

// briefly lists codes, pointers and rooms.
func briefly(reasons []reasonBody) []string {
	var all []string
	for _, r := range reasons {
		all = append(all, strings.TrimSpace(r.Code+" "+r.Field+" "+r.Fact+" "+r.Room))
	}
	return all
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
	if got, want := briefly(q.LimitedBy), []string{"PRINCIPAL_CAP_REACHED /financing /principal 20000000.00", "AMOUNT_CAP_REACHED /financing /principal 587500.00"}; !slices.Equal(got, want) {
		t.Errorf("limited by %v, want %v", got, want)
	}
	if why := q.LimitedBy[1]; why.Detail != "587500.00 yuan of the cap on the subsidy are left" || why.Document != "财金〔2026〕4号" || why.Clause != "一、政策内容" {
		t.Errorf("got %+v", why)
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

func TestAllThatSpeaksAgainstALoanIsToldInQuoteClaimAndBatch(t *testing.T) {
	w := newWorld(t)
	policy := w.subsidyPolicy()
	w.act(bankA, "/v1/subsidy/claims", w.holdBody(policy, w.fixedAsset(bankA, "50000000.00")))
	body := w.holdBody(policy, w.fixedAsset(bankB, "1000000.00"))
	body["sizeClass"], body["private"], body["sector"], body["settlement"] = "large", false, "房地产", object{"everyMonths": 5, "day": 20}
	want := []reasonBody{
		{Code: "INVALID_FACTS", Field: "/settlement/everyMonths", Title: "贷款信息不合理", Detail: "须为 0 或能整除 12 的月数", Ground: "财金〔2026〕4号 资金使用与监督管理"},
		{Code: "NOT_SME", Field: "/sizeClass", Title: "借款人不属于中小微企业", Ground: "财金〔2026〕4号 一、(一)适用对象"},
		{Code: "NOT_PRIVATE", Field: "/private", Title: "借款人不属于民营企业", Ground: "财金〔2026〕4号 一、(一)适用对象"},
		{Code: "SECTOR_NOT_LISTED", Field: "/sector", Title: "行业领域不在政策支持范围内", Ground: "财金〔2026〕4号 一、政策内容"},
		{Code: "PRINCIPAL_CAP_REACHED", Field: "/financing", Fact: "/principal", Title: "单户贷款规模已达上限", Detail: "上限剩余 0.00 元", Ground: "财金〔2026〕4号 一、政策内容"},
		{Code: "AMOUNT_CAP_REACHED", Field: "/financing", Fact: "/principal", Title: "单户贴息金额已达上限", Detail: "上限剩余 0.00 元", Ground: "财金〔2026〕4号 一、政策内容"},
	}
	same := func(where string, got []reasonBody) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n%+v, want\n%+v", where, got, want)
		}
	}

	q := into[quotation](w, w.post(bankB, "/v1/subsidy/quotes", body, "Accept-Language", "zh"), http.StatusOK)
	for i := range q.Reasons {
		r := &q.Reasons[i]
		if r.Document+" "+r.Clause != r.Ground {
			t.Errorf("%s: %s %s is not %s", r.Code, r.Document, r.Clause, r.Ground)
		}
		if r.Room != "" {
			r.Detail = strings.NewReplacer("0.00 元（单户贷款规模剩余额度）", "上限剩余 0.00 元", "0.00 元（单户贴息剩余额度）", "上限剩余 0.00 元").Replace(r.Detail)
		}
		r.Document, r.Clause, r.Room = "", "", ""
	}
	same("quote", q.Reasons)

	tried := w.refuse(http.StatusUnprocessableEntity, "INVALID_FACTS", w.post(bankB, "/v1/subsidy/claims?dryRun=true", body, "Accept-Language", "zh"))
	same("dry run", tried.Reasons)
	refused := w.refuse(http.StatusUnprocessableEntity, "INVALID_FACTS", w.post(bankB, "/v1/subsidy/claims", body, "Accept-Language", "zh"))
	same("claim", refused.Reasons)
	if refused.Field != "/settlement/everyMonths" || refused.Clause != "财金〔2026〕4号 资金使用与监督管理" ||
		!strings.HasPrefix(refused.Detail, "贷款信息不合理（须为 0 或能整除 12 的月数）；借款人不属于中小微企业；") {
		t.Errorf("got %+v", refused)
	}

	items := object{"items": []object{{"verb": "hold", "args": body}}}
	many := into[struct{ Results []problemBatch }](w, w.post(bankB, "/v1/subsidy/claims/batch", items, "Accept-Language", "zh"), http.StatusOK)
	if len(many.Results) != 1 || many.Results[0].Code != "INVALID_FACTS" {
		t.Fatalf("got %+v", many)
	}
	for i, r := range want {
		want[i].Field = "/args" + r.Field // of the item
	}
	same("batch", many.Results[0].Reasons)
}

// problemBatch is what a batch answers of an item that is refused.
type problemBatch struct {
	Code    string
	Reasons []reasonBody
}

func TestEverySenselessFactOfAQuoteIsNamed(t *testing.T) {
	w := newWorld(t)
	policy := w.subsidyPolicy()
	q := into[quotation](w, w.post(supplier, "/v1/subsidy/quotes", object{"policy": policy, "household": supplier, "loan": object{
		"id": "X", "household": supplier, "bank": bankA, "type": "fixed-asset-loan", "sizeClass": "small", "private": true, "sector": "工业机器人", "principal": "0.00", "annualRate": "0.03",
		"disbursed": "2026-03-01", "maturity": "2026-02-01", "overdue": []object{{"from": "2026-01-01"}}, "repayments": []object{{"date": "2026-03-01", "principal": "1.00"}},
	}}), http.StatusOK)
	want := []string{"INVALID_FACTS /loan/principal", "INVALID_FACTS /loan/maturity", "INVALID_FACTS /loan/overdue/0/from", "INVALID_FACTS /loan/repayments", "OVERDUE /loan/overdue"}
	if got := briefly(q.Reasons); q.Eligible || !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if q.Reasons[0].Detail != "must be above 0.00" || q.Reasons[0].Title != "The loan's facts make no sense" {
		t.Errorf("got %+v", q.Reasons[0])
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
