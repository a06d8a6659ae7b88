package api_test

import (
	"net/http"
	"testing"
)

// Over HTTP a loan whose claim was revoked as a mistake is claimed again, and counts once in what the bureau sees of the policy.
func TestALoanThatIsClaimedAgainCountsOnce(t *testing.T) {
	w := newWorld(t)
	policy, _, claims, _ := w.accruedFund()
	void := "/v1/subsidy/claims/" + claims[1]
	loan := into[struct {
		Terms struct{ Loan struct{ ID string } }
	}](w, w.get(bankA, void), http.StatusOK).Terms.Loan.ID
	w.refuse(http.StatusConflict, "CLAIM_EXISTS", w.post(bankA, "/v1/subsidy/claims", w.holdBody(policy, loan)))
	w.act(bureau, void+"/claw-back", object{"ground": "error", "reason": "登记差错"})
	next := "/v1/subsidy/claims/" + w.act(bankA, "/v1/subsidy/claims", w.holdBody(policy, loan)).ID
	w.act(bankA, next+"/accrue", object{"through": w.days(0)})
	w.act(bankA, next+"/restate", object{"otherSubsidy": "0.01", "reason": "区级贴息"})
	w.act(bankA, next+"/restate", object{"otherSubsidy": "0", "reason": "属另一笔贷款"})
	type usage struct {
		Principal, Accrued, TakenBack string
		Claims                        int
	}
	got := into[struct{ Items []usage }](w, w.get(bureau, "/v1/subsidy/usage?by=bank&policy="+policy), http.StatusOK).Items
	if len(got) != 2 || got[0] != (usage{"11000000.00", "18375.00", "1875.00", 2}) { // 5,000.00 and 107 days of 3 million
		t.Errorf("%+v", got)
	}
	months := into[struct{ Items []usage }](w, w.get(bureau, "/v1/subsidy/usage?by=month&policy="+policy), http.StatusOK).Items
	principal := map[string]int{}
	for _, m := range months {
		principal[m.Principal]++
	}
	if principal["9000000.00"] != 1 || principal["3000000.00"] != 1 || principal["0.00"] != len(months)-2 {
		t.Errorf("%+v", months)
	}
}
