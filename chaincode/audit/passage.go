package audit

import (
	"slices"
	"strings"

	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/encumbrance"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/receivable"
)

// passage is what signed commands showed of a receivable as a claim that changes hands.
type passage struct {
	offered  bool       // a transfer waits for its answer
	payee    ident.USCC // of whom the debtor was given notice
	received bool       // and it acknowledged it
}

func (p passage) noticed(u ident.USCC) bool { return p.received && p.payee == u }

func offer(s *story, c *step) { s.learnt.passage(c.record.id).offered = true }

func endOffer(s *story, c *step) {
	if k := s.learnt.passage(c.record.id); k.offered {
		k.offered = false
		return
	}
	s.failRecord(c.record.id, "%s, and no transfer was offered", c.Command.Verb)
}

// takeOver makes who accepted the creditor. Its predecessor's disclosures end.
func takeOver(s *story, c *step) {
	endOffer(s, c)
	s.learnt.sides(c.record.id).one = c.Command.Party
	c.record.at.Apart = true
	c.record.at.Grants, c.record.had, c.record.grants, c.record.revokes = nil, nil, nil, nil
}

// noteAnswers notes the receivables whose transfer is answered in this transaction.
func (s *story) noteAnswers(traces []contract.Trace) {
	for _, t := range traces {
		if t.Decided || t.Result.Status != contract.Accepted {
			continue
		}
		switch t.Command.Verb {
		case "receivable.accept-transfer", "receivable.decline-transfer", "receivable.recall-transfer":
			s.answered[t.Command.Subject] = true
		}
	}
}

// notify gives notice of who holds the claim, as the contract finds it.
func notify(s *story, c *step) {
	k := s.learnt.passage(c.record.id)
	k.payee, k.received = c.Command.Party, false
	for _, l := range s.live(c.record.at) {
		if l.State == encumbrance.Encumbered {
			k.payee = l.Holder
			return
		}
	}
	if c.Command.Party == c.record.at.Owner {
		s.failRecord(c.record.id, "notice of an assignment that was not made")
	}
}

func acknowledge(s *story, c *step) {
	k := s.learnt.passage(c.record.id)
	if k.payee == "" || k.received {
		s.failRecord(c.record.id, "%s, and no notice waits for it", c.Command.Verb)
	}
	k.received = true
}

func withdrawNotice(s *story, c *step) {
	k := s.learnt.passage(c.record.id)
	held := k.payee == s.learnt.sides(c.record.id).one || slices.ContainsFunc(s.live(c.record.at), func(l encumbrance.Lien) bool { return l.Holder == k.payee })
	if k.payee == "" || k.payee != c.Command.Party && held {
		s.failRecord(c.record.id, "a notice withdrawn by another than the assignee")
	}
	k.payee, k.received = "", false
}

// wholeUnlessRegulator refuses that a creditor cancels a part, or what it has from another.
func wholeUnlessRegulator(s *story, c *step) {
	passed := s.learnt.related(lifecycle.Seller, c.record.at) != c.record.at.Owner
	if (passed || len(c.record.at.Wholes()) > 0) && !c.Signer.Has(lifecycle.Regulator) {
		s.failRecord(c.record.id, "cancelled by its creditor, though it was split or transferred")
	}
}

// divide makes the parts of a receivable that is split. Which they are, their headers say; all else of them is what
// stood for the whole.
func divide(s *story, c *step) {
	whole, parts := c.record, s.created(c)
	if len(parts) < 2 || len(parts) > receivable.MaxParts {
		s.failRecord(whole.id, "split into %d parts", len(parts))
	}
	for _, id := range parts {
		t := s.trail(id)
		if t.stands || !contract.FitsTable(receivable.Table, id) {
			s.failRecord(id, "made by a split, and no new receivable")
			continue
		}
		t.stands = true
		t.at = contract.Header{ID: id, Kind: whole.at.Kind, State: c.from, Version: 1, Owner: whole.at.Owner, Root: whole.at.Root,
			Parents: append(slices.Clone(whole.at.Parents), whole.id), Apart: whole.at.Apart, Tokens: slices.Clone(whole.at.Tokens),
			Grants: whole.at.Grants, Created: s.now, Creation: c.Command.ID}
		t.had, t.grants, t.revokes = whole.had, slices.Clone(whole.grants), slices.Clone(whole.revokes)
		*s.learnt.sides(id) = *s.learnt.sides(whole.id)
		s.touch(c, t)
	}
	for _, token := range whole.at.Tokens {
		r, ok := s.register(token).Divide(whole.id, parts, s.now)
		if !ok {
			s.fail(contract.TokenKey(string(token)), "%s is split without a claim to its document", whole.id)
		}
		s.registers[string(token)] = r
	}
}

// created lists the other records that the command made, by ID.
func (s *story) created(c *step) []string {
	var ids []string
	for key, raw := range s.written {
		id, isRecord := strings.CutPrefix(key, contract.RecordKey(""))
		var h contract.Header
		if isRecord && id != c.record.id && s.state.values[key] == nil && canon.Strict(raw, &h) == nil && h.Creation == c.Command.ID {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}
