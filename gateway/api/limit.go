package api

import (
	"context"
	"sync/atomic"
	"time"

	"decore/gateway/problem"
)

// Limits bound what the handler takes on at once. The zero value of a field means its default.
type Limits struct {
	Concurrent int           // requests worked on at once; default 512
	Waiting    int           // requests that wait for their turn; default 2,048
	Patience   time.Duration // longest wait for a turn; default 2 s
	Timeout    time.Duration // of a request; default 15 s
	Import     time.Duration // of the import of a sheet; default 5 min
	FreshWait  time.Duration // how long a write waits for its own effect to be readable; default 2 s
	Body       int64         // bytes of a body; default 1 MiB
	Sheet      int64         // bytes of a sheet; default 32 MiB
	Rows       int           // data rows of a sheet; default 50,000
}

func (l Limits) withDefaults() Limits {
	setDefault(&l.Concurrent, 512)
	setDefault(&l.Waiting, 2048)
	setDefault(&l.Patience, 2*time.Second)
	setDefault(&l.Timeout, 15*time.Second)
	setDefault(&l.Import, 5*time.Minute)
	setDefault(&l.FreshWait, 2*time.Second)
	setDefault(&l.Body, 1<<20)
	setDefault(&l.Sheet, 32<<20)
	setDefault(&l.Rows, 50_000)
	return l
}

func setDefault[T comparable](v *T, otherwise T) {
	var zero T
	if *v == zero {
		*v = otherwise
	}
}

// gate lets a bounded number of requests through at once and a bounded number wait.
type gate struct {
	turns    chan struct{}
	waiting  atomic.Int64
	most     int64
	patience time.Duration
}

func newGate(l Limits) *gate {
	return &gate{turns: make(chan struct{}, l.Concurrent), most: int64(l.Waiting), patience: l.Patience}
}

// enter waits for a turn. The error is TOO_MANY_REQUESTS when there is no room to wait, or none came in time.
func (g *gate) enter(ctx context.Context) error {
	select {
	case g.turns <- struct{}{}:
		return nil
	default:
	}
	if g.waiting.Add(1) > g.most {
		g.waiting.Add(-1)
		return problem.New(problem.TooManyRequests)
	}
	defer g.waiting.Add(-1)
	timer := time.NewTimer(g.patience)
	defer timer.Stop()
	select {
	case g.turns <- struct{}{}:
		return nil
	case <-timer.C:
		return problem.New(problem.TooManyRequests)
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (g *gate) leave() { <-g.turns }
