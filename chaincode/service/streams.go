package service

import (
	"sync"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// streams are the peers that are connected. A peer's stream never ends by itself, so it is counted how many
// calls run over all of them, and when none does they can be ended without losing an answer.
type streams struct {
	shim *shim.ChaincodeServer

	mu       sync.Mutex
	peers    int
	running  int
	draining bool
	idle     chan struct{} // closed once draining and no call runs
}

func newStreams(s *shim.ChaincodeServer) *streams {
	return &streams{shim: s, idle: make(chan struct{})}
}

// Connect serves one peer.
func (s *streams) Connect(stream peer.Chaincode_ConnectServer) error {
	s.count(&s.peers, 1)
	defer s.count(&s.peers, -1)
	counted := &countedStream{Chaincode_ConnectServer: stream, streams: s, running: map[string]bool{}}
	defer counted.end()
	ended := make(chan error, 1)
	go func() { ended <- s.shim.Connect(counted) }() // returns at the latest when the stream is ended below
	select {
	case err := <-ended:
		return err
	case <-s.idle:
		return status.Error(codes.Unavailable, "the chaincode service stops")
	}
}

func (s *streams) count(counter *int, change int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*counter += change
	s.settle()
}

// drain lets calls that run come to their end.
func (s *streams) drain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.draining = true
	s.settle()
}

// settle is called with the lock held.
func (s *streams) settle() {
	if !s.draining || s.running > 0 {
		return
	}
	select {
	case <-s.idle:
	default:
		close(s.idle)
	}
}

// state says how many peers are connected and whether the service is about to stop.
func (s *streams) state() (peers int, draining bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.peers, s.draining
}

// countedStream notes which calls of one peer run.
type countedStream struct {
	peer.Chaincode_ConnectServer
	streams *streams

	mu      sync.Mutex
	running map[string]bool
}

// Recv notes the beginning of a call.
func (c *countedStream) Recv() (*peer.ChaincodeMessage, error) {
	m, err := c.Chaincode_ConnectServer.Recv()
	if err == nil && (m.GetType() == peer.ChaincodeMessage_TRANSACTION || m.GetType() == peer.ChaincodeMessage_INIT) {
		c.note(m, true)
	}
	return m, err
}

// Send notes the end of a call.
func (c *countedStream) Send(m *peer.ChaincodeMessage) error {
	err := c.Chaincode_ConnectServer.Send(m)
	if m.GetType() == peer.ChaincodeMessage_COMPLETED || m.GetType() == peer.ChaincodeMessage_ERROR {
		c.note(m, false)
	}
	return err
}

func (c *countedStream) note(m *peer.ChaincodeMessage, runs bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := m.GetChannelId() + m.GetTxid()
	if c.running[key] == runs {
		return
	}
	if runs {
		c.running[key] = true
		c.streams.count(&c.streams.running, 1)
		return
	}
	delete(c.running, key)
	c.streams.count(&c.streams.running, -1)
}

// end forgets the calls of a peer that is gone.
func (c *countedStream) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.streams.count(&c.streams.running, -len(c.running))
	clear(c.running)
}
