package fabric

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hyperledger/fabric-protos-go/common"
	pb "github.com/hyperledger/fabric-protos-go/peer"

	"decore/adapters/ledger"
)

// ordering is a client between a fake ordering service and a fake peer.
func ordering(t *testing.T, s *fakeService, do func(ctx context.Context, c *Client, p *fakePeer)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := &fakePeer{more: make(chan *common.Block)}
		c := &Client{orderers: s.orderers}
		c.life, c.end = context.WithCancelCause(t.Context())
		s.spawn = c.working.Go
		c.watch = watcherOf(p, newBlockCache(), &clock{real: time.Now}, slog.New(slog.DiscardHandler))
		c.working.Go(func() { c.watch.run(c.life) })
		ctx, leave, err := c.enter(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeoutCause(ctx, submitTime, errLate)
		do(ctx, c, p)
		cancel()
		leave()
		c.end(errClosed)
		c.working.Wait() // nothing outlives the call
	})
}

func TestOrder(t *testing.T) {
	t.Run("the outcome is told by the block", func(t *testing.T) {
		s := newService(nil)
		ordering(t, s, func(ctx context.Context, c *Client, p *fakePeer) {
			go func() {
				p.more <- blockOfData(1, nil, [][]byte{sent("tx", nil)}, pb.TxValidationCode_MVCC_READ_CONFLICT)
			}()
			o, err := c.order(ctx, "tx", nil)
			if err != nil || o.code != pb.TxValidationCode_MVCC_READ_CONFLICT {
				t.Errorf("got %v, %v", o.code, err)
			}
			if err := (&InvalidError{"tx", o.code}); !errors.Is(err, ledger.ErrConflict) {
				t.Errorf("%v is no conflict", err)
			}
		})
	})
	t.Run("a transaction that an orderer lost is sent again", func(t *testing.T) {
		s := newService(map[string][]error{"o1": {nil, errDead}})
		ordering(t, s, func(ctx context.Context, c *Client, p *fakePeer) {
			go func() {
				for len(s.sentTo()) < 4 { // to o1, which died; again to o1 and then o2; and once more
					time.Sleep(time.Second)
				}
				p.more <- blockOfData(1, nil, [][]byte{sent("tx", nil)})
			}()
			if _, err := c.order(ctx, "tx", nil); err != nil {
				t.Error(err)
			}
		})
	})
	t.Run("what is refused for good is not waited for", func(t *testing.T) {
		ordering(t, newService(map[string][]error{"o1": {errBad}}), func(ctx context.Context, c *Client, _ *fakePeer) {
			var refused *OrderError
			if _, err := c.order(ctx, "tx", nil); !errors.As(err, &refused) {
				t.Errorf("got %v, want an OrderError", err)
			}
		})
	})
	t.Run("when the time is up the outcome is unknown", func(t *testing.T) {
		s := newService(nil)
		ordering(t, s, func(ctx context.Context, c *Client, _ *fakePeer) {
			began := time.Now()
			if _, err := c.order(ctx, "tx", nil); !errors.Is(err, ledger.ErrUnknown) || errors.Is(err, ledger.ErrUnavailable) {
				t.Errorf("got %v, want ErrUnknown alone", err)
			}
			if took := time.Since(began); took != submitTime { // in the bubble's own time
				t.Errorf("it took %v", took)
			}
			if count := len(s.sentTo()); count != int(submitTime/againAfter)+1 {
				t.Errorf("sent %d times", count)
			}
		})
	})
	t.Run("when the caller gives up the outcome is unknown", func(t *testing.T) {
		ordering(t, newService(nil), func(ctx context.Context, c *Client, _ *fakePeer) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(time.Second, cancel)
			if _, err := c.order(ctx, "tx", nil); !errors.Is(err, ledger.ErrUnknown) || !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want ErrUnknown for context.Canceled", err)
			}
		})
	})
}
