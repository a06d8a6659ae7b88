package audit

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/duplicate"
	"decore/chaincode/evidence"
	"decore/chaincode/financing"
	"decore/chaincode/ident"
	"decore/chaincode/party"
	"decore/chaincode/subsidy"
)

// books are the subsidy's private terms, as far as this client holds copies that the public headers commit to. Whoever
// holds none of them finds nothing here; the finance bureau holds all.
type books struct {
	claims   shelf[contract.ClaimTerms]
	accounts shelf[contract.AccountTerms]
	loans    shelf[financing.Terms]
	policies map[string]map[int]subsidy.Policy // every version, by policy
	mine     map[ident.USCC]bool               // parties whose copies are this client's
	bureau   ident.USCC                        // that reads every claim and account
	key      duplicate.Key                     // nil where this client has no copy of it

	byHousehold map[household]*index
	byAccount   map[string][]string // claims that draw on it
}

// household is one under one policy.
type household struct {
	policy string
	uscc   ident.USCC
}

// index are the records of a household.
type index struct{ accounts, claims []string }

// arrange indexes what was read. A claim is with every household in whose account it ever was.
func (b *books) arrange() {
	b.byHousehold, b.byAccount = map[household]*index{}, map[string][]string{}
	of := func(policy string, u ident.USCC) *index {
		h := household{policy, u}
		if b.byHousehold[h] == nil {
			b.byHousehold[h] = &index{}
		}
		return b.byHousehold[h]
	}
	for _, id := range slices.Sorted(maps.Keys(b.accounts.terms)) {
		a := b.accounts.terms[id].Account
		i := of(a.Policy, a.Household)
		i.accounts = append(i.accounts, id)
	}
	for _, id := range slices.Sorted(maps.Keys(b.claims.terms)) {
		t := b.claims.terms[id]
		b.byAccount[t.Account] = append(b.byAccount[t.Account], id)
		stays := []ident.USCC{t.Claim.Household}
		for _, p := range t.Claim.Passages {
			if !slices.Contains(stays, p.From) {
				stays = append(stays, p.From)
			}
		}
		for _, u := range stays {
			i := of(t.Claim.Policy, u)
			i.claims = append(i.claims, id)
		}
	}
}

// shelf holds the records of a kind by their IDs: the headers as they were read last, and the terms of those that were opened.
type shelf[T contract.Terms] struct {
	headers    map[string]contract.Header
	terms      map[string]T
	unreadable map[string]bool // their copies are no terms of this kind, which is told once
}

func newShelf[T contract.Terms]() shelf[T] {
	return shelf[T]{map[string]contract.Header{}, map[string]T{}, map[string]bool{}}
}

// readKind reads all records of a kind, whose IDs begin with a prefix, and opens those that are new on the shelf. One
// that moves on between the two readings stays unopened.
func readKind[T contract.Terms](ctx context.Context, r *run, prefix, kind string, old shelf[T]) (shelf[T], error) {
	now := newShelf[T]()
	from, to := contract.RecordKey(prefix), contract.RecordKey(prefix)+lastKey
	for {
		entries, err := r.ledger.Range(ctx, from, to, page)
		if err != nil {
			return now, fmt.Errorf("read state: %w", err)
		}
		for _, e := range entries {
			var h contract.Header
			if canon.Strict(e.Value, &h) == nil && h.Kind == kind && strings.HasPrefix(h.ID, prefix) {
				now.headers[h.ID] = h
			}
		}
		if len(entries) < page {
			return now, open(ctx, r, now, old)
		}
		from = entries[len(entries)-1].Key + "\x00"
	}
}

// readNamed reads and opens those of the named records that are of the kind.
func readNamed[T contract.Terms](ctx context.Context, r *run, ids []string, kind string) (shelf[T], error) {
	now := newShelf[T]()
	slices.Sort(ids)
	for some := range slices.Chunk(slices.Compact(ids), page) {
		keys := make([]string, len(some))
		for i, id := range some {
			keys[i] = contract.RecordKey(id)
		}
		values, err := r.ledger.Get(ctx, keys...)
		if err != nil {
			return now, fmt.Errorf("read state: %w", err)
		}
		for i, raw := range values {
			var h contract.Header
			if raw != nil && canon.Strict(raw, &h) == nil && h.Kind == kind {
				now.headers[some[i]] = h
			}
		}
	}
	return now, open(ctx, r, now, shelf[T]{})
}

// open takes over what is on the old shelf as it is now, and opens the rest: from this client's own copies, and else from
// those that others give it back.
func open[T contract.Terms](ctx context.Context, r *run, now, old shelf[T]) error {
	var closed []string
	for _, id := range slices.Sorted(maps.Keys(now.headers)) {
		if t, known := old.terms[id]; known && old.headers[id].Terms == now.headers[id].Terms {
			now.terms[id] = t
			continue
		}
		now.unreadable[id] = old.unreadable[id]
		closed = append(closed, id)
	}
	for some := range slices.Chunk(closed, page) {
		for _, org := range r.ledger.Orgs() {
			copies, err := r.ledger.Private(ctx, org, some...)
			if err != nil {
				return fmt.Errorf("read private copies of %s: %w", org, err)
			}
			for i, raw := range copies {
				now.take(r, some[i], raw)
			}
		}
		if err := restore(ctx, r, some, now); err != nil {
			return err
		}
	}
	return nil
}

// restore gets copies that were written for this client and did not come to it.
func restore[T contract.Terms](ctx context.Context, r *run, ids []string, now shelf[T]) error {
	wanted := map[string]evidence.Commitment{}
	for _, id := range ids {
		if _, opened := now.terms[id]; !opened {
			wanted[id] = now.headers[id].Terms
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	copies, err := r.ledger.Copies(ctx, wanted)
	if err != nil {
		return fmt.Errorf("ask for private copies: %w", err)
	}
	for id, raw := range copies {
		now.take(r, id, raw)
	}
	return nil
}

// take opens a copy, if it is the newest.
func (s shelf[T]) take(r *run, id string, raw []byte) {
	sealed, err := evidence.Open(raw)
	if err != nil || sealed.Commitment() != s.headers[id].Terms {
		return
	}
	var t T
	if err := canon.Strict(sealed.Terms, &t); err != nil {
		if !s.unreadable[id] {
			r.tell(Unexplained{Key: contract.RecordKey(id), Reason: "its terms cannot be read"})
		}
		s.unreadable[id] = true
		return
	}
	s.terms[id] = t
}

// readPolicies reads every version of the policies that are named.
func (b *books) readPolicies(ctx context.Context, r *run) error {
	for _, t := range b.claims.terms {
		if err := b.readPolicy(ctx, r, t.Claim.Policy); err != nil {
			return err
		}
	}
	for _, t := range b.accounts.terms {
		if err := b.readPolicy(ctx, r, t.Account.Policy); err != nil {
			return err
		}
	}
	return nil
}

func (b *books) readPolicy(ctx context.Context, r *run, id string) error {
	if b.policies[id] != nil {
		return nil
	}
	versions := map[int]subsidy.Policy{}
	for {
		version := len(versions) + 1
		values, err := r.ledger.Get(ctx, contract.PolicyVersionKey(id, version))
		if err != nil {
			return fmt.Errorf("read state: %w", err)
		}
		p, known := legible[subsidy.Policy](values[0])
		if !known {
			b.policies[id] = versions
			return nil
		}
		versions[version] = p
	}
}

// legible reads a public value; of one that is no such thing the blocks show what is wrong with it.
func legible[T any](raw []byte) (v T, known bool) {
	known = raw != nil && canon.Strict(raw, &v) == nil
	return v, known
}

// readMine finds out whose copies this client holds, of the bureaus and households of accounts.
func (b *books) readMine(ctx context.Context, r *run) error {
	for _, t := range b.accounts.terms {
		for _, u := range []ident.USCC{t.Bureau, t.Account.Household} {
			if err := b.readParty(ctx, r, u); err != nil {
				return err
			}
		}
	}
	return b.readParty(ctx, r, b.bureau)
}

func (b *books) readParty(ctx context.Context, r *run, u ident.USCC) error {
	if _, known := b.mine[u]; known {
		return nil
	}
	values, err := r.ledger.Get(ctx, contract.PartyKey(u))
	if err != nil {
		return fmt.Errorf("read state: %w", err)
	}
	p, known := legible[party.Party](values[0])
	b.mine[u] = known && slices.Contains(r.ledger.Orgs(), p.Org)
	return nil
}

// readCharter reads who the bureau is, and the consortium's key, by which a household's account is named.
func (b *books) readCharter(ctx context.Context, r *run) error {
	values, err := r.ledger.Get(ctx, contract.CharterKey())
	if err != nil {
		return fmt.Errorf("read state: %w", err)
	}
	charter, known := legible[contract.Charter](values[0])
	if !known {
		return nil // the blocks show what is wrong with it
	}
	b.bureau = charter.Regulator
	for _, org := range r.ledger.Orgs() {
		copies, err := r.ledger.Private(ctx, org, contract.TokenSecretKey)
		if err != nil {
			return fmt.Errorf("read private copies of %s: %w", org, err)
		}
		if key, err := contract.OpenTokenKey(copies[0], charter.TokenKey); err == nil {
			b.key = key
		}
	}
	return nil
}
