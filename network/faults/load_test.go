package faults_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"decore/chaincode/calendar"
)

const (
	supplier = "91370200990000009K"
	buyer    = "91370200990000017E"
	callers  = 4
)

// load is callers that record orders, each one after the other, and that repeat a call under its idempotency key until
// they know what came of it, as a bank's system does.
type load struct {
	t     *testing.T
	url   string
	token string
	stop  context.CancelFunc
	done  sync.WaitGroup

	known    atomic.Int64 // calls of which it is known what came of them
	repeated atomic.Int64 // answers after which the call had to be made again

	mu     sync.Mutex
	orders map[string]string // record ID by order number
	odd    []string          // answers that no caller should get
}

func (s *stage) load(t *testing.T) *load {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	l := &load{t: t, url: s.own.url, token: s.token(t, supplier), stop: stop, orders: map[string]string{}}
	await(t, "the suppliers to be admitted", func(context.Context) bool {
		status, _ := l.send(http.MethodGet, "/v1/parties/"+buyer, "", nil)
		return status == http.StatusOK
	})
	for c := range callers {
		l.done.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				l.record(fmt.Sprintf("LOAD-%d-%05d", c, n))
			}
		})
	}
	t.Cleanup(l.end)
	return l
}

// end lets every caller come to know of its last call.
func (l *load) end() { l.stop(); l.done.Wait() }

// passing are the answers after which a call is worth repeating.
var passing = map[int]bool{0: true, http.StatusTooManyRequests: true, http.StatusServiceUnavailable: true, http.StatusGatewayTimeout: true, http.StatusConflict: true}

// record records an order and goes on until it is known what came of it.
func (l *load) record(number string) {
	for l.t.Context().Err() == nil {
		status, body := l.call(number)
		var written struct{ ID, Code string }
		_ = json.Unmarshal(body, &written) // what is no JSON is odd
		switch {
		case status == http.StatusCreated && written.ID != "":
			l.mu.Lock()
			l.orders[number] = written.ID
			l.mu.Unlock()
			l.known.Add(1)
			return
		case passing[status] && (status != http.StatusConflict || written.Code == "IDEMPOTENCY_KEY_IN_FLIGHT"):
			l.repeated.Add(1)
			time.Sleep(20 * time.Millisecond) // as Retry-After asks, but faster
		default:
			l.mu.Lock()
			l.odd = append(l.odd, fmt.Sprintf("%s: %d %.200s", number, status, body))
			l.mu.Unlock()
			return
		}
	}
}

func (l *load) call(number string) (int, []byte) {
	today := calendar.At(time.Now())
	raw, err := json.Marshal(map[string]any{"seller": supplier, "buyer": buyer, "buyerClass": "large", "number": number, "signed": today,
		"deliverBy": today.AddDays(30), "paymentDays": 30, "goods": "壳体", "amount": "1000.00"})
	if err != nil {
		return 0, nil
	}
	return l.send(http.MethodPost, "/v1/orders", number, raw)
}

// send makes one call; status 0 is that it is not known what came of it.
func (l *load) send(method, path, key string, raw []byte) (int, []byte) {
	req, err := http.NewRequestWithContext(l.t.Context(), method, l.url+path, bytes.NewReader(raw))
	if err != nil {
		return 0, nil
	}
	req.Header.Set("Authorization", "Bearer "+l.token)
	if key != "" {
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Idempotency-Key", key)
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, nil
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, nil // cut off
	}
	return res.StatusCode, body
}

// goOn waits until the load got on by a number of calls.
func (l *load) goOn(t *testing.T, what string) {
	t.Helper()
	const calls = 20
	want := l.known.Load() + calls
	await(t, what, func(context.Context) bool { return l.known.Load() >= want })
}
