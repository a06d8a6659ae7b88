package embedded

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble"

	"decore/adapters/ledger"
	"decore/adapters/ledger/conformance"
)

// sample makes a ledger of 40 blocks, some in files and the newest in the write-ahead log only.
func sample(t *testing.T) (dir string, head ledger.Head) {
	t.Helper()
	dir = t.TempDir()
	e := open(t, options(dir))
	for i := range 40 {
		text := strconv.Itoa(i)
		submit(t, e, batch("c"+text, put("k"+strconv.Itoa(i%7), strings.Repeat(text, 40)),
			conformance.Step{Do: "put private", Org: bank, Key: "p" + strconv.Itoa(i%3), Value: "secret" + text}))
		if i%15 == 14 {
			if err := e.db.Flush(); err != nil {
				t.Fatal(err)
			}
		}
	}
	head = e.views.head()
	closeIt(t, e)
	return dir, head
}

func copyDir(t *testing.T, from string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}

// content is the hash of each file in dir, save the lock, which every start touches.
func content(t *testing.T, dir string) string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "LOCK" {
			return err
		}
		raw, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		all = append(all, fmt.Sprintf("%s %x", rel, sha256.Sum256(raw)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, "\n")
}

// harm is a way to damage a file.
type harm struct {
	name string
	do   func(path string) error
}

func harms(size int64) []harm {
	all := []harm{
		{"is missing", os.Remove},
		{"is empty", func(path string) error { return os.Truncate(path, 0) }},
		{"is cut in half", func(path string) error { return os.Truncate(path, size/2) }},
	}
	for i := range int64(5) {
		at := size * i / 5
		all = append(all, harm{fmt.Sprintf("has byte %d flipped", at), func(path string) error { return flip(path, at) }})
	}
	return all
}

func flip(path string, at int64) error {
	raw, err := os.ReadFile(path)
	if err != nil || at >= int64(len(raw)) {
		return err
	}
	raw[at] ^= 0x10
	return os.WriteFile(path, raw, 0o600)
}

// Whatever happens to a file, a start either finds all that was there or refuses, naming what is wrong and
// leaving the evidence alone.
func TestDamagedFiles(t *testing.T) {
	dir, head := sample(t)
	refused := map[string]int{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "LOCK" {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		for _, h := range harms(info.Size()) {
			t.Run(filepath.Base(rel)+" "+h.name, func(t *testing.T) {
				if damagedStart(t, dir, rel, h, head) {
					refused[kindOf(rel)]++
				}
			})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"anchor", ".sst", ".log", "MANIFEST"} {
		if refused[kind] == 0 {
			t.Errorf("no damage to a file of kind %s was noticed", kind)
		}
	}
	t.Log("refused starts by kind of file:", refused)
}

func kindOf(rel string) string {
	base := filepath.Base(rel)
	if ext := filepath.Ext(base); ext == ".sst" || ext == ".log" {
		return ext
	}
	kind, _, _ := strings.Cut(base, "-")
	return kind
}

// damagedStart reports whether the start was refused.
func damagedStart(t *testing.T, dir, rel string, h harm, head ledger.Head) bool {
	t.Helper()
	harmed := copyDir(t, dir)
	if err := h.do(filepath.Join(harmed, rel)); err != nil {
		t.Fatal(err)
	}
	before := content(t, harmed)
	e, err := Open(options(harmed))
	if err != nil {
		var damage *ledger.DamageError
		if !errors.As(err, &damage) || damage.Where == "" || damage.Reason == "" {
			t.Errorf("refused without saying what is damaged: %v", err)
		}
		if after := content(t, harmed); after != before {
			t.Errorf("the refused start altered files\nbefore:\n%s\nafter:\n%s", before, after)
		}
		return true
	}
	defer closeIt(t, e)
	verify(t, e)
	if e.views.head().Hash != head.Hash {
		t.Errorf("opened with newest block %v, want %v", e.views.head(), head)
	}
	return false
}

// Wrong content under right checksums is found by the audit.
func TestAudit(t *testing.T) {
	sound, _ := sample(t)
	at := position{block: 40}
	first := position{block: 1}
	for name, change := range map[string]func(*pebble.Batch) error{
		"a state value is another": func(b *pebble.Batch) error {
			return b.Set(stateKey("k4"), at.append(nil), nil) // block 40 wrote k4
		},
		"a state value is an older one": func(b *pebble.Batch) error {
			return b.Set(stateKey("k4"), append(first.append(nil), "old"...), nil)
		},
		"a state value is of a transaction to come": func(b *pebble.Batch) error {
			return b.Set(stateKey("k4"), append(position{block: 41}.append(nil), "new"...), nil)
		},
		"a state entry is missing":   func(b *pebble.Batch) error { return b.Delete(stateKey("k4"), nil) },
		"a state entry is besides":   func(b *pebble.Batch) error { return b.Set(stateKey("z"), first.append(nil), nil) },
		"a private value is another": func(b *pebble.Batch) error { return b.Set(privateKey(bank, "p0"), at.append(nil), nil) },
		"a private entry is besides": func(b *pebble.Batch) error { return b.Set(privateKey(bank, "z"), at.append(nil), nil) },
		"a version is missing":       func(b *pebble.Batch) error { return b.Delete(versionKey("k0", first), nil) },
		"a version is besides":       func(b *pebble.Batch) error { return b.Set(versionKey("k0", at), nil, nil) },
		"a transaction is missing":   func(b *pebble.Batch) error { return b.Delete(transactionKey(first), nil) },
		"a transaction is another":   func(b *pebble.Batch) error { return b.Set(transactionKey(first), []byte("x"), nil) },
		"a transaction is besides": func(b *pebble.Batch) error {
			return b.Set(transactionKey(position{block: 1, index: 1}), []byte("x"), nil)
		},
		"a block is missing":        func(b *pebble.Batch) error { return b.Delete(blockKey(7), nil) },
		"a block is rewritten":      rewriteBlock,
		"a block is before block 1": func(b *pebble.Batch) error { return b.Set(blockKey(0), []byte("x"), nil) },
		"an unknown kind of entry":  func(b *pebble.Batch) error { return b.Set([]byte("?"), []byte("x"), nil) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := copyDir(t, sound)
			e := open(t, options(dir))
			b := e.db.NewBatch()
			if err := errors.Join(change(b), b.Commit(pebble.Sync)); err != nil {
				t.Fatal(err)
			}
			e.views.publish(e.db, e.views.head())
			err := e.Verify(t.Context(), nil)
			if !errors.Is(err, ledger.ErrDamaged) {
				t.Fatalf("got %v, want ErrDamaged", err)
			}
			if _, err := e.Submit(t.Context(), batch("a", put("k", "1"))); !errors.Is(err, ledger.ErrDamaged) {
				t.Errorf("submit: got %v, want ErrDamaged", err)
			}
			closeIt(t, e)
			if _, err := Open(options(dir)); !errors.Is(err, ledger.ErrDamaged) {
				t.Errorf("start: got %v, want ErrDamaged", err)
			}
		})
	}
}

// rewriteBlock gives block 7 another time under a right hash of its own, as a forger would.
func rewriteBlock(b *pebble.Batch) error {
	h := header{number: 7, time: time.UnixMilli(1)}
	body := h.encode()
	sum := sha256.Sum256(body)
	return b.Set(blockKey(7), append(body, sum[:]...), nil)
}

func TestVerifyTellsProgress(t *testing.T) {
	dir, head := sample(t)
	var seen []uint64
	err := open(t, options(dir)).Verify(t.Context(), func(done, total uint64) {
		if total != head.Number {
			t.Errorf("of %d blocks, want %d", total, head.Number)
		}
		seen = append(seen, done)
	})
	if err != nil || !slices.IsSorted(seen) || seen[len(seen)-1] != head.Number {
		t.Errorf("progress %v, %v", seen, err)
	}
}

// What the start has no time for is checked beside the work.
func TestBackgroundCheck(t *testing.T) {
	hurried := func(dir string) Options {
		opts := options(dir)
		opts.CheckBudget = 1
		return opts
	}
	t.Run("a sound ledger is checked to the end", func(t *testing.T) {
		dir, _ := sample(t)
		e := open(t, hurried(dir))
		e.checks.Wait()
		if err := e.Health(t.Context()); err != nil || e.Info().Unchecked != 0 {
			t.Errorf("health %v, unchecked %d", err, e.Info().Unchecked)
		}
	})
	t.Run("damage stops the engine", func(t *testing.T) {
		dir, _ := sample(t)
		e := open(t, options(dir))
		if err := e.db.Delete(transactionKey(position{block: 2}), pebble.Sync); err != nil {
			t.Fatal(err)
		}
		closeIt(t, e)
		e = open(t, hurried(dir))
		<-e.views.ended
		if err := e.Health(t.Context()); !errors.Is(err, ledger.ErrDamaged) || !strings.Contains(err.Error(), "block 2") {
			t.Errorf("health: got %v, want damage in block 2", err)
		}
		if err := e.Follow(t.Context(), 41, func(*ledger.Block) error { return nil }); !errors.Is(err, ledger.ErrDamaged) {
			t.Errorf("follow: got %v, want ErrDamaged", err)
		}
	})
}
