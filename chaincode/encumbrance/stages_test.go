package encumbrance_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"

	"decore/chaincode/encumbrance"
)

// recorded is a lien that was filed before it is recorded.
func recorded(record, financing string, from int) encumbrance.Lien {
	registered := at(from)
	return encumbrance.Lien{Record: record, Ancestors: stages[record], Financing: financing, Kind: encumbrance.Floating, Since: at(from), Registered: &registered}
}

// book is a book with liens that stand for good, by record.
func book(t *testing.T, liens map[string]string) (b encumbrance.Book) {
	t.Helper()
	for record, financing := range liens {
		var err error
		if b, err = b.Establish(recorded(record, financing, 0)); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func TestALienIsEstablishedOnlyWhereNoneStandsAtAnyStage(t *testing.T) {
	for name, c := range map[string]struct {
		held   map[string]string
		record string
		free   bool
	}{
		"nothing is held":             {nil, "b", true},
		"another part is":             {map[string]string{"a": "one"}, "b", true},
		"the record is":               {map[string]string{"b": "one"}, "b", false},
		"an earlier stage is":         {map[string]string{"order": "one"}, "b1", false},
		"a later stage is":            {map[string]string{"b1": "one"}, "order", false},
		"the same financing holds it": {map[string]string{"order": "two"}, "b", false},
	} {
		before := book(t, c.held)
		b, err := before.Establish(recorded(c.record, "two", 5))
		l, held := b.Held(c.record, "two", at(9999).Time)
		switch {
		case !c.free:
			if !errors.Is(err, encumbrance.ErrEncumbered) || !reflect.DeepEqual(b, before) {
				t.Errorf("%s: %v, %v", name, b, err)
			}
		case err != nil || !held || l.State != encumbrance.Encumbered || l.Until != nil || *l.Registered != at(5):
			t.Errorf("%s: %+v, %v", name, l, err)
		}
	}
}

func TestALienIsEstablishedOnceAReservationLapsed(t *testing.T) {
	b, _ := encumbrance.Book{}.Reserve(reservation("b", "one", 0, 2))
	if _, err := b.Establish(recorded("b", "two", 1)); !errors.Is(err, encumbrance.ErrEncumbered) {
		t.Errorf("while it stands: %v", err)
	}
	b, err := b.Establish(recorded("b", "two", 2))
	if err != nil || len(b.Liens) != 1 {
		t.Errorf("when it lapses: %v, %v", b, err)
	}
}

func to(records ...string) (all []encumbrance.Stage) {
	for _, r := range records {
		all = append(all, encumbrance.Stage{Record: r, Ancestors: stages[r]})
	}
	return all
}

func TestALienRollsOverToLaterStagesWithItsRank(t *testing.T) {
	for name, c := range map[string]struct {
		from string
		to   []string
		keep bool
		want []string
	}{
		"to one part":                  {"order", []string{"a"}, false, []string{"a"}},
		"to all parts":                 {"order", []string{"a", "b"}, false, []string{"a", "b"}},
		"to a part, and stays":         {"order", []string{"a"}, true, []string{"a", "order"}},
		"over a stage":                 {"order", []string{"b1"}, false, []string{"b1"}},
		"to nothing, which sets free":  {"order", nil, false, nil},
		"from a part to a part of it":  {"b", []string{"b1"}, false, []string{"b1"}},
		"from a part to it, and stays": {"b", []string{"b1"}, true, []string{"b", "b1"}},
	} {
		before := book(t, map[string]string{c.from: "one"})
		kept := slices.Clone(before.Liens)
		b, err := before.RollOver(c.from, "one", to(c.to...), c.keep, at(7).Time)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var held []string
		for _, l := range b.Liens {
			held = append(held, l.Record)
			if *l.Registered != at(0) || l.Since != at(0) || l.Kind != encumbrance.Floating || l.State != encumbrance.Encumbered || !slices.Equal(l.Ancestors, stages[l.Record]) {
				t.Errorf("%s: the lien changed on its way: %+v", name, l)
			}
		}
		slices.Sort(held)
		if !slices.Equal(held, c.want) || !reflect.DeepEqual(kept, before.Liens) {
			t.Errorf("%s: held are %v, not %v; before %v", name, held, c.want, before.Liens)
		}
		for record := range stages {
			_, err := b.Establish(recorded(record, "two", 8))
			if free := err == nil; free != !slices.ContainsFunc(held, func(h string) bool {
				return h == record || slices.Contains(stages[record], h) || slices.Contains(stages[h], record)
			}) {
				t.Errorf("%s: %s is free for another: %t", name, record, free)
			}
		}
	}
}

func TestNoLienRollsOverThatIsNotHeldOrOntoWhatAnotherHolds(t *testing.T) {
	others := book(t, map[string]string{"a": "one", "b1": "two"})
	for name, c := range map[string]struct {
		from, financing string
		to              []string
		want            error
	}{
		"from what it does not hold":        {"b", "one", []string{"b1"}, encumbrance.ErrNotHeld},
		"from what another holds":           {"b1", "one", []string{"b1"}, encumbrance.ErrNotHeld},
		"onto what another holds":           {"a", "one", []string{"b1"}, encumbrance.ErrEncumbered},
		"onto an earlier stage of that":     {"a", "one", []string{"b"}, encumbrance.ErrEncumbered},
		"onto one free and one held record": {"a", "one", []string{"a", "b1"}, encumbrance.ErrEncumbered},
	} {
		b, err := others.RollOver(c.from, c.financing, to(c.to...), false, at(1).Time)
		if !errors.Is(err, c.want) || !reflect.DeepEqual(b, others) {
			t.Errorf("%s: %v, %v", name, b, err)
		}
	}
	lapsed, _ := encumbrance.Book{}.Reserve(reservation("order", "one", 0, 2))
	if _, err := lapsed.RollOver("order", "one", to("a"), false, at(2).Time); !errors.Is(err, encumbrance.ErrNotHeld) {
		t.Errorf("a reservation that lapsed: %v", err)
	}
	moved, err := lapsed.RollOver("order", "one", to("a"), false, at(1).Time)
	if l, held := moved.Held("a", "one", at(1).Time); err != nil || !held || l.State != encumbrance.Reserved {
		t.Errorf("a reservation moves as one: %+v, %v", l, err)
	}
	if _, held := moved.Held("a", "one", at(2).Time); held {
		t.Error("on its way a reservation became longer")
	}
}
