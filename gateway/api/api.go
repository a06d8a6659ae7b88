// Package api is the HTTP interface of the gateway: its routes, what they read and write, and who may use them.
//
// Routes of records come from the lifecycle tables, so that a verb of a table is a route, an allowed action and a
// line of the document at once. Writes are signed commands that go to the ledger in batches; reads come from the
// projection and never touch the ledger. Errors are problems (RFC 9457) with a stable code.
package api

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humamux"
	"github.com/go-json-experiment/json"
	"github.com/gorilla/mux"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/prometheus/client_golang/prometheus"

	"decore/adapters/ledger"
	"decore/chaincode/ident"
	"decore/gateway/auth"
	"decore/gateway/desk"
	"decore/gateway/idempotency"
	"decore/gateway/keystore"
	"decore/gateway/problem"
	"decore/gateway/projection"
	"decore/gateway/risk"
	"decore/gateway/submit"
	"decore/gateway/verification"
)

// Deps is what the interface stands on. All must be given but Risk, Metrics, Log and Limits.
type Deps struct {
	Ledger      ledger.Ledger
	Store       *projection.Store
	Submit      *submit.Submitter
	Desk        *desk.Desk
	Keys        *keystore.Store
	Auth        *auth.Verifier
	Idempotency *idempotency.Store
	Risk        *risk.Settings // what risk signals go by; those that come with the program when nil
	Issuer      ident.USCC     // the hosted party that signs receipts; none when empty
	TempDir     string         // the gateway's own, for sheets while they are read and answered; a new one of the system's when empty
	Version     string         // of the program, for the document
	Limits      Limits
	Metrics     *prometheus.Registry
	Log         *slog.Logger
}

// API answers requests.
type API struct {
	ledger  ledger.Ledger
	store   *projection.Store
	submit  *submit.Submitter
	desk    *desk.Desk
	keys    *keystore.Store
	auth    *auth.Verifier
	once    *idempotency.Store
	limits  Limits
	log     *slog.Logger
	metrics *metrics
	gate    *gate
	callers *gates
	imports *imports
	schemas schemas
	huma    huma.API
	secret  tokenKey
	sheets  *sheets
	facts   *verification.Gatherer
	answers *verifications
	risks   *risk.Gatherer
	issuer  ident.USCC
	handler http.Handler

	opening  sync.Map   // budgets that are being opened
	rotating sync.Mutex // held while the key that is to replace a party's is found or made
}

// useProblems makes huma's own errors ours, and lets no list be null; huma keeps both in variables of the package.
var useProblems = sync.OnceFunc(func() {
	huma.DefaultArrayNullable = false
	huma.NewError = humaProblem
	huma.NewErrorWithContext = func(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
		p := problem.From(humaProblem(status, msg, errs...))
		if ctx == nil {
			return p
		}
		e := of(ctx.Context())
		shown := p.Render(e.lang, e.path, e.trace)
		shown.DryRun = e.dry
		return shown
	}
})

// New returns the handler of the whole interface.
func New(d Deps) (*API, error) {
	if d.Ledger == nil || d.Store == nil || d.Submit == nil || d.Desk == nil || d.Keys == nil || d.Auth == nil || d.Idempotency == nil {
		return nil, errors.New("api: a dependency is missing")
	}
	useProblems()
	setDefault(&d.Metrics, prometheus.NewRegistry())
	setDefault(&d.Log, slog.Default())
	setDefault(&d.Version, "0.0.0")
	a := &API{ledger: d.Ledger, store: d.Store, submit: d.Submit, desk: d.Desk, keys: d.Keys, auth: d.Auth, once: d.Idempotency,
		limits: d.Limits.withDefaults(), log: d.Log, schemas: newSchemas(), issuer: d.Issuer}
	a.gate = newGate(a.limits.Concurrent, a.limits.Waiting, a.limits.Patience)
	a.callers, a.imports = newGates(a.limits), newImports(a.limits)
	a.metrics = newMetrics(d.Metrics, a)
	a.secret.ledger, a.secret.store = d.Ledger, d.Store
	memory, err := verification.NewMemory(remembered)
	if err != nil {
		return nil, err
	}
	if a.answers, err = lru.New[verificationKey, verificationEntry](keptVerifications); err != nil {
		return nil, err
	}
	a.facts = &verification.Gatherer{Source: verification.FromProjection(d.Store), Memory: memory}
	if d.Risk == nil {
		settings, err := risk.Default()
		if err != nil {
			return nil, err
		}
		d.Risk = &settings
	}
	a.risks = &risk.Gatherer{Store: d.Store, Settings: *d.Risk}
	if a.sheets, err = newSheets(d.TempDir); err != nil {
		return nil, err
	}
	router := mux.NewRouter()
	router.SkipClean(true) // what it would redirect to another path, plain answers
	router.NotFoundHandler, router.MethodNotAllowedHandler = a.unrouted(problem.RouteNotFound), a.mismatched(router)
	a.huma = humamux.New(router, a.config(d.Version))
	a.routes()
	a.schemas.finish()
	router.PathPrefix(docsPath).Handler(documentation())
	open := a.plain(router)
	guarded := a.guard(open)
	a.handler = a.observe(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/v1/") {
			guarded.ServeHTTP(w, r)
			return
		}
		open.ServeHTTP(w, r)
	}))
	return a, nil
}

// ServeHTTP answers one request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.handler.ServeHTTP(w, r) }

// OpenAPI returns the document of the interface.
func (a *API) OpenAPI() *huma.OpenAPI { return a.huma.OpenAPI() }

// routes registers every operation. The router tries them in this order, so what is asked most comes first.
func (a *API) routes() {
	a.verificationRoutes()
	a.signalRoutes()
	a.importRoutes()
	a.docketRoutes()
	for _, c := range collections {
		a.collectionRoutes(c)
	}
	a.partyRoutes()
	a.subsidyRoutes()
	a.fundRoutes()
	a.registryRoutes()
	a.commandRoutes()
	a.ledgerRoutes()
	a.serviceRoutes()
}

// The groups of operations in the document.
const (
	tagService = "service"
	tagLedger  = "ledger"
	tagParty   = "parties"
	tagSubsidy = "subsidy"
	tagVerify  = "verifications"
	tagFiling  = "movables registry"
)

func (a *API) config(version string) huma.Config {
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{Title: "decore", Version: version, Description: "Open connector for supply-chain finance (供应链金融开放连接器)",
				License: &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}},
			Components: &huma.Components{Schemas: a.schemas.registry, SecuritySchemes: map[string]*huma.SecurityScheme{
				"bearer": {Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "OAuth 2.0 access token with the claims party and roles"}}},
		},
		OpenAPIPath:                  "/openapi",
		Formats:                      map[string]huma.Format{mediaJSON: jsonFormat, problem.ContentType: jsonFormat},
		DefaultFormat:                mediaJSON,
		RejectUnknownQueryParameters: true,
	}
}

var jsonFormat = huma.Format{
	Marshal:   func(w io.Writer, v any) error { return json.MarshalWrite(w, v) },
	Unmarshal: func(data []byte, v any) error { return json.Unmarshal(data, v) },
}

// remembered is how many commands, openings and histories verification keeps, of some 2 KB each.
const remembered = 1 << 14
