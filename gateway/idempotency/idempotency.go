// Package idempotency remembers what became of requests that carry an Idempotency-Key, so that a repeat of
// a request is the same request: it gets the first answer, and where the gateway died before there was
// one, the very commands that were signed for it are submitted again.
package idempotency

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"decore/chaincode/ident"
	"decore/gateway/sqlite"
)

// Errors of a key that cannot be used now.
var (
	// ErrInFlight: the first request of the key is still being worked on.
	ErrInFlight = errors.New("a request of this key is in flight")
	// ErrMismatch: the key was used for another request.
	ErrMismatch = errors.New("the key belongs to another request")
	// ErrFull: the party has used as many keys as are remembered.
	ErrFull = errors.New("too many keys are remembered for this party")
)

// Lifetime is how long a key is remembered where Options say nothing else.
const Lifetime = 48 * time.Hour

// Options bound a Store.
type Options struct {
	Lifetime time.Duration    // how long a key is remembered: Lifetime when 0
	PerParty int              // keys remembered for a party at most: 1,000,000 when 0
	Clock    func() time.Time // time.Now when nil
}

func (o Options) complete() Options {
	if o.Lifetime == 0 {
		o.Lifetime = Lifetime
	}
	if o.PerParty == 0 {
		o.PerParty = 1_000_000
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	return o
}

// Store keeps keys in a file of its own, which outlives a rebuilt projection. It is safe for concurrent use.
type Store struct {
	db   *sqlite.DB
	opts Options

	mu     sync.Mutex
	flight map[name]bool      // requests that this process works on
	kept   map[ident.USCC]int // keys in the file, counted at each sweep and added to between
	swept  time.Time
}

// name is a key of a party; parties do not share keys.
type name struct {
	party ident.USCC
	key   string
}

// Answer is an HTTP answer as it was given.
type Answer struct {
	Status int
	Header []byte // in a form of the caller's own
	Body   []byte
}

// Entry is what is known of a key when a request begins.
type Entry struct {
	Answer *Answer // the first answer, if there is one
	Intent []byte  // without an answer: what Intend kept, to be carried out again; nil when nothing was begun
}

const schema = `CREATE TABLE IF NOT EXISTS requests (
	party TEXT NOT NULL,
	key TEXT NOT NULL,
	request BLOB NOT NULL,
	begun BIGINT NOT NULL,
	intent BLOB,
	status INTEGER,
	header BLOB,
	body BLOB,
	PRIMARY KEY (party, key)
);
CREATE INDEX IF NOT EXISTS requests_begun ON requests (begun);`

// readers is how many repeats are looked up at once.
const readers = 4

// Open opens the file, or makes it.
func Open(ctx context.Context, path string, o Options) (*Store, error) {
	db, err := sqlite.Open(ctx, path, readers)
	if err != nil {
		return nil, fmt.Errorf("idempotency keys: %w", err)
	}
	if _, err := db.Writer.ExecContext(ctx, schema); err != nil {
		return nil, errors.Join(fmt.Errorf("idempotency keys: %w", sqlite.Fault(err)), db.Close())
	}
	return &Store{db: db, opts: o.complete(), flight: map[name]bool{}, kept: map[ident.USCC]int{}}, nil
}

// Close closes the file.
func (s *Store) Close() error { return s.db.Close() }

// Begin claims the key for a request, told apart from others by its hash. Where the entry has no answer
// the caller works on it, and ends with Finish or Release. The error is ErrInFlight, ErrMismatch or
// ErrFull when the request must not be worked on.
func (s *Store) Begin(ctx context.Context, party ident.USCC, key string, request [sha256.Size]byte) (Entry, error) {
	n := name{party, key}
	s.mu.Lock()
	busy := s.flight[n]
	if !busy {
		s.flight[n] = true
	}
	s.mu.Unlock()
	if busy {
		return s.whileBusy(ctx, n, request)
	}
	entry, err := s.claim(ctx, n, request)
	if err != nil || entry.Answer != nil {
		s.land(n)
	}
	return entry, err
}

// whileBusy tells a repeat of a request in flight from another request that took its key.
func (s *Store) whileBusy(ctx context.Context, n name, request [sha256.Size]byte) (Entry, error) {
	switch _, err := s.find(ctx, n, request); {
	case err == nil, errors.Is(err, sql.ErrNoRows):
		return Entry{}, ErrInFlight
	default:
		return Entry{}, err
	}
}

// Check tells what Begin would of a key, which stays as free as it was: ErrInFlight, ErrMismatch, or nil.
func (s *Store) Check(ctx context.Context, party ident.USCC, key string, request [sha256.Size]byte) error {
	if err := s.sweep(ctx); err != nil {
		return err
	}
	n := name{party, key}
	_, err := s.find(ctx, n, request)
	s.mu.Lock()
	busy := s.flight[n]
	s.mu.Unlock()
	switch {
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		return err
	case busy:
		return ErrInFlight
	}
	return nil
}

func (s *Store) claim(ctx context.Context, n name, request [sha256.Size]byte) (Entry, error) {
	if err := s.sweep(ctx); err != nil {
		return Entry{}, err
	}
	entry, err := s.find(ctx, n, request)
	if !errors.Is(err, sql.ErrNoRows) {
		return entry, err
	}
	if !s.room(n.party) {
		return Entry{}, ErrFull
	}
	_, err = s.db.Writer.ExecContext(ctx, `INSERT INTO requests (party, key, request, begun) VALUES (?, ?, ?, ?)`,
		n.party, n.key, request[:], s.opts.Clock().UnixMilli())
	if err != nil {
		return Entry{}, fmt.Errorf("idempotency keys: %w", err)
	}
	return Entry{}, nil
}

// room counts one more key of the party, unless it has as many as it may.
func (s *Store) room(party ident.USCC) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept[party] >= s.opts.PerParty {
		return false
	}
	s.kept[party]++
	return true
}

// find reads a key; sql.ErrNoRows when it is new.
func (s *Store) find(ctx context.Context, n name, request [sha256.Size]byte) (Entry, error) {
	var hash, intent, header, body []byte
	var status sql.NullInt64
	err := s.db.Reader.QueryRowContext(ctx, `SELECT request, intent, status, header, body FROM requests WHERE party = ? AND key = ?`,
		n.party, n.key).Scan(&hash, &intent, &status, &header, &body)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Entry{}, err
	case err != nil:
		return Entry{}, fmt.Errorf("idempotency keys: %w", err)
	case [sha256.Size]byte(hash) != request:
		return Entry{}, ErrMismatch
	case status.Valid:
		return Entry{Answer: &Answer{Status: int(status.Int64), Header: header, Body: body}}, nil
	}
	return Entry{Intent: intent}, nil
}

// Intend keeps what is about to be submitted for the key, before it is submitted. It is on the disk when
// Intend returns: were it lost with the power after the ledger had taken the commands, a repeat would be
// signed as new ones.
func (s *Store) Intend(ctx context.Context, party ident.USCC, key string, intent []byte) (err error) {
	conn, err := s.db.Writer.Conn(ctx)
	if err != nil {
		return fmt.Errorf("idempotency keys: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if _, err := conn.ExecContext(ctx, `PRAGMA synchronous = FULL`); err != nil {
		return fmt.Errorf("idempotency keys: %w", err)
	}
	defer func() {
		_, back := conn.ExecContext(context.WithoutCancel(ctx), `PRAGMA synchronous = NORMAL`)
		err = errors.Join(err, back)
	}()
	return one(conn.ExecContext(ctx, `UPDATE requests SET intent = ? WHERE party = ? AND key = ?`, intent, party, key))
}

// Finish keeps the answer; repeats get it from now on. The intent is forgotten, since it is carried out.
func (s *Store) Finish(ctx context.Context, party ident.USCC, key string, a Answer) error {
	defer s.land(name{party, key})
	return one(s.db.Writer.ExecContext(ctx, `UPDATE requests SET status = ?, header = ?, body = ?, intent = NULL WHERE party = ? AND key = ?`,
		a.Status, a.Header, a.Body, party, key))
}

// Release ends work on the key without an answer. What was intended stays, for a repeat to carry out; where
// nothing was, the key is free again.
func (s *Store) Release(ctx context.Context, party ident.USCC, key string) error {
	defer s.land(name{party, key})
	_, err := s.db.Writer.ExecContext(ctx, `DELETE FROM requests WHERE party = ? AND key = ? AND intent IS NULL AND status IS NULL`, party, key)
	if err != nil {
		return fmt.Errorf("idempotency keys: %w", err)
	}
	return nil
}

// one makes sure that a statement changed the one row that was begun.
func one(result sql.Result, err error) error {
	if err != nil {
		return fmt.Errorf("idempotency keys: %w", err)
	}
	if rows, err := result.RowsAffected(); err != nil || rows != 1 {
		return errors.Join(errors.New("idempotency keys: the key was not begun"), err)
	}
	return nil
}

func (s *Store) land(n name) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.flight, n)
}

// sweep forgets keys that are past their time, at most once a minute.
func (s *Store) sweep(ctx context.Context) error {
	now := s.opts.Clock()
	s.mu.Lock()
	due := now.Sub(s.swept) >= time.Minute
	if due {
		s.swept = now
	}
	s.mu.Unlock()
	if !due {
		return nil
	}
	if _, err := s.db.Writer.ExecContext(ctx, `DELETE FROM requests WHERE begun < ?`, now.Add(-s.opts.Lifetime).UnixMilli()); err != nil {
		return fmt.Errorf("idempotency keys: %w", err)
	}
	return s.count(ctx)
}

// count reads how many keys each party has.
func (s *Store) count(ctx context.Context) error {
	type tally struct {
		party ident.USCC
		keys  int
	}
	rows, err := s.db.Reader.QueryContext(ctx, `SELECT party, COUNT(*) FROM requests GROUP BY party`)
	tallies, err := sqlite.Collect(rows, err, func(scan func(...any) error) (t tally, err error) {
		err = scan(&t.party, &t.keys)
		return t, err
	})
	if err != nil {
		return fmt.Errorf("idempotency keys: %w", err)
	}
	kept := map[ident.USCC]int{}
	for _, t := range tallies {
		kept[t.party] = t.keys
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept = kept
	return nil
}
