package goods_test

import (
	"fmt"
	"strings"
	"testing"

	"decore/chaincode/calendar"
	"decore/chaincode/fault"
	"decore/chaincode/goods"
	"decore/chaincode/ident"
	"decore/chaincode/money"
)

var (
	today  = calendar.MustParse("2026-03-02")
	yuan   = money.MustParse
	owner  = ident.MustUSCC("91370200990000009K")
	keeper = ident.MustUSCC("91370200990000017E")
)

// told is the code and field of a fault, "" for none.
func told(err error) string {
	if f := fault.Of(err); f != nil {
		return string(f.Code) + f.Field
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func TestADescriptionNamesWhatItLacks(t *testing.T) {
	whole := goods.Description{Name: "铝锭", Quality: "Al99.70"}
	for name, c := range map[string]struct {
		change func(*goods.Description)
		want   string
	}{
		"whole":                        {func(*goods.Description) {}, ""},
		"no name":                      {func(d *goods.Description) { d.Name = "" }, "FIELD_REQUIRED/goods/name"},
		"a name of spaces":             {func(d *goods.Description) { d.Name = " \u3000" }, "FIELD_REQUIRED/goods/name"},
		"no quality":                   {func(d *goods.Description) { d.Quality = "" }, "FIELD_REQUIRED/goods/quality"},
		"a name of a hundred Han":      {func(d *goods.Description) { d.Name = strings.Repeat("铝", 100) }, ""},
		"a name of a hundred and one":  {func(d *goods.Description) { d.Name = strings.Repeat("铝", 101) }, "FIELD_INVALID/goods/name"},
		"a batch longer than it may":   {func(d *goods.Description) { d.Batch = strings.Repeat("1", 65) }, "FIELD_INVALID/goods/batch"},
		"a code longer than it may be": {func(d *goods.Description) { d.Code = strings.Repeat("1", 33) }, "FIELD_INVALID/goods/code"},
	} {
		d := whole
		c.change(&d)
		if got := told(d.Check("/goods")); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestInsuranceSufficesFromItsShareOfTheValueOn(t *testing.T) {
	i := &goods.Insurance{Amount: yuan("80.00")}
	for share, want := range map[string]bool{"0": true, "0.5": true, "0.8": true, "0.80010000": false, "1": false} {
		if i.Suffices(yuan("100.00"), money.MustRate(share)) != want {
			t.Errorf("80 of 100 for a share of %s: suffices %t", share, !want)
		}
	}
	if none := (*goods.Insurance)(nil); none.Suffices(yuan("0.00"), money.MustRate("0")) {
		t.Error("no insurance suffices")
	}
}

func TestInsuranceCoversItsDaysAndNoOthers(t *testing.T) {
	i := &goods.Insurance{Insurer: "a", Policy: "b", Amount: yuan("1.00"), From: today, Until: today.AddDays(1)}
	for days, want := range map[int]bool{-1: false, 0: true, 1: true, 2: false} {
		if i.Covers(today.AddDays(days)) != want {
			t.Errorf("after %d days: covered %t", days, !want)
		}
	}
	if (*goods.Insurance)(nil).Covers(today) {
		t.Error("no insurance covers")
	}
	for want, change := range map[string]func(*goods.Insurance){
		"":                           func(*goods.Insurance) {},
		"FIELD_REQUIRED/insurer":     func(i *goods.Insurance) { i.Insurer = "" },
		"FIELD_REQUIRED/policy":      func(i *goods.Insurance) { i.Policy = "" },
		"AMOUNT_NOT_POSITIVE/amount": func(i *goods.Insurance) { i.Amount = money.Zero },
		"FIELD_REQUIRED/from":        func(i *goods.Insurance) { i.From = calendar.Date{} },
		"FIELD_REQUIRED/until":       func(i *goods.Insurance) { i.Until = calendar.Date{} },
		"DATE_ORDER/until":           func(i *goods.Insurance) { i.Until = today.AddDays(-1) },
	} {
		c := *i
		change(&c)
		if got := told(c.Check("")); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func price(source, yuanAUnit string, daysAgo int) goods.ValueArgs {
	return goods.ValueArgs{Source: source, Date: today.AddDays(-daysAgo), Price: yuan(yuanAUnit)}
}

// stated are prices in the order of their dates; each is its owner's.
func stated(t *testing.T, by ident.USCC, all ...goods.ValueArgs) (ps goods.Prices) {
	t.Helper()
	for _, a := range all {
		var err error
		if ps, err = ps.State(a, by, today); err != nil {
			t.Fatal(err)
		}
	}
	return ps
}

func TestTheLowestOfThePricesThatAreNotTooOldCounts(t *testing.T) {
	for name, c := range map[string]struct {
		prices goods.Prices
		want   string
	}{
		"no price":                        {nil, ""},
		"one where two must be":           {stated(t, owner, price("SMM", "9.00", 0)), ""},
		"the lower of two":                {stated(t, owner, price("SMM", "9.00", 0), price("LME", "8.00", 3)), "8.00"},
		"a lower one that is too old":     {stated(t, owner, price("SMM", "9.00", 0), price("LME", "9.50", 1), price("old", "1.00", 31)), "9.00"},
		"one on the last day that counts": {stated(t, owner, price("SMM", "9.00", 0), price("old", "1.00", 30)), "1.00"},
		"a newer one in the older's place": {stated(t, owner, price("SMM", "1.00", 3), price("SMM", "9.00", 0), price("LME", "9.50", 0)),
			"9.00"},
	} {
		got, ok := c.prices.Lowest(today, 30, 2)
		if ok != (c.want != "") || ok && got.String() != c.want {
			t.Errorf("%s: %s, %t", name, got, ok)
		}
	}
	for name, c := range map[string]struct {
		prices goods.Prices
		want   string
	}{
		"the owner's own is no source":         {stated(t, owner, price("SMM", "9.00", 0), price("LME", "8.00", 0)), ""},
		"but it lowers another's":              {append(stated(t, owner, price("SMM", "7.00", 0)), stated(t, keeper, price("LME", "8.00", 0))...), "7.00"},
		"and does not raise it":                {append(stated(t, owner, price("SMM", "9.00", 0)), stated(t, keeper, price("LME", "8.00", 0))...), "8.00"},
		"an old one of another's is not heard": {append(stated(t, owner, price("SMM", "9.00", 0)), stated(t, keeper, price("LME", "8.00", 31))...), ""},
	} {
		got, ok := c.prices.Lowest(today, 30, 1, owner)
		if ok != (c.want != "") || ok && got.String() != c.want {
			t.Errorf("%s: %s, %t", name, got, ok)
		}
	}
	two, _ := stated(t, owner, price("SMM", "9.00", 0)).State(price("SMM", "8.00", 0), keeper, today)
	if _, ok := two.Lowest(today, 30, 2); ok {
		t.Error("one source that two parties state counts as two")
	}
	if lowest, ok := two.Lowest(today, 30, 1); !ok || lowest.String() != "8.00" {
		t.Errorf("the other party's lower price: %s, %t", lowest, ok)
	}
}

func TestAPriceThatCannotBeIsRefusedAndChangesNothing(t *testing.T) {
	before := stated(t, owner, price("SMM", "9.00", 1))
	for want, a := range map[string]goods.ValueArgs{
		"FIELD_REQUIRED/source":     price(" ", "9.00", 0),
		"FIELD_INVALID/source":      price(strings.Repeat("长", 65), "9.00", 0),
		"FIELD_REQUIRED/date":       {Source: "LME", Price: yuan("9.00")},
		"DATE_IN_FUTURE/date":       price("LME", "9.00", -1),
		"DATE_ORDER/date":           price("SMM", "9.00", 2),
		"AMOUNT_NOT_POSITIVE/price": price("LME", "0.00", 0),
	} {
		after, err := before.State(a, owner, today)
		if got := told(err); got != want || len(after) != 1 || after[0] != before[0] {
			t.Errorf("got %q, want %q; prices %v", got, want, after)
		}
	}
	full := goods.Prices{}
	for i := range 20 {
		full = append(full, stated(t, owner, price(fmt.Sprint(i), "9.00", 0))...)
	}
	if _, err := full.State(price("one more", "9.00", 0), owner, today); told(err) != "TOO_MANY" {
		t.Errorf("a price too many: %v", err)
	}
	if again, err := full.State(price("7", "8.00", 0), owner, today); err != nil || len(again) != 20 {
		t.Errorf("a newer price in a full list: %v", err)
	}
}

func TestJoinedPricesAreAsCarefulAsTheMoreCarefulOfBoth(t *testing.T) {
	price := func(days int, yuans string) goods.Prices {
		return goods.Prices{{By: owner, Source: "SMM", Date: today.AddDays(days), Price: yuan(yuans)}}
	}
	for name, c := range map[string]struct {
		a, b goods.Prices
		want string
	}{
		"the older is lower":         {price(0, "20.00"), price(-30, "15.00"), "15.00"},
		"the lower is out of date":   {price(0, "20.00"), price(-31, "15.00"), "20.00"},
		"of one day":                 {price(0, "20.00"), price(0, "15.00"), "15.00"},
		"both are out of date":       {price(-40, "20.00"), price(-50, "15.00"), "20.00"},
		"the other has none":         {price(0, "20.00"), nil, "20.00"},
		"another party's is the low": {price(0, "20.00"), goods.Prices{{By: keeper, Source: "SMM", Date: today, Price: yuan("1.00")}}, "1.00"},
	} {
		for _, ps := range [][2]goods.Prices{{c.a, c.b}, {c.b, c.a}} {
			joined, err := ps[0].Join(ps[1], today, 30)
			if lowest, _ := joined.Lowest(today, 60, 1); err != nil || lowest.Cmp(yuan(c.want)) != 0 {
				t.Errorf("%s: %s of %+v, %v", name, lowest, joined, err)
			}
		}
	}
	var many goods.Prices
	for i := range 20 {
		many = append(many, goods.Valuation{By: owner, Source: fmt.Sprint(i), Date: today, Price: yuan("1.00")})
	}
	if kept, err := many.Join(price(0, "1.00"), today, 30); told(err) != "TOO_MANY" || len(kept) != 20 {
		t.Errorf("of 21 sources: %d, %v", len(kept), err)
	}
}
