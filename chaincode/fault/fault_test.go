package fault_test

import (
	"errors"
	"fmt"
	"testing"

	"decore/chaincode/fault"
)

func TestAFaultIsFoundInWhatWrapsIt(t *testing.T) {
	f := fault.New(fault.OverOrder, "/amount").Under("民法典 761")
	if got := fault.Of(fmt.Errorf("ship: %w", f)); got != f {
		t.Errorf("got %v", got)
	}
	for _, err := range []error{nil, errors.New("disk full")} {
		if got := fault.Of(err); got != nil {
			t.Errorf("found %v in %v", got, err)
		}
	}
}

func TestAFaultSaysCodeFieldAndClause(t *testing.T) {
	for want, f := range map[string]*fault.Fault{
		"WRONG_STATE":                      fault.New(fault.WrongState, ""),
		"OVER_ORDER at /amount":            fault.New(fault.OverOrder, "/amount"),
		"ENCUMBERED (民法典 765)":             fault.New(fault.Encumbered, "").Under("民法典 765"),
		"DATE_ORDER at /due (银发〔2025〕77号)": fault.New(fault.DateOrder, "/due").Under("银发〔2025〕77号"),
	} {
		if got := f.Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestUnderLeavesTheFirstFaultAsItWas(t *testing.T) {
	f := fault.New(fault.WrongState, "/x")
	if f.Under("a"); f.Clause != "" {
		t.Errorf("clause %q", f.Clause)
	}
}
