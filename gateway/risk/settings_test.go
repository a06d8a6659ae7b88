package risk_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"decore/chaincode/ident"
	"decore/chaincode/money"
	"decore/fixtures"
	"decore/gateway/risk"
)

func TestSettingsNameTheFieldThatCannotBe(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*risk.Settings)
		want   string
	}{
		"no ID":                    {func(s *risk.Settings) { s.ID = "" }, "/id and /title must be given"},
		"version 0":                {func(s *risk.Settings) { s.Version = 0 }, "/version must be 1 to 999999"},
		"a tolerance of all":       {func(s *risk.Settings) { s.AmountTolerance = money.MustRate("0.51") }, "/amountTolerance must be 0 to 0.5"},
		"days before":              {func(s *risk.Settings) { s.DateToleranceDays = -1 }, "/dateToleranceDays must be 0 to 3660"},
		"a trip of five":           {func(s *risk.Settings) { s.CycleLength = 5 }, "/cycleLength must be 2 to 4"},
		"a trip of one":            {func(s *risk.Settings) { s.CycleLength = 1 }, "/cycleLength must be 2 to 4"},
		"round to nothing":         {func(s *risk.Settings) { s.RoundTo = money.Zero }, "/roundTo must be above 0.00"},
		"grades upside down":       {func(s *risk.Settings) { s.Medium = s.High + 1 }, "/medium must be 1 to 50"},
		"a score that is never":    {func(s *risk.Settings) { s.High = 101 }, "/high must be 1 to 100"},
		"a group of one":           {func(s *risk.Settings) { s.Affiliates = [][]ident.USCC{{seller}} }, "/affiliates/0 must name two parties or more"},
		"a party in two groups":    {func(s *risk.Settings) { s.Affiliates = [][]ident.USCC{{seller, buyer}, {third, buyer}} }, "/affiliates/1/1 stands there already"},
		"a party twice":            {func(s *risk.Settings) { s.Affiliates = [][]ident.USCC{{seller, seller}} }, "/affiliates/0/1 stands there already"},
		"a contract without value": {func(s *risk.Settings) { s.Contracts = []risk.Contract{{Seller: seller, Buyer: buyer, Number: "C1"}} }, "/contracts/0 must have"},
	} {
		t.Run(name, func(t *testing.T) {
			s := settings(t)
			c.change(&s)
			raw, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := risk.Parse(raw); !errors.Is(err, risk.ErrSettings) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestAFileOfSettingsIsReadAsItIs(t *testing.T) {
	s := settings(t)
	s.Version, s.Affiliates = 2, [][]ident.USCC{{seller, buyer}}
	raw, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "risk.json")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := risk.ReadFile(path)
	if err != nil || got.Version != 2 || len(got.Affiliates) != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
	for name, change := range map[string]string{
		`"version":2`: `"version":2,"unknown":1`, `"roundTo":"10000.00"`: `"roundTo":1e4`, string(seller): "91370200990000009X",
	} {
		if err := os.WriteFile(path, []byte(strings.Replace(string(raw), name, change, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := risk.ReadFile(path); !errors.Is(err, risk.ErrSettings) || !strings.Contains(err.Error(), path) {
			t.Errorf("with %s: %v", change, err)
		}
	}
	if _, err := risk.ReadFile(path + ".none"); !errors.Is(err, risk.ErrSettings) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without a file: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	raw, err := fixtures.FS.ReadFile("risk/default.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(`{"affiliates":[["91370200990000009K","91370200990000017E"]]}`))
	f.Add([]byte(`{"contracts":[{"seller":"91370200990000009K","amount":"-1"}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := risk.Parse(raw)
		if err != nil {
			if !errors.Is(err, risk.ErrSettings) {
				t.Fatalf("an error of another kind: %v", err)
			}
			return
		}
		written, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := risk.Parse(written); err != nil {
			t.Fatalf("what was read is not read again: %v", err)
		}
		risk.Assess(facts(), s)
	})
}
