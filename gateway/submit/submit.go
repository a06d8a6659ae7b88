// Package submit gathers signed commands into batches and brings each batch to the ledger with the
// openings that it needs.
//
// A ledger's cost goes by transaction and not by command, so what arrives while batches are under way leaves
// together in the next. Where a ledger runs transactions side by side, several batches are under way at once, and
// commands that touch a record of one of them wait for it: two transactions on one record would conflict.
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
	// Touches are records beside the subject that the command is known to touch. Whoever knows them spares the
	// ledger a batch that comes back for want of their openings.
	Touches []string
	// Known are openings of records that the command touches, by record, as who signed has read them, so that the ledger
	// need not be asked for them. One that is out of date is noticed, and the newest is read.
	Known map[string][]byte
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
	Parallel int           // batches under way at once; 1 where the ledger runs one after the other
	Linger   time.Duration // how long a batch waits for company while another is under way; 0 is right where the ledger is near
	Attempts int           // tries of a batch after conflicts or missing openings
}

// DefaultOptions suit the embedded ledger.
func DefaultOptions() Options { return Options{Queue: 4096, Parallel: 1, Attempts: 8} }

// NetworkOptions suit a ledger on a network: a round trip is long, and peers endorse and commit several
// transactions at once.
func NetworkOptions() Options {
	return Options{Queue: 4096, Parallel: 6, Linger: 15 * time.Millisecond, Attempts: 12}
}

// Submitter owns one goroutine that hands out batches, and those that bring them to the ledger.
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

// submission is one waiting caller.
type submission struct {
	commands []Signed
	answers  []Answer
	errs     []error
	err      error
	done     chan struct{}
	touched  []string // records, as far as known; nil until asked
	attempts int      // that ended in a conflict
}

func newSubmission(commands []Signed) *submission {
	return &submission{commands: commands, answers: make([]Answer, len(commands)), errs: make([]error, len(commands)), done: make(chan struct{})}
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
	sub := newSubmission(commands)
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
