package consortium

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"decore/adapters/ledger"
	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/party"
	"decore/gateway/desk"
)

// Admit brings the parties of the plan into the registry: the platform's gateway registers them, the regulator's
// approves those that stand there as the plan has them. It returns when this gateway has nothing left to do, and
// looks again and again while it waits for the other one.
func (f Founder) Admit(ctx context.Context) error {
	if !f.speaksFor(f.Plan.Platform) && !f.speaksFor(f.Plan.Regulator) {
		return nil
	}
	plan, err := f.Plan.MakeKeys(f.Keys, f.Org)
	if err != nil {
		return err
	}
	for {
		due, waiting, err := f.due(ctx, plan)
		if err == nil && len(due) > 0 {
			err = f.carryOut(ctx, due)
		}
		switch {
		case err != nil && !passing(err):
			return fmt.Errorf("admit the parties of the plan: %w", err)
		case err == nil && len(due) > 0:
			continue
		case err == nil && !waiting:
			return nil
		}
		select {
		case <-time.After(lookAgain):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// passing reports whether a failure is one that waiting may mend.
func passing(err error) bool {
	for _, own := range []error{errNotFounded, ledger.ErrBusy, ledger.ErrUnavailable, ledger.ErrUnknown, ledger.ErrConflict} {
		if errors.Is(err, own) {
			return true
		}
	}
	return false
}

// due lists what this gateway has to command now, and reports whether it waits for another one.
func (f Founder) due(ctx context.Context, plan Plan) (due []desk.Order, waiting bool, err error) {
	keys := make([]string, len(plan.Parties))
	for i, m := range plan.Parties {
		keys[i] = contract.PartyKey(m.USCC)
	}
	values, err := f.Ledger.Get(ctx, keys...)
	if err != nil {
		return nil, false, err
	}
	registers, approves := f.speaksFor(plan.Platform), f.speaksFor(plan.Regulator)
	for i, m := range plan.Parties {
		switch {
		case values[i] == nil && registers && !m.HasKey():
			return nil, false, fmt.Errorf("the plan has no key of %s (%s): `gateway keys --org %s` adds it", m.USCC, m.Name, m.Org)
		case values[i] == nil && registers:
			due = append(due, desk.Order{Party: plan.Platform, Verb: "party.register", Subject: string(m.USCC), Args: m.registration()})
		case values[i] == nil:
			waiting = true
		default:
			pending, err := m.standsAs(values[i])
			if err != nil {
				return nil, false, err
			}
			if pending && approves {
				due = append(due, desk.Order{Party: plan.Regulator, Verb: "party.approve", Subject: string(m.USCC), Args: party.ReasonArgs{}})
			}
		}
	}
	return due[:min(len(due), contract.MaxBatch)], waiting, nil
}

// standsAs reports whether the party waits for its approval, and refuses one that was registered otherwise than the
// plan has it: approving it would give somebody else's key its name.
func (m Member) standsAs(raw []byte) (pending bool, err error) {
	var p party.Party
	if err := canon.Strict(raw, &p); err != nil {
		return false, err
	}
	if p.State != party.Pending {
		return false, nil
	}
	if m.HasKey() && p.Keys[len(p.Keys)-1].JWK != m.Key || p.Org != m.Org || !slices.Equal(p.Roles, m.Roles) {
		return false, fmt.Errorf("%s was registered with another key, organisation or role than the plan has", m.USCC)
	}
	return true, nil
}
