package api

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"path"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/gorilla/mux"

	"decore/gateway/auth"
	"decore/gateway/problem"
)

// observe stands around everything: it gives the request its trace and the answer its security headers, catches
// panics, and logs and counts what was answered. It logs no body, no token and no query.
func (a *API) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e := newExchange(r)
		e.maxSheet, e.uploads, e.uploadTime = a.limits.Sheet, a.sheets.dir, a.limits.Import
		out := &recorder{ResponseWriter: w}
		e.conn = http.NewResponseController(w)
		secure(w.Header(), r.URL.Path)
		defer func() {
			if fault := recover(); fault != nil {
				a.recovered(out, e, fault)
			}
			a.metrics.request(e, r.Method, out.status)
			a.log.LogAttrs(r.Context(), slog.LevelInfo, "request", slog.String("method", r.Method), slog.String("route", e.route),
				slog.Int("status", out.status), slog.Int64("bytes", out.bytes), slog.Duration("took", time.Since(e.start)),
				slog.String("trace", e.trace), slog.String("party", string(e.caller.Party)))
		}()
		next.ServeHTTP(out, r.WithContext(withExchange(r.Context(), e)))
	})
}

// recovered answers a panic, which is always a mistake of ours. Where the answer has begun already, the connection can
// only be left as it is.
func (a *API) recovered(w *recorder, e *exchange, fault any) {
	a.log.Error("panic", "fault", fault, "trace", e.trace, "route", e.route, "stack", string(debug.Stack()))
	if w.status == 0 {
		a.write(w, e, problem.New(problem.Internal))
	}
}

// recorder notes what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach what lies beneath.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// secure sets the headers that keep a browser from doing more with an answer than showing it.
func secure(h http.Header, path string) {
	h["X-Content-Type-Options"] = []string{"nosniff"}
	h["X-Frame-Options"] = []string{"DENY"}
	h["Referrer-Policy"] = []string{"no-referrer"}
	h["Cache-Control"] = []string{"no-store"}
	policy := "default-src 'none'; frame-ancestors 'none'"
	if strings.HasPrefix(path, docsPath) {
		// The documentation's own page carries its script and style inline.
		policy = "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"
	}
	h["Content-Security-Policy"] = []string{policy}
}

// guard stands before /v1: it lets nobody in without a good token whose party and roles stand in the registry, and
// bounds how much is worked on at once, in all and for one party. A body is read before its request takes one of the
// turns that all share, so that who sends slowly keeps nobody else waiting.
func (a *API) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, e := r.Context(), of(r.Context())
		leave, err := a.admit(ctx, e, w, r)
		if err != nil {
			a.write(w, e, err)
			return
		}
		defer leave()
		next.ServeHTTP(w, r)
	})
}

// admit takes the request's turns, to be given back with leave.
func (a *API) admit(ctx context.Context, e *exchange, w http.ResponseWriter, r *http.Request) (leave func(), err error) {
	if err := a.gate.enter(ctx); err != nil {
		return nil, err
	}
	err = a.identify(ctx, e, r.Header.Get("Authorization"))
	a.gate.leave()
	if err != nil {
		return nil, err
	}
	own := a.callers.party(e.caller.Party)
	if err := own.enter(ctx); err != nil {
		return nil, err
	}
	if err = e.readBody(w, r, a.limits); err == nil {
		err = a.gate.enter(ctx)
	}
	if err != nil {
		own.leave()
		return nil, err
	}
	return func() { a.gate.leave(); own.leave() }, nil
}

func (a *API) identify(ctx context.Context, e *exchange, authorization string) error {
	ctx, cancel := context.WithTimeout(ctx, a.limits.Timeout)
	defer cancel()
	caller, err := a.auth.Authenticate(ctx, authorization)
	if err != nil {
		return err
	}
	e.caller = caller
	e.party, err = a.enrolled(ctx, caller)
	return err
}

// write answers with an error outside of an operation.
func (a *API) write(w http.ResponseWriter, e *exchange, err error) {
	p := a.render(e, err)
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", auth.Challenge(err))
	}
	var body bytes.Buffer
	if err := json.MarshalWrite(&body, p); err != nil {
		a.log.Error("problem cannot be encoded", "error", err, "trace", e.trace)
	}
	w.Header().Set("Content-Type", problem.ContentType)
	w.WriteHeader(p.Status)
	_, _ = w.Write(body.Bytes()) // nobody is left to be told
}

// render turns an error into the problem that the caller sees. What is our own fault is logged with its cause.
func (a *API) render(e *exchange, err error) *problem.Problem {
	p := problem.From(err)
	if p.Status >= http.StatusInternalServerError {
		a.log.Error("request failed", "code", p.Code, "error", err, "cause", p.Unwrap(), "trace", e.trace, "route", e.route)
	}
	shown := p.Render(e.lang, e.path, e.trace)
	shown.DryRun = e.dry
	return shown
}

// unrouted answers what no operation matches.
func (a *API) unrouted(code string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.write(w, of(r.Context()), problem.New(code))
	})
}

// methods are those that a path may have.
var methods = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions}

// mismatched answers a method that the path does not have, and says which it has (RFC 9110 §15.5.6).
func (a *API) mismatched(router *mux.Router) http.Handler {
	refuse := a.unrouted(problem.MethodNotAllowed)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", strings.Join(methodsOf(router, r), ", "))
		refuse.ServeHTTP(w, r)
	})
}

// methodsOf lists the methods by which the router knows the request's path.
func methodsOf(router *mux.Router, r *http.Request) (known []string) {
	asked := *r
	for _, asked.Method = range methods {
		var match mux.RouteMatch
		if router.Match(&asked, &match) && match.MatchErr == nil {
			known = append(known, asked.Method)
		}
	}
	return known
}

// plain answers a path with empty segments or dots, which names another one to who tidies it, as one that is not there.
func (a *API) plain(next http.Handler) http.Handler {
	absent := a.unrouted(problem.RouteNotFound)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if tidy := path.Clean(r.URL.Path); r.URL.Path != tidy && r.URL.Path != tidy+"/" {
			absent.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}
