package subsidy_test

import (
	"maps"
	"math/big"
	"time"
)

// The oracle is the rule written a second time, plainly and slowly, from its text: days are walked one by
// one with package time, worth is a big.Rat, amounts are whole fen, and a household's use of its caps
// is added up anew from all its claims whenever it is asked for. It shares no code with the package.

type oraclePolicy struct {
	rate                     *big.Rat
	months                   int
	principalCap, amountCap  int64 // fen
	countsForGood            bool  // 累计
	base                     int64
	thirty                   bool
	everyMonths, onDay       int  // 0 months: one period
	ownDays                  bool // a contract's settlement days go before the policy's
	netFloor, stopsOnOverdue bool
	eligibleLast             bool // the part that is not eligible is repaid first
	extension                bool // days after the first maturity count
	shiftsHolidays           bool
	oneCentral               bool // beside another central subsidy there is none
	entrusted                bool // the clock starts with the entrusted payment
	holidays, workdays       []time.Time
}

type oracleLoan struct {
	principal             int64 // fen
	rate, other           *big.Rat
	rates                 []oracleRate // in any order, no two of one day
	disbursed, maturity   time.Time
	entrusted             time.Time
	central               bool              // has another central subsidy
	first                 time.Time         // maturity before it was extended
	everyMonths, onDay    int               // of the contract; -1 months: it names none
	repayments            []oracleRepayment // in any order
	overdueFrom, overdueT []time.Time       // a zero end is open
}

type oracleRate struct {
	from time.Time
	rate *big.Rat
}

type oracleRepayment struct {
	on     time.Time
	amount int64 // fen
}

type oracleClaim struct {
	loan                             *oracleLoan
	eligible, granted, held, accrued int64
	settled, clawedBack, released    int64
	booked                           map[time.Time]int64 // by first day of the period
	bookedThrough                    time.Time
	open, revoked                    bool
	everAccrued                      bool
}

type oraclePeriod struct {
	start, end time.Time
	days       int64
	rateDays   *big.Rat // fen × days × rate
	amount     int64
}

func oracleDay(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

// anniversary is the same day months later, or the last day of that month.
func anniversary(d time.Time, months int) time.Time {
	firstAfter := oracleDay(d.Year(), d.Month()+time.Month(months)+1, 1)
	sameDay := oracleDay(d.Year(), d.Month()+time.Month(months), d.Day())
	if !sameDay.Before(firstAfter) {
		return firstAfter.AddDate(0, 0, -1)
	}
	return sameDay
}

// weight is what one day counts for: 1, or by months of thirty days (30E/360 from the day to the next).
func (p oraclePolicy) weight(d time.Time) int64 {
	if !p.thirty {
		return 1
	}
	e := d.AddDate(0, 0, 1)
	d1, d2 := min(d.Day(), 30), min(e.Day(), 30)
	return int64((e.Year()-d.Year())*360 + (int(e.Month())-int(d.Month()))*30 + d2 - d1)
}

func (p oraclePolicy) cuts(l oracleLoan, d time.Time) bool {
	months, on := p.everyMonths, p.onDay
	if p.ownDays && l.everyMonths >= 0 {
		months, on = l.everyMonths, l.onDay
	}
	return months > 0 && d.Day() == on && int(d.Month())%months == 0
}

// lastDay is the day on which the loan is due, as far as the policy looks.
func (p oraclePolicy) lastDay(l oracleLoan) time.Time {
	d := l.maturity
	if !p.extension && !l.first.IsZero() {
		d = l.first
	}
	for p.shiftsHolidays && p.closed(d) {
		d = d.AddDate(0, 0, 1)
	}
	return d
}

func (p oraclePolicy) closed(d time.Time) bool {
	for _, h := range p.holidays {
		if h.Equal(d) {
			return true
		}
	}
	for _, w := range p.workdays {
		if w.Equal(d) {
			return false
		}
	}
	return d.Weekday() == time.Saturday || d.Weekday() == time.Sunday
}

// rateOn is what is subsidised a year of a yuan on a day.
func (p oraclePolicy) rateOn(l oracleLoan, d time.Time) *big.Rat {
	contract, since := l.rate, time.Time{}
	for _, r := range l.rates {
		if !r.from.After(d) && !r.from.Before(since) {
			contract, since = r.rate, r.from
		}
	}
	net := new(big.Rat).Sub(contract, l.other)
	switch {
	case p.oneCentral && l.central:
		return new(big.Rat)
	case !p.netFloor || net.Cmp(p.rate) >= 0:
		return p.rate
	case net.Sign() < 0:
		return new(big.Rat)
	}
	return net
}

func (l oracleLoan) overdueOn(d time.Time) bool {
	for i, from := range l.overdueFrom {
		if to := l.overdueT[i]; !d.Before(from) && (to.IsZero() || d.Before(to)) {
			return true
		}
	}
	return false
}

// halfUp rounds yuan to fen, a half up.
func halfUp(yuan *big.Rat) int64 {
	fen := new(big.Rat).Mul(yuan, big.NewRat(100, 1))
	fen.Add(fen, big.NewRat(1, 2))
	return new(big.Int).Div(fen.Num(), fen.Denom()).Int64()
}

// subsidised is how much of the eligible fen still earns on a day, its own repayments gone.
func (p oraclePolicy) subsidised(eligible int64, l oracleLoan, d time.Time) int64 {
	var gone int64
	for _, r := range l.repayments {
		if !r.on.After(d) {
			gone += r.amount
		}
	}
	if p.eligibleLast {
		gone -= min(gone, l.principal-eligible)
	}
	return eligible - min(gone, eligible)
}

// firstDay is the first day that can be subsidised.
func (p oraclePolicy) firstDay(l oracleLoan) time.Time {
	if p.entrusted {
		return l.entrusted
	}
	return l.disbursed
}

func (p oraclePolicy) schedule(eligible int64, l oracleLoan) []oraclePeriod {
	start := p.firstDay(l)
	end := anniversary(start, p.months)
	if due := p.lastDay(l); due.Before(end) {
		end = due
	}
	var all []oraclePeriod
	for d := start; d.Before(end) && p.subsidised(eligible, l, d) > 0; d = d.AddDate(0, 0, 1) {
		if d.Equal(start) || p.cuts(l, d) {
			all = append(all, oraclePeriod{start: d, rateDays: new(big.Rat)})
		}
		current := &all[len(all)-1]
		current.end = d.AddDate(0, 0, 1)
		if !p.stopsOnOverdue || !l.overdueOn(d) {
			current.days += p.weight(d)
			fenDays := big.NewRat(p.weight(d)*p.subsidised(eligible, l, d), 1)
			current.rateDays.Add(current.rateDays, fenDays.Mul(fenDays, p.rateOn(l, d)))
		}
	}
	total, sum := new(big.Rat), int64(0)
	for i := range all {
		total.Add(total, all[i].rateDays)
		all[i].amount = p.worth(all[i].rateDays)
		if i == len(all)-1 && all[i].rateDays.Sign() > 0 {
			all[i].amount = max(0, p.worth(total)-sum)
		}
		sum += all[i].amount
	}
	return all
}

// worth is of fen × days × rate.
func (p oraclePolicy) worth(rateDays *big.Rat) int64 {
	return halfUp(new(big.Rat).Mul(rateDays, big.NewRat(1, 100*p.base)))
}

type oracleHousehold struct {
	policy oraclePolicy
	claims map[string]*oracleClaim
}

func (h oracleHousehold) usedAmount() (used int64) {
	for _, c := range h.claims {
		used += c.held + c.accrued + c.settled
	}
	return used
}

// counts reports whether the claim's principal counts against the cap.
func (h oracleHousehold) counts(c *oracleClaim) bool {
	return c.open || h.policy.countsForGood && c.accrued+c.settled > 0
}

func (h oracleHousehold) usedPrincipal() (used int64) {
	for _, c := range h.claims {
		if h.counts(c) {
			used += c.eligible
		}
	}
	return used
}

// stops reports whether the loan is overdue and nothing is granted to it before it is cured.
func (p oraclePolicy) stops(l *oracleLoan) bool {
	n := len(l.overdueT)
	return p.stopsOnOverdue && n > 0 && l.overdueT[n-1].IsZero()
}

// total is what the loan is expected to earn in all.
func (p oraclePolicy) total(eligible int64, l *oracleLoan) (sum int64) {
	for _, period := range p.schedule(eligible, *l) {
		sum += period.amount
	}
	return sum
}

// hold reports whether the loan got a claim.
func (h oracleHousehold) hold(id string, l *oracleLoan) bool {
	p := h.policy
	if p.stops(l) {
		return false
	}
	eligible := min(l.principal, p.principalCap-h.usedPrincipal())
	if eligible <= 0 {
		return false
	}
	granted := min(p.total(eligible, l), p.amountCap-h.usedAmount())
	if granted <= 0 {
		return false
	}
	h.claims[id] = &oracleClaim{loan: l, eligible: eligible, granted: granted, held: granted, bookedThrough: p.firstDay(*l), open: true,
		booked: map[time.Time]int64{}}
	return true
}

// due is what each period may have had by a day, in order of time out of what the claim may have altogether; and the end of
// the last of them. Of a period that was booked up to an earlier end than it has now, what was booked is due for now.
func (h oracleHousehold) due(c *oracleClaim, through time.Time, limit int64) (map[time.Time]int64, time.Time) {
	all, lastEnd := map[time.Time]int64{}, time.Time{}
	for _, period := range h.policy.schedule(c.eligible, *c.loan) {
		want := min(period.amount, limit)
		if period.end.After(through) {
			want = min(want, c.booked[period.start])
		} else {
			lastEnd = period.end
		}
		if want > 0 {
			all[period.start] = want
		}
		limit -= want
	}
	return all, lastEnd
}

func sumOf(booked map[time.Time]int64) (sum int64) {
	for _, amount := range booked {
		sum += amount
	}
	return sum
}

// earns reports whether the borrower pays anything itself at any rate that the loan had, and no other central subsidy is in the way.
func (h oracleHousehold) earns(l *oracleLoan) bool {
	if h.policy.oneCentral && l.central {
		return false
	}
	if !h.policy.netFloor || l.rate.Cmp(l.other) > 0 {
		return true
	}
	for _, r := range l.rates {
		if r.rate.Cmp(l.other) > 0 {
			return true
		}
	}
	return false
}

// accrue reports what was booked, and whether it was allowed.
func (h oracleHousehold) accrue(id string, through time.Time) (int64, bool) {
	c := h.claims[id]
	if c == nil || !c.open || !h.earns(c.loan) {
		return 0, false
	}
	due, lastEnd := h.due(c, through, c.granted-c.released)
	if !lastEnd.After(c.bookedThrough) || c.held == 0 && maps.Equal(due, c.booked) {
		return 0, false
	}
	difference := sumOf(due) - sumOf(c.booked)
	c.booked, c.bookedThrough, c.everAccrued = due, lastEnd, true
	h.move(c, difference)
	return difference, true
}

// topUp reports by how much the claim was granted more, and whether it was allowed; another cap holds on the day too.
func (h oracleHousehold) topUp(id string, capOfTheDay int64) (int64, bool) {
	c := h.claims[id]
	if c == nil || !c.open || !h.earns(c.loan) {
		return 0, false
	}
	if h.policy.stops(c.loan) {
		return 0, false
	}
	more := min(h.policy.total(c.eligible, c.loan)-(c.granted-c.released), min(h.policy.amountCap, capOfTheDay)-h.usedAmount())
	if more <= 0 {
		return 0, false
	}
	c.granted, c.held = c.granted+more, c.held+more
	due, _ := h.due(c, c.bookedThrough, c.granted-c.released)
	difference := sumOf(due) - sumOf(c.booked)
	c.booked = due
	h.move(c, difference)
	return more, true
}

// reduce reports what was given back, and whether it was allowed.
func (h oracleHousehold) reduce(id string) (int64, bool) {
	c := h.claims[id]
	if c == nil || !c.open || h.stale(c) {
		return 0, false
	}
	if h.policy.stops(c.loan) {
		return 0, false
	}
	less := min(c.held, c.granted-c.released-h.policy.total(c.eligible, c.loan))
	if less <= 0 {
		return 0, false
	}
	c.held, c.released = c.held-less, c.released+less
	return less, true
}

// move gives the claim what it is due more, or takes from it what it is due less: first what was not paid out yet.
func (h oracleHousehold) move(c *oracleClaim, difference int64) {
	if c.open {
		c.held -= difference
	} else {
		c.released -= difference
	}
	c.accrued += difference
	if c.accrued < 0 {
		c.settled, c.accrued = c.settled+c.accrued, 0
	}
}

func (h oracleHousehold) settle(id string, amount int64) bool {
	c := h.claims[id]
	if c == nil || c.revoked || amount <= 0 || amount > c.accrued || h.stale(c) {
		return false
	}
	c.accrued, c.settled = c.accrued-amount, c.settled+amount
	all := h.policy.schedule(c.eligible, *c.loan)
	if c.held == 0 && c.accrued == 0 && (len(all) == 0 || !all[len(all)-1].end.After(c.bookedThrough)) {
		c.open = false
	}
	return true
}

func (h oracleHousehold) release(id string) bool {
	c := h.claims[id]
	if c == nil || !c.open || h.stale(c) {
		return false
	}
	c.released, c.held, c.open = c.released+c.held, 0, false
	return true
}

// correction is what each period may have on the facts as they are now, and whether that is booked already or cannot be.
func (h oracleHousehold) correction(c *oracleClaim) (map[time.Time]int64, bool) {
	limit := c.granted - c.released
	if !c.open {
		limit = c.accrued + c.settled + min(c.released, max(0, h.policy.amountCap-h.usedAmount()))
	}
	due, _ := h.due(c, c.bookedThrough, limit)
	return due, !h.noPrincipal(c, due) && !maps.Equal(due, c.booked)
}

// noPrincipal reports whether the claim would have more, or count again for good, and the cap on principal has no room for it.
func (h oracleHousehold) noPrincipal(c *oracleClaim, due map[time.Time]int64) bool {
	more := sumOf(due) > sumOf(c.booked) || h.policy.countsForGood && sumOf(due) > 0
	return !h.counts(c) && more && h.usedPrincipal()+c.eligible > h.policy.principalCap
}

// stale reports whether the claim must be corrected before anything else.
func (h oracleHousehold) stale(c *oracleClaim) bool {
	_, differs := h.correction(c)
	return differs
}

// correct reports by how much what was booked changed, and whether it was allowed.
func (h oracleHousehold) correct(id string) (int64, bool) {
	c := h.claims[id]
	if c == nil || c.revoked || !c.everAccrued {
		return 0, false
	}
	due, differs := h.correction(c)
	if !differs {
		return 0, false
	}
	difference := sumOf(due) - sumOf(c.booked)
	c.booked = due
	h.move(c, difference)
	return difference, true
}

// restate is a correction that may find nothing to correct; a claim of which nothing was booked starts anew.
func (h oracleHousehold) restate(id string) (int64, bool) {
	c := h.claims[id]
	if c == nil || c.revoked {
		return 0, false
	}
	if !c.everAccrued {
		c.bookedThrough = h.policy.firstDay(*c.loan)
	}
	due, differs := h.correction(c)
	switch {
	case h.noPrincipal(c, due):
		return 0, false
	case !differs:
		return 0, true
	}
	difference := sumOf(due) - sumOf(c.booked)
	c.booked = due
	h.move(c, difference)
	return difference, true
}

func (h oracleHousehold) clawBack(id string) bool {
	c := h.claims[id]
	if c == nil || c.revoked {
		return false
	}
	c.released, c.clawedBack = c.released+c.held, c.clawedBack+c.accrued+c.settled
	c.held, c.accrued, c.settled, c.open, c.revoked = 0, 0, 0, false, true
	return true
}
