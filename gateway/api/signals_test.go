package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"decore/chaincode/ident"
	"decore/gateway/risk"
)

type signalsBody struct {
	Record, Kind, Grade string
	Score               int
	AsOf                struct{ Block uint64 }
	Settings            struct {
		ID      string
		Version int
	}
	Signals []struct {
		Rule, Source, Title, Text string
		Score, Others             int
		Records                   []string
	}
	Unexamined []struct{ Rule, Reason, Text string }
}

// signals reads the signals of a record, by rule.
func (w *world) signals(p ident.USCC, path string) (signalsBody, map[string][]string, string) {
	w.Helper()
	r := w.get(p, path+"/signals")
	body := into[signalsBody](w, r, http.StatusOK)
	records := map[string][]string{}
	for _, s := range body.Signals {
		records[s.Rule] = s.Records
	}
	return body, records, string(r.body)
}

// withRisk starts the interface anew with other settings.
func (w *world) withRisk(change func(*risk.Settings)) {
	w.Helper()
	s, err := risk.Default()
	w.must(err)
	change(&s)
	w.deps.Risk = &s
	w.serve(w.deps)
}

func (w *world) othersOf(b signalsBody, rule string) int {
	for _, s := range b.Signals {
		if s.Rule == rule {
			return s.Others
		}
	}
	return -1
}

func TestANearDuplicateIsToldToWhomBothAreDisclosed(t *testing.T) {
	w := newWorld(t)
	first := w.granted(w.receivable(w.delivered("100000.00"), "100000.00"), bankA)
	second := w.granted(w.receivable(w.delivered("100900.00"), "100900.00"), bankA)
	for _, p := range []ident.USCC{supplier, leader, bankA} {
		body, found, _ := w.signals(p, "/v1/receivables/"+first)
		if !slices.Equal(found["NEAR_DUPLICATE"], []string{second}) || w.othersOf(body, "NEAR_DUPLICATE") != 0 || body.Score < 30 || body.Grade == "none" ||
			body.Record != first || body.Settings.ID == "" || body.AsOf.Block == 0 {
			t.Errorf("%s is told %+v", roleOf[p], body)
		}
	}
	_, other, _ := w.signals(leader, "/v1/receivables/"+second)
	if !slices.Equal(other["NEAR_DUPLICATE"], []string{first}) {
		t.Errorf("the other one tells %v", other)
	}
	zh := into[signalsBody](w, w.get(leader, "/v1/receivables/"+first+"/signals", "Accept-Language", "zh-CN"), http.StatusOK)
	if zh.Signals[0].Title != "疑似重复单据" || !strings.Contains(zh.Signals[0].Text, "1%") {
		t.Errorf("in Chinese: %+v", zh.Signals[0])
	}
	w.act(supplier, "/v1/receivables/"+second+"/cancel", nil)
	if _, found, _ := w.signals(leader, "/v1/receivables/"+first); found["NEAR_DUPLICATE"] != nil {
		t.Error("a cancelled receivable counts")
	}
}

// A bank learns that there is another document, and nothing of it.
func TestAnotherBanksRecordIsOnlyCounted(t *testing.T) {
	w := newWorld(t)
	mine := w.granted(w.receivable(w.delivered("100000.00"), "100000.00"), bankA)
	theirOrder := w.delivered("100700.00")
	theirs := w.granted(w.receivable(theirOrder, "100700.00"), bankB)
	fin := w.accepted(bankB, theirs, "1000.00")
	w.disbursed(bankB, fin, "1000.00")
	invoice := into[record](w, w.get(supplier, "/v1/receivables/"+theirs), http.StatusOK).Terms["invoice"].(string)

	body, found, raw := w.signals(bankA, "/v1/receivables/"+mine)
	if len(found["NEAR_DUPLICATE"]) != 0 || w.othersOf(body, "NEAR_DUPLICATE") != 1 {
		t.Errorf("bank A is told %+v", body)
	}
	for _, secret := range []string{theirs, theirOrder, fin, invoice, "100700", string(bankB)} {
		if strings.Contains(raw, secret) {
			t.Errorf("bank A is told %s: %s", secret, raw)
		}
	}
	// Sums and shares are of what it sees alone.
	if _, told := found["CONCENTRATION"]; told || !strings.Contains(raw, `"rule":"CONCENTRATION"`) {
		t.Errorf("bank A is told of shares that it cannot see: %s", raw)
	}
	// Once its grant has ended, the same holds for what it was shown before.
	w.granted(theirs, bankA)
	if _, found, _ := w.signals(bankA, "/v1/receivables/"+mine); !slices.Equal(found["NEAR_DUPLICATE"], []string{theirs}) {
		t.Errorf("disclosed, it is told as %v", found)
	}
	w.act(supplier, "/v1/receivables/"+theirs+"/revoke", object{"to": bankA})
	body, found, raw = w.signals(bankA, "/v1/receivables/"+mine)
	if len(found["NEAR_DUPLICATE"]) != 0 || w.othersOf(body, "NEAR_DUPLICATE") != 1 || strings.Contains(raw, theirs) {
		t.Errorf("after a revocation bank A is told %s", raw)
	}
}

func TestWhoSeesHeadersAloneIsToldWhatIsPublic(t *testing.T) {
	w := newWorld(t)
	order := w.order("100000.00")
	w.act(leader, "/v1/orders/"+order+"/attest", nil)
	w.act(leader, "/v1/orders/"+order+"/amend", object{"amount": "90000.00", "deliverBy": w.days(40)})
	twin := w.order("90000.00")
	for _, p := range []ident.USCC{bureau, platform} {
		body, found, raw := w.signals(p, "/v1/orders/"+order)
		if _, told := found["AMENDED_AFTER_ATTEST"]; !told || len(body.Signals) != 1 || strings.Contains(raw, "90000") || strings.Contains(raw, twin) {
			t.Errorf("%s is told %s", roleOf[p], raw)
		}
		i := slices.IndexFunc(body.Unexamined, func(u struct{ Rule, Reason, Text string }) bool { return u.Rule == "NEAR_DUPLICATE" })
		if i < 0 || body.Unexamined[i].Reason != "NOT_DISCLOSED" || body.Unexamined[i].Text == "" {
			t.Errorf("%s is not told what was not examined: %s", roleOf[p], raw)
		}
	}
	if _, found, _ := w.signals(supplier, "/v1/orders/"+order); !slices.Equal(found["NEAR_DUPLICATE"], []string{twin}) {
		t.Errorf("the seller is told %v", found)
	}
	w.refuse(http.StatusNotFound, "RECORD_NOT_FOUND", w.get(rival, "/v1/orders/"+order+"/signals"))
	w.refuse(http.StatusNotFound, "RECORD_NOT_FOUND", w.get(leader, "/v1/receivables/"+order+"/signals"))
}

func TestAKeeperUnderItsOwnersControlIsTold(t *testing.T) {
	w := newWorld(t)
	w.withRisk(func(s *risk.Settings) { s.Affiliates = [][]ident.USCC{{supplier, keeper}} })
	lot := w.storedLot("100 t")
	receipt := w.issuedReceipt(lot, "40 t")
	for _, path := range []string{"/v1/lots/" + lot, "/v1/warehouse-receipts/" + receipt} {
		w.act(supplier, path+"/grant", object{"to": bankA, "until": w.days(300)})
		if _, found, raw := w.signals(bankA, path); found["COMMON_CONTROLLER"] == nil {
			t.Errorf("bank A is told %s", raw)
		}
	}
}

// What the gateway's keeper knows is for those who judge risks, not for those whom it is about.
func TestAffiliatesAreToldToBanksAlone(t *testing.T) {
	w := newWorld(t)
	w.withRisk(func(s *risk.Settings) { s.Affiliates = [][]ident.USCC{{supplier, leader}} })
	rec := w.granted(w.receivable(w.delivered("100000.00"), "90000.00"), bankA)
	if _, found, raw := w.signals(bankA, "/v1/receivables/"+rec); found["COMMON_CONTROLLER"] == nil {
		t.Errorf("bank A is told %s", raw)
	}
	for _, p := range []ident.USCC{supplier, leader} {
		if _, found, raw := w.signals(p, "/v1/receivables/"+rec); found["COMMON_CONTROLLER"] != nil || !strings.Contains(raw, `"rule":"COMMON_CONTROLLER","reason":"NOT_DISCLOSED"`) &&
			!strings.Contains(raw, `"reason":"NOT_DISCLOSED","rule":"COMMON_CONTROLLER"`) {
			t.Errorf("%s is told %s", roleOf[p], raw)
		}
	}
}

func TestOrdersOfOneContractCountTogether(t *testing.T) {
	w := newWorld(t)
	var value string
	body := func(amount string) object {
		b := w.orderBody(amount)
		b["contract"] = "框架2026-1"
		return b
	}
	deliver := func(amount string) string {
		id := w.act(supplier, "/v1/orders", body(amount)).ID
		w.act(leader, "/v1/orders/"+id+"/attest", nil)
		w.act(supplier, "/v1/orders/"+id+"/ship", object{"amount": amount, "date": w.days(0), "note": "DN1"})
		w.act(leader, "/v1/orders/"+id+"/accept", object{"amount": amount, "date": w.days(0)})
		return id
	}
	first, second := deliver("70000.00"), deliver("50000.00")
	w.granted(w.receivable(first, "70000.00"), bankA)
	rec := w.granted(w.receivable(second, "50000.00"), bankA)
	for _, c := range []struct {
		value string
		fires bool
	}{{"120000.00", false}, {"119999.99", true}} {
		value = c.value
		w.withRisk(func(s *risk.Settings) {
			raw, err := json.Marshal([]object{{"seller": supplier, "buyer": leader, "number": "框架2026-1", "amount": value}})
			w.must(err)
			w.must(json.Unmarshal(raw, &s.Contracts))
		})
		_, found, raw := w.signals(bankA, "/v1/receivables/"+rec)
		if got := found["OVER_CONTRACT"]; (got != nil) != c.fires || c.fires && !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values([]string{first, second}))) {
			t.Errorf("at a value of %s: %s", c.value, raw)
		}
		if _, over := found["OVER_DELIVERED"]; over != c.fires {
			t.Errorf("delivered, at a value of %s: %s", c.value, raw)
		}
	}
}

func TestARegistrationThatEndsSoonIsToldToItsParties(t *testing.T) {
	w := newWorld(t)
	rec := w.granted(w.receivable(w.delivered("100000.00"), "90000.00"), bankA, bankB)
	fin := w.accepted(bankA, rec, "1000.00")
	w.disbursed(bankA, fin, "1000.00")
	w.withRisk(func(s *risk.Settings) { s.LapseDays = 500 })
	for p, told := range map[ident.USCC]bool{bankA: true, supplier: true, bankB: false, leader: false} {
		_, found, raw := w.signals(p, "/v1/receivables/"+rec)
		if got := slices.Equal(found["REGISTRATION_LAPSE"], []string{fin}); got != told || strings.Contains(raw, fin) != told {
			t.Errorf("%s is told %s", roleOf[p], raw)
		}
	}
}

func TestGoodsThatTheirOwnerPricesHighAreTold(t *testing.T) {
	w := newWorld(t)
	order := w.order("1000000.00")
	w.act(leader, "/v1/orders/"+order+"/attest", nil)
	w.act(supplier, "/v1/orders/"+order+"/grant", object{"to": bankA, "until": w.days(90)})
	lot := w.act(supplier, "/v1/lots", object{"keeper": keeper, "quantity": "20 t", "order": order, "orderShare": "400000.00",
		"goods": object{"name": "铝锭", "code": "AL9970", "quality": "Al99.70"}}).ID
	w.act(keeper, "/v1/lots/"+lot+"/store", object{"counted": "20 t", "site": "前湾港 3 号库", "position": "A-1", "date": w.days(0)})
	w.act(keeper, "/v1/lots/"+lot+"/value", object{"source": "SMM", "date": w.days(0), "price": "20000.00"})
	for _, c := range []struct {
		price string
		fires bool
	}{{"22000.00", false}, {"22000.01", true}} {
		w.act(supplier, "/v1/lots/"+lot+"/value", object{"source": "own", "date": w.days(0), "price": c.price})
		if _, found, raw := w.signals(keeper, "/v1/lots/"+lot); (found["OVER_PRICED"] != nil) != c.fires {
			t.Errorf("at %s the keeper is told %s", c.price, raw)
		}
		if _, found, raw := w.signals(supplier, "/v1/orders/"+order); slices.Equal(found["OVER_PRICED"], []string{lot}) != c.fires {
			t.Errorf("at %s the order's seller is told %s", c.price, raw)
		}
	}
	w.act(supplier, "/v1/lots/"+lot+"/insure", object{"insurer": "人保", "policy": "P1", "amount": "400000.00", "from": w.days(-10), "until": w.days(30)})
	if _, found, raw := w.signals(supplier, "/v1/orders/"+order); !slices.Equal(found["INSURANCE_LAPSE"], []string{lot}) {
		t.Errorf("the seller is told %s", raw)
	}
	// The order is disclosed to the bank, the lot is not.
	if _, found, raw := w.signals(bankA, "/v1/orders/"+order); found["OVER_PRICED"] != nil || found["INSURANCE_LAPSE"] != nil || strings.Contains(raw, lot) {
		t.Errorf("bank A is told of the lot: %s", raw)
	}
	receipt := w.issuedReceipt(lot, "5 t")
	w.withRisk(func(s *risk.Settings) { s.LapseDays = 180 })
	if _, found, raw := w.signals(supplier, "/v1/orders/"+order); !slices.Equal(found["STORAGE_LAPSE"], []string{receipt}) {
		t.Errorf("the seller is told %s", raw)
	}
	if _, found, raw := w.signals(keeper, "/v1/warehouse-receipts/"+receipt); found["STORAGE_LAPSE"] == nil {
		t.Errorf("the keeper is told %s", raw)
	}
}

func TestAReceivableDueLaterThanAgreedIsTold(t *testing.T) {
	w := newWorld(t)
	order := w.delivered("100000.00")
	for due, told := range map[int]bool{60: false, 61: true, 180: true} {
		b := w.receivableBody(order, "1000.00")
		b["due"] = w.days(due)
		rec := w.act(supplier, "/v1/receivables", b).ID
		if _, found, raw := w.signals(leader, "/v1/receivables/"+rec); (found["TERM_LENGTHENED"] != nil) != told {
			t.Errorf("due after %d days: %s", due, raw)
		}
	}
}

// BenchmarkSignals reads the signals of one receivable over loopback.
func BenchmarkSignals(b *testing.B) {
	w := newWorld(b)
	rec := w.granted(w.receivable(w.delivered("1000000.00"), "600000.00"), bankA)
	drive(b, w, 1, func(int) *http.Request {
		return w.request(bankA, http.MethodGet, "/v1/receivables/"+rec+"/signals", "")
	})
}
