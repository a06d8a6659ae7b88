package api

import (
	"strings"
	"testing"

	"decore/gateway/projection"
)

func TestCursorsBelongToTheirList(t *testing.T) {
	c := cursorOf("order:", "ORD-01")
	if last, err := readCursor("order:", c); err != nil || last != "ORD-01" {
		t.Errorf("%q %v", last, err)
	}
	if last, err := readCursor("order:", ""); err != nil || last != "" {
		t.Errorf("the first page: %q %v", last, err)
	}
	for _, bad := range []string{cursorOf("receivable:", "REC-01"), cursorOf("order:", ""), cursorOf("order:", "a'b"), c + "=", "x", strings.Repeat("A", 500)} {
		if last, err := readCursor("order:", bad); err == nil {
			t.Errorf("%q was read as %q", bad, last)
		}
	}
}

func TestPlacesOfRefusalsRoundTrip(t *testing.T) {
	p := projection.Place{Block: 12, Tx: 3, Position: 199}
	if back, err := readPlace(placeCursor(p)); err != nil || *back != p {
		t.Errorf("%v %v", back, err)
	}
	for _, bad := range []string{cursorOf(refusalList, "1.2"), cursorOf(refusalList, "1.2.x"), cursorOf(refusalList, "1.2.3.4"), cursorOf(refusalList, "1.2.99999999999999999999")} {
		if back, err := readPlace(bad); err == nil {
			t.Errorf("%q was read as %v", bad, back)
		}
	}
}

func FuzzCursor(f *testing.F) {
	f.Add("order:", cursorOf("order:", "ORD-01"))
	f.Add("", "")
	f.Add(refusalList, placeCursor(projection.Place{Block: 1, Tx: 2, Position: 3}))
	f.Fuzz(func(t *testing.T, list, cursor string) {
		last, err := readCursor(list, cursor)
		if err == nil && last != "" && cursorOf(list, last) != cursor {
			t.Errorf("%q of %q has two forms", last, cursor)
		}
		if p, err := readPlace(cursor); err == nil && p != nil {
			if again, err := readPlace(placeCursor(*p)); err != nil || *again != *p {
				t.Errorf("%v %v", again, err)
			}
		}
	})
}

func FuzzIfMatch(f *testing.F) {
	for _, s := range []string{"", "*", `"1"`, `"01"`, `"`, `"-1"`, `W/"1"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, header string) {
		if err := matches(header, 7); err == nil && header != "" && header != "*" && header != `"7"` {
			t.Errorf("%q matched version 7", header)
		}
	})
}

func FuzzTraceparent(f *testing.F) {
	f.Add("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	f.Add("00-00000000000000000000000000000000-00f067aa0ba902b7-01")
	f.Add("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	f.Fuzz(func(t *testing.T, header string) {
		if id := traceOf(header); !lowerHex(id, 32) {
			t.Errorf("%q", id)
		}
	})
}

func FuzzBody(f *testing.F) {
	s := newSchemas()
	for _, seed := range []string{`{}`, `{"items":[{"verb":"attest","id":"x","args":{}}]}`, `{"items":null}`, `[`, `{"a":1,"a":2}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(_ *testing.T, raw []byte) {
		var b Batch
		_ = s.decode(raw, &b, false) // must not panic
		var c SignedCommands
		_ = s.decode(raw, &c, true)
	})
}

func TestTracesOfCallersAreKept(t *testing.T) {
	const id = "4bf92f3577b34da6a3ce929d0e0e4736"
	if got := traceOf("00-" + id + "-00f067aa0ba902b7-01"); got != id {
		t.Error(got)
	}
	for _, bad := range []string{"", id, "00-" + strings.ToUpper(id) + "-00f067aa0ba902b7-01", "00-" + id + "-0000000000000000-01", "ff-" + id + "-00f067aa0ba902b7-01"} {
		if got := traceOf(bad); got == id || len(got) != 32 {
			t.Errorf("%q gave %q", bad, got)
		}
	}
}

func TestLanguagesAreChosenByTheHeader(t *testing.T) {
	for header, want := range map[string]string{"": english, "zh-CN": chinese, "zh": chinese, "en-GB,zh;q=0.5": english, "fr": english, "zh-Hant-TW, en;q=0.1": chinese, ";;;": english} {
		if got := languageOf(header); got != want {
			t.Errorf("%q gave %s", header, got)
		}
	}
}
