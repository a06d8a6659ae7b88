package money

import (
	"fmt"
	"strings"
)

// Signed is a difference between two amounts (增减额), as a booking has it; unlike an Amount it may be below 0.00
// in a record too. The zero value is 0.00.
type Signed struct{ Amount }

// Difference returns after - before.
func Difference(before, after Amount) Signed { return Signed{after.Sub(before)} }

// ParseSigned reads what Parse reads, or that after a minus sign unless it is zero.
func ParseSigned(s string) (Signed, error) {
	digits, negative := strings.CutPrefix(s, "-")
	a, err := Parse(digits)
	switch {
	case err != nil:
		return Signed{}, err
	case negative && a.IsZero():
		return Signed{}, fmt.Errorf("%w: zero has no sign", ErrAmount)
	case negative:
		a = Zero.Sub(a)
	}
	return Signed{a}, nil
}

// MustParseSigned is ParseSigned for literals in tables and tests; it panics on a bad literal.
func MustParseSigned(s string) Signed {
	a, err := ParseSigned(s)
	if err != nil {
		panic(err) //nolint:forbidigo // a wrong literal is a mistake of the program
	}
	return a
}

// UnmarshalText reads what ParseSigned reads.
func (s *Signed) UnmarshalText(b []byte) error {
	p, err := ParseSigned(string(b))
	if err != nil {
		return err
	}
	*s = p
	return nil
}
