package server

import (
	"context"

	"decore/adapters/embedded"
	"decore/adapters/ledger"
	"decore/chaincode/contract"
	"decore/gateway/consortium"
	"decore/gateway/submit"
)

// openLedger opens the ledger that the settings name, with the way of submitting that suits it.
func openLedger(_ context.Context, cfg Config, plan consortium.Plan) (ledger.Ledger, submit.Options, error) {
	engine, err := embedded.Open(embedded.Options{Dir: cfg.path("ledger"), Name: plan.Ledger, Run: contract.Submit,
		Orgs: plan.Orgs, Clock: cfg.Clock, Log: cfg.Log})
	return engine, submit.DefaultOptions(), err
}
