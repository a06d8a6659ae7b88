package subsidy_test

import (
	"fmt"
	"math/big"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"decore/chaincode/calendar"
	"decore/chaincode/ident"
	"decore/chaincode/money"
	"decore/chaincode/subsidy"
)

// rule is one policy, for the package and for the oracle.
type rule struct {
	policy subsidy.Policy
	oracle oraclePolicy
}

// drawRate draws a rate near one of those given in parts of 10^8.
func drawRate(t *rapid.T, label string, near ...int) (money.Rate, *big.Rat) {
	n := rapid.SampledFrom(near).Draw(t, label) + rapid.IntRange(0, 9_999).Draw(t, label+", more")
	return money.MustRate(fmt.Sprintf("0.%08d", n)), big.NewRat(int64(n), 100_000_000)
}

func drawRule(t *rapid.T, base subsidy.Policy) rule {
	p := base
	o := oraclePolicy{
		months:         rapid.SampledFrom([]int{1, 6, 24, 24, 24}).Draw(t, "months"),
		principalCap:   rapid.SampledFrom([]int64{5_000_000_000, 5_000_000_000, 700_000_001}).Draw(t, "principal cap"),
		amountCap:      rapid.SampledFrom([]int64{150_000_000, 150_000_000, 9_999_999}).Draw(t, "amount cap"),
		countsForGood:  base.PrincipalBasis == subsidy.Cumulative,
		base:           360,
		thirty:         base.DayCount == subsidy.Thirty360,
		everyMonths:    rapid.SampledFrom([]int{3, 3, 1, 0}).Draw(t, "every months"),
		netFloor:       rapid.Bool().Draw(t, "net floor"),
		stopsOnOverdue: rapid.Bool().Draw(t, "stops on overdue"),
		onDay:          20,
		ownDays:        rapid.Bool().Draw(t, "the contract's settlement days count"),
		eligibleLast:   rapid.Bool().Draw(t, "eligible part is repaid last"),
		extension:      rapid.Bool().Draw(t, "extension is subsidised"),
		shiftsHolidays: rapid.Bool().Draw(t, "maturity moves off holidays"),
		oneCentral:     rapid.Bool().Draw(t, "one central subsidy"),
		entrusted:      rapid.Bool().Draw(t, "the clock starts with the entrusted payment"),
	}
	if o.entrusted {
		p.ClockStart = subsidy.OnEntrustedPayment
	}
	p.OneCentralSubsidy = o.oneCentral
	p.PolicySettlementDays, p.SubsidiseExtension = !o.ownDays, o.extension
	if o.shiftsHolidays {
		p.MaturityOnHoliday = subsidy.NextWorkingDay
		for range 20 {
			off, on := day("2026-01-01").AddDays(rapid.IntRange(0, 1500).Draw(t, "holiday")), day("2026-01-03").AddDays(7*rapid.IntRange(0, 200).Draw(t, "working Saturday"))
			p.DaysOff.Holidays, o.holidays = append(p.DaysOff.Holidays, off), append(o.holidays, asTime(off))
			p.DaysOff.Workdays, o.workdays = append(p.DaysOff.Workdays, on), append(o.workdays, asTime(on))
		}
	}
	if o.eligibleLast {
		p.RepaymentOrder = subsidy.EligibleLast
	}
	if p.AnnualRate, o.rate = money.MustRate("0.015"), big.NewRat(15, 1000); rapid.Bool().Draw(t, "odd rate") {
		p.AnnualRate, o.rate = drawRate(t, "rate", 1_000_000, 5_000_000)
	}
	if p.DayCount == subsidy.Actual365 {
		o.base = 365
	}
	p.MaxMonths, p.PrincipalCap, p.AmountCap = o.months, money.Fen(o.principalCap), money.Fen(o.amountCap)
	p.Settlement.EveryMonths, p.NetRateFloor, p.StopWhileOverdue = o.everyMonths, o.netFloor, o.stopsOnOverdue
	p.DisbursedTo = noDate
	return rule{p, o}
}

// drawDays draws a number of days, long and short alike; rapid's own ranges lean to the short ones.
func drawDays(t *rapid.T, label string) int {
	return rapid.SampledFrom([]int{0, 60, 180, 360, 720, 730}).Draw(t, label) + rapid.IntRange(0, 40).Draw(t, label+", more")
}

func asTime(d calendar.Date) time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	y, m, n := d.YMD()
	return oracleDay(y, m, n)
}

// book is one loan, for the package and for the oracle.
type book struct {
	loan   subsidy.Loan
	oracle *oracleLoan
	claim  subsidy.Claim
}

func drawBook(t *rapid.T, i int) *book {
	l := fixedAsset("1.00", named(fmt.Sprintf("LN-%d", i), rapid.SampledFrom([]ident.USCC{bankA, bankB}).Draw(t, "bank")))
	o := &oracleLoan{principal: rapid.SampledFrom([]int64{3_000_000_000, 4_000_000_000, 5_000_000_000, 800_000_000, 10_000_000, 1}).Draw(t, "principal") +
		rapid.Int64Range(0, 1_000_000).Draw(t, "principal, more")}
	l.Principal = money.Fen(o.principal)
	l.AnnualRate, o.rate = drawRate(t, "contract rate", 3_450_000, 4_000_000, 1_000_000, 0)
	o.other = new(big.Rat)
	if rapid.IntRange(0, 3).Draw(t, "other subsidy?") == 0 {
		l.OtherSubsidy, o.other = drawRate(t, "other subsidy", 3_000_000, 1_000_000, 0)
	}
	l.Disbursed = day("2026-01-01").AddDays(rapid.IntRange(0, 900).Draw(t, "disbursed"))
	l.Maturity = l.Disbursed.AddDays(1 + drawDays(t, "term"))
	l.EntrustedPaid = l.Disbursed.AddDays(rapid.SampledFrom([]int{0, 1, 20, 100}).Draw(t, "entrusted payment after"))
	o.disbursed, o.entrusted, o.maturity, o.everyMonths = asTime(l.Disbursed), asTime(l.EntrustedPaid), asTime(l.Maturity), -1
	if rapid.Bool().Draw(t, "names its settlement days") {
		l.Settlement = &subsidy.Settlement{EveryMonths: rapid.SampledFrom([]int{1, 3, 6, 0}).Draw(t, "own every months"), Day: rapid.SampledFrom([]int{20, 1, 28}).Draw(t, "own day")}
		o.everyMonths, o.onDay = l.Settlement.EveryMonths, l.Settlement.Day
	}
	return &book{loan: l, oracle: o}
}

// event changes the facts, often for days that were accrued already.
func (b *book) event(t *rapid.T) {
	rapid.SampledFrom([]func(*rapid.T){b.repay, b.repay, b.reverse, b.fallOverdue, b.extend, b.reprice}).Draw(t, "event")(t)
}

// reverse takes a repayment back that was recorded wrongly.
func (b *book) reverse(t *rapid.T) {
	if len(b.oracle.repayments) == 0 {
		return
	}
	i := rapid.IntRange(0, len(b.oracle.repayments)-1).Draw(t, "reversed")
	b.oracle.repayments = slices.Delete(slices.Clone(b.oracle.repayments), i, i+1)
	b.loan.Repayments = nil
	for _, r := range b.oracle.repayments {
		b.loan.Repayments = append(b.loan.Repayments, subsidy.Repayment{Date: calendar.At(r.on), Principal: money.Fen(r.amount)})
	}
	b.loan.Repayments = byDay(b.loan.Repayments)
}

func (b *book) extend(t *rapid.T) {
	if b.loan.FirstMaturity.IsZero() {
		b.loan.FirstMaturity, b.oracle.first = b.loan.Maturity, b.oracle.maturity
	}
	b.loan.Maturity = b.loan.Maturity.AddDays(1 + drawDays(t, "extended by"))
	b.oracle.maturity = asTime(b.loan.Maturity)
}

// reprice changes the contract's rate from a day on, which may lie before a change that is known already.
func (b *book) reprice(t *rapid.T) {
	from := b.loan.Disbursed.AddDays(1 + drawDays(t, "repriced after"))
	rate, exact := drawRate(t, "new rate", 3_450_000, 1_000_000, 0)
	if len(b.loan.Rates) >= subsidy.MaxRates || slices.ContainsFunc(b.loan.Rates, func(r subsidy.RateChange) bool { return r.From == from }) {
		return
	}
	b.loan.Rates = append(slices.Clone(b.loan.Rates), subsidy.RateChange{From: from, AnnualRate: rate})
	slices.SortFunc(b.loan.Rates, func(x, y subsidy.RateChange) int { return y.From.DaysUntil(x.From) })
	b.oracle.rates = append(b.oracle.rates, oracleRate{asTime(from), exact})
}

// repay brings all or a part back, often on a day before one that is known already, or on the same.
func (b *book) repay(t *rapid.T) {
	amount := b.oracle.principal
	for _, r := range b.oracle.repayments {
		amount -= r.amount
	}
	if amount == 0 {
		return
	}
	if rapid.IntRange(0, 3).Draw(t, "in part") != 0 {
		amount = rapid.OneOf(rapid.Int64Range(1, amount), rapid.Just((amount+2)/3)).Draw(t, "repaid")
	}
	on := b.loan.Disbursed.AddDays(rapid.SampledFrom([]int{drawDays(t, "repaid after"), 30}).Draw(t, "repaid on"))
	b.oracle.repayments = append(b.oracle.repayments, oracleRepayment{asTime(on), amount})
	b.loan.Repayments = byDay(append(slices.Clone(b.loan.Repayments), subsidy.Repayment{Date: on, Principal: money.Fen(amount)}))
}

// byDay sorts repayments and sums those of a day.
func byDay(all []subsidy.Repayment) []subsidy.Repayment {
	slices.SortFunc(all, func(a, b subsidy.Repayment) int { return b.Date.DaysUntil(a.Date) })
	for i := len(all) - 1; i > 0; i-- {
		if all[i].Date == all[i-1].Date {
			all[i-1].Principal = all[i-1].Principal.Add(all[i].Principal)
			all = slices.Delete(all, i, i+1)
		}
	}
	return all
}

func (b *book) fallOverdue(t *rapid.T) {
	from := b.loan.Disbursed
	if n := len(b.loan.Overdue); n > 0 {
		if from = b.loan.Overdue[n-1].To; from.IsZero() {
			b.cure(t)
			return
		}
	}
	from = from.AddDays(drawDays(t, "overdue after"))
	b.loan.Overdue = append(b.loan.Overdue, subsidy.Overdue{From: from})
	b.oracle.overdueFrom, b.oracle.overdueT = append(b.oracle.overdueFrom, asTime(from)), append(b.oracle.overdueT, time.Time{})
}

func (b *book) cure(t *rapid.T) {
	last := len(b.loan.Overdue) - 1
	to := b.loan.Overdue[last].From.AddDays(rapid.IntRange(1, 150).Draw(t, "cured after"))
	b.loan.Overdue[last].To, b.oracle.overdueT[last] = to, asTime(to)
}

// underEachRule checks a property under every day count and basis of the cap, each with policies drawn at random.
func underEachRule(t *testing.T, property func(*rapid.T, rule)) {
	base := policy2026(t)
	for _, count := range []subsidy.DayCount{subsidy.Actual360, subsidy.Actual365, subsidy.Thirty360} {
		for _, basis := range []subsidy.PrincipalBasis{subsidy.Cumulative, subsidy.Outstanding} {
			base.DayCount, base.PrincipalBasis = count, basis
			t.Run(string(count)+" "+string(basis), rapid.MakeCheck(func(t *rapid.T) { property(t, drawRule(t, base)) }))
		}
	}
}

func TestScheduleAgainstOracle(t *testing.T) {
	underEachRule(t, func(t *rapid.T, r rule) {
		b := drawBook(t, 0)
		for range rapid.IntRange(0, 5).Draw(t, "events") {
			b.event(t)
		}
		eligible := rapid.OneOf(rapid.Just(b.oracle.principal), rapid.Int64Range(1, b.oracle.principal)).Draw(t, "eligible")
		want := r.oracle.schedule(eligible, *b.oracle)
		got := r.policy.Schedule(b.loan, money.Fen(eligible))
		if len(got) != len(want) {
			t.Fatalf("got %d periods, want %d", len(got), len(want))
		}
		for i := range got {
			if asTime(got[i].To) != want[i].end || int64(got[i].Days) != want[i].days || got[i].Amount.Fen() != want[i].amount {
				t.Fatalf("period %d: got %+v, want %+v", i, got[i], want[i])
			}
		}
	})
}

// world is one household's loans at many banks.
type world struct {
	rule
	account subsidy.Account
	books   []*book
	oracle  oracleHousehold
}

// steps is enough for most loans to be held, accrued more than once, changed and corrected.
const steps = 40

func TestHouseholdAgainstOracle(t *testing.T) {
	underEachRule(t, func(t *rapid.T, r rule) {
		w := &world{rule: r, oracle: oracleHousehold{r.oracle, map[string]*oracleClaim{}}}
		for i := range rapid.SampledFrom([]int{4, 3, 2, 1}).Draw(t, "loans") {
			w.books = append(w.books, drawBook(t, i))
		}
		event := func(t *rapid.T, b *book) { b.event(t) }
		verbs := []func(*rapid.T, *book){w.hold, w.accrue, w.accrue, event, w.correct, w.settle, w.hold, w.accrue, event, w.correct, w.settle, w.topUp, w.topUp, w.reduce, w.reduce, w.restate, w.release, w.clawBack}
		for range steps {
			b := rapid.SampledFrom(w.books).Draw(t, "loan")
			rapid.SampledFrom(verbs).Draw(t, "verb")(t, b)
			w.compare(t)
		}
		for _, b := range w.books {
			w.finish(t, b)
		}
		w.compare(t)
	})
}

// finish brings an open claim to its end: what is settled is then what its loan is entitled to by all that
// happened, in whatever order it was reported, and no more than was granted.
func (w *world) finish(t *rapid.T, b *book) {
	if b.claim.State != subsidy.Held && b.claim.State != subsidy.Accruing || !w.oracle.earns(b.oracle) {
		return
	}
	through := calendar.Max(b.loan.Maturity, b.claim.AccruedThrough).AddDays(400)
	_, _ = w.oracle.accrue(b.loan.ID, asTime(through))
	if a, c, _, err := subsidy.Accrue(w.policy, w.account, b.claim, b.loan, through); err == nil {
		w.account, b.claim = a, c
	} else if _, allowed := w.oracle.correct(b.loan.ID); allowed {
		if w.account, b.claim, _, err = subsidy.Correct(w.policy, w.account, b.claim, b.loan); err != nil {
			t.Fatal(err)
		}
	}
	var entitled int64
	for _, period := range w.rule.oracle.schedule(b.claim.EligiblePrincipal.Fen(), *b.oracle) {
		entitled += period.amount
	}
	entitled = min(entitled, b.claim.Granted.Sub(b.claim.Released).Fen())
	if got := b.claim.Accrued.Add(b.claim.Settled).Fen(); got != entitled {
		t.Fatalf("%s has %d fen at its end, and is entitled to %d", b.loan.ID, got, entitled)
	}
}

// agree takes the package's answer if there was no error, and fails when the oracle answers otherwise.
func (w *world) agree(t *rapid.T, what string, b *book, a subsidy.Account, c subsidy.Claim, err error, allowed bool) {
	if (err == nil) != allowed {
		t.Fatalf("%s of %s: got %v, the oracle allows it: %v", what, b.loan.ID, err, allowed)
	}
	if err == nil {
		w.account, b.claim = a, c
	}
}

func (w *world) hold(t *rapid.T, b *book) {
	if b.claim.Loan != "" {
		return // a loan has one claim, which is the caller's to keep
	}
	before := w.account
	a, c, err := subsidy.Hold(w.policy, w.account, b.loan)
	allowed := w.oracle.earns(b.oracle) && w.oracle.hold(b.loan.ID, b.oracle)
	w.agree(t, "hold", b, a, c, err, allowed)
	if err != nil {
		return
	}
	undone, _, err := subsidy.Release(w.policy, a, c, b.loan)
	if err != nil || undone.Principal.Cmp(before.Principal) != 0 || undone.Used.Cmp(before.Used) != 0 {
		t.Fatalf("hold then release: %v, got %+v, want %+v", err, undone, before)
	}
}

func (w *world) accrue(t *rapid.T, b *book) {
	from := b.loan.Disbursed
	if !b.claim.AccruedThrough.IsZero() {
		from = b.claim.AccruedThrough
	}
	through := from.AddDays(drawDays(t, "through"))
	booked, allowed := w.oracle.accrue(b.loan.ID, asTime(through))
	a, c, period, err := subsidy.Accrue(w.policy, w.account, b.claim, b.loan, through)
	w.agree(t, "accrual", b, a, c, err, allowed)
	if err == nil && period.Amount.Fen() != booked {
		t.Fatalf("accrual of %s through %s: got %s, want %d fen", b.loan.ID, through, period.Amount, booked)
	}
	if err == nil && !c.Follows(w.policy, b.loan) {
		t.Fatalf("%s does not follow from the facts by which it was accrued", b.loan.ID)
	}
	if err == nil {
		if _, _, _, again := subsidy.Accrue(w.policy, a, c, b.loan, through); again == nil {
			t.Fatalf("%s was accrued twice through %s", b.loan.ID, through)
		}
	}
}

// topUp asks for more on a day on which another version of the policy may govern, with another cap.
func (w *world) topUp(t *rapid.T, b *book) {
	now := w.policy
	limit := rapid.SampledFrom([]int64{w.rule.oracle.amountCap, w.rule.oracle.amountCap + 1, w.rule.oracle.amountCap / 2}).Draw(t, "cap of the day")
	now.AmountCap = money.Fen(limit)
	added, allowed := w.oracle.topUp(b.loan.ID, limit)
	beside := w.account.Used.Sub(b.claim.Used())
	a, c, more, err := subsidy.TopUp(w.policy, now, w.account, b.claim, b.loan, now.EffectiveFrom)
	w.agree(t, "top-up", b, a, c, err, allowed)
	if more.Fen() != added {
		t.Fatalf("top-up of %s: got %s, want %d fen", b.loan.ID, more, added)
	}
	if err != nil {
		return
	}
	if !c.Follows(w.policy, b.loan) {
		t.Fatalf("%s does not follow from the facts by which it was topped up", b.loan.ID)
	}
	if _, _, _, again := subsidy.TopUp(w.policy, now, a, c, b.loan, now.EffectiveFrom); again == nil {
		t.Fatalf("%s was topped up twice for the same facts", b.loan.ID)
	}
	undone, ended, err := subsidy.Release(w.policy, a, c, b.loan)
	if err != nil || undone.Used.Cmp(beside.Add(ended.Used())) != 0 || !ended.Held.IsZero() {
		t.Fatalf("top-up then release: %v, used %s, want %s and %s", err, undone.Used, beside, ended.Used())
	}
}

// reduce gives back what the claim holds in vain, and not what it will need: all that the loan is still expected to earn can be accrued.
func (w *world) reduce(t *rapid.T, b *book) {
	less, allowed := w.oracle.reduce(b.loan.ID)
	before := w.account
	a, c, given, err := subsidy.Reduce(w.policy, w.account, b.claim, b.loan)
	w.agree(t, "reduction", b, a, c, err, allowed)
	if given.Fen() != less {
		t.Fatalf("reduction of %s: got %s, want %d fen", b.loan.ID, given, less)
	}
	if err != nil {
		return
	}
	if !c.Follows(w.policy, b.loan) || a.Used.Cmp(before.Used.Sub(given)) != 0 || a.Principal.Cmp(before.Principal) != 0 {
		t.Fatalf("%s was reduced by %s: follows %v, used %s after %s", b.loan.ID, given, c.Follows(w.policy, b.loan), a.Used, before.Used)
	}
	if _, _, _, again := subsidy.Reduce(w.policy, a, c, b.loan); again == nil {
		t.Fatalf("%s was reduced twice for the same facts", b.loan.ID)
	}
}

func (w *world) settle(t *rapid.T, b *book) {
	amount := rapid.Int64Range(0, b.claim.Accrued.Fen()+1).Draw(t, "amount")
	if rapid.Bool().Draw(t, "all of it") {
		amount = b.claim.Accrued.Fen()
	}
	a, c, err := subsidy.Settle(w.policy, w.account, b.claim, b.loan, money.Fen(amount))
	w.agree(t, "settlement", b, a, c, err, w.oracle.settle(b.loan.ID, amount))
}

func (w *world) release(t *rapid.T, b *book) {
	a, c, err := subsidy.Release(w.policy, w.account, b.claim, b.loan)
	w.agree(t, "release", b, a, c, err, w.oracle.release(b.loan.ID))
}

func (w *world) correct(t *rapid.T, b *book) {
	want, allowed := w.oracle.correct(b.loan.ID)
	a, c, difference, err := subsidy.Correct(w.policy, w.account, b.claim, b.loan)
	w.agree(t, "correction", b, a, c, err, allowed)
	if err == nil && !c.Follows(w.policy, b.loan) {
		t.Fatalf("%s does not follow from the facts by which it was corrected", b.loan.ID)
	}
	if difference.Fen() != want {
		t.Fatalf("correction of %s: got %s, want %d fen", b.loan.ID, difference, want)
	}
}

// restate states other facts of the loan, for days that were accrued and for those to come.
func (w *world) restate(t *rapid.T, b *book) {
	loan, oracle := b.loan, *b.oracle
	rapid.SampledFrom([]func(){
		func() { // the day of the entrusted payment, before and after days that were accrued already
			b.loan.EntrustedPaid = b.loan.Disbursed.AddDays(drawDays(t, "entrusted payment was after"))
			b.oracle.entrusted = asTime(b.loan.EntrustedPaid)
		},
		func() {
			b.loan.OtherSubsidy, b.oracle.other = drawRate(t, "other subsidy was", 3_000_000, 2_000_000, 0)
		},
		func() {
			b.loan.OtherCentralSubsidy = !b.loan.OtherCentralSubsidy
			b.oracle.central = b.loan.OtherCentralSubsidy
		},
	}).Draw(t, "restated")()
	if b.claim.Loan == "" {
		return // not claimed yet: the bank states what it knows when it is
	}
	want, allowed := w.oracle.restate(b.loan.ID)
	a, c, difference, err := subsidy.Restate(w.policy, w.account, b.claim, b.loan)
	w.agree(t, "restatement", b, a, c, err, allowed)
	if err != nil {
		b.loan, *b.oracle = loan, oracle
		return
	}
	if difference.Fen() != want || !c.Follows(w.policy, b.loan) {
		t.Fatalf("restatement of %s: got %s, want %d fen, follows: %v", b.loan.ID, difference, want, c.Follows(w.policy, b.loan))
	}
}

func (w *world) clawBack(t *rapid.T, b *book) {
	if rapid.IntRange(0, 3).Draw(t, "really") != 0 {
		return
	}
	a, c, err := subsidy.ClawBack(w.account, b.claim)
	w.agree(t, "claw back", b, a, c, err, w.oracle.clawBack(b.loan.ID))
}

// fen is the totals of an account or claim as whole fen.
type fen struct{ principal, held, accrued, settled, clawedBack int64 }

func totalsOf(t subsidy.Totals) fen {
	return fen{t.Principal.Fen(), t.Held.Fen(), t.Accrued.Fen(), t.Settled.Fen(), t.ClawedBack.Fen()}
}

// compare fails unless every claim equals the oracle's, the account is their sum and no cap is passed.
func (w *world) compare(t *rapid.T) {
	var sum fen
	for _, b := range w.books {
		want := w.oracle.claims[b.loan.ID]
		if want == nil {
			continue
		}
		got := totalsOf(b.claim.Totals)
		wantTotals := fen{0, want.held, want.accrued, want.settled, want.clawedBack}
		if w.oracle.counts(want) {
			wantTotals.principal = want.eligible
		}
		if open := b.claim.State == subsidy.Held || b.claim.State == subsidy.Accruing; got != wantTotals || open != want.open {
			t.Fatalf("%s in state %s: got %+v, want %+v", b.loan.ID, b.claim.State, got, wantTotals)
		}
		if b.claim.Granted.Fen() != want.granted || got.held+got.accrued+got.settled+got.clawedBack+b.claim.Released.Fen() != want.granted {
			t.Fatalf("%s: granted %s is not the sum of %+v and %s released", b.loan.ID, b.claim.Granted, got, b.claim.Released)
		}
		if !b.claim.Balanced() || len(b.claim.Entries) == 0 {
			t.Fatalf("%s: its entries do not explain it: %+v", b.loan.ID, b.claim)
		}
		sum = fen{sum.principal + got.principal, sum.held + got.held, sum.accrued + got.accrued, sum.settled + got.settled, sum.clawedBack + got.clawedBack}
	}
	used := sum.held + sum.accrued + sum.settled
	if got := w.account.Drawn; got.Principal.Fen() != sum.principal || got.Used.Fen() != used {
		t.Fatalf("account: got %+v, its claims sum to %+v", got, sum)
	}
	if used > w.rule.oracle.amountCap || sum.principal > w.rule.oracle.principalCap {
		t.Fatalf("a cap is passed: %+v", sum)
	}
}
