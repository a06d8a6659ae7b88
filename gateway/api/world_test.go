package api_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"decore/adapters/embedded"
	"decore/adapters/ledger"
	"decore/chaincode/calendar"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/fixtures"
	"decore/gateway/api"
	"decore/gateway/auth"
	"decore/gateway/consortium"
	"decore/gateway/desk"
	"decore/gateway/idempotency"
	"decore/gateway/keystore"
	"decore/gateway/projection"
	"decore/gateway/submit"
)

// The parties of the fixtures that the tests speak for.
const (
	bureau    = ident.USCC("91370200990000308H")
	platform  = ident.USCC("91370200990000316C")
	leader    = ident.USCC("91370200990000017E")
	supplier  = ident.USCC("91370200990000009K")
	rival     = ident.USCC("91370200990000105W")
	bankA     = ident.USCC("913702009900000334")
	bankB     = ident.USCC("913702009900003247")
	keeper    = ident.USCC("913702009900000259")
	guarantor = ident.USCC("91370200990000041Y")
	insurer   = ident.USCC("9137020099000005XN")
)

var roleOf = map[ident.USCC]lifecycle.Role{bureau: lifecycle.Regulator, platform: lifecycle.Platform, leader: lifecycle.Leader,
	supplier: lifecycle.SME, rival: lifecycle.SME, spare: lifecycle.SME, bankA: lifecycle.Bank, bankB: lifecycle.Bank, keeper: lifecycle.Keeper,
	guarantor: lifecycle.Guarantor, insurer: lifecycle.Insurer}

// world is a founded gateway on the embedded ledger, behind a loopback listener.
type world struct {
	testing.TB
	dir    string
	Engine *embedded.Engine
	Store  *projection.Store
	Submit *submit.Submitter
	Keys   *keystore.Store
	Desk   *desk.Desk
	Dev    *auth.DevIssuer
	API    *api.API
	Server *httptest.Server
	Client *http.Client
	Name   string
	tokens sync.Map
	serial atomic.Int64
	ahead  atomic.Int64 // how far the ledger's clock was put forward
	deps   api.Deps
	once   *idempotency.Store
}

// options change the gateway before it starts.
type options struct {
	between *stalling // stands between the submitter and the ledger
	limits  api.Limits
	log     *slog.Logger
}

func newWorld(t testing.TB, opts ...func(*options)) *world {
	t.Helper()
	var o options
	for _, f := range opts {
		f(&o)
	}
	w := &world{TB: t, dir: t.TempDir()}
	ctx, stop := context.WithCancel(context.Background())
	t.Cleanup(stop)
	began := time.Now()
	plan, err := consortium.Read(fixtures.FS, "consortium/qingdao.json")
	w.must(err)
	w.Name = plan.Ledger
	quiet := slog.New(slog.DiscardHandler)
	w.Engine, err = embedded.Open(embedded.Options{Dir: w.dir + "/ledger", Name: plan.Ledger, Run: contract.Submit, Orgs: plan.Orgs, Log: quiet,
		Clock: func() time.Time {
			return time.Date(2026, 3, 5, 2, 0, 0, 0, time.UTC).Add(time.Since(began) + time.Duration(w.ahead.Load()))
		}})
	w.must(err)
	t.Cleanup(func() { _ = w.Engine.Close() })
	w.Keys, err = keystore.Open(w.dir+"/keys", masterKey(w))
	w.must(err)
	var target ledger.Ledger = w.Engine
	if o.between != nil {
		o.between.Ledger, target = w.Engine, o.between
	}
	w.Submit = submit.New(target, submit.DefaultOptions())
	t.Cleanup(w.Submit.Close)
	w.Desk = &desk.Desk{Ledger: plan.Ledger, Clock: w.Engine, Keys: w.Keys}
	policies, err := consortium.ReadPolicies(fixtures.FS, "policies")
	w.must(err)
	founder := consortium.Founder{Plan: plan, Policies: policies, Ledger: w.Engine, Submit: w.Submit, Keys: w.Keys}
	_, _, err = founder.Run(ctx)
	w.must(err)
	w.must(founder.Admit(ctx))
	w.project(ctx, quiet)
	w.Dev, err = auth.OpenDevIssuer(w.dir, nil)
	w.must(err)
	verifier, err := auth.NewVerifier(ctx, auth.Config{Dev: w.Dev, Log: quiet})
	w.must(err)
	t.Cleanup(verifier.Close)
	w.once, err = idempotency.Open(ctx, w.dir+"/idempotency.db", idempotency.Options{})
	w.must(err)
	t.Cleanup(func() { _ = w.once.Close() })
	w.deps = api.Deps{Ledger: w.Engine, Store: w.Store, Submit: w.Submit, Desk: w.Desk, Keys: w.Keys, Auth: verifier,
		Idempotency: w.once, Issuer: platform, TempDir: t.TempDir(), Limits: o.limits, Log: quiet}
	if o.log != nil {
		w.deps.Log = o.log
	}
	w.serve(w.deps)
	return w
}

func withSubmitter(s *stalling) func(*options) { return func(o *options) { o.between = s } }

func masterKey(w *world) keystore.Secret {
	secret, err := keystore.MasterKey(bytes.Repeat([]byte{7}, 32))
	w.must(err)
	return secret
}

func (w *world) project(ctx context.Context, quiet *slog.Logger) {
	var err error
	w.Store, err = projection.Open(ctx, w.dir+"/projection.db", projection.Options{Clock: w.Engine.Now, Log: quiet})
	w.must(err)
	w.Cleanup(func() { _ = w.Store.Close() })
	done := make(chan struct{})
	ctx, stop := context.WithCancel(ctx)
	go func() {
		defer close(done)
		if err := w.Store.Run(ctx, w.Engine); err != nil {
			w.Error(err)
		}
	}()
	w.Cleanup(func() { stop(); <-done })
	head, err := w.Engine.Head(ctx)
	w.must(err)
	w.must(w.Store.WaitFor(ctx, head.Number))
}

func (w *world) serve(d api.Deps) {
	handler, err := api.New(d)
	w.must(err)
	w.API = handler
	w.Server = httptest.NewServer(handler)
	w.Cleanup(w.Server.Close)
	w.Client = w.Server.Client()
	w.Client.Transport.(*http.Transport).MaxIdleConnsPerHost = 256
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// token is a token of the party in its role.
func (w *world) token(p ident.USCC) string {
	if t, ok := w.tokens.Load(p); ok {
		return t.(string)
	}
	t, err := w.Dev.Token(p, []lifecycle.Role{roleOf[p]}, time.Hour)
	w.must(err)
	w.tokens.Store(p, t)
	return t
}

// response is an answer that was read.
type response struct {
	status int
	header http.Header
	body   []byte
}

func (r response) problem() problemBody {
	var p problemBody
	_ = json.Unmarshal(r.body, &p, json.MatchCaseInsensitiveNames(true))
	return p
}

type itemBody struct {
	Location, Code, Message string
	Value                   any
}

type problemBody struct {
	Type, Title, Detail, Instance, Code, TraceID, Field, Clause, Command string
	Status                                                               int
	Errors                                                               []itemBody
	Reasons                                                              []reasonBody
	Position                                                             *struct {
		Tx    string
		Block uint64
	}
}

// into reads an answer that must have the status.
func into[T any](w *world, r response, status int) T {
	w.Helper()
	var v T
	if r.status != status {
		w.Fatalf("answer is %d %s, want %d", r.status, r.body, status)
	}
	w.must(json.Unmarshal(r.body, &v, json.MatchCaseInsensitiveNames(true)))
	return v
}

// send sends a request as a party; body is marshalled unless it is a string or bytes.
func (w *world) send(p ident.USCC, method, path string, body any, headers ...string) response {
	w.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	case []byte:
		reader = bytes.NewReader(b)
	default:
		raw, err := json.Marshal(b, json.Deterministic(true))
		w.must(err)
		reader = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(w.Context(), method, w.Server.URL+path, reader)
	w.must(err)
	if reader != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if p != "" {
		req.Header.Set("Authorization", "Bearer "+w.token(p))
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return w.do(req)
}

func (w *world) do(req *http.Request) response {
	w.Helper()
	res, err := w.Client.Do(req)
	w.must(err)
	defer func() { _ = res.Body.Close() }()
	return readAll(w, res)
}

func readAll(w *world, res *http.Response) response {
	w.Helper()
	raw, err := io.ReadAll(res.Body)
	w.must(err)
	return response{res.StatusCode, res.Header, raw}
}

func (w *world) post(p ident.USCC, path string, body any, headers ...string) response {
	w.Helper()
	return w.send(p, http.MethodPost, path, body, headers...)
}

func (w *world) get(p ident.USCC, path string, headers ...string) response {
	w.Helper()
	return w.send(p, http.MethodGet, path, nil, headers...)
}

// refuse sends what must be answered with the problem.
func (w *world) refuse(status int, code string, r response) problemBody {
	w.Helper()
	p := r.problem()
	if r.status != status || p.Code != code || p.Status != status {
		w.Errorf("answer is %d %s, want %d %s", r.status, r.body, status, code)
	}
	if ct := r.header.Get("Content-Type"); ct != "application/problem+json" {
		w.Errorf("a problem came as %q", ct)
	}
	if p.TraceID == "" || p.Title == "" || p.Instance == "" || p.Type == "" {
		w.Errorf("problem lacks a part: %s", r.body)
	}
	return p
}

type written struct {
	ID         string
	State      string
	Version    int
	Commitment string
	Command    struct{ ID, Party, Signed, JWS string }
	Position   struct {
		Tx    string
		Block uint64
		Time  time.Time
	}
}

// do a verb that must be accepted.
func (w *world) act(p ident.USCC, path string, body any) written {
	w.Helper()
	r := w.post(p, path, body, w.seen(p, path)...)
	if r.status != http.StatusOK && r.status != http.StatusCreated {
		w.Fatalf("%s by %s: %d %s", path, roleOf[p], r.status, r.body)
	}
	return into[written](w, r, r.status)
}

type object map[string]any

// later puts the ledger's clock forward.
func (w *world) later(d time.Duration) { w.ahead.Add(int64(d)) }

func (w *world) today() calendar.Date { return calendar.At(w.Engine.Now()) }

func (w *world) days(n int) string { return w.today().AddDays(n).String() }

func (w *world) orderBody(amount string) object {
	n := w.serial.Add(1)
	return object{"seller": supplier, "buyer": leader, "buyerClass": "large", "number": fmt.Sprintf("PO%06d", n), "signed": w.days(-3),
		"deliverBy": w.days(30), "paymentDays": 60, "goods": "压缩机壳体", "amount": amount}
}

func (w *world) order(amount string) string {
	w.Helper()
	return w.act(supplier, "/v1/orders", w.orderBody(amount)).ID
}

// delivered is an order that was attested, shipped and accepted.
func (w *world) delivered(amount string) string {
	w.Helper()
	id := w.order(amount)
	w.act(leader, "/v1/orders/"+id+"/attest", nil)
	w.act(supplier, "/v1/orders/"+id+"/ship", object{"amount": amount, "date": w.days(0), "note": "DN1"})
	w.act(leader, "/v1/orders/"+id+"/accept", object{"amount": amount, "date": w.days(0)})
	return id
}

func (w *world) invoice() string { return fmt.Sprintf("263720000000%08d", w.serial.Add(1)) }

func (w *world) receivableBody(order, amount string) object {
	return object{"order": order, "invoice": w.invoice(), "issued": w.days(0), "due": w.days(60), "amount": amount}
}

func (w *world) receivable(order, amount string) string {
	w.Helper()
	return w.act(supplier, "/v1/receivables", w.receivableBody(order, amount)).ID
}

func (w *world) granted(rec string, banks ...ident.USCC) string {
	w.Helper()
	for _, b := range banks {
		w.act(supplier, "/v1/receivables/"+rec+"/grant", object{"to": b, "until": w.days(90)})
	}
	return rec
}

// accepted is a financing whose offer the supplier accepted.
func (w *world) accepted(bank ident.USCC, rec, amount string) string {
	w.Helper()
	fin := w.act(supplier, "/v1/financings", object{"lender": bank, "product": "receivable-loan", "amount": amount, "tenorMonths": 3,
		"purpose": "原材料", "collateral": []string{rec}}).ID
	return w.offered(bank, fin, amount, 90)
}

func (w *world) offered(bank ident.USCC, fin, amount string, days int) string {
	w.Helper()
	w.act(bank, "/v1/financings/"+fin+"/offer", object{"amount": amount, "annualRate": "0.0385", "maturity": w.days(days), "validUntil": w.days(7)})
	w.act(supplier, "/v1/financings/"+fin+"/accept", nil)
	return fin
}

func (w *world) disbursed(bank ident.USCC, fin, amount string) {
	w.Helper()
	w.act(bank, "/v1/financings/"+fin+"/reserve", object{"hours": 24})
	w.act(bank, "/v1/financings/"+fin+"/encumber", object{"number": fmt.Sprintf("00112233%06d", w.serial.Add(1)), "registered": evidence.InstantOf(w.Engine.Now()), "expires": w.days(500)})
	w.act(bank, "/v1/financings/"+fin+"/disburse", object{"amount": amount, "date": w.days(0), "reference": "LN" + fin})
}

// fixedAsset is a disbursed fixed-asset loan.
func (w *world) fixedAsset(bank ident.USCC, amount string) string {
	w.Helper()
	return w.fixedAssetOf(supplier, bank, amount)
}

func (w *world) fixedAssetOf(borrower, bank ident.USCC, amount string) string {
	w.Helper()
	fin := w.act(borrower, "/v1/financings", object{"lender": bank, "product": "fixed-asset-loan", "amount": amount, "tenorMonths": 24, "purpose": "冲压线"}).ID
	w.act(bank, "/v1/financings/"+fin+"/offer", object{"amount": amount, "annualRate": "0.0385", "maturity": w.days(730), "validUntil": w.days(7)})
	w.act(borrower, "/v1/financings/"+fin+"/accept", nil)
	w.act(bank, "/v1/financings/"+fin+"/disburse", object{"amount": amount, "date": w.days(0), "reference": "LN" + fin})
	return fin
}
