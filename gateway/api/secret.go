package api

import (
	"context"
	"fmt"
	"sync"

	"decore/adapters/ledger"
	"decore/chaincode/contract"
	"decore/chaincode/duplicate"
	"decore/gateway/problem"
	"decore/gateway/projection"
)

// tokenKey is the consortium's key for duplicate tokens, as an organisation of this gateway holds it. It is read when
// it is first needed, because a gateway may start before its ledger is founded.
type tokenKey struct {
	ledger ledger.Ledger
	store  *projection.Store
	mu     sync.Mutex
	key    duplicate.Key
}

func (t *tokenKey) get(ctx context.Context) (duplicate.Key, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.key != nil {
		return t.key, nil
	}
	charter, err := t.store.Charter(ctx)
	if err != nil {
		return nil, problem.New("LEDGER_NOT_FOUNDED").With(err)
	}
	for _, org := range t.ledger.Orgs() {
		values, err := t.ledger.Private(ctx, org, contract.TokenSecretKey)
		if err != nil {
			return nil, fmt.Errorf("read the token key: %w", err)
		}
		if values[0] == nil {
			continue
		}
		if t.key, err = contract.OpenTokenKey(values[0], charter.TokenKey); err == nil {
			return t.key, nil
		}
	}
	return nil, problem.New(problem.TermsNotHere)
}
