package fabric

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hyperledger/fabric-protos-go/common"
	pb "github.com/hyperledger/fabric-protos-go/peer"

	"decore/adapters/ledger"
)

// fakePeer has a chain of blocks and says what each of its streams delivers before it breaks. When it has said
// all, it is silent.
type fakePeer struct {
	mu      sync.Mutex
	chain   []*common.Block
	head    int // how many of them there are when it is asked
	streams [][]*common.Block
	froms   []uint64 // from which block each stream was asked for
	fetched []uint64
	gone    error // it does not answer at all
	more    chan *common.Block

	demonstration bool
}

func (p *fakePeer) read(b *common.Block) (*decoded, error) { return decode(b, chaincode) }

func (p *fakePeer) newest(context.Context) (*decoded, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone != nil || p.head == 0 {
		return nil, p.gone
	}
	return p.read(p.chain[p.head-1])
}

func (p *fakePeer) fetch(_ context.Context, number uint64) (*decoded, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fetched = append(p.fetched, number)
	if p.gone != nil {
		return nil, p.gone
	}
	return p.read(p.chain[number-1])
}

func (p *fakePeer) find(context.Context, string) (outcome, error) {
	return outcome{}, ledger.ErrNotFound
}

func (p *fakePeer) deliver(ctx context.Context, from uint64, handle func(*common.Block) error) error {
	p.mu.Lock()
	p.froms = append(p.froms, from)
	var script []*common.Block
	silent := len(p.streams) == 0
	if !silent {
		script, p.streams = p.streams[0], p.streams[1:]
	}
	p.mu.Unlock()
	for _, b := range script {
		if err := handle(b); err != nil {
			return err
		}
	}
	for silent {
		select {
		case b := <-p.more:
			if err := handle(b); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return errors.New("the stream broke")
}

func (p *fakePeer) lose(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gone = err
}

// watched runs a watcher over a peer in a bubble of its own time.
func watched(t *testing.T, p *fakePeer, do func(ctx context.Context, w *watcher)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		p.more = make(chan *common.Block)
		w := watcherOf(p, newBlockCache(), &clock{real: time.Now, demonstration: p.demonstration}, slog.New(slog.DiscardHandler))
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			w.run(ctx)
		}()
		do(ctx, w)
		cancel()
		<-ended
	})
}

func TestWatcherHandlesEachBlockOnceAndInOrder(t *testing.T) {
	chain := chainOf(t, 8)
	pick := func(numbers ...int) []*common.Block {
		var blocks []*common.Block
		for _, n := range numbers {
			blocks = append(blocks, chain[n-1])
		}
		return blocks
	}
	for _, c := range []struct {
		name    string
		start   int // blocks that there are at the first contact
		streams [][]*common.Block
		froms   []uint64
		fetched []uint64
	}{
		{"delivered in order", 2, [][]*common.Block{pick(3, 4, 5, 6, 7, 8)}, []uint64{3}, nil},
		{"from the first on", 0, [][]*common.Block{pick(1, 2, 3, 4, 5, 6, 7, 8)}, []uint64{1}, nil},
		{"some delivered twice", 2, [][]*common.Block{pick(2, 3, 3, 4, 3, 5, 6, 7, 8)}, []uint64{3}, nil},
		{"some left out", 2, [][]*common.Block{pick(3, 6, 8)}, []uint64{3}, []uint64{4, 5, 7}},
		{"delivered in another order", 2, [][]*common.Block{pick(5, 4, 3, 8, 7, 6)}, []uint64{3}, []uint64{3, 4, 6, 7}},
		{"over broken streams", 2, [][]*common.Block{pick(3, 4), nil, pick(5), pick(6, 7, 8)}, []uint64{3, 5, 5, 6}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := &fakePeer{chain: chain, head: c.start, streams: c.streams}
			watched(t, p, func(ctx context.Context, w *watcher) {
				if err := w.contact(ctx, time.Second); err != nil {
					t.Fatal(err)
				}
				if err := w.beyond(ctx, 8); err != nil {
					t.Fatal(err)
				}
				if got := w.position(); got.Number != 8 {
					t.Errorf("at block %d", got.Number)
				}
				p.mu.Lock()
				defer p.mu.Unlock()
				if !slices.Equal(p.froms[:len(c.froms)], c.froms) || !slices.Equal(p.fetched, c.fetched) {
					t.Errorf("asked from %v and for %v", p.froms, p.fetched)
				}
			})
		})
	}
}

func TestWatcherTellsOutcomes(t *testing.T) {
	p := &fakePeer{}
	watched(t, p, func(_ context.Context, w *watcher) {
		one, two, forgotten := w.expect("one"), w.expect("two"), w.expect("forgotten")
		w.forget("forgotten")
		p.more <- blockOfData(1, nil, [][]byte{sent("one", nil), sent("two", nil), sent("forgotten", nil), sent("else", nil)},
			pb.TxValidationCode_VALID, pb.TxValidationCode_PHANTOM_READ_CONFLICT)
		if o := <-one; o.code != pb.TxValidationCode_VALID || o.block.block.Number != 1 || !o.time.Equal(noon) {
			t.Errorf("%+v", o)
		}
		if o := <-two; o.code != pb.TxValidationCode_PHANTOM_READ_CONFLICT {
			t.Errorf("%+v", o)
		}
		synctest.Wait()
		if len(forgotten) > 0 || len(w.waiting) > 0 {
			t.Errorf("%d outcomes told to nobody, %d waiting", len(forgotten), len(w.waiting))
		}
	})
}

func TestWatcherTellsWhenThePeerIsAway(t *testing.T) {
	chain := chainOf(t, 3)
	p := &fakePeer{chain: chain, head: 2, streams: [][]*common.Block{nil}}
	watched(t, p, func(ctx context.Context, w *watcher) {
		if err := w.contact(ctx, time.Second); err != nil {
			t.Fatal(err)
		}
		p.lose(errors.New("refused"))
		lostAt := time.Now()
		if err := w.beyond(ctx, 3); !errors.Is(err, ledger.ErrUnavailable) {
			t.Errorf("got %v, want ErrUnavailable", err)
		}
		if waited := time.Since(lostAt); waited < awayTime || waited > 2*awayTime { // in the bubble's own time
			t.Errorf("told after %v", waited)
		}
		if err := w.standing(); !errors.Is(err, ledger.ErrUnavailable) {
			t.Errorf("got %v, want ErrUnavailable", err)
		}
		if err := w.beyond(ctx, 2); err != nil {
			t.Errorf("a block that is there: %v", err)
		}
		p.lose(nil)
		p.more <- chain[2]
		if err := w.beyond(ctx, 3); err != nil {
			t.Errorf("after the return: %v", err)
		}
		if err := w.standing(); err != nil {
			t.Errorf("after the return: %v", err)
		}
	})
}

func TestWatcherRefusesAnotherChain(t *testing.T) {
	chain := chainOf(t, 3)
	forged := blockOfData(3, []byte("another block 2"), [][]byte{sent("x", nil)})
	p := &fakePeer{chain: chain, head: 2, streams: [][]*common.Block{{forged}, {forged}, {forged}, {forged}, {forged}, {forged}, {forged}, {forged}, {forged}}}
	watched(t, p, func(ctx context.Context, w *watcher) {
		if err := w.contact(ctx, time.Second); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := w.position(); got.Number != 2 {
			t.Errorf("at block %d", got.Number)
		}
		var damage *ledger.DamageError
		if err := w.standing(); !errors.As(err, &damage) {
			t.Errorf("got %v, want a DamageError", err)
		}
	})
}

func TestWatcherWithoutContact(t *testing.T) {
	p := &fakePeer{gone: errors.New("refused")}
	watched(t, p, func(ctx context.Context, w *watcher) {
		if err := w.contact(ctx, time.Second); !errors.Is(err, p.gone) {
			t.Errorf("got %v", err)
		}
		if err := w.beyond(ctx, 1); !errors.Is(err, ledger.ErrUnavailable) {
			t.Errorf("got %v, want ErrUnavailable", err)
		}
		short, cancel := context.WithCancel(ctx)
		cancel()
		p.lose(nil)
		p.more <- chainOf(t, 1)[0]
		if err := w.beyond(short, 9); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
	})
}

func TestDemonstrationClockGoesOnFromTheNewestTransaction(t *testing.T) {
	ahead := noon.AddDate(40, 0, 0)
	first := blockOfData(1, nil, [][]byte{sent("a", func(x *testTx) { x.time = ahead })})
	second := blockOfData(2, rawHash(t, first), nil)
	third := blockOfData(3, rawHash(t, second), nil)
	p := &fakePeer{chain: []*common.Block{first, second, third}, head: 3, demonstration: true}
	watched(t, p, func(ctx context.Context, w *watcher) {
		if err := w.contact(ctx, time.Second); err != nil {
			t.Fatal(err)
		}
		if now := w.clock.now(); !now.Equal(ahead) {
			t.Errorf("it is %v, want %v", now, ahead)
		}
		time.Sleep(time.Hour) // of the bubble
		if now := w.clock.now(); !now.Equal(ahead.Add(time.Hour)) {
			t.Errorf("it is %v, want %v", now, ahead.Add(time.Hour))
		}
	})
}

func TestBlockCacheKeepsWithinItsBounds(t *testing.T) {
	c := newBlockCache()
	for number := range uint64(100) {
		b := &decoded{size: maxCachedBytes / 10}
		b.block.Number = number
		c.add(b)
		c.add(b)
		if c.bytes > maxCachedBytes {
			t.Fatalf("%d bytes", c.bytes)
		}
	}
	if _, ok := c.get(99); !ok {
		t.Error("the newest block is gone")
	}
	if _, ok := c.get(1); ok {
		t.Error("an old block is still there")
	}
}
