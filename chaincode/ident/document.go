package ident

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// DocumentNumber is the number that the parties gave a contract or an order (合同号、订单号), stripped
// to what tells two of them apart: letters A-Z, digits and Han characters. It is for comparing; where
// a document is shown by its number, WrittenNumber keeps it as written.
type DocumentNumber string

const maxDocumentNumber = 64

var documentRules = []rule{
	{FaultAlphabet, "may hold only letters A to Z, digits, Chinese characters, space and punctuation",
		func(s string) bool { return strings.IndexFunc(s, meaningless) < 0 }},
	{FaultLength, "must hold 1 to 64 letters, digits or Chinese characters",
		func(s string) bool { n := utf8.RuneCountInString(strip(s)); return 1 <= n && n <= maxDocumentNumber }},
}

// ParseDocumentNumber normalises and validates s and strips space and punctuation. Letters of other
// scripts are refused, because some look the same as Latin ones (Cyrillic А and Latin A) and would
// let one contract pass for two; invisible characters are refused for the same reason.
func ParseDocumentNumber(s string) (DocumentNumber, error) {
	n, err := parse(KindDocumentNumber, s, documentRules)
	return DocumentNumber(strip(n)), err
}

// MarshalText writes the number as it is.
func (n DocumentNumber) MarshalText() ([]byte, error) { return []byte(n), nil }

// UnmarshalText reads what ParseDocumentNumber reads.
func (n *DocumentNumber) UnmarshalText(b []byte) error { return unmarshal(n, b, ParseDocumentNumber) }

func strip(s string) string {
	return strings.Map(func(r rune) rune {
		if separates(r) {
			return -1
		}
		return r
	}, s)
}

// separates reports space and punctuation, brackets and dashes of any width included.
func separates(r rune) bool { return unicode.IsSpace(r) || unicode.IsPunct(r) }

func meaningless(r rune) bool {
	return !separates(r) && !strings.ContainsRune(alphanumeric, r) && !unicode.Is(unicode.Han, r)
}
