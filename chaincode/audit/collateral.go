package audit

import (
	"slices"
	"strings"

	"decore/chaincode/calendar"
	"decore/chaincode/contract"
	"decore/chaincode/duplicate"
	"decore/chaincode/encumbrance"
	"decore/chaincode/financing"
)

// shift is how the liens of one financing in one book differ from what they were.
type shift struct {
	root       string
	came, gone []encumbrance.Lien
}

// shifts compares the books that the transaction wrote with those that the commands so far made.
func (s *story) shifts(debt string) []shift {
	var all []shift
	for _, key := range sortedKeys(s.written) {
		root, isBook := strings.CutPrefix(key, contract.BookKey(""))
		if !isBook {
			continue
		}
		before, after := of(s.book(root), debt), of(readBook(s.written[key]), debt)
		if sh := (shift{root, without(after, before), without(before, after)}); len(sh.came)+len(sh.gone) > 0 {
			all = append(all, sh)
		}
	}
	return all
}

func of(b encumbrance.Book, debt string) []encumbrance.Lien {
	return slices.DeleteFunc(slices.Clone(b.Liens), func(l encumbrance.Lien) bool { return l.Financing != debt })
}

func without(liens, others []encumbrance.Lien) []encumbrance.Lien {
	return slices.DeleteFunc(slices.Clone(liens), func(l encumbrance.Lien) bool {
		return slices.ContainsFunc(others, func(o encumbrance.Lien) bool { return o.Record == l.Record })
	})
}

func lent(c *step) bool { return c.from == financing.Disbursed || c.from == financing.Overdue }

// rollOver moves a lien to later stages of its value, with the rank that it has.
func rollOver(s *story, c *step) {
	for _, sh := range s.shifts(c.record.id) {
		from, ok := s.moved(sh, c.record.id)
		if !ok {
			s.fail(contract.BookKey(sh.root), "%s takes liens that come from no earlier stage", c.record.id)
			continue
		}
		stages, keep := make([]encumbrance.Stage, len(sh.came)), len(sh.gone) == 0
		for i, l := range sh.came {
			h := s.trail(l.Record).at
			if reason := s.lendable(c, h); reason != "" {
				s.fail(contract.BookKey(sh.root), "%s lends on %s, which %s", c.record.id, l.Record, reason)
			}
			stages[i] = encumbrance.Stage{Record: l.Record, Ancestors: h.Stages()}
			s.lend(c, h)
		}
		b, err := s.book(sh.root).RollOver(from.Record, c.record.id, stages, keep, s.now.Time)
		if err != nil {
			s.fail(contract.BookKey(sh.root), "%s of %s: %v", c.Command.Verb, c.record.id, err)
		}
		s.books[sh.root] = b
		if !keep {
			s.free(c, from.Record)
		}
	}
	s.reckon(c)
}

// moved is the lien that the new ones come from: the one that is gone, or one that stays.
func (s *story) moved(sh shift, debt string) (encumbrance.Lien, bool) {
	candidates := sh.gone
	if len(candidates) == 0 {
		candidates = of(s.book(sh.root), debt)
	}
	for _, from := range candidates {
		if len(sh.came) > 0 && len(sh.gone) < 2 && !slices.ContainsFunc(sh.came, func(l encumbrance.Lien) bool {
			return !slices.Contains(s.trail(l.Record).at.Stages(), from.Record)
		}) {
			return from, true
		}
	}
	return encumbrance.Lien{}, false
}

// releasePart takes away liens that are gone.
func releasePart(s *story, c *step) {
	for _, sh := range s.shifts(c.record.id) {
		for _, l := range sh.gone {
			s.books[sh.root] = s.book(sh.root).Release(l.Record, c.record.id)
			s.free(c, l.Record)
		}
	}
	s.reckon(c)
}

// acceptTopUp establishes liens that were filed before.
func acceptTopUp(s *story, c *step) {
	s.addToken(c, duplicate.Filing, duplicate.Registered) // none where it comes under the filing that there is
	var kind encumbrance.Kind
	for _, id := range s.pledge(c.record.id) {
		h := s.trail(id).at
		if l, ok := s.book(h.Root).Held(id, c.record.id, s.now.Time); ok {
			kind = l.Kind // one product has one form
		}
	}
	for _, sh := range s.shifts(c.record.id) {
		for _, l := range sh.came {
			h := s.trail(l.Record).at
			if reason := s.lendable(c, h); reason != "" {
				s.fail(contract.BookKey(sh.root), "%s lends on %s, which %s", c.record.id, l.Record, reason)
			}
			if l.Registered == nil || l.Registered.After(s.now.Time) || calendar.At(l.Registered.Time).Before(calendar.At(c.record.at.Created.Time)) {
				s.fail(contract.BookKey(sh.root), "filed at a time that cannot be")
			}
			b, err := s.book(sh.root).Establish(encumbrance.Lien{Record: l.Record, Ancestors: h.Stages(), Financing: c.record.id,
				Holder: c.Command.Party, Kind: kind, Since: s.now, Registered: l.Registered})
			if err != nil {
				s.fail(contract.BookKey(sh.root), "%s of %s: %v", c.Command.Verb, c.record.id, err)
			}
			s.books[sh.root] = b
			s.lend(c, h)
		}
	}
	s.reckon(c)
}

// lend marks the documents of collateral as financed, where money was paid out.
func (s *story) lend(c *step, h contract.Header) {
	if lent(c) {
		s.undoubled(h)
		s.setClaims(h, duplicate.Financed)
	}
}

func (s *story) free(c *step, record string) {
	if lent(c) {
		s.setClaims(s.trail(record).at, duplicate.Released)
	}
}

// reckon takes over what the financing holds from then on.
func (s *story) reckon(c *step) {
	if held := s.shown()[c.record.id]; len(held) > 0 {
		s.learnt.collateral[c.record.id] = held
	}
}
