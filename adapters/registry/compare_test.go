package registry_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"decore/adapters/registry"
	"decore/adapters/spreadsheet"
	"decore/chaincode/calendar"
	"decore/chaincode/encumbrance"
	"decore/chaincode/evidence"
	"decore/chaincode/ident"
	"decore/chaincode/lot"
)

// found is a live filing at another bank by the supplier, with a description.
func found(description string, change ...func(*registry.Result)) registry.Result {
	r := registry.Result{Row: 2, Number: "9001", Grantor: supplier.Name, Secured: "胶东远帆银行股份有限公司", Class: "应收账款质押", Description: description,
		Registered: at(1), Expires: today.AddDays(300)}
	for _, f := range change {
		f(&r)
	}
	return r
}

func at(hours int) evidence.Instant {
	return evidence.InstantOf(time.Date(2026, 3, 1, hours, 0, 0, 0, time.UTC))
}

func grantor(name string) func(*registry.Result) {
	return func(r *registry.Result) { r.Grantor = name }
}
func class(name string) func(*registry.Result) { return func(r *registry.Result) { r.Class = name } }
func number(n string) func(*registry.Result)   { return func(r *registry.Result) { r.Number = n } }
func lapsed(r *registry.Result)                { r.Expires = today.AddDays(-1) }

func subject(items ...registry.Item) registry.Subject {
	return registry.Subject{Grantor: supplier, Lender: bank, Items: items}
}

func compare(t testing.TB, s registry.Subject, rows ...registry.Result) registry.Comparison {
	t.Helper()
	c, err := registry.Compare(t.Context(), s, rows, today)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestFilingsAreGradedByWhatTheySay(t *testing.T) {
	older := "3702190104-12345678"
	receipt, inStore := receiptItem(t), lotItem(t, nil)
	for _, c := range []struct {
		name    string
		item    registry.Item
		row     registry.Result
		grade   registry.Grade // "": unrelated
		because registry.Reason
	}{
		{"the invoice itself", claimItem(t, invoiceA), found("应收账款一笔，发票号码" + invoiceA + "，金额60万元"), registry.High, registry.NumberFound},
		{"the invoice with space and full width", claimItem(t, invoiceA), found("发票２６３７ ２０００ 0000-0000-0001"), registry.High, registry.NumberFound},
		{"the invoice in a filing of somebody else", claimItem(t, invoiceA), found("发票号码"+invoiceA, grantor("青岛胶湾塑胶制品有限公司")), registry.High, registry.NumberFound},
		{"an invoice that has ours as a part", claimItem(t, invoiceA), found("发票号码99" + invoiceA + "及合同" + invoiceA + "77，其他内容略"), registry.Low, registry.GrantorSame},
		{"an older invoice by code and number", claimItem(t, older), found("发票代码 3702190104 发票号码 12345678"), registry.High, registry.NumberFound},
		{"a range", claimItem(t, "26372000000000000005"), found("发票号码26372000000000000001至26372000000000000009共9张"), registry.High, registry.NumberRanged},
		{"a range in short", claimItem(t, "26372000000000000005"), found("发票26372000000000000001~009"), registry.High, registry.NumberRanged},
		{"a range that ends before", claimItem(t, "26372000000000000010"), found("发票号码26372000000000000001至26372000000000000009共9张"), registry.Low, registry.GrantorSame},
		{"a range of a name like ours", claimItem(t, "26372000000000000005"), found("发票26372000000000000001-26372000000000000009", grantor("青岛琴屿精密压住有限公司")), registry.Medium, registry.NumberRanged},
		{"all claims on our debtor", claimItem(t, invoiceA), found("对青岛崂峰智能家电股份有限公司现有及将有的全部应收账款"), registry.High, registry.AllOfDebtor},
		{"all claims", claimItem(t, invoiceA), found("出质人拥有的全部应收账款"), registry.High, registry.AllOfGrantor},
		{"all claims of a name like ours", claimItem(t, invoiceA), found("出质人拥有的全部应收账款", grantor("青岛琴屿精密压铸股份有限公司")), registry.Medium, registry.AllOfGrantor},
		{"all claims on somebody else", claimItem(t, invoiceA), found("对烟台某某机械有限公司的全部应收账款"), registry.Medium, registry.AllOfSome},
		{"all claims of a list", claimItem(t, invoiceA), found("下列全部应收账款：发票26372000000000099999"), registry.Low, registry.GrantorSame},
		{"two digits swapped", claimItem(t, "26372000000012345001"), found("发票号码26372000000013245001，其余略"), registry.Medium, registry.NumberNear},
		{"a digit lost", claimItem(t, "26372000000012345001"), found("发票号码2637200000012345001，其余略"), registry.Medium, registry.NumberNear},
		{"the next invoice of the series", claimItem(t, invoiceA), found("发票号码26372000000000000002，其余略"), registry.Low, registry.GrantorSame},
		{"the debtor", claimItem(t, invoiceA), found("与青岛崂峰智能家电之间2025年度合同项下款项"), registry.Medium, registry.DebtorNamed},
		{"an attachment", claimItem(t, invoiceA), found("应收账款，具体见附件清单"), registry.Medium, registry.Attached},
		{"next to nothing", claimItem(t, invoiceA), found("应收账款"), registry.Medium, registry.Attached},
		{"a machine", claimItem(t, invoiceA), found("数控机床两台，编号CNC-2024-01", class("融资租赁")), "", ""},
		{"somebody else", claimItem(t, invoiceA), found("其拥有的全部应收账款", grantor("青岛胶湾塑胶制品有限公司")), "", ""},
		{"the same bank", claimItem(t, invoiceA), found("发票号码26372000000000099999的款项", func(r *registry.Result) { r.Secured = bank.Name }), registry.Low, registry.LenderSame},
		{"the order", orderItem(t), found("订单号：PO-2026-0301 项下货款"), registry.High, registry.NumberFound},
		{"an order of the same number elsewhere", orderItem(t), found("订单号：PO-2026-0301", grantor("青岛胶湾塑胶制品有限公司")), registry.Low, registry.NumberOfOthers},
		{"the receipt", receipt, found("仓单（CD2026-0042）项下铝锭", class("仓单质押")), registry.High, registry.NumberFound},
		{"the goods under the receipt", receipt, found("抵押人现有的及将有的全部存货", class("生产设备、原材料、半成品、产品抵押")), registry.High, registry.AllOfGrantor},
		{"the lot", inStore, found("批次B2026/0301铝锭", class("动产抵押")), registry.High, registry.NumberFound},
		{"another receipt", receipt, found("仓单CD20260977项下铝锭", class("仓单质押")), registry.Low, registry.GrantorSame},
		{"goods of the same code", inStore, found("铝锭 AL9970 共 12 吨，批号B20259912", class("动产抵押")), registry.Low, registry.GrantorSame},
		{"claims, for a lot", inStore, found("出质人拥有的全部应收账款"), "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := compare(t, subject(c.item), c.row)
			if c.grade == "" {
				if got.Unrelated != 1 || len(got.Matches) > 0 || got.Grade != registry.Low {
					t.Errorf("%+v", got)
				}
				return
			}
			if got.Grade != c.grade || len(got.Matches) != 1 || !slices.Contains(got.Matches[0].Reasons, c.because) {
				t.Errorf("%s for %+v, want %s", got.Grade, got.Matches, c.because)
			}
			for _, m := range got.Matches {
				for _, r := range m.Reasons {
					if text := registry.ReasonTexts[r]; text.En == "" || text.Zh == "" {
						t.Errorf("%s has no words", r)
					}
				}
			}
		})
	}
}

func TestOwnAndLapsedFilingsDoNotCount(t *testing.T) {
	s := subject(claimItem(t, invoiceA))
	s.Number = "0123 4567"
	all := compare(t, s, found("发票号码"+invoiceA, number("01234567")), found("发票号码"+invoiceA, lapsed), found("发票号码"+invoiceA, grantor("x"), lapsed))
	if all.Grade != registry.Low || len(all.Own) != 1 || len(all.Expired) != 2 || len(all.Matches) != 0 || all.Rows != 3 {
		t.Errorf("%+v", all)
	}
	if lastDay := compare(t, s, found("发票号码"+invoiceA, func(r *registry.Result) { r.Expires = today })); lastDay.Grade != registry.High {
		t.Error("on its last day a filing stands")
	}
	if s.Number = ""; len(compare(t, s, found("x", number(""))).Own) != 0 {
		t.Error("without a filing of its own the lender has none in the result")
	}
}

func TestWhatRanksBeforeTheLendersFilingIsCounted(t *testing.T) {
	s, first, second := subject(claimItem(t, invoiceA)), found("发票号码"+invoiceA), found("所有应收账款", func(r *registry.Result) { r.Registered = at(5) })
	weak := found("发票号码26372000000000099999的款项")
	for _, c := range []struct {
		ours  int // hours; 0: not filed
		ahead int
	}{{0, 2}, {9, 2}, {5, 1}, {3, 1}, {1, 0}, {-1, 0}} {
		if s.Registered = nil; c.ours != 0 {
			t := at(c.ours)
			s.Registered = &t
		}
		if got := compare(t, s, first, second, weak); got.Ahead != c.ahead {
			t.Errorf("filed at %d: %d ahead", c.ours, got.Ahead)
		}
	}
}

// A mortgage ranks by its filing, a pledge of goods by control, a pledge of a receipt without paper by its filing.
func TestFilingsOnGoodsRankByTheLawOfGoods(t *testing.T) {
	day := calendar.At(at(1).Time)
	since := func(by ident.USCC, day calendar.Date) registry.Item {
		return lotItem(t, &lot.Control{Holder: by, Supervisor: leaderCode, Appointed: day, Established: day})
	}
	before, after := at(-9), at(9)
	theirs := found("抵押人现有的及将有的全部存货", class("动产抵押"))
	for name, c := range map[string]struct {
		item  registry.Item
		lien  encumbrance.Kind
		filed *evidence.Instant
		ahead int
	}{
		"a mortgage filed before":                {since(bankCode, day), encumbrance.Mortgage, &before, 0},
		"a mortgage filed after, though in hand": {since(bankCode, day.AddDays(-9)), encumbrance.Mortgage, &after, 1},
		"goods in hand before":                   {since(bankCode, day.AddDays(-1)), encumbrance.Pledge, &after, 0},
		"goods in hand on that day":              {since(bankCode, day), encumbrance.Pledge, &before, 1},
		"goods in hand after":                    {since(bankCode, day.AddDays(1)), encumbrance.Floating, &before, 1},
		"goods in nobody's hand":                 {lotItem(t, nil), encumbrance.Pledge, &before, 1},
		"goods in another's hand":                {since(leaderCode, day.AddDays(-9)), encumbrance.Pledge, &before, 1},
		"a receipt filed before":                 {receiptItem(t), encumbrance.Pledge, &before, 0},
		"a receipt filed after":                  {receiptItem(t), encumbrance.Pledge, &after, 1},
		"a receipt not filed":                    {receiptItem(t), encumbrance.Pledge, nil, 1},
	} {
		s := subject(c.item)
		s.Lien, s.Registered = c.lien, c.filed
		if got := compare(t, s, theirs); got.Ahead != c.ahead || got.Grade != registry.High {
			t.Errorf("%s: %d ahead, grade %s", name, got.Ahead, got.Grade)
		}
	}
}

func TestTheWorstComesFirst(t *testing.T) {
	c := compare(t, subject(claimItem(t, invoiceA)), found("与青岛崂峰智能家电之间的款项", number("1")), found("发票号码"+invoiceA, number("2"), func(r *registry.Result) { r.Registered = at(3) }), found("发票号码"+invoiceA, number("3")))
	var got []string
	for _, m := range c.Matches {
		got = append(got, m.Number)
	}
	if !slices.Equal(got, []string{"3", "2", "1"}) || !slices.Equal(c.Matches[0].Records, []string{"REC-1"}) {
		t.Errorf("%q %+v", got, c.Matches[0])
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := registry.Compare(ctx, subject(), []registry.Result{found("x")}, today); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestNamesOfOneCompanyAreRecognised(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool // else alike
		ok   bool
	}{
		{"青岛琴屿精密压铸有限公司", "青岛琴屿精密压铸有限责任公司", true, true},
		{"海尔（青岛）电器有限公司", "海尔(青岛)电器有限公司", true, true},
		{"青岛 琴屿精密压铸有限公司 ", "青岛琴屿精密压铸有限公司", true, true},
		{"ＡＢＣ家电有限公司", "abc家电有限公司", true, true},
		{"青岛琴屿精密压铸有限公司", "青岛琴屿精密压铸股份有限公司", false, true},
		{"青岛琴屿精密压铸有限公司", "青岛琴峙精密压铸有限公司", false, true},
		{"青岛琴屿精密压铸有限公司", "青岛琴屿精压密铸有限公司", false, true},
		{"青岛琴屿精密压铸有限公司", "青岛大沽河钣金有限公司", false, false},
		{"甲厂", "乙厂", false, false},
	} {
		got := compare(t, subject(claimItem(t, invoiceA)), found("发票号码26372000000000099999的款项", grantor(c.b)), found("x", grantor("")))
		if c.a != supplier.Name {
			s := subject(claimItem(t, invoiceA))
			s.Grantor = registry.Party{Name: c.a}
			got = compare(t, s, found("发票号码26372000000000099999的款项", grantor(c.b)), found("x", grantor("")))
		}
		var reasons []registry.Reason
		for _, m := range got.Matches {
			reasons = append(reasons, m.Reasons...)
		}
		if slices.Contains(reasons, registry.GrantorSame) != c.same || slices.Contains(reasons, registry.GrantorAlike) != (c.ok && !c.same) {
			t.Errorf("%q and %q: %v", c.a, c.b, reasons)
		}
	}
}

func TestACodeDecidesWhoTheGrantorIs(t *testing.T) {
	renamed := found("所有应收账款", grantor("青岛新名压铸有限公司"), func(r *registry.Result) { r.GrantorUSCC = supplierCode })
	namesake := found("所有应收账款", func(r *registry.Result) { r.GrantorUSCC = leaderCode })
	c := compare(t, subject(claimItem(t, invoiceA)), renamed, namesake)
	if c.Unrelated != 1 || len(c.Matches) != 1 || c.Matches[0].Grantor != renamed.Grantor {
		t.Errorf("%+v", c)
	}
}

// However a number is written down in a description, it is found; and numbers that are not there are not.
func TestNumbersAreFoundHoweverTheyAreWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.StringMatching(`26[0-9]{18}`)
		number := digits.Draw(t, "number")
		var written strings.Builder
		for i, r := range number {
			if i > 0 {
				written.WriteString(rapid.SampledFrom([]string{"", "", "", " ", "-", "  ", "　", "."}).Draw(t, "between"))
			}
			if rapid.Bool().Draw(t, "wide") {
				r += '０' - '0'
			}
			written.WriteRune(r)
		}
		around := rapid.SampledFrom([]string{"发票%s，金额1000元", "（%s）", "号码:%s;", "%s", "no.%s/", "合同A1、发票%s"}).Draw(t, "around")
		item := registry.Item{Record: "REC-1", Sort: registry.Claim, Numbers: []registry.Number{{Value: number, Unique: true}}}
		row := found(fmt.Sprintf(around, written.String()), grantor("别人"))
		c, err := registry.Compare(context.Background(), subject(item), []registry.Result{row}, today)
		if err != nil || c.Grade != registry.High {
			t.Fatalf("%q is not found in %q: %+v", number, row.Description, c)
		}
		item.Numbers[0].Value = digits.Filter(func(s string) bool { return s != number }).Draw(t, "other")
		if c, err = registry.Compare(context.Background(), subject(item), []registry.Result{row}, today); err != nil || c.Grade != registry.Low {
			t.Fatalf("%q is found in %q", item.Numbers[0].Value, row.Description)
		}
	})
}

const resultHeader = "登记证明编号,出质人名称,担保人统一社会信用代码,质权人名称,登记业务类型,登记时间,登记到期日,质押财产描述,备注\n"

func readResults(t testing.TB, file []byte) ([]registry.Result, error) {
	t.Helper()
	return registry.ReadResults(t.Context(), bytes.NewReader(file), int64(len(file)))
}

func TestSearchResultsAreReadInEveryForm(t *testing.T) {
	line := []string{"0123 4567", supplier.Name, string(supplierCode), bank.Name, "应收账款质押", "2026-03-05 10:15:30", "2029-03-04", "发票" + invoiceA + "等"}
	csv := resultHeader + strings.Join(line, ",") + ",无\n"
	var xlsx bytes.Buffer
	layout := spreadsheet.Layout{Sheet: "查询结果"}
	for i, zh := range []string{"登记证明编号", "担保人名称", "担保人统一社会信用代码", "担保权人名称", "担保类型", "登记时间", "登记到期日", "担保财产描述"} {
		layout.Columns = append(layout.Columns, spreadsheet.Column{Name: fmt.Sprint("c", i), Zh: zh, Required: true, Kind: spreadsheet.Text})
	}
	if err := spreadsheet.Write(&xlsx, layout, "zh", spreadsheet.XLSX, slices.Values([][]string{line})); err != nil {
		t.Fatal(err)
	}
	json := fmt.Sprintf(`{"rows":[{"number":%q,"grantor":%q,"grantorUSCC":%q,"secured":%q,"class":%q,"registered":%q,"expires":%q,"description":%q}]}`,
		line[0], line[1], line[2], line[3], line[4], line[5], line[6], line[7])
	for name, file := range map[string][]byte{"csv": []byte(csv), "xlsx": xlsx.Bytes(), "json": []byte(json)} {
		all, err := readResults(t, file)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		all[0].Row = 0
		want := registry.Result{Number: "01234567", Grantor: supplier.Name, GrantorUSCC: supplierCode, Secured: bank.Name, Class: "应收账款质押",
			Registered: evidence.InstantOf(time.Date(2026, 3, 5, 2, 15, 30, 0, time.UTC)), Expires: calendar.MustParse("2029-03-04"), Description: line[7]}
		if len(all) != 1 || all[0] != want {
			t.Errorf("%s: %+v", name, all)
		}
	}
}

func TestBadSearchResultsAreRefusedWithTheirPlaces(t *testing.T) {
	good := "1,甲,,乙,保理,2026-03-05,2029-03-04,发票\n"
	for name, c := range map[string]struct {
		rows string
		want []string
	}{
		"a code that is none":   {good + "2,甲,9137,乙,,2026-03-05,2029-03-04,x\n", []string{"C3"}},
		"no description":        {"2,甲,,乙,,2026-03-05,2029-03-04,\n", []string{"H2"}},
		"a time that is none":   {"2,甲,,乙,,2026-03-05 25:00:00,2029-03-04,x\n", []string{"F2"}},
		"expiry before filing":  {"2,甲,,乙,,2026-03-05,2026-03-04,x\n", []string{"2"}},
		"several at once":       {"*,甲,,,,x,y,z\n", []string{"D2", "G2", "A2", "F2"}},
		"more than can be read": {strings.Repeat(good, 2001), []string{""}},
	} {
		if all, err := readResults(t, []byte(resultHeader+c.rows)); all != nil || !slices.Equal(places(err), c.want) {
			t.Errorf("%s: %v at %q", name, err, places(err))
		}
	}
	var many strings.Builder
	for range 150 {
		many.WriteString("*,甲,,乙,,2026-03-05,2029-03-04,x\n")
	}
	if _, err := readResults(t, []byte(resultHeader+many.String())); len(places(err)) != 100 {
		t.Errorf("%d faults are told", len(places(err)))
	}
}

func FuzzReadResults(f *testing.F) {
	f.Add([]byte(resultHeader + "1,甲,91370200990000009K,乙,保理,2026-03-05,2029-03-04,发票1至9\n"))
	f.Add([]byte(`{"rows":[{"number":"1","grantor":"甲","secured":"乙","registered":"2026-03-05","expires":"2029-03-04","description":"全部应收账款"}]}`))
	f.Add([]byte(`{"rows":[{"a":1}]}`))
	s := subject(claimItem(f, invoiceA), orderItem(f))
	f.Fuzz(func(t *testing.T, file []byte) {
		all, err := readResults(t, file)
		if err != nil {
			mustBeTold(t, err)
			return
		}
		c, err := registry.Compare(t.Context(), s, all, today)
		if err != nil || c.Rows != len(all) || len(c.Matches)+len(c.Expired)+len(c.Own)+c.Unrelated != c.Rows {
			t.Errorf("%d rows became %+v, %v", len(all), c, err)
		}
	})
}

func FuzzReadCertificates(f *testing.F) {
	f.Add([]byte(certificateHeader + "FIN-1,0123 4567,2026-03-05 10:15:30,2029-03-04\n"))
	f.Add([]byte(`{"rows":[{"financing":"FIN-1","number":"1","registered":"2026-03-05T10:15:30+08:00","expires":"2029-03-04"}]}`))
	f.Fuzz(func(t *testing.T, file []byte) {
		all, err := registry.ReadCertificates(t.Context(), bytes.NewReader(file), int64(len(file)))
		if err != nil {
			mustBeTold(t, err)
			return
		}
		for _, c := range all {
			again, err := registry.For(all, c.Financing)
			r := c.Registration
			if err != nil || again != c || r.Number == "" || len(r.Number) > 32 || r.Expires.Before(calendar.At(r.Registered.Time)) {
				t.Errorf("%+v, %v", c, err)
			}
		}
	})
}

// mustBeTold sees that a refused file has faults in both languages.
func mustBeTold(t *testing.T, err error) {
	t.Helper()
	var e *registry.Error
	if !errors.As(err, &e) || len(e.Faults) == 0 || err.Error() == "" {
		t.Fatalf("%v", err)
	}
	for _, fault := range e.Faults {
		if fault.Code == "" || fault.En == "" || fault.Zh == "" {
			t.Errorf("%+v", fault)
		}
	}
}
