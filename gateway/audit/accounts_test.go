package audit_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"decore/adapters/embedded"
	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/ident"
	"decore/chaincode/money"
	"decore/chaincode/subsidy"
	"decore/gateway/audit"
	"decore/gateway/gatewaytest"
)

// third is a household that the other SME succeeds.
const third ident.USCC = "91370200990000113P"

// households is a ledger on which one household borrows of two banks, and another succeeds a third, by which it comes over
// the cap on principal.
type households struct {
	*subsidised
	mine, foreign string // claims of bank A and bank B in one account
	own, passed   string // claims of the heir: at bank A, and at bank B from who it succeeded
	account       string // of mine and foreign
	joined, ended string // accounts of the heir, and of who it succeeded
}

func newHouseholds(t *testing.T) *households {
	t.Helper()
	w := &households{subsidised: newSubsidised(t)}
	w.mine, w.foreign = w.hold(gatewaytest.SME, gatewaytest.BankA, "1000000.00"), w.hold(gatewaytest.SME, gatewaytest.BankB, "2000000.00")
	w.own, w.passed = w.hold(gatewaytest.OtherSME, gatewaytest.BankA, "40000000.00"), w.hold(third, gatewaytest.BankB, "45000000.00")
	w.account, w.joined, w.ended = w.accountOf(w.mine), w.accountOf(w.own), w.accountOf(w.passed)
	w.Do(gatewaytest.Regulator, "succession.record", "", contract.SuccessionArgs{Policy: w.policy.ID, Old: third, Heir: gatewaytest.OtherSME, On: w.Today(),
		Document: "合并登记", Claims: []string{w.passed}})
	return w
}

// terms opens a record.
func terms[T any](t testing.TB, w *gatewaytest.World, id string) (terms T) {
	t.Helper()
	raw, err := w.Ledger.Private(t.Context(), "BureauMSP", id)
	must(t, err)
	sealed, err := evidence.Open(raw[0])
	must(t, err)
	must(t, canon.Strict(sealed.Terms, &terms))
	return terms
}

func (w *subsidised) accountOf(claim string) string {
	w.T.Helper()
	return terms[contract.ClaimTerms](w.T, w.World, claim).Account
}

// Who audits, by the organisations whose copies it reads.
var (
	everybody = []string(nil)
	bureau    = []string{"BureauMSP"}
	platform  = []string{"PlatformMSP"} // for the households
	bankA     = []string{"BankAMSP"}
	bankB     = []string{"BankBMSP"}
)

func TestTrueAccountsAreFoundTrueByEverybody(t *testing.T) {
	w := newHouseholds(t)
	for _, v := range []struct {
		orgs             []string
		claims, accounts int
	}{{everybody, 4, 3}, {bureau, 4, 3}, {platform, 4, 3}, {bankA, 2, 2}, {bankB, 2, 3}, {[]string{"LeaderMSP"}, 0, 0}} {
		report, err := audit.Run(t.Context(), &forged{altered: altered{Ledger: w.Ledger}, orgs: v.orgs}, audit.Options{Hash: embedded.HashBlock, All: true})
		must(t, err)
		if len(report.Unexplained) > 0 || report.Claims != v.claims || report.Accounts != v.accounts || len(report.Moving) > 0 {
			t.Errorf("%v: %+v", v.orgs, report)
		}
	}
}

func TestAForgedAccountIsNamed(t *testing.T) {
	w := newHouseholds(t)
	fen, million := money.Fen(1), money.MustParse("1000000.00")
	change := func(with func(*contract.AccountTerms)) func(*testing.T, *forged) string {
		return func(t *testing.T, f *forged) string {
			forge(t, f, w.Ledger, w.account, with)
			return w.account
		}
	}
	for _, v := range []struct {
		name, want string
		by         [][]string
		forge      func(*testing.T, *forged) (named string)
	}{
		{"counts a fen less than its claims", "less than claims in it", [][]string{everybody, bureau, platform},
			change(func(a *contract.AccountTerms) { a.Account.Used = a.Account.Used.Sub(fen) })},
		{"counts a fen more than its claims", "not the sum of its claims", [][]string{everybody, bureau, platform},
			change(func(a *contract.AccountTerms) { a.Account.Used = a.Account.Used.Add(fen) })},
		{"counts more principal than its claims", "not the sum of its claims", [][]string{everybody, bureau, platform},
			change(func(a *contract.AccountTerms) { a.Account.Principal = a.Account.Principal.Add(million) })},
		{"counts a booking more than its claims", "not the sum of its claims", [][]string{everybody, bureau, platform},
			change(func(a *contract.AccountTerms) { a.Account.Entries++ })},
		{"counts a booking less than its claims", "has number 2", [][]string{everybody, bureau, platform, bankB},
			change(func(a *contract.AccountTerms) { a.Account.Entries-- })},
		{"counts less than the claims of one bank", "less than claims in it", [][]string{everybody, bureau, platform, bankA, bankB},
			change(func(a *contract.AccountTerms) { a.Account.Used = fen })},
		{"is over the cap on money", "over the policy's caps", [][]string{bankA, bankB},
			change(func(a *contract.AccountTerms) { a.Account.Used = w.policy.AmountCap.Add(fen) })},
		{"is over the cap on principal", "over the policy's caps", [][]string{bankA, bankB},
			change(func(a *contract.AccountTerms) { a.Account.Principal = w.policy.PrincipalCap.Add(fen) })},
		{"is another household's", "must be ACC-", [][]string{everybody, bureau, platform, bankA, bankB},
			change(func(a *contract.AccountTerms) { a.Account.Household = gatewaytest.OtherSME })},
		{"is of another policy", "must be ACC-", [][]string{everybody, bureau, bankA},
			change(func(a *contract.AccountTerms) { a.Account.Policy = "other" })},
		{"has an heir and did not end", "its household's heir is", [][]string{everybody, bureau, platform, bankA, bankB},
			change(func(a *contract.AccountTerms) { a.Account.Successor = gatewaytest.OtherSME })},
		{"is shown to a bank without a claim", "has no claim in it", [][]string{everybody, bureau, platform},
			change(func(a *contract.AccountTerms) { a.Banks = append(a.Banks, gatewaytest.Leader) })},
		{"is hidden from a bank with a claim", "which has a claim in it", [][]string{everybody, bureau, platform, bankA},
			change(func(a *contract.AccountTerms) { a.Banks = []ident.USCC{gatewaytest.BankB} })},
		{"lost a claim that is not on the ledger any more", "not the sum of its claims", [][]string{everybody, bureau, platform},
			func(_ *testing.T, f *forged) string {
				f.entry = func(e *contract.Entry) bool { return e.Key == contract.RecordKey(w.foreign) }
				return w.account
			}},
		{"lost a claim to another account", "draws on ACC-", [][]string{everybody, bureau, platform, bankA},
			func(t *testing.T, f *forged) string {
				forge(t, f, w.Ledger, w.mine, func(c *contract.ClaimTerms) { c.Account = w.joined })
				return w.account
			}},
		{"has a claim of another household", "is of another household or policy", [][]string{everybody, bureau, platform, bankA},
			func(t *testing.T, f *forged) string {
				forge(t, f, w.Ledger, w.mine, func(c *contract.ClaimTerms) {
					c.Claim.Household, c.Loan.Household = gatewaytest.OtherSME, gatewaytest.OtherSME
				})
				return w.account
			}},
		{"has two bookings of one number", "a number that is taken", [][]string{everybody, bureau, platform},
			func(t *testing.T, f *forged) string {
				forge(t, f, w.Ledger, w.mine, func(c *contract.ClaimTerms) { c.Claim.Entries[0].No = 2 })
				return w.account
			}},
		{"counts less than what passed to it", "less than claims in it", [][]string{everybody, bureau, platform},
			func(t *testing.T, f *forged) string {
				forge(t, f, w.Ledger, w.joined, func(a *contract.AccountTerms) { a.Account.Principal = money.MustParse("50000000.00") })
				return w.joined
			}},
		{"is an heir's, over the caps of both households", "over the policy's caps", [][]string{bankA, bankB},
			func(t *testing.T, f *forged) string {
				forge(t, f, w.Ledger, w.joined, func(a *contract.AccountTerms) { a.Account.Principal = money.MustParse("100000000.01") })
				return w.joined
			}},
		{"still counts after it ended", "not the sum of its claims", [][]string{everybody, bureau, platform, bankB},
			func(t *testing.T, f *forged) string {
				forge(t, f, w.Ledger, w.ended, func(a *contract.AccountTerms) { a.Account.Used = fen })
				return w.ended
			}},
		{"came over a cap by a claim that it granted itself", "over the caps of version 1", [][]string{everybody, bureau, platform},
			func(t *testing.T, f *forged) string { return w.overbooked(t, f) }},
		{"is a household's second", "must be ACC-", [][]string{everybody, bureau, platform, bankA, bankB},
			func(t *testing.T, f *forged) string { return w.second(t, f) }},
		{"cannot be opened by its bureau", "not among this client's copies", [][]string{bureau},
			func(_ *testing.T, f *forged) string {
				f.terms[w.account] = []byte("{}")
				return w.account
			}},
	} {
		t.Run("that "+v.name, func(t *testing.T) {
			for _, orgs := range v.by {
				f := &forged{altered: altered{Ledger: w.Ledger}, terms: map[string][]byte{}, added: map[string][]byte{}, orgs: orgs}
				key := contract.RecordKey(v.forge(t, f))
				report, err := audit.Run(t.Context(), f, audit.Options{Hash: embedded.HashBlock, All: true})
				must(t, err)
				if !slices.ContainsFunc(report.Unexplained, func(u audit.Unexplained) bool { return u.Key == key && strings.Contains(u.Reason, v.want) }) {
					t.Errorf("%v found %+v", orgs, report.Unexplained)
				}
			}
		})
	}
}

// overbooked forges the heir's own claim to be over the cap on principal, and its account to be the sum of its claims.
func (w *households) overbooked(t *testing.T, f *forged) string {
	t.Helper()
	wide := w.policy
	wide.PrincipalCap, wide.AmountCap = money.MustParse("60000000.00"), money.MustParse("2000000.00")
	var before, after subsidy.Totals
	forge(t, f, w.Ledger, w.own, func(c *contract.ClaimTerms) {
		before = c.Claim.Totals
		c.Loan.Principal = money.MustParse("52000000.00")
		_, claim, err := subsidy.Hold(wide, subsidy.Account{}, c.Loan)
		must(t, err)
		c.Claim = claim.Stamped(subsidy.Stamp{On: w.Today(), By: c.Loan.Bank, Command: "X"})
		after = c.Claim.Totals
	})
	forge(t, f, w.Ledger, w.joined, func(a *contract.AccountTerms) {
		a.Account.Principal = a.Account.Principal.Sub(before.Principal).Add(after.Principal)
		a.Account.Used = a.Account.Used.Sub(before.Used()).Add(after.Used())
	})
	return w.joined
}

// second adds an account of a household that has one.
func (w *households) second(t *testing.T, f *forged) string {
	t.Helper()
	id := contract.AccountPrefix + strings.Repeat("z", 43)
	account := terms[contract.AccountTerms](t, w.World, w.account)
	account.Account.Used, account.Account.Principal, account.Account.Entries, account.Banks = money.Zero, money.Zero, 0, nil
	sealed, err := evidence.Seal(id, slices.Repeat([]byte{7}, 32), account)
	must(t, err)
	h := w.Header(w.account)
	h.ID, h.Root, h.Terms = id, id, sealed.Commitment()
	raw, err := canon.Marshal(h)
	must(t, err)
	f.extra, f.added[id] = []contract.Entry{{Key: contract.RecordKey(id), Value: raw}}, sealed.Raw
	return id
}

// keyless holds no copy of the consortium's key.
type keyless struct{ *forged }

func (k keyless) Private(ctx context.Context, org string, keys ...string) ([][]byte, error) {
	if slices.Contains(keys, contract.TokenSecretKey) {
		return make([][]byte, len(keys)), nil
	}
	return k.forged.Private(ctx, org, keys...)
}

func TestASecondAccountIsFoundByWhoCannotTellItsID(t *testing.T) {
	w := newHouseholds(t)
	f := &forged{altered: altered{Ledger: w.Ledger}, terms: map[string][]byte{}, added: map[string][]byte{}, orgs: bankA}
	id := w.second(t, f)
	report, err := audit.Run(t.Context(), keyless{f}, audit.Options{Hash: embedded.HashBlock, All: true})
	must(t, err)
	for _, key := range []string{contract.RecordKey(id), contract.RecordKey(w.account)} {
		if !slices.ContainsFunc(report.Unexplained, func(u audit.Unexplained) bool { return u.Key == key && strings.Contains(u.Reason, "same household") }) {
			t.Errorf("%s is not among %+v", key, report.Unexplained)
		}
	}
}

// restless has something happen each time before the claims are read.
type restless struct {
	*forged
	happen func()
}

func (b restless) Range(ctx context.Context, from, to string, limit int) ([]contract.Entry, error) {
	if strings.HasPrefix(from, contract.RecordKey(subsidy.Lifecycle.Prefix)) {
		b.happen()
	}
	return b.forged.Range(ctx, from, to, limit)
}

func TestAnAccountThatMovesOnMeanwhileIsReadAgain(t *testing.T) {
	w := newSubsidised(t)
	w.hold(gatewaytest.SME, gatewaytest.BankA, "1000000.00")
	left := 2
	l := restless{&forged{altered: altered{Ledger: w.Ledger}, orgs: bureau}, func() {
		if left > 0 {
			w.hold(gatewaytest.SME, gatewaytest.BankB, "1000.00")
			left--
		}
	}}
	report, err := audit.Run(t.Context(), l, audit.Options{Hash: embedded.HashBlock, All: true})
	must(t, err)
	if len(report.Unexplained) > 0 || len(report.Moving) > 0 || report.Claims != 3 {
		t.Errorf("%+v", report)
	}
}

func TestAnAccountThatNeverStandsStillIsToldOf(t *testing.T) {
	w := newSubsidised(t)
	mine := w.hold(gatewaytest.SME, gatewaytest.BankA, "1000000.00")
	other := w.hold(gatewaytest.OtherSME, gatewaytest.BankA, "1000000.00")
	still := w.accountOf(other)
	f := &forged{altered: altered{Ledger: w.Ledger}, terms: map[string][]byte{}, orgs: bureau}
	forge(t, f, w.Ledger, still, func(a *contract.AccountTerms) { a.Account.Used = a.Account.Used.Add(money.Fen(1)) })
	report, err := audit.Run(t.Context(), restless{f, func() { w.hold(gatewaytest.SME, gatewaytest.BankB, "1000.00") }}, audit.Options{Hash: embedded.HashBlock, All: true})
	must(t, err)
	if moving := w.accountOf(mine); !slices.Equal(report.Moving, []string{moving}) {
		t.Errorf("moving are %v, not %s", report.Moving, moving)
	}
	if !slices.ContainsFunc(report.Unexplained, func(u audit.Unexplained) bool {
		return u.Key == contract.RecordKey(still) && strings.Contains(u.Reason, "not the sum")
	}) {
		t.Errorf("%+v", report.Unexplained)
	}
}
