package api_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// loanFacts is a loan that would be subsidised, as its facts.
func (w *world) loanFacts(sector any) object {
	return object{"id": "L1", "household": supplier, "bank": bankA, "type": "fixed-asset-loan", "sizeClass": "small", "private": true, "sector": sector,
		"principal": "1000000.00", "annualRate": "0.0385", "disbursed": w.days(0), "maturity": w.days(360)}
}

func TestAQuoteRefusesWhatItWouldNotCount(t *testing.T) {
	w := newWorld(t)
	policy, loan := w.subsidyPolicy(), w.fixedAsset(bankA, "1000000.00")
	hold := w.holdBody(policy, loan)
	facts := w.loanFacts(hold["sector"])
	quote := func(base object, more object) response {
		body := maps.Clone(base)
		maps.Copy(body, more)
		return w.post(bankA, "/v1/subsidy/quotes", body)
	}
	byFacts := object{"policy": policy, "loan": facts}
	if q := into[quotation](w, quote(byFacts, nil), http.StatusOK); !q.Eligible {
		t.Fatalf("got %+v", q)
	}
	for field, value := range map[string]any{
		"otherCentralSubsidy": true, "private": false, "sector": "房地产", "use": "投资理财", "sizeClass": "large", "otherSubsidy": "0.01", "entrustedPaid": w.days(0),
		"settlement": object{"everyMonths": 3, "day": 21}, "controller": "state",
	} {
		p := w.refuse(http.StatusUnprocessableEntity, "FIELD_INVALID", quote(byFacts, object{field: value}))
		if p.Field != "/"+field || p.Detail != "beside loan, this belongs into loan" {
			t.Errorf("%s: %+v", field, p)
		}
	}
	for _, c := range []struct {
		name                string
		base, more          object
		code, field, detail string
	}{
		{"both", byFacts, object{"financing": loan}, "FIELD_INVALID", "/loan", "give a loan or a financing, not both"},
		{"neither", object{"policy": policy}, nil, "FIELD_REQUIRED", "/loan", "give a loan or a financing"},
		{"a household beside a financing", hold, object{"household": supplier}, "FIELD_INVALID", "/household", "goes with loan; the loan's record says who borrowed"},
		{"two households", byFacts, object{"household": rival}, "FIELD_INVALID", "/household", "is another one than /loan/household"},
	} {
		if p := w.refuse(http.StatusUnprocessableEntity, c.code, quote(c.base, c.more)); p.Field != c.field || p.Detail != c.detail {
			t.Errorf("%s: %+v", c.name, p)
		}
	}
}

func TestAQuoteOfALoanThatHasAClaimSaysSo(t *testing.T) {
	w := newWorld(t)
	policy, loan := w.subsidyPolicy(), w.fixedAsset(bankA, "1000000.00")
	hold := w.holdBody(policy, loan)
	w.act(bankA, "/v1/subsidy/claims", hold)
	q := into[quotation](w, w.post(bankA, "/v1/subsidy/quotes", hold), http.StatusOK)
	if got := briefly(q.Reasons); q.Eligible || q.Amount != "0.00" || !slices.Equal(got, []string{"CLAIM_EXISTS /financing"}) {
		t.Errorf("eligible %t, %s for %q", q.Eligible, q.Amount, got)
	}
	other := w.holdBody(policy, w.fixedAsset(bankA, "1000000.00"))
	if q := into[quotation](w, w.post(bankA, "/v1/subsidy/quotes", other), http.StatusOK); !q.Eligible {
		t.Errorf("another loan: %+v", q)
	}
}

func TestAVoidClaimIsNotInTheWayOfAQuote(t *testing.T) {
	w := newWorld(t)
	policy := w.subsidyPolicy()
	for ground, eligible := range map[string]bool{"error": true, "ineligible": false} {
		hold := w.holdBody(policy, w.fixedAsset(bankA, "1000000.00"))
		claim := w.act(bankA, "/v1/subsidy/claims", hold)
		w.act(bureau, "/v1/subsidy/claims/"+claim.ID+"/claw-back", object{"ground": ground, "reason": "x"})
		if q := into[quotation](w, w.post(bankA, "/v1/subsidy/quotes", hold), http.StatusOK); q.Eligible != eligible {
			t.Errorf("revoked for %s: %+v", ground, q)
		}
	}
}

func TestAFactThatAQuoteLeavesOutIsToldOnce(t *testing.T) {
	w := newWorld(t)
	policy, loan := w.subsidyPolicy(), w.fixedAsset(bankA, "1000000.00")
	q := into[quotation](w, w.post(bankA, "/v1/subsidy/quotes", object{"policy": policy, "financing": loan}), http.StatusOK)
	if got := briefly(q.Reasons); !slices.Equal(got, []string{"INVALID_FACTS /sizeClass", "INVALID_FACTS /private", "INVALID_FACTS /sector"}) {
		t.Errorf("got %q", got)
	}
	for _, r := range q.Reasons {
		if !strings.HasPrefix(r.Detail, "must be ") || r.Ground == "" {
			t.Errorf("got %+v", r)
		}
	}
	body := w.holdBody(policy, loan)
	body["private"] = false
	q = into[quotation](w, w.post(bankA, "/v1/subsidy/quotes", body), http.StatusOK)
	if got := briefly(q.Reasons); !slices.Equal(got, []string{"NOT_PRIVATE /private"}) {
		t.Errorf("got %q", got)
	}
}

func TestABatchPointsIntoItsItemsWhoeverFindsTheFault(t *testing.T) {
	w := newWorld(t)
	policy := w.subsidyPolicy()
	claim := w.act(bankA, "/v1/subsidy/claims", w.holdBody(policy, w.fixedAsset(bankA, "1000000.00")))
	items := object{"items": []object{
		{"verb": "accrue", "id": claim.ID, "args": object{"through": "2026-02-30"}}, // the gateway
		{"verb": "accrue", "id": claim.ID, "args": object{"through": ""}},
		{"verb": "accrue", "id": claim.ID, "args": object{"through": w.days(1)}}, // the ledger
		{"verb": "fly", "id": claim.ID},
	}}
	answer := into[struct {
		Results []struct{ Status, Code, Field string }
	}](w, w.post(bankA, "/v1/subsidy/claims/batch", items), http.StatusOK)
	var got []string
	for _, r := range answer.Results {
		got = append(got, r.Status+" "+r.Code+" "+r.Field)
	}
	want := []string{"invalid DATE_INVALID /args/through", "invalid FIELD_REQUIRED /args/through", "refused DATE_IN_FUTURE /args/through", "invalid UNKNOWN_VERB /verb"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
