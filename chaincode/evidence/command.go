package evidence

import (
	"bytes"
	"crypto/ecdsa"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/golang-jwt/jwt/v5"
	"github.com/oklog/ulid/v2"

	"decore/chaincode/canon"
	"decore/chaincode/ident"
)

// MaxCommandBytes bounds one signed command.
const MaxCommandBytes = 32 << 10

// Errors of a command that cannot be read or trusted.
var (
	ErrCommand   = errors.New("invalid command")
	ErrSignature = errors.New("signature does not verify")
)

// Command is a write that one legal entity asks for and is bound by (指令).
//
// Its canonical JSON is the payload of a compact JWS (RFC 7515) under ES256. Everything in it is
// public on the channel; private arguments travel apart and are only committed to.
type Command struct {
	ID      string         `json:"id"`                 // ULID; a second command of the same ID is the same command
	Ledger  string         `json:"ledger"`             // the ledger it is meant for, so that it cannot be replayed on another
	Verb    string         `json:"verb"`               // kind and verb of a lifecycle table, such as "order.attest"
	Party   ident.USCC     `json:"party"`              // who signs
	Subject string         `json:"subject"`            // the record that it creates or changes
	Time    Instant        `json:"time"`               // when it was signed
	On      Commitment     `json:"on,omitzero"`        // the subject's terms as the signer saw them; countersignatures need it
	Body    jsontext.Value `json:"body,omitzero"`      // public arguments
	Args    Commitment     `json:"arguments,omitzero"` // commitment to the private arguments
}

// Instant is a time in UTC with milliseconds, written as RFC 3339 in one form only.
type Instant struct{ time.Time }

// ErrInstant is wrapped by every error about a text that is no time.
var ErrInstant = errors.New("not a time")

const instantForm = "2006-01-02T15:04:05.000Z"

// InstantOf returns t in UTC, cut to the millisecond.
func InstantOf(t time.Time) Instant { return Instant{t.UTC().Truncate(time.Millisecond)} }

// ParseInstant reads a time of RFC 3339 with any offset and fraction, such as a certificate of the movables registry has
// in China time. What is below the millisecond is cut off.
func ParseInstant(s string) (Instant, error) {
	var t time.Time
	if err := t.UnmarshalText([]byte(s)); err != nil {
		return Instant{}, fmt.Errorf("%w: not of RFC 3339, such as 2026-01-05T09:02:03+08:00", ErrInstant)
	}
	if y := t.UTC().Year(); y < 1 || y > 9999 {
		return Instant{}, fmt.Errorf("%w: the year is out of range", ErrInstant)
	}
	return InstantOf(t), nil
}

// MarshalText writes the one form.
func (i Instant) MarshalText() ([]byte, error) { return []byte(i.UTC().Format(instantForm)), nil }

// MarshalJSON keeps time.Time's own form from being used.
func (i Instant) MarshalJSON() ([]byte, error) {
	return []byte(`"` + i.UTC().Format(instantForm) + `"`), nil
}

// UnmarshalJSON reads the one form. Writing it again is compared, because time.Parse takes a comma for the point too.
func (i *Instant) UnmarshalJSON(b []byte) error {
	t, err := time.Parse(`"`+instantForm+`"`, string(b))
	if err != nil || t.Format(`"`+instantForm+`"`) != string(b) {
		return fmt.Errorf("%w: not in UTC such as 2026-01-05T01:02:03.004Z", ErrInstant)
	}
	i.Time = t
	return nil
}

// UnmarshalText reads the one form.
func (i *Instant) UnmarshalText(b []byte) error {
	return i.UnmarshalJSON([]byte(`"` + string(b) + `"`))
}

// protected is the JWS protected header; alg and typ are fixed, so a token of another purpose is no command.
type protected struct {
	Alg string `json:"alg"`
	Kid string `json:"kid"`
	Typ string `json:"typ"`
}

const commandType = "decore-command+jws"

// Sign returns the compact JWS of a command.
func Sign(c Command, key *ecdsa.PrivateKey) (string, error) {
	head, err := canon.Marshal(protected{Alg: "ES256", Kid: KeyID(&key.PublicKey), Typ: commandType})
	if err != nil {
		return "", err
	}
	payload, err := canon.Marshal(c)
	if err != nil {
		return "", err
	}
	input := base64.RawURLEncoding.EncodeToString(head) + "." + base64.RawURLEncoding.EncodeToString(payload)
	sig, err := jwt.SigningMethodES256.Sign(input, key)
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(sig), nil
}

// Signed is a command as it was received: read, but to be trusted only after Verify.
type Signed struct {
	Command
	KeyID   string // who claims to have signed: an RFC 7638 thumbprint
	Payload []byte // the canonical bytes that were signed
	input   string
	sig     []byte
}

// Parse reads a compact JWS and checks its form, not its signature. Errors wrap ErrCommand.
func Parse(jws string) (*Signed, error) {
	if len(jws) > MaxCommandBytes {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrCommand, len(jws), MaxCommandBytes)
	}
	parts := strings.Split(jws, ".")
	if len(parts) != 3 {
		return nil, fmt.Errorf("%w: a compact JWS has three parts, this has %d", ErrCommand, len(parts))
	}
	var raw [3][]byte
	for i, part := range parts {
		b, err := decodeBase64(part)
		if err != nil {
			return nil, fmt.Errorf("%w: part %d is not base64url", ErrCommand, i+1)
		}
		raw[i] = b
	}
	var head protected
	if err := canon.Decode(raw[0], &head); err != nil {
		return nil, fmt.Errorf("%w: header: %w", ErrCommand, err)
	}
	if head.Alg != "ES256" || head.Typ != commandType {
		return nil, fmt.Errorf("%w: header must have alg ES256 and typ %s", ErrCommand, commandType)
	}
	s := &Signed{KeyID: head.Kid, Payload: raw[1], input: jws[:len(parts[0])+1+len(parts[1])], sig: raw[2]}
	if err := canon.Decode(raw[1], &s.Command); err != nil {
		return nil, fmt.Errorf("%w: payload: %w", ErrCommand, err)
	}
	return s, s.check()
}

func (s *Signed) check() error {
	id, err := ulid.ParseStrict(s.ID)
	switch {
	case err != nil || id.String() != s.ID:
		return fmt.Errorf("%w: id must be a ULID in upper case", ErrCommand)
	case len(s.sig) != 64:
		return fmt.Errorf("%w: an ES256 signature has 64 bytes", ErrCommand)
	case s.Ledger == "" || s.Verb == "" || s.Party == "" || s.Subject == "":
		return fmt.Errorf("%w: ledger, verb, party and subject must be given", ErrCommand)
	case len(s.Subject) > 128 || len(s.Ledger) > 64 || len(s.Verb) > 64:
		return fmt.Errorf("%w: ledger, verb or subject is too long", ErrCommand)
	case len(s.Args) > 0 && len(s.Args) != 43, len(s.On) > 0 && len(s.On) != 43:
		return fmt.Errorf("%w: a commitment has 43 characters", ErrCommand)
	}
	return nil
}

// Verify checks the signature; the error is ErrSignature.
func (s *Signed) Verify(pub *ecdsa.PublicKey) error {
	if err := jwt.SigningMethodES256.Verify(s.input, s.sig, pub); err != nil {
		return ErrSignature
	}
	return nil
}

// Same reports whether two commands say the same; the signature may differ, since ECDSA is randomised.
func (s *Signed) Same(payload []byte) bool { return bytes.Equal(s.Payload, payload) }
