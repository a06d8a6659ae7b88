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
	"decore/chaincode/lifecycle"
	"decore/chaincode/party"
	"decore/gateway/desk"
)

// Admit brings the parties of the plan into the registry: the platform's gateway registers them, the regulator's
// approves those that stand there as the plan has them. It returns when this gateway has nothing left to do, and
// looks again and again while it waits for the other one. A party that cannot be admitted keeps no other from it; the
// error names every one.
func (f Founder) Admit(ctx context.Context) error {
	if !f.speaksFor(f.Plan.Platform) && !f.speaksFor(f.Plan.Regulator) {
		return nil
	}
	plan, err := f.Plan.MakeKeys(f.Keys, f.Org)
	if err != nil {
		return err
	}
	for {
		now, err := f.due(ctx, plan)
		if err == nil && len(now.orders) > 0 {
			err = f.carryOut(ctx, now.orders)
		}
		switch {
		case err != nil && !passing(err):
			return fmt.Errorf("admit the parties of the plan: %w", err)
		case err == nil && len(now.orders) > 0:
			continue
		case err == nil && !now.waiting:
			return now.stuck()
		}
		select {
		case <-time.After(lookAgain):
		case <-ctx.Done():
			return errors.Join(now.stuck(), ctx.Err())
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

// admission is what the registry lacks of the plan.
type admission struct {
	orders  []desk.Order // what this gateway has to command now
	waiting bool         // for another gateway
	refused []error      // why a party is not admitted, for each that cannot be
}

func (a admission) stuck() error {
	if a.refused == nil {
		return nil
	}
	return fmt.Errorf("admit the parties of the plan: %w", errors.Join(a.refused...))
}

func (f Founder) due(ctx context.Context, plan Plan) (now admission, err error) {
	standing, err := plan.Standing(ctx, f.Ledger)
	if err != nil {
		return now, err
	}
	registers, approves := f.speaksFor(plan.Platform), f.speaksFor(plan.Regulator)
	for i, m := range plan.Parties {
		s := standing[i]
		switch {
		case s.Refused != nil:
			now.refused = append(now.refused, s.Refused)
		case s.State == "" && registers:
			now.orders = append(now.orders, desk.Order{Party: plan.Platform, Verb: "party.register", Subject: string(m.USCC), Args: m.registration()})
		case s.State == "":
			now.waiting = true
		case s.State == party.Pending && approves:
			now.orders = append(now.orders, desk.Order{Party: plan.Regulator, Verb: "party.approve", Subject: string(m.USCC), Args: party.ReasonArgs{}})
		}
	}
	now.orders = now.orders[:min(len(now.orders), contract.MaxBatch)]
	return now, nil
}

// Standing is how a party of a plan stands in the registry.
type Standing struct {
	State   lifecycle.State // "" when it is not registered
	Refused error           // why it is not admitted as things are
}

// Standing looks up the plan's parties, in their order.
func (p Plan) Standing(ctx context.Context, l ledger.Ledger) ([]Standing, error) {
	keys := make([]string, len(p.Parties))
	for i, m := range p.Parties {
		keys[i] = contract.PartyKey(m.USCC)
	}
	values, err := l.Get(ctx, keys...)
	if err != nil {
		return nil, err
	}
	all := make([]Standing, len(values))
	for i, m := range p.Parties {
		if all[i], err = m.standing(values[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// standing refuses a party whose key the plan lacks, and one that was registered otherwise than the plan has it:
// approving it would give somebody else's key its name.
func (m Member) standing(raw []byte) (s Standing, err error) {
	var p party.Party
	if raw != nil {
		if err := canon.Strict(raw, &p); err != nil {
			return s, err
		}
	}
	s.State = p.State
	switch {
	case s.State != "" && s.State != party.Pending: // the regulator has decided
	case !m.HasKey():
		s.Refused = fmt.Errorf("the plan has no key of %s (%s): `gateway keys --org %s` adds it", m.USCC, m.Name, m.Org)
	case s.State == party.Pending && (p.Keys[len(p.Keys)-1].JWK != m.Key || p.Org != m.Org || !slices.Equal(p.Roles, m.Roles)):
		s.Refused = fmt.Errorf("%s was registered with another key, organisation or role than the plan has", m.USCC)
	}
	return s, nil
}
