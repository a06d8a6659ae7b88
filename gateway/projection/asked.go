package projection

import (
	"context"

	"decore/chaincode/financing"
	"decore/chaincode/ident"
)

// Asked reports whether the household ever asked the bank for money. A record of it never goes away and binds both for
// good, so a yes is remembered and a no is not.
func (s *Store) Asked(ctx context.Context, bank, household ident.USCC) (bool, error) {
	key := "asked|" + string(bank) + "|" + string(household) // no key of the ledger
	if s.cache.known(key) {
		return true, nil
	}
	began := s.cache.begin()
	found, err := s.Records(ctx, Filter{Kind: financing.Table.Kind, Reader: bank, Counterparty: household, Limit: 1})
	if err == nil && len(found) > 0 {
		s.cache.keep(key, began)
	}
	return len(found) > 0, err
}
