package spreadsheet

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
)

// maxPiece is the most bytes that one XML token or one csv record may take. The longest cell that Excel
// can hold, 32,767 characters, fits with all of them escaped.
const maxPiece = 1 << 20

// maxDepth is the deepest nesting of XML elements; a worksheet needs about ten.
const maxDepth = 64

var (
	errPiece   = errors.New("a single cell or tag is larger than 1 MiB")
	errDepth   = errors.New("the XML is nested too deeply")
	errDoctype = errors.New("the XML has a document type declaration")
)

// guard bounds what a decoder may read at a time and stops when the caller has gone: the decoders of
// the standard library buffer a whole token, however long.
type guard struct {
	ctx  context.Context
	r    io.Reader
	used int // bytes since the last piece
}

func (g *guard) Read(p []byte) (int, error) {
	if err := g.ctx.Err(); err != nil {
		return 0, err
	}
	if g.used > maxPiece {
		return 0, errPiece
	}
	n, err := g.r.Read(p)
	g.used += n
	return n, err
}

func (g *guard) nextPiece() { g.used = 0 }

// tokens reads XML in bounded memory. The entities of a document type are never expanded: encoding/xml
// knows none, and a declaration is refused.
type tokens struct {
	guard *guard
	dec   *xml.Decoder
	depth int
}

func newTokens(ctx context.Context, r io.Reader) *tokens {
	g := &guard{ctx: ctx, r: r}
	return &tokens{guard: g, dec: xml.NewDecoder(g)}
}

// next returns the next token, valid until the call after it, or io.EOF.
func (t *tokens) next() (xml.Token, error) {
	t.guard.nextPiece()
	token, err := t.dec.Token()
	if err != nil {
		return nil, err
	}
	switch token.(type) {
	case xml.StartElement:
		if t.depth++; t.depth > maxDepth {
			return nil, errDepth
		}
	case xml.EndElement:
		t.depth--
	case xml.Directive:
		return nil, errDoctype
	}
	return token, nil
}

// each calls start for every start element.
func (t *tokens) each(start func(xml.StartElement) error) error {
	for {
		token, err := t.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if s, ok := token.(xml.StartElement); ok {
			if err := start(s); err != nil {
				return err
			}
		}
	}
}

// attr returns an attribute by its local name, whatever its namespace: strict and transitional OOXML
// (ISO/IEC 29500) differ in the namespaces alone.
func attr(s xml.StartElement, local string) string {
	for _, a := range s.Attr {
		if a.Name.Local == local {
			return a.Value
		}
	}
	return ""
}
