package audit_test

import (
	"testing"

	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
)

// estates is a ledger on which one household succeeded another, and a third is apart.
type estates struct {
	*past
	third       *contracttest.Actor
	heir, other string   // accounts of the heir and of the third
	subs        []string // claims
}

func newEstates(t testing.TB, size int) *estates {
	t.Helper()
	e := &estates{past: &past{player: newPlayer(t)}}
	e.size = size
	e.third = e.newcomerOf(1, "LeaderMSP") // which reads no claim of the others before it succeeds them
	e.claim(e.SME, e.BankA)
	e.heir, e.other = e.account(e.claim(e.SME2, e.BankB)), e.account(e.claim(e.third, e.BankA))
	e.must(e.Regulator, "succession.record", contracttest.NewID("SUC"), e.succession(e.SME, e.SME2, e.subs))
	e.claim(e.SME, e.BankA) // draws on the heir's account
	e.claim(e.SME2, e.BankA)
	e.claim(e.third, e.BankB)
	e.flush()
	return e
}

func (e *estates) claim(borrower, bank *contracttest.Actor) string {
	e.T.Helper()
	e.subs = append(e.subs, e.held(borrower, bank))
	return e.subs[len(e.subs)-1]
}

// account is the one on which a claim draws.
func (e *estates) account(claim string) string {
	e.T.Helper()
	var t contract.ClaimTerms
	e.ahead.Terms(claim, &t)
	return t.Account
}

func TestASuccessionIsExplained(t *testing.T) {
	for _, size := range []int{1, 4, contract.MaxBatch} {
		e := newEstates(t, size)
		// The third household succeeds the heir, and so both.
		e.must(e.Regulator, "succession.record", contracttest.NewID("SUC"), e.succession(e.SME2, e.third, e.subs))
		for _, borrower := range []*contracttest.Actor{e.SME, e.SME2, e.third} {
			e.claim(borrower, e.BankB)
		}
		if found := examine(e.transactions()); len(found) > 0 {
			t.Errorf("in batches of %d: %+v", size, found)
		}
	}
}

// TestAForeignBorrowersClaimIsFoundAfterASuccession has forgers book a loan's claim on the account of a household
// that neither borrowed it nor succeeded who did.
func TestAForeignBorrowersClaimIsFoundAfterASuccession(t *testing.T) {
	base := newEstates(t, 1)
	base.txs = base.transactions()
	if found := examine(base.txs); len(found) > 0 {
		t.Fatalf("the honest history: %+v", found)
	}
	for _, v := range []struct {
		name           string
		borrower, onto func(*estates) *contracttest.Actor
		account        func(*estates) string
	}{
		{"of who is apart, on the heir's account", func(e *estates) *contracttest.Actor { return e.third },
			func(e *estates) *contracttest.Actor { return e.SME2 }, func(e *estates) string { return e.heir }},
		{"of the heir, on the account of who is apart", func(e *estates) *contracttest.Actor { return e.SME2 },
			func(e *estates) *contracttest.Actor { return e.third }, func(e *estates) string { return e.other }},
		{"of who was succeeded, on the account of who is apart", func(e *estates) *contracttest.Actor { return e.SME },
			func(e *estates) *contracttest.Actor { return e.third }, func(e *estates) string { return e.other }},
	} {
		t.Run(v.name, func(t *testing.T) {
			e := &estates{}
			*e = *base
			e.past = base.clone(t)
			mine, theirs := e.lentTo(v.onto(e), e.BankA), e.lentTo(v.borrower(e), e.BankA)
			e.txs = e.transactions()
			tx := e.more(e.BankA, "subsidy.hold", contracttest.NewID("SUB"), e.claimed(mine))
			tx.Writes[at(tx, contract.ClaimKey(mine))].Key = contract.ClaimKey(theirs)
			mustBeFound(t, e.txs, rec(v.account(e)))
		})
	}
}
