// Package encumbrance is the one book that says who holds what (担保权益登记簿).
//
// An order, the goods made for it, the warehouse receipt over them and the receivable from their
// delivery are stages of one value. All records that descend from one root share one book, so that a
// second lien on the same value, at any stage, is seen in the very transaction that asks for it.
package encumbrance

import (
	"errors"
	"slices"
	"time"

	"decore/chaincode/evidence"
	"decore/chaincode/ident"
)

// Errors of the book.
var (
	ErrEncumbered = errors.New("the value is already encumbered")
	ErrNotHeld    = errors.New("no live lien of this financing")
)

// Kind is the form of a lien.
type Kind string

// Forms of liens.
const (
	Pledge     Kind = "pledge"     // 质押 (民法典 440, 445)
	Assignment Kind = "assignment" // 转让、保理 (民法典 545, 761)
	Floating   Kind = "floating"   // 动态质押: goods may change above a least value (民法典担保制度解释 art. 55)
	Mortgage   Kind = "mortgage"   // 浮动抵押 (民法典 396)
)

// State is how far a lien has come.
type State string

// States of a live lien; a released lien leaves the book and stays in the blocks.
const (
	Reserved   State = "reserved"   // 占用: lapses by itself at its time
	Encumbered State = "encumbered" // 已设立: filed at the movables registry
)

// Lien is one holder's hold on one record.
type Lien struct {
	Record     string            `json:"record"`
	Ancestors  []string          `json:"ancestors"` // earlier stages of the record's value
	Financing  string            `json:"financing"` // the debt that it secures (民法典 388: accessory)
	Holder     ident.USCC        `json:"holder"`
	Kind       Kind              `json:"kind"`
	State      State             `json:"state"`
	Since      evidence.Instant  `json:"since"`
	Until      *evidence.Instant `json:"until,omitzero"`      // when a reservation lapses
	Registered *evidence.Instant `json:"registered,omitzero"` // time of the registry filing, which decides priority (民法典 768)
}

// Book holds the live liens on every stage of one value.
type Book struct {
	Liens []Lien `json:"liens"`
}

func (l Lien) live(at time.Time) bool {
	return l.State != Reserved || l.Until == nil || at.Before(l.Until.Time)
}

// touches reports whether the lien holds the record, or an earlier or later stage of its value.
func (l Lien) touches(record string, ancestors []string) bool {
	return l.Record == record || slices.Contains(ancestors, l.Record) || slices.Contains(l.Ancestors, record)
}

// Live lists the liens on the record's value, at any stage, that stand at the time.
func (b Book) Live(record string, ancestors []string, at time.Time) []Lien {
	var live []Lien
	for _, l := range b.Liens {
		if l.live(at) && l.touches(record, ancestors) {
			live = append(live, l)
		}
	}
	return live
}

// Held returns the financing's live lien on the record.
func (b Book) Held(record, financing string, at time.Time) (Lien, bool) {
	for _, l := range b.Liens {
		if l.Record == record && l.Financing == financing && l.live(at) {
			return l, true
		}
	}
	return Lien{}, false
}

// Reserve adds a reservation, or renews the financing's own. Lapsed reservations are dropped.
func (b Book) Reserve(l Lien) (Book, error) {
	for _, other := range b.Live(l.Record, l.Ancestors, l.Since.Time) {
		if other.Financing != l.Financing || other.State != Reserved {
			return b, ErrEncumbered
		}
	}
	l.State = Reserved
	return b.put(l), nil
}

// Encumber turns the financing's live reservation into a lien that does not lapse.
func (b Book) Encumber(record, financing string, kind Kind, at, registered evidence.Instant) (Book, error) {
	l, ok := b.Held(record, financing, at.Time)
	if !ok || l.State != Reserved {
		return b, ErrNotHeld
	}
	l.State, l.Kind, l.Since, l.Until, l.Registered = Encumbered, kind, at, nil, &registered
	return b.put(l), nil
}

// Establish adds a lien that was filed before it was recorded, with no reservation before it.
func (b Book) Establish(l Lien) (Book, error) {
	if len(b.Live(l.Record, l.Ancestors, l.Since.Time)) > 0 {
		return b, ErrEncumbered
	}
	l.State, l.Until = Encumbered, nil
	return b.put(l), nil
}

// Release removes the financing's lien.
func (b Book) Release(record, financing string) Book {
	return Book{slices.DeleteFunc(slices.Clone(b.Liens), func(l Lien) bool {
		return l.Record == record && l.Financing == financing
	})}
}

// Stage is one record of a value.
type Stage struct {
	Record    string
	Ancestors []string
}

// RollOver moves the financing's lien on a record to later stages of its value (担保随转), with the rank that it has. It
// stays on the record too where keep says so. No other lien may stand on those stages.
func (b Book) RollOver(from, financing string, to []Stage, keep bool, at time.Time) (Book, error) {
	l, ok := b.Held(from, financing, at)
	if !ok {
		return b, ErrNotHeld
	}
	next := b
	if !keep {
		next = b.Release(from, financing)
	}
	for _, stage := range to {
		for _, other := range b.Live(stage.Record, stage.Ancestors, at) {
			if other.Financing != financing {
				return b, ErrEncumbered
			}
		}
		l.Record, l.Ancestors = stage.Record, stage.Ancestors
		next = Book{append(slices.Clone(next.Liens), l)}
	}
	return next, nil
}

func (b Book) put(l Lien) Book {
	kept := slices.DeleteFunc(slices.Clone(b.Liens), func(o Lien) bool {
		return !o.live(l.Since.Time) || o.Record == l.Record && o.Financing == l.Financing
	})
	return Book{append(kept, l)}
}
