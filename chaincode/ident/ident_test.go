package ident_test

import (
	"encoding"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"

	"decore/chaincode/ident"
)

// wantFault asks that err is an Error of this package with the fault.
func wantFault(t *testing.T, err error, want ident.Fault) {
	t.Helper()
	var e *ident.Error
	if !errors.As(err, &e) {
		t.Fatalf("got error %v, want an *ident.Error with fault %q", err, want)
	}
	if e.Fault != want {
		t.Errorf("got fault %q (%v), want %q", e.Fault, err, want)
	}
	if !errors.Is(err, ident.ErrIdentifier) {
		t.Errorf("%v does not wrap ErrIdentifier", err)
	}
}

type record struct {
	Party    ident.USCC           `json:"party,omitempty"`
	Invoice  ident.InvoiceNumber  `json:"invoice,omitempty"`
	Contract ident.DocumentNumber `json:"contract,omitempty"`
	Bank     ident.CNAPS          `json:"bank,omitempty"`
	Entity   ident.LEI            `json:"entity,omitempty"`
}

// codecs are the two JSON packages in use.
var codecs = []struct {
	name      string
	marshal   func(any) ([]byte, error)
	unmarshal func([]byte, any) error
}{
	{"encoding/json", json.Marshal, json.Unmarshal},
	{"go-json-experiment", func(v any) ([]byte, error) { return jsonv2.Marshal(v) },
		func(b []byte, v any) error { return jsonv2.Unmarshal(b, v) }},
}

func TestJSON(t *testing.T) {
	loose := `{"party":" ９１３７０２００９９００００００９ｋ ","invoice":"3702164320|01234567","contract":"采（2026）- 001号","bank":"313452060150","entity":"5493002erzu2k9pzdl40"}`
	canonical := `{"party":"91370200990000009K","invoice":"3702164320-01234567","contract":"采2026001号","bank":"313452060150","entity":"5493002ERZU2K9PZDL40"}`

	for _, c := range codecs {
		t.Run("normalises what it reads and writes it unchanged with "+c.name, func(t *testing.T) {
			for _, in := range []string{loose, canonical} {
				var r record
				if err := c.unmarshal([]byte(in), &r); err != nil {
					t.Fatal(err)
				}
				out, err := c.marshal(r)
				if err != nil || string(out) != canonical {
					t.Errorf("got %s, %v\nwant %s", out, err, canonical)
				}
			}
		})
		t.Run("refuses a bad, empty or numeric value in any field with "+c.name, func(t *testing.T) {
			for _, field := range []string{"party", "invoice", "contract", "bank", "entity"} {
				for _, bad := range []string{`"!"`, `""`, `" "`, `1`, `{}`, `["1"]`} {
					var r record
					if err := c.unmarshal([]byte(`{"`+field+`":`+bad+`}`), &r); err == nil {
						t.Errorf("%s was accepted as %s: %+v", bad, field, r)
					}
				}
			}
		})
		t.Run("reads and writes map keys with "+c.name, func(t *testing.T) {
			var m map[ident.USCC]int
			if err := c.unmarshal([]byte(`{"91370200990000009k":1}`), &m); err != nil || m["91370200990000009K"] != 1 {
				t.Errorf("got %v, %v", m, err)
			}
			if err := c.unmarshal([]byte(`{"x":1}`), &m); err == nil {
				t.Error("a bad key was accepted")
			}
		})
		t.Run("leaves an absent field empty with "+c.name, func(t *testing.T) {
			var r record
			if err := c.unmarshal([]byte(`{}`), &r); err != nil || r != (record{}) {
				t.Errorf("got %+v, %v", r, err)
			}
		})
	}
}

func TestUnmarshalTextLeavesTheValueAloneWhenItFails(t *testing.T) {
	party, invoice := ident.USCC("91370200990000009K"), ident.InvoiceNumber("26372000000000000001")
	contract, bank, entity := ident.DocumentNumber("A1"), ident.CNAPS("313452060150"), ident.LEI("5493002ERZU2K9PZDL40")
	for _, u := range []encoding.TextUnmarshaler{&party, &invoice, &contract, &bank, &entity} {
		before, err := u.(encoding.TextMarshaler).MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		if err := u.UnmarshalText([]byte("+")); !errors.Is(err, ident.ErrIdentifier) {
			t.Errorf("%T: got %v, want ErrIdentifier", u, err)
		}
		if after, _ := u.(encoding.TextMarshaler).MarshalText(); string(after) != string(before) {
			t.Errorf("%T: changed from %s to %s", u, before, after)
		}
	}
}

func TestError(t *testing.T) {
	t.Run("names kind, value and rule", func(t *testing.T) {
		_, err := ident.ParseUSCC("9137020099000000AK")
		want := `invalid identifier: unified social credit code "9137020099000000AK": character 17 is not the check character of the organisation code, characters 9 to 16 (GB 11714)`
		if err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	})
	t.Run("clips a long value to forty characters", func(t *testing.T) {
		_, err := ident.ParseUSCC(strings.Repeat("青", 300))
		var e *ident.Error
		if !errors.As(err, &e) || e.Value != strings.Repeat("青", 40)+"…" {
			t.Errorf("got %v", err)
		}
	})
	t.Run("holds a value that any encoder takes", func(t *testing.T) {
		_, err := ident.ParseUSCC("9\xff")
		var e *ident.Error
		if !errors.As(err, &e) || e.Value != "9\ufffd" {
			t.Errorf("got %v", err)
		}
	})
	t.Run("refuses an absurdly long text before normalising it", func(t *testing.T) {
		_, err := ident.ParseDocumentNumber(strings.Repeat("-", 1024) + "A")
		wantFault(t, err, ident.FaultLength)
		if n, err := ident.ParseDocumentNumber(strings.Repeat("-", 1023) + "A"); n != "A" || err != nil {
			t.Errorf("got %q, %v at the limit", n, err)
		}
	})
}
