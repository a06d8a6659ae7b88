package contract_test

import (
	"cmp"
	"testing"

	"decore/chaincode/contract"
	"decore/chaincode/fault"
	"decore/chaincode/fund"
	"decore/chaincode/goods"
	"decore/chaincode/lot"
	"decore/chaincode/money"
)

func TestNoSumIsWrittenThatNobodyCouldRead(t *testing.T) {
	w := newWorld(t)
	w.publishSubsidy()
	paid := w.fundTerms(w.openFund())
	var stored lot.Terms
	w.Terms(w.stored(), &stored)
	largest := goods.MustQuantity("999999999999 t")
	for name, c := range map[string]struct {
		amount   money.Amount
		quantity goods.Quantity
		bad      bool
	}{
		"the largest":           {money.Largest, largest, false},
		"a fen more":            {money.Largest.Add(money.Fen(1)), largest, true},
		"less than nothing":     {money.Fen(-1), largest, true},
		"two of the quantities": {money.Largest, largest.Plus(largest), true},
	} {
		f, l := paid, stored
		f.Allocated, l.Quantity = c.amount, c.quantity
		err := cmp.Or(contract.Readable[fund.Fund](mustCanonical(t, f)), contract.Readable[lot.Terms](mustCanonical(t, l)))
		if got := fault.Of(err); c.bad && (got == nil || got.Code != fault.OutOfRange) || !c.bad && err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheLedgerStaysReadableWhateverIsPaidInAdvance(t *testing.T) {
	w := newWorld(t)
	w.publishSubsidy()
	id := w.appliedFund(w.BankA)
	w.Do(w.Regulator, "fund.allocate", id, w.allocation(w.budget(money.Largest.String()), "600000000000000.00"))
	more := w.allocation(w.budget("600000000000000.00"), "600000000000000.00")
	if r := w.Try(w.Regulator, "fund.allocate", id, more); r.Code != string(fault.OutOfRange) || r.Field != "/amount" {
		t.Errorf("%+v", r)
	}
	more.Amount = yuan("399999999999999.99")
	w.Do(w.Regulator, "fund.allocate", id, more)
	if f := w.fundTerms(id); f.Allocated.Cmp(money.Largest) != 0 {
		t.Errorf("allocated %s", f.Allocated)
	}
}

func TestAVerbThatWouldWriteSuchASumIsRefused(t *testing.T) {
	w := newWorld(t)
	id := w.stored() // 100 t
	before := w.Header(id)
	if r := w.Try(w.Keeper, "lot.add", id, lot.AddArgs{Quantity: tons("999999999999"), Date: w.today()}); r.Status != contract.Refused || r.Code != string(fault.OutOfRange) {
		t.Errorf("%+v", r)
	}
	if now := w.Header(id); now.Version != before.Version || now.Terms != before.Terms {
		t.Errorf("the lot moved: %+v", now)
	}
	w.Do(w.Keeper, "lot.add", id, lot.AddArgs{Quantity: tons("999999999899"), Date: w.today()})
}
