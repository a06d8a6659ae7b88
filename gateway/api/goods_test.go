package api_test

import (
	"fmt"
	"net/http"
	"testing"

	"decore/chaincode/ident"
	"decore/gateway/receipt"
)

// storedLot is aluminium of the supplier that the keeper has counted, at 20,000 yuan a ton.
func (w *world) storedLot(quantity string) string {
	w.Helper()
	id := w.act(supplier, "/v1/lots", object{"keeper": keeper, "quantity": quantity,
		"goods": object{"name": "铝锭", "code": "AL9970", "quality": "Al99.70"}}).ID
	w.act(keeper, "/v1/lots/"+id+"/store", object{"counted": quantity, "site": "前湾港 3 号库",
		"position": fmt.Sprintf("A-%d", w.serial.Add(1)), "date": w.days(0)})
	w.act(keeper, "/v1/lots/"+id+"/value", object{"source": "SMM", "date": w.days(0), "price": "20000.00"})
	return id
}

// issuedReceipt is a receipt of the keeper over part of a lot.
func (w *world) issuedReceipt(lot, quantity string) string {
	w.Helper()
	return w.act(keeper, "/v1/warehouse-receipts", object{"lot": lot, "quantity": quantity, "contents": w.face()}).ID
}

func (w *world) face() object {
	return object{"number": fmt.Sprintf("WR%d", w.serial.Add(1)), "depositorAddress": "青岛市黄岛区前湾路 1 号", "lossStandard": "0.3 %",
		"storedUntil": w.days(180), "fee": "0.6 元/吨·天", "issuePlace": "青岛"}
}

func TestABankVerifiesGoodsThatAreDisclosedToIt(t *testing.T) {
	w := newWorld(t)
	lot := w.storedLot("100 t")
	receipt := w.issuedReceipt(lot, "40 t")
	w.act(supplier, "/v1/warehouse-receipts/"+receipt+"/grant", object{"to": bankA, "until": w.days(300)})

	v := into[verified](w, w.get(bankA, "/v1/warehouse-receipts/"+receipt+"/verification"), http.StatusOK)
	if v.Verdict != "pass" || v.check("contents") != "pass" || v.check("history") != "pass" || v.check("lot-state") != "pass" || v.check("registry-search") != "unknown" {
		t.Errorf("the receipt: %+v", v)
	}
	// The receipt is disclosed, the rest of the lot is not.
	w.refuse(http.StatusNotFound, "RECORD_NOT_FOUND", w.get(bankA, "/v1/lots/"+lot+"/verification"))
	w.refuse(http.StatusNotFound, "RECORD_NOT_FOUND", w.get(bankB, "/v1/warehouse-receipts/"+receipt+"/verification"))
	w.act(supplier, "/v1/lots/"+lot+"/grant", object{"to": bankA, "until": w.days(300)})
	many := into[struct{ Results []verified }](w, w.post(bankA, "/v1/verifications", object{"items": []object{{"record": lot}, {"record": receipt}}}), http.StatusOK).Results
	if len(many) != 2 || many[0].Verdict != "warn" || many[0].check("receipts") != "warn" || many[0].check("stored") != "pass" || many[1].Verdict != "pass" {
		t.Errorf("both at once: %+v", many)
	}
	if text := many[0].text("receipts"); text != "Warehouse receipts stand for the goods; lend on those." {
		t.Errorf("the reason reads %q", text)
	}
}

func TestABankKeepsAReceiptOfGoodsThatHoldsOffline(t *testing.T) {
	w := newWorld(t)
	lot := w.storedLot("100 t")
	whole := w.issuedReceipt(lot, "40 t")
	const part = "WHR-01K6Z0000000000000000000A1"
	w.act(supplier, "/v1/warehouse-receipts/"+whole+"/endorse", object{"to": rival})
	w.act(keeper, "/v1/warehouse-receipts/"+whole+"/confirm-endorsement", nil)
	w.act(rival, "/v1/warehouse-receipts/"+whole+"/split", object{"parts": []object{{"id": part, "quantity": "15 t"}, {"quantity": "25 t"}}})
	w.act(keeper, "/v1/warehouse-receipts/"+whole+"/confirm-split", object{"numbers": []string{"WR-A1", "WR-A2"}})
	w.act(rival, "/v1/warehouse-receipts/"+part+"/grant", object{"to": bankA, "until": w.days(300)})
	w.act(supplier, "/v1/lots/"+lot+"/grant", object{"to": bankA, "until": w.days(300)})

	for path, of := range map[string]struct{ id, verdict string }{"/v1/lots/": {lot, "warn"}, "/v1/warehouse-receipts/": {part, "pass"}} {
		got := w.get(bankA, path+of.id+"/receipt")
		report, err := receipt.Verify(got.body)
		if got.status != http.StatusOK || err != nil {
			t.Fatalf("the receipt does not hold: %d %v", got.status, err)
		}
		if want := `attachment; filename="verification-receipt-` + of.id + `.json"`; got.header.Get("Content-Disposition") != want {
			t.Errorf("it is kept as %s", got.header.Get("Content-Disposition"))
		}
		online := into[verified](w, w.get(bankA, path+of.id+"/verification"), http.StatusOK)
		if report.Record != of.id || report.IssuedFor != bankA || string(report.Verification.Verdict) != of.verdict || len(report.Verification.Checks) != len(online.Checks) {
			t.Errorf("%+v", report)
		}
		for _, f := range report.Verification.Checks {
			if string(f.Verdict) != online.check(f.Check) {
				t.Errorf("%s is %s offline, %s at the gateway", f.Check, f.Verdict, online.check(f.Check))
			}
		}
		for _, p := range []ident.USCC{keeper, platform, bureau} { // the last two are shown no terms
			if _, err := receipt.Verify(w.get(p, path+of.id+"/receipt").body); err != nil {
				t.Errorf("the receipt of the %s: %v", roleOf[p], err)
			}
		}
		w.refuse(http.StatusNotFound, "RECORD_NOT_FOUND", w.get(bankB, path+of.id+"/receipt"))
	}
	w.refuse(http.StatusNotFound, "RECORD_NOT_FOUND", w.get(bankA, "/v1/lots/"+part+"/receipt"))
}

// verified is a verification as its caller reads it.
type verified struct {
	Verdict string
	Checks  []struct{ Check, Verdict, Reason, Text string }
}

func (v verified) check(name string) string {
	for _, f := range v.Checks {
		if f.Check == name {
			return f.Verdict
		}
	}
	return ""
}

func (v verified) text(name string) string {
	for _, f := range v.Checks {
		if f.Check == name {
			return f.Text
		}
	}
	return ""
}
