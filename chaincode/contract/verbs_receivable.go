package contract

import (
	"decore/chaincode/duplicate"
	"decore/chaincode/fault"
	"decore/chaincode/financing"
	"decore/chaincode/lifecycle"
	"decore/chaincode/order"
	"decore/chaincode/receivable"
)

type receivableRecord = *Record[receivable.Terms]

func init() {
	onNew(receivable.Table, "register", registerReceivable)
	on(receivable.Table, "request-confirmation", func(c *call, r receivableRecord, _ receivable.RequestArgs) (next lifecycle.State, err error) {
		r.Terms, next, err = r.Terms.Request(c.today())
		return next, err
	})
	on(receivable.Table, "confirm", func(c *call, r receivableRecord, a receivable.ConfirmArgs) (next lifecycle.State, err error) {
		r.Terms, next, err = r.Terms.Confirm(a, c.today())
		return next, err
	})
	on(receivable.Table, "dispute", func(c *call, r receivableRecord, a receivable.DisputeArgs) (next lifecycle.State, err error) {
		// Who confirmed and let another rely on it cannot take it back to that one's harm. Who did not confirm keeps its
		// defences against whoever has the claim, also after the notice (民法典 548).
		if r.State == receivable.Confirmed {
			if err := c.free(r.Header, "民法典担保制度解释 art. 61(1)"); err != nil {
				return "", err
			}
			if r.Terms.Creditor != r.Terms.Seller && (r.Terms.Noticed(r.Terms.Creditor) || !r.Terms.NoticedOn.IsZero()) {
				return "", fault.New(fault.WrongState, "").Under("民法典担保制度解释 art. 61(1)")
			}
		}
		r.Terms, next, err = r.Terms.Dispute(a)
		return next, err
	})
	on(receivable.Table, "mark-unanswered", func(c *call, r receivableRecord, _ receivable.UnansweredArgs) (next lifecycle.State, err error) {
		policy, err := c.creditPolicy()
		if err != nil {
			return "", err
		}
		r.Terms, next, err = r.Terms.Unanswered(policy, c.today())
		return next, err
	})
	on(receivable.Table, "pay", payReceivable)
	on(receivable.Table, "cancel", cancelReceivable)
	on(receivable.Table, "close", func(c *call, r receivableRecord, _ financing.NoArgs) (lifecycle.State, error) {
		return receivable.Closed, c.free(r.Header, "")
	})
}

func registerReceivable(c *call, a receivable.RegisterArgs) (receivableRecord, error) {
	o, err := load[order.Terms](c, order.Table.Kind, a.Order, "/order")
	if err != nil {
		return nil, err
	}
	// Only the seller may learn from what follows how much was accepted, or that an invoice is known.
	if err := c.permit(o.Header, o.Terms); err != nil {
		return nil, err
	}
	policy, err := c.creditPolicy()
	if err != nil {
		return nil, err
	}
	terms, _, err := receivable.Register(a, o.Terms, policy, c.today())
	if err != nil {
		return nil, err
	}
	if o.State != order.Delivering && o.State != order.Delivered {
		return nil, fault.New(fault.WrongState, "/order")
	}
	if o.Terms, err = o.Terms.Invoice(a.Amount); err != nil {
		return nil, err
	}
	key, err := c.key()
	if err != nil {
		return nil, err
	}
	invoice := key.Invoice(a.Invoice)
	if err := c.unique(invoice, "/invoice"); err != nil {
		return nil, err
	}
	r := create(c, receivable.Table.Kind, terms)
	r.Root, r.Parents = o.Root, append(append([]string{}, o.Parents...), o.ID)
	// Two true invoices of one day and amount exist, so an equal composite is noted, not refused here.
	r.Tokens = []duplicate.Token{invoice, key.Composite(terms.Seller, terms.Buyer, terms.Issued, terms.Amount)}
	if err := c.claim(r.Header, duplicate.Registered); err != nil {
		return nil, err
	}
	return r, save(c, o)
}

// payReceivable records a payment. A debtor that paid its creditor before it received the notice of a lien is
// discharged (民法典 546, 民法典担保制度解释 art. 61(3)), so until then the creditor can state it; from then on only
// the holder can, for its word would free the debtor at the holder's cost.
func payReceivable(c *call, r receivableRecord, a receivable.PayArgs) (next lifecycle.State, err error) {
	live, err := c.liens(r.Header)
	if err != nil {
		return "", err
	}
	for _, l := range live {
		if l.Holder != c.cmd.Party && r.Terms.Noticed(l.Holder) {
			return "", fault.New(fault.Encumbered, "/party").Under("民法典 546; 民法典担保制度解释 art. 61(3)")
		}
	}
	r.Terms, next, err = r.Terms.Pay(a, r.State, c.today())
	return next, err
}

func cancelReceivable(c *call, r receivableRecord, _ financing.NoArgs) (lifecycle.State, error) {
	if err := c.free(r.Header, "民法典 445"); err != nil {
		return "", err
	}
	financed, err := c.everFinanced(r.Header)
	if err != nil {
		return "", err
	}
	if financed || !r.Terms.Untouched() {
		return "", fault.New(fault.WrongState, "")
	}
	if r.Terms.Depth > 0 && !c.signer.Has(lifecycle.Regulator) {
		// It was split or came from somebody else: what a creditor gives up of it is a credit note or a write-off.
		return "", fault.New(fault.WrongState, "")
	}
	if err := c.uninvoice(r, r.Terms.Amount); err != nil {
		return "", err
	}
	return receivable.Cancelled, c.claim(r.Header, duplicate.Cancelled)
}
