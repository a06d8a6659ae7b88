package contract

import (
	"slices"
	"strconv"

	"decore/chaincode/fault"
	"decore/chaincode/lifecycle"
	"decore/chaincode/warehouse"
)

// Splitting and merging of warehouse receipts (仓单分割与合并).

func (c *call) partsAreNew(parts []warehouse.Part) error {
	for i, p := range parts {
		at := "/parts/" + strconv.Itoa(i) + "/id"
		if err := c.newID(warehouse.Table, p.ID, at); err != nil {
			return err
		}
		if slices.ContainsFunc(parts[:i], func(o warehouse.Part) bool { return o.ID == p.ID }) {
			return fault.New(fault.FieldInvalid, at)
		}
	}
	return nil
}

// confirmSplit issues the parts. A lien on the receipt stays where it is, and by that holds every part, until its holder
// rolls it over to some of them.
func confirmSplit(c *call, r receiptRecord, a warehouse.NumbersArgs) (warehouse.Terms, lifecycle.State, error) {
	parts := r.Terms.Request.Parts
	if len(a.Numbers) != len(parts) {
		return r.Terms, "", fault.New(fault.FieldInvalid, "/numbers")
	}
	if err := c.partsAreNew(parts); err != nil {
		return r.Terms, "", err
	}
	standing, err := c.standing(r.Header)
	if err != nil {
		return r.Terms, "", err
	}
	for i, p := range parts {
		if a.Numbers[i] == "" {
			return r.Terms, "", fault.New(fault.FieldRequired, "/numbers/"+strconv.Itoa(i))
		}
		part, err := newReceipt(c, p.ID, r.Header, r.Terms.Part(i, a.Numbers[i], c.today()))
		if err != nil {
			return r.Terms, "", err
		}
		part.State, part.Grants = warehouse.Issued, standing
		if err := save(c, part); err != nil {
			return r.Terms, "", err
		}
	}
	t := r.Terms
	t.Request = nil
	return t, warehouse.Split, nil
}

// mergeable opens the receipts that are to go into one with r, and refuses what does not belong together.
func (c *call) mergeable(r receiptRecord, others []string) ([]receiptRecord, error) {
	if err := c.free(r.Header, receiptLaw); err != nil {
		return nil, err
	}
	all := make([]receiptRecord, len(others))
	for i, id := range others {
		at := "/others/" + strconv.Itoa(i)
		if id == r.ID || slices.Contains(others[:i], id) {
			return nil, fault.New(fault.FieldInvalid, at)
		}
		o, err := load[warehouse.Terms](c, warehouse.Table.Kind, id, at)
		if err != nil {
			return nil, err
		}
		if unlike := r.Terms.Unlike(o.Terms); unlike != "" {
			return nil, fault.New(fault.ReceiptsUnlike, at+unlike)
		}
		if o.State != warehouse.Issued {
			return nil, fault.New(fault.WrongState, at)
		}
		if live, err := c.liens(o.Header); err != nil {
			return nil, err
		} else if len(live) > 0 {
			return nil, fault.New(fault.Encumbered, at).Under(receiptLaw)
		}
		all[i] = o
	}
	return all, nil
}

func confirmMerge(c *call, r receiptRecord, a warehouse.NumberArgs) (warehouse.Terms, lifecycle.State, error) {
	if a.Number == "" {
		return r.Terms, "", fault.New(fault.FieldRequired, "/number")
	}
	into := r.Terms.Request.Into
	if err := c.newID(warehouse.Table, into, ""); err != nil {
		return r.Terms, "", err
	}
	others, err := c.mergeable(r, r.Terms.Request.Others)
	if err != nil {
		return r.Terms, "", err
	}
	parents := slices.Clone(r.Parents)
	terms := make([]warehouse.Terms, len(others))
	for i, o := range others {
		terms[i] = o.Terms
		for _, id := range append(slices.Clone(o.Parents), o.ID) {
			if !slices.Contains(parents, id) {
				parents = append(parents, id)
			}
		}
		o.State = warehouse.Merged
		if err := save(c, o); err != nil {
			return r.Terms, "", err
		}
	}
	policy, err := c.creditPolicy()
	if err != nil {
		return r.Terms, "", err
	}
	merged, err := r.Terms.Merge(terms, a.Number, policy, c.today())
	if err != nil {
		return r.Terms, "", err
	}
	one, err := newReceipt(c, into, r.Header, merged)
	if err != nil {
		return r.Terms, "", err
	}
	one.State, one.Parents = warehouse.Issued, append(parents, r.ID)
	t := r.Terms
	t.Request = nil
	return t, warehouse.Merged, save(c, one)
}
