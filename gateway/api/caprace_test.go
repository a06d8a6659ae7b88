package api_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"sync"
	"testing"
	"time"

	"decore/adapters/embedded"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/financing"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/money"
	"decore/chaincode/party"
	"decore/chaincode/subsidy"
	"decore/gateway/api"
	"decore/gateway/audit"
	"decore/gateway/desk"
	"decore/gateway/submit"
)

// The race: as many handling banks as the central notice has (财金〔2026〕4号: 21 家全国性银行), and many callers of each,
// several on one and the same loan.
const (
	raceBanks   = 21
	raceCallers = 64
	raceLoans   = 8 // of a bank
)

// carryOut submits orders in batches, all of which must be accepted, and returns the answers.
func (w *world) carryOut(orders []desk.Order) []submit.Answer {
	w.Helper()
	var all []submit.Answer
	for from := 0; from < len(orders); from += contract.MaxBatch {
		some := orders[from:min(from+contract.MaxBatch, len(orders))]
		commands := make([]submit.Signed, len(some))
		for i, o := range some {
			signed, _, _, err := w.Desk.Sign(o)
			w.must(err)
			commands[i] = signed
		}
		answers, errs, err := w.Submit.Submit(w.Context(), commands...)
		w.must(errors.Join(append(errs, err)...))
		for i, a := range answers {
			if a.Status != contract.Accepted {
				w.Fatalf("%s: %+v", some[i].Verb, a.Result)
			}
		}
		all = append(all, answers...)
	}
	return all
}

// moreBanks registers banks, each with a token of its own.
func (w *world) moreBanks(n int) []ident.USCC {
	w.Helper()
	banks := make([]ident.USCC, n)
	register, approve := make([]desk.Order, n), make([]desk.Order, n)
	for i := range banks {
		u, err := ident.CompleteUSCC("370200", fmt.Sprintf("66%06d", i))
		w.must(err)
		_, pub, err := w.Keys.Create(u)
		w.must(err)
		banks[i] = u
		register[i] = desk.Order{Party: platform, Verb: "party.register", Subject: string(u), Args: party.RegisterArgs{Name: "示例银行" + string(u),
			Roles: []lifecycle.Role{lifecycle.Bank}, Org: []string{"BankAMSP", "BankBMSP"}[i%2], Key: evidence.NewJWK(pub)}}
		approve[i] = desk.Order{Party: bureau, Verb: "party.approve", Subject: string(u), Args: party.ReasonArgs{}}
		token, err := w.Dev.Token(u, []lifecycle.Role{lifecycle.Bank}, time.Hour)
		w.must(err)
		w.tokens.Store(u, token)
	}
	w.carryOut(register)
	w.carryOut(approve)
	return banks
}

// loansAt are disbursed fixed-asset loans of the supplier, a number at each bank.
func (w *world) loansAt(banks []ident.USCC, each int, amount string) map[ident.USCC][]string {
	w.Helper()
	type made struct {
		bank  ident.USCC
		id    string
		terms evidence.Commitment
	}
	var loans []made
	for _, b := range banks {
		for range each {
			loans = append(loans, made{bank: b})
		}
	}
	principal, today := money.MustParse(amount), w.today()
	for _, step := range []func(i int, l made) desk.Order{
		func(_ int, l made) desk.Order {
			return desk.Order{Party: supplier, Verb: "financing.apply", Args: financing.ApplyArgs{Lender: l.bank, Product: "fixed-asset-loan",
				Amount: principal, TenorMonths: 24, Purpose: "冲压线"}}
		},
		func(_ int, l made) desk.Order {
			return desk.Order{Party: l.bank, Verb: "financing.offer", Args: financing.Offer{Amount: principal, AnnualRate: money.MustRate("0.0385"),
				Maturity: today.AddDays(730), ValidUntil: today.AddDays(7)}}
		},
		func(int, made) desk.Order {
			return desk.Order{Party: supplier, Verb: "financing.accept", Args: financing.AcceptArgs{}}
		},
		func(i int, l made) desk.Order {
			return desk.Order{Party: l.bank, Verb: "financing.disburse", Args: financing.Disbursement{Amount: principal, Date: today, Reference: fmt.Sprintf("LN%04d", i)}}
		},
	} {
		orders := make([]desk.Order, len(loans))
		for i, l := range loans {
			orders[i] = step(i, l)
			orders[i].Subject, orders[i].On = l.id, l.terms
		}
		for i, a := range w.carryOut(orders) {
			loans[i].id, loans[i].terms = a.Record, a.Terms
		}
	}
	all := map[ident.USCC][]string{}
	for _, l := range loans {
		all[l.bank] = append(all[l.bank], l.id)
	}
	return all
}

// policyOf publishes the fixtures' policy anew, handled by the banks.
func (w *world) policyOf(banks []ident.USCC) string {
	w.Helper()
	id := w.subsidyPolicy()
	p := into[object](w, w.get(bureau, "/v1/subsidy/policies/"+id), http.StatusOK)
	p["handlingBanks"], p["version"] = banks, 2
	w.act(bureau, "/v1/subsidy/policies/"+id, p)
	return id
}

// race lets every caller of every bank claim at once and counts the answers by their codes.
func (w *world) race(loans map[ident.USCC][]string, body func(loan string) object) map[string]int {
	var wait sync.WaitGroup
	var mu sync.Mutex
	count := map[string]int{}
	start := make(chan struct{})
	for bank, ids := range loans {
		for i := range raceCallers {
			wait.Go(func() {
				<-start
				r := w.post(bank, "/v1/subsidy/claims", body(ids[i%len(ids)]))
				code := "accepted"
				if r.status != http.StatusCreated {
					code = r.problem().Code
				}
				mu.Lock()
				count[code]++
				mu.Unlock()
			})
		}
	}
	close(start)
	wait.Wait()
	return count
}

func TestTwentyOneBanksRaceForOneHouseholdsCapAndTheTotalIsExactlyTheCap(t *testing.T) {
	// Nobody is turned away for being slow: the race detector makes everything slow.
	w := newWorld(t, func(o *options) {
		o.limits = api.Limits{Patience: 2 * time.Minute, Timeout: 2 * time.Minute, FreshWait: time.Minute}
	})
	banks := append(w.moreBanks(raceBanks-2), bankA, bankB)
	policy := w.policyOf(banks)
	loans := w.loansAt(banks, raceLoans, "400000.00")
	head, err := w.Engine.Head(t.Context())
	w.must(err)
	w.must(w.Store.WaitFor(t.Context(), head.Number))
	hold := w.holdBody(policy, "")
	count := w.race(loans, func(loan string) object {
		body := maps.Clone(hold)
		body["financing"] = loan
		return body
	})
	// Each loan is worth 400,000 × 1.5 % × 730/360 = 12,166.67 by periods; the cap of 1.5 m is reached within the 124th.
	const granted = 124
	want := map[string]int{"accepted": granted, "CLAIM_EXISTS": granted * (raceCallers/raceLoans - 1),
		"AMOUNT_CAP_REACHED": (raceBanks*raceLoans - granted) * raceCallers / raceLoans}
	if !maps.Equal(count, want) {
		t.Errorf("answers are %v, want %v", count, want)
	}
	w.accountIsTheSumOfItsClaims(policy, granted, "1500000.00")
	w.explained()
}

// accountIsTheSumOfItsClaims compares the supplier's account, as the ledger has it, with all of its claims.
func (w *world) accountIsTheSumOfItsClaims(policy string, claims int, used string) {
	w.Helper()
	w.must(w.Store.WaitFor(w.Context(), w.head()))
	path := "/v1/subsidy/accounts/" + string(supplier) + "?policy=" + policy
	got := into[struct {
		Room   string
		Totals *subsidy.Totals
		Claims []struct{ Terms contract.ClaimTerms }
	}](w, w.get(bureau, path), http.StatusOK)
	var held, principal money.Amount
	for _, c := range got.Claims {
		held, principal = held.Add(c.Terms.Claim.Held), principal.Add(c.Terms.Claim.Principal)
	}
	if got.Totals == nil || len(got.Claims) != claims || got.Totals.Used().String() != used || got.Room != "0.00" ||
		held.Cmp(got.Totals.Held) != 0 || principal.Cmp(got.Totals.Principal) != 0 {
		w.Errorf("%d claims hold %s on %s; the account has %+v and room %s", len(got.Claims), held, principal, got.Totals, got.Room)
	}
}

func (w *world) head() uint64 {
	w.Helper()
	head, err := w.Engine.Head(w.Context())
	w.must(err)
	return head.Number
}

// explained fails unless an audit explains every write, the ledger matches its hashes, and the projection the ledger.
func (w *world) explained() {
	w.Helper()
	report, err := audit.Run(w.Context(), w.Engine, audit.Options{Hash: embedded.HashBlock})
	w.must(err)
	if len(report.Unexplained) > 0 {
		w.Errorf("unexplained: %v", report.Unexplained)
	}
	w.must(w.Engine.Verify(w.Context(), nil))
	differences, err := w.Store.Reconcile(w.Context(), w.Engine)
	w.must(err)
	if len(differences) > 0 {
		w.Errorf("the projection differs: %v", differences)
	}
}
