// Package canon writes and checks canonical JSON (规范化 JSON), so that the same content has the same bytes
// and a signature or a commitment over them is unambiguous.
//
// The form is RFC 8785 (JSON Canonicalization Scheme) with one restriction: numbers are integers of
// magnitude below 2^53. Amounts and rates travel as strings. Duplicate names, invalid UTF-8 and white
// space are refused.
package canon

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Limits that no honest document meets; they bound the work that a forged one can cause. The largest is a subsidy claim that was
// corrected after each of the hundreds of facts that a loan's record can have, period by period.
const (
	MaxBytes = 16 << 20
	MaxDepth = 16
)

// MaxInteger is the largest number that the form has.
const MaxInteger = 1<<53 - 1

// ErrNotCanonical is wrapped by every error about bytes that are not canonical JSON of this form.
var ErrNotCanonical = errors.New("not canonical JSON")

// FieldError says which field of a document could not be read, as a JSON pointer (RFC 6901).
type FieldError struct {
	Pointer string
	Err     error
}

func (e *FieldError) Error() string {
	if e.Pointer == "" {
		return e.Err.Error()
	}
	return e.Pointer + ": " + e.Err.Error()
}

// Unwrap returns the reason.
func (e *FieldError) Unwrap() error { return e.Err }

// Marshal returns the canonical JSON of v.
func Marshal(v any) ([]byte, error) {
	b, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	value := jsontext.Value(b)
	if err := value.Canonicalize(); err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return value, nil
}

// Decode checks that b is canonical and reads it into v; an unknown field is an error.
// Errors are a *FieldError where a field can be named.
func Decode(b []byte, v any) error {
	if err := Check(b); err != nil {
		return err
	}
	return Strict(b, v)
}

// Strict reads JSON that need not be canonical; unknown fields, duplicate names and wrong types are
// errors that name the field. Options say how else it may be read, where what is read is not what was signed.
func Strict(b []byte, v any, options ...json.Options) error {
	err := json.Unmarshal(b, v, append(options, json.RejectUnknownMembers(true))...)
	if err == nil {
		return nil
	}
	var semantic *json.SemanticError
	if errors.As(err, &semantic) {
		reason := semantic.Err
		if reason == nil {
			reason = fmt.Errorf("a JSON %s does not fit here", semantic.JSONKind)
		}
		return &FieldError{Pointer: string(semantic.JSONPointer), Err: reason}
	}
	var syntactic *jsontext.SyntacticError
	if errors.As(err, &syntactic) {
		return &FieldError{Pointer: string(syntactic.JSONPointer), Err: syntactic.Err}
	}
	return err
}
