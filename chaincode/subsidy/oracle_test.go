package subsidy_test

import (
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
	everyMonths              int // 0: one period
	netFloor, stopsOnOverdue bool
	eligibleLast             bool // the part that is not eligible is repaid first
}

type oracleLoan struct {
	principal             int64 // fen
	rate, other           *big.Rat
	disbursed, maturity   time.Time
	repayments            []oracleRepayment // in any order
	overdueFrom, overdueT []time.Time       // a zero end is open
}

type oracleRepayment struct {
	on     time.Time
	amount int64 // fen
}

type oracleClaim struct {
	loan                             *oracleLoan
	eligible, granted, held, accrued int64
	settled, clawedBack, released    int64
	bookedThrough                    time.Time
	open, revoked                    bool
}

type oraclePeriod struct {
	end           time.Time
	days, fenDays int64
	amount        int64
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

func (p oraclePolicy) cuts(d time.Time) bool {
	return p.everyMonths > 0 && d.Day() == 20 && int(d.Month())%p.everyMonths == 0
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

// worth is of fen times days.
func (p oraclePolicy) worth(fenDays int64, l oracleLoan) int64 {
	rate := p.rate
	if p.netFloor {
		if net := new(big.Rat).Sub(l.rate, l.other); net.Cmp(rate) < 0 {
			rate = net
		}
		if rate.Sign() < 0 {
			rate = new(big.Rat)
		}
	}
	return halfUp(new(big.Rat).Mul(big.NewRat(fenDays, 100*p.base), rate))
}

func (p oraclePolicy) schedule(eligible int64, l oracleLoan) []oraclePeriod {
	end := anniversary(l.disbursed, p.months)
	if l.maturity.Before(end) {
		end = l.maturity
	}
	var all []oraclePeriod
	for d := l.disbursed; d.Before(end) && p.subsidised(eligible, l, d) > 0; d = d.AddDate(0, 0, 1) {
		if d.Equal(l.disbursed) || p.cuts(d) {
			all = append(all, oraclePeriod{})
		}
		current := &all[len(all)-1]
		current.end = d.AddDate(0, 0, 1)
		if !p.stopsOnOverdue || !l.overdueOn(d) {
			current.days += p.weight(d)
			current.fenDays += p.weight(d) * p.subsidised(eligible, l, d)
		}
	}
	var fenDays, sum int64
	for i := range all {
		fenDays += all[i].fenDays
		all[i].amount = p.worth(all[i].fenDays, l)
		if i == len(all)-1 && all[i].days > 0 {
			all[i].amount = max(0, p.worth(fenDays, l)-sum)
		}
		sum += all[i].amount
	}
	return all
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

// hold reports whether the loan got a claim.
func (h oracleHousehold) hold(id string, l *oracleLoan) bool {
	p := h.policy
	if p.stopsOnOverdue && len(l.overdueT) > 0 && l.overdueT[len(l.overdueT)-1].IsZero() {
		return false
	}
	eligible := min(l.principal, p.principalCap-h.usedPrincipal())
	if eligible <= 0 {
		return false
	}
	var gross int64
	for _, period := range p.schedule(eligible, *l) {
		gross += period.amount
	}
	granted := min(gross, p.amountCap-h.usedAmount())
	if granted <= 0 {
		return false
	}
	h.claims[id] = &oracleClaim{loan: l, eligible: eligible, granted: granted, held: granted, bookedThrough: l.disbursed, open: true}
	return true
}

// entitled is what the claim may have had by a day, at most what was granted.
func (h oracleHousehold) entitled(c *oracleClaim, through time.Time) (sum int64, lastEnd time.Time) {
	for _, period := range h.policy.schedule(c.eligible, *c.loan) {
		if !period.end.After(through) {
			sum, lastEnd = sum+period.amount, period.end
		}
	}
	return min(sum, c.granted), lastEnd
}

func (h oracleHousehold) payable(l *oracleLoan) bool {
	return !h.policy.netFloor || l.rate.Cmp(l.other) > 0
}

// accrue reports what was booked, and whether it was allowed.
func (h oracleHousehold) accrue(id string, through time.Time) (int64, bool) {
	c := h.claims[id]
	if c == nil || !c.open || c.held == 0 || !h.payable(c.loan) {
		return 0, false
	}
	sum, lastEnd := h.entitled(c, through)
	if !lastEnd.After(c.bookedThrough) || sum < c.accrued+c.settled {
		return 0, false
	}
	booked := min(sum-c.accrued-c.settled, c.held)
	c.held, c.accrued, c.bookedThrough = c.held-booked, c.accrued+booked, lastEnd
	return booked, true
}

func (h oracleHousehold) settle(id string, amount int64) bool {
	c := h.claims[id]
	if c == nil || c.revoked || amount <= 0 || amount > c.accrued {
		return false
	}
	c.accrued, c.settled = c.accrued-amount, c.settled+amount
	if c.held == 0 && c.accrued == 0 {
		c.open = false
	}
	return true
}

func (h oracleHousehold) release(id string) bool {
	c := h.claims[id]
	if c == nil || !c.open {
		return false
	}
	c.released, c.held, c.open = c.held, 0, false
	return true
}

// correct reports what was taken back; nothing where all that was booked is due.
func (h oracleHousehold) correct(id string) int64 {
	c := h.claims[id]
	if c == nil || c.revoked {
		return 0
	}
	due, _ := h.entitled(c, c.bookedThrough)
	excess := max(0, c.accrued+c.settled-due)
	fromAccrued := min(excess, c.accrued)
	c.accrued, c.settled, c.clawedBack = c.accrued-fromAccrued, c.settled-(excess-fromAccrued), c.clawedBack+excess
	return excess
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
