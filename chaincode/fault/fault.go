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

	Reasons []Reason // all that speaks against it, this fault first, where rules give several at once
}

// Reason is one of several reasons against a command. It is public, as the fault is: which rule says no, and never by how much.
type Reason struct {
	Code   Code   `json:"code" doc:"Stable code (代码)"`
	Field  string `json:"field,omitzero" doc:"JSON pointer into the command's arguments (字段)"`
	Fact   string `json:"fact,omitzero" doc:"Fact of the record that the arguments name, where they don't state it themselves (信息项)"`
	Clause string `json:"clause,omitzero" doc:"Document and clause, or setting of a policy and why (依据)"`
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
	return &Fault{Code: f.Code, Field: f.Field, Clause: clause, Reasons: f.Reasons}
}

// Because returns the fault of all those reasons: it is the first one's.
func Because(reasons []Reason) *Fault {
	return &Fault{Code: reasons[0].Code, Field: reasons[0].Field, Clause: reasons[0].Clause, Reasons: reasons}
}

// Of returns the fault inside err, or nil.
func Of(err error) *Fault {
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	return nil
}
