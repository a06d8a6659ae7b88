// Package goods holds what inventory and warehouse receipts have in common (货物): exact quantities with their
// unit, descriptions, prices, insurance.
package goods

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/shopspring/decimal"

	"decore/chaincode/money"
)

// ErrQuantity is wrapped by every error about a quantity that cannot be read.
var ErrQuantity = errors.New("invalid quantity")

// Unit is a unit of measure (计量单位).
type Unit string

// Units are those in which goods are counted here, with their Chinese names.
var Units = map[Unit]string{
	"t": "吨", "kg": "千克", "g": "克", "m": "米", "m2": "平方米", "m3": "立方米", "l": "升",
	"piece": "件", "set": "套", "box": "箱", "roll": "卷", "bag": "袋", "pallet": "托",
}

// Twelve digits before the point and six behind it hold any warehouse, to the milligram of a kilogram.
var quantityForm = regexp.MustCompile(`^(0|[1-9][0-9]{0,11})(\.[0-9]{1,6})? ([a-z0-9]+)$`)

// Quantity is an exact amount of goods in a unit (数量), written such as "120.5 t". The zero value is nothing, of no
// unit. Quantities of different units are never added: ask Same first. Compare by Cmp, never by ==.
type Quantity struct {
	d    decimal.Decimal
	unit Unit
}

// ParseQuantity reads a non-negative quantity such as "120.5 t", with at most six decimals.
func ParseQuantity(s string) (Quantity, error) {
	m := quantityForm.FindStringSubmatch(s)
	if m == nil {
		return Quantity{}, fmt.Errorf("%w: %q is not a non-negative number with at most six decimals, a space and a unit", ErrQuantity, clip(s))
	}
	unit := Unit(m[3])
	if _, known := Units[unit]; !known {
		return Quantity{}, fmt.Errorf("%w: %q is no unit of measure", ErrQuantity, clip(m[3]))
	}
	d, err := decimal.NewFromString(m[1] + m[2])
	if err != nil {
		return Quantity{}, fmt.Errorf("%w: %w", ErrQuantity, err)
	}
	return Quantity{d, unit}, nil
}

// MustQuantity is ParseQuantity for literals; it panics on a bad literal.
func MustQuantity(s string) Quantity {
	q, err := ParseQuantity(s)
	if err != nil {
		panic(err) //nolint:forbidigo // a wrong literal is a mistake of the program
	}
	return q
}

// Unit returns the unit of measure.
func (q Quantity) Unit() Unit { return q.unit }

// None is nothing, in the unit of q.
func (q Quantity) None() Quantity { return Quantity{unit: q.unit} }

// Same reports whether both are counted in one unit.
func (q Quantity) Same(o Quantity) bool { return q.unit == o.unit }

// Plus returns q + o, in the unit of q.
func (q Quantity) Plus(o Quantity) Quantity { return Quantity{q.d.Add(o.d), q.unit} }

// Minus returns q - o, which may be negative, in the unit of q.
func (q Quantity) Minus(o Quantity) Quantity { return Quantity{q.d.Sub(o.d), q.unit} }

// Cmp compares the numbers of two quantities of one unit: -1, 0 or +1.
func (q Quantity) Cmp(o Quantity) int { return q.d.Cmp(o.d) }

// Less reports q < o.
func (q Quantity) Less(o Quantity) bool { return q.Cmp(o) < 0 }

// IsZero reports whether there is nothing.
func (q Quantity) IsZero() bool { return q.d.IsZero() }

// IsPositive reports whether there is something.
func (q Quantity) IsPositive() bool { return q.d.IsPositive() }

// At returns the value of the quantity at a price of one unit, rounded half away from zero to the fen.
func (q Quantity) At(price money.Amount) money.Amount { return money.Round(q.d.Mul(price.Decimal())) }

// Share returns the part of an amount that part is of the whole, rounded down to the fen so that parts never come
// to more than the whole.
func Share(amount money.Amount, part, whole Quantity) money.Amount {
	if !whole.IsPositive() || !part.Less(whole) {
		return amount
	}
	const places = 2
	quotient, _ := amount.Decimal().Mul(part.d).QuoRem(whole.d, places)
	return money.Round(quotient)
}

// String returns the shortest exact form, such as "120.5 t".
func (q Quantity) String() string { return q.d.String() + " " + string(q.unit) }

// MarshalText writes the shortest exact form.
func (q Quantity) MarshalText() ([]byte, error) { return []byte(q.String()), nil }

// UnmarshalText reads what ParseQuantity reads.
func (q *Quantity) UnmarshalText(b []byte) error {
	p, err := ParseQuantity(string(b))
	if err != nil {
		return err
	}
	*q = p
	return nil
}

func clip(s string) string {
	if len(s) > 40 {
		return strings.ToValidUTF8(s[:40], "") + "…"
	}
	return s
}
