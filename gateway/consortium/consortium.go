// Package consortium founds a ledger: the charter with its regulator and platform, the first parties
// and the policies (联盟设立).
package consortium

import (
	"crypto/ecdsa"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"decore/chaincode/canon"
	"decore/chaincode/evidence"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/party"
	"decore/gateway/keystore"
)

// Plan is what a ledger is founded on, as a file.
type Plan struct {
	Ledger    string     `json:"ledger"`
	Orgs      []string   `json:"orgs"`
	Regulator ident.USCC `json:"regulator"`
	Platform  ident.USCC `json:"platform"`
	Parties   []Member   `json:"parties"`
}

// Member is a party of the plan. Its key is made and held by the gateway of its organisation; a plan that goes
// round the organisations before the founding collects the public ones.
type Member struct {
	USCC    ident.USCC       `json:"uscc"`
	Name    string           `json:"name"`
	English string           `json:"english,omitzero"`
	Roles   []lifecycle.Role `json:"roles"`
	Org     string           `json:"org"`
	Key     evidence.JWK     `json:"key,omitzero"`
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

// Completes reports whether the plan is the one a ledger was founded on, with more keys or more parties; the error
// says what else differs.
func (p Plan) Completes(kept Plan) error {
	switch {
	case p.Ledger != kept.Ledger:
		return fmt.Errorf("its ledger is %s, not %s", p.Ledger, kept.Ledger)
	case !slices.Equal(p.Orgs, kept.Orgs):
		return fmt.Errorf("its organisations are %v, not %v", p.Orgs, kept.Orgs)
	case p.Regulator != kept.Regulator || p.Platform != kept.Platform:
		return errors.New("its regulator or platform is another")
	}
	for _, old := range kept.Parties {
		now, ok := p.member(old.USCC)
		if !ok {
			return fmt.Errorf("it lacks the party %s", old.USCC)
		}
		if !old.HasKey() {
			old.Key = now.Key
		}
		if old.Name != now.Name || old.English != now.English || old.Org != now.Org || old.Key != now.Key || !slices.Equal(old.Roles, now.Roles) {
			return fmt.Errorf("it has another name, role, organisation or key of %s", old.USCC)
		}
	}
	return nil
}

// KeysMissing is the error of a plan on which no ledger is founded, since the keys of some parties would never be
// proved to be theirs.
type KeysMissing []Member

func (e KeysMissing) Error() string {
	var orgs []string
	of := map[string][]string{}
	for _, m := range e {
		if of[m.Org] == nil {
			orgs = append(orgs, m.Org)
		}
		of[m.Org] = append(of[m.Org], string(m.USCC))
	}
	for i, org := range orgs {
		orgs[i] = fmt.Sprintf("of %s (`gateway keys --org %s` adds them)", strings.Join(of[org], ", "), org)
	}
	return "the plan lacks keys: " + strings.Join(orgs, "; ")
}

// complete refuses a plan that lacks keys.
func (p Plan) complete() error {
	var lacking KeysMissing
	for _, m := range p.Parties {
		if !m.HasKey() {
			lacking = append(lacking, m)
		}
	}
	if lacking != nil {
		return lacking
	}
	return nil
}

// HasKey reports whether the plan has the party's public key.
func (m Member) HasKey() bool { return m.Key != (evidence.JWK{}) }

func (m Member) registration() party.RegisterArgs {
	return party.RegisterArgs{Name: m.Name, English: m.English, Roles: m.Roles, Org: m.Org, Key: m.Key}
}

// MakeKeys makes the keys of the organisation's parties, where they have none yet, and returns the plan with the
// public ones filled in. The empty organisation is all of them.
func (p Plan) MakeKeys(keys *keystore.Store, org string) (Plan, error) {
	p.Parties = slices.Clone(p.Parties)
	for i, m := range p.Parties {
		if org != "" && m.Org != org || m.HasKey() {
			continue
		}
		pub, err := publicKey(keys, m.USCC)
		if err != nil {
			return p, fmt.Errorf("key of %s: %w", m.USCC, err)
		}
		p.Parties[i].Key = evidence.NewJWK(pub)
	}
	return p, nil
}

// Unheld lists the parties of the organisation whose key in the plan is not in the key store: they sign by themselves,
// or their key was made elsewhere. The empty organisation is all of them.
func (p Plan) Unheld(keys *keystore.Store, org string) ([]Member, error) {
	entries, err := keys.List()
	if err != nil {
		return nil, err
	}
	held := map[string]bool{}
	for _, e := range entries {
		held[e.KeyID] = true
	}
	var unheld []Member
	for _, m := range p.Parties {
		if (org == "" || m.Org == org) && m.HasKey() && !held[m.Key.ID()] {
			unheld = append(unheld, m)
		}
	}
	return unheld, nil
}

// publicKey makes the party's key, unless there is one from an earlier try.
func publicKey(keys *keystore.Store, u ident.USCC) (*ecdsa.PublicKey, error) {
	key, _, err := keys.Key(u)
	if err == nil {
		return &key.PublicKey, nil
	}
	if !errors.Is(err, keystore.ErrNoKey) {
		return nil, err
	}
	_, pub, err := keys.Create(u)
	return pub, err
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

func policyID(raw []byte) string {
	var named struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(raw, &named); err != nil {
		return ""
	}
	return named.ID
}
