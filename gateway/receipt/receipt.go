// Package receipt makes and checks the portable proof of a verification (核验回执): one JSON file that a bank
// keeps, and that anybody can check years later without an account, a network or this ledger. It is no warehouse
// receipt (仓单): of one, as of an order, a receivable or an inventory lot, it proves what was verified.
//
// A receipt holds the record's public header, the terms disclosed to the bank with their salts, every signed
// command behind them, and the verification that was answered. Registry and policy are not stated but
// replayed: the receipt carries the commands by which the regulator founded the ledger, parties were
// registered and approved and keys changed, so that every key is traced to the regulator's founding key.
//
// What checking proves: that each legal entity signed its commands with a key that the registry had for it
// at that time; that the terms shown are those of the public commitment; that the verification follows from
// what is shown. Who pins the regulator's founding key needs to trust nobody else for the signatures.
//
// What it does not prove by itself: the results, commitments and positions that the ledger gave to the
// commands, the answers of the register of documents and the encumbrances are the ledger's word, relayed by
// the gateway that signed the receipt. So are the parts of a header that no command here tells of, such as parents
// and grants; and all of the header of the lot behind a warehouse receipt, since the commands about that lot are not
// shown. Nor are commands about another record that changed the order or the lot, such as a further receivable: so of
// an order or a lot, a command that left it in its state might be missing.
// Blocks are named by number, hash and previous hash but not included, since they hold other parties'
// commands. Compare checks all this against any member's copy of the ledger.
package receipt

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/ident"
	"decore/chaincode/party"
	"decore/gateway/verification"
)

// Format names this form of a receipt.
const Format = "decore-receipt/1"

// MaxBytes bounds a receipt.
const MaxBytes = 4 << 20

// ErrForm is wrapped by every error about bytes that are no receipt at all.
var ErrForm = errors.New("not a receipt")

// File is a receipt. Its bytes are its canonical JSON (RFC 8785).
type File struct {
	Content   Content `json:"content"`
	Digest    string  `json:"digest"`             // base64url SHA-256 of the canonical content
	Signature string  `json:"signature,omitzero"` // detached JWS (RFC 7515 appendix F) of the issuer over the canonical content
}

// Content is what a receipt says.
type Content struct {
	Format           string                    `json:"format"`
	Ledger           string                    `json:"ledger"`
	Issued           evidence.Instant          `json:"issued"`
	IssuedFor        ident.USCC                `json:"issuedFor"`
	Issuer           ident.USCC                `json:"issuer,omitzero"`
	AsOf             verification.AsOf         `json:"asOf"`
	Charter          contract.Charter          `json:"charter"`
	Policy           Policy                    `json:"policy"`
	Parties          []party.Party             `json:"parties"`         // as of then, by USCC
	Record           *Copy                     `json:"record,omitzero"` // a receivable, with its order
	Order            *Copy                     `json:"order,omitzero"`
	Lot              *Copy                     `json:"lot,omitzero"`              // 存货: by itself, or of a warehouse receipt and then without terms
	WarehouseReceipt *Copy                     `json:"warehouseReceipt,omitzero"` // 仓单, with its lot
	Documents        []verification.Document   `json:"documents"`
	Blocks           []Block                   `json:"blocks"`
	Commands         []Entry                   `json:"commands"` // in ledger order
	Verification     verification.Verification `json:"verification"`
}

func (c *Content) trade() bool { return c.Record != nil || c.Order != nil }
func (c *Content) goods() bool { return c.Lot != nil || c.WarehouseReceipt != nil }

// told lists the records whose documents and commands are told, the earlier stage first, as verification tells them.
func (c *Content) told() []contract.Header {
	var all []contract.Header
	for _, shown := range []*Copy{c.Order, c.Record, c.Lot, c.WarehouseReceipt} {
		if shown != nil && (shown != c.Lot || c.WarehouseReceipt == nil) {
			all = append(all, shown.Header)
		}
	}
	return all
}

// Policy names the credit policy that the record was judged by; its content is in the regulator's command.
type Policy struct {
	ID      string              `json:"id"`
	Version int                 `json:"version"`
	Hash    evidence.Commitment `json:"hash"` // base64url SHA-256 of its canonical JSON
}

// Copy is a record's header, and the opening of its terms where it was disclosed.
type Copy struct {
	Header  contract.Header `json:"header"`
	Opening jsontext.Value  `json:"opening,omitzero"`
}

// Block is the part of a block that every member can compare.
type Block struct {
	Number   uint64           `json:"number"`
	Hash     string           `json:"hash"`
	Previous string           `json:"previous"`
	Time     evidence.Instant `json:"time"`
}

// Entry is a command where it stands on the ledger. Without a JWS it is withheld: another bank signed it.
type Entry struct {
	JWS      string                `json:"jws,omitzero"`
	Position verification.Position `json:"position"`
	Result   contract.Result       `json:"result"`
}

// Read reads a receipt and checks its form, not its truth. Errors wrap ErrForm.
func Read(raw []byte) (File, error) {
	var f File
	if len(raw) > MaxBytes {
		return f, fmt.Errorf("%w: %d bytes, at most %d", ErrForm, len(raw), MaxBytes)
	}
	if err := canon.Strict(raw, &f); err != nil {
		return f, fmt.Errorf("%w: %w", ErrForm, err)
	}
	if f.Content.Format != Format {
		return f, fmt.Errorf("%w: format %.40q, want %s", ErrForm, f.Content.Format, Format)
	}
	if trade, goods := f.Content.trade(), f.Content.goods(); trade == goods {
		return f, fmt.Errorf("%w: it must be about a receivable or an order, or about a lot or a warehouse receipt", ErrForm)
	}
	// Written again it must be the same: no second form of the same content exists.
	if again, err := canon.Marshal(f); err != nil || string(again) != string(raw) {
		return f, fmt.Errorf("%w: the bytes differ from their canonical form", ErrForm)
	}
	return f, nil
}

// Failure is one thing that is wrong with a receipt.
type Failure struct {
	Code   Code   `json:"code"`
	Where  string `json:"where"` // part of the receipt, such as commands/3
	Detail string `json:"detail,omitzero"`
}

func (f Failure) String() string {
	s := string(f.Code) + " at " + f.Where
	if f.Detail != "" {
		s += ": " + f.Detail
	}
	return s
}

// FailedError lists all that is wrong with a receipt; there is at least one.
type FailedError struct{ Failures []Failure }

func (e *FailedError) Error() string {
	all := make([]string, len(e.Failures))
	for i, f := range e.Failures {
		all[i] = f.String()
	}
	return "the receipt does not hold: " + strings.Join(all, "; ")
}

// Has reports whether a failure of the code is among them.
func (e *FailedError) Has(c Code) bool {
	for _, f := range e.Failures {
		if f.Code == c {
			return true
		}
	}
	return false
}
