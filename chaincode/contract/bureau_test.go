package contract_test

import (
	"slices"
	"testing"

	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/lifecycle"
)

// bureauKinds are the records of the subsidy, of its rules and of its money: where only a regulator signs, it is the bureau.
var bureauKinds = []string{"policy", "measure", "subsidy", "succession", "budget", "fund", "fund-report"}

// bureauAlone reports whether the finance bureau alone signs the verb.
func bureauAlone(v contract.Verb) bool {
	return slices.Contains(bureauKinds, v.Table.Kind) && !slices.ContainsFunc(v.Row.By, func(s lifecycle.Signer) bool { return s.Role != lifecycle.Regulator })
}

func TestOfTwoRegulatorsOnlyTheCharteredBureauMovesTheSubsidy(t *testing.T) {
	t.Parallel()
	m := matrix{newMatrixWorld(t), map[string]*world{}, map[string]string{}}
	other := contracttest.NewActor(4242, "BankBMSP", lifecycle.Regulator)
	m.base.Admit(other)
	for _, verb := range contract.Verbs() {
		if !bureauAlone(verb) {
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
