package projection_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"decore/gateway/projection"
)

// filled makes a projection file and closes it.
func filled(t *testing.T, w *world) string {
	t.Helper()
	for range 10 {
		w.deliveredOrder("90000.00")
	}
	path := filepath.Join(t.TempDir(), "p.db")
	s := open(t, path, projection.Options{})
	must(t, s.CatchUp(t.Context(), w.ledger))
	must(t, s.Close())
	return path
}

// spoil overwrites part of a file.
func spoil(t *testing.T, path string, from, to int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	must(t, err)
	rubbish := make([]byte, to-from)
	for i := range rubbish {
		rubbish[i] = byte(i*7 + 3)
	}
	_, err = f.WriteAt(rubbish, from)
	must(t, errors.Join(err, f.Close()))
}

func TestAFileThatIsNoDatabaseIsReported(t *testing.T) {
	w := newWorld(t)
	path := filled(t, w)
	spoil(t, path, 0, 200)
	if _, err := projection.Open(t.Context(), path, projection.Options{}); !errors.Is(err, projection.ErrDamaged) {
		t.Fatalf("got %v", err)
	}
	rebuilt(t, w, path)
}

func TestDamageDeepInTheFileIsMetAndRemembered(t *testing.T) {
	w := newWorld(t)
	path := filled(t, w)
	info, err := os.Stat(path)
	must(t, err)
	spoil(t, path, 3*8192, info.Size())
	s, err := projection.Open(t.Context(), path, projection.Options{})
	if err == nil {
		if err := s.Check(t.Context()); !errors.Is(err, projection.ErrDamaged) {
			t.Fatalf("the check says %v", err)
		}
		must(t, s.Close())
		_, err = projection.Open(t.Context(), path, projection.Options{})
	}
	if !errors.Is(err, projection.ErrDamaged) {
		t.Fatalf("the next start says %v", err)
	}
	rebuilt(t, w, path)
}

// rebuilt starts anew beside the damaged file, which is kept.
func rebuilt(t *testing.T, w *world, path string) {
	t.Helper()
	s, err := projection.OpenOrRebuild(t.Context(), path, projection.Options{})
	must(t, err)
	t.Cleanup(func() { _ = s.Close() })
	must(t, s.CatchUp(t.Context(), w.ledger))
	if digest(t, s) != digest(t, caughtUp(t, w.ledger)) {
		t.Error("rows differ")
	}
	if kept, _ := filepath.Glob(path + ".damaged-*"); len(kept) != 1 {
		t.Errorf("kept %v", kept)
	}
	must(t, s.Close())
	s, err = projection.Open(t.Context(), path, projection.Options{})
	must(t, err)
	must(t, s.Close())
}

func TestAnErrorThatIsNoDamageIsNotTakenForIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "folder")
	must(t, os.Mkdir(path, 0o700))
	if _, err := projection.OpenOrRebuild(t.Context(), path, projection.Options{}); err == nil || errors.Is(err, projection.ErrDamaged) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		t.Error("the folder was moved")
	}
}

func TestPrivateTermsAreForTheOwnerOfTheFileOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.db")
	s := open(t, path, projection.Options{})
	must(t, s.CatchUp(t.Context(), newWorld(t).ledger))
	for _, f := range []string{path, path + "-wal", path + "-shm"} {
		if info, err := os.Stat(f); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", f, info.Mode(), err)
		}
	}
}

func TestReconciliationFindsEveryKindOfDifference(t *testing.T) {
	w := newWorld(t)
	rec := w.receivable(w.deliveredOrder("90000.00"), "60000.00")
	w.grant(rec, w.BankA, 5)
	w.disbursed(w.BankA, rec)
	path := filepath.Join(t.TempDir(), "p.db")
	s := open(t, path, projection.Options{})
	must(t, s.CatchUp(t.Context(), w.ledger))
	noDifference(t, s, w.ledger)
	must(t, s.Close())
	for statement, want := range map[string]projection.Difference{
		`DELETE FROM records WHERE id = '` + rec + `'`:                             {Key: "r/" + rec, Reason: projection.Missing},
		`INSERT INTO facts (key, value) VALUES ('t/F1-1-x', '{}')`:                 {Key: "t/F1-1-x", Reason: projection.Surplus},
		`UPDATE facts SET value = '{}' WHERE key = 'e/` + w.Header(rec).Root + `'`: {Key: "e/" + w.Header(rec).Root, Reason: projection.Changed},
		`UPDATE records SET opening = 'x' WHERE id = '` + rec + `'`:                {Key: "r/" + rec, Reason: projection.BadOpening},
		`DELETE FROM commands WHERE id = '` + w.Header(rec).Creation + `'`:         {Key: "c/" + w.Header(rec).Creation, Reason: projection.Missing},
		`UPDATE commands SET tx = 'x' WHERE id = '` + w.Header(rec).Creation + `'`: {Key: "c/" + w.Header(rec).Creation, Reason: projection.Changed},
	} {
		alter(t, path, statement)
		s := open(t, path, projection.Options{})
		got, err := s.Reconcile(t.Context(), w.ledger)
		if err != nil || len(got) != 1 || got[0] != want {
			t.Errorf("%s: found %v, %v", statement, got, err)
		}
		must(t, s.Rebuild(t.Context(), w.ledger))
		noDifference(t, s, w.ledger)
		must(t, s.Close())
	}
}
