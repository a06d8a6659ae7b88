package receipt

import (
	"maps"
	"slices"
	"strings"

	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/credit"
	"decore/chaincode/evidence"
	"decore/chaincode/fault"
	"decore/chaincode/ident"
	lc "decore/chaincode/lifecycle"
	"decore/chaincode/party"
	"decore/gateway/verification"
)

const verbFound = "ledger.found"

// registry is charter, parties and credit policy as signed commands make them, one after the other. It
// trusts nothing else.
type registry struct {
	anchor  string // ID of the key that founded the ledger
	charter contract.Charter
	parties map[ident.USCC]party.Party
	policy  credit.Policy
}

// step admits a command as the contract did, and carries out what it changes in the registry.
func (r *registry) step(c *verification.Command) *Failure {
	switch {
	case r.anchor == "" && c.Verb != verbFound:
		return &Failure{Code: FoundingMissing, Detail: "the first command must found the ledger"}
	case c.Verb == verbFound:
		return r.found(c)
	case c.Ledger != r.charter.Ledger:
		return &Failure{Code: WrongLedger}
	}
	signer, f := r.authenticate(c)
	if f != nil {
		return f
	}
	switch kind, verb, _ := strings.Cut(c.Verb, "."); kind {
	case party.Table.Kind:
		return r.changeParty(c, signer, verb)
	case "policy":
		return r.publish(c, signer)
	case "ledger":
		return r.admit(c, signer, verb)
	}
	return nil
}

// found reads the founding, which certifies itself: it brings the regulator's key and is signed by it.
func (r *registry) found(c *verification.Command) *Failure {
	var a contract.FoundArgs
	if r.anchor != "" || canon.Strict(c.Body, &a) != nil {
		return &Failure{Code: StepInvalid, Detail: c.Verb}
	}
	switch {
	case a.Regulator.Key.ID() != c.KeyID || a.Regulator.USCC != c.Party:
		return &Failure{Code: KeyUnknown}
	case !c.SignedBy(a.Regulator.Key):
		return &Failure{Code: SignatureInvalid}
	case a.Ledger != c.Ledger || c.Subject != "ledger" || a.Credit.ID != contract.CreditPolicy:
		return &Failure{Code: StepInvalid, Detail: c.Verb}
	}
	at := c.Position.Time
	r.anchor, r.policy, r.parties = c.KeyID, a.Credit, map[ident.USCC]party.Party{}
	r.charter = contract.Charter{Ledger: a.Ledger, Orgs: a.Orgs, Regulator: a.Regulator.USCC, TokenKey: a.TokenKey, Founded: at}
	for _, f := range []contract.Founder{a.Regulator, a.Platform} {
		p, err := party.Register(f.USCC, f.RegisterArgs, at)
		if err != nil {
			return &Failure{Code: StepInvalid, Detail: c.Verb}
		}
		p.State = party.Active
		r.save(p, at)
	}
	return nil
}

func (r *registry) save(p party.Party, at evidence.Instant) {
	p.Version++
	p.Updated = at
	r.parties[p.USCC] = p
}

// authenticate finds the signer's key as the registry had it at that time, and checks the signature.
func (r *registry) authenticate(c *verification.Command) (party.Party, *Failure) {
	p, ok := r.parties[c.Party]
	switch {
	case !ok:
		return p, &Failure{Code: SignerUnknown, Detail: string(c.Party)}
	case p.State != party.Active:
		return p, &Failure{Code: SignerNotActive, Detail: string(c.Party)}
	}
	key, err := p.Key(c.KeyID, c.Time.Time, r.policy.CommandMaxSkew())
	if err != nil {
		codes := map[fault.Code]Code{fault.KeyUnknown: KeyUnknown, fault.KeyNotValid: KeyNotValid}
		return p, &Failure{Code: codes[fault.Of(err).Code]}
	}
	if !c.SignedBy(key.JWK) {
		return p, &Failure{Code: SignatureInvalid}
	}
	// Times are compared and not subtracted: a difference of centuries is no duration.
	at := c.Position.Time
	if c.Time.Before(at.Add(-r.policy.CommandMaxAge())) || c.Time.After(at.Add(r.policy.CommandMaxSkew())) {
		return p, &Failure{Code: Untimely}
	}
	return p, nil
}

// partySteps are the verbs of a party's lifecycle; register starts from no party.
var partySteps = map[string]func(p party.Party, c *verification.Command) (party.Party, error){
	"register": func(_ party.Party, c *verification.Command) (party.Party, error) {
		return withArgs(c, func(a party.RegisterArgs) (party.Party, error) {
			return party.Register(ident.USCC(c.Subject), a, c.Position.Time)
		})
	},
	"approve":   toState(party.Active),
	"suspend":   toState(party.Suspended),
	"reinstate": toState(party.Active),
	"rotate-key": func(p party.Party, c *verification.Command) (party.Party, error) {
		return withArgs(c, func(a party.KeyArgs) (party.Party, error) { return p.Rotate(a.Key, c.Position.Time) })
	},
	"revoke-key": func(p party.Party, c *verification.Command) (party.Party, error) {
		return withArgs(c, func(a party.KeyArgs) (party.Party, error) { return p.Revoke(a.Key, c.Position.Time) })
	},
}

func toState(s lc.State) func(party.Party, *verification.Command) (party.Party, error) {
	return func(p party.Party, _ *verification.Command) (party.Party, error) {
		p.State = s
		return p, nil
	}
}

func withArgs[A any](c *verification.Command, apply func(A) (party.Party, error)) (party.Party, error) {
	var a A
	if err := canon.Strict(c.Body, &a); err != nil {
		return party.Party{}, err
	}
	return apply(a)
}

func (r *registry) changeParty(c *verification.Command, signer party.Party, verb string) *Failure {
	invalid := &Failure{Code: StepInvalid, Detail: c.Verb}
	row, ok := party.Table.Row(verb)
	before := r.parties[ident.USCC(c.Subject)] // zero, in no state, before it is registered
	itself := func(as lc.Relation) bool { return as == lc.Self && c.Subject == string(c.Party) }
	if !ok || !row.Leaves(before.State) || !row.Permits(signer.Roles, itself) {
		return invalid
	}
	p, err := partySteps[verb](before, c)
	if err != nil {
		return invalid
	}
	r.save(p, c.Position.Time)
	return nil
}

func (r *registry) publish(c *verification.Command, signer party.Party) *Failure {
	var a contract.PublishArgs
	var p credit.Policy
	switch {
	case !signer.Has(lc.Regulator), c.Subject != contract.CreditPolicy, canon.Strict(c.Body, &a) != nil,
		canon.Strict(a.Policy, &p) != nil, p.ID != contract.CreditPolicy, p.Version != r.policy.Version+1:
		return &Failure{Code: StepInvalid, Detail: c.Verb}
	}
	r.policy = p
	return nil
}

// admit takes an organisation into the charter.
func (r *registry) admit(c *verification.Command, signer party.Party, verb string) *Failure {
	var a contract.AdmitArgs
	if verb != "admit" || c.Subject != "ledger" || !signer.Has(lc.Regulator) || canon.Strict(c.Body, &a) != nil ||
		a.Org == "" || slices.Contains(r.charter.Orgs, a.Org) {
		return &Failure{Code: StepInvalid, Detail: c.Verb}
	}
	r.charter.Orgs = append(slices.Clone(r.charter.Orgs), a.Org)
	return nil
}

// list returns the parties by USCC.
func (r *registry) list() []party.Party {
	all := []party.Party{}
	for _, u := range slices.Sorted(maps.Keys(r.parties)) {
		all = append(all, r.parties[u])
	}
	return all
}

func policyRef(p credit.Policy) (Policy, error) {
	raw, err := canon.Marshal(p)
	return Policy{ID: p.ID, Version: p.Version, Hash: evidence.Commit(raw)}, err
}
