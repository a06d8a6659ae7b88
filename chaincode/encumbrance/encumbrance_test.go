package encumbrance_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"decore/chaincode/encumbrance"
	"decore/chaincode/evidence"
)

var start = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

func at(hours int) evidence.Instant {
	return evidence.InstantOf(start.Add(time.Duration(hours) * time.Hour))
}

// stages are one value: an order with two receivables, one of them split again.
var stages = map[string][]string{"order": {}, "a": {"order"}, "b": {"order"}, "b1": {"order", "b"}}

func reservation(record, financing string, from, to int) encumbrance.Lien {
	until := at(to)
	return encumbrance.Lien{Record: record, Ancestors: stages[record], Financing: financing, Since: at(from), Until: &until}
}

func TestStagesOfOneValueExcludeEachOther(t *testing.T) {
	excludes := map[string][]string{
		"order": {"order", "a", "b", "b1"}, "a": {"order", "a"}, "b": {"order", "b", "b1"}, "b1": {"order", "b", "b1"},
	}
	for held := range stages {
		for asked := range stages {
			b, err := encumbrance.Book{}.Reserve(reservation(held, "one", 0, 2))
			if err != nil {
				t.Fatal(err)
			}
			_, err = b.Reserve(reservation(asked, "two", 1, 3))
			if got := errors.Is(err, encumbrance.ErrEncumbered); got != slices.Contains(excludes[held], asked) {
				t.Errorf("%s is held, %s is asked for: %v", held, asked, err)
			}
		}
	}
}

func TestAReservationLapsesAndALienDoesNot(t *testing.T) {
	b, _ := encumbrance.Book{}.Reserve(reservation("a", "one", 0, 2))
	if _, held := b.Held("a", "one", at(2).Time); held {
		t.Error("it holds at its end")
	}
	if _, err := b.Encumber("a", "one", encumbrance.Pledge, at(2), at(1)); !errors.Is(err, encumbrance.ErrNotHeld) {
		t.Errorf("a lapsed reservation was encumbered: %v", err)
	}
	if _, err := b.Encumber("a", "two", encumbrance.Pledge, at(1), at(1)); !errors.Is(err, encumbrance.ErrNotHeld) {
		t.Errorf("another's reservation was encumbered: %v", err)
	}
	b, err := b.Encumber("a", "one", encumbrance.Assignment, at(1), at(0))
	if err != nil {
		t.Fatal(err)
	}
	l, held := b.Held("a", "one", at(9999).Time)
	if !held || l.State != encumbrance.Encumbered || l.Kind != encumbrance.Assignment || *l.Registered != at(0) {
		t.Errorf("lien %+v, held %t", l, held)
	}
	if _, err := b.Reserve(reservation("a", "one", 2, 3)); !errors.Is(err, encumbrance.ErrEncumbered) {
		t.Errorf("a lien went back to a reservation: %v", err)
	}
	if b = b.Release("a", "one"); len(b.Live("a", nil, at(2).Time)) > 0 {
		t.Error("released, it still holds")
	}
}

// Whatever banks do, no two financings ever hold the same value, and books do not grow with lapsed liens.
func TestAnyHistoryOfABookHasOneHolderAValue(t *testing.T) {
	records := []string{"order", "a", "b", "b1"}
	rapid.Check(t, func(t *rapid.T) {
		b, now := encumbrance.Book{}, 0
		for range 60 {
			record, financing := rapid.SampledFrom(records).Draw(t, "record"), fmt.Sprint(rapid.IntRange(1, 4).Draw(t, "financing"))
			before := slices.Clone(b.Liens)
			var next encumbrance.Book
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0:
				next, _ = b.Reserve(reservation(record, financing, now, now+rapid.IntRange(1, 9).Draw(t, "hours")))
			case 1:
				next, _ = b.Encumber(record, financing, encumbrance.Pledge, at(now), at(now))
			case 2:
				next = b.Release(record, financing)
			default:
				next, now = b, now+rapid.IntRange(0, 5).Draw(t, "pass")
			}
			if !reflect.DeepEqual(before, slices.Clone(b.Liens)) {
				t.Fatal("a step changed the book that it was given")
			}
			b = next
			for _, r := range records {
				holders := map[string]bool{}
				for _, l := range b.Live(r, stages[r], at(now).Time) {
					holders[l.Financing] = holders[l.Financing] || l.Record == r || slices.Contains(stages[r], l.Record)
				}
				direct := 0
				for _, holds := range holders {
					if holds {
						direct++
					}
				}
				if direct > 1 || direct == 1 && len(holders) > 1 {
					t.Fatalf("%s is held by %v", r, holders)
				}
			}
			if len(b.Liens) > len(records) {
				t.Fatalf("%d liens on %d records", len(b.Liens), len(records))
			}
		}
	})
}
