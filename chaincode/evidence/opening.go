// Package evidence makes and checks what proves a fact: signed commands (签名指令), and salted
// commitments (加盐承诺) to private terms with the openings that reveal them.
package evidence

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"decore/chaincode/canon"
)

// MinSaltBytes keeps a guess of the terms from being tested against the commitment.
const MinSaltBytes = 16

// ErrOpening is wrapped by every error about an opening that cannot be used.
var ErrOpening = errors.New("invalid opening")

// Commitment is the base64url SHA-256 of an opening's canonical bytes. It may be public.
type Commitment string

// Opening is what a commitment hides: terms with a salt, bound to the record or command that they
// are about, so that one record's commitment cannot be passed off as another's.
//
// Its canonical bytes are what private collections store; Fabric's private data hash is
// therefore the commitment itself.
type Opening struct {
	About string         `json:"about"`
	Salt  string         `json:"salt"`
	Terms jsontext.Value `json:"terms"`
}

// Seal returns the opening of terms under salt, and its commitment.
func Seal(about string, salt []byte, terms any) (Sealed, error) {
	if len(salt) < MinSaltBytes {
		return Sealed{}, fmt.Errorf("%w: the salt has %d bytes, at least %d", ErrOpening, len(salt), MinSaltBytes)
	}
	t, err := canon.Marshal(terms)
	if err != nil {
		return Sealed{}, fmt.Errorf("%w: %w", ErrOpening, err)
	}
	o := Opening{About: about, Salt: base64.RawURLEncoding.EncodeToString(salt), Terms: t}
	raw, err := o.canonical()
	if err != nil {
		return Sealed{}, fmt.Errorf("%w: %w", ErrOpening, err)
	}
	return Sealed{Opening: o, Raw: raw}, nil
}

// canonical writes the opening around terms that are canonical already.
func (o Opening) canonical() ([]byte, error) {
	raw := make([]byte, 0, len(o.About)+len(o.Salt)+len(o.Terms)+40)
	raw, err := jsontext.AppendQuote(append(raw, `{"about":`...), o.About)
	if err != nil {
		return nil, err
	}
	raw = append(append(append(raw, `,"salt":"`...), o.Salt...), `","terms":`...)
	return append(append(raw, o.Terms...), '}'), nil
}

// Sealed is an opening together with its canonical bytes.
type Sealed struct {
	Opening
	Raw []byte
}

// Commitment returns the commitment to the sealed terms.
func (s Sealed) Commitment() Commitment { return Commit(s.Raw) }

// Commit returns the commitment to an opening's canonical bytes.
func Commit(raw []byte) Commitment {
	sum := sha256.Sum256(raw)
	return Commitment(base64.RawURLEncoding.EncodeToString(sum[:]))
}

// Open reads an opening's canonical bytes.
func Open(raw []byte) (Sealed, error) {
	var o Opening
	if err := canon.Decode(raw, &o); err != nil {
		return Sealed{}, fmt.Errorf("%w: %w", ErrOpening, err)
	}
	salt, err := decodeBase64(o.Salt)
	if err != nil || len(salt) < MinSaltBytes {
		return Sealed{}, fmt.Errorf("%w: the salt must be base64url of at least %d bytes", ErrOpening, MinSaltBytes)
	}
	if o.About == "" || len(o.Terms) == 0 {
		return Sealed{}, fmt.Errorf("%w: about and terms must be given", ErrOpening)
	}
	return Sealed{Opening: o, Raw: raw}, nil
}

// decodeBase64 reads base64url that is written in one way only; the standard decoder, strict or not, skips
// line breaks, which would give one signature or key several forms.
func decodeBase64(s string) ([]byte, error) {
	if strings.ContainsAny(s, "\r\n") {
		return nil, base64.CorruptInputError(strings.IndexAny(s, "\r\n"))
	}
	return base64.RawURLEncoding.Strict().DecodeString(s)
}

// DeriveSalt returns the salt of a record's next opening. It depends on the salt of the private
// arguments that changed it, which only the entitled know, so that who knew an earlier opening
// alone cannot test guesses of the new terms; and every endorser derives the same.
func DeriveSalt(argsSalt, command, record string) []byte {
	h := sha256.New()
	for _, part := range []string{"decore/salt/1", argsSalt, command, record} {
		_, _ = fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return h.Sum(nil)
}
