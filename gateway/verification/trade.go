package verification

import (
	"slices"

	"decore/chaincode/check"
	"decore/chaincode/ident"
	"decore/chaincode/order"
)

// orderAttested checks that the buyer itself attested the order, and that no amendment by the seller
// stands after that. An amendment by the buyer is its own word again, but different from what it
// attested first.
func orderAttested(e *examination) finding {
	f := fails(OrderNotAttested, e.Order.Header.ID)
	for _, c := range e.order {
		switch {
		case c.Withheld():
		case c.Verb == "order.attest" && c.Party == e.Order.Terms.Buyer:
			f = passed(c.ID)
		case c.Verb == "order.amend" && c.Party != e.Order.Terms.Buyer:
			f = fails(OrderAmended, c.ID)
		case c.Verb == "order.amend" && f.verdict == check.Pass:
			f = warns(OrderAmended, c.ID)
		}
	}
	return f
}

func orderState(e *examination) finding {
	if h := e.Order.Header; h.State == order.Cancelled {
		return fails(OrderCancelled, h.ID)
	}
	return passed(e.Order.Header.ID)
}

// orderMatch checks that the receivable and the order tell of one trade.
func orderMatch(e *examination) finding {
	r, o := e.Record, e.Order
	if r.Terms.Order != o.Header.ID || !slices.Contains(r.Header.Parents, o.Header.ID) ||
		r.Terms.Seller != o.Terms.Seller || r.Terms.Buyer != o.Terms.Buyer || r.Terms.Seller == r.Terms.Buyer {
		return fails(OrderMismatch, o.Header.ID)
	}
	return passed(o.Header.ID)
}

// delivery checks that the buyer signed for a delivery which covers all that was invoiced.
func delivery(e *examination) finding {
	o := e.Order.Terms
	accepted := e.acceptance()
	switch {
	case accepted == "":
		return fails(NotAccepted, e.Order.Header.ID)
	case o.Accepted.Less(o.Invoiced), o.Accepted.Less(e.Record.Terms.Amount), o.Shipped.Less(o.Accepted), o.Amount.Less(o.Shipped):
		return fails(OverDelivery, e.Order.Header.ID)
	}
	return passed(accepted)
}

// orderDelivery only tells how far the order came: it may be lent on before.
func orderDelivery(e *examination) finding {
	if accepted := e.acceptance(); accepted != "" {
		return passed(accepted)
	}
	return unsure(NotAccepted, e.Order.Header.ID)
}

// acceptance returns the buyer's last command that accepts a delivery, "" for none.
func (e *examination) acceptance() string {
	for _, c := range slices.Backward(e.order) {
		if !c.Withheld() && c.Verb == "order.accept" && c.Party == e.Order.Terms.Buyer {
			return c.ID
		}
	}
	return ""
}

func invoice(e *examination) finding {
	t := e.Record.Terms
	n, err := ident.ParseInvoiceNumber(string(t.Invoice))
	switch {
	case err != nil || n != t.Invoice:
		return fails(InvoiceForm, e.subject)
	case t.Invoice.CheckYear(t.Issued) != nil:
		return fails(InvoiceYear, e.subject)
	}
	return passed(e.subject)
}
