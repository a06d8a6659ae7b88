// Package server puts the gateway together and runs it: ledger, projection, submitter, keys, HTTP.
package server

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"decore/fixtures"
	"decore/gateway/auth"
	"decore/gateway/risk"
)

// Config is what a gateway is started with.
type Config struct {
	Data       string        // folder of ledger, keys and projection
	Connection string        // file by which to reach a Fabric network; "" is the embedded ledger
	Listen     string        // loopback address and port; port 0 takes a free one
	Consortium string        // file of the plan on which an empty ledger is founded; "" is the built-in example
	Policies   string        // folder of policies for it; "" is the built-in example
	Risk       string        // file of settings of risk signals; "" is the built-in one
	Issuers    []auth.Issuer // whose tokens are accepted; the development issuer's when there is none
	Exposed    bool          // Listen may be beyond loopback
	Passphrase string        // of the key store; "" uses a master key file in the data folder
	Clock      func() time.Time
	Log        *slog.Logger
}

// DefaultData is where data goes when no folder is given: the user's state folder, never the source tree.
func DefaultData(name string) string {
	base := os.Getenv("XDG_STATE_HOME")
	if base == "" {
		if home, err := os.UserHomeDir(); err == nil {
			base = filepath.Join(home, ".local", "state")
		} else {
			base = os.TempDir()
		}
	}
	return filepath.Join(base, "decore", name)
}

// Validate says what is wrong with the settings.
func (c Config) Validate() error {
	switch {
	case c.Data == "":
		return errors.New("no data folder given (--data)")
	case c.Listen == "":
		return errors.New("no address given (--listen)")
	case !c.Exposed && !loopback(c.Listen):
		return fmt.Errorf("%s is not a loopback address: the gateway speaks plain HTTP, so put a TLS proxy in front, or say --expose", c.Listen)
	}
	return nil
}

// loopback reports whether only this machine can reach the address.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return true // listening will say what is wrong with it
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// development reports whether the development issuer's tokens are accepted: only where no real issuer's are,
// since whoever can read the data folder can make one for any party.
func (c Config) development() bool { return len(c.Issuers) == 0 }

func (c Config) path(name string) string { return filepath.Join(c.Data, name) }

// plan returns the files on which an empty ledger is founded.
func (c Config) plan() (files fs.FS, name string) {
	if c.Consortium == "" {
		return fixtures.FS, "consortium/qingdao.json"
	}
	return os.DirFS(filepath.Dir(c.Consortium)), filepath.Base(c.Consortium)
}

func (c Config) policies() (files fs.FS, dir string) {
	if c.Policies == "" {
		return fixtures.FS, "policies"
	}
	return os.DirFS(c.Policies), "."
}

// risk returns what risk signals go by.
func (c Config) risk() (risk.Settings, error) {
	if c.Risk == "" {
		return risk.Default()
	}
	return risk.ReadFile(c.Risk)
}

// takeFolder makes the data folder for this user alone, and keeps other processes out of it.
func (c Config) takeFolder() (unlock func() error, err error) {
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	return LockData(c.Data)
}
