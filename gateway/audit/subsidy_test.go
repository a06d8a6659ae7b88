package audit_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"decore/adapters/embedded"
	"decore/adapters/ledger"
	"decore/chaincode/calendar"
	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/financing"
	"decore/chaincode/ident"
	"decore/chaincode/money"
	"decore/chaincode/subsidy"
	"decore/fixtures"
	"decore/gateway/audit"
	"decore/gateway/gatewaytest"
)

// subsidised is a ledger with a policy that has no last day.
type subsidised struct {
	*gatewaytest.World
	policy subsidy.Policy
}

func newSubsidised(t *testing.T) *subsidised {
	t.Helper()
	w := &subsidised{World: gatewaytest.New(t, nil)}
	raw, err := fixtures.FS.ReadFile("policies/subsidy-2026.json")
	must(t, err)
	w.policy, err = subsidy.ParsePolicy(raw)
	must(t, err)
	w.policy.ID, w.policy.Version, w.policy.DisbursedTo, w.policy.EffectiveTo, w.policy.HandlingBanks = "test-subsidy", 1, calendar.Date{}, calendar.Date{}, nil
	body, err := canon.Marshal(w.policy)
	must(t, err)
	w.Do(gatewaytest.Regulator, "policy.publish", w.policy.ID, contract.PublishArgs{Policy: body})
	return w
}

// hold holds the subsidy of a new loan.
func (w *subsidised) hold(borrower, bank ident.USCC, yuan string) (claim string) {
	w.T.Helper()
	amount, today := money.MustParse(yuan), w.Today()
	loan := w.Do(borrower, "financing.apply", "", financing.ApplyArgs{Lender: bank, Product: financing.FixedAssetLoan, Amount: amount, TenorMonths: 24, Purpose: "产线"})
	w.Do(bank, "financing.offer", loan, financing.Offer{Amount: amount, AnnualRate: money.MustRate("0.0385"), Maturity: today.AddDays(700), ValidUntil: today.AddDays(7)})
	w.Do(borrower, "financing.accept", loan, financing.AcceptArgs{})
	w.Do(bank, "financing.disburse", loan, financing.Disbursement{Amount: amount, Date: today, Reference: "LN-" + loan[4:]})
	return w.Do(bank, "subsidy.hold", "", contract.HoldArgs{Policy: w.policy.ID, Financing: loan, SizeClass: subsidy.Small, Private: true, Sector: w.policy.Sectors[0]})
}

// heldClaim holds the subsidy of a loan.
func heldClaim(t *testing.T) (w *subsidised, claim string, p subsidy.Policy) {
	t.Helper()
	w = newSubsidised(t)
	return w, w.hold(gatewaytest.SME, gatewaytest.BankA, "1000000.00"), w.policy
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// forged shows other private terms of records, to which their headers commit, as endorsers could write them together.
type forged struct {
	altered
	terms map[string][]byte
	added map[string][]byte // of records that are not on the ledger; everybody holds them
	orgs  []string          // whose copies are shown, all for none
}

func (f *forged) Orgs() []string {
	if f.orgs != nil {
		return f.orgs
	}
	return f.altered.Orgs()
}

func (f *forged) Private(ctx context.Context, org string, keys ...string) ([][]byte, error) {
	values, err := f.altered.Private(ctx, org, keys...)
	for i, k := range keys {
		if raw := f.terms[k]; raw != nil && values[i] != nil {
			values[i] = raw
		}
		if raw := f.added[k]; raw != nil {
			values[i] = raw
		}
	}
	return values, err
}

// forge alters the terms of a record.
func forge[T any](t *testing.T, f *forged, l ledger.Ledger, id string, change func(*T)) {
	t.Helper()
	var terms T
	for _, org := range l.Orgs() {
		values, err := l.Private(t.Context(), org, id)
		must(t, err)
		if sealed, err := evidence.Open(values[0]); err == nil {
			must(t, canon.Strict(sealed.Terms, &terms))
		}
	}
	change(&terms)
	sealed, err := evidence.Seal(id, slices.Repeat([]byte{7}, 32), terms)
	must(t, err)
	before := f.entry
	f.terms[id] = sealed.Raw
	f.entry = func(e *contract.Entry) bool {
		var h contract.Header
		if e.Key == contract.RecordKey(id) && e.Value != nil {
			must(t, canon.Strict(e.Value, &h))
			h.Terms = sealed.Commitment()
			e.Value, err = canon.Marshal(h)
			must(t, err)
		}
		return before != nil && before(e)
	}
}

func TestTheSubsidyIsReckonedAgain(t *testing.T) {
	w, claim, _ := heldClaim(t)
	options := audit.Options{Hash: embedded.HashBlock, All: true}

	report, err := audit.Run(t.Context(), w.Ledger, options)
	if err != nil || report.Claims != 1 || len(report.Unexplained) > 0 {
		t.Fatalf("%v: %+v", err, report)
	}
	fen := money.Fen(1)
	for _, v := range []struct {
		name, want string
		change     func(*forged)
	}{
		{"a fen more held than its entries say", "the entries do not come to the claim's totals", func(f *forged) {
			forge(t, f, w.Ledger, claim, func(c *contract.ClaimTerms) { c.Claim.Held = c.Claim.Held.Add(fen) })
		}},
		{"a booking of days that no policy gives", "what is booked is not what the policy gives on the loan's facts", func(f *forged) {
			forge(t, f, w.Ledger, claim, func(c *contract.ClaimTerms) {
				one, less := money.Difference(money.Zero, fen), money.Difference(fen, money.Zero)
				c.Claim.Held, c.Claim.Accrued, c.Claim.State = c.Claim.Held.Sub(fen), fen, subsidy.Accruing
				c.Claim.Entries = append(c.Claim.Entries, subsidy.Entry{No: 2, Verb: "accrue", On: c.Loan.Disbursed, By: c.Loan.Bank, Command: "X", Held: less, Accrued: one,
					Lines: []subsidy.Line{{From: c.Loan.Disbursed, To: c.Loan.Disbursed.AddDays(1), Days: 1, Amount: one}}})
			})
		}},
		{"terms that nobody can read", "its terms cannot be read", func(f *forged) {
			forge(t, f, w.Ledger, claim, func(c *contract.ClaimTerms) { c.Claim.Bank = "nobody" })
		}},
	} {
		t.Run(v.name+" is found", func(t *testing.T) {
			f := &forged{altered: altered{Ledger: w.Ledger}, terms: map[string][]byte{}}
			v.change(f)
			report, err := audit.Run(t.Context(), f, options)
			must(t, err)
			if !slices.ContainsFunc(report.Unexplained, func(u audit.Unexplained) bool { return u.Reason == v.want }) {
				t.Errorf("found %+v", report.Unexplained)
			}
		})
	}
}

// Endorsers who let a bank claim a loan again that was revoked for good are found by who reads both claims.
func TestTwoClaimsOfOneLoanOfWhichNoneIsVoidAreFound(t *testing.T) {
	w, claim, p := heldClaim(t)
	var loan string
	forge(t, &forged{altered: altered{Ledger: w.Ledger}, terms: map[string][]byte{}}, w.Ledger, claim, func(c *contract.ClaimTerms) { loan = c.Loan.ID })
	w.Do(gatewaytest.Regulator, "subsidy.claw-back", claim, contract.ClawBackArgs{Ground: subsidy.GroundError, Reason: "登记差错"})
	again := w.Do(gatewaytest.BankA, "subsidy.hold", "", contract.HoldArgs{Policy: p.ID, Financing: loan, SizeClass: subsidy.Small, Private: true, Sector: p.Sectors[0]})
	for ground, want := range map[subsidy.Ground]bool{subsidy.GroundError: false, subsidy.GroundMisuse: true} {
		f := &forged{altered: altered{Ledger: w.Ledger}, terms: map[string][]byte{}}
		forge(t, f, w.Ledger, claim, func(c *contract.ClaimTerms) { c.Claim.Entries[len(c.Claim.Entries)-1].Ground = ground })
		report, err := audit.Run(t.Context(), f, audit.Options{Hash: embedded.HashBlock, All: true})
		must(t, err)
		if found := slices.ContainsFunc(report.Unexplained, func(u audit.Unexplained) bool {
			return strings.HasSuffix(u.Reason, "neither is void") && (u.Key == contract.RecordKey(claim) || u.Key == contract.RecordKey(again))
		}); found != want {
			t.Errorf("revoked for %s: found %+v", ground, report.Unexplained)
		}
	}
	report, err := audit.Run(t.Context(), w.Ledger, audit.Options{Hash: embedded.HashBlock, All: true})
	if err != nil || report.Claims != 2 || len(report.Unexplained) > 0 {
		t.Errorf("%v: %+v", err, report)
	}
}

func TestAClaimThatDoesNotFollowItsLoansRecordIsToldOf(t *testing.T) {
	w, claim, p := heldClaim(t)
	paid := financing.Repayment{Principal: money.MustParse("1000000.00"), Date: w.Today().AddDays(-100), Reference: "R-1"}
	for name, repayments := range map[string][]financing.Repayment{"as its copy has it": nil, "repaid on the first day": {paid}} {
		t.Run("with a loan "+name, func(t *testing.T) {
			f := &forged{altered: altered{Ledger: w.Ledger}, terms: map[string][]byte{}}
			loan := ""
			forge(t, f, w.Ledger, claim, func(c *contract.ClaimTerms) { // as if it had been made and accrued a hundred days later
				c.Loan.Signed, c.Loan.Disbursed = paid.Date, paid.Date
				loan = c.Loan.ID
				a, held, err := subsidy.Hold(p, subsidy.Account{}, c.Loan)
				must(t, err)
				_, accrued, _, err := subsidy.Accrue(p, a, held, c.Loan, w.Today())
				must(t, err)
				c.Claim = accrued.Stamped(subsidy.Stamp{On: w.Today(), By: c.Loan.Bank, Command: "X"})
			})
			forge(t, f, w.Ledger, loan, func(l *financing.Terms) { l.Repayments = repayments })
			report, err := audit.Run(t.Context(), f, audit.Options{Hash: embedded.HashBlock, All: true})
			must(t, err)
			if told := slices.Equal(report.CorrectionsDue, []string{claim}); told != (repayments != nil) {
				t.Errorf("told of %v; %v", report.CorrectionsDue, report.Unexplained)
			}
		})
	}
}
