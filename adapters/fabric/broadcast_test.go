package fabric

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hyperledger/fabric-protos-go/common"
	"github.com/hyperledger/fabric-sdk-go/pkg/common/errors/status"
	"github.com/hyperledger/fabric-sdk-go/pkg/common/providers/fab"

	"decore/adapters/ledger"
)

var (
	errDead     = errors.New("connection refused")
	errNoLeader = status.New(status.OrdererServerStatus, int32(common.Status_SERVICE_UNAVAILABLE), "no Raft leader", nil)
	errBad      = status.New(status.OrdererServerStatus, int32(common.Status_BAD_REQUEST), "malformed", nil)
)

// fakeService is an ordering service of three, each of which answers as it is told, the last answer for ever.
type fakeService struct {
	*orderers
	mu      sync.Mutex
	answers map[string][]error
	hang    map[string]bool
	sent    []string
	wait    sync.WaitGroup
}

func newService(answers map[string][]error) *fakeService {
	s := &fakeService{answers: answers, hang: map[string]bool{}}
	s.orderers = &orderers{pause: pause, send: s.answer, spawn: s.wait.Go}
	for _, address := range []string{"o1", "o2", "o3"} {
		s.nodes = append(s.nodes, &node{address: address})
	}
	return s
}

func (s *fakeService) answer(ctx context.Context, _ *fab.Transaction, n *node) error {
	s.mu.Lock()
	s.sent = append(s.sent, n.address)
	hangs := s.hang[n.address]
	var err error
	if all := s.answers[n.address]; len(all) > 0 {
		err = all[0]
		if len(all) > 1 {
			s.answers[n.address] = all[1:]
		}
	}
	s.mu.Unlock()
	if hangs {
		<-ctx.Done()
		return ctx.Err()
	}
	return err
}

func (s *fakeService) sentTo() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sent)
}

func TestBroadcast(t *testing.T) {
	for _, c := range []struct {
		name    string
		answers map[string][]error
		want    []string
		refused bool
	}{
		{"the first orderer takes it", nil, []string{"o1"}, false},
		{"dead orderers are passed over", map[string][]error{"o1": {errDead}, "o2": {errDead}}, []string{"o1", "o2", "o3"}, false},
		{"one without a leader is passed over", map[string][]error{"o1": {errNoLeader}}, []string{"o1", "o2"}, false},
		{"all are tried again until one has a leader",
			map[string][]error{"o1": {errNoLeader, nil}, "o2": {errNoLeader}, "o3": {errDead}}, []string{"o1", "o2", "o3", "o1"}, false},
		{"a refusal for good ends it", map[string][]error{"o1": {errBad}}, []string{"o1"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newService(c.answers)
				err := s.broadcast(t.Context(), nil)
				var refused *OrderError
				if errors.As(err, &refused) != c.refused || !c.refused && err != nil {
					t.Errorf("got %v", err)
				}
				if got := s.sentTo(); !slices.Equal(got, c.want) {
					t.Errorf("sent to %v, want %v", got, c.want)
				}
			})
		})
	}
	t.Run("an orderer that failed comes last for a while", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newService(map[string][]error{"o1": {errDead, nil}})
			for range 2 {
				if err := s.broadcast(t.Context(), nil); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(2 * resting)
			if err := s.broadcast(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			if got := s.sentTo(); !slices.Equal(got, []string{"o1", "o2", "o2", "o1"}) {
				t.Errorf("sent to %v", got)
			}
		})
	})
	t.Run("it ends with its context", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newService(map[string][]error{"o1": {errDead}, "o2": {errDead}, "o3": {errNoLeader}})
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			if err := s.broadcast(ctx, nil); err == nil {
				t.Error("it was taken")
			}
			if err := s.lastFault(); !errors.Is(err, ledger.ErrUnavailable) {
				t.Errorf("got %v, want ErrUnavailable", err)
			}
			if count := len(s.sentTo()); count < 9 || count > 60 {
				t.Errorf("%d attempts in 5 s", count)
			}
			time.Sleep(2 * faultAge)
			if err := s.lastFault(); err != nil {
				t.Errorf("an old fault: %v", err)
			}
		})
	})
}

func TestBroadcastToAll(t *testing.T) {
	t.Run("one that takes it is enough, and the others have their time", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newService(map[string][]error{"o1": {errDead}})
			s.all, s.hang["o2"] = true, true
			ctx, cancel := context.WithCancel(t.Context())
			if err := s.broadcast(ctx, nil); err != nil {
				t.Error(err)
			}
			synctest.Wait()
			sent := s.sentTo()
			slices.Sort(sent)
			if !slices.Equal(sent, []string{"o1", "o2", "o3"}) {
				t.Errorf("sent to %v", sent)
			}
			cancel()
			s.wait.Wait()
			if s.nodes[1].rests() {
				t.Error("an orderer that was not waited for counts as failed")
			}
		})
	})
	t.Run("all must fail before it is tried again, and one that lies is not believed", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newService(map[string][]error{"o1": {errNoLeader, nil}, "o2": {errDead}, "o3": {errBad}, "o4": {errDead}})
			s.all = true
			s.nodes = append(s.nodes, &node{address: "o4"})
			if err := s.broadcast(t.Context(), nil); err != nil {
				t.Error(err)
			}
			s.wait.Wait()
			if count := len(s.sentTo()); count != 8 {
				t.Errorf("%d attempts, want 8", count)
			}
		})
	})
	t.Run("more than can be lying are believed", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newService(map[string][]error{"o1": {errBad}, "o2": {errDead}, "o3": {errBad}, "o4": {errDead}})
			s.all = true
			s.nodes = append(s.nodes, &node{address: "o4"})
			var refused *OrderError
			if err := s.broadcast(t.Context(), nil); !errors.As(err, &refused) {
				t.Errorf("got %v, want an OrderError", err)
			}
			s.wait.Wait()
		})
	})
}
