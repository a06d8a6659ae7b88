// Package duplicate finds the same document offered twice (重复融资查重).
//
// A document is known on the channel only by a token: an HMAC of its normalised fields under the
// consortium's key, which members hold in private data. Outsiders cannot test a guess, and nobody's
// gateway can leave the check out, because the chaincode computes the tokens itself.
package duplicate

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"decore/chaincode/calendar"
	"decore/chaincode/evidence"
	"decore/chaincode/ident"
	"decore/chaincode/money"
)

// Kind is what a token was made of.
type Kind string

// Kinds of tokens.
const (
	Invoice   Kind = "F1" // 发票号码: unique in the nation
	Composite Kind = "F2" // 卖方|买方|日期|币种|金额: catches an invoice reissued under another number
	Loan      Kind = "F4" // 放款行|借据号
	Document  Kind = "F3" // 买方|卖方|合同或订单号
	Receipt   Kind = "F5" // 保管人|仓单编号
	Place     Kind = "F6" // 保管人|仓库|货位|货号或品名|批号: the same goods declared as two lots
	Filing    Kind = "F7" // 中登网登记证明编号: unique in the nation
	Credit    Kind = "F8" // 债权人|贷项通知单号
	Spot      Kind = "F9" // 保管人|仓库|货位: one heap declared as two lots under two names
)

// Proof reports whether an equal token proves that the document is the same. Two true invoices of one day and amount exist,
// and so do two heaps in one place.
func (k Kind) Proof() bool { return k != Composite && k != Spot }

// KeyVersion marks tokens with the consortium key that made them.
const KeyVersion = "1"

// Token is a public pseudonym of a document.
type Token string

// Key is the consortium's HMAC key.
type Key []byte

func (k Key) token(kind Kind, fields ...string) Token {
	mac := hmac.New(sha256.New, k)
	mac.Write([]byte("decore|" + string(kind) + "|" + strings.Join(fields, "|")))
	return Token(string(kind) + "-" + KeyVersion + "-" + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)))
}

// Invoice returns the token of an invoice number.
func (k Key) Invoice(n ident.InvoiceNumber) Token { return k.token(Invoice, string(n)) }

// Composite returns the token of an invoice's parties, day and amount.
func (k Key) Composite(seller, buyer ident.USCC, issued calendar.Date, amount money.Amount) Token {
	return k.token(Composite, string(seller), string(buyer), issued.String(), money.Currency, amount.String())
}

// Document returns the token of a contract or order number between two parties.
func (k Key) Document(buyer, seller ident.USCC, number ident.DocumentNumber) Token {
	return k.token(Document, string(buyer), string(seller), string(number))
}

// Loan returns the token of a lender's own number of a loan, in which neither width, case nor space tells two apart.
func (k Key) Loan(lender ident.USCC, reference string) Token {
	return k.token(Loan, string(lender), strings.ToUpper(strings.Join(strings.Fields(norm.NFKC.String(reference)), "")))
}

// CreditNote returns the token of a creditor's number of a credit note.
func (k Key) CreditNote(creditor ident.USCC, number string) Token {
	return k.token(Credit, string(creditor), plain(number))
}

// Filing returns the token of a number that the movables registry gave a filing.
func (k Key) Filing(number string) Token { return k.token(Filing, plain(number)) }

// Receipt returns the token of a keeper's number of a warehouse receipt.
func (k Key) Receipt(keeper ident.USCC, number ident.DocumentNumber) Token {
	return k.token(Receipt, string(keeper), string(number))
}

// Place returns the token of goods in a place of a warehouse.
func (k Key) Place(keeper ident.USCC, site, position, item, batch string) Token {
	return k.token(Place, string(keeper), plain(site), grouped(position), plain(item), grouped(batch))
}

// Spot returns the token of a place of a warehouse, whatever stands there.
func (k Key) Spot(keeper ident.USCC, site, position string) Token {
	return k.token(Spot, string(keeper), plain(site), grouped(position))
}

// grouped is plain with numbers kept apart and without leading zeros: A12 and A-012 are one place, 1-11 and 11-1 are two.
func grouped(s string) string {
	var text strings.Builder
	after := false // a number
	for _, run := range runs.FindAllString(strings.ToUpper(norm.NFKC.String(s)), -1) {
		first, _ := utf8.DecodeRuneInString(run)
		number := unicode.IsDigit(first)
		if number {
			run = strings.TrimLeft(run, "0")
			if after {
				text.WriteByte('-')
			}
		}
		text.WriteString(run)
		after = number
	}
	return text.String()
}

// runs are the numbers and words of a text.
var runs = regexp.MustCompile(`\p{Nd}+|\p{L}+`)

// plain strips a text to what tells two of them apart, so that neither width, case, space nor punctuation makes one
// place look like two.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToUpper(r)
		}
		return -1
	}, norm.NFKC.String(s))
}

// Pseudonym returns an opaque name for a party in a context, such as the household of a subsidy account.
func (k Key) Pseudonym(context string, party ident.USCC) string {
	return strings.TrimPrefix(string(k.token("P", context, string(party))), "P-"+KeyVersion+"-")
}

// Kind returns what the token was made of.
func (t Token) Kind() Kind {
	kind, _, _ := strings.Cut(string(t), "-")
	return Kind(kind)
}

// State is what a registered claim to a document came to. The names follow the practice of
// registries of financed trade documents (registered, financed, cancelled).
type State string

// States of a claim.
const (
	Registered State = "registered"
	Financed   State = "financed"
	Released   State = "released" // was financed, and the debt is paid: free to be financed again, never to be cancelled
	Cancelled  State = "cancelled"
	Divided    State = "divided" // its parts claim the document in its place
)

// Claim is one record's claim to a document.
type Claim struct {
	Record string           `json:"record"`
	Whole  string           `json:"whole,omitzero"` // of a part: the record that registered the document
	State  State            `json:"state"`
	First  evidence.Instant `json:"first"` // when it was registered
	At     evidence.Instant `json:"at"`    // when it came into its state
}

// Register is every claim to one document, in order of registration.
type Register struct {
	Claims []Claim `json:"claims"`
}

// whole is the record that registered the document, of which the claiming record is all or a part. Claims with one
// whole are disjoint value, and no duplicates of each other.
func (c Claim) whole() string {
	if c.Whole != "" {
		return c.Whole
	}
	return c.Record
}

// MaxClaims bounds a register, which is read and written whole.
const MaxClaims = 400

// Divide puts claims of parts in the place of a record's claim. They go on as it stood: a document that was
// financed once is never to be cancelled in its parts either.
func (r Register) Divide(record string, parts []string, at evidence.Instant) (Register, bool) {
	i := slices.IndexFunc(r.Claims, func(c Claim) bool { return c.Record == record })
	if i < 0 || len(r.Claims)+len(parts) > MaxClaims {
		return r, false
	}
	claims := slices.Clone(r.Claims)
	was := claims[i]
	claims[i].State, claims[i].At = Divided, at
	for _, p := range parts {
		claims = append(claims, Claim{Record: p, Whole: was.whole(), State: was.State, First: was.First, At: at})
	}
	return Register{claims}, true
}

// Set puts a record's claim into a state, adding it when it is new. The end of a loan does not bring a cancelled claim
// back: goods may be gone before the loan on them is paid.
func (r Register) Set(record string, s State, at evidence.Instant) Register {
	claims := slices.Clone(r.Claims)
	i := slices.IndexFunc(claims, func(c Claim) bool { return c.Record == record })
	if i < 0 {
		return Register{append(claims, Claim{Record: record, State: s, First: at, At: at})}
	}
	if claims[i].State == Cancelled && s == Released {
		return r
	}
	claims[i].State, claims[i].At = s, at
	return Register{claims}
}

// Share has a record claim a document in common with others that are parts of the same whole, such as a red-letter invoice
// that takes back some of each; false where the document is that of others. What was taken back from the whole before it
// was split is not to be taken back again from its parts.
func (r Register) Share(record string, wholes []string, at evidence.Instant) (Register, bool) {
	whole := record
	if len(wholes) > 0 {
		whole = wholes[0]
	}
	claims := slices.DeleteFunc(slices.Clone(r.Claims), func(c Claim) bool { return c.Record == record && c.State == Cancelled })
	if len(claims) >= MaxClaims || slices.ContainsFunc(claims, func(c Claim) bool {
		return c.State != Cancelled && (c.Record == record || c.whole() != whole || slices.Contains(wholes, c.Record))
	}) {
		return r, false
	}
	c := Claim{Record: record, State: Registered, First: at, At: at}
	if whole != record {
		c.Whole = whole
	}
	return Register{append(claims, c)}, true
}

// Answer is what the register says about a document, from the point of view of one record.
type Answer string

// Answers. A duplicate is one where another record, no part of the same whole, has a live claim to the same document.
const (
	Unknown             Answer = "unknown"              // nobody registered the document
	IsRegistered        Answer = "registered"           // by this record alone
	DuplicateRegistered Answer = "duplicate-registered" // another record registered it too
	IsFinanced          Answer = "financed"             // through this record
	DuplicateFinanced   Answer = "duplicate-financed"   // through another record
	IsCancelled         Answer = "cancelled"
)

var ownAnswers = map[State]Answer{Registered: IsRegistered, Divided: IsRegistered, Released: IsRegistered, Financed: IsFinanced, Cancelled: IsCancelled}

// Ask answers for a record; for an empty record, as somebody who has none.
func (r Register) Ask(record string) Answer {
	own, others, family := Unknown, Unknown, ""
	if i := slices.IndexFunc(r.Claims, func(c Claim) bool { return c.Record == record }); i >= 0 {
		own, family = ownAnswers[r.Claims[i].State], r.Claims[i].whole()
	}
	for _, c := range r.Claims {
		switch {
		case c.whole() == family, c.State == Divided:
		case c.State == Financed:
			others = DuplicateFinanced
		case c.State != Cancelled && others == Unknown:
			others = DuplicateRegistered
		}
	}
	if others != Unknown && own != IsFinanced {
		return others
	}
	return own
}

// EverFinanced reports whether the record's claim was ever financed.
func (r Register) EverFinanced(record string) bool {
	return slices.ContainsFunc(r.Claims, func(c Claim) bool {
		return c.Record == record && (c.State == Financed || c.State == Released)
	})
}

// First returns when the document was first registered, over all claims that still stand.
func (r Register) First() (evidence.Instant, bool) {
	for _, c := range r.Claims {
		if c.State != Cancelled && c.State != Divided {
			return c.First, true
		}
	}
	return evidence.Instant{}, false
}
