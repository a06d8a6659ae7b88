package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// stateProblem is what a wrong state is answered with.
type stateProblem struct {
	Code, Detail, State string
	AllowedActions      []string
}

func TestAWrongStateIsToldWithWhatIsAllowed(t *testing.T) {
	w := newWorld(t)
	id := w.order("1000.00")
	ship := object{"amount": "10.00", "date": w.days(0), "note": "DN1"}
	p := into[stateProblem](w, w.post(supplier, "/v1/orders/"+id+"/ship", ship), http.StatusConflict)
	if p.Code != "WRONG_STATE" || p.State != into[written](w, w.get(supplier, "/v1/orders/"+id), http.StatusOK).State || len(p.AllowedActions) == 0 || slices.Contains(p.AllowedActions, "ship") ||
		!strings.Contains(p.Detail, p.State) || !strings.Contains(p.Detail, p.AllowedActions[0]) {
		t.Errorf("got %+v", p)
	}
	if dry := into[stateProblem](w, w.post(supplier, "/v1/orders/"+id+"/ship?dryRun=true", ship), http.StatusConflict); dry.State != p.State {
		t.Errorf("a dry run tells %+v", dry)
	}
	// Who may not read it learns nothing.
	other := w.post(bankB, "/v1/financings/"+w.undisclosed()+"/reserve", object{"hours": 1})
	if other.status != http.StatusNotFound || strings.Contains(string(other.body), "allowedActions") {
		t.Errorf("a stranger is told %s", other.body)
	}
}

// undisclosed is a financing of bank A that bank B knows nothing of.
func (w *world) undisclosed() string {
	w.Helper()
	return w.accepted(bankA, w.granted(w.receivable(w.delivered("1000.00"), "1000.00"), bankA), "100.00")
}

func TestADeliveryThatABankMustOrderSaysSo(t *testing.T) {
	w := newWorld(t)
	lot := w.storedLot("100 t")
	receipt := w.issuedReceipt(lot, "40 t")
	w.act(supplier, "/v1/warehouse-receipts/"+receipt+"/grant", object{"to": bankA, "until": w.days(300)})
	fin := w.act(supplier, "/v1/financings", object{"lender": bankA, "product": "warehouse-receipt-loan", "amount": "400000.00", "tenorMonths": 3, "purpose": "原料",
		"collateral": []string{receipt}}).ID
	w.offered(bankA, fin, "400000.00", 90)
	w.act(bankA, "/v1/financings/"+fin+"/reserve", object{"hours": 24})
	path := "/v1/warehouse-receipts/" + receipt
	w.act(supplier, path+"/claim-goods", nil)
	p := w.refuse(http.StatusConflict, "ENCUMBERED", w.post(keeper, path+"/deliver", nil, w.seen(keeper, path+"/deliver")...))
	if !strings.Contains(p.Detail, "order-delivery") {
		t.Errorf("the detail is %q", p.Detail)
	}
	lost := w.refuse(http.StatusUnprocessableEntity, "OVER_QUANTITY", w.post(keeper, "/v1/lots/"+lot+"/release",
		object{"quantity": "61 t", "date": w.days(0), "note": "CK1"}, w.seen(keeper, "/v1/lots/"+lot+"/release")...))
	if !strings.Contains(lost.Detail, "receipt") {
		t.Errorf("the detail is %q", lost.Detail)
	}
}

func TestATimeMayBeWrittenAsACertificateHasIt(t *testing.T) {
	w := newWorld(t)
	fin, _, _ := w.lentOn(bankA)
	path := "/v1/financings/" + fin + "/encumber"
	now := w.Engine.Now()
	body := func(registered any) object {
		return object{"number": "01234567890123456789", "registered": registered, "expires": w.days(360)}
	}
	china := now.In(time.FixedZone("", 8*60*60))
	for _, written := range []string{now.UTC().Format("2006-01-02T15:04:05Z"), china.Format("2006-01-02T15:04:05-07:00"),
		now.UTC().Format("2006-01-02T15:04:05.0Z"), china.Format("2006-01-02T15:04:05.000000000-07:00")} {
		if r := w.post(bankA, path+"?dryRun=true", body(written)); r.status != http.StatusOK {
			t.Errorf("%s: %d %s", written, r.status, r.body)
		}
	}
	for _, written := range []any{"2026-03-05", "2026-03-05 09:00:00", "2026-03-05T09:00:00", "2026-03-05T09:00:00+25:00", "2026-03-05T24:00:00Z", "2026-13-05T09:00:00Z",
		"0000-01-01T00:00:00Z", "2026-03-05T09:00:00,5Z", ""} {
		if p := w.refuse(http.StatusUnprocessableEntity, "TIME_INVALID", w.post(bankA, path, body(written))); p.Field != "/registered" {
			t.Errorf("%v: the field is %q", written, p.Field)
		}
	}
	w.act(bankA, path, body(china.Format("2006-01-02T15:04:05-07:00")))
	kept := into[struct {
		Terms struct{ Registration struct{ Registered string } }
	}](w, w.get(bankA, "/v1/financings/"+fin), http.StatusOK)
	if got, want := kept.Terms.Registration.Registered, now.UTC().Format("2006-01-02T15:04:05.000Z")[:20]+"000Z"; got != want {
		t.Errorf("kept %q, want %q", got, want)
	}
}

func TestTheGatewayNamesThePartsOfAReceivableAsThoseOfAReceipt(t *testing.T) {
	w := newWorld(t)
	rec := w.receivable(w.delivered("1000.00"), "1000.00")
	own := "REC-01KJXVJAP8FKTRKBDWY1JQZQVJ"
	w.act(supplier, "/v1/receivables/"+rec+"/split", object{"children": []object{{"amount": "400.00"}, {"id": own, "amount": "500.00"}, {"amount": "100.00"}}})
	whole := into[struct {
		Terms struct{ Parts []struct{ ID, Amount string } }
	}](w, w.get(supplier, "/v1/receivables/"+rec), http.StatusOK)
	found := map[string]string{}
	for _, p := range whole.Terms.Parts {
		part := into[record](w, w.get(supplier, "/v1/receivables/"+p.ID), http.StatusOK)
		found[part.Terms["amount"].(string)] = p.ID
	}
	if len(found) != 3 || found["500.00"] != own {
		t.Errorf("the parts are %+v", whole.Terms.Parts)
	}
}

func TestASheetComesBackInItsOwnLanguage(t *testing.T) {
	w := newWorld(t)
	for lang, c := range map[string]struct{ decide, agree, header, done string }{
		"zh": {"决定", "同意", "", "已办理："}, "en": {"Decision", "yes", "", "done: "}, "zh asked for in English": {"决定", "同意", "en", "done: "},
	} {
		id := w.order("1000.00")
		f := w.docket(leader, "orders", "lang="+lang[:2])
		f.set(id, c.decide, c.agree)
		headers := []string{"Accept", "text/csv"}
		if c.header != "" {
			headers = append(headers, "Accept-Language", c.header)
		}
		if r := w.upload(leader, f.path, "x.csv", f.bytes(), headers...); !strings.Contains(string(r.body), c.done) {
			t.Errorf("%s: %d %s", lang, r.status, r.body)
		}
	}
}

// lineage is what a record tells of its descent.
type lineage struct {
	CreatedBy, Owner string
	Parents, Parts   []string
	Terms            struct{ Owner string }
}

func TestARecordTellsItsDescentAndItsOwnerIsInItsTerms(t *testing.T) {
	w := newWorld(t)
	lot := w.storedLot("100 t")
	whole := w.issuedReceipt(lot, "40 t")
	path := "/v1/warehouse-receipts/"
	w.act(supplier, path+whole+"/split", object{"parts": []object{{"quantity": "15 t"}, {"quantity": "25 t"}}})
	w.act(keeper, path+whole+"/confirm-split", object{"numbers": []string{"CK-T-1", "CK-T-2"}})
	split := into[lineage](w, w.get(supplier, path+whole), http.StatusOK)
	if split.CreatedBy != string(keeper) || split.Owner != "" || split.Terms.Owner != string(supplier) || !slices.Equal(split.Parents, []string{lot}) || len(split.Parts) != 2 {
		t.Fatalf("the whole tells %+v", split)
	}
	first := split.Parts[0]
	part := into[struct {
		lineage
		Terms struct{ Contents struct{ Number string } }
	}](w, w.get(supplier, path+first), http.StatusOK)
	if !slices.Equal(part.Parents, []string{lot, whole}) || part.Parts != nil || !strings.HasPrefix(part.Terms.Contents.Number, "CK-T-") {
		t.Errorf("a part tells %+v", part)
	}
	w.act(supplier, path+first+"/grant", object{"to": bankA, "until": w.days(30)})
	if seen := into[lineage](w, w.get(bankA, path+first), http.StatusOK); seen.Parents != nil || seen.Parts != nil {
		t.Errorf("who sees the part alone is told of %+v", seen)
	}
	other := w.issuedReceipt(w.storedLot("10 t"), "10 t")
	of := into[struct{ Items []struct{ ID string } }](w, w.get(supplier, "/v1/warehouse-receipts?lot="+lot), http.StatusOK).Items
	if len(of) != 3 || slices.ContainsFunc(of, func(i struct{ ID string }) bool { return i.ID == other }) {
		t.Errorf("of the lot: %+v", of)
	}
	if found := into[struct{ Items []struct{ ID string } }](w, w.get(supplier, "/v1/warehouse-receipts?number=ck%20t%2F1"), http.StatusOK).Items; len(found) != 1 {
		t.Errorf("by the number, written otherwise: %+v", found)
	}
}

func TestWhatAReceiptLacksIsToldWithItsClause(t *testing.T) {
	w := newWorld(t)
	face := w.face()
	delete(face, "number")
	body := object{"lot": w.storedLot("10 t"), "quantity": "10 t", "contents": face}
	if p := w.refuse(http.StatusUnprocessableEntity, "FIELD_REQUIRED", w.post(keeper, "/v1/warehouse-receipts", body)); p.Field != "/contents/number" || p.Clause != "GB/T 30332-2024" {
		t.Errorf("without a number: %+v", p)
	}
	for lacks, g := range map[string]object{"/goods/name": {"quality": "Al99.70"}, "/goods/quality": {"name": "铝锭"}} {
		p := w.refuse(http.StatusUnprocessableEntity, "FIELD_REQUIRED", w.post(supplier, "/v1/lots", object{"keeper": keeper, "quantity": "1 t", "goods": g}))
		if p.Field != lacks || p.Clause != "民法典 909(2)" {
			t.Errorf("without %s: %+v", lacks, p)
		}
	}
}
