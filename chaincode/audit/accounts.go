package audit

import (
	"slices"
	"strings"

	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/duplicate"
	"decore/chaincode/financing"
	"decore/chaincode/lifecycle"
	"decore/chaincode/subsidy"
)

// draw is one command that moves a claim, and so the account of its household. Which account that is, is private,
// until an account's header names the command as the last that changed it.
type draw struct {
	command string
	claim   string
	holds   bool
	joins   bool // it joins two accounts
}

func drawOnAccount(s *story, c *step) {
	if s.learnt.replaced[c.record.id] {
		s.failRecord(c.record.id, "moved, though another claim of its loan took its place")
	}
	s.draws = append(s.draws, draw{command: c.Command.ID, claim: c.record.id, holds: c.verb.Row.Creates()})
}

// claimLoan finds the loan that a new claim names, which must be the signer's, be disbursed and have no other that stands.
func claimLoan(s *story, c *step) {
	value, err := canon.Marshal(c.record.id)
	if err != nil {
		return
	}
	for key, raw := range s.written {
		loan, isClaim := strings.CutPrefix(key, contract.ClaimKey(""))
		if !isClaim || string(raw) != string(value) {
			continue
		}
		s.explained[key] = true
		f := s.trail(loan)
		switch {
		case !s.replaceable(s.state.values[key]):
			s.fail(key, "a second claim of one loan")
		case !f.stands || f.at.Kind != financing.Table.Kind || !slices.ContainsFunc(f.at.Tokens, isLoan):
			s.fail(key, "a claim of what is no disbursed loan")
		case !s.learnt.agree(lifecycle.Lender, f.at, c.Command.Party):
			s.fail(key, "a claim of another bank's loan")
		}
		s.learnt.borrowers[c.record.id] = f.at.Owner
		return
	}
	s.failRecord(c.record.id, "no key names the loan that it claims")
}

// replaceable reports whether a loan may have another claim than the one that the key named: where there was none, or it ended. Whether one
// that ended is void is private, but for its state.
func (s *story) replaceable(named []byte) bool {
	var id string
	if named == nil {
		return true
	}
	if canon.Strict(named, &id) != nil {
		return false
	}
	old := s.trail(id)
	s.learnt.replaced[id] = true
	return old.stands && slices.Contains([]lifecycle.State{subsidy.ClawedBack, subsidy.Released, subsidy.Settled}, old.at.State)
}

func isLoan(t duplicate.Token) bool { return t.Kind() == duplicate.Loan }

// checkAccounts holds the accounts that were written against the commands that moved claims: each moves one
// account, by one version.
func (s *story) checkAccounts() {
	var accounts []*trail
	left := len(s.draws)
	for _, key := range sortedKeys(s.written) {
		if id, ok := strings.CutPrefix(key, contract.RecordKey("")); ok && strings.HasPrefix(id, contract.AccountPrefix) {
			t := s.trail(id)
			accounts = append(accounts, t)
			left -= s.checkAccount(t)
		}
	}
	if len(accounts) == 1 && left == 0 {
		for _, d := range s.draws {
			s.link(d, accounts[0])
		}
	}
	s.joinEstates(accounts)
	s.checkBorrowers(accounts)
	for _, d := range s.draws {
		if account := s.learnt.accounts[d.claim]; account != "" && !s.trail(account).written {
			s.failRecord(account, "a signed command changes it, and it was not written")
			return
		}
	}
	switch {
	case left > 0:
		s.failRecord(s.draws[0].claim, "moved without the account on which it draws")
	case left < 0:
		s.failRecord(accounts[0].id, "changed more often than signed commands tell")
	}
}

// checkAccount returns by how many versions the account went on.
func (s *story) checkAccount(t *trail) int {
	i := slices.IndexFunc(s.draws, func(d draw) bool {
		known := s.learnt.accounts[d.claim]
		return d.command == t.after.Command && (!d.joins || known == "" || known == t.id)
	})
	if i < 0 {
		return 0 // nothing explains it
	}
	s.link(s.draws[i], t)
	if !t.existed {
		s.openAccount(t)
	}
	versions := t.after.Version - t.before.Version
	certain := 0
	for _, d := range s.draws {
		if s.learnt.accounts[d.claim] == t.id {
			certain++
		}
	}
	if versions < certain || versions > len(s.draws) {
		s.failRecord(t.id, "version %d follows version %d", t.after.Version, t.before.Version)
	}
	t.stands, t.touched, t.told = true, true, false
	t.at.Version, t.at.Updated, t.at.Command = t.after.Version, s.now, t.after.Command
	t.untold = versions > 1
	s.endAccount(t)
	return versions
}

// openAccount makes the header of a new account, which belongs to the regulator.
func (s *story) openAccount(t *trail) {
	if !slices.ContainsFunc(s.draws, func(d draw) bool { return d.holds && d.command == t.after.Creation }) {
		s.failRecord(t.id, "opened by no signed command")
	}
	t.at = contract.Header{ID: t.id, Kind: contract.AccountKind, State: contract.AccountOpen, Owner: s.charter().Regulator, Root: t.id,
		Parents: []string{}, Created: s.now, Creation: t.after.Creation}
}

// link remembers on which account a claim draws.
func (s *story) link(d draw, t *trail) {
	if s.learnt.accounts[d.claim] == "" {
		s.learnt.accounts[d.claim] = t.id
	}
	if s.learnt.accounts[d.claim] != t.id {
		s.failRecord(t.id, "changed for a claim that draws on another account")
	}
}
