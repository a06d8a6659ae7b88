package financing_test

import (
	"testing"

	"pgregory.net/rapid"

	"decore/chaincode/fault"
	"decore/chaincode/financing"
	"decore/chaincode/money"
)

// 民法典 766: what is left beyond principal, interest and fees goes back to who gave the receivable. 民法典 767: a factor
// without recourse need not give it back.
func TestWhatIsCollectedGoesToFeesInterestAndPrincipalInThisOrder(t *testing.T) {
	y := money.MustParse
	due := financing.Due{Fees: y("5.00"), Interest: y("15.00"), Principal: y("80.00")}
	for name, c := range map[string]struct {
		collected string
		recourse  bool
		want      [5]string // fees, interest, principal, surplus, returned
	}{
		"nothing":                       {"0.00", true, [5]string{"0.00", "0.00", "0.00", "0.00", "0.00"}},
		"less than the fees":            {"4.99", true, [5]string{"4.99", "0.00", "0.00", "0.00", "0.00"}},
		"fees and part of the interest": {"12.00", true, [5]string{"5.00", "7.00", "0.00", "0.00", "0.00"}},
		"part of the principal":         {"50.00", false, [5]string{"5.00", "15.00", "30.00", "0.00", "0.00"}},
		"all, to the fen":               {"100.00", true, [5]string{"5.00", "15.00", "80.00", "0.00", "0.00"}},
		"more, with recourse":           {"130.00", true, [5]string{"5.00", "15.00", "80.00", "30.00", "30.00"}},
		"more, without recourse":        {"130.00", false, [5]string{"5.00", "15.00", "80.00", "30.00", "0.00"}},
	} {
		s := financing.Waterfall(y(c.collected), due, c.recourse)
		if got := [5]string{s.Fees.String(), s.Interest.String(), s.Principal.String(), s.Surplus.String(), s.Returned.String()}; got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestTheSharesComeToWhatWasCollected(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fen := func(label string) money.Amount { return money.Fen(rapid.Int64Range(0, 1_000_000).Draw(t, label)) }
		collected, due := fen("collected"), financing.Due{Fees: fen("fees"), Interest: fen("interest"), Principal: fen("principal")}
		s := financing.Waterfall(collected, due, rapid.Bool().Draw(t, "recourse"))
		if s.Fees.Add(s.Interest).Add(s.Principal).Add(s.Surplus).Cmp(collected) != 0 {
			t.Fatalf("%s is shared out as %+v", collected, s)
		}
		if due.Fees.Less(s.Fees) || due.Interest.Less(s.Interest) || due.Principal.Less(s.Principal) || s.Surplus.Less(s.Returned) {
			t.Fatalf("%+v of %+v", s, due)
		}
	})
}

func lentWith(recourse bool, product financing.Product) financing.Terms {
	return financing.Terms{Product: product, Principal: yuan("100.00"), Collateral: []string{"REC-1"},
		Offer: &financing.Offer{Recourse: recourse}, Disbursement: &financing.Disbursement{Date: today}}
}

func TestACollectionIsARepaymentAndShowsTheSurplus(t *testing.T) {
	args := financing.CollectArgs{Receivable: "REC-1", Amount: yuan("130.00"), Fees: yuan("1.00"), Interest: yuan("2.00"), Date: today, Reference: "C1"}
	for name, c := range map[string]struct {
		terms    financing.Terms
		returned string
	}{
		"a loan":                     {lentWith(false, financing.ReceivableLoan), "27.00"},
		"factoring with recourse":    {lentWith(true, financing.Factoring), "27.00"},
		"factoring without recourse": {lentWith(false, financing.Factoring), "0.00"},
	} {
		got, state, err := c.terms.Collect(args, yuan("135.00"), financing.Disbursed, today)
		if err != nil || state != financing.Settled || !got.Principal.IsZero() || len(got.Repayments) != 1 || len(got.Collections) != 1 {
			t.Fatalf("%s: %s %+v %v", name, state, got, err)
		}
		if s := got.Collections[0].Shares; s.Surplus.String() != "27.00" || s.Returned.String() != c.returned {
			t.Errorf("%s: %+v", name, s)
		}
		more := args
		more.Reference, more.Amount, more.Fees, more.Interest = "C2", yuan("5.00"), money.Zero, money.Zero
		if after, state, err := got.Collect(more, yuan("135.00"), financing.Settled, today); err != nil || state != financing.Settled || after.Collections[1].Shares.Surplus.String() != "5.00" {
			t.Errorf("%s, what came in later: %s %v", name, state, err)
		}
		if _, _, err := got.Collect(more, yuan("134.99"), financing.Settled, today); fault.Of(err) == nil || fault.Of(err).Code != fault.OverOutstanding {
			t.Errorf("%s, more than was to be had: %v", name, err)
		}
		if _, _, err := got.Collect(args, yuan("135.00"), financing.Settled, today); fault.Of(err) == nil || fault.Of(err).Code != fault.ReferenceUsed {
			t.Errorf("%s, twice: %v", name, err)
		}
	}
	for field, change := range map[string]func(*financing.CollectArgs){
		"/receivable": func(a *financing.CollectArgs) { a.Receivable = "REC-2" },
		"/amount":     func(a *financing.CollectArgs) { a.Amount = money.Zero },
		"/fees":       func(a *financing.CollectArgs) { a.Fees = money.Fen(-1) },
		"/interest":   func(a *financing.CollectArgs) { a.Interest = money.Fen(-1) },
		"/date":       func(a *financing.CollectArgs) { a.Date = today.AddDays(1) },
		"/reference":  func(a *financing.CollectArgs) { a.Reference = "" },
	} {
		a := args
		change(&a)
		if _, _, err := lentWith(true, financing.Factoring).Collect(a, yuan("130.00"), financing.Disbursed, today); fault.Of(err) == nil || fault.Of(err).Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestReceivablesAreBoughtBackOnlyWithRecourse(t *testing.T) {
	args := financing.BuyBackArgs{Interest: yuan("2.00"), Date: today, Reference: "B1"}
	got, state, err := lentWith(true, financing.Factoring).BuyBack(args, today)
	if err != nil || state != financing.BoughtBack || !got.Principal.IsZero() || got.Repayments[0].Principal.String() != "100.00" {
		t.Errorf("%s %+v %v", state, got, err)
	}
	_, _, err = lentWith(false, financing.Factoring).BuyBack(args, today)
	if f := fault.Of(err); f == nil || f.Code != fault.NoRecourse || f.Clause != "民法典 767" {
		t.Errorf("without recourse: %v", err)
	}
}
