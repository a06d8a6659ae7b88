package server

import (
	"context"

	"decore/adapters/embedded"
	"decore/adapters/fabric"
	"decore/adapters/fabric/connection"
	"decore/adapters/ledger"
	"decore/chaincode/contract"
	"decore/gateway/consortium"
	"decore/gateway/submit"
)

// openLedger opens the ledger that the settings name, with the way of submitting that suits it.
func openLedger(ctx context.Context, cfg Config, plan consortium.Plan) (ledger.Ledger, submit.Options, error) {
	if cfg.Connection != "" {
		conn, err := connection.Read(cfg.Connection)
		if err != nil {
			return nil, submit.Options{}, err
		}
		client, err := fabric.Open(ctx, conn, fabric.Options{Log: cfg.Log, Clock: cfg.Clock})
		return client, submit.NetworkOptions(), err
	}
	engine, err := embedded.Open(embedded.Options{Dir: cfg.path("ledger"), Name: plan.Ledger, Run: contract.Submit,
		Orgs: plan.Orgs, Clock: cfg.Clock, Log: cfg.Log})
	return engine, submit.DefaultOptions(), err
}
