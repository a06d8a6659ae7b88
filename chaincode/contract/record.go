package contract

import (
	"slices"
	"strings"

	"decore/chaincode/calendar"
	"decore/chaincode/duplicate"
	"decore/chaincode/evidence"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
)

// Header is the public part of a record (公开头): what every member must see to stop fraud.
//
// Who registered a record and to whom it is disclosed is public by construction, since signed
// commands and the names of private collections stand in the blocks; amounts, prices, rates and
// counterparties are not here.
type Header struct {
	ID       string              `json:"id"`
	Kind     string              `json:"kind"`
	State    lifecycle.State     `json:"state"`
	Version  int                 `json:"version"`
	Terms    evidence.Commitment `json:"terms"` // commitment to the private terms
	Owner    ident.USCC          `json:"owner"` // who created it; of a part of a receivable, who registered the whole
	Root     string              `json:"root"`  // first stage of the same value; names the encumbrance book
	Parents  []string            `json:"parents"`
	Apart    bool                `json:"apart,omitzero"`   // it was passed on to another creditor: what is lent on its order reaches it no more
	Doubted  bool                `json:"doubted,omitzero"` // of a lot: fewer goods are there than its receipts stand for, or they are mixed with others'
	Tokens   []duplicate.Token   `json:"tokens"`
	Grants   []Grant             `json:"grants"`
	Created  evidence.Instant    `json:"created"`
	Updated  evidence.Instant    `json:"updated"`
	Command  string              `json:"command"` // the command that changed it last
	Creation string              `json:"creation"`
}

// Nearest returns the nearest of the record's parents that is of the table's kind, "" for none.
func (h Header) Nearest(t *lifecycle.Table) string {
	for _, id := range slices.Backward(h.Parents) {
		if strings.HasPrefix(id, t.Prefix+"-") {
			return id
		}
	}
	return ""
}

// Stages lists the records whose liens reach this one: earlier stages of its value, oldest first.
func (h Header) Stages() []string {
	if h.Apart {
		return h.Wholes()
	}
	return h.Parents
}

// Wholes lists, oldest first, the records of its own kind that the record is a part of: a receivable out of a split
// descends from its order and from these.
func (h Header) Wholes() []string {
	prefix, _, _ := strings.Cut(h.ID, "-")
	n := len(h.Parents)
	for n > 0 && strings.HasPrefix(h.Parents[n-1], prefix+"-") {
		n--
	}
	return h.Parents[n:]
}

// Grant is a disclosure to a bank (授权).
type Grant struct {
	Party ident.USCC       `json:"party"`
	From  evidence.Instant `json:"from"`
	Until calendar.Date    `json:"until"`        // last day
	Via   string           `json:"via,omitzero"` // the record whose grant brought this one along
}

// Granted reports whether a grant to the party stands on the day.
func (h Header) Granted(p ident.USCC, on calendar.Date) bool {
	return slices.ContainsFunc(h.Grants, func(g Grant) bool { return g.Party == p && !on.After(g.Until) })
}

// Terms is what the private terms of every kind can tell.
type Terms interface {
	// Parties lists who may read the terms by being bound by them.
	Parties() []ident.USCC
	// Related returns the party in a relation to the record, "" for none.
	Related(as lifecycle.Relation) ident.USCC
}

// Record is a header with its opened terms.
type Record[T Terms] struct {
	Header
	Terms   T
	opening evidence.Sealed // as it stood when loaded; empty for a new record
}
