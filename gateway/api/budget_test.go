package api_test

import (
	"net/http"
	"testing"
)

func TestABudgetIsOpenedOnceHoweverOftenItIsSent(t *testing.T) {
	w := newWorld(t)
	policy := w.subsidyPolicy()
	budget := func(document string) object {
		return object{"policy": policy, "bank": bankA, "year": 2026, "amount": "1000.00", "document": document}
	}
	const clicks = 6
	answers := make(chan response, clicks)
	for range clicks {
		go func() { answers <- w.post(bureau, "/v1/subsidy/budgets", budget("青财金〔2026〕9号")) }()
	}
	made, id := 0, ""
	for range clicks {
		r := <-answers
		if r.status != http.StatusCreated {
			w.refuse(http.StatusConflict, "BUDGET_EXISTS", r)
			continue
		}
		made, id = made+1, into[written](w, r, http.StatusCreated).ID
	}
	if made != 1 {
		t.Fatalf("%d were opened", made)
	}
	item := object{"verb": "open", "args": budget("青财金〔2026〕11号")}
	batch := into[batchAnswer](w, w.post(bureau, "/v1/subsidy/budgets/batch", object{"items": []object{item, item}}), http.StatusOK).Results
	if batch[0].Status != "accepted" || batch[1].Status != "invalid" || batch[1].Code != "BUDGET_EXISTS" {
		t.Errorf("twice in a batch: %+v", batch)
	}
	for _, query := range []string{"", "?dryRun=true"} {
		if p := w.refuse(http.StatusConflict, "BUDGET_EXISTS", w.post(bureau, "/v1/subsidy/budgets"+query, budget("青财金〔2026〕9号"))); p.Field != "/document" || p.Detail != id {
			t.Errorf("%+v", p)
		}
	}
	w.act(bureau, "/v1/subsidy/budgets", budget("青财金〔2026〕10号"))
	w.act(bureau, "/v1/subsidy/budgets/"+id+"/close", nil)
	w.act(bureau, "/v1/subsidy/budgets", budget("青财金〔2026〕9号"))
}
