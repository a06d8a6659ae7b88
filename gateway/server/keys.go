package server

import (
	"path/filepath"

	"decore/gateway/keystore"
)

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
