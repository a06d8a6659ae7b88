package service

import (
	"errors"
	"fmt"
	"sync/atomic"

	"decore/chaincode/contract"
	"decore/chaincode/protocol"
)

// foundingCheck keeps members from founding the ledger before the regulator does, each with a regulator of its own: who
// may found it is no fact of the ledger, so every organisation says it to its own endorser.
type foundingCheck struct {
	regulator string // MSP ID; "" lets anybody found it
	founded   atomic.Bool
}

// check refuses other organisations' batches until there is a charter.
func (f *foundingCheck) check(call *call) error {
	if f.regulator == "" || call.caller == f.regulator || f.founded.Load() {
		return nil
	}
	charter, err := newState(call).Get(contract.CharterKey())
	if err != nil {
		return fmt.Errorf("read the charter: %w", err)
	}
	if charter[0] == nil {
		return refusal(protocol.Forbidden, errors.New("the ledger is not founded, and the regulator's organisation does that"))
	}
	f.founded.Store(true)
	return nil
}
