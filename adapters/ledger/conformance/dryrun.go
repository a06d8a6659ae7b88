package conformance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"decore/adapters/ledger"
	"decore/chaincode/contract"
)

// tried is what a dry run of commands answers; it must leave the newest block as it is.
func (h *harness) tried(commands ...string) []contract.Result {
	h.Helper()
	before := h.head()
	out, err := h.ledger.DryRun(h.ctx, contract.Batch{Commands: commands})
	h.check(err)
	h.equal("newest block after a dry run", h.head().Hash, before.Hash)
	return out.Results
}

func dryRun(h *harness) {
	h.one("before", put("k", "0"))
	batch := []string{
		command("a", put("k", "1"), Step{Do: "put private", Org: h.engine.Own, Key: "p", Value: "secret"}, Step{Do: "event", Key: "e", Value: "x"}, get("k")),
		command("b", do("refuse")),
		command("c", do("reject")),
		"{not a command",
		command("before", put("k", "9")),
	}
	first := h.tried(batch...)
	h.equal("value", h.value("k"), "0")
	private, err := h.ledger.Private(h.ctx, h.engine.Own, "p")
	h.check(err)
	h.equal("private value", string(private[0]), "")
	if again := h.tried(batch...); !slices.EqualFunc(again, first, contract.Result.Equal) {
		h.Errorf("tried again: got %v, want %v", again, first)
	}
	if c := h.submit(batch...); !slices.EqualFunc(c.Results, first, contract.Result.Equal) {
		h.Errorf("submitted: got %v, tried: %v", c.Results, first)
	}
	for i, r := range h.tried(batch...) {
		if repeated := i != 2 && i != 3; r.Repeated != repeated {
			h.Errorf("tried once more, result %d is a repeat: %v", i, r.Repeated)
		}
	}
}

func dryRunSees(h *harness) {
	h.one("first", put("k", "old"), Step{Do: "put private", Org: h.engine.Own, Key: "p", Value: "v"})
	committed := Step{Do: "get committed", Key: "k"}
	results := h.tried(
		command("a", put("k", "new"), get("k"), committed),
		command("b", get("k"), Step{Do: "range", Key: "k", To: "l", Limit: 9}),
		command("c", Step{Do: "private hash", Org: h.engine.Own, Key: "p"}),
	)
	h.equal("its own write and the state", results[0].Record, "new old")
	h.equal("an earlier command's write and a range", results[1].Record, "new k=old")
	h.equal("private hash", results[2].Record, h.one("hash", Step{Do: "private hash", Org: h.engine.Own, Key: "p"}))
}

func dryRunFails(h *harness) {
	before := h.head()
	try := func(ctx context.Context, what string) error {
		_, err := h.ledger.DryRun(ctx, contract.Batch{Commands: []string{command("a", put("k", "1"), Step{Do: what, Key: "record-7"})}})
		if err == nil {
			h.Errorf("a dry run whose command must %s succeeded", what)
		}
		return err
	}
	var needed *contract.OpeningsNeededError
	if err := try(h.ctx, "need openings"); !errors.As(err, &needed) || needed.Records()[0] != "record-7" {
		h.Errorf("got %v, want OpeningsNeededError", err)
	}
	if err := try(h.ctx, "fail"); errors.Is(err, ledger.ErrUnavailable) || errors.Is(err, ledger.ErrUnknown) {
		h.Errorf("the contract's own failure is told as the ledger's: %v", err)
	}
	ctx, cancel := context.WithCancel(h.ctx)
	cancel()
	_ = try(ctx, "about")
	h.equal("newest block", h.head().Hash, before.Hash)
	h.check(h.ledger.Close())
	if err := try(h.ctx, "about"); !errors.Is(err, ledger.ErrUnavailable) {
		h.Errorf("closed: got %v, want ErrUnavailable", err)
	}
}

func dryRunOfMany(h *harness) {
	many := make([]string, contract.MaxTrial)
	for i := range many {
		many[i] = command(fmt.Sprintf("%026d", i), Step{Do: "add", Key: "n"})
	}
	for i, r := range h.tried(many...) {
		if r.Record != strconv.Itoa(i+1) {
			h.Fatalf("command %d counted to %q", i, r.Record)
		}
	}
	h.equal("count", h.value("n"), absent)
}
