// Package fabric is the ledger on a Hyperledger Fabric network (Fabric 账本): the port of package ledger over
// fabric-sdk-go, as a client of one organisation.
//
// It takes peers and orderers from its connection file and chooses among them itself. The SDK's parts make and
// send proposals and transactions and deliver blocks; its discovery, selection and event services, which
// cannot be told what a batch touches, are not used.
//
// One watcher a client follows the blocks of the organisation's own peer. What a submission came to, and what
// followers see, is read from these blocks alone.
package fabric

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	sdk "github.com/hyperledger/fabric-sdk-go/pkg/common/providers/context"

	"decore/adapters/fabric/connection"
	"decore/adapters/ledger"
)

// Options say how a client behaves; the zero value is good.
type Options struct {
	// Log is told of faults and changes, never of content: slog.Default when nil.
	Log *slog.Logger
	// Clock is the real clock: time.Now when nil.
	Clock func() time.Time
	// Parallel is how many batches may be under way before Submit answers ErrBusy: 256 when 0.
	Parallel int
}

func (o Options) complete() Options {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Parallel == 0 {
		o.Parallel = 256
	}
	return o
}

// Client is an open connection to one channel.
type Client struct {
	conn     connection.Connection
	opts     Options
	sdk      sdk.Client
	conns    *connections
	peers    map[string][]*node // by organisation
	orderers *orderers
	clock    *clock
	blocks   *blockCache
	watch    *watcher
	places   chan struct{} // as many as batches may be under way

	life    context.Context // ends with Close
	end     context.CancelCauseFunc
	working sync.WaitGroup // calls and goroutines that Close waits for
	mu      sync.Mutex     // guards closed, and working from growing after it
	closed  bool
}

var _ ledger.Ledger = (*Client)(nil)

// firstContact is how long Open waits for the organisation's own peer.
const firstContact = 5 * time.Second

// Open connects to the network. A network that cannot be reached is no error: the client goes on trying, and
// answers with ErrUnavailable until it succeeds. Only Close ends the client; ctx bounds the opening alone.
func Open(ctx context.Context, conn connection.Connection, opts Options) (*Client, error) {
	if err := conn.Validate(); err != nil {
		return nil, fmt.Errorf("connection: %w", err)
	}
	opts = opts.complete()
	conns, err := newConnections(slices.Concat(conn.Peers, conn.Orderers))
	if err != nil {
		return nil, err
	}
	context, err := newSDK(conn, conns, opts.Log)
	if err != nil {
		return nil, err
	}
	c := &Client{
		conn: conn, opts: opts, sdk: context, conns: conns, blocks: newBlockCache(),
		clock:  &clock{real: opts.Clock, demonstration: conn.Demonstration},
		places: make(chan struct{}, opts.Parallel),
	}
	if err := c.openNodes(); err != nil {
		return nil, err
	}
	c.start()
	if err := c.watch.contact(ctx, firstContact); err != nil {
		opts.Log.Warn("the ledger cannot be reached yet", "error", err)
	}
	return c, nil
}

func (c *Client) openNodes() (err error) {
	if c.peers, err = newPeers(c.sdk, c.conn.Peers); err != nil {
		return err
	}
	c.orderers, err = newOrderers(c.sdk, c.conn, c.working.Go)
	return err
}

// start begins to follow the blocks.
func (c *Client) start() {
	c.life, c.end = context.WithCancelCause(context.Background())
	c.watch = newWatcher(c)
	c.working.Go(func() { c.watch.run(c.life) })
}

var errClosed = fmt.Errorf("%w: closed", ledger.ErrUnavailable)

// enter begins a call: its context ends with the client too, and Close waits until leave.
func (c *Client) enter(ctx context.Context) (inner context.Context, leave func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, nil, errClosed
	}
	c.working.Add(1)
	inner, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(c.life, func() { cancel(errClosed) })
	return inner, func() {
		stop()
		cancel(nil)
		c.working.Done()
	}, nil
}

// why is the reason for which a call's context ended: that the client was closed, or what its caller's context says.
func why(ctx context.Context) error {
	if cause := context.Cause(ctx); errors.Is(cause, ledger.ErrUnavailable) {
		return cause
	}
	return ctx.Err()
}

// Orgs lists the client's own organisation.
func (c *Client) Orgs() []string { return []string{c.conn.Org} }

// own are the peers of the client's own organisation, the best first.
func (c *Client) own() []*node { return inTurn(c.peers[c.conn.Org]) }

// Close ends the client. What was acknowledged stays on the ledger; calls under way end with ErrUnavailable, or
// with ErrUnknown where a transaction was sent.
func (c *Client) Close() error {
	c.mu.Lock()
	again := c.closed
	c.closed = true
	c.mu.Unlock()
	if again {
		return nil
	}
	c.end(errClosed)
	c.working.Wait()
	return c.conns.Close()
}
