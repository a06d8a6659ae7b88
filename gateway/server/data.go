package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"decore/gateway/consortium"
	"decore/gateway/durable"
	"decore/gateway/keystore"
)

// planFile keeps the plan that a data folder's ledger was founded on, so that every later start and
// the doctor open it with the same organisations.
const planFile = "consortium.json"

// OpenKeys opens the data folder's key store with the passphrase, or with the master key file beside it.
func OpenKeys(data, passphrase string) (*keystore.Store, error) {
	secret, err := keySecret(data, passphrase)
	if err != nil {
		return nil, err
	}
	return keystore.Open(filepath.Join(data, "keys"), secret)
}

func keySecret(data, passphrase string) (keystore.Secret, error) {
	if passphrase != "" {
		return keystore.Passphrase(passphrase)
	}
	return keystore.EnsureMasterKeyFile(filepath.Join(data, "master.key"))
}

// ensurePlan returns the plan that the folder was founded on, or keeps the configured one for a new folder.
func (c Config) ensurePlan() (consortium.Plan, error) {
	kept, err := consortium.Read(os.DirFS(c.Data), planFile)
	if !errors.Is(err, fs.ErrNotExist) {
		return kept, err
	}
	files, name := c.plan()
	plan, err := consortium.Read(files, name)
	if err != nil {
		return plan, err
	}
	raw, err := json.MarshalIndent(plan, "", "  ")
	if err != nil {
		return plan, fmt.Errorf("keep the consortium: %w", err)
	}
	return plan, durable.Replace(c.path(planFile), raw)
}

// ChannelOrgs lists the organisations of the data folder's ledger.
func ChannelOrgs(data string) ([]string, error) {
	plan, err := consortium.Read(os.DirFS(data), planFile)
	return plan.Orgs, err
}
