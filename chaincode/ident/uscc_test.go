package ident_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"decore/chaincode/ident"
)

const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// realCodes holds codes of well-known entities, which come from outside this program.
var realCodes = []string{
	"91350100M000100Y43", // the example of GB 32100-2015
	"91370200264574251E",
	"91370200264609602K",
	"91100000100003962T",
	"9131000010000595XD", // organisation check X
	"91310115MA1H9YGWXX", // both checks X, letters in the body
}

// synthetic holds made-up codes: area and body, then the whole.
var synthetic = []struct{ area, body, code string }{
	{"370200", "99000000", "91370200990000009K"},
	{"370200", "99000001", "91370200990000017E"},
	{"370200", "99000002", "913702009900000259"},
	{"370200", "99000003", "913702009900000334"},
	{"370200", "99000004", "91370200990000041Y"},
	{"370200", "99000005", "9137020099000005XN"},
	{"370200", "00000012", "913702000000001230"}, // sum 0 mod 31: check 0
}

func TestParseUSCC(t *testing.T) {
	t.Run("accepts codes with both check characters right", func(t *testing.T) {
		codes := append([]string{}, realCodes...)
		for _, s := range synthetic {
			codes = append(codes, s.code)
		}
		for _, code := range codes {
			if u, err := ident.ParseUSCC(code); err != nil || string(u) != code {
				t.Errorf("%s: got %q, %v", code, u, err)
			}
		}
	})
	t.Run("normalises full-width, lower case and surrounding space", func(t *testing.T) {
		for _, s := range []string{
			"91370200990000009k", " 91370200990000009K\n", "\u300091370200990000009K\u00a0",
			"９１３７０２００９９００００００９Ｋ", "９１３７０２００９９００００００９ｋ",
		} {
			if u, err := ident.ParseUSCC(s); u != "91370200990000009K" || err != nil {
				t.Errorf("%q: got %q, %v", s, u, err)
			}
		}
	})
}

func TestParseUSCCRefuses(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     ident.Fault
	}{
		{"an empty text", "", ident.FaultLength},
		{"seventeen characters", "91370200990000009", ident.FaultLength},
		{"nineteen characters", "91370200990000009KK", ident.FaultLength},
		{"an organisation code alone", "99000000-9", ident.FaultLength},
		{"a licence number of fifteen digits", "370200018000000", ident.FaultLength},
		{"a space inside", "91370200 990000009K", ident.FaultLength},
		{"eighteen bytes that are six characters", "青岛海尔智家", ident.FaultLength},
		{"eighteen Han characters", strings.Repeat("青", 18), ident.FaultAlphabet},
		{"Z for 2", "913702009900000Z59", ident.FaultAlphabet},
		{"the standard's example ending in Z", "91350100M000100Y4Z", ident.FaultAlphabet},
		{"I for 1", "9I370200990000009K", ident.FaultAlphabet},
		{"O for 0", "9137O200990000009K", ident.FaultAlphabet},
		{"a Cyrillic letter", "91370200990000009К", ident.FaultAlphabet},
		{"a byte that is no UTF-8", "91370200990000009\xff", ident.FaultAlphabet},
		{"a letter in the area", "9137A200990000009K", ident.FaultArea},
		{"a letter at the start of the area", "91A70200990000009K", ident.FaultArea},
		{"a letter at the end of the area", "9137020A990000009K", ident.FaultArea},
		{"a wrong digit in the organisation code", "91370200990000109K", ident.FaultOrganisationCheck},
		{"a wrong organisation check", "91370200990000008K", ident.FaultOrganisationCheck},
		{"an organisation check that is a letter other than X", "9137020099000000AK", ident.FaultOrganisationCheck},
		{"a wrong last check", "913702009900000091", ident.FaultCheck},
		{"a wrong area", "91370300990000009K", ident.FaultCheck},
		{"a wrong class of entity", "92370200990000009K", ident.FaultCheck},
	} {
		t.Run(c.name, func(t *testing.T) {
			u, err := ident.ParseUSCC(c.in)
			wantFault(t, err, c.want)
			if u != "" {
				t.Errorf("got %q beside the error", u)
			}
		})
	}
}

func TestCompleteUSCC(t *testing.T) {
	for _, s := range synthetic {
		t.Run("computes both check characters of "+s.code, func(t *testing.T) {
			if u, err := ident.CompleteUSCC(s.area, s.body); string(u) != s.code || err != nil {
				t.Errorf("got %q, %v", u, err)
			}
		})
	}
	t.Run("takes letters in lower case", func(t *testing.T) {
		if u, err := ident.CompleteUSCC("310115", "ma1h9ygw"); u != "91310115MA1H9YGWXX" || err != nil {
			t.Errorf("got %q, %v", u, err)
		}
	})
	for _, c := range []struct {
		name, area, body string
		want             ident.Fault
	}{
		{"parts that are only together long enough", "3702009", "9000000", ident.FaultLength},
		{"a short body", "370200", "9900000", ident.FaultLength},
		{"a letter in the area", "37020A", "99000000", ident.FaultArea},
		{"a letter outside the alphabet", "370200", "9900000I", ident.FaultAlphabet},
		{"multi-byte characters", "370200", "青岛99", ident.FaultLength},
	} {
		t.Run("refuses "+c.name, func(t *testing.T) {
			_, err := ident.CompleteUSCC(c.area, c.body)
			wantFault(t, err, c.want)
		})
	}
}

func TestMustUSCCPanicsOnABadLiteral(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	ident.MustUSCC("91370200990000009L")
}

// anyUSCC draws valid codes.
var anyUSCC = rapid.Custom(func(t *rapid.T) string {
	area := rapid.StringMatching(`[0-9]{6}`).Draw(t, "area")
	body := rapid.StringOfN(rapid.RuneFrom([]rune(alphabet)), 8, 8, -1).Draw(t, "body")
	u, err := ident.CompleteUSCC(area, body)
	if err != nil {
		t.Fatalf("cannot complete %s %s: %v", area, body, err)
	}
	return string(u)
})

func TestUSCCProperties(t *testing.T) {
	t.Run("a completed code is valid", rapid.MakeCheck(func(t *rapid.T) {
		code := anyUSCC.Draw(t, "code")
		if u, err := ident.ParseUSCC(code); string(u) != code || err != nil {
			t.Fatalf("%s: got %q, %v", code, u, err)
		}
	}))
	t.Run("every single wrong character is caught", rapid.MakeCheck(func(t *rapid.T) {
		code := anyUSCC.Draw(t, "code")
		for i := range len(code) {
			for _, r := range "IOSVZ-" + alphabet {
				wrong := code[:i] + string(r) + code[i+1:]
				if _, err := ident.ParseUSCC(wrong); (err == nil) != (wrong == code) {
					t.Fatalf("%s with %c at %d: %v", code, r, i+1, err)
				}
			}
		}
	}))
	t.Run("every swap of two characters but the first and the last is caught", rapid.MakeCheck(func(t *rapid.T) {
		code := anyUSCC.Draw(t, "code")
		i := rapid.IntRange(0, 16).Draw(t, "i")
		j := rapid.IntRange(i+1, 17).Draw(t, "j")
		swapped := []byte(code)
		swapped[i], swapped[j] = swapped[j], swapped[i]
		_, err := ident.ParseUSCC(string(swapped))
		if slips := string(swapped) == code || (i == 0 && j == 17); (err == nil) != slips {
			t.Fatalf("%s with %d and %d swapped: %v", code, i+1, j+1, err)
		}
	}))
	t.Run("a character lost or added is caught", rapid.MakeCheck(func(t *rapid.T) {
		code := anyUSCC.Draw(t, "code")
		i := rapid.IntRange(0, 17).Draw(t, "i")
		for _, s := range []string{code[:i] + code[i+1:], code[:i] + "0" + code[i:]} {
			_, err := ident.ParseUSCC(s)
			if err == nil {
				t.Fatalf("%s was accepted", s)
			}
		}
	}))
}

func FuzzParseUSCC(f *testing.F) {
	for _, s := range realCodes {
		f.Add(s)
	}
	for _, s := range synthetic {
		f.Add(strings.ToLower(s.code))
	}
	f.Add("９１３７０２００９９００００００９Ｋ")
	f.Add("91350100M000100Y4Z")
	f.Add("\xff")
	f.Fuzz(func(t *testing.T, s string) {
		u, err := ident.ParseUSCC(s)
		if err != nil {
			if u != "" {
				t.Errorf("%q: got %q beside %v", s, u, err)
			}
			return
		}
		if len(u) != 18 || strings.Trim(string(u), alphabet) != "" {
			t.Errorf("%q became %q", s, u)
		}
		if again, err := ident.ParseUSCC(string(u)); again != u || err != nil {
			t.Errorf("%q is not stable: %q, %v", u, again, err)
		}
	})
}

func BenchmarkParseUSCC(b *testing.B) {
	for b.Loop() {
		if _, err := ident.ParseUSCC("91370200990000009K"); err != nil {
			b.Fatal(err)
		}
	}
}
