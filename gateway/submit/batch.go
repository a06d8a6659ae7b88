package submit

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"decore/adapters/ledger"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
)

// place is where a command of a batch came from.
type place struct {
	sub *submission
	i   int
}

func placesOf(subs ...*submission) (places []place) {
	for _, sub := range subs {
		for i := range sub.commands {
			places = append(places, place{sub, i})
		}
	}
	return places
}

// submit brings the submissions to the ledger as one transaction and fills in their answers.
func (s *Submitter) submit(ctx context.Context, subs []*submission) {
	places := placesOf(subs...)
	err := s.settle(ctx, places, s.ledger.Submit)
	switch {
	case err == nil:
	case len(subs) > 1 && !passing(err):
		// What keeps a batch from being decided at all may be one caller's; the others must not suffer for it.
		for _, sub := range subs {
			s.submit(ctx, []*submission{sub})
		}
	case len(places) > 1 && errors.Is(err, ledger.ErrMixed):
		s.oneByOne(ctx, subs[0])
	default:
		for _, sub := range subs {
			sub.err = err
		}
	}
}

// oneByOne submits the commands of one caller in their order, each as a transaction of its own.
func (s *Submitter) oneByOne(ctx context.Context, sub *submission) {
	for i, command := range sub.commands {
		alone := newSubmission([]Signed{command})
		s.submit(ctx, []*submission{alone})
		sub.answers[i], sub.errs[i] = alone.answers[0], alone.errs[0]
		if alone.err != nil {
			sub.err = alone.err
			return
		}
	}
}

// passing reports whether an error is the ledger's or the context's own, and so the same for every caller.
func passing(err error) bool {
	for _, own := range []error{ledger.ErrBusy, ledger.ErrUnavailable, ledger.ErrUnknown, ledger.ErrConflict, ledger.ErrDamaged,
		context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, own) {
			return true
		}
	}
	return false
}

// port is the way of a batch to the ledger: to be submitted, or only tried.
type port func(context.Context, contract.Batch) (ledger.Commit, error)

// settle asks the ledger until the commands are decided. A command that needs terms which this gateway cannot
// open is answered alone and leaves the batch, so that it does not keep the others.
//
// A conflict is the dispatcher's to mend, after a pause.
func (s *Submitter) settle(ctx context.Context, places []place, decide port) error {
	var owed []jsontext.Value
	for attempt := 1; len(places) > 0; attempt++ {
		batch, err := s.compose(ctx, places, owed, attempt == 1)
		if err != nil {
			return err
		}
		commit, err := decide(ctx, batch)
		var need *contract.OpeningsNeededError
		switch {
		case err == nil && len(commit.Results) != len(places):
			return fmt.Errorf("the ledger answered %d of %d commands", len(commit.Results), len(places))
		case err == nil:
			for i, p := range places {
				p.sub.answers[p.i] = Answer{Result: commit.Results[i], Tx: commit.Tx, Block: commit.Block, Time: commit.Time}
			}
			return nil
		case errors.As(err, &need):
			var more []jsontext.Value
			if places, more, err = s.bring(ctx, places, batch, need, attempt > s.opts.Attempts); err != nil {
				return err
			}
			owed = append(owed, more...)
			if attempt > 1 {
				// What was brought is not what the endorsers have: they are a block behind, or ahead.
				if err := pause(ctx, attempt); err != nil {
					return err
				}
			}
		case errors.Is(err, ledger.ErrConflict):
			return errors.Join(err, pause(ctx, places[0].sub.attempts+1))
		default:
			return err
		}
	}
	return nil
}

// compose gathers the commands with the openings of what they are known to touch, and those that others gave. What the
// signers know is taken for the newest when it is trusted.
func (s *Submitter) compose(ctx context.Context, places []place, owed []jsontext.Value, trust bool) (contract.Batch, error) {
	b := contract.Batch{Openings: slices.Clone(owed)}
	known := map[string][]byte{}
	var records []string
	for _, p := range places {
		c := p.sub.commands[p.i]
		b.Commands = append(b.Commands, c.JWS)
		if c.Opening != nil {
			b.Openings = append(b.Openings, jsontext.Value(c.Opening))
		}
		if trust {
			maps.Copy(known, c.Known)
		}
		records = append(records, s.openings.touched(c)...)
	}
	records = slices.DeleteFunc(records, func(id string) bool { return known[id] != nil })
	secret, err := s.openings.tokenKey(ctx)
	if err != nil {
		return b, err
	}
	if secret != nil {
		b.Openings = append(b.Openings, secret)
	}
	found, err := s.openings.fetch(ctx, records)
	if err != nil {
		return b, err
	}
	maps.Copy(found, known)
	for _, raw := range found {
		b.Openings = append(b.Openings, jsontext.Value(raw))
	}
	return b, nil
}

// bring notes what the commands need besides, and asks others for what they owe; commands that need what cannot be
// had are answered.
func (s *Submitter) bring(ctx context.Context, places []place, batch contract.Batch, need *contract.OpeningsNeededError, last bool) (
	[]place, []jsontext.Value, error,
) {
	found, err := s.openings.fetch(ctx, need.Records())
	if err != nil {
		return nil, nil, err
	}
	owed, err := s.ask(ctx, batch, need, found)
	if err != nil {
		return nil, nil, err
	}
	hopeless := map[int]string{}
	for _, n := range need.Needs {
		if _, ok := found[n.Record]; !ok || last {
			hopeless[n.Command] = n.Record
			continue
		}
		p := places[n.Command]
		s.openings.learn(p.sub.commands[p.i], n.Record)
	}
	kept := places[:0:0]
	for i, p := range places {
		if record, ok := hopeless[i]; ok {
			p.sub.errs[p.i] = &UnknownRecordError{Record: record}
			continue
		}
		kept = append(kept, p)
	}
	return kept, owed, nil
}

// Owed returns the openings that other organisations owe to the signer of a command (contract.Owed). The command is
// not submitted.
func (s *Submitter) Owed(ctx context.Context, command Signed) ([]jsontext.Value, error) {
	batch, err := s.compose(ctx, []place{{&submission{commands: []Signed{command}}, 0}}, nil, true)
	if err != nil {
		return nil, err
	}
	return s.ledger.Owed(ctx, batch)
}

// ask adds to found what other organisations owe of what is missing.
func (s *Submitter) ask(ctx context.Context, batch contract.Batch, need *contract.OpeningsNeededError, found map[string][]byte) ([]jsontext.Value, error) {
	lacking := func(n contract.Need) bool { return n.Owed && found[n.Record] == nil }
	if !slices.ContainsFunc(need.Needs, lacking) {
		return nil, nil
	}
	owed, err := s.ledger.Owed(ctx, batch)
	if err != nil {
		return nil, fmt.Errorf("ask for terms: %w", err)
	}
	for _, raw := range owed {
		if sealed, err := evidence.Open(raw); err == nil {
			found[sealed.About] = raw
		}
	}
	return owed, nil
}

// pause waits before another try, at random so that two gateways do not meet again, and longer after each.
func pause(ctx context.Context, attempt int) error {
	d := rand.N(time.Duration(1<<min(attempt, 7)) * 5 * time.Millisecond)
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return errors.Join(ledger.ErrUnknown, ctx.Err())
	}
}
