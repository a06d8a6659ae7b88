package api_test

import (
	"net/http"
	"testing"
)

func TestTheWholePathThroughHTTP(t *testing.T) {
	w := newWorld(t)
	rec := w.granted(w.receivable(w.delivered("1000000.00"), "600000.00"), bankA, bankB)

	v := into[object](w, w.get(bankA, "/v1/receivables/"+rec+"/verification"), http.StatusOK)
	if v["verdict"] == "fail" {
		t.Errorf("a true trade verifies as %v", v)
	}
	fin := w.accepted(bankA, rec, "360000.00")
	w.disbursed(bankA, fin, "360000.00")

	second := w.accepted(bankB, rec, "100000.00")
	p := w.refuse(http.StatusConflict, "ENCUMBERED", w.post(bankB, "/v1/financings/"+second+"/reserve", object{"hours": 1}))
	if p.Position == nil || p.Command == "" {
		t.Errorf("a refusal on the ledger says where it stands: %+v", p)
	}

	w.act(bankA, "/v1/financings/"+fin+"/repay", object{"principal": "360000.00", "interest": "3465.00", "date": w.days(0), "reference": "RP1"})
	if done := w.act(bankA, "/v1/financings/"+fin+"/release", nil); done.State != "released" {
		t.Errorf("after release the financing is %s", done.State)
	}
	w.act(bankB, "/v1/financings/"+second+"/reserve", object{"hours": 1})
}
