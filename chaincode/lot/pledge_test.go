package lot_test

import (
	"testing"

	"decore/chaincode/calendar"
	"decore/chaincode/credit"
	"decore/chaincode/goods"
	"decore/chaincode/ident"
	lc "decore/chaincode/lifecycle"
	"decore/chaincode/lot"
	"decore/chaincode/money"
)

func TestAPledgeStandsOnlyOnceTheCreditorsSupervisorControls(t *testing.T) {
	l := stored(t)
	if l.Controlled(bank) {
		t.Error("nobody was appointed, and the goods are controlled")
	}
	if _, err := l.Appoint(lot.AppointArgs{}, bank, today); told(err) != "FIELD_REQUIRED/supervisor" {
		t.Errorf("nobody: %v", err)
	}
	if _, err := l.Appoint(lot.AppointArgs{Supervisor: owner}, bank, today); told(err) != "SAME_PARTY/supervisor 民法典担保制度解释 art. 55" {
		t.Errorf("the owner controls its own goods: %v", err)
	}
	l, err := l.Appoint(lot.AppointArgs{Supervisor: supervisor}, bank, today)
	if err != nil || l.Controlled(bank) || l.Related(lc.Supervisor) != supervisor {
		t.Fatalf("appointed: controlled %t, %v", l.Controlled(bank), err)
	}
	for want, day := range map[string]calendar.Date{"FIELD_REQUIRED/date": {}, "DATE_IN_FUTURE/date": today.AddDays(1), "DATE_ORDER/date": today.AddDays(-1)} {
		if _, err := l.Establish(lot.ControlArgs{Date: day}, today); told(err) != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	controlled, err := l.Establish(lot.ControlArgs{Date: today}, today)
	if err != nil || !controlled.Controlled(bank) || controlled.Controlled(owner) || l.Controlled(bank) {
		t.Errorf("established: %+v, %v", controlled.Control, err)
	}
	if again, err := controlled.Appoint(lot.AppointArgs{Supervisor: supervisor}, keeper, today); err != nil || again.Controlled(bank) || again.Controlled(keeper) {
		t.Errorf("appointed by another: %+v, %v", again.Control, err)
	}
}

func withLines(t *testing.T) lot.Terms {
	t.Helper()
	l, err := stored(t).SetLines(lot.LinesArgs{Least: yuan("1900000.00"), Warning: yuan("1800000.00"), Liquidate: yuan("1600000.00")}, bank)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestLinesLieOverEachOther(t *testing.T) {
	for want, a := range map[string]lot.LinesArgs{
		"":                              {Least: yuan("1.00"), Warning: yuan("1.00"), Liquidate: yuan("1.00")},
		"AMOUNT_NOT_POSITIVE/liquidate": {Least: yuan("1.00"), Warning: yuan("1.00")},
		"FIELD_INVALID/warning":         {Least: yuan("3.00"), Warning: yuan("1.00"), Liquidate: yuan("2.00")},
		"FIELD_INVALID/least":           {Least: yuan("1.00"), Warning: yuan("2.00"), Liquidate: yuan("1.00")},
	} {
		if _, err := stored(t).SetLines(a, bank); told(err) != want {
			t.Errorf("got %q, want %q", told(err), want)
		}
	}
}

// priced is a lot at another price.
func priced(l lot.Terms, yuanAUnit string, day calendar.Date) lot.Terms {
	l.Prices = goods.Prices{{By: keeper, Source: "SMM", Date: day, Price: yuan(yuanAUnit)}}
	return l
}

func TestTheValueStandsAtALevel(t *testing.T) {
	for _, c := range []struct {
		price string
		on    calendar.Date
		want  lot.Level
	}{
		{"20000.00", today, lot.Sound}, {"19000.00", today, lot.Sound}, {"18999.99", today, lot.BelowLow}, {"18000.00", today, lot.BelowLow},
		{"17999.99", today, lot.Warned}, {"16000.00", today, lot.Warned}, {"15999.99", today, lot.Liquidity}, {"20000.00", today.AddDays(-31), lot.Warned},
	} {
		l := priced(withLines(t), c.price, c.on)
		if got := l.Level(policy, today); got != c.want {
			t.Errorf("at %s of %s: %s, not %s", c.price, c.on, got, c.want)
		}
		_, err := l.CallMargin(lot.MarginArgs{Until: today}, bank, policy, today)
		if called := err == nil; called != (c.want != lot.Sound) {
			t.Errorf("at %s: margin called %t, %v", c.price, called, err)
		}
		_, err = l.OrderRelease(liquidation, lot.Held{Holder: bank, Financing: "FIN-1", Overdue: true}, policy, today)
		if liquidated := err == nil; liquidated != (c.want == lot.Liquidity) {
			t.Errorf("at %s: liquidated %t, %v", c.price, liquidated, err)
		}
	}
	fallen := priced(withLines(t), "1.00", today)
	for name, by := range map[string]ident.USCC{"its owner": owner, "the bank that holds it": bank, "another bank": "91370200660000035C"} {
		l := withLines(t)
		l.Prices = goods.Prices{{By: keeper, Source: "SMM", Date: today, Price: yuan("20000.00")}, {By: by, Source: "SMM", Date: today, Price: yuan("0.01")}}
		if got := l.Level(policy, today); got != lot.Sound {
			t.Errorf("%s says that it is worth nothing, and it is %s", name, got)
		}
	}
	for want, a := range map[string]lot.MarginArgs{"FIELD_REQUIRED/until": {}, "DATE_ORDER/until": {Until: today.AddDays(-1)}} {
		if _, err := fallen.CallMargin(a, bank, policy, today); told(err) != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if _, err := fallen.CallMargin(lot.MarginArgs{Until: today}, keeper, policy, today); told(err) != "NOT_BELOW_LINE" {
		t.Errorf("a call of who set no lines: %v", err)
	}
}

var liquidation = lot.OrderArgs{Quantity: tons("1"), Use: lot.Liquidation}

// 民法典 436.
func TestGoodsAreLiquidatedOnlyOnDefaultOrAfterACallRanOut(t *testing.T) {
	l := priced(withLines(t), "1.00", today)
	called, err := l.CallMargin(lot.MarginArgs{Until: today.AddDays(1)}, bank, policy, today)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		l    lot.Terms
		by   lot.Held
		on   calendar.Date
		want string
	}{
		"the debt is not due":           {l, lot.Held{Holder: bank}, today, "LIQUIDATION_EARLY/use 民法典 436"},
		"the debt is overdue":           {l, lot.Held{Holder: bank, Overdue: true}, today, ""},
		"a call stands":                 {called, lot.Held{Holder: bank}, today.AddDays(1), "LIQUIDATION_EARLY/use 民法典 436"},
		"a call ran out":                {called, lot.Held{Holder: bank}, today.AddDays(2), ""},
		"another holder's call ran out": {called, lot.Held{Holder: keeper}, today.AddDays(2), "LIQUIDATION_EARLY/use 民法典 436"},
	} {
		if _, err := c.l.OrderRelease(liquidation, c.by, policy, c.on); err == nil && c.want != "" || err != nil && told(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAReleaseOrderIsSpentForItsFinancingAndItsUse(t *testing.T) {
	l := stored(t)
	for _, o := range []struct {
		q         string
		use       lot.Use
		financing string
	}{{"10", lot.ForOwner, "FIN-1"}, {"5", lot.ForOwner, "FIN-1"}, {"7", lot.ForReceipt, "FIN-1"}, {"9", lot.ForOwner, "FIN-2"}} {
		var err error
		if l, err = l.OrderRelease(lot.OrderArgs{Quantity: tons(o.q), Use: o.use}, lot.Held{Holder: bank, Financing: o.financing}, policy, today); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		q, financing string
		use          lot.Use
		want         bool
	}{
		{"15", "FIN-1", lot.ForOwner, true}, {"15.000001", "FIN-1", lot.ForOwner, false}, {"7", "FIN-1", lot.ForReceipt, true},
		{"8", "FIN-1", lot.ForReceipt, false}, {"9", "FIN-2", lot.ForOwner, true}, {"10", "FIN-2", lot.ForOwner, false},
		{"1", "FIN-2", lot.ForReceipt, false}, {"1", "FIN-3", lot.ForOwner, false},
	} {
		after, ok := l.Spend(tons(c.q), c.financing, c.use)
		ordered := tons("0")
		for _, o := range after.Orders {
			ordered = ordered.Plus(o.Quantity)
		}
		left := tons("31")
		if c.want {
			left = left.Minus(tons(c.q))
		}
		if ok != c.want || ordered.Cmp(left) != 0 {
			t.Errorf("%s t of %s for %s: %t, and %s stay ordered", c.q, c.financing, c.use, ok, ordered)
		}
	}
	for want, a := range map[string]lot.OrderArgs{
		"UNIT_MISMATCH/quantity":         {Quantity: goods.MustQuantity("1 kg"), Use: lot.ForOwner},
		"QUANTITY_NOT_POSITIVE/quantity": {Quantity: tons("0"), Use: lot.ForOwner},
		"OVER_QUANTITY/quantity":         {Quantity: tons("100.000001"), Use: lot.ForOwner},
		"FIELD_INVALID/use":              {Quantity: tons("1"), Use: "gift"},
		"NOT_BELOW_LINE/use":             {Quantity: tons("1"), Use: lot.Liquidation},
	} {
		if _, err := l.OrderRelease(a, lot.Held{Holder: bank, Financing: "FIN-1"}, policy, today); told(err) != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestWhatALotCarries(t *testing.T) {
	insured := policy
	insured.GoodsInsured = true
	full := insured
	full.InsuredShare = money.MustRate("1")
	by := func(sum string) func(*lot.Terms) {
		return func(l *lot.Terms) { l.Insurance = &goods.Insurance{Amount: yuan(sum), From: today, Until: today} }
	}
	for name, c := range map[string]struct {
		change func(*lot.Terms)
		state  lc.State
		policy credit.Policy
		want   string // an amount or a fault
	}{
		"stored and priced":          {func(*lot.Terms) {}, lot.Stored, policy, "1000000.00"},
		"with some of it missing":    {func(l *lot.Terms) { l.Missing = tons("50") }, lot.Stored, policy, "500000.00"},
		"made for a smaller order":   {func(l *lot.Terms) { l.Order, l.OrderShare = "ORD-1", yuan("600.00") }, lot.Stored, policy, "300.00"},
		"declared only":              {func(*lot.Terms) {}, lot.Declared, policy, "COLLATERAL_INELIGIBLE"},
		"frozen":                     {func(*lot.Terms) {}, lot.Frozen, policy, "COLLATERAL_INELIGIBLE"},
		"in part under a receipt":    {func(l *lot.Terms) { l.Receipted = tons("0.000001") }, lot.Stored, policy, "RECEIPTS_LIVE 民法典担保制度解释 art. 59"},
		"mixed with others' goods":   {func(l *lot.Terms) { l.Commingled = true }, lot.Stored, policy, "COMMINGLED"},
		"without a price":            {func(l *lot.Terms) { l.Prices = nil }, lot.Stored, policy, "NOT_VALUED"},
		"all of it missing":          {func(l *lot.Terms) { l.Missing = tons("100") }, lot.Stored, policy, "NOT_VALUED"},
		"not insured where it must":  {func(*lot.Terms) {}, lot.Stored, insured, "NOT_INSURED"},
		"insured, but not any more":  {func(l *lot.Terms) { l.Insurance = &goods.Insurance{From: today.AddDays(-9), Until: today.AddDays(-1)} }, lot.Stored, insured, "NOT_INSURED"},
		"insured for too little":     {by("1999999.99"), lot.Stored, full, "NOT_INSURED"},
		"insured for its value":      {by("2000000.00"), lot.Stored, full, "1000000.00"},
		"insured until today is out": {func(l *lot.Terms) { l.Insurance = &goods.Insurance{From: today, Until: today} }, lot.Stored, insured, "1000000.00"},
	} {
		l := stored(t)
		c.change(&l)
		amount, refused := lot.Advance(l, c.state, c.policy, today)
		got := amount.String()
		if refused != nil {
			got = told(refused)
		}
		if got != c.want || refused != nil && amount.Cmp(money.Zero) != 0 {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}
