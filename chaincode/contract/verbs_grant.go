package contract

import (
	"slices"

	"decore/chaincode/calendar"
	"decore/chaincode/fault"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/order"
	"decore/chaincode/receivable"
)

// GrantArgs are the private arguments of grant.
type GrantArgs struct {
	To    ident.USCC    `json:"to" doc:"The bank that may read (被授权银行)"`
	Until calendar.Date `json:"until" doc:"Last day (授权截止日)"`
}

// RevokeArgs are the private arguments of revoke.
type RevokeArgs struct {
	To ident.USCC `json:"to" doc:"The bank whose grant ends (被撤销银行)"`
}

func init() {
	on(order.Table, "grant", func(c *call, r orderRecord, a GrantArgs) (lifecycle.State, error) {
		return r.State, grant(c, r, a, "")
	})
	on(order.Table, "revoke", func(c *call, r orderRecord, a RevokeArgs) (lifecycle.State, error) {
		return r.State, revoke(c, r, a, "")
	})
	on(receivable.Table, "grant", func(c *call, r receivableRecord, a GrantArgs) (lifecycle.State, error) {
		// A receivable is worth what its trade is worth: its order is disclosed with it. The order is the seller's to
		// show; of who has the claim from the seller a bank asks the seller for it.
		if c.cmd.Party != r.Terms.Seller {
			return r.State, grant(c, r, a, "")
		}
		o, err := load[order.Terms](c, order.Table.Kind, r.Terms.Order, "")
		if err != nil {
			return "", err
		}
		if err := grant(c, o, a, r.ID); err != nil {
			return "", err
		}
		if err := save(c, o); err != nil {
			return "", err
		}
		return r.State, grant(c, r, a, "")
	})
	on(receivable.Table, "revoke", func(c *call, r receivableRecord, a RevokeArgs) (lifecycle.State, error) {
		if err := revoke(c, r, a, ""); err != nil {
			return "", err
		}
		if c.cmd.Party != r.Terms.Seller {
			return r.State, nil
		}
		o, err := load[order.Terms](c, order.Table.Kind, r.Terms.Order, "")
		if err != nil {
			return "", err
		}
		err = revoke(c, o, a, r.ID)
		if f := fault.Of(err); f != nil && (f.Code == fault.GrantInUse || f.Code == fault.GrantUnknown) {
			// The bank holds another receivable of the order, which it must be able to judge; or the order was
			// disclosed with the whole of which this is a part, and stays so until that day.
			return r.State, nil //nolint:nilerr // so the refusal is no fault here
		}
		if err != nil {
			return "", err
		}
		return r.State, save(c, o)
	})
}

// grant adds or prolongs a disclosure and writes the bank's copy of the terms.
func grant[T Terms](c *call, r *Record[T], a GrantArgs, via string) error {
	if err := c.acts(a.To, lifecycle.Bank, "/to"); err != nil {
		return err
	}
	if a.Until.Before(c.today()) {
		return fault.New(fault.DateOrder, "/until")
	}
	standing, err := c.standing(r.Header)
	if err != nil {
		return err
	}
	kept := slices.DeleteFunc(standing, func(g Grant) bool { return g.Party == a.To && g.Via == via })
	r.Grants = append(kept, Grant{Party: a.To, From: c.now, Until: a.Until, Via: via})
	return c.disclose(r.opening, []ident.USCC{a.To})
}

// revoke ends a disclosure. What was read cannot be unread; later terms are not written for the bank. A
// bank that holds a lien keeps its sight of the record.
func revoke[T Terms](c *call, r *Record[T], a RevokeArgs, via string) error {
	live, err := c.liens(r.Header)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(live, func(l lien) bool { return l.Holder == a.To }) {
		return fault.New(fault.GrantInUse, "/to")
	}
	i := slices.IndexFunc(r.Grants, func(g Grant) bool { return g.Party == a.To && g.Via == via })
	if i < 0 {
		return fault.New(fault.GrantUnknown, "/to")
	}
	r.Grants = slices.Delete(slices.Clone(r.Grants), i, i+1)
	return nil
}
