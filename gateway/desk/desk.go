// Package desk writes and signs commands for parties whose keys this gateway holds (托管签名).
package desk

import (
	"crypto/ecdsa"
	"fmt"
	"io"
	"time"

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
	Clock  Clock
	Keys   Keys
}

// Clock is the time that commands are signed at, such as the ledger's own.
type Clock interface{ Now() time.Time }

// Order is what a caller wants a hosted party to command.
type Order struct {
	Party   ident.USCC
	Verb    string // kind.verb
	Subject string // record ID; "" for a new record
	On      evidence.Commitment
	Args    any
	Draw    Draw // where its chance comes from; the zero value draws anew
	Trial   bool // only to be tried: the ledger takes it in a dry run alone
}

// Sign writes the order as a command of the party and signs it. It returns the command's subject too,
// which is new where the order had none. The error wraps keystore.ErrNoKey when the party's key is not here.
func (d *Desk) Sign(o Order) (signed submit.Signed, subject, id string, err error) {
	key, _, err := d.Keys.Key(o.Party)
	if err != nil {
		return submit.Signed{}, "", "", err
	}
	draw := o.Draw.orFresh(d.Clock.Now())
	now := draw.Seed.Time
	subject = o.Subject
	if subject == "" {
		if subject, err = newSubject(o.Verb, draw); err != nil {
			return submit.Signed{}, "", "", err
		}
	}
	salt := make([]byte, saltBytes)
	if _, err := io.ReadFull(draw.of("salt"), salt); err != nil {
		return submit.Signed{}, "", "", fmt.Errorf("salt: %w", err)
	}
	commandID, err := draw.ulid("id")
	if err != nil {
		return submit.Signed{}, "", "", fmt.Errorf("command ID: %w", err)
	}
	args, err := named(o, draw)
	if err != nil {
		return submit.Signed{}, "", "", err
	}
	cmd, opening, err := contract.Compose(contract.Intent{ID: commandID, Ledger: d.addressee(o), Verb: o.Verb, Party: o.Party,
		Subject: subject, Time: now, On: o.On, Args: args, Salt: salt})
	if err != nil {
		return submit.Signed{}, "", "", err
	}
	jws, err := evidence.Sign(cmd, key)
	return submit.Signed{JWS: jws, Opening: opening}, subject, cmd.ID, err
}

// addressee is the name by which the order's command addresses the ledger.
func (d *Desk) addressee(o Order) string {
	if o.Trial {
		return contract.Trial(d.Ledger)
	}
	return d.Ledger
}

// newSubject makes a time-ordered ID for a record of the verb's kind.
func newSubject(verb string, draw Draw) (string, error) {
	for _, v := range contract.Verbs() {
		if v.Name == verb && v.Table.Prefix != "" && v.Row.Creates() {
			id, err := draw.ulid("subject")
			if err != nil {
				return "", fmt.Errorf("record ID: %w", err)
			}
			return v.Table.Prefix + "-" + id, nil
		}
	}
	return "", fmt.Errorf("verb %s needs a subject", verb)
}

// named gives IDs to records that a command creates beside its subject, where the order left them out. They are drawn
// like everything else, so that an order which is drawn again is the same command.
func named(o Order, draw Draw) (any, error) {
	args, names := o.Args.(contract.Naming)
	if !names {
		return o.Args, nil
	}
	for _, v := range contract.Verbs() {
		if v.Name == o.Verb {
			return args.Named(func(n int) (string, error) {
				id, err := draw.ulid(fmt.Sprintf("beside/%d", n))
				return v.Table.Prefix + "-" + id, err
			})
		}
	}
	return o.Args, nil
}
