package contract

import (
	"slices"

	"decore/chaincode/duplicate"
	"decore/chaincode/fault"
	"decore/chaincode/financing"
	"decore/chaincode/goods"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/lot"
	"decore/chaincode/party"
	"decore/chaincode/warehouse"
)

type receiptRecord = *Record[warehouse.Terms]

// receiptLaw is where the law has pledges of receipts and goods collide.
const receiptLaw = "民法典担保制度解释 art. 59"

func init() {
	onNew(warehouse.Table, "issue", issueReceipt)
	onReceipt("endorse", func(c *call, r receiptRecord, a warehouse.EndorseArgs) (t warehouse.Terms, next lifecycle.State, err error) {
		if t, next, err = r.Terms.Endorse(a, c.today()); err != nil {
			return t, "", err
		}
		if err := c.unfrozen(r); err != nil {
			return t, "", err
		}
		if err := c.free(r.Header, receiptLaw); err != nil {
			return t, "", err
		}
		return t, next, c.actsAsOwner(a.To, "/to")
	})
	onReceipt("confirm-endorsement", confirmEndorsement)
	onReceipt("pledge", pledgeReceipt)
	onReceipt("confirm-pledge", func(c *call, r receiptRecord, _ financing.NoArgs) (warehouse.Terms, lifecycle.State, error) {
		t, next, err := r.Terms.MarkPledged(c.today())
		if err != nil {
			return t, "", err
		}
		return t, next, c.holdsFor(r.Header, t.Pledge.Financing, "")
	})
	onReceipt("strike-pledge", strikePledge)
	onReceipt("split", func(c *call, r receiptRecord, a warehouse.SplitArgs) (t warehouse.Terms, next lifecycle.State, err error) {
		if t, next, err = r.Terms.AskSplit(a); err != nil {
			return t, "", err
		}
		return t, next, c.partsAreNew(a.Parts)
	})
	onReceipt("confirm-split", confirmSplit)
	onReceipt("merge", func(c *call, r receiptRecord, a warehouse.MergeArgs) (t warehouse.Terms, next lifecycle.State, err error) {
		if t, next, err = r.Terms.AskMerge(a); err != nil {
			return t, "", err
		}
		if err := c.newID(warehouse.Table, a.Into, "/into"); err != nil {
			return t, "", err
		}
		_, err = c.mergeable(r, a.Others)
		return t, next, err
	})
	onReceipt("confirm-merge", confirmMerge)
	onReceipt("claim-goods", func(_ *call, r receiptRecord, _ warehouse.ClaimArgs) (warehouse.Terms, lifecycle.State, error) {
		t, next := r.Terms.ClaimGoods()
		return t, next, nil
	})
	onReceipt("deliver", deliverReceipt)
	for _, verb := range []string{"recall", "decline"} {
		onReceipt(verb, func(c *call, r receiptRecord, _ financing.NoArgs) (warehouse.Terms, lifecycle.State, error) {
			t, next := r.Terms.Settle(c.today())
			return t, next, nil
		})
	}
	onReceipt("order-delivery", func(c *call, r receiptRecord, _ financing.NoArgs) (warehouse.Terms, lifecycle.State, error) {
		t := r.Terms
		financing, err := c.heldFor(r.Header)
		t.Delivery = &warehouse.DeliveryOrder{Bank: c.cmd.Party, Financing: financing, Date: c.today()}
		return t, r.State, err
	})
	onReceipt("value", func(c *call, r receiptRecord, a goods.ValueArgs) (t warehouse.Terms, _ lifecycle.State, err error) {
		t = r.Terms
		t.Prices, err = t.Prices.State(a, c.cmd.Party, c.today())
		return t, r.State, err
	})
	onReceipt("insure", func(_ *call, r receiptRecord, a goods.Insurance) (warehouse.Terms, lifecycle.State, error) {
		t := r.Terms
		t.Contents.Insurance = &a
		return t, r.State, a.Check("")
	})
	onReceipt("lose", loseReceipted)
	onReceipt("expire", func(c *call, r receiptRecord, _ financing.NoArgs) (warehouse.Terms, lifecycle.State, error) {
		next, err := r.Terms.Expire(c.today())
		return r.Terms, next, err
	})
	onReceipt("extend", func(c *call, r receiptRecord, a warehouse.ExtendArgs) (warehouse.Terms, lifecycle.State, error) {
		return r.Terms.Extend(a, c.today())
	})
	onReceipt("freeze", func(_ *call, r receiptRecord, a warehouse.FreezeArgs) (warehouse.Terms, lifecycle.State, error) {
		return r.Terms.Freeze(a)
	})
	onReceipt("unfreeze", func(c *call, r receiptRecord, _ financing.NoArgs) (warehouse.Terms, lifecycle.State, error) {
		t, next := r.Terms.Unfreeze(c.today())
		return t, next, nil
	})
	onReceipt("cancel", cancelReceipt)
	on(warehouse.Table, "grant", func(c *call, r receiptRecord, a GrantArgs) (lifecycle.State, error) {
		return r.State, grant(c, r, a, "")
	})
	on(warehouse.Table, "revoke", func(c *call, r receiptRecord, a RevokeArgs) (lifecycle.State, error) {
		return r.State, revoke(c, r, a, "")
	})
}

// onReceipt registers a verb by what it makes of the terms and the state.
func onReceipt[A any](verb string, change func(c *call, r receiptRecord, a A) (warehouse.Terms, lifecycle.State, error)) {
	on(warehouse.Table, verb, func(c *call, r receiptRecord, a A) (next lifecycle.State, err error) {
		r.Terms, next, err = change(c, r, a)
		return next, err
	})
}

func issueReceipt(c *call, a warehouse.IssueArgs) (receiptRecord, error) {
	l, err := load[lot.Terms](c, lot.Table.Kind, a.Lot, "/lot")
	if err != nil {
		return nil, err
	}
	if l.Terms.Keeper != c.cmd.Party {
		return nil, fault.New(fault.NotPermitted, "/party")
	}
	if l.State != lot.Stored {
		return nil, fault.New(fault.WrongState, "/lot")
	}
	if l.Terms.Commingled {
		return nil, fault.New(fault.Commingled, "/lot")
	}
	depositor, err := c.party(l.Terms.Owner, "")
	if err != nil {
		return nil, err
	}
	policy, err := c.creditPolicy()
	if err != nil {
		return nil, err
	}
	terms, err := warehouse.Issue(a, warehouse.Stored{Owner: l.Terms.Owner, OwnerName: depositor.Name, Keeper: l.Terms.Keeper,
		Goods: l.Terms.Goods, Site: l.Terms.Site, Position: l.Terms.Position, Since: l.Terms.StoredOn, Insurance: l.Terms.Insurance,
		Prices: l.Terms.Prices, Order: l.Terms.Order}, policy, c.today())
	if err != nil {
		return nil, err
	}
	if l.Terms, err = l.Terms.Cover(a.Quantity, "/quantity"); err != nil {
		return nil, err
	}
	terms.OrderShare = goods.Share(l.Terms.OrderShare, a.Quantity, l.Terms.Quantity)
	if l.Terms, err = c.maySetFree(l, a.Quantity); err != nil {
		return nil, err
	}
	r, err := newReceipt(c, c.cmd.Subject, l.Header, terms)
	if err != nil {
		return nil, err
	}
	return r, save(c, l)
}

// maySetFree refuses receipts over goods on which somebody holds a lien and did not order them: a document of title that
// promises what another holds is how one heap was pledged many times.
func (c *call) maySetFree(l lotRecord, q goods.Quantity) (lot.Terms, error) {
	held, err := c.held(l.Header)
	if err != nil {
		return l.Terms, err
	}
	t := l.Terms
	for _, lien := range held {
		spent, ok := t.Spend(q, lien.Financing, lot.ForReceipt)
		if !ok {
			return t, fault.New(fault.Encumbered, "/lot").Under(receiptLaw)
		}
		t = spent
	}
	return t, nil
}

// newReceipt makes a record of a receipt that descends from another record, and takes its number.
func newReceipt(c *call, id string, parent Header, t warehouse.Terms) (receiptRecord, error) {
	key, err := c.key()
	if err != nil {
		return nil, err
	}
	number := key.Receipt(t.Keeper, t.Contents.Number.Document())
	if err := c.unique(number, "/contents/number"); err != nil {
		return nil, err
	}
	r := create(c, warehouse.Table.Kind, t)
	r.ID, r.Root, r.Parents = id, parent.Root, append(append([]string{}, parent.Parents...), parent.ID)
	r.Tokens = []duplicate.Token{number}
	return r, c.claim(r.Header, duplicate.Registered)
}

// actsAsOwner refuses who cannot own a receipt here.
func (c *call) actsAsOwner(u ident.USCC, field string) error {
	p, err := c.party(u, field)
	switch {
	case err != nil:
		return err
	case p.State != party.Active:
		return fault.New(fault.PartyNotActive, field)
	case !p.Has(lifecycle.SME) && !p.Has(lifecycle.Leader):
		return fault.New(fault.PartyRoleMissing, field)
	}
	return nil
}

// unfrozen refuses to pass on a receipt over goods that are frozen or not all there: who buys it buys what nobody may give
// out, or what is nobody's.
func (c *call) unfrozen(r receiptRecord) error {
	h, _, err := c.header(r.Terms.Lot)
	switch {
	case err != nil:
		return err
	case h.State == lot.Frozen:
		return fault.New(fault.WrongState, "/lot")
	case h.Doubted:
		return fault.New(fault.Shortage, "/lot")
	}
	return nil
}

// confirmEndorsement makes the endorsee the owner. To whom the former owner disclosed the receipt is over.
func confirmEndorsement(c *call, r receiptRecord, _ financing.NoArgs) (warehouse.Terms, lifecycle.State, error) {
	if err := c.unfrozen(r); err != nil {
		return r.Terms, "", err
	}
	if err := c.free(r.Header, receiptLaw); err != nil {
		return r.Terms, "", err
	}
	if err := c.actsAsOwner(r.Terms.Request.To, ""); err != nil {
		return r.Terms, "", err
	}
	r.Grants = []Grant{}
	return r.Terms.Pass(c.today())
}

// pledgeReceipt endorses as pledged, to the bank of a financing that holds the receipt already.
func pledgeReceipt(c *call, r receiptRecord, a warehouse.PledgeArgs) (warehouse.Terms, lifecycle.State, error) {
	if a.Financing == "" {
		return r.Terms, "", fault.New(fault.FieldRequired, "/financing")
	}
	if err := c.holdsFor(r.Header, a.Financing, "/financing"); err != nil {
		return r.Terms, "", err
	}
	f, err := load[financing.Terms](c, financing.Table.Kind, a.Financing, "/financing")
	if err != nil {
		return r.Terms, "", err
	}
	return r.Terms.AskPledge(a, f.Terms.Lender, c.today())
}

// strikePledge takes the mark of a lien off that is over. A receipt that is a part may bear the mark of a lien on its whole.
func strikePledge(c *call, r receiptRecord, _ financing.NoArgs) (warehouse.Terms, lifecycle.State, error) {
	held, err := c.held(r.Header)
	if err != nil {
		return r.Terms, "", err
	}
	if slices.ContainsFunc(held, func(l lien) bool { return r.Terms.Perfected(l.Financing) }) {
		return r.Terms, "", fault.New(fault.Encumbered, "").Under("民法典 441; " + receiptLaw)
	}
	t, err := r.Terms.Strike()
	return t, r.State, err
}

// holdsFor refuses a pledge for a financing that has no live lien on the receipt itself.
func (c *call) holdsFor(h Header, financing, field string) error {
	b, err := c.book(h)
	if err != nil {
		return err
	}
	if _, ok := b.Held(h.ID, financing, c.now.Time); !ok {
		return fault.New(fault.LienNotHeld, field).Under(receiptLaw)
	}
	return nil
}

// deliverReceipt gives the goods out. Pledged goods never leave without the order of everybody who holds them.
func deliverReceipt(c *call, r receiptRecord, _ financing.NoArgs) (warehouse.Terms, lifecycle.State, error) {
	held, err := c.held(r.Header)
	if err != nil {
		return r.Terms, "", err
	}
	for _, l := range held {
		if r.Terms.Delivery == nil || r.Terms.Delivery.Financing != l.Financing {
			return r.Terms, "", fault.New(fault.Encumbered, "").Under(receiptLaw)
		}
	}
	l, err := load[lot.Terms](c, lot.Table.Kind, r.Terms.Lot, "")
	if err != nil {
		return r.Terms, "", err
	}
	if l.State != lot.Stored {
		return r.Terms, "", fault.New(fault.WrongState, "/lot")
	}
	if l.Terms, err = l.Terms.Deliver(r.Terms.Quantity, r.Terms.Missing, c.today(), string(r.Terms.Contents.Number)); err != nil {
		return r.Terms, "", err
	}
	l.State = l.Terms.State()
	if err := c.emptied(l); err != nil {
		return r.Terms, "", err
	}
	t := r.Terms
	t.Request = nil
	return t, warehouse.Delivered, save(c, l)
}

// loseReceipted records a loss with the receipt, and with its lot: it is one loss, also to the next stock-take.
func loseReceipted(c *call, r receiptRecord, a warehouse.LoseArgs) (warehouse.Terms, lifecycle.State, error) {
	t, err := r.Terms.Lose(a)
	if err != nil {
		return t, "", err
	}
	l, err := load[lot.Terms](c, lot.Table.Kind, t.Lot, "")
	if err != nil {
		return t, "", err
	}
	l.Terms = l.Terms.LoseReceipted(a.Quantity, c.today(), a.Cause)
	return t, r.State, save(c, l)
}

// cancelReceipt gives a receipt up, so that its goods are simply in the lot again; only who stored them can.
func cancelReceipt(c *call, r receiptRecord, _ financing.NoArgs) (warehouse.Terms, lifecycle.State, error) {
	if r.Terms.Owner != r.Terms.Contents.Depositor || r.Terms.Missing.IsPositive() {
		return r.Terms, "", fault.New(fault.WrongState, "")
	}
	if err := c.free(r.Header, receiptLaw); err != nil {
		return r.Terms, "", err
	}
	l, err := load[lot.Terms](c, lot.Table.Kind, r.Terms.Lot, "")
	if err != nil {
		return r.Terms, "", err
	}
	l.Terms = l.Terms.Uncover(r.Terms.Quantity)
	return r.Terms, warehouse.Cancelled, save(c, l)
}
