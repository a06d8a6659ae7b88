package contract

import (
	"decore/chaincode/duplicate"
	"decore/chaincode/fault"
	"decore/chaincode/financing"
	"decore/chaincode/lifecycle"
	"decore/chaincode/order"
)

type orderRecord = *Record[order.Terms]

func init() {
	onNew(order.Table, "create", createOrder)
	on(order.Table, "attest", func(*call, orderRecord, financing.NoArgs) (lifecycle.State, error) {
		return order.Attested, nil
	})
	on(order.Table, "amend", func(c *call, r orderRecord, a order.AmendArgs) (next lifecycle.State, err error) {
		// After the value is encumbered its base contract may not be changed to the holder's harm.
		if err := c.free(r.Header, "民法典 765"); err != nil {
			return "", err
		}
		r.Terms, next, err = r.Terms.Amend(a, c.cmd.Party, r.State)
		return next, err
	})
	on(order.Table, "ship", func(c *call, r orderRecord, a order.ShipArgs) (next lifecycle.State, err error) {
		r.Terms, next, err = r.Terms.Ship(a, c.today())
		return next, err
	})
	on(order.Table, "accept", func(c *call, r orderRecord, a order.AcceptArgs) (next lifecycle.State, err error) {
		r.Terms, next, err = r.Terms.Accept(a, c.today())
		return next, err
	})
	on(order.Table, "set-collection-account", func(c *call, r orderRecord, a order.CollectionAccount) (_ lifecycle.State, err error) {
		// The first account may be named when a lender already waits for it; another one would lead the money away.
		if r.Terms.CollectionAccount != nil && c.cmd.Party == r.Terms.Seller {
			if err := c.free(r.Header, "民法典担保制度解释 art. 61(4)"); err != nil {
				return "", err
			}
		}
		r.Terms, err = r.Terms.Collect(a, c.cmd.Party, c.today())
		return r.State, err
	})
	on(order.Table, "cancel", func(c *call, r orderRecord, _ financing.NoArgs) (lifecycle.State, error) {
		if err := c.free(r.Header, "民法典 765"); err != nil {
			return "", err
		}
		financed, err := c.everFinanced(r.Header)
		if err != nil {
			return "", err
		}
		if r.Terms.Stored.IsPositive() {
			return "", fault.New(fault.GoodsStored, "")
		}
		if financed {
			return "", fault.New(fault.WrongState, "")
		}
		return order.Cancelled, c.claim(r.Header, duplicate.Cancelled)
	})
	on(order.Table, "close", func(c *call, r orderRecord, _ financing.NoArgs) (lifecycle.State, error) {
		return order.Closed, c.free(r.Header, "民法典 765")
	})
}

func createOrder(c *call, a order.CreateArgs) (orderRecord, error) {
	terms, _, err := order.Create(a)
	if err != nil {
		return nil, err
	}
	r := create(c, order.Table.Kind, terms)
	if err := c.permit(r.Header, r.Terms); err != nil {
		return nil, err
	}
	if err := c.acts(a.Seller, lifecycle.SME, "/seller"); err != nil {
		return nil, err
	}
	if err := c.acts(a.Buyer, lifecycle.Leader, "/buyer"); err != nil {
		return nil, err
	}
	if a.Signed.After(c.today()) {
		return nil, fault.New(fault.DateInFuture, "/signed")
	}
	key, err := c.key()
	if err != nil {
		return nil, err
	}
	token := key.Document(a.Buyer, a.Seller, a.Number)
	if err := c.unique(token, "/number"); err != nil {
		return nil, err
	}
	r.Tokens = []duplicate.Token{token}
	return r, c.claim(r.Header, duplicate.Registered)
}
