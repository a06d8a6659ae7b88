package submit

import (
	"context"
	"errors"
	"slices"
	"time"

	"decore/adapters/ledger"
	"decore/chaincode/contract"
)

// dispatcher decides what leaves together and when. One goroutine has it.
type dispatcher struct {
	*Submitter
	waiting []*submission
	busy    map[string]int // records that batches under way touch
	running int
	ended   chan *flight
}

// flight is a batch under way.
type flight struct {
	subs    []*submission
	touched []string
}

// full reports whether enough was taken out of the queue: the rest waits in it, so that a full queue is seen as full.
func (d *dispatcher) full() bool { return len(d.waiting) >= min(2*contract.MaxBatch, d.opts.Queue) }

func (s *Submitter) run(ctx context.Context) {
	defer close(s.done)
	d := &dispatcher{Submitter: s, busy: map[string]int{}, ended: make(chan *flight, s.opts.Parallel)}
	for ctx.Err() == nil {
		d.await(ctx)
		d.linger(ctx)
		d.launch(ctx)
	}
	for ; d.running > 0; d.running-- {
		<-d.ended
	}
	d.drain()
}

// await returns when there may be something to launch.
func (d *dispatcher) await(ctx context.Context) {
	queue := d.queue
	if d.full() {
		queue = nil
	}
	select {
	case sub := <-queue:
		d.waiting = append(d.waiting, sub)
	case f := <-d.ended:
		d.land(f)
	case <-ctx.Done():
	}
	d.takeWaiting()
}

func (d *dispatcher) takeWaiting() {
	for !d.full() {
		select {
		case sub := <-d.queue:
			d.waiting = append(d.waiting, sub)
		default:
			return
		}
	}
}

// linger gives a small batch company, unless nothing is under way: then nothing is gained by waiting.
func (d *dispatcher) linger(ctx context.Context) {
	if d.opts.Linger == 0 || d.running == 0 || d.running >= d.opts.Parallel || len(d.waiting) == 0 || len(d.waiting) >= contract.MaxBatch {
		return
	}
	timer := time.NewTimer(d.opts.Linger)
	defer timer.Stop()
	for len(d.waiting) < contract.MaxBatch {
		select {
		case sub := <-d.queue:
			d.waiting = append(d.waiting, sub)
		case f := <-d.ended:
			d.land(f)
		case <-timer.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// launch sends off as many batches as there are places for.
func (d *dispatcher) launch(ctx context.Context) {
	for d.running < d.opts.Parallel && ctx.Err() == nil {
		f := d.pick()
		if len(f.subs) == 0 {
			return
		}
		d.running++
		for _, id := range f.touched {
			d.busy[id]++
		}
		go func() {
			d.submit(ctx, f.subs)
			d.ended <- f
		}()
	}
}

// pick takes the next batch out of those that wait, in their order. What touches a record that is busy stays, and so
// does what came after it for the same record.
func (d *dispatcher) pick() *flight {
	f, size := &flight{}, 0
	blocked := map[string]bool{}
	var stay []*submission
	for _, sub := range d.waiting {
		touched := d.touchedBy(sub)
		held := slices.ContainsFunc(touched, func(id string) bool { return blocked[id] || d.busy[id] > 0 })
		if held || size+len(sub.commands) > contract.MaxBatch {
			stay = append(stay, sub)
			for _, id := range touched {
				blocked[id] = true
			}
			continue
		}
		f.subs, f.touched, size = append(f.subs, sub), append(f.touched, touched...), size+len(sub.commands)
	}
	d.waiting = stay
	return f
}

func (d *dispatcher) touchedBy(sub *submission) []string {
	if d.opts.Parallel == 1 {
		return nil // nothing else is under way
	}
	if sub.touched == nil {
		for _, c := range sub.commands {
			sub.touched = append(sub.touched, d.openings.touched(c)...)
		}
	}
	return sub.touched
}

// land answers the callers of a batch. Those whose transaction met another one are sent again, first of all, and
// together: what they touch is known better now.
func (d *dispatcher) land(f *flight) {
	d.running--
	for _, id := range f.touched {
		if d.busy[id]--; d.busy[id] == 0 {
			delete(d.busy, id)
		}
	}
	var again []*submission
	for _, sub := range f.subs {
		if errors.Is(sub.err, ledger.ErrConflict) && sub.attempts < d.opts.Attempts {
			sub.attempts++
			sub.err, sub.touched = nil, nil
			clear(sub.errs)
			again = append(again, sub)
			continue
		}
		close(sub.done)
	}
	d.waiting = append(again, d.waiting...)
}

// drain answers what never left.
func (d *dispatcher) drain() {
	for {
		for _, sub := range d.waiting {
			sub.err = ErrClosed
			close(sub.done)
		}
		if d.waiting = nil; len(d.queue) == 0 {
			return
		}
		d.takeWaiting()
	}
}
