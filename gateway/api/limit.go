package api

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"decore/chaincode/ident"
	"decore/gateway/problem"
)

// Limits bound what the handler takes on at once. The zero value of a field means its default.
type Limits struct {
	Concurrent int           // requests worked on at once; default 512
	PerParty   int           // of these, for one party; default a quarter
	Waiting    int           // requests that wait for their turn; default 2,048
	Patience   time.Duration // longest wait for a turn; default 2 s
	Timeout    time.Duration // of a request; default 15 s
	BodyTime   time.Duration // in which a body must have arrived; default 5 s
	Import     time.Duration // of the import of a sheet, and in which it must have arrived; default 5 min
	Imports    int           // imports at once, one for a party; default 4
	FreshWait  time.Duration // how long a write waits for its own effect to be readable; default 2 s
	Body       int64         // bytes of a body; default 1 MiB
	Sheet      int64         // bytes of a sheet; default 32 MiB
	Rows       int           // data rows of a sheet; default 50,000
	Dossier    int64         // bytes of a part of an auditor's dossier; default 64 MiB
}

func (l Limits) withDefaults() Limits {
	setDefault(&l.Concurrent, 512)
	setDefault(&l.PerParty, max(1, l.Concurrent/4))
	setDefault(&l.Waiting, 2048)
	setDefault(&l.Patience, 2*time.Second)
	setDefault(&l.Timeout, 15*time.Second)
	setDefault(&l.BodyTime, 5*time.Second)
	setDefault(&l.Import, 5*time.Minute)
	setDefault(&l.Imports, 4)
	setDefault(&l.FreshWait, 2*time.Second)
	setDefault(&l.Body, 1<<20)
	setDefault(&l.Sheet, 32<<20)
	setDefault(&l.Rows, 50_000)
	setDefault(&l.Dossier, 64<<20)
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

func newGate(turns, waiting int, patience time.Duration) *gate {
	return &gate{turns: make(chan struct{}, turns), most: int64(waiting), patience: patience}
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

// gates has a gate for each party, so that none takes every turn. There are no more of them than parties in the registry.
type gates struct {
	limits Limits
	mu     sync.Mutex
	of     map[ident.USCC]*gate
}

func newGates(l Limits) *gates { return &gates{limits: l, of: map[ident.USCC]*gate{}} }

func (g *gates) party(u ident.USCC) *gate {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.of[u] == nil {
		g.of[u] = newGate(g.limits.PerParty, max(1, g.limits.Waiting/4), g.limits.Patience)
	}
	return g.of[u]
}

// imports lets a few imports run at once, and one of each party's. Nobody waits: a sheet can be sent again.
type imports struct {
	mu      sync.Mutex
	most    int
	running map[ident.USCC]bool
}

func newImports(l Limits) *imports { return &imports{most: l.Imports, running: map[ident.USCC]bool{}} }

// begin reports whether the party's import may run; it ends with end.
func (i *imports) begin(u ident.USCC) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.running[u] || len(i.running) >= i.most {
		return false
	}
	i.running[u] = true
	return true
}

func (i *imports) end(u ident.USCC) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.running, u)
}
