package projection_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"decore/adapters/ledger"
	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/evidence"
)

// fake is a ledger in memory whose blocks come from a contracttest chain.
type fake struct {
	t     testing.TB
	chain *contracttest.Chain

	mu       sync.Mutex
	orgs     []string
	perBlock int // transactions in a block
	waiting  []ledger.Transaction
	values   []contract.Entry // private values of the waiting transactions
	blocks   []*ledger.Block
	public   map[string][]byte
	private  map[string][]byte
	moved    chan struct{}
	fail     func(call string) error // injected faults
	hidden   map[string]bool         // organisations whose private values have not come yet
	copies   map[string][]byte       // what others give of them
}

var allOrgs = []string{"BureauMSP", "PlatformMSP", "LeaderMSP", "BankAMSP", "BankBMSP"}

// newFake founds a ledger; others may look on at what is committed.
func newFake(t testing.TB, others ...func(*contracttest.Chain) func(contract.Batch, contract.Outcome)) *fake {
	f := &fake{t: t, orgs: allOrgs, perBlock: 1, public: map[string][]byte{}, private: map[string][]byte{},
		moved: make(chan struct{}), hidden: map[string]bool{}}
	contracttest.New(t, func(c *contracttest.Chain) {
		f.chain = c
		c.Committing = func(b contract.Batch, out contract.Outcome) {
			f.committing(b, out)
			for _, other := range others {
				other(c)(b, out)
			}
		}
	})
	return f
}

func (f *fake) committing(b contract.Batch, out contract.Outcome) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.chain.State
	t := ledger.Transaction{ID: s.TxID(), Time: s.TxTime(), Caller: s.CallerOrg(), Commands: b.Commands}
	raw, err := canon.Marshal(out.Results) // as it comes back from a real block
	f.check(errors.Join(err, canon.Strict(raw, &t.Results)))
	public, private := s.Writes()
	for _, e := range public {
		t.Writes = append(t.Writes, ledger.Write{Key: e.Key, Value: slices.Clone(e.Value)})
	}
	for _, e := range private {
		org, key, _ := strings.Cut(e.Key, "/")
		t.Private = append(t.Private, ledger.PrivateWrite{Org: org, Key: key, Hash: evidence.Commit(e.Value)})
		f.values = append(f.values, contract.Entry{Key: e.Key, Value: slices.Clone(e.Value)})
	}
	f.waiting = append(f.waiting, t)
	if len(f.waiting) >= f.perBlock {
		f.cutLocked()
	}
}

// cut makes a block of what waits.
func (f *fake) cut() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.waiting) > 0 {
		f.cutLocked()
	}
}

func (f *fake) cutLocked() {
	b := &ledger.Block{Number: uint64(len(f.blocks)) + 1, Time: f.waiting[len(f.waiting)-1].Time, Transactions: f.waiting}
	if b.Number > 1 {
		b.Previous = f.blocks[b.Number-2].Hash
	}
	raw, err := canon.Marshal(b)
	f.check(err)
	sum := sha256.Sum256(raw)
	b.Hash = base64.RawURLEncoding.EncodeToString(sum[:])
	for _, t := range b.Transactions {
		for _, w := range t.Writes {
			f.public[w.Key] = w.Value
		}
	}
	for _, e := range f.values {
		f.private[e.Key] = e.Value
	}
	f.blocks, f.waiting, f.values = append(f.blocks, b), nil, nil
	close(f.moved)
	f.moved = make(chan struct{})
}

func (f *fake) check(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// as returns the ledger as a client of some organisations sees it.
func (f *fake) as(orgs ...string) ledger.Ledger { return client{f, orgs} }

type client struct {
	*fake
	mine []string
}

func (c client) Orgs() []string { return c.mine }

func (c client) Private(ctx context.Context, org string, keys ...string) ([][]byte, error) {
	if !slices.Contains(c.mine, org) {
		return nil, ledger.ErrNotEntitled
	}
	return c.fake.Private(ctx, org, keys...)
}

func (f *fake) Orgs() []string { return f.orgs }

func (f *fake) Copies(context.Context, map[string]evidence.Commitment) (map[string][]byte, error) {
	return f.copies, nil
}

func (f *fake) Health(context.Context) error { return nil }

func (f *fake) Owed(context.Context, contract.Batch) ([]jsontext.Value, error) { return nil, nil }

func (f *fake) injected(call string) error {
	if f.fail == nil {
		return nil
	}
	return f.fail(call)
}

func (f *fake) Private(_ context.Context, org string, keys ...string) ([][]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	values := make([][]byte, len(keys))
	for i, k := range keys {
		if !f.hidden[org] {
			values[i] = f.private[org+"/"+k]
		}
	}
	return values, f.injected("Private")
}

func (f *fake) Get(_ context.Context, keys ...string) ([][]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	values := make([][]byte, len(keys))
	for i, k := range keys {
		values[i] = f.public[k]
	}
	return values, f.injected("Get")
}

func (f *fake) Range(_ context.Context, from, to string, limit int) ([]contract.Entry, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []contract.Entry
	for _, k := range slices.Sorted(maps.Keys(f.public)) {
		if k >= from && k < to && len(out) < limit {
			out = append(out, contract.Entry{Key: k, Value: f.public[k]})
		}
	}
	return out, f.injected("Range")
}

func (f *fake) Block(_ context.Context, number uint64) (*ledger.Block, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if number == 0 || number > uint64(len(f.blocks)) {
		return nil, fmt.Errorf("%w: block %d", ledger.ErrNotFound, number)
	}
	return f.blocks[number-1], f.injected("Block")
}

func (f *fake) Follow(ctx context.Context, from uint64, fn func(*ledger.Block) error) error {
	for n := max(from, 1); ; {
		f.mu.Lock()
		var b *ledger.Block
		if n <= uint64(len(f.blocks)) {
			b = f.blocks[n-1]
		}
		moved, err := f.moved, f.injected("Follow")
		f.mu.Unlock()
		if err != nil {
			return err
		}
		if b != nil {
			if err := fn(b); err != nil {
				return err
			}
			n++
			continue
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (f *fake) Head(context.Context) (ledger.Head, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.blocks) == 0 {
		return ledger.Head{}, nil
	}
	b := f.blocks[len(f.blocks)-1]
	return ledger.Head{Number: b.Number, Hash: b.Hash, Time: b.Time}, f.injected("Head")
}

func (f *fake) Now() time.Time { return f.chain.State.Now }
func (f *fake) Close() error   { return nil }

func (f *fake) Submit(context.Context, contract.Batch) (ledger.Commit, error) {
	return ledger.Commit{}, ledger.ErrUnavailable // tests submit through the chain
}

func (f *fake) DryRun(context.Context, contract.Batch) (contract.Outcome, error) {
	return contract.Outcome{}, ledger.ErrUnavailable
}

func (f *fake) History(context.Context, string) ([]ledger.Version, error) { return nil, nil }

func (f *fake) Transaction(context.Context, string) (ledger.Commit, error) {
	return ledger.Commit{}, ledger.ErrNotFound
}
