package audit

import (
	"strings"

	"decore/chaincode/contract"
	"decore/chaincode/subsidy"
)

// joinAccounts lets a succession end one account and go on in another, and pass claims on. Whose accounts these are is
// private, but not which two accounts it wrote; see estate.
func joinAccounts(s *story, c *step) {
	for _, side := range []string{"ended", "heir"} {
		s.draws = append(s.draws, draw{command: c.Command.ID, claim: c.record.id + " " + side, holds: true, joins: true})
	}
	for _, key := range sortedKeys(s.written) {
		id, isRecord := strings.CutPrefix(key, contract.RecordKey(""))
		if !isRecord || !strings.HasPrefix(id, subsidy.Lifecycle.Prefix+"-") {
			continue
		}
		t := s.trail(id)
		if !t.stands {
			continue
		}
		delete(s.learnt.accounts, id) // it may be passed on
		delete(s.learnt.bound, id)
		s.answered[id] = true
		if t.after.Command == c.Command.ID {
			s.alter(c, t, true)
			continue
		}
		s.perhaps(c, t)
		t.told, t.untold = false, true
	}
}

// endAccount ends the account that a succession ends.
func (s *story) endAccount(t *trail) {
	if t.before.State == contract.AccountEnded {
		s.failRecord(t.id, "changed after it ended")
	}
	if t.after.State != contract.AccountEnded {
		return
	}
	for _, d := range s.draws {
		if d.joins && d.command == t.after.Command {
			t.at.State = contract.AccountEnded
		}
	}
}
