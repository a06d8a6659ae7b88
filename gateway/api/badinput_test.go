package api_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// changed is an order body with one field changed, as JSON.
func (w *world) changed(field string, value string) string {
	body := w.orderBody("100.00")
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(body)) {
		text := fmt.Sprintf("%q", fmt.Sprint(body[name]))
		if name == "paymentDays" {
			text = "60"
		}
		if name == field {
			text = value
		}
		parts = append(parts, fmt.Sprintf("%q:%s", name, text))
	}
	if _, there := body[field]; !there {
		parts = append(parts, fmt.Sprintf("%q:%s", field, value))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func TestBadFieldsAreNamedAndNothingIsRecorded(t *testing.T) {
	w := newWorld(t)
	before, err := w.Engine.Head(t.Context())
	w.must(err)
	for _, c := range []struct{ name, field, value, code, location string }{
		{"three decimals", "amount", `"1.234"`, "AMOUNT_INVALID", "/amount"},
		{"a negative amount", "amount", `"-1.00"`, "AMOUNT_INVALID", "/amount"},
		{"an amount that is no number", "amount", `"NaN"`, "AMOUNT_INVALID", "/amount"},
		{"ten to the thirty", "amount", `"1e30"`, "AMOUNT_INVALID", "/amount"},
		{"thirty-one digits", "amount", `"1000000000000000000000000000000"`, "AMOUNT_INVALID", "/amount"},
		{"an amount as a JSON number", "amount", `100.5`, "FIELD_TYPE", "/amount"},
		{"an amount of nothing", "amount", `"0.00"`, "AMOUNT_NOT_POSITIVE", "/amount"},
		{"null for an amount", "amount", `null`, "FIELD_TYPE", "/amount"},
		{"a wrong first check character", "seller", `"91370200990000019K"`, "USCC_INVALID", "/seller"},
		{"a wrong last check character", "seller", `"913702009900000090"`, "USCC_INVALID", "/seller"},
		{"a code that is too short", "seller", `"9137"`, "USCC_INVALID", "/seller"},
		{"a code as an object", "seller", `{}`, "FIELD_TYPE", "/seller"},
		{"the 30th of February", "signed", `"2026-02-30"`, "DATE_INVALID", "/signed"},
		{"a date of another form", "signed", `"2026/02/03"`, "DATE_INVALID", "/signed"},
		{"days as text", "paymentDays", `"60"`, "FIELD_TYPE", "/paymentDays"},
		{"days beyond measure", "paymentDays", `99999`, "FIELD_RANGE", "/paymentDays"},
		{"half a day", "paymentDays", `1.5`, "FIELD_TYPE", "/paymentDays"},
		{"an unknown size", "buyerClass", `"huge"`, "FIELD_INVALID", "/buyerClass"},
		{"goods without end", "goods", `"` + strings.Repeat("货", 201) + `"`, "FIELD_RANGE", "/goods"},
		{"an unknown field", "colour", `"red"`, "FIELD_UNKNOWN", "/colour"},
		{"a field in other capitals", "Amount", `"1.00"`, "FIELD_UNKNOWN", "/Amount"},
		{"seller and buyer the same", "buyer", `"` + string(supplier) + `"`, "SAME_PARTY", "/buyer"},
		{"an unspeakable order number", "number", `"订单А1"`, "DOCUMENT_NUMBER_INVALID", "/number"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := w.refuse(http.StatusUnprocessableEntity, c.code, w.post(supplier, "/v1/orders", w.changed(c.field, c.value)))
			if p.Field != c.location {
				t.Errorf("the problem names %q: %+v", p.Field, p)
			}
		})
	}
	w.refuse(http.StatusUnprocessableEntity, "FIELD_REQUIRED", w.post(supplier, "/v1/orders", "{}"))
	after, err := w.Engine.Head(t.Context())
	w.must(err)
	if after.Number != before.Number {
		t.Errorf("bad input moved the ledger from block %d to %d", before.Number, after.Number)
	}
}

func TestAllFaultsAreToldAtOnce(t *testing.T) {
	w := newWorld(t)
	p := w.refuse(http.StatusUnprocessableEntity, "AMOUNT_INVALID", w.post(supplier, "/v1/orders", object{"amount": "x", "paymentDays": -1, "colour": 1}))
	var locations []string
	for _, e := range p.Errors {
		locations = append(locations, e.Location)
	}
	for _, want := range []string{"/amount", "/paymentDays", "/colour", "/seller", "/buyer", "/goods"} {
		if !slices.Contains(locations, want) {
			t.Errorf("%s is not among %v", want, locations)
		}
	}
}

func TestCodesAreNormalisedWhereTheyEnter(t *testing.T) {
	w := newWorld(t)
	r := w.post(supplier, "/v1/orders", w.changed("seller", `" 91370200990000009k "`))
	if r.status != http.StatusCreated {
		t.Errorf("lower case and space: %d %s", r.status, r.body)
	}
	r = w.post(supplier, "/v1/orders", w.changed("seller", `"９１３７０２００９９００００００９Ｋ"`))
	if r.status != http.StatusCreated {
		t.Errorf("full width: %d %s", r.status, r.body)
	}
}

func TestBadBodies(t *testing.T) {
	w := newWorld(t)
	deep := strings.Repeat(`{"a":`, 60) + "1" + strings.Repeat("}", 60)
	for _, c := range []struct {
		name, body string
		status     int
		code       string
	}{
		{"no body", "", 400, "BODY_REQUIRED"},
		{"cut off", `{"seller":"`, 400, "JSON_MALFORMED"},
		{"no JSON", `seller=1`, 400, "JSON_MALFORMED"},
		{"something after it", `{} {}`, 400, "JSON_MALFORMED"},
		{"a name twice", `{"seller":"a","seller":"b"}`, 400, "JSON_MALFORMED"},
		{"not UTF-8", "{\"goods\":\"\xff\xfe\"}", 400, "JSON_MALFORMED"},
		{"nested without end", deep, 400, "JSON_MALFORMED"},
		{"a list", `[]`, 422, "FIELD_TYPE"},
		{"a word", `true`, 422, "FIELD_TYPE"},
		{"null", `null`, 422, "FIELD_TYPE"},
		{"more than a mebibyte", `{"goods":"` + strings.Repeat("x", 1<<20) + `"}`, 413, "BODY_TOO_LARGE"},
	} {
		if p := w.refuse(c.status, c.code, w.post(supplier, "/v1/orders", c.body)); p.Title == "" {
			t.Errorf("%s: %+v", c.name, p)
		}
	}
	for _, media := range []string{"text/plain", "application/xml", "application/json; charset=gbk", "nonsense/"} {
		w.refuse(http.StatusUnsupportedMediaType, "MEDIA_TYPE_NOT_SUPPORTED", w.post(supplier, "/v1/orders", "{}", "Content-Type", media))
	}
}

func TestAMethodThatAPathDoesNotHaveIsAnsweredWithThoseThatItHas(t *testing.T) {
	w := newWorld(t)
	for template := range w.API.OpenAPI().Paths {
		path := strings.NewReplacer("{id}", "NONE", "{uscc}", string(supplier), "{number}", "1").Replace(template)
		r := w.send(supplier, http.MethodDelete, path, nil)
		w.refuse(http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", r)
		allowed := strings.Split(r.header.Get("Allow"), ", ")
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut} {
			tried := w.send(supplier, method, path, nil)
			if has := tried.status != http.StatusMethodNotAllowed; has != slices.Contains(allowed, method) || has && tried.header.Get("Allow") != "" {
				t.Errorf("%s %s is answered %d, and %v are allowed", method, path, tried.status, allowed)
			}
		}
	}
	for path, want := range map[string]string{"/v1/orders": "GET, POST", "/v1/orders/NONE/attest": "POST", "/livez": "GET"} {
		if got := w.send(supplier, http.MethodPatch, path, nil).header.Get("Allow"); got != want {
			t.Errorf("%s allows %q, want %q", path, got, want)
		}
	}
}

func TestAPathThatIsNotTidyIsNoneAndLeadsNowhere(t *testing.T) {
	w := newWorld(t)
	claims := "/v1/subsidy/claims"
	for _, path := range []string{claims + "/%2e%2e/accrue", claims + "/../accrue", claims + "/./accrue", claims + "//accrue", claims + "/%2E%2E", claims + "//",
		"//v1/orders", "/v1/orders/%2f", "/v1//orders", "/docs/../v1/orders", "/%2e%2e/livez"} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			r := w.send(bankA, method, path, nil)
			w.refuse(http.StatusNotFound, "ROUTE_NOT_FOUND", r)
			if to := r.header.Get("Location"); to != "" {
				t.Errorf("%s %s leads to %s", method, path, to)
			}
		}
	}
	w.refuse(http.StatusUnauthorized, "TOKEN_MISSING", w.post("", claims+"/%2e%2e/accrue", nil))
	for _, path := range []string{"/docs/", "/livez", "/openapi.json"} {
		if r := w.get("", path); r.status != http.StatusOK {
			t.Errorf("%s: %d", path, r.status)
		}
	}
}

func TestBadInvoicesAndParameters(t *testing.T) {
	w := newWorld(t)
	order := w.delivered("1000.00")
	body := w.receivableBody(order, "100.00")
	body["invoice"] = "2637200000000000001" // nineteen digits
	if p := w.refuse(422, "INVOICE_NUMBER_INVALID", w.post(supplier, "/v1/receivables", body)); p.Field != "/invoice" {
		t.Errorf("%+v", p)
	}
	body["invoice"] = "25372000000000000001" // another year
	w.refuse(422, "INVOICE_YEAR", w.post(supplier, "/v1/receivables", body))

	for path, code := range map[string]string{
		"/v1/orders?limit=0":                  "FIELD_RANGE",
		"/v1/orders?limit=201":                "FIELD_RANGE",
		"/v1/orders?limit=x":                  "PARAMETER_INVALID",
		"/v1/orders?state=wild":               "PARAMETER_INVALID",
		"/v1/orders?colour=red":               "PARAMETER_UNKNOWN",
		"/v1/orders?counterparty=1":           "USCC_INVALID",
		"/v1/orders?dueFrom=2026-13-01":       "DATE_INVALID",
		"/v1/orders?cursor=!!!":               "CURSOR_INVALID",
		"/v1/receivables?number=12":           "INVOICE_NUMBER_INVALID",
		"/v1/parties/" + "9137020099000000XX": "USCC_INVALID",
	} {
		if p := w.refuse(422, code, w.get(supplier, path)); p.Field == "" {
			t.Errorf("%s: no parameter is named: %+v", path, p)
		}
	}
	w.refuse(404, "ROUTE_NOT_FOUND", w.get(supplier, "/v1/nothing"))
	w.refuse(405, "METHOD_NOT_ALLOWED", w.send(supplier, http.MethodDelete, "/v1/orders", nil))
	w.refuse(422, "PARAMETER_INVALID", w.get(bureau, "/v1/blocks/minus"))
	w.refuse(404, "NOT_FOUND", w.get(bureau, "/v1/blocks/999999"))
}
