// Package bench measures how fast a network with its gateways is, and compares it in the same run with what
// fabric-sdk-go reaches by itself on the same network.
package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"decore/network/cluster"
)

// Options say what is measured. What is left zero takes a default.
type Options struct {
	Data         string        // folder to keep network and gateways in; a new one, which is removed, when empty
	Orgs         []string      // of the network
	BatchTimeout time.Duration // of the orderer
	Duration     time.Duration // of each measurement
	RawCallers   []int         // callers that put one asset a transaction
	Raw50Callers []int         // callers that put 50 assets a transaction
	BulkCallers  []int         // callers that send many commands a call
	Single       []int         // callers that send one command a call
	Bulk         int           // commands of such a call
	Alone        int           // commands that are sent one after the other
	Banks        int           // that draw on one subsidy account
	Grow         int           // commands until which the ledger grows
	GrowStep     int           // after how many commands its rate is told
	Progress     func(step string, count int)
}

func (o Options) withDefaults() Options {
	if len(o.Orgs) == 0 {
		o.Orgs = cluster.DefaultOrgs
	}
	setDefault(&o.BatchTimeout, 50*time.Millisecond)
	setDefault(&o.Duration, 10*time.Second)
	setDefault(&o.Bulk, 200)
	setDefault(&o.Alone, 40)
	setDefault(&o.Banks, 64)
	setDefault(&o.GrowStep, 50_000)
	for _, callers := range []struct {
		of   *[]int
		like []int
	}{{&o.RawCallers, []int{16, 64}}, {&o.Raw50Callers, []int{8, 32}}, {&o.BulkCallers, []int{8, 16}}, {&o.Single, []int{64, 256, 512}}} {
		if len(*callers.of) == 0 {
			*callers.of = callers.like
		}
	}
	return o
}

func setDefault[T comparable](v *T, otherwise T) {
	var zero T
	if *v == zero {
		*v = otherwise
	}
}

// warm is how long what is measured runs before it counts.
func (o Options) warm() time.Duration { return o.Duration / 5 }

// run is one bench.
type run struct {
	Options
	dir      string
	started  time.Time
	network  *cluster.Network
	stage    *stage
	platform *gateway
	report   *Report
}

// Run makes a network, measures, and takes the network down again.
func Run(ctx context.Context, o Options) (report *Report, err error) {
	r := &run{Options: o.withDefaults(), dir: o.Data, started: time.Now(), report: &Report{CPUs: runtime.NumCPU()}}
	if r.dir == "" {
		if r.dir, err = os.MkdirTemp("", "decore-bench-"); err != nil {
			return nil, fmt.Errorf("bench: %w", err)
		}
	}
	if err := os.MkdirAll(r.dir, 0o700); err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	defer func() { err = errors.Join(err, r.close(context.WithoutCancel(ctx))) }()
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"network", r.up},
		{"gateways", r.open},
		{"fabric-sdk-go by itself", r.measureRaw},
		{"commands", r.measureCommands},
		{"verifications", r.measureReads},
		{"one subsidy account", r.measureContention},
		{"growth", r.measureGrowth},
	} {
		r.tell(step.name)
		if err := step.do(ctx); err != nil {
			return r.report, fmt.Errorf("%s: %w", step.name, err)
		}
	}
	r.report.judge(r.Options)
	return r.report, nil
}

func (r *run) tell(step string) {
	if r.Progress != nil {
		r.Progress(step, 0)
	}
}

func (r *run) networkOptions() cluster.Options {
	return cluster.Options{Data: filepath.Join(r.dir, "network"), Orgs: r.Orgs, BatchTimeout: r.BatchTimeout, Progress: r.Progress}
}

// up makes the network with both chaincodes, and the gateway's program.
func (r *run) up(ctx context.Context) (err error) {
	if r.network, err = cluster.Up(ctx, r.networkOptions()); err != nil {
		return err
	}
	r.report.Orgs, r.report.BatchTimeout = r.Orgs, millis(r.BatchTimeout)
	if err := cluster.Build(ctx, r.networkOptions(), "the gateway", "./gateway", filepath.Join(r.dir, "gateway")); err != nil {
		return err
	}
	return r.deployRaw(ctx)
}

// open founds the ledger. Then the gateway of the platform alone stays, so that it is measured and not the work that
// other organisations' gateways would do elsewhere.
func (r *run) open(ctx context.Context) (err error) {
	orgs := make([]string, len(r.Orgs))
	for i, org := range r.Orgs {
		orgs[i] = cluster.MSPID(org)
	}
	if r.stage, err = newStage(r.dir, orgs, r.Banks, filepath.Join(r.dir, "gateway")); err != nil {
		return err
	}
	bureau, err := r.stage.gatewayOf(ctx, r.network, cluster.Regulator)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bureau.stop()) }()
	if r.platform, err = r.stage.gatewayOf(ctx, r.network, r.stage.platformOrg()); err != nil {
		return err
	}
	return r.stage.admitted(ctx, r.platform)
}

// close stops what runs; the network and its data stay where a folder was named.
func (r *run) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	err := r.platform.stop()
	if r.network != nil {
		err = errors.Join(err, r.network.Down(ctx, r.Data == ""))
	}
	if r.Data == "" {
		err = errors.Join(err, os.RemoveAll(r.dir))
	}
	return err
}

func (r *run) measureRaw(ctx context.Context) (err error) {
	b, err := r.openRaw()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.client.Close()) }()
	for _, kind := range []struct {
		name    string
		assets  int
		callers []int
		into    *[]Measured
	}{
		{"raw SDK, one 1 KB put a transaction", 1, r.RawCallers, &r.report.Raw},
		{"raw SDK, 50 1 KB puts a transaction", rawAssets, r.Raw50Callers, &r.report.Raw50},
	} {
		for _, callers := range kind.callers {
			m, err := r.measure(ctx, func() Rate { return drive(ctx, kind.name, callers, r.warm(), r.Duration, b.put(kind.assets)) })
			if err != nil {
				return err
			}
			*kind.into = append(*kind.into, m)
		}
	}
	return nil
}

// measureCommands sends commands to the platform's gateway.
func (r *run) measureCommands(ctx context.Context) error {
	o, err := newOrders(r.stage, r.platform, r.stage.platformOrg())
	if err != nil {
		return err
	}
	before, err := client{http: r.stage.http, base: r.platform.url}.figures(ctx)
	if err != nil {
		return err
	}
	for _, callers := range r.BulkCallers {
		name := fmt.Sprintf("commands, %d a call", r.Bulk)
		m, err := r.measure(ctx, func() Rate { return drive(ctx, name, callers, r.warm(), r.Duration, o.bulk(callers, r.Bulk)) })
		if err != nil {
			return err
		}
		r.report.Bulk = append(r.report.Bulk, m)
	}
	for _, callers := range r.Single {
		m, err := r.measure(ctx, func() Rate { return drive(ctx, "commands, one a call", callers, r.warm(), r.Duration, o.post) })
		if err != nil {
			return err
		}
		r.report.Single = append(r.report.Single, m)
	}
	after, err := client{http: r.stage.http, base: r.platform.url}.figures(ctx)
	if err != nil {
		return err
	}
	const delay = "decore_projection_delay_seconds"
	r.report.Lag = Lag{P50: after.since(before, delay, 0.5), P99: after.since(before, delay, 0.99)}
	r.report.Alone = alone(ctx, "one command, nobody else", r.Alone, o.post)
	return nil
}

// measureGrowth lets the ledger grow and tells the rate of each stage.
func (r *run) measureGrowth(ctx context.Context) error {
	if r.Grow == 0 {
		return nil
	}
	o, err := newOrders(r.stage, r.platform, r.stage.platformOrg())
	if err != nil {
		return err
	}
	callers := r.BulkCallers[0]
	send := o.bulk(callers, r.Bulk)
	for total := 0; total < r.Grow && ctx.Err() == nil; {
		m := upTo(ctx, "growth", callers, min(r.GrowStep, r.Grow-total), send)
		total += m.Count
		r.report.Growth = append(r.report.Growth, Growth{Commands: total, PerSecond: m.PerSecond, Failed: m.Failed})
		r.tell(fmt.Sprintf("%d commands: %.0f a second", total, m.PerSecond))
		if m.Count == 0 {
			return errors.New("nothing went through: " + m.Fault)
		}
	}
	return ctx.Err()
}

// measure adds to a measurement what processes and peers tell of it.
func (r *run) measure(ctx context.Context, do func() Rate) (Measured, error) {
	g := r.groups(ctx)
	cpu, err := g.usage()
	if err != nil {
		return Measured{}, err
	}
	transactions, conflicts, err := r.transactions(ctx)
	if err != nil {
		return Measured{}, err
	}
	began := time.Now()
	m := Measured{Rate: do(), CPU: map[string]float64{}}
	elapsed := time.Since(began).Seconds()
	after, err := g.usage()
	if err != nil {
		return m, err
	}
	for group := range after {
		m.CPU[group] = (after[group] - cpu[group]) / elapsed
	}
	valid, invalid, err := r.transactions(ctx)
	m.Transactions, m.Conflicts = valid-transactions, invalid-conflicts
	r.tell(m.String())
	return m, err
}
