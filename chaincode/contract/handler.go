package contract

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"

	"decore/chaincode/canon"
	"decore/chaincode/fault"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
)

// handler is how one verb is carried out.
type handler struct {
	table  *lifecycle.Table
	row    lifecycle.Row
	args   reflect.Type
	public bool
	decode func([]byte) (any, error)
	run    func(c *call, args any) (lifecycle.State, error)
}

// Verb describes a verb to those who build commands.
type Verb struct {
	Name   string // kind.verb
	Table  *lifecycle.Table
	Row    lifecycle.Row
	Args   reflect.Type
	Public bool // arguments travel in the command's body for all to see
}

var handlers = map[string]handler{}

// Verbs lists every verb, in the order of the lifecycle tables.
func Verbs() []Verb {
	var all []Verb
	for _, t := range Tables {
		for _, r := range t.Rows {
			name := t.Kind + "." + r.Verb
			h := handlers[name]
			all = append(all, Verb{Name: name, Table: t, Row: r, Args: h.args, Public: h.public})
		}
	}
	return all
}

func decodeAs[A any](raw []byte) (any, error) {
	var a A
	if err := canon.Strict(raw, &a); err != nil {
		return nil, err
	}
	return a, nil
}

// register adds a handler for a row of a table; a verb that the table does not have is a mistake of
// this package that its tests find.
func register[A any](t *lifecycle.Table, verb string, public bool, run func(c *call, row lifecycle.Row, a A) (lifecycle.State, error)) {
	row, _ := t.Row(verb)
	handlers[t.Kind+"."+verb] = handler{table: t, row: row, args: reflect.TypeFor[A](), public: public, decode: decodeAs[A],
		run: func(c *call, args any) (lifecycle.State, error) { return run(c, row, args.(A)) }}
}

// onNew registers a verb that creates a record with private terms.
func onNew[T Terms, A any](t *lifecycle.Table, verb string, make func(c *call, a A) (*Record[T], error)) {
	register(t, verb, false, func(c *call, row lifecycle.Row, a A) (lifecycle.State, error) {
		if err := c.newSubject(t); err != nil {
			return "", err
		}
		r, err := make(c, a)
		if err != nil {
			return "", err
		}
		if err := c.permit(row, r.Header, r.Terms); err != nil {
			return "", err
		}
		r.State = row.To[0]
		return r.State, save(c, r)
	})
}

// on registers a verb that changes a record with private terms. The change returns the next state.
func on[T Terms, A any](t *lifecycle.Table, verb string, change func(c *call, r *Record[T], a A) (lifecycle.State, error)) {
	register(t, verb, false, func(c *call, row lifecycle.Row, a A) (lifecycle.State, error) {
		r, err := load[T](c, t.Kind, c.cmd.Subject, "/subject")
		if err != nil {
			return "", err
		}
		if err := c.permit(row, r.Header, r.Terms); err != nil {
			return "", err
		}
		if err := c.step(row, r.Header); err != nil {
			return "", err
		}
		next, err := change(c, r, a)
		if err != nil {
			return "", err
		}
		if !row.Reaches(next) {
			return "", fmt.Errorf("%s.%s led to state %q, which its table does not have", t.Kind, verb, next)
		}
		r.State = next
		return next, save(c, r)
	})
}

var ulidForm = regexp.MustCompile(`^[0-7][0-9A-HJKMNP-TV-Z]{25}$`)

// newSubject checks that the subject is a free ID of the kind.
func (c *call) newSubject(t *lifecycle.Table) error {
	id := c.cmd.Subject
	if len(id) != 30 || id[:4] != t.Prefix+"-" || !ulidForm.MatchString(id[4:]) {
		return fault.New(fault.SubjectMalformed, "/subject")
	}
	if _, taken, err := c.header(id); err != nil {
		return err
	} else if taken {
		return fault.New(fault.RecordExists, "/subject")
	}
	return nil
}

// step checks that the table has the verb from the record's state, and what the signer says it saw.
func (c *call) step(row lifecycle.Row, h Header) error {
	switch {
	case !row.Leaves(h.State):
		return fault.New(fault.WrongState, "")
	case row.Binding && c.cmd.On == "":
		return fault.New(fault.TermsNotNamed, "/on")
	case c.cmd.On != "" && c.cmd.On != h.Terms:
		return fault.New(fault.TermsChanged, "/on")
	}
	return nil
}

// permit checks that the signer may sign the verb on this record.
func (c *call) permit(row lifecycle.Row, h Header, t Terms) error {
	var failed error
	related := func(as lifecycle.Relation) bool {
		ok, err := c.related(as, h, t)
		if err != nil {
			failed = err
		}
		return ok
	}
	permitted := row.Permits(c.signer.Roles, related)
	switch {
	case failed != nil:
		return failed
	case !permitted:
		return fault.New(fault.NotPermitted, "/party")
	}
	return nil
}

// related reports whether the signer stands in the relation to the record.
func (c *call) related(as lifecycle.Relation, h Header, t Terms) (bool, error) {
	if as != lifecycle.Holder {
		return t.Related(as) == c.cmd.Party, nil
	}
	live, err := c.liens(h)
	return slices.ContainsFunc(live, func(l lien) bool { return l.Holder == c.cmd.Party && l.Record == h.ID }), err
}

// needs returns an error unless the bank sees the record, by a grant or by being bound.
func (c *call) needs(h Header, reader ident.USCC, field string) error {
	if !h.Granted(reader, c.today()) {
		return fault.New(fault.NotDisclosed, field)
	}
	return nil
}
