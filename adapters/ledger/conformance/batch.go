package conformance

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"decore/chaincode/contract"
)

func resultsInOrder(h *harness) {
	c := h.submit(
		command("a", put("k", "1")),
		command("b", do("refuse")),
		command("c", do("reject")),
		"{not a command",
		command("e", get("k")),
	)
	want := []contract.Status{contract.Accepted, contract.Refused, contract.Invalid, contract.Invalid, contract.Accepted}
	for i, r := range c.Results {
		h.equal(fmt.Sprintf("status of command %d", i), string(r.Status), string(want[i]))
	}
	h.equal("value that the last command saw", c.Results[4].Record, "1")
}

func nothingRecorded(h *harness) {
	before := h.head()
	c := h.submit(command("a", put("k", "1"), do("reject")))
	h.equal("transaction", c.Tx, "")
	h.equal("status", string(c.Results[0].Status), string(contract.Invalid))
	h.equal("value", h.value("k"), absent)
	h.equal("newest block", h.head().Hash, before.Hash)
}

func refusalRecorded(h *harness) {
	c := h.submit(command("a", do("refuse")))
	if c.Tx == "" {
		h.Fatal("a refusal made no transaction")
	}
	again := h.submit(command("a", do("refuse")))
	h.equal("transaction of the repeat", again.Tx, "")
	h.equal("status of the repeat", string(again.Results[0].Status), string(contract.Refused))
	for what, got := range map[string]contract.Result{"first": c.Results[0], "repeat": again.Results[0]} {
		if !slices.Equal(got.Reasons, against) {
			h.Errorf("reasons of the %s: %v", what, got.Reasons)
		}
	}
}

func failureLeavesNothing(h *harness) {
	h.one("before", put("k", "1"))
	before := h.head()
	_, err := h.try(
		command("a", put("k", "2"), Step{Do: "put private", Org: h.engine.Own, Key: "p", Value: "2"}, Step{Do: "event", Key: "e"}),
		command("b", do("fail")),
	)
	if err == nil {
		h.Fatal("the failing batch succeeded")
	}
	h.equal("value", h.value("k"), "1")
	private, err := h.ledger.Private(h.ctx, h.engine.Own, "p")
	h.check(err)
	h.equal("private value", string(private[0]), "")
	h.equal("newest block", h.head().Hash, before.Hash)
	h.equal("result of the same command later", h.one("a", get("k")), "1")
}

func openingsNeeded(h *harness) {
	before := h.head()
	_, err := h.try(command("a", put("k", "1"), Step{Do: "need openings", Key: "record-7"}))
	var needed *contract.OpeningsNeededError
	if !errors.As(err, &needed) {
		h.Fatalf("got %v, want OpeningsNeededError", err)
	}
	h.equal("records", strings.Join(needed.Records(), " "), "record-7")
	h.equal("value", h.value("k"), absent)
	h.equal("newest block", h.head().Hash, before.Hash)
}

func noOwnWrites(h *harness) {
	h.one("before", put("k", "old"))
	committed := Step{Do: "get committed", Key: "k"}
	h.equal("state in the transaction", h.one("a", put("k", "new"), committed), "old")
	h.equal("state in the next transaction", h.one("b", committed), "new")
}

func repeatedBatch(h *harness) {
	batch := []string{command("a", Step{Do: "add", Key: "n"}), command("b", Step{Do: "add", Key: "n"})}
	first := h.submit(batch...)
	again := h.submit(batch...)
	h.equal("transaction of the repeat", again.Tx, "")
	for i, r := range again.Results {
		h.equal("repeated result", r.Record, first.Results[i].Record)
		if !r.Repeated {
			h.Errorf("result %d is not marked as repeated", i)
		}
	}
	mixed := h.submit(batch[0], command("c", Step{Do: "add", Key: "n"}))
	h.equal("old result in a mixed batch", mixed.Results[0].Record, "1")
	h.equal("new result in a mixed batch", mixed.Results[1].Record, "3")
	h.equal("count", h.value("n"), "3")
}

func aboutTransaction(h *harness) {
	c := h.submit(command("a", do("about")))
	saw := strings.Fields(c.Results[0].Record)
	h.equal("transaction ID", saw[0], c.Tx)
	h.equal("time", saw[1], c.Time.UTC().Format(time.RFC3339Nano))
	t := h.block(c.Block).Transactions
	for i := range t {
		if t[i].ID == c.Tx {
			h.equal("caller", saw[2], t[i].Caller)
			return
		}
	}
	h.Fatalf("block %d does not hold transaction %s", c.Block, c.Tx)
}

func concurrentIncrements(h *harness) {
	const callers, each = 8, 5
	var group errgroup.Group
	for caller := range callers {
		group.Go(func() error {
			for i := range each {
				id := fmt.Sprintf("%d-%d", caller, i)
				if _, err := h.try(command(id, Step{Do: "add", Key: "n"})); err != nil {
					return err
				}
			}
			return nil
		})
	}
	h.check(group.Wait())
	h.equal("count", h.value("n"), strconv.Itoa(callers*each))
}

func concurrentRepeats(h *harness) {
	const callers = 8
	records := make([]string, callers)
	var group errgroup.Group
	for caller := range callers {
		group.Go(func() error {
			c, err := h.try(command("once", Step{Do: "add", Key: "n"}))
			if err == nil {
				records[caller] = c.Results[0].Record
			}
			return err
		})
	}
	h.check(group.Wait())
	for _, record := range records {
		h.equal("result", record, "1")
	}
	h.equal("count", h.value("n"), "1")
}
