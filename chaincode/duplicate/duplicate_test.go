package duplicate_test

import (
	"strings"
	"testing"
	"time"

	"decore/chaincode/calendar"
	"decore/chaincode/duplicate"
	"decore/chaincode/evidence"
	"decore/chaincode/ident"
	"decore/chaincode/money"
)

var (
	key    = duplicate.Key(strings.Repeat("k", 32))
	seller = ident.MustUSCC("91370200990000009K")
	buyer  = ident.MustUSCC("91370200990000017E")
	day    = calendar.MustParse("2026-03-02")
)

func at(n int) evidence.Instant {
	return evidence.InstantOf(time.Date(2026, 3, 2, n, 0, 0, 0, time.UTC))
}

func TestTokensTellDocumentsApartAndTellNothingElse(t *testing.T) {
	amount := money.MustParse("100.00")
	tokens := map[duplicate.Token]string{}
	for name, token := range map[string]duplicate.Token{
		"an invoice":                  key.Invoice("26372000000000000001"),
		"another invoice":             key.Invoice("26372000000000000002"),
		"under another key":           duplicate.Key(strings.Repeat("l", 32)).Invoice("26372000000000000001"),
		"a composite":                 key.Composite(seller, buyer, day, amount),
		"the other way round":         key.Composite(buyer, seller, day, amount),
		"of the next day":             key.Composite(seller, buyer, day.AddDays(1), amount),
		"of a fen more":               key.Composite(seller, buyer, day, money.MustParse("100.01")),
		"a document":                  key.Document(buyer, seller, "PO1"),
		"a document between others":   key.Document(seller, buyer, "PO1"),
		"a document numbered like it": key.Document(buyer, seller, "26372000000000000001"),
	} {
		if other, taken := tokens[token]; taken {
			t.Errorf("%s has the token of %s", name, other)
		}
		tokens[token] = name
		for _, private := range []string{"2637", "PO1", string(seller), string(buyer), "100.0"} {
			if strings.Contains(string(token), private) {
				t.Errorf("the token of %s tells %q", name, private)
			}
		}
	}
	if key.Composite(seller, buyer, day, amount) != key.Composite(seller, buyer, day, money.MustParse("100")) {
		t.Error("100.00 and 100 are one amount")
	}
}

func TestATokenKnowsItsKind(t *testing.T) {
	for kind, token := range map[duplicate.Kind]duplicate.Token{
		duplicate.Invoice: key.Invoice("26372000000000000001"), duplicate.Document: key.Document(buyer, seller, "1"),
		duplicate.Composite: key.Composite(seller, buyer, day, money.Zero),
	} {
		if got := token.Kind(); got != kind {
			t.Errorf("%s: got %s", token, got)
		}
	}
}

func TestAPseudonymIsOfOneContext(t *testing.T) {
	a, b := key.Pseudonym("subsidy|x", seller), key.Pseudonym("subsidy|y", seller)
	if a == b || a != key.Pseudonym("subsidy|x", seller) || len(a) != 43 || strings.Contains(a, string(seller)) {
		t.Errorf("%q and %q", a, b)
	}
}

// register makes the claims of "me" and "other" in the states, "" for none.
func register(me, other duplicate.State) duplicate.Register {
	var r duplicate.Register
	for record, s := range map[string]duplicate.State{"me": me, "other": other} {
		if s != "" {
			r = r.Set(record, s, at(0))
		}
	}
	return r
}

func TestTheAnswerIsFromTheAskersPointOfView(t *testing.T) {
	const none duplicate.State = ""
	for _, c := range []struct {
		me, other duplicate.State
		asMe      duplicate.Answer
		asNobody  duplicate.Answer
	}{
		{none, none, duplicate.Unknown, duplicate.Unknown},
		{duplicate.Registered, none, duplicate.IsRegistered, duplicate.DuplicateRegistered},
		{duplicate.Financed, none, duplicate.IsFinanced, duplicate.DuplicateFinanced},
		{duplicate.Released, none, duplicate.IsRegistered, duplicate.DuplicateRegistered},
		{duplicate.Cancelled, none, duplicate.IsCancelled, duplicate.Unknown},
		{none, duplicate.Registered, duplicate.DuplicateRegistered, duplicate.DuplicateRegistered},
		{none, duplicate.Released, duplicate.DuplicateRegistered, duplicate.DuplicateRegistered},
		{none, duplicate.Financed, duplicate.DuplicateFinanced, duplicate.DuplicateFinanced},
		{none, duplicate.Cancelled, duplicate.Unknown, duplicate.Unknown},
		{duplicate.Registered, duplicate.Registered, duplicate.DuplicateRegistered, duplicate.DuplicateRegistered},
		{duplicate.Registered, duplicate.Financed, duplicate.DuplicateFinanced, duplicate.DuplicateFinanced},
		{duplicate.Registered, duplicate.Cancelled, duplicate.IsRegistered, duplicate.DuplicateRegistered},
		{duplicate.Financed, duplicate.Registered, duplicate.IsFinanced, duplicate.DuplicateFinanced},
		{duplicate.Financed, duplicate.Financed, duplicate.IsFinanced, duplicate.DuplicateFinanced},
		{duplicate.Released, duplicate.Financed, duplicate.DuplicateFinanced, duplicate.DuplicateFinanced},
		{duplicate.Cancelled, duplicate.Registered, duplicate.DuplicateRegistered, duplicate.DuplicateRegistered},
	} {
		r := register(c.me, c.other)
		if got := r.Ask("me"); got != c.asMe {
			t.Errorf("mine %q, other's %q: got %q, want %q", c.me, c.other, got, c.asMe)
		}
		if got := r.Ask(""); got != c.asNobody {
			t.Errorf("mine %q, other's %q, asked by nobody: got %q, want %q", c.me, c.other, got, c.asNobody)
		}
	}
}

func TestARegisterRemembersWhenAndWhetherMoneyWasLent(t *testing.T) {
	r := duplicate.Register{}.Set("a", duplicate.Registered, at(1)).Set("b", duplicate.Registered, at(2))
	if r.EverFinanced("a") {
		t.Error("nobody lent on it")
	}
	r = r.Set("a", duplicate.Financed, at(3))
	if first, ok := r.First(); !ok || first != at(1) {
		t.Errorf("first %v, %t", first, ok)
	}
	if !r.EverFinanced("a") || r.EverFinanced("b") {
		t.Error("it lost who was lent on")
	}
	if r = r.Set("a", duplicate.Released, at(4)); !r.EverFinanced("a") || len(r.Claims) != 2 {
		t.Errorf("after release: %+v", r)
	}
	r = r.Set("a", duplicate.Cancelled, at(5))
	if first, ok := r.First(); !ok || first != at(2) {
		t.Errorf("a cancelled claim counts: %v, %t", first, ok)
	}
	if _, ok := r.Set("b", duplicate.Cancelled, at(6)).First(); ok {
		t.Error("no claim stands and one is first")
	}
	if r.Claims[1].State != duplicate.Registered {
		t.Error("Set changed the register that it was given")
	}
}
