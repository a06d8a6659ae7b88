package api_test

import (
	"bytes"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"decore/chaincode/ident"
	"decore/gateway/api"
	"decore/gateway/receipt"
)

func TestTheServiceTellsHowItIs(t *testing.T) {
	w := newWorld(t)
	if r := w.get("", "/livez"); r.status != http.StatusOK || string(r.body) != "ok\n" {
		t.Errorf("%d %s", r.status, r.body)
	}
	ready := into[struct {
		Ready  bool
		Ledger struct {
			Ready bool
			Block uint64
		}
		Projection struct {
			Ready bool
			Block uint64
		}
		Tokens struct{ Ready bool }
	}](w, w.get("", "/readyz"), http.StatusOK)
	if !ready.Ready || !ready.Ledger.Ready || ready.Ledger.Block == 0 || ready.Projection.Block != ready.Ledger.Block || !ready.Tokens.Ready {
		t.Errorf("%+v", ready)
	}
	w.order("1.00")
	w.get(supplier, "/v1/orders/x?secret=1")
	text := string(w.get("", "/metrics").body)
	for _, want := range []string{`decore_http_requests_total{method="POST",route="/v1/orders",status="201"} 1`, `route="/v1/orders/{id}"`, "decore_projection_lag_blocks 0", "decore_commit_seconds_count 1", "decore_submission_commands_sum 1"} {
		if !strings.Contains(text, want) {
			t.Errorf("metrics lack %s", want)
		}
	}
	w.must(w.Engine.Close())
	r := w.get("", "/readyz")
	if r.status != http.StatusServiceUnavailable || !strings.Contains(string(r.body), "LEDGER_UNAVAILABLE") {
		t.Errorf("without its ledger: %d %s", r.status, r.body)
	}
}

func TestTheDocumentIsWholeAndServedOffline(t *testing.T) {
	w := newWorld(t)
	raw := w.get("", "/openapi.json").body
	var doc struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			OperationID string `json:"operationId"`
			Security    []any
			Responses   map[string]any
			RequestBody *struct{ Content map[string]any } `json:"requestBody"`
		}
		Components struct{ Schemas map[string]map[string]any }
	}
	w.must(json.Unmarshal(raw, &doc, json.MatchCaseInsensitiveNames(true)))
	if !strings.HasPrefix(doc.OpenAPI, "3.1") || len(doc.Paths) < 60 {
		t.Errorf("version %s with %d paths", doc.OpenAPI, len(doc.Paths))
	}
	for _, ref := range regexp.MustCompile(`"#/components/schemas/([^"]+)"`).FindAllSubmatch(raw, -1) {
		if _, ok := doc.Components.Schemas[string(ref[1])]; !ok {
			t.Errorf("the document refers to %s and does not have it", ref[1])
		}
	}
	for path, item := range doc.Paths {
		for method, op := range item {
			if strings.HasPrefix(path, "/v1/") && len(op.Security) == 0 {
				t.Errorf("%s %s is not said to need a token", method, path)
			}
			if op.OperationID == "" || op.Responses["default"] == nil || method == "post" && op.RequestBody == nil {
				t.Errorf("%s %s is not described", method, path)
			}
		}
	}
	for _, want := range []string{"decimal-yuan", "uscc", "OrderCreateArgs", "RecordOfOrderTerms", "application/problem+json"} {
		if !bytes.Contains(raw, []byte(want)) {
			t.Errorf("the document lacks %s", want)
		}
	}
	page := w.get("", "/docs/")
	if page.status != http.StatusOK || regexp.MustCompile(`(src|href)="https?://`).Match(page.body) {
		t.Errorf("documentation: %d %s", page.status, page.body)
	}
	for _, m := range regexp.MustCompile(`(?:src|href)="(/docs/[^"]+)"`).FindAllSubmatch(page.body, -1) {
		if r := w.get("", string(m[1])); r.status != http.StatusOK {
			t.Errorf("%s is not served: %d", m[1], r.status)
		}
	}
}

func TestTheDocumentSaysWhatAFundsRequestsTakeAndHowLargeNumbersMayBe(t *testing.T) {
	w := newWorld(t)
	var doc struct {
		Components struct {
			Schemas map[string]struct {
				Properties map[string]struct {
					Type    any
					Maximum float64
				}
			}
		}
	}
	w.must(json.Unmarshal(w.get("", "/openapi.json").body, &doc, json.MatchCaseInsensitiveNames(true)))
	for name, want := range map[string][]string{"FundNeed": {"amount", "loans", "year"}, "FundAllocateArgs": {"amount", "budget", "date", "reference"},
		"FundReturnArgs": {"amount", "date", "reference"}} {
		if got := slices.Sorted(maps.Keys(doc.Components.Schemas[name].Properties)); !slices.Equal(got, want) {
			t.Errorf("%s has %v, want %v", name, got, want)
		}
	}
	if most := doc.Components.Schemas["FundNeed"].Properties["loans"].Maximum; most != 1_000_000_000 {
		t.Errorf("a need is for at most %v loans", most)
	}
	for name, schema := range doc.Components.Schemas {
		for field, p := range schema.Properties {
			if p.Type == "integer" && (p.Maximum == 0 || p.Maximum > 1<<53-1) {
				t.Errorf("%s of %s may be as large as %v", field, name, p.Maximum)
			}
		}
	}
}

func TestTheDocumentsSchemasAreNamedAndTheirExamplesAccepted(t *testing.T) {
	w := newWorld(t)
	raw := w.get("", "/openapi.json").body
	var doc struct {
		Components map[string]map[string]jsontext.Value
	}
	w.must(json.Unmarshal(raw, &doc, json.MatchCaseInsensitiveNames(true)))
	allowed := regexp.MustCompile(`^[A-Za-z0-9._-]+$`) // OpenAPI 3.1, 4.8.7
	for kind, all := range doc.Components {
		for name := range all {
			if !allowed.MatchString(name) {
				t.Errorf("%s: no name is %q", kind, name)
			}
		}
	}
	readers := map[string]func(string) error{
		"uscc":            func(s string) error { _, err := ident.ParseUSCC(s); return err },
		"invoice-number":  func(s string) error { _, err := ident.ParseInvoiceNumber(s); return err },
		"document-number": func(s string) error { _, err := ident.ParseDocumentNumber(s); return err },
	}
	checked, read, days := 0, map[string]bool{}, 0
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			pattern, _ := v["pattern"].(string)
			format, _ := v["format"].(string)
			examples, _ := v["examples"].([]any)
			if one, has := v["example"]; has {
				examples = append(examples, one)
			}
			for _, e := range examples {
				s, is := e.(string)
				if is && pattern != "" {
					checked++
					if !regexp.MustCompile(pattern).MatchString(s) {
						t.Errorf("the example %q does not fit %s", s, pattern)
					}
				}
				if reads := readers[format]; is && reads != nil {
					read[format] = true
					if err := reads(s); err != nil {
						t.Errorf("the example %q: %v", s, err)
					}
				}
			}
			required, _ := v["required"].([]any)
			properties, _ := v["properties"].(map[string]any)
			for _, name := range required {
				p, _ := properties[name.(string)].(map[string]any)
				pattern, _ := p["pattern"].(string)
				if of := regexp.MustCompile(pattern); pattern != "" && (of.MatchString("2026-03-05") || of.MatchString("2026-03")) {
					days++
					if of.MatchString("") {
						t.Errorf("%v is required and may be empty", name)
					}
				}
			}
			for _, member := range v {
				walk(member)
			}
		}
	}
	var whole any
	w.must(json.Unmarshal(raw, &whole))
	walk(whole)
	if checked < 50 || len(read) != len(readers) || days < 20 {
		t.Errorf("only %d examples, of %v, and %d days were found", checked, read, days)
	}
}

// lockedBuffer is a log that can be read while it is written.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func TestLogsHoldTheTraceAndNothingPrivate(t *testing.T) {
	var log lockedBuffer
	w := newWorld(t, func(o *options) { o.log = slog.New(slog.NewTextHandler(&log, nil)) })
	const trace = "4bf92f3577b34da6a3ce929d0e0e4736"
	body := w.orderBody("987654.32")
	w.post(supplier, "/v1/orders", body, "Traceparent", "00-"+trace+"-00f067aa0ba902b7-01")
	p := w.refuse(422, "AMOUNT_INVALID", w.post(supplier, "/v1/orders", w.changed("amount", `"7.777"`), "Traceparent", "00-"+trace+"-00f067aa0ba902b7-01"))
	if p.TraceID != trace {
		t.Errorf("trace %s", p.TraceID)
	}
	text := log.String()
	if !strings.Contains(text, trace) || !strings.Contains(text, "/v1/orders") {
		t.Errorf("the log is %s", text)
	}
	for _, private := range []string{"987654.32", "7.777", w.token(supplier), body["number"].(string), "压缩机"} {
		if strings.Contains(text, private) {
			t.Errorf("the log holds %q", private)
		}
	}
}

func TestAnswersCarrySecurityHeaders(t *testing.T) {
	w := newWorld(t)
	for _, r := range []response{w.get(supplier, "/v1/orders"), w.get("", "/v1/orders"), w.get("", "/nowhere")} {
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "X-Frame-Options": "DENY"} {
			if r.header.Get(name) != want {
				t.Errorf("%s is %q", name, r.header.Get(name))
			}
		}
	}
}

func TestProblemsComeInTheLanguageAskedFor(t *testing.T) {
	w := newWorld(t)
	en := w.get(supplier, "/v1/orders/x").problem()
	zh := w.get(supplier, "/v1/orders/x", "Accept-Language", "zh-CN,zh;q=0.9").problem()
	if en.Code != zh.Code || !strings.Contains(zh.Title, "没有该记录") || !strings.Contains(en.Title, "no such record") {
		t.Errorf("%+v %+v", en, zh)
	}
}

func TestVerificationsOfRecordsAndInvoices(t *testing.T) {
	w := newWorld(t)
	order := w.delivered("1000000.00")
	body := w.receivableBody(order, "600000.00")
	rec := w.act(supplier, "/v1/receivables", body).ID
	w.granted(rec, bankA)
	type answers struct {
		Results []struct {
			Record, Kind, Verdict, Code string
			Duplicate                   struct{ Answer string }
			Checks                      []struct{ Check, Verdict, Name, Text string }
		}
	}
	ask := object{"items": []object{{"record": rec}, {"invoice": body["invoice"]}, {"record": order}, {"record": "REC-none"}, {"invoice": "26372000000099999999"}, {}}}
	a := into[answers](w, w.post(bankA, "/v1/verifications", ask, "Accept-Language", "zh"), http.StatusOK).Results
	if a[0].Record != rec || a[1].Record != rec || a[2].Kind != "order" || a[3].Code != "RECORD_NOT_FOUND" || a[3].Verdict != "unknown" || a[4].Duplicate.Answer != "unknown" || a[5].Code != "FIELD_INVALID" {
		t.Errorf("bank A: %+v", a)
	}
	if a[0].Verdict == "fail" || a[0].Checks[0].Name != "签名" {
		t.Errorf("bank A: %+v", a[0])
	}
	b := into[answers](w, w.post(bankB, "/v1/verifications", ask), http.StatusOK).Results
	if b[0].Code != "RECORD_NOT_FOUND" || b[1].Record != "" || b[1].Duplicate.Answer != "duplicate-registered" || b[1].Kind == "" {
		t.Errorf("bank B, to whom nothing is disclosed: %+v", b[:2])
	}
	byNumber := object{"items": []object{{"invoice": body["invoice"]}, {"invoice": "26372000000099999999"}}}
	for p, want := range map[ident.USCC][2]string{supplier: {"", "ROLE_NOT_PERMITTED"}, leader: {"", "ROLE_NOT_PERMITTED"}, bureau: {"", ""},
		rival: {"ROLE_NOT_PERMITTED", "ROLE_NOT_PERMITTED"}, platform: {"ROLE_NOT_PERMITTED", "ROLE_NOT_PERMITTED"}} {
		got := into[answers](w, w.post(p, "/v1/verifications", byNumber), http.StatusOK).Results
		if got[0].Code != want[0] || got[1].Code != want[1] || want[0] != "" && (got[0].Record != "" || got[0].Duplicate.Answer != "") {
			t.Errorf("%s by number: %+v", roleOf[p], got)
		}
	}
	w.refuse(422, "INVOICE_NUMBER_INVALID", w.post(bankB, "/v1/verifications", object{"items": []object{{"invoice": "1"}}}))

	raw := w.get(bankA, "/v1/receivables/"+rec+"/receipt").body
	report, err := receipt.Verify(raw)
	if err != nil {
		t.Fatalf("the receipt does not hold: %v %+v", err, report)
	}
}

func TestTheFolderOfSheetsIsNobodyElses(t *testing.T) {
	common := t.TempDir()
	t.Setenv("TMPDIR", common)
	w := newWorld(t)
	others := common + "/decore-sheets/others"
	w.must(os.MkdirAll(others, 0o700))
	d := w.deps
	for _, own := range []string{"", w.dir + "/tmp"} {
		d.TempDir, d.Metrics = own, nil
		_, err := api.New(d)
		w.must(err)
		if _, err := os.Stat(others); err != nil {
			t.Errorf("with TempDir %q: %v", own, err)
		}
	}
}
