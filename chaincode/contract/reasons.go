package contract

import (
	"errors"
	"reflect"
	"slices"
	"strings"

	"decore/chaincode/fault"
	"decore/chaincode/subsidy"
)

// refusedFields are the arguments that refusals of the domain are about; the others are about the claim as a whole.
var refusedFields = map[subsidy.Code]string{
	subsidy.SettleAmount:     "/amount",
	subsidy.AlreadyAccrued:   "/through",
	subsidy.NothingToAccrue:  "/through",
	subsidy.PolicyNotInForce: "/policy",
}

// subsidyFault turns a refusal of the subsidy's rules into a fault with every reason, its clause, and the argument that
// field finds for the fact of the loan that fails, "" for none.
func subsidyFault(err error, field func(fact string) string) error {
	var e *subsidy.Error
	if !errors.As(err, &e) {
		return err
	}
	if len(e.Reasons) == 0 {
		return fault.New(fault.Code(e.Code), refusedFields[e.Code])
	}
	var all []fault.Reason
	for _, r := range e.Reasons {
		public := fault.Reason{Code: fault.Code(r.Code), Field: field(r.Fact), Clause: r.Ground()}
		if public.Field != r.Fact {
			public.Fact = topOf(r.Fact) // no further: the place in a list says how long the list is
		}
		if !slices.Contains(all, public) {
			all = append(all, public)
		}
	}
	return fault.Because(all)
}

// HoldField points to the argument of hold that states a fact of the loan; what none states stands in the loan's record.
func HoldField(fact string) string {
	if fact == "" || slices.Contains(stated, topOf(fact)) {
		return fact
	}
	return "/financing"
}

// noField is for verbs by whose arguments no fact of the loan is stated.
func noField(string) string { return "" }

// topOf is the pointer's first step.
func topOf(pointer string) string {
	if end := strings.Index(strings.TrimPrefix(pointer, "/"), "/"); end >= 0 {
		return pointer[:end+1]
	}
	return pointer
}

// stated are the arguments of hold, each of which states the loan's fact of the same name.
var stated = func() []string {
	var all []string
	for _, f := range reflect.VisibleFields(reflect.TypeFor[HoldArgs]()) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		all = append(all, "/"+name)
	}
	return all
}()
