package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"decore/chaincode/party"
	"decore/fixtures"
	"decore/gateway/auth"
	"decore/gateway/consortium"
	"decore/gateway/demo"
	"decore/gateway/durable"
	"decore/gateway/server"
	"decore/network/cluster"
)

// branches are the gateways of all organisations of a network, each with a data folder, keys and a projection of its
// own, as they would run on machines of their own.
type branches struct {
	data    string
	servers map[string]*server.Server // by organisation (MSP ID)
	first   string                    // whose gateway listens where the user said
	network *cluster.Network          // nil on the embedded ledger
}

// storyOrg is the organisation that a newcomer looks at first: the platform hosts the suppliers.
const storyOrg = "PlatformMSP"

// openBranches brings up a network and opens a gateway for each organisation of the example's plan.
func openBranches(ctx context.Context, c *demoCommand, data string, s *streams, log *slog.Logger) (*branches, error) {
	plan, err := consortium.Read(fixtures.FS, "consortium/qingdao.json")
	if err != nil {
		return nil, err
	}
	network, err := cluster.Up(ctx, cluster.Options{Data: filepath.Join(data, "network"), Orgs: orgNames(plan.Orgs), Demonstration: true,
		Progress: func(step string, _ int) { _, _ = fmt.Fprintf(s.err, "network: %s\n", step) }})
	if err != nil {
		return nil, fmt.Errorf("network: %w", err)
	}
	b := &branches{data: data, servers: map[string]*server.Server{}, first: storyOrg, network: network}
	planFile, err := b.plan(plan)
	if err != nil {
		return nil, err
	}
	for _, org := range plan.Orgs { // the regulator's, which founds the ledger, comes first
		cfg := server.Config{Data: b.folder(org), Connection: network.ConnectionFile(org), Consortium: planFile, Listen: "127.0.0.1:0",
			Clock: storyClock(), Log: log.With("org", org)}
		if org == b.first {
			cfg.Listen = c.Listen
		}
		srv, err := server.Start(ctx, cfg)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("gateway of %s: %w", org, err), b.close(ctx))
		}
		b.servers[org] = srv
	}
	if err := b.admitted(ctx, plan); err != nil {
		return nil, errors.Join(err, b.close(ctx))
	}
	return b, nil
}

// admissionTimeout bounds how long the gateways of platform and regulator may take to admit the parties of the plan.
const admissionTimeout = time.Minute

// admitted waits until every gateway sees every party of the plan active.
func (b *branches) admitted(ctx context.Context, plan consortium.Plan) error {
	ctx, cancel := context.WithTimeout(ctx, admissionTimeout)
	defer cancel()
	for org, srv := range b.servers {
		for _, m := range plan.Parties {
			for {
				p, err := srv.Store.Party(ctx, m.USCC)
				if err == nil && p.State == party.Active {
					break
				}
				select {
				case <-time.After(50 * time.Millisecond):
				case <-ctx.Done():
					return fmt.Errorf("gateway of %s: %s is not admitted: %w", org, m.USCC, ctx.Err())
				}
			}
		}
	}
	return nil
}

// orgNames are the names by which the network knows the organisations.
func orgNames(msps []string) []string {
	names := make([]string, len(msps))
	for i, msp := range msps {
		name := strings.TrimSuffix(msp, "MSP")
		names[i] = strings.ToLower(name[:1]) + name[1:]
	}
	return names
}

func (b *branches) folder(org string) string { return filepath.Join(b.data, org) }

// plan lets the plan go round: each organisation's key store makes the keys of its parties.
func (b *branches) plan(plan consortium.Plan) (file string, err error) {
	for _, org := range plan.Orgs {
		if err := os.MkdirAll(b.folder(org), 0o700); err != nil {
			return "", fmt.Errorf("data folder: %w", err)
		}
		keys, err := server.OpenKeys(b.folder(org), "")
		if err != nil {
			return "", err
		}
		if plan, err = plan.MakeKeys(keys, org); err != nil {
			return "", err
		}
	}
	raw, err := json.MarshalIndent(plan, "", "  ")
	if err != nil {
		return "", fmt.Errorf("plan: %w", err)
	}
	file = filepath.Join(b.data, "plan.json")
	return file, durable.Replace(file, raw)
}

// gateways are the branches as the story meets them.
func (b *branches) gateways() (map[string]demo.Gateway, error) {
	all := map[string]demo.Gateway{}
	for org, srv := range b.servers {
		dev, err := auth.OpenDevIssuer(b.folder(org), nil)
		if err != nil {
			return nil, err
		}
		clock, ok := srv.Ledger.(demo.Clock)
		if !ok {
			return nil, errors.New("the ledger's clock cannot be moved")
		}
		all[org] = demo.Gateway{Base: srv.URL(), Clock: clock, Dev: dev}
	}
	return all, nil
}

// wait returns when ctx ends, or with the first failure of a gateway.
func (b *branches) wait(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	for _, srv := range b.servers {
		go func() {
			if err := srv.Wait(ctx); err != nil {
				cancel(err)
			}
		}()
	}
	<-ctx.Done()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// close ends the gateways. The network goes on, see stopNetwork.
func (b *branches) close(ctx context.Context) error {
	var errs []error
	for _, srv := range b.servers {
		errs = append(errs, srv.Close(ctx))
	}
	return errors.Join(errs...)
}

// stopNetwork stops the network's processes; its data stay for the next time.
func (b *branches) stopNetwork(ctx context.Context) error {
	if b.network == nil {
		return nil
	}
	return b.network.Down(ctx, false)
}
