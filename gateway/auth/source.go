package auth

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	fetchTimeout = 5 * time.Second
	maxKeySet    = 1 << 20 // bytes
	askEvery     = 30 * time.Second
)

// source keeps an issuer's keys fresh: it fetches them at the start, again and again, and when a token names
// a key that it does not know. While the issuer is away the last keys stay in force.
type source struct {
	issuer  string
	fetch   func(context.Context) ([]byte, error)
	refresh time.Duration // between fetches
	retry   time.Duration // after a failed fetch; doubles up to refresh
	log     *slog.Logger
	now     func() time.Time

	asks    *rate.Limiter // anybody can name unknown keys, so asking is rationed
	wake    chan struct{}
	stopped chan struct{}

	mu     sync.Mutex
	round  chan struct{} // closed when the fetch that somebody waits for has ended; nil: nobody waits
	set    *keySet       // nil: none yet
	raw    []byte
	loaded time.Time
	err    error // of the last fetch
}

func newSource(issuer string, cfg Config, fetch func(context.Context) ([]byte, error)) *source {
	return &source{
		issuer: issuer, fetch: fetch, refresh: cfg.Refresh, retry: cfg.Retry, log: cfg.Log, now: cfg.Now,
		asks: rate.NewLimiter(rate.Every(askEvery), 1), wake: make(chan struct{}, 1), stopped: make(chan struct{}),
		round: make(chan struct{}), // early callers wait for the first fetch
	}
}

func (s *source) current() *keySet {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.set
}

func (s *source) status() (set *keySet, loaded time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.set, s.loaded, s.err
}

// newer waits for the next fetch to end, if one may be asked for now, and returns the keys after it.
func (s *source) newer(ctx context.Context) *keySet {
	if round := s.ask(); round != nil {
		select {
		case <-round:
		case <-ctx.Done():
		case <-s.stopped:
		}
	}
	return s.current()
}

func (s *source) ask() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.round == nil {
		if !s.asks.Allow() {
			return nil
		}
		s.round = make(chan struct{})
		select {
		case s.wake <- struct{}{}:
		default: // a fetch is due already
		}
	}
	return s.round
}

// run fetches until ctx ends.
func (s *source) run(ctx context.Context) {
	defer close(s.stopped)
	retry := s.retry
	for {
		wait := s.refresh
		if err := s.load(ctx); err != nil {
			wait = retry
			retry = min(2*retry, s.refresh)
		} else {
			retry = s.retry
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		case <-s.wake:
			timer.Stop()
		}
	}
}

func (s *source) load(ctx context.Context) error {
	s.mu.Lock()
	round := s.round // who asks later wants keys fetched later
	s.mu.Unlock()

	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	raw, err := s.fetch(ctx)
	var set *keySet
	if err == nil {
		set, err = parseKeySet(raw)
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	if round != nil {
		close(round)
		s.round = nil
	}
	s.err = err
	if err != nil {
		s.log.Warn("token issuer's keys cannot be fetched", "issuer", s.issuer, "error", err, "keepsOldKeys", s.set != nil)
		return err
	}
	s.loaded = s.now()
	if s.set == nil || !bytes.Equal(raw, s.raw) { // an unchanged set keeps its address and so the tokens verified by it
		s.set, s.raw = set, raw
		s.log.Info("token issuer's keys fetched", "issuer", s.issuer, "keys", len(set.keys))
	}
	return nil
}

// fetcher returns how to read a JWK set from an https URL, or from a file when where is no URL.
func fetcher(where string, client *http.Client) (func(context.Context) ([]byte, error), error) {
	if !strings.Contains(where, "://") {
		return func(context.Context) ([]byte, error) { return readKeyFile(where) }, nil
	}
	u, err := url.Parse(where)
	if err != nil {
		return nil, fmt.Errorf("key set: %w", err)
	}
	if err := secure(u); err != nil {
		return nil, err
	}
	return func(ctx context.Context) ([]byte, error) { return get(ctx, client, where) }, nil
}

func readKeyFile(path string) ([]byte, error) {
	f, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("open key set: %w", err)
	}
	defer f.Close() //nolint:errcheck // only read
	return readLimited(f)
}

func get(ctx context.Context, client *http.Client, where string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, where, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("fetch key set: %w", err)
	}
	req.Header.Set("Accept", "application/jwk-set+json, application/json")
	res, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("fetch key set: %w", err)
	}
	defer res.Body.Close() //nolint:errcheck // only read
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetch key set: the issuer answered %s", res.Status)
	}
	return readLimited(res.Body)
}

func readLimited(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxKeySet+1))
	if err != nil {
		return nil, fmt.Errorf("read key set: %w", err)
	}
	if len(data) > maxKeySet {
		return nil, fmt.Errorf("read key set: longer than %d bytes", maxKeySet)
	}
	return data, nil
}

// defaultClient follows redirects, but never to where keys could be changed on the way.
func defaultClient() *http.Client {
	return &http.Client{Timeout: fetchTimeout, CheckRedirect: func(req *http.Request, via []*http.Request) error {
		if len(via) > 3 {
			return errors.New("too many redirects")
		}
		return secure(req.URL)
	}}
}

// secure refuses URLs over which an outsider could put in other keys: plain HTTP is for this machine only.
func secure(u *url.URL) error {
	ip := net.ParseIP(u.Hostname())
	local := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	if u.Host != "" && (u.Scheme == "https" || u.Scheme == "http" && local) {
		return nil
	}
	return fmt.Errorf("key set URL %s must be https", u.Redacted())
}
