package audit

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"decore/chaincode/contract"
	"decore/chaincode/financing"
	"decore/chaincode/ident"
	"decore/chaincode/subsidy"
)

// mostReadings bounds how often the accounts are read again while the ledger goes on.
const mostReadings = 6

// checkSubsidy reckons every claim and account again that this client can open (贴息复核): a claim's entries must come to its
// totals, its lines to what its policy gives on its loan's facts, and an account to its claims, under the caps. A claim
// keeps a copy of those facts, by which it moved last; where the loan's own record gives something else by now, a
// correction is due.
//
// The ledger may go on meanwhile. An account is held against the claims that were read while it stood still, since every
// booking on a claim moves its account; and what is found must be found twice, since a claim can move by itself.
func (r *run) checkSubsidy(ctx context.Context) error {
	b := &books{policies: map[string]map[int]subsidy.Policy{}, mine: map[ident.USCC]bool{}}
	if err := b.readCharter(ctx, r); err != nil {
		return err
	}
	var found, before map[string]string
	var moved []string
	for range mostReadings {
		var err error
		if moved, err = b.read(ctx, r); err != nil {
			return err
		}
		before, found = found, b.wrongAccounts(r.auditor.Households, moved)
		if len(moved) == 0 && maps.Equal(found, before) || len(found) == 0 && len(moved) == 0 {
			break
		}
	}
	if err := r.checkClaims(ctx, b); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(found)) {
		if before[id] == found[id] {
			r.tell(Unexplained{Key: contract.RecordKey(id), Reason: found[id]})
		}
	}
	r.report.Claims, r.report.Accounts, r.report.Moving = len(b.claims.terms), len(b.accounts.terms), moved
	return nil
}

// read reads accounts, claims, and the accounts' headers once more, and returns which accounts moved meanwhile.
func (b *books) read(ctx context.Context, r *run) (moved []string, err error) {
	if b.accounts, err = readKind(ctx, r, contract.AccountPrefix, contract.AccountKind, b.accounts); err != nil {
		return nil, err
	}
	if b.claims, err = readKind(ctx, r, subsidy.Lifecycle.Prefix+"-", subsidy.Lifecycle.Kind, b.claims); err != nil {
		return nil, err
	}
	after, err := readKind(ctx, r, contract.AccountPrefix, contract.AccountKind, b.accounts)
	if err != nil {
		return nil, err
	}
	for _, id := range slices.Sorted(maps.Keys(after.headers)) {
		if b.accounts.headers[id].Terms != after.headers[id].Terms {
			moved = append(moved, id)
		}
	}
	b.accounts = after
	b.arrange()
	if err := b.readMine(ctx, r); err != nil {
		return nil, err
	}
	return moved, b.readPolicies(ctx, r)
}

// checkClaims judges every claim by itself, against its policy and its loan.
func (r *run) checkClaims(ctx context.Context, b *books) (err error) {
	var loans []string
	for _, t := range b.claims.terms {
		loans = append(loans, t.Loan.ID)
	}
	if b.loans, err = readNamed[financing.Terms](ctx, r, loans, financing.Table.Kind); err != nil {
		return err
	}
	stands := map[string]string{} // the claim that is not void, by loan
	for _, id := range slices.Sorted(maps.Keys(b.claims.terms)) {
		if t := b.claims.terms[id]; !t.Claim.Void() {
			if other := stands[t.Loan.ID]; other != "" {
				r.tell(Unexplained{Key: contract.RecordKey(id), Reason: fmt.Sprintf("its loan has %s too, and neither is void", other)})
			}
			stands[t.Loan.ID] = id
		}
		switch reason, due := b.judgeClaim(b.claims.terms[id]); {
		case reason != "":
			r.tell(Unexplained{Key: contract.RecordKey(id), Reason: reason})
		case due:
			r.report.CorrectionsDue = append(r.report.CorrectionsDue, id)
		}
	}
	return nil
}

// judgeClaim returns in what a claim is wrong, "" for nothing, and whether it is to be corrected.
func (b *books) judgeClaim(t contract.ClaimTerms) (reason string, due bool) {
	if !t.Claim.Balanced() {
		return "the entries do not come to the claim's totals", false
	}
	p, known := b.policies[t.Claim.Policy][t.Claim.Version]
	if !known {
		return "its policy's version is not on the ledger", false
	}
	if !t.Claim.Follows(p, t.Loan) {
		return "what is booked is not what the policy gives on the loan's facts", false
	}
	loan, opened := b.loans.terms[t.Loan.ID]
	return "", opened && !t.Claim.Follows(p, contract.LoanNow(t.Loan, loan))
}
