package api_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/gateway/auth"
)

func (w *world) bearer(token string) response {
	w.Helper()
	req, err := http.NewRequestWithContext(w.Context(), http.MethodGet, w.Server.URL+"/v1/orders", nil)
	w.must(err)
	if token != "" {
		req.Header.Set("Authorization", token)
	}
	return w.do(req)
}

func TestBadTokensAreRefused(t *testing.T) {
	w := newWorld(t)
	good := w.token(supplier)
	parts := strings.Split(good, ".")
	header := func(h string) string { return base64.RawURLEncoding.EncodeToString([]byte(h)) + "." + parts[1] + "." }
	hmac, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"iss": auth.DevIssuerURL, "aud": auth.DevAudience, "exp": time.Now().Add(time.Hour).Unix(),
		"party": supplier, "roles": []string{"sme"}}).SignedString([]byte("public key as a secret"))
	w.must(err)
	for _, c := range []struct{ name, authorization, code string }{
		{"none", "", "TOKEN_MISSING"},
		{"another scheme", "Basic " + good, "TOKEN_MISSING"},
		{"no token", "Bearer ", "TOKEN_MISSING"},
		{"no JWT", "Bearer abc", "TOKEN_MALFORMED"},
		{"algorithm none", "Bearer " + header(`{"alg":"none","typ":"JWT"}`), "TOKEN_ALGORITHM"},
		{"a symmetric algorithm", "Bearer " + hmac, "TOKEN_ALGORITHM"},
		{"a changed claim", "Bearer " + parts[0] + "." + changedClaim(w, parts[1]) + "." + parts[2], "TOKEN_SIGNATURE"},
		{"without a signature", "Bearer " + parts[0] + "." + parts[1] + ".", "TOKEN_SIGNATURE"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := w.bearer(c.authorization)
			p := w.refuse(http.StatusUnauthorized, c.code, r)
			if !strings.HasPrefix(r.header.Get("WWW-Authenticate"), "Bearer") {
				t.Errorf("no challenge: %v", r.header)
			}
			if strings.Contains(string(r.body), parts[2]) || p.Detail == "" {
				t.Errorf("the problem is %s", r.body)
			}
		})
	}
}

func changedClaim(w *world, part string) string {
	raw, err := base64.RawURLEncoding.DecodeString(part)
	w.must(err)
	var claims map[string]any
	w.must(json.Unmarshal(raw, &claims))
	claims["party"] = string(bankA)
	raw, err = json.Marshal(claims)
	w.must(err)
	return base64.RawURLEncoding.EncodeToString(raw)
}

func TestATokenWorksForWhatTheRegistryHas(t *testing.T) {
	w := newWorld(t)
	token := func(p ident.USCC, roles ...lifecycle.Role) string {
		s, err := w.Dev.Token(p, roles, time.Hour)
		w.must(err)
		return "Bearer " + s
	}
	w.refuse(http.StatusForbidden, "ROLE_NOT_HELD", w.bearer(token(supplier, lifecycle.Bank)))
	w.refuse(http.StatusForbidden, "ROLE_NOT_HELD", w.bearer(token(supplier, lifecycle.SME, lifecycle.Regulator)))
	stranger, err := ident.CompleteUSCC("370200", "99100001")
	w.must(err)
	w.refuse(http.StatusForbidden, "CALLER_UNKNOWN", w.bearer(token(stranger, lifecycle.SME)))
	w.act(bureau, "/v1/parties/"+string(rival)+"/suspend", object{"reason": "x"})
	w.refuse(http.StatusForbidden, "CALLER_NOT_ACTIVE", w.bearer(token(rival, lifecycle.SME)))
	w.act(bureau, "/v1/parties/"+string(rival)+"/reinstate", nil)
	if r := w.bearer(token(rival, lifecycle.SME)); r.status != http.StatusOK {
		t.Errorf("%d %s", r.status, r.body)
	}
}
