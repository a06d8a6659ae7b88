package receipt

import (
	"slices"

	"decore/chaincode/contract"
	"decore/chaincode/duplicate"
	"decore/chaincode/lifecycle"
	"decore/chaincode/lot"
	"decore/chaincode/order"
	"decore/chaincode/receivable"
	"decore/chaincode/warehouse"
	"decore/gateway/verification"
)

// openings reads the disclosed terms and checks them against the commitments of the headers.
func (c *checker) openings() {
	c.facts.Record = disclosed[receivable.Terms](c, "record", receivable.Table, c.content.Record)
	c.facts.Order = disclosed[order.Terms](c, "order", order.Table, c.content.Order)
	c.facts.Receipt = disclosed[warehouse.Terms](c, "warehouseReceipt", warehouse.Table, c.content.WarehouseReceipt)
	if c.content.WarehouseReceipt == nil {
		c.facts.Lot = disclosed[lot.Terms](c, "lot", lot.Table, c.content.Lot)
	} else {
		c.facts.Lot = c.behind(c.content.Lot)
	}
	c.documents()
}

func disclosed[T any](c *checker, where string, table *lifecycle.Table, shown *Copy) verification.Copy[T] {
	if shown == nil {
		return verification.Copy[T]{}
	}
	h := shown.Header
	if h.Kind != table.Kind {
		c.fail(HeaderDiffers, where, "it is of the kind %q", h.Kind)
		return verification.Copy[T]{}
	}
	c.header(where, h)
	if shown.Opening == nil {
		return verification.Copy[T]{Header: h}
	}
	d, err := verification.Disclose[T](nil, h, shown.Opening)
	switch {
	case err != nil:
		c.fail(OpeningMismatch, where, "%v", err)
	case d.Opening.About != h.ID || d.Opening.Commitment() != h.Terms:
		c.fail(OpeningMismatch, where, "the terms are not those that the header commits to")
	default:
		return d
	}
	return verification.Copy[T]{Header: h}
}

// behind checks that the lot is the one that the warehouse receipt is over. Commands about the lot are other people's
// and not shown; nor are its terms, of which more goods may be than the receipt's.
func (c *checker) behind(shown *Copy) verification.Copy[lot.Terms] {
	const where = "lot"
	if shown == nil {
		c.fail(HeaderDiffers, where, "the lot of the warehouse receipt is missing")
		return verification.Copy[lot.Terms]{}
	}
	h, receipt, terms := shown.Header, c.content.WarehouseReceipt.Header, c.facts.Receipt.Terms
	switch {
	case h.Kind != lot.Table.Kind || h.ID != receipt.Nearest(lot.Table) || h.Root != receipt.Root || terms != nil && terms.Lot != h.ID,
		!slices.Equal(append(slices.Clone(h.Parents), h.ID), receipt.Parents[:min(len(receipt.Parents), len(h.Parents)+1)]):
		c.fail(HeaderDiffers, where, "it is not the lot of the warehouse receipt")
	case shown.Opening != nil:
		c.fail(OpeningMismatch, where, "the terms of the lot are not for who verifies the warehouse receipt")
	}
	return verification.Copy[lot.Terms]{Header: h}
}

// documents checks that the register was asked about the documents of the records, and about no others.
func (c *checker) documents() {
	var asked, own []duplicate.Token
	for _, d := range c.content.Documents {
		asked = append(asked, d.Token)
	}
	for _, h := range slices.Backward(c.content.told()) {
		own = append(own, h.Tokens...)
	}
	if !slices.Equal(asked, own) {
		c.fail(HeaderDiffers, "documents", "they are not those of the records")
	}
}

// header compares what can be told from the commands with the record's header.
func (c *checker) header(where string, h contract.Header) {
	if stages := append(slices.Clone(h.Parents), h.ID); h.Root != stages[0] {
		c.fail(HeaderDiffers, where, "its value does not begin with %s", h.Root)
	}
	c.newest(where, h)
	for _, cmd := range c.commands {
		own := cmd.Subject == h.ID
		if cmd.Result.Command != h.Creation || !own && !slices.Contains(h.Parents, cmd.Subject) {
			continue
		}
		// A part of a receivable is whose the whole was; who made any other record owns it here.
		made := own || h.Kind != receivable.Table.Kind
		if cmd.Withheld() || made && cmd.Party != h.Owner || cmd.Position.Time != h.Created {
			c.fail(HeaderDiffers, where, "owner or time of creation")
		}
		return
	}
	c.fail(HeaderDiffers, where, "its creation is missing")
}

// newest compares the header with the last of the commands about its record. Where a command about another record came
// later, that one is not shown; and where none about this one came yet, the record stands as it was made.
func (c *checker) newest(where string, h contract.Header) {
	last := &verification.Command{Result: contract.Result{Command: h.Creation, Version: 1, Terms: h.Terms, State: h.State},
		Position: verification.Position{Time: h.Created}}
	for _, cmd := range c.commands {
		if cmd.Subject == h.ID {
			last = cmd
		}
	}
	r := last.Result
	as := r.Version == h.Version && r.Command == h.Command && r.Terms == h.Terms && r.State == h.State && last.Position.Time == h.Updated
	later := r.Version < h.Version && r.Command != h.Command && !h.Updated.Before(last.Position.Time.Time)
	if !as && !later {
		c.fail(HeaderDiffers, where, "it is not as the last command about it left it")
	}
}
