package accrual_test

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"decore/adapters/ledger"
	"decore/chaincode/calendar"
	"decore/chaincode/contract"
	"decore/chaincode/financing"
	"decore/chaincode/ident"
	"decore/chaincode/money"
	"decore/gateway/accrual"
	"decore/gateway/accrual/accrualtest"
	"decore/gateway/desk"
	"decore/gateway/keystore"
	"decore/gateway/projection"
	"decore/gateway/server"
	"decore/gateway/submit"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// openCopy opens a copy of the data folder, in July, with the projection at the newest block.
func openCopy(t testing.TB, book string) *server.Office {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	must(t, os.CopyFS(dir, os.DirFS(book)))
	must(t, os.Chmod(filepath.Join(dir, "master.key"), 0o600))
	return openOffice(t, dir)
}

func openOffice(t testing.TB, dir string) *server.Office {
	t.Helper()
	o, err := server.OpenOffice(t.Context(), server.Config{Data: dir, Clock: accrualtest.Clock(), Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	t.Cleanup(func() { _ = o.Close() })
	must(t, o.CatchUp(t.Context()))
	return o
}

// run makes a run over the office with what r leaves out filled in.
func run(t testing.TB, o *server.Office, r accrual.Run) accrual.Summary {
	t.Helper()
	sum, err := complete(o, r).Do(t.Context())
	must(t, err)
	return sum
}

func complete(o *server.Office, r accrual.Run) *accrual.Run {
	r.Bank, r.Store, r.Desk = accrualtest.Bank, o.Store, o.Desk
	if r.Through.IsZero() {
		r.Through = accrualtest.Through
	}
	if r.Ledger == nil {
		r.Ledger = o.Submit
	}
	return &r
}

// claims are the bank's claims as the projection has them, after it has caught up.
func claims(t testing.TB, o *server.Office) map[string]contract.ClaimTerms {
	t.Helper()
	must(t, o.CatchUp(t.Context()))
	all := map[string]contract.ClaimTerms{}
	for f := (projection.Filter{Kind: "subsidy", Reader: accrualtest.Bank, Limit: 500}); ; {
		records, err := o.Store.Records(t.Context(), f)
		must(t, err)
		for _, r := range records {
			all[r.ID], f.After = r.Terms.(contract.ClaimTerms), r.ID
		}
		if len(records) < f.Limit {
			return all
		}
	}
}

// each fails unless every claim accrued what it is worth, once.
func each(t *testing.T, o *server.Office, n int) {
	t.Helper()
	all := claims(t, o)
	for id, c := range all {
		if c.Claim.Accrued.Cmp(accrualtest.Each) != 0 || c.Claim.AccruedThrough != calendar.MustParse("2026-06-20") {
			t.Errorf("claim %s accrued %s through %s", id, c.Claim.Accrued, c.Claim.AccruedThrough)
		}
	}
	if len(all) != n {
		t.Errorf("%d claims, want %d", len(all), n)
	}
}

func TestARunAccruesEveryClaimOnceAndItsSumIsTheLedgers(t *testing.T) {
	const n = 60
	dir := t.TempDir()
	accrualtest.Make(t, dir, n)
	o := openOffice(t, dir)
	var told []int
	sum := run(t, o, accrual.Run{Batch: 7, Progress: func(done, of int) {
		told = append(told, done)
		if of != n {
			t.Errorf("of %d claims, want %d", of, n)
		}
	}})
	if sum.Claims != n || sum.Accrued != n || sum.Batches != 9 || !sum.Ties() || sum.Amount.Cmp(money.Fen(n*accrualtest.Each.Fen())) != 0 {
		t.Errorf("%+v", sum)
	}
	if len(told) == 0 || told[len(told)-1] != n {
		t.Errorf("told of %v", told)
	}
	each(t, o, n)
	t.Run("and a second run finds nothing to do and writes nothing", func(t *testing.T) {
		before, err := o.Ledger.Head(t.Context())
		must(t, err)
		sum := run(t, o, accrual.Run{})
		after, err := o.Ledger.Head(t.Context())
		must(t, err)
		if sum.Accrued != 0 || sum.Idle != n || !sum.Ties() || after.Number != before.Number {
			t.Errorf("%+v, from block %d to %d", sum, before.Number, after.Number)
		}
	})
}

func TestARunThroughADayToComeOrWithoutTheBanksKeyIsRefusedAtOnce(t *testing.T) {
	dir := t.TempDir()
	accrualtest.Make(t, dir, 1)
	o := openOffice(t, dir)
	if _, err := complete(o, accrual.Run{Through: calendar.MustParse("2026-07-02")}).Do(t.Context()); !errors.Is(err, accrual.ErrFuture) {
		t.Errorf("a day to come: %v", err)
	}
	nobody, err := ident.CompleteUSCC("370200", "77000001")
	must(t, err)
	stranger := complete(o, accrual.Run{})
	stranger.Bank = nobody
	if _, err := stranger.Do(t.Context()); !errors.Is(err, keystore.ErrNoKey) {
		t.Errorf("no key: %v", err)
	}
}

// flaky fails some submissions, before or after the ledger has taken them.
type flaky struct {
	*submit.Submitter
	calls int
	fail  func(call int) (before, after error)
}

func (f *flaky) Submit(ctx context.Context, commands ...submit.Signed) ([]submit.Answer, []error, error) {
	f.calls++
	before, after := f.fail(f.calls)
	if before != nil {
		return nil, nil, before
	}
	answers, errs, err := f.Submitter.Submit(ctx, commands...)
	if after != nil {
		return nil, nil, after
	}
	return answers, errs, err
}

func TestARunThatMeetsAFaultGoesOnOrIsMadeAgainAndDoublesNothing(t *testing.T) {
	const n = 30
	book := t.TempDir()
	accrualtest.Make(t, book, n)
	broken := errors.New("broken")
	for _, c := range []struct {
		name  string
		fail  func(call int) (before, after error)
		fails bool
	}{
		{"busy now and then", func(call int) (error, error) {
			if call%2 == 1 {
				return ledger.ErrBusy, nil
			}
			return nil, nil
		}, false},
		{"an answer that is lost", func(call int) (error, error) {
			if call%2 == 1 {
				return nil, ledger.ErrUnknown
			}
			return nil, nil
		}, false},
		{"a fault that does not pass", func(call int) (error, error) {
			if call == 3 {
				return broken, nil
			}
			return nil, nil
		}, true},
		{"a fault after the ledger took the batch", func(call int) (error, error) {
			if call == 2 {
				return nil, broken
			}
			return nil, nil
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := openCopy(t, book)
			sum, err := complete(o, accrual.Run{Batch: 4, Parallel: 1, Ledger: &flaky{Submitter: o.Submit, fail: c.fail}}).Do(t.Context())
			if c.fails != errors.Is(err, broken) || !c.fails && (err != nil || sum.Accrued != n || !sum.Ties()) {
				t.Fatalf("%v: %+v", err, sum)
			}
			must(t, o.CatchUp(t.Context()))
			again := run(t, o, accrual.Run{})
			if !again.Ties() || again.Claims != n || !c.fails && again.Idle != n || c.fails && again.Accrued == 0 {
				t.Errorf("again: %+v", again)
			}
			each(t, o, n)
		})
	}
}

// blind does not know one loan.
type blind struct {
	accrual.Store
	loan string
}

func (b blind) Named(ctx context.Context, ids ...string) (map[string]projection.Record, error) {
	all, err := b.Store.Named(ctx, ids...)
	delete(all, b.loan)
	return all, err
}

func TestAClaimThatCannotAccrueIsListedWithItsReason(t *testing.T) {
	const n = 5
	dir := t.TempDir()
	accrualtest.Make(t, dir, n)
	o := openOffice(t, dir)
	all := claims(t, o)
	ids := slices.Sorted(maps.Keys(all))
	// The first is released while the run is under way; of the second nobody knows the loan.
	released, err := o.Store.Record(t.Context(), ids[0])
	must(t, err)
	do(t, o, desk.Order{Party: accrualtest.Bank, Verb: "subsidy.release", Subject: released.ID, On: released.Header.Terms, Args: financing.NoArgs{}})
	r := complete(o, accrual.Run{})
	r.Store = blind{o.Store, all[ids[1]].Loan.ID}
	sum, err := r.Do(t.Context())
	must(t, err)
	want := []accrual.Refusal{{Claim: ids[0], Reason: "WRONG_STATE"}, {Claim: ids[1], Reason: "TERMS_NOT_HERE"}}
	if !slices.Equal(sum.Refused, want) || sum.Accrued != n-2 || !sum.Ties() || sum.Amount.Cmp(money.Fen((n-2)*accrualtest.Each.Fen())) != 0 {
		t.Errorf("%+v", sum)
	}
}

// clawing takes a claim back as soon as it is accrued.
type clawing struct {
	*submit.Submitter
	clawBack func()
}

func (s clawing) Submit(ctx context.Context, commands ...submit.Signed) ([]submit.Answer, []error, error) {
	answers, errs, err := s.Submitter.Submit(ctx, commands...)
	s.clawBack()
	return answers, errs, err
}

func TestAnAmountThatCannotBeReadBackIsNeverInTheSum(t *testing.T) {
	dir := t.TempDir()
	accrualtest.Make(t, dir, 2)
	o := openOffice(t, dir)
	id := slices.Sorted(maps.Keys(claims(t, o)))[0]
	sum := run(t, o, accrual.Run{Ledger: clawing{o.Submit, func() {
		do(t, o, desk.Order{Party: "91370200990000308H", Verb: "subsidy.claw-back", Subject: id, Args: contract.ClawBackArgs{Ground: "misuse", Reason: "misuse"}})
	}}})
	if sum.Accrued != 2 || !slices.Equal(sum.Unread, []string{id}) || sum.Ties() || sum.Amount.Cmp(accrualtest.Each) != 0 {
		t.Errorf("%+v", sum)
	}
}

func TestARunCorrectsWhateverItsLoansRecordNoLongerGives(t *testing.T) {
	const n = 4
	dir := t.TempDir()
	accrualtest.Make(t, dir, n)
	o := openOffice(t, dir)
	run(t, o, accrual.Run{})
	all := claims(t, o)
	ids := slices.Sorted(maps.Keys(all))
	do(t, o, desk.Order{Party: accrualtest.Bank, Verb: "subsidy.release", Subject: ids[1], Args: financing.NoArgs{}})
	for _, id := range ids[:2] { // one is open, and one has ended; both were repaid on the day of disbursement
		paid := financing.Repayment{Principal: all[id].Loan.Principal, Date: all[id].Loan.Disbursed, Reference: "R-" + id}
		do(t, o, desk.Order{Party: accrualtest.Bank, Verb: "financing.repay", Subject: all[id].Loan.ID, Args: paid})
	}
	must(t, o.CatchUp(t.Context()))
	sum := run(t, o, accrual.Run{})
	if sum.Accrued != 0 || sum.Corrected != 2 || sum.Idle != n-2 || !sum.Ties() || sum.Amount.Fen() != -2*accrualtest.Each.Fen() {
		t.Errorf("%+v", sum)
	}
	for i, id := range ids {
		if got := claims(t, o)[id].Claim.Accrued; got.IsZero() != (i < 2) {
			t.Errorf("claim %d has accrued %s", i, got)
		}
	}
	if again := run(t, o, accrual.Run{}); again.Corrected != 0 || again.Idle != n || !again.Ties() {
		t.Errorf("again: %+v", again)
	}
}

func TestARunThatIsStoppedEndsItsBatchAndSaysWhy(t *testing.T) {
	const n = 12
	dir := t.TempDir()
	accrualtest.Make(t, dir, n)
	o := openOffice(t, dir)
	ctx, stop := context.WithCancel(t.Context())
	sum, err := complete(o, accrual.Run{Batch: 3, Parallel: 1, Progress: func(int, int) { stop() }}).Do(ctx)
	if !errors.Is(err, context.Canceled) || sum.Accrued == 0 || sum.Accrued == n || sum.Accrued%3 != 0 {
		t.Errorf("%v: %+v", err, sum)
	}
	must(t, o.CatchUp(t.Context()))
	if again := run(t, o, accrual.Run{}); again.Accrued != n-sum.Accrued || !again.Ties() {
		t.Errorf("again: %+v", again)
	}
	each(t, o, n)
}

func do(t testing.TB, o *server.Office, order desk.Order) submit.Answer {
	t.Helper()
	signed, _, _, err := o.Desk.Sign(order)
	must(t, err)
	a, err := o.Submit.One(t.Context(), signed)
	must(t, err)
	if a.Status != contract.Accepted {
		t.Fatalf("%s: %+v", order.Verb, a.Result)
	}
	return a
}
