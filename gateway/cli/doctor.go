package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"decore/adapters/embedded"
	"decore/adapters/fabric"
	"decore/adapters/fabric/connection"
	"decore/adapters/ledger"
	"decore/chaincode/contract"
	"decore/chaincode/ident"
	"decore/chaincode/party"
	"decore/gateway/consortium"
	"decore/gateway/keystore"
	"decore/gateway/projection"
	"decore/gateway/server"
)

type doctorCommand struct {
	dataFlag    `embed:""`
	ledgerFlags `embed:""`
	Demo        bool   `help:"Examine the demo's data folder."`
	Passphrase  string `help:"Passphrase of the key store." env:"DECORE_KEY_PASSPHRASE" hidden:""`
}

// patient is what is examined, opened part by part.
type patient struct {
	data       string
	connection string // of a Fabric network; "" is the embedded ledger
	passphrase string
	unlock     func() error     // lets other processes use the folder again
	plan       consortium.Plan  // that the ledger was founded on
	engine     *embedded.Engine // nil on a network
	ledger     ledger.Ledger
	store      *projection.Store
}

type examination struct {
	name string
	make func(context.Context, *patient) (string, error)
}

// examinations are made in order; one that fails ends those that need it.
var examinations = []examination{
	{"data folder", examineFolder},
	{"ledger", examineLedger},
	{"clock", examineClock},
	{"keys", examineKeys},
	{"parties", examineParties},
	{"projection", examineProjection},
}

// networkExaminations take the place of those of the embedded ledger.
var networkExaminations = map[string]examination{
	"ledger": {"network", examineNetwork},
	"clock":  {"clock", examineNetworkClock},
}

var errUnwell = errors.New("something is wrong, see above")

// Run examines a data folder that no gateway is serving at the moment.
func (c *doctorCommand) Run(ctx context.Context, s *streams) error {
	if err := c.check(); err != nil {
		return err
	}
	name := c.folder()
	if c.Demo {
		name = "demo"
	}
	p := &patient{data: c.or(name), connection: c.Connection, passphrase: c.Passphrase}
	defer p.close()
	for _, e := range examinations {
		if other, ok := networkExaminations[e.name]; ok && p.connection != "" {
			e = other
		}
		finding, err := e.make(ctx, p)
		if err != nil {
			_, _ = fmt.Fprintf(s.out, "FAIL  %-12s %s\n", e.name, oneLine(err))
			return errUnwell
		}
		_, _ = fmt.Fprintf(s.out, "ok    %-12s %s\n", e.name, finding)
	}
	return nil
}

func (p *patient) close() {
	if p.store != nil {
		_ = p.store.Close()
	}
	if p.ledger != nil {
		_ = p.ledger.Close()
	}
	if p.unlock != nil {
		_ = p.unlock()
	}
}

func examineFolder(_ context.Context, p *patient) (string, error) {
	info, err := os.Stat(p.data)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("%s does not exist; `gateway serve` or `gateway demo` makes it", p.data)
	case err != nil:
		return "", err
	case !info.IsDir():
		return "", fmt.Errorf("%s is not a folder", p.data)
	}
	if err := closedToOthers(p.data, info); err != nil {
		return "", err
	}
	if p.unlock, err = server.LockData(p.data); err != nil {
		return "", err
	}
	asked, err := server.HomeOf(p.connection)
	if err != nil {
		return "", err
	}
	if err := server.CheckHome(p.data, asked); err != nil {
		return "", err
	}
	p.plan, err = server.Plan(p.data)
	return fmt.Sprintf("%s, of %s", p.data, asked), err
}

// closedToOthers refuses keys and private terms that other users of the machine can read, unless the whole
// folder is closed to them.
func closedToOthers(data string, info fs.FileInfo) error {
	const others = 0o077
	if info.Mode().Perm()&others == 0 {
		return nil
	}
	entries, err := os.ReadDir(data)
	if err != nil {
		return err
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm()&others != 0 {
			return fmt.Errorf("%s can be read by others (mode %o): chmod 700 %s", filepath.Join(data, e.Name()), info.Mode().Perm(), data)
		}
	}
	return nil
}

func examineLedger(ctx context.Context, p *patient) (string, error) {
	var err error
	if p.engine, err = openEmbedded(p.data); err != nil {
		return "", err
	}
	p.ledger = p.engine
	if err := p.engine.Verify(ctx, nil); err != nil {
		return "", err
	}
	name, err := p.founded(ctx)
	return fmt.Sprintf("%s: all %d blocks and every value checked", name, p.engine.Info().Head.Number), err
}

// openEmbedded opens the embedded ledger of a data folder that no gateway is serving at the moment.
func openEmbedded(data string) (*embedded.Engine, error) {
	dir := filepath.Join(data, "ledger")
	if _, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("no ledger in %s", data)
	}
	plan, err := server.Plan(data)
	if err != nil {
		return nil, err
	}
	return embedded.Open(embedded.Options{Dir: dir, Run: contract.Submit, Orgs: plan.Orgs})
}

// founded is the name of the ledger.
func (p *patient) founded(ctx context.Context) (string, error) {
	charter, founded, err := consortium.Charter(ctx, p.ledger)
	if err == nil && !founded {
		err = errors.New("the ledger was never founded; `gateway serve` does that")
	}
	return charter.Ledger, err
}

func examineNetwork(ctx context.Context, p *patient) (string, error) {
	conn, err := connection.Read(p.connection)
	if err != nil {
		return "", err
	}
	if p.ledger, err = fabric.Open(ctx, conn, fabric.Options{}); err != nil {
		return "", err
	}
	if err := p.ledger.Health(ctx); err != nil {
		return "", err
	}
	name, err := p.founded(ctx)
	if err != nil {
		return "", err
	}
	head, err := p.ledger.Head(ctx)
	return fmt.Sprintf("%s on channel %s: %s's peer is at block %d, endorsers and orderers answer", name, conn.Channel, conn.Org, head.Number), err
}

func examineNetworkClock(ctx context.Context, p *patient) (string, error) {
	head, err := p.ledger.Head(ctx)
	if err != nil {
		return "", err
	}
	if ahead := time.Until(head.Time); ahead > time.Minute {
		return fmt.Sprintf("the newest block is %s ahead of this machine's clock: that is a demonstration, or set the clock", ahead.Round(time.Second)), nil
	}
	return "in order", nil
}

func examineClock(_ context.Context, p *patient) (string, error) {
	info := p.engine.Info()
	behind := info.Head.Time.Sub(time.Now().Add(info.ClockOffset))
	switch {
	case info.Demonstration:
		return fmt.Sprintf("a demonstration's clock, %s ahead of the real one; its times prove nothing", info.ClockOffset.Round(time.Hour)), nil
	case behind > time.Minute:
		return "", fmt.Errorf("the newest block is %s ahead of this machine's clock; set the clock", behind.Round(time.Second))
	}
	return "in order", nil
}

func examineKeys(_ context.Context, p *patient) (string, error) {
	store, err := server.OpenKeys(p.data, p.passphrase)
	if err != nil {
		return "", err
	}
	held, err := store.List()
	if err != nil {
		return "", err
	}
	parties := map[ident.USCC]bool{}
	for _, e := range held {
		parties[e.Party] = true
		if _, _, err := store.Key(e.Party); err != nil && !errors.Is(err, keystore.ErrNoKey) {
			return "", err
		}
	}
	finding := fmt.Sprintf("%d parties hosted, %d keys", len(parties), len(held))
	home, err := server.HomeOf(p.connection)
	if err != nil {
		return "", err
	}
	unheld, err := p.plan.Unheld(store, home.Org)
	if len(unheld) > 0 {
		finding += "; not held here, so they cannot sign through this gateway: " + names(unheld)
	}
	return finding, err
}

func names(members []consortium.Member) string {
	all := make([]string, len(members))
	for i, m := range members {
		all[i] = string(m.USCC)
	}
	return strings.Join(all, ", ")
}

// examineParties compares the plan with the registry.
func examineParties(ctx context.Context, p *patient) (string, error) {
	standing, err := p.plan.Standing(ctx, p.ledger)
	if err != nil {
		return "", err
	}
	var waiting []consortium.Member
	for i, s := range standing {
		switch {
		case p.engine != nil: // the embedded ledger's plan need not hold the keys: its gateway made them
		case s.Refused != nil:
			return "", s.Refused
		}
		if s.State == "" || s.State == party.Pending {
			waiting = append(waiting, p.plan.Parties[i])
		}
	}
	finding := fmt.Sprintf("%d of the plan", len(standing))
	if len(waiting) > 0 {
		finding += "; not admitted yet: " + names(waiting)
	}
	return finding, nil
}

func examineProjection(ctx context.Context, p *patient) (string, error) {
	var err error
	if p.store, err = projection.Open(ctx, filepath.Join(p.data, "projection.db"), projection.Options{Clock: p.ledger.Now}); err != nil {
		return "", fmt.Errorf("%w (it can be deleted: the gateway builds it again from the ledger)", err)
	}
	// As a gateway would at its start, which a block that cannot be read would end.
	if err := p.store.CatchUp(ctx, p.ledger); err != nil {
		return "", err
	}
	at, err := p.store.Position(ctx)
	if err != nil {
		return "", err
	}
	differences, err := p.store.Reconcile(ctx, p.ledger)
	if err != nil {
		return "", err
	}
	if len(differences) > 0 {
		return "", fmt.Errorf("%d rows differ from the ledger, first %+v; delete the projection's files, the gateway builds them again", len(differences), differences[0])
	}
	return fmt.Sprintf("at block %d, reconciled with the ledger", at.Number), nil
}
