package audit

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"decore/chaincode/calendar"
	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/credit"
	"decore/chaincode/duplicate"
	"decore/chaincode/encumbrance"
	"decore/chaincode/evidence"
	"decore/chaincode/financing"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/receivable"
)

// A financing's collateral is private, but its liens are not: the books that its commands write show it, and from
// then on it is known. Books are then computed by the contract's own rules from the few facts that only
// the book tells: how long a reservation stands, when the filing was made, the form of the lien.

// book returns the encumbrance book of a value as the commands so far made it.
func (s *story) book(root string) encumbrance.Book {
	b, known := s.books[root]
	if !known {
		b = readBook(s.state.values[contract.BookKey(root)])
	}
	return b
}

func readBook(raw []byte) (b encumbrance.Book) {
	if raw != nil {
		_ = canon.Strict(raw, &b) // what cannot be read was told when it was written
	}
	return b
}

func (s *story) live(h contract.Header) []encumbrance.Lien {
	return s.book(h.Root).Live(h.ID, h.Stages(), s.now.Time)
}

// holds reports whether the party holds a live lien on the record or on an earlier stage of its value.
func (s *story) holds(u ident.USCC, h contract.Header) bool {
	return slices.ContainsFunc(s.live(h), func(l encumbrance.Lien) bool {
		return l.Holder == u && (l.Record == h.ID || slices.Contains(h.Stages(), l.Record))
	})
}

// beFree refuses what would harm the holder of a live lien.
func beFree(s *story, c *step) {
	if len(s.live(c.record.at)) > 0 {
		s.failRecord(c.record.id, "%s while its value is encumbered", c.Command.Verb)
	}
}

func freeIfConfirmed(s *story, c *step) {
	if c.from == receivable.Confirmed {
		beFree(s, c)
	}
}

// payeeAgrees refuses a payment that is recorded by another than a holder of whom the debtor has notice.
func payeeAgrees(s *story, c *step) {
	for _, l := range s.live(c.record.at) {
		if l.Holder != c.Command.Party && s.learnt.passage(c.record.id).noticed(l.Holder) {
			s.failRecord(c.record.id, "a payment recorded by another than the holder of the lien")
		}
	}
}

// holdersOwn refuses what only the holder of a lien may do where there is one.
func holdersOwn(s *story, c *step) {
	for _, l := range s.live(c.record.at) {
		if l.Holder != c.Command.Party {
			s.failRecord(c.record.id, "%s by another than the holder of the lien", c.Command.Verb)
		}
	}
}

// pledge returns the collateral of a financing, as far as anybody showed it.
func (s *story) pledge(id string) []string {
	if known, ok := s.learnt.collateral[id]; ok {
		return known
	}
	if s.pledged == nil {
		s.pledged = s.shown()
	}
	return s.pledged[id]
}

// passing is the collateral of a financing whose whole life is in this transaction, so that no lien is left: what
// is released now, is the applicant's and was disclosed to the bank, and is no other financing's.
func (s *story) passing(c *step) []string {
	whole := slices.ContainsFunc(s.tx.Results, func(r contract.Result) bool {
		return r.Record == c.record.id && (r.State == financing.Settled || r.State == financing.BoughtBack)
	})
	var all []string
	for key, raw := range s.written {
		var before, after duplicate.Register
		if !whole || !strings.HasPrefix(key, contract.TokenKey("")) || canon.Strict(raw, &after) != nil {
			continue // what cannot be read is told when registers are compared
		}
		if was := s.state.values[key]; was != nil {
			_ = canon.Strict(was, &before)
		}
		for _, claim := range after.Claims {
			t := s.trail(claim.Record)
			if claim.State == duplicate.Released && !slices.Contains(before.Claims, claim) && t.stands && !slices.Contains(all, t.id) &&
				!s.othersHold(t.id) && s.lendable(c, t.at) == "" {
				all = append(all, t.id)
			}
		}
	}
	slices.Sort(all)
	return all
}

// othersHold reports whether the record is known as collateral of a financing of this transaction.
func (s *story) othersHold(record string) bool {
	for id := range s.trails {
		if slices.Contains(s.learnt.collateral[id], record) {
			return true
		}
	}
	return false
}

// shown reads the collateral of financings from the books that the transaction wrote.
func (s *story) shown() map[string][]string {
	all := map[string][]string{}
	for key, raw := range s.written {
		if !strings.HasPrefix(key, contract.BookKey("")) {
			continue
		}
		for _, l := range readBook(raw).Liens {
			all[l.Financing] = append(all[l.Financing], l.Record)
		}
	}
	for _, records := range all {
		slices.Sort(records) // as an application names them
	}
	return all
}

var forms = []encumbrance.Kind{encumbrance.Pledge, encumbrance.Assignment, encumbrance.Floating, encumbrance.Mortgage}

// hint is the lien as the transaction left it, and whether it is in that state.
func (s *story) hint(root, record, debt string, state encumbrance.State) (encumbrance.Lien, bool) {
	for _, l := range readBook(s.written[contract.BookKey(root)]).Liens {
		if l.Record == record && l.Financing == debt {
			return l, l.State == state
		}
	}
	return encumbrance.Lien{Kind: encumbrance.Pledge}, false
}

// eachBook changes the book of each piece of the collateral.
func (s *story) eachBook(c *step, change func(h contract.Header, b encumbrance.Book) (encumbrance.Book, error)) {
	collateral := s.pledge(c.record.id)
	if len(collateral) == 0 {
		s.harmless = true // it may have none, or left no lien behind
	}
	for _, id := range collateral {
		t := s.trail(id)
		if !t.stands {
			s.failRecord(c.record.id, "lends on %s, which does not exist", id)
			continue
		}
		b, err := change(t.at, s.book(t.at.Root))
		if err != nil {
			s.fail(contract.BookKey(t.at.Root), "%s of %s: %v", c.Command.Verb, c.record.id, err)
		}
		s.books[t.at.Root] = b
	}
}

func releaseLiens(s *story, c *step) {
	s.eachBook(c, func(h contract.Header, b encumbrance.Book) (encumbrance.Book, error) {
		return b.Release(h.ID, c.record.id), nil
	})
}

func reserve(s *story, c *step) {
	if len(s.pledge(c.record.id)) == 0 {
		s.pledged[c.record.id], s.harmless = s.passing(c), true
	}
	s.eachBook(c, func(h contract.Header, b encumbrance.Book) (encumbrance.Book, error) {
		l, told := s.hint(h.Root, h.ID, c.record.id, encumbrance.Reserved)
		until := evidence.InstantOf(s.now.Add(time.Hour)) // of one that is gone again, nobody can tell
		if told && l.Until != nil {
			until = *l.Until
		}
		s.checkReservation(c, h, l.Kind, until)
		return b.Reserve(encumbrance.Lien{Record: h.ID, Ancestors: h.Stages(), Financing: c.record.id, Holder: c.Command.Party,
			Kind: l.Kind, Since: s.now, Until: &until})
	})
	if shown := s.shown()[c.record.id]; len(shown) > 0 {
		s.learnt.collateral[c.record.id] = shown
	}
}

// checkReservation holds a reservation against the policy and the record.
func (s *story) checkReservation(c *step, h contract.Header, kind encumbrance.Kind, until evidence.Instant) {
	var policy credit.Policy
	s.read(contract.PolicyKey(contract.CreditPolicy), &policy)
	hours := until.Sub(s.now.Time) / time.Hour
	key := contract.BookKey(h.Root)
	if !slices.Contains(forms, kind) {
		s.fail(key, "a lien of no known form")
	}
	if hours < 1 || hours > time.Duration(policy.ReservationMaxHours) || until.Sub(s.now.Time)%time.Hour != 0 {
		s.fail(key, "reserved until %s, which no policy allows", until.Format(time.RFC3339))
	}
	if reason := s.lendable(c, h); reason != "" {
		s.fail(key, "%s lends on %s, which %s", c.record.id, h.ID, reason)
	}
}

// lendable says why a bank may not lend on a record, "" when it may: it must be the applicant's own, and disclosed
// to the bank.
func (s *story) lendable(c *step, h contract.Header) string {
	switch {
	case !s.learnt.agree(owners[h.Kind], h, c.record.at.Owner):
		return "is not its applicant's"
	case !s.trail(h.ID).shownTo(c.Command.Party, s.today()) && !s.answered[h.ID]:
		return "was not disclosed to its bank"
	}
	return ""
}

// owners are in which relation the owner of collateral stands to it.
var owners = map[string]lifecycle.Relation{"order": lifecycle.Seller, "receivable": lifecycle.Seller, "lot": lifecycle.Owner,
	"warehouse-receipt": lifecycle.Owner}

func encumber(s *story, c *step) {
	s.mustAddToken(c, duplicate.Filing, duplicate.Registered)
	s.eachBook(c, func(h contract.Header, b encumbrance.Book) (encumbrance.Book, error) {
		l, told := s.hint(h.Root, h.ID, c.record.id, encumbrance.Encumbered)
		filed := s.now
		if told && l.Registered != nil {
			filed = *l.Registered
		}
		if filed.After(s.now.Time) || calendar.At(filed.Time).Before(calendar.At(c.record.at.Created.Time)) {
			s.fail(contract.BookKey(h.Root), "filed at a time that cannot be")
		}
		if held, ok := b.Held(h.ID, c.record.id, s.now.Time); ok {
			l.Kind = held.Kind // one product has one form
		}
		return b.Encumber(h.ID, c.record.id, l.Kind, s.now, filed)
	})
}

// disburse takes the lender's number of the loan, and the documents of the collateral, on which the liens must
// be established.
func disburse(s *story, c *step) {
	collateral := s.pledge(c.record.id)
	for _, id := range collateral {
		h := s.trail(id).at
		if l, ok := s.book(h.Root).Held(id, c.record.id, s.now.Time); !ok || l.State != encumbrance.Encumbered {
			s.fail(contract.BookKey(h.Root), "%s is disbursed without its lien on %s", c.record.id, id)
		}
		s.undoubled(h)
	}
	s.mustAddToken(c, duplicate.Loan, duplicate.Financed)
	s.claimCollateral(collateral, duplicate.Financed)
}

func releaseDocuments(s *story, c *step) {
	s.claimCollateral(s.pledge(c.record.id), duplicate.Released)
}

func (s *story) claimCollateral(collateral []string, state duplicate.State) {
	for _, id := range collateral {
		s.setClaims(s.trail(id).at, state)
	}
}

// checkBooks compares the books written with those that the commands make. Where a command's collateral is not
// known its books may be written as they were: all that it can have done is to drop what had lapsed.
func (s *story) checkBooks() {
	for _, root := range sortedKeys(s.books) {
		if !s.harmless || !s.asItWas(root, s.books[root]) {
			s.mustBe(contract.BookKey(root), bookBytes(s.books[root]))
		}
	}
	if !s.harmless {
		return
	}
	for key := range s.written {
		if root, isBook := strings.CutPrefix(key, contract.BookKey("")); isBook && !s.explained[key] {
			s.asItWas(root, s.book(root))
		}
	}
}

func (s *story) asItWas(root string, b encumbrance.Book) bool {
	key := contract.BookKey(root)
	standing := encumbrance.Book{Liens: slices.DeleteFunc(slices.Clone(b.Liens), func(l encumbrance.Lien) bool {
		return l.Until != nil && !s.now.Before(l.Until.Time)
	})}
	same := bytes.Equal(s.written[key], bookBytes(b)) || bytes.Equal(s.written[key], bookBytes(standing))
	s.explained[key] = s.explained[key] || same
	return same
}

func bookBytes(b encumbrance.Book) []byte {
	if b.Liens == nil {
		b.Liens = []encumbrance.Lien{}
	}
	raw, err := canon.Marshal(b)
	if err != nil {
		return nil
	}
	return raw
}
