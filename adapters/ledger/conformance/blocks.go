package conformance

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"decore/adapters/ledger"
	"decore/chaincode/contract"
)

// transaction returns a committed transaction from its block.
func (h *harness) transaction(c ledger.Commit) *ledger.Transaction {
	h.Helper()
	b := h.block(c.Block)
	for i := range b.Transactions {
		if b.Transactions[i].ID == c.Tx {
			return &b.Transactions[i]
		}
	}
	h.Fatalf("block %d does not hold transaction %s", c.Block, c.Tx)
	return nil
}

func blockContent(h *harness) {
	commands := []string{
		command("a", put("k2", "2"), put("k1", "0"), put("k1", "1"), Step{Do: "event", Key: "happened", Value: "to k"}),
		command("b", Step{Do: "put private", Org: h.engine.Own, Key: "p", Value: "secret"}),
	}
	c := h.submit(commands...)
	t := h.transaction(c)
	if !slices.Equal(t.Commands, commands) {
		h.Errorf("commands: got %q, want %q", t.Commands, commands)
	}
	if !slices.EqualFunc(t.Results, c.Results, contract.Result.Equal) {
		h.Errorf("results: got %v, want %v", t.Results, c.Results)
	}
	written := map[string]string{}
	for _, w := range t.Writes {
		written[w.Key] = string(w.Value)
	}
	h.equal("first value", written["k1"], "1")
	h.equal("second value", written["k2"], "2")
	if len(t.Private) != 1 || t.Private[0].Org != h.engine.Own {
		h.Errorf("private writes: %v", t.Private)
	}
	if t.Event == nil || t.Event.Name != "happened" || string(t.Event.Payload) != "to k" {
		h.Errorf("event: %v", t.Event)
	}
	if !t.Time.Equal(c.Time) {
		h.Errorf("time: got %v, want %v", t.Time, c.Time)
	}
}

func chain(h *harness) {
	h.puts("k", 5)
	head := h.head()
	hash := head.Hash
	for number := head.Number; number > 0 && number > head.Number-5; number-- {
		b := h.block(number)
		h.equal("hash of block "+strconv.FormatUint(number, 10), b.Hash, hash)
		if b.Number != number {
			h.Errorf("block %d says it is %d", number, b.Number)
		}
		hash = b.Previous
	}
}

func transactionByID(h *harness) {
	c := h.submit(command("a", put("k", "1")), command("b", do("refuse")))
	h.puts("later", 2)
	got, err := h.ledger.Transaction(h.ctx, c.Tx)
	h.check(err)
	if got.Tx != c.Tx || got.Block != c.Block || !got.Time.Equal(c.Time) || !slices.EqualFunc(got.Results, c.Results, contract.Result.Equal) {
		h.Errorf("got %v, want %v", got, c)
	}
}

func unknownNotFound(h *harness) {
	if _, err := h.ledger.Block(h.ctx, h.head().Number+1000); !errors.Is(err, ledger.ErrNotFound) {
		h.Errorf("block: got %v, want ErrNotFound", err)
	}
	for _, id := range []string{"", "0", "no such transaction"} {
		if _, err := h.ledger.Transaction(h.ctx, id); !errors.Is(err, ledger.ErrNotFound) {
			h.Errorf("transaction %q: got %v, want ErrNotFound", id, err)
		}
	}
}

var errEnough = errors.New("enough")

// follow collects the commands of n transactions from a block on, and checks that no block is left out.
func (h *harness) follow(from uint64, n int) ([]string, error) {
	var commands []string
	want := from
	err := h.ledger.Follow(h.ctx, from, func(b *ledger.Block) error {
		if b.Number != want {
			return errors.New("block " + strconv.FormatUint(b.Number, 10) + " came out of order")
		}
		want++
		for _, t := range b.Transactions {
			commands = append(commands, t.Commands...)
		}
		if len(commands) >= n {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return commands, err
}

func followLive(h *harness) {
	const before, after, followers = 3, 20, 3
	start := h.head().Number + 1
	h.puts("before", before)
	var group errgroup.Group
	got := make([][]string, followers)
	for i := range followers {
		group.Go(func() (err error) {
			got[i], err = h.follow(start, before+after)
			return err
		})
	}
	h.puts("after", after)
	h.check(group.Wait())
	for _, commands := range got {
		if len(commands) != before+after {
			h.Fatalf("%d commands, want %d", len(commands), before+after)
		}
		for i := range after {
			text := strconv.Itoa(i)
			h.equal("command", commands[before+i], command("after"+text, put("after", text)))
		}
	}
}

func followResume(h *harness) {
	var commits []ledger.Commit
	for i := range 5 {
		commits = append(commits, h.submit(command("k"+strconv.Itoa(i), put("k", strconv.Itoa(i)))))
	}
	for i, c := range commits {
		commands, err := h.follow(c.Block, len(commits)-i)
		h.check(err)
		if want := command("k"+strconv.Itoa(i), put("k", strconv.Itoa(i))); !slices.Contains(commands, want) {
			h.Errorf("from block %d: %q is missing in %q", c.Block, want, commands)
		}
	}
}

func followEnds(h *harness) {
	h.puts("k", 1)
	err := h.ledger.Follow(h.ctx, h.head().Number, func(*ledger.Block) error { return errEnough })
	if !errors.Is(err, errEnough) {
		h.Errorf("got %v, want the callback's error", err)
	}
	ctx, cancel := context.WithCancel(h.ctx)
	err = h.ledger.Follow(ctx, h.head().Number, func(*ledger.Block) error {
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		h.Errorf("got %v, want context.Canceled", err)
	}
}

func cancelledContext(h *harness) {
	before := h.head()
	ctx, cancel := context.WithCancel(h.ctx)
	cancel()
	_, err := h.ledger.Submit(ctx, contract.Batch{Commands: []string{command("a", put("k", "1"))}})
	if err == nil {
		h.Error("submitted under a context that is done")
	}
	h.equal("value", h.value("k"), absent)
	h.equal("newest block", h.head().Hash, before.Hash)
	if _, err := h.ledger.Get(ctx, "k"); err == nil {
		h.Error("read under a context that is done")
	}
}

func timesNeverGoBack(h *harness) {
	var last time.Time
	for i := range 5 {
		c := h.submit(command("k"+strconv.Itoa(i), put("k", strconv.Itoa(i))))
		if c.Time.Before(last) {
			h.Errorf("transaction at %v after one at %v", c.Time, last)
		}
		last = c.Time
		if now := h.ledger.Now(); now.Before(last.Add(-time.Minute)) {
			h.Errorf("the clock says %v after a transaction at %v", now, last)
		}
	}
}

func reopen(h *harness) {
	c := h.submit(command("a", put("k", "1"), Step{Do: "put private", Org: h.engine.Own, Key: "p", Value: "secret"}))
	head, b := h.head(), h.block(c.Block)
	h.check(h.ledger.Close())
	h.open()
	h.equal("newest block", h.head().Hash, head.Hash)
	h.equal("block", h.block(c.Block).Hash, b.Hash)
	h.equal("value", h.value("k"), "1")
	private, err := h.ledger.Private(h.ctx, h.engine.Own, "p")
	h.check(err)
	h.equal("private value", string(private[0]), "secret")
	again := h.submit(command("a", put("k", "1"), Step{Do: "put private", Org: h.engine.Own, Key: "p", Value: "secret"}))
	h.equal("transaction of the repeat", again.Tx, "")
	next := h.submit(command("b", put("k", "2")))
	h.equal("block before the next", h.block(next.Block).Previous, head.Hash)
}

func closedUnavailable(h *harness) {
	h.puts("k", 1)
	following := make(chan error, 1)
	started := make(chan struct{})
	go func() {
		first := true
		following <- h.ledger.Follow(h.ctx, 1, func(*ledger.Block) error {
			if first {
				close(started)
			}
			first = false
			return nil
		})
	}()
	<-started
	h.check(h.ledger.Close())
	h.check(h.ledger.Close())
	if err := <-following; !errors.Is(err, ledger.ErrUnavailable) {
		h.Errorf("follow: got %v, want ErrUnavailable", err)
	}
	if _, err := h.ledger.Submit(h.ctx, contract.Batch{Commands: []string{command("a")}}); !errors.Is(err, ledger.ErrUnavailable) {
		h.Errorf("submit: got %v, want ErrUnavailable", err)
	}
	if _, err := h.ledger.Get(h.ctx, "k"); !errors.Is(err, ledger.ErrUnavailable) {
		h.Errorf("get: got %v, want ErrUnavailable", err)
	}
}
