// Package contract decides signed commands (链上合约): it checks who signed, opens the terms that a command
// touches, applies the domain's rules and writes what changed. It runs unchanged wherever a State is
// implemented, and is deterministic: no clock, no randomness, no order of maps.
package contract

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"decore/chaincode/evidence"
	"decore/chaincode/fault"
	"decore/chaincode/lifecycle"
)

// MaxBatch is the most commands that one transaction may carry.
const MaxBatch = 200

// Batch is the input of one transaction (一笔交易 = 一批指令). Commands are recorded in the block for all
// to see; openings travel as transient data and are not.
type Batch struct {
	Commands []string         `json:"commands"` // compact JWS
	Openings []jsontext.Value `json:"openings"` // canonical openings: private arguments of the commands, and terms of the records they touch
	Trial    bool             `json:"-"`        // only decide: see Trial
}

// Outcome is what one transaction came to.
type Outcome struct {
	Results []Result `json:"results"` // one a command, in order
}

// Recorded reports whether any command left a trace, so that the transaction must be committed.
func (o Outcome) Recorded() bool {
	for _, r := range o.Results {
		if r.Status != Invalid && !r.Repeated {
			return true
		}
	}
	return false
}

// Status is what became of one command.
type Status string

// A command is accepted (its effect is on the ledger), refused (decided against on the facts, which is
// recorded too), or invalid (malformed, unauthenticated or untimely: no trace of it is kept).
const (
	Accepted Status = "accepted"
	Refused  Status = "refused"
	Invalid  Status = "invalid"
)

// Result is the answer to one command. It is public on the channel, so it never holds a private number. Its reasons tell a
// stranger what its code tells: that a rule says no to a loan of which the channel sees a pseudonym.
type Result struct {
	Command  string              `json:"command"`
	Status   Status              `json:"status"`
	Code     string              `json:"code,omitzero"`    // why not, from package fault
	Field    string              `json:"field,omitzero"`   // which field, as a JSON pointer
	Clause   string              `json:"clause,omitzero"`  // which rule of law or policy
	Reasons  []fault.Reason      `json:"reasons,omitzero"` // all of them, where rules give several at once; code, field and clause are the first's
	Record   string              `json:"record,omitzero"`
	State    lifecycle.State     `json:"state,omitzero"`
	Version  int                 `json:"version,omitzero"`
	Terms    evidence.Commitment `json:"terms,omitzero"`
	Repeated bool                `json:"-"` // the first result of a command that was already decided
}

// Equal reports whether two results say the same.
func (r Result) Equal(o Result) bool {
	same := slices.Equal(r.Reasons, o.Reasons)
	r.Reasons, o.Reasons = nil, nil
	return same && reflect.DeepEqual(r, o)
}

// OpeningsNeededError says which records' current openings the batch did not bring, or brought stale, and
// which commands stopped for want of them. Nothing was written; the gateway fetches the openings and
// submits the same commands again.
type OpeningsNeededError struct{ Needs []Need }

// Need is one opening that one command of the batch, counted from 0, cannot do without. It is owed when a rule
// entitles the signer to it though no copy was ever written for its organisation: see Owed.
type Need struct {
	Command int    `json:"command"`
	Record  string `json:"record"`
	Owed    bool   `json:"owed,omitzero"`
}

func (e *OpeningsNeededError) Error() string {
	return fmt.Sprintf("current openings needed: %s", strings.Join(e.Records(), ","))
}

// Records lists the records once each, in the order in which they were missed.
func (e *OpeningsNeededError) Records() []string {
	var ids []string
	for _, n := range e.Needs {
		if !slices.Contains(ids, n.Record) {
			ids = append(ids, n.Record)
		}
	}
	return ids
}
