package bench

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Rate is how much went through, and how long it took.
type Rate struct {
	Name      string  `json:"name"`
	Callers   int     `json:"callers"`
	PerSecond float64 `json:"perSecond"`      // of what is counted: transactions, assets, commands or reads
	P50       float64 `json:"p50Millis"`      // of a call
	P99       float64 `json:"p99Millis"`      // of a call
	Count     int     `json:"count"`          // of what is counted, while it was measured
	Total     int     `json:"total"`          // at any time
	Failed    int     `json:"failed"`         // calls, at any time
	Fault     string  `json:"fault,omitzero"` // of the first failed call
}

// call does one thing and says how much of what is counted came of it.
type call func(ctx context.Context, caller int) (count int, err error)

// tally gathers the calls of a measurement.
type tally struct {
	mu     sync.Mutex
	from   time.Time
	until  time.Time
	count  int
	total  int
	took   []time.Duration
	failed int
	fault  error
}

func (t *tally) note(began time.Time, count int, err error) {
	ended := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.total += count
	switch {
	case err != nil:
		t.failed++
		if t.fault == nil {
			t.fault = err
		}
	case ended.After(t.from) && ended.Before(t.until):
		t.count += count
		t.took = append(t.took, ended.Sub(began))
	}
}

// drive lets callers call again and again for a while. What ends in the first part of it is not counted.
func drive(ctx context.Context, name string, callers int, warm, measured time.Duration, do call) Rate {
	t := &tally{from: time.Now().Add(warm)}
	t.until = t.from.Add(measured)
	var wait sync.WaitGroup
	for i := range callers {
		wait.Go(func() {
			for ctx.Err() == nil && time.Now().Before(t.until) {
				began := time.Now()
				count, err := do(ctx, i)
				t.note(began, count, err)
			}
		})
	}
	wait.Wait()
	return t.rate(name, callers, measured)
}

// newTally counts all that comes.
func newTally() *tally { return &tally{until: time.Now().Add(24 * time.Hour)} }

// alone does n things one after the other.
func alone(ctx context.Context, name string, n int, do call) Rate {
	t := newTally()
	start := time.Now()
	for i := 0; i < n && ctx.Err() == nil; i++ {
		began := time.Now()
		count, err := do(ctx, i)
		t.note(began, count, err)
	}
	return t.rate(name, 1, time.Since(start))
}

func (t *tally) rate(name string, callers int, measured time.Duration) Rate {
	slices.Sort(t.took)
	r := Rate{Name: name, Callers: callers, Count: t.count, Total: t.total, PerSecond: float64(t.count) / measured.Seconds(),
		P50: millis(quantile(t.took, 0.50)), P99: millis(quantile(t.took, 0.99)), Failed: t.failed}
	if t.fault != nil {
		r.Fault = t.fault.Error()
	}
	return r
}

// quantile is that of sorted durations, 0 of none.
func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// upTo lets callers call until so much is done.
func upTo(ctx context.Context, name string, callers, n int, do call) Rate {
	t := newTally()
	start := time.Now()
	var wait sync.WaitGroup
	for i := range callers {
		wait.Go(func() {
			for failed := 0; ctx.Err() == nil && failed < 3 && t.counted() < n; {
				began := time.Now()
				count, err := do(ctx, i)
				t.note(began, count, err)
				if err != nil {
					failed++
				}
			}
		})
	}
	wait.Wait()
	return t.rate(name, callers, time.Since(start))
}

func (t *tally) counted() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.count
}
