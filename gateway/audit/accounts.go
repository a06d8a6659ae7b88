package audit

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"decore/chaincode/contract"
	"decore/chaincode/ident"
	"decore/chaincode/money"
	"decore/chaincode/subsidy"
)

// account is a household's account beside what of it this client can tell.
type account struct {
	*books
	id     string
	header contract.Header
	contract.AccountTerms
	claims     map[string]subsidy.Claim // that draw on it, say that they are its household's, or passed from it
	lines      []subsidy.StatementLine  // of these
	whole      bool                     // these are all that there can be
	households int                      // whose claims it holds, by the successions on the ledger
	sure       bool                     // of that number
}

// rules say in what an account is wrong, "" in nothing. The first that finds something speaks for those after it, which may rely
// on those before.
var rules = []func(*account) string{
	(*account).wrongID, (*account).twice, (*account).wrongEnd, (*account).wrongClaims, (*account).wrongNumbers, (*account).wrongShare,
	(*account).wrongSum, (*account).wrongBanks, (*account).overCap, (*account).overCapAtBooking,
}

// wrongAccounts finds what is wrong with accounts, and with the tie between claims and accounts, by record ID. Those that moved
// while they were read are left out, with all that draw on them.
func (b *books) wrongAccounts(households func(account string) (int, bool), moved []string) map[string]string {
	found := map[string]string{}
	for id, h := range b.accounts.headers {
		t, opened := b.accounts.terms[id]
		switch {
		case slices.Contains(moved, id):
		case opened:
			if reason := b.accountOf(id, h, t, households).wrong(); reason != "" {
				found[id] = reason
			}
		case b.mine[b.bureau] && !b.accounts.unreadable[id]:
			found[id] = notHere
		}
	}
	for id := range b.claims.headers {
		t, opened := b.claims.terms[id]
		_, stands := b.accounts.headers[t.Account]
		_, read := b.accounts.terms[t.Account]
		switch {
		case !opened && b.mine[b.bureau] && !b.claims.unreadable[id]:
			found[id] = notHere
		case !opened, slices.Contains(moved, t.Account):
		case !stands:
			found[id] = fmt.Sprintf("it draws on %s, which is no account on the ledger", t.Account)
		case !read && !b.accounts.unreadable[t.Account]: // who reads a claim reads its account
			found[t.Account] = notHere
		}
	}
	return found
}

const notHere = "its terms are not among this client's copies, which must have them"

func (b *books) accountOf(id string, h contract.Header, t contract.AccountTerms, households func(string) (int, bool)) *account {
	a := &account{books: b, id: id, header: h, AccountTerms: t, claims: map[string]subsidy.Claim{}}
	for _, claim := range append(slices.Clone(b.byAccount[id]), b.byHousehold[a.household()].claims...) {
		a.claims[claim] = b.claims.terms[claim].Claim
	}
	a.lines = subsidy.Statement(t.Account.Household, a.claims)
	// The bureau reads every claim. A household reads those in its account, until it has an heir.
	a.whole = b.mine[b.bureau] || b.mine[t.Account.Household] && t.Account.Successor == ""
	a.households, a.sure = households(id)
	return a
}

func (a *account) household() household { return household{a.Account.Policy, a.Account.Household} }

func (a *account) wrong() string {
	for _, rule := range rules {
		if reason := rule(a); reason != "" {
			return reason
		}
	}
	return ""
}

// wrongID finds an account that is not where the household's account must be, so that there could be several.
func (a *account) wrongID() string {
	if a.key == nil {
		return ""
	}
	if id := contract.AccountID(a.key, a.Account.Policy, a.Account.Household); id != a.id {
		return fmt.Sprintf("the account of %s under %s must be %s", a.Account.Household, a.Account.Policy, id)
	}
	return ""
}

// twice finds a second account of the household under the policy, for who cannot tell its ID.
func (a *account) twice() string {
	for _, id := range a.byHousehold[a.household()].accounts {
		if id != a.id {
			return fmt.Sprintf("%s is an account of the same household under the same policy", id)
		}
	}
	return ""
}

// wrongEnd finds an account that ended without an heir, or that has one and did not end.
func (a *account) wrongEnd() string {
	if heir := a.Account.Successor; (heir != "") != (a.header.State == contract.AccountEnded) {
		return fmt.Sprintf("it is in state %q and its household's heir is %q", a.header.State, heir)
	}
	return ""
}

// wrongClaims finds a claim that draws on the account and is not its household's, or the reverse.
func (a *account) wrongClaims() string {
	for _, id := range slices.Sorted(maps.Keys(a.claims)) {
		c, t := a.claims[id], a.books.claims.terms[id]
		here, own := t.Account == a.id, c.Household == a.Account.Household && c.Policy == a.Account.Policy
		switch {
		case here && a.Account.Successor != "":
			return fmt.Sprintf("%s draws on it, though it ended", id)
		case here && (!own || t.Loan.Household != c.Household):
			return fmt.Sprintf("%s draws on it, and is of another household or policy", id)
		case own && !here:
			return fmt.Sprintf("%s is of this household and policy, and draws on %s", id, t.Account)
		}
	}
	return ""
}

// wrongBanks finds a bank that may read the account without a claim in it, or that has one and may not.
func (a *account) wrongBanks() string {
	seen := map[ident.USCC]bool{}
	for _, l := range a.claims {
		seen[l.Bank] = true
	}
	for _, bank := range slices.Sorted(maps.Keys(seen)) {
		if !slices.Contains(a.Banks, bank) {
			return fmt.Sprintf("it does not name %s, which has a claim in it", bank)
		}
	}
	for _, bank := range a.Banks {
		if a.whole && !seen[bank] {
			return fmt.Sprintf("it names %s, which has no claim in it", bank)
		}
	}
	return ""
}

// wrongNumbers finds a number that two bookings have, or that is past the account's last.
func (a *account) wrongNumbers() string {
	last := 0
	for _, l := range a.lines {
		if cmp.Or(l.First, l.No) <= last {
			return fmt.Sprintf("booking %d of %s has a number that is taken", l.No, cmp.Or(l.Claim, l.Verb))
		}
		last = l.No
	}
	if a.Account.Successor == "" && last > a.Account.Entries {
		return fmt.Sprintf("it says %d bookings, and one of its claims has number %d", a.Account.Entries, last)
	}
	return ""
}

// share is what the claims that this client reads draw, in how many bookings.
func (a *account) share() (subsidy.Drawn, int) {
	var sum subsidy.Totals
	entries := 0
	for _, c := range a.claims {
		if c.Household == a.Account.Household {
			sum, entries = sum.Plus(c.Totals), entries+len(c.Entries)
		}
	}
	return sum.Drawn(), entries
}

// wrongShare finds an account that says less than those of its claims that this client reads.
func (a *account) wrongShare() string {
	part, entries := a.share()
	if a.Account.Used.Less(part.Used) || a.Account.Principal.Less(part.Principal) || a.Account.Entries < entries {
		return fmt.Sprintf("it says %s, less than claims in it, which say %s", drawn(a.Account.Drawn, a.Account.Entries), drawn(part, entries))
	}
	return ""
}

// wrongSum finds an account that is not the sum of its claims, where this client reads all: by who it is, or by their bookings.
func (a *account) wrongSum() string {
	part, entries := a.share()
	ended := a.Account.Successor != "" && (a.Account.Entries != 0 || !a.Account.Used.IsZero() || !a.Account.Principal.IsZero())
	all := a.whole || a.Account.Successor == "" && entries == a.Account.Entries
	if ended || all && !a.Account.Whole(a.lines) {
		return fmt.Sprintf("the account is not the sum of its claims: it says %s; the claims say %s", drawn(a.Account.Drawn, a.Account.Entries), drawn(part, entries))
	}
	return ""
}

// overCap finds an account over every cap that its policy ever had. What households had that were joined counts together.
func (a *account) overCap() string {
	var used, principal money.Amount
	versions := 0
	for _, p := range a.policies[a.Account.Policy] {
		if p.Status == subsidy.InForce {
			used, principal, versions = money.Max(used, p.AmountCap), money.Max(principal, p.PrincipalCap), versions+1
		}
	}
	switch most := (subsidy.Drawn{Principal: times(principal, a.households), Used: times(used, a.households)}); {
	case versions == 0 && a.Account.Entries > 0:
		return fmt.Sprintf("no version of its policy %s is in force", a.Account.Policy)
	case a.sure && (most.Used.Less(a.Account.Used) || most.Principal.Less(a.Account.Principal)):
		return fmt.Sprintf("it says %s, over the policy's caps, which allow %s and %s of principal", drawn(a.Account.Drawn, a.Account.Entries), most.Used, most.Principal)
	}
	return ""
}

// overCapAtBooking finds a booking that took the account over a cap of the version by which its claim was granted.
func (a *account) overCapAtBooking() string {
	if !a.whole {
		return ""
	}
	for _, l := range a.lines {
		p, known := a.policies[a.Account.Policy][a.claims[l.Claim].Version]
		raisesUsed := money.Sum(l.Held.Amount, l.Accrued.Amount, l.Settled.Amount).IsPositive()
		over := raisesUsed && p.AmountCap.Less(l.Balance.Used()) || l.Principal.IsPositive() && p.PrincipalCap.Less(l.Balance.Principal)
		if known && over { // a passage has no version: an heir may come over a cap by it
			return fmt.Sprintf("booking %d, on %s, took it to %s, over the caps of version %d, %s and %s of principal",
				l.No, l.Claim, drawn(l.Balance.Drawn(), l.No), p.Version, p.AmountCap, p.PrincipalCap)
		}
	}
	return ""
}

func times(a money.Amount, n int) (sum money.Amount) {
	for range n {
		sum = sum.Add(a)
	}
	return sum
}

func drawn(d subsidy.Drawn, entries int) string {
	return fmt.Sprintf("%s used and %s of principal in %d bookings", d.Used, d.Principal, entries)
}
