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
	"decore/chaincode/financing"
	"decore/chaincode/subsidy"
)

// books are the subsidy's private terms, as far as this client holds copies that the public headers commit to. Whoever
// holds none of them finds nothing here; the finance bureau holds all.
type books struct {
	claims   map[string]contract.ClaimTerms // by record ID
	accounts map[string]contract.AccountTerms
	loans    map[string]financing.Terms
	policies map[string]subsidy.Policy // by key
}

// checkSubsidy reckons every claim again that this client can open (贴息复核): its entries must come to its totals, its lines to
// what its policy gives on its loan's facts, and an account to its claims. A claim keeps a copy of those facts, by which it
// moved last; where the loan's own record gives something else by now, a correction is due.
func (r *run) checkSubsidy(ctx context.Context) error {
	b := books{map[string]contract.ClaimTerms{}, map[string]contract.AccountTerms{}, map[string]financing.Terms{}, map[string]subsidy.Policy{}}
	if err := eachOpened(ctx, r, subsidy.Lifecycle.Prefix+"-", subsidy.Lifecycle.Kind, b.claims); err != nil {
		return err
	}
	if err := eachOpened(ctx, r, contract.AccountPrefix, contract.AccountKind, b.accounts); err != nil {
		return err
	}
	var loans []string
	for _, t := range b.claims {
		loans = append(loans, t.Loan.ID)
	}
	if err := namedOpened(ctx, r, loans, financing.Table.Kind, b.loans); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(b.claims)) {
		reason, due, err := r.judgeClaim(ctx, b, b.claims[id])
		switch {
		case err != nil:
			return err
		case reason != "":
			r.tell(Unexplained{Key: contract.RecordKey(id), Reason: reason})
		case due:
			r.report.CorrectionsDue = append(r.report.CorrectionsDue, id)
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

// namedOpened opens those of the named records of which this client holds a copy.
func namedOpened[T contract.Terms](ctx context.Context, r *run, ids []string, kind string, into map[string]T) error {
	slices.Sort(ids)
	for some := range slices.Chunk(slices.Compact(ids), page) {
		keys := make([]string, len(some))
		for i, id := range some {
			keys[i] = contract.RecordKey(id)
		}
		values, err := r.ledger.Get(ctx, keys...)
		if err != nil {
			return fmt.Errorf("read state: %w", err)
		}
		headers := map[string]contract.Header{}
		for i, raw := range values {
			var h contract.Header
			if raw != nil && canon.Strict(raw, &h) == nil && h.Kind == kind {
				headers[some[i]] = h
			}
		}
		for _, org := range r.ledger.Orgs() {
			if err := openOf(ctx, r, org, slices.Sorted(maps.Keys(headers)), headers, into); err != nil {
				return err
			}
		}
	}
	return nil
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
		if err != nil || sealed.Commitment() != headers[ids[i]].Terms {
			continue // none, or not the newest
		}
		if err := canon.Strict(sealed.Terms, &t); err != nil {
			r.tell(Unexplained{Key: contract.RecordKey(ids[i]), Reason: "its terms cannot be read"})
			continue
		}
		into[ids[i]] = t
	}
	return nil
}

// judgeClaim returns in what a claim is wrong, "" for nothing, and whether it is to be corrected.
func (r *run) judgeClaim(ctx context.Context, b books, t contract.ClaimTerms) (reason string, due bool, err error) {
	if !t.Claim.Balanced() {
		return "the entries do not come to the claim's totals", false, nil
	}
	key := contract.PolicyVersionKey(t.Claim.Policy, t.Claim.Version)
	p, known := b.policies[key]
	if !known {
		if p, known, err = r.policy(ctx, key); err != nil {
			return "", false, err
		}
		if !known {
			return "its policy's version is not on the ledger", false, nil
		}
		b.policies[key] = p
	}
	if !t.Claim.Follows(p, t.Loan) {
		return "what is booked is not what the policy gives on the loan's facts", false, nil
	}
	loan, opened := b.loans[t.Loan.ID]
	return "", opened && !t.Claim.Follows(p, contract.LoanNow(t.Loan, loan)), nil
}

func (r *run) policy(ctx context.Context, key string) (p subsidy.Policy, known bool, err error) {
	values, err := r.ledger.Get(ctx, key)
	if err != nil {
		return p, false, fmt.Errorf("read state: %w", err)
	}
	return p, values[0] != nil && canon.Strict(values[0], &p) == nil, nil
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
