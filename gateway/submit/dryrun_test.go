package submit_test

import (
	"errors"
	"reflect"
	"testing"

	"decore/adapters/ledger"
	"decore/chaincode/contract"
	"decore/chaincode/financing"
	"decore/chaincode/ident"
	"decore/gateway/gatewaytest"
	"decore/gateway/submit"
)

func TestADryRunBringsTheOpeningsThatTheSubmissionWould(t *testing.T) {
	w, g := gated(t)
	rec := w.Receivable(w.DeliveredOrder("1000.00"), "600.00")
	fin := map[ident.USCC]string{}
	for _, bank := range []ident.USCC{gatewaytest.BankA, gatewaytest.BankB} {
		fin[bank] = w.Accepted(bank, rec, "100.00")
	}
	var commands []submit.Signed
	for _, bank := range []ident.USCC{gatewaytest.BankA, gatewaytest.BankB} {
		signed, _ := w.Sign(bank, "financing.reserve", fin[bank], financing.ReserveArgs{Hours: 1})
		commands = append(commands, signed)
	}
	commands = append(commands, submit.Signed{JWS: "nonsense"})
	batches := g.batches.Load()
	var tried []submit.Answer
	g.holding(t, func() { // it waits for no submission
		answers, errs, err := w.Submit.DryRun(t.Context(), commands...)
		if err = errors.Join(append(errs, err)...); err != nil {
			t.Fatal(err)
		}
		tried = answers
	})
	if g.batches.Load() != batches {
		t.Error("a dry run was submitted")
	}
	answers, errs, err := w.Submit.Submit(t.Context(), commands...)
	if err = errors.Join(append(errs, err)...); err != nil {
		t.Fatal(err)
	}
	for i, a := range answers {
		if !reflect.DeepEqual(tried[i].Result, a.Result) || tried[i].Tx != "" || tried[i].Block != 0 {
			t.Errorf("command %d tried: %+v, submitted: %+v", i, tried[i], a)
		}
	}
	if answers[0].Status != contract.Accepted || answers[1].Code != "ENCUMBERED" {
		t.Errorf("%+v", answers)
	}
}

func TestADryRunThatCannotBe(t *testing.T) {
	w, _ := gated(t)
	signed, _ := w.Sign(gatewaytest.SME, "order.create", "", w.OrderArgs("1.00"))
	if _, _, err := w.Submit.DryRun(t.Context(), make([]submit.Signed, contract.MaxTrial+1)...); !errors.Is(err, submit.ErrTooMany) {
		t.Errorf("too many: %v", err)
	}
	if err := w.Ledger.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Submit.DryRun(t.Context(), signed); !errors.Is(err, ledger.ErrUnavailable) {
		t.Errorf("without a ledger: %v", err)
	}
	w.Submit.Close()
	if _, _, err := w.Submit.DryRun(t.Context(), signed); !errors.Is(err, submit.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}
