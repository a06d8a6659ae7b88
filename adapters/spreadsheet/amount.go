package spreadsheet

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/shopspring/decimal"

	"decore/chaincode/money"
)

// doubleDigits is how many decimal digits a spreadsheet program keeps of a number: every decimal of so
// many digits survives an IEEE 754 double, and Excel shows no more.
const doubleDigits = 15

// numberForm is a stored number (xsd:double). The bounds keep decimal arithmetic on it small.
var numberForm = regexp.MustCompile(`^-?([0-9]{1,40}(\.[0-9]{0,40})?|\.[0-9]{1,40})([eE][-+]?[0-9]{1,2})?$`)

var (
	negativeForm = regexp.MustCompile(`^([-−–].*|\(.*\))$`)
	belowZero    = regexp.MustCompile(`^(?:[-−–] ?(.+)|\((.+)\))$`)
	currencyMark = regexp.MustCompile(`^(?i:¥|rmb|cny|人民币)[: ]*| *(元|圆)整?$`)
	plainForm    = regexp.MustCompile(`^(0|[1-9][0-9]*)(\.[0-9]+)?$`)
	groupedForm  = regexp.MustCompile(`^[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]+)?$`)
	scienceForm  = regexp.MustCompile(`^[1-9](\.[0-9]{1,14})?[eE]\+?[0-9]{1,2}$`)
)

// shownInFull is where Excel's General format turns to the scientific form and drops digits: a text of
// that form at or above it may be short of some.
var shownInFull = decimal.New(1, 11)

// readAmount reads a cell of an Amount column as "1234567.00".
func readAmount(c cell) (string, *cellFault) {
	var d decimal.Decimal
	var f *cellFault
	switch c.kind {
	case numberCell:
		d, f = exactAmount(c.text)
	case dateCell:
		f = faulty(CodeAmount, clip(c.display()))
	default:
		d, f = amountText(clean(c.display()))
	}
	if f != nil {
		return "", f
	}
	if d.IsNegative() {
		return "", faulty(CodeAmountNegative, clip(c.display()))
	}
	a, err := money.Parse(d.StringFixed(2))
	if err != nil {
		return "", faulty(CodeAmountTooLarge, clip(c.display()))
	}
	return a.String(), nil
}

// readSigned reads a cell of a Signed column: what readAmount reads, or that below zero.
func readSigned(c cell) (string, *cellFault) {
	m := belowZero.FindStringSubmatch(strings.TrimSpace(clean(c.text)))
	if m == nil {
		return readAmount(c)
	}
	c.text = m[1] + m[2]
	a, f := readAmount(c)
	if f != nil || a == money.Zero.String() {
		return a, f
	}
	return "-" + a, nil
}

// amountText reads an amount that is stored as text.
func amountText(s string) (decimal.Decimal, *cellFault) {
	if s = strings.TrimSpace(s); negativeForm.MatchString(s) {
		return decimal.Decimal{}, faulty(CodeAmountNegative, clip(s))
	}
	bare := currencyMark.ReplaceAllString(s, "")
	switch {
	case len(bare) > 40:
		return decimal.Decimal{}, faulty(CodeAmount, clip(s))
	case groupedForm.MatchString(bare):
		bare = strings.ReplaceAll(bare, ",", "")
	case scienceForm.MatchString(bare):
		if d, ok := parseNumber(bare); !ok || d.GreaterThanOrEqual(shownInFull) {
			return decimal.Decimal{}, faulty(CodeDigitsLost)
		}
	case !plainForm.MatchString(bare):
		return decimal.Decimal{}, faulty(CodeAmount, clip(s))
	}
	d, ok := parseNumber(bare)
	if !ok {
		return d, faulty(CodeAmount, clip(s))
	}
	if -d.Exponent() > 2 {
		return d, faulty(CodeAmountDecimals, clip(s))
	}
	return d, nil
}

// exactAmount recovers the decimal that was typed from the stored text of a double: 1234.56 may be
// stored as 1234.5600000000001. Fifteen digits tell the fen apart only below 10^13 yuan.
func exactAmount(stored string) (decimal.Decimal, *cellFault) {
	d, ok := parseNumber(stored)
	if !ok {
		return d, faulty(CodeAmount, clip(stored))
	}
	typed := toDoubleDigits(d)
	switch {
	case lost(d):
		return d, faulty(CodeDigitsLost)
	case !typed.Equal(typed.Truncate(2)):
		return d, faulty(CodeAmountDecimals, clip(stored))
	}
	return typed, nil
}

func parseNumber(s string) (decimal.Decimal, bool) {
	if !numberForm.MatchString(s) {
		return decimal.Decimal{}, false
	}
	d, err := decimal.NewFromString(s)
	return d, err == nil
}

// lost reports whether a stored number no longer tells which amount was typed.
func lost(d decimal.Decimal) bool {
	n := integerDigits(d)
	return n > doubleDigits || n > doubleDigits-2 && !d.Equal(toDoubleDigits(d))
}

func integerDigits(d decimal.Decimal) int {
	return len(strings.TrimPrefix(d.Truncate(0).StringFixed(0), "-"))
}

// toDoubleDigits rounds to the digits that a spreadsheet program shows.
func toDoubleDigits(d decimal.Decimal) decimal.Decimal {
	surplus := d.NumDigits() - doubleDigits
	if surplus <= 0 {
		return d
	}
	return d.Round(-d.Exponent() - int32(surplus)) //nolint:gosec // at most some 80 digits
}

// showNumber returns a stored number as a spreadsheet program shows it: in the scientific form once
// digits are lost, so that a sheet that is sent back and forth never makes them up.
func showNumber(stored string) string {
	d, ok := parseNumber(stored)
	if !ok {
		return stored
	}
	shown := toDoubleDigits(d)
	if !lost(d) {
		return shown.String()
	}
	sign := ""
	if d.IsNegative() {
		sign = "-"
	}
	digits := shown.Abs().Truncate(0).StringFixed(0)
	mantissa := strings.TrimRight(digits[:1]+"."+digits[1:min(len(digits), doubleDigits)], "0")
	return fmt.Sprintf("%s%sE+%d", sign, strings.TrimSuffix(mantissa, "."), len(digits)-1)
}
