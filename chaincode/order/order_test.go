package order_test

import (
	"testing"

	"pgregory.net/rapid"

	"decore/chaincode/calendar"
	"decore/chaincode/credit"
	"decore/chaincode/fault"
	"decore/chaincode/ident"
	lc "decore/chaincode/lifecycle"
	"decore/chaincode/money"
	"decore/chaincode/order"
)

var (
	seller = ident.MustUSCC("91370200990000009K")
	buyer  = ident.MustUSCC("91370200990000017E")
	today  = calendar.MustParse("2026-03-02")
	yuan   = money.MustParse
)

func terms(amount, shipped, accepted, invoiced string) order.Terms {
	return order.Terms{Seller: seller, Buyer: buyer, Signed: today.AddDays(-9), DeliverBy: today, Amount: yuan(amount),
		Shipped: yuan(shipped), Accepted: yuan(accepted), Invoiced: yuan(invoiced)}
}

func code(err error) fault.Code {
	if f := fault.Of(err); f != nil {
		return f.Code
	}
	return ""
}

// No attestation may cover terms that its signer did not see.
func TestWhoAmendsDecidesWhetherTheAttestationStands(t *testing.T) {
	for _, c := range []struct {
		by   ident.USCC
		from lc.State
		to   lc.State
		code fault.Code
	}{
		{seller, order.Created, order.Created, ""},
		{seller, order.Attested, order.Created, ""},
		{seller, order.Delivering, "", fault.WrongState},
		{buyer, order.Created, order.Created, ""},
		{buyer, order.Attested, order.Attested, ""},
		{buyer, order.Delivering, order.Delivering, ""},
	} {
		got, state, err := terms("100.00", "50.00", "50.00", "0.00").Amend(order.AmendArgs{Amount: yuan("80.00"), DeliverBy: today.AddDays(5)}, c.by, c.from)
		if code(err) != c.code || state != c.to {
			t.Errorf("by %s from %s: %s, %v", c.by, c.from, state, err)
		}
		if err == nil && (got.Amount.Cmp(yuan("80.00")) != 0 || got.DeliverBy != today.AddDays(5)) {
			t.Errorf("by %s from %s: terms %+v", c.by, c.from, got)
		}
	}
	if _, state, err := terms("100.00", "50.00", "50.00", "0.00").Amend(order.AmendArgs{Amount: yuan("50.00"), DeliverBy: today}, buyer, order.Delivering); state != order.Delivered || err != nil {
		t.Errorf("cut to what was accepted: %s, %v", state, err)
	}
	if _, _, err := terms("100.00", "50.00", "50.00", "0.00").Amend(order.AmendArgs{Amount: yuan("49.99"), DeliverBy: today}, buyer, order.Delivering); code(err) != fault.BelowUsed {
		t.Errorf("cut below what was shipped: %v", err)
	}
}

// Invoiced ≤ accepted ≤ shipped ≤ ordered, whatever is asked and in whatever order.
func TestValueNeverGrowsAlongTheOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o, state := terms("100.00", "0.00", "0.00", "0.00"), order.Attested
		for range 30 {
			amount := money.Fen(rapid.Int64Range(-100, 6000).Draw(t, "fen"))
			next, to, err := o, state, error(nil)
			switch rapid.IntRange(0, 4).Draw(t, "step") {
			case 0:
				next, to, err = o.Ship(order.ShipArgs{Amount: amount, Date: today, Note: "N"}, today)
			case 1:
				next, to, err = o.Accept(order.AcceptArgs{Amount: amount, Date: today}, today)
			case 2:
				if amount.IsPositive() {
					next, err = o.Invoice(amount)
				}
			case 3:
				if amount.IsPositive() && !o.Invoiced.Less(amount) {
					next = o.Uninvoice(amount)
				}
			default:
				next, to, err = o.Amend(order.AmendArgs{Amount: amount, DeliverBy: today}, buyer, order.Delivering)
			}
			if err != nil {
				continue
			}
			o, state = next, to
			if o.Accepted.Less(o.Invoiced) || o.Shipped.Less(o.Accepted) || o.Amount.Less(o.Shipped) || o.Invoiced.IsNegative() {
				t.Fatalf("invoiced %s, accepted %s, shipped %s, ordered %s", o.Invoiced, o.Accepted, o.Shipped, o.Amount)
			}
			if state == order.Delivered && o.Accepted.Cmp(o.Amount) != 0 {
				t.Fatalf("delivered, with %s of %s accepted", o.Accepted, o.Amount)
			}
		}
	})
}

func TestAnOrderCarriesWhatIsNotInvoicedYet(t *testing.T) {
	policy := credit.Policy{AdvanceOrder: money.MustRate("0.4")}
	for _, state := range []lc.State{order.Created, order.Attested, order.Delivering, order.Delivered, order.Closed, order.Cancelled} {
		want := state == order.Attested || state == order.Delivering
		got, eligible := order.Advance(terms("100.00", "50.00", "50.00", "30.00"), state, policy)
		if eligible != want || want && got.Cmp(yuan("28.00")) != 0 {
			t.Errorf("%s: %s, eligible %t", state, got, eligible)
		}
	}
}

func TestADayIsKeptAsTheLastAcceptance(t *testing.T) {
	o := terms("100.00", "50.00", "0.00", "0.00")
	for _, day := range []calendar.Date{today.AddDays(-1), today.AddDays(-3)} {
		var err error
		if o, _, err = o.Accept(order.AcceptArgs{Amount: yuan("10.00"), Date: day}, today); err != nil {
			t.Fatal(err)
		}
	}
	if o.LastAccept != today.AddDays(-1) {
		t.Errorf("got %s", o.LastAccept)
	}
}

// A changed account is another one, to which the buyer has not agreed.
func TestAnAccountCountsOnceTheBuyerSignedForIt(t *testing.T) {
	a := order.CollectionAccount{Bank: buyer, Number: "6222-0200-1122"}
	o := terms("100.00", "0.00", "0.00", "0.00")
	if _, err := o.Collect(a, buyer, today); code(err) != fault.CollectionAccountRequired {
		t.Errorf("before the seller named one: %v", err)
	}
	for _, by := range []ident.USCC{seller, buyer} {
		if o.Collects() {
			t.Errorf("it counts before %s signed", by)
		}
		var err error
		if o, err = o.Collect(a, by, today); err != nil {
			t.Fatal(err)
		}
	}
	if !o.Collects() || o.AccountAgreed != today {
		t.Errorf("it does not count: %+v", o)
	}
	a.Number = "6222-0200-1133"
	if changed, err := o.Collect(a, seller, today); err != nil || changed.Collects() {
		t.Errorf("another account: %+v, %v", changed, err)
	}
}
