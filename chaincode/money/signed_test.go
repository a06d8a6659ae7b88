package money_test

import (
	"encoding/json"
	"errors"
	"testing"

	"decore/chaincode/money"
)

func TestSigned(t *testing.T) {
	for _, s := range []string{"0.00", "12.34", "-12.34", "-0.01"} {
		t.Run(s+" is read and written as it was", func(t *testing.T) {
			var got money.Signed
			if err := json.Unmarshal([]byte(`"`+s+`"`), &got); err != nil {
				t.Fatal(err)
			}
			if b, err := json.Marshal(got); err != nil || string(b) != `"`+s+`"` {
				t.Errorf("%v: written as %s", err, b)
			}
		})
	}
	for _, s := range []string{"-0", "-0.00", "--1", "+1.00", "-", "- 1", "-1.234", "1e3", ""} {
		t.Run(s+" is refused", func(t *testing.T) {
			if got, err := money.ParseSigned(s); !errors.Is(err, money.ErrAmount) {
				t.Errorf("got %s, %v", got, err)
			}
		})
	}
	t.Run("a difference is what came later less what was before", func(t *testing.T) {
		if got := money.Difference(money.MustParse("3.00"), money.MustParse("1.50")).String(); got != "-1.50" {
			t.Errorf("got %s", got)
		}
	})
	t.Run("nothing is left out of a record with omitzero but zero", func(t *testing.T) {
		record := struct {
			A money.Signed `json:"a,omitzero"`
			B money.Signed `json:"b,omitzero"`
		}{B: money.MustParseSigned("-1.00")}
		if b, err := json.Marshal(record); err != nil || string(b) != `{"b":"-1.00"}` {
			t.Errorf("%v: %s", err, b)
		}
	})
}
