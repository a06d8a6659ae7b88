package audit

import (
	"slices"

	"decore/chaincode/calendar"
	"decore/chaincode/contract"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
)

func grant(_ *story, c *step) { c.record.grants = append(c.record.grants, disclosure{}) }

func revoke(_ *story, c *step) { c.record.revokes = append(c.record.revokes, disclosure{}) }

// shownTo reports whether the record was disclosed to the party, at some time of the transaction.
func (t *trail) shownTo(u ident.USCC, day calendar.Date) bool {
	return t.before.Granted(u, day) || t.after.Granted(u, day) || t.at.Granted(u, day)
}

// grantOrder discloses the order with its receivable, where the order's seller does.
func grantOrder(s *story, c *step) {
	if o, ok := s.orderOf(c.record); ok && c.Command.Party == c.record.at.Owner {
		o.grants = append(o.grants, disclosure{via: c.record.id})
		s.alter(c, o, false)
	}
}

// revokeOrder ends that, unless the bank holds another receivable of the order or saw it with the whole of this one.
func revokeOrder(s *story, c *step) {
	if o, ok := s.orderOf(c.record); ok && c.Command.Party == c.record.at.Owner {
		o.revokes = append(o.revokes, disclosure{via: c.record.id, unsure: true})
		s.perhaps(c, o)
	}
}

// checkGrants compares a record's grants before and after with the commands that give and end grants. To whom, and
// until when, is private: that a bank got its copy is checked with the private writes.
func (s *story) checkGrants(t *trail) {
	gone, added := compareGrants(t.had, t.after.Grants)
	for _, g := range added {
		s.checkAdded(t, g)
	}
	s.checkCounts(t, added, s.revoked(t, gone, added))
}

// compareGrants tells what is gone and what is new: new ones stand behind those that were kept, in their order.
func compareGrants(before, after []contract.Grant) (gone, added []contract.Grant) {
	for _, g := range after {
		i := slices.Index(before, g)
		if i < 0 || len(added) > 0 {
			added = append(added, g)
			continue
		}
		gone, before = append(gone, before[:i]...), before[i+1:]
	}
	return append(gone, before...), added
}

func (s *story) checkAdded(t *trail, g contract.Grant) {
	bank, ok := s.party(g.Party)
	switch {
	case !slices.ContainsFunc(t.grants, func(d disclosure) bool { return d.via == g.Via }):
		s.failRecord(t.id, "disclosed to %s by no signed command", g.Party)
	case !ok || !bank.Has(lifecycle.Bank):
		s.failRecord(t.id, "disclosed to %s, which is no bank", g.Party)
	case g.From != s.now:
		s.failRecord(t.id, "disclosed at another time than the transaction's")
	case s.today().After(g.Until):
		s.failRecord(t.id, "disclosed until a day that has passed")
	}
}

// revoked counts, by what they came along with, the grants that only a revocation can have ended: the others gave
// way to a new grant, or had run out when one was given.
func (s *story) revoked(t *trail, gone, added []contract.Grant) map[string]int {
	count := map[string]int{}
	for _, g := range gone {
		revocable := slices.ContainsFunc(t.revokes, func(d disclosure) bool { return d.via == g.Via })
		replaced := slices.ContainsFunc(added, func(n contract.Grant) bool { return n.Party == g.Party && n.Via == g.Via })
		lapsed := len(t.grants) > 0 && s.today().After(g.Until)
		switch {
		case t.passed, replaced, lapsed && !revocable:
		case revocable:
			count[g.Via]++
		default:
			s.failRecord(t.id, "the grant to %s is ended by no signed command", g.Party)
		}
	}
	return count
}

// checkCounts holds the number of grants given and ended against the commands.
func (s *story) checkCounts(t *trail, added []contract.Grant, revoked map[string]int) {
	given, standing := map[string]int{}, map[string]bool{}
	for _, g := range added {
		given[g.Via]++
	}
	for _, g := range t.after.Grants {
		standing[g.Via] = standing[g.Via] || g.From == s.now // it may have been given before in the same moment
	}
	for _, d := range append(slices.Clone(t.grants), t.revokes...) {
		gives, ends, sure := number(t.grants, d.via), number(t.revokes, d.via), !unsure(t.revokes, d.via)
		switch {
		case given[d.via] > gives, ends == 0 && gives > 0 && !standing[d.via]:
			s.failRecord(t.id, "%d grants are given by %d signed commands", given[d.via], gives)
		case revoked[d.via] > ends, gives == 0 && sure && revoked[d.via] != ends && len(t.grants) == 0:
			s.failRecord(t.id, "%d grants are ended by %d signed commands", revoked[d.via], ends)
		default:
			continue
		}
		return
	}
}

func number(all []disclosure, via string) (n int) {
	for _, d := range all {
		if d.via == via {
			n++
		}
	}
	return n
}

func unsure(all []disclosure, via string) bool {
	return slices.ContainsFunc(all, func(d disclosure) bool { return d.via == via && d.unsure })
}
