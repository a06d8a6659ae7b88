package audit_test

import (
	"testing"
	"time"

	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/financing"
)

// Loans whose claims are void are claimed again, in the transaction that ends the claim and in later ones.
func TestAClaimInThePlaceOfAVoidOneIsExplained(t *testing.T) {
	for _, size := range []int{1, 3, contract.MaxBatch} {
		p := &past{player: newPlayer(t)}
		p.size = size
		loans := []string{p.lentTo(p.SME, p.BankA), p.lentTo(p.SME, p.BankB), p.lentTo(p.SME2, p.BankA)}
		banks := []*contracttest.Actor{p.BankA, p.BankB, p.BankA}
		claims := make([]string, len(loans))
		hold := func(i int) {
			claims[i] = p.must(banks[i], "subsidy.hold", contracttest.NewID("SUB"), p.claimed(loans[i]))
		}
		for i := range loans {
			hold(i)
		}
		for range 3 {
			p.pass(time.Hour)
			p.must(p.Regulator, "subsidy.claw-back", claims[0], contract.ClawBackArgs{Ground: "error", Reason: "x"})
			hold(0)
			p.must(p.BankB, "subsidy.release", claims[1], financing.NoArgs{})
			p.must(p.BankA, "subsidy.release", claims[2], financing.NoArgs{})
			hold(1)
			hold(2)
		}
		if found := examine(p.transactions()); len(found) > 0 {
			t.Errorf("in batches of %d: %+v", size, found)
		}
	}
}
