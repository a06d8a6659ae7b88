package contract

import (
	"fmt"

	"decore/chaincode/ident"
)

// Public keys, one namespace a letter. Record IDs carry time-ordered ULIDs, so that new keys of a kind
// are near each other in any ordered store.
const (
	keyCharter  = "charter"
	prefixParty = "party/"
	prefixRec   = "r/"
	prefixCmd   = "c/"
	prefixToken = "t/"
	prefixBook  = "e/"
	prefixPol   = "p/"
	prefixClaim = "s/"
	prefixMeas  = "m/"
	prefixParts = "pm/"
)

// PartyKey is where a party stands.
func PartyKey(u ident.USCC) string { return prefixParty + string(u) }

// RecordKey is where a record's header stands.
func RecordKey(id string) string { return prefixRec + id }

// CommandKey is where a decided command's result stands.
func CommandKey(id string) string { return prefixCmd + id }

// TokenKey is where the claims to a document stand.
func TokenKey(token string) string { return prefixToken + token }

// BookKey is where the encumbrance book of a value stands, by its root record.
func BookKey(root string) string { return prefixBook + root }

// PolicyKey is where the current version of a policy stands.
func PolicyKey(id string) string { return prefixPol + id }

// CharterKey is where the ledger's charter stands.
func CharterKey() string { return keyCharter }

// TokenSecretKey is the private key under which every organisation holds the consortium's token key.
const TokenSecretKey = "token-key"

// PolicyVersionKey is where one version of a policy stands for good.
func PolicyVersionKey(id string, version int) string {
	return fmt.Sprintf("%s%s/%06d", prefixPol, id, version)
}

// MeasureKey is where a measure (政策文件) stands.
func MeasureKey(id string) string { return prefixMeas + id }

// MeasureVersionKey is where one version of a measure stands, for good once it is published.
func MeasureVersionKey(id string, version int) string {
	return fmt.Sprintf("%s%s/%06d", prefixMeas, id, version)
}

// PolicyMeasuresKey is where the measures are named that a policy is made of.
func PolicyMeasuresKey(policy string) string { return prefixParts + policy }

// ClaimKey is where the one subsidy claim of a loan is named; where the one before it was void, the later one.
func ClaimKey(loan string) string { return prefixClaim + loan }

// FundPrefix begins the keys of funds.
const FundPrefix = "f/"

// FundKey is where the one fund of a bank under a policy is named. Both are public: which banks handle a policy is.
func FundKey(policy string, bank ident.USCC) string { return FundPrefix + policy + "/" + string(bank) }
