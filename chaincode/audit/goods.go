package audit

import (
	"slices"
	"strings"

	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/duplicate"
	"decore/chaincode/encumbrance"
	"decore/chaincode/lifecycle"
	"decore/chaincode/lot"
	"decore/chaincode/order"
	"decore/chaincode/warehouse"
)

// madeFor ties a lot to the order that its header names, if any.
func madeFor(s *story, c *step) {
	parents := c.record.after.Parents
	if len(parents) == 0 {
		return
	}
	o := s.trail(parents[len(parents)-1])
	switch {
	case !o.stands || o.at.Kind != order.Table.Kind:
		s.failRecord(c.record.id, "descends from what is no order")
		return
	case o.at.State != order.Attested && o.at.State != order.Delivering:
		s.failRecord(o.id, "goods for it declared in state %q", o.at.State)
	case !s.learnt.agree(lifecycle.Seller, o.at, c.Command.Party):
		s.failRecord(c.record.id, "declared by who is not the seller of its order")
	}
	s.stage(c, o)
}

// stage makes the subject a later stage of another record, which changes with it.
func (s *story) stage(c *step, parent *trail) {
	c.record.at.Root = parent.at.Root
	c.record.at.Parents = append(slices.Clone(parent.at.Parents), parent.id)
	s.alter(c, parent, true)
}

// settleLot gives the order back what left the lot.
func settleLot(s *story, c *step) {
	if n := len(c.record.at.Parents); n > 0 {
		s.alter(c, s.trail(c.record.at.Parents[n-1]), true)
	}
}

// held lists the liens on the record and on earlier stages of its value.
func (s *story) held(h contract.Header) []encumbrance.Lien {
	return slices.DeleteFunc(s.live(h), func(l encumbrance.Lien) bool { return l.Record != h.ID && !slices.Contains(h.Stages(), l.Record) })
}

// noteOrder remembers for which financing its holder last ordered goods out.
func noteOrder(s *story, c *step) {
	for _, l := range s.held(c.record.at) {
		if l.Holder == c.Command.Party {
			s.learnt.ordered[c.record.id] = l.Financing
		}
	}
}

// releasedByOrder refuses goods given out that somebody holds and never ordered out. Under a floating lien ordinary
// releases need no order.
func releasedByOrder(s *story, c *step) {
	for _, l := range s.held(c.record.at) {
		if l.Kind != encumbrance.Floating && l.Kind != encumbrance.Mortgage {
			s.mustHaveOrdered(c, l)
		}
	}
}

func deliveredByOrder(s *story, c *step) {
	for _, l := range s.held(c.record.at) {
		s.mustHaveOrdered(c, l)
	}
}

func (s *story) mustHaveOrdered(c *step, l encumbrance.Lien) {
	if s.learnt.ordered[c.record.id] != l.Financing {
		s.failRecord(c.record.id, "%s without an order of %s, which holds a lien", c.Command.Verb, l.Holder)
	}
}

func emptied(s *story, c *step) { s.empty(c.record, c.Result.State) }

// empty frees the place of a lot that is exhausted.
func (s *story) empty(t *trail, state lifecycle.State) {
	if state == lot.Exhausted {
		s.setClaims(t.at, duplicate.Cancelled)
	}
}

// storedIn ties a receipt to the lot that its header names.
func storedIn(s *story, c *step) {
	parents := c.record.after.Parents
	if len(parents) == 0 {
		s.failRecord(c.record.id, "stands for goods of no lot")
		return
	}
	l := s.trail(parents[len(parents)-1])
	switch {
	case !l.stands || l.at.Kind != lot.Table.Kind:
		s.failRecord(c.record.id, "descends from what is no lot")
		return
	case l.at.State != lot.Stored:
		s.failRecord(l.id, "a receipt issued in state %q", l.at.State)
	case !s.learnt.agree(lifecycle.Keeping, l.at, c.Command.Party):
		s.failRecord(c.record.id, "issued by who is not the keeper of its lot")
	}
	for _, lien := range s.held(l.at) {
		if s.learnt.ordered[l.id] != lien.Financing {
			s.failRecord(c.record.id, "issued over goods on which %s holds a lien", lien.Holder)
		}
	}
	s.learnt.agree(lifecycle.Owner, c.record.at, l.at.Owner)
	s.stage(c, l)
}

// unfrozen refuses to pass on a receipt over goods that are frozen.
func unfrozen(s *story, c *step) {
	for _, id := range c.record.at.Parents {
		if l := s.trail(id); l.stands && l.at.Kind == lot.Table.Kind && l.at.State == lot.Frozen {
			s.failRecord(c.record.id, "%s while its lot is frozen", c.Command.Verb)
		}
	}
}

// outOfLot takes the receipt's goods out of its lot, or puts them back.
func outOfLot(s *story, c *step) {
	for i := len(c.record.at.Parents) - 1; i >= 0; i-- {
		l := s.trail(c.record.at.Parents[i])
		if !l.stands || l.at.Kind != lot.Table.Kind {
			continue
		}
		if l.written && l.after.State == lot.Exhausted && c.Result.State == warehouse.Delivered {
			l.at.State = lot.Exhausted
			s.empty(l, lot.Exhausted)
		}
		s.alter(c, l, true)
		return
	}
	s.failRecord(c.record.id, "stands for goods of no lot")
}

// passOn begins the disclosures of a new owner, who is not known until it signs.
func passOn(s *story, c *step) {
	c.record.passed = true
	c.record.at.Grants = []contract.Grant{}
	if side := s.learnt.side(lifecycle.Owner, c.record.at); side != nil {
		*side = ""
	}
}

// beHeld refuses a pledge mark for no lien.
func beHeld(s *story, c *step) {
	if !slices.ContainsFunc(s.live(c.record.at), func(l encumbrance.Lien) bool { return l.Record == c.record.id }) {
		s.failRecord(c.record.id, "%s for no lien on it", c.Command.Verb)
	}
}

// born lists the records that a command creates beside its subject, by their headers.
func (s *story) born(c *step) []*trail {
	var all []*trail
	for _, key := range sortedKeys(s.written) {
		id, isRecord := strings.CutPrefix(key, contract.RecordKey(""))
		var h contract.Header
		if !isRecord || id == c.record.id || canon.Strict(s.written[key], &h) != nil || h.Creation != c.Command.ID {
			continue
		}
		t := s.trail(id)
		if t.existed || t.stands || !contract.FitsTable(c.verb.Table, id) {
			s.failRecord(id, "created by %s, which cannot be", c.Command.Verb)
			continue
		}
		t.stands, t.told = true, false
		t.at = contract.Header{ID: id, Kind: c.verb.Table.Kind, State: warehouse.Issued, Version: 1, Owner: c.Command.Party, Root: c.record.at.Root,
			Parents: append(slices.Clone(c.record.at.Parents), c.record.id), Created: s.now, Creation: c.Command.ID}
		s.touch(c, t)
		s.learnt.agree(lifecycle.Owner, t.at, s.learnt.related(lifecycle.Owner, c.record.at))
		all = append(all, t)
	}
	return all
}

// numbered takes the token of the number of a receipt that another one's command created.
func (s *story) numbered(c *step, t *trail) {
	s.takeTokens(&step{Trace: c.Trace, verb: c.verb, record: t}, []duplicate.Kind{duplicate.Receipt})
	s.setClaims(t.at, duplicate.Registered)
}

// split issues the parts, which are disclosed to whom the receipt was.
func split(s *story, c *step) {
	parts := s.born(c)
	if len(parts) < 2 {
		s.failRecord(c.record.id, "split into %d receipts", len(parts))
	}
	for _, t := range parts {
		s.numbered(c, t)
		t.at.Grants = s.standing(c.record.at)
	}
}

// standing lists the grants that are not over, as the contract keeps them.
func (s *story) standing(h contract.Header) []contract.Grant {
	live := s.live(h)
	return slices.DeleteFunc(slices.Clone(h.Grants), func(g contract.Grant) bool {
		return s.today().After(g.Until) && !slices.ContainsFunc(live, func(l encumbrance.Lien) bool { return l.Holder == g.Party })
	})
}

// merge issues one receipt in place of several: of those that its header names and that still stood.
func merge(s *story, c *step) {
	made := s.born(c)
	if len(made) != 1 {
		s.failRecord(c.record.id, "merged into %d receipts", len(made))
		return
	}
	one := made[0]
	s.numbered(c, one)
	parents, others := slices.Clone(c.record.at.Parents), 0
	for _, id := range one.after.Parents {
		t := s.trail(id)
		if id == c.record.id || !t.stands || t.at.Kind != warehouse.Table.Kind || t.at.State != warehouse.Issued {
			continue
		}
		others++
		for _, p := range append(slices.Clone(t.at.Parents), id) {
			if !slices.Contains(parents, p) {
				parents = append(parents, p)
			}
		}
		if t.at.Root != one.at.Root || len(s.live(t.at)) > 0 {
			s.failRecord(id, "merged into a receipt that it cannot be part of")
		}
		t.at.State = warehouse.Merged
		s.alter(c, t, false)
	}
	if others == 0 || !sameSet(append(parents, c.record.id), one.after.Parents) {
		s.failRecord(one.id, "is not what it descends from")
		return
	}
	one.at.Parents = one.after.Parents
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}
