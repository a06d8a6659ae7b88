package contract

import (
	"decore/chaincode/duplicate"
	"decore/chaincode/encumbrance"
	"decore/chaincode/fault"
	"decore/chaincode/financing"
	"decore/chaincode/goods"
	"decore/chaincode/lifecycle"
	"decore/chaincode/lot"
	"decore/chaincode/order"
)

type lotRecord = *Record[lot.Terms]

func init() {
	onNew(lot.Table, "declare", declareLot)
	on(lot.Table, "withdraw", func(c *call, r lotRecord, _ financing.NoArgs) (lifecycle.State, error) {
		r.Terms = r.Terms.Give()
		return lot.Withdrawn, c.settleLot(r)
	})
	on(lot.Table, "store", storeLot)
	on(lot.Table, "reject", func(_ *call, r lotRecord, _ financing.NoArgs) (lifecycle.State, error) {
		r.Terms = r.Terms.Give()
		return lot.Rejected, nil
	})
	onLot("add", func(c *call, r lotRecord, a lot.AddArgs) (lot.Terms, error) { return r.Terms.Add(a, c.today()) })
	onLot("value", func(c *call, r lotRecord, a goods.ValueArgs) (t lot.Terms, err error) {
		t = r.Terms
		t.Prices, err = t.Prices.State(a, c.cmd.Party, c.today())
		return t, err
	})
	onLot("insure", func(_ *call, r lotRecord, a goods.Insurance) (lot.Terms, error) {
		t := r.Terms
		t.Insurance = &a
		return t, a.Check("")
	})
	onLot("appoint-supervisor", func(c *call, r lotRecord, a lot.AppointArgs) (lot.Terms, error) {
		t, err := r.Terms.Appoint(a, c.cmd.Party, c.today())
		if err != nil {
			return t, err
		}
		return t, c.acts(a.Supervisor, lifecycle.Keeper, "/supervisor")
	})
	onLot("establish-control", func(c *call, r lotRecord, a lot.ControlArgs) (lot.Terms, error) {
		return r.Terms.Establish(a, c.today())
	})
	onLot("set-lines", func(c *call, r lotRecord, a lot.LinesArgs) (lot.Terms, error) {
		return r.Terms.SetLines(a, c.cmd.Party)
	})
	onLot("call-margin", func(c *call, r lotRecord, a lot.MarginArgs) (lot.Terms, error) {
		policy, err := c.creditPolicy()
		if err != nil {
			return r.Terms, err
		}
		return r.Terms.CallMargin(a, c.cmd.Party, policy, c.today())
	})
	onLot("stock-take", func(c *call, r lotRecord, a lot.StockTakeArgs) (lot.Terms, error) {
		return r.Terms.StockTake(a, c.today())
	})
	onLot("lose", func(c *call, r lotRecord, a lot.LoseArgs) (lot.Terms, error) { return r.Terms.Lose(a, c.today()) })
	onLot("mark-commingled", func(_ *call, r lotRecord, _ financing.NoArgs) (lot.Terms, error) {
		t := r.Terms
		t.Commingled = true
		return t, nil
	})
	onLot("order-release", func(c *call, r lotRecord, a lot.OrderArgs) (lot.Terms, error) {
		policy, err := c.creditPolicy()
		if err != nil {
			return r.Terms, err
		}
		debt, err := c.heldFor(r.Header)
		if err != nil {
			return r.Terms, err
		}
		h, _, err := c.header(debt)
		if err != nil {
			return r.Terms, err
		}
		held := lot.Held{Holder: c.cmd.Party, Financing: debt, Overdue: h.State == financing.Overdue}
		return r.Terms.OrderRelease(a, held, policy, c.today())
	})
	on(lot.Table, "release", releaseLot)
	onLot("settle", func(c *call, r lotRecord, _ financing.NoArgs) (lot.Terms, error) {
		err := c.settleLot(r)
		return r.Terms, err
	})
	on(lot.Table, "freeze", func(_ *call, r lotRecord, a lot.FreezeArgs) (next lifecycle.State, err error) {
		r.Terms, err = r.Terms.Freeze(a)
		return lot.Frozen, err
	})
	on(lot.Table, "unfreeze", func(_ *call, r lotRecord, _ financing.NoArgs) (lifecycle.State, error) {
		r.Terms.Frozen = ""
		return lot.Stored, nil
	})
	on(lot.Table, "grant", func(c *call, r lotRecord, a GrantArgs) (lifecycle.State, error) {
		return r.State, grant(c, r, a, "")
	})
	on(lot.Table, "revoke", func(c *call, r lotRecord, a RevokeArgs) (lifecycle.State, error) {
		return r.State, revoke(c, r, a, "")
	})
}

// onLot registers a verb that changes the terms of a lot and leaves it in its state.
func onLot[A any](verb string, change func(c *call, r lotRecord, a A) (lot.Terms, error)) {
	on(lot.Table, verb, func(c *call, r lotRecord, a A) (_ lifecycle.State, err error) {
		r.Terms, err = change(c, r, a)
		return r.State, err
	})
}

func declareLot(c *call, a lot.DeclareArgs) (lotRecord, error) {
	terms, err := lot.Declare(a, c.cmd.Party)
	if err != nil {
		return nil, err
	}
	r := create(c, lot.Table.Kind, terms)
	if err := c.permit(r.Header, r.Terms); err != nil {
		return nil, err
	}
	if err := c.acts(a.Keeper, lifecycle.Keeper, "/keeper"); err != nil {
		return nil, err
	}
	if a.Order == "" {
		return r, nil
	}
	return r, c.madeFor(r, a.Order)
}

// madeFor ties a lot to the order for which its goods are: both are stages of one value.
func (c *call) madeFor(r lotRecord, id string) error {
	o, err := load[order.Terms](c, order.Table.Kind, id, "/order")
	if err != nil {
		return err
	}
	switch {
	case o.Terms.Seller != c.cmd.Party:
		return fault.New(fault.NotPermitted, "/order")
	case o.State != order.Attested && o.State != order.Delivering:
		return fault.New(fault.WrongState, "/order")
	}
	if o.Terms, err = o.Terms.Store(r.Terms.OrderShare); err != nil {
		return err
	}
	r.Root, r.Parents = o.Root, append(append([]string{}, o.Parents...), o.ID)
	return save(c, o)
}

func storeLot(c *call, r lotRecord, a lot.StoreArgs) (next lifecycle.State, err error) {
	if r.Terms, next, err = r.Terms.Store(a, c.today()); err != nil {
		return "", err
	}
	key, err := c.key()
	if err != nil {
		return "", err
	}
	item := r.Terms.Goods.Code
	if item == "" {
		item = r.Terms.Goods.Name
	}
	place := key.Place(r.Terms.Keeper, a.Site, a.Position, item, r.Terms.Goods.Batch)
	if err := c.unique(place, "/position"); err != nil {
		return "", err
	}
	// Who stores declares the goods, so one heap may come under two names: that there are two, the keeper has to say.
	spot := key.Spot(r.Terms.Keeper, a.Site, a.Position)
	if answer, err := c.ask(spot, ""); err != nil {
		return "", err
	} else if answer != duplicate.Unknown && !a.Shared {
		return "", fault.New(fault.PlaceTaken, "/position").Under("民法典担保制度解释 art. 59")
	}
	r.Tokens = []duplicate.Token{place, spot}
	return next, c.claim(r.Header, duplicate.Registered)
}

// releaseLot gives goods out. Who holds a lien on them must have ordered it, unless the lien floats and what stays is
// worth enough (民法典 404: who buys in the ordinary course takes free).
func releaseLot(c *call, r lotRecord, a lot.ReleaseArgs) (lifecycle.State, error) {
	before := r.Terms
	after, err := before.Release(a, c.today())
	if err != nil {
		return "", err
	}
	held, err := c.held(r.Header)
	if err != nil {
		return "", err
	}
	for _, l := range held {
		if spent, ok := after.Spend(a.Quantity, l.Financing, lot.ForOwner, lot.Liquidation); ok {
			after = spent
			continue
		}
		if err := c.floats(after, l); err != nil {
			return "", err
		}
	}
	r.Terms = after
	return after.State(), c.emptied(r)
}

// floats refuses a release that the holder did not order, unless it is ordinary under a floating lien.
func (c *call) floats(after lot.Terms, l lien) error {
	if l.Kind != encumbrance.Floating && l.Kind != encumbrance.Mortgage || after.Lines == nil || after.Lines.Holder != l.Holder {
		return fault.New(fault.Encumbered, "").Under("民法典担保制度解释 art. 55")
	}
	policy, err := c.creditPolicy()
	if err != nil {
		return err
	}
	if after.Level(policy, c.today()) != lot.Sound {
		return fault.New(fault.BelowLeast, "/quantity").Under("民法典担保制度解释 art. 55")
	}
	return nil
}

// emptied frees the place of a lot from which all goods are gone.
func (c *call) emptied(r lotRecord) error {
	if r.Terms.State() != lot.Exhausted {
		return nil
	}
	return c.claim(r.Header, duplicate.Cancelled)
}

// settleLot gives the order back what left the lot.
func (c *call) settleLot(r lotRecord) error {
	if r.Terms.Order == "" {
		return nil
	}
	o, err := load[order.Terms](c, order.Table.Kind, r.Terms.Order, "")
	if err != nil {
		return err
	}
	terms, left := r.Terms.Settle()
	r.Terms, o.Terms = terms, o.Terms.Unstore(left)
	return save(c, o)
}
