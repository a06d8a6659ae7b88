package duplicate_test

import (
	"encoding/json"
	"strings"
	"testing"

	"decore/chaincode/duplicate"
	"decore/chaincode/ident"
)

func TestAReceiptIsOneHoweverItsNumberIsWritten(t *testing.T) {
	want := key.Receipt(seller, read(t, "WR-2026-001"))
	for _, s := range []string{"wr-2026-001", "WR2026001", "ＷＲ－２０２６－００１", " WR 2026/001 "} {
		if key.Receipt(seller, read(t, s)) != want {
			t.Errorf("%q is another receipt", s)
		}
	}
	for name, other := range map[string]duplicate.Token{
		"another number":    key.Receipt(seller, read(t, "WR-2026-002")),
		"another keeper's":  key.Receipt(buyer, read(t, "WR-2026-001")),
		"under another key": duplicate.Key(strings.Repeat("l", 32)).Receipt(seller, read(t, "WR-2026-001")),
		"a loan so called":  key.Loan(seller, "WR2026001"),
	} {
		if other == want {
			t.Errorf("%s is the same receipt", name)
		}
	}
	if want.Kind() != duplicate.Receipt || !strings.HasPrefix(string(want), "F5-1-") {
		t.Errorf("its token is %s", want)
	}
}

// read reads a number as it comes in a command.
func read(t *testing.T, s string) (n ident.DocumentNumber) {
	t.Helper()
	raw, _ := json.Marshal(s)
	if err := json.Unmarshal(raw, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestNumbersOfAPlaceDoNotRunTogether(t *testing.T) {
	place := func(position, batch string) duplicate.Token { return key.Place(seller, "库", position, "AL", batch) }
	for _, two := range [][2]duplicate.Token{
		{place("1-11", ""), place("11-1", "")}, {place("1-1", ""), place("11", "")}, {place("1.0", ""), place("10", "")},
		{place("", "1/23"), place("", "12/3")}, {place("1-0-1", ""), place("1-1", "")},
	} {
		if two[0] == two[1] {
			t.Errorf("two places have one token %s", two[0])
		}
	}
	if place("01-1", "") != place("1 01", "") || place("第1排2列", "") != place("第 01 排 02 列", "") {
		t.Error("one place has two tokens")
	}
}

func TestAPlaceIsOneHoweverItIsWritten(t *testing.T) {
	want := key.Place(seller, "前湾港 3 号库", "A-12", "AL99.70", "B1")
	for _, p := range [][4]string{
		{"前湾港3号库", "A 012", "AL99.70", "B-01"}, {"前湾港3号库", "A12", "AL9970", "B1"}, {"前湾港（3号库）", "a-12", "al99.70", "b1"}, {"前湾港３号库", "Ａ－１２", "ＡＬ９９．７０", "Ｂ１"},
		{" 前湾港\u30003号库\t", "A\u200b12", "AL99|70", "B 1"},
	} {
		if key.Place(seller, p[0], p[1], p[2], p[3]) != want {
			t.Errorf("%q is another place", p)
		}
	}
	for name, other := range map[string]duplicate.Token{
		"another keeper's":  key.Place(buyer, "前湾港 3 号库", "A-12", "AL99.70", "B1"),
		"another warehouse": key.Place(seller, "前湾港 4 号库", "A-12", "AL99.70", "B1"),
		"another stack":     key.Place(seller, "前湾港 3 号库", "A-13", "AL99.70", "B1"),
		"other goods":       key.Place(seller, "前湾港 3 号库", "A-12", "CU-CATH", "B1"),
		"another batch":     key.Place(seller, "前湾港 3 号库", "A-12", "AL99.70", "B2"),
		"no batch":          key.Place(seller, "前湾港 3 号库", "A-12", "AL99.70", ""),
		"a field moved":     key.Place(seller, "前湾港 3 号库", "A-12AL", "99.70", "B1"),
	} {
		if other == want {
			t.Errorf("%s is the same place", name)
		}
	}
	if want.Kind() != duplicate.Place || !strings.HasPrefix(string(want), "F6-1-") {
		t.Errorf("its token is %s", want)
	}
}

func TestAPlaceThatWasEmptiedUnderALoanStaysFree(t *testing.T) {
	r := duplicate.Register{}.Set("LOT-1", duplicate.Registered, at(1)).Set("LOT-1", duplicate.Financed, at(2))
	if r.Ask("") != duplicate.DuplicateFinanced || r.Ask("LOT-1") != duplicate.IsFinanced {
		t.Errorf("while it is lent on: %s", r.Ask(""))
	}
	r = r.Set("LOT-1", duplicate.Cancelled, at(3)).Set("LOT-1", duplicate.Released, at(4))
	if r.Ask("") != duplicate.Unknown || r.Claims[0].State != duplicate.Cancelled || r.Claims[0].At != at(3) {
		t.Errorf("emptied, then paid: %s, %+v", r.Ask(""), r.Claims)
	}
	if r = r.Set("LOT-2", duplicate.Registered, at(5)); r.Ask("LOT-2") != duplicate.IsRegistered {
		t.Errorf("the next lot in the place: %s", r.Ask("LOT-2"))
	}
}

func TestTheNumberOfALoanIsTheSameHoweverItIsWritten(t *testing.T) {
	one := key.Loan(seller, "JK-2026-1-11")
	for _, same := range []string{"jk-2026-1-11", " JK-2026-1-11", "JK-2026 -1-11 ", "ＪＫ－2026-1-11"} {
		if key.Loan(seller, same) != one {
			t.Errorf("%q is another loan", same)
		}
	}
	for _, other := range []string{"JK-2026-11-1", "JK-2026-1-12", "JK2026111"} {
		if key.Loan(seller, other) == one {
			t.Errorf("%q is the same loan", other)
		}
	}
}
