// Package projection is the read model (读模型): the ledger's committed blocks as rows of SQL, so that no
// read ever touches a peer.
//
// A Store is fed by Run, one block after the other, and remembers in the same SQL transaction as the rows
// how far it came. It holds nothing that is not on the ledger: it can be dropped at any time and comes back
// with the same rows. What this gateway may know of private terms it asks of the ledger, and believes only
// what matches the public commitment.
package projection

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"decore/gateway/sqlite"
)

// Errors that callers test with errors.Is.
var (
	// ErrNotFound: the projection has no such record, party, policy or command.
	ErrNotFound = errors.New("not in the projection")
	// ErrDamaged: the file is no database or a broken one. It is safe to move it aside and start anew.
	ErrDamaged = errors.New("the projection's file is damaged")
	// ErrFeeding: the projection is being fed by another call already.
	ErrFeeding = errors.New("the projection is being fed already")
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("the projection is closed")
	// ErrUnreadable: a block holds what this version cannot read.
	ErrUnreadable = errors.New("the projection cannot read a block")
	// ErrFilter: the filter asks for what cannot be.
	ErrFilter = errors.New("invalid filter")
)

// Options are settings with a default each.
type Options struct {
	Readers int              // SQL connections for reading: 4 when 0
	Cache   int              // records, and as many other facts, kept in memory: 16,384 when 0
	Retry   time.Duration    // the first pause after a fault of the feed; it doubles to 64 times that: 100 ms when 0
	Clock   func() time.Time // decides whether a grant has ended: time.Now when nil
	Log     *slog.Logger     // slog.Default when nil
}

func (o Options) complete() Options {
	o.Readers, o.Cache, o.Retry = or(o.Readers, 4), or(o.Cache, 16384), or(o.Retry, 100*time.Millisecond)
	o.Log = or(o.Log, slog.Default())
	if o.Clock == nil {
		o.Clock = time.Now
	}
	return o
}

func or[T comparable](given, otherwise T) T {
	var none T
	if given == none {
		return otherwise
	}
	return given
}

// Store is an open projection, safe for concurrent use.
type Store struct {
	opts Options
	db   *sqlite.DB
	stmt statements

	feeding sync.Mutex                // held by whoever writes rows
	fed     atomic.Bool               // whether somebody does
	cut     atomic.Pointer[time.Time] // since when the ledger is out of reach; nil while it is not
	closing context.Context
	close   context.CancelFunc
	closed  func() error

	position *position
	cache    *caches
}

// Open opens the projection at the path, or makes an empty one. ErrDamaged is wrapped when the file is
// broken, or was found to be while it was used before.
func Open(ctx context.Context, path string, opts Options) (*Store, error) {
	s := &Store{opts: opts.complete(), position: newPosition()}
	s.cache = newCaches(s.opts.Cache)
	s.closing, s.close = context.WithCancel(context.Background())
	s.closed = sync.OnceValue(s.shut)
	if _, err := os.Stat(damageMark(path)); err == nil {
		return nil, fmt.Errorf("%w: %s was written when it was met", ErrDamaged, damageMark(path))
	}
	var err error
	if s.db, err = sqlite.Open(ctx, path, s.opts.Readers); err != nil {
		return nil, damaged(err)
	}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open projection: %w", damaged(err)), s.db.Close())
	}
	return s, nil
}

func (s *Store) prepare(ctx context.Context) error {
	if err := s.migrate(ctx); err != nil {
		return err
	}
	if err := s.stmt.prepare(ctx, s.db); err != nil {
		return err
	}
	return s.loadPosition(ctx)
}

// OpenOrRebuild is Open, but moves a damaged file aside and starts anew; the next Run fills it.
func OpenOrRebuild(ctx context.Context, path string, opts Options) (*Store, error) {
	s, err := Open(ctx, path, opts)
	if !errors.Is(err, ErrDamaged) {
		return s, err
	}
	opts = opts.complete()
	suffix := ".damaged-" + opts.Clock().UTC().Format("20060102T150405.000Z")
	opts.Log.Error("projection is damaged; it is moved aside and built anew", "error", err, "file", path+suffix)
	if err := errors.Join(sqlite.MoveAside(path, suffix), remove(damageMark(path))); err != nil {
		return nil, fmt.Errorf("move damaged projection aside: %w", err)
	}
	return Open(ctx, path, opts)
}

// Check reads the whole file and wraps ErrDamaged when it is broken; it takes seconds a gigabyte.
func (s *Store) Check(ctx context.Context) error { return s.fault(s.db.Check(ctx)) }

// Close ends a running feed and closes the file.
func (s *Store) Close() error { return s.closed() }

func (s *Store) shut() error {
	s.close()
	s.feeding.Lock()
	defer s.feeding.Unlock()
	return errors.Join(s.stmt.close(), s.db.Close())
}

// fault gives an SQL error the package's own kinds. Damage leaves a mark beside the file, so that the
// next start knows of damage that only a deep read meets.
func (s *Store) fault(err error) error {
	switch {
	case err == nil:
		return nil
	case s.closing.Err() != nil:
		return fmt.Errorf("%w: %w", ErrClosed, err)
	}
	err = damaged(err)
	if errors.Is(err, ErrDamaged) {
		s.opts.Log.Error("projection is damaged", "error", err)
		if mark := os.WriteFile(damageMark(s.db.Path), nil, 0o600); mark != nil {
			s.opts.Log.Error("damage of the projection cannot be marked", "error", mark)
		}
	}
	return err
}

func damaged(err error) error {
	if err = sqlite.Fault(err); errors.Is(err, sqlite.ErrDamaged) && !errors.Is(err, ErrDamaged) {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}

func damageMark(path string) string { return path + ".damaged" }

func remove(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
