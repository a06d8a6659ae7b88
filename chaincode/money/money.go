// Package money holds exact amounts of RMB (人民币金额) and exact rates.
//
// Nothing here is a binary float: an Amount is a decimal with two places (yuan and fen),
// a Rate a decimal fraction. JSON carries both as strings.
package money

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"

	"github.com/shopspring/decimal"
)

// Currency is the only currency of this ledger (ISO 4217).
const Currency = "CNY"

// ErrAmount is wrapped by every error about an amount that cannot be read.
var ErrAmount = errors.New("invalid amount")

// ErrRate is wrapped by every error about a rate that cannot be read.
var ErrRate = errors.New("invalid rate")

// Fifteen digits before the point hold any balance sheet of the country with room to add.
var amountForm = regexp.MustCompile(`^(0|[1-9][0-9]{0,14})(\.[0-9]{1,2})?$`)

var rateForm = regexp.MustCompile(`^[01](\.[0-9]{1,8})?$`)

// Amount is an amount in yuan, exact to the fen (金额,单位:元,精确到分).
// The zero value is 0.00. Compare amounts by Cmp, never by ==, which compares their insides.
type Amount struct{ d decimal.Decimal }

// Zero is 0.00.
var Zero = Amount{}

// Largest is the largest amount that a record can hold.
var Largest = MustParse("999999999999999.99")

// Parse reads a non-negative amount such as "1500000.00"; at most two decimals, no sign, no exponent.
func Parse(s string) (Amount, error) {
	if !amountForm.MatchString(s) {
		return Amount{}, fmt.Errorf("%w: %q is not a non-negative number of yuan with at most two decimals and fifteen digits", ErrAmount, clip(s))
	}
	d, err := decimal.NewFromString(s)
	if err != nil {
		return Amount{}, fmt.Errorf("%w: %w", ErrAmount, err)
	}
	return Amount{d}, nil
}

// MustParse is Parse for literals in tables and tests; it panics on a bad literal.
func MustParse(s string) Amount {
	a, err := Parse(s)
	if err != nil {
		panic(err) //nolint:forbidigo // a wrong literal is a mistake of the program
	}
	return a
}

// Fen returns n fen as an Amount; n may be negative.
func Fen(n int64) Amount { return Amount{decimal.New(n, -2)} }

// Round returns the decimal number of yuan rounded half away from zero to the fen (四舍五入到分).
func Round(d decimal.Decimal) Amount { return Amount{d.Round(2)} }

// Decimal returns the amount as a decimal number of yuan.
func (a Amount) Decimal() decimal.Decimal { return a.d }

// Fen returns the amount in fen. A sum past the range of int64, which takes over ninety of the
// largest amounts that Parse reads, stays at that range's end and does not change sign.
func (a Amount) Fen() int64 {
	fen := a.d.Shift(2).BigInt()
	switch {
	case fen.IsInt64():
		return fen.Int64()
	case fen.Sign() < 0:
		return math.MinInt64
	default:
		return math.MaxInt64
	}
}

// Add returns a + b.
func (a Amount) Add(b Amount) Amount {
	// Half of all sums begin at Zero, which has no decimals yet: to bring it to two costs more than all the rest.
	switch {
	case a.d.IsZero():
		return b
	case b.d.IsZero():
		return a
	}
	return Amount{a.d.Add(b.d)}
}

// Sub returns a - b, which may be negative.
func (a Amount) Sub(b Amount) Amount {
	if b.d.IsZero() {
		return a
	}
	return Amount{a.d.Sub(b.d)}
}

// Times returns a × rate, rounded as Round does.
func (a Amount) Times(r Rate) Amount { return Round(a.d.Mul(r.d)) }

// Cmp compares a and b: -1, 0 or +1.
func (a Amount) Cmp(b Amount) int {
	if b.d.IsZero() {
		return a.d.Sign()
	}
	return a.d.Cmp(b.d)
}

// Less reports a < b.
func (a Amount) Less(b Amount) bool { return a.Cmp(b) < 0 }

// IsZero reports whether the amount is 0.00.
func (a Amount) IsZero() bool { return a.d.IsZero() }

// IsPositive reports whether the amount is above 0.00.
func (a Amount) IsPositive() bool { return a.d.IsPositive() }

// IsNegative reports whether the amount is below 0.00; only differences can be.
func (a Amount) IsNegative() bool { return a.d.IsNegative() }

// Min returns the smaller of a and b.
func Min(a, b Amount) Amount {
	if b.Less(a) {
		return b
	}
	return a
}

// Max returns the larger of a and b.
func Max(a, b Amount) Amount {
	if a.Less(b) {
		return b
	}
	return a
}

// Sum adds all amounts.
func Sum(as ...Amount) Amount {
	total := Zero
	for _, a := range as {
		total = total.Add(a)
	}
	return total
}

// String returns the amount with two decimals.
func (a Amount) String() string { return a.d.StringFixed(2) }

// MarshalText writes the amount with two decimals. A negative difference is written too, though
// UnmarshalText refuses it: no record holds one.
func (a Amount) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what Parse reads.
func (a *Amount) UnmarshalText(b []byte) error {
	p, err := Parse(string(b))
	if err != nil {
		return err
	}
	*a = p
	return nil
}

// Rate is a fraction between 0 and 1 with at most eight decimals: an interest rate a year
// (年利率), an advance rate (融资比例) or a haircut (折扣率). The zero value is 0.
type Rate struct{ d decimal.Decimal }

// ParseRate reads a fraction such as "0.015".
func ParseRate(s string) (Rate, error) {
	if !rateForm.MatchString(s) {
		return Rate{}, fmt.Errorf("%w: %q is not a fraction between 0 and 1 with at most eight decimals", ErrRate, clip(s))
	}
	d, err := decimal.NewFromString(s)
	if err != nil {
		return Rate{}, fmt.Errorf("%w: %w", ErrRate, err)
	}
	if d.GreaterThan(decimal.NewFromInt(1)) {
		return Rate{}, fmt.Errorf("%w: %q is above 1", ErrRate, s)
	}
	return Rate{d}, nil
}

// MustRate is ParseRate for literals; it panics on a bad literal.
func MustRate(s string) Rate {
	r, err := ParseRate(s)
	if err != nil {
		panic(err) //nolint:forbidigo // a wrong literal is a mistake of the program
	}
	return r
}

// Decimal returns the rate as a decimal fraction.
func (r Rate) Decimal() decimal.Decimal { return r.d }

// Cmp compares two rates.
func (r Rate) Cmp(o Rate) int { return r.d.Cmp(o.d) }

// IsZero reports whether the rate is 0.
func (r Rate) IsZero() bool { return r.d.IsZero() }

// String returns the shortest exact form.
func (r Rate) String() string { return r.d.String() }

// MarshalText writes the shortest exact form.
func (r Rate) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what ParseRate reads.
func (r *Rate) UnmarshalText(b []byte) error {
	p, err := ParseRate(string(b))
	if err != nil {
		return err
	}
	*r = p
	return nil
}

func clip(s string) string {
	if len(s) > 40 {
		return strings.ToValidUTF8(s[:40], "") + "…"
	}
	return s
}
