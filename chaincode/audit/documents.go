package audit

import (
	"regexp"
	"slices"
	"strings"

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

// addToken takes the token of a document that only one record may have, beside those that the record has; false where
// its header has no further one of the kind.
func (s *story) addToken(c *step, kind duplicate.Kind, state duplicate.State) bool {
	had, tokens := c.record.at.Tokens, c.record.after.Tokens
	if len(tokens) <= len(had) || tokens[len(had)].Kind() != kind || !tokenForm.MatchString(string(tokens[len(had)])) {
		return false
	}
	token := tokens[len(had)]
	r := s.register(token)
	if r.Ask("") != duplicate.Unknown {
		s.fail(contract.TokenKey(string(token)), "a second live claim to one document")
	}
	s.registers[string(token)] = r.Set(c.record.id, state, s.now)
	c.record.at.Tokens = append(slices.Clone(had), token)
	return true
}

func (s *story) mustAddToken(c *step, kind duplicate.Kind, state duplicate.State) {
	if !s.addToken(c, kind, state) {
		s.failRecord(c.record.id, "tokens are not those of %v", kind)
	}
}

// ownDocuments are those that the record claims in registers that were written, its header's left out: which they are is
// private, until they are written.
func (s *story) ownDocuments(t *trail) map[duplicate.Token]duplicate.Claim {
	all := map[duplicate.Token]duplicate.Claim{}
	for key, raw := range s.written {
		token, isToken := strings.CutPrefix(key, contract.TokenKey(""))
		var r duplicate.Register
		if !isToken || slices.Contains(t.at.Tokens, duplicate.Token(token)) || !tokenForm.MatchString(token) || canon.Strict(raw, &r) != nil {
			continue
		}
		if i := slices.IndexFunc(r.Claims, func(c duplicate.Claim) bool { return c.Record == t.id }); i >= 0 {
			all[duplicate.Token(token)] = r.Claims[i]
		}
	}
	return all
}

// takeBackBy takes the documents by which a receivable was reduced, which parts of one receivable alone share. A batch may
// have several; they are taken at the first.
func takeBackBy(s *story, c *step) {
	documents := s.ownDocuments(c.record)
	if len(documents) == 0 {
		s.failRecord(c.record.id, "reduced by no document")
	}
	for token := range documents {
		r := s.register(token)
		if slices.ContainsFunc(r.Claims, func(o duplicate.Claim) bool { return o.Record == c.record.id && o.State != duplicate.Cancelled }) {
			continue
		}
		shared, ok := r.Share(c.record.id, c.record.at.Wholes(), s.now)
		if !ok {
			s.fail(contract.TokenKey(string(token)), "a second live claim to one document")
			continue
		}
		s.registers[string(token)] = shared
	}
}

// freeReduction frees the document of a reduction that counts no more; a set-off has none.
func freeReduction(s *story, c *step) {
	for token, claim := range s.ownDocuments(c.record) {
		if claim.State == duplicate.Cancelled {
			s.registers[string(token)] = s.register(token).Set(c.record.id, duplicate.Cancelled, s.now)
		}
	}
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
