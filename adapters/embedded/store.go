package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"syscall"

	"github.com/cockroachdb/pebble"
	"github.com/cockroachdb/pebble/bloom"
	"github.com/cockroachdb/pebble/vfs"

	"decore/adapters/ledger"
)

// Sizes of the key-value store: 450 MB at most when busy with a big ledger, next to nothing when idle or small. An accrual
// run over 100,000 claims gains a quarter by them. Memtables of this size are also all that a start after a crash has to
// read back.
const (
	cacheBytes    = 256 << 20
	memtableBytes = 64 << 20
)

// storeDir is the key-value store's own folder, so that its files and ours do not mix.
func storeDir(dir string) string { return filepath.Join(dir, "store") }

// storeSetup is what stays the same when the store is opened twice, first to look and then to write.
type storeSetup struct {
	dir     string
	lock    *pebble.Lock
	log     *slog.Logger
	onFail  func(error) // told of damage that the store found by itself
	onFatal func(error) // told when the store can no longer work
}

// lockStore keeps every other process, and a second engine in this one, off the folder.
func lockStore(dir string) (*pebble.Lock, error) {
	if err := os.MkdirAll(storeDir(dir), 0o700); err != nil {
		return nil, fmt.Errorf("%w: create %s: %w", ledger.ErrUnavailable, dir, err)
	}
	lock, err := pebble.LockDirectory(storeDir(dir), vfs.Default)
	if err != nil {
		return nil, fmt.Errorf("%w: %s is in use by another ledger process: %w", ledger.ErrUnavailable, dir, err)
	}
	return lock, nil
}

// open opens the store. It does so on a goroutine of its own, because the store's way to end a fatal
// fault is to end the goroutine, and a badly damaged file may make it panic.
func (s storeSetup) open(readOnly bool) (db *pebble.DB, err error) {
	done := make(chan struct{})
	err = damage(storeDir(s.dir), errors.New("the store gave up while opening"))
	go func() {
		defer close(done)
		defer func() {
			if r := recover(); r != nil {
				s.log.Debug("store panicked", "panic", r, "stack", string(debug.Stack()))
				err = damage(storeDir(s.dir), fmt.Errorf("%v", r))
			}
		}()
		opts, release := s.options(readOnly)
		defer release()
		db, err = pebble.Open(storeDir(s.dir), opts)
	}()
	<-done
	return db, openError(storeDir(s.dir), err)
}

func (s storeSetup) options(readOnly bool) (*pebble.Options, func()) {
	cache := pebble.NewCache(cacheBytes)
	logger := storeLogger(s)
	opts := &pebble.Options{
		Cache:              cache,
		FormatMajorVersion: pebble.FormatVirtualSSTables,
		Lock:               s.lock,
		Logger:             logger,
		MaxOpenFiles:       500,
		MemTableSize:       memtableBytes,
		ReadOnly:           readOnly,
		// Two memtables may wait for their flush before writers have to.
		MemTableStopWritesThreshold: 3,
		// Few overlapping files at the top keep look-ups of a big ledger as cheap as of a small one.
		L0CompactionThreshold: 4,
		L0StopWritesThreshold: 64,
		LBaseMaxBytes:         64 << 20,
		Levels:                make([]pebble.LevelOptions, 7),
		EventListener:         &pebble.EventListener{BackgroundError: logger.background},
	}
	opts.Experimental.TableCacheShards = 2
	for i := range opts.Levels {
		l := &opts.Levels[i]
		l.BlockSize = 16 << 10
		l.IndexBlockSize = 64 << 10
		l.TargetFileSize = 4 << 20 << min(i, 4)
		// Most look-ups are of keys that are not there yet: a new command, a new token.
		l.FilterPolicy = bloom.FilterPolicy(10)
		l.FilterType = pebble.TableFilter
	}
	return opts, cache.Unref
}

// storeLogger passes the store's talk on for debugging, and its fatal faults to the engine.
type storeLogger storeSetup

func (l storeLogger) Infof(format string, args ...any) {
	l.log.Debug(fmt.Sprintf(format, args...), "part", "store")
}

func (l storeLogger) Errorf(format string, args ...any) {
	l.log.Warn(fmt.Sprintf(format, args...), "part", "store")
}

// Fatalf must not return. It ends the goroutine and not the process, whose other users may be well: the
// engine then answers that the ledger is unavailable.
func (l storeLogger) Fatalf(format string, args ...any) {
	l.onFatal(fmt.Errorf("%w: store failed: %s", ledger.ErrUnavailable, fmt.Sprintf(format, args...)))
	runtime.Goexit()
}

// background hears of flushes and compactions that failed. The store tries those again by itself; only
// damage is final.
func (l storeLogger) background(err error) {
	if pebble.IsCorruptionError(err) {
		l.onFail(damage("store", err))
		return
	}
	l.log.Error("store maintenance failed and is tried again", "error", err)
}

func damage(where string, reason error) error {
	var already *ledger.DamageError
	if errors.As(reason, &already) {
		return reason
	}
	return &ledger.DamageError{Where: where, Reason: reason.Error()}
}

// openError tells damage from a machine that is out of files, space or rights.
func openError(where string, err error) error {
	var errno syscall.Errno
	switch {
	case err == nil || errors.Is(err, ledger.ErrDamaged):
		return err
	case errors.Is(err, fs.ErrNotExist), pebble.IsCorruptionError(err):
		return damage(where, err)
	case errors.As(err, &errno):
		return fmt.Errorf("%w: open %s: %w", ledger.ErrUnavailable, where, err)
	}
	return damage(where, err)
}
