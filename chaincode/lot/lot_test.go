package lot_test

import (
	"reflect"
	"testing"

	"decore/chaincode/calendar"
	"decore/chaincode/credit"
	"decore/chaincode/fault"
	"decore/chaincode/goods"
	"decore/chaincode/ident"
	lc "decore/chaincode/lifecycle"
	"decore/chaincode/lot"
	"decore/chaincode/money"
)

var (
	today      = calendar.MustParse("2026-03-02")
	yuan       = money.MustParse
	owner      = ident.MustUSCC("91370200990000009K")
	keeper     = ident.MustUSCC("91370200990000017E")
	bank       = ident.MustUSCC("913702009900000334")
	supervisor = keeper
	policy     = credit.Policy{AdvanceInventory: money.MustRate("0.5"), ValuationMaxAgeDays: 30, ValuationMinSources: 1}
)

func tons(s string) goods.Quantity { return goods.MustQuantity(s + " t") }

// told is code, field and clause of a fault, "" for none.
func told(err error) string {
	switch f := fault.Of(err); {
	case err == nil:
		return ""
	case f == nil:
		return err.Error()
	case f.Clause != "":
		return string(f.Code) + f.Field + " " + f.Clause
	default:
		return string(f.Code) + f.Field
	}
}

func declareArgs() lot.DeclareArgs {
	return lot.DeclareArgs{Keeper: keeper, Quantity: tons("100"), Goods: goods.Description{Name: "铝锭", Quality: "Al99.70"}}
}

// stored is a lot of 100 t at 20,000 yuan a ton.
func stored(t *testing.T) lot.Terms {
	t.Helper()
	l, err := lot.Declare(declareArgs(), owner)
	if err == nil {
		l, _, err = l.Store(lot.StoreArgs{Counted: tons("100"), Site: "3 号库", Position: "A-1", Date: today}, today)
	}
	if err == nil {
		l.Prices, err = l.Prices.State(goods.ValueArgs{Source: "SMM", Date: today, Price: yuan("20000.00")}, bank, today)
	}
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestADeclarationNamesWhatCannotBe(t *testing.T) {
	for want, change := range map[string]func(*lot.DeclareArgs){
		"":                               func(*lot.DeclareArgs) {},
		"FIELD_REQUIRED/keeper":          func(a *lot.DeclareArgs) { a.Keeper = "" },
		"SAME_PARTY/keeper":              func(a *lot.DeclareArgs) { a.Keeper = owner },
		"QUANTITY_NOT_POSITIVE/quantity": func(a *lot.DeclareArgs) { a.Quantity = tons("0") },
		"FIELD_REQUIRED/orderShare":      func(a *lot.DeclareArgs) { a.Order = "ORD-1" },
		"FIELD_REQUIRED/goods/quality 民法典 909(2)": func(a *lot.DeclareArgs) { a.Goods.Quality = "" },
	} {
		a := declareArgs()
		change(&a)
		if _, err := lot.Declare(a, owner); told(err) != want {
			t.Errorf("got %q, want %q", told(err), want)
		}
	}
	shareOfNothing := declareArgs()
	shareOfNothing.OrderShare = yuan("1.00")
	if _, err := lot.Declare(shareOfNothing, owner); told(err) != "FIELD_REQUIRED/orderShare" {
		t.Errorf("a share of no order: %v", err)
	}
}

// moves are what changes the goods of a lot, by quantity and day.
var moves = map[string]func(l lot.Terms, q goods.Quantity, day calendar.Date) (lot.Terms, error){
	"store": func(l lot.Terms, q goods.Quantity, day calendar.Date) (lot.Terms, error) {
		l, _, err := l.Store(lot.StoreArgs{Counted: q, Site: "s", Position: "p", Date: day}, today)
		return l, err
	},
	"add": func(l lot.Terms, q goods.Quantity, day calendar.Date) (lot.Terms, error) {
		return l.Add(lot.AddArgs{Quantity: q, Date: day}, today)
	},
	"stock-take": func(l lot.Terms, q goods.Quantity, day calendar.Date) (lot.Terms, error) {
		return l.StockTake(lot.StockTakeArgs{Counted: q, Date: day}, today)
	},
	"lose": func(l lot.Terms, q goods.Quantity, day calendar.Date) (lot.Terms, error) {
		return l.Lose(lot.LoseArgs{Quantity: q, Date: day, Cause: "进水"}, today)
	},
	"release": func(l lot.Terms, q goods.Quantity, day calendar.Date) (lot.Terms, error) {
		return l.Release(lot.ReleaseArgs{Quantity: q, Date: day, Note: "CK1"}, today)
	},
}

func TestNoMovementTakesAnotherUnitNothingOrAnImpossibleDay(t *testing.T) {
	for verb, move := range moves {
		field := "/quantity"
		if verb == "store" || verb == "stock-take" {
			field = "/counted"
		}
		for _, c := range []struct {
			q    goods.Quantity
			day  calendar.Date
			want string
		}{
			{goods.MustQuantity("1 kg"), today, "UNIT_MISMATCH" + field},
			{goods.Quantity{}, today, "UNIT_MISMATCH" + field},
			{tons("1"), calendar.Date{}, "FIELD_REQUIRED/date"},
			{tons("1"), today.AddDays(1), "DATE_IN_FUTURE/date"},
			{tons("1"), today.AddDays(-1), "DATE_ORDER/date"},
			{tons("0"), today, "QUANTITY_NOT_POSITIVE" + field},
		} {
			if verb == "stock-take" && c.q.Same(tons("0")) && c.q.IsZero() {
				c.want = "" // nothing may be what is found
			}
			before := stored(t)
			after, err := move(before, c.q, c.day)
			if told(err) != c.want {
				t.Errorf("%s of %s on %s: got %q, want %q", verb, c.q, c.day, told(err), c.want)
			}
			if err != nil && !reflect.DeepEqual(before, after) {
				t.Errorf("%s was refused and changed the lot to %+v", verb, after)
			}
		}
	}
}

func TestStockNeverGoesBelowNothing(t *testing.T) {
	covered, err := stored(t).Cover(tons("60"), "/quantity")
	if err != nil {
		t.Fatal(err)
	}
	lost, err := moves["lose"](covered, tons("10"), today)
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"release", "lose"} {
		if _, err := moves[verb](lost, tons("30.000001"), today); told(err) != "OVER_QUANTITY/quantity" {
			t.Errorf("%s of more than is free: %v", verb, err)
		}
		after, err := moves[verb](lost, tons("30"), today)
		if err != nil || !after.Free().IsZero() || after.Quantity.Less(after.Receipted.Plus(after.Missing)) {
			t.Errorf("%s of all that is free: %+v, %v", verb, after, err)
		}
	}
	if _, err := lost.Cover(tons("30.000001"), "/quantity"); told(err) != "OVER_QUANTITY/quantity 民法典担保制度解释 art. 59" {
		t.Errorf("a receipt over goods that are not there: %v", err)
	}
	if _, err := lost.Cover(goods.MustQuantity("30 kg"), "/quantity"); told(err) != "UNIT_MISMATCH/quantity" {
		t.Errorf("a receipt in another unit: %v", err)
	}
}

func TestAStockTakeFindsWhatLacksAndASurplusAddsNothing(t *testing.T) {
	for counted, want := range map[string][3]string{"100": {"counted", "0 t", "0 t"}, "99.5": {"shortage", "0.5 t", "0.5 t"},
		"0": {"shortage", "100 t", "100 t"}, "101": {"surplus", "1 t", "0 t"}} {
		l, err := moves["stock-take"](stored(t), tons(counted), today)
		if err != nil {
			t.Fatal(err)
		}
		m := l.Movements[len(l.Movements)-1]
		if m.Kind != want[0] || m.Quantity.String() != want[1] || l.Missing.String() != want[2] || l.Quantity.String() != "100 t" {
			t.Errorf("%s t found: %+v, missing %s of %s", counted, m, l.Missing, l.Quantity)
		}
	}
}

func TestGoodsLeaveWithTheirShareOfTheOrder(t *testing.T) {
	l := stored(t)
	l.Order, l.OrderShare = "ORD-1", yuan("100.00")
	for _, step := range []struct{ q, share, left, state string }{
		{"33.333333", "66.67", "33.33", "stored"}, {"33.333333", "33.34", "66.66", "stored"}, {"33.333334", "0.00", "100.00", "exhausted"},
	} {
		var err error
		if l, err = moves["release"](l, tons(step.q), today); err != nil {
			t.Fatal(err)
		}
		if l.OrderShare.String() != step.share || l.Left.String() != step.left || l.State() != lc.State(step.state) {
			t.Errorf("after %s t: share %s, left %s, %s", step.q, l.OrderShare, l.Left, l.State())
		}
	}
	settled, back := l.Settle()
	if back.String() != "100.00" || !settled.Left.IsZero() {
		t.Errorf("settled %s, and %s stay", back, settled.Left)
	}
	if _, again := settled.Settle(); !again.IsZero() {
		t.Errorf("settled again: %s", again)
	}
}

func TestAReceiptCoversGoodsUntilItEnds(t *testing.T) {
	l, err := stored(t).Cover(tons("40"), "/quantity")
	if err != nil || l.Free().String() != "60 t" {
		t.Fatalf("free %s, %v", l.Free(), err)
	}
	if back := l.Uncover(tons("40")); back.Free().String() != "100 t" {
		t.Errorf("given up: free %s", back.Free())
	}
	out, err := l.Deliver(tons("40"), tons("0"), today, "WR1")
	if err != nil || out.Free().String() != "60 t" || out.Quantity.String() != "60 t" || !out.Receipted.IsZero() {
		t.Errorf("delivered: %+v, %v", out, err)
	}
}

// A keeper finds less than it issued receipts for: nobody can rely on any of them, until it is said which of them lack the
// goods, or the goods are there again.
func TestALotWithTooLittleForItsReceiptsIsDoubted(t *testing.T) {
	l, err := stored(t).Cover(tons("40"), "/quantity")
	if err != nil {
		t.Fatal(err)
	}
	take := func(l lot.Terms, found string) lot.Terms {
		t.Helper()
		l, err := l.StockTake(lot.StockTakeArgs{Counted: tons(found), Date: today}, today)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	if take(l, "40").Doubted() {
		t.Error("what lacks is under no receipt")
	}
	short := take(l, "37")
	if !short.Doubted() {
		t.Error("3 t of the receipts lack")
	}
	if _, err := short.Deliver(tons("10"), tons("0"), today, "WR1"); told(err) != "SHORTAGE/lot 民法典 917" {
		t.Errorf("delivered: %v", err)
	}
	known := short.LoseReceipted(tons("3"), today, "进水")
	if known.Doubted() || known.Missing.String() != "60 t" || known.Lost.String() != "3 t" {
		t.Errorf("the receipts say which of them lack 3 t: %+v", known)
	}
	if again := take(known, "37"); again.Doubted() || again.Missing.String() != "60 t" {
		t.Errorf("what receipts lost is missed again: %+v", again)
	}
	out, err := known.Deliver(tons("40"), tons("3"), today, "WR1")
	if err != nil || out.Quantity.String() != "60 t" || out.Missing.String() != "60 t" || !out.Lost.IsZero() || out.Movements[len(out.Movements)-1].Quantity.String() != "37 t" {
		t.Errorf("delivered: %+v, %v", out, err)
	}
	mixed := l
	if mixed.Commingled = true; !mixed.Doubted() {
		t.Error("its goods are mixed with others'")
	}
	more, err := short.Add(lot.AddArgs{Quantity: tons("3"), Date: today}, today)
	if err != nil || more.Doubted() {
		t.Errorf("the keeper made up for it: %+v, %v", more, err)
	}
}
