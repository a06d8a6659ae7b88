// Package ident holds the identifiers that parties, invoices, contracts and banks are known by.
//
// Each identifier has one written form. A Parse function normalises what a person or a spreadsheet
// wrote (Unicode NFKC, so that full-width becomes half-width; surrounding space off; upper case),
// checks it, and returns that form. Parsing the form again returns it unchanged.
//
// Reading text or JSON into one of these types is strict: it parses, and an empty text is refused.
// A field that may be absent therefore carries omitempty or omitzero. A field that is absent or
// null stays "", so a required one is still to be asked for.
package ident

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// ErrIdentifier is wrapped by every error of this package.
var ErrIdentifier = errors.New("invalid identifier")

// Kind names what was to be read.
type Kind string

// The kinds of identifier.
const (
	KindUSCC           Kind = "unified social credit code"
	KindInvoiceNumber  Kind = "invoice number"
	KindDocumentNumber Kind = "document number"
	KindCNAPS          Kind = "CNAPS code"
	KindLEI            Kind = "LEI"
)

// Fault is a stable word for what is wrong, for programs and translations to go by.
type Fault string

// The faults.
const (
	FaultLength            Fault = "length"
	FaultAlphabet          Fault = "alphabet"
	FaultForm              Fault = "form"
	FaultArea              Fault = "area"
	FaultOrganisationCheck Fault = "organisation_check"
	FaultCheck             Fault = "check"
	FaultYear              Fault = "year"
)

// Error says why a text is no identifier of its kind. Reason names the rule and never repeats the
// text, so that it may be shown where the identifier is not public; Value and Error do repeat it.
type Error struct {
	Kind   Kind
	Fault  Fault
	Value  string // as written, clipped
	Reason string
}

// Error returns kind, value and reason in a sentence.
func (e *Error) Error() string {
	return fmt.Sprintf("%s: %s %q: %s", ErrIdentifier, e.Kind, e.Value, e.Reason)
}

// Unwrap returns ErrIdentifier.
func (e *Error) Unwrap() error { return ErrIdentifier }

// rule is one thing that must hold of a normalised text.
type rule struct {
	fault  Fault
	reason string
	holds  func(string) bool
}

// maxInput bounds, in bytes, what is normalised at all: no identifier comes near it.
const maxInput = 1024

// parse normalises s and returns it when all rules hold, else an Error about the first that doesn't.
func parse(kind Kind, s string, rules []rule) (string, error) {
	if len(s) > maxInput {
		return "", newError(kind, FaultLength, s, fmt.Sprintf("longer than %d bytes", maxInput))
	}
	n := normalise(s)
	for _, r := range rules {
		if !r.holds(n) {
			return "", newError(kind, r.fault, s, r.reason)
		}
	}
	return n, nil
}

func normalise(s string) string {
	return strings.ToUpper(strings.TrimSpace(norm.NFKC.String(s)))
}

func newError(kind Kind, fault Fault, value, reason string) *Error {
	return &Error{Kind: kind, Fault: fault, Value: clip(value), Reason: reason}
}

// clip keeps the first 40 characters, and makes them valid UTF-8 so that any encoder takes them.
func clip(s string) string {
	const most = 40
	s = strings.ToValidUTF8(s, string(utf8.RuneError))
	count := 0
	for i := range s {
		if count++; count > most {
			return s[:i] + "…"
		}
	}
	return s
}

// unmarshal is UnmarshalText of every type here: dst is untouched unless b parses.
func unmarshal[T ~string](dst *T, b []byte, parse func(string) (T, error)) error {
	v, err := parse(string(b))
	if err != nil {
		return err
	}
	*dst = v
	return nil
}

func hasLength(n int) func(string) bool {
	return func(s string) bool { return utf8.RuneCountInString(s) == n }
}

// within reports whether s is made of characters of the alphabet alone.
func within(alphabet string) func(string) bool {
	return func(s string) bool { return strings.Trim(s, alphabet) == "" }
}

const (
	digits       = "0123456789"
	alphanumeric = digits + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)
