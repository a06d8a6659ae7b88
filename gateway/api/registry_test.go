package api_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"decore/chaincode/calendar"
	"decore/chaincode/ident"
)

const (
	certificateHeader = "融资记录编号,登记证明编号,登记时间,登记到期日\n"
	resultHeader      = "登记证明编号,担保人名称,担保权人名称,担保类型,登记时间,登记到期日,担保财产描述\n"
)

type filed struct {
	Class, ClassName, Contract, Description, Principal, Maximum string
	Months                                                      int
	Grantor, Secured                                            struct{ Name, USCC string }
	Items                                                       []struct {
		Record  string
		Numbers []struct{ Value string }
	}
}

// lentOn is a financing on a new receivable at the bank, accepted and reserved, with the receivable and its invoice.
func (w *world) lentOn(bank ident.USCC) (fin, rec, invoice string) {
	w.Helper()
	rec = w.granted(w.receivable(w.delivered("1000000.00"), "600000.00"), bank)
	fin = w.accepted(bank, rec, "300000.00")
	w.act(bank, "/v1/financings/"+fin+"/reserve", object{"hours": 24})
	return fin, rec, into[record](w, w.get(supplier, "/v1/receivables/"+rec), http.StatusOK).Terms["invoice"].(string)
}

func TestALenderGetsWhatToFile(t *testing.T) {
	w := newWorld(t)
	fin, rec, invoice := w.lentOn(bankA)
	path := "/v1/financings/" + fin + "/filing"
	f := into[filed](w, w.get(bankA, path), http.StatusOK)
	if f.Class != "receivable-pledge" || f.Contract != fin || f.Principal != "300000.00" || f.Months != 3 || f.Grantor.USCC != string(supplier) || f.Secured.Name != "青岛汇岬银行股份有限公司" ||
		len(f.Items) != 1 || f.Items[0].Record != rec || f.Items[0].Numbers[0].Value != invoice || !strings.Contains(f.Description, invoice) {
		t.Errorf("%+v", f)
	}
	if f = into[filed](w, w.get(bankA, path+"?contract=A-1&months=36&maximum=450000.00"), http.StatusOK); f.Contract != "A-1" || f.Months != 36 || f.Maximum != "450000.00" {
		t.Errorf("%+v", f)
	}
	for _, c := range []struct{ query, accept, media, begins string }{
		{"?format=xlsx", "", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "PK"},
		{"", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet;q=1, */*", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "PK"},
		{"?format=txt", "", "text/plain; charset=utf-8", "担保类型：应收账款质押"},
		{"", "text/html, */*", "application/json", "{"},
	} {
		r := w.get(bankA, path+c.query, "Accept", c.accept)
		if r.status != http.StatusOK || r.header.Get("Content-Type") != c.media || !bytes.HasPrefix(r.body, []byte(c.begins)) || !strings.Contains(r.header.Get("Content-Disposition"), fin) {
			t.Errorf("%+v: %d %s %.80s", c, r.status, r.header, r.body)
		}
	}
	w.refuse(http.StatusNotAcceptable, "NOT_ACCEPTABLE", w.get(bankA, path, "Accept", "image/png"))
}

func TestAFilingThatCannotBeMadeIsExplained(t *testing.T) {
	w := newWorld(t)
	fin, _, _ := w.lentOn(bankA)
	path := "/v1/financings/" + fin + "/filing"
	for query, code := range map[string]string{"months=1": "FIELD_RANGE", "months=361": "FIELD_RANGE", "maximum=1.00": "FIELD_RANGE", "maximum=x": "AMOUNT_INVALID",
		"contract=" + strings.Repeat("c", 65): "FIELD_INVALID", "format=pdf": "FIELD_INVALID", "colour=red": "PARAMETER_UNKNOWN"} {
		parameter, _, _ := strings.Cut(query, "=")
		p := w.refuse(http.StatusUnprocessableEntity, code, w.get(bankA, path+"?"+query, "Accept-Language", "zh"))
		if p.Field != "query."+parameter || len(p.Errors) != 1 || p.Errors[0].Message == "" {
			t.Errorf("%s: %+v", query, p)
		}
	}
	if p := w.refuse(http.StatusUnprocessableEntity, "FIELD_RANGE", w.get(bankA, path+"?months=1")); p.Clause == "" {
		t.Errorf("the clause is missing: %+v", p)
	}
	w.refuse(http.StatusUnprocessableEntity, "COLLATERAL_FORBIDDEN", w.get(bankA, "/v1/financings/"+w.fixedAsset(bankA, "1000.00")+"/filing"))
	applied := w.act(supplier, "/v1/financings", object{"lender": bankB, "product": "receivable-loan", "amount": "1000.00", "tenorMonths": 3, "purpose": "原材料",
		"collateral": []string{w.granted(w.receivable(w.delivered("9000.00"), "9000.00"), bankB)}}).ID
	w.refuse(http.StatusConflict, "WRONG_STATE", w.get(bankB, "/v1/financings/"+applied+"/filing"))
	w.refuse(http.StatusConflict, "WRONG_STATE", w.upload(bankB, "/v1/financings/"+applied+"/filing", "c.csv", []byte(certificateHeader+applied+",1,2026-03-05 09:00:00,2027-03-04\n")))
}

// lentOnGoods is a financing on goods at the bank, accepted.
func (w *world) lentOnGoods(bank ident.USCC, product, path, id string) string {
	w.Helper()
	w.act(supplier, path+id+"/grant", object{"to": bank, "until": w.days(300)})
	fin := w.act(supplier, "/v1/financings", object{"lender": bank, "product": product, "amount": "300000.00", "tenorMonths": 3, "purpose": "原材料", "collateral": []string{id}}).ID
	return w.offered(bank, fin, "300000.00", 90)
}

func TestFilingsAndSearchesAreMadeForGoodsToo(t *testing.T) {
	w := newWorld(t)
	lot, under := w.storedLot("100 t"), w.storedLot("40 t")
	receipt := w.issuedReceipt(under, "40 t")
	number := into[record](w, w.get(supplier, "/v1/warehouse-receipts/"+receipt), http.StatusOK).Terms["contents"].(map[string]any)["number"].(string)
	for _, c := range []struct{ fin, id, class, says, row string }{
		{w.lentOnGoods(bankA, "inventory-mortgage", "/v1/lots/", lot), lot, "goods-mortgage", "数量100 t，存放于前湾港 3 号库", "动产抵押,%s,%s,抵押人现有的及将有的全部存货"},
		{w.lentOnGoods(bankA, "warehouse-receipt-loan", "/v1/warehouse-receipts/", receipt), receipt, "document-pledge", "仓单编号" + number, "仓单质押,%s,%s,仓单" + number + "及其项下全部货物"},
	} {
		f := into[filed](w, w.get(bankA, "/v1/financings/"+c.fin+"/filing"), http.StatusOK)
		if f.Class != c.class || len(f.Items) != 1 || f.Items[0].Record != c.id || !strings.Contains(f.Description, c.says) {
			t.Errorf("%+v", f)
		}
		sheet := resultHeader + "1,青岛琴屿精密压铸有限公司,胶东远帆银行股份有限公司," + fmt.Sprintf(c.row, w.days(-1), w.days(300)) + "\n"
		got := into[searched](w, w.upload(bankA, "/v1/financings/"+c.fin+"/registry-search", "r.csv", []byte(sheet)), http.StatusOK)
		if got.Grade != "high" || got.Ahead != 1 || len(got.Matches) != 1 {
			t.Errorf("%s: %+v", c.class, got)
		}
	}
}

func TestWhatIsNoLongerDisclosedIsNotFiled(t *testing.T) {
	w := newWorld(t)
	rec := w.granted(w.receivable(w.delivered("1000000.00"), "600000.00"), bankA)
	fin := w.accepted(bankA, rec, "300000.00")
	w.act(supplier, "/v1/receivables/"+rec+"/revoke", object{"to": bankA})
	for _, r := range []response{w.get(bankA, "/v1/financings/"+fin+"/filing"),
		w.upload(bankA, "/v1/financings/"+fin+"/registry-search", "r.csv", []byte(resultHeader+"1,甲,乙,保理,2026-03-05,2027-03-04,x\n"))} {
		if p := w.refuse(http.StatusConflict, "NOT_DISCLOSED", r); p.Field != "/collateral/0" {
			t.Errorf("%+v", p)
		}
	}
}

func TestWhatTheRegistryAnswersBecomesTheArgumentsOfEncumber(t *testing.T) {
	w := newWorld(t)
	fin, _, _ := w.lentOn(bankA)
	path := "/v1/financings/" + fin + "/filing"
	registered := w.Engine.Now().In(calendar.Zone).Format("2006-01-02 15:04:05")
	file := []byte(certificateHeader + fmt.Sprintf("%s,0123 4567 8901 2345 6789,%s,%s\n", fin, registered, w.days(500)))
	got := into[struct {
		Financing    string
		Registration object
		Evidence     struct {
			SHA256 string
			Bytes  int
		}
	}](w, w.upload(bankA, path, "登记证明.csv", file), http.StatusOK)
	sum := sha256.Sum256(file)
	if got.Financing != fin || got.Evidence.SHA256 != hex.EncodeToString(sum[:]) || got.Evidence.Bytes != len(file) {
		t.Errorf("%+v", got)
	}
	if state := into[record](w, w.get(bankA, "/v1/financings/"+fin), http.StatusOK).State; state != "reserved" {
		t.Errorf("reading the file made it %s", state)
	}
	if done := w.act(bankA, "/v1/financings/"+fin+"/encumber", got.Registration); done.State != "encumbered" {
		t.Errorf("%+v", done)
	}
	terms := into[record](w, w.get(bankA, "/v1/financings/"+fin), http.StatusOK).Terms
	if r := terms["registration"].(map[string]any); r["number"] != "01234567890123456789" {
		t.Errorf("%+v", r)
	}
}

func TestBadRegistrationsAreExplained(t *testing.T) {
	w := newWorld(t)
	fin, _, _ := w.lentOn(bankA)
	now := w.Engine.Now().In(calendar.Zone)
	line := func(id, number string, at time.Time, expires string) string {
		return certificateHeader + fmt.Sprintf("%s,%s,%s,%s\n", id, number, at.Format("2006-01-02 15:04:05"), expires)
	}
	for name, c := range map[string]struct{ file, code, field string }{
		"another financing":   {line("FIN-2", "1", now, w.days(500)), "FILE_REFUSED", ""},
		"symbols":             {line(fin, "1*", now, w.days(500)), "FILE_REFUSED", "B2"},
		"before the debt":     {line(fin, "1", now, w.days(80)), "REGISTRATION_INVALID", "/expires"},
		"too long":            {line(fin, "1", now, "2057-01-01"), "REGISTRATION_INVALID", "/expires"},
		"in the future":       {line(fin, "1", now.Add(time.Hour), w.days(500)), "DATE_IN_FUTURE", "/registered"},
		"no file of this":     {"a,b\n1,2\n", "FILE_REFUSED", ""},
		"JSON of another one": {`{"rows":[{"colour":"red"}]}`, "FILE_REFUSED", "/rows/0/financing"},
	} {
		r := w.upload(bankA, "/v1/financings/"+fin+"/filing", "c", []byte(c.file), "Accept-Language", "zh")
		if p := w.refuse(http.StatusUnprocessableEntity, c.code, r); p.Field != c.field || p.Detail == "" && p.Title == "" {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

type searched struct {
	Grade, AsOf            string
	Rows, Unrelated, Ahead int
	Matches, Expired       []struct {
		Number, Grade, Secured  string
		Reasons, Texts, Records []string
		Ahead                   bool
	}
	Own      []struct{ Number string }
	Evidence struct{ SHA256 string }
}

func TestASearchAtTheRegistryIsCompared(t *testing.T) {
	w := newWorld(t)
	fin, rec, invoice := w.lentOn(bankA)
	at, path := w.days(-1)+" 09:00:00", "/v1/financings/"+fin+"/registry-search"
	row := func(number, grantor, description, expires string) string {
		return fmt.Sprintf("%s,%s,胶东远帆银行股份有限公司,应收账款质押,%s,%s,%s\n", number, grantor, at, expires, description)
	}
	const name = "青岛琴屿精密压铸有限责任公司"
	sheet := resultHeader + row("1", name, "发票号码"+invoice+"项下应收账款", w.days(300)) + row("2", name, "下列全部应收账款："+invoice, w.days(-1)) +
		row("3", "烟台某某塑料有限公司", "全部应收账款", w.days(300)) + row("00112233", name, "发票号码"+invoice, w.days(300))
	before, err := w.Engine.Head(t.Context())
	w.must(err)
	got := into[searched](w, w.upload(bankA, path, "查询.csv", []byte(sheet), "Accept-Language", "zh"), http.StatusOK)
	if got.Grade != "high" || got.Rows != 4 || got.Unrelated != 1 || got.Ahead != 2 || len(got.Matches) != 2 || len(got.Expired) != 1 || len(got.Own) != 0 || got.Evidence.SHA256 == "" || got.AsOf != w.days(0) {
		t.Errorf("%+v", got)
	}
	if m := got.Matches[0]; m.Number != "1" || m.Reasons[0] != "NUMBER_FOUND" || m.Texts[0] != "登记描述中出现该担保物的编号" || !slices.Equal(m.Records, []string{rec}) || !m.Ahead {
		t.Errorf("%+v", m)
	}
	w.act(bankA, "/v1/financings/"+fin+"/encumber", object{"number": "00112233", "registered": "2026-03-05T02:00:00.000Z", "expires": w.days(500)})
	got = into[searched](w, w.upload(bankA, path, "查询.csv", []byte(sheet)), http.StatusOK)
	if len(got.Own) != 1 || len(got.Matches) != 1 || got.Ahead != 1 || !strings.HasPrefix(got.Matches[0].Texts[0], "The filing names") {
		t.Errorf("once it is filed: %+v", got)
	}
	after, err := w.Engine.Head(t.Context())
	w.must(err)
	if after.Number != before.Number+1 {
		t.Errorf("comparing wrote to the ledger: block %d to %d", before.Number, after.Number)
	}
	p := w.refuse(http.StatusUnprocessableEntity, "FILE_REFUSED", w.upload(bankA, path, "x.csv", []byte(resultHeader+"1,甲,乙,保理,soon,2027-03-04,x\n"), "Accept-Language", "zh"))
	if p.Field != "E2" || p.Errors[0].Message == "" {
		t.Errorf("%+v", p)
	}
}

func TestFilingsThatRunOutAreListedForTheirLender(t *testing.T) {
	w := newWorld(t)
	for _, days := range []int{100, 400} {
		fin, _, _ := w.lentOn(bankA)
		w.act(bankA, "/v1/financings/"+fin+"/encumber", object{"number": fmt.Sprint(days), "registered": "2026-03-05T02:00:00.000Z", "expires": w.days(days)})
	}
	type page struct {
		Items []struct {
			Financing, Action, Text string
			DaysLeft                int
			Registration            struct{ Number string }
		}
	}
	due := func(p ident.USCC, query string) page {
		t.Helper()
		return into[page](w, w.get(p, "/v1/registrations"+query), http.StatusOK)
	}
	if got := due(bankA, ""); got.Items == nil || len(got.Items) != 0 {
		t.Errorf("%+v", got)
	}
	if got := due(bankA, "?dueWithin=100"); len(got.Items) != 1 || got.Items[0].Registration.Number != "100" || got.Items[0].Action != "renew" || got.Items[0].DaysLeft != 100 || !strings.Contains(got.Items[0].Text, "100") {
		t.Errorf("%+v", got)
	}
	if got := due(bankB, "?dueWithin=3660"); len(got.Items) != 0 {
		t.Errorf("another bank sees %+v", got)
	}
	w.later(101 * 24 * time.Hour)
	for lang, says := range map[string]string{"en": "file anew", "zh": "重新登记"} {
		got := into[page](w, w.get(bankA, "/v1/registrations?dueWithin=0", "Accept-Language", lang), http.StatusOK)
		if len(got.Items) != 1 || got.Items[0].Action != "file-anew" || got.Items[0].DaysLeft != -1 || !strings.Contains(got.Items[0].Text, says) {
			t.Errorf("%+v", got)
		}
	}
	w.refuse(http.StatusUnprocessableEntity, "FIELD_RANGE", w.get(bankA, "/v1/registrations?dueWithin=-1"))
}

func TestTheRegistrysTemplatesAreWorkbooks(t *testing.T) {
	w := newWorld(t)
	for _, of := range []string{"certificates", "search"} {
		if r := w.get(bankA, "/v1/registrations/template?of="+of+"&lang=en"); r.status != http.StatusOK || !bytes.HasPrefix(r.body, []byte("PK")) || !strings.Contains(r.header.Get("Content-Disposition"), of) {
			t.Errorf("%s: %d %v", of, r.status, r.header)
		}
	}
	w.refuse(http.StatusUnprocessableEntity, "FIELD_INVALID", w.get(bankA, "/v1/registrations/template?of=all"))
}

func TestClaimsAreRankedAndPaidInOrder(t *testing.T) {
	w := newWorld(t)
	claims := []object{
		{"financing": "A", "holder": bankA, "kind": "assignment", "amount": "100.00", "noticeReceived": "2026-03-01T00:00:00.000Z"},
		{"financing": "B", "holder": bankB, "kind": "pledge", "amount": "200.00", "registered": "2026-03-04T00:00:00.000Z"},
		{"financing": "C", "holder": bankB, "kind": "pledge", "amount": "50.00"},
	}
	type ranked struct {
		Tiers []struct {
			Ground, Clause string
			Claims         []struct{ Financing string }
		}
		Void   []struct{ Financing string }
		Shares []struct{ Financing, Amount string }
		Left   string
	}
	got := into[ranked](w, w.post(bankA, "/v1/priorities", object{"on": "receivable", "proceeds": "250.00", "claims": claims}), http.StatusOK)
	if len(got.Tiers) != 2 || got.Tiers[0].Claims[0].Financing != "B" || got.Tiers[0].Clause == "" || got.Void[0].Financing != "C" ||
		fmt.Sprint(got.Shares) != "[{B 200.00} {A 50.00}]" || got.Left != "0.00" {
		t.Errorf("%+v", got)
	}
	claims[1]["financing"] = "A"
	if p := w.refuse(http.StatusUnprocessableEntity, "FIELD_INVALID", w.post(bankA, "/v1/priorities", object{"on": "receivable", "proceeds": "1.00", "claims": claims})); p.Field != "/claims/1/financing" {
		t.Errorf("%+v", p)
	}
	for field, body := range map[string]object{"/on": {"on": "house", "proceeds": "1.00", "claims": claims}, "/proceeds": {"on": "goods", "proceeds": "-1", "claims": claims},
		"/claims": {"on": "goods", "proceeds": "1.00", "claims": []object{}}, "/claims/0/kind": {"on": "goods", "proceeds": "1.00", "claims": []object{{"financing": "x", "holder": bankA, "kind": "x", "amount": "1.00"}}}} {
		if r := w.post(bankA, "/v1/priorities", body); r.status != http.StatusUnprocessableEntity || r.problem().Field != field {
			t.Errorf("%s: %d %s", field, r.status, r.body)
		}
	}
}
