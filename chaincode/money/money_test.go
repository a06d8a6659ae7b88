package money_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"decore/chaincode/money"
)

// notAmounts are refused as amounts and as rates.
var notAmounts = []string{
	"", " ", "-1", "-0", "+1", "-0.01", ".5", "1.", "01", "00", "00.50", "1.005", "0.001", "1e3", "1E3", "1,000.00",
	" 1", "1 ", "1\n", "0x1", "1_000", "NaN", "Inf", "-Inf", "null", "１００", "¥100", "100元", "1.2.3", "٣",
	"1000000000000000", "1" + strings.Repeat("0", 30), "1e30", "1e999999999", "1\x00", "\xff",
}

func TestParse(t *testing.T) {
	for in, want := range map[string]string{
		"0":                  "0.00",
		"0.0":                "0.00",
		"0.01":               "0.01",
		"0.5":                "0.50",
		"1":                  "1.00",
		"10.10":              "10.10",
		"1500000.00":         "1500000.00",
		"999999999999999.99": "999999999999999.99",
	} {
		t.Run("reads "+in, func(t *testing.T) {
			if a, err := money.Parse(in); err != nil || a.String() != want {
				t.Errorf("got %s, %v, want %s", a, err, want)
			}
		})
	}
	for _, in := range notAmounts {
		t.Run(fmt.Sprintf("refuses %.40q", in), func(t *testing.T) {
			a, err := money.Parse(in)
			if !errors.Is(err, money.ErrAmount) || !a.IsZero() {
				t.Errorf("got %s, %v, want ErrAmount", a, err)
			}
		})
	}
	t.Run("clips a long value in its error", func(t *testing.T) {
		_, err := money.Parse(strings.Repeat("9", 100_000))
		if err == nil || len(err.Error()) > 300 {
			t.Errorf("got %v", err)
		}
	})
}

func TestParseRate(t *testing.T) {
	for in, want := range map[string]string{
		"0": "0", "1": "1", "0.015": "0.015", "0.0150": "0.015", "1.00000000": "1", "0.00000001": "0.00000001", "0.99999999": "0.99999999",
	} {
		t.Run("reads "+in, func(t *testing.T) {
			if r, err := money.ParseRate(in); err != nil || r.String() != want {
				t.Errorf("got %s, %v, want %s", r, err, want)
			}
		})
	}
	for _, in := range []string{
		"", "-0.1", "+0.1", ".1", "0.", "00.1", "1.00000001", "2", "1.5", "0.000000001", "1e-2", "1.5%", "NaN", " 0.1", "0.1\n", "０.１", "\xff",
	} {
		t.Run(fmt.Sprintf("refuses %q", in), func(t *testing.T) {
			r, err := money.ParseRate(in)
			if !errors.Is(err, money.ErrRate) || !r.IsZero() {
				t.Errorf("got %s, %v, want ErrRate", r, err)
			}
		})
	}
	t.Run("orders rates by value and not by how they are written", func(t *testing.T) {
		low, high := money.MustRate("0.015"), money.MustRate("0.02")
		if low.Cmp(high) != -1 || high.Cmp(low) != 1 || low.Cmp(money.MustRate("0.0150")) != 0 || low.IsZero() {
			t.Error("wrong order")
		}
	})
}

func TestRound(t *testing.T) {
	for in, want := range map[string]string{
		"0.004": "0.00", "0.005": "0.01", "0.0049999999": "0.00", "0.015": "0.02", "0.025": "0.03", "0.994": "0.99", "0.995": "1.00",
		"-0.004": "0.00", "-0.005": "-0.01", "-0.015": "-0.02", "-0.0149": "-0.01", "12": "12.00", "1e3": "1000.00",
		"1520833.333333333333": "1520833.33", "1522916.666666666666": "1522916.67",
	} {
		t.Run(in+" becomes "+want, func(t *testing.T) {
			if got := money.Round(decimal.RequireFromString(in)); got.String() != want {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestTheZeroValueIsAnAmountLikeAnyOther(t *testing.T) {
	var zero money.Amount
	one := money.MustParse("1")
	for name, got := range map[string]struct{ got, want money.Amount }{
		"0 + 1":    {zero.Add(one), one},
		"1 - 0":    {one.Sub(zero), one},
		"0 - 0":    {zero.Sub(zero), money.Fen(0)},
		"0 × 0":    {zero.Times(money.Rate{}), zero},
		"1 × 0":    {one.Times(money.Rate{}), zero},
		"empty Σ":  {money.Sum(), zero},
		"min":      {money.Min(zero, one), zero},
		"max":      {money.Max(zero, one), one},
		"parsed 0": {money.MustParse("0.00"), money.Zero},
	} {
		if got.got.Cmp(got.want) != 0 {
			t.Errorf("%s: got %s, want %s", name, got.got, got.want)
		}
	}
	if zero.String() != "0.00" || zero.Fen() != 0 || !zero.IsZero() || zero.IsPositive() || zero.IsNegative() || !zero.Less(one) {
		t.Errorf("got %s, %d fen", zero, zero.Fen())
	}
	if r := (money.Rate{}); r.String() != "0" || !r.IsZero() || !r.Decimal().IsZero() {
		t.Errorf("got the rate %s", r)
	}
}

func TestFenStaysAtTheEndOfItsRange(t *testing.T) {
	var many []money.Amount
	for range 100 {
		many = append(many, money.MustParse("999999999999999.99"))
	}
	total := money.Sum(many...)
	if total.String() != "99999999999999999.00" {
		t.Errorf("got the sum %s", total)
	}
	if got := total.Fen(); got != math.MaxInt64 {
		t.Errorf("got %d fen", got)
	}
	if got := money.Zero.Sub(total).Fen(); got != math.MinInt64 {
		t.Errorf("got %d fen below zero", got)
	}
	for _, n := range []int64{math.MinInt64, math.MaxInt64} {
		if got := money.Fen(n).Fen(); got != n {
			t.Errorf("got %d, want %d", got, n)
		}
	}
}

// codecs are the two JSON packages in use.
var codecs = map[string]struct {
	marshal   func(any) ([]byte, error)
	unmarshal func([]byte, any) error
}{
	"encoding/json": {json.Marshal, json.Unmarshal},
	"go-json-experiment": {
		func(v any) ([]byte, error) { return jsonv2.Marshal(v) },
		func(b []byte, v any) error { return jsonv2.Unmarshal(b, v) },
	},
}

func TestJSON(t *testing.T) {
	type record struct {
		Amount money.Amount `json:"amount"`
		Rate   money.Rate   `json:"rate"`
	}
	for name, c := range codecs {
		t.Run("carries amounts and rates as strings with "+name, func(t *testing.T) {
			var r record
			if err := c.unmarshal([]byte(`{"amount":"1500000.5","rate":"0.0150"}`), &r); err != nil {
				t.Fatal(err)
			}
			b, err := c.marshal(r)
			if want := `{"amount":"1500000.50","rate":"0.015"}`; string(b) != want || err != nil {
				t.Errorf("got %s, %v, want %s", b, err, want)
			}
		})
		t.Run("refuses numbers and anything else that is not such a string with "+name, func(t *testing.T) {
			for _, bad := range []string{"0.5", "1", "1e30", "true", "{}", "[]", `""`, `"-0.5"`, `"NaN"`, `"0.5 "`, `"1e1"`} {
				for _, field := range []string{"amount", "rate"} {
					var r record
					if err := c.unmarshal([]byte(`{"`+field+`":`+bad+`}`), &r); err == nil {
						t.Errorf("%s was accepted as %s: %+v", bad, field, r)
					}
				}
			}
		})
		t.Run("writes a negative difference and does not read it back with "+name, func(t *testing.T) {
			b, err := c.marshal(money.Fen(-1))
			if string(b) != `"-0.01"` || err != nil {
				t.Fatalf("got %s, %v", b, err)
			}
			var a money.Amount
			if err := c.unmarshal(b, &a); !errors.Is(err, money.ErrAmount) {
				t.Errorf("got %s, %v", a, err)
			}
		})
	}
	t.Run("leaves the value alone when it fails", func(t *testing.T) {
		a, r := money.MustParse("7"), money.MustRate("0.7")
		if a.UnmarshalText([]byte("x")) == nil || r.UnmarshalText([]byte("x")) == nil || a.String() != "7.00" || r.String() != "0.7" {
			t.Errorf("got %s and %s", a, r)
		}
	})
}

func TestMustPanicsOnABadLiteral(t *testing.T) {
	for name, f := range map[string]func(){
		"MustParse": func() { money.MustParse("1.005") },
		"MustRate":  func() { money.MustRate("1.5") },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f()
		})
	}
}

const mostFen = 99_999_999_999_999_999 // the largest amount that Parse reads

// written is fen as yuan, by integers alone.
func written(fen int64) string {
	sign := ""
	if fen < 0 {
		sign, fen = "-", -fen
	}
	return fmt.Sprintf("%s%d.%02d", sign, fen/100, fen%100)
}

func TestAmountsAgreeWithWholeFen(t *testing.T) {
	fen := rapid.Int64Range(-mostFen, mostFen)
	t.Run("in writing and reading", rapid.MakeCheck(func(t *rapid.T) {
		n := fen.Draw(t, "n")
		a := money.Fen(n)
		if a.String() != written(n) || a.Fen() != n {
			t.Fatalf("%d fen is %s and %d", n, a, a.Fen())
		}
		p, err := money.Parse(a.String())
		if n >= 0 && (err != nil || p.Fen() != n) {
			t.Fatalf("%s read back is %s, %v", a, p, err)
		}
		if n < 0 && err == nil {
			t.Fatalf("%s was read", a)
		}
	}))
	t.Run("in sums, differences and order", rapid.MakeCheck(func(t *rapid.T) {
		x, y := fen.Draw(t, "x"), fen.Draw(t, "y")
		a, b := money.Fen(x), money.Fen(y)
		for name, c := range map[string]struct {
			got  money.Amount
			want int64
		}{
			"+": {a.Add(b), x + y}, "-": {a.Sub(b), x - y}, "Σ": {money.Sum(a, b, a), x + y + x},
			"min": {money.Min(a, b), min(x, y)}, "max": {money.Max(a, b), max(x, y)},
		} {
			if c.got.Fen() != c.want || c.got.String() != written(c.want) {
				t.Fatalf("%s %s %s: got %s, want %s", a, name, b, c.got, written(c.want))
			}
		}
		if a.Less(b) != (x < y) || (a.Cmp(b) == 0) != (x == y) || (a.Cmp(b) > 0) != (x > y) {
			t.Fatalf("%s and %s compare as %d", a, b, a.Cmp(b))
		}
		if a.IsZero() != (x == 0) || a.IsPositive() != (x > 0) || a.IsNegative() != (x < 0) {
			t.Fatalf("%s has the wrong sign", a)
		}
		if a.Fen() != x || b.Fen() != y {
			t.Fatal("an operand changed")
		}
	}))
}

// roundedFen is the exact number of yuan rounded half away from zero to whole fen.
func roundedFen(yuan *big.Rat) int64 {
	twice := new(big.Rat).Mul(yuan, big.NewRat(200, 1)) // in half fen
	half := new(big.Int).Quo(twice.Num(), twice.Denom())
	away := big.NewInt(int64(half.Sign()))
	return new(big.Int).Quo(half.Add(half, away), big.NewInt(2)).Int64()
}

func TestProductsAgreeWithExactFractions(t *testing.T) {
	t.Run("of an amount and a rate", rapid.MakeCheck(func(t *rapid.T) {
		fen := rapid.Int64Range(-mostFen, mostFen).Draw(t, "fen")
		units := rapid.Int64Range(0, 100_000_000).Draw(t, "rate in units of 1e-8")
		rate := money.MustRate(fmt.Sprintf("%d.%08d", units/100_000_000, units%100_000_000))
		exact := new(big.Rat).Mul(big.NewRat(fen, 100), big.NewRat(units, 100_000_000))
		if got, want := money.Fen(fen).Times(rate).Fen(), roundedFen(exact); got != want {
			t.Fatalf("%s × %s: got %d fen, want %d", money.Fen(fen), rate, got, want)
		}
	}))
	t.Run("at exactly half a fen", rapid.MakeCheck(func(t *rapid.T) {
		odd := 2*rapid.Int64Range(0, 1_000_000_000_000).Draw(t, "n") + 1
		if got := money.Fen(odd).Times(money.MustRate("0.5")).Fen(); got != (odd+1)/2 {
			t.Fatalf("half of %d fen: got %d", odd, got)
		}
		if got := money.Fen(-odd).Times(money.MustRate("0.5")).Fen(); got != -(odd+1)/2 {
			t.Fatalf("half of %d fen: got %d", -odd, got)
		}
	}))
	t.Run("of any decimal number", rapid.MakeCheck(func(t *rapid.T) {
		unscaled := rapid.Int64().Draw(t, "unscaled")
		places := rapid.Int32Range(2, 18).Draw(t, "places")
		d := decimal.New(unscaled, -places)
		if got, want := money.Round(d).Fen(), roundedFen(d.Rat()); got != want {
			t.Fatalf("%s: got %d fen, want %d", d, got, want)
		}
	}))
	t.Run("of a rate, written and read back", rapid.MakeCheck(func(t *rapid.T) {
		units := rapid.Int64Range(0, 100_000_000).Draw(t, "rate in units of 1e-8")
		rate := money.MustRate(fmt.Sprintf("%d.%08d", units/100_000_000, units%100_000_000))
		back, err := money.ParseRate(rate.String())
		if err != nil || back.Cmp(rate) != 0 || back.Decimal().Rat().Cmp(big.NewRat(units, 100_000_000)) != 0 {
			t.Fatalf("%s read back is %s, %v", rate, back, err)
		}
	}))
}

// isAmount is the grammar of Parse, told without a regular expression.
func isAmount(s string) bool {
	whole, fraction, point := strings.Cut(s, ".")
	digits := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	switch {
	case !digits(whole) || len(whole) > 15 || (len(whole) > 1 && whole[0] == '0'):
		return false
	case point:
		return digits(fraction) && len(fraction) <= 2
	default:
		return true
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range append([]string{"0", "0.01", "1500000.00", "999999999999999.99"}, notAmounts...) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := money.Parse(s)
		if (err == nil) != isAmount(s) {
			t.Fatalf("%q: %v", s, err)
		}
		if err != nil {
			return
		}
		exact, ok := new(big.Rat).SetString(s)
		if !ok || a.Decimal().Rat().Cmp(exact) != 0 || a.IsNegative() {
			t.Errorf("%q became %s", s, a)
		}
		if again, err := money.Parse(a.String()); err != nil || again.Cmp(a) != 0 {
			t.Errorf("%q is not stable: %s, %v", a, again, err)
		}
	})
}

func FuzzParseRate(f *testing.F) {
	for _, s := range append([]string{"0", "1", "0.015", "1.00000000", "1.00000001"}, notAmounts...) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := money.ParseRate(s)
		if err != nil {
			return
		}
		exact, ok := new(big.Rat).SetString(s)
		if !ok || r.Decimal().Rat().Cmp(exact) != 0 || exact.Sign() < 0 || exact.Cmp(big.NewRat(1, 1)) > 0 {
			t.Errorf("%q became %s", s, r)
		}
		if again, err := money.ParseRate(r.String()); err != nil || again.Cmp(r) != 0 {
			t.Errorf("%q is not stable: %s, %v", r, again, err)
		}
	})
}
