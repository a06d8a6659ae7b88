package idempotency_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"decore/chaincode/ident"
	"decore/gateway/idempotency"
)

const (
	alice ident.USCC = "91370200990000009K"
	bob   ident.USCC = "91370200990000105W"
)

func hash(s string) [sha256.Size]byte { return sha256.Sum256([]byte(s)) }

func open(t testing.TB, path string, o idempotency.Options) *idempotency.Store {
	t.Helper()
	s, err := idempotency.Open(t.Context(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func fresh(t testing.TB, o idempotency.Options) *idempotency.Store {
	t.Helper()
	return open(t, filepath.Join(t.TempDir(), "keys.db"), o)
}

func begin(t testing.TB, s *idempotency.Store, p ident.USCC, key, request string) idempotency.Entry {
	t.Helper()
	e, err := s.Begin(t.Context(), p, key, hash(request))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestARepeatGetsTheFirstAnswer(t *testing.T) {
	s := fresh(t, idempotency.Options{})
	if e := begin(t, s, alice, "k", "a"); e.Answer != nil || e.Intent != nil {
		t.Fatalf("a new key has %+v", e)
	}
	ok(t, s.Intend(t.Context(), alice, "k", []byte("signed")))
	ok(t, s.Finish(t.Context(), alice, "k", idempotency.Answer{Status: 201, Header: []byte("h"), Body: []byte("b")}))
	for range 2 {
		e := begin(t, s, alice, "k", "a")
		if e.Answer == nil || e.Answer.Status != 201 || string(e.Answer.Header) != "h" || string(e.Answer.Body) != "b" {
			t.Errorf("the repeat has %+v", e)
		}
	}
}

func TestAnotherRequestOfTheKeyIsRefused(t *testing.T) {
	s := fresh(t, idempotency.Options{})
	begin(t, s, alice, "k", "a")
	if _, err := s.Begin(t.Context(), alice, "k", hash("b")); !errors.Is(err, idempotency.ErrMismatch) {
		t.Errorf("in flight: %v", err)
	}
	ok(t, s.Finish(t.Context(), alice, "k", idempotency.Answer{Status: 200}))
	if _, err := s.Begin(t.Context(), alice, "k", hash("b")); !errors.Is(err, idempotency.ErrMismatch) {
		t.Errorf("answered: %v", err)
	}
}

func TestARepeatInFlightIsToldSo(t *testing.T) {
	s := fresh(t, idempotency.Options{})
	begin(t, s, alice, "k", "a")
	if _, err := s.Begin(t.Context(), alice, "k", hash("a")); !errors.Is(err, idempotency.ErrInFlight) {
		t.Error(err)
	}
}

func TestACheckTellsWhatBeginWouldAndTakesNoKey(t *testing.T) {
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	s := fresh(t, idempotency.Options{Clock: func() time.Time { return now }})
	check := func(request string) error { return s.Check(t.Context(), alice, "k", hash(request)) }
	ok(t, check("a"))
	ok(t, check("b")) // had the first check taken the key, this would be another request of it
	begin(t, s, alice, "k", "b")
	if err := check("b"); !errors.Is(err, idempotency.ErrInFlight) {
		t.Errorf("in flight: %v", err)
	}
	if err := check("a"); !errors.Is(err, idempotency.ErrMismatch) {
		t.Errorf("another request in flight: %v", err)
	}
	ok(t, s.Finish(t.Context(), alice, "k", idempotency.Answer{Status: 200}))
	ok(t, check("b"))
	if err := check("a"); !errors.Is(err, idempotency.ErrMismatch) {
		t.Errorf("another request that was answered: %v", err)
	}
	ok(t, s.Check(t.Context(), bob, "k", hash("a")))
	now = now.Add(idempotency.Lifetime + time.Minute)
	ok(t, check("a"))
}

func TestPartiesDoNotShareKeys(t *testing.T) {
	s := fresh(t, idempotency.Options{})
	begin(t, s, alice, "k", "a")
	begin(t, s, bob, "k", "b")
}

func TestAfterADeathTheIntentIsCarriedOutAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.db")
	s := open(t, path, idempotency.Options{})
	begin(t, s, alice, "intended", "a")
	ok(t, s.Intend(t.Context(), alice, "intended", []byte("signed")))
	begin(t, s, alice, "begun", "a")
	ok(t, s.Close())
	s = open(t, path, idempotency.Options{})
	if e := begin(t, s, alice, "intended", "a"); string(e.Intent) != "signed" || e.Answer != nil {
		t.Errorf("the intended request has %+v", e)
	}
	if e := begin(t, s, alice, "begun", "a"); e.Intent != nil || e.Answer != nil {
		t.Errorf("the begun request has %+v", e)
	}
	if _, err := s.Begin(t.Context(), alice, "intended", hash("a")); !errors.Is(err, idempotency.ErrInFlight) {
		t.Errorf("the resumed request can be begun twice: %v", err)
	}
}

func TestAReleasedKeyIsFreeUnlessSomethingWasIntended(t *testing.T) {
	s := fresh(t, idempotency.Options{})
	begin(t, s, alice, "k", "a")
	ok(t, s.Release(t.Context(), alice, "k"))
	begin(t, s, alice, "k", "other")
	ok(t, s.Intend(t.Context(), alice, "k", []byte("signed")))
	ok(t, s.Release(t.Context(), alice, "k"))
	if _, err := s.Begin(t.Context(), alice, "k", hash("a")); !errors.Is(err, idempotency.ErrMismatch) {
		t.Errorf("the intended key was given away: %v", err)
	}
	if e := begin(t, s, alice, "k", "other"); string(e.Intent) != "signed" {
		t.Errorf("the repeat has %+v", e)
	}
}

func TestKeysAreForgottenAfterTheirTimeAndBounded(t *testing.T) {
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	s := fresh(t, idempotency.Options{Lifetime: time.Hour, PerParty: 2, Clock: func() time.Time { return now }})
	for i := range 2 {
		key := fmt.Sprint(i)
		begin(t, s, alice, key, "a")
		ok(t, s.Finish(t.Context(), alice, key, idempotency.Answer{Status: 200}))
	}
	if _, err := s.Begin(t.Context(), alice, "2", hash("a")); !errors.Is(err, idempotency.ErrFull) {
		t.Errorf("a third key: %v", err)
	}
	begin(t, s, bob, "0", "a")
	now = now.Add(2 * time.Hour)
	if e := begin(t, s, alice, "0", "another request"); e.Answer != nil {
		t.Error("a key past its time still has its answer")
	}
}

func TestOneOfManyConcurrentRequestsOfAKeyIsWorkedOn(t *testing.T) {
	s := fresh(t, idempotency.Options{})
	var worked atomic.Int64
	var wait sync.WaitGroup
	for range 32 {
		wait.Go(func() {
			switch _, err := s.Begin(t.Context(), alice, "k", hash("a")); {
			case err == nil:
				worked.Add(1)
			case !errors.Is(err, idempotency.ErrInFlight):
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if worked.Load() != 1 {
		t.Errorf("%d requests were worked on", worked.Load())
	}
}

func BenchmarkARequestWithAKey(b *testing.B) {
	s := fresh(b, idempotency.Options{})
	for i := range b.N {
		key := fmt.Sprint(i)
		if _, err := s.Begin(b.Context(), alice, key, hash(key)); err != nil {
			b.Fatal(err)
		}
		if err := errors.Join(s.Intend(b.Context(), alice, key, []byte(key)), s.Finish(b.Context(), alice, key, idempotency.Answer{Status: 200})); err != nil {
			b.Fatal(err)
		}
	}
}
