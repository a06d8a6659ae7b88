package api_test

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"decore/chaincode/ident"
)

type statement struct {
	Whole     bool
	Room      string
	Successor string
	Totals    *struct{ Held, Accrued string }
	Next      string
	Entries   []booking
}

type booking struct {
	No             int
	Claim, Verb    string
	On, By         string
	Other, Reason  string
	Command        string
	Held, Released string
	Causes         []string
	Balance        struct{ Principal, Held, Accrued, Settled string }
}

func TestTheStatementShowsEachWhatItMayKnow(t *testing.T) {
	w := newWorld(t)
	policy := w.subsidyPolicy()
	a, b := w.fixedAsset(bankA, "30000000.00"), w.fixedAsset(bankB, "40000000.00")
	claimA := w.act(bankA, "/v1/subsidy/claims", w.holdBody(policy, a))
	w.act(bankB, "/v1/subsidy/claims", w.holdBody(policy, b))
	w.act(bankA, "/v1/subsidy/claims/"+claimA.ID+"/release", nil)
	path := "/v1/subsidy/accounts/" + string(supplier) + "/statement?policy=" + policy

	t.Run("to the bureau and the household every booking, with a running balance that ends in the totals", func(t *testing.T) {
		got := into[statement](w, w.get(bureau, path), http.StatusOK)
		var story string
		for _, e := range got.Entries {
			story += fmt.Sprintf("%d %s held %s released %s by %s: balance %s of %s\n", e.No, e.Verb, e.Held, e.Released, e.By[len(e.By)-4:], e.Balance.Held, e.Balance.Principal)
		}
		want := "1 hold held 912500.00 released  by " + string(bankA[14:]) + ": balance 912500.00 of 30000000.00\n" +
			"2 hold held 587500.00 released  by " + string(bankB[14:]) + ": balance 1500000.00 of 50000000.00\n" +
			"3 release held -912500.00 released 912500.00 by " + string(bankA[14:]) + ": balance 587500.00 of 20000000.00\n"
		if story != want || !got.Whole || got.Totals == nil || got.Totals.Held != "587500.00" || got.Room != "912500.00" {
			t.Errorf("got %+v\n%s", got, story)
		}
		if own := into[statement](w, w.get(supplier, path), http.StatusOK); len(own.Entries) != 3 || !own.Whole {
			t.Errorf("the household sees %+v", own)
		}
	})
	t.Run("to a bank its own bookings and the room, and nothing of another bank", func(t *testing.T) {
		got := into[statement](w, w.get(bankB, path), http.StatusOK)
		if len(got.Entries) != 1 || got.Entries[0].No != 2 || got.Totals != nil || got.Whole || got.Room != "912500.00" || got.Entries[0].Balance.Held != "587500.00" {
			t.Errorf("got %+v", got)
		}
		if r := w.get(bankB, path); slices.ContainsFunc([]string{claimA.ID, a, string(bankA)}, func(s string) bool { return strings.Contains(string(r.body), s) }) {
			t.Errorf("tells of another bank: %s", r.body)
		}
	})
	t.Run("each booking names the command that anybody entitled can look up", func(t *testing.T) {
		for _, e := range into[statement](w, w.get(bureau, path), http.StatusOK).Entries {
			if len(e.Command) != 26 || e.On == "" || e.Claim == "" {
				t.Errorf("booking %+v", e)
			}
		}
	})
	w.refuse(http.StatusNotFound, "NOT_FOUND", w.get(rival, path))
	t.Run("in pages that put together are the whole", func(*testing.T) {
		for by, last := range map[ident.USCC]int{bureau: 3, supplier: 3, bankA: 3, bankB: 2} {
			w.mustPage(by, path, last)
		}
		for _, bad := range []string{"AAAA", cursorOf("statement:"+policy+":"+string(rival), "1"), cursorOf("statement:"+policy+":"+string(supplier), "x"), cursorOf("statement:"+policy+":"+string(supplier), "-1")} {
			w.refuse(http.StatusUnprocessableEntity, "CURSOR_INVALID", w.get(bureau, path+"&cursor="+bad))
		}
		w.refuse(http.StatusUnprocessableEntity, "FIELD_RANGE", w.get(bureau, path+"&limit=1001"))
	})
}

// mustPage reads a statement in pages of one booking, and compares them with the whole, which ends with the number.
func (w *world) mustPage(by ident.USCC, path string, last int) {
	w.Helper()
	whole := into[statement](w, w.get(by, path), http.StatusOK)
	if n := len(whole.Entries); whole.Next != "" || n == 0 || whole.Entries[n-1].No != last {
		w.Fatalf("the whole: %+v", whole)
	}
	var entries []booking
	for cursor := ""; ; {
		page := into[statement](w, w.get(by, path+"&limit=1&cursor="+cursor), http.StatusOK)
		if len(page.Entries) != 1 || page.Whole != whole.Whole || page.Room != whole.Room || !reflect.DeepEqual(page.Totals, whole.Totals) {
			w.Fatalf("a page is %+v of %+v", page, whole)
		}
		entries = append(entries, page.Entries...)
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if !reflect.DeepEqual(entries, whole.Entries) {
		w.Errorf("the pages have %+v, the whole %+v", entries, whole.Entries)
	}
}

func TestAnHeirHasTheRoomOfBothHouseholds(t *testing.T) {
	w := newWorld(t)
	policy := w.subsidyPolicy()
	claim := w.act(bankA, "/v1/subsidy/claims", w.holdBody(policy, w.fixedAsset(bankA, "30000000.00")))
	later := w.fixedAsset(bankA, "40000000.00")
	w.act(bureau, "/v1/subsidy/successions", object{"policy": policy, "old": supplier, "heir": rival, "on": w.days(0), "document": "合并登记", "claims": []string{claim.ID}})

	t.Run("its statement shows what it took over", func(t *testing.T) {
		got := into[statement](w, w.get(rival, "/v1/subsidy/accounts/"+string(rival)+"/statement?policy="+policy), http.StatusOK)
		if !got.Whole || len(got.Entries) != 1 || got.Room != "587500.00" {
			t.Fatalf("got %+v", got)
		}
		if e := got.Entries[0]; e.Verb != "passed-in" || e.Other != string(supplier) || e.By != string(bureau) || e.Reason != "合并登记" || e.On != w.days(0) || e.Held != "912500.00" || e.Balance.Held != "912500.00" {
			t.Errorf("the passage: %+v", e)
		}
	})
	t.Run("the old household's statement keeps its past and ends in its successor's", func(t *testing.T) {
		for _, by := range []ident.USCC{bureau, supplier} {
			got := into[statement](w, w.get(by, "/v1/subsidy/accounts/"+string(supplier)+"/statement?policy="+policy), http.StatusOK)
			if !got.Whole || got.Successor != string(rival) || len(got.Entries) != 2 || got.Entries[0].Claim != claim.ID || got.Entries[0].Balance.Held != "912500.00" {
				t.Fatalf("%s: got %+v", by, got)
			}
			if e := got.Entries[1]; e.No != 2 || e.Verb != "passed-out" || e.Other != string(rival) || e.Held != "-912500.00" || e.Balance.Held != "0.00" {
				t.Errorf("the passage: %+v", e)
			}
		}
	})
	t.Run("a loan of the old code is quoted the heir's room", func(t *testing.T) {
		if q := into[quotation](w, w.post(bankA, "/v1/subsidy/quotes", w.holdBody(policy, later)), http.StatusOK); q.Amount != "587500.00" {
			t.Errorf("got %+v", q)
		}
	})
	t.Run("the old account names its heir and leaves no room", func(t *testing.T) {
		got := into[struct {
			Successor, Room string
			Claims          []record
		}](w, w.get(bureau, "/v1/subsidy/accounts/"+string(supplier)+"?policy="+policy), http.StatusOK)
		if got.Successor != string(rival) || got.Room != "0.00" || len(got.Claims) != 0 {
			t.Errorf("got %+v", got)
		}
	})
}
