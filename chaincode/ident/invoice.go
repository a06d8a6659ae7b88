package ident

import (
	"regexp"

	"decore/chaincode/calendar"
)

// InvoiceNumber is the nationally unique number of a VAT invoice (发票号码): the 20 digits of a fully
// digital invoice (数电票), or the code (发票代码, 10 or 12 digits) and number (8 digits) of an older
// one, written CODE-NUMBER.
type InvoiceNumber string

const digitalLength = 20

var (
	digitalInvoice = regexp.MustCompile(`^[0-9]{20}$`)
	olderInvoice   = regexp.MustCompile(`^([0-9]{10}|[0-9]{12})(?:\s*[|\p{Pd}]\s*|\s*)([0-9]{8})$`)
)

var invoiceRules = []rule{{FaultForm,
	"must be the 20 digits of a fully digital invoice, or a code of 10 or 12 digits and a number of 8, written CODE-NUMBER",
	func(s string) bool { return digitalInvoice.MatchString(s) || olderInvoice.MatchString(s) }}}

// ParseInvoiceNumber normalises and validates s. Between code and number may stand "|", a dash, space
// or nothing. Twenty digits on end are always a fully digital invoice, never a code of 12 with its
// number: CheckYear tells when they were meant as the latter.
func ParseInvoiceNumber(s string) (InvoiceNumber, error) {
	n, err := parse(KindInvoiceNumber, s, invoiceRules)
	if err != nil {
		return "", err
	}
	if digitalInvoice.MatchString(n) {
		return InvoiceNumber(n), nil
	}
	return InvoiceNumber(olderInvoice.ReplaceAllString(n, "$1-$2")), nil
}

// FullyDigital reports whether the invoice is a fully digital one (数电票), which can be red-lettered
// but not voided. The canonical forms differ in length: 20, or 19 and 21 with the dash.
func (n InvoiceNumber) FullyDigital() bool { return len(n) == digitalLength }

// CheckYear reports an error unless digits 1 and 2 of a fully digital invoice are the year of its
// issue. An older invoice always passes. The issuing tax office, digits 3 and 4, is left alone: its
// codes are not all those of GB/T 2260.
func (n InvoiceNumber) CheckYear(issue calendar.Date) error {
	if !n.FullyDigital() {
		return nil
	}
	if issue.IsZero() {
		return newError(KindInvoiceNumber, FaultYear, string(n), "the date of issue is needed to check its year")
	}
	year, _, _ := issue.YMD()
	if int(n[0]-'0')*10+int(n[1]-'0') != year%100 {
		return newError(KindInvoiceNumber, FaultYear, string(n),
			"digits 1 and 2 must be the year of issue (an older invoice with a code of 12 digits is written CODE-NUMBER)")
	}
	return nil
}

// MarshalText writes the number as it is.
func (n InvoiceNumber) MarshalText() ([]byte, error) { return []byte(n), nil }

// UnmarshalText reads what ParseInvoiceNumber reads.
func (n *InvoiceNumber) UnmarshalText(b []byte) error { return unmarshal(n, b, ParseInvoiceNumber) }
