package ident_test

import (
	"errors"
	"strings"
	"testing"

	"decore/chaincode/ident"
)

func TestAWrittenNumberKeepsWhatItsIssuerWrote(t *testing.T) {
	for in, want := range map[string]struct {
		written  ident.WrittenNumber
		document ident.DocumentNumber
	}{
		"CK-T-1":       {"CK-T-1", "CKT1"},
		" ck-t-1 ":     {"ck-t-1", "CKT1"},
		"ＣＫ－Ｔ－１":       {"CK-T-1", "CKT1"},
		"仓单(2026) 7/1": {"仓单(2026) 7/1", "仓单202671"},
	} {
		n, err := ident.ParseWrittenNumber(in)
		if err != nil || n != want.written || n.Document() != want.document {
			t.Errorf("%q: got %q, %q, %v; want %q, %q", in, n, n.Document(), err, want.written, want.document)
		}
		if again, err := ident.ParseWrittenNumber(string(n)); again != n || err != nil {
			t.Errorf("%q reads as %q, %v", n, again, err)
		}
	}
}

func TestAWrittenNumberIsRefusedWithItsFault(t *testing.T) {
	for in, want := range map[string]ident.Fault{
		"":                               ident.FaultLength,
		"--":                             ident.FaultLength,
		"А1":                             ident.FaultAlphabet,
		"A\n1":                           ident.FaultAlphabet,
		"A\u2028" + "1":                  ident.FaultAlphabet,
		strings.Repeat("-", 100) + "A":   ident.FaultLength,
		strings.Repeat("A", 65):          ident.FaultLength,
		"A" + strings.Repeat("-", 2_000): ident.FaultLength,
	} {
		n, err := ident.ParseWrittenNumber(in)
		var e *ident.Error
		if !errors.As(err, &e) || e.Fault != want || n != "" {
			t.Errorf("%q: got %q, %v, want %s", in, n, err, want)
		}
	}
}

func FuzzParseWrittenNumber(f *testing.F) {
	for _, s := range []string{"CK-T-1", "ＣＫ 1", "A\tB", "\u0130x", "ß1", "ﷺ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ident.ParseWrittenNumber(s)
		if err != nil {
			return
		}
		if again, err := ident.ParseWrittenNumber(string(n)); again != n || err != nil {
			t.Fatalf("%q reads as %q, that as %q, %v", s, n, again, err)
		}
		if d, err := ident.ParseDocumentNumber(s); d != n.Document() || err != nil {
			t.Fatalf("%q compares as %q, written as %q", s, d, n.Document())
		}
	})
}
