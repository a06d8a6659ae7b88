package audit

import (
	"bytes"
	"fmt"
	"slices"

	"decore/chaincode/calendar"
	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/duplicate"
	"decore/chaincode/encumbrance"
	"decore/chaincode/evidence"
	"decore/chaincode/fault"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/party"
)

// story is one transaction while it is explained: what it wrote, and what its commands so far account for.
type story struct {
	*Auditor
	tx        *Transaction
	view      *view
	now       evidence.Instant
	written   map[string][]byte
	explained map[string]bool
	trails    map[string]*trail
	books     map[string]encumbrance.Book
	registers map[string]duplicate.Register
	pledged   map[string][]string // collateral of financings as the transaction itself shows it
	harmless  bool                // books may be written as they were, by a financing whose collateral is not known
	draws     []draw              // on subsidy accounts
	answered  map[string]bool     // receivables whose transfer is accepted, declined or recalled here, and claims that may be passed on, so that who may read them changes on the way
	findings  []Finding
}

func newStory(a *Auditor, tx *Transaction) *story {
	return &story{Auditor: a, tx: tx, view: &view{state: a.state, tx: tx}, now: evidence.InstantOf(tx.Time),
		written: map[string][]byte{}, explained: map[string]bool{}, trails: map[string]*trail{},
		books: map[string]encumbrance.Book{}, registers: map[string]duplicate.Register{}, answered: map[string]bool{}}
}

func (s *story) fail(key, format string, args ...any) {
	s.findings = append(s.findings, Finding{Tx: s.tx.ID, Key: key, Reason: fmt.Sprintf(format, args...)})
}

func (s *story) failRecord(id, format string, args ...any) {
	s.fail(contract.RecordKey(id), format, args...)
}

// explain accounts for every write of the transaction by its commands, or tells what is left.
func (s *story) explain(checked []contract.Checked) {
	for _, w := range s.tx.Writes {
		if _, twice := s.written[w.Key]; twice {
			s.fail(w.Key, "written twice in one transaction")
		}
		s.written[w.Key] = w.Value
	}
	traces, err := s.retracer.Retrace(s.view, checked, s.tx.Results)
	if err != nil {
		s.fail("", "the commands cannot be decided again: %v", err)
	}
	for i, t := range traces {
		s.checkResult(i, t)
	}
	s.checkCertain()
	s.noteAnswers(traces)
	for _, t := range traces {
		if !t.Decided && t.Result.Status == contract.Accepted {
			s.carryOut(t)
		}
	}
	s.checkAccounts()
	s.checkTrails()
	s.checkBooks()
	s.checkRegisters()
	s.checkRest()
	s.checkPrivate()
	s.checkEvent()
}

func (s *story) checkEvent() {
	want, err := canon.Marshal(contract.Outcome{Results: s.tx.Results})
	if err != nil || s.tx.Event.Key != contract.EventName || !bytes.Equal(s.tx.Event.Value, want) {
		s.fail("", "the event does not tell the results")
	}
}

// checkResult compares a recorded result with what the contract answers, or else with the form of one.
func (s *story) checkResult(i int, t contract.Trace) {
	got, key := s.tx.Results[i], "" // of a command that cannot be read nothing is kept
	if t.Command != nil {
		key = contract.CommandKey(t.Command.ID)
	}
	if t.Decided {
		if want := t.Result; got.Status != want.Status || got.Code != want.Code {
			s.fail(key, "recorded as %s, and the contract answers %s", outcome(got), outcome(want))
		} else if got.Repeated, want.Repeated = false, false; !got.Equal(want) {
			s.fail(key, "the result is not what the contract answers")
		}
		return
	}
	blank := contract.Result{Command: t.Command.ID, Status: got.Status}
	switch got.Status {
	case contract.Accepted:
		blank.Record, blank.State, blank.Version, blank.Terms = t.Command.Subject, got.State, got.Version, got.Terms
	case contract.Refused, contract.Invalid:
		blank.Code, blank.Field, blank.Clause, blank.Reasons = got.Code, got.Field, got.Clause, got.Reasons
	}
	switch {
	case !got.Equal(blank):
		s.fail(key, "the result is not one of this command")
	case got.Status == contract.Invalid && !slices.Contains(argumentFaults, fault.Code(got.Code)),
		got.Status == contract.Refused && got.Code == "", !slices.Contains(statuses, got.Status):
		s.fail(key, "recorded as %s, for which there is no reason", outcome(got))
	}
}

var (
	statuses = []contract.Status{contract.Accepted, contract.Refused, contract.Invalid}
	// argumentFaults are those of admission that only private arguments can tell.
	argumentFaults = []fault.Code{fault.ArgumentsMissing, fault.ArgumentsInvalid, fault.TextIllegible, fault.CommitmentMismatch}
)

func outcome(r contract.Result) string {
	if r.Code == "" {
		return string(r.Status)
	}
	return fmt.Sprintf("%s (%s)", r.Status, r.Code)
}

// checkCertain compares what the contract's own code writes again.
func (s *story) checkCertain() {
	for _, e := range s.view.certain {
		s.mustBe(e.Key, e.Value)
	}
}

func (s *story) mustBe(key string, want []byte) {
	s.explained[key] = true
	switch got, written := s.written[key]; {
	case !written:
		s.fail(key, "a signed command writes it, and it was not written")
	case !bytes.Equal(got, want):
		s.fail(key, "written as something else than the signed commands make it")
	}
}

// checkRest tells the first writes that nothing explained, in key order.
func (s *story) checkRest() {
	var rest []string
	for key := range s.written {
		if !s.explained[key] {
			rest = append(rest, key)
		}
	}
	slices.Sort(rest)
	for _, key := range rest {
		s.fail(key, "no signed command explains this write")
	}
}

// party returns a party as it stands after the transaction.
func (s *story) party(u ident.USCC) (p party.Party, ok bool) {
	return p, s.read(contract.PartyKey(u), &p)
}

func (s *story) charter() (c contract.Charter) {
	s.read(contract.CharterKey(), &c)
	return c
}

// read reads a key as it stands after the transaction.
func (s *story) read(key string, v any) bool {
	raw, written := s.written[key]
	if !written {
		raw = s.state.values[key]
	}
	return raw != nil && canon.Strict(raw, v) == nil
}

func (s *story) today() calendar.Date { return calendar.At(s.now.Time) }

// step is one accepted command with private arguments.
type step struct {
	contract.Trace
	verb   contract.Verb
	record *trail
	from   lifecycle.State
}

// carryOut does to the records what the command does, as far as public facts tell it.
func (s *story) carryOut(t contract.Trace) {
	c := &step{Trace: t, verb: verbs[t.Command.Verb], record: s.trail(t.Command.Subject)}
	e, known := effects[t.Command.Verb]
	if !known {
		s.failRecord(t.Command.Subject, "%s is not known to change anything", t.Command.Verb)
		return
	}
	if !s.enter(c) {
		return
	}
	c.from = c.record.at.State
	s.checkSigner(c)
	s.checkState(c, e)
	s.advance(c, e)
	for _, then := range e.then {
		then(s, c)
	}
}

// enter creates the record or finds it as the verb needs it.
func (s *story) enter(c *step) bool {
	r, id := c.record, c.Command.Subject
	switch kind := c.verb.Table.Kind; {
	case c.verb.Row.Creates() && r.stands:
		s.failRecord(id, "created a second time")
	case c.verb.Row.Creates() && !contract.FitsTable(c.verb.Table, id):
		s.failRecord(id, "not an ID of this kind")
	case c.verb.Row.Creates():
		s.create(c)
		return true
	case !r.stands || r.at.Kind != kind:
		s.failRecord(id, "%s of a record that is no %s", c.Command.Verb, kind)
	default:
		return true
	}
	return false
}

// checkState holds the result against the verb's row.
func (s *story) checkState(c *step, e effect) {
	row, to, id := c.verb.Row, c.Result.State, c.Command.Subject
	switch on, terms := c.Command.On, c.record.at.Terms; {
	case !row.Leaves(c.from):
		s.failRecord(id, "%s does not start from state %q", c.Command.Verb, c.from)
	case !row.Reaches(to), e.stays && to != c.from && to != e.orReaches:
		s.failRecord(id, "%s does not lead from state %q to %q", c.Command.Verb, c.from, to)
	case row.Binding && on == "", on != "" && c.record.told && on != terms:
		s.failRecord(id, "%s binds to other terms than those that stood", c.Command.Verb)
	}
}
