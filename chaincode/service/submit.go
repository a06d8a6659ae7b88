package service

import (
	"errors"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/protocol"
)

// submit runs the contract. A batch in which nothing is recorded is answered in a way that a peer does not
// endorse, so that nobody can fill the ledger with it.
func (c *chaincode) submit(call *call) ([]byte, error) {
	s := newState(call)
	out, payload, err := c.decide(call, s, false)
	if err != nil {
		return nil, err
	}
	if !out.Recorded() {
		return nil, unrecorded(payload, "nothing is recorded")
	}
	return payload, s.flush()
}

// dryRun runs the contract and drops what it wrote. Its answer is never endorsed, so that nobody can order it.
func (c *chaincode) dryRun(call *call) ([]byte, error) {
	_, payload, err := c.decide(call, newState(call), true)
	if err != nil {
		return nil, err
	}
	return nil, unrecorded(payload, "a dry run records nothing")
}

// decide checks the call and runs the contract over a state.
func (c *chaincode) decide(call *call, s *state, trial bool) (contract.Outcome, []byte, error) {
	if err := errors.Join(c.clock.check(call.time), call.direct(), c.founding.check(call)); err != nil {
		return contract.Outcome{}, nil, err
	}
	batch, err := call.batch()
	if err != nil {
		return contract.Outcome{}, nil, err
	}
	batch.Trial = trial
	out, err := c.run(s, batch)
	if err != nil {
		return contract.Outcome{}, nil, err
	}
	payload, err := json.Marshal(protocol.NewAnswer(out))
	return out, payload, err
}

func unrecorded(payload []byte, why string) error {
	return &refusedError{status: protocol.Unrecorded, payload: payload, err: errors.New(why)}
}

// owed answers with the openings that are owed to the caller's organisation and that this one holds.
// Who may ask is decided by contract.Owed.
func (c *chaincode) owed(call *call) ([]byte, error) {
	if err := c.clock.check(call.time); err != nil {
		return nil, err
	}
	batch, err := call.batch()
	if err != nil {
		return nil, err
	}
	owing, err := contract.Owed(newState(call), batch)
	if err != nil {
		return nil, err
	}
	keys := make([]string, len(owing))
	for i, o := range owing {
		keys[i] = o.Record
	}
	held, err := c.collection(call, keys)
	if err != nil {
		return nil, err
	}
	answer := protocol.Owing{Openings: []jsontext.Value{}, Lacking: len(owing)}
	for i, o := range owing {
		if value := held[i]; value != nil && evidence.Commit(value) == o.Terms {
			answer.Openings = append(answer.Openings, value)
			answer.Lacking--
		}
	}
	return json.Marshal(answer)
}
