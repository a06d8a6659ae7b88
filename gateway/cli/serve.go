package cli

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"decore/gateway/auth"
	"decore/gateway/server"
)

// closeTimeout is how long running requests have to end when the gateway is stopped.
const closeTimeout = 20 * time.Second

// dataFlag is the data folder, as every command takes it.
type dataFlag struct {
	Data string `help:"Data folder. Default: a folder under the user's state folder." type:"path" env:"DECORE_DATA" placeholder:"DIR"`
}

func (f dataFlag) or(name string) string {
	if f.Data != "" {
		return f.Data
	}
	return server.DefaultData(name)
}

// ledgerFlags choose the ledger.
type ledgerFlags struct {
	Ledger     string `help:"Ledger: embedded, or fabric with --connection." enum:"embedded,fabric" default:"embedded" env:"DECORE_LEDGER"`
	Connection string `help:"Connection file of the organisation on a Fabric network, as \"network up\" writes it." type:"existingfile" env:"DECORE_CONNECTION" placeholder:"FILE"`
}

// check refuses what does not go together.
func (f ledgerFlags) check() error {
	switch {
	case f.Ledger == "fabric" && f.Connection == "":
		return &usageError{"--ledger fabric needs --connection"}
	case f.Ledger != "fabric" && f.Connection != "":
		return &usageError{"--connection goes with --ledger fabric"}
	}
	return nil
}

// folder is the name of the default data folder: gateways of several organisations on one machine have one each.
func (f ledgerFlags) folder() string {
	if f.Connection == "" {
		return "serve"
	}
	return "serve-" + strings.TrimSuffix(filepath.Base(f.Connection), ".json")
}

type serveCommand struct {
	dataFlag    `embed:""`
	ledgerFlags `embed:""`
	Listen      string   `help:"Address and port; keep to loopback and put a TLS proxy in front." default:"127.0.0.1:8080" env:"DECORE_LISTEN"`
	Consortium  string   `help:"File of the consortium on which an empty ledger is founded. Default: the invented example." type:"existingfile" env:"DECORE_CONSORTIUM" placeholder:"FILE"`
	Policies    string   `help:"Folder of policy records for it. Default: the example's." type:"existingdir" env:"DECORE_POLICIES" placeholder:"DIR"`
	Risk        string   `help:"File of settings of risk signals, with the affiliates and contract values that this gateway's keeper knows. Default: the built-in figures." type:"existingfile" env:"DECORE_RISK" placeholder:"FILE"`
	Issuer      []string `help:"URL of a token issuer to accept; give --audience and --jwks as often, in the same order. Without one, the development issuer's tokens are accepted." env:"DECORE_ISSUER" placeholder:"URL"`
	Audience    []string `help:"Audience of the issuer's tokens." env:"DECORE_AUDIENCE" placeholder:"NAME"`
	JWKS        []string `name:"jwks" help:"Issuer's keys: an https URL or a file of a JWK set." env:"DECORE_JWKS" placeholder:"URL|FILE"`
	Expose      bool     `help:"Allow an address beyond loopback. The gateway speaks plain HTTP." env:"DECORE_EXPOSE"`
	Passphrase  string   `help:"Passphrase of the key store, at least 15 bytes. Default: a master key file in the data folder." env:"DECORE_KEY_PASSPHRASE" hidden:""`
}

func (c *serveCommand) config(log *slog.Logger) (server.Config, error) {
	if len(c.Issuer) != len(c.Audience) || len(c.Issuer) != len(c.JWKS) {
		return server.Config{}, &usageError{"give one --audience and one --jwks for each --issuer"}
	}
	if err := c.check(); err != nil {
		return server.Config{}, err
	}
	cfg := server.Config{Data: c.or(c.folder()), Connection: c.Connection, Listen: c.Listen, Consortium: c.Consortium, Policies: c.Policies, Risk: c.Risk,
		Exposed: c.Expose, Passphrase: c.Passphrase, Log: log}
	for i := range c.Issuer {
		cfg.Issuers = append(cfg.Issuers, auth.Issuer{URL: c.Issuer[i], Audience: c.Audience[i], JWKS: c.JWKS[i]})
	}
	return cfg, nil
}

// Run serves until the context ends.
func (c *serveCommand) Run(ctx context.Context, s *streams, log *slog.Logger) error {
	cfg, err := c.config(log)
	if err != nil {
		return err
	}
	srv, err := server.Start(ctx, cfg)
	if ctx.Err() != nil && srv == nil {
		_, err = fmt.Fprintln(s.err, "Stopped before the ledger could be served.")
		return err
	}
	if err != nil {
		return err
	}
	if srv.Created {
		_, _ = fmt.Fprintf(s.out, "Founded ledger %s in %s.\n", srv.Charter.Ledger, cfg.Data)
	}
	_, _ = fmt.Fprintf(s.out, "Serving ledger %s at %s (documents: %s/docs).\n", srv.Charter.Ledger, srv.URL(), srv.URL())
	return waitAndClose(ctx, srv)
}

// waitAndClose serves until the context ends or something fails, then closes in order.
func waitAndClose(ctx context.Context, srv *server.Server) error {
	failed := srv.Wait(ctx)
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	if err := srv.Close(closing); err != nil && failed == nil {
		return fmt.Errorf("stop: %w", err)
	}
	return failed
}
