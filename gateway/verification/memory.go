package verification

import (
	"bytes"
	"fmt"
	"slices"
	"sync/atomic"

	lru "github.com/hashicorp/golang-lru/v2"

	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
)

// proof remembers that a command's signature verified. The key is named in what was signed, by its
// thumbprint, so a good signature stays good.
type proof struct {
	signed *evidence.Signed
	good   atomic.Pointer[evidence.JWK] // the key under which it verified
}

func (p *proof) verify(key evidence.JWK) bool {
	if good := p.good.Load(); good != nil && *good == key {
		return true
	}
	pub, err := key.PublicKey()
	if err != nil || evidence.KeyID(pub) != p.signed.KeyID || p.signed.Verify(pub) != nil {
		return false
	}
	p.good.Store(&key)
	return true
}

// Memory keeps what never changes: commands that were read, signatures that verified, openings that were
// read. It is bounded and safe for concurrent use. A nil Memory remembers nothing.
type Memory struct {
	commands *lru.Cache[string, *proof]
	openings *lru.Cache[evidence.Commitment, opened]
	pasts    *lru.Cache[string, past]
}

// past is the accepted commands about a record up to a version of it.
type past struct {
	version  int
	commands []*Command
}

type opened struct {
	sealed evidence.Sealed
	terms  any // *T
}

// NewMemory keeps up to size commands, of some 2 KB each, and as many openings and histories.
func NewMemory(size int) (*Memory, error) {
	commands, err := lru.New[string, *proof](size)
	if err != nil {
		return nil, fmt.Errorf("memory of commands: %w", err)
	}
	openings, err := lru.New[evidence.Commitment, opened](size)
	if err != nil {
		return nil, fmt.Errorf("memory of openings: %w", err)
	}
	pasts, err := lru.New[string, past](size)
	if err != nil {
		return nil, fmt.Errorf("memory of histories: %w", err)
	}
	return &Memory{commands, openings, pasts}, nil
}

// Read reads a decided command. The error wraps evidence.ErrCommand.
func (m *Memory) Read(jws string, result contract.Result, at Position) (*Command, error) {
	p, err := m.read(jws)
	if err != nil {
		return nil, err
	}
	return &Command{Signed: p.signed, Subject: p.signed.Subject, JWS: jws, Result: result, Position: at, proof: p}, nil
}

func (m *Memory) read(jws string) (*proof, error) {
	if m != nil {
		if p, ok := m.commands.Get(jws); ok {
			return p, nil
		}
	}
	signed, err := evidence.Parse(jws)
	if err != nil {
		return nil, err
	}
	p := &proof{signed: signed}
	if m != nil {
		m.commands.Add(jws, p)
	}
	return p, nil
}

// past returns the accepted commands about a record up to the version of its header: every change of a
// record raises its version, so they are the same for good.
func (m *Memory) past(h contract.Header, read func() ([]*Command, error)) ([]*Command, error) {
	if m != nil {
		if p, ok := m.pasts.Get(h.ID); ok && p.version == h.Version {
			return p.commands, nil
		}
	}
	all, err := read()
	if err != nil {
		return nil, err
	}
	commands := slices.DeleteFunc(all, func(c *Command) bool { return c.Result.Version > h.Version })
	if m != nil {
		m.pasts.Add(h.ID, past{h.Version, commands})
	}
	return commands, nil
}

// Disclose joins a header with its opening. Whether the opening is the one that the header commits to is
// for a check to say, not an error.
func Disclose[T any](m *Memory, h contract.Header, raw []byte) (Copy[T], error) {
	if m != nil {
		o, ok := m.openings.Get(h.Terms)
		terms, fits := o.terms.(*T)
		if ok && fits && bytes.Equal(o.sealed.Raw, raw) {
			return Copy[T]{h, o.sealed, terms}, nil
		}
	}
	sealed, err := evidence.Open(raw)
	if err != nil {
		return Copy[T]{}, fmt.Errorf("opening of %s: %w", h.ID, err)
	}
	terms := new(T)
	if err := canon.Strict(sealed.Terms, terms); err != nil {
		return Copy[T]{}, fmt.Errorf("terms of %s: %w", h.ID, err)
	}
	if m != nil {
		m.openings.Add(h.Terms, opened{sealed, terms})
	}
	return Copy[T]{h, sealed, terms}, nil
}
