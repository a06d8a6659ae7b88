package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"decore/adapters/ledger"
	"decore/chaincode/contract"
	"decore/gateway/api"
	"decore/gateway/auth"
	"decore/gateway/consortium"
	"decore/gateway/desk"
	"decore/gateway/idempotency"
	"decore/gateway/keystore"
	"decore/gateway/projection"
	"decore/gateway/submit"
)

// Version is the version of the HTTP interface, as its document names it.
const Version = "0.1.0"

// Server is a running gateway.
type Server struct {
	Ledger  ledger.Ledger
	Store   *projection.Store
	Charter contract.Charter
	Created bool // the ledger was founded by this start

	http    *http.Server
	addr    net.Addr
	closers []func() error // in the order of opening
	stop    context.CancelFunc
	running sync.WaitGroup
	failed  chan error // first failure of something that runs in the background
}

// Start serves and opens everything in its order; until all of it is open, requests are told so. What was opened is
// closed again when a step fails.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	// Ask for the port first: a busy one should cost nothing.
	listener, err := listen(ctx, cfg.Listen)
	if err != nil {
		return nil, err
	}
	unlock, err := cfg.takeFolder()
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	s := &Server{failed: make(chan error, 2), addr: listener.Addr()}
	s.opened(unlock)
	s.opened(listener.Close)
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	starting := &api.Starting{}
	door := &door{}
	door.lead(starting)
	s.serve(listener, door)
	handler, err := s.open(ctx, run, cfg, starting.Waits)
	if err != nil {
		return nil, errors.Join(err, s.Close(context.WithoutCancel(ctx)))
	}
	door.lead(handler)
	return s, nil
}

// door leads each request to the handler of the moment.
type door struct{ to atomic.Pointer[http.Handler] }

func (d *door) lead(h http.Handler) { d.to.Store(&h) }

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) { (*d.to.Load()).ServeHTTP(w, r) }

func listen(ctx context.Context, address string) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("address %s is in use: stop what uses it, or choose another with --listen", address)
	}
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	return l, nil
}

func (s *Server) opened(close func() error) { s.closers = append(s.closers, close) }

// open builds the parts from the ledger up to the HTTP handler. waits is told why that does not go on.
func (s *Server) open(ctx, run context.Context, cfg Config, waits func(error)) (http.Handler, error) {
	signals, err := cfg.risk()
	if err != nil {
		return nil, err // before anything is made
	}
	if err := cfg.ensureHome(); err != nil {
		return nil, err
	}
	plan, err := cfg.ensurePlan()
	if err != nil {
		return nil, err
	}
	var options submit.Options
	if s.Ledger, options, err = openLedger(ctx, cfg, plan); err != nil {
		return nil, err
	}
	s.opened(s.Ledger.Close)
	keys, err := OpenKeys(cfg.Data, cfg.Passphrase)
	if err != nil {
		return nil, err
	}
	submitter := submit.New(s.Ledger, options)
	s.opened(func() error { submitter.Close(); return nil })
	if err := s.found(ctx, run, cfg, plan, submitter, keys, waits); err != nil {
		return nil, err
	}
	writer := &desk.Desk{Ledger: s.Charter.Ledger, Clock: s.Ledger, Keys: keys}
	if err := s.project(ctx, run, cfg, waits); err != nil {
		return nil, err
	}
	verifier, err := openAuth(run, cfg)
	if err != nil {
		return nil, err
	}
	s.opened(func() error { verifier.Close(); return nil })
	answers, err := idempotency.Open(ctx, cfg.path("idempotency.db"), idempotency.Options{})
	if err != nil {
		return nil, err
	}
	s.opened(answers.Close)
	registry := prometheus.NewRegistry()
	return api.New(api.Deps{Ledger: s.Ledger, Store: s.Store, Submit: submitter, Desk: writer, Keys: keys, Auth: verifier,
		Idempotency: answers, Risk: &signals, Log: cfg.Log, Metrics: registry, Version: Version,
		TempDir: cfg.path("tmp"), Issuer: plan.Hosted(keys)})
}

func openAuth(run context.Context, cfg Config) (*auth.Verifier, error) {
	settings := auth.Config{Issuers: cfg.Issuers, Log: cfg.Log}
	if cfg.development() {
		dev, err := auth.OpenDevIssuer(cfg.Data, nil)
		if err != nil {
			return nil, err
		}
		settings.Dev = dev
	}
	return auth.NewVerifier(run, settings)
}

func (s *Server) found(ctx, run context.Context, cfg Config, plan consortium.Plan, sub *submit.Submitter, keys *keystore.Store,
	waits func(error)) error {
	policies, err := consortium.ReadPolicies(cfg.policies())
	if err != nil {
		return err
	}
	home, err := HomeOf(cfg.Connection)
	if err != nil {
		return err
	}
	org := home.Org
	founder := consortium.Founder{Plan: plan, Policies: policies, Org: org, Ledger: s.Ledger, Submit: sub, Keys: keys, Log: cfg.Log,
		Waits: waits}
	if s.Charter, s.Created, err = founder.Run(ctx); err != nil {
		return err
	}
	unheld, err := plan.Unheld(keys, org)
	if err != nil {
		return err
	}
	for _, m := range unheld {
		cfg.Log.Warn("the plan's key of a party is not in this data folder: it cannot sign through this gateway", "party", m.USCC)
	}
	if org == "" {
		return founder.Admit(ctx)
	}
	// The platform's and the regulator's gateways each do their part, and neither waits for the other to serve.
	s.running.Go(func() {
		if err := founder.Admit(run); err != nil && run.Err() == nil {
			cfg.Log.Error("the parties of the plan are not all admitted", "error", err)
		}
	})
	return nil
}

// project opens the read model and lets it catch up before the first request is served.
func (s *Server) project(ctx, run context.Context, cfg Config, waits func(error)) error {
	store, err := projection.OpenOrRebuild(ctx, cfg.path("projection.db"), projection.Options{Log: cfg.Log, Clock: s.Ledger.Now})
	if err != nil {
		return err
	}
	s.Store = store
	s.opened(store.Close)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s.running.Go(func() {
		if err := store.Run(run, s.Ledger); err != nil && run.Err() == nil {
			err = fmt.Errorf("projection: %w", err)
			s.fail(err)
			cancel(err)
		}
	})
	err = consortium.Patiently(ctx, waits, func(ctx context.Context) error {
		head, err := s.Ledger.Head(ctx)
		if err != nil {
			return err
		}
		return store.WaitFor(ctx, head.Number)
	})
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return err
}

func (s *Server) serve(l net.Listener, h http.Handler) {
	s.http = &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 2 * time.Minute,
		WriteTimeout: 3 * time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10}
	s.running.Go(func() {
		if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.fail(fmt.Errorf("http: %w", err))
		}
	})
}

func (s *Server) fail(err error) {
	select {
	case s.failed <- err:
	default: // an earlier failure is enough to stop for
	}
}

// URL is where the gateway answers.
func (s *Server) URL() string { return "http://" + s.addr.String() }

// Wait returns when ctx ends, or with the error when something fails in the background.
func (s *Server) Wait(ctx context.Context) error {
	select {
	case err := <-s.failed:
		return err
	case <-ctx.Done():
		return nil
	}
}

// Close lets running requests end within ctx and closes everything in reverse order.
func (s *Server) Close(ctx context.Context) error {
	var errs []error
	if s.http != nil {
		errs = append(errs, s.http.Shutdown(ctx))
	}
	s.stop()
	s.running.Wait()
	for i := len(s.closers) - 1; i >= 0; i-- {
		if err := s.closers[i](); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
