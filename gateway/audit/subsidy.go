package audit

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/subsidy"
)

// books are the subsidy's private terms, as far as this client holds copies that the public headers commit to. Whoever
// holds none of them finds nothing here; the finance bureau holds all.
type books struct {
	claims   map[string]contract.ClaimTerms // by record ID
	accounts map[string]contract.AccountTerms
	policies map[string]subsidy.Policy // by key
}

// checkSubsidy reckons every claim again that this client can open (贴息复核): its entries must come to its totals, its lines to
// what its policy gives on its loan's facts, and an account to its claims.
func (r *run) checkSubsidy(ctx context.Context) error {
	b := books{map[string]contract.ClaimTerms{}, map[string]contract.AccountTerms{}, map[string]subsidy.Policy{}}
	if err := eachOpened(ctx, r, subsidy.Lifecycle.Prefix+"-", subsidy.Lifecycle.Kind, b.claims); err != nil {
		return err
	}
	if err := eachOpened(ctx, r, contract.AccountPrefix, contract.AccountKind, b.accounts); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(b.claims)) {
		reason, err := r.judgeClaim(ctx, b, b.claims[id])
		if err != nil {
			return err
		}
		if reason != "" {
			r.tell(Unexplained{Key: contract.RecordKey(id), Reason: reason})
		}
	}
	for _, id := range slices.Sorted(maps.Keys(b.accounts)) {
		if !b.sum(id, b.accounts[id].Account) {
			r.tell(Unexplained{Key: contract.RecordKey(id), Reason: "the account is not the sum of its claims"})
		}
	}
	r.report.Claims = len(b.claims)
	return nil
}

// eachOpened reads records whose IDs begin with a prefix and opens those of which this client holds a copy. A record
// that moved on between the two readings is left out.
func eachOpened[T contract.Terms](ctx context.Context, r *run, prefix, kind string, into map[string]T) error {
	from, to := contract.RecordKey(prefix), contract.RecordKey(prefix)+lastKey
	for {
		entries, err := r.ledger.Range(ctx, from, to, page)
		if err != nil {
			return fmt.Errorf("read state: %w", err)
		}
		headers := map[string]contract.Header{}
		var ids []string
		for _, e := range entries {
			var h contract.Header
			if canon.Strict(e.Value, &h) == nil && h.Kind == kind && strings.HasPrefix(h.ID, prefix) {
				headers[h.ID], ids = h, append(ids, h.ID)
			}
		}
		for _, org := range r.ledger.Orgs() {
			if err := openOf(ctx, r, org, ids, headers, into); err != nil {
				return err
			}
		}
		if len(entries) < page {
			return nil
		}
		from = entries[len(entries)-1].Key + "\x00"
	}
}

func openOf[T contract.Terms](ctx context.Context, r *run, org string, ids []string, headers map[string]contract.Header, into map[string]T) error {
	if len(ids) == 0 {
		return nil
	}
	copies, err := r.ledger.Private(ctx, org, ids...)
	if err != nil {
		return fmt.Errorf("read private copies of %s: %w", org, err)
	}
	for i, raw := range copies {
		var t T
		sealed, err := evidence.Open(raw)
		if err == nil && sealed.Commitment() == headers[ids[i]].Terms && canon.Strict(sealed.Terms, &t) == nil {
			into[ids[i]] = t
		}
	}
	return nil
}

// judgeClaim returns in what a claim is wrong, "" for nothing.
func (r *run) judgeClaim(ctx context.Context, b books, t contract.ClaimTerms) (string, error) {
	if !t.Claim.Balanced() {
		return "the entries do not come to the claim's totals", nil
	}
	key := contract.PolicyVersionKey(t.Claim.Policy, t.Claim.Version)
	p, known := b.policies[key]
	if !known {
		values, err := r.ledger.Get(ctx, key)
		if err != nil {
			return "", fmt.Errorf("read state: %w", err)
		}
		if values[0] == nil || canon.Strict(values[0], &p) != nil {
			return "its policy's version is not on the ledger", nil
		}
		b.policies[key] = p
	}
	if !t.Claim.Follows(p, t.Loan) {
		return "what is booked is not what the policy gives on the loan's facts", nil
	}
	return "", nil
}

// sum reports whether the account is the sum of its claims, as far as all of them are open to this client: a bank
// holds its own alone.
func (b books) sum(id string, a subsidy.Account) bool {
	var claims []subsidy.Claim
	entries := 0
	for _, t := range b.claims {
		if t.Account == id {
			claims, entries = append(claims, t.Claim), entries+len(t.Claim.Entries)
		}
	}
	return entries < a.Entries || a.Consists(claims)
}
