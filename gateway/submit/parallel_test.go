package submit_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"decore/adapters/ledger"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/financing"
	"decore/gateway/gatewaytest"
	"decore/gateway/submit"
)

// network is a ledger that keeps batches under way until it is told to go on, as a far one does.
type network struct {
	ledger.Ledger
	mu       sync.Mutex
	under    [][]string // subjects of the batches under way
	most     int        // of them at once
	overlaps []string
	arrived  chan int // how many are under way, at each arrival
	goOn     chan struct{}
	conflict int // batches still to be answered with a conflict
	sizes    []int
}

func newNetwork(l ledger.Ledger) *network {
	return &network{Ledger: l, arrived: make(chan int, 1000), goOn: make(chan struct{})}
}

func subjects(b contract.Batch) []string {
	var all []string
	for _, jws := range b.Commands {
		if cmd, err := evidence.Parse(jws); err == nil {
			all = append(all, cmd.Subject)
		}
	}
	return all
}

func (n *network) Submit(ctx context.Context, b contract.Batch) (ledger.Commit, error) {
	mine := subjects(b)
	n.mu.Lock()
	for _, others := range n.under {
		for _, s := range mine {
			if slices.Contains(others, s) {
				n.overlaps = append(n.overlaps, s)
			}
		}
	}
	n.under = append(n.under, mine)
	n.most = max(n.most, len(n.under))
	n.sizes = append(n.sizes, len(mine))
	conflict := n.conflict > 0
	n.conflict--
	n.arrived <- len(n.under)
	n.mu.Unlock()
	select {
	case <-n.goOn:
	case <-ctx.Done():
	}
	n.mu.Lock()
	n.under = slices.DeleteFunc(n.under, func(other []string) bool { return slices.Equal(other, mine) })
	n.mu.Unlock()
	if conflict {
		return ledger.Commit{}, fmt.Errorf("%w: for the test", ledger.ErrConflict)
	}
	return n.Ledger.Submit(ctx, b)
}

func parallel(t *testing.T, w *gatewaytest.World) (*submit.Submitter, *network) {
	t.Helper()
	n := newNetwork(w.Ledger)
	s := submit.New(n, submit.Options{Queue: 4096, Parallel: 3, Attempts: 4})
	t.Cleanup(s.Close)
	return s, n
}

// all submits the commands at once, each as a caller of its own, and returns a function that waits for the answers.
func all(t *testing.T, s *submit.Submitter, commands []submit.Signed) (wait func()) {
	var callers sync.WaitGroup
	for _, c := range commands {
		callers.Go(func() {
			if a, err := s.One(t.Context(), c); err != nil || a.Status != contract.Accepted {
				t.Errorf("%v %+v", err, a.Result)
			}
		})
	}
	return callers.Wait
}

func TestBatchesAreUnderWaySideBySide(t *testing.T) {
	w := gatewaytest.New(t, nil)
	s, n := parallel(t, w)
	var waits []func()
	for i := range 3 { // none of them is answered yet
		signed, _ := w.Sign(gatewaytest.SME, "order.create", "", w.OrderArgs("1.00"))
		waits = append(waits, all(t, s, []submit.Signed{signed}))
		if under := <-n.arrived; under != i+1 {
			t.Errorf("%d batches are under way, want %d", under, i+1)
		}
	}
	var more []submit.Signed
	for range 9 {
		signed, _ := w.Sign(gatewaytest.SME, "order.create", "", w.OrderArgs("1.00"))
		more = append(more, signed)
	}
	waits = append(waits, all(t, s, more))
	close(n.goOn)
	for _, wait := range waits {
		wait()
	}
	if n.most != 3 {
		t.Errorf("at most %d batches were under way at once, want 3", n.most)
	}
}

func TestCommandsOnOneRecordAreNeverUnderWayTogetherAndKeepTheirOrder(t *testing.T) {
	w := gatewaytest.New(t, nil)
	id := w.Do(gatewaytest.SME, "order.create", "", w.OrderArgs("1.00"))
	s, n := parallel(t, w)
	close(n.goOn)
	first, _ := w.Sign(gatewaytest.Leader, "order.attest", id, financing.NoArgs{})
	second, _ := w.Sign(gatewaytest.SME, "order.cancel", id, financing.NoArgs{})
	others := make([]submit.Signed, 0, 60)
	for range 60 {
		signed, _ := w.Sign(gatewaytest.SME, "order.create", "", w.OrderArgs("1.00"))
		others = append(others, signed)
	}
	wait := all(t, s, others)
	a, err := s.One(t.Context(), first)
	if err != nil || a.Status != contract.Accepted {
		t.Fatalf("%v %+v", err, a)
	}
	waitAgain := all(t, s, []submit.Signed{second})
	wait()
	waitAgain()
	if len(n.overlaps) > 0 {
		t.Errorf("under way twice at once: %v", n.overlaps)
	}
}

func TestWhatMetInAConflictIsSentAgainTogether(t *testing.T) {
	w := gatewaytest.New(t, nil)
	s, n := parallel(t, w)
	n.conflict = 3
	var commands []submit.Signed
	for range 3 {
		signed, _ := w.Sign(gatewaytest.SME, "order.create", "", w.OrderArgs("1.00"))
		commands = append(commands, signed)
	}
	wait := all(t, s, commands)
	<-n.arrived
	close(n.goOn)
	wait()
	if n.conflict > 0 {
		t.Errorf("%d conflicts were left out", n.conflict)
	}
}

func TestAConflictThatDoesNotEndIsToldToTheCaller(t *testing.T) {
	w := gatewaytest.New(t, nil)
	s, n := parallel(t, w)
	n.conflict = 100
	close(n.goOn)
	signed, _ := w.Sign(gatewaytest.SME, "order.create", "", w.OrderArgs("1.00"))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := s.One(ctx, signed); err == nil {
		t.Error("accepted")
	}
	if len(n.sizes) != 5 {
		t.Errorf("%d tries, want the first and 4 more", len(n.sizes))
	}
}

// owing is a ledger of which this gateway may read the token key only, and that is owed some records.
type owing struct {
	blindTo
	records []string
	asked   int
}

func (o *owing) Owed(ctx context.Context, _ contract.Batch) ([]jsontext.Value, error) {
	o.asked++
	var all []jsontext.Value
	for _, org := range o.Orgs() {
		values, err := o.Ledger.Private(ctx, org, o.records...)
		if err != nil {
			return nil, err
		}
		for _, raw := range values {
			if raw != nil {
				all = append(all, raw)
			}
		}
	}
	return all, nil
}

func TestWhatOthersOweIsAskedForAndBrought(t *testing.T) {
	w := gatewaytest.New(t, nil)
	id := w.Do(gatewaytest.SME, "receivable.register", "", w.ReceivableArgs(w.DeliveredOrder("10.00"), "5.00"))
	order := w.Header(id).Root
	try := func(records ...string) (submit.Answer, int, error) {
		cancel, _ := w.Sign(gatewaytest.Regulator, "receivable.cancel", id, financing.NoArgs{})
		l := &owing{blindTo: blindTo{w.Ledger}, records: records}
		s := submit.New(l, submit.DefaultOptions())
		defer s.Close()
		a, err := s.One(t.Context(), cancel)
		return a, l.asked, err
	}
	var unknown *submit.UnknownRecordError
	if _, asked, err := try(); asked != 1 || !errors.As(err, &unknown) || unknown.Record != id {
		t.Errorf("with nothing owed: asked %d times, %v", asked, err)
	}
	if _, _, err := try(id); !errors.As(err, &unknown) || unknown.Record != order {
		t.Errorf("with the receivable alone: %v", err)
	}
	if a, _, err := try(id, order); err != nil || a.Status != contract.Accepted {
		t.Errorf("with both: %v %+v", err, a)
	}
}

// copying is a ledger whose own collections lost their terms, and of which others hold copies.
type copying struct{ blindTo }

func (c copying) Copies(ctx context.Context, wanted map[string]evidence.Commitment) (map[string][]byte, error) {
	found := map[string][]byte{}
	for id := range wanted {
		for _, org := range c.Orgs() {
			values, err := c.Ledger.Private(ctx, org, id)
			if err != nil {
				return nil, err
			}
			if values[0] != nil {
				found[id] = values[0]
			}
		}
	}
	return found, nil
}

func TestTermsThatNeverCameAreTakenFromWhoHasThem(t *testing.T) {
	w := gatewaytest.New(t, nil)
	id := w.Do(gatewaytest.SME, "order.create", "", w.OrderArgs("10.00"))
	attest, _ := w.Sign(gatewaytest.Leader, "order.attest", id, financing.NoArgs{})
	s := submit.New(copying{blindTo{w.Ledger}}, submit.DefaultOptions())
	defer s.Close()
	if a, err := s.One(t.Context(), attest); err != nil || a.Status != contract.Accepted {
		t.Errorf("%v %+v", err, a)
	}
}

// strict is a ledger on which nobody may see commands of two records at once.
type strict struct{ ledger.Ledger }

func (l strict) Submit(ctx context.Context, b contract.Batch) (ledger.Commit, error) {
	if len(b.Commands) > 1 {
		return ledger.Commit{}, ledger.ErrMixed
	}
	return l.Ledger.Submit(ctx, b)
}

func TestCommandsThatNobodyMaySeeTogetherGoOneByOne(t *testing.T) {
	w := gatewaytest.New(t, nil)
	create, id := w.Sign(gatewaytest.SME, "order.create", "", w.OrderArgs("10.00"))
	cancel, _ := w.Sign(gatewaytest.SME, "order.cancel", id, financing.NoArgs{})
	s := submit.New(strict{w.Ledger}, submit.DefaultOptions())
	defer s.Close()
	answers, errs, err := s.Submit(t.Context(), create, cancel)
	if err != nil || errs[0] != nil || errs[1] != nil || answers[0].Status != contract.Accepted || answers[1].State != "cancelled" {
		t.Errorf("%v %v %+v", err, errs, answers)
	}
	if answers[0].Tx == answers[1].Tx {
		t.Error("they went together")
	}
}
