package projection

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/credit"
	"decore/chaincode/duplicate"
	"decore/chaincode/encumbrance"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/party"
	"decore/chaincode/subsidy"
	"decore/gateway/sqlite"
)

// fact reads a public value of the ledger; nil when the ledger has none. What it points to is shared
// between readers.
func fact[T any](ctx context.Context, s *Store, key string) (*T, error) {
	v, err := cached(s.cache, s.cache.facts, key, func() (any, error) {
		var raw []byte
		err := s.stmt.fact.QueryRowContext(ctx, key).Scan(&raw)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return nil, nil
		case err != nil:
			return nil, s.fault(err)
		}
		return decoded[T](key, raw)
	})
	if v == nil || err != nil {
		return nil, err
	}
	t, ok := v.(*T)
	if !ok {
		return nil, fmt.Errorf("%w: %s holds a %T", ErrUnreadable, key, v)
	}
	return t, nil
}

func decoded[T any](key string, raw []byte) (*T, error) {
	var t T
	if err := canon.Strict(raw, &t); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrUnreadable, key, err)
	}
	return &t, nil
}

// must turns an absent fact into ErrNotFound.
func must[T any](v *T, err error, what string) (T, error) {
	if err == nil && v == nil {
		err = fmt.Errorf("%w: %s", ErrNotFound, what)
	}
	return orZero(v), err
}

func orZero[T any](v *T) T {
	if v == nil {
		var none T
		return none
	}
	return *v
}

// Charter returns what the ledger was founded on, or ErrNotFound before that.
func (s *Store) Charter(ctx context.Context) (contract.Charter, error) {
	v, err := fact[contract.Charter](ctx, s, contract.CharterKey())
	return must(v, err, "the charter")
}

// Party returns a registered party, or ErrNotFound.
func (s *Store) Party(ctx context.Context, u ident.USCC) (party.Party, error) {
	v, err := fact[party.Party](ctx, s, contract.PartyKey(u))
	return must(v, err, "party "+string(u))
}

// Token returns the register of a document; an empty one when nobody registered it.
func (s *Store) Token(ctx context.Context, t duplicate.Token) (duplicate.Register, error) {
	v, err := fact[duplicate.Register](ctx, s, contract.TokenKey(string(t)))
	return orZero(v), err
}

// Book returns the encumbrance book of a value by its root record; an empty one when it never had a lien.
func (s *Store) Book(ctx context.Context, root string) (encumbrance.Book, error) {
	v, err := fact[encumbrance.Book](ctx, s, contract.BookKey(root))
	return orZero(v), err
}

// ClaimOf returns the record ID of a loan's one subsidy claim, the last where those before it were void; or ErrNotFound.
func (s *Store) ClaimOf(ctx context.Context, loan string) (string, error) {
	v, err := fact[string](ctx, s, contract.ClaimKey(loan))
	return must(v, err, "a claim of "+loan)
}

// Policy returns a policy as it stands on the ledger; version 0 is the current one. ErrNotFound when there
// is none.
func (s *Store) Policy(ctx context.Context, id string, version int) (jsontext.Value, error) {
	key := contract.PolicyKey(id)
	if version > 0 {
		key = contract.PolicyVersionKey(id, version)
	}
	var raw []byte
	err := s.stmt.fact.QueryRowContext(ctx, key).Scan(&raw)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("%w: policy %s version %d", ErrNotFound, id, version)
	}
	return raw, s.fault(err)
}

// CreditPolicy returns the credit policy that is current.
func (s *Store) CreditPolicy(ctx context.Context) (credit.Policy, error) {
	v, err := fact[credit.Policy](ctx, s, contract.PolicyKey(contract.CreditPolicy))
	return must(v, err, "the credit policy")
}

// SubsidyPolicy returns a version of a subsidy policy; version 0 is the current one.
func (s *Store) SubsidyPolicy(ctx context.Context, id string, version int) (subsidy.Policy, error) {
	if id == contract.CreditPolicy {
		return subsidy.Policy{}, fmt.Errorf("%w: subsidy policy %s", ErrNotFound, id)
	}
	key := contract.PolicyKey(id)
	if version > 0 {
		key = contract.PolicyVersionKey(id, version)
	}
	v, err := fact[subsidy.Policy](ctx, s, key)
	return must(v, err, "subsidy policy "+id)
}

// PolicyVersion names one version of a policy.
type PolicyVersion struct {
	ID      string
	Version int
	Current bool
	Body    jsontext.Value
}

// Policies lists every version of every policy, the versions of one in order.
func (s *Store) Policies(ctx context.Context) ([]PolicyVersion, error) {
	var all []PolicyVersion
	err := s.scanFacts(ctx, contract.PolicyKey(""), "", func(key string, raw []byte) (bool, error) {
		id, version, versioned := strings.Cut(key, "/")
		if !versioned {
			return true, nil // the current version, which is listed under its number too
		}
		v := PolicyVersion{ID: id, Current: true, Body: raw}
		if _, err := fmt.Sscanf(version, "%d", &v.Version); err != nil {
			return false, fmt.Errorf("%w: policy %s", ErrUnreadable, key)
		}
		if n := len(all); n > 0 && all[n-1].ID == id {
			all[n-1].Current = false
		}
		all = append(all, v)
		return true, nil
	})
	return all, err
}

// PartyFilter selects parties; zero fields select all.
type PartyFilter struct {
	Role  lifecycle.Role
	State lifecycle.State
	After ident.USCC // parties behind this one
	Limit int        // at most: 50 when 0, 500 at most
}

// Parties lists parties in the order of their codes.
func (s *Store) Parties(ctx context.Context, f PartyFilter) ([]party.Party, error) {
	limit, err := limitOf(f.Limit)
	if err != nil {
		return nil, err
	}
	var all []party.Party
	err = s.scanFacts(ctx, contract.PartyKey(""), string(f.After), func(key string, raw []byte) (bool, error) {
		p, err := decoded[party.Party](key, raw)
		if err != nil {
			return false, err
		}
		if (f.Role == "" || slices.Contains(p.Roles, f.Role)) && (f.State == "" || p.State == f.State) {
			all = append(all, *p)
		}
		return len(all) < limit, nil
	})
	return all, err
}

// scanFacts calls fn with the facts whose key has the prefix, by what follows it, behind after, until fn
// answers false.
func (s *Store) scanFacts(ctx context.Context, prefix, after string, fn func(key string, value []byte) (bool, error)) error {
	const page = 500
	for more := true; more; {
		rows, err := s.db.Reader.QueryContext(ctx, `SELECT key, value FROM facts WHERE key > ? AND key < ? ORDER BY key LIMIT ?`,
			prefix+after, prefixEnd(prefix), page)
		found, err := sqlite.Collect(rows, err, func(scan func(...any) error) (e contract.Entry, err error) {
			err = scan(&e.Key, &e.Value)
			return e, err
		})
		if err != nil {
			return s.fault(err)
		}
		more = len(found) == page
		for _, e := range found {
			after = strings.TrimPrefix(e.Key, prefix)
			if on, err := fn(after, e.Value); !on || err != nil {
				return err
			}
		}
	}
	return nil
}

// prefixEnd is the first key behind all keys with the prefix, which ends in an ASCII character.
func prefixEnd(prefix string) string {
	return prefix[:len(prefix)-1] + string(prefix[len(prefix)-1]+1)
}
