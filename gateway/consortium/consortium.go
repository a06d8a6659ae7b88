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
