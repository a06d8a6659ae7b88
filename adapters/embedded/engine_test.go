package embedded

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"decore/adapters/ledger"
	"decore/adapters/ledger/conformance"
	"decore/chaincode/contract"
)

const (
	bureau = "BureauMSP"
	bank   = "BankMSP"
)

func options(dir string) Options {
	return Options{
		Dir: dir, Run: conformance.Program, Orgs: []string{bureau, bank},
		Log: slog.New(slog.DiscardHandler), CheckBudget: time.Minute,
	}
}

func open(tb testing.TB, opts Options) *Engine {
	tb.Helper()
	e, err := Open(opts)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = e.Close() })
	return e
}

// batch is one command made of steps.
func batch(id string, steps ...conformance.Step) contract.Batch {
	raw, err := json.Marshal(conformance.Command{ID: id, Steps: steps})
	if err != nil {
		panic(err)
	}
	return contract.Batch{Commands: []string{string(raw)}}
}

func put(key, value string) conformance.Step {
	return conformance.Step{Do: "put", Key: key, Value: value}
}

func submit(tb testing.TB, e *Engine, b contract.Batch) ledger.Commit {
	tb.Helper()
	c, err := e.Submit(tb.Context(), b)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func closeIt(tb testing.TB, e *Engine) {
	tb.Helper()
	if err := e.Close(); err != nil {
		tb.Fatal(err)
	}
}

func verify(tb testing.TB, e *Engine) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := e.Verify(ctx, nil); err != nil {
		tb.Fatal(err)
	}
}

func TestConformance(t *testing.T) {
	conformance.Run(t, conformance.Engine{
		Own: bureau, Other: bank,
		Open: func(t *testing.T, place string) ledger.Ledger { return open(t, options(place)) },
	})
}
