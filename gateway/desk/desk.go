// Package desk writes and signs commands for parties whose keys this gateway holds (托管签名).
package desk

import (
	"crypto/ecdsa"
	"crypto/rand"
	"fmt"

	"github.com/oklog/ulid/v2"

	"decore/adapters/ledger"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/ident"
	"decore/gateway/submit"
)

// saltBytes is the size of the salt of private arguments.
const saltBytes = 32

// Keys gives the current signing key of a hosted party.
type Keys interface {
	Key(party ident.USCC) (private *ecdsa.PrivateKey, kid string, err error)
}

// Desk signs for hosted parties on one ledger.
type Desk struct {
	Ledger string // the name that every command carries
	Clock  ledger.Ledger
	Keys   Keys
}

// Order is what a caller wants a hosted party to command.
type Order struct {
	Party   ident.USCC
	Verb    string // kind.verb
	Subject string // record ID; "" for a new record
	On      evidence.Commitment
	Args    any
}

// Sign writes the order as a command of the party and signs it. It returns the command's subject too,
// which is new where the order had none. The error wraps keystore.ErrNoKey when the party's key is not here.
func (d *Desk) Sign(o Order) (signed submit.Signed, subject, id string, err error) {
	key, _, err := d.Keys.Key(o.Party)
	if err != nil {
		return submit.Signed{}, "", "", err
	}
	now := d.Clock.Now()
	subject = o.Subject
	if subject == "" {
		if subject, err = d.newSubject(o.Verb); err != nil {
			return submit.Signed{}, "", "", err
		}
	}
	salt := make([]byte, saltBytes)
	if _, err := rand.Read(salt); err != nil {
		return submit.Signed{}, "", "", fmt.Errorf("salt: %w", err)
	}
	commandID, err := ulid.New(ulid.Timestamp(now), rand.Reader)
	if err != nil {
		return submit.Signed{}, "", "", fmt.Errorf("command ID: %w", err)
	}
	cmd, opening, err := contract.Compose(contract.Intent{ID: commandID.String(), Ledger: d.Ledger, Verb: o.Verb, Party: o.Party,
		Subject: subject, Time: now, On: o.On, Args: o.Args, Salt: salt})
	if err != nil {
		return submit.Signed{}, "", "", err
	}
	jws, err := evidence.Sign(cmd, key)
	return submit.Signed{JWS: jws, Opening: opening}, subject, cmd.ID, err
}

// newSubject makes a time-ordered ID for a record of the verb's kind.
func (d *Desk) newSubject(verb string) (string, error) {
	for _, v := range contract.Verbs() {
		if v.Name == verb && v.Table.Prefix != "" && v.Row.Creates() {
			id, err := ulid.New(ulid.Timestamp(d.Clock.Now()), rand.Reader)
			if err != nil {
				return "", fmt.Errorf("record ID: %w", err)
			}
			return v.Table.Prefix + "-" + id.String(), nil
		}
	}
	return "", fmt.Errorf("verb %s needs a subject", verb)
}
