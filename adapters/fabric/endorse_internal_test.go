package fabric

import (
	"slices"
	"testing"

	"decore/adapters/ledger"
	"decore/chaincode/evidence"
)

func TestACompanionMayKnowAllThatABatchWrites(t *testing.T) {
	orgs := []string{"PlatformMSP", "BankAMSP", "BankBMSP"}
	write := func(org, hash string) ledger.PrivateWrite {
		return ledger.PrivateWrite{Org: org, Hash: evidence.Commit([]byte(hash))}
	}
	for name, c := range map[string]struct {
		private []ledger.PrivateWrite
		want    []string
	}{
		"nothing private": {nil, orgs},
		"one value for two of them": {[]ledger.PrivateWrite{write("BureauMSP", "claim"), write("PlatformMSP", "claim"), write("BankAMSP", "claim")},
			[]string{"PlatformMSP", "BankAMSP"}},
		"a claim of one bank and an account of both": {[]ledger.PrivateWrite{write("PlatformMSP", "claim"), write("BankAMSP", "claim"),
			write("PlatformMSP", "account"), write("BankAMSP", "account"), write("BankBMSP", "account")}, []string{"PlatformMSP", "BankAMSP"}},
		"claims of two banks": {[]ledger.PrivateWrite{write("BankAMSP", "claim A"), write("BankBMSP", "claim B")}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if got := entitled(orgs, c.private); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}
