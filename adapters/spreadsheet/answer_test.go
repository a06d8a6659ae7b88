package spreadsheet_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"decore/adapters/spreadsheet"
)

// answer answers a file: rows without faults are recorded but for those of buyer 丙.
func answer(t *testing.T, file []byte, lang string) []byte {
	t.Helper()
	tab, err := table(t, file)
	must(t, err)
	var out bytes.Buffer
	must(t, tab.Answer(t.Context(), &out, lang, func(r spreadsheet.Row) spreadsheet.Outcome {
		switch {
		case r.Faults != nil:
			return spreadsheet.Outcome{}
		case r.Get("buyer") == "丙":
			return spreadsheet.Outcome{Faults: []spreadsheet.Fault{r.Fault("buyer", "unknown-party", "is not registered", "未注册")}}
		}
		return spreadsheet.Outcome{Result: spreadsheet.Recorded, About: fmt.Sprint("R", r.Number)}
	}))
	return out.Bytes()
}

func sheetOf(t *testing.T, file []byte) [][]string {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(file))
	must(t, err)
	defer func() { must(t, f.Close()) }()
	all, err := f.GetRows(layout.Sheet)
	must(t, err)
	return all
}

var mixed = [][]any{
	{"明细"}, {}, header,
	{"24952000000110579895", "甲", 100.5, "2026-03-05", "HT-1"},
	{24952000000110579895.0, "", "1.234", "26-3-5", "=cmd|' /C calc'!A0"},
	{"3", "丙", "7", "2026-03-05"},
	{"合计", nil, 101.734},
}

func TestAnAnswerIsTheSameSheetWithAReasonForEachRow(t *testing.T) {
	got := sheetOf(t, answer(t, book(t, mixed), "zh-CN"))
	want := [][]string{
		{"明细"}, nil,
		{"发票号码", "买方名称", "金额（元）", "到期日*", "合同编号", "问题 / Fault", "结果 / Result"},
		{"24952000000110579895", "甲", "100.5", "2026-03-05", "HT-1", "", "已登记 R4"},
		{"2.49520000001105E+19", "", "1.234", "26-3-5", "=cmd|' /C calc'!A0",
			"A5 发票号码 以数字存储，表格软件只保留 15 位有效数字，末位已丢失：请将单元格设为文本格式后重新填写；B5 买方名称 为必填项；C5 金额（元） “1.234”超过两位小数；D5 到期日* “26-3-5”的年份只有两位，请写成 2026-03-05", "未登记"},
		{"3", "丙", "7", "2026-03-05", "", "B6 买方名称 未注册", "未登记"},
		{"合计", "", "101.734", "", "", "", "合计行，未读取"},
	}
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || !slices.Equal(got[i], want[i]) {
			t.Fatalf("row %d\n got %q\nwant %q", i+1, got[i:min(i+1, len(got))], want[i:min(i+1, len(want))])
		}
	}
}

func TestAnAnswerInEnglish(t *testing.T) {
	got := sheetOf(t, answer(t, book(t, mixed), "en-GB"))
	if r := got[5]; r[5] != "B6 买方名称 is not registered" || r[6] != "not recorded" {
		t.Errorf("%q", r)
	}
	if r := got[3]; r[6] != "recorded R4" {
		t.Errorf("%q", r)
	}
}

func TestAnAnswerRunsNoFormula(t *testing.T) {
	f, err := excelize.OpenReader(bytes.NewReader(answer(t, book(t, mixed), "zh")))
	must(t, err)
	defer func() { must(t, f.Close()) }()
	formula, err := f.GetCellFormula(layout.Sheet, "E5")
	must(t, err)
	kind, err := f.GetCellType(layout.Sheet, "E5")
	must(t, err)
	if formula != "" || kind != excelize.CellTypeInlineString {
		t.Error(formula, kind)
	}

	file := "发票号码,买方名称,金额,到期日\n\t007,@SUM(A1),+1,-1\n"
	out := string(answer(t, []byte(file), "zh"))
	for _, want := range []string{"'@SUM(A1)", "'+1", "'-1", "\t007"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in %q", want, out)
		}
	}
}

func TestAnAnswerToASheetOfAnInvalidNameIsWritten(t *testing.T) {
	for _, name := range []string{"a/b[1]", "'x'", "   ", strings.Repeat("长", 40), strings.Repeat("𠮷", 40), ":"} {
		p := rawBook(`<sheetData>` + rawRows + `</sheetData>`)
		p["xl/workbook.xml"] = strings.Replace(p["xl/workbook.xml"], layout.Sheet, name, 1)
		if got := rows(t, answer(t, p.zip(t), "zh")); len(got) != 1 || got[0].Faults != nil {
			t.Errorf("%q: %+v", name, got)
		}
	}
}

func TestAMendedAnswerCanBeSentAgain(t *testing.T) {
	for _, c := range []struct {
		name string
		file []byte
	}{
		{"as a workbook", book(t, mixed)},
		{"with days as serial numbers", book(t, [][]any{header, {"1", "甲", 1234.5600000000001, 46082, 7}, {"2", "乙", 123456789012345.67, 20260301}, {"3", "乙", 1, 7}})},
		{"as csv", asCSV(mixed)},
	} {
		t.Run(c.name, func(t *testing.T) {
			first := answer(t, c.file, "zh")
			before, after := rows(t, c.file), rows(t, first)
			for i := range max(len(before), len(after)) {
				if before[i].Number != after[i].Number || values(before[i]) != values(after[i]) || codes(before[i]) != codes(after[i]) {
					t.Errorf("was %+v, became %+v", before[i], after[i])
				}
			}
			if second := answer(t, first, "zh"); c.name == "as csv" && !bytes.Equal(first, second) {
				t.Errorf("a second answer differs:\n%s\n%s", first, second)
			} else if c.name != "as csv" && fmt.Sprint(sheetOf(t, first)) != fmt.Sprint(sheetOf(t, second)) {
				t.Errorf("a second answer differs:\n%q\n%q", sheetOf(t, first), sheetOf(t, second))
			}
		})
	}
}

func asCSV(rows [][]any) []byte {
	var b strings.Builder
	for _, row := range rows {
		for i, v := range row {
			s := strings.Replace(fmt.Sprint(v), "<nil>", "", 1)
			if strings.HasPrefix(s, "=") {
				s = "'" + s
			}
			b.WriteString(map[bool]string{true: ","}[i > 0] + s)
		}
		b.WriteString("\n")
	}
	return []byte(b.String())
}

func TestAGBKFileIsAnsweredInUTF8WithAMark(t *testing.T) {
	const golden = "testdata/answer-to-gbk.csv"
	file, err := os.ReadFile("testdata/bookkeeper-gbk.csv")
	must(t, err)
	if _, err := simplifiedchinese.GBK.NewDecoder().Bytes(file); err != nil || bytes.Contains(file, []byte("发票")) {
		t.Fatal("the input is not GBK")
	}
	got := answer(t, file, "zh")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		must(t, os.WriteFile(golden, got, 0o600))
	}
	want, err := os.ReadFile(golden)
	must(t, err)
	if !bytes.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if !bytes.HasPrefix(got, []byte("\xef\xbb\xbf")) {
		t.Error("no byte order mark")
	}
	if _, err := csv.NewReader(bytes.NewReader(got)).Read(); err != nil {
		t.Error(err)
	}
}

func TestATemplateCanBeFilledInAndRead(t *testing.T) {
	for _, lang := range []string{"zh-CN", "en"} {
		t.Run(lang, func(t *testing.T) {
			var out, again bytes.Buffer
			must(t, layout.Template(&out, lang))
			must(t, layout.Template(&again, lang))
			if !bytes.Equal(out.Bytes(), again.Bytes()) {
				t.Error("two templates differ")
			}
			refused(t, out.Bytes(), spreadsheet.CodeNoRows) // the example row is not data

			f, err := excelize.OpenReader(&out)
			must(t, err)
			for i, v := range good {
				must(t, f.SetCellStr(layout.Sheet, fmt.Sprintf("%c3", 'A'+i), v.(string)))
				style, err := f.GetCellStyle(layout.Sheet, fmt.Sprintf("%c3", 'A'+i))
				must(t, err)
				if s, err := f.GetStyle(style); err != nil || s.NumFmt != 49 {
					t.Errorf("column %d is not of text format", i+1)
				}
			}
			notes, err := f.GetRows("填写说明 Notes")
			must(t, err)
			if len(notes) < len(layout.Columns)+5 || strings.Contains(fmt.Sprint(notes), "%!") {
				t.Errorf("notes %q", notes)
			}
			checks, err := f.GetDataValidations(layout.Sheet)
			must(t, err)
			if len(checks) != len(layout.Columns) {
				t.Errorf("%d hints", len(checks))
			}
			var filled bytes.Buffer
			must(t, f.Write(&filled))
			must(t, f.Close())
			got := rows(t, filled.Bytes())
			if len(got) != 1 || got[0].Faults != nil || values(got[0]) != "24952000000110579895|买方|100.50|2026-03-05|HT-1" {
				t.Errorf("%+v", got)
			}
			answered := sheetOf(t, answer(t, filled.Bytes(), lang))
			if r := answered[1]; !strings.Contains(r[6], "未读取") && !strings.Contains(r[6], "not read") {
				t.Errorf("example row answered %q", r)
			}
		})
	}
}

func TestWrittenSheetsAreReadBack(t *testing.T) {
	in := [][]string{
		{"24952000000110579895", "=1+1", "1234567.00", "2026-03-05", "007"},
		{"00000000000000000001", "@青岛", "0.01", "2026-12-31", ""},
		{"12345678", "'-x", "999999999999999.99", "1990-01-01", "+86"},
	}
	for _, format := range []spreadsheet.Format{spreadsheet.XLSX, spreadsheet.CSV, spreadsheet.CSVGB18030} {
		t.Run(string(format), func(t *testing.T) {
			var out bytes.Buffer
			must(t, spreadsheet.Write(&out, layout, "zh", format, slices.Values(in)))
			got := rows(t, out.Bytes())
			for i, r := range got {
				if !slices.Equal(r.Values, in[i]) || r.Faults != nil {
					t.Errorf("got %q %v, want %q", r.Values, r.Faults, in[i])
				}
			}
			if len(got) != len(in) {
				t.Errorf("%d rows", len(got))
			}
		})
	}
	t.Run("but not in another format", func(t *testing.T) {
		if err := spreadsheet.Write(&bytes.Buffer{}, layout, "zh", "ods", slices.Values(in)); !errors.Is(err, spreadsheet.ErrFormat) {
			t.Error(err)
		}
	})
}

func TestAWrittenWorkbookOffersItsChoices(t *testing.T) {
	offering := spreadsheet.Layout{Sheet: "待办", Columns: []spreadsheet.Column{
		{Name: "id", Zh: "编号", En: "ID", Required: true, Kind: spreadsheet.Text},
		{Name: "word", Zh: "决定", En: "Decision", Kind: spreadsheet.Text, Choices: []string{"同意", "拒绝"}},
	}}
	var out bytes.Buffer
	must(t, spreadsheet.Write(&out, offering, "en", spreadsheet.XLSX, slices.Values([][]string{{"R1", ""}})))
	f, err := excelize.OpenReader(bytes.NewReader(out.Bytes()))
	must(t, err)
	defer func() { must(t, f.Close()) }()
	lists, err := f.GetDataValidations("待办")
	must(t, err)
	if len(lists) != 1 || lists[0].Type != "list" || !strings.HasPrefix(lists[0].Sqref, "B2:") || !strings.Contains(lists[0].Formula1, "同意,拒绝") {
		t.Errorf("%+v", lists)
	}
	if head, err := f.GetCellValue("待办", "B1"); err != nil || head != "Decision" {
		t.Errorf("header %q %v", head, err)
	}
	must(t, f.SetCellStr("待办", "B2", " 拒 绝"))
	var filled bytes.Buffer
	must(t, f.Write(&filled))
	opened, err := spreadsheet.Open(t.Context(), bytes.NewReader(filled.Bytes()), int64(filled.Len()), spreadsheet.Limits{})
	must(t, err)
	tab, err := opened.Table(t.Context(), offering)
	must(t, err)
	for r, err := range tab.Rows(t.Context()) {
		must(t, err)
		if r.Get("word") != spreadsheet.Plain(" 拒 绝") {
			t.Errorf("read %q", r.Get("word"))
		}
	}
}

// broken fails after n bytes, as a client that has gone does.
type broken struct{ n int }

func (b *broken) Write(p []byte) (int, error) {
	if b.n -= len(p); b.n < 0 {
		return 0, errors.New("broken pipe")
	}
	return len(p), nil
}

func TestAWriterThatFailsIsReported(t *testing.T) {
	for _, format := range []spreadsheet.Format{spreadsheet.XLSX, spreadsheet.CSV, spreadsheet.CSVGB18030} {
		for _, n := range []int{0, 3} {
			if err := spreadsheet.Write(&broken{n}, layout, "zh", format, slices.Values([][]string{{"1"}})); err == nil {
				t.Errorf("%s after %d bytes: no error", format, n)
			}
		}
	}
	if err := layout.Template(&broken{}, "zh"); err == nil {
		t.Error("template: no error")
	}
}
