package contract

import (
	"fmt"
	"slices"

	"decore/chaincode/duplicate"
	"decore/chaincode/fault"
	"decore/chaincode/lifecycle"
	"decore/chaincode/receivable"
)

func init() {
	on(receivable.Table, "split", splitReceivable)
	on(receivable.Table, "transfer", func(c *call, r receivableRecord, a receivable.TransferArgs) (lifecycle.State, error) {
		// What is pledged goes to nobody else without its holder.
		if err := c.free(r.Header, "民法典 445"); err != nil {
			return "", err
		}
		policy, err := c.creditPolicy()
		if err != nil {
			return "", err
		}
		if r.Terms, err = r.Terms.Pass(a, policy, c.today()); err != nil {
			return "", err
		}
		return r.State, c.acts(a.To, lifecycle.SME, "/to")
	})
	on(receivable.Table, "accept-transfer", func(c *call, r receivableRecord, _ receivable.AnswerArgs) (_ lifecycle.State, err error) {
		// Somebody may have lent on its order meanwhile.
		if err := c.free(r.Header, "民法典 445"); err != nil {
			return "", err
		}
		// To whom it is shown is the new creditor's to say, and what its seller borrows on the order from now on is
		// no concern of it.
		r.Grants, r.Apart = nil, true
		r.Terms, err = r.Terms.Take()
		return r.State, err
	})
	keep := func(_ *call, r receivableRecord, _ receivable.AnswerArgs) (_ lifecycle.State, err error) {
		r.Terms, err = r.Terms.Keep()
		return r.State, err
	}
	on(receivable.Table, "decline-transfer", keep)
	on(receivable.Table, "recall-transfer", keep)
}

// splitReceivable puts parts in the place of a receivable that nobody holds. They are receivables of their own
// from here on: disclosed as the whole was, and each to be transferred or lent on by itself.
func splitReceivable(c *call, r receivableRecord, a receivable.SplitArgs) (lifecycle.State, error) {
	if err := c.free(r.Header, "民法典 445"); err != nil {
		return "", err
	}
	policy, err := c.creditPolicy()
	if err != nil {
		return "", err
	}
	whole, from := r.Terms, r.State
	var next lifecycle.State
	if r.Terms, next, err = whole.Split(a, policy); err != nil {
		return "", err
	}
	for i, p := range a.Children {
		if err := c.newID(receivable.Table, p.ID, fmt.Sprintf("/children/%d/id", i)); err != nil {
			return "", err
		}
	}
	parts := make([]string, len(r.Terms.Parts))
	for i, p := range r.Terms.Parts {
		parts[i] = p.ID
		child := create(c, receivable.Table.Kind, whole.Child(p))
		child.ID, child.State, child.Owner = p.ID, from, r.Owner
		child.Root, child.Parents = r.Root, append(slices.Clone(r.Parents), r.ID)
		child.Apart = r.Apart
		child.Tokens, child.Grants = slices.Clone(r.Tokens), slices.Clone(r.Grants)
		if err := save(c, child); err != nil {
			return "", err
		}
	}
	return next, c.divide(r.Header, parts)
}

// divide puts the parts' claims to the record's documents in the place of its own.
func (c *call) divide(h Header, parts []string) error {
	for _, token := range h.Tokens {
		var r duplicate.Register
		if _, err := c.layer.load(TokenKey(string(token)), &r); err != nil {
			return err
		}
		divided, ok := r.Divide(h.ID, parts, c.now)
		if !ok {
			return fault.New(fault.TooMany, "/children")
		}
		if err := c.layer.store(TokenKey(string(token)), divided); err != nil {
			return err
		}
	}
	return nil
}
