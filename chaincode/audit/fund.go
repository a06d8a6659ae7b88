package audit

import (
	"slices"
	"strings"

	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/fund"
	"decore/chaincode/lifecycle"
	"decore/chaincode/subsidy"
)

// nameFund finds the key that names a bank's new fund. Under which policy it is, only the key tells.
func nameFund(s *story, c *step) {
	value, err := canon.Marshal(c.record.id)
	if err != nil {
		return
	}
	of := "/" + string(c.Command.Party)
	for _, key := range sortedKeys(s.written) {
		policy, isFund := strings.CutPrefix(key, contract.FundPrefix)
		if !isFund || string(s.written[key]) != string(value) {
			continue
		}
		s.explained[key] = true
		policy, own := strings.CutSuffix(policy, of)
		switch {
		case !own:
			s.fail(key, "names a fund for who did not apply for it")
		case s.state.values[key] != nil:
			s.fail(key, "a second fund of one bank under one policy")
		case s.state.values[contract.PolicyKey(policy)] == nil && s.written[contract.PolicyKey(policy)] == nil:
			s.fail(key, "a fund under what is no policy")
		}
		return
	}
	s.failRecord(c.record.id, "no key names the fund")
}

// fileUnderFund ties a report to the fund that its header names, which must be the signer's.
func fileUnderFund(s *story, c *step) {
	parents := c.record.after.Parents
	if len(parents) != 1 {
		s.failRecord(c.record.id, "stands under no fund")
		return
	}
	f := s.trail(parents[0])
	switch {
	case !f.stands || f.at.Kind != fund.Table.Kind:
		s.failRecord(c.record.id, "stands under what is no fund")
		return
	case f.at.Owner != c.Command.Party:
		s.failRecord(c.record.id, "stands under the fund of another bank")
	case f.at.State != fund.Open:
		s.failRecord(f.id, "reported to in state %q", f.at.State)
	}
	c.record.at.Parents = []string{f.id}
	s.alter(c, f, true)
}

// moveFund moves the fund under which a report stands.
func moveFund(s *story, c *step) {
	if len(c.record.at.Parents) != 1 {
		s.failRecord(c.record.id, "stands under no fund")
		return
	}
	s.alter(c, s.trail(c.record.at.Parents[0]), true)
}

// mayMarkClaims lets the acceptance of a report tell the bank's claims what was said of them. Of which claims is private.
func mayMarkClaims(s *story, c *step) {
	for _, claim := range s.writtenOf(subsidy.Lifecycle.Kind) {
		if claim.at.Owner == c.record.at.Owner {
			s.perhapsAll(c, claim)
		}
	}
}

// mayMoveFund lets a claim's settlement, or what is taken back of one, move a fund of the claim's bank. Whether it does, and
// under which policy, is private.
func mayMoveFund(s *story, c *step) {
	for _, f := range s.writtenOf(fund.Table.Kind) {
		if f.at.Owner == c.record.at.Owner {
			s.perhapsAll(c, f)
		}
	}
}

// drawBudget moves one of the bureau's open budgets, and refillBudget one of any state. Which one is private where several
// are written.
func drawBudget(s *story, c *step)   { moveBudget(s, c, []lifecycle.State{fund.Open}) }
func refillBudget(s *story, c *step) { moveBudget(s, c, []lifecycle.State{fund.Open, fund.Closed}) }

func moveBudget(s *story, c *step, states []lifecycle.State) {
	budgets := slices.DeleteFunc(s.writtenOf(fund.BudgetTable.Kind), func(b *trail) bool { return !slices.Contains(states, b.at.State) })
	switch len(budgets) {
	case 0:
		s.failRecord(c.record.id, "%s moved no budget", c.Command.Verb)
	case 1:
		s.alter(c, budgets[0], true)
	default:
		for _, b := range budgets {
			s.perhapsAll(c, b)
		}
	}
}

// perhapsAll is alter where the command may have left the record, terms and all, as it was.
func (s *story) perhapsAll(c *step, t *trail) {
	s.perhaps(c, t)
	t.told, t.untold = false, true
}

// writtenOf lists the records of a kind that stand now and that the transaction wrote.
func (s *story) writtenOf(kind string) []*trail {
	var all []*trail
	for _, key := range sortedKeys(s.written) {
		id, isRecord := strings.CutPrefix(key, contract.RecordKey(""))
		if !isRecord {
			continue
		}
		if t := s.trail(id); t.stands && t.at.Kind == kind {
			all = append(all, t)
		}
	}
	return all
}
