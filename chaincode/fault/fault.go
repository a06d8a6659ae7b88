// Package fault holds the reasons for which a command is not accepted (拒绝原因).
//
// A fault is public: it names a code, a field and a rule, and never a private number.
package fault

import "errors"

// Fault is why a command was not accepted.
type Fault struct {
	Code   Code
	Field  string // JSON pointer into the command's arguments, or ""
	Clause string // statute or policy and article, or ""
}

// Code is a stable name of a reason; the gateway maps it to an HTTP status and to a text in each language.
type Code string

func (f *Fault) Error() string {
	s := string(f.Code)
	if f.Field != "" {
		s += " at " + f.Field
	}
	if f.Clause != "" {
		s += " (" + f.Clause + ")"
	}
	return s
}

// New returns a fault.
func New(code Code, field string) *Fault { return &Fault{Code: code, Field: field} }

// Under returns the fault with the rule that it rests on.
func (f *Fault) Under(clause string) *Fault {
	return &Fault{Code: f.Code, Field: f.Field, Clause: clause}
}

// Of returns the fault inside err, or nil.
func Of(err error) *Fault {
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	return nil
}
