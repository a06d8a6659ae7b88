package projection

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"decore/adapters/ledger"
	"decore/chaincode/evidence"
	"decore/gateway/sqlite"
)

// ask reads the openings that the chunk gave to organisations of this gateway.
//
// A collection answers with its newest value. When that belongs to a block still to come, it does not
// match, and the block to come brings it; only a network that delivers private data late owes one.
func (s *Store) ask(ctx context.Context, l ledger.Ledger, changes []*change) error {
	for _, org := range l.Orgs() {
		var told []*change
		for _, ch := range changes {
			if ch.after.Opening == nil && slices.Contains(ch.told, org) {
				told = append(told, ch)
			}
		}
		if err := askOrg(ctx, l, org, told); err != nil {
			return err
		}
	}
	for _, ch := range changes {
		mine := slices.ContainsFunc(ch.told, func(org string) bool { return slices.Contains(l.Orgs(), org) })
		ch.awaited = ch.after.Opening == nil && (ch.awaited || mine)
	}
	return nil
}

func askOrg(ctx context.Context, l ledger.Ledger, org string, told []*change) error {
	for some := range slices.Chunk(told, maxAsked) {
		ids := make([]string, len(some))
		for i, ch := range some {
			ids[i] = ch.id
		}
		values, err := askPrivate(ctx, l, org, ids)
		if err != nil {
			return err
		}
		for i, ch := range some {
			if err := ch.open(values[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

func askPrivate(ctx context.Context, l ledger.Ledger, org string, keys []string) ([][]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	values, err := l.Private(ctx, org, keys...)
	switch {
	case errors.Is(err, ledger.ErrNotEntitled):
		return make([][]byte, len(keys)), nil // the engine lists an organisation that it cannot read for
	case err == nil && len(values) != len(keys):
		err = errors.New("answers do not match the question")
	}
	if err != nil {
		return nil, fmt.Errorf("read private values of %s: %w", org, err)
	}
	return values, nil
}

// askForAwaited asks again for openings that had not come when their block did.
func (s *Store) askForAwaited(ctx context.Context, l ledger.Ledger) error {
	for after, more := "", true; more; {
		rows, err := s.db.Writer.QueryContext(ctx, `SELECT id FROM records WHERE awaited = 1 AND id > ? ORDER BY id LIMIT ?`, after, maxAsked)
		ids, err := sqlite.Collect(rows, err, func(scan func(...any) error) (id string, err error) { err = scan(&id); return id, err })
		if err != nil || len(ids) == 0 {
			return s.fault(err)
		}
		if err := s.askForSome(ctx, l, ids); err != nil {
			return err
		}
		after, more = ids[len(ids)-1], len(ids) == maxAsked
	}
	return nil
}

func (s *Store) askForSome(ctx context.Context, l ledger.Ledger, ids []string) error {
	stored, err := s.stored(ctx, ids)
	if err != nil {
		return err
	}
	var changes []*change
	for _, id := range ids {
		old := stored[id]
		changes = append(changes, &change{id: id, before: old.record, after: old.record, header: old.header, awaited: true, told: l.Orgs()})
	}
	if err := s.ask(ctx, l, changes); err != nil {
		return err
	}
	if err := askForCopies(ctx, l, changes); err != nil {
		return err
	}
	changes = slices.DeleteFunc(changes, func(ch *change) bool { return ch.awaited })
	if len(changes) == 0 {
		return nil
	}
	return s.commit(ctx, newChunk(), changes)
}

// askForCopies asks for openings that should have come and did not, wherever else they are held.
func askForCopies(ctx context.Context, l ledger.Ledger, changes []*change) error {
	wanted := map[string]evidence.Commitment{}
	for _, ch := range changes {
		if ch.awaited {
			wanted[ch.id] = ch.after.Header.Terms
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	found, err := l.Copies(ctx, wanted)
	if err != nil {
		return fmt.Errorf("ask for copies: %w", err)
	}
	for _, ch := range changes {
		if raw, ok := found[ch.id]; ok && ch.awaited {
			if err := ch.open(raw); err != nil {
				return err
			}
			ch.awaited = ch.after.Opening == nil
		}
	}
	return nil
}
