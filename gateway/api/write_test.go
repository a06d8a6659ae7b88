package api_test

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"

	"decore/adapters/ledger"
	"decore/chaincode/contract"
	"decore/chaincode/ident"
	"decore/gateway/api"
	"decore/gateway/idempotency"
	"decore/gateway/submit"
)

func TestWritesAnswerWithTheirEvidenceAndCanBeReadAtOnce(t *testing.T) {
	w := newWorld(t)
	r := w.post(supplier, "/v1/orders", w.orderBody("100.00"))
	o := into[written](w, r, http.StatusCreated)
	if r.header.Get("Location") != "/v1/orders/"+o.ID || r.header.Get("ETag") != `"1"` || o.Version != 1 || o.State != "created" {
		t.Errorf("%s %+v", r.header, o)
	}
	if o.Command.Party != string(supplier) || strings.Count(o.Command.JWS, ".") != 2 || o.Position.Block == 0 || o.Position.Tx == "" || len(o.Commitment) != 43 {
		t.Errorf("evidence: %+v", o)
	}
	r = w.get(supplier, "/v1/orders/"+o.ID)
	rec := into[record](w, r, http.StatusOK)
	if rec.Commitment != o.Commitment || r.header.Get("ETag") != `"1"` || rec.Terms["amount"] != "100.00" || rec.CreatedBy != string(supplier) {
		t.Errorf("%+v", rec)
	}
}

type record struct {
	ID, Kind, State, Commitment, CreatedBy string
	Version                                int
	Terms                                  object
	Encumbrances                           []struct {
		State, Kind string
		Own         bool
	}
	AllowedActions []string
}

func TestIfMatchNamesTheVersionThatWasSeen(t *testing.T) {
	w := newWorld(t)
	id := w.order("100.00")
	attest := "/v1/orders/" + id + "/attest"
	w.act(supplier, "/v1/orders/"+id+"/amend", object{"amount": "120.00", "deliverBy": w.days(40)})
	w.refuse(http.StatusPreconditionFailed, "VERSION_MISMATCH", w.post(leader, attest, nil, "If-Match", `"1"`))
	for _, bad := range []string{"2", `W/"2"`, `"two"`, `"02"`, `"2", "3"`} {
		w.refuse(http.StatusUnprocessableEntity, "IF_MATCH_INVALID", w.post(leader, attest, nil, "If-Match", bad))
	}
	head, err := w.Engine.Head(t.Context())
	w.must(err)
	for _, none := range []string{"", "*"} {
		w.refuse(http.StatusPreconditionRequired, "PRECONDITION_REQUIRED", w.post(leader, attest, nil, "If-Match", none))
	}
	blind := into[batchAnswer](w, w.post(leader, "/v1/orders/batch", object{"items": []object{{"verb": "attest", "id": id}}}), http.StatusOK)
	if blind.Results[0].Code != "PRECONDITION_REQUIRED" {
		t.Errorf("a countersignature in a batch: %+v", blind)
	}
	if now, err := w.Engine.Head(t.Context()); err != nil || now.Number != head.Number {
		t.Errorf("a blind countersignature reached the ledger: %v %v", now, err)
	}
	if r := w.post(leader, attest, nil, "If-Match", `"2"`); r.status != http.StatusOK {
		t.Errorf("%d %s", r.status, r.body)
	}
}

func TestAVersionThatWouldNotBeComparedIsRefused(t *testing.T) {
	w := newWorld(t)
	before := w.left()
	ops := operations(w.API.OpenAPI())
	for _, name := range slices.Sorted(maps.Keys(ops)) {
		op := ops[name]
		if op.Method != http.MethodPost {
			continue
		}
		path := strings.NewReplacer("{id}", "NONE", "{uscc}", string(supplier)).Replace(op.Path)
		compares := slices.ContainsFunc(op.Parameters, func(p *huma.Param) bool { return p.Name == "If-Match" })
		for _, query := range []string{"", "?dryRun=true"} {
			r := w.post(whoMay(op), path+query, "{}", "If-Match", `"1"`)
			if refused := r.problem().Code == "IF_MATCH_NOT_COMPARED"; refused == compares {
				t.Errorf("%s%s compares a version: %t, and is answered %d %s", name, query, compares, r.status, r.body)
			}
		}
	}
	for _, path := range []string{"/v1/orders", "/v1/orders?dryRun=true", "/v1/orders/batch", "/v1/commands"} {
		for _, version := range []string{`"1"`, "*", "nonsense"} {
			p := w.refuse(http.StatusUnprocessableEntity, "IF_MATCH_NOT_COMPARED", w.post(supplier, path, w.orderBody("100.00"), "If-Match", version))
			if p.Field != "header.If-Match" {
				t.Errorf("%s: the problem names %q", path, p.Field)
			}
		}
	}
	if r := w.get(supplier, "/v1/orders", "If-Match", `"1"`); r.status != http.StatusOK {
		t.Errorf("a read: %d %s", r.status, r.body)
	}
	if after := w.left(); after != before {
		t.Errorf("left %s, before %s", after, before)
	}
}

func TestARepeatWithTheSameKeyIsTheSameRequest(t *testing.T) {
	w := newWorld(t)
	body, err := json.Marshal(w.orderBody("100.00"))
	w.must(err)
	first := w.post(supplier, "/v1/orders", body, "Idempotency-Key", "k-1")
	again := w.post(supplier, "/v1/orders", body, "Idempotency-Key", "k-1")
	if first.status != http.StatusCreated || string(first.body) != string(again.body) || again.status != first.status {
		t.Errorf("first %d %s\nagain %d %s", first.status, first.body, again.status, again.body)
	}
	if again.header.Get("Idempotency-Replayed") != "true" || again.header.Get("Location") != first.header.Get("Location") || again.header.Get("Content-Type") != "application/json" {
		t.Errorf("headers of the repeat: %v", again.header)
	}
	w.refuse(http.StatusUnprocessableEntity, "IDEMPOTENCY_KEY_REUSED", w.post(supplier, "/v1/orders", w.orderBody("200.00"), "Idempotency-Key", "k-1"))
	if r := w.post(leader, "/v1/orders", w.orderBody("200.00"), "Idempotency-Key", "k-1"); r.status != http.StatusCreated {
		t.Errorf("another party's key of the same name: %d %s", r.status, r.body)
	}
	w.refuse(http.StatusUnprocessableEntity, "IDEMPOTENCY_KEY_INVALID", w.post(supplier, "/v1/orders", body, "Idempotency-Key", "a b"))
}

func TestAnotherVersionIsAnotherRequest(t *testing.T) {
	w := newWorld(t)
	path := "/v1/orders/" + w.order("100.00") + "/attest"
	send := func(version string) response {
		return w.post(leader, path, nil, "Idempotency-Key", "k", "If-Match", version)
	}
	first := send(`"1"`)
	into[written](w, first, http.StatusOK)
	w.refuse(http.StatusUnprocessableEntity, "IDEMPOTENCY_KEY_REUSED", send(`"2"`))
	if again := send(`"1"`); string(again.body) != string(first.body) {
		t.Errorf("%d %s", again.status, again.body)
	}
}

func TestARefusalIsRepeatedAndAFaultOfTheRequestIsNot(t *testing.T) {
	w := newWorld(t)
	id := w.order("100.00")
	path := "/v1/orders/" + id + "/ship" // not attested yet
	ship := object{"amount": "100.00", "date": w.days(0), "note": "D1"}
	first := w.post(supplier, path, ship, "Idempotency-Key", "s")
	w.refuse(http.StatusConflict, "WRONG_STATE", first)
	w.act(leader, "/v1/orders/"+id+"/attest", nil)
	if again := w.post(supplier, path, ship, "Idempotency-Key", "s"); string(again.body) != string(first.body) || again.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("a refusal on the ledger is final: %d %s", again.status, again.body)
	}
	key := []string{"Idempotency-Key", "t"}
	w.refuse(http.StatusUnprocessableEntity, "FIELD_REQUIRED", w.post(supplier, path, object{}, key...))
	if r := w.post(supplier, path, ship, key...); r.status != http.StatusOK {
		t.Errorf("a key whose request could not be read is free: %d %s", r.status, r.body)
	}
}

// stalling is a ledger whose submissions can be made to lose their answers.
type stalling struct {
	ledger.Ledger
	mu   sync.Mutex
	lose func(context.Context) error // after the commit
	hold chan struct{}               // before it
	held chan struct{}               // is told when one holds
	drop int                         // which submission from now is lost before it; 0: none

	tried contract.Batch // the last dry run
}

func (s *stalling) DryRun(ctx context.Context, b contract.Batch) (contract.Outcome, error) {
	s.mu.Lock()
	s.tried = b
	s.mu.Unlock()
	return s.Ledger.DryRun(ctx, b)
}

func (s *stalling) Submit(ctx context.Context, b contract.Batch) (ledger.Commit, error) {
	s.mu.Lock()
	hold, lose := s.hold, s.lose
	s.drop--
	dropped := s.drop == 0
	s.mu.Unlock()
	if dropped {
		return ledger.Commit{}, ledger.ErrUnknown
	}
	if hold != nil {
		select {
		case s.held <- struct{}{}:
		default:
		}
		<-hold
	}
	c, err := s.Ledger.Submit(ctx, b)
	if err == nil && lose != nil {
		if lost := lose(ctx); lost != nil {
			return ledger.Commit{}, lost
		}
	}
	return c, err
}

func (s *stalling) set(hold chan struct{}, lose func(context.Context) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hold, s.lose = hold, lose
}

func TestARepeatAfterALostAnswerGetsTheFirstResult(t *testing.T) {
	s := &stalling{}
	w := newWorld(t, withSubmitter(s))
	s.set(nil, func(context.Context) error { return ledger.ErrUnknown })
	body, err := json.Marshal(w.orderBody("100.00"))
	w.must(err)
	p := w.refuse(http.StatusGatewayTimeout, "OUTCOME_UNKNOWN", w.post(supplier, "/v1/orders", body, "Idempotency-Key", "lost"))
	if !strings.Contains(p.Title, "Idempotency-Key") {
		t.Errorf("the caller is told what to do: %q", p.Title)
	}
	s.set(nil, nil)
	r := w.post(supplier, "/v1/orders", body, "Idempotency-Key", "lost")
	o := into[written](w, r, http.StatusCreated)
	if o.Position.Tx == "" || o.Position.Block == 0 {
		t.Errorf("the first transaction is named: %+v", o)
	}
	list := into[struct{ Items []record }](w, w.get(supplier, "/v1/orders"), http.StatusOK)
	if len(list.Items) != 1 || list.Items[0].ID != o.ID {
		t.Errorf("one order must be there, not %d", len(list.Items))
	}
}

func TestARepeatAfterACrashSubmitsTheSameCommand(t *testing.T) {
	s := &stalling{held: make(chan struct{}, 1)}
	w := newWorld(t, withSubmitter(s))
	hold := make(chan struct{})
	s.set(hold, nil)
	body, err := json.Marshal(w.orderBody("100.00"))
	w.must(err)
	first := make(chan response, 1)
	go func() { first <- w.post(supplier, "/v1/orders", body, "Idempotency-Key", "crash") }()
	<-s.held // signed and kept, and then the gateway dies; another takes its place

	once, err := idempotency.Open(t.Context(), w.dir+"/idempotency.db", idempotency.Options{})
	w.must(err)
	defer func() { _ = once.Close() }()
	after := w.deps
	after.Submit, after.Idempotency, after.Metrics, after.TempDir = submit.New(w.Engine, submit.DefaultOptions()), once, nil, t.TempDir()
	defer after.Submit.Close()
	next, err := api.New(after)
	w.must(err)
	out := httptest.NewRecorder()
	req := w.request(supplier, http.MethodPost, "/v1/orders", string(body))
	req.Header.Set("Idempotency-Key", "crash")
	next.ServeHTTP(out, req)
	resumed := into[written](w, response{out.Code, out.Header(), out.Body.Bytes()}, http.StatusCreated)

	close(hold) // the dead gateway's submission comes through after all
	late := into[written](w, <-first, http.StatusCreated)
	if late.ID != resumed.ID || late.Command.ID != resumed.Command.ID || late.Position != resumed.Position {
		t.Errorf("one command with two results:\n%+v\n%+v", resumed, late)
	}
	if list := into[page](w, w.get(supplier, "/v1/orders"), http.StatusOK); len(list.Items) != 1 {
		t.Errorf("%d orders are there", len(list.Items))
	}
}

func TestARequestInFlightIsNotDoneTwice(t *testing.T) {
	s := &stalling{held: make(chan struct{}, 1)}
	w := newWorld(t, withSubmitter(s))
	hold := make(chan struct{})
	s.set(hold, nil)
	body, err := json.Marshal(w.orderBody("100.00"))
	w.must(err)
	first := make(chan response, 1)
	go func() { first <- w.post(supplier, "/v1/orders", body, "Idempotency-Key", "flying") }()
	<-s.held
	w.refuse(http.StatusConflict, "IDEMPOTENCY_KEY_IN_FLIGHT", w.post(supplier, "/v1/orders", body, "Idempotency-Key", "flying"))
	w.refuse(http.StatusUnprocessableEntity, "IDEMPOTENCY_KEY_REUSED", w.post(supplier, "/v1/orders", w.orderBody("7.00"), "Idempotency-Key", "flying"))
	close(hold)
	if r := <-first; r.status != http.StatusCreated {
		t.Errorf("%d %s", r.status, r.body)
	}
}

func TestTheLedgerAwayIsToldAsSuch(t *testing.T) {
	s := &stalling{}
	w := newWorld(t, withSubmitter(s))
	for err, want := range map[error]struct {
		status int
		code   string
	}{
		ledger.ErrUnavailable: {503, "LEDGER_UNAVAILABLE"},
		ledger.ErrDamaged:     {503, "LEDGER_DAMAGED"},
		ledger.ErrBusy:        {429, "TOO_MANY_REQUESTS"},
	} {
		s.set(nil, func(context.Context) error { return err })
		r := w.post(supplier, "/v1/orders", w.orderBody("100.00"))
		w.refuse(want.status, want.code, r)
		if r.header.Get("Retry-After") == "" {
			t.Errorf("%s: no Retry-After", want.code)
		}
	}
}

func TestTimeIsUpBeforeTheOutcomeIsKnown(t *testing.T) {
	s := &stalling{}
	w := newWorld(t, withSubmitter(s), func(o *options) { o.limits = api.Limits{Timeout: 50 * time.Millisecond} })
	hold := make(chan struct{})
	s.set(hold, nil)
	defer close(hold)
	w.refuse(http.StatusGatewayTimeout, "OUTCOME_UNKNOWN", w.post(supplier, "/v1/orders", w.orderBody("100.00"), "Idempotency-Key", "slow"))
}

func TestTooManyAtOnceAreTurnedAway(t *testing.T) {
	s := &stalling{held: make(chan struct{}, 1)}
	w := newWorld(t, withSubmitter(s), func(o *options) { o.limits = api.Limits{Concurrent: 1, Waiting: 1, Patience: time.Millisecond} })
	hold := make(chan struct{})
	s.set(hold, nil)
	first := make(chan response, 1)
	go func() { first <- w.post(supplier, "/v1/orders", w.orderBody("100.00")) }()
	<-s.held // the only turn is taken
	r := w.get(supplier, "/v1/ledger/head")
	w.refuse(http.StatusTooManyRequests, "TOO_MANY_REQUESTS", r)
	if r.header.Get("Retry-After") == "" {
		t.Error("nobody is told when to come back")
	}
	if r := w.get("", "/livez"); r.status != http.StatusOK {
		t.Errorf("/livez is never turned away: %d", r.status)
	}
	close(hold)
	if r := <-first; r.status != http.StatusCreated {
		t.Errorf("%d %s", r.status, r.body)
	}
}

func TestOneOf64CallersReservesTheReceivable(t *testing.T) {
	w := newWorld(t)
	rec := w.granted(w.receivable(w.delivered("1000000.00"), "600000.00"), bankA, bankB)
	const callers = 64
	banks := []ident.USCC{bankA, bankB}
	fins := w.acceptedMany(banks, rec, callers)
	codes := make([]string, callers)
	var wait sync.WaitGroup
	start := make(chan struct{})
	for i := range fins {
		wait.Go(func() {
			<-start
			r := w.post(banks[i%2], "/v1/financings/"+fins[i]+"/reserve", object{"hours": 1})
			codes[i] = "accepted"
			if r.status != http.StatusOK {
				codes[i] = r.problem().Code
			}
		})
	}
	close(start)
	wait.Wait()
	count := map[string]int{}
	for _, c := range codes {
		count[c]++
	}
	if count["accepted"] != 1 || count["ENCUMBERED"] != callers-1 {
		t.Errorf("outcomes: %v", count)
	}
}

// acceptedMany are financings on one record, of the banks in turn, whose offers the supplier accepted.
func (w *world) acceptedMany(banks []ident.USCC, rec string, n int) []string {
	w.Helper()
	apply, offers := make([]object, n), make([][]object, len(banks))
	for i := range apply {
		apply[i] = object{"verb": "apply", "args": object{"lender": banks[i%len(banks)], "product": "receivable-loan", "amount": "1000.00", "tenorMonths": 3,
			"purpose": "原材料", "collateral": []string{rec}}}
	}
	fins := w.batch(supplier, "financings", apply)
	accept := make([]object, n)
	for i, id := range fins {
		offers[i%len(banks)] = append(offers[i%len(banks)], object{"verb": "offer", "id": id, "args": object{"amount": "1000.00", "annualRate": "0.0385", "maturity": w.days(90), "validUntil": w.days(7)}})
		accept[i] = object{"verb": "accept", "id": id}
	}
	for i, b := range banks {
		w.batch(b, "financings", offers[i])
	}
	w.batch(supplier, "financings", accept)
	return fins
}

// batch does many verbs that must all be accepted, and returns their records.
func (w *world) batch(p ident.USCC, path string, items []object) []string {
	w.Helper()
	var ids []string
	for _, item := range items {
		if id, _ := item["id"].(string); id != "" {
			if seen := w.seen(p, "/v1/"+path+"/"+id+"/"+item["verb"].(string)); seen != nil {
				item["ifMatch"] = seen[1]
			}
		}
	}
	for chunk := range slices.Chunk(items, 200) {
		for i, r := range into[batchAnswer](w, w.post(p, "/v1/"+path+"/batch", object{"items": chunk}), http.StatusOK).Results {
			if r.Status != "accepted" {
				w.Fatalf("item %d: %+v", i, r)
			}
			ids = append(ids, r.ID)
		}
	}
	return ids
}
