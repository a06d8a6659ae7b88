package embedded

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"decore/adapters/ledger"
	"decore/adapters/ledger/conformance"
	"decore/chaincode/contract"
)

// gate is a contract that stops at its first batch until it is let through.
type gate struct {
	entered, through chan struct{}
	first            bool
}

func newGate() *gate {
	return &gate{entered: make(chan struct{}), through: make(chan struct{}), first: true}
}

func (g *gate) run(s contract.State, b contract.Batch) (contract.Outcome, error) {
	if g.first {
		g.first = false
		close(g.entered)
		<-g.through
	}
	return conformance.Program(s, b)
}

// held opens an engine whose sequencer is held inside the batch "held", submitted under ctx.
func held(ctx context.Context, t *testing.T, opts Options) (*Engine, *gate, *errgroup.Group) {
	t.Helper()
	g := newGate()
	opts.Run = g.run
	e := open(t, opts)
	var group errgroup.Group
	group.Go(func() error {
		_, err := e.Submit(ctx, batch("held", put("held", "1")))
		return err
	})
	<-g.entered
	return e, g, &group
}

// untilQueued waits until n submissions wait.
func untilQueued(t *testing.T, e *Engine, n int) {
	t.Helper()
	for len(e.queue) < n {
		if t.Context().Err() != nil {
			t.Fatal("they never queued")
		}
		time.Sleep(time.Millisecond) // a channel's length cannot be waited for
	}
}

func TestSubmit(t *testing.T) {
	t.Run("batches that wait together share a block", func(t *testing.T) {
		e, g, group := held(t.Context(), t, options(t.TempDir()))
		const waiting = 50
		for i := range waiting {
			group.Go(func() error {
				_, err := e.Submit(t.Context(), batch(strconv.Itoa(i), conformance.Step{Do: "add", Key: "n"}))
				return err
			})
		}
		untilQueued(t, e, waiting)
		close(g.through)
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
		if blocks := e.views.head().Number; blocks >= waiting {
			t.Errorf("%d batches made %d blocks", waiting, blocks)
		}
		n, err := e.Get(t.Context(), "n")
		if err != nil || string(n[0]) != strconv.Itoa(waiting) {
			t.Errorf("counted %s, %v", n[0], err)
		}
		verify(t, e)
	})
	t.Run("a full queue is busy", func(t *testing.T) {
		opts := options(t.TempDir())
		opts.Queue = 1
		e, g, group := held(t.Context(), t, opts)
		group.Go(func() error {
			_, err := e.Submit(t.Context(), batch("a", put("k", "1")))
			return err
		})
		untilQueued(t, e, 1)
		if _, err := e.Submit(t.Context(), batch("b", put("k", "2"))); !errors.Is(err, ledger.ErrBusy) {
			t.Errorf("got %v, want ErrBusy", err)
		}
		close(g.through)
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
		submit(t, e, batch("b", put("k", "2")))
	})
	t.Run("who gives up while queued has submitted nothing", func(t *testing.T) {
		e, g, group := held(t.Context(), t, options(t.TempDir()))
		ctx, cancel := context.WithCancel(t.Context())
		var quitter errgroup.Group
		quitter.Go(func() error {
			_, err := e.Submit(ctx, batch("a", put("k", "1")))
			return err
		})
		untilQueued(t, e, 1)
		cancel()
		if err := quitter.Wait(); !errors.Is(err, context.Canceled) || errors.Is(err, ledger.ErrUnknown) {
			t.Errorf("got %v, want context.Canceled alone", err)
		}
		close(g.through)
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
		if values, err := e.Get(t.Context(), "k"); err != nil || values[0] != nil {
			t.Errorf("it was written: %s, %v", values, err)
		}
	})
	t.Run("who gives up later knows nothing", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		e, g, group := held(ctx, t, options(t.TempDir()))
		cancel()
		if err := group.Wait(); !errors.Is(err, ledger.ErrUnknown) || !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want ErrUnknown", err)
		}
		close(g.through)
		c := submit(t, e, batch("held", put("held", "1")))
		if !c.Results[0].Repeated {
			t.Error("the batch was not committed, yet was taken")
		}
	})
	t.Run("closing refuses who waits", func(t *testing.T) {
		e, g, group := held(t.Context(), t, options(t.TempDir()))
		var waiting errgroup.Group
		waiting.Go(func() error {
			_, err := e.Submit(t.Context(), batch("a", put("k", "1")))
			return err
		})
		untilQueued(t, e, 1)
		closed := make(chan error)
		go func() { closed <- e.Close() }()
		<-e.views.ended
		close(g.through)
		if err := <-closed; err != nil {
			t.Error(err)
		}
		if err := waiting.Wait(); !errors.Is(err, ledger.ErrUnavailable) {
			t.Errorf("the waiting one got %v, want ErrUnavailable", err)
		}
		if err := group.Wait(); !errors.Is(err, ledger.ErrUnavailable) {
			t.Errorf("the running one got %v, want ErrUnavailable", err)
		}
		e = open(t, options(e.opts.Dir))
		if e.views.head().Number != 0 {
			t.Error("a refused batch was written")
		}
	})
}

func TestFailingContract(t *testing.T) {
	t.Run("a panic fails its batch only", func(t *testing.T) {
		opts := options(t.TempDir())
		opts.Run = func(s contract.State, b contract.Batch) (contract.Outcome, error) {
			out, err := conformance.Program(s, b)
			if values, _ := s.Get("armed"); values[0] != nil {
				panic("a fault in the contract")
			}
			return out, err
		}
		e := open(t, opts)
		submit(t, e, batch("a", put("armed", "1")))
		if _, err := e.Submit(t.Context(), batch("b", put("k", "1"))); err == nil {
			t.Error("the batch succeeded")
		}
		if err := e.Health(t.Context()); err != nil {
			t.Error(err)
		}
		if head := e.views.head(); head.Number != 1 {
			t.Errorf("%d blocks, want 1", head.Number)
		}
	})
	t.Run("a store that gives up leaves its callers an answer", func(t *testing.T) {
		opts := options(t.TempDir())
		var e *Engine
		opts.Run = func(contract.State, contract.Batch) (contract.Outcome, error) {
			storeLogger{log: opts.Log, onFatal: e.giveUp}.Fatalf("no space left")
			return contract.Outcome{}, nil
		}
		e = open(t, opts)
		if _, err := e.Submit(t.Context(), batch("a")); !errors.Is(err, ledger.ErrUnknown) {
			t.Errorf("got %v, want ErrUnknown", err)
		}
		if _, err := e.Submit(t.Context(), batch("b")); !errors.Is(err, ledger.ErrUnavailable) {
			t.Errorf("later: got %v, want ErrUnavailable", err)
		}
		if err := e.Health(t.Context()); !errors.Is(err, ledger.ErrUnavailable) {
			t.Errorf("health: got %v, want ErrUnavailable", err)
		}
		closeIt(t, e)
	})
}

func TestSimulate(t *testing.T) {
	opts := options(t.TempDir())
	fixed := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	opts.Clock = func() time.Time { return fixed }
	e := open(t, opts)
	submit(t, e, batch("a", put("k1", "1"), put("k2", "2")))
	b := batch("b", conformance.Step{Do: "range", Key: "k", To: "l", Limit: 9}, conformance.Step{Do: "add", Key: "n"},
		conformance.Step{Do: "about"}, conformance.Step{Do: "put private", Org: bank, Key: "p", Value: "secret"})
	var first string
	for range 100 {
		out, writes, private, err := e.Simulate(t.Context(), b)
		if err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprint(out, writes, private)
		if first == "" {
			first = got
		}
		if got != first {
			t.Fatalf("two runs differ:\n%s\n%s", first, got)
		}
	}
	if head := e.views.head(); head.Number != 1 {
		t.Errorf("simulating wrote %d blocks", head.Number-1)
	}
	out, writes, private, err := e.Simulate(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	c := submit(t, e, b)
	block, err := e.Block(t.Context(), c.Block)
	if err != nil {
		t.Fatal(err)
	}
	tx := block.Transactions[0]
	if !reflect.DeepEqual(out.Results, c.Results) || !reflect.DeepEqual(writes, tx.Writes) || !reflect.DeepEqual(private, tx.Private) {
		t.Errorf("simulated %v %v %v, committed %v %v %v", out.Results, writes, private, c.Results, tx.Writes, tx.Private)
	}
}
