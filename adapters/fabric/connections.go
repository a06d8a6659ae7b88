package fabric

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"decore/adapters/fabric/connection"
)

const (
	dialTime   = 2 * time.Second // how long a call waits for a connection
	maxMessage = 100 << 20       // as peers and orderers have it
	// Fabric's nodes cut off a client that pings more often than once a minute.
	pingAfter   = 61 * time.Second
	pingTimeout = 10 * time.Second
)

// connections are those to all nodes, one each, made when first needed and mended by themselves. The SDK's own
// pool waits a whole timeout on a connection that became idle when its node went away, and trusts each node
// with every organisation's certificates.
type connections struct {
	creds map[string]credentials.TransportCredentials // by address

	mu     sync.Mutex
	open   map[string]*grpc.ClientConn
	closed bool
}

func newConnections(nodes []connection.Node) (*connections, error) {
	c := &connections{creds: map[string]credentials.TransportCredentials{}, open: map[string]*grpc.ClientConn{}}
	for _, n := range nodes {
		host, _, err := net.SplitHostPort(n.Address)
		if err != nil {
			return nil, fmt.Errorf("connection: address of a node of %s: %w", n.Org, err)
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM([]byte(n.TLSRoots)) {
			return nil, fmt.Errorf("connection: no TLS certificate is given for %s", n.Address)
		}
		c.creds[n.Address] = credentials.NewTLS(&tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, ServerName: host})
	}
	return c, nil
}

// DialContext returns the connection to a node once it is ready. The SDK's options are not needed.
func (c *connections) DialContext(ctx context.Context, target string, _ ...grpc.DialOption) (*grpc.ClientConn, error) {
	conn, err := c.get(target)
	if err != nil {
		return nil, err
	}
	return conn, ready(ctx, conn, target)
}

// ReleaseConn does nothing: connections stay.
func (c *connections) ReleaseConn(*grpc.ClientConn) {}

func (c *connections) get(target string) (*grpc.ClientConn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, errClosed
	}
	if conn, ok := c.open[target]; ok {
		return conn, nil
	}
	creds, ok := c.creds[target]
	if !ok {
		return nil, fmt.Errorf("no node has the address %s", target)
	}
	conn, err := grpc.NewClient("passthrough:///"+target,
		grpc.WithTransportCredentials(creds),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage), grpc.MaxCallSendMsgSize(maxMessage)),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: pingAfter, Timeout: pingTimeout}),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: time.Second},
			MinConnectTimeout: dialTime,
		}),
		grpc.WithIdleTimeout(0),
	)
	if err != nil {
		return nil, fmt.Errorf("connection to %s: %w", target, err)
	}
	c.open[target] = conn
	return conn, nil
}

// secondLook is how long a call waits for a connection that failed before. It says no more than that until it
// works again, however often it tries.
const secondLook = 250 * time.Millisecond

// ready waits until the connection can be used. One that failed before is tried anew at once, so that a node is
// found as soon as it is back.
func ready(ctx context.Context, conn *grpc.ClientConn, target string) error {
	var fault error
	for {
		state := conn.GetState()
		switch state {
		case connectivity.Ready:
			return nil
		case connectivity.Idle:
			conn.Connect()
		case connectivity.TransientFailure:
			fault = failing(ctx, conn)
			conn.ResetConnectBackoff()
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, secondLook)
			defer cancel()
		case connectivity.Shutdown:
			return errClosed
		case connectivity.Connecting:
		}
		if !conn.WaitForStateChange(ctx, state) {
			if fault != nil {
				return fmt.Errorf("%s cannot be reached: %w", target, fault)
			}
			return fmt.Errorf("%s does not answer: %w", target, ctx.Err())
		}
	}
}

// failing is why a connection that failed did so: gRPC tells that only to a call, which such a connection refuses at
// once.
func failing(ctx context.Context, conn *grpc.ClientConn) error {
	err := conn.Invoke(ctx, "/decore/Why", &emptypb.Empty{}, &emptypb.Empty{})
	if s := status.Convert(err); s.Code() == codes.Unavailable {
		return errors.New(bare(s.Message()))
	}
	return nil // it works again
}

// bare is the reason within what gRPC says of a connection: it quotes it, behind words that say nothing.
func bare(message string) string {
	if _, quoted, ok := strings.Cut(message, `desc = "`); ok {
		if reason, err := strconv.Unquote(`"` + quoted); err == nil {
			message = reason
		}
	}
	for _, prefix := range []string{"transport: ", "Error while dialing: "} {
		message = strings.TrimPrefix(message, prefix)
	}
	return message
}

// Close closes all connections, and those who use them find them closed.
func (c *connections) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	var errs []error
	for _, conn := range c.open {
		errs = append(errs, conn.Close())
	}
	clear(c.open)
	return errors.Join(errs...)
}
