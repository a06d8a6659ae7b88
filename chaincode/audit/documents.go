package audit

import (
	"regexp"
	"slices"

	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/duplicate"
	"decore/chaincode/receivable"
)

var tokenForm = regexp.MustCompile(`^F[1-9]-` + duplicate.KeyVersion + `-[A-Za-z0-9_-]{43}$`)

// register returns the claims to a document as the commands so far made them.
func (s *story) register(t duplicate.Token) duplicate.Register {
	r, known := s.registers[string(t)]
	if !known {
		if raw := s.state.values[contract.TokenKey(string(t))]; raw != nil {
			_ = canon.Strict(raw, &r) // what cannot be read was told when it was written
		}
	}
	return r
}

func (s *story) setClaims(h contract.Header, state duplicate.State) {
	for _, t := range h.Tokens {
		s.registers[string(t)] = s.register(t).Set(h.ID, state, s.now)
	}
}

// claim puts the record's claims to its documents into a state.
func claim(state duplicate.State) func(*story, *step) {
	return func(s *story, c *step) { s.setClaims(c.record.at, state) }
}

// stateTokens takes the tokens of a new record's documents from its header. Only the first one is that of one
// document: equal composites exist.
func stateTokens(kinds ...duplicate.Kind) func(*story, *step) {
	return func(s *story, c *step) { s.takeTokens(c, kinds) }
}

func (s *story) takeTokens(c *step, kinds []duplicate.Kind) {
	tokens := c.record.after.Tokens
	ok := len(tokens) == len(kinds)
	for i := 0; ok && i < len(kinds); i++ {
		ok = tokens[i].Kind() == kinds[i] && tokenForm.MatchString(string(tokens[i]))
	}
	if !ok {
		s.failRecord(c.record.id, "tokens are not those of %v", kinds)
		return
	}
	switch s.register(tokens[0]).Ask("") {
	case duplicate.DuplicateFinanced, duplicate.DuplicateRegistered:
		s.fail(contract.TokenKey(string(tokens[0])), "a second live claim to one document")
	}
	c.record.at.Tokens = slices.Clone(tokens)
}

// neverFinanced refuses to cancel what money was lent on.
func neverFinanced(s *story, c *step) {
	for _, t := range c.record.at.Tokens {
		if s.register(t).EverFinanced(c.record.id) {
			s.fail(contract.TokenKey(string(t)), "%s was financed and is cancelled", c.record.id)
		}
	}
}

// undoubled refuses to lend on a document that another record was financed on. An equal composite is cleared
// by the debtor's confirmation.
func (s *story) undoubled(h contract.Header) {
	confirmed := h.Kind != receivable.Table.Kind || h.State == receivable.Confirmed
	for _, t := range h.Tokens {
		if s.register(t).Ask(h.ID) == duplicate.DuplicateFinanced && (t.Kind() != duplicate.Composite || !confirmed) {
			s.fail(contract.TokenKey(string(t)), "financed a second time, through %s", h.ID)
		}
	}
}

// checkRegisters compares the registers written with those that the commands make.
func (s *story) checkRegisters() {
	for _, t := range sortedKeys(s.registers) {
		if raw, err := canon.Marshal(s.registers[t]); err == nil {
			s.mustBe(contract.TokenKey(t), raw)
		}
	}
}
