package bench

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"decore/chaincode/calendar"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/party"
	"decore/fixtures"
	"decore/gateway/auth"
	"decore/gateway/consortium"
	"decore/gateway/server"
	"decore/network/cluster"
)

// stage is who acts in a bench: the example's consortium on the network at hand, with as many banks as are wanted.
type stage struct {
	dir     string
	plan    consortium.Plan
	file    string // of the plan
	polices string // folder of its policies
	program string // the gateway's
	http    *http.Client
	run     string // tells the document numbers of this run from those of another
}

// home is the organisation that hosts a role on this network: the one that the example has, or else the platform's.
func home(orgs []string, want string) string {
	if slices.Contains(orgs, want) {
		return want
	}
	for _, org := range orgs {
		if org != cluster.Regulator {
			return org
		}
	}
	return cluster.Regulator
}

// platformOrg is the organisation whose gateway is measured.
func (s *stage) platformOrg() string { return home(s.plan.Orgs, "PlatformMSP") }

// newStage writes the plan with the keys of all its parties, each in the key store of its organisation's gateway.
func newStage(dir string, orgs []string, banks int, program string) (*stage, error) {
	plan, err := consortium.Read(fixtures.FS, "consortium/qingdao.json")
	if err != nil {
		return nil, err
	}
	plan.Orgs = orgs
	for i, m := range plan.Parties {
		plan.Parties[i].Org = home(orgs, m.Org)
	}
	if err := addBanks(&plan, banks); err != nil {
		return nil, err
	}
	s := &stage{dir: dir, plan: plan, program: program, http: newHTTP(), run: rand.Text()[:8],
		file: filepath.Join(dir, "plan.json"), polices: filepath.Join(dir, "policies")}
	if err := s.makeKeys(); err != nil {
		return nil, err
	}
	return s, s.writePolicies(calendar.At(time.Now()))
}

// addBanks adds banks until there are as many as are wanted, spread over the organisations that host banks.
func addBanks(plan *consortium.Plan, want int) error {
	hosts := slices.DeleteFunc(slices.Clone(plan.Orgs), func(org string) bool { return !strings.HasPrefix(org, "Bank") })
	if len(hosts) == 0 {
		hosts = []string{home(plan.Orgs, "PlatformMSP")}
	}
	for i := len(partiesOf(*plan, lifecycle.Bank)); i < want; i++ {
		u, err := ident.CompleteUSCC("370200", fmt.Sprintf("995%05d", i))
		if err != nil {
			return fmt.Errorf("banks: %w", err)
		}
		plan.Parties = append(plan.Parties, consortium.Member{USCC: u, Name: fmt.Sprintf("示例银行%d", i), Roles: []lifecycle.Role{lifecycle.Bank},
			Org: hosts[i%len(hosts)]})
	}
	return nil
}

func partiesOf(plan consortium.Plan, role lifecycle.Role) []consortium.Member {
	var all []consortium.Member
	for _, m := range plan.Parties {
		if slices.Contains(m.Roles, role) {
			all = append(all, m)
		}
	}
	return all
}

func (s *stage) folder(org string) string { return filepath.Join(s.dir, org) }

func (s *stage) makeKeys() error {
	for _, org := range s.plan.Orgs {
		if err := os.MkdirAll(s.folder(org), 0o700); err != nil {
			return fmt.Errorf("stage: %w", err)
		}
		keys, err := server.OpenKeys(s.folder(org), "")
		if err != nil {
			return err
		}
		if s.plan, err = s.plan.MakeKeys(keys, org); err != nil {
			return err
		}
	}
	raw, err := json.Marshal(s.plan)
	if err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	return os.WriteFile(s.file, raw, 0o600)
}

// writePolicies writes the example's policies with a window around today, so that a bench can be run in any year.
func (s *stage) writePolicies(today calendar.Date) error {
	if err := os.MkdirAll(s.polices, 0o700); err != nil {
		return fmt.Errorf("policies: %w", err)
	}
	files, err := fs.Glob(fixtures.FS, "policies/*.json")
	if err != nil {
		return fmt.Errorf("policies: %w", err)
	}
	for _, name := range files {
		raw, err := fixtures.FS.ReadFile(name)
		if err != nil {
			return fmt.Errorf("policies: %w", err)
		}
		if raw, err = around(raw, today); err != nil {
			return fmt.Errorf("policy %s: %w", name, err)
		}
		if err := os.WriteFile(filepath.Join(s.polices, filepath.Base(name)), raw, 0o600); err != nil {
			return fmt.Errorf("policies: %w", err)
		}
	}
	return nil
}

func around(policy []byte, today calendar.Date) ([]byte, error) {
	var fields map[string]any
	if err := json.Unmarshal(policy, &fields); err != nil {
		return nil, err
	}
	for name, months := range map[string]int{"effectiveFrom": -6, "effectiveTo": 36, "disbursedFrom": -6, "disbursedTo": 6} {
		if _, has := fields[name]; has {
			fields[name] = today.AddMonths(months).String()
		}
	}
	return json.Marshal(fields)
}

// gatewayOf starts the gateway of an organisation.
func (s *stage) gatewayOf(ctx context.Context, network *cluster.Network, org string) (*gateway, error) {
	return startGateway(ctx, s.program, s.folder(org), filepath.Join(s.dir, org+".log"), "--ledger", "fabric",
		"--connection", network.ConnectionFile(org), "--consortium", s.file, "--policies", s.polices)
}

// embedded starts a gateway on the embedded ledger, with the parties of the same plan.
func (s *stage) embedded(ctx context.Context) (*gateway, error) {
	if err := os.MkdirAll(s.folder(embeddedName), 0o700); err != nil {
		return nil, fmt.Errorf("stage: %w", err)
	}
	bare := s.plan
	bare.Parties = slices.Clone(bare.Parties)
	for i := range bare.Parties {
		bare.Parties[i].Key = consortium.Member{}.Key // this gateway hosts all and makes their keys
	}
	raw, err := json.Marshal(bare)
	if err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	file := filepath.Join(s.dir, "plan-embedded.json")
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	return startGateway(ctx, s.program, s.folder(embeddedName), filepath.Join(s.dir, embeddedName+".log"),
		"--consortium", file, "--policies", s.polices)
}

const embeddedName = "embedded"

// as is a client of a gateway, whose data folder is that of the organisation, for a party in one role.
func (s *stage) as(g *gateway, folder string, u ident.USCC, role lifecycle.Role) (client, error) {
	issuer, err := auth.OpenDevIssuer(s.folder(folder), nil)
	if err != nil {
		return client{}, err
	}
	token, err := issuer.Token(u, []lifecycle.Role{role}, 12*time.Hour)
	return client{http: s.http, base: g.url, token: token}, err
}

// clients are clients for all parties in a role.
func (s *stage) clients(g *gateway, folder string, role lifecycle.Role) ([]client, error) {
	var all []client
	for _, m := range partiesOf(s.plan, role) {
		c, err := s.as(g, folder, m.USCC, role)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// admitWait is how long the gateways may take to admit the parties of the plan.
const admitWait = time.Minute

// admitted waits until every party of the plan is active as a gateway sees it.
func (s *stage) admitted(ctx context.Context, g *gateway) error {
	ctx, cancel := context.WithTimeout(ctx, admitWait)
	defer cancel()
	c, err := s.as(g, s.platformOrg(), s.plan.Platform, lifecycle.Platform)
	if err != nil {
		return err
	}
	for _, m := range s.plan.Parties {
		for {
			var p party.Party
			if err := c.get(ctx, "/v1/parties/"+string(m.USCC), &p); err == nil && p.State == party.Active {
				break
			}
			select {
			case <-time.After(100 * time.Millisecond):
			case <-ctx.Done():
				return errors.Join(fmt.Errorf("%s is not admitted", m.USCC), ctx.Err())
			}
		}
	}
	return nil
}
