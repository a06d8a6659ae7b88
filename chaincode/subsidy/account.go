package subsidy

import (
	"decore/chaincode/calendar"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/money"
)

// Totals is what counts of a claim, and summed over claims. No amount is in two fields.
type Totals struct {
	Principal  money.Amount `json:"principal"`  // counts against the cap on principal
	Held       money.Amount `json:"held"`       // reserved, its days not accrued yet
	Accrued    money.Amount `json:"accrued"`    // earned by days gone by, not settled yet
	Settled    money.Amount `json:"settled"`    // settled with the bank (结算)
	ClawedBack money.Amount `json:"clawedBack"` // once accrued or settled, then taken back (追回); does not count against a cap
}

// Used is what counts against the cap on money: held, accrued and settled.
func (t Totals) Used() money.Amount { return money.Sum(t.Held, t.Accrued, t.Settled) }

// Plus returns the sum.
func (t Totals) Plus(o Totals) Totals { return t.with(o, money.Amount.Add) }

// minus returns the difference.
func (t Totals) minus(o Totals) Totals { return t.with(o, money.Amount.Sub) }

func (t Totals) with(o Totals, do func(a, b money.Amount) money.Amount) Totals {
	return Totals{
		Principal:  do(t.Principal, o.Principal),
		Held:       do(t.Held, o.Held),
		Accrued:    do(t.Accrued, o.Accrued),
		Settled:    do(t.Settled, o.Settled),
		ClawedBack: do(t.ClawedBack, o.ClawedBack),
	}
}

// Drawn is what counts of the totals against the two caps.
func (t Totals) Drawn() Drawn { return Drawn{Principal: t.Principal, Used: t.Used()} }

// Drawn is what of an account's caps is drawn on, and all that every bank with a claim in the account must know: not
// which of it is only reserved, which is paid, and which loan of another bank has which part. States of claims are public.
type Drawn struct {
	Principal money.Amount `json:"principal"` // counts against the cap on principal
	Used      money.Amount `json:"used"`      // counts against the cap on money: held, accrued or settled
}

// moved returns d with a claim's old part replaced by its new one.
func (d Drawn) moved(before, after Drawn) Drawn {
	return Drawn{Principal: d.Principal.Sub(before.Principal).Add(after.Principal), Used: d.Used.Sub(before.Used).Add(after.Used)}
}

func (d Drawn) equal(o Drawn) bool {
	return d.Principal.Cmp(o.Principal) == 0 && d.Used.Cmp(o.Used) == 0
}

// Account is the sum of a household's claims at all banks under one policy (单户台账), every version of it.
// The zero Account is a household without a claim; its first hold names it.
type Account struct {
	Policy    string     `json:"policy"`
	Household ident.USCC `json:"household"`
	Drawn
	Entries int `json:"entries,omitzero"` // bookings so far on all its claims; the next one has the number after it

	Successor ident.USCC `json:"successor,omitzero"` // in whose account this one ended (承继方); see Succeed
}

// Room is what the cap on money still leaves; never below 0.00, even when a later version lowers the cap.
func (a Account) Room(p Policy) money.Amount { return a.left(p.AmountCap, a.Used) }

// PrincipalRoom is what the cap on principal still leaves.
func (a Account) PrincipalRoom(p Policy) money.Amount { return a.left(p.PrincipalCap, a.Principal) }

// Over is by how much the account is above each cap, as it can be after a succession or under a version that lowered one.
func (a Account) Over(p Policy) Drawn {
	return Drawn{Principal: room(a.Principal, p.PrincipalCap), Used: room(a.Used, p.AmountCap)}
}

// left is the room under a cap; an account that ended in another one leaves none itself.
func (a Account) left(limit, used money.Amount) money.Amount {
	if a.Successor != "" {
		return money.Zero
	}
	return room(limit, used)
}

func room(limit, used money.Amount) money.Amount { return money.Max(money.Zero, limit.Sub(used)) }

// of reports whether the account can take a claim for the household under the policy.
func (a Account) of(policy string, household ident.USCC) bool {
	unnamed := a.Policy == "" && a.Household == ""
	return unnamed || a.Policy == policy && a.Household == household
}

// moved returns the account with a claim's old totals replaced by its new ones.
func (a Account) moved(before, after Claim) Account {
	a.Policy, a.Household, a.Drawn = after.Policy, after.Household, a.Drawn.moved(before.Drawn(), after.Drawn())
	return a
}

// Claim is one loan's part of its household's account. Granted is always the sum of what is held,
// accrued, settled, clawed back and released.
type Claim struct {
	Policy  string          `json:"policy"`
	Version int             `json:"version"` // of the policy that granted it
	Loan    string          `json:"loan"`
	Bank    ident.USCC      `json:"bank"`
	State   lifecycle.State `json:"state"`

	Household         ident.USCC     `json:"household"`
	EligiblePrincipal money.Amount   `json:"eligiblePrincipal"`
	Granted           money.Amount   `json:"granted"`  // held at first, and what was added to it
	Released          money.Amount   `json:"released"` // held and given back
	AccruedThrough    calendar.Date  `json:"accruedThrough"`
	PrincipalBasis    PrincipalBasis `json:"principalBasis"` // as the policy had it when the claim was granted
	Totals
	Entries []Entry `json:"entries,omitzero"` // all bookings in order; see Balanced

	Passages []Passage `json:"passages,omitzero"` // from one household's account to another's, in order
}

// earned is what the claim has taken for days gone by, net of what was clawed back.
func (c Claim) earned() money.Amount { return c.Accrued.Add(c.Settled) }

// of reports whether the claim is that of the loan under the policy.
func (c Claim) of(p Policy, l Loan) bool {
	return c.Policy == p.ID && c.Version == p.Version && c.Loan == l.ID && c.Household == l.Household && c.Bank == l.Bank
}

// release gives what is held back to the room.
func (c Claim) release() Claim {
	c.Released, c.Held = c.Released.Add(c.Held), money.Zero
	return c
}

// open reports whether the claim may still take more for days to come.
func (c Claim) open() bool { return c.State == Held || c.State == Accruing }

// kept is what was granted less what was given back.
func (c Claim) kept() money.Amount { return c.Granted.Sub(c.Released) }

// limit is how much the claim may have for days gone by: while it is open all that it kept, afterwards what it has
// and as much of what it gave back as the household has room for.
func (c Claim) limit(p Policy, a Account) money.Amount {
	if c.open() {
		return c.kept()
	}
	return c.earned().Add(money.Min(c.Released, a.Room(p)))
}

// accrued adds a difference to what is accrued, from where the claim keeps what it does not have for days gone by; a
// negative one first takes what is not settled yet.
func (c Claim) accrued(difference money.Amount) Claim {
	rest := &c.Released
	if c.open() {
		rest = &c.Held
	}
	*rest = rest.Sub(difference)
	c.Accrued = c.Accrued.Add(difference)
	if c.Accrued.IsNegative() {
		c.Settled, c.Accrued = c.Settled.Add(c.Accrued), money.Zero
	}
	return c
}

// closed gives a claim that takes nothing more its last state, and its principal back where it no longer
// counts: under an outstanding basis, or when none of the subsidy stays with the loan. An open one stays as it is.
func (c Claim) closed() Claim {
	if c.open() {
		return c
	}
	switch {
	case c.State == Released && c.Accrued.IsZero() && c.Settled.IsPositive():
		c.State = Settled
	case c.State == Settled && c.Accrued.IsPositive():
		c.State = Released
	}
	c.Principal = c.EligiblePrincipal
	if c.PrincipalBasis == Outstanding || c.earned().IsZero() {
		c.Principal = money.Zero
	}
	return c
}
