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
// format character, such as one that turns the direction of writing around (Unicode categories Cc and Cf, UAX #9), with
// what is no character at all, or with nothing but spaces. Who signs such a text has not seen what it says. Line ends and tabs
// among other characters are legible, and so is an empty text, which says that there is none.
func Legible(b []byte) error {
	plain := !bytes.ContainsFunc(b, func(r rune) bool { return r == '\\' || r >= utf8.RuneSelf || r == 0x7f })
	if plain && !bytes.Contains(b, []byte(`" `)) { // as a text of nothing but spaces begins
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
		case token.Kind() == '"' && (strings.ContainsFunc(token.String(), hidden) || blank(token.String())):
			return &FieldError{Pointer: string(d.StackPointer()), Err: ErrIllegible}
		}
	}
}

func blank(s string) bool { return s != "" && strings.TrimSpace(s) == "" }

func hidden(r rune) bool {
	switch r {
	case '\n', '\r', '\t':
		return false
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Noncharacter_Code_Point) || r == utf8.RuneError
}
