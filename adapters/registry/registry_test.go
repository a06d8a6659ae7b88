package registry_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"decore/adapters/registry"
	"decore/adapters/spreadsheet"
	"decore/chaincode/calendar"
	"decore/chaincode/credit"
	"decore/chaincode/evidence"
	"decore/chaincode/financing"
	"decore/chaincode/goods"
	"decore/chaincode/ident"
	"decore/chaincode/lot"
	"decore/chaincode/money"
	"decore/chaincode/order"
	"decore/chaincode/receivable"
	"decore/chaincode/warehouse"
)

const (
	supplierCode = ident.USCC("91370200990000009K")
	leaderCode   = ident.USCC("91370200990000017E")
	bankCode     = ident.USCC("913702009900000334")
	invoiceA     = "26372000000000000001"
)

var (
	today    = calendar.MustParse("2026-03-05")
	supplier = registry.Party{Name: "青岛琴屿精密压铸有限公司", USCC: supplierCode}
	leader   = registry.Party{Name: "青岛崂峰智能家电股份有限公司", USCC: leaderCode}
	bank     = registry.Party{Name: "青岛汇岬银行股份有限公司", USCC: bankCode}
	policy   = credit.Policy{RegistrationMinMonths: 1, RegistrationMaxMonths: 360}
)

func nameOf(u ident.USCC) string {
	return map[ident.USCC]string{supplierCode: supplier.Name, leaderCode: leader.Name, bankCode: bank.Name}[u]
}

func describe(t testing.TB, record string, terms any) registry.Item {
	t.Helper()
	item, known := registry.Describe(record, terms, nameOf)
	if !known {
		t.Fatalf("%T is no collateral", terms)
	}
	return item
}

func claimItem(t testing.TB, invoice string) registry.Item {
	return describe(t, "REC-1", receivable.Terms{Seller: supplierCode, Buyer: leaderCode, Invoice: ident.InvoiceNumber(invoice), Issued: today,
		Due: today.AddDays(60), Amount: money.MustParse("600000.00"), Outstanding: money.MustParse("500000.00")})
}

func orderItem(t testing.TB) registry.Item {
	return describe(t, "ORD-1", order.Terms{Seller: supplierCode, Buyer: leaderCode, Number: "PO20260301", Contract: "HT2026015", Signed: today,
		Goods: "压缩机壳体", Amount: money.MustParse("900000.00"), Invoiced: money.MustParse("100000.00")})
}

func amountOf(t testing.TB, s string) goods.Quantity {
	t.Helper()
	q, err := goods.ParseQuantity(s)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func lotItem(t testing.TB, control *lot.Control) registry.Item {
	return describe(t, "LOT-1", lot.Terms{Owner: supplierCode, Keeper: leaderCode, Goods: goods.Description{Name: "铝锭", Code: "AL9970", Quality: "Al99.70", Batch: "B20260301"},
		Quantity: amountOf(t, "40 t"), Site: "前湾港 3 号库", Position: "A-12", StoredOn: today, Control: control})
}

func receiptItem(t testing.TB) registry.Item {
	return describe(t, "WRC-1", warehouse.Terms{Owner: supplierCode, Keeper: leaderCode, Quantity: amountOf(t, "19 t"),
		Contents: warehouse.Contents{Number: "CD20260042", Goods: goods.Description{Name: "铝锭", Quality: "Al99.70"}, Site: "前湾港 3 号库", Position: "A-12", IssuedOn: today}})
}

func request(t testing.TB, product financing.Product, items ...registry.Item) registry.Request {
	t.Helper()
	return registry.Request{Financing: "FIN-1", Items: items, Grantor: supplier, Secured: bank, Policy: policy, Today: today,
		Terms: financing.Terms{Applicant: supplierCode, Lender: bankCode, Product: product,
			Offer: &financing.Offer{Amount: money.MustParse("300000.00"), Maturity: calendar.MustParse("2026-06-04")}}}
}

func made(t *testing.T, r registry.Request) registry.Filing {
	t.Helper()
	f, err := registry.New(r)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestAFilingHasTheRegistrysClass(t *testing.T) {
	for _, c := range []struct {
		product financing.Product
		item    registry.Item
		class   registry.Class
		says    string
	}{
		{financing.ReceivableLoan, claimItem(t, invoiceA), registry.ReceivablePledge, "质押给质权人"},
		{financing.Factoring, claimItem(t, invoiceA), registry.Factoring, "转让给保理人"},
		{financing.OrderLoan, orderItem(t), registry.ReceivablePledge, "将有的应收账款"},
		{financing.ReceiptLoan, receiptItem(t), registry.DocumentPledge, "仓单编号CD20260042，日期2026-03-05，货物：铝锭，规格Al99.70，数量19 t，存放于前湾港 3 号库 A-12，保管人" + leader.Name},
		{financing.InventoryPledge, lotItem(t, nil), registry.OtherSecurity, "批号B20260301，日期2026-03-05，货物：铝锭，规格Al99.70，货号AL9970，数量40 t，存放于前湾港 3 号库 A-12，保管人" + leader.Name},
		{financing.FloatingPledge, lotItem(t, nil), registry.OtherSecurity, "存货"},
		{financing.InventoryLoan, lotItem(t, nil), registry.GoodsMortgage, "抵押给抵押权人"},
		{financing.InventoryLoan, receiptItem(t), registry.GoodsMortgage, "抵押给抵押权人"},
	} {
		f := made(t, request(t, c.product, c.item))
		if f.Class != c.class || !strings.Contains(f.Description, c.says) || f.ClassName == "" {
			t.Errorf("%s on a %s: %s %q", c.product, c.item.Sort, f.Class, f.Description)
		}
	}
}

func TestAFilingSaysWhatIdentifiesTheCollateral(t *testing.T) {
	f := made(t, request(t, financing.ReceivableLoan, claimItem(t, invoiceA), orderItem(t)))
	for _, want := range []string{supplier.Name, string(supplierCode), leader.Name, bank.Name, invoiceA, "500000.00", "2026-05-04", "PO20260301", "HT2026015", "FIN-1",
		"300000.00", "1300000.00", "共2项"} {
		if !strings.Contains(f.Description, want) {
			t.Errorf("%s is not in %q", want, f.Description)
		}
	}
	var text, list bytes.Buffer
	if err := errors.Join(f.WriteText(&text), f.WriteList(&list)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"担保类型：应收账款质押\n", "登记期限：3 个月\n", "最高债权额：无\n", "质权人名称：" + bank.Name, f.Description} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is not in %s", want, &text)
		}
	}
	raw, err := json.Marshal(f)
	var again registry.Filing
	if err = errors.Join(err, json.Unmarshal(raw, &again)); err != nil || again.Description != f.Description || len(again.Items) != 2 {
		t.Errorf("%v %s", err, raw)
	}
	checkList(t, list.Bytes())
}

func checkList(t *testing.T, workbook []byte) {
	t.Helper()
	file, err := spreadsheet.Open(t.Context(), bytes.NewReader(workbook), int64(len(workbook)), spreadsheet.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	table, err := file.Table(t.Context(), spreadsheet.Layout{Sheet: "担保财产清单", Ignore: []string{"财产名称", "债务人名称", "日期", "到期日", "描述", "记录编号"},
		Columns: []spreadsheet.Column{{Name: "n", Zh: "编号", Required: true, Kind: spreadsheet.Text}, {Name: "a", Zh: "金额(元)", Required: true, Kind: spreadsheet.Amount},
			{Name: "u", Zh: "债务人统一社会信用代码", Required: true, Kind: spreadsheet.Text}}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for row, err := range table.Rows(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, row.Values...)
	}
	if want := []string{"发票号码" + invoiceA, "500000.00", string(leaderCode), "订单号PO20260301、合同号HT2026015", "800000.00", string(leaderCode)}; !slices.Equal(got, want) {
		t.Errorf("the list reads %q", got)
	}
}

func TestTheTermOutlastsTheDebt(t *testing.T) {
	for _, c := range []struct {
		maturity string
		asked    int
		months   int // 0: refused
	}{
		{"2026-03-06", 0, 1}, {"2026-04-04", 0, 1}, {"2026-04-05", 0, 2}, {"2026-06-04", 0, 3}, {"2026-06-05", 0, 4},
		{"2026-06-04", 36, 36}, {"2026-06-04", 2, 0}, {"2026-06-04", 361, 0}, {"2026-06-04", -1, 0}, {"2056-03-04", 0, 360}, {"2056-03-05", 0, 0},
	} {
		r := request(t, financing.ReceivableLoan, claimItem(t, invoiceA))
		r.Terms.Offer.Maturity, r.Months = calendar.MustParse(c.maturity), c.asked
		f, err := registry.New(r)
		if f.Months != c.months || (err != nil) != (c.months == 0) {
			t.Errorf("due %s, %d asked: %d months, %v", c.maturity, c.asked, f.Months, err)
		}
		if err != nil && places(err)[0] != "/months" {
			t.Errorf("%v", err)
		}
	}
}

// places lists where an *Error finds faults; each must say something in both languages.
func places(err error) []string {
	var e *registry.Error
	if !errors.As(err, &e) {
		return []string{fmt.Sprintf("not an *Error: %v", err)}
	}
	var all []string
	for _, f := range e.Faults {
		if f.Code == "" || f.En == "" || f.Zh == "" || f.En == f.Zh {
			all = append(all, "half a fault at "+f.Place)
			continue
		}
		all = append(all, f.Place)
	}
	return all
}

func TestAFilingThatLacksSomethingNamesAllOfIt(t *testing.T) {
	low := money.MustParse("1.00")
	for name, c := range map[string]struct {
		change func(*registry.Request)
		want   []string
	}{
		"no names":              {func(r *registry.Request) { r.Grantor, r.Secured = registry.Party{}, registry.Party{USCC: bankCode} }, []string{"/grantor/name", "/grantor/uscc", "/secured/name"}},
		"no collateral":         {func(r *registry.Request) { r.Items = nil }, []string{"/items"}},
		"no offer":              {func(r *registry.Request) { r.Terms.Offer = nil }, []string{"/principal"}},
		"a maximum too low":     {func(r *registry.Request) { r.Maximum = &low }, []string{"/maximum"}},
		"a contract of lines":   {func(r *registry.Request) { r.Contract = "A\nB" }, []string{"/contract"}},
		"an endless contract":   {func(r *registry.Request) { r.Contract = strings.Repeat("合", 65) }, []string{"/contract"}},
		"nothing to tell it by": {func(r *registry.Request) { r.Items[0] = registry.Item{Sort: registry.Claim} }, []string{"/items/0/numbers"}},
		"two classes":           {func(r *registry.Request) { r.Items = append(r.Items, registry.Item{Sort: registry.Goods, Text: "x"}) }, []string{"/items/1/sort"}},
		"no security":           {func(r *registry.Request) { r.Terms.Product = financing.FixedAssetLoan }, []string{"/items/0/sort"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := request(t, financing.ReceivableLoan, claimItem(t, invoiceA))
			c.change(&r)
			if _, err := registry.New(r); err == nil || !slices.Equal(places(err), c.want) || err.Error() == "" {
				t.Errorf("%v names %v", err, places(err))
			}
		})
	}
}

func TestAMaximumIsFiled(t *testing.T) {
	r := request(t, financing.ReceivableLoan, claimItem(t, invoiceA))
	most := money.MustParse("450000.00")
	r.Maximum, r.Contract = &most, " 借字 2026-001 "
	var text bytes.Buffer
	f := made(t, r)
	if err := f.WriteText(&text); err != nil || !strings.Contains(text.String(), "最高债权额：450000.00 元\n") || f.Contract != "借字 2026-001" {
		t.Errorf("%v %s", err, &text)
	}
}

func TestWhatIsNoCollateralIsNotDescribed(t *testing.T) {
	if _, known := registry.Describe("FIN-1", financing.Terms{}, nameOf); known {
		t.Error("a financing was described as collateral")
	}
}

func held(id, expires string) registry.Held {
	return registry.Held{Financing: id, Registration: financing.Registration{Expires: calendar.MustParse(expires)}}
}

func TestFilingsThatRunOutAreListedTheMostUrgentFirst(t *testing.T) {
	due := registry.Due([]registry.Held{held("later", "2026-05-05"), held("lead", "2026-05-04"), held("today", "2026-03-05"), held("gone", "2026-03-04"), held("b", "2026-04-01"), held("a", "2026-04-01")}, today, 60)
	var got []string
	for _, d := range due {
		got = append(got, fmt.Sprint(d.Financing, " ", d.DaysLeft, " ", d.Action))
	}
	want := []string{"gone -1 file-anew", "today 0 renew", "a 27 renew", "b 27 renew", "lead 60 renew"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if none := registry.Due(nil, today, 60); none == nil || len(none) > 0 {
		t.Error("no filings give an empty list")
	}
}

const certificateHeader = "融资记录编号,登记证明编号,登记时间,登记到期日\n"

func certificates(t *testing.T, file string) ([]registry.Certificate, error) {
	t.Helper()
	return registry.ReadCertificates(t.Context(), strings.NewReader(file), int64(len(file)))
}

func TestRegistrationsComeBackAsArgumentsOfEncumber(t *testing.T) {
	for name, file := range map[string]string{
		"csv":           certificateHeader + "FIN-0,1,2026-03-05 10:15:30,2027-03-04\nFIN-1,0123 4567 8901 2345 6789,2026-03-05 10:15:30,2029/3/4\n",
		"json":          `{"rows":[{"financing":"FIN-1","number":"01234567890123456789","registered":"2026-03-05 10:15:30","expires":"2029-03-04"}]}`,
		"json in UTC":   "\ufeff" + `{"rows":[{"financing":"FIN-1","number":"01234567890123456789","registered":"2026-03-05T02:15:30Z","expires":"2029-03-04"}]}`,
		"json and zone": `{"rows":[{"financing":"FIN-1","number":"01234567890123456789","registered":"2026-03-05T10:15:30+08:00","expires":"2029-03-04"}]}`,
	} {
		all, err := certificates(t, file)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		c, err := registry.For(all, "FIN-1")
		want := financing.Registration{Number: "01234567890123456789", Registered: evidence.InstantOf(time.Date(2026, 3, 5, 2, 15, 30, 0, time.UTC)), Expires: calendar.MustParse("2029-03-04")}
		if err != nil || c.Registration != want {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
		if _, err := registry.For(all, "FIN-9"); err == nil {
			t.Errorf("%s has a row of what is not in it", name)
		}
		terms := financing.Terms{Offer: &financing.Offer{Maturity: calendar.MustParse("2026-06-04")}}
		if _, _, err := terms.Register(c.Registration, policy, evidence.InstantOf(time.Date(2026, 3, 6, 0, 0, 0, 0, time.UTC))); err != nil {
			t.Errorf("the ledger would refuse it: %v", err)
		}
	}
}

func TestBadRegistrationsAreRefusedWithTheirPlaces(t *testing.T) {
	row := func(member, value string) string {
		fields := map[string]string{"financing": "FIN-1", "number": "1", "registered": "2026-03-05 10:15:30", "expires": "2029-03-04"}
		fields[member] = value
		raw, _ := json.Marshal(fields, json.Deterministic(true))
		return `{"rows":[` + string(raw) + `]}`
	}
	for name, c := range map[string]struct {
		file string
		want []string
	}{
		"a number of symbols":      {row("number", "12*4"), []string{"/rows/0/number"}},
		"a number without end":     {row("number", strings.Repeat("1", 33)), []string{"/rows/0/number"}},
		"no number":                {row("number", ""), []string{"/rows/0/number"}},
		"a day that is none":       {row("expires", "2029-02-30"), []string{"/rows/0/expires"}},
		"a time without a day":     {row("registered", "10:15:30"), []string{"/rows/0/registered"}},
		"a time with a comma":      {row("registered", "2026-03-05 10:15:30,5"), []string{"/rows/0/registered"}},
		"a day without a time":     {row("registered", "2026-03-05"), []string{"/rows/0/registered"}},
		"a year before the zone":   {row("registered", "1989-03-05 10:15:30"), []string{"/rows/0/registered"}},
		"expiry before filing":     {row("expires", "2026-03-04"), []string{"/rows/0"}},
		"a field that is unknown":  {row("a/b~", "x"), []string{"/rows/0/a~1b~0"}},
		"a long name":              {row("financing", strings.Repeat("x", 65)), []string{"/rows/0/financing"}},
		"a number as a number":     {`{"rows":[{"number":1}]}`, []string{"/rows/0/number"}},
		"a row that is no object":  {`{"rows":["x",null]}`, []string{"/rows/0", "/rows/1"}},
		"no rows":                  {`{"rows":[]}`, []string{"/rows"}},
		"something else":           {`{"filings":[]}`, []string{"/filings"}},
		"JSON that is cut off":     {`{"rows":[{`, []string{"/rows/0"}},
		"a name twice":             {`{"rows":[],"rows":[]}`, []string{"/rows"}},
		"two rows of one":          {certificateHeader + "FIN-1,1,2026-03-05 10:15:30,2027-03-04\nFIN-1,2,2026-03-05 10:15:30,2027-03-04\n", []string{"3"}},
		"cells that are wrong":     {certificateHeader + "FIN-1,?,yesterday,2027-03-04\n,2,2026-03-05 10:15:30,soon\n", []string{"B2", "C2", "A3", "D3"}},
		"a column that is missing": {"融资记录编号,登记证明编号,登记时间\nx,1,2026-03-05 10:15:30\n", []string{""}},
		"nothing":                  {"", []string{""}},
	} {
		t.Run(name, func(t *testing.T) {
			all, err := certificates(t, c.file)
			if got := places(err); all != nil || !slices.Equal(got, c.want) {
				t.Errorf("%v: at %q, want %q", err, got, c.want)
			}
		})
	}
}

func TestTheTemplatesCanBeReadBack(t *testing.T) {
	for _, lang := range []string{"zh", "en"} {
		var a, b bytes.Buffer
		if err := errors.Join(registry.CertificateTemplate(&a, lang), registry.ResultsTemplate(&b, lang)); err != nil {
			t.Fatal(err)
		}
		_, errA := registry.ReadCertificates(t.Context(), bytes.NewReader(a.Bytes()), int64(a.Len()))
		_, errB := registry.ReadResults(t.Context(), bytes.NewReader(b.Bytes()), int64(b.Len()))
		for _, err := range []error{errA, errB} { // nothing but the example is in them
			var e *registry.Error
			if !errors.As(err, &e) || e.Faults[0].Code != string(spreadsheet.CodeNoRows) {
				t.Errorf("an empty template: %v", err)
			}
		}
	}
}
