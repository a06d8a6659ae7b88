package goods_test

import (
	"encoding/json"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"decore/chaincode/goods"
	"decore/chaincode/money"
)

var notQuantities = []string{"", " ", "t", "1", "1t", "1  t", " 1 t", "1 t ", "1\tt", "1\u00a0t", "-1 t", "+1 t", "01 t", ".5 t", "1. t", "1,5 t",
	"1e3 t", "1.0000001 t", "1000000000000 t", "1 T", "1 tons", "1 吨", "1 ", "NaN t", "0x1 t", "１ t", "1 t\n", "1 2 t", strings.Repeat("9", 99) + " t"}

func TestWhatIsNoQuantityIsRefused(t *testing.T) {
	for _, s := range notQuantities {
		if q, err := goods.ParseQuantity(s); !errors.Is(err, goods.ErrQuantity) {
			t.Errorf("%q was read as %s, %v", s, q, err)
		}
	}
}

func TestAQuantityIsWrittenInItsShortestForm(t *testing.T) {
	for s, want := range map[string]string{"120.50 t": "120.5 t", "0 kg": "0 kg", "0.000000 m3": "0 m3", "0.000001 g": "0.000001 g",
		"999999999999.999999 piece": "999999999999.999999 piece", "100 box": "100 box"} {
		q := goods.MustQuantity(s)
		if q.String() != want {
			t.Errorf("%q became %q, not %q", s, q, want)
		}
		raw, err := json.Marshal(q)
		var back goods.Quantity
		if err != nil || json.Unmarshal(raw, &back) != nil || back.Cmp(q) != 0 || !back.Same(q) {
			t.Errorf("%s came back as %s, %v", raw, back, err)
		}
	}
}

func TestEveryUnitIsReadAndIsItsOwn(t *testing.T) {
	var seen []goods.Quantity
	for unit, chinese := range goods.Units {
		q := goods.MustQuantity("1 " + string(unit))
		if q.Unit() != unit || chinese == "" || slices.ContainsFunc(seen, q.Same) {
			t.Errorf("%s, %q: read as %s", unit, chinese, q)
		}
		seen = append(seen, q)
	}
}

func TestAThousandKilosAreNotAdded(t *testing.T) {
	tons, kilos := goods.MustQuantity("1 t"), goods.MustQuantity("1000 kg")
	if tons.Same(kilos) || tons.None().Same(kilos) || !tons.None().Same(tons) || !tons.None().IsZero() {
		t.Error("units are mixed")
	}
	if got := goods.MustQuantity("1 t").Minus(goods.MustQuantity("1.5 t")); got.IsPositive() || got.IsZero() || got.String() != "-0.5 t" {
		t.Errorf("one less one and a half is %s", got)
	}
}

func TestPartsOfAnAmountNeverComeToMoreThanIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := goods.MustQuantity("0 t")
		amount := money.Fen(rapid.Int64Range(0, 1e13).Draw(t, "fen"))
		var parts []goods.Quantity
		for _, n := range rapid.SliceOfN(rapid.Int64Range(1, 1e9), 1, 9).Draw(t, "parts") {
			q := micro(n)
			parts, whole = append(parts, q), whole.Plus(q)
		}
		// As goods leave one after the other, each takes its part of what is left, and the last takes it all.
		left, there := amount, whole
		for _, q := range parts {
			share := goods.Share(left, q, there)
			if share.IsNegative() || left.Less(share) {
				t.Fatalf("%s of %s is %s of %s", q, there, share, left)
			}
			exact := new(big.Rat).Mul(left.Decimal().Rat(), new(big.Rat).Quo(micros(q), micros(there)))
			if off := new(big.Rat).Sub(exact, share.Decimal().Rat()); off.Sign() < 0 || off.Cmp(big.NewRat(1, 100)) >= 0 {
				t.Fatalf("%s of %s is %s of %s, and not %s", q, there, share, left, exact.FloatString(4))
			}
			left, there = left.Sub(share), there.Minus(q)
		}
		if !left.IsZero() || !there.IsZero() {
			t.Fatalf("%s and %s are left", left, there)
		}
	})
}

func micro(n int64) goods.Quantity {
	return goods.MustQuantity(new(big.Rat).SetFrac64(n, 1e6).FloatString(6) + " t")
}

func micros(q goods.Quantity) *big.Rat {
	number, _, _ := strings.Cut(q.String(), " ")
	r, _ := new(big.Rat).SetString(number)
	return r
}

func TestAValueIsRoundedToTheFen(t *testing.T) {
	for q, want := range map[string]string{"1 t": "0.03", "0.166666 t": "0.00", "0.166667 t": "0.01", "0.5 t": "0.02", "100.5 t": "3.02", "0 t": "0.00"} {
		if got := goods.MustQuantity(q).At(money.MustParse("0.03")); got.String() != want {
			t.Errorf("%s at three fen is %s, not %s", q, got, want)
		}
	}
}

func FuzzParseQuantity(f *testing.F) {
	for _, s := range append([]string{"0 t", "120.5 t", "0.000001 kg", "999999999999.999999 m3"}, notQuantities...) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q, err := goods.ParseQuantity(s)
		if err != nil {
			if !errors.Is(err, goods.ErrQuantity) || len(err.Error()) > 300 {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		number, unit, _ := strings.Cut(s, " ")
		exact, ok := new(big.Rat).SetString(number)
		if !ok || exact.Sign() < 0 || micros(q).Cmp(exact) != 0 || string(q.Unit()) != unit || goods.Units[q.Unit()] == "" {
			t.Fatalf("%q became %s", s, q)
		}
		again, err := goods.ParseQuantity(q.String())
		if err != nil || again.Cmp(q) != 0 || again.String() != q.String() || len(q.String()) > len(s) {
			t.Fatalf("%q is not stable: %s, %v", s, again, err)
		}
	})
}
