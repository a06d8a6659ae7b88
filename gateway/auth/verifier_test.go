package auth

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"decore/chaincode/ident"
)

// oneIssuer is one issuer that publishes one key of every kind.
func oneIssuer(t testing.TB, c *clock, algs ...string) Config {
	path := writeKeys(t, map[string]crypto.PublicKey{
		"es": es256.Public(), "rs": rsa2048.Public(), "ed": ed.Public(), "es384": es384.Public(),
	})
	return Config{Now: c.now, Issuers: []Issuer{{URL: issURL, Audience: "decore", JWKS: path, Algorithms: algs}}}
}

func TestGoodTokens(t *testing.T) {
	c := newClock()
	v := newVerifier(t, oneIssuer(t, c, "ES256", "RS256", "PS256", "EdDSA"))
	for _, row := range []struct {
		method jwt.SigningMethod
		key    any
		kid    string
	}{
		{jwt.SigningMethodES256, es256, "es"},
		{jwt.SigningMethodRS256, rsa2048, "rs"},
		{jwt.SigningMethodPS256, rsa2048, "rs"},
		{jwt.SigningMethodEdDSA, ed, "ed"},
	} {
		t.Run("a token signed by "+row.method.Alg()+" gives its caller", func(t *testing.T) {
			got := wantCaller(t, v, sign(t, row.method, row.key, goodClaims(c), kid(row.kid)), bank, "bank")
			if got.Subject != "user-1" || got.TokenID != "t-1" || !got.Expires.Equal(c.now().Add(10*time.Minute)) {
				t.Errorf("got %+v", got)
			}
			if got.Has("regulator") {
				t.Error("the caller has a role that the token does not name")
			}
		})
	}

	good := sign(t, jwt.SigningMethodES256, es256, goodClaims(c), kid("es"))
	for _, header := range []string{"bearer " + good, "BEARER   " + good, " Bearer " + good + " "} {
		t.Run(fmt.Sprintf("the scheme is read without regard to case and space: %.10q", header), func(t *testing.T) {
			if _, err := v.Authenticate(t.Context(), header); err != nil {
				t.Error(err)
			}
		})
	}

	for name, change := range map[string]func(jwt.MapClaims){
		"one audience of several": func(m jwt.MapClaims) { m["aud"] = []string{"other", "decore"} },
		"a party in lower case":   func(m jwt.MapClaims) { m["party"] = " 91370200990000009k " },
		"several roles":           func(m jwt.MapClaims) { m["roles"] = []string{"sme", "leader"} },
		"no nbf, iat, sub, jti":   func(m jwt.MapClaims) { delete(m, "nbf"); delete(m, "iat"); delete(m, "sub"); delete(m, "jti") },
		"expired within leeway":   func(m jwt.MapClaims) { m["exp"] = c.now().Unix() - 29 },
		"early within leeway":     func(m jwt.MapClaims) { m["nbf"] = c.now().Unix() + 29 },
	} {
		t.Run("accepts "+name, func(t *testing.T) {
			claims := goodClaims(c)
			change(claims)
			got, err := v.Authenticate(t.Context(), "Bearer "+sign(t, jwt.SigningMethodES256, es256, claims, kid("es")))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := ident.ParseUSCC(string(got.Party)); err != nil || strings.ToUpper(string(got.Party)) != string(got.Party) {
				t.Errorf("party %q is not in canonical form", got.Party)
			}
		})
	}
}

func TestBadClaims(t *testing.T) {
	c := newClock()
	v := newVerifier(t, oneIssuer(t, c))
	now := c.now().Unix()
	for name, row := range map[string]struct {
		claim string
		value any // nil: the claim is missing
		want  Code
	}{
		"expired beyond leeway":      {"exp", now - 30, CodeExpired},
		"without exp":                {"exp", nil, CodeMalformed},
		"with exp as text":           {"exp", "never", CodeMalformed},
		"not yet valid":              {"nbf", now + 31, CodeNotYetValid},
		"issued in the future":       {"iat", now + 31, CodeNotYetValid},
		"for another audience":       {"aud", "other", CodeAudience},
		"for audiences without ours": {"aud", []string{"a", "decore2"}, CodeAudience},
		"without audience":           {"aud", nil, CodeAudience},
		"of an unknown issuer":       {"iss", "https://evil.test", CodeIssuer},
		"of an issuer with a slash":  {"iss", issURL + "/", CodeIssuer},
		"without issuer":             {"iss", nil, CodeIssuer},
		"without party":              {"party", nil, CodeParty},
		"with a false check digit":   {"party", "913702009900000335", CodeParty},
		"with party as number":       {"party", 913702009900000334, CodeMalformed},
		"without roles":              {"roles", nil, CodeRoles},
		"with empty roles":           {"roles", []string{}, CodeRoles},
		"with an unknown role":       {"roles", []string{"bank", "root"}, CodeRoles},
		"with a role in upper case":  {"roles", []string{"BANK"}, CodeRoles},
		"with roles as text":         {"roles", "bank", CodeMalformed},
	} {
		t.Run("refuses a token "+name, func(t *testing.T) {
			claims := goodClaims(c)
			claims[row.claim] = row.value
			if row.value == nil {
				delete(claims, row.claim)
			}
			wantCode(t, v, "Bearer "+sign(t, jwt.SigningMethodES256, es256, claims, kid("es")), row.want)
		})
	}
}

func TestBadHeaders(t *testing.T) {
	c := newClock()
	v := newVerifier(t, oneIssuer(t, c))
	good := sign(t, jwt.SigningMethodES256, es256, goodClaims(c), kid("es"))
	parts := strings.Split(good, ".")
	for header, want := range map[string]Code{
		"":                                     CodeMissing,
		"Bearer":                               CodeMissing,
		"Bearer  ":                             CodeMissing,
		"Basic dXNlcjpwYXNz":                   CodeMissing,
		good:                                   CodeMissing,
		"Bearer x":                             CodeMalformed,
		"Bearer a.b.c":                         CodeMalformed,
		"Bearer ..":                            CodeMalformed,
		"Bearer " + good + ".":                 CodeMalformed,
		"Bearer " + good + "=":                 CodeMalformed,
		"Bearer " + good + ", x":               CodeMalformed,
		"Bearer " + parts[0] + ".." + parts[2]: CodeMalformed,
		"Bearer " + strings.Repeat("a", maxToken+1):                         CodeMalformed,
		"Bearer " + parts[0] + "." + parts[1] + ".":                         CodeSignature,
		"Bearer " + strings.Join([]string{parts[0], parts[1], "AAAA"}, "."): CodeSignature,
	} {
		t.Run(fmt.Sprintf("refuses %.40q", header), func(t *testing.T) { wantCode(t, v, header, want) })
	}

	t.Run("refuses a token with any byte changed", func(t *testing.T) {
		for i := range good {
			changed := []byte(good)
			changed[i] ^= 1
			if _, err := v.Authenticate(t.Context(), "Bearer "+string(changed)); err == nil {
				t.Fatalf("byte %d was changed and the token accepted", i)
			}
		}
	})

	for name, row := range map[string]struct {
		header map[string]any
		want   Code
	}{
		"a key ID that walks the file system":  {kid("../../../../dev/null"), CodeSignature},
		"a key ID that is an SQL condition":    {kid("' OR '1'='1"), CodeSignature},
		"a key ID that is a URL":               {kid("https://evil.test/jwks.json"), CodeSignature},
		"a key ID that is a number":            {map[string]any{"kid": 1}, CodeMalformed},
		"a key ID that is a list":              {map[string]any{"kid": []string{"es"}}, CodeMalformed},
		"an empty key ID":                      {kid(""), CodeMalformed},
		"no key ID where there are many keys":  {nil, CodeSignature},
		"a critical extension":                 {map[string]any{"kid": "es", "crit": []string{"x"}, "x": 1}, CodeMalformed},
		"the type of another kind of token":    {map[string]any{"kid": "es", "typ": "logout+jwt"}, CodeMalformed},
		"a type that is no text":               {map[string]any{"kid": "es", "typ": 1}, CodeMalformed},
		"the ID of another key of the issuer":  {kid("rs"), CodeAlgorithm},
		"the ID of a key on a different curve": {kid("es384"), CodeSignature}, // such keys are not taken in
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			wantCode(t, v, "Bearer "+sign(t, jwt.SigningMethodES256, es256, goodClaims(c), row.header), row.want)
		})
	}
}

func TestKeyConfusion(t *testing.T) {
	c := newClock()
	all := newVerifier(t, oneIssuer(t, c, "ES256", "RS256", "PS256", "EdDSA"))
	onlyES := newVerifier(t, oneIssuer(t, c))
	publicPEM := func(key crypto.PublicKey) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: must(x509.MarshalPKIXPublicKey(key))})
	}
	jwkHeader := map[string]any{"kid": "es", "jwk": map[string]any{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
		"jku": "https://evil.test/jwks.json", "x5u": "https://evil.test/cert.pem"}

	for name, row := range map[string]struct {
		v      *Verifier
		method jwt.SigningMethod
		key    any
		header map[string]any
		want   Code
	}{
		"alg none":                              {all, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, kid("es"), CodeAlgorithm},
		"HS256 by the public ES key's PEM":      {all, jwt.SigningMethodHS256, publicPEM(es256.Public()), kid("es"), CodeAlgorithm},
		"HS256 by the public RSA key's PEM":     {all, jwt.SigningMethodHS256, publicPEM(rsa2048.Public()), kid("rs"), CodeAlgorithm},
		"HS512 by an empty secret":              {all, jwt.SigningMethodHS512, []byte{}, kid("es"), CodeAlgorithm},
		"RS256 with an ES key's ID":             {all, jwt.SigningMethodRS256, rsa2048, kid("es"), CodeAlgorithm},
		"ES256 with an RSA key's ID":            {all, jwt.SigningMethodES256, es256, kid("rs"), CodeAlgorithm},
		"EdDSA with an ES key's ID":             {all, jwt.SigningMethodEdDSA, ed, kid("es"), CodeAlgorithm},
		"RS256 where only ES256 is allowed":     {onlyES, jwt.SigningMethodRS256, rsa2048, kid("rs"), CodeAlgorithm},
		"ES384, which nobody is allowed":        {all, jwt.SigningMethodES384, es384, kid("es384"), CodeAlgorithm},
		"ES256 by a stranger's key":             {all, jwt.SigningMethodES256, es256b, kid("es"), CodeSignature},
		"ES256 by a key sent along as jwk, jku": {all, jwt.SigningMethodES256, es256b, jwkHeader, CodeSignature},
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			wantCode(t, row.v, "Bearer "+sign(t, row.method, row.key, goodClaims(c), row.header), row.want)
		})
	}

	t.Run("refuses an unknown algorithm and one written otherwise", func(t *testing.T) {
		good := sign(t, jwt.SigningMethodES256, es256, goodClaims(c), kid("es"))
		_, rest, _ := strings.Cut(good, ".")
		for _, alg := range []string{"XX256", "nOnE", "es256", ""} {
			head := base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"alg":%q,"kid":"es"}`, alg))
			wantCode(t, all, "Bearer "+head+"."+rest, CodeAlgorithm)
		}
	})
}

func TestSeveralIssuers(t *testing.T) {
	c := newClock()
	other := Issuer{URL: "https://login.platform.test", Audience: "decore-api",
		JWKS: writeKeys(t, map[string]crypto.PublicKey{"b": es256b.Public()}), Parties: []ident.USCC{sme}}
	cfg := oneIssuer(t, c)
	cfg.Issuers = append(cfg.Issuers, other)
	v := newVerifier(t, cfg)
	fromOther := func(change func(jwt.MapClaims)) jwt.MapClaims {
		m := goodClaims(c)
		m["iss"], m["aud"], m["party"], m["roles"] = other.URL, other.Audience, sme, []string{"sme"}
		change(m)
		return m
	}
	unchanged := func(jwt.MapClaims) {}

	t.Run("each is accepted by its own key and audience", func(t *testing.T) {
		wantCaller(t, v, sign(t, jwt.SigningMethodES256, es256, goodClaims(c), kid("es")), bank, "bank")
		wantCaller(t, v, sign(t, jwt.SigningMethodES256, es256b, fromOther(unchanged), kid("b")), sme, "sme")
	})
	t.Run("a token without key ID means the only key of its issuer", func(t *testing.T) {
		wantCaller(t, v, sign(t, jwt.SigningMethodES256, es256b, fromOther(unchanged), nil), sme, "sme")
	})
	t.Run("one issuer's key does not sign for another", func(t *testing.T) {
		wantCode(t, v, "Bearer "+sign(t, jwt.SigningMethodES256, es256b, goodClaims(c), kid("b")), CodeSignature)
		wantCode(t, v, "Bearer "+sign(t, jwt.SigningMethodES256, es256b, goodClaims(c), kid("es")), CodeSignature)
	})
	t.Run("one issuer's audience does not do for another", func(t *testing.T) {
		claims := fromOther(func(m jwt.MapClaims) { m["aud"] = "decore" })
		wantCode(t, v, "Bearer "+sign(t, jwt.SigningMethodES256, es256b, claims, kid("b")), CodeAudience)
	})
	t.Run("an issuer bound to some parties does not speak for others", func(t *testing.T) {
		claims := fromOther(func(m jwt.MapClaims) { m["party"] = bank })
		wantCode(t, v, "Bearer "+sign(t, jwt.SigningMethodES256, es256b, claims, kid("b")), CodeParty)
	})
}

func TestChallenge(t *testing.T) {
	c := newClock()
	v := newVerifier(t, oneIssuer(t, c))
	for header, want := range map[string]string{
		"":         `Bearer realm="decore"`,
		"Bearer x": `Bearer realm="decore", error="invalid_token", error_description="TOKEN_MALFORMED: the token is not a JWT"`,
	} {
		t.Run(fmt.Sprintf("answers %q by RFC 6750", header), func(t *testing.T) {
			_, err := v.Authenticate(t.Context(), header)
			if got := Challenge(fmt.Errorf("wrapped: %w", err)); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
	t.Run("answers any other error without its text", func(t *testing.T) {
		if got := Challenge(errors.New(`secret"`)); got != `Bearer realm="decore"` {
			t.Errorf("got %s", got)
		}
	})
}

func TestContext(t *testing.T) {
	t.Run("carries the caller and says when there is none", func(t *testing.T) {
		if _, ok := From(context.Background()); ok {
			t.Error("an empty context has a caller")
		}
		if c, ok := From(With(context.Background(), Caller{Party: sme})); !ok || c.Party != sme {
			t.Errorf("got %+v %v", c, ok)
		}
	})
}

func FuzzAuthenticate(f *testing.F) {
	c := newClock()
	v := newVerifier(f, oneIssuer(f, c, "ES256", "RS256", "PS256", "EdDSA"))
	good := sign(f, jwt.SigningMethodES256, es256, goodClaims(c), kid("es"))
	for _, seed := range []string{"", "Bearer " + good, "Bearer a.b.c", "Basic x", "Bearer e30.e30.e30",
		"Bearer " + sign(f, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, goodClaims(c), nil)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		_, err := v.Authenticate(t.Context(), header)
		var refused *Error
		switch {
		case err == nil && !strings.Contains(header, good):
			t.Fatalf("%q was accepted", header)
		case err != nil && (!errors.As(err, &refused) || strings.ContainsAny(refused.Reason, "\"\\\r\n")):
			t.Fatalf("%q was refused by %v", header, err)
		}
	})
}

func FuzzParseKeySet(f *testing.F) {
	f.Add(published(f, map[string]crypto.PublicKey{"es": es256.Public()}))
	f.Add(published(f, map[string]crypto.PublicKey{"rs": rsa2048.Public(), "ed": ed.Public()}))
	f.Add([]byte(`{"keys":[{"kty":"oct","k":"AAAA"},null,1]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		set, err := parseKeySet(bytes.Clone(data))
		if err == nil && len(set.keys) == 0 {
			t.Fatal("a set without keys was accepted")
		}
		if err != nil {
			return
		}
		for _, k := range set.keys {
			if !isP256(k.key) && !isRSA(k.key) && !isEd25519(k.key) {
				t.Fatalf("a key of type %T was taken in", k.key)
			}
		}
	})
}
