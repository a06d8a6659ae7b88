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
func register[A any](t *lifecycle.Table, verb string, public bool, run func(c *call, a A) (lifecycle.State, error)) {
	row, _ := t.Row(verb)
	handlers[t.Kind+"."+verb] = handler{table: t, row: row, args: reflect.TypeFor[A](), public: public, decode: decodeAs[A],
		run: func(c *call, args any) (lifecycle.State, error) {
			c.row = row
			bureau, err := c.bureau()
			if err != nil {
				return "", err
			}
			// Who has none of the verb's roles learns nothing more, and no opening is asked for its sake. Who is the bureau
			// depends on no record, so it is asked here, for verbs without a record's terms too.
			if !row.Permits(c.signer.Roles, func(as lifecycle.Relation) bool { return as != lifecycle.Bureau || bureau == c.cmd.Party }) {
				return "", fault.New(fault.NotPermitted, "/party")
			}
			c.owed = c.signer.Has(lifecycle.Regulator) && row.Permits([]lifecycle.Role{lifecycle.Regulator},
				func(as lifecycle.Relation) bool { return as == lifecycle.Bureau })
			return run(c, args.(A))
		}}
}

// onNew registers a verb that creates a record with private terms. Make calls permit as soon as it knows
// who the terms bind, before it looks at anything that a stranger could learn from by its answer.
func onNew[T Terms, A any](t *lifecycle.Table, verb string, make func(c *call, a A) (*Record[T], error)) {
	register(t, verb, false, func(c *call, a A) (lifecycle.State, error) {
		if err := c.newSubject(t); err != nil {
			return "", err
		}
		r, err := make(c, a)
		if err != nil {
			return "", err
		}
		r.State = c.row.To[0]
		return r.State, save(c, r)
	})
}

// on registers a verb that changes a record with private terms. The change returns the next state.
func on[T Terms, A any](t *lifecycle.Table, verb string, change func(c *call, r *Record[T], a A) (lifecycle.State, error)) {
	register(t, verb, false, func(c *call, a A) (lifecycle.State, error) {
		r, err := load[T](c, t.Kind, c.cmd.Subject, "/subject")
		if err != nil {
			return "", err
		}
		if err := c.permit(r.Header, r.Terms); err != nil {
			return "", err
		}
		if err := c.step(r.Header); err != nil {
			return "", err
		}
		next, err := change(c, r, a)
		if err != nil {
			return "", err
		}
		if !c.row.Reaches(next) {
			return "", fmt.Errorf("%s.%s led to state %q, which its table does not have", t.Kind, verb, next)
		}
		r.State = next
		return next, save(c, r)
	})
}

var ulidForm = regexp.MustCompile(`^[0-7][0-9A-HJKMNP-TV-Z]{25}$`)

// FitsTable reports whether a new record of the table may have the ID.
func FitsTable(t *lifecycle.Table, id string) bool {
	return len(id) == 30 && id[:4] == t.Prefix+"-" && ulidForm.MatchString(id[4:])
}

// newSubject checks that the subject is a free ID of the kind.
func (c *call) newSubject(t *lifecycle.Table) error { return c.newID(t, c.cmd.Subject, "/subject") }

// newID checks that an ID, which the command names at the field, is a free one of the kind.
func (c *call) newID(t *lifecycle.Table, id, field string) error {
	if !FitsTable(t, id) {
		return fault.New(fault.SubjectMalformed, field)
	}
	if _, taken, err := c.header(id); err != nil {
		return err
	} else if taken {
		return fault.New(fault.RecordExists, field)
	}
	return nil
}

// step checks that the table has the verb from the record's state, and what the signer says it saw.
func (c *call) step(h Header) error {
	switch {
	case !c.row.Leaves(h.State):
		return fault.New(fault.WrongState, "")
	case c.row.Binding && c.cmd.On == "":
		return fault.New(fault.TermsNotNamed, "/on")
	case c.cmd.On != "" && c.cmd.On != h.Terms:
		return fault.New(fault.TermsChanged, "/on")
	}
	return nil
}

// permit checks that the signer may sign the verb on this record.
func (c *call) permit(h Header, t Terms) error {
	var failed error
	related := func(as lifecycle.Relation) bool {
		ok, err := c.related(as, h, t)
		if err != nil {
			failed = err
		}
		return ok
	}
	permitted := c.row.Permits(c.signer.Roles, related)
	switch {
	case failed != nil:
		return failed
	case !permitted:
		return fault.New(fault.NotPermitted, "/party")
	}
	return nil
}

// related reports whether the signer stands in the relation to the record. Who holds a lien on an earlier
// stage of its value holds the value.
func (c *call) related(as lifecycle.Relation, h Header, t Terms) (bool, error) {
	switch as {
	case lifecycle.Holder:
		held, err := c.held(h)
		return slices.ContainsFunc(held, func(l lien) bool { return l.Holder == c.cmd.Party }), err
	case lifecycle.Grantee:
		return h.Granted(c.cmd.Party, c.today()), nil
	case lifecycle.Bureau:
		bureau, err := c.bureau()
		return bureau == c.cmd.Party, err
	}
	return t.Related(as) == c.cmd.Party, nil
}

// bureau is the finance bureau (财政局), as the charter names it.
func (c *call) bureau() (ident.USCC, error) {
	charter, _, err := recall[Charter](c.layer, CharterKey())
	return charter.Regulator, err
}
