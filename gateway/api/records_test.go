package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"decore/chaincode/ident"
)

type page struct {
	Items []record
	Next  string
}

func TestPagesNeitherSkipNorRepeatWhileRecordsAreAdded(t *testing.T) {
	w := newWorld(t)
	var made []string
	for range 7 {
		made = append(made, w.order("100.00"))
	}
	for _, order := range []string{"oldest", "newest"} {
		var seen []string
		next := ""
		for {
			p := into[page](w, w.get(supplier, "/v1/orders?limit=2&order="+order+"&cursor="+next), http.StatusOK)
			for _, r := range p.Items {
				seen = append(seen, r.ID)
			}
			if len(p.Items) > 2 {
				t.Fatalf("%d items of a page of 2", len(p.Items))
			}
			if next = p.Next; next == "" {
				break
			}
			if order == "newest" {
				w.order("100.00") // comes before the first page
			}
		}
		for _, id := range made {
			if n := len(slices.DeleteFunc(slices.Clone(seen), func(s string) bool { return s != id })); n != 1 {
				t.Errorf("%s: %s was seen %d times", order, id, n)
			}
		}
	}
	c := into[page](w, w.get(supplier, "/v1/orders?limit=2"), http.StatusOK).Next
	w.refuse(http.StatusUnprocessableEntity, "CURSOR_INVALID", w.get(supplier, "/v1/receivables?cursor="+c))
}

func TestListsFilter(t *testing.T) {
	w := newWorld(t)
	a, b := w.order("100.00"), w.order("200.00")
	a, b = min(a, b), max(a, b) // IDs of one millisecond come in any order
	w.act(leader, "/v1/orders/"+a+"/attest", nil)
	number := into[record](w, w.get(supplier, "/v1/orders/"+b), http.StatusOK).Terms["number"].(string)
	for query, want := range map[string][]string{
		"state=attested":                        {a},
		"state=closed":                          {},
		"number=" + number:                      {b},
		"counterparty=" + string(leader):        {b, a},
		"counterparty=" + string(rival):         {},
		"dueFrom=" + w.days(29):                 {b, a},
		"dueTo=" + w.days(29):                   {},
		"state=created&order=oldest":            {b},
		"limit=1&order=oldest&dueTo=2026-12-31": {a},
	} {
		var got []string
		for _, r := range into[page](w, w.get(supplier, "/v1/orders?"+query), http.StatusOK).Items {
			got = append(got, r.ID)
		}
		if !slices.Equal(got, want) && len(got)+len(want) > 0 {
			t.Errorf("%s gave %v, want %v", query, got, want)
		}
	}
}

func TestEachSeesItsOwn(t *testing.T) {
	w := newWorld(t)
	order := w.delivered("1000.00")
	rec := w.granted(w.receivable(order, "600.00"), bankA)
	for p, sees := range map[ident.USCC]bool{supplier: true, leader: true, bankA: true, rival: false, bankB: false, keeper: false, insurer: false, guarantor: false, platform: true, bureau: true} {
		list := into[page](w, w.get(p, "/v1/receivables"), http.StatusOK)
		if (len(list.Items) == 1) != sees {
			t.Errorf("%s sees %d records in the list", roleOf[p], len(list.Items))
		}
		if !sees {
			w.refuse(http.StatusNotFound, "RECORD_NOT_FOUND", w.get(p, "/v1/receivables/"+rec))
			continue
		}
		r := into[record](w, w.get(p, "/v1/receivables/"+rec), http.StatusOK)
		if withTerms := p != platform && p != bureau; (r.Terms != nil) != withTerms || (list.Items[0].Terms != nil) != withTerms {
			t.Errorf("%s: terms %v", roleOf[p], r.Terms)
		}
	}
	// By what stands in the terms, those who see headers alone find nothing.
	if list := into[page](w, w.get(platform, "/v1/receivables?counterparty="+string(leader)), http.StatusOK); len(list.Items) != 0 {
		t.Error("the platform finds records by terms that it may not read")
	}
	w.act(supplier, "/v1/receivables/"+rec+"/revoke", object{"to": bankA})
	w.refuse(http.StatusNotFound, "RECORD_NOT_FOUND", w.get(bankA, "/v1/receivables/"+rec))
	w.refuse(http.StatusNotFound, "RECORD_NOT_FOUND", w.get(bankA, "/v1/orders/"+rec)) // of another kind
}

func TestAllowedActionsComeFromTheTable(t *testing.T) {
	w := newWorld(t)
	id := w.order("100.00")
	actions := func(p ident.USCC) string {
		return strings.Join(into[record](w, w.get(p, "/v1/orders/"+id), http.StatusOK).AllowedActions, " ")
	}
	if got := actions(leader); got != "attest amend set-collection-account cancel" {
		t.Errorf("the buyer may %q", got)
	}
	w.act(leader, "/v1/orders/"+id+"/attest", nil)
	if got := actions(supplier); !strings.Contains(got, "ship") || strings.Contains(got, "attest") {
		t.Errorf("the seller may %q", got)
	}
	if got := actions(bureau); got != "" {
		t.Errorf("the bureau may %q", got)
	}
}

func TestNobodyLearnsOfAnotherBank(t *testing.T) {
	w := newWorld(t)
	rec := w.granted(w.receivable(w.delivered("1000000.00"), "600000.00"), bankA, bankB)
	fin := w.accepted(bankA, rec, "1000.00")
	w.disbursed(bankA, fin, "1000.00")
	w.act(bankA, "/v1/receivables/"+rec+"/pay", object{"amount": "1.00", "date": w.days(0), "reference": "P1"})
	for _, path := range []string{"", "/history", "/verification", "/receipt"} {
		for _, p := range []ident.USCC{bankB, leader} {
			r := w.get(p, "/v1/receivables/"+rec+path)
			if r.status != http.StatusOK || strings.Contains(string(r.body), string(bankA)) || strings.Contains(string(r.body), fin) {
				t.Errorf("%q tells %s of the other bank: %d %s", path, roleOf[p], r.status, r.body)
			}
		}
		if r := w.get(bankA, "/v1/receivables/"+rec+path); r.status != http.StatusOK {
			t.Errorf("%d %s", r.status, r.body)
		}
	}
	seen := into[record](w, w.get(bankB, "/v1/receivables/"+rec), http.StatusOK)
	if len(seen.Encumbrances) != 1 || seen.Encumbrances[0].Own || seen.Encumbrances[0].State != "encumbered" {
		t.Errorf("bank B sees %+v", seen.Encumbrances)
	}
	if own := into[record](w, w.get(bankA, "/v1/receivables/"+rec), http.StatusOK); !own.Encumbrances[0].Own || !slices.Contains(own.AllowedActions, "pay") {
		t.Errorf("bank A sees %+v", own)
	}
}

func TestWhoHoldsTheOrderHoldsItsReceivables(t *testing.T) {
	w := newWorld(t)
	order := w.order("1000000.00")
	w.act(leader, "/v1/orders/"+order+"/attest", nil)
	w.act(supplier, "/v1/orders/"+order+"/grant", object{"to": bankA, "until": w.days(90)})
	for _, p := range []ident.USCC{supplier, leader} {
		w.act(p, "/v1/orders/"+order+"/set-collection-account", object{"bank": bankA, "number": "6222-0200-1122"})
	}
	fin := w.act(supplier, "/v1/financings", object{"lender": bankA, "product": "order-loan", "amount": "1000.00", "tenorMonths": 3,
		"purpose": "原材料", "collateral": []string{order}}).ID
	w.disbursed(bankA, w.offered(bankA, fin, "1000.00", 90), "1000.00")
	w.act(supplier, "/v1/orders/"+order+"/ship", object{"amount": "1000000.00", "date": w.days(0), "note": "DN1"})
	w.act(leader, "/v1/orders/"+order+"/accept", object{"amount": "1000000.00", "date": w.days(0)})
	rec := w.receivable(order, "600000.00")
	if seen := into[record](w, w.get(bankA, "/v1/receivables/"+rec), http.StatusOK); !slices.Contains(seen.AllowedActions, "pay") {
		t.Errorf("the holder of the order's lien may %v", seen.AllowedActions)
	}
	w.act(bankA, "/v1/receivables/"+rec+"/pay", object{"amount": "1.00", "date": w.days(0), "reference": "P1"})
}

func TestHistoriesSayWhoSignedWhat(t *testing.T) {
	w := newWorld(t)
	id := w.delivered("100.00")
	w.refuse(http.StatusConflict, "WRONG_STATE", w.post(leader, "/v1/orders/"+id+"/attest", nil, w.seen(leader, "/v1/orders/"+id+"/attest")...))
	h := into[struct {
		Items []struct {
			Verb, Party, Status, Code, JWS string
			Block                          uint64
		}
	}](w, w.get(leader, "/v1/orders/"+id+"/history"), http.StatusOK)
	var got []string
	for _, e := range h.Items {
		got = append(got, fmt.Sprintf("%s by %s: %s%s", e.Verb, roleOf[ident.USCC(e.Party)], e.Status, e.Code))
		if e.Block == 0 || e.JWS == "" {
			t.Errorf("%+v", e)
		}
	}
	want := []string{"order.create by sme: accepted", "order.attest by leader: accepted", "order.ship by sme: accepted",
		"order.accept by leader: accepted", "order.attest by leader: refusedWRONG_STATE"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}

type batchAnswer struct {
	Results []struct {
		Status, ID, State, Code, Title, Field string
		Position                              *struct{ Block uint64 }
		Command                               *struct{ JWS string }
	}
}

func TestBatchesAnswerItemByItem(t *testing.T) {
	w := newWorld(t)
	mine, done := w.order("100.00"), w.delivered("100.00")
	r := w.post(leader, "/v1/orders/batch", object{"items": []object{
		{"verb": "attest", "id": mine, "ifMatch": `"1"`},
		{"verb": "attest", "id": done, "ifMatch": w.seen(leader, "/v1/orders/"+done+"/attest")[1]},
		{"verb": "attest", "id": "ORD-00000000000000000000000000"},
		{"verb": "fly", "id": mine},
		{"verb": "ship", "id": mine, "args": object{"amount": "1.00", "date": w.days(0), "note": "D"}},
		{"verb": "amend", "id": mine, "args": object{"amount": "1.234", "deliverBy": w.days(9)}},
		{"verb": "create", "args": w.orderBody("5.00")},
		{"verb": "attest", "id": mine, "ifMatch": `"9"`},
	}})
	got := into[batchAnswer](w, r, http.StatusOK).Results
	want := []string{"accepted", "refused WRONG_STATE", "invalid RECORD_NOT_FOUND", "invalid UNKNOWN_VERB /verb", "invalid ROLE_NOT_PERMITTED",
		"invalid AMOUNT_INVALID /args/amount", "accepted", "invalid VERSION_MISMATCH header.If-Match"}
	for i, w := range want {
		g := strings.TrimSpace(strings.Join([]string{got[i].Status, got[i].Code, got[i].Field}, " "))
		if g != w {
			t.Errorf("item %d is %q, want %q", i, g, w)
		}
		if (got[i].Position != nil) != (got[i].Status != "invalid") || (got[i].Command != nil) != (got[i].Status != "invalid") {
			t.Errorf("item %d: %+v", i, got[i])
		}
	}
	w.refuse(http.StatusUnprocessableEntity, "FIELD_RANGE", w.post(leader, "/v1/orders/batch", object{"items": []object{}}))
	many := make([]object, 1001)
	for i := range many {
		many[i] = object{"verb": "attest", "id": mine}
	}
	w.refuse(http.StatusUnprocessableEntity, "FIELD_RANGE", w.post(leader, "/v1/orders/batch", object{"items": many}))
}

func TestRefusalsAreTheRegulators(t *testing.T) {
	w := newWorld(t)
	id := w.delivered("100.00")
	for range 3 {
		w.refuse(http.StatusConflict, "WRONG_STATE", w.post(leader, "/v1/orders/"+id+"/attest", nil, w.seen(leader, "/v1/orders/"+id+"/attest")...))
	}
	type refusals struct {
		Items []struct{ Code, Record, Command string }
		Next  string
	}
	first := into[refusals](w, w.get(bureau, "/v1/refusals?limit=2&code=WRONG_STATE"), http.StatusOK)
	second := into[refusals](w, w.get(bureau, "/v1/refusals?limit=2&code=WRONG_STATE&cursor="+first.Next), http.StatusOK)
	if len(first.Items) != 2 || len(second.Items) != 1 || second.Next != "" || first.Items[0].Record != id || first.Items[1].Command == second.Items[0].Command {
		t.Errorf("%+v %+v", first, second)
	}
	w.refuse(http.StatusUnprocessableEntity, "TIME_INVALID", w.get(bureau, "/v1/refusals?from=yesterday"))
}

func TestAVerificationIsAsFreshAsTheLedger(t *testing.T) {
	w := newWorld(t)
	rec := w.granted(w.receivable(w.delivered("1000000.00"), "600000.00"), bankA, bankB)
	type answer struct {
		Version int
		AsOf    struct{ Block uint64 }
		Checks  []struct{ Check, Verdict, Reason string }
	}
	ask := func(p ident.USCC) (encumbrance string, a answer) {
		a = into[answer](w, w.get(p, "/v1/receivables/"+rec+"/verification"), http.StatusOK)
		for _, c := range a.Checks {
			if c.Check == "encumbrance" {
				encumbrance = c.Verdict + c.Reason
			}
		}
		return encumbrance, a
	}
	first, a := ask(bankB)
	again, b := ask(bankB)
	if first != "pass" || again != first || b.AsOf != a.AsOf {
		t.Errorf("free: %s %s %+v %+v", first, again, a.AsOf, b.AsOf)
	}
	fin := w.accepted(bankA, rec, "1000.00")
	w.act(bankA, "/v1/financings/"+fin+"/reserve", object{"hours": 1})
	if reserved, c := ask(bankB); reserved == "pass" || c.AsOf.Block <= b.AsOf.Block {
		t.Errorf("reserved by another bank: %s as of %+v", reserved, c.AsOf)
	}
	if own, _ := ask(bankA); own != "pass" {
		t.Errorf("reserved by oneself: %s", own)
	}
	w.must(w.Engine.AdvanceClock(t.Context(), 2*time.Hour))
	if lapsed, _ := ask(bankB); lapsed != "pass" {
		t.Errorf("a reservation that lapsed, without a block: %s", lapsed)
	}
}
