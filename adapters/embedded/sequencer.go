package embedded

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"decore/adapters/ledger"
	"decore/chaincode/contract"
)

// A block closes at the first of these limits. They keep the first caller in it from waiting long for
// the others; by then the disk sync, which is what a block saves, is a small part of the cost.
const (
	maxBlockTransactions = 512
	maxBlockBytes        = 4 << 20
	maxBlockTime         = 10 * time.Millisecond
)

// submission is one waiting caller.
type submission struct {
	ctx    context.Context
	batch  contract.Batch
	stage  atomic.Int32
	answer chan answer // holds one
}

type answer struct {
	commit ledger.Commit
	err    error
}

// A submission is queued, and then either taken into a block or, when its caller gives up first, left.
const (
	queued int32 = iota
	taken
	left
)

// Submit runs a batch as one transaction and waits until it is durable.
//
// When ctx ends while the batch is queued, nothing is submitted and the error is that of ctx. When it ends
// later, the error is ErrUnknown.
func (e *Engine) Submit(ctx context.Context, batch contract.Batch) (ledger.Commit, error) {
	if err := ctx.Err(); err != nil {
		return ledger.Commit{}, err
	}
	if err := e.views.stopped(); err != nil {
		return ledger.Commit{}, err
	}
	batch.Trial = false // a trial would be recorded without its effects
	s := &submission{ctx: ctx, batch: batch, answer: make(chan answer, 1)}
	select {
	case e.queue <- s:
	default:
		return ledger.Commit{}, fmt.Errorf("%w: %d batches are waiting", ledger.ErrBusy, cap(e.queue))
	}
	select {
	case a := <-s.answer:
		return a.commit, a.err
	case <-ctx.Done():
		return s.giveUp(ctx.Err())
	case <-e.sequenced:
		return s.giveUp(e.views.stopped())
	}
}

// giveUp tells the caller what is known when it cannot wait on.
func (s *submission) giveUp(reason error) (ledger.Commit, error) {
	if s.stage.CompareAndSwap(queued, left) {
		return ledger.Commit{}, reason
	}
	select {
	case a := <-s.answer:
		return a.commit, a.err
	default:
		return ledger.Commit{}, fmt.Errorf("%w: %w", ledger.ErrUnknown, reason)
	}
}

// sequence owns all writing. It ends when the engine is closed, or when the store ends the goroutine in
// a fatal fault; views are stopped before in either case.
func (e *Engine) sequence() {
	defer close(e.sequenced)
	for {
		select {
		case <-e.views.ended:
			return
		case s := <-e.queue:
			e.makeBlock(s)
		}
	}
}

// makeBlock runs the first and all other waiting submissions as one block, makes it durable, and answers
// them. Even who recorded nothing is answered last, because what it saw may be in this block.
func (e *Engine) makeBlock(first *submission) {
	d := e.newDraft()
	var callers []*submission
	var answers []answer
	started := time.Now()
	for s := first; s != nil; s = e.nextFor(d, started) {
		if !s.stage.CompareAndSwap(queued, taken) {
			continue
		}
		commit, err := d.run(s.batch)
		callers, answers = append(callers, s), append(answers, answer{commit, err})
	}
	err := e.finish(d)
	for i, s := range callers {
		if err != nil {
			answers[i] = answer{err: err}
		}
		s.answer <- answers[i]
	}
}

// nextFor returns a waiting submission, or nil when none waits or the block is full.
func (e *Engine) nextFor(d *draft, started time.Time) *submission {
	full := len(d.header.transactions) >= maxBlockTransactions || d.batch.Len() >= maxBlockBytes ||
		time.Since(started) >= maxBlockTime
	if full {
		return nil
	}
	select {
	case s := <-e.queue:
		return s
	default:
		return nil
	}
}

// finish commits the draft, anchors it and shows it to readers, in this order: what is anchored is
// durable, and what is seen or acknowledged is both.
func (e *Engine) finish(d *draft) error {
	if err := e.views.stopped(); err != nil || d.empty() {
		d.close()
		return err // when stopped meanwhile, nothing of this block is written
	}
	head, err := d.commit()
	if err == nil {
		err = e.anchor.set(head)
	}
	if err != nil {
		e.fail(fmt.Errorf("%w: %w", ledger.ErrUnavailable, err))
		return fmt.Errorf("%w: %w", ledger.ErrUnknown, err)
	}
	d.close()
	e.views.publish(e.db, head)
	return nil
}
