package party

import (
	"regexp"
	"slices"
	"time"

	"decore/chaincode/evidence"
	"decore/chaincode/fault"
	"decore/chaincode/ident"
	lc "decore/chaincode/lifecycle"
)

// Party is one legal entity. All of it is public on the channel.
type Party struct {
	USCC    ident.USCC       `json:"uscc"`
	Name    string           `json:"name"` // 名称
	English string           `json:"english,omitzero"`
	Roles   []lc.Role        `json:"roles"`
	Org     string           `json:"org"` // 所属组织: MSP ID of the organisation that hosts it
	State   lc.State         `json:"state"`
	Keys    []Key            `json:"keys"`
	Version int              `json:"version"`
	Updated evidence.Instant `json:"updated"`
}

// Key is a public key with the time in which the party signs with it.
type Key struct {
	ID      string            `json:"id"` // RFC 7638 thumbprint
	JWK     evidence.JWK      `json:"jwk"`
	From    evidence.Instant  `json:"from"`
	To      *evidence.Instant `json:"to,omitzero"`      // rotated out at this time
	Revoked *evidence.Instant `json:"revoked,omitzero"` // compromised: not trusted from here on, whatever time a command claims
}

// RegisterArgs are the public arguments of register; the subject is the USCC.
type RegisterArgs struct {
	Name    string       `json:"name" doc:"Registered name (名称)" minLength:"1" maxLength:"100"`
	English string       `json:"english,omitzero" doc:"Name in English (英文名称)" maxLength:"200"`
	Roles   []lc.Role    `json:"roles" doc:"What the party may act as (角色)" minItems:"1"`
	Org     string       `json:"org" doc:"MSP ID of the hosting organisation (所属组织)" minLength:"1" maxLength:"64"`
	Key     evidence.JWK `json:"key" doc:"ES256 public key (公钥)"`
}

// orgForm is that of MSP IDs, which name private collections.
var orgForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// Register makes a party that waits for approval.
func Register(u ident.USCC, a RegisterArgs, now evidence.Instant) (Party, error) {
	switch {
	case a.Name == "" || len(a.Name) > 300:
		return Party{}, fault.New(fault.FieldInvalid, "/name")
	case len(a.English) > 200:
		return Party{}, fault.New(fault.FieldInvalid, "/english")
	case len(a.Roles) == 0 || len(a.Roles) > len(lc.Roles):
		return Party{}, fault.New(fault.FieldRequired, "/roles")
	case a.Org == "":
		return Party{}, fault.New(fault.FieldRequired, "/org")
	case !orgForm.MatchString(a.Org):
		return Party{}, fault.New(fault.FieldInvalid, "/org")
	}
	for _, r := range a.Roles {
		if !slices.Contains(lc.Roles, r) {
			return Party{}, fault.New(fault.FieldInvalid, "/roles")
		}
	}
	if _, err := a.Key.PublicKey(); err != nil {
		return Party{}, fault.New(fault.FieldInvalid, "/key")
	}
	roles := slices.Clone(a.Roles)
	slices.Sort(roles)
	return Party{USCC: u, Name: a.Name, English: a.English, Roles: slices.Compact(roles), Org: a.Org, State: Pending,
		Keys: []Key{{ID: a.Key.ID(), JWK: a.Key, From: now}}}, nil
}

// ReasonArgs are the public arguments of approve, suspend and reinstate.
type ReasonArgs struct {
	Reason string `json:"reason,omitzero" doc:"Why (理由)" maxLength:"200"`
}

// KeyArgs are the public arguments of rotate-key and revoke-key.
type KeyArgs struct {
	Key evidence.JWK `json:"key" doc:"The new ES256 public key (新公钥)"`
}

// MaxKeys bounds the keys that a party can set, since every command of it reads them all. A compromised key
// can be revoked all the same.
const MaxKeys = 64

// Rotate sets a new key from now on; the one before ends now.
func (p Party) Rotate(k evidence.JWK, now evidence.Instant) (Party, error) {
	if len(p.Keys) >= MaxKeys {
		return p, fault.New(fault.TooMany, "/key")
	}
	return p.replace(k, now)
}

func (p Party) replace(k evidence.JWK, now evidence.Instant) (Party, error) {
	if _, err := k.PublicKey(); err != nil {
		return p, fault.New(fault.FieldInvalid, "/key")
	}
	if slices.ContainsFunc(p.Keys, func(o Key) bool { return o.ID == k.ID() }) {
		return p, fault.New(fault.KeyExists, "/key")
	}
	keys := slices.Clone(p.Keys)
	keys[len(keys)-1].To = &now
	p.Keys = append(keys, Key{ID: k.ID(), JWK: k, From: now})
	return p, nil
}

// Revoke replaces every earlier key because one is compromised: none of them is trusted again.
func (p Party) Revoke(k evidence.JWK, now evidence.Instant) (Party, error) {
	next, err := p.replace(k, now)
	if err != nil {
		return p, err
	}
	for i := range next.Keys[:len(next.Keys)-1] {
		if next.Keys[i].Revoked == nil {
			next.Keys[i].Revoked = &now
		}
	}
	return next, nil
}

// Key returns the key of the ID if a command signed at the time may rest on it. A key that was
// rotated out stays good for commands signed before, until the policy's tolerance makes them too old.
func (p Party) Key(id string, signed time.Time, skew time.Duration) (Key, error) {
	for _, k := range p.Keys {
		if k.ID != id {
			continue
		}
		before := signed.Add(skew).Before(k.From.Time)
		after := k.To != nil && !signed.Before(k.To.Time)
		if before || after || k.Revoked != nil {
			return Key{}, fault.New(fault.KeyNotValid, "")
		}
		return k, nil
	}
	return Key{}, fault.New(fault.KeyUnknown, "")
}

// Has reports whether the party may act as the role.
func (p Party) Has(r lc.Role) bool { return slices.Contains(p.Roles, r) }
