// Package ledger is the port through which everything above speaks to a ledger, embedded or Fabric.
//
// Nothing above this port knows which engine it has.
package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"decore/chaincode/contract"
	"decore/chaincode/evidence"
)

// Errors that an engine answers with; callers test them with errors.Is.
var (
	// ErrBusy: the queue is full; nothing was submitted, try again later.
	ErrBusy = errors.New("ledger is busy")
	// ErrUnavailable: the ledger cannot be reached or is stopped; nothing was submitted.
	ErrUnavailable = errors.New("ledger is unavailable")
	// ErrUnknown: the time was up before the outcome was known; the same commands may be submitted again safely.
	ErrUnknown = errors.New("outcome is unknown")
	// ErrConflict: another transaction changed what this one read; submit again.
	ErrConflict = errors.New("conflicting transaction")
	// ErrMixed: no second organisation may see all that the batch touches, so that nobody can endorse it as a
	// whole; submit its commands one by one.
	ErrMixed = errors.New("nobody may see the whole batch")
	// ErrDamaged: what is stored does not match its hashes; the ledger refuses to serve.
	ErrDamaged = errors.New("ledger is damaged")
	// ErrNotFound: there is no such block or transaction.
	ErrNotFound = errors.New("not found on the ledger")
	// ErrNotEntitled: the private collection belongs to an organisation that this client does not act for.
	ErrNotEntitled = errors.New("not entitled to the private collection")
)

// Ledger is one channel as one client sees it.
type Ledger interface {
	// Submit runs a batch as one transaction and waits until it is durable. The answer's results are in
	// the order of the commands. A batch in which nothing is recorded makes no transaction: Commit.Tx is "".
	// Besides the errors above it returns *contract.OpeningsNeededError.
	Submit(ctx context.Context, batch contract.Batch) (Commit, error)
	// DryRun decides a batch, of up to contract.MaxTrial commands, as Submit would at this moment, and leaves nothing
	// behind. Where the ledger's members decide apart, it is this client's own that is asked. It returns the errors that
	// Submit returns before anything is ordered.
	DryRun(ctx context.Context, batch contract.Batch) (contract.Outcome, error)
	// Get returns committed values of public keys in order, nil where absent.
	Get(ctx context.Context, keys ...string) ([][]byte, error)
	// Range returns up to limit committed entries with from <= key < to in key order.
	Range(ctx context.Context, from, to string, limit int) ([]contract.Entry, error)
	// Private returns committed values of an organisation's private collection, nil where absent.
	Private(ctx context.Context, org string, keys ...string) ([][]byte, error)
	// Copies gets values of this client's private collections that have not come to it, by the commitments that
	// the ledger holds it to. Values that were not written for it, or that nobody can give, are left out.
	Copies(ctx context.Context, wanted map[string]evidence.Commitment) (map[string][]byte, error)
	// Owed asks other organisations for the openings that the batch lacks and that they owe to this client's
	// (contract.Owed). It may return none; where all organisations are held, nothing is owed.
	Owed(ctx context.Context, batch contract.Batch) ([]jsontext.Value, error)
	// History returns every committed version of a public key, oldest first.
	History(ctx context.Context, key string) ([]Version, error)
	// Block returns one committed block.
	Block(ctx context.Context, number uint64) (*Block, error)
	// Follow calls fn for each committed block from the given number on, in order and without gaps, until
	// ctx is done or fn fails.
	Follow(ctx context.Context, from uint64, fn func(*Block) error) error
	// Transaction returns where a transaction was committed, or ErrNotFound.
	Transaction(ctx context.Context, txID string) (Commit, error)
	// Head returns the newest block's position. Number 0 with an empty Hash means an empty ledger;
	// the first block has number 1.
	Head(ctx context.Context) (Head, error)
	// Orgs lists the organisations whose private collections this client may read.
	Orgs() []string
	// Health says why a batch could not be committed at this moment, nil when nothing is known to be in the way.
	Health(ctx context.Context) error
	// Now is the ledger's clock: what a transaction submitted at this moment would be stamped with.
	Now() time.Time
	// Close stops the client or engine; what was acknowledged is durable.
	Close() error
}

// Commit is where a batch went and what became of its commands.
type Commit struct {
	Tx      string            `json:"tx"`
	Block   uint64            `json:"block"`
	Time    time.Time         `json:"time"`
	Results []contract.Result `json:"results"`
}

// Head is the newest block's position.
type Head struct {
	Number uint64    `json:"number"`
	Hash   string    `json:"hash"`
	Time   time.Time `json:"time"`
}

// Version is one value that a key had.
type Version struct {
	Tx    string    `json:"tx"`
	Block uint64    `json:"block"`
	Time  time.Time `json:"time"`
	Value []byte    `json:"value"`
}

// Block is a set of transactions that became durable together.
type Block struct {
	Number       uint64        `json:"number"`
	Previous     string        `json:"previous"` // hash of the block before, "" for the first
	Time         time.Time     `json:"time"`
	Transactions []Transaction `json:"transactions"`
	Hash         string        `json:"hash"` // base64url SHA-256, over everything above
}

// Transaction is one committed batch as every member of the channel sees it.
type Transaction struct {
	ID       string            `json:"id"`
	Time     time.Time         `json:"time"`
	Caller   string            `json:"caller"`   // organisation of the submitting client
	Commands []string          `json:"commands"` // signed commands (JWS)
	Results  []contract.Result `json:"results"`
	Writes   []Write           `json:"writes"`
	Private  []PrivateWrite    `json:"private"`
	Event    *Event            `json:"event,omitzero"`
}

// Write is one public key that a transaction wrote.
type Write struct {
	Key   string `json:"key"`
	Value []byte `json:"value"`
}

// PrivateWrite is one private key that a transaction wrote: public is only the hash of its value. The key is
// empty where the engine does not publish it, as Fabric, which shows a hash of it alone.
type PrivateWrite struct {
	Org  string              `json:"org"`
	Key  string              `json:"key,omitzero"`
	Hash evidence.Commitment `json:"hash"`
}

// Event is the event that a transaction set.
type Event struct {
	Name    string `json:"name"`
	Payload []byte `json:"payload"`
}

// DamageError says where stored data does not match its hashes. It is ErrDamaged.
type DamageError struct {
	Where  string
	Reason string
}

func (e *DamageError) Error() string { return fmt.Sprintf("%v: %s: %s", ErrDamaged, e.Where, e.Reason) }

// Is makes errors.Is(err, ErrDamaged) true.
func (e *DamageError) Is(target error) bool { return target == ErrDamaged }
