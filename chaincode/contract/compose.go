package contract

import (
	"fmt"
	"time"

	"decore/chaincode/canon"
	"decore/chaincode/evidence"
	"decore/chaincode/ident"
)

// Intent is what a party wants to command, before it is signed.
type Intent struct {
	ID      string // ULID
	Ledger  string
	Verb    string
	Party   ident.USCC
	Subject string
	Time    time.Time
	On      evidence.Commitment // the subject's terms as the signer saw them
	Args    any
	Salt    []byte // of private arguments, fresh and random
}

// Naming is implemented by arguments that name records which the command creates beside its subject. Named returns them
// with fresh IDs where they have none.
type Naming interface {
	Named(fresh func(n int) (string, error)) (any, error)
}

// Compose turns an intent into the command to sign, and the opening of its private arguments to send
// along with it; the opening is nil where the verb's arguments are public.
func Compose(in Intent) (evidence.Command, []byte, error) {
	verb, ok := handlers[in.Verb]
	if !ok {
		return evidence.Command{}, nil, fmt.Errorf("no verb %q", in.Verb)
	}
	c := evidence.Command{ID: in.ID, Ledger: in.Ledger, Verb: in.Verb, Party: in.Party, Subject: in.Subject,
		Time: evidence.InstantOf(in.Time), On: in.On}
	if verb.public {
		body, err := canon.Marshal(in.Args)
		c.Body = body
		return c, nil, err
	}
	sealed, err := evidence.Seal(in.ID, in.Salt, in.Args)
	if err != nil {
		return evidence.Command{}, nil, err
	}
	c.Args = sealed.Commitment()
	return c, sealed.Raw, nil
}
