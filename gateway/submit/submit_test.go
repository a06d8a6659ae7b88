package submit_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"decore/adapters/ledger"
	"decore/chaincode/contract"
	"decore/chaincode/financing"
	"decore/chaincode/ident"
	"decore/chaincode/money"
	"decore/chaincode/order"
	"decore/gateway/gatewaytest"
	"decore/gateway/submit"
)

// gate is a ledger whose submissions can be held and made to fail.
type gate struct {
	ledger.Ledger
	batches  atomic.Int64
	closed   sync.Mutex             // held while submissions must wait
	spoilt   atomic.Pointer[string] // a command with which no batch can be decided
	failures chan error             // next errors to answer with instead of submitting
}

func newGate(l ledger.Ledger) *gate { return &gate{Ledger: l, failures: make(chan error, 16)} }

func (g *gate) Submit(ctx context.Context, b contract.Batch) (ledger.Commit, error) {
	g.closed.Lock()
	defer g.closed.Unlock()
	select {
	case err := <-g.failures:
		return ledger.Commit{}, err
	default:
	}
	if spoilt := g.spoilt.Load(); spoilt != nil && slices.Contains(b.Commands, *spoilt) {
		return ledger.Commit{}, errSpoilt
	}
	g.batches.Add(1)
	return g.Ledger.Submit(ctx, b)
}

func gated(t *testing.T) (*gatewaytest.World, *gate) {
	t.Helper()
	var g *gate
	w := gatewaytest.New(t, func(l ledger.Ledger) ledger.Ledger { g = newGate(l); return g })
	return w, g
}

func (g *gate) holding(t *testing.T, during func()) {
	t.Helper()
	g.closed.Lock()
	defer g.closed.Unlock()
	during()
}

func TestWhatArrivesDuringABatchLeavesTogetherInTheNext(t *testing.T) {
	w, g := gated(t)
	const callers = 64
	var wait sync.WaitGroup
	answers := make(chan submit.Answer, callers)
	before := g.batches.Load()
	g.holding(t, func() {
		for range callers {
			signed, _ := w.Sign(gatewaytest.SME, "order.create", "", w.OrderArgs("1000.00"))
			wait.Go(func() {
				a, err := w.Submit.One(t.Context(), signed)
				if err != nil {
					t.Error(err)
				}
				answers <- a
			})
		}
	})
	wait.Wait()
	close(answers)
	for a := range answers {
		if a.Status != contract.Accepted || a.Block == 0 || a.Tx == "" {
			t.Errorf("answer %+v", a)
		}
	}
	if used := g.batches.Load() - before; used >= callers/2 {
		t.Errorf("%d commands took %d batches", callers, used)
	}
}

func TestCommandsOfOneSubmissionStayTogetherAndSeeEachOther(t *testing.T) {
	w, _ := gated(t)
	create, id := w.Sign(gatewaytest.SME, "order.create", "", w.OrderArgs("1000.00"))
	cancel, _ := w.Sign(gatewaytest.SME, "order.cancel", id, financing.NoArgs{})
	answers, errs, err := w.Submit.Submit(t.Context(), create, cancel)
	if err != nil || errs[0] != nil || errs[1] != nil {
		t.Fatal(err, errs)
	}
	if answers[0].Tx != answers[1].Tx || answers[1].Status != contract.Accepted || answers[1].State != "cancelled" {
		t.Errorf("%+v", answers)
	}
}

func TestACommandWhoseRecordCannotBeOpenedDoesNotKeepTheOthers(t *testing.T) {
	w, _ := gated(t)
	id := w.Do(gatewaytest.SME, "order.create", "", w.OrderArgs("1000.00"))
	blind := submit.New(blindTo{w.Ledger}, submit.DefaultOptions())
	defer blind.Close()
	attest, _ := w.Sign(gatewaytest.Leader, "order.attest", id, financing.NoArgs{})
	create, _ := w.Sign(gatewaytest.SME, "order.create", "", w.OrderArgs("1000.00"))
	answers, errs, err := blind.Submit(t.Context(), attest, create)
	if err != nil {
		t.Fatal(err)
	}
	var unknown *submit.UnknownRecordError
	if !errors.As(errs[0], &unknown) || unknown.Record != id {
		t.Errorf("first command: %v", errs[0])
	}
	if errs[1] != nil || answers[1].Status != contract.Accepted {
		t.Errorf("second command: %v %+v", errs[1], answers[1])
	}
}

// blindTo is a ledger of which this gateway may read the token key and no terms.
type blindTo struct{ ledger.Ledger }

func (l blindTo) Private(ctx context.Context, org string, keys ...string) ([][]byte, error) {
	values, err := l.Ledger.Private(ctx, org, keys...)
	for i, key := range keys {
		if key != contract.TokenSecretKey && err == nil {
			values[i] = nil
		}
	}
	return values, err
}

func terms(t *testing.T, w *gatewaytest.World, id string) map[string][]byte {
	t.Helper()
	all, err := w.Submit.Terms(t.Context(), id)
	if err != nil || all[id] == nil {
		t.Fatal(err, all)
	}
	return all
}

func TestWhatTheSignerKnowsIsNotReadAgain(t *testing.T) {
	w, _ := gated(t)
	id := w.Do(gatewaytest.SME, "order.create", "", w.OrderArgs("1000.00"))
	known := terms(t, w, id)
	blind := submit.New(blindTo{w.Ledger}, submit.DefaultOptions())
	defer blind.Close()
	attest, _ := w.Sign(gatewaytest.Leader, "order.attest", id, financing.NoArgs{})
	attest.Known = known
	if a, err := blind.One(t.Context(), attest); err != nil || a.Status != contract.Accepted {
		t.Errorf("%v %+v", err, a)
	}
}

func TestWhatTheSignerKnowsMayBeOutOfDate(t *testing.T) {
	w, _ := gated(t)
	id := w.Do(gatewaytest.SME, "order.create", "", w.OrderArgs("1000.00"))
	before := terms(t, w, id)
	w.Do(gatewaytest.SME, "order.amend", id, order.AmendArgs{Amount: money.MustParse("900.00"), DeliverBy: w.Today().AddDays(60)})
	if now := terms(t, w, id); bytes.Equal(now[id], before[id]) {
		t.Fatal("the terms did not change")
	}
	attest, _ := w.Sign(gatewaytest.Leader, "order.attest", id, financing.NoArgs{})
	attest.Known = before
	if a, err := w.Submit.One(t.Context(), attest); err != nil || a.Status != contract.Accepted {
		t.Errorf("%v %+v", err, a)
	}
}

func TestConflictsAreSubmittedAgain(t *testing.T) {
	w, g := gated(t)
	g.failures <- ledger.ErrConflict
	g.failures <- ledger.ErrConflict
	w.Do(gatewaytest.SME, "order.create", "", w.OrderArgs("1000.00"))
}

func TestFaultsOfTheLedgerReachTheCaller(t *testing.T) {
	w, g := gated(t)
	for _, fault := range []error{ledger.ErrUnavailable, ledger.ErrBusy, ledger.ErrUnknown, ledger.ErrDamaged} {
		g.failures <- fault
		signed, _ := w.Sign(gatewaytest.SME, "order.create", "", w.OrderArgs("1000.00"))
		if _, err := w.Submit.One(t.Context(), signed); !errors.Is(err, fault) {
			t.Errorf("got %v, want %v", err, fault)
		}
	}
}

func TestACallerThatGivesUpMayRepeatAndGetsTheFirstResult(t *testing.T) {
	w, g := gated(t)
	signed, id := w.Sign(gatewaytest.SME, "order.create", "", w.OrderArgs("1000.00"))
	ctx, cancel := context.WithCancel(t.Context())
	g.holding(t, func() {
		done := make(chan error, 1)
		go func() { _, err := w.Submit.One(ctx, signed); done <- err }()
		cancel()
		if err := <-done; !errors.Is(err, ledger.ErrUnknown) {
			t.Errorf("giving up came to %v", err)
		}
	})
	answer, err := w.Submit.One(t.Context(), signed)
	if err != nil || answer.Status != contract.Accepted {
		t.Fatalf("%v %+v", err, answer)
	}
	if h := w.Header(id); h.Version != 1 {
		t.Errorf("the order has version %d", h.Version)
	}
}

func TestAFullQueueIsBusyAndAClosedOneAnswersWhatWaits(t *testing.T) {
	w, g := gated(t)
	opts := submit.DefaultOptions()
	opts.Queue = 1
	s := submit.New(g, opts)
	errs := make(chan error, 8)
	g.holding(t, func() {
		for range 8 {
			signed, _ := w.Sign(gatewaytest.SME, "order.create", "", w.OrderArgs("1000.00"))
			go func() { _, err := s.One(context.Background(), signed); errs <- err }()
		}
		if err := <-errs; !errors.Is(err, ledger.ErrBusy) {
			t.Errorf("a full queue answered %v", err)
		}
	})
	for range 7 {
		if err := <-errs; err != nil && !errors.Is(err, ledger.ErrBusy) {
			t.Error(err)
		}
	}
	s.Close()
	signed, _ := w.Sign(gatewaytest.SME, "order.create", "", w.OrderArgs("1000.00"))
	if _, err := s.One(t.Context(), signed); !errors.Is(err, submit.ErrClosed) {
		t.Errorf("a closed submitter answered %v", err)
	}
}

func TestOneOf64ReservationsOfAReceivableWins(t *testing.T) {
	w, _ := gated(t)
	rec := w.Receivable(w.DeliveredOrder("100000.00"), "100000.00")
	const callers = 64
	banks := []ident.USCC{gatewaytest.BankA, gatewaytest.BankB}
	var commands []submit.Signed
	for i := range callers {
		bank := banks[i%2]
		signed, _ := w.Sign(bank, "financing.reserve", w.Accepted(bank, rec, "1000.00"), financing.ReserveArgs{Hours: 1})
		commands = append(commands, signed)
	}
	var won, lost atomic.Int64
	var wait sync.WaitGroup
	for _, c := range commands {
		wait.Go(func() {
			switch a, err := w.Submit.One(t.Context(), c); {
			case err != nil:
				t.Error(err)
			case a.Status == contract.Accepted:
				won.Add(1)
			case a.Code == "ENCUMBERED":
				lost.Add(1)
			}
		})
	}
	wait.Wait()
	if won.Load() != 1 || lost.Load() != callers-1 {
		t.Errorf("%d won and %d lost", won.Load(), lost.Load())
	}
}

func TestOneCallersFaultIsNotTheOthers(t *testing.T) {
	w, g := gated(t)
	spoilt, _ := w.Sign(gatewaytest.SME, "order.create", "", w.OrderArgs("1000.00"))
	g.spoilt.Store(&spoilt.JWS)
	var wait sync.WaitGroup
	g.holding(t, func() {
		wait.Go(func() {
			if _, err := w.Submit.One(t.Context(), spoilt); !errors.Is(err, errSpoilt) {
				t.Errorf("the spoilt one: %v", err)
			}
		})
		for range 8 {
			good, _ := w.Sign(gatewaytest.SME, "order.create", "", w.OrderArgs("1000.00"))
			wait.Go(func() {
				if a, err := w.Submit.One(t.Context(), good); err != nil || a.Status != contract.Accepted {
					t.Errorf("a good one: %v %+v", err, a.Result)
				}
			})
		}
	})
	wait.Wait()
}

var errSpoilt = errors.New("this command spoils its batch")

func BenchmarkSignedCommandsThroughTheBatchPath(b *testing.B) {
	w := gatewaytest.New(b, nil)
	signed := make([]submit.Signed, b.N)
	for i := range signed {
		signed[i], _ = w.Sign(gatewaytest.SME, "order.create", "", w.OrderArgs("1000.00"))
	}
	b.ResetTimer()
	began := time.Now()
	for from := 0; from < b.N; from += contract.MaxBatch {
		answers, _, err := w.Submit.Submit(b.Context(), signed[from:min(from+contract.MaxBatch, b.N)]...)
		if err != nil || answers[0].Status != contract.Accepted {
			b.Fatal(err, answers[0])
		}
	}
	b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "commands/s")
}
