package party_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"decore/chaincode/evidence"
	"decore/chaincode/fault"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/party"
)

var (
	who   = ident.MustUSCC("91370200990000009K")
	start = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	skew  = 5 * time.Minute
)

func jwk(t testing.TB) evidence.JWK {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return evidence.NewJWK(&k.PublicKey)
}

func at(d time.Duration) evidence.Instant { return evidence.InstantOf(start.Add(d)) }

func args(t testing.TB) party.RegisterArgs {
	return party.RegisterArgs{Name: "甲", Roles: []lifecycle.Role{lifecycle.SME, lifecycle.Bank, lifecycle.SME}, Org: "PlatformMSP", Key: jwk(t)}
}

func code(err error) fault.Code {
	if f := fault.Of(err); f != nil {
		return f.Code
	}
	return ""
}

func TestANewPartyWaitsForApproval(t *testing.T) {
	p, err := party.Register(who, args(t), at(0))
	if err != nil {
		t.Fatal(err)
	}
	if p.State != party.Pending || len(p.Keys) != 1 || !slices.Equal(p.Roles, []lifecycle.Role{lifecycle.Bank, lifecycle.SME}) {
		t.Errorf("got %+v", p)
	}
	if !p.Has(lifecycle.SME) || p.Has(lifecycle.Regulator) {
		t.Error("it has other roles than it was given")
	}
}

func TestRegisterNamesTheFault(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*party.RegisterArgs)
		code   fault.Code
		field  string
	}{
		"no name":               {func(a *party.RegisterArgs) { a.Name = "" }, fault.FieldInvalid, "/name"},
		"a long name":           {func(a *party.RegisterArgs) { a.Name = strings.Repeat("长", 101) }, fault.FieldInvalid, "/name"},
		"a long English name":   {func(a *party.RegisterArgs) { a.English = strings.Repeat("x", 201) }, fault.FieldInvalid, "/english"},
		"no role":               {func(a *party.RegisterArgs) { a.Roles = nil }, fault.FieldRequired, "/roles"},
		"an unknown role":       {func(a *party.RegisterArgs) { a.Roles = []lifecycle.Role{"king"} }, fault.FieldInvalid, "/roles"},
		"a hundred roles":       {func(a *party.RegisterArgs) { a.Roles = slices.Repeat(a.Roles, 50) }, fault.FieldRequired, "/roles"},
		"no organisation":       {func(a *party.RegisterArgs) { a.Org = "" }, fault.FieldRequired, "/org"},
		"an odd organisation":   {func(a *party.RegisterArgs) { a.Org = "a/b" }, fault.FieldInvalid, "/org"},
		"a long organisation":   {func(a *party.RegisterArgs) { a.Org = strings.Repeat("x", 65) }, fault.FieldInvalid, "/org"},
		"a key off the curve":   {func(a *party.RegisterArgs) { a.Key.X = a.Key.Y }, fault.FieldInvalid, "/key"},
		"a key of another kind": {func(a *party.RegisterArgs) { a.Key.Kty = "RSA" }, fault.FieldInvalid, "/key"},
	} {
		a := args(t)
		c.change(&a)
		_, err := party.Register(who, a, at(0))
		if f := fault.Of(err); f == nil || f.Code != c.code || f.Field != c.field {
			t.Errorf("%s: got %v, want %s at %s", name, err, c.code, c.field)
		}
	}
}

func TestAKeyHoldsFromItsFirstInstantUntilTheNextKeys(t *testing.T) {
	p, _ := party.Register(who, args(t), at(0))
	old := p.Keys[0].ID
	rotated, err := p.Rotate(jwk(t), at(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	next := rotated.Keys[1].ID
	revoked, err := rotated.Revoke(jwk(t), at(2*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		p    party.Party
		id   string
		at   time.Duration
		want fault.Code
	}{
		"from the start":                         {p, old, 0, ""},
		"before it, within the clocks' slack":    {p, old, -skew, ""},
		"before that":                            {p, old, -skew - time.Millisecond, fault.KeyNotValid},
		"the instant before it was rotated out":  {rotated, old, time.Hour - time.Millisecond, ""},
		"the instant when it was rotated out":    {rotated, old, time.Hour, fault.KeyNotValid},
		"the next key from then on":              {rotated, next, time.Hour, ""},
		"a revoked key before its revocation":    {revoked, next, 90 * time.Minute, fault.KeyNotValid},
		"a rotated-out key, revoked with others": {revoked, old, time.Minute, fault.KeyNotValid},
		"the key after a revocation":             {revoked, revoked.Keys[2].ID, 2 * time.Hour, ""},
		"a key of nobody":                        {p, "x", 0, fault.KeyUnknown},
		"no key":                                 {p, "", 0, fault.KeyUnknown},
	} {
		if _, err := c.p.Key(c.id, start.Add(c.at), skew); code(err) != c.want {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	if p.Keys[0].To != nil || rotated.Keys[0].Revoked != nil {
		t.Error("a change reached back into the party that it was made from")
	}
	if k := revoked.Keys[0]; *k.To != at(time.Hour) {
		t.Errorf("revoking moved the end of an older key to %v", k.To)
	}
}

func TestKeysAreFewAndNeverComeBack(t *testing.T) {
	p, _ := party.Register(who, args(t), at(0))
	if _, err := p.Rotate(p.Keys[0].JWK, at(1)); code(err) != fault.KeyExists {
		t.Errorf("got %v", err)
	}
	for range party.MaxKeys - 1 {
		next, err := p.Rotate(jwk(t), at(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		p = next
	}
	if _, err := p.Rotate(jwk(t), at(time.Hour)); code(err) != fault.TooMany {
		t.Errorf("got %v", err)
	}
	if _, err := p.Revoke(jwk(t), at(time.Hour)); err != nil {
		t.Errorf("a compromised key cannot be revoked any more: %v", err)
	}
}
