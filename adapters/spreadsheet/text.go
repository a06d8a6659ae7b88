package spreadsheet

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// bigNumber is a long number as Excel writes it into a csv, such as 2.4952E+19: its digits are gone.
var bigNumber = regexp.MustCompile(`^[1-9](\.[0-9]+)?[eE]\+[0-9]{2,3}$`)

// clean normalises a text from a cell: compatibility forms such as full-width letters become plain ones
// (NFKC), white space becomes single spaces, and invisible format characters, which are pasted along
// from web pages, go.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, norm.NFKC.String(s))
	return strings.Join(strings.Fields(s), " ")
}

// Plain is a text in the form in which reading a cell of a Text column gives it back.
func Plain(s string) string { return clean(s) }

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || r == unicode.ReplacementChar })
}

// readText reads a cell of a Text column.
func readText(c cell) (string, *cellFault) {
	switch c.kind {
	case dateCell:
		return "", faulty(CodeNumberAsDate)
	case numberCell:
		return readNumberAsText(c.text)
	}
	s := clean(c.display())
	switch {
	case hasControl(s):
		return "", faulty(CodeControl)
	case bigNumber.MatchString(s):
		return "", faulty(CodeDigitsLost)
	}
	return s, nil
}

// readNumberAsText reads an identifier that was typed into a cell of format General. Up to fifteen
// digits it is what was typed, less its leading zeros.
func readNumberAsText(stored string) (string, *cellFault) {
	d, ok := parseNumber(stored)
	switch {
	case !ok || d.NumDigits() > doubleDigits && d.IsInteger():
		return "", faulty(CodeDigitsLost)
	case !d.IsInteger():
		return "", faulty(CodeNumberAsText)
	}
	s := d.StringFixed(0)
	if len(strings.TrimPrefix(s, "-")) > doubleDigits {
		return "", faulty(CodeDigitsLost)
	}
	return s, nil
}
