package audit

import (
	"bytes"
	"reflect"
	"slices"
	"strings"

	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/lifecycle"
)

// trail follows one record through a transaction, of which only the last of its headers is in the block. The
// results of the commands on the record tell those between; what other commands did to it may stay untold.
type trail struct {
	id      string
	before  contract.Header
	existed bool
	after   contract.Header // as written
	written bool

	at      contract.Header // as the commands so far made it
	stands  bool
	told    bool // at.Terms is known
	touched bool
	slack   int      // changes since the last told version that may have been left out
	maybe   []string // the commands of these
	untold  bool     // a commitment stood that nobody tells

	commitments []evidence.Commitment // that stood at some time in the transaction
	had         []contract.Grant      // grants with which those of the end are compared
	grants      []disclosure
	revokes     []disclosure
	passed      bool // to another owner, whose disclosures begin anew
}

// disclosure is a command that gives or ends a grant.
type disclosure struct {
	via    string
	unsure bool // it may have left the grant as it was
}

// trail loads a record as it was before the transaction and as it was written.
func (s *story) trail(id string) *trail {
	if t, known := s.trails[id]; known {
		return t
	}
	t := &trail{id: id}
	s.trails[id] = t
	key := contract.RecordKey(id)
	if raw := s.state.values[key]; raw != nil {
		t.existed = canon.Strict(raw, &t.before) == nil
	}
	if raw, written := s.written[key]; written {
		t.written = true
		if err := canon.Strict(raw, &t.after); err != nil {
			s.fail(key, "not a header: %v", err)
		}
	}
	t.at, t.stands, t.told, t.had = t.before, t.existed, t.existed, t.before.Grants
	if t.existed {
		t.commitments = append(t.commitments, t.before.Terms)
	}
	return t
}

// create starts the record as the contract does. Of which order a receivable is, its header says.
func (s *story) create(c *step) {
	r, id := c.record, c.Command.Subject
	r.stands = true
	r.at = contract.Header{ID: id, Kind: c.verb.Table.Kind, State: lifecycle.None, Owner: c.Command.Party, Root: id,
		Parents: []string{}, Created: s.now, Creation: c.Command.ID}
}

// advance takes over what the command's result tells of the record after it.
func (s *story) advance(c *step, e effect) {
	r, result := c.record, c.Result
	switch step := result.Version - r.at.Version; {
	case step < 1 || step > 1+r.slack:
		s.failRecord(r.id, "version %d follows version %d", result.Version, r.at.Version)
	case e.keepsTerms && r.told && result.Terms != r.at.Terms:
		s.failRecord(r.id, "%s does not change terms", c.Command.Verb)
	case !r.told:
		r.untold = r.untold || r.existed || r.at.Version > 0
	}
	r.at.State, r.at.Version, r.at.Terms = result.State, result.Version, result.Terms
	r.told, r.slack, r.maybe = true, 0, nil
	r.commitments = append(r.commitments, result.Terms)
	s.touch(c, r)
}

// touch marks the record as changed by the command.
func (s *story) touch(c *step, r *trail) {
	r.touched = true
	r.at.Updated, r.at.Command = s.now, c.Command.ID
}

// alter is what a command does to another record than its subject.
func (s *story) alter(c *step, r *trail, terms bool) {
	r.at.Version++
	r.untold = r.untold || terms && !r.told
	r.told = r.told && !terms
	s.touch(c, r)
}

// perhaps is alter where the command may have left the record as it was.
func (s *story) perhaps(c *step, r *trail) {
	r.slack++
	r.maybe = append(r.maybe, c.Command.ID)
}

// checkTrails compares the headers written with those that the commands make.
func (s *story) checkTrails() {
	for _, id := range sortedKeys(s.trails) {
		t := s.trails[id]
		key := contract.RecordKey(id)
		if t.touched {
			s.explained[key] = true
		}
		switch {
		case t.touched && !t.written:
			s.fail(key, "a signed command changes it, and it was not written")
		case t.written && (t.touched || t.slack > 0):
			s.explained[key] = true
			s.checkHeader(t)
		}
	}
}

func (s *story) checkHeader(t *trail) {
	want := t.at
	if more := t.after.Version - want.Version; more > 0 && more <= t.slack {
		want.Version, want.Updated = t.after.Version, s.now
		if slices.Contains(t.maybe, t.after.Command) {
			want.Command = t.after.Command
		}
	}
	if !t.told {
		want.Terms = t.after.Terms
		t.commitments = append(t.commitments, t.after.Terms)
	}
	if want.Terms != t.before.Terms {
		want.Doubted = t.after.Doubted // why is private
	}
	if len(t.grants)+len(t.revokes) > 0 {
		s.checkGrants(t)
		want.Grants = t.after.Grants
	}
	raw, err := canon.Marshal(want)
	if err == nil && !bytes.Equal(raw, s.written[contract.RecordKey(t.id)]) {
		s.failRecord(t.id, "%s is not what the signed commands make it", difference(want, t.after))
	}
}

// difference names the first field in which two headers differ.
func difference(a, b contract.Header) string {
	va, vb := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range va.NumField() {
		x, errX := canon.Marshal(va.Field(i).Interface())
		y, errY := canon.Marshal(vb.Field(i).Interface())
		if errX != nil || errY != nil || !bytes.Equal(x, y) {
			name, _, _ := strings.Cut(va.Type().Field(i).Tag.Get("json"), ",")
			return name
		}
	}
	return "the form"
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
