package audit_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"decore/adapters/embedded"
	"decore/adapters/ledger"
	"decore/chaincode/contract"
	"decore/gateway/audit"
	"decore/gateway/gatewaytest"
)

// altered shows a ledger as a dishonest peer would.
type altered struct {
	ledger.Ledger
	block func(*ledger.Block)
	entry func(*contract.Entry) (gone bool)
	extra []contract.Entry
	head  func(*ledger.Head)
}

func (a *altered) Follow(ctx context.Context, from uint64, fn func(*ledger.Block) error) error {
	return a.Ledger.Follow(ctx, from, func(b *ledger.Block) error {
		if a.block != nil {
			a.block(b)
		}
		return fn(b)
	})
}

func (a *altered) Head(ctx context.Context) (ledger.Head, error) {
	h, err := a.Ledger.Head(ctx)
	if a.head != nil {
		a.head(&h)
	}
	return h, err
}

func (a *altered) Range(ctx context.Context, from, to string, limit int) ([]contract.Entry, error) {
	all, err := a.Ledger.Range(ctx, from, to, limit)
	return a.show(all), err
}

func (a *altered) Get(ctx context.Context, keys ...string) ([][]byte, error) {
	values, err := a.Ledger.Get(ctx, keys...)
	for i, k := range keys {
		shown := a.show([]contract.Entry{{Key: k, Value: values[i]}})
		values[i] = nil
		for _, e := range shown {
			if e.Key == k && e.Value != nil {
				values[i] = e.Value
			}
		}
	}
	return values, err
}

func (a *altered) show(all []contract.Entry) []contract.Entry {
	all = slices.DeleteFunc(slices.Clone(all), func(e contract.Entry) bool { return a.entry != nil && a.entry(&contract.Entry{Key: e.Key}) })
	for i := range all {
		if a.entry != nil {
			a.entry(&all[i])
		}
	}
	return append(all, a.extra...)
}

func world(t *testing.T) (w *gatewaytest.World, id string) {
	t.Helper()
	w = gatewaytest.New(t, nil)
	id = w.Receivable(w.DeliveredOrder("1000.00"), "500.00")
	w.Accepted(gatewaytest.BankA, id, "200.00")
	return w, id
}

func run(t *testing.T, l ledger.Ledger, all bool) audit.Report {
	t.Helper()
	r, err := audit.Run(t.Context(), l, audit.Options{Hash: embedded.HashBlock, All: all})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAnHonestLedgerIsExplained(t *testing.T) {
	w, _ := world(t)
	r := run(t, w.Ledger, false)
	if len(r.Unexplained) > 0 || !r.Compared || r.Blocks == 0 || r.Commands < 15 || r.Keys < 30 {
		t.Errorf("got %+v", r)
	}
}

func TestAnEmptyLedgerHasNothingToAudit(t *testing.T) {
	e, err := embedded.Open(embedded.Options{Dir: t.TempDir(), Run: contract.Submit, Orgs: []string{"AMSP"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	if _, err := audit.Run(t.Context(), e, audit.Options{}); !errors.Is(err, audit.ErrEmpty) {
		t.Errorf("got %v", err)
	}
}

func TestADishonestPeerIsFound(t *testing.T) {
	w, id := world(t)
	key := contract.RecordKey(id)
	head, err := w.Ledger.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	middle := head.Number / 2
	for name, c := range map[string]struct {
		altered
		key, reason string
		block       uint64
	}{
		"another value in its state": {altered: altered{entry: func(e *contract.Entry) bool {
			if e.Key == key && e.Value != nil {
				e.Value = bytes.Replace(e.Value, []byte(`"registered"`), []byte(`"confirmed"`), 1)
			}
			return false
		}}, key: key, reason: "another value"},
		"a value gone from its state": {altered: altered{entry: func(e *contract.Entry) bool { return e.Key == key }}, key: key, reason: "does not have it"},
		"a result gone from its state": {altered: altered{entry: func(e *contract.Entry) bool {
			return e.Key == contract.CommandKey(w.Header(id).Creation)
		}}, key: contract.CommandKey(w.Header(id).Creation), reason: "does not have it"},
		"a value that no block wrote": {altered: altered{extra: []contract.Entry{{Key: "z/1", Value: []byte("1")}}}, key: "z/1", reason: "no block wrote it"},
		"a block that does not name the one before": {altered: altered{block: func(b *ledger.Block) {
			if b.Number == middle {
				b.Previous = head.Hash
			}
		}}, block: middle, reason: "hash of the block before"},
		"a block that has not its hash": {altered: altered{block: func(b *ledger.Block) {
			if b.Number == middle {
				b.Time = b.Time.Add(time.Second)
			}
		}}, block: middle, reason: "the hash that it claims"},
		"a block left out": {altered: altered{block: func(b *ledger.Block) {
			if b.Number == middle {
				b.Number++
			}
		}}, block: middle + 1, reason: "follows block"},
		"a write changed in a block": {altered: altered{block: func(b *ledger.Block) {
			for i := range b.Transactions {
				for j := range b.Transactions[i].Writes {
					if w := &b.Transactions[i].Writes[j]; w.Key == key && b.Number < head.Number {
						w.Value = bytes.Replace(w.Value, []byte(`"version":1`), []byte(`"version":7`), 1)
					}
				}
			}
			b.Hash, _ = embedded.HashBlock(b)
		}}, key: key, reason: "version"},
		"another newest block": {altered: altered{head: func(h *ledger.Head) { h.Hash = "other" }}, block: head.Number, reason: "calls its newest"},
	} {
		t.Run(name, func(t *testing.T) {
			c.Ledger = w.Ledger
			r := run(t, &c.altered, false)
			if len(r.Unexplained) != 1 {
				t.Fatalf("got %+v", r)
			}
			u := r.Unexplained[0]
			if u.Key != c.key || !strings.Contains(u.String(), c.reason) || c.block != 0 && u.Block != c.block {
				t.Errorf("got %s", u)
			}
		})
	}
}

func TestAllGoesOnAfterTheFirst(t *testing.T) {
	w, _ := world(t)
	r := run(t, &altered{Ledger: w.Ledger, extra: []contract.Entry{{Key: "z/1", Value: []byte("1")}, {Key: "z/2", Value: []byte("2")}},
		block: func(b *ledger.Block) {
			for i := range b.Transactions {
				b.Transactions[i].Event = nil
			}
			b.Hash, _ = embedded.HashBlock(b)
		}}, true)
	if !r.Compared || len(r.Unexplained) < 10 || r.Unexplained[len(r.Unexplained)-1].Key != "z/2" {
		t.Errorf("got %+v", r.Unexplained)
	}
}

// While the ledger is written its state runs ahead of the blocks that were replayed; nothing of that is a finding.
func TestALedgerIsAuditedWhileItIsWritten(t *testing.T) {
	w, id := world(t)
	l := &busy{Ledger: w.Ledger, write: func() {
		w.Do(gatewaytest.SME, "receivable.grant", id, contract.GrantArgs{To: gatewaytest.BankB, Until: w.Today().AddDays(3)})
		w.DeliveredOrder("10.00")
	}}
	if r := run(t, l, false); len(r.Unexplained) > 0 || !r.Compared {
		t.Errorf("got %+v", r)
	}
	if l.reads < 2 {
		t.Errorf("nothing was looked at again")
	}
}

// busy is a ledger that is written to right before and after each read of its state.
type busy struct {
	ledger.Ledger
	write func()
	reads int
}

func (b *busy) Range(ctx context.Context, from, to string, limit int) ([]contract.Entry, error) {
	b.reads++
	b.write()
	defer b.write()
	return b.Ledger.Range(ctx, from, to, limit)
}

func (b *busy) Get(ctx context.Context, keys ...string) ([][]byte, error) {
	b.reads++
	b.write()
	defer b.write()
	return b.Ledger.Get(ctx, keys...)
}

func TestAnAuditEndsWithItsContext(t *testing.T) {
	w, _ := world(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := audit.Run(ctx, w.Ledger, audit.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
