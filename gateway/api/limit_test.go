package api_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"decore/chaincode/ident"
	"decore/gateway/api"
)

// slowly begins a request whose body does not end before finish is called.
func (w *world) slowly(p ident.USCC, path string) (answered chan response, finish func()) {
	body, more := io.Pipe()
	req := w.request(p, http.MethodPost, path, "")
	req.Body, req.ContentLength = body, -1
	answered = make(chan response, 1)
	go func() { answered <- w.do(req) }()
	return answered, func() { _ = more.Close() }
}

func TestWhoSendsSlowlyKeepsNobodyElseWaiting(t *testing.T) {
	w := newWorld(t, func(o *options) {
		o.limits = api.Limits{Concurrent: 1, PerParty: 1, Patience: time.Millisecond, BodyTime: time.Hour}
	})
	answered, finish := w.slowly(supplier, "/v1/orders")
	defer finish()
	for w.get(supplier, "/v1/ledger/head").status != http.StatusTooManyRequests { // until the slow one has the supplier's turn
		if t.Context().Err() != nil {
			t.Fatal("the slow request never took its turn")
		}
	}
	into[object](w, w.get(leader, "/v1/ledger/head"), http.StatusOK)
	finish()
	w.refuse(http.StatusBadRequest, "BODY_REQUIRED", <-answered)
}

func TestABodyMustArriveInTime(t *testing.T) {
	w := newWorld(t, func(o *options) { o.limits = api.Limits{BodyTime: 20 * time.Millisecond} })
	answered, finish := w.slowly(supplier, "/v1/orders")
	defer finish()
	w.refuse(http.StatusBadRequest, "BODY_UNREADABLE", <-answered)
}

func TestNoPartyTakesEveryTurn(t *testing.T) {
	s := &stalling{held: make(chan struct{}, 1)}
	w := newWorld(t, withSubmitter(s), func(o *options) { o.limits = api.Limits{Concurrent: 4, Patience: time.Millisecond} })
	hold := make(chan struct{})
	release := sync.OnceFunc(func() { close(hold) })
	defer release()
	s.set(hold, nil)
	first := make(chan response, 1)
	go func() { first <- w.post(supplier, "/v1/orders", w.orderBody("1.00")) }()
	<-s.held
	w.refuse(http.StatusTooManyRequests, "TOO_MANY_REQUESTS", w.get(supplier, "/v1/ledger/head"))
	into[object](w, w.get(leader, "/v1/ledger/head"), http.StatusOK)
	release()
	into[written](w, <-first, http.StatusCreated)
	into[object](w, w.get(supplier, "/v1/ledger/head"), http.StatusOK)
}

func TestFewImportsRunAtOnceAndOneOfAParty(t *testing.T) {
	for name, c := range map[string]struct {
		most int
		by   ident.USCC
	}{"another of the party": {4, supplier}, "more than may run": {1, rival}} {
		t.Run(name, func(t *testing.T) {
			s := &stalling{held: make(chan struct{}, 1)}
			w := newWorld(t, withSubmitter(s), func(o *options) { o.limits = api.Limits{Imports: c.most} })
			sheet := []byte(receivableHeader + w.line(w.numberOf(w.delivered("1000.00")), w.invoice(), "1.00"))
			upload := func(p ident.USCC) response { return w.upload(p, "/v1/receivables/import", "x.csv", sheet) }
			hold := make(chan struct{})
			release := sync.OnceFunc(func() { close(hold) })
			defer release()
			s.set(hold, nil)
			first := make(chan response, 1)
			go func() { first <- upload(supplier) }()
			<-s.held
			w.refuse(http.StatusTooManyRequests, "TOO_MANY_REQUESTS", upload(c.by))
			into[object](w, w.get(supplier, "/v1/ledger/head"), http.StatusOK)
			release()
			if got := into[imported](w, <-first, http.StatusOK); got.Recorded != 1 {
				t.Errorf("%+v", got)
			}
			into[imported](w, upload(c.by), http.StatusOK)
		})
	}
}

// deadlines is an answer that notes the deadlines of its connection.
type deadlines struct {
	*httptest.ResponseRecorder
	read, write time.Time
	bounded     bool // reading ever was
}

func (d *deadlines) SetReadDeadline(t time.Time) error {
	d.read, d.bounded = t, d.bounded || !t.IsZero()
	return nil
}
func (d *deadlines) SetWriteDeadline(t time.Time) error { d.write = t; return nil }

func TestDeadlinesOfTheConnectionFitTheWork(t *testing.T) {
	const longest = time.Hour
	w := newWorld(t, func(o *options) { o.limits = api.Limits{Import: longest} })
	ask := func(path, media string, body []byte) *deadlines {
		req := w.request(supplier, http.MethodPost, path, string(body))
		req.Header.Set("Content-Type", media)
		d := &deadlines{ResponseRecorder: httptest.NewRecorder()}
		w.API.ServeHTTP(d, req)
		if d.Code >= 400 || !d.bounded || !d.read.IsZero() {
			t.Errorf("%s: %d %s; reading was bounded: %v, and is at the end until %s", path, d.Code, d.Body, d.bounded, d.read)
		}
		return d
	}
	body, err := json.Marshal(w.orderBody("1.00"))
	w.must(err)
	if d := ask("/v1/orders", "application/json", body); !d.write.IsZero() {
		t.Errorf("a common request changes the server's deadline of writing to %s", d.write)
	}
	var form bytes.Buffer
	m := multipart.NewWriter(&form)
	part, err := m.CreateFormFile("file", "x.csv")
	w.must(err)
	_, err = io.WriteString(part, receivableHeader+w.line(w.numberOf(w.delivered("1000.00")), w.invoice(), "1.00"))
	w.must(err)
	w.must(m.Close())
	before := time.Now()
	if d := ask("/v1/receivables/import", m.FormDataContentType(), form.Bytes()); !d.write.After(before.Add(2 * longest)) {
		t.Errorf("an import of %s must have answered by %s", longest, d.write.Sub(before))
	}
}
