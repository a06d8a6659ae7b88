package ident

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// WrittenNumber is a document number as its issuer wrote it (单据编号原样): full width is made half
// width and surrounding space is off, and nothing else is changed. It is for a face that people read.
// Two of them are the same document when their Document is the same.
type WrittenNumber string

const maxWrittenNumber = 100

var writtenRules = []rule{
	{FaultLength, "must hold at most 100 characters", func(s string) bool { return utf8.RuneCountInString(s) <= maxWrittenNumber }},
	{FaultAlphabet, "may hold no line break, tab or other space than the blank",
		func(s string) bool { return strings.IndexFunc(s, breaks) < 0 }},
}

// ParseWrittenNumber reads what ParseDocumentNumber reads, within 100 characters on one line.
func ParseWrittenNumber(s string) (WrittenNumber, error) {
	if _, err := ParseDocumentNumber(s); err != nil {
		return "", err
	}
	written := strings.TrimSpace(norm.NFKC.String(s))
	for _, r := range writtenRules {
		if !r.holds(written) {
			return "", newError(KindDocumentNumber, r.fault, s, r.reason)
		}
	}
	return WrittenNumber(written), nil
}

// Document is the number for comparing.
func (n WrittenNumber) Document() DocumentNumber { return DocumentNumber(strip(normalise(string(n)))) }

// MarshalText writes the number as it is.
func (n WrittenNumber) MarshalText() ([]byte, error) { return []byte(n), nil }

// UnmarshalText reads what ParseWrittenNumber reads.
func (n *WrittenNumber) UnmarshalText(b []byte) error { return unmarshal(n, b, ParseWrittenNumber) }

func breaks(r rune) bool { return unicode.IsSpace(r) && r != ' ' }
