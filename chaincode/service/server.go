package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
)

// Limits that carry the largest batches and keep idle connections of peers.
const (
	maxMessage  = 100 << 20 // as peers have it
	pingAfter   = time.Minute
	pingTimeout = 20 * time.Second
	minPing     = 10 * time.Second // peers that ping more often are cut off
	drainTime   = 10 * time.Second // how long a stop waits for calls that run
)

// Main runs a contract as a chaincode service, with settings from the environment, until the program is told
// to stop.
func Main(run Program) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	s, err := readSettings(os.Getenv)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: s.level}))
	return serve(ctx, s, run, log)
}

// serve listens until ctx is done, and then lets calls that run come to their end.
func serve(ctx context.Context, s settings, run Program, log *slog.Logger) error {
	log = log.With("org", s.org)
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.address)
	if err != nil {
		return fmt.Errorf("chaincode service: %w", err)
	}
	cc := &chaincode{
		run: run, org: s.org, log: log,
		clock:    clockCheck{now: time.Now, skew: s.skew, off: s.demonstration},
		founding: foundingCheck{regulator: s.regulator},
	}
	streams := newStreams(&shim.ChaincodeServer{CCID: s.packageID, CC: cc})
	server := newServer(s)
	peer.RegisterChaincodeServer(server, streams)
	health, err := serveHealth(ctx, s.health, streams)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	log.Info("chaincode service listens", "address", listener.Addr().String(), "package", s.packageID,
		"tls", s.tls != nil, "demonstration", s.demonstration)
	select {
	case err = <-served:
	case <-ctx.Done():
		log.Info("chaincode service stops")
		drain(server, streams)
		err = <-served
	}
	return errors.Join(err, health.close())
}

func newServer(s settings) *grpc.Server {
	options := []grpc.ServerOption{
		grpc.MaxRecvMsgSize(maxMessage), grpc.MaxSendMsgSize(maxMessage),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: pingAfter, Timeout: pingTimeout}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: minPing, PermitWithoutStream: true}),
		grpc.ConnectionTimeout(5 * time.Second),
	}
	if s.tls != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(s.tls)))
	}
	return grpc.NewServer(options...)
}

// drain takes no new connection, ends each peer's stream once no call of any runs, and insists after a while.
func drain(server *grpc.Server, streams *streams) {
	ended := make(chan struct{})
	go func() {
		server.GracefulStop()
		close(ended)
	}()
	streams.drain()
	patience := time.NewTimer(drainTime)
	defer patience.Stop()
	select {
	case <-ended:
	case <-patience.C:
		server.Stop()
		<-ended
	}
}
