package spreadsheet_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"decore/adapters/spreadsheet"
)

func TestAWorkbookIsReadAsItsAuthorMeantIt(t *testing.T) {
	file := book(t, [][]any{
		{"2026 年 3 月应收账款明细表"}, {"制表：张三", nil, nil, "单位：元"}, {},
		{"序号", "到期日\n（必填）", "价 税 合 计（元）", "ＢＵＹＥＲ", "数电票号码 *", "备注"},
		{1, time.Date(2026, 3, 5, 0, 0, 0, 0, time.UTC), 1234.56, "青岛　某（电器）有限公司", "24952000000110579895", "加急"},
		{},
		{2, "2026年3月6日", "¥1,000", "乙", 12345678},
		{"合计", nil, 2234.56},
	}, func(f *excelize.File) {
		must(t, f.MergeCell(layout.Sheet, "A1", "F1"))
		must(t, f.SetCellFormula(layout.Sheet, "C8", "SUM(C5:C7)"))
		must(t, f.MergeCell(layout.Sheet, "A8", "B8"))
		must(t, f.SetCellFormula(layout.Sheet, "H5", "1+1")) // beside the table
	})
	got := rows(t, file)
	want := []string{
		"5 24952000000110579895|青岛 某(电器)有限公司|1234.56|2026-03-05|",
		"7 12345678|乙|1000.00|2026-03-06|",
	}
	for i, r := range got {
		if s := fmt.Sprint(r.Number, " ", values(r)); s != want[i] || r.Faults != nil {
			t.Errorf("got %s %v, want %s", s, r.Faults, want[i])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d rows", len(got))
	}
	if got[0].Get("buyer") != "青岛 某(电器)有限公司" || got[0].Get("no such") != "" {
		t.Error("Get")
	}
}

func TestAFaultNamesItsCell(t *testing.T) {
	file := book(t, [][]any{
		header,
		{24952000000110579895.0, "", 12.345, "26-3-5", strings.Repeat("长", 1001)},
		{strings.Repeat("1", 21), "乙", "-1", "3/5/2026", ""},
		good,
	}, func(f *excelize.File) {
		must(t, f.SetCellValue(layout.Sheet, "E3", time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)))
	})
	got := rows(t, file)
	for i, want := range []string{
		"A2 cell-digits-lost, B2 cell-missing, C2 amount-decimals, D2 date-two-digit-year, E2 cell-too-long",
		"A3 cell-too-long, C3 amount-negative, D3 date-day-or-month-first, E3 cell-turned-into-date",
		"",
	} {
		if codes(got[i]) != want {
			t.Errorf("row %d: got %s, want %s", got[i].Number, codes(got[i]), want)
		}
	}
	f := got[0].Faults[0]
	if f.Row != 2 || f.Field != "invoice" || f.Column != "发票号码" ||
		!strings.Contains(f.Message, "format the cell as text") || !strings.Contains(f.MessageZh, "请将单元格设为文本格式") {
		t.Errorf("%+v", f)
	}
	own := got[2].Fault("due", "due-before-issue", "is before the day of issue", "早于开票日期")
	if own.Cell != "D4" || own.In("en") != "到期日* is before the day of issue" || own.In("zh-CN") != "到期日* 早于开票日期" {
		t.Errorf("%+v %q", own, own.In("en"))
	}
}

func TestStoredValuesOfEveryTypeAreRead(t *testing.T) {
	p := rawBook(`<sheetData>` + rawHeader + `<row r="2">` +
		`<c t="s"><v>1</v></c><c t="str"><v>乙_x000D_</v></c><c><v> 7 </v></c><c t="d"><v>2026-03-05T00:00:00</v></c></row>` +
		`<row r="3"><c t="e"><v>#REF!</v></c><c t="b"><v>1</v></c><c t="e"><v>#N/A</v></c><c><v/></c></row></sheetData>`)
	p["xl/sharedStrings.xml"] = "<sst>\n <si><t>x</t></si>\n <si>\n  <r><t>2495</t></r>\n  <r><t xml:space=\"preserve\"> 甲</t></r>\n  <rPh><t>jia</t></rPh></si></sst>"
	got := rows(t, p.zip(t))
	if values(got[0]) != "2495 甲|乙|7.00|2026-03-05|" || got[0].Faults != nil {
		t.Error(values(got[0]), got[0].Faults)
	}
	if values(got[1]) != "|TRUE|||" || codes(got[1]) != "A3 cell-error-value, C3 cell-error-value, D3 cell-missing" {
		t.Error(values(got[1]), codes(got[1]))
	}
}

func TestTheRightSheetIsRead(t *testing.T) {
	other := func(f *excelize.File) {
		_, err := f.NewSheet("另一张")
		must(t, err)
		must(t, f.SetSheetRow("另一张", "A1", &header))
		must(t, f.SetSheetRow("另一张", "A2", &[]any{"77", "丙", "1", "2026-01-01"}))
		must(t, f.MoveSheet("另一张", layout.Sheet))
	}
	t.Run("by its name", func(t *testing.T) {
		if got := rows(t, book(t, [][]any{header, good}, other)); got[0].Get("buyer") != "买方" {
			t.Error(got)
		}
	})
	t.Run("or else the first visible one", func(t *testing.T) {
		got := rows(t, book(t, [][]any{header, good}, other, func(f *excelize.File) {
			must(t, f.SetSheetName(layout.Sheet, "资料"))
			must(t, f.SetSheetVisible("另一张", false))
		}))
		if got[0].Get("buyer") != "买方" {
			t.Error(got)
		}
	})
}

func TestTotalsAreSkippedAtTheEndOnly(t *testing.T) {
	total := func(label string) []any { return []any{label, nil, "200"} }
	got := rows(t, book(t, [][]any{header, good, total("小计"), good, total("合 计："), total("Total")}))
	if len(got) != 3 || got[1].Number != 3 || got[1].Faults == nil || got[0].Faults != nil || got[2].Faults != nil {
		t.Errorf("%+v", got)
	}
	t.Run("and never when the row is complete", func(t *testing.T) {
		got := rows(t, book(t, [][]any{header, {"合计", "买方", "1", "2026-01-01"}}))
		if len(got) != 1 || got[0].Faults != nil {
			t.Errorf("%+v", got)
		}
	})
}

func TestReadingCanStopAnywhere(t *testing.T) {
	tab, err := table(t, book(t, [][]any{header, good, good, good}))
	must(t, err)
	for range 2 {
		n := 0
		for range tab.Rows(t.Context()) {
			if n++; n == 2 {
				break
			}
		}
		if n != 2 {
			t.Fatal(n)
		}
	}
}

// csvWith is a bookkeeper's csv with that separator.
func csvWith(separator string) string {
	return strings.ReplaceAll("应收账款明细|||\r\n\r\n发票号码|买方名称|金额（元）|到期日\r\n"+
		"\t24952000000110579895|\"青岛\n某公司\"|\"1,234.50\"|2026/3/5\r\n|\r\n2.4952E+19|乙|1|2026-3-5\r\n合计||\"1,235.50\"|\r\n", "|", separator)
}

func TestACSVIsReadInEveryEncodingAndSeparator(t *testing.T) {
	csvText := csvWith(",")
	gbk, err := simplifiedchinese.GBK.NewEncoder().String(csvText)
	must(t, err)
	gb18030, err := simplifiedchinese.GB18030.NewEncoder().String(strings.ReplaceAll(csvText, "乙", "㐂𠮷"))
	must(t, err)
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(strings.ReplaceAll(csvWith("\t"), "\t2495", "2495"))
	must(t, err)
	for _, c := range []struct{ name, file, buyer string }{
		{"UTF-8", csvText, "乙"},
		{"UTF-8 with a byte order mark", "\ufeff" + csvText, "乙"},
		{"GBK", gbk, "乙"},
		{"GB18030", gb18030, "㐂𠮷"},
		{"UTF-16 with tabs", utf16, "乙"},
		{"semicolons", csvWith(";"), "乙"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := rows(t, []byte(c.file))
			if len(got) != 2 {
				t.Fatalf("%+v", got)
			}
			// The first record has a line break in a cell and a blank line above: the spreadsheet program shows it in row 4.
			if got[0].Number != 4 || got[0].Get("invoice") != "24952000000110579895" || got[0].Get("buyer") != "青岛 某公司" || got[0].Get("due") != "2026-03-05" {
				t.Errorf("%+v", got[0])
			}
			if got[1].Number != 6 || got[1].Get("buyer") != c.buyer || codes(got[1]) != "A6 cell-digits-lost" {
				t.Errorf("%+v", got[1])
			}
		})
	}
}

func TestACharacterThatWasLostBeforeIsTheFaultOfItsCell(t *testing.T) {
	got := rows(t, []byte("发票号码,买方名称,金额,到期日\n1,青\ufffd,1,2026-01-01\n"))
	if codes(got[0]) != "B2 cell-control-character" {
		t.Error(codes(got[0]))
	}
}

func FuzzCSV(f *testing.F) {
	f.Add([]byte(csvWith(",")))
	f.Add([]byte("发票号码,买方名称,金额,到期日\n1,\"b,1,2026-03-05\n"))
	f.Add([]byte("\xff\xfe1\x00"))
	f.Add([]byte("发票号码;买方名称;金额;到期日\n'=1;b;=1;2026-03-05\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		tab, err := table(t, file, spreadsheet.Limits{MaxBytes: 1 << 16})
		if err != nil {
			return
		}
		last := 0
		for _, r := range rowsOf(t, tab) {
			if r.Number <= last {
				t.Fatalf("row %d after %d", r.Number, last)
			}
			last = r.Number
		}
		var out bytes.Buffer
		must(t, tab.Answer(t.Context(), &out, "en", func(spreadsheet.Row) spreadsheet.Outcome {
			return spreadsheet.Outcome{Result: spreadsheet.Recorded, About: "x"}
		}))
	})
}

func FuzzWorksheet(f *testing.F) {
	f.Add([]byte(rawRows))
	f.Add([]byte(rawHeader + `<row r="2"><c r="A2"><f>1</f><v>1</v></c></row>`))
	f.Add([]byte(rawHeader + `<row><c t="s"><v>0</v></c><c t="b"><v>1</v></c></row>`))
	f.Fuzz(func(t *testing.T, sheetData []byte) {
		tab, err := table(t, rawBook("<sheetData>"+string(sheetData)+"</sheetData>").zip(t))
		if err == nil {
			rowsOf(t, tab)
		}
	})
}
