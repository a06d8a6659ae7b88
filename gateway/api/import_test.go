package api_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"decore/chaincode/ident"
)

const receivableHeader = "订单号,买方统一社会信用代码,发票号码,开票日期,到期日,金额(含税),形式\n"

// upload sends a sheet as the file of a form.
func (w *world) upload(p ident.USCC, path, name string, sheet []byte, headers ...string) response {
	w.Helper()
	var form bytes.Buffer
	m := multipart.NewWriter(&form)
	part, err := m.CreateFormFile("file", name)
	w.must(err)
	_, err = part.Write(sheet)
	w.must(err)
	w.must(m.Close())
	return w.post(p, path, form.Bytes(), append([]string{"Content-Type", m.FormDataContentType()}, headers...)...)
}

type imported struct {
	Rows, Recorded, Refused int
	Items                   []struct {
		Row                             int
		ID, Code, Column, Cell, Message string
	}
	Sheet string
}

// line is a row of a sheet of receivables.
func (w *world) line(number, invoice, amount string) string {
	return fmt.Sprintf("%s,%s,%s,%s,%s,%s,普通\n", number, leader, invoice, w.days(0), w.days(60), amount)
}

func (w *world) numberOf(order string) string {
	return into[record](w, w.get(supplier, "/v1/orders/"+order), http.StatusOK).Terms["number"].(string)
}

func TestGoodRowsAreRecordedAndBadOnesComeBack(t *testing.T) {
	w := newWorld(t)
	po := w.numberOf(w.delivered("1000.00"))
	taken := w.invoice()
	sheet := receivableHeader + w.line(po, taken, "100.00") + w.line("NO-SUCH", w.invoice(), "100.00") + w.line(po, "123", "100.00") +
		w.line(po, taken, "100.00") + w.line(po, w.invoice(), "5000.00") + w.line(po, w.invoice(), "1.234") + w.line(po, w.invoice(), "200.00")
	got := into[imported](w, w.upload(supplier, "/v1/receivables/import", "账款.csv", []byte(sheet), "Accept-Language", "zh"), http.StatusOK)
	if got.Rows != 7 || got.Recorded != 2 || got.Refused != 5 {
		t.Errorf("%+v", got)
	}
	want := []string{"", "RECORD_NOT_FOUND 订单号 A3", "INVOICE_NUMBER_INVALID 发票号码 C4", "DUPLICATE_REGISTERED 发票号码 C5", "OVER_DELIVERY 金额(含税) F6", "amount-decimals 金额(含税) F7", ""}
	for i, item := range got.Items {
		if g := strings.TrimSpace(item.Code + " " + item.Column + " " + item.Cell); g != want[i] {
			t.Errorf("row %d is %q, want %q", item.Row, g, want[i])
		}
		if (item.ID == "") == (item.Code == "") || item.Code != "" && item.Message == "" {
			t.Errorf("row %d: %+v", item.Row, item)
		}
	}
	answered := string(w.get(supplier, got.Sheet).body)
	if lines := strings.Split(strings.TrimSpace(answered), "\r\n"); len(lines) != 8 || !strings.Contains(lines[0], "问题") || !strings.Contains(lines[1], got.Items[0].ID) || !strings.Contains(lines[3], "发票号码") {
		t.Errorf("the sheet comes back as\n%s", answered)
	}
	w.refuse(http.StatusNotFound, "NOT_FOUND", w.get(rival, got.Sheet))
	list := into[page](w, w.get(supplier, "/v1/receivables"), http.StatusOK)
	if len(list.Items) != 2 {
		t.Errorf("%d receivables are there", len(list.Items))
	}
	if mended := into[imported](w, w.upload(supplier, "/v1/receivables/import", "账款.csv", []byte(answered)), http.StatusOK); mended.Rows != 7 || mended.Recorded != 0 {
		t.Errorf("the answer sent again: %+v", mended)
	}
}

func TestOrdersAreImportedInGBK(t *testing.T) {
	w := newWorld(t)
	sheet := "买方统一社会信用代码,订单号,合同号,签订日期,交货期限,付款期限(天),货物,金额(含税),买方规模\n" +
		fmt.Sprintf("%s,PO-7,,%s,%s,60,压缩机壳体,\"1,500.00\",大型\n", leader, w.days(-1), w.days(30)) +
		fmt.Sprintf("%s,PO-8,,%s,%s,many,壳体,10.00,巨型\n", leader, w.days(-1), w.days(30))
	gbk, err := simplifiedchinese.GBK.NewEncoder().Bytes([]byte(sheet))
	w.must(err)
	got := into[imported](w, w.upload(supplier, "/v1/orders/import", "o.csv", gbk), http.StatusOK)
	if got.Recorded != 1 || got.Items[1].Column != "付款期限(天)" {
		t.Errorf("%+v", got)
	}
	if o := into[record](w, w.get(supplier, "/v1/orders/"+got.Items[0].ID), http.StatusOK); o.Terms["amount"] != "1500.00" || o.Terms["goods"] != "压缩机壳体" {
		t.Errorf("%+v", o)
	}
}

func TestSheetsThatCannotBeImportedRecordNothing(t *testing.T) {
	w := newWorld(t)
	po := w.numberOf(w.delivered("1000.00"))
	head, err := w.Engine.Head(t.Context())
	w.must(err)
	good := receivableHeader + w.line(po, w.invoice(), "100.00")
	for name, c := range map[string]struct {
		sheet  string
		status int
		code   string
	}{
		"wrong columns":      {"a,b\n1,2\n", 422, "SHEET_REFUSED"},
		"a quote at the end": {good + "\"x,y\n", 422, "SHEET_REFUSED"},
		"no rows":            {receivableHeader, 422, "SHEET_REFUSED"},
		"an old workbook":    {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("x", 600), 422, "SHEET_REFUSED"},
		"a page of the web":  {"<html></html>", 422, "SHEET_REFUSED"},
		"a broken workbook":  {"PK\x03\x04nonsense", 422, "SHEET_REFUSED"},
		"nothing":            {"", 422, "SHEET_REFUSED"},
	} {
		t.Run(name, func(t *testing.T) {
			p := w.refuse(c.status, c.code, w.upload(supplier, "/v1/receivables/import", "x", []byte(c.sheet)))
			if p.Detail == "" {
				t.Errorf("no reason: %+v", p)
			}
		})
	}
	w.refuse(http.StatusNotAcceptable, "NOT_ACCEPTABLE", w.upload(supplier, "/v1/receivables/import", "x.csv", []byte(good), "Accept", "image/png"))
	w.refuse(http.StatusUnsupportedMediaType, "MEDIA_TYPE_NOT_SUPPORTED", w.post(supplier, "/v1/receivables/import", good))
	if now, err := w.Engine.Head(t.Context()); err != nil || now.Number != head.Number {
		t.Errorf("the ledger moved: %v %v", now, err)
	}
	if r := w.upload(supplier, "/v1/receivables/import", "x.csv", []byte(good), "Accept", "text/csv"); r.status != http.StatusOK || !strings.HasPrefix(r.header.Get("Content-Type"), "text/csv") || !strings.Contains(string(r.body), "REC-") {
		t.Errorf("the sheet itself: %d %s %s", r.status, r.header, r.body)
	}
}

func TestTheTemplateCanBeFilledInAndSent(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/v1/receivables/template", "/v1/orders/template?lang=en"} {
		r := w.get(supplier, path)
		if r.status != http.StatusOK || !bytes.HasPrefix(r.body, []byte("PK")) || !strings.Contains(r.header.Get("Content-Disposition"), ".xlsx") {
			t.Errorf("%s: %d %v", path, r.status, r.header)
		}
	}
	csv := w.get(supplier, "/v1/receivables/template?format=csv")
	if !strings.Contains(string(csv.body), "发票号码") {
		t.Errorf("%s", csv.body)
	}
	po := w.numberOf(w.delivered("1000.00"))
	filled := slices.Concat(csv.body, []byte(w.line(po, w.invoice(), "100.00")))
	if got := into[imported](w, w.upload(supplier, "/v1/receivables/import", "x.csv", filled), http.StatusOK); got.Recorded != 1 {
		t.Errorf("%+v", got)
	}
	empty := w.get(supplier, "/v1/receivables/template").body
	w.refuse(http.StatusUnprocessableEntity, "SHEET_REFUSED", w.upload(supplier, "/v1/receivables/import", "x.xlsx", empty))
}

func TestAnImportIsDoneOnceForItsKey(t *testing.T) {
	w := newWorld(t)
	po := w.numberOf(w.delivered("1000.00"))
	sheet := []byte(receivableHeader + w.line(po, w.invoice(), "100.00"))
	first := w.upload(supplier, "/v1/receivables/import", "x.csv", sheet, "Idempotency-Key", "i")
	again := w.upload(supplier, "/v1/receivables/import", "x.csv", sheet, "Idempotency-Key", "i")
	if first.status != http.StatusOK || string(again.body) != string(first.body) {
		t.Errorf("%s\n%s", first.body, again.body)
	}
	w.refuse(http.StatusUnprocessableEntity, "IDEMPOTENCY_KEY_REUSED", w.upload(supplier, "/v1/receivables/import", "x.csv", append(sheet, '\n'), "Idempotency-Key", "i"))
}

func TestManyRowsGoInBatches(t *testing.T) {
	w := newWorld(t)
	po := w.numberOf(w.delivered("1000000.00"))
	var sheet strings.Builder
	sheet.WriteString(receivableHeader)
	const rows = 210
	for range rows {
		sheet.WriteString(w.line(po, w.invoice(), fmt.Sprintf("%d.00", 100+w.serial.Add(1))))
	}
	before, err := w.Engine.Head(t.Context())
	w.must(err)
	got := into[imported](w, w.upload(supplier, "/v1/receivables/import", "x.csv", []byte(sheet.String())), http.StatusOK)
	if got.Recorded != rows {
		t.Fatalf("%d of %d rows recorded: %+v", got.Recorded, rows, got.Items[:3])
	}
	after, err := w.Engine.Head(t.Context())
	w.must(err)
	if n := after.Number - before.Number; n != 2 {
		t.Errorf("%d rows took %d blocks", rows, n)
	}
}
