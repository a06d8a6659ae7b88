package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"decore/adapters/ledger"
	"decore/chaincode/fault"
	"decore/gateway/api"
	"decore/gateway/problem"
)

func TestAGatewayThatStartsIsAliveAndSaysForWhatItWaits(t *testing.T) {
	s := &api.Starting{}
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		r.Header.Set("Accept-Language", "zh-CN")
		s.ServeHTTP(w, r)
		return w
	}
	if w := get("/livez"); w.Code != http.StatusOK || w.Body.String() != "ok\n" {
		t.Errorf("/livez: %d %s", w.Code, w.Body)
	}
	waitsFor := func(want string) {
		t.Helper()
		w := get("/readyz")
		var r api.Readiness
		if err := json.Unmarshal(w.Body.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		if w.Code != http.StatusServiceUnavailable || r.Ready || r.Ledger.Ready || r.Projection.Ready || r.Tokens.Ready || r.Ledger.Reason != want {
			t.Errorf("/readyz: %d %s, want %s", w.Code, w.Body, want)
		}
	}
	waitsFor("GATEWAY_STARTING")
	s.Waits(fmt.Errorf("peer: %w", ledger.ErrUnavailable))
	waitsFor("LEDGER_UNAVAILABLE")
	s.Waits(fmt.Errorf("charter: %w", fault.New(fault.NotFounded, "")))
	waitsFor("LEDGER_NOT_FOUNDED")

	w := get("/v1/orders")
	var p problem.Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatal(err)
	}
	if w.Code != http.StatusServiceUnavailable || p.Code != "GATEWAY_STARTING" || p.Title != problem.Title(p.Code, "zh") ||
		w.Header().Get("Retry-After") == "" || w.Header().Get("Content-Type") != problem.ContentType || w.Header().Get("X-Content-Type-Options") == "" {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
}
