package canon

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Check reports why b is not canonical JSON, or nil. It reads b once, since every command, opening and
// proof passes here.
func Check(b []byte) error {
	if len(b) > MaxBytes {
		return fmt.Errorf("%w: %d bytes, at most %d", ErrNotCanonical, len(b), MaxBytes)
	}
	s := scanner{b: b}
	fault := s.value()
	if fault == "" && s.at < len(b) {
		fault = "more than one value"
	}
	if fault != "" {
		return fmt.Errorf("%w: at byte %d: %s", ErrNotCanonical, s.at, fault)
	}
	return nil
}

// scanner reads one value; its methods return what is wrong, or "".
type scanner struct {
	b     []byte
	at    int
	depth int
}

func (s *scanner) next() byte {
	if s.at < len(s.b) {
		return s.b[s.at]
	}
	return 0
}

func (s *scanner) take(c byte) bool {
	if s.next() != c {
		return false
	}
	s.at++
	return true
}

var words = [][]byte{[]byte("true"), []byte("false"), []byte("null")}

func (s *scanner) value() string {
	switch c := s.next(); {
	case c == '{':
		return s.nested('}', s.member())
	case c == '[':
		return s.nested(']', s.value)
	case c == '"':
		_, fault := s.text()
		return fault
	case c == '-' || '0' <= c && c <= '9':
		return s.integer()
	}
	for _, word := range words {
		if bytes.HasPrefix(s.b[s.at:], word) {
			s.at += len(word)
			return ""
		}
	}
	return "no value"
}

// nested reads items between commas up to the closing bracket.
func (s *scanner) nested(end byte, item func() string) string {
	s.at++
	if s.depth++; s.depth > MaxDepth {
		return fmt.Sprintf("nested deeper than %d", MaxDepth)
	}
	defer func() { s.depth-- }()
	if s.take(end) {
		return ""
	}
	for {
		if fault := item(); fault != "" {
			return fault
		}
		if s.take(end) {
			return ""
		}
		if !s.take(',') {
			return "no comma or closing bracket"
		}
	}
}

// member reads a name and its value; names must ascend, which leaves no room for one twice.
func (s *scanner) member() func() string {
	var last []byte
	first := true
	return func() string {
		if s.next() != '"' {
			return "no name"
		}
		name, fault := s.text()
		switch {
		case fault != "":
			return fault
		case !first && !ascends(last, name):
			return "names out of order, or one twice"
		case !s.take(':'):
			return "no colon"
		}
		last, first = name, false
		return s.value()
	}
}

// ascends reports a < b in the order of UTF-16 code units (RFC 8785 §3.2.3), which is that of bytes but
// for characters from U+E000 on.
func ascends(a, b []byte) bool {
	if plain(a) && plain(b) {
		return bytes.Compare(a, b) < 0
	}
	units := func(raw []byte) []uint16 { return utf16.Encode([]rune(unescape.Replace(string(raw)))) }
	return slices.Compare(units(a), units(b)) < 0
}

// plain reports whether a name has neither escapes nor characters from U+E000 on.
func plain(raw []byte) bool {
	return !slices.ContainsFunc(raw, func(c byte) bool { return c == '\\' || c >= 0xEE })
}

// text reads a string and returns what stands between its quotes.
func (s *scanner) text() ([]byte, string) {
	s.at++
	from := s.at
	for s.at < len(s.b) {
		switch c := s.b[s.at]; {
		case c == '"':
			s.at++
			return s.b[from : s.at-1], ""
		case c < 0x20:
			return nil, "a control character that is not escaped"
		case c == '\\':
			n := escape(s.b[s.at:])
			if n == 0 {
				return nil, "an escape that is not the shortest"
			}
			s.at += n
		case c < utf8.RuneSelf:
			s.at++
		default:
			r, n := utf8.DecodeRune(s.b[s.at:])
			if r == utf8.RuneError && n == 1 {
				return nil, "not UTF-8"
			}
			s.at += n
		}
	}
	return nil, "a string without end"
}

// escapes are all that the form has: two characters where JSON has such, else six (RFC 8785 §3.2.2.2).
var escapes, unescape = escapeTable()

func escapeTable() ([]string, *strings.Replacer) {
	short := map[byte]string{'\b': `\b`, '\t': `\t`, '\n': `\n`, '\f': `\f`, '\r': `\r`, '"': `\"`, '\\': `\\`}
	var all, pairs []string
	for c := range byte(0x80) {
		form, ok := short[c]
		if !ok && c < 0x20 {
			form = fmt.Sprintf(`\u%04x`, c)
		}
		if form != "" {
			all, pairs = append(all, form), append(pairs, form, string(c))
		}
	}
	return all, strings.NewReplacer(pairs...)
}

// escape returns the length of the escape that b begins with, 0 for one that the form does not have.
func escape(b []byte) int {
	for _, form := range escapes {
		if len(b) >= len(form) && string(b[:len(form)]) == form {
			return len(form)
		}
	}
	return 0
}

// integer reads a whole number of magnitude below 2^53, in its one form.
func (s *scanner) integer() string {
	negative := s.take('-')
	from := s.at
	for c := s.next(); '0' <= c && c <= '9'; c = s.next() {
		s.at++
	}
	switch digits := string(s.b[from:s.at]); {
	case digits == "", len(digits) > 1 && digits[0] == '0', negative && digits == "0":
		return "not an integer in its one form"
	case len(digits) > 16, len(digits) == 16 && digits > "9007199254740991":
		return "not an integer below 2^53"
	}
	if c := s.next(); c == '.' || c == 'e' || c == 'E' {
		return "not an integer"
	}
	return ""
}
