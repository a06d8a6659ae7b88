package api

import (
	"bytes"
	"net/http"
	"sync/atomic"

	"github.com/go-json-experiment/json"

	"decore/gateway/problem"
)

// Starting answers in the place of the interface while a gateway opens its parts, which on a network may wait for
// other organisations: it is alive, not ready, and says for what it waits. The zero value is ready for use.
type Starting struct {
	waits atomic.Pointer[problem.Problem]
}

// Waits notes why the start does not go on yet.
func (s *Starting) Waits(err error) { s.waits.Store(problem.From(err)) }

func (s *Starting) reason() string {
	if p := s.waits.Load(); p != nil {
		return p.Code
	}
	return problem.Starting
}

// ServeHTTP answers one request.
func (s *Starting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e := newExchange(r)
	secure(w.Header(), r.URL.Path)
	switch r.URL.Path {
	case livePath:
		reply := alive()
		respond(w, reply.Status, reply.ContentType, reply.Body)
	case readyPath:
		waits := Health{Reason: s.reason()}
		starting := Health{Reason: problem.Starting}
		respondJSON(w, mediaJSON, http.StatusServiceUnavailable, Readiness{Ledger: waits, Projection: starting, Tokens: starting})
	default:
		p := problem.New(problem.Starting)
		for name, values := range p.GetHeaders() {
			w.Header()[name] = values
		}
		respondJSON(w, problem.ContentType, p.Status, p.Render(e.lang, e.path, e.trace))
	}
}

func respondJSON(w http.ResponseWriter, contentType string, status int, v any) {
	var body bytes.Buffer
	if json.MarshalWrite(&body, v) != nil {
		status = http.StatusInternalServerError // what is written here always encodes
	}
	respond(w, status, contentType, body.Bytes())
}

func respond(w http.ResponseWriter, status int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write(body) // nobody is left to be told
}
