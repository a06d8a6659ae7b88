package api

import (
	"context"
	"errors"
	"slices"

	"decore/chaincode/calendar"
	"decore/chaincode/contract"
	"decore/chaincode/encumbrance"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/party"
	"decore/gateway/auth"
	"decore/gateway/problem"
	"decore/gateway/projection"
)

// sight is how much of a record a caller sees.
type sight int

const (
	nothing sight = iota // not even that it exists
	header               // the public part
	terms                // all of it
)

// sights says what each role sees: terms for these reasons, and whether the headers of all records.
var sights = map[lifecycle.Role]struct {
	terms   []projection.Access
	headers bool
}{
	lifecycle.SME:       {terms: own},
	lifecycle.Leader:    {terms: own},
	lifecycle.Bank:      {terms: append(slices.Clone(own), projection.Granted)},
	lifecycle.Keeper:    {terms: own},
	lifecycle.Guarantor: {terms: own},
	lifecycle.Insurer:   {terms: own},
	lifecycle.Platform:  {headers: true},
	lifecycle.Regulator: {terms: own, headers: true}, // own are the subsidy's claims and accounts, by which it is bound
}

var own = []projection.Access{projection.Bound, projection.Owner}

// sight returns what the caller sees of the record today.
func (a *API) sight(ctx context.Context, e *exchange, r projection.Record) (sight, error) {
	best := nothing
	why := projection.CanRead(r, e.caller.Party, a.today())
	for _, role := range e.caller.Roles {
		s := sights[role]
		switch {
		case why != "" && slices.Contains(s.terms, why):
			return terms, nil
		case s.headers:
			best = header
		}
	}
	if best == nothing && e.caller.Has(lifecycle.Bank) {
		// A bank keeps its sight of what it holds, also when the grant has run out.
		live, err := a.liens(ctx, r)
		if err != nil {
			return nothing, err
		}
		if slices.ContainsFunc(live, func(l encumbrance.Lien) bool { return l.Holder == e.caller.Party }) {
			return terms, nil
		}
	}
	return best, nil
}

// readsFor lists for which reasons a caller with the roles reads terms.
func readsFor(roles []lifecycle.Role) []projection.Access {
	var all []projection.Access
	for _, role := range roles {
		for _, why := range sights[role].terms {
			if !slices.Contains(all, why) {
				all = append(all, why)
			}
		}
	}
	return all
}

// record returns a record of the kind that the caller sees, and how much. Where it sees nothing, the answer is the
// same as where there is nothing.
func (a *API) record(ctx context.Context, e *exchange, kind, id string) (projection.Record, sight, error) {
	notFound := problem.New("RECORD_NOT_FOUND")
	r, err := a.store.Record(ctx, id)
	if errors.Is(err, projection.ErrNotFound) || err == nil && r.Kind != kind {
		return projection.Record{}, nothing, notFound
	}
	if err != nil {
		return projection.Record{}, nothing, err
	}
	s, err := a.sight(ctx, e, r)
	if err == nil && s == nothing {
		err = notFound
	}
	return r, s, err
}

// liens lists the live liens on the record's value.
func (a *API) liens(ctx context.Context, r projection.Record) ([]encumbrance.Lien, error) {
	b, err := a.store.Book(ctx, r.Root)
	if err != nil || len(b.Liens) == 0 {
		return nil, err
	}
	return b.Live(r.ID, r.Stages(), a.ledger.Now()), nil
}

// enrolled returns the caller's entry in the registry, when it is active and has every role that the token claims.
func (a *API) enrolled(ctx context.Context, c auth.Caller) (party.Party, error) {
	p, err := a.store.Party(ctx, c.Party)
	switch {
	case errors.Is(err, projection.ErrNotFound):
		return p, problem.New(problem.CallerUnknown)
	case err != nil:
		return p, err
	case p.State != party.Active:
		return p, problem.New(problem.CallerNotActive)
	}
	for _, role := range c.Roles {
		if !p.Has(role) {
			return p, problem.New(problem.RoleNotHeld).Because(string(role), string(role))
		}
	}
	return p, nil
}

// mayUse reports whether one of the caller's roles is among those of an operation; nil names all.
func mayUse(callers, wanted []lifecycle.Role) bool {
	return wanted == nil || slices.ContainsFunc(callers, func(r lifecycle.Role) bool { return slices.Contains(wanted, r) })
}

// rolesOf lists the roles that may sign a verb, each once.
func rolesOf(row lifecycle.Row) []lifecycle.Role {
	var roles []lifecycle.Role
	for _, by := range row.By {
		if !slices.Contains(roles, by.Role) {
			roles = append(roles, by.Role)
		}
	}
	return roles
}

// allowed lists the verbs that the caller may use on the record now.
func (a *API) allowed(e *exchange, r projection.Record, live []encumbrance.Lien) []string {
	table, known := contract.TableOf(r.Kind)
	if !known {
		return []string{}
	}
	return table.Allowed(r.State, e.caller.Roles, func(as lifecycle.Relation) bool {
		switch as {
		case lifecycle.Holder:
			return slices.ContainsFunc(live, func(l encumbrance.Lien) bool {
				return l.Holder == e.caller.Party && (l.Record == r.ID || slices.Contains(r.Stages(), l.Record))
			})
		case lifecycle.Grantee:
			return r.Granted(e.caller.Party, a.today())
		}
		return r.Terms != nil && r.Terms.Related(as) == e.caller.Party
	})
}

func (a *API) today() calendar.Date { return calendar.At(a.ledger.Now()) }

// seesAll reports whether the caller sees the headers of all records.
func seesAll(e *exchange) bool {
	return slices.ContainsFunc(e.caller.Roles, func(r lifecycle.Role) bool { return sights[r].headers })
}

// isAbout reports whether the caller is the party.
func isAbout(e *exchange, u ident.USCC) bool { return e.caller.Party == u }
