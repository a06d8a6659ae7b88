package risk

import (
	"context"
	"fmt"
	"slices"

	"decore/chaincode/calendar"
	"decore/chaincode/financing"
	"decore/chaincode/goods"
	"decore/chaincode/ident"
	lc "decore/chaincode/lifecycle"
	"decore/chaincode/lot"
	"decore/chaincode/money"
	"decore/chaincode/order"
	"decore/chaincode/warehouse"
	"decore/gateway/projection"
)

// over are the states in which a financing's registration protects nobody any more, or goods are not there.
var over = []lc.State{
	financing.Settled, financing.Released, financing.Rejected, financing.Withdrawn,
	lot.Exhausted, lot.Rejected, lot.Withdrawn,
	warehouse.Split, warehouse.Merged, warehouse.Delivered, warehouse.Cancelled,
}

// goods collects prices and last days of the goods, or of those in store for the order, as far as they are disclosed.
// Behind a receivable there are none: they were delivered.
func (c *collection) goods(ctx context.Context) error {
	found := []projection.Record{c.record}
	if c.record.Kind == order.Table.Kind {
		var err error
		if found, err = c.linked(ctx, projection.Parent); err != nil {
			return fmt.Errorf("goods in store: %w", err)
		}
	}
	switch t := c.record.Terms.(type) {
	case lot.Terms:
		c.facts.Stored = &Stored{c.record.ID, t.Owner, t.Keeper}
	case warehouse.Terms:
		c.facts.Stored = &Stored{c.record.ID, t.Owner, t.Keeper}
	}
	for _, r := range found {
		switch t := r.Terms.(type) {
		case lot.Terms:
			c.price(r.ID, t.Prices, t.Owner)
			c.insured(r.ID, t.Insurance)
		case warehouse.Terms:
			c.price(r.ID, t.Prices, t.Owner)
			c.insured(r.ID, t.Contents.Insurance)
			c.lapse(r.ID, Storage, t.Contents.StoredUntil)
		}
	}
	return nil
}

// linked lists the live records that name this one and that the caller may read.
func (c *collection) linked(ctx context.Context, as projection.Relation) ([]projection.Record, error) {
	found, err := c.Store.Records(ctx, projection.Filter{Link: as, Target: c.record.ID, Reader: c.viewer.Party, Day: c.viewer.Day, Limit: maxMatches})
	if err != nil {
		return nil, err
	}
	var all []projection.Record
	for _, r := range found {
		if slices.Contains(over, r.State) {
			continue
		}
		reads, err := c.viewer.Reads(ctx, r)
		if err != nil {
			return nil, err
		}
		if reads {
			all = append(all, r)
		}
	}
	return all, nil
}

// price holds the highest price that the owner states against the lowest that somebody else does.
func (c *collection) price(record string, prices goods.Prices, owner ident.USCC) {
	var high, low money.Amount
	for _, p := range prices {
		switch {
		case p.By == owner:
			high = money.Max(high, p.Price)
		case low.IsZero() || p.Price.Less(low):
			low = p.Price
		}
	}
	if high.IsPositive() && low.IsPositive() {
		c.facts.Prices = append(c.facts.Prices, Price{Record: record, Unit: high, Reference: low})
	}
}

func (c *collection) insured(record string, i *goods.Insurance) {
	if i != nil {
		c.lapse(record, Insurance, i.Until)
	}
}

func (c *collection) lapse(record string, what Protection, until calendar.Date) {
	if !until.IsZero() {
		c.facts.Lapses = append(c.facts.Lapses, Lapse{Record: record, What: what, Until: until})
	}
}

// registrations collects the last days of filings for financings that the caller is a party of.
func (c *collection) registrations(ctx context.Context) error {
	found, err := c.linked(ctx, projection.Collateral)
	if err != nil {
		return fmt.Errorf("financings: %w", err)
	}
	for _, r := range found {
		if t, is := r.Terms.(financing.Terms); is && t.Registration != nil {
			c.lapse(r.ID, Registration, t.Registration.Expires)
		}
	}
	return nil
}
