package server

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"decore/adapters/fabric/connection"
	"decore/chaincode/canon"
	"decore/gateway/consortium"
	"decore/gateway/durable"
)

// Files of a data folder.
const (
	planFile = "consortium.json" // the plan that the ledger was founded on; every later start goes by it
	homeFile = "home.json"       // whose folder it is
	lockFile = "gateway.lock"
)

// ErrInUse is wrapped by the error about a data folder that another process has.
var ErrInUse = errors.New("the data folder is in use")

// LockData keeps the data folder for this process until unlock or its end: two gateways on one folder would each give
// out answers under idempotency keys that the other does not know.
func LockData(data string) (unlock func() error, err error) {
	f, err := os.OpenFile(filepath.Join(data, lockFile), os.O_CREATE|os.O_RDWR, 0o600) // #nosec G304 -- the folder is the user's choice
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if err := tryLock(f); err != nil {
		holder, _ := io.ReadAll(io.LimitReader(f, 20))
		return nil, errors.Join(fmt.Errorf("%w: %s, by process %s", err, data, strings.TrimSpace(string(holder))), f.Close())
	}
	if err := errors.Join(f.Truncate(0), note(f)); err != nil {
		return nil, errors.Join(fmt.Errorf("data folder: %w", err), f.Close())
	}
	return f.Close, nil
}

func note(f *os.File) error {
	_, err := fmt.Fprintln(f, os.Getpid())
	return err
}

// Home is whose a data folder is: what a gateway projected and holds is of one organisation and one ledger.
type Home struct {
	Org     string `json:"organisation,omitzero"` // "" is the embedded ledger
	Channel string `json:"channel,omitzero"`
}

func (h Home) String() string {
	if h.Org == "" {
		return "the embedded ledger"
	}
	return fmt.Sprintf("%s on channel %s", h.Org, h.Channel)
}

// HomeOf is the home that a connection file asks for; "" is the embedded ledger.
func HomeOf(connectionFile string) (Home, error) {
	if connectionFile == "" {
		return Home{}, nil
	}
	conn, err := connection.Read(connectionFile)
	return Home{Org: conn.Org, Channel: conn.Channel}, err
}

// CheckHome refuses a data folder that is another one's.
func CheckHome(data string, asked Home) error {
	raw, err := os.ReadFile(filepath.Join(data, homeFile)) // #nosec G304 -- the folder is the user's choice
	if err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	var kept Home
	if err := canon.Strict(raw, &kept); err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(data, homeFile), err)
	}
	if kept != asked {
		return fmt.Errorf("the data folder %s is of %s, not of %s: choose another with --data", data, kept, asked)
	}
	return nil
}

// ensureHome checks whose folder it is, and notes it in a new one.
func (c Config) ensureHome() error {
	asked, err := HomeOf(c.Connection)
	if err != nil {
		return err
	}
	if err := CheckHome(c.Data, asked); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return keep(c.path(homeFile), asked)
}

// ensurePlan returns the plan that the folder was founded on, or keeps the configured one for a new folder. One that
// completes it by keys or parties takes its place.
func (c Config) ensurePlan() (consortium.Plan, error) {
	kept, err := consortium.Read(os.DirFS(c.Data), planFile)
	fresh := errors.Is(err, fs.ErrNotExist)
	if err != nil && !fresh || err == nil && c.Consortium == "" {
		return kept, err
	}
	files, name := c.plan()
	plan, err := consortium.Read(files, name)
	if err != nil {
		return plan, err
	}
	if !fresh {
		if err := plan.Completes(kept); err != nil {
			return plan, fmt.Errorf("%s is not the plan that the data folder %s goes by: %w; leave --consortium out, or choose another folder with --data", c.Consortium, c.Data, err)
		}
	}
	return plan, keep(c.path(planFile), plan)
}

func keep(file string, v any) error {
	raw, err := json.Marshal(v, jsontext.WithIndent("  "))
	if err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	if err := durable.Replace(file, append(raw, '\n')); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	return nil
}

// Plan reads the plan that the data folder's ledger was founded on.
func Plan(data string) (consortium.Plan, error) {
	return consortium.Read(os.DirFS(data), planFile)
}
