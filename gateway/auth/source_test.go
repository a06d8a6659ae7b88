package auth

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

func servedConfig(c *clock, s *keyServer) Config {
	return Config{Now: c.now, Client: s.Client(), Retry: time.Millisecond,
		Issuers: []Issuer{{URL: issURL, Audience: "decore", JWKS: s.URL + "/jwks.json"}}}
}

func TestOutage(t *testing.T) {
	t.Run("an issuer that is away at the start is tried again until it answers", func(t *testing.T) {
		c, s := newClock(), newKeyServer(t)
		v := startVerifier(t, servedConfig(c, s))
		token := sign(t, jwt.SigningMethodES256, es256, goodClaims(c), kid("es"))
		wantCode(t, v, "Bearer "+token, CodeKeys)
		err := v.Ready()
		if err == nil || !strings.Contains(err.Error(), issURL) || !strings.Contains(err.Error(), "503") {
			t.Errorf("got %v, want an error that names the issuer and its answer", err)
		}
		s.answer(http.StatusOK, published(t, map[string]crypto.PublicKey{"es": es256.Public()}))
		eventually(t, func() bool { return v.Ready() == nil })
		wantCaller(t, v, token, bank, "bank")
	})

	for name, body := range map[string]string{
		"no JSON": "<html>", "no keys": `{"keys":[]}`, "too long": `{"keys":[` + strings.Repeat(" ", maxKeySet) + `]}`,
	} {
		t.Run("keys once fetched stay in force while the issuer answers with "+name, func(t *testing.T) {
			c, s := newClock(), newKeyServer(t)
			s.answer(http.StatusOK, published(t, map[string]crypto.PublicKey{"es": es256.Public()}))
			cfg := servedConfig(c, s)
			cfg.Refresh = time.Millisecond
			v := newVerifier(t, cfg)
			s.answer(http.StatusOK, []byte(body))
			eventually(t, func() bool { return v.Issuers()[0].Err != nil })
			wantCaller(t, v, sign(t, jwt.SigningMethodES256, es256, goodClaims(c), kid("es")), bank, "bank")
			if v.Ready() != nil {
				t.Error("not ready although keys are there")
			}
		})
	}

	t.Run("closing ends the wait of a caller and of a fetch", func(t *testing.T) {
		asked := make(chan struct{}, 8)
		s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			asked <- struct{}{}
			<-r.Context().Done()
		}))
		defer s.Close()
		c := newClock()
		v := startVerifier(t, Config{Now: c.now, Issuers: []Issuer{{URL: issURL, Audience: "decore", JWKS: s.URL}}})
		token := sign(t, jwt.SigningMethodES256, es256, goodClaims(c), kid("es"))
		<-asked
		done := make(chan error, 1)
		go func() {
			_, err := v.Authenticate(context.Background(), "Bearer "+token)
			done <- err
		}()
		v.Close()
		if err := <-done; err == nil {
			t.Error("a token was accepted without keys")
		}
	})
}

func TestKeyRotation(t *testing.T) {
	t.Run("a token of a new key makes the verifier fetch it, once for many callers", func(t *testing.T) {
		c, s := newClock(), newKeyServer(t)
		s.answer(http.StatusOK, published(t, map[string]crypto.PublicKey{"old": es256.Public()}))
		cfg := servedConfig(c, s)
		cfg.Refresh = time.Hour
		v := newVerifier(t, cfg)
		old := sign(t, jwt.SigningMethodES256, es256, goodClaims(c), kid("old"))
		wantCaller(t, v, old, bank, "bank")

		s.answer(http.StatusOK, published(t, map[string]crypto.PublicKey{"new": es256b.Public()}))
		fresh := sign(t, jwt.SigningMethodES256, es256b, goodClaims(c), kid("new"))
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if _, err := v.Authenticate(t.Context(), "Bearer "+fresh); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		wantCode(t, v, "Bearer "+old, CodeSignature)
		if s.count() != 2 {
			t.Errorf("the keys were fetched %d times, want 2", s.count())
		}
	})

	t.Run("who asks for newer keys waits no longer than the fetch", func(t *testing.T) {
		c, s := newClock(), newKeyServer(t)
		s.answer(http.StatusOK, published(t, map[string]crypto.PublicKey{"es": es256.Public()}))
		cfg := servedConfig(c, s)
		cfg.Refresh = time.Hour
		keys := newVerifier(t, cfg).issuers[issURL].keys
		s.answer(http.StatusOK, published(t, map[string]crypto.PublicKey{"new": es256b.Public()}))
		if got := keys.newer(context.Background()); len(got.find("new")) != 1 { // would wait for ever otherwise
			t.Errorf("got %+v, want the new key", got)
		}
	})

	t.Run("unknown key IDs cannot make it fetch again and again", func(t *testing.T) {
		c, s := newClock(), newKeyServer(t)
		s.answer(http.StatusOK, published(t, map[string]crypto.PublicKey{"es": es256.Public()}))
		cfg := servedConfig(c, s)
		cfg.Refresh = time.Hour
		v := newVerifier(t, cfg)
		v.issuers[issURL].keys.asks.SetLimit(0) // what is left is the burst of one
		for range 20 {
			wantCode(t, v, "Bearer "+sign(t, jwt.SigningMethodES256, es256b, goodClaims(c), kid(rand.Text())), CodeSignature)
		}
		if s.count() != 2 {
			t.Errorf("the keys were fetched %d times, want 2", s.count())
		}
	})
}

func TestParseKeySet(t *testing.T) {
	t.Run("passes over keys that cannot serve and keeps the rest", func(t *testing.T) {
		weak := must(rsa.GenerateKey(rand.Reader, 1024))
		var set struct {
			Keys []map[string]any `json:"keys"`
		}
		all := published(t, map[string]crypto.PublicKey{"es": es256.Public(), "weak": weak.Public(), "es384": es384.Public(),
			"enc": es256b.Public(), "other-alg": es256b.Public(), "rs": rsa2048.Public()})
		if err := json.Unmarshal(all, &set); err != nil {
			t.Fatal(err)
		}
		for _, k := range set.Keys {
			switch k["kid"] {
			case "enc":
				k["use"] = "enc"
			case "other-alg":
				k["alg"] = "ES512"
			case "rs":
				k["alg"] = "PS256"
			}
		}
		set.Keys = append(set.Keys, map[string]any{"kty": "oct", "kid": "oct", "k": "AAAA"}, map[string]any{"kty": "EC"}, nil)
		got, err := parseKeySet(must(json.Marshal(set)))
		if err != nil || len(got.keys) != 2 || len(got.find("es")) != 1 || len(got.find("rs")) != 1 {
			t.Fatalf("got %+v %v, want es and rs", got, err)
		}
		if k := got.find("rs")[0]; k.serves("RS256") || !k.serves("PS256") {
			t.Error("a key named for PS256 serves RS256 or does not serve PS256")
		}
	})
}

func TestConfig(t *testing.T) {
	good := Issuer{URL: issURL, Audience: "decore", JWKS: "/etc/decore/jwks.json"}
	change := func(f func(*Issuer)) Config { i := good; f(&i); return Config{Issuers: []Issuer{i}} }
	for name, row := range map[string]struct {
		cfg  Config
		want string
	}{
		"no issuer":                {Config{}, "no token issuer"},
		"the same issuer twice":    {Config{Issuers: []Issuer{good, good}}, "twice"},
		"the development issuer's": {change(func(i *Issuer) { i.URL = DevIssuerURL }), "reserved"},
		"no audience":              {change(func(i *Issuer) { i.Audience = "" }), "needs"},
		"keys over plain HTTP":     {change(func(i *Issuer) { i.JWKS = "http://login.bank.test/jwks" }), "https"},
		"keys by FTP":              {change(func(i *Issuer) { i.JWKS = "ftp://127.0.0.1/jwks" }), "https"},
		"keys at a lookalike host": {change(func(i *Issuer) { i.JWKS = "http://127.0.0.1.evil.test/jwks" }), "https"},
		"a URL that is none":       {change(func(i *Issuer) { i.JWKS = "https://login bank.test/jwks" }), "key set"},
		"a shared-secret alg":      {change(func(i *Issuer) { i.Algorithms = []string{"ES256", "HS256"} }), "HS256"},
		"alg none":                 {change(func(i *Issuer) { i.Algorithms = []string{"none"} }), "none"},
		"a false party":            {change(func(i *Issuer) { i.Parties = append(i.Parties, "913702009900000335") }), "party"},
		"negative leeway":          {Config{Issuers: []Issuer{good}, Leeway: -1}, "negative"},
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			_, err := NewVerifier(t.Context(), row.cfg)
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want an error with %q", err, row.want)
			}
		})
	}
	for _, where := range []string{"/a/b.json", `C:\keys\jwks.json`, "https://x.test/jwks", "http://localhost:1/jwks", "http://[::1]:1/jwks"} {
		t.Run("accepts keys at "+where, func(t *testing.T) {
			if err := change(func(i *Issuer) { i.JWKS = where }).Validate(); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("does not follow a redirect to plain HTTP", func(t *testing.T) {
		s := httptest.NewServer(http.RedirectHandler("http://login.bank.test/jwks", http.StatusFound))
		defer s.Close()
		if _, err := get(t.Context(), defaultClient(), s.URL); err == nil || !strings.Contains(err.Error(), "must be https") {
			t.Errorf("got %v, want the redirect refused", err)
		}
	})
}
