package auth

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"

	"decore/chaincode/lifecycle"
)

const (
	sme    = "91370200990000009K"
	bank   = "913702009900000334"
	issURL = "https://login.bank.test"
)

// The keys of all tests, made once because RSA keys are slow to make.
var (
	es256    = must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	es256b   = must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	es384    = must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))
	rsa2048  = must(rsa.GenerateKey(rand.Reader, 2048))
	_, ed, _ = ed25519.GenerateKey(rand.Reader)
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// clock is a time that tests set.
type clock struct{ at atomic.Pointer[time.Time] }

func newClock() *clock {
	c := &clock{}
	c.set(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC))
	return c
}

func (c *clock) now() time.Time          { return *c.at.Load() }
func (c *clock) set(t time.Time)         { c.at.Store(&t) }
func (c *clock) advance(d time.Duration) { c.set(c.now().Add(d)) }

// goodClaims are those of a token that passes; tests spoil them.
func goodClaims(c *clock) jwt.MapClaims {
	now := c.now().Unix()
	return jwt.MapClaims{
		"iss": issURL, "aud": "decore", "sub": "user-1", "jti": "t-1", "party": bank, "roles": []string{"bank"},
		"iat": now, "nbf": now, "exp": now + 600,
	}
}

// sign makes a token with the header fields given over those of the method.
func sign(t testing.TB, method jwt.SigningMethod, key any, claims jwt.MapClaims, header map[string]any) string {
	t.Helper()
	token := jwt.NewWithClaims(method, claims)
	for name, value := range header {
		token.Header[name] = value
	}
	signed, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func kid(id string) map[string]any { return map[string]any{"kid": id} }

// published is a JWK set of public keys by ID.
func published(t testing.TB, keys map[string]crypto.PublicKey) []byte {
	t.Helper()
	set := map[string][]any{"keys": {}}
	for id, key := range keys {
		jwk, err := jwkset.NewJWKFromKey(key, jwkset.JWKOptions{Metadata: jwkset.JWKMetadataOptions{KID: id}})
		if err != nil {
			t.Fatal(err)
		}
		set["keys"] = append(set["keys"], jwk.Marshal())
	}
	data, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func writeKeys(t testing.TB, keys map[string]crypto.PublicKey) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "jwks.json")
	if err := os.WriteFile(path, published(t, keys), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// keyServer is an issuer's JWK set endpoint, which tests change and break.
type keyServer struct {
	*httptest.Server
	mu     sync.Mutex
	status int
	body   []byte
	gets   int
}

func newKeyServer(t testing.TB) *keyServer {
	s := &keyServer{status: http.StatusServiceUnavailable}
	s.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.gets++
		w.WriteHeader(s.status)
		_, _ = w.Write(s.body)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *keyServer) answer(status int, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status, s.body = status, body
}

func (s *keyServer) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gets
}

// newVerifier runs a verifier for the test's time and waits until its keys are there.
func newVerifier(t testing.TB, cfg Config) *Verifier {
	t.Helper()
	v := startVerifier(t, cfg)
	eventually(t, func() bool { return v.Ready() == nil })
	return v
}

func startVerifier(t testing.TB, cfg Config) *Verifier {
	t.Helper()
	cfg.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	v, err := NewVerifier(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Close)
	return v
}

func eventually(t testing.TB, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the condition did not come about")
		}
	}
}

func wantCaller(t testing.TB, v *Verifier, token string, party string, role lifecycle.Role) Caller {
	t.Helper()
	c, err := v.Authenticate(context.Background(), "Bearer "+token)
	if err != nil || string(c.Party) != party || !c.Has(role) {
		t.Fatalf("got %+v %v, want %s as %s", c, err, party, role)
	}
	return c
}

func wantCode(t testing.TB, v *Verifier, header string, want Code) {
	t.Helper()
	c, err := v.Authenticate(context.Background(), header)
	var refused *Error
	if !errors.As(err, &refused) || refused.Code != want {
		t.Fatalf("got %v, want %s", err, want)
	}
	if c.Party != "" || c.Roles != nil {
		t.Fatalf("a refused token gave the caller %+v", c)
	}
}
