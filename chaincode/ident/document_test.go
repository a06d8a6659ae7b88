package ident_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"decore/chaincode/ident"
)

func TestParseDocumentNumber(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"letters and digits", "PO2026001", "PO2026001"},
		{"lower case", "po2026001", "PO2026001"},
		{"full-width letters", "ｐｏ２０２６００１", "PO2026001"},
		{"every listed separator", " P-O_2/0.2#6 001 ", "PO2026001"},
		{"dashes of any length", "PO—2026–001‐1", "PO20260011"},
		{"brackets of any width", "采（2026）【第】〔1〕[2](3)号", "采2026第123号"},
		{"a line break in a cell", "PO-\n2026", "PO2026"},
		{"a Roman numeral sign", "合同Ⅱ", "合同II"},
		{"a compatibility ideograph", "\uf9001", "\u8c481"},
		{"the number zero in Han", "二〇二六", "二〇二六"},
		{"one character", "1", "1"},
		{"sixty-four characters", strings.Repeat("A", 64), strings.Repeat("A", 64)},
		{"sixty-four Han characters with separators", strings.Repeat("青-", 64), strings.Repeat("青", 64)},
	} {
		t.Run("reads "+c.name, func(t *testing.T) {
			if n, err := ident.ParseDocumentNumber(c.in); string(n) != c.want || err != nil {
				t.Errorf("got %q, %v, want %q", n, err, c.want)
			}
		})
	}
	for _, c := range []struct {
		name, in string
		want     ident.Fault
	}{
		{"an empty text", "", ident.FaultLength},
		{"separators alone", " -_/.# ", ident.FaultLength},
		{"sixty-five characters", strings.Repeat("A", 65), ident.FaultLength},
		{"a Cyrillic look-alike", "РО2026001", ident.FaultAlphabet},
		{"a Greek look-alike", "ΡΟ2026001", ident.FaultAlphabet},
		{"a letter with an accent", "PÖ2026", ident.FaultAlphabet},
		{"a combining accent", "P\u0301O", ident.FaultAlphabet},
		{"a zero-width space", "PO\u200b2026", ident.FaultAlphabet},
		{"a right-to-left override", "\u202ePO2026", ident.FaultAlphabet},
		{"a NUL", "PO\x002026", ident.FaultAlphabet},
		{"an emoji", "PO😀", ident.FaultAlphabet},
		{"a spreadsheet formula", "=1+1", ident.FaultAlphabet},
		{"a byte that is no UTF-8", "PO\xff", ident.FaultAlphabet},
	} {
		t.Run("refuses "+c.name, func(t *testing.T) {
			n, err := ident.ParseDocumentNumber(c.in)
			wantFault(t, err, c.want)
			if n != "" {
				t.Errorf("got %q beside the error", n)
			}
		})
	}
}

func TestDocumentNumberIsTheSameHoweverItIsPunctuated(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		characters := rapid.SliceOfN(rapid.RuneFrom([]rune("ABCxyz0129青岛采购号")), 1, 64).Draw(t, "characters")
		separator := rapid.SampledFrom([]string{"", " ", "-", "_", "/", ".", "#", "（", "）", "—", "\u3000", "//"})
		var plain, punctuated strings.Builder
		for _, r := range characters {
			plain.WriteRune(r)
			punctuated.WriteString(separator.Draw(t, "separator") + string(r))
		}
		a, errA := ident.ParseDocumentNumber(plain.String())
		b, errB := ident.ParseDocumentNumber(punctuated.String())
		if errA != nil || errB != nil || a != b {
			t.Fatalf("%q, %v differs from %q, %v", a, errA, b, errB)
		}
		if string(a) != strings.ToUpper(plain.String()) {
			t.Fatalf("%q lost characters of %q", a, plain.String())
		}
	})
}

func FuzzParseDocumentNumber(f *testing.F) {
	for _, s := range []string{"PO-2026/001", "采（2026）001号", "ｐｏ", "Ⅱ№㊀", "\u200b", "e\u0301", "\xff", "ﷺ", "ı", "ß", "ŉ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ident.ParseDocumentNumber(s)
		if err != nil {
			return
		}
		if count := utf8.RuneCountInString(string(n)); count < 1 || count > 64 {
			t.Errorf("%q became %d characters", s, count)
		}
		for _, r := range string(n) {
			if (r < '0' || r > '9') && (r < 'A' || r > 'Z') && !unicode.Is(unicode.Han, r) {
				t.Errorf("%q became %q with %q", s, n, r)
			}
		}
		if again, err := ident.ParseDocumentNumber(string(n)); again != n || err != nil {
			t.Errorf("%q is not stable: %q, %v", n, again, err)
		}
	})
}
