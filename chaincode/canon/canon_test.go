package canon_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"

	"decore/chaincode/canon"
)

// oracle judges by the general library: canonical when RFC 8785's form of b is b itself, with the
// restrictions on numbers and depth checked on its tokens.
func oracle(b []byte) bool {
	value := jsontext.Value(bytes.Clone(b))
	if len(b) > canon.MaxBytes || value.Canonicalize() != nil || !bytes.Equal(value, b) {
		return false
	}
	dec := jsontext.NewDecoder(bytes.NewReader(b))
	for {
		token, err := dec.ReadToken()
		if err != nil {
			return true
		}
		if dec.StackDepth() > canon.MaxDepth || token.Kind() == '0' && !plainInteger(token.String()) {
			return false
		}
	}
}

func plainInteger(s string) bool {
	digits := strings.TrimPrefix(s, "-")
	return strings.Trim(digits, "0123456789") == "" && fmt.Sprintf("%17s", digits) <= fmt.Sprintf("%17s", "9007199254740991")
}

var forms = []struct {
	name, json string
	canonical  bool
}{
	{"an empty object", `{}`, true},
	{"an empty list", `[]`, true},
	{"a string", `"a"`, true},
	{"words", `[true,false,null]`, true},
	{"sorted names", `{"a":1,"b":[2,{"c":"d"}]}`, true},
	{"names out of order", `{"b":1,"a":2}`, false},
	{"a name twice", `{"a":1,"a":2}`, false},
	{"a name twice, once escaped", `{"a":1,"\u0061":2}`, false},
	{"an empty name first", `{"":1,"a":2}`, true},
	{"an empty name twice", `{"":1,"":2}`, false},
	{"names in the order of UTF-16", "{\"\U0001F600\":1,\"\uFB33\":2}", true},
	{"names in the order of bytes", "{\"\uFB33\":1,\"\U0001F600\":2}", false},
	{"names with escapes, by what they say", `{"\n":1,"\r":2," ":3,"\"":4,"\\":5}`, true},
	{"white space", `{"a": 1}`, false},
	{"white space after", "{}\n", false},
	{"white space before", " {}", false},
	{"two values", `{}{}`, false},
	{"nothing", ``, false},
	{"a comma too many", `[1,]`, false},
	{"a comma too few", `[1 2]`, false},
	{"no end", `{"a":[1`, false},
	{"no colon", `{"a"1}`, false},
	{"a name that is no string", `{1:1}`, false},
	{"half a word", `[tru]`, false},
	{"half a word at the end", `nul`, false},
	{"a fraction", `1.0`, false},
	{"an exponent", `1e3`, false},
	{"minus zero", `-0`, false},
	{"minus alone", `-`, false},
	{"a leading zero", `01`, false},
	{"a plus sign", `+1`, false},
	{"the largest integer", `9007199254740991`, true},
	{"one above it", `9007199254740992`, false},
	{"the smallest integer", `-9007199254740991`, true},
	{"an integer of forty digits", strings.Repeat("9", 40), false},
	{"not a number", `NaN`, false},
	{"a control character", "\"\x01\"", false},
	{"a control character, escaped", `"\u0001"`, true},
	{"an escape in capitals", `"\u001F"`, false},
	{"a long escape of a line feed", `"\u000a"`, false},
	{"an escaped slash", `"\/"`, false},
	{"an escaped letter", `"\u0061"`, false},
	{"an escaped Chinese character", `"\u4e2d"`, false},
	{"a Chinese character", `"中"`, true},
	{"a line separator", "\"\u2028\"", true},
	{"half a surrogate pair", `"\ud800"`, false},
	{"invalid UTF-8", "\"\xff\"", false},
	{"a surrogate in UTF-8", "\"\xed\xa0\x80\"", false},
	{"an escape cut off", `"\u00`, false},
	{"a backslash at the end", `"\`, false},
	{"sixteen levels", strings.Repeat("[", 16) + strings.Repeat("]", 16), true},
	{"seventeen levels", strings.Repeat("[", 17) + strings.Repeat("]", 17), false},
	{"a hundred thousand levels", strings.Repeat("[", 100_000), false},
	{"too long", `"` + strings.Repeat("a", canon.MaxBytes) + `"`, false},
	{"a byte order mark", "\ufeff{}", false},
}

func TestCheckKnowsTheOneForm(t *testing.T) {
	for _, f := range forms {
		t.Run(f.name, func(t *testing.T) {
			err := canon.Check([]byte(f.json))
			if (err == nil) != f.canonical {
				t.Errorf("got %v", err)
			}
			if err != nil && !errors.Is(err, canon.ErrNotCanonical) {
				t.Errorf("%v does not wrap ErrNotCanonical", err)
			}
			if got := oracle([]byte(f.json)); got != f.canonical {
				t.Errorf("the oracle says %t", got)
			}
		})
	}
}

func TestDecodeNamesTheField(t *testing.T) {
	type inner struct {
		N int `json:"n"`
	}
	type outer struct {
		In []inner `json:"in"`
	}
	for _, f := range []struct{ json, pointer string }{
		{`{"in":[{"n":1},{"n":"x"}]}`, "/in/1/n"},
		{`{"in":[{"m":1}]}`, "/in/0/m"},
		{`{"in":{}}`, "/in"},
		{`{"extra":1,"in":[]}`, "/extra"},
	} {
		var field *canon.FieldError
		if err := canon.Decode([]byte(f.json), &outer{}); !errors.As(err, &field) || field.Pointer != f.pointer {
			t.Errorf("%s: got %v", f.json, err)
		}
	}
	var field *canon.FieldError
	if err := canon.Strict([]byte(`{"in":[{"n":1,"n":2}]}`), &outer{}); !errors.As(err, &field) || field.Pointer != "/in/0/n" {
		t.Errorf("a name twice: got %v", err)
	}
	if err := canon.Decode([]byte(`{"in":[]} `), &outer{}); !errors.Is(err, canon.ErrNotCanonical) {
		t.Errorf("white space: got %v", err)
	}
}

func TestWhatMarshalWritesIsCanonicalAndReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.MapOf(rapid.String(), rapid.MapOf(rapid.String(), rapid.SliceOf(rapid.Int32()))).Draw(t, "in")
		b, err := canon.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		if err := canon.Check(b); err != nil || !oracle(b) {
			t.Fatalf("%s: %v, the oracle says %t", b, err, oracle(b))
		}
		var out map[string]map[string][]int32
		if err := canon.Decode(b, &out); err != nil {
			t.Fatal(err)
		}
		if again, err := canon.Marshal(out); err != nil || !bytes.Equal(b, again) {
			t.Fatalf("%s became %s: %v", b, again, err)
		}
	})
}

// Near misses of canonical documents are where two readers would disagree.
func TestCheckAgreesWithTheOracleOnAlteredDocuments(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.MapOf(rapid.String(), rapid.SliceOf(rapid.Int64Range(-1<<54, 1<<54))).Draw(t, "in")
		b, err := canon.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			at := rapid.IntRange(0, len(b)-1).Draw(t, "at")
			b = append(b[:at:at], append([]byte{rapid.SampledFrom([]byte(`{}[]":,\u0d8e1-.tfn `)).Draw(t, "byte")}, b[at+1:]...)...)
			if got := canon.Check(b) == nil; got != oracle(b) {
				t.Fatalf("%q: check says %t, the oracle %t", b, got, oracle(b))
			}
		}
	})
}

func FuzzCheckAgreesWithTheOracle(f *testing.F) {
	for _, form := range forms {
		f.Add([]byte(form.json))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if got := canon.Check(b) == nil; got != oracle(b) {
			t.Fatalf("%q: check says %t, the oracle %t", b, got, oracle(b))
		}
		var v any
		if canon.Decode(b, &v) != nil {
			return
		}
		if again, err := canon.Marshal(v); err != nil || !bytes.Equal(b, again) {
			t.Fatalf("%q read and written again is %q: %v", b, again, err)
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	doc, err := canon.Marshal(map[string]any{"about": strings.Repeat("x", 30), "salt": strings.Repeat("y", 43),
		"terms": map[string]string{"amount": "1000.00", "buyer": "91370200990000017E", "goods": "压缩机外壳", "seller": "91370200990000009K"}})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(doc)))
	for b.Loop() {
		if err := canon.Check(doc); err != nil {
			b.Fatal(err)
		}
	}
}
