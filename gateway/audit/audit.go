// Package audit replays a ledger over its port, from the first block to the newest, and compares its state with what
// the blocks wrote (账本审计). What it proves, and what it cannot, is said in package decore/chaincode/audit.
package audit

import (
	"context"
	"errors"
	"fmt"

	"decore/adapters/ledger"
	"decore/chaincode/audit"
	"decore/chaincode/contract"
)

// Options say how to audit.
type Options struct {
	// Hash computes the hash that a block must have; nil where the adapter checks that itself.
	Hash func(*ledger.Block) (string, error)
	// All goes on after the first thing that is not explained.
	All bool
	// Progress, which may be nil, is told the number of the block that was replayed last, and of the newest.
	Progress func(done, newest uint64)
}

// Unexplained is something that no signed command explains.
type Unexplained struct {
	Block  uint64 // 0 for what is found in the state alone
	Tx     string
	Key    string
	Reason string
}

func (u Unexplained) String() string {
	where := fmt.Sprintf("block %d, transaction %s, key %s", u.Block, u.Tx, u.Key)
	switch {
	case u.Block == 0:
		where = "state, key " + u.Key
	case u.Tx == "":
		where = fmt.Sprintf("block %d", u.Block)
	case u.Key == "":
		where = fmt.Sprintf("block %d, transaction %s", u.Block, u.Tx)
	}
	return where + ": " + u.Reason
}

// Report is what an audit came to.
type Report struct {
	Blocks       uint64
	Transactions int
	Commands     int
	Keys         int
	Claims       int  // of the subsidy, that were reckoned again from this client's own copies
	Accounts     int  // of households, held against these claims
	Compared     bool // the state was compared; it is not once a block is not explained, unless All
	Unexplained  []Unexplained

	// CorrectionsDue are claims that hold more or less than their loan's record gives by now, which nobody has corrected yet.
	// Signed commands explain that, and nothing more is settled on them; but who is answerable should know.
	CorrectionsDue []string

	// Moving are accounts that moved on at every reading, so that they could not be held against their claims.
	Moving []string
}

// ErrEmpty is the answer for a ledger without blocks.
var ErrEmpty = errors.New("the ledger has no blocks")

// Run audits the ledger as it is now. An error means that it could not be read, not that something is wrong with it.
func Run(ctx context.Context, l ledger.Ledger, o Options) (Report, error) {
	head, err := l.Head(ctx)
	switch {
	case err != nil:
		return Report{}, err
	case head.Number == 0:
		return Report{}, ErrEmpty
	}
	r := &run{ledger: l, options: o, auditor: audit.New()}
	if err := r.feed(ctx, head.Number, func() {}); err != nil {
		return Report{}, err
	}
	if !r.over() {
		if r.position.Hash != head.Hash {
			r.tell(Unexplained{Block: head.Number, Reason: "is not the block that the ledger calls its newest"})
		}
		if err := r.compare(ctx); err != nil {
			return Report{}, err
		}
		if err := r.checkSubsidy(ctx); err != nil {
			return Report{}, err
		}
		r.report.Compared = true
	}
	r.report.Keys = r.auditor.Keys()
	return r.report, nil
}

// run is one audit.
type run struct {
	ledger   ledger.Ledger
	options  Options
	auditor  *audit.Auditor
	position ledger.Head
	report   Report
}

// over reports whether enough was found.
func (r *run) over() bool { return len(r.report.Unexplained) > 0 && !r.options.All }

func (r *run) tell(u Unexplained) {
	if !r.over() {
		r.report.Unexplained = append(r.report.Unexplained, u)
	}
}

// errReached ends following at the block that was asked for.
var errReached = errors.New("reached")

// feed replays blocks up to a number. They are read ahead while those before are replayed. after is called
// after each.
func (r *run) feed(ctx context.Context, to uint64, after func()) error {
	if r.position.Number >= to {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	blocks, ended := make(chan *ledger.Block, 16), make(chan error, 1)
	go func() {
		defer close(blocks)
		ended <- r.ledger.Follow(ctx, r.position.Number+1, func(b *ledger.Block) error {
			select {
			case blocks <- b:
			case <-ctx.Done():
				return ctx.Err()
			}
			if b.Number >= to {
				return errReached
			}
			return nil
		})
	}()
	over := false
	for b := range blocks {
		if over {
			continue // until the reader has ended
		}
		r.block(b)
		after()
		if over = r.over(); over {
			cancel()
		}
		if r.options.Progress != nil {
			r.options.Progress(b.Number, to)
		}
	}
	if err := <-ended; !over && !errors.Is(err, errReached) {
		return fmt.Errorf("read blocks: %w", err)
	}
	return nil
}

// block replays one block.
func (r *run) block(b *ledger.Block) {
	if reason := r.chained(b); reason != "" {
		r.tell(Unexplained{Block: b.Number, Reason: reason})
	}
	txs := make([]audit.Transaction, len(b.Transactions))
	for i := range b.Transactions {
		txs[i] = transaction(&b.Transactions[i])
		r.report.Commands += len(txs[i].Commands)
	}
	for _, f := range r.auditor.Block(txs) {
		r.tell(Unexplained{Block: b.Number, Tx: f.Tx, Key: f.Key, Reason: f.Reason})
	}
	r.position = ledger.Head{Number: b.Number, Hash: b.Hash, Time: b.Time}
	r.report.Blocks++
	r.report.Transactions += len(txs)
}

// chained says in what a block does not follow the one before it, "" in nothing.
func (r *run) chained(b *ledger.Block) string {
	switch {
	case b.Number != r.position.Number+1:
		return fmt.Sprintf("follows block %d", r.position.Number)
	case b.Previous != r.position.Hash:
		return "does not name the hash of the block before it"
	case r.options.Hash == nil:
		return ""
	}
	if hash, err := r.options.Hash(b); err != nil || hash != b.Hash {
		return "does not have the hash that it claims"
	}
	return ""
}

// transaction is a transaction as the domain's auditor reads it.
func transaction(t *ledger.Transaction) audit.Transaction {
	tx := audit.Transaction{ID: t.ID, Time: t.Time, Caller: t.Caller, Commands: t.Commands, Results: t.Results}
	for _, w := range t.Writes {
		tx.Writes = append(tx.Writes, contract.Entry(w))
	}
	for _, w := range t.Private {
		tx.Private = append(tx.Private, audit.PrivateWrite(w))
	}
	if t.Event != nil {
		tx.Event = contract.Entry{Key: t.Event.Name, Value: t.Event.Payload}
	}
	return tx
}
