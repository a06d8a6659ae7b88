package contract

import (
	"slices"

	"decore/chaincode/calendar"
	"decore/chaincode/duplicate"
	"decore/chaincode/encumbrance"
	"decore/chaincode/fault"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/money"
	"decore/chaincode/order"
	"decore/chaincode/receivable"
)

// The verbs of a receivable's life as a claim: notice of its assignment, set-off, dilution, delay.
func init() {
	on(receivable.Table, "notify", func(c *call, r receivableRecord, a receivable.NotifyArgs) (_ lifecycle.State, err error) {
		payee, err := c.assignee(r)
		if err != nil {
			return "", err
		}
		r.Terms, err = r.Terms.Notify(a, c.cmd.Party, payee, c.now)
		return r.State, err
	})
	on(receivable.Table, "acknowledge-notice", func(c *call, r receivableRecord, _ receivable.AcknowledgeArgs) (_ lifecycle.State, err error) {
		r.Terms, err = r.Terms.Acknowledge(c.now)
		return r.State, err
	})
	on(receivable.Table, "prove-notice", func(c *call, r receivableRecord, a receivable.ProofArgs) (_ lifecycle.State, err error) {
		r.Terms, err = r.Terms.Prove(a, c.cmd.Party, c.now)
		return r.State, err
	})
	on(receivable.Table, "accept-set-off", func(c *call, r receivableRecord, a receivable.AcceptSetOffArgs) (next lifecycle.State, err error) {
		if err := c.holdersOwn(r.Header); err != nil {
			return "", err
		}
		r.Terms, next, err = r.Terms.AcceptSetOff(a, r.State)
		return next, err
	})
	on(receivable.Table, "withdraw-notice", func(c *call, r receivableRecord, _ receivable.WithdrawNoticeArgs) (_ lifecycle.State, err error) {
		live, err := c.liens(r.Header)
		if err != nil {
			return "", err
		}
		n := r.Terms.Notice
		ended := n != nil && n.Payee != r.Terms.Creditor && !slices.ContainsFunc(live, func(l lien) bool { return l.Holder == n.Payee })
		r.Terms, err = r.Terms.WithdrawNotice(c.cmd.Party, ended)
		return r.State, err
	})
	on(receivable.Table, "set-off", setOff)
	on(receivable.Table, "dilute", func(c *call, r receivableRecord, a receivable.DiluteArgs) (next lifecycle.State, err error) {
		if r.Terms, next, err = r.Terms.Dilute(a, c.cmd.Party, r.State, c.today()); err != nil {
			return "", err
		}
		return next, c.takeBackBy(r, a)
	})
	on(receivable.Table, "reinstate", func(c *call, r receivableRecord, a receivable.ReinstateArgs) (next lifecycle.State, err error) {
		if r.Terms, next, err = r.Terms.Reinstate(a, r.State, c.today()); err != nil || a.Kind == receivable.SetOff {
			return next, err
		}
		token, err := c.reductionToken(r, a.Kind, a.Number)
		if err != nil {
			return "", err
		}
		return next, c.setClaim(token, r.ID, duplicate.Cancelled)
	})
	on(receivable.Table, "reissue", reissue)
	on(receivable.Table, "mark-overdue", func(c *call, r receivableRecord, a receivable.OverdueArgs) (next lifecycle.State, err error) {
		r.Terms, next, err = r.Terms.MarkOverdue(a, r.State, c.today())
		return next, err
	})
	on(receivable.Table, "write-off", func(c *call, r receivableRecord, a receivable.WriteOffArgs) (next lifecycle.State, err error) {
		if err := c.holdersOwn(r.Header); err != nil {
			return "", err
		}
		r.Terms, next, err = r.Terms.GiveUp(a, c.today())
		return next, err
	})
}

// takeBackBy takes the document of a reduction for the receivable. It takes back once, and from the invoice of one trade:
// parts of one receivable share it, and no other does. The number of an invoice that is registered is no red letter's.
func (c *call) takeBackBy(r receivableRecord, a receivable.DiluteArgs) error {
	kind, number, field := a.Document()
	token, err := c.reductionToken(r, kind, number)
	if err != nil {
		return err
	}
	var register duplicate.Register
	if _, err := c.layer.load(TokenKey(string(token)), &register); err != nil {
		return err
	}
	shared, ok := register.Share(r.ID, r.Wholes(), c.now)
	if !ok {
		return fault.New(fault.DuplicateRegistered, field)
	}
	return c.layer.store(TokenKey(string(token)), shared)
}

// reductionToken is of the invoice numbers for a red letter, which has one of those, and of the creditor's own for a credit
// note.
func (c *call) reductionToken(r receivableRecord, kind receivable.ReductionKind, number string) (duplicate.Token, error) {
	key, err := c.key()
	if kind == receivable.RedLetter {
		return key.Invoice(ident.InvoiceNumber(number)), err
	}
	return key.CreditNote(r.Terms.Creditor, number), err
}

// assignee is to whom a claim was assigned or pledged: who holds it by a lien that is established, or else the creditor
// that is not its seller.
func (c *call) assignee(r receivableRecord) (ident.USCC, error) {
	live, err := c.liens(r.Header)
	if err != nil {
		return "", err
	}
	for _, l := range live {
		if l.State == encumbrance.Encumbered {
			return l.Holder, nil
		}
	}
	if len(live) > 0 || r.Terms.Creditor == r.Terms.Seller {
		return "", fault.New(fault.NotAssigned, "").Under("民法典 546")
	}
	return r.Terms.Creditor, nil
}

// holdersOwn refuses what only the holder of a lien may do where there is one.
func (c *call) holdersOwn(h Header) error {
	live, err := c.liens(h)
	if err == nil && slices.ContainsFunc(live, func(l lien) bool { return l.Holder != c.cmd.Party }) {
		err = fault.New(fault.Encumbered, "/party").Under("民法典 445")
	}
	return err
}

// reissue frees the delivery to be invoiced anew. While somebody holds a lien on the claim only that one can, or the value
// would slip from under it.
func reissue(c *call, r receivableRecord, a receivable.ReissueArgs) (lifecycle.State, error) {
	if err := c.holdersOwn(r.Header); err != nil {
		return "", err
	}
	terms, freed, err := r.Terms.Reissue(a, c.today())
	if err != nil {
		return "", err
	}
	r.Terms = terms
	return r.State, c.uninvoice(r, freed)
}

// uninvoice gives the receivable's order the claim to an amount back.
func (c *call) uninvoice(r receivableRecord, amount money.Amount) error {
	o, err := load[order.Terms](c, order.Table.Kind, r.Terms.Order, "")
	if err != nil {
		return err
	}
	o.Terms = o.Terms.Uninvoice(amount)
	return save(c, o)
}

func setOff(c *call, r receivableRecord, a receivable.SetOffArgs) (next lifecycle.State, err error) {
	live, err := c.liens(r.Header)
	if err != nil {
		return "", err
	}
	s := receivable.SetOffSituation{Assigned: len(live) > 0 || r.Terms.Creditor != r.Terms.Seller}
	if r.Terms.Creditor != r.Terms.Seller {
		s.Noticed = r.Terms.NoticedOn
	}
	if s.Noticed.IsZero() && (r.Terms.Noticed(r.Terms.Creditor) || slices.ContainsFunc(live, func(l lien) bool { return r.Terms.Noticed(l.Holder) })) {
		s.Noticed = calendar.At(r.Terms.Notice.Received.Time)
	}
	if a.Contract != "" {
		o, err := load[order.Terms](c, order.Table.Kind, r.Terms.Order, "")
		if err != nil {
			return "", err
		}
		if s.SameContract = a.Contract == o.Terms.Contract || a.Contract == o.Terms.Number; !s.SameContract {
			return "", fault.New(fault.FieldInvalid, "/contract")
		}
	}
	r.Terms, next, err = r.Terms.SetOff(a, s, r.State, c.today())
	return next, err
}
