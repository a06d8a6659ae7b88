// Package consortium founds a ledger: the charter with its regulator and platform, the first parties
// and the policies (联盟设立).
package consortium

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"decore/adapters/ledger"
	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/credit"
	"decore/chaincode/evidence"
	"decore/chaincode/fault"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/party"
	"decore/gateway/desk"
	"decore/gateway/keystore"
	"decore/gateway/submit"
)

// Plan is what a ledger is founded on, as a file.
type Plan struct {
	Ledger    string     `json:"ledger"`
	Orgs      []string   `json:"orgs"`
	Regulator ident.USCC `json:"regulator"`
	Platform  ident.USCC `json:"platform"`
	Parties   []Member   `json:"parties"`
}

// Member is a party of the plan; this gateway makes and holds its key.
type Member struct {
	USCC    ident.USCC       `json:"uscc"`
	Name    string           `json:"name"`
	English string           `json:"english,omitzero"`
	Roles   []lifecycle.Role `json:"roles"`
	Org     string           `json:"org"`
}

// Read reads a plan.
func Read(files fs.FS, name string) (Plan, error) {
	var p Plan
	raw, err := fs.ReadFile(files, name)
	if err != nil {
		return p, fmt.Errorf("consortium: %w", err)
	}
	if err := canon.Strict(raw, &p); err != nil {
		return p, fmt.Errorf("consortium %s: %w", name, err)
	}
	for _, u := range []ident.USCC{p.Regulator, p.Platform} {
		if _, ok := p.member(u); !ok {
			return p, fmt.Errorf("consortium %s: %s is not among the parties", name, u)
		}
	}
	return p, nil
}

func (p Plan) member(u ident.USCC) (Member, bool) {
	for _, m := range p.Parties {
		if m.USCC == u {
			return m, true
		}
	}
	return Member{}, false
}

// Founder carries a plan out on a ledger. Every step looks at what is there first, so a founding that
// was cut off goes on where it stopped.
type Founder struct {
	Plan     Plan
	Policies []jsontext.Value // the credit policy among them
	Ledger   ledger.Ledger
	Submit   *submit.Submitter
	Desk     *desk.Desk
	Keys     *keystore.Store
}

// ReadPolicies reads every policy of a folder.
func ReadPolicies(files fs.FS, dir string) ([]jsontext.Value, error) {
	entries, err := fs.ReadDir(files, dir)
	if err != nil {
		return nil, fmt.Errorf("policies: %w", err)
	}
	var all []jsontext.Value
	for _, e := range entries {
		raw, err := fs.ReadFile(files, path.Join(dir, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("policies: %w", err)
		}
		all = append(all, raw)
	}
	return all, nil
}

// Run founds the ledger, or completes what is missing.
func (f Founder) Run(ctx context.Context) error {
	for _, step := range []func(context.Context) error{f.charter, f.parties, f.policies} {
		if err := step(ctx); err != nil {
			return fmt.Errorf("found the ledger: %w", err)
		}
	}
	return nil
}

func (f Founder) charter(ctx context.Context) error {
	there, err := f.exists(ctx, contract.CharterKey())
	if err != nil || there {
		return err
	}
	secret, err := newTokenKey()
	if err != nil {
		return err
	}
	regulator, err := f.founder(f.Plan.Regulator)
	if err != nil {
		return err
	}
	platform, err := f.founder(f.Plan.Platform)
	if err != nil {
		return err
	}
	policy, err := f.creditPolicy()
	if err != nil {
		return err
	}
	signed, _, _, err := f.Desk.Sign(desk.Order{Party: f.Plan.Regulator, Verb: "ledger.found", Subject: "ledger", Args: contract.FoundArgs{
		Ledger: f.Plan.Ledger, Orgs: f.Plan.Orgs, TokenKey: secret.Commitment(), Regulator: regulator, Platform: platform, Credit: policy}})
	if err != nil {
		return err
	}
	signed.Opening = secret.Raw
	return f.submit(ctx, signed)
}

func newTokenKey() (evidence.Sealed, error) {
	random := make([]byte, 64)
	if _, err := rand.Read(random); err != nil {
		return evidence.Sealed{}, fmt.Errorf("token key: %w", err)
	}
	return evidence.Seal(contract.TokenSecretKey, random[:32], contract.TokenKeyTerms{Key: base64.RawURLEncoding.EncodeToString(random[32:])})
}

func (f Founder) founder(u ident.USCC) (contract.Founder, error) {
	m, _ := f.Plan.member(u)
	args, err := f.registration(m)
	return contract.Founder{USCC: u, RegisterArgs: args}, err
}

// registration makes the party's key, unless there is one from an earlier try.
func (f Founder) registration(m Member) (party.RegisterArgs, error) {
	pub, err := f.publicKey(m.USCC)
	return party.RegisterArgs{Name: m.Name, English: m.English, Roles: m.Roles, Org: m.Org, Key: evidence.NewJWK(pub)}, err
}

func (f Founder) publicKey(u ident.USCC) (*ecdsa.PublicKey, error) {
	key, _, err := f.Keys.Key(u)
	if err == nil {
		return &key.PublicKey, nil
	}
	if !errors.Is(err, keystore.ErrNoKey) {
		return &ecdsa.PublicKey{}, err
	}
	_, pub, err := f.Keys.Create(u)
	if err != nil {
		return &ecdsa.PublicKey{}, err
	}
	return pub, nil
}

func (f Founder) creditPolicy() (credit.Policy, error) {
	for _, raw := range f.Policies {
		if policyID(raw) != contract.CreditPolicy {
			continue
		}
		var p credit.Policy
		err := canon.Strict(raw, &p)
		return p, err
	}
	return credit.Policy{}, errors.New("no credit policy given")
}

func (f Founder) parties(ctx context.Context) error {
	var register, approve []submit.Signed
	for _, m := range f.Plan.Parties {
		there, err := f.exists(ctx, contract.PartyKey(m.USCC))
		if err != nil {
			return err
		}
		if there {
			continue
		}
		args, err := f.registration(m)
		if err != nil {
			return err
		}
		first, _, _, err := f.Desk.Sign(desk.Order{Party: f.Plan.Platform, Verb: "party.register", Subject: string(m.USCC), Args: args})
		if err != nil {
			return err
		}
		second, _, _, err := f.Desk.Sign(desk.Order{Party: f.Plan.Regulator, Verb: "party.approve", Subject: string(m.USCC), Args: party.ReasonArgs{}})
		if err != nil {
			return err
		}
		register, approve = append(register, first), append(approve, second)
	}
	return f.submit(ctx, append(register, approve...)...)
}

func (f Founder) policies(ctx context.Context) error {
	for _, raw := range f.Policies {
		id := policyID(raw)
		there, err := f.exists(ctx, contract.PolicyKey(id))
		if err != nil {
			return err
		}
		if there {
			continue
		}
		signed, _, _, err := f.Desk.Sign(desk.Order{Party: f.Plan.Regulator, Verb: "policy.publish", Subject: id, Args: contract.PublishArgs{Policy: raw}})
		if err != nil {
			return err
		}
		if err := f.submit(ctx, signed); err != nil {
			return err
		}
	}
	return nil
}

func policyID(raw []byte) string {
	var named struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(raw, &named); err != nil {
		return ""
	}
	return named.ID
}

func (f Founder) exists(ctx context.Context, key string) (bool, error) {
	values, err := f.Ledger.Get(ctx, key)
	return err == nil && values[0] != nil, err
}

func (f Founder) submit(ctx context.Context, commands ...submit.Signed) error {
	if len(commands) == 0 {
		return nil
	}
	answers, errs, err := f.Submit.Submit(ctx, commands...)
	if err != nil {
		return err
	}
	for i, a := range answers {
		if errs[i] != nil {
			return errs[i]
		}
		if a.Status != contract.Accepted {
			return fmt.Errorf("command %d: %w", i, &fault.Fault{Code: fault.Code(a.Code), Field: a.Field, Clause: a.Clause})
		}
	}
	return nil
}
