// Package conformance is what every ledger engine must pass (账本一致性测试): the same scenarios over the
// port of package ledger, whether the engine is in process or a network.
package conformance

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"decore/adapters/ledger"
	"decore/chaincode/contract"
)

// Engine is an engine under test.
type Engine struct {
	// Open opens the ledger that lives in place, a folder of the test's own, and makes it on first use.
	// Opening the same place again after Close must find what was committed. The ledger runs Program.
	Open func(t *testing.T, place string) ledger.Ledger
	// Own is the client's organisation, to whose collection it is entitled.
	Own string
	// Other is another organisation of the channel, whose collection can be written to.
	Other string
}

// patience bounds a whole scenario; only a hanging engine meets it.
const patience = 2 * time.Minute

// Scenarios is how many ledgers Run needs.
func Scenarios() int { return len(scenarios) }

// Run runs all scenarios, each on a ledger of its own.
func Run(t *testing.T, engine Engine) {
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			h := &harness{T: t, ctx: ctx, engine: engine, place: t.TempDir()}
			h.open()
			defer func() { h.check(h.ledger.Close()) }()
			s.run(h)
		})
	}
}

var scenarios = []struct {
	name string
	run  func(*harness)
}{
	{"results come in the order of the commands", resultsInOrder},
	{"a batch in which nothing is recorded makes no transaction", nothingRecorded},
	{"a refusal is recorded", refusalRecorded},
	{"a failing batch leaves nothing", failureLeavesNothing},
	{"needed openings reach the caller", openingsNeeded},
	{"a dry run answers as the submission then does, and leaves nothing", dryRun},
	{"a dry run sees what is committed and its own writes", dryRunSees},
	{"a dry run fails as a submission does", dryRunFails},
	{"a dry run takes what several transactions would", dryRunOfMany},
	{"a transaction does not read its own writes from the state", noOwnWrites},
	{"the same batch again answers with the first results", repeatedBatch},
	{"the contract knows its transaction", aboutTransaction},
	{"concurrent increments lose none", concurrentIncrements},
	{"concurrent batches with one command record it once", concurrentRepeats},
	{"get answers in order with nil where absent", getInOrder},
	{"ranges have bounds, order and limit", ranges},
	{"keys of odd characters stay apart", oddKeys},
	{"the contract ranges over committed keys", contractRange},
	{"keys and values that not every engine can keep are refused", badWrites},
	{"private values are readable by the entitled only", privateValues},
	{"a private hash is the SHA-256 of the value for every peer", privateHashes},
	{"history tells every version, oldest first", history},
	{"a block holds what was submitted", blockContent},
	{"blocks are chained without gaps", chain},
	{"a transaction is found by its ID", transactionByID},
	{"unknown blocks and transactions are not found", unknownNotFound},
	{"follow delivers every block once and goes on live", followLive},
	{"follow resumes from any block", followResume},
	{"follow ends with its callback's error", followEnds},
	{"reads see whole transactions while others write", readsDuringWrites},
	{"a context that is done submits nothing", cancelledContext},
	{"times never go back", timesNeverGoBack},
	{"what was acknowledged is there after a restart", reopen},
	{"a closed ledger is unavailable", closedUnavailable},
}

// harness is one scenario's ledger and what scenarios have in common.
type harness struct {
	*testing.T
	ctx    context.Context
	engine Engine
	place  string
	ledger ledger.Ledger
}

func (h *harness) open() {
	h.Helper()
	h.ledger = h.engine.Open(h.T, h.place)
}

func (h *harness) check(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *harness) equal(what, got, want string) {
	h.Helper()
	if got != want {
		h.Errorf("%s: got %q, want %q", what, got, want)
	}
}

// command writes down a command.
func command(id string, steps ...Step) string {
	raw, err := json.Marshal(Command{ID: id, Steps: steps})
	if err != nil {
		panic(err) // strings and numbers always encode
	}
	return string(raw)
}

func put(key, value string) Step { return Step{Do: "put", Key: key, Value: value} }
func get(key string) Step        { return Step{Do: "get", Key: key} }
func do(what string) Step        { return Step{Do: what} }

// try submits commands as one batch until it is neither in conflict nor refused for a full queue.
func (h *harness) try(commands ...string) (ledger.Commit, error) {
	for {
		c, err := h.ledger.Submit(h.ctx, contract.Batch{Commands: commands})
		if !errors.Is(err, ledger.ErrConflict) && !errors.Is(err, ledger.ErrBusy) || h.ctx.Err() != nil {
			return c, err
		}
	}
}

func (h *harness) submit(commands ...string) ledger.Commit {
	h.Helper()
	c, err := h.try(commands...)
	h.check(err)
	if len(c.Results) != len(commands) {
		h.Fatalf("%d results for %d commands", len(c.Results), len(commands))
	}
	return c
}

// one submits one command with the given steps and returns what it saw.
func (h *harness) one(id string, steps ...Step) string {
	h.Helper()
	return h.submit(command(id, steps...)).Results[0].Record
}

func (h *harness) head() ledger.Head {
	h.Helper()
	head, err := h.ledger.Head(h.ctx)
	h.check(err)
	return head
}

func (h *harness) block(number uint64) *ledger.Block {
	h.Helper()
	b, err := h.ledger.Block(h.ctx, number)
	h.check(err)
	return b
}

// value returns a committed value, absent when there is none.
func (h *harness) value(key string) string {
	h.Helper()
	values, err := h.ledger.Get(h.ctx, key)
	h.check(err)
	if values[0] == nil {
		return absent
	}
	return string(values[0])
}

// puts submits n transactions, each of which writes its number to key.
func (h *harness) puts(key string, n int) {
	h.Helper()
	for i := range n {
		text := strconv.Itoa(i)
		h.submit(command(key+text, put(key, text)))
	}
}
