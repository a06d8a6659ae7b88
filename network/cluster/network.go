package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// Network is a network in a data folder. Its methods may be called at once; those that change what the
// network consists of take turns, with other processes too.
type Network struct {
	dir   string
	opts  Options
	slots chan struct{} // bounds the tools that run at once

	saving sync.Mutex
	state  atomic.Pointer[plan] // never changed in place
}

// plan is what the network consists of now.
func (n *Network) plan() *plan { return n.state.Load() }

// change changes the plan as it is recorded, perhaps by another process, and saves it.
func (n *Network) change(edit func(*plan) error) error {
	n.saving.Lock()
	defer n.saving.Unlock()
	next, err := readPlan(n.dir)
	if err != nil {
		return err
	}
	if err := edit(next); err != nil {
		return err
	}
	if err := next.save(n.dir); err != nil {
		return err
	}
	n.state.Store(next)
	return nil
}

// Up makes the network of the options or completes a half-made one, and starts what does not run of it.
// It returns when the channel takes transactions.
func Up(ctx context.Context, o Options) (*Network, error) {
	var err error
	if o.Data, err = filepath.Abs(o.Data); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if err := o.check(); err != nil {
		return nil, err // before a folder is made
	}
	unlock, err := lock(ctx, o.Data, o.step)
	if err != nil {
		return nil, err
	}
	defer unlock()
	n, err := openOrFound(o)
	if err != nil {
		if !exists(filepath.Join(o.Data, planFile)) {
			_ = os.Remove(filepath.Join(o.Data, lockFile))
			_ = os.Remove(o.Data) // fails when something else is in it
		}
		return nil, err
	}
	if err := ensureTools(ctx, o); err != nil {
		return nil, err
	}
	return n, n.converge(ctx)
}

// openOrFound opens the network in the folder, or plans a new one.
func openOrFound(o Options) (*Network, error) {
	n, err := Open(o.Data)
	if err == nil {
		n.opts = o
		return n, n.plan().agrees(o)
	}
	if !errors.Is(err, ErrNoNetwork) {
		return nil, err
	}
	o = o.withDefaults()
	p, err := newPlan(o)
	if err != nil {
		return nil, err
	}
	n = newNetwork(o.Data, p)
	n.opts = o
	return n, p.save(n.dir)
}

// Open opens the network in a folder as it is, whether it runs or not.
func Open(dir string) (*Network, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	p, err := readPlan(dir)
	if err != nil {
		return nil, err
	}
	return newNetwork(dir, p), nil
}

// Tell has the progress of what is done to the network told to somebody, see Options.
func (n *Network) Tell(progress func(step string, count int)) { n.opts.Progress = progress }

// Agrees says where options ask for another network than this one.
func (n *Network) Agrees(o Options) error { return n.plan().agrees(o) }

func newNetwork(dir string, p *plan) *Network {
	n := &Network{dir: dir, opts: Options{Data: dir}, slots: make(chan struct{}, 4*runtime.NumCPU())}
	n.state.Store(p)
	return n
}

// converge brings the network to what its plan says. Each step does what is still to be done of it.
func (n *Network) converge(ctx context.Context) error {
	binaries, building := errgroup.WithContext(ctx)
	binaries.Go(func() error { return n.placeBinaries(building) })
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"certificates", n.issueAll},
		{"genesis block", n.makeGenesis},
		{"orderers and peers", n.startNodes},
		{"channel", n.joinAll},
		{"the chaincode's executable", func(context.Context) error { return binaries.Wait() }},
		{"chaincode", n.deployAll},
		{"connection files", func(context.Context) error { return n.writeConnections() }},
		{"agreement of all nodes", n.Ready},
	} {
		n.opts.step("%s", step.name)
		if err := step.do(ctx); err != nil {
			return errors.Join(err, binaries.Wait())
		}
	}
	return nil
}

// issueAll makes the certificates of all organisations.
func (n *Network) issueAll(context.Context) error {
	for _, org := range append([]string{ordererOrg}, n.plan().members()...) {
		if err := n.issue(org); err != nil {
			return err
		}
	}
	return nil
}

// each does something for each of several at once.
func each[T any](ctx context.Context, all []T, do func(context.Context, T) error) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, one := range all {
		group.Go(func() error { return do(ctx, one) })
	}
	return group.Wait()
}
