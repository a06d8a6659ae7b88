package ident_test

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"decore/chaincode/calendar"
	"decore/chaincode/ident"
)

func TestParseInvoiceNumber(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"twenty digits", "24952000000110579895", "24952000000110579895"},
		{"twenty digits, full-width and padded", " ２５９４２０００００００３６４９９０２０ ", "25942000000036499020"},
		{"a code of ten and a number", "3702164320-01234567", "3702164320-01234567"},
		{"a code of twelve and a number", "037021643201-01234567", "037021643201-01234567"},
		{"a bar", "3702164320|01234567", "3702164320-01234567"},
		{"a full-width bar", "3702164320｜01234567", "3702164320-01234567"},
		{"a full-width dash", "3702164320－01234567", "3702164320-01234567"},
		{"an em dash", "3702164320—01234567", "3702164320-01234567"},
		{"a space", "3702164320 01234567", "3702164320-01234567"},
		{"an ideographic space", "037021643201\u300001234567", "037021643201-01234567"},
		{"a dash between spaces", "037021643201 - 01234567", "037021643201-01234567"},
		{"a line break in a cell", "037021643201\n01234567", "037021643201-01234567"},
		{"eighteen digits on end", "370216432001234567", "3702164320-01234567"},
		{"twenty digits on end that might be a code of twelve", "03702164320101234567", "03702164320101234567"},
	} {
		t.Run("reads "+c.name, func(t *testing.T) {
			if n, err := ident.ParseInvoiceNumber(c.in); string(n) != c.want || err != nil {
				t.Errorf("got %q, %v, want %q", n, err, c.want)
			}
		})
	}
	for _, c := range []struct{ name, in string }{
		{"an empty text", ""},
		{"nineteen digits", "2495200000011057989"},
		{"twenty-one digits", "249520000001105798950"},
		{"a letter", "2495200000011057989A"},
		{"a letter O for a zero", "2495200000O110579895"},
		{"Arabic-Indic digits", strings.Repeat("٣", 20)},
		{"a number without its code", "01234567"},
		{"a code of eleven", "37021643201-01234567"},
		{"a number of seven", "3702164320-0123456"},
		{"two separators", "3702164320--01234567"},
		{"a separator in the wrong place", "01234567-3702164320"},
		{"a sign", "-24952000000110579895"},
		{"twenty digits in groups", "2495 2000 0001 1057 9895"},
		{"a spreadsheet's exponent", "2.4952E+19"},
		{"a decimal", "24952000000110579895.0"},
		{"a byte that is no UTF-8", "2495200000011057989\xff"},
	} {
		t.Run("refuses "+c.name, func(t *testing.T) {
			n, err := ident.ParseInvoiceNumber(c.in)
			wantFault(t, err, ident.FaultForm)
			if n != "" {
				t.Errorf("got %q beside the error", n)
			}
		})
	}
}

func TestCheckYear(t *testing.T) {
	for _, c := range []struct {
		name, number, issue string
		ok                  bool
	}{
		{"passes the year of issue", "24952000000110579895", "2024-01-01", true},
		{"passes the last day of the year", "24952000000110579895", "2024-12-31", true},
		{"refuses the year after", "24952000000110579895", "2025-01-01", false},
		{"refuses the year before", "24952000000110579895", "2023-12-31", false},
		{"passes an older invoice", "3702164320-01234567", "2019-05-06", true},
		{"passes an older invoice with a code of twelve", "037021643201-01234567", "2019-05-06", true},
		{"refuses an older invoice written as twenty digits", "03702164320101234567", "2019-05-06", false},
		{"passes a year of two digits below ten", "03702164320101234567", "2103-05-06", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			n, err := ident.ParseInvoiceNumber(c.number)
			if err != nil {
				t.Fatal(err)
			}
			err = n.CheckYear(calendar.MustParse(c.issue))
			if c.ok && err != nil {
				t.Error(err)
			}
			if !c.ok {
				wantFault(t, err, ident.FaultYear)
			}
		})
	}
	t.Run("asks for the date of issue", func(t *testing.T) {
		wantFault(t, ident.InvoiceNumber("24952000000110579895").CheckYear(calendar.Date{}), ident.FaultYear)
	})
}

func TestFullyDigital(t *testing.T) {
	for number, want := range map[ident.InvoiceNumber]bool{
		"24952000000110579895":  true,
		"3702164320-01234567":   false,
		"037021643201-01234567": false,
		"":                      false,
	} {
		if got := number.FullyDigital(); got != want {
			t.Errorf("%q: got %v", number, got)
		}
	}
}

func TestInvoiceNumberProperties(t *testing.T) {
	t.Run("a separator does not change which invoice it is", rapid.MakeCheck(func(t *rapid.T) {
		code := rapid.StringMatching(`[0-9]{10}([0-9]{2})?`).Draw(t, "code")
		number := rapid.StringMatching(`[0-9]{8}`).Draw(t, "number")
		separator := rapid.SampledFrom([]string{"-", "|", " ", " | ", "－", "–", "\t"}).Draw(t, "separator")
		n, err := ident.ParseInvoiceNumber(code + separator + number)
		if want := code + "-" + number; string(n) != want || err != nil {
			t.Fatalf("got %q, %v, want %q", n, err, want)
		}
	}))
}

func FuzzParseInvoiceNumber(f *testing.F) {
	for _, s := range []string{"24952000000110579895", "3702164320-01234567", "037021643201|01234567", "370216432001234567", "２５", "—", ""} {
		f.Add(s)
	}
	canonical := regexp.MustCompile(`^([0-9]{20}|([0-9]{10}|[0-9]{12})-[0-9]{8})$`)
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ident.ParseInvoiceNumber(s)
		if err != nil {
			return
		}
		if !canonical.MatchString(string(n)) {
			t.Errorf("%q became %q", s, n)
		}
		if again, err := ident.ParseInvoiceNumber(string(n)); again != n || err != nil {
			t.Errorf("%q is not stable: %q, %v", n, again, err)
		}
		_ = n.CheckYear(calendar.MustParse("2026-05-06")) // must not panic
	})
}
