package audit

import (
	"maps"
	"slices"

	"decore/chaincode/contract"
	"decore/chaincode/financing"
	"decore/chaincode/fund"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/lot"
	"decore/chaincode/order"
	"decore/chaincode/receivable"
	"decore/chaincode/subsidy"
	"decore/chaincode/warehouse"
)

// learnt is what signed commands have shown of private terms: whom a record binds, what a financing holds, on which
// account a claim draws. What they show once must hold for good.
type learnt struct {
	bound      map[string]*sides
	collateral map[string][]string   // record IDs in order, by financing
	accounts   map[string]string     // by claim
	borrowers  map[string]ident.USCC // of their loans, by claim
	estates    map[string]*estate    // by account
	replaced   map[string]bool       // claims in whose place their loan has another
	ordered    map[string]string     // the financing for which its lien holder last ordered goods out, by lot or receipt
}

// sides are seller and buyer of an order, the creditor of a receivable, the lender of a financing, the household of a
// claim or an account.
type sides struct {
	one, other ident.USCC
	passage
}

// bilateral are the kinds of records whose sides are kept. A receivable's buyer is that of its order, and its issuer
// is its owner.
var bilateral = []string{order.Table.Kind, lot.Table.Kind, warehouse.Table.Kind, financing.Table.Kind, subsidy.Lifecycle.Kind, contract.AccountKind}

func newLearnt() learnt {
	return learnt{bound: map[string]*sides{}, collateral: map[string][]string{}, accounts: map[string]string{},
		borrowers: map[string]ident.USCC{}, estates: map[string]*estate{}, replaced: map[string]bool{}, ordered: map[string]string{}}
}

func (l learnt) clone() learnt {
	c := learnt{bound: make(map[string]*sides, len(l.bound)), collateral: maps.Clone(l.collateral), accounts: maps.Clone(l.accounts),
		borrowers: maps.Clone(l.borrowers), estates: make(map[string]*estate, len(l.estates)), replaced: maps.Clone(l.replaced), ordered: maps.Clone(l.ordered)}
	for id, both := range l.bound {
		one := *both
		c.bound[id] = &one
	}
	for id, e := range l.estates {
		one := *e
		c.estates[id] = &one
	}
	return c
}

// side is where the party in a relation to the record is kept; nil where the record has no such relation. What
// follows from a record's owner is not kept twice.
func (l learnt) side(as lifecycle.Relation, h contract.Header) *ident.USCC {
	id := h.ID
	switch {
	case (h.Kind == fund.Table.Kind || h.Kind == fund.ReportTable.Kind) && as == lifecycle.Lender:
		return &h.Owner
	case h.Kind == subsidy.Lifecycle.Kind && as == lifecycle.Lender, h.Kind == financing.Table.Kind && as == lifecycle.Applicant,
		h.Kind == lot.Table.Kind && as == lifecycle.Owner, h.Kind == warehouse.Table.Kind && as == lifecycle.Keeping:
		return &h.Owner
	case h.Kind == receivable.Table.Kind && as == lifecycle.Issuer:
		return &h.Owner
	case h.Kind == receivable.Table.Kind && as == lifecycle.Buyer:
		id = h.Nearest(order.Table)
	case h.Kind == receivable.Table.Kind:
	case !slices.Contains(bilateral, h.Kind):
		return nil
	}
	switch as {
	case lifecycle.Seller, lifecycle.Applicant, lifecycle.Owner:
		return &l.sides(id).one
	case lifecycle.Buyer, lifecycle.Lender, lifecycle.Keeping:
		return &l.sides(id).other
	}
	return nil
}

func (l learnt) sides(id string) *sides {
	if l.bound[id] == nil {
		l.bound[id] = &sides{}
	}
	return l.bound[id]
}

func (l learnt) passage(id string) *passage { return &l.sides(id).passage }

// related returns the party in a relation to the record, "" as long as it never signed.
func (l learnt) related(as lifecycle.Relation, h contract.Header) ident.USCC {
	if side := l.side(as, h); side != nil {
		return *side
	}
	return ""
}

// agree reports whether the party can be the one in the relation, and remembers it if so.
func (l learnt) agree(as lifecycle.Relation, h contract.Header, u ident.USCC) bool {
	side := l.side(as, h)
	if side == nil {
		return false
	}
	if *side == "" {
		*side = u
	}
	return *side == u
}

// checkSigner holds the signer against the row: a role that it names, and the party of the relation.
func (s *story) checkSigner(c *step) {
	var open []lifecycle.Relation // in which nobody is known yet
	for _, by := range c.verb.Row.By {
		if !slices.Contains(c.Signer.Roles, by.Role) {
			continue
		}
		known := s.learnt.related(by.As, c.record.at)
		switch {
		case by.As == lifecycle.Anybody, known == c.Command.Party, by.As == lifecycle.Holder && s.holds(c.Command.Party, c.record.at),
			by.As == lifecycle.Grantee && c.record.shownTo(c.Command.Party, s.today()),
			by.As == lifecycle.Bureau && s.charter().Regulator == c.Command.Party:
			return
		case known == "" && by.As != lifecycle.Holder && by.As != lifecycle.Grantee && by.As != lifecycle.Bureau:
			open = append(open, by.As)
		}
	}
	switch len(open) {
	case 0:
		s.fail(contract.CommandKey(c.Command.ID), "accepted, and signed by who may not sign %s on %s", c.Command.Verb, c.record.id)
	case 1:
		s.learnt.agree(open[0], c.record.at, c.Command.Party)
	}
}
