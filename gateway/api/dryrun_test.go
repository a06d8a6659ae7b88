package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/financing"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/money"
	"decore/chaincode/order"
	"decore/gateway/idempotency"
)

// reads are the operations of the method POST that write nothing.
var reads = []string{"verification.batch", "subsidy.quote", "priority.rank", "policy.size"}

func writes(op *huma.Operation) bool {
	return op.Method == http.MethodPost && !slices.Contains(reads, op.OperationID)
}

// checkTried compares the answer of a dry run with that of the request itself, which came right after.
func checkTried(t *testing.T, tried, then response) {
	t.Helper()
	var a, b map[string]any
	if json.Unmarshal(tried.body, &a) != nil || json.Unmarshal(then.body, &b) != nil {
		t.Fatalf("tried: %s\nthen: %s", tried.body, then.body)
	}
	if a["dryRun"] != true {
		t.Errorf("does not say that it was a dry run: %s", tried.body)
	}
	for _, drawn := range []string{"position", "command", "commitment"} {
		if a[drawn] != nil {
			t.Errorf("a dry run has a %s: %s", drawn, tried.body)
		}
	}
	if tried.status != then.status {
		t.Errorf("tried: %d, then %d", tried.status, then.status)
	}
	for _, same := range []string{"state", "version", "code", "title", "detail", "field", "clause", "errors"} {
		if !reflect.DeepEqual(a[same], b[same]) {
			t.Errorf("%s tried: %v, then: %v", same, a[same], b[same])
		}
	}
	if id := a["id"]; id != nil && id != b["id"] {
		t.Errorf("tried on %v, then on %v", id, b["id"])
	}
}

// twice sends a write as a dry run, which must leave nothing, and then in earnest.
func (w *world) twice(p ident.USCC, path string, body any, headers ...string) response {
	w.Helper()
	before := w.left()
	tried := w.post(p, path+"?dryRun=true", body, headers...)
	if after := w.left(); after != before {
		w.Errorf("a dry run of %s left something: %s, before %s", path, after, before)
	}
	then := w.post(p, path, body, headers...)
	checkTried(w.TB.(*testing.T), tried, then)
	return then
}

// left is all that a write can leave behind.
func (w *world) left() string {
	w.Helper()
	head, err := w.Engine.Head(w.Context())
	w.must(err)
	rows, err := w.Store.Position(w.Context())
	w.must(err)
	keys, err := w.Keys.List()
	w.must(err)
	return fmt.Sprint(head.Number, rows.Number, len(keys))
}

func TestADryRunOfEachStepAnswersAsTheStepThenDoes(t *testing.T) {
	w := newWorld(t)
	ok := func(p ident.USCC, path string, body any) string {
		t.Helper()
		r := w.twice(p, path, body, w.seen(p, path)...)
		if r.status >= 300 {
			t.Fatalf("%s: %d %s", path, r.status, r.body)
		}
		return into[written](w, r, r.status).ID
	}
	no := func(code string, p ident.USCC, path string, body any) {
		t.Helper()
		r := w.twice(p, path, body, w.seen(p, path)...)
		w.refuse(r.status, code, r)
	}
	id := ok(supplier, "/v1/orders", w.orderBody("1000000.00"))
	no("WRONG_STATE", supplier, "/v1/orders/"+id+"/ship", object{"amount": "1000000.00", "date": w.days(0), "note": "DN1"})
	ok(leader, "/v1/orders/"+id+"/attest", nil)
	no("FIELD_REQUIRED", supplier, "/v1/orders/"+id+"/ship", object{})
	ok(supplier, "/v1/orders/"+id+"/ship", object{"amount": "1000000.00", "date": w.days(0), "note": "DN1"})
	ok(leader, "/v1/orders/"+id+"/accept", object{"amount": "1000000.00", "date": w.days(0)})
	body := w.receivableBody(id, "600000.00")
	rec := ok(supplier, "/v1/receivables", body)
	no("DUPLICATE_REGISTERED", supplier, "/v1/receivables", object{"order": id, "invoice": body["invoice"], "issued": w.days(0), "due": w.days(60), "amount": "1.00"})
	for _, bank := range []ident.USCC{bankA, bankB} {
		ok(supplier, "/v1/receivables/"+rec+"/grant", object{"to": bank, "until": w.days(90)})
	}
	apply := func(bank ident.USCC) string {
		return ok(supplier, "/v1/financings", object{"lender": bank, "product": "receivable-loan", "amount": "100000.00", "tenorMonths": 3, "purpose": "原材料", "collateral": []string{rec}})
	}
	first, second := apply(bankA), apply(bankB)
	for fin, bank := range map[string]ident.USCC{first: bankA, second: bankB} {
		ok(bank, "/v1/financings/"+fin+"/offer", object{"amount": "100000.00", "annualRate": "0.0385", "maturity": w.days(90), "validUntil": w.days(7)})
		ok(supplier, "/v1/financings/"+fin+"/accept", nil)
	}
	ok(bankA, "/v1/financings/"+first+"/reserve", object{"hours": 1})
	no("ENCUMBERED", bankB, "/v1/financings/"+second+"/reserve", object{"hours": 1})
	policy := w.subsidyPolicy()
	loan := w.fixedAsset(bankA, "30000000.00")
	claim := ok(bankA, "/v1/subsidy/claims", w.holdBody(policy, loan))
	no("ALREADY_ACCRUED", bankA, "/v1/subsidy/claims/"+claim+"/accrue", object{"through": w.days(0)})
	no("POLICY_VERSION", bureau, "/v1/subsidy/policies/"+policy, into[object](w, w.get(bureau, "/v1/subsidy/policies/"+policy), http.StatusOK))
}

func TestEveryWriteCanBeTriedAndNothingElse(t *testing.T) {
	w := newWorld(t)
	for name, op := range operations(w.API.OpenAPI()) {
		has := slices.ContainsFunc(op.Parameters, func(p *huma.Param) bool { return p.Name == "dryRun" && p.In == "query" })
		if has != writes(op) {
			t.Errorf("%s takes dryRun: %v", name, has)
		}
	}
	before := w.left()
	for _, query := range []string{"dryRun=yes", "dryRun=1.0", "dryRun=", "dryRun", "dryrun=true", "dryRun=TRUE%20", "dryRun=true&dryRun=no"} {
		if r := w.post(supplier, "/v1/orders?"+query, w.orderBody("1.00")); r.status == http.StatusCreated && !strings.Contains(string(r.body), `"dryRun":true`) {
			t.Errorf("%s was taken for a write", query)
		}
	}
	w.refuse(http.StatusUnprocessableEntity, "PARAMETER_UNKNOWN", w.get(supplier, "/v1/orders?dryRun=true"))
	if after := w.left(); after != before {
		t.Errorf("left %s, before %s", after, before)
	}
	if r := w.post(supplier, "/v1/orders?dryRun=false", w.orderBody("1.00")); r.status != http.StatusCreated {
		t.Errorf("dryRun=false is the write itself: %d %s", r.status, r.body)
	}
}

func TestADryRunNeitherKeepsNorReplaysAnAnswer(t *testing.T) {
	w := newWorld(t)
	body, key := w.orderBody("100.00"), []string{"Idempotency-Key", "k"}
	for range 2 {
		if r := w.post(supplier, "/v1/orders?dryRun=true", body, key...); r.status != http.StatusCreated || r.header.Get("Idempotency-Replayed") != "" {
			t.Fatalf("%d %s", r.status, r.body)
		}
	}
	first := w.post(supplier, "/v1/orders", body, key...)
	into[written](w, first, http.StatusCreated)
	w.refuse(http.StatusConflict, "DUPLICATE_REGISTERED", w.post(supplier, "/v1/orders?dryRun=true", body, key...))
	if again := w.post(supplier, "/v1/orders", body, key...); string(again.body) != string(first.body) {
		t.Errorf("the key lost its answer: %s", again.body)
	}
	w.refuse(http.StatusUnprocessableEntity, "IDEMPOTENCY_KEY_INVALID", w.post(supplier, "/v1/orders?dryRun=true", body, "Idempotency-Key", "a b"))
}

func TestADryRunUnderAKeyOfAnotherRequestIsRefusedAsTheRequestIs(t *testing.T) {
	w := newWorld(t)
	key := []string{"Idempotency-Key", "k"}
	into[written](w, w.post(supplier, "/v1/orders", w.orderBody("100.00"), key...), http.StatusCreated)
	for path, body := range map[string]any{
		"/v1/orders":       w.orderBody("100.00"),
		"/v1/orders/batch": object{"items": []object{{"verb": "create", "args": w.orderBody("100.00")}}},
		"/v1/commands":     object{"commands": []object{{"jws": "x"}}},
	} {
		w.refuse(http.StatusUnprocessableEntity, "IDEMPOTENCY_KEY_REUSED", w.twice(supplier, path, body, key...))
	}
	sheet := []byte(orderHeader)
	for _, query := range []string{"?dryRun=true", ""} {
		r := w.upload(supplier, "/v1/orders/import"+query, "orders.csv", sheet, key...)
		if p := w.refuse(http.StatusUnprocessableEntity, "IDEMPOTENCY_KEY_REUSED", r); p.Field != "header.Idempotency-Key" {
			t.Errorf("the problem names %q", p.Field)
		}
	}
	if r := w.post(leader, "/v1/orders?dryRun=true", w.orderBody("100.00"), key...); r.status != http.StatusCreated {
		t.Errorf("another party's key of the same name: %d %s", r.status, r.body)
	}
}

func TestTheDocumentSaysHowLongAKeyIsKept(t *testing.T) {
	w := newWorld(t)
	kept := fmt.Sprintf(" %d hours", int(idempotency.Lifetime.Hours()))
	for name, op := range operations(w.API.OpenAPI()) {
		i := slices.IndexFunc(op.Parameters, func(p *huma.Param) bool { return p.Name == "Idempotency-Key" })
		if i < 0 {
			if writes(op) && !takesForm(op) {
				t.Errorf("%s takes no key", name)
			}
			continue
		}
		if said := op.Parameters[i].Description; !strings.Contains(said, kept) || !strings.Contains(said, "new request") {
			t.Errorf("%s says of the key: %s", name, said)
		}
	}
}

func TestADryRunMakesNoKeyOfAParty(t *testing.T) {
	w := newWorld(t)
	u, err := ident.CompleteUSCC("370200", "99007777")
	w.must(err)
	r := w.twice(platform, "/v1/parties", object{"uscc": u, "name": "新", "roles": []string{"sme"}, "org": "PlatformMSP"})
	if r.status != http.StatusCreated {
		t.Fatalf("%d %s", r.status, r.body)
	}
	w.twice(bureau, "/v1/parties/"+string(u)+"/approve", nil)
	if r := w.twice(rival, "/v1/parties/"+string(rival)+"/rotate-key", nil); r.status != http.StatusOK {
		t.Fatalf("%d %s", r.status, r.body)
	}
	w.act(rival, "/v1/orders", func() object {
		body := w.orderBody("1.00")
		body["seller"] = rival
		return body
	}())
}

func TestFinishedCommandsCanBeTried(t *testing.T) {
	w := newWorld(t)
	u, key := ownKey(w, lifecycle.Leader)
	o := w.orderBody("10.00")
	o["buyer"] = u
	id := w.act(supplier, "/v1/orders", o).ID
	on := func(in *contract.Intent) {
		in.On = evidence.Commitment(into[record](w, w.get(u, "/v1/orders/"+id), http.StatusOK).Commitment)
	}
	good := w.sign(u, key, "order.attest", id, financing.NoArgs{}, on)
	accept := w.sign(u, key, "order.accept", id, order.AcceptArgs{Amount: money.MustParse("1.00"), Date: w.today()}, on)
	send := func(path string) batchAnswer {
		return into[batchAnswer](w, w.post(u, path, object{"commands": []object{good, accept, {"jws": "nonsense"}}}), http.StatusOK)
	}
	before := w.left()
	tried := send("/v1/commands?dryRun=true")
	if w.left() != before {
		t.Error("a dry run left something")
	}
	for i, then := range send("/v1/commands").Results {
		got := tried.Results[i]
		if got.Status != then.Status || got.State != then.State || got.Code != then.Code || got.ID != then.ID || got.Position != nil || got.Command != nil {
			t.Errorf("tried %+v, then %+v", got, then)
		}
	}
}

func TestWhatADryRunSignsCannotBeSubmitted(t *testing.T) {
	s := &stalling{}
	w := newWorld(t, withSubmitter(s))
	id := w.order("100.00")
	path := "/v1/orders/" + id + "/attest"
	if r := w.post(leader, path+"?dryRun=true", nil, w.seen(leader, path)...); r.status != http.StatusOK || strings.Contains(string(r.body), "jws") {
		t.Fatalf("%d %s", r.status, r.body)
	}
	c, err := w.Engine.Submit(t.Context(), s.tried)
	if err != nil || len(c.Results) != 1 || c.Results[0].Code != "WRONG_LEDGER" || c.Tx != "" {
		t.Errorf("%+v %v", c, err)
	}
}

func TestAnImportCanBeTriedAsAWhole(t *testing.T) {
	w := newWorld(t)
	po := w.numberOf(w.delivered("1000000.00"))
	twice := w.invoice()
	var sheet strings.Builder
	sheet.WriteString(receivableHeader + w.line(po, twice, "101.00") + w.line(po, "123", "1.00"))
	const rows = contract.MaxBatch + 5
	for i := range rows - 3 {
		sheet.WriteString(w.line(po, w.invoice(), fmt.Sprintf("%d.00", 200+i)))
	}
	sheet.WriteString(w.line(po, twice, "101.00")) // which would be in another transaction than the first
	before := w.left()
	tried := into[imported](w, w.upload(supplier, "/v1/receivables/import?dryRun=true", "x.csv", []byte(sheet.String()), "Accept-Language", "zh"), http.StatusOK)
	if w.left() != before {
		t.Error("a dry run left something")
	}
	answered := string(w.get(supplier, tried.Sheet).body)
	if strings.Count(answered, "可登记") != rows-2 || strings.Contains(answered, "REC-") {
		t.Errorf("%.600s", answered)
	}
	then := into[imported](w, w.upload(supplier, "/v1/receivables/import", "x.csv", []byte(sheet.String())), http.StatusOK)
	if tried.Recorded != then.Recorded || tried.Recorded != rows-2 || !slices.Equal(tried.codes(), then.codes()) || tried.codes()[rows-1] != "DUPLICATE_REGISTERED" {
		t.Errorf("tried %d %v, then %d %v", tried.Recorded, tried.codes(), then.Recorded, then.codes())
	}
}
