package contract

import (
	"errors"
	"slices"

	"decore/chaincode/evidence"
	"decore/chaincode/party"
)

// Owing is an opening that an organisation which holds it owes to another one (应予提供的条款).
type Owing struct {
	Record string              `json:"record"`
	Terms  evidence.Commitment `json:"terms"` // what the opening must match
}

// Owed lists the openings that the batch lacks and that are owed to the caller's organisation: those that a
// signed command of one of its parties needs and that a rule entitles this party to. There are two such rules:
// the regulator may act on a record as the supervisor, and a bank may draw on the subsidy account of a household
// to which it lent. The command is checked as far as it can be decided, so that nobody learns of a record by
// naming it. Nothing is written.
func Owed(s State, b Batch) ([]Owing, error) {
	b.Trial = true
	_, err := Submit(s, b)
	var lacking *OpeningsNeededError
	if !errors.As(err, &lacking) {
		return nil, err
	}
	view := newOverlay(s)
	var all []Owing
	for _, n := range lacking.Needs {
		mine, err := signedFor(view, b.Commands[n.Command], s.CallerOrg())
		if err != nil {
			return nil, err
		}
		var h Header
		if !n.Owed || !mine || slices.ContainsFunc(all, func(o Owing) bool { return o.Record == n.Record }) {
			continue
		}
		if _, err := view.load(RecordKey(n.Record), &h); err != nil {
			return nil, err
		}
		all = append(all, Owing{n.Record, h.Terms})
	}
	return all, nil
}

// signedFor reports whether the command, whose signature is good, was signed by a party of the organisation.
func signedFor(view *overlay, jws, org string) (bool, error) {
	cmd, err := evidence.Parse(jws)
	if err != nil {
		return false, err
	}
	p, _, err := recall[party.Party](view, PartyKey(cmd.Party))
	return p.Org == org, err
}
