package conformance

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"decore/chaincode/contract"
	"decore/chaincode/fault"
)

// Command is one command of Program: steps that are done in order.
type Command struct {
	ID    string `json:"id"`
	Steps []Step `json:"steps"`
}

// Step is one thing to do with the state. What it sees is appended to the result's Record.
type Step struct {
	Do    string `json:"do"` // one of the names in steps
	Org   string `json:"org,omitzero"`
	Key   string `json:"key,omitzero"`
	Value string `json:"value,omitzero"`
	To    string `json:"to,omitzero"`
	Limit int    `json:"limit,omitzero"`
}

// ErrProgram is what the step "fail" ends a transaction with.
var ErrProgram = errors.New("the program was told to fail")

// Program is a contract as small as can be, with which the suite asks an engine how it treats the state.
// A repeated command answers with its first result, as those of the real contract do.
func Program(s contract.State, batch contract.Batch) (contract.Outcome, error) {
	r := &run{state: s, own: map[string]string{}}
	var out contract.Outcome
	for _, raw := range batch.Commands {
		result, err := r.command(raw)
		if err != nil {
			return contract.Outcome{}, err
		}
		out.Results = append(out.Results, result)
	}
	return out, nil
}

// run is one batch; own is what it wrote so far, which the state does not show.
type run struct {
	state contract.State
	own   map[string]string
}

func (r *run) command(raw string) (contract.Result, error) {
	var c Command
	if err := json.Unmarshal([]byte(raw), &c, json.RejectUnknownMembers(true)); err != nil {
		return contract.Result{Status: contract.Invalid, Code: "malformed"}, nil //nolint:nilerr // answered as a result
	}
	first, err := r.get("command~" + c.ID)
	if err != nil {
		return contract.Result{}, err
	}
	if first != absent {
		result := contract.Result{Repeated: true}
		return result, json.Unmarshal([]byte(first), &result)
	}
	result := contract.Result{Command: c.ID, Status: contract.Accepted}
	var seen []string
	for _, step := range c.Steps {
		do, ok := steps[step.Do]
		if !ok {
			return contract.Result{}, fmt.Errorf("no step %q", step.Do)
		}
		saw, err := do(r, step, &result)
		if err != nil {
			return contract.Result{}, err
		}
		seen = append(seen, saw...)
	}
	result.Record = strings.Join(seen, " ")
	if result.Status == contract.Invalid {
		return result, nil
	}
	kept, err := json.Marshal(result)
	if err != nil {
		return contract.Result{}, err
	}
	return result, r.put("command~"+c.ID, string(kept))
}

// absent is how a step tells that there is no value.
const absent = "-"

func (r *run) get(key string) (string, error) {
	if value, ok := r.own[key]; ok {
		return value, nil
	}
	values, err := r.state.Get(key)
	if err != nil || values[0] == nil {
		return absent, err
	}
	return string(values[0]), nil
}

func (r *run) put(key, value string) error {
	r.own[key] = value
	return r.state.Put(key, []byte(value))
}

type stepFunc func(r *run, s Step, result *contract.Result) (saw []string, err error)

var steps = map[string]stepFunc{
	// Public state.
	"put": func(r *run, s Step, _ *contract.Result) ([]string, error) { return nil, r.put(s.Key, s.Value) },
	"get": func(r *run, s Step, _ *contract.Result) ([]string, error) {
		value, err := r.get(s.Key)
		return []string{value}, err
	},
	"get committed": getCommitted, // past the batch's own writes
	"add":           add,          // counts the key up by one
	"range":         rangeStep,
	// Private state.
	"put private": func(r *run, s Step, _ *contract.Result) ([]string, error) {
		return nil, r.state.PutPrivate(s.Org, s.Key, []byte(s.Value))
	},
	"private hash": privateHash,
	// The transaction.
	"event": func(r *run, s Step, _ *contract.Result) ([]string, error) {
		return nil, r.state.SetEvent(s.Key, []byte(s.Value))
	},
	"about": about,
	"refuse": func(_ *run, _ Step, result *contract.Result) ([]string, error) {
		result.Reasons = against
		return end(result, contract.Refused)
	},
	"reject": func(_ *run, _ Step, result *contract.Result) ([]string, error) { return end(result, contract.Invalid) },
	"fail":   func(*run, Step, *contract.Result) ([]string, error) { return nil, ErrProgram },
	"need openings": func(_ *run, s Step, _ *contract.Result) ([]string, error) {
		return nil, &contract.OpeningsNeededError{Needs: []contract.Need{{Record: s.Key}}}
	},
}

// against is what a refusal by this program names.
var against = []fault.Reason{{Code: "told-to", Field: "/do", Clause: "program 一、(一)"}, {Code: "besides", Field: "/key", Fact: "/value"}}

func end(result *contract.Result, status contract.Status) ([]string, error) {
	result.Status, result.Code = status, "told-to"
	return nil, nil
}

func getCommitted(r *run, s Step, _ *contract.Result) ([]string, error) {
	values, err := r.state.Get(s.Key)
	if err != nil || values[0] == nil {
		return []string{absent}, err
	}
	return []string{string(values[0])}, nil
}

func add(r *run, s Step, _ *contract.Result) ([]string, error) {
	value, err := r.get(s.Key)
	if err != nil {
		return nil, err
	}
	n := 0
	if value != absent {
		if n, err = strconv.Atoi(value); err != nil {
			return nil, err
		}
	}
	n++
	return []string{strconv.Itoa(n)}, r.put(s.Key, strconv.Itoa(n))
}

func rangeStep(r *run, s Step, _ *contract.Result) ([]string, error) {
	entries, err := r.state.Range(s.Key, s.To, s.Limit)
	var saw []string
	for _, e := range entries {
		saw = append(saw, e.Key+"="+string(e.Value))
	}
	return saw, err
}

func privateHash(r *run, s Step, _ *contract.Result) ([]string, error) {
	sum, err := r.state.PrivateHash(s.Org, s.Key)
	if err != nil || sum == nil {
		return []string{absent}, err
	}
	return []string{hex.EncodeToString(sum)}, nil
}

func about(r *run, _ Step, _ *contract.Result) ([]string, error) {
	s := r.state
	return []string{s.TxID(), s.TxTime().UTC().Format(time.RFC3339Nano), s.CallerOrg()}, nil
}
