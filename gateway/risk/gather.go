package risk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/ident"
	"decore/chaincode/order"
	"decore/chaincode/receivable"
	"decore/gateway/projection"
)

// ErrKind says that there are no signals about records of this kind.
var ErrKind = errors.New("no signals about records of this kind")

// Kinds lists the kinds of records that there are signals about.
func Kinds() []string { return slices.Clone(everything) }

// Bounds of what is looked at for one record, so that nobody's data can make an answer slow. What is beyond them
// is left out.
const (
	maxMatches = 100 // documents in each comparison
	maxOrders  = 200 // of one contract
	maxBuyers  = 50  // of each party on the way of a round trip
	maxParties = 60  // on the way
)

// Viewer is who asks, and what it may see.
type Viewer struct {
	projection.Reader
	Terms bool                                                         // the terms of the record itself
	Keeps bool                                                         // it may see what the keeper of the settings knows
	Reads func(ctx context.Context, r projection.Record) (bool, error) // the terms of another record
}

// Gatherer collects facts from the projection.
type Gatherer struct {
	Store    *projection.Store
	Settings Settings
}

// Gather collects the facts about a record. They are read one after the other: a block that comes
// in between may be seen in some of them.
func (g *Gatherer) Gather(ctx context.Context, r projection.Record, v Viewer) (Facts, error) {
	if !slices.Contains(everything, r.Kind) {
		return Facts{}, fmt.Errorf("%w: %s", ErrKind, r.Kind)
	}
	head, err := g.Store.Position(ctx)
	if err != nil {
		return Facts{}, fmt.Errorf("head: %w", err)
	}
	c := &collection{Gatherer: g, viewer: v, record: r, facts: Facts{Record: r.ID, Kind: r.Kind, Today: v.Day,
		AsOf: AsOf{Block: head.Number, Time: evidence.InstantOf(head.Time)}}}
	if v.Keeps {
		c.facts.Knowledge = &g.Settings.Knowledge
	}
	parts := []func(context.Context) error{c.steps}
	if v.Terms && r.Terms != nil {
		c.facts.Disclosed = true
		parts = append(parts, c.trade, c.goods, c.registrations)
	}
	for _, part := range parts {
		if err := part(ctx); err != nil {
			return Facts{}, err
		}
	}
	return c.facts, nil
}

// collection is the facts about one record while they are collected.
type collection struct {
	*Gatherer
	viewer Viewer
	record projection.Record
	facts  Facts
}

// orderID is the order itself, or the one that the record descends from; "" for goods without one.
func (c *collection) orderID() string {
	for _, id := range slices.Backward(append(slices.Clone(c.record.Parents), c.record.ID)) {
		if strings.HasPrefix(id, order.Table.Prefix+"-") {
			return id
		}
	}
	return ""
}

func (c *collection) steps(ctx context.Context) error {
	if !slices.Contains(sales, c.record.Kind) {
		return nil
	}
	history, err := c.Store.History(ctx, c.orderID())
	if err != nil {
		return fmt.Errorf("history of %s: %w", c.orderID(), err)
	}
	for _, h := range history {
		if h.Result.Status == contract.Accepted && h.Subject == c.orderID() {
			c.facts.Steps = append(c.facts.Steps, Step{Record: h.Subject, Verb: h.Verb})
		}
	}
	return nil
}

// trade collects what is about the sale that an order or a receivable is of.
func (c *collection) trade(ctx context.Context) error {
	paper, ok := paperOf(c.record)
	if !ok {
		return nil
	}
	c.facts.Paper = &paper
	if t, is := c.record.Terms.(receivable.Terms); is {
		c.facts.Receivable = &t
	}
	for _, part := range []func(context.Context) error{c.orders, c.similar, c.named, c.dealings, c.sales} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}

func paperOf(r projection.Record) (Paper, bool) {
	p := Paper{Record: r.ID, Parents: r.Parents}
	switch t := r.Terms.(type) {
	case order.Terms:
		p.Seller, p.Buyer, p.Number, p.Day, p.Amount = t.Seller, t.Buyer, string(t.Number), t.Signed, t.Amount
	case receivable.Terms:
		p.Seller, p.Buyer, p.Number, p.Day, p.Amount = t.Seller, t.Buyer, string(t.Invoice), t.Issued, t.Amount
	default:
		return p, false
	}
	return p, true
}

// orders reads the order and the others of its contract, as far as they are disclosed.
func (c *collection) orders(ctx context.Context) error {
	own, err := c.Store.Record(ctx, c.orderID())
	if errors.Is(err, projection.ErrNotFound) {
		return nil
	}
	if err == nil {
		err = c.addOrder(ctx, own)
	}
	if err != nil || len(c.facts.Orders) == 0 || c.facts.Orders[0].Contract == "" {
		return err
	}
	o := c.facts.Orders[0]
	others, err := c.Store.OfContract(ctx, o.Seller, o.Buyer, o.Contract, maxOrders)
	for i := 0; err == nil && i < len(others); i++ {
		if others[i].ID != o.Record && others[i].State != order.Cancelled {
			err = c.addOrder(ctx, others[i])
		}
	}
	return err
}

func (c *collection) addOrder(ctx context.Context, r projection.Record) error {
	t, known := r.Terms.(order.Terms)
	if !known {
		return nil
	}
	reads, err := c.viewer.Reads(ctx, r)
	if reads {
		c.facts.Orders = append(c.facts.Orders, Order{Record: r.ID, Terms: t})
	}
	return err
}

// similar finds documents of nearly the same amount: those of nearly the same day first, so that however many
// there are of other days, none of these is left out for them.
func (c *collection) similar(ctx context.Context) error {
	p := c.facts.Paper
	least, most := c.Settings.bounds(p.Amount)
	for _, within := range []int{c.Settings.DateToleranceDays, c.Settings.NumberWindowDays} {
		found, err := c.Store.Trades(ctx, projection.Trades{Kind: c.record.Kind, Seller: p.Seller, Buyer: p.Buyer,
			From: p.Day.AddDays(-within), To: p.Day.AddDays(within), Least: least, Most: most, Limit: maxMatches})
		if err != nil {
			return fmt.Errorf("similar documents: %w", err)
		}
		if err := c.add(ctx, &c.facts.Similar, found); err != nil {
			return err
		}
	}
	return nil
}

// named finds documents with the same number. Numbers of invoices are unique in the nation; those of orders are the
// buyer's own.
func (c *collection) named(ctx context.Context) error {
	p := c.facts.Paper
	f := projection.Filter{Kind: c.record.Kind, Number: p.Number, Limit: maxMatches}
	if c.record.Kind == order.Table.Kind {
		f.Counterparty = p.Buyer
	}
	found, err := c.Store.Records(ctx, f)
	if err != nil {
		return fmt.Errorf("documents of the same number: %w", err)
	}
	found = slices.DeleteFunc(found, func(r projection.Record) bool {
		other, ok := paperOf(r)
		return !ok || c.record.Kind == order.Table.Kind && (other.Seller != p.Seller || other.Buyer != p.Buyer)
	})
	return c.add(ctx, &c.facts.Named, found)
}

// add adds documents that live and are not there yet.
func (c *collection) add(ctx context.Context, to *[]Paper, found []projection.Record) error {
	for _, r := range found {
		p, ok := paperOf(r)
		dead := r.State == order.Cancelled || r.State == receivable.Cancelled
		if !ok || dead || r.ID == c.record.ID || slices.ContainsFunc(*to, func(p Paper) bool { return p.Record == r.ID }) {
			continue
		}
		reads, err := c.viewer.Reads(ctx, r)
		if err != nil {
			return err
		}
		p.Withheld = !reads
		*to = append(*to, p)
	}
	return nil
}

// dealings collects how long the two deal with each other and what the seller's debtors owe.
func (c *collection) dealings(ctx context.Context) (err error) {
	p := c.facts.Paper
	if c.facts.First, err = c.Store.FirstTrade(ctx, c.viewer.Reader, p.Seller, p.Buyer); err != nil {
		return fmt.Errorf("first trade: %w", err)
	}
	c.facts.Shares, err = c.Store.Debtors(ctx, c.viewer.Reader, p.Seller)
	return err
}

// sales follows sales from the buyer on, affiliates as one, until a round trip could not be longer.
func (c *collection) sales(ctx context.Context) error {
	p := c.facts.Paper
	from, to := p.Day.AddDays(-c.Settings.CycleDays), p.Day.AddDays(c.Settings.CycleDays)
	asked := map[ident.USCC]bool{}
	for _, member := range c.group(p.Seller) {
		asked[member] = true // the trip ends there
	}
	at := c.group(p.Buyer)
	for range c.Settings.CycleLength - 1 {
		var next []ident.USCC
		for _, seller := range at {
			if asked[seller] || len(asked) >= maxParties {
				continue
			}
			asked[seller] = true
			found, err := c.Store.Sales(ctx, c.viewer.Reader, seller, from, to, maxBuyers)
			if err != nil {
				return fmt.Errorf("sales of %s: %w", seller, err)
			}
			c.facts.Sales = append(c.facts.Sales, found...)
			for _, s := range found {
				next = append(next, c.group(s.Buyer)...)
			}
		}
		at = next
	}
	return nil
}

func (c *collection) group(u ident.USCC) []ident.USCC {
	if c.facts.Knowledge == nil {
		return []ident.USCC{u}
	}
	return c.facts.Knowledge.group(u)
}
