package contract

import "time"

// State is what the contract needs of a ledger while one transaction runs, and all that it knows of it.
//
// The embedded engine implements it in process and the Fabric shim in chaincode/main.go. Reads see the
// committed state; the contract keeps its own overlay for what it writes. Nothing is ever deleted.
//
// It shows nothing that differs from one endorser to another: neither whose peer this is nor what a private
// collection holds, since endorsers must come to the same result to the byte.
type State interface {
	// Get returns the values of public keys in order, nil where a key is absent.
	Get(keys ...string) ([][]byte, error)
	// Put writes a public key.
	Put(key string, value []byte) error
	// Range returns up to limit public entries with from <= key < to in key order.
	Range(from, to string, limit int) ([]Entry, error)
	// PutPrivate writes a key of an organisation's private collection. Its SHA-256 is public.
	PutPrivate(org, key string, value []byte) error
	// PrivateHash returns the SHA-256 of a private value, nil when absent; every peer can.
	PrivateHash(org, key string) ([]byte, error)
	// SetEvent sets the transaction's one event.
	SetEvent(name string, payload []byte) error
	// TxID is the transaction's ID.
	TxID() string
	// TxTime is the transaction's time; every endorser sees the same.
	TxTime() time.Time
	// CallerOrg is the organisation (MSP ID) of the client that submitted the transaction.
	CallerOrg() string
}

// Entry is a public key with its value.
type Entry struct {
	Key   string
	Value []byte
}
