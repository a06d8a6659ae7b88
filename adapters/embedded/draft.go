package embedded

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/cockroachdb/pebble"

	"decore/adapters/ledger"
	"decore/chaincode/contract"
)

// draft is the block in the making. Its batch holds all that the block will change in the store, and
// answers reads with it, so that each transaction sees those before it.
type draft struct {
	engine *Engine
	batch  *pebble.Batch
	header header
}

func (e *Engine) newDraft() *draft {
	head := e.views.head()
	return &draft{
		engine: e,
		batch:  e.db.NewIndexedBatch(),
		header: header{number: head.Number + 1, previous: head.Hash, time: e.Now()},
	}
}

func (d *draft) empty() bool { return len(d.header.transactions) == 0 }

// run runs one batch as the block's next transaction. After an error, or when nothing was recorded, the
// block is as before.
func (d *draft) run(batch contract.Batch) (ledger.Commit, error) {
	p := position{d.header.number, uint32(len(d.header.transactions))}
	s := newState(d.batch, &d.engine.opts, transactionID(d.engine.name, p, batch), d.header.time)
	out, err := d.engine.runContract(s, batch)
	if err != nil {
		return ledger.Commit{}, err
	}
	commit := ledger.Commit{Time: s.time, Results: out.Results}
	if !out.Recorded() {
		return commit, nil
	}
	raw, err := encodeTransaction(s.transaction(batch, out))
	if err != nil {
		return ledger.Commit{}, err
	}
	if err := d.add(p, s, raw); err != nil {
		return ledger.Commit{}, err
	}
	d.header.transactions = append(d.header.transactions, sha256.Sum256(raw))
	commit.Tx, commit.Block = s.id, p.block
	return commit, nil
}

// transaction returns what all members of the channel see of the transaction.
func (s *state) transaction(batch contract.Batch, out contract.Outcome) *ledger.Transaction {
	return &ledger.Transaction{
		ID: s.id, Time: s.time, Caller: s.CallerOrg(), Commands: batch.Commands, Results: out.Results,
		Writes: s.publicWrites(), Private: s.privateWrites(), Event: s.event,
	}
}

// add puts a transaction into the batch. Setting in a batch fails only when the batch is beyond 4 GiB.
func (d *draft) add(p position, s *state, raw []byte) error {
	var failed error
	set := func(key, value []byte) {
		if failed == nil {
			failed = d.batch.Set(key, value, nil)
		}
	}
	for key, value := range s.writes {
		set(stateKey(key), append(p.append(make([]byte, 0, positionSize+len(value))), value...))
		set(versionKey(key, p), nil)
	}
	for name, value := range s.private {
		set(privateKey(name.org, name.key), append(p.append(make([]byte, 0, positionSize+len(value))), value...))
	}
	set(transactionKey(p), raw)
	set(indexKey(s.id), p.append(nil))
	return failed
}

// commit makes the block durable and returns its position. The store's error here is final: whether
// the block is on disk is unknown.
func (d *draft) commit() (ledger.Head, error) {
	body := d.header.encode()
	sum := sha256.Sum256(body)
	if err := d.batch.Set(blockKey(d.header.number), append(body, sum[:]...), nil); err != nil {
		return ledger.Head{}, err
	}
	if err := d.batch.Commit(pebble.Sync); err != nil {
		return ledger.Head{}, err
	}
	return ledger.Head{Number: d.header.number, Hash: d.header.hash(), Time: d.header.time}, nil
}

func (d *draft) close() {
	// Closing a batch only returns its memory.
	_ = d.batch.Close()
}

// runContract keeps a fault of the contract to the transaction that met it.
func (e *Engine) runContract(s *state, batch contract.Batch) (out contract.Outcome, err error) {
	defer func() {
		if r := recover(); r != nil {
			e.opts.Log.Error("contract panicked", "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
			err = errors.New("the contract failed on this batch")
		}
		if s.storeErr != nil {
			err = e.storeFault(s.storeErr)
		}
	}()
	return e.opts.Run(s, batch)
}

// Now is the ledger's clock: what a transaction submitted at this moment would be stamped with. It has
// milliseconds and never is before the newest block.
func (e *Engine) Now() time.Time {
	now := e.opts.Clock().Add(time.Duration(e.clockOffset.Load())).UTC().Truncate(time.Millisecond)
	if last := e.views.head().Time; now.Before(last) {
		return last
	}
	return now
}
