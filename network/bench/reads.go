package bench

import (
	"context"
	"errors"
	"time"

	"decore/chaincode/lifecycle"
)

const (
	readers     = 8 // callers that verify
	readRounds  = 3 // that the two engines take in turn
	readRecords = 100
)

// reading is one gateway whose verifications are measured.
type reading struct {
	name  string
	bank  client
	paths []string
	rates []Rate
}

// prepareReading makes orders at a gateway and discloses them to a bank.
func (r *run) prepareReading(ctx context.Context, name, folder string, g *gateway) (*reading, error) {
	o, err := newOrders(r.stage, g, folder)
	if err != nil {
		return nil, err
	}
	bank := partiesOf(r.stage.plan, lifecycle.Bank)[0]
	p := &reading{name: name}
	if p.bank, err = r.stage.as(g, folder, bank.USCC, lifecycle.Bank); err != nil {
		return nil, err
	}
	made, err := o.createMany(ctx, 0, readRecords)
	if err != nil {
		return nil, err
	}
	items := make([]map[string]any, len(made))
	for i, m := range made {
		items[i] = map[string]any{"verb": "grant", "id": m.id, "args": map[string]any{"to": bank.USCC, "until": o.today.AddMonths(1).String()}}
		p.paths = append(p.paths, "/v1/orders/"+m.id+"/verification")
	}
	_, err = o.as[0].many(ctx, "/v1/orders/batch", map[string]any{"items": items})
	return p, err
}

// measureReads verifies orders on the network's gateway and on that of the embedded ledger, in turn.
func (r *run) measureReads(ctx context.Context) (err error) {
	embedded, err := r.stage.embedded(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, embedded.stop()) }()
	onNetwork, err := r.prepareReading(ctx, "verifications, Fabric", r.stage.platformOrg(), r.platform)
	if err != nil {
		return err
	}
	onEmbedded, err := r.prepareReading(ctx, "verifications, embedded", embeddedName, embedded)
	if err != nil {
		return err
	}
	for range readRounds {
		for _, p := range []*reading{onNetwork, onEmbedded} {
			p.rates = append(p.rates, drive(ctx, p.name, readers, r.warm()/readRounds, r.Duration/readRounds, p.verify))
		}
	}
	r.report.Verifications = Reads{Fabric: mean(onNetwork.rates), Embedded: mean(onEmbedded.rates)}
	r.report.Verifications.Ratio = r.report.Verifications.Fabric.PerSecond / r.report.Verifications.Embedded.PerSecond
	return nil
}

// turn is a number that grows, to go through records with.
func (p *reading) verify(ctx context.Context, caller int) (int, error) {
	i := (caller*31 + int(time.Now().UnixNano()/1000)) % len(p.paths)
	return 1, p.bank.get(ctx, p.paths[i], nil)
}

// mean is the mean of measurements of the same length.
func mean(rates []Rate) Rate {
	sum := rates[0]
	for _, r := range rates[1:] {
		sum.PerSecond += r.PerSecond
		sum.P50 += r.P50
		sum.P99 += r.P99
		sum.Count += r.Count
		sum.Failed += r.Failed
		if sum.Fault == "" {
			sum.Fault = r.Fault
		}
	}
	n := float64(len(rates))
	sum.PerSecond, sum.P50, sum.P99 = sum.PerSecond/n, sum.P50/n, sum.P99/n
	return sum
}
