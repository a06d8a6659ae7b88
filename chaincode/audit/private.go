package audit

import (
	"slices"

	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
)

// checkPrivate holds the private writes against the headers: each is the hash of terms that a header commits to,
// and each new commitment was written for every organisation known to be entitled to it.
func (s *story) checkPrivate() {
	for _, w := range s.tx.Private {
		if !s.committed(w) {
			s.fail(privateName(w), "no commitment of a header explains this private write")
		}
	}
	for _, org := range s.view.secrets {
		if !s.wrote(org, contract.TokenSecretKey, s.charter().TokenKey) {
			s.fail(privateName(PrivateWrite{Org: org, Key: contract.TokenSecretKey}), "the token key was not written")
		}
	}
	for _, id := range sortedKeys(s.trails) {
		if t := s.trails[id]; t.written && (t.touched || t.slack > 0) {
			s.checkAudience(t)
		}
	}
}

func privateName(w PrivateWrite) string {
	if w.Key == "" {
		return w.Org + ":" + string(w.Hash)
	}
	return w.Org + ":" + w.Key
}

// committed reports whether a header of this transaction commits, or committed in it, to the private value.
func (s *story) committed(w PrivateWrite) bool {
	if !slices.Contains(s.charter().Orgs, w.Org) {
		return false
	}
	if w.Key == contract.TokenSecretKey || w.Key == "" && slices.Contains(s.view.secrets, w.Org) && w.Hash == s.charter().TokenKey {
		return w.Hash == s.charter().TokenKey && slices.Contains(s.view.secrets, w.Org)
	}
	if w.Key != "" {
		t, known := s.trails[w.Key]
		return known && t.commits(w.Hash)
	}
	for _, t := range s.trails {
		if t.commits(w.Hash) {
			return true
		}
	}
	return false
}

func (t *trail) commits(hash evidence.Commitment) bool {
	return t.written && (t.touched || t.slack > 0) && (t.untold || slices.Contains(t.commitments, hash))
}

func (s *story) wrote(org, key string, hash evidence.Commitment) bool {
	return slices.ContainsFunc(s.tx.Private, func(w PrivateWrite) bool {
		return w.Org == org && w.Hash == hash && (w.Key == key || w.Key == "")
	})
}

// checkAudience finds the entitled organisations that did not get new terms, and copies for others.
func (s *story) checkAudience(t *trail) {
	entitled, sure := s.entitled(t)
	_, added := compareGrants(t.had, t.after.Grants)
	for _, u := range entitled {
		due := t.after.Terms != t.before.Terms || slices.ContainsFunc(added, func(g contract.Grant) bool { return g.Party == u })
		if p, ok := s.party(u); ok && due && !s.wrote(p.Org, t.id, t.after.Terms) {
			s.failRecord(t.id, "its terms were not written for %s", p.Org)
		}
	}
	if !sure {
		return
	}
	for _, w := range s.tx.Private {
		if w.Key == t.id && !slices.ContainsFunc(entitled, func(u ident.USCC) bool { return s.orgOf(u) == w.Org }) {
			s.fail(privateName(w), "terms were written for who is not entitled to them")
		}
	}
}

func (s *story) orgOf(u ident.USCC) string {
	p, _ := s.party(u)
	return p.Org
}

// entitled lists the parties that may read the terms, and whether it knows them all.
func (s *story) entitled(t *trail) (all []ident.USCC, sure bool) {
	all, sure = []ident.USCC{t.after.Owner}, len(t.grants)+len(t.revokes) == 0 && !s.answered[t.id]
	if b := s.learnt.bound[t.id]; b != nil && b.offered {
		sure = false // to whom, is private until that one answers
	}
	relations := readers[t.after.Kind]
	for _, as := range relations {
		u := s.learnt.related(as, t.after)
		if as == lifecycle.Bureau {
			u = s.charter().Regulator
		}
		if u == "" {
			sure = false
			continue
		}
		all = append(all, u)
	}
	for _, g := range t.after.Grants {
		if !s.today().After(g.Until) || s.heldBefore(g.Party, t) {
			all = append(all, g.Party)
		} else {
			sure = false // it may have held a lien that is gone
		}
	}
	return all, sure && !slices.Contains(widelyRead, t.after.Kind)
}

// readers are the relations of those who are bound by a kind's terms beside its owner. Of an account that is not all: every
// bank with a claim reads it.
var readers = map[string][]lifecycle.Relation{
	"order":      {lifecycle.Seller, lifecycle.Buyer},
	"receivable": {lifecycle.Seller, lifecycle.Buyer},
	"financing":  {lifecycle.Applicant, lifecycle.Lender},
	"subsidy":    {lifecycle.Applicant, lifecycle.Lender, lifecycle.Bureau},
	"account":    {lifecycle.Applicant},

	"lot":               {lifecycle.Keeping},
	"warehouse-receipt": {lifecycle.Owner},

	"fund":        {lifecycle.Bureau},
	"fund-report": {lifecycle.Bureau},
}

// widelyRead are kinds of which more may read than public facts tell: the supervisor of a lot, to whom a receipt is
// being endorsed, the households of a succession, the bank of a budget.
var widelyRead = []string{"account", "succession", "lot", "warehouse-receipt", "budget"}

// heldBefore reports whether the party held a lien on the value before and after the transaction.
func (s *story) heldBefore(u ident.USCC, t *trail) bool {
	for _, b := range [][]byte{s.state.values[contract.BookKey(t.after.Root)], s.written[contract.BookKey(t.after.Root)]} {
		if b == nil {
			continue
		}
		held := false
		for _, l := range readBook(b).Live(t.id, t.after.Stages(), s.now.Time) {
			held = held || l.Holder == u
		}
		if !held {
			return false
		}
	}
	return s.state.values[contract.BookKey(t.after.Root)] != nil
}
