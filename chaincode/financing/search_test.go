package financing_test

import (
	"strings"
	"testing"

	"decore/chaincode/financing"
)

func TestASearchIsKeptByItsHash(t *testing.T) {
	good := financing.SearchArgs{SHA256: strings.Repeat("ab", 32), AsOf: today, Grade: "low"}
	got, err := securedBy(t, "a").Attach(good, today)
	if err != nil || len(got.Searches) != 1 || got.Searches[0].SHA256 != good.SHA256 || got.Searches[0].Logged != today {
		t.Fatalf("%+v, %v", got.Searches, err)
	}
	if _, err := got.Attach(good, today); faulty(err) != "REFERENCE_USED/sha256" {
		t.Errorf("attached again: %v", err)
	}
	for want, change := range map[string]func(*financing.SearchArgs){
		"FIELD_INVALID/sha256": func(a *financing.SearchArgs) { a.SHA256 = strings.ToUpper(a.SHA256) },
		"FIELD_REQUIRED/asOf":  func(a *financing.SearchArgs) { *a = financing.SearchArgs{SHA256: a.SHA256, Grade: "low"} },
		"DATE_IN_FUTURE/asOf":  func(a *financing.SearchArgs) { a.AsOf = today.AddDays(1) },
		"FIELD_INVALID/grade":  func(a *financing.SearchArgs) { a.Grade = "none" },
		"FIELD_INVALID/ahead":  func(a *financing.SearchArgs) { a.Ahead = -1 },
	} {
		a := good
		change(&a)
		if got, err := securedBy(t, "a").Attach(a, today); faulty(err) != want || got.Searches != nil {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	for i := range 30 {
		a := good
		a.SHA256 = strings.Repeat("0", 62) + string("0123456789abcdef"[i/16]) + string("0123456789abcdef"[i%16])
		if got, err = got.Attach(a, today); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(got.Searches); n != 20 || !strings.HasSuffix(got.Searches[19].SHA256, "1d") {
		t.Errorf("%d are kept", n)
	}
}
