package contract_test

import (
	"slices"
	"testing"

	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/lifecycle"
)

// bureaus are the verbs that the finance bureau alone signs.
var bureaus = []string{
	"policy.publish", "measure.draft", "measure.publish", "measure.supersede", "measure.repeal",
	"subsidy.settle", "subsidy.claw-back", "succession.record", "budget.open", "budget.change", "budget.close",
	"fund.decline", "fund.allocate", "fund.settle", "fund.confirm-return", "fund.clear", "fund-report.accept", "fund-report.send-back",
}

func TestOfTwoRegulatorsOnlyTheCharteredBureauMovesTheSubsidy(t *testing.T) {
	t.Parallel()
	m := matrix{newMatrixWorld(t), map[string]*world{}, map[string]string{}}
	other := contracttest.NewActor(4242, "BankBMSP", lifecycle.Regulator)
	m.base.Admit(other)
	for _, verb := range contract.Verbs() {
		if !slices.Contains(bureaus, verb.Name) {
			continue
		}
		t.Run(verb.Name, func(t *testing.T) {
			w, id := m.ready(t, verb, verb.Row.From[0])
			args := sample[verb.Name](w, id)
			if r := w.fork(t).Try(other, verb.Name, id, args); r.Status != contract.Refused || r.Code != "NOT_PERMITTED" || r.Field != "/party" {
				t.Errorf("another regulator: got %+v", r)
			}
			if r := w.Try(w.Regulator, verb.Name, id, args); r.Status != contract.Accepted {
				t.Errorf("the bureau: got %+v", r)
			}
		})
	}
}
