package evidence_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"decore/chaincode/canon"
	"decore/chaincode/evidence"
	"decore/chaincode/ident"
)

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func command() evidence.Command {
	return evidence.Command{ID: "01ARZ3NDEKTSV4RRFFQ69G5FAV", Ledger: "test", Verb: "order.attest", Party: ident.MustUSCC("91370200990000009K"),
		Subject: "ORD-1", Time: evidence.InstantOf(time.Date(2026, 3, 2, 1, 2, 3, 4_999_999, time.UTC)), Args: evidence.Commit(nil)}
}

func TestASignedCommandReadsBackAndVerifiesUnderItsKeyOnly(t *testing.T) {
	key := newKey(t)
	jws, err := evidence.Sign(command(), key)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := evidence.Parse(jws)
	if err != nil {
		t.Fatal(err)
	}
	if signed.KeyID != evidence.KeyID(&key.PublicKey) || signed.Verb != "order.attest" || signed.Time != command().Time {
		t.Errorf("got %+v", signed)
	}
	if payload, _ := canon.Marshal(command()); !bytes.Equal(payload, signed.Payload) || !signed.Same(payload) {
		t.Errorf("payload %s", signed.Payload)
	}
	if err := signed.Verify(&key.PublicKey); err != nil {
		t.Error(err)
	}
	if err := signed.Verify(&newKey(t).PublicKey); !errors.Is(err, evidence.ErrSignature) {
		t.Errorf("under another key: %v", err)
	}
}

func TestParseRefusesACommandThatLacksWhatItNeeds(t *testing.T) {
	for name, change := range map[string]func(*evidence.Command){
		"no ID":                          func(c *evidence.Command) { c.ID = "" },
		"an ID in lower case":            func(c *evidence.Command) { c.ID = strings.ToLower(c.ID) },
		"an ID past 128 bits":            func(c *evidence.Command) { c.ID = "8" + c.ID[1:] },
		"an ID that is no ULID":          func(c *evidence.Command) { c.ID = c.ID[:25] + "U" },
		"no ledger":                      func(c *evidence.Command) { c.Ledger = "" },
		"no verb":                        func(c *evidence.Command) { c.Verb = "" },
		"no subject":                     func(c *evidence.Command) { c.Subject = "" },
		"a long subject":                 func(c *evidence.Command) { c.Subject = strings.Repeat("x", 129) },
		"a long ledger":                  func(c *evidence.Command) { c.Ledger = strings.Repeat("x", 65) },
		"a long verb":                    func(c *evidence.Command) { c.Verb = strings.Repeat("x", 65) },
		"a commitment of another length": func(c *evidence.Command) { c.Args = "abc" },
		"terms named by another length":  func(c *evidence.Command) { c.On = "abc" },
		"a party that is no code":        func(c *evidence.Command) { c.Party = "91370200990000009X" },
		"no party":                       func(c *evidence.Command) { c.Party = "" },
	} {
		t.Run(name, func(t *testing.T) {
			c := command()
			change(&c)
			jws, err := evidence.Sign(c, newKey(t))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := evidence.Parse(jws); !errors.Is(err, evidence.ErrCommand) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAnInstantHasOneForm(t *testing.T) {
	var i evidence.Instant
	if err := i.UnmarshalText([]byte("2026-01-05T01:02:03.004Z")); err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"", "2026-01-05T01:02:03Z", "2026-01-05T01:02:03,004Z", "2026-01-05T01:02:03.0040Z", "2026-01-05T09:02:03.004+08:00",
		"2026-01-05t01:02:03.004z", " 2026-01-05T01:02:03.004Z", "2026-02-30T01:02:03.004Z", "2026-01-05T24:00:00.000Z", "2026-01-05T01:02:60.000Z"} {
		if err := i.UnmarshalText([]byte(s)); err == nil {
			t.Errorf("%q was read as %v", s, i)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		in := evidence.InstantOf(time.UnixMilli(rapid.Int64Range(-62167219200000, 253402300799999).Draw(t, "ms")))
		text, _ := in.MarshalText()
		var out evidence.Instant
		if err := out.UnmarshalText(text); err != nil || !out.Equal(in.Time) {
			t.Fatalf("%s came back as %v: %v", text, out, err)
		}
	})
}

func TestAnOpeningRevealsWhatItsCommitmentHides(t *testing.T) {
	salt := bytes.Repeat([]byte{7}, 16)
	sealed, err := evidence.Seal("ORD-1", salt, map[string]string{"amount": "1.00"})
	if err != nil {
		t.Fatal(err)
	}
	opened, err := evidence.Open(sealed.Raw)
	if err != nil || opened.About != "ORD-1" || string(opened.Terms) != `{"amount":"1.00"}` || opened.Commitment() != sealed.Commitment() {
		t.Errorf("got %+v %v", opened, err)
	}
	for name, other := range map[string]func() (evidence.Sealed, error){
		"other terms": func() (evidence.Sealed, error) {
			return evidence.Seal("ORD-1", salt, map[string]string{"amount": "1.01"})
		},
		"another salt": func() (evidence.Sealed, error) {
			return evidence.Seal("ORD-1", append(salt, 0), map[string]string{"amount": "1.00"})
		},
		"about another record": func() (evidence.Sealed, error) {
			return evidence.Seal("ORD-2", salt, map[string]string{"amount": "1.00"})
		},
	} {
		if o, err := other(); err != nil || o.Commitment() == sealed.Commitment() {
			t.Errorf("%s: %v, same commitment %t", name, err, o.Commitment() == sealed.Commitment())
		}
	}
	if _, err := evidence.Seal("ORD-1", salt[:15], nil); !errors.Is(err, evidence.ErrOpening) {
		t.Errorf("a salt of 15 bytes: %v", err)
	}
}

func TestSealWritesTheCanonicalFormWhateverItIsAbout(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		about := rapid.StringN(1, 20, -1).Draw(t, "about")
		sealed, err := evidence.Seal(about, rapid.SliceOfN(rapid.Byte(), 16, 40).Draw(t, "salt"), rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "terms"))
		if err != nil {
			t.Fatal(err)
		}
		if whole, err := canon.Marshal(sealed.Opening); err != nil || !bytes.Equal(whole, sealed.Raw) {
			t.Fatalf("%s, as a whole %s, %v", sealed.Raw, whole, err)
		}
		if back, err := evidence.Open(sealed.Raw); err != nil || back.About != about {
			t.Fatalf("got %+v %v", back, err)
		}
	})
}

func TestOpenRefuses(t *testing.T) {
	salt := base64.RawURLEncoding.EncodeToString(make([]byte, 16))
	for name, raw := range map[string]string{
		"nothing":                   ``,
		"no about":                  `{"about":"","salt":"` + salt + `","terms":{}}`,
		"no terms":                  `{"about":"x","salt":"` + salt + `"}`,
		"a short salt":              `{"about":"x","salt":"AAAA","terms":{}}`,
		"a salt with a line break":  `{"about":"x","salt":"` + salt + `\n","terms":{}}`,
		"a salt with loose bits":    `{"about":"x","salt":"` + salt[:21] + `B","terms":{}}`,
		"a salt with padding":       `{"about":"x","salt":"` + salt + `==","terms":{}}`,
		"an unknown field":          `{"about":"x","salt":"` + salt + `","terms":{},"z":1}`,
		"white space":               `{"about":"x","salt":"` + salt + `","terms":{} }`,
		"terms out of order within": `{"about":"x","salt":"` + salt + `","terms":{"b":1,"a":2}}`,
	} {
		if _, err := evidence.Open([]byte(raw)); !errors.Is(err, evidence.ErrOpening) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestADerivedSaltDependsOnEveryPart(t *testing.T) {
	base := evidence.DeriveSalt("a", "b", "c")
	for _, other := range [][]byte{evidence.DeriveSalt("x", "b", "c"), evidence.DeriveSalt("a", "x", "c"), evidence.DeriveSalt("a", "b", "x"),
		evidence.DeriveSalt("ab", "", "c"), evidence.DeriveSalt("a1:b", "", "c")} {
		if bytes.Equal(base, other) {
			t.Error("two derivations are one")
		}
	}
	if len(base) < evidence.MinSaltBytes || !bytes.Equal(base, evidence.DeriveSalt("a", "b", "c")) {
		t.Error("a derivation is short or changes")
	}
}

// The vector is RFC 7638's algorithm over the P-256 key of RFC 7517 appendix A.1.
func TestAKeyHasTheThumbprintOfTheStandard(t *testing.T) {
	k := evidence.JWK{Crv: "P-256", Kty: "EC", X: "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", Y: "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}
	pub, err := k.PublicKey()
	if err != nil || evidence.NewJWK(pub) != k || k.ID() != "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s" || evidence.KeyID(pub) != k.ID() {
		t.Errorf("ID %s, %v", k.ID(), err)
	}
}

func TestAKeyThatCannotBeUsed(t *testing.T) {
	good := evidence.NewJWK(&newKey(t).PublicKey)
	zero := base64.RawURLEncoding.EncodeToString(make([]byte, 32))
	p := elliptic.P256().Params().P
	past := base64.RawURLEncoding.EncodeToString(new(big.Int).Add(p, big.NewInt(1)).FillBytes(make([]byte, 32)))
	for name, change := range map[string]func(*evidence.JWK){
		"another curve":       func(k *evidence.JWK) { k.Crv = "P-384" },
		"another type":        func(k *evidence.JWK) { k.Kty = "RSA" },
		"off the curve":       func(k *evidence.JWK) { k.X = k.Y },
		"the point zero":      func(k *evidence.JWK) { k.X, k.Y = zero, zero },
		"past the field":      func(k *evidence.JWK) { k.X = past },
		"a short coordinate":  func(k *evidence.JWK) { k.X = k.X[:40] },
		"a line break inside": func(k *evidence.JWK) { k.X = k.X[:20] + "\n" + k.X[20:] },
		"padding":             func(k *evidence.JWK) { k.X += "=" },
		"nothing":             func(k *evidence.JWK) { *k = evidence.JWK{} },
	} {
		k := good
		change(&k)
		if _, err := k.PublicKey(); !errors.Is(err, evidence.ErrKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	key := newKey(f)
	jws, err := evidence.Sign(command(), key)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(jws)
	f.Add(strings.Replace(jws, ".", "\n.", 1))
	f.Add("a.b.c")
	f.Add("..")
	f.Fuzz(func(t *testing.T, s string) {
		signed, err := evidence.Parse(s)
		if err != nil {
			if !errors.Is(err, evidence.ErrCommand) {
				t.Fatalf("%v does not wrap ErrCommand", err)
			}
			return
		}
		again, err := canon.Marshal(signed.Command)
		if err != nil || !bytes.Equal(again, signed.Payload) {
			t.Fatalf("%s was read from %s: %v", again, signed.Payload, err)
		}
		if signed.Verify(&key.PublicKey) == nil && s != jws {
			// ECDSA lets (r, n-s) stand for (r, s); what was signed must be the same.
			if head, _, _ := strings.Cut(s, "."); !strings.HasPrefix(jws, head+".") {
				t.Fatalf("%s verifies", s)
			}
		}
	})
}

func FuzzOpen(f *testing.F) {
	sealed, err := evidence.Seal("x", make([]byte, 16), map[string]string{"a": "b"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed.Raw)
	f.Add([]byte(`{"about":"x","salt":"","terms":null}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		o, err := evidence.Open(raw)
		if err != nil {
			return
		}
		if again, err := canon.Marshal(o.Opening); err != nil || !bytes.Equal(again, raw) {
			t.Fatalf("%s was read from %s: %v", again, raw, err)
		}
	})
}
