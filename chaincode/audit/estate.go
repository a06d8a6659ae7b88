package audit

import (
	"slices"

	"decore/chaincode/contract"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
)

// estate is whose loans one account may hold: its household's, and in the account of an heir also those of every household
// that it succeeded. Whose account it is, is private, so that a household has no name until a claim shows its loan's borrower.
type estate struct {
	named   []ident.USCC
	unnamed int
	open    bool // several successions of one transaction do not tell which of them made it what it is
}

// admit reports whether the borrower can be of the estate, and remembers it if so.
func (e *estate) admit(u ident.USCC) bool {
	switch {
	case e.open || slices.Contains(e.named, u):
		return true
	case e.unnamed == 0:
		return false
	}
	e.named, e.unnamed = append(slices.Clip(e.named), u), e.unnamed-1
	return true
}

// households is of how many households the account holds the claims.
func (e *estate) households() int { return len(e.named) + e.unnamed }

// inherited reports whether a succession made the account an heir's.
func (e *estate) inherited() bool { return e.open || e.households() > 1 }

// take adds the households of another account.
func (e *estate) take(from *estate) {
	for _, u := range from.named {
		if !slices.Contains(e.named, u) {
			e.named = append(slices.Clip(e.named), u)
		}
	}
	e.unnamed, e.open = e.unnamed+from.unnamed, e.open || from.open
}

func (l learnt) estate(account string) *estate {
	if l.estates[account] == nil {
		l.estates[account] = &estate{unnamed: 1}
	}
	return l.estates[account]
}

// Households is of how many households an account holds the claims: one, and as many more as its household succeeded. It is
// not sure where one transaction recorded several successions.
func (a *Auditor) Households(account string) (n int, sure bool) {
	e := a.learnt.estates[account]
	if e == nil {
		return 1, true
	}
	return e.households(), !e.open
}

// joinEstates lets the accounts that the transaction's successions ended go on in those that they made heirs'.
func (s *story) joinEstates(accounts []*trail) {
	if !slices.ContainsFunc(s.draws, func(d draw) bool { return d.joins }) {
		return
	}
	var ended, heirs []*trail
	for _, t := range accounts {
		if t.after.State == contract.AccountEnded {
			ended = append(ended, t)
		}
	}
	for _, t := range accounts {
		if t.after.State != contract.AccountEnded && s.mayBeHeir(t) {
			heirs = append(heirs, t)
		}
	}
	for _, h := range heirs {
		e := s.learnt.estate(h.id)
		for _, t := range ended {
			e.take(s.learnt.estate(t.id))
		}
		e.open = e.open || len(heirs) > 1
	}
}

// mayBeHeir reports whether a succession can have changed the account, beside the claims that are known to draw on it.
func (s *story) mayBeHeir(t *trail) bool {
	told := 0
	for _, d := range s.draws {
		if d.joins && d.command == t.after.Command {
			return true
		}
		if !d.joins && s.learnt.accounts[d.claim] == t.id {
			told++
		}
	}
	return t.after.Version-t.before.Version > told
}

// checkBorrowers holds the loans of the claims that moved against the households of their accounts. Which account a new claim
// draws on may be told by a later command; its household is its loan's borrower unless it can be in the account of an heir.
func (s *story) checkBorrowers(accounts []*trail) {
	inherited := slices.ContainsFunc(accounts, func(t *trail) bool { return s.learnt.estate(t.id).inherited() })
	for _, d := range s.draws {
		borrower, account := s.learnt.borrowers[d.claim], s.learnt.accounts[d.claim]
		switch claim := s.trail(d.claim); {
		case d.joins || borrower == "", account != "" && !s.trail(account).written:
		case account == "" && inherited:
		case account == "":
			s.learnt.agree(lifecycle.Applicant, claim.at, borrower)
		case !s.learnt.estate(account).admit(borrower):
			s.failRecord(account, "changed for the claim of another household")
		default:
			s.shareHousehold(claim, s.trail(account), borrower)
		}
	}
}

// shareHousehold remembers of a claim and its account that they have one household, and of an account that no succession made
// an heir's that it is the borrower.
func (s *story) shareHousehold(claim, account *trail, borrower ident.USCC) {
	household := s.learnt.related(lifecycle.Applicant, account.after)
	if !s.learnt.estate(account.id).inherited() {
		household = borrower
	}
	agreed := household == "" || s.learnt.agree(lifecycle.Applicant, account.after, household) && s.learnt.agree(lifecycle.Applicant, claim.at, household)
	if !agreed {
		s.failRecord(account.id, "changed for the claim of another household")
	}
}
