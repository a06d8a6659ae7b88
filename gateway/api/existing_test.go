package api_test

import (
	"net/http"
	"testing"
	"time"
)

func TestALoanThatWasPaidOutBeforeIsRecordedConfirmedAndClaimed(t *testing.T) {
	w := newWorld(t)
	policy := w.subsidyPolicy()
	body := object{"applicant": supplier, "product": "fixed-asset-loan", "purpose": "冲压线", "amount": "8000000.00", "annualRate": "0.0345", "signed": "2026-01-05",
		"disbursed": "2026-01-08", "entrustedPaid": "2026-01-09", "maturity": "2028-01-08", "reference": "JK-1"}
	with := func(field string, value any) object {
		changed := object{}
		for k, v := range body {
			changed[k] = v
		}
		changed[field] = value
		return changed
	}
	const path = "/v1/financings/record"
	for field, c := range map[string]struct {
		value any
		code  string
		at    string
	}{
		"disbursed": {w.days(1), "DATE_IN_FUTURE", "/disbursed"}, "signed": {"2026-01-09", "DATE_ORDER", "/signed"},
		"product": {"factoring", "FIELD_INVALID", "/product"}, "applicant": {leader, "PARTY_ROLE_MISSING", "/applicant"},
	} {
		if r := w.post(bankA, path, with(field, c.value)); r.status != http.StatusUnprocessableEntity || r.problem().Code != c.code || r.problem().Field != c.at {
			t.Errorf("%s: %d %s", field, r.status, r.body)
		}
	}
	early := w.post(bankA, path, func() object { b := with("disbursed", "2025-12-31"); b["signed"] = "2025-12-31"; return b }())
	w.refuse(http.StatusUnprocessableEntity, "EXISTING_LOANS_CLOSED", early)
	w.refuse(http.StatusForbidden, "ROLE_NOT_PERMITTED", w.post(supplier, path, body))

	loan := w.act(bankA, path, body)
	if loan.State != "recorded" {
		t.Fatalf("%+v", loan)
	}
	at := "/v1/financings/" + loan.ID
	w.refuse(http.StatusNotFound, "RECORD_NOT_FOUND", w.get(bankB, at))
	w.refuse(http.StatusPreconditionRequired, "PRECONDITION_REQUIRED", w.post(supplier, at+"/confirm-record", object{}))
	w.refuse(http.StatusConflict, "WRONG_STATE", w.post(bankA, "/v1/subsidy/claims", w.holdBody(policy, loan.ID)))
	w.act(supplier, at+"/confirm-record", object{})
	w.refuse(http.StatusConflict, "REFERENCE_USED", w.post(bankA, path, body))

	type shown struct {
		State string
		Terms struct {
			Existing     struct{ RecordedOn, ConfirmedOn, Disbursed string }
			Disbursement struct{ Date, Reference string }
		}
	}
	got := into[shown](w, w.get(supplier, at), http.StatusOK)
	if e := got.Terms.Existing; got.State != "disbursed" || e.RecordedOn != w.days(0) || e.ConfirmedOn != w.days(0) || got.Terms.Disbursement.Date != "2026-01-08" {
		t.Errorf("the borrower sees %+v", got)
	}

	hold := w.holdBody(policy, loan.ID)
	hold["settlement"] = object{"everyMonths": 1, "day": 20}
	claim := w.act(bankA, "/v1/subsidy/claims", hold)
	w.later(31 * 24 * time.Hour)
	w.act(bankA, "/v1/subsidy/claims/"+claim.ID+"/accrue", object{"through": w.days(0)})
	w.refuse(http.StatusConflict, "NOTHING_TO_TOP_UP", w.post(bankA, "/v1/subsidy/claims/"+claim.ID+"/top-up", object{}))
	type booked struct {
		Terms struct {
			Loan  struct{ Recorded, EntrustedPaid string }
			Claim struct {
				Entries []struct {
					Lines []struct{ From string }
				}
			}
		}
	}
	c := into[booked](w, w.get(bankA, "/v1/subsidy/claims/"+claim.ID), http.StatusOK).Terms
	if c.Loan.Recorded != got.Terms.Existing.RecordedOn || c.Loan.EntrustedPaid != "2026-01-09" || len(c.Claim.Entries) != 2 || c.Claim.Entries[1].Lines[0].From != "2026-01-08" {
		t.Errorf("the claim has %+v", c)
	}
}
