package canon

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// ErrIllegible says that a text has characters that are not shown as what they are.
var ErrIllegible = errors.New("a character that is not shown")

// Legible reports, as a *FieldError, the first text of a JSON document that is shown otherwise than it is: with a control or
// format character, such as one that turns the direction of writing around (Unicode categories Cc and Cf, UAX #9), or
// what is no character at all. Who signs such a text has not seen what it says. Line ends and tabs are legible.
func Legible(b []byte) error {
	if !bytes.ContainsFunc(b, func(r rune) bool { return r == '\\' || r >= utf8.RuneSelf || r == 0x7f }) {
		return nil
	}
	d := jsontext.NewDecoder(bytes.NewReader(b))
	for {
		token, err := d.ReadToken()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err //nolint:wrapcheck // who reads it before says what is wrong with it
		case token.Kind() == '"' && strings.ContainsFunc(token.String(), hidden):
			return &FieldError{Pointer: string(d.StackPointer()), Err: ErrIllegible}
		}
	}
}

func hidden(r rune) bool {
	switch r {
	case '\n', '\r', '\t':
		return false
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Noncharacter_Code_Point) || r == utf8.RuneError
}
