package verification

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"decore/chaincode/contract"
	"decore/chaincode/credit"
	"decore/chaincode/duplicate"
	"decore/chaincode/encumbrance"
	"decore/chaincode/evidence"
	"decore/chaincode/ident"
	"decore/chaincode/lot"
	"decore/chaincode/order"
	"decore/chaincode/party"
	"decore/chaincode/receivable"
	"decore/chaincode/warehouse"
)

// Facts are all that a verification rests on, as one caller may see them at one block.
type Facts struct {
	Record    Copy[receivable.Terms] // zero when the facts are about something else
	Order     Copy[order.Terms]      // the receivable's, or the subject
	Lot       Copy[lot.Terms]        // the subject, or the lot of the receipt without its terms
	Receipt   Copy[warehouse.Terms]
	Commands  []*Command // accepted commands about the records above and the receipts that the receipt is made of, those about each in ledger order; shared, not to be changed
	Parties   map[ident.USCC]party.Party
	Documents []Document
	Liens     []Lien
	Policy    credit.Policy
	AsOf      AsOf
	Now       evidence.Instant // the time of asking; its day in Asia/Shanghai is "today"
	Caller    ident.USCC
}

// Subject returns the header of the record that the facts are about.
func (f *Facts) Subject() contract.Header {
	for _, h := range []contract.Header{f.Receipt.Header, f.Lot.Header, f.Record.Header} {
		if h.ID != "" {
			return h
		}
	}
	return f.Order.Header
}

// told lists the records whose documents and commands are told, the earlier stage first.
func (f *Facts) told() []contract.Header {
	if h := f.Subject(); h.Kind == lot.Table.Kind || h.Kind == warehouse.Table.Kind {
		return []contract.Header{h}
	}
	return []contract.Header{f.Order.Header, f.Record.Header}
}

// Copy is a record's public header with the private terms where they are disclosed to the caller.
type Copy[T any] struct {
	Header  contract.Header
	Opening evidence.Sealed // zero when not disclosed
	Terms   *T              // out of Opening; nil when not disclosed
}

// Position is where a command stands on the ledger.
type Position struct {
	Block   uint64           `json:"block"`
	Tx      string           `json:"tx"`
	TxIndex int              `json:"txIndex"` // of the transaction in its block
	Index   int              `json:"index"`   // of the command in its transaction
	Time    evidence.Instant `json:"time"`    // of the transaction
}

// before reports whether the position comes earlier on the ledger.
func (p Position) before(o Position) bool {
	return cmp.Or(cmp.Compare(p.Block, o.Block), cmp.Compare(p.TxIndex, o.TxIndex), cmp.Compare(p.Index, o.Index)) < 0
}

// Command is one accepted command. A command that another bank signed is withheld from a bank: of it only
// the result and the position are told.
type Command struct {
	*evidence.Signed        // nil when withheld
	Subject          string // the record that it is about
	JWS              string // "" when withheld
	Result           contract.Result
	Position         Position
	proof            *proof
}

// SignedBy reports whether the signature verifies under the key. A good answer is remembered.
func (c *Command) SignedBy(key evidence.JWK) bool { return c.proof != nil && c.proof.verify(key) }

// Withheld reports whether who signed is not told.
func (c *Command) Withheld() bool { return c.Signed == nil }

// verb is what was commanded, "" when withheld.
func (c *Command) verb() string {
	if c.Withheld() {
		return ""
	}
	return c.Verb
}

// Document is what the register of offered documents says about one document of the record (查重). It
// never tells which other record, or whose.
type Document struct {
	Token  duplicate.Token   `json:"token"`
	Answer duplicate.Answer  `json:"answer"`
	First  *evidence.Instant `json:"first,omitzero"` // when it was first registered, of the claims that stand
	Own    bool              `json:"own"`            // the answer is about this record's own claim
}

var ownAnswers = []duplicate.Answer{duplicate.IsRegistered, duplicate.IsFinanced, duplicate.IsCancelled}

// NewDocument asks a register about the document from the record's point of view; "" is somebody without one.
func NewDocument(token duplicate.Token, register duplicate.Register, record string) Document {
	d := Document{Token: token, Answer: register.Ask(record)}
	d.Own = slices.Contains(ownAnswers, d.Answer)
	if first, ok := register.First(); ok {
		d.First = &first
	}
	return d
}

// Lien is a live lien on the record's value as a caller may know it: never by its holder's name.
type Lien struct {
	State      encumbrance.State `json:"state"`
	Kind       encumbrance.Kind  `json:"kind"`
	Until      *evidence.Instant `json:"until,omitzero"`
	Registered *evidence.Instant `json:"registered,omitzero"`
	Own        bool              `json:"own"`
}

// Liens lists the live liens on the record's value, at any stage, as the caller may know them.
func Liens(b encumbrance.Book, h contract.Header, at time.Time, caller ident.USCC) []Lien {
	liens := []Lien{}
	for _, l := range b.Live(h.ID, h.Stages(), at) {
		liens = append(liens, Lien{State: l.State, Kind: l.Kind, Until: l.Until, Registered: l.Registered, Own: l.Holder == caller})
	}
	return liens
}

func policySource(p credit.Policy) string {
	if p.ID == "" {
		return ""
	}
	return p.ID + "/" + strconv.Itoa(p.Version)
}
