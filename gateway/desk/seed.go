package desk

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"io"
	"time"

	"github.com/oklog/ulid/v2"
)

// Seed is the chance that goes into the commands of one piece of work. Whoever keeps it can write the very same
// commands again, which the ledger answers with their first results. The salts of private arguments follow from it,
// so it must be kept as carefully as they are.
type Seed struct {
	Time   time.Time `json:"time"`   // of every command
	Secret []byte    `json:"secret"` // 32 random bytes
}

// NewSeed draws a seed for commands signed now.
func NewSeed(now time.Time) Seed {
	s := Seed{Time: now, Secret: make([]byte, sha256.Size)}
	_, _ = rand.Read(s.Secret) // never fails (crypto/rand)
	return s
}

// Draw is one command's share of a seed.
type Draw struct {
	Seed  Seed
	Place string // tells the command from the others of its seed
}

// orFresh is the draw itself, or, of the zero value, one that nobody can repeat.
func (d Draw) orFresh(now time.Time) Draw {
	if d.Seed.Secret == nil {
		d.Seed = NewSeed(now)
	}
	return d
}

// ulid makes a time-ordered ID.
func (d Draw) ulid(use string) (string, error) {
	id, err := ulid.New(ulid.Timestamp(d.Seed.Time), d.of(use))
	return id.String(), err
}

// of returns the draw's 32 bytes for one use; no use tells anything of another.
func (d Draw) of(use string) io.Reader {
	sum := hmac.New(sha256.New, d.Seed.Secret)
	sum.Write([]byte(use + "|" + d.Place))
	return bytes.NewReader(sum.Sum(nil))
}
