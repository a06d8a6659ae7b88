// Package submit gathers signed commands into batches and brings each batch to the ledger with the
// openings that it needs.
//
// A ledger's cost goes by transaction and not by command, so what arrives while one batch is under way
// leaves together in the next.
package submit

import (
	"context"
	"errors"
	"sync"
	"time"

	"decore/adapters/ledger"
	"decore/chaincode/contract"
)

// Errors of a submission, beside those of the ledger port.
var (
	// ErrClosed: the submitter was stopped; nothing was submitted.
	ErrClosed = errors.New("submitter is closed")
	// ErrTooMany: more commands than one batch takes.
	ErrTooMany = errors.New("too many commands at once")
)

// Signed is a signed command with the opening of its private arguments.
type Signed struct {
	JWS     string
	Opening []byte // nil where the arguments are public
}

// Answer is what became of one command, and where.
type Answer struct {
	contract.Result
	Tx    string
	Block uint64
	Time  time.Time
}

// UnknownRecordError means that a command touches a record whose terms this gateway may not know.
type UnknownRecordError struct{ Record string }

func (e *UnknownRecordError) Error() string { return "terms not known to this gateway: " + e.Record }

// Options bound a Submitter.
type Options struct {
	Queue    int           // submissions waiting at most; more get ledger.ErrBusy
	Linger   time.Duration // how long a batch waits for company; 0 is right where the ledger is near
	Attempts int           // tries of a batch after conflicts or missing openings
}

// DefaultOptions suit the embedded ledger.
func DefaultOptions() Options { return Options{Queue: 4096, Attempts: 8} }

// Submitter owns one goroutine that submits one batch after the other.
type Submitter struct {
	ledger   ledger.Ledger
	openings *openings
	opts     Options
	queue    chan *submission
	stop     context.CancelFunc
	done     chan struct{}
	closing  sync.RWMutex
	closed   bool
}

type submission struct {
	commands []Signed
	answers  []Answer
	errs     []error
	err      error
	done     chan struct{}
}

// New starts a submitter; Close stops it.
func New(l ledger.Ledger, o Options) *Submitter {
	ctx, stop := context.WithCancel(context.Background())
	s := &Submitter{ledger: l, openings: newOpenings(l), opts: o, queue: make(chan *submission, o.Queue), stop: stop, done: make(chan struct{})}
	go s.run(ctx)
	return s
}

// Close answers what waits with ErrClosed and stops.
func (s *Submitter) Close() {
	s.closing.Lock()
	s.closed = true
	s.closing.Unlock()
	s.stop()
	<-s.done
}

// Submit submits up to contract.MaxBatch commands and waits for what becomes of them. They stay
// together, in order, in one transaction. An error for one command alone stands in errs at its place; err
// is for all of them. When ctx ends first, the outcome is ledger.ErrUnknown: the commands may still be
// committed, and may be submitted again safely.
func (s *Submitter) Submit(ctx context.Context, commands ...Signed) (answers []Answer, errs []error, err error) {
	if len(commands) > contract.MaxBatch {
		return nil, nil, ErrTooMany
	}
	sub := &submission{commands: commands, answers: make([]Answer, len(commands)), errs: make([]error, len(commands)), done: make(chan struct{})}
	if err := s.enqueue(sub); err != nil {
		return nil, nil, err
	}
	select {
	case <-sub.done:
		return sub.answers, sub.errs, sub.err
	case <-ctx.Done():
		return nil, nil, errors.Join(ledger.ErrUnknown, ctx.Err())
	}
}

// One submits a single command.
func (s *Submitter) One(ctx context.Context, command Signed) (Answer, error) {
	answers, errs, err := s.Submit(ctx, command)
	if err != nil {
		return Answer{}, err
	}
	return answers[0], errs[0]
}

func (s *Submitter) enqueue(sub *submission) error {
	s.closing.RLock()
	defer s.closing.RUnlock()
	if s.closed {
		return ErrClosed
	}
	select {
	case s.queue <- sub:
		return nil
	default:
		return ledger.ErrBusy
	}
}

func (s *Submitter) run(ctx context.Context) {
	defer close(s.done)
	var held *submission // did not fit into the batch before
	for {
		batch, next, ok := s.gather(ctx, held)
		if !ok {
			s.drain(held)
			return
		}
		held = next
		s.submit(ctx, batch)
		for _, sub := range batch {
			close(sub.done)
		}
	}
}

// gather takes the first submission that waits and as many more as fit.
func (s *Submitter) gather(ctx context.Context, held *submission) (batch []*submission, next *submission, ok bool) {
	if ctx.Err() != nil {
		return nil, nil, false
	}
	first := held
	if first == nil {
		select {
		case first = <-s.queue:
		case <-ctx.Done():
			return nil, nil, false
		}
	}
	batch, size := []*submission{first}, len(first.commands)
	linger := time.NewTimer(s.opts.Linger)
	defer linger.Stop()
	for size < contract.MaxBatch {
		sub := s.another(linger)
		if sub == nil {
			return batch, nil, true
		}
		if size+len(sub.commands) > contract.MaxBatch {
			return batch, sub, true
		}
		batch, size = append(batch, sub), size+len(sub.commands)
	}
	return batch, nil, true
}

// another returns a submission that waits, or one that comes while lingering, or nil.
func (s *Submitter) another(linger *time.Timer) *submission {
	select {
	case sub := <-s.queue:
		return sub
	default:
	}
	if s.opts.Linger == 0 {
		return nil
	}
	select {
	case sub := <-s.queue:
		return sub
	case <-linger.C:
		return nil
	}
}

func (s *Submitter) drain(held *submission) {
	refuse := func(sub *submission) {
		sub.err = ErrClosed
		close(sub.done)
	}
	if held != nil {
		refuse(held)
	}
	for {
		select {
		case sub := <-s.queue:
			refuse(sub)
		default:
			return
		}
	}
}
