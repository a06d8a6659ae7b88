package contract_test

import (
	"fmt"
	"testing"

	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/financing"
	"decore/chaincode/lifecycle"
	"decore/chaincode/money"
	"decore/chaincode/subsidy"
)

func (w *world) hold(bank *contracttest.Actor, loan string) (string, contract.Result) {
	w.T.Helper()
	id := contracttest.NewID("SUB")
	return id, w.Try(bank, "subsidy.hold", id, w.holdArgs(w.policy, loan))
}

// account finds the household's account and its totals.
func (w *world) account(claim string) subsidy.Account {
	w.T.Helper()
	return opened[contract.AccountTerms](w, w.claim(claim).Account).Account
}

// handlingBanks admits banks and publishes a policy that they may handle.
func (w *world) handlingBanks(n int) []*contracttest.Actor {
	w.T.Helper()
	var banks []*contracttest.Actor
	p := w.policy
	for i := range n {
		bank := contracttest.NewActor(2000+i, []string{"BankAMSP", "BankBMSP"}[i%2], lifecycle.Bank)
		w.Admit(bank)
		banks = append(banks, bank)
		p.HandlingBanks = append(p.HandlingBanks[:len(p.HandlingBanks):len(p.HandlingBanks)], bank.USCC)
	}
	p.Version++
	w.Do(w.Regulator, "policy.publish", p.ID, contract.PublishArgs{Policy: mustCanonical(w.T, p)})
	w.policy = p
	return banks
}

func TestManyBanksNeverPassAHouseholdsCaps(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	base.publishSubsidy()
	banks := base.handlingBanks(racers)
	var loans []string
	for _, bank := range banks {
		loans = append(loans, base.fixedAssetLoan(bank, "1370000.00")) // 64 of these are 87,680,000 of a cap of 50,000,000
	}
	for _, size := range []int{9, racers} {
		t.Run(fmt.Sprintf("64 banks race in batches of %d", size), func(t *testing.T) {
			w := base.fork(t)
			var commands, claims []string
			var openings [][]byte
			for i, bank := range banks {
				claims = append(claims, contracttest.NewID("SUB"))
				jws, opening := w.Sign(bank, "subsidy.hold", claims[i], w.holdArgs(w.policy, loans[i]))
				commands, openings = append(commands, jws), append(openings, opening)
			}
			var results []contract.Result
			for i := 0; i < racers; i += size {
				end := min(i+size, racers)
				results = append(results, w.run(batch(commands[i:end], openings[i:end]...))...)
			}
			w.checkCaps(results, claims)
		})
	}
}

// checkCaps checks that the claims add up to the account, that the account keeps the caps to the fen, and
// that nobody was refused while there was room.
func (w *world) checkCaps(results []contract.Result, claims []string) {
	w.T.Helper()
	principal, held, granted := money.Zero, money.Zero, 0
	last := ""
	for i, r := range results {
		if r.Status != contract.Accepted {
			if r.Code != "PRINCIPAL_CAP_REACHED" && r.Code != "AMOUNT_CAP_REACHED" {
				w.T.Errorf("claim %d: %+v", i, r)
			}
			continue
		}
		c := w.claim(claims[i]).Claim
		principal, held, last = principal.Add(c.EligiblePrincipal), held.Add(c.Held), claims[i]
		granted++
	}
	account := w.account(last)
	if account.Principal.Cmp(principal) != 0 || account.Used.Cmp(held) != 0 {
		w.T.Errorf("the account has %s and %s, its claims %s and %s", account.Principal, account.Used, principal, held)
	}
	if w.policy.PrincipalCap.Less(principal) || w.policy.AmountCap.Less(held) {
		w.T.Errorf("past a cap: %s, %s", principal, held)
	}
	if principal.Less(w.policy.PrincipalCap) && held.Less(w.policy.AmountCap) && granted < len(results) {
		w.T.Errorf("refused though there is room: %s, %s", principal, held)
	}
}

func TestASubsidyIsHeldForALoanThatWasPaidOut(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	base.publishSubsidy()
	base.Admit(strangers[0])
	t.Run("not before disbursement", func(t *testing.T) {
		w := base.fork(t)
		id := contracttest.NewID("FIN")
		args := w.application(w.BankA, "1000.00")
		args.Product = financing.FixedAssetLoan
		w.Do(w.SME, "financing.apply", id, args)
		for _, step := range []func(){func() {}, func() { w.offerAndAccept(w.BankA, id, "1000.00", 700) }} {
			step()
			if _, r := w.hold(w.BankA, id); r.Code != "WRONG_STATE" || r.Field != "/financing" {
				t.Errorf("got %+v", r)
			}
		}
	})
	t.Run("once a loan, even in one batch", func(t *testing.T) {
		w := base.fork(t)
		loan := w.fixedAssetLoan(w.BankA, "1000000.00")
		args := w.holdArgs(w.policy, loan)
		claim := contracttest.NewID("SUB")
		one, o1 := w.Sign(w.BankA, "subsidy.hold", claim, args)
		two, o2 := w.Sign(w.BankA, "subsidy.hold", contracttest.NewID("SUB"), args)
		if rs := w.run(batch([]string{one, two}, o1, o2)); rs[0].Status != contract.Accepted || rs[1].Code != "CLAIM_EXISTS" {
			t.Errorf("got %+v", rs)
		}
		w.Refuse("CLAIM_EXISTS", w.BankA, "subsidy.hold", contracttest.NewID("SUB"), args)
	})
	t.Run("by the lender alone", func(t *testing.T) {
		w := base.fork(t)
		loan := w.fixedAssetLoan(w.BankA, "1000000.00")
		for _, by := range []*contracttest.Actor{w.BankB, w.SME, w.Regulator, w.Platform} {
			if _, r := w.hold(by, loan); r.Code != "NOT_PERMITTED" {
				t.Errorf("%s: got %+v", by.Role, r)
			}
		}
	})
	t.Run("by a bank that handles the subsidy", func(t *testing.T) {
		w := base.fork(t)
		outsider := contracttest.NewActor(300, "BankBMSP", lifecycle.Bank)
		w.Admit(outsider)
		if _, r := w.hold(outsider, w.fixedAssetLoan(outsider, "1000000.00")); r.Code != "BANK_NOT_HANDLING" || r.Clause == "" {
			t.Errorf("got %+v", r)
		}
	})
}

func TestAClaimMovesWithItsAccount(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	base.publishSubsidy()
	t.Run("nothing accrues for days to come", func(t *testing.T) {
		w := base.fork(t)
		id := w.held()
		w.Refuse("DATE_IN_FUTURE", w.BankA, "subsidy.accrue", id, contract.AccrueArgs{Through: w.today().AddDays(1)})
	})
	t.Run("a day must be named through which it accrues, before the first accrual and after", func(t *testing.T) {
		w := base.fork(t)
		id := w.held()
		none := func() {
			t.Helper()
			if r := w.Try(w.BankA, "subsidy.accrue", id, contract.AccrueArgs{}); r.Code != "FIELD_REQUIRED" || r.Field != "/through" {
				t.Errorf("got %+v", r)
			}
		}
		none()
		w.Pass(100 * days)
		w.Do(w.BankA, "subsidy.accrue", id, contract.AccrueArgs{Through: w.today()})
		none()
	})
	t.Run("a stale opening of the account is asked for anew", func(t *testing.T) {
		w := base.fork(t)
		first := w.held()
		account := w.claim(first).Account
		stale := w.Opening(account)
		w.held()
		jws, args := w.Sign(w.BankA, "subsidy.release", first, financing.NoArgs{})
		w.needs(batch([]string{jws}, args, w.Opening(first), stale), contract.Need{Command: 0, Record: account})
		if r := w.TryJWS(jws, args); r.Status != contract.Accepted {
			t.Errorf("got %+v", r)
		}
	})
	t.Run("what is released is room for another bank", func(t *testing.T) {
		w := base.fork(t)
		claim, _ := w.hold(w.BankA, w.fixedAssetLoan(w.BankA, "50000000.00"))
		other := w.fixedAssetLoan(w.BankB, "10000000.00")
		if _, r := w.hold(w.BankB, other); r.Code != "PRINCIPAL_CAP_REACHED" {
			t.Fatalf("got %+v", r)
		}
		w.Do(w.BankA, "subsidy.release", claim, financing.NoArgs{})
		if _, r := w.hold(w.BankB, other); r.Status != contract.Accepted {
			t.Errorf("got %+v", r)
		}
	})
	t.Run("the account is told to its household, the bureau and the banks with a claim", func(t *testing.T) {
		w := base.fork(t)
		id := w.held()
		account := w.claim(id).Account
		if w.ever(w.BankB, account) || !w.sees(w.BankA, account) || !w.sees(w.Regulator, account) || !w.sees(w.SME, account) {
			t.Errorf("held by %v", w.Holders(account))
		}
		w.hold(w.BankB, w.fixedAssetLoan(w.BankB, "1000000.00"))
		if !w.sees(w.BankB, account) || w.ever(w.BankB, id) {
			t.Error("the second bank must see the account and not the first bank's claim")
		}
	})
	t.Run("repayments in any order of recording count by their days", func(t *testing.T) {
		w := base.fork(t)
		id := w.accruing()
		loan := w.claim(id).Loan
		late, early := w.repayment("400000.00"), w.repayment("600000.00")
		late.Date, early.Date = loan.Disbursed.AddDays(10), loan.Disbursed.AddDays(5) // before the first settlement day
		w.Do(w.BankA, "financing.repay", loan.ID, late)
		w.Do(w.BankA, "financing.repay", loan.ID, early)
		w.Do(w.BankA, "subsidy.correct", id, financing.NoArgs{})
		if got := w.claim(id).Loan.RepaidInFull(); got != late.Date {
			t.Errorf("repaid on %s", got)
		}
	})
	t.Run("what was paid in time and marked overdue too early to know counts as paid in time", func(t *testing.T) {
		w := base.fork(t)
		id := w.held()
		loan := w.claim(id).Loan
		w.Pass(740 * days)
		w.Do(w.BankA, "financing.mark-overdue", loan.ID, financing.NoArgs{})
		paid := w.repayment("1000000.00")
		paid.Date = loan.Maturity
		w.Do(w.BankA, "financing.repay", loan.ID, paid)
		w.Do(w.BankA, "subsidy.accrue", id, contract.AccrueArgs{Through: w.today()})
		if c := w.claim(id).Claim; !c.Held.IsZero() {
			t.Errorf("%s is still held after all days were accrued", c.Held)
		}
	})
}
