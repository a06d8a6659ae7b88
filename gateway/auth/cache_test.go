package auth

import (
	"crypto"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"decore/chaincode/lifecycle"
)

func TestCache(t *testing.T) {
	t.Run("remembers a verified token and no refused one", func(t *testing.T) {
		c := newClock()
		v := newVerifier(t, oneIssuer(t, c))
		wantCode(t, v, "Bearer "+sign(t, jwt.SigningMethodES256, es256b, goodClaims(c), kid("es")), CodeSignature)
		if v.cache.Len() != 0 {
			t.Error("a refused token is remembered")
		}
		wantCaller(t, v, sign(t, jwt.SigningMethodES256, es256, goodClaims(c), kid("es")), bank, "bank")
		if v.cache.Len() != 1 {
			t.Error("the verified token is not remembered")
		}
	})

	t.Run("honours exp and leeway to the second", func(t *testing.T) {
		c := newClock()
		v := newVerifier(t, oneIssuer(t, c))
		token := sign(t, jwt.SigningMethodES256, es256, goodClaims(c), kid("es"))
		wantCaller(t, v, token, bank, "bank")
		c.advance(10*time.Minute + 30*time.Second - time.Nanosecond)
		wantCaller(t, v, token, bank, "bank")
		c.advance(time.Nanosecond)
		wantCode(t, v, "Bearer "+token, CodeExpired)
		if v.cache.Len() != 0 {
			t.Error("the expired token is still remembered")
		}
	})

	t.Run("does not serve one token for another", func(t *testing.T) {
		c := newClock()
		v := newVerifier(t, oneIssuer(t, c))
		claims := goodClaims(c)
		first := sign(t, jwt.SigningMethodES256, es256, claims, kid("es"))
		claims["party"], claims["roles"] = sme, []string{"sme"}
		second := sign(t, jwt.SigningMethodES256, es256, claims, kid("es"))
		for range 2 {
			wantCaller(t, v, first, bank, "bank")
			wantCaller(t, v, second, sme, "sme")
		}
		a, b := strings.Split(first, "."), strings.Split(second, ".")
		wantCode(t, v, "Bearer "+strings.Join([]string{a[0], b[1], a[2]}, "."), CodeSignature)
	})

	t.Run("is not changed by what a caller does to its answer", func(t *testing.T) {
		c := newClock()
		v := newVerifier(t, oneIssuer(t, c))
		token := sign(t, jwt.SigningMethodES256, es256, goodClaims(c), kid("es"))
		for range 3 {
			wantCaller(t, v, token, bank, "bank").Roles[0] = lifecycle.Regulator
		}
	})

	t.Run("holds no more tokens than it may", func(t *testing.T) {
		c := newClock()
		cfg := oneIssuer(t, c)
		cfg.CacheSize = 3
		v := newVerifier(t, cfg)
		for range 5 {
			wantCaller(t, v, sign(t, jwt.SigningMethodES256, es256, goodClaims(c), kid("es")), bank, "bank")
		}
		if v.cache.Len() != 3 {
			t.Errorf("%d tokens are remembered, want 3", v.cache.Len())
		}
	})

	t.Run("forgets tokens of a key that the issuer has withdrawn", func(t *testing.T) {
		c := newClock()
		cfg := oneIssuer(t, c)
		cfg.Refresh = time.Millisecond
		v := newVerifier(t, cfg)
		token := sign(t, jwt.SigningMethodES256, es256, goodClaims(c), kid("es"))
		wantCaller(t, v, token, bank, "bank")
		only := published(t, map[string]crypto.PublicKey{"b": es256b.Public()})
		if err := os.WriteFile(cfg.Issuers[0].JWKS, only, 0o600); err != nil {
			t.Fatal(err)
		}
		eventually(t, func() bool { return v.Issuers()[0].Keys == 1 })
		wantCode(t, v, "Bearer "+token, CodeSignature)
	})

	t.Run("serves many callers at once", func(t *testing.T) {
		c := newClock()
		cfg := oneIssuer(t, c)
		cfg.CacheSize, cfg.Refresh = 2, time.Millisecond
		v := newVerifier(t, cfg)
		var tokens []string
		for range 4 {
			tokens = append(tokens, sign(t, jwt.SigningMethodES256, es256, goodClaims(c), kid("es")))
		}
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				for j := range 50 {
					if _, err := v.Authenticate(t.Context(), "Bearer "+tokens[(i+j)%4]); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
	})
}

// BenchmarkAuthenticate compares a remembered token with one that is verified anew each time.
func BenchmarkAuthenticate(b *testing.B) {
	c := newClock()
	v := newVerifier(b, oneIssuer(b, c))
	header := "Bearer " + sign(b, jwt.SigningMethodES256, es256, goodClaims(c), kid("es"))
	for name, before := range map[string]func(){"cached": func() {}, "uncached": v.cache.Purge} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				before()
				if _, err := v.Authenticate(b.Context(), header); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "checks/s")
		})
	}
}
