package projection_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"decore/adapters/ledger"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/financing"
	"decore/chaincode/order"
	"decore/chaincode/receivable"
	"decore/gateway/projection"
	"decore/gateway/sqlite"
)

func TestAFeedThatWasCutOffGoesOn(t *testing.T) {
	w := newWorld(t)
	for range 12 {
		w.deliveredOrder("90000.00")
	}
	want := digest(t, caughtUp(t, w.ledger))
	head, err := w.ledger.Head(t.Context())
	must(t, err)
	path := filepath.Join(t.TempDir(), "p.db")
	s := open(t, path, projection.Options{})
	for stopAt := uint64(5); ; stopAt += 7 {
		stop := running(t, s, &stopping{Ledger: w.ledger, at: stopAt})
		must(t, s.WaitFor(t.Context(), min(stopAt, head.Number)))
		must(t, stop())
		openingsMatch(t, s) // though the collections answer with openings of blocks to come
		must(t, s.Close())
		s = open(t, path, projection.Options{})
		if here, err := s.Position(t.Context()); err != nil || here.Number < min(stopAt, head.Number) {
			t.Fatalf("after a restart at %d: %+v, %v", stopAt, here, err)
		}
		if stopAt >= head.Number {
			break
		}
	}
	if digest(t, s) != want {
		t.Error("rows differ from those of an uninterrupted feed")
	}
}

func openingsMatch(t *testing.T, s *projection.Store) {
	t.Helper()
	all, err := s.Records(t.Context(), projection.Filter{Limit: 500})
	must(t, err)
	for _, r := range all {
		if r.Opening != nil && evidence.Commit(r.Opening) != r.Header.Terms {
			t.Errorf("%s version %d has another version's opening", r.ID, r.Version)
		}
	}
}

// stopping is a ledger that hands out no block behind one, so that a test knows where a feed stands.
type stopping struct {
	ledger.Ledger
	at uint64
}

func (s *stopping) Follow(ctx context.Context, from uint64, fn func(*ledger.Block) error) error {
	return s.Ledger.Follow(ctx, from, func(b *ledger.Block) error {
		if b.Number > s.at {
			<-ctx.Done()
			return ctx.Err()
		}
		return fn(b)
	})
}

func TestAnAbortedTransactionLeavesNothing(t *testing.T) {
	w := newWorld(t)
	w.deliveredOrder("90000.00")
	s := fresh(t)
	ctx, cancel := context.WithCancel(t.Context())
	w.ledger.fail = func(call string) error {
		if call == "Private" {
			cancel() // right before the rows are written
		}
		return nil
	}
	if err := s.CatchUp(ctx, w.ledger); err == nil {
		t.Fatal("caught up with a context that was done")
	}
	w.ledger.fail = nil
	if here, _ := s.Position(t.Context()); here.Number != 0 {
		t.Errorf("at block %d", here.Number)
	}
	must(t, s.CatchUp(t.Context(), w.ledger))
	if digest(t, s) != digest(t, caughtUp(t, w.ledger)) {
		t.Error("rows differ")
	}
}

func TestFaultsOfTheLedgerAreWaitedOut(t *testing.T) {
	w := newWorld(t)
	w.deliveredOrder("90000.00")
	var faults atomic.Int32
	w.ledger.fail = func(string) error {
		if faults.Add(1) <= 6 {
			return ledger.ErrUnavailable
		}
		return nil
	}
	s := open(t, filepath.Join(t.TempDir(), "p.db"), projection.Options{Retry: time.Millisecond})
	stop := running(t, s, w.ledger)
	must(t, s.WaitFor(t.Context(), uint64(len(w.ledger.blocks))))
	must(t, stop())
	noDifference(t, s, w.ledger)
}

func TestItIsKnownSinceWhenTheLedgerIsOutOfReach(t *testing.T) {
	w := newWorld(t)
	id := w.deliveredOrder("90000.00")
	var down atomic.Bool
	down.Store(true)
	asked := make(chan struct{}, 100)
	w.ledger.fail = func(string) error {
		if !down.Load() {
			return nil
		}
		select {
		case asked <- struct{}{}:
		default:
		}
		return ledger.ErrUnavailable
	}
	s := open(t, filepath.Join(t.TempDir(), "p.db"), projection.Options{Retry: time.Millisecond, Clock: func() time.Time { return time.UnixMilli(1_000) }})
	if !s.CutOff().IsZero() {
		t.Error("cut off before it was fed")
	}
	stop := running(t, s, w.ledger)
	for range 5 {
		<-asked
	}
	if since := s.CutOff(); since != time.UnixMilli(1_000).UTC() {
		t.Errorf("cut off since %v", since)
	}
	down.Store(false)
	must(t, s.WaitFor(t.Context(), uint64(len(w.ledger.blocks))))
	if since := s.CutOff(); !since.IsZero() {
		t.Errorf("still cut off, since %v", since)
	}
	if _, err := s.Record(t.Context(), id); err != nil {
		t.Error(err)
	}
	must(t, stop())
}

func TestAWriterReadsItsOwnWrite(t *testing.T) {
	w := newWorld(t)
	s := fresh(t)
	stop := running(t, s, w.ledger)
	for range 20 {
		id := w.order("100.00")
		_, err := s.Record(t.Context(), id) // perhaps not there yet; must not be remembered as absent
		if err != nil && !errors.Is(err, projection.ErrNotFound) {
			t.Fatal(err)
		}
		w.Do(w.Leader, "order.attest", id, financing.NoArgs{})
		head, err := w.ledger.Head(t.Context())
		must(t, err)
		must(t, s.WaitFor(t.Context(), head.Number))
		if r, err := s.Record(t.Context(), id); err != nil || r.State != order.Attested || r.Version != 2 {
			t.Fatalf("read back %+v, %v", r, err)
		}
	}
	must(t, stop())
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := s.WaitFor(ctx, 1<<40); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waiting for a far block: %v", err)
	}
}

func TestNoReaderSeesAHeaderWithoutItsOpening(t *testing.T) {
	w := newWorld(t)
	id := w.deliveredOrder("90000.00")
	s := open(t, filepath.Join(t.TempDir(), "p.db"), projection.Options{Cache: 2})
	must(t, s.CatchUp(t.Context(), w.ledger))
	stop := running(t, s, w.ledger)
	ctx, cancel := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() { readOn(ctx, t, s, id) })
	}
	for range 25 {
		w.receivable(id, "10.00") // changes the order's terms
		head, err := w.ledger.Head(t.Context())
		must(t, err)
		must(t, s.WaitFor(t.Context(), head.Number))
		if r, err := s.Record(t.Context(), id); err != nil || r.Version != w.Header(id).Version {
			t.Fatalf("version %d after block %d, want %d: %v", r.Version, head.Number, w.Header(id).Version, err)
		}
	}
	cancel()
	readers.Wait()
	must(t, stop())
}

func readOn(ctx context.Context, t *testing.T, s *projection.Store, id string) {
	for version := 0; ctx.Err() == nil; {
		r, err := s.Record(context.WithoutCancel(ctx), id)
		switch {
		case err != nil:
			t.Error(err)
			return
		case evidence.Commit(r.Opening) != r.Header.Terms:
			t.Errorf("version %d has another version's opening", r.Version)
		case r.Version < version:
			t.Errorf("version %d after %d", r.Version, version)
		}
		version = r.Version
	}
}

func TestAProjectionOfAnotherLedgerIsBuiltAnew(t *testing.T) {
	one, other := newWorld(t), newWorld(t)
	one.order("100.00")
	for range 3 {
		other.order("200.00")
	}
	var log bytes.Buffer
	s := open(t, filepath.Join(t.TempDir(), "p.db"), projection.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	must(t, s.CatchUp(t.Context(), one.ledger))
	_, err := s.Record(t.Context(), one.orders[0]) // into the cache
	must(t, err)
	must(t, s.CatchUp(t.Context(), other.ledger))
	if !strings.Contains(log.String(), "another ledger") {
		t.Errorf("the log is silent: %s", &log)
	}
	if digest(t, s) != digest(t, caughtUp(t, other.ledger)) {
		t.Error("rows of the other ledger are left")
	}
	if _, err := s.Record(t.Context(), one.orders[0]); !errors.Is(err, projection.ErrNotFound) {
		t.Errorf("record of the other ledger: %v", err)
	}
}

func TestALedgerThatTurnsIntoAnotherUnderTheFeedIsNoticed(t *testing.T) {
	one, other := newWorld(t), newWorld(t)
	other.order("100.00")
	turning := &turning{Ledger: one.ledger, to: other.ledger}
	s := open(t, filepath.Join(t.TempDir(), "p.db"), projection.Options{Retry: time.Millisecond})
	stop := running(t, s, turning)
	must(t, s.WaitFor(t.Context(), uint64(len(other.ledger.blocks))))
	must(t, stop())
	if digest(t, s) != digest(t, caughtUp(t, other.ledger)) {
		t.Error("rows of both ledgers are mixed")
	}
}

// turning shows one ledger up to its third block, and another from there on.
type turning struct {
	ledger.Ledger
	to     ledger.Ledger
	turned atomic.Bool
}

func (l *turning) Follow(ctx context.Context, from uint64, fn func(*ledger.Block) error) error {
	if l.turned.Load() {
		return l.to.Follow(ctx, from, fn)
	}
	end := errors.New("turned")
	err := l.Ledger.Follow(ctx, from, func(b *ledger.Block) error {
		if b.Number == 4 {
			l.turned.Store(true)
			return end
		}
		return fn(b)
	})
	if !errors.Is(err, end) {
		return err
	}
	return l.to.Follow(ctx, 4, fn)
}

// Private answers for the ledger that the record is of.
func (l *turning) Private(ctx context.Context, org string, keys ...string) ([][]byte, error) {
	if l.turned.Load() {
		return l.to.Private(ctx, org, keys...)
	}
	return l.Ledger.Private(ctx, org, keys...)
}

func TestOpeningsThatComeLateAreAskedForAgain(t *testing.T) {
	w := newWorld(t)
	bank := w.ledger.as("BankAMSP")
	rec := w.receivable(w.deliveredOrder("90000.00"), "60000.00")
	w.grant(rec, w.BankA, 5)
	w.ledger.hidden["BankAMSP"] = true
	s := caughtUp(t, bank)
	if r, err := s.Record(t.Context(), rec); err != nil || r.Terms != nil {
		t.Fatalf("%+v, %v", r, err)
	}
	delete(w.ledger.hidden, "BankAMSP")
	must(t, s.CatchUp(t.Context(), bank))
	if r, err := s.Record(t.Context(), rec); err != nil || r.Terms == nil {
		t.Fatalf("%+v, %v", r, err)
	}
	if digest(t, s) != digest(t, caughtUp(t, bank)) {
		t.Error("rows differ from those of openings that came in time")
	}
}

func TestOpeningsThatNeverCameAreTakenFromWhoHasThem(t *testing.T) {
	w := newWorld(t)
	bank := w.ledger.as("BankAMSP")
	rec := w.receivable(w.deliveredOrder("90000.00"), "60000.00")
	w.grant(rec, w.BankA, 5)
	w.ledger.hidden["BankAMSP"] = true
	w.ledger.copies = map[string][]byte{rec: []byte("something else")}
	s := caughtUp(t, bank)
	if r, err := s.Record(t.Context(), rec); err != nil || r.Terms != nil {
		t.Fatalf("a copy that does not match is believed: %+v, %v", r, err)
	}
	w.ledger.copies[rec] = w.Opening(rec)
	must(t, s.CatchUp(t.Context(), bank))
	if r, err := s.Record(t.Context(), rec); err != nil || r.Terms == nil {
		t.Fatalf("%+v, %v", r, err)
	}
}

func TestAnOpeningThatNeverCameIsNotWaitedForWhenItIsOutOfDate(t *testing.T) {
	w := newWorld(t)
	bank := w.ledger.as("BankAMSP")
	rec := w.receivable(w.deliveredOrder("90000.00"), "60000.00")
	w.grant(rec, w.BankA, 5)
	w.ledger.hidden["BankAMSP"] = true
	s := caughtUp(t, bank)
	w.Do(w.SME, "receivable.revoke", rec, contract.RevokeArgs{To: w.BankA.USCC})
	w.receivable(w.orders[0], "600.00") // changes the order's terms, of which the bank is told no more
	w.Do(w.SME, "receivable.request-confirmation", rec, receivable.RequestArgs{})
	delete(w.ledger.hidden, "BankAMSP")
	must(t, s.CatchUp(t.Context(), bank))
	if digest(t, s) != digest(t, caughtUp(t, bank)) {
		t.Error("rows differ from those of openings that came in time")
	}
}

func TestABlockThatCannotBeReadStopsTheFeed(t *testing.T) {
	w := newWorld(t)
	w.order("100.00")
	last := w.ledger.blocks[len(w.ledger.blocks)-1]
	for i, write := range last.Transactions[0].Writes {
		if strings.HasPrefix(write.Key, contract.RecordKey("")) {
			last.Transactions[0].Writes[i].Value = []byte(`{"unheard":"of"}`)
		}
	}
	s := fresh(t)
	if err := s.Run(t.Context(), w.ledger); !errors.Is(err, projection.ErrUnreadable) {
		t.Errorf("got %v", err)
	}
}

func TestOnlyOneFeedsAtATime(t *testing.T) {
	w := newWorld(t)
	s := fresh(t)
	stop := running(t, s, w.ledger)
	must(t, s.WaitFor(t.Context(), 1))
	for name, feed := range map[string]func(context.Context, ledger.Ledger) error{"run": s.Run, "rebuild": s.Rebuild, "catch up": s.CatchUp} {
		if err := feed(t.Context(), w.ledger); !errors.Is(err, projection.ErrFeeding) {
			t.Errorf("%s: %v", name, err)
		}
	}
	must(t, s.Close()) // ends the feed by itself
	if err := stop(); err != nil {
		t.Errorf("run ended with %v", err)
	}
	if err := s.WaitFor(t.Context(), 1<<40); !errors.Is(err, projection.ErrClosed) {
		t.Errorf("waiting at a closed store: %v", err)
	}
	if _, err := s.Record(t.Context(), "ORD-1"); !errors.Is(err, projection.ErrClosed) {
		t.Errorf("reading a closed store: %v", err)
	}
}

func TestLagCountsBlocksAndTime(t *testing.T) {
	w := newWorld(t)
	s := caughtUp(t, w.ledger)
	if blocks, age, err := s.Lag(t.Context(), w.ledger); blocks != 0 || age != 0 || err != nil {
		t.Errorf("up to date: %d, %v, %v", blocks, age, err)
	}
	w.Pass(time.Hour)
	w.order("100.00")
	w.Pass(time.Minute)
	w.order("100.00")
	w.Pass(time.Second)
	if blocks, age, err := s.Lag(t.Context(), w.ledger); blocks != 2 || age != 61*time.Second || err != nil {
		t.Errorf("two behind: %d, %v, %v", blocks, age, err)
	}
}

func TestAnotherSchemaIsBuiltAnew(t *testing.T) {
	w := newWorld(t)
	path := filepath.Join(t.TempDir(), "p.db")
	s := open(t, path, projection.Options{})
	must(t, s.CatchUp(t.Context(), w.ledger))
	must(t, s.Close())
	alter(t, path, `UPDATE meta SET value = '0' WHERE name = 'schema'`, `DROP TABLE links`, `CREATE TABLE bygone (a TEXT)`)
	var log bytes.Buffer
	s = open(t, path, projection.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	if here, _ := s.Position(t.Context()); here.Number != 0 || !strings.Contains(log.String(), "another schema") {
		t.Fatalf("at block %d, log: %s", here.Number, &log)
	}
	must(t, s.CatchUp(t.Context(), w.ledger))
	if digest(t, s) != digest(t, caughtUp(t, w.ledger)) {
		t.Error("rows differ")
	}
}

// alter runs SQL behind the projection's back.
func alter(t *testing.T, path string, statements ...string) {
	t.Helper()
	db, err := sqlite.Open(t.Context(), path, 1)
	must(t, err)
	for _, text := range statements {
		_, err := db.Writer.ExecContext(t.Context(), text)
		must(t, err)
	}
	must(t, db.Close())
}
