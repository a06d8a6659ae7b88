package contract

import (
	"fmt"

	"decore/chaincode/evidence"
	"decore/chaincode/fault"
	"decore/chaincode/party"
)

// Trace is what an auditor knows of one command of a committed batch.
type Trace struct {
	Command *evidence.Signed // nil where it cannot be read
	Signer  party.Party      // as the registry had it then
	// Result is what the contract answers, where public facts decide that: whatever admission comes to, and all
	// of a verb whose arguments are public. Elsewhere it is the recorded result, not decided again.
	Result  Result
	Decided bool
}

// Retracer decides committed batches again as far as public facts go (复核), by the very code that decided
// them first. It has no openings: who changed what of a record's private terms is its user's to judge.
type Retracer struct {
	memos map[string]memo // across transactions
}

// NewRetracer returns a retracer, which serves one goroutine.
func NewRetracer() *Retracer { return &Retracer{memos: map[string]memo{}} }

// Checked is a command of which all is known that its bytes and the parties' keys tell.
type Checked struct {
	cmd      *evidence.Signed
	verified string // ID of the key under which the signature is good, "" where that is not known yet
}

// Check reads commands and checks their signatures on every core, by the keys that the state has now.
func (r *Retracer) Check(s State, commands []string) ([]Checked, error) {
	t := r.transaction(s)
	parsed := parse(commands)
	if err := t.prefetch(parsed); err != nil {
		return nil, err
	}
	t.verify(parsed)
	all := make([]Checked, len(parsed))
	for i, cmd := range parsed {
		all[i] = Checked{cmd, t.verified[i]}
	}
	return all, nil
}

// Retrace decides a committed batch again over the state that it met, and puts into the state what is certain to
// be written: what commands with public arguments change, and every result. The value of the token key's
// opening, which an auditor need not have, is put as nil.
func (r *Retracer) Retrace(s State, batch []Checked, recorded []Result) ([]Trace, error) {
	t := r.transaction(s)
	t.recorded, t.verified = recorded, make([]string, len(batch))
	if len(recorded) != len(batch) {
		return nil, fmt.Errorf("%d results for %d commands", len(recorded), len(batch))
	}
	traces := make([]Trace, len(batch))
	for i, c := range batch {
		if traces[i].Result, traces[i].Decided = malformed, true; c.cmd == nil {
			continue
		}
		t.verified[i] = c.verified
		var err error
		if traces[i], err = t.retrace(i, c.cmd); err != nil {
			return nil, err
		}
	}
	return traces, t.base.flush()
}

func (r *Retracer) transaction(s State) *transaction {
	t := &transaction{state: s, base: newOverlay(s), now: evidence.InstantOf(s.TxTime())}
	t.base.memos = r.memos
	return t
}

// retracing reports whether the batch was decided before, so that its openings are out of reach.
func (t *transaction) retracing() bool { return t.recorded != nil }

// retrace is decide without private arguments.
func (t *transaction) retrace(i int, cmd *evidence.Signed) (Trace, error) {
	c := t.call(i, cmd)
	if first, known, err := c.repeated(); known || err != nil {
		return Trace{Command: cmd, Result: first, Decided: true}, err
	}
	if v, known := handlers[cmd.Verb]; known && v.public {
		result, err := t.decide(i, cmd)
		return Trace{Command: cmd, Result: result, Decided: true}, err
	}
	_, err := c.identify()
	if f := fault.Of(err); f != nil {
		return Trace{Command: cmd, Result: c.answer(Invalid, f), Decided: true}, nil
	} else if err != nil {
		return Trace{}, err
	}
	trace := Trace{Command: cmd, Signer: c.signer, Result: t.recorded[i]}
	if trace.Result.Status == Invalid {
		return trace, nil
	}
	return trace, c.keep(trace.Result)
}
