package ident

import (
	"fmt"
	"strings"
)

// CNAPS is the number of a bank branch in the national payment system (支付系统行号): 12 digits, of
// which 1-3 are the class of bank, 4-7 the city, 8-11 the branch and 12 a check digit.
type CNAPS string

// LEI is a legal entity identifier (全球法人识别编码, ISO 17442): 20 characters, of which the last two
// are check digits (ISO 7064 MOD 97-10).
type LEI string

var cnapsRules = []rule{
	{FaultLength, "must have 12 digits", hasLength(12)},
	{FaultAlphabet, "must be digits alone", within(digits)},
}

var leiRules = []rule{
	{FaultLength, "must have 20 characters", hasLength(20)},
	{FaultAlphabet, "characters must be digits or letters A to Z", within(alphanumeric)},
	{FaultCheck, "characters 19 and 20 are not its check digits (ISO 7064 MOD 97-10)",
		func(s string) bool { return s[18:] == leiCheck(s[:18]) }},
}

// ParseCNAPS normalises and validates s. It sets doubtful when the last digit is not the ISO 7064
// MOD 11,10 check digit of the others: published codes all have it, but no published rule asks for
// it, so that this is a warning and not an error.
func ParseCNAPS(s string) (code CNAPS, doubtful bool, err error) {
	n, err := parse(KindCNAPS, s, cnapsRules)
	if err != nil {
		return "", false, err
	}
	return CNAPS(n), n[11] != cnapsCheck(n[:11]), nil
}

// ParseLEI normalises and validates s.
func ParseLEI(s string) (LEI, error) {
	n, err := parse(KindLEI, s, leiRules)
	return LEI(n), err
}

// MarshalText writes the code as it is.
func (c CNAPS) MarshalText() ([]byte, error) { return []byte(c), nil }

// UnmarshalText reads what ParseCNAPS reads, doubtful or not.
func (c *CNAPS) UnmarshalText(b []byte) error {
	return unmarshal(c, b, func(s string) (CNAPS, error) {
		code, _, err := ParseCNAPS(s)
		return code, err
	})
}

// MarshalText writes the identifier as it is.
func (l LEI) MarshalText() ([]byte, error) { return []byte(l), nil }

// UnmarshalText reads what ParseLEI reads.
func (l *LEI) UnmarshalText(b []byte) error { return unmarshal(l, b, ParseLEI) }

// cnapsCheck is the ISO 7064 MOD 11,10 check digit of a string of digits.
func cnapsCheck(s string) byte {
	product := 10
	for i := range len(s) {
		sum := (product + int(s[i]-'0')) % 10
		if sum == 0 {
			sum = 10
		}
		product = 2 * sum % 11
	}
	return '0' + byte((11-product)%10)
}

// leiCheck is the pair of ISO 7064 MOD 97-10 check digits of s, with A = 10 to Z = 35.
func leiCheck(s string) string {
	remainder := 0
	for i := range len(s) {
		value, shift := strings.IndexByte(alphanumeric, s[i]), 10
		if value > 9 {
			shift = 100
		}
		remainder = (remainder*shift + value) % 97
	}
	return fmt.Sprintf("%02d", 98-remainder*100%97)
}
