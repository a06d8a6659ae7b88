// Package accrual carries out a bank's accrual run (批量计提): it accrues every claim of the bank through a day, and corrects
// those for which no period has ended and whose loan's record has changed, in signed commands, many a transaction.
//
// What was accrued stands on the ledger and nowhere else, so a run that was cut off is simply made again: claims that
// are accrued through the day and follow their loan already are left alone.
package accrual

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"decore/adapters/ledger"
	"decore/chaincode/calendar"
	"decore/chaincode/contract"
	"decore/chaincode/financing"
	"decore/chaincode/ident"
	"decore/chaincode/subsidy"
	"decore/gateway/desk"
	"decore/gateway/projection"
	"decore/gateway/submit"
)

// Store is what a run reads of the projection.
type Store interface {
	Count(ctx context.Context, f projection.Filter) (int, error)
	Records(ctx context.Context, f projection.Filter) ([]projection.Record, error)
	Named(ctx context.Context, ids ...string) (map[string]projection.Record, error)
	SubsidyPolicy(ctx context.Context, id string, version int) (subsidy.Policy, error)
	ClaimOf(ctx context.Context, loan string) (string, error)
}

// Ledger is where a run's commands go, and where it reads back what they did.
type Ledger interface {
	Submit(ctx context.Context, commands ...submit.Signed) ([]submit.Answer, []error, error)
	Terms(ctx context.Context, ids ...string) (map[string][]byte, error)
}

// Run is what a run needs. The last three may be left out.
type Run struct {
	Bank    ident.USCC
	Through calendar.Date
	Store   Store
	Ledger  Ledger
	Desk    *desk.Desk

	Batch    int                // claims a transaction: contract.MaxBatch when 0
	Parallel int                // batches under way at once: 2 when 0
	Progress func(done, of int) // told, by one goroutine at a time, how many claims are done with
}

const (
	page         = 500             // claims read at once
	ahead        = 4               // batches read ahead of those that are signed
	batchTimeout = 2 * time.Minute // from a batch's first submission to its answer
	attempts     = 6               // tries of a batch while the ledger is busy or out of reach
)

// job is a run under way.
type job struct {
	*Run
	of    int          // claims to look at
	queue chan []*item // batches to be signed and submitted

	mu  sync.Mutex
	sum Summary
}

// Do makes the run and returns what it came to, also when it ends early: then err says why, and making the run again
// goes on where it stopped. When ctx ends, the batches under way are still waited for.
func (r *Run) Do(ctx context.Context) (Summary, error) {
	j := &job{Run: r, queue: make(chan []*item, ahead), sum: Summary{Bank: r.Bank, Through: r.Through, Refused: []Refusal{}, TopUps: []string{}, Unread: []string{}}}
	err := r.check()
	if err != nil {
		return j.sum, err
	}
	if j.of, err = r.Store.Count(ctx, r.filter()); err != nil {
		return j.sum, fmt.Errorf("count the claims: %w", err)
	}
	group, inner := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(j.queue)
		return j.read(inner)
	})
	for range or(r.Parallel, 3) {
		group.Go(func() error {
			for batch := range j.queue {
				if err := j.accrue(inner, batch); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err = group.Wait()
	j.sum.sort()
	return j.sum, err
}

// ErrFuture is the error of a run through a day that has not come yet.
var ErrFuture = errors.New("the day to accrue through has not come yet")

// check refuses what would have every single command refused.
func (r *Run) check() error {
	if _, _, err := r.Desk.Keys.Key(r.Bank); err != nil {
		return fmt.Errorf("the bank cannot sign here: %w", err)
	}
	if today := calendar.At(r.Desk.Clock.Now()); r.Through.After(today) {
		return fmt.Errorf("%w: %s is after %s", ErrFuture, r.Through, today)
	}
	return nil
}

func or(given, otherwise int) int {
	if given == 0 {
		return otherwise
	}
	return given
}

// filter selects the claims that the table lets accrue or be corrected.
func (r *Run) filter() projection.Filter {
	f := projection.Filter{Kind: subsidy.Lifecycle.Kind, Owner: r.Bank, Reader: r.Bank, Limit: page}
	for _, s := range subsidy.Lifecycle.States() {
		accrue, _ := subsidy.Lifecycle.Row(subsidy.VerbAccrue)
		correct, _ := subsidy.Lifecycle.Row(subsidy.VerbCorrect)
		if accrue.Leaves(s) || correct.Leaves(s) {
			f.State = append(f.State, string(s))
		}
	}
	return f
}

// read goes through the bank's claims and queues those that are due.
func (j *job) read(ctx context.Context) error {
	f := j.filter()
	var due []*item
	for {
		records, err := j.Store.Records(ctx, f)
		if err != nil {
			return fmt.Errorf("read the claims: %w", err)
		}
		some, err := j.due(ctx, records)
		if err != nil {
			return err
		}
		last := len(records) < page
		if due, err = j.send(ctx, append(due, some...), last); err != nil || last {
			return err
		}
		f.After = records[page-1].ID
	}
}

// due are those of the claims that something is to be accrued or corrected for, a household's together: commands on one account
// had better not be under way in two transactions.
func (j *job) due(ctx context.Context, records []projection.Record) ([]*item, error) {
	ids := make([]string, 0, len(records))
	for _, r := range records {
		if t, known := r.Terms.(contract.ClaimTerms); known {
			ids = append(ids, t.Loan.ID, t.Account)
		}
	}
	beside, err := j.Store.Named(ctx, ids...)
	if err != nil {
		return nil, fmt.Errorf("read the loans and accounts: %w", err)
	}
	var due []*item
	for _, record := range records {
		it, v, err := j.judge(ctx, record, beside)
		switch {
		case err != nil:
			return nil, err
		case v == verdict{}:
			due = append(due, it)
		default:
			j.leave(record.ID, v)
		}
	}
	slices.SortStableFunc(due, func(a, b *item) int { return strings.Compare(a.terms.Account, b.terms.Account) })
	return due, nil
}

// send queues whole batches, and in the end what is left; it returns what is not queued yet.
func (j *job) send(ctx context.Context, due []*item, last bool) ([]*item, error) {
	size := or(j.Batch, contract.MaxBatch)
	for len(due) >= size || last && len(due) > 0 {
		n := min(size, len(due))
		select {
		case j.queue <- due[:n:n]:
			due = due[n:]
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return due, nil
}

// accrue signs and submits a batch and reads back what it did.
func (j *job) accrue(ctx context.Context, batch []*item) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), batchTimeout)
	defer cancel()
	commands := make([]submit.Signed, len(batch))
	for i, it := range batch {
		signed, _, _, err := j.Desk.Sign(desk.Order{Party: j.Bank, Verb: subsidy.Lifecycle.Kind + "." + it.verb, Subject: it.record.ID, Args: j.args(it.verb)})
		if err != nil {
			return fmt.Errorf("sign for claim %s: %w", it.record.ID, err)
		}
		signed.Touches = []string{it.terms.Loan.ID, it.terms.Account} // other claims of the household move the account too
		signed.Known = map[string][]byte{it.record.ID: it.record.Opening, it.terms.Loan.ID: it.loan}
		commands[i] = signed
	}
	answers, errs, err := j.submit(ctx, commands)
	if err != nil {
		return fmt.Errorf("submit %d claims: %w", len(batch), err)
	}
	return j.book(ctx, batch, answers, errs)
}

// args are the arguments of a verb by which a claim moves.
func (j *job) args(verb string) any {
	if verb == subsidy.VerbCorrect {
		return financing.NoArgs{}
	}
	return contract.AccrueArgs{Through: j.Through}
}

// submit submits the commands until their outcome is known. They are the same at every try, so that the ledger answers
// those that it has decided already with their first results.
func (j *job) submit(ctx context.Context, commands []submit.Signed) (answers []submit.Answer, errs []error, err error) {
	pause := 50 * time.Millisecond
	for try := 1; ; try++ {
		answers, errs, err = j.Ledger.Submit(ctx, commands...)
		if err == nil || try == attempts || !passing(err) {
			return answers, errs, err
		}
		select {
		case <-time.After(pause):
			pause *= 2
		case <-ctx.Done():
			return nil, nil, errors.Join(err, ctx.Err())
		}
	}
}

func passing(err error) bool {
	for _, own := range []error{ledger.ErrBusy, ledger.ErrUnavailable, ledger.ErrUnknown, ledger.ErrConflict} {
		if errors.Is(err, own) {
			return true
		}
	}
	return false
}
