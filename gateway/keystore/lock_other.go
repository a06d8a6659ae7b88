//go:build !unix

package keystore

// lockFolder does nothing where folders cannot be locked: there, one process at a time may change a store.
func lockFolder(string) (unlock func() error, err error) {
	return func() error { return nil }, nil
}
