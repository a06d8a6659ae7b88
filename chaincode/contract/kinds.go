package contract

import (
	"fmt"

	"decore/chaincode/canon"
	"decore/chaincode/financing"
	"decore/chaincode/lifecycle"
	"decore/chaincode/lot"
	"decore/chaincode/order"
	"decore/chaincode/receivable"
	"decore/chaincode/subsidy"
	"decore/chaincode/warehouse"
)

// termsOf reads the private terms of each kind of record.
var termsOf = map[string]func([]byte) (Terms, error){
	order.Table.Kind:       readTerms[order.Terms],
	receivable.Table.Kind:  readTerms[receivable.Terms],
	lot.Table.Kind:         readTerms[lot.Terms],
	warehouse.Table.Kind:   readTerms[warehouse.Terms],
	financing.Table.Kind:   readTerms[financing.Terms],
	subsidy.Lifecycle.Kind: readTerms[ClaimTerms],
	AccountKind:            readTerms[AccountTerms],

	subsidy.Succession.Kind: readTerms[SuccessionTerms],
}

func readTerms[T Terms](raw []byte) (Terms, error) {
	var t T
	err := canon.Strict(raw, &t)
	return t, err
}

// ReadTerms reads the private terms of a record of the kind; the result is the kind's own type, such
// as order.Terms.
func ReadTerms(kind string, raw []byte) (Terms, error) {
	read, ok := termsOf[kind]
	if !ok {
		return nil, fmt.Errorf("no kind of record %q", kind)
	}
	t, err := read(raw)
	if err != nil {
		return nil, fmt.Errorf("terms of a %s: %w", kind, err)
	}
	return t, nil
}

// TableOf returns the lifecycle of a kind of record.
func TableOf(kind string) (*lifecycle.Table, bool) {
	for _, t := range Tables {
		if t.Kind == kind {
			return t, true
		}
	}
	return nil, false
}
