package ident_test

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"decore/chaincode/ident"
)

func TestParseCNAPS(t *testing.T) {
	for _, c := range []struct {
		name, in, want string
		doubtful       bool
	}{
		{"a bank of Qingdao", "313452060150", "313452060150", false},
		{"a head office", "102100099996", "102100099996", false},
		{"full-width digits", " ３１３４５２０６０１５０ ", "313452060150", false},
		{"a wrong check digit, with a warning", "313452060151", "313452060151", true},
		{"a wrong city, with a warning", "313451060150", "313451060150", true},
	} {
		t.Run("reads "+c.name, func(t *testing.T) {
			code, doubtful, err := ident.ParseCNAPS(c.in)
			if string(code) != c.want || doubtful != c.doubtful || err != nil {
				t.Errorf("got %q, %v, %v", code, doubtful, err)
			}
		})
	}
	for _, c := range []struct {
		name, in string
		want     ident.Fault
	}{
		{"an empty text", "", ident.FaultLength},
		{"eleven digits", "31345206015", ident.FaultLength},
		{"thirteen digits", "3134520601500", ident.FaultLength},
		{"a letter", "31345206015A", ident.FaultAlphabet},
		{"a sign", "-13452060150", ident.FaultAlphabet},
	} {
		t.Run("refuses "+c.name, func(t *testing.T) {
			code, doubtful, err := ident.ParseCNAPS(c.in)
			wantFault(t, err, c.want)
			if code != "" || doubtful {
				t.Errorf("got %q, %v beside the error", code, doubtful)
			}
		})
	}
	t.Run("reads a doubtful code as text", func(t *testing.T) {
		var c ident.CNAPS
		if err := c.UnmarshalText([]byte("313452060151")); c != "313452060151" || err != nil {
			t.Errorf("got %q, %v", c, err)
		}
	})
}

func TestCNAPSProperties(t *testing.T) {
	t.Run("finds exactly one last digit that is not doubtful", rapid.MakeCheck(func(t *rapid.T) {
		first11 := rapid.StringMatching(`[0-9]{11}`).Draw(t, "first11")
		sure := 0
		for d := range 10 {
			_, doubtful, err := ident.ParseCNAPS(fmt.Sprint(first11, d))
			if err != nil {
				t.Fatal(err)
			}
			if !doubtful {
				sure++
			}
		}
		if sure != 1 {
			t.Fatalf("%s has %d check digits", first11, sure)
		}
	}))
	t.Run("doubts every single wrong digit", rapid.MakeCheck(func(t *rapid.T) {
		i := rapid.IntRange(0, 11).Draw(t, "i")
		d := rapid.StringMatching(`[0-9]`).Draw(t, "d")
		code := "313452060150"
		wrong := code[:i] + d + code[i+1:]
		if _, doubtful, err := ident.ParseCNAPS(wrong); doubtful != (wrong != code) || err != nil {
			t.Fatalf("%s: %v, %v", wrong, doubtful, err)
		}
	}))
}

func TestParseLEI(t *testing.T) {
	for _, in := range []string{"5493002ERZU2K9PZDL40", "54930053HGCFWVHYZX42"} {
		t.Run("reads "+in, func(t *testing.T) {
			if l, err := ident.ParseLEI(" " + strings.ToLower(in)); string(l) != in || err != nil {
				t.Errorf("got %q, %v", l, err)
			}
		})
	}
	for _, c := range []struct {
		name, in string
		want     ident.Fault
	}{
		{"an empty text", "", ident.FaultLength},
		{"nineteen characters", "5493002ERZU2K9PZDL4", ident.FaultLength},
		{"punctuation", "5493002ERZU2K9PZDL4-", ident.FaultAlphabet},
		{"wrong check digits", "5493002ERZU2K9PZDL41", ident.FaultCheck},
		{"letters for check digits", "5493002ERZU2K9PZDLAB", ident.FaultCheck},
		{"two characters swapped", "5493002EZRU2K9PZDL40", ident.FaultCheck},
	} {
		t.Run("refuses "+c.name, func(t *testing.T) {
			l, err := ident.ParseLEI(c.in)
			wantFault(t, err, c.want)
			if l != "" {
				t.Errorf("got %q beside the error", l)
			}
		})
	}
	t.Run("agrees with the number taken modulo 97", rapid.MakeCheck(func(t *rapid.T) {
		first18 := rapid.StringMatching(`[0-9A-Z]{18}`).Draw(t, "first18")
		for check := 2; check <= 98; check++ { // 00, 01 and 99 are never given out
			lei := fmt.Sprintf("%s%02d", first18, check)
			_, err := ident.ParseLEI(lei)
			if want := mod97(lei) == 1; (err == nil) != want {
				t.Fatalf("%s: %v, want valid %v", lei, err, want)
			}
		}
	}))
}

// mod97 is the definition: letters written as two digits, all read as one number.
func mod97(s string) int64 {
	var decimal strings.Builder
	for _, r := range s {
		if r >= 'A' {
			fmt.Fprint(&decimal, r-'A'+10)
		} else {
			decimal.WriteRune(r)
		}
	}
	n, _ := new(big.Int).SetString(decimal.String(), 10)
	return n.Mod(n, big.NewInt(97)).Int64()
}

func FuzzParseBankCodes(f *testing.F) {
	for _, s := range []string{"313452060150", "5493002ERZU2K9PZDL40", "３１３", "ı", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if c, doubtful, err := ident.ParseCNAPS(s); err == nil {
			if again, d, err := ident.ParseCNAPS(string(c)); again != c || d != doubtful || err != nil || len(c) != 12 {
				t.Errorf("%q is not stable: %q, %v", c, again, err)
			}
		}
		if l, err := ident.ParseLEI(s); err == nil {
			if again, err := ident.ParseLEI(string(l)); again != l || err != nil || len(l) != 20 {
				t.Errorf("%q is not stable: %q, %v", l, again, err)
			}
		}
	})
}
