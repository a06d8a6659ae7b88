package fabric_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"decore/adapters/fabric"
	"decore/adapters/ledger"
	"decore/adapters/ledger/conformance"
	"decore/chaincode/contract"
	"decore/network/cluster"
	"decore/network/cluster/clustertest"
)

// TestFaults kills parts of a network under load and brings them back. One client goes on through all of it:
// whatever it was told, every command is on the ledger once, and it serves again once the part is back.
func TestFaults(t *testing.T) {
	for name, o := range map[string]cluster.Options{
		"raft":     {Orderers: 3},
		"SmartBFT": {BFT: true},
	} {
		t.Run(name, func(t *testing.T) {
			o.Orgs = []string{"platform", "bankA", "bureau"}
			n := clustertest.Up(t, o)
			name := deploySuite(t, n, 1)[0]
			c := open(t, n, "PlatformMSP", name)
			l := startLoad(t, c)
			for _, part := range []string{
				"peer.PlatformMSP", "peer.BureauMSP", suite + ".PlatformMSP", suite + ".BureauMSP", "the leader", "a follower",
			} {
				t.Run("without "+part, func(t *testing.T) { loseAndReturn(t, n, c, l, part) })
			}
			l.end()
			l.check(t, c)
		})
	}
}

// loseAndReturn kills a part, waits until the client knows, brings it back and waits until it serves.
func loseAndReturn(t *testing.T, n *cluster.Network, c *fabric.Client, l *load, part string) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	l.await(ctx, t, "commands before the fault")
	node := nodeOf(t, n, part)
	if err := n.Kill(ctx, node); err != nil {
		t.Fatal(err)
	}
	killed := time.Now()
	if strings.HasPrefix(node, "orderer") {
		l.await(ctx, t, "commands with one orderer less") // the others go on
	} else {
		until(ctx, t, "the fault to be seen", func() bool { return errors.Is(c.Health(ctx), ledger.ErrUnavailable) })
		t.Logf("health told the truth after %v", time.Since(killed))
	}
	if err := n.Start(ctx, node); err != nil {
		t.Fatal(err)
	}
	back := time.Now()
	until(ctx, t, "health", func() bool { return c.Health(ctx) == nil })
	l.await(ctx, t, "commands after the fault")
	t.Logf("served %v after the part was back", time.Since(back))
}

func nodeOf(t *testing.T, n *cluster.Network, part string) string {
	t.Helper()
	if part != "the leader" && part != "a follower" {
		return part
	}
	leader, err := n.Leader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, node := range n.Nodes() {
		if node.Kind == cluster.KindOrderer && (node.Name == leader) == (part == "the leader") {
			return node.Name
		}
	}
	t.Fatalf("no orderer is %s", part)
	return ""
}

func until(ctx context.Context, t *testing.T, what string, met func() bool) {
	t.Helper()
	for !met() {
		select {
		case <-ctx.Done():
			t.Fatalf("waited in vain for %s", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// load is a number of workers that each count a key of their own up, one command after the other.
type load struct {
	stop   context.CancelFunc
	group  errgroup.Group
	client *fabric.Client
	acked  [workers]atomic.Int64
	errs   atomic.Int64
}

const workers = 4

func startLoad(t *testing.T, c *fabric.Client) *load {
	ctx, stop := context.WithCancel(t.Context())
	l := &load{stop: stop, client: c}
	for w := range workers {
		l.group.Go(func() error {
			for ctx.Err() == nil {
				if err := l.count(ctx, w); err != nil {
					return err
				}
			}
			return nil
		})
	}
	t.Cleanup(l.end)
	return l
}

// count submits a command until it is acknowledged, as a gateway does, with a pause as its caller makes.
func (l *load) count(ctx context.Context, worker int) error {
	done := l.acked[worker].Load()
	for {
		_, err := l.client.Submit(context.WithoutCancel(ctx), addOne(worker, done))
		switch {
		case err == nil:
			l.acked[worker].Add(1)
			return nil
		case !passing(err):
			return fmt.Errorf("worker %d: %w", worker, err)
		}
		l.errs.Add(1)
		time.Sleep(20 * time.Millisecond)
	}
}

func addOne(worker int, number int64) contract.Batch {
	own := strconv.Itoa(worker)
	return batch(fmt.Sprintf("%d-%d", worker, number), conformance.Step{Do: "add", Key: "n" + own},
		conformance.Step{Do: "put private", Org: "BankAMSP", Key: "p" + own, Value: "v"})
}

func passing(err error) bool {
	for _, own := range []error{ledger.ErrBusy, ledger.ErrUnavailable, ledger.ErrUnknown, ledger.ErrConflict} {
		if errors.Is(err, own) {
			return true
		}
	}
	return false
}

// await waits until every worker had two more commands acknowledged: the second began after the call.
func (l *load) await(ctx context.Context, t *testing.T, what string) {
	t.Helper()
	for w := range workers {
		goal := l.acked[w].Load() + 2
		until(ctx, t, what, func() bool { return l.acked[w].Load() >= goal })
	}
}

func (l *load) end() { l.stop(); _ = l.group.Wait() }

// check compares the ledger with what was acknowledged.
func (l *load) check(t *testing.T, c *fabric.Client) {
	if err := l.group.Wait(); err != nil {
		t.Error(err)
	}
	seen := map[string]int{}
	head, err := c.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	errEnd := errors.New("end")
	err = c.Follow(t.Context(), 1, func(b *ledger.Block) error {
		for _, tx := range b.Transactions {
			for _, r := range tx.Results {
				seen[r.Command]++
			}
		}
		if b.Number == head.Number {
			return errEnd
		}
		return nil
	})
	if !errors.Is(err, errEnd) {
		t.Fatal(err)
	}
	for w := range workers {
		acked := l.acked[w].Load()
		values, err := c.Get(t.Context(), "n"+strconv.Itoa(w))
		if err != nil {
			t.Fatal(err)
		}
		if got := string(values[0]); got != strconv.FormatInt(acked, 10) {
			t.Errorf("worker %d: %s on the ledger, %d acknowledged", w, got, acked)
		}
		for number := range acked {
			if id := fmt.Sprintf("%d-%d", w, number); seen[id] != 1 {
				t.Errorf("command %s is in the blocks %d times", id, seen[id])
			}
		}
	}
	t.Logf("%d commands acknowledged, %d attempts failed", len(seen), l.errs.Load())
}
