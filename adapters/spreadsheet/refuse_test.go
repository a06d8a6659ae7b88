package spreadsheet_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"decore/adapters/spreadsheet"
)

var good = []any{"24952000000110579895", "买方", "100.50", "2026-03-05", "HT-1"}

func TestASheetIsRefusedAsAWhole(t *testing.T) {
	cell := func(name string, do func(f *excelize.File, cell string) error) func(*excelize.File) {
		return func(f *excelize.File) { must(t, do(f, name)) }
	}
	formula := func(f *excelize.File, c string) error { return f.SetCellFormula(layout.Sheet, c, "1+1") }
	merge := func(to string) func(f *excelize.File, c string) error {
		return func(f *excelize.File, c string) error { return f.MergeCell(layout.Sheet, c, to) }
	}
	array := func(f *excelize.File, c string) error {
		kind, ref := excelize.STCellFormulaTypeArray, "G1:C3"
		return f.SetCellFormula(layout.Sheet, c, "A1:E3", excelize.FormulaOpts{Type: &kind, Ref: &ref})
	}
	body := [][]any{header, good, good}
	for _, c := range []struct {
		name string
		file []byte
		code spreadsheet.Code
		at   string
	}{
		{"with merged cells among its rows", book(t, body, cell("B2", merge("B3"))), spreadsheet.CodeMerged, "B2:B3"},
		{"with a merged header", book(t, body, cell("E1", merge("F1"))), spreadsheet.CodeMerged, "E1:F1"},
		{"with a formula among its rows", book(t, body, cell("C3", formula)), spreadsheet.CodeFormula, "C3"},
		{"with an array formula that reaches its rows from outside", book(t, body, cell("G1", array)), spreadsheet.CodeFormula, "C1:G3"},
		{"with a formula in a csv", []byte("发票号码,买方名称,金额,到期日\n1,b,=1+1,2026-03-05\n"), spreadsheet.CodeFormula, "C2"},
		{"with amounts in ten thousand yuan", book(t, [][]any{{"应收账款明细"}, {"单位：人民币万元"}, header, good}), spreadsheet.CodeUnit, "A2"},
		{"with content in column 101", book(t, body, cell("CW9", func(f *excelize.File, c string) error { return f.SetCellStr(layout.Sheet, c, "x") })), spreadsheet.CodeTooManyColumns, "CW9"},
		{"with a header alone", book(t, [][]any{header}), spreadsheet.CodeNoRows, ""},
		{"with nothing at all", book(t, nil), spreadsheet.CodeNoRows, ""},
		{"of no bytes", nil, spreadsheet.CodeNoRows, ""},
		{"with an unclosed quotation mark", []byte("发票号码,买方名称,金额,到期日\n1,\"b,1,2026-03-05\n"), spreadsheet.CodeQuoting, "A2"},
		{"with a quotation mark inside a field", []byte("发票号码,买方名称,金额,到期日\n1,b\"c,1,2026-03-05\n"), spreadsheet.CodeQuoting, "A2"},
		{"in no known encoding", []byte("\xff\x00\x81\x20\xc3\x28"), spreadsheet.CodeEncoding, ""},
		{"that is a .xls file", append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 600)...), spreadsheet.CodeLegacy, ""},
		{"that is a PDF", []byte("%PDF-1.7 …"), spreadsheet.CodeUnsupported, ""},
		{"that is a web page", []byte("\n<HTML><table><tr>"), spreadsheet.CodeUnsupported, ""},
		{"that is an OpenDocument sheet", parts{"mimetype": "x", "content.xml": "<x/>"}.zip(t), spreadsheet.CodeUnsupported, ""},
		{"that is any zip file", parts{"a.txt": "x"}.zip(t), spreadsheet.CodeUnsupported, ""},
		{"that is an empty zip file", parts{}.zip(t), spreadsheet.CodeUnsupported, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if e := refused(t, c.file, c.code); e.Cell != c.at {
				t.Errorf("at %q, want %q: %s", e.Cell, c.at, e.Message)
			}
		})
	}
}

func TestAnEncryptedWorkbookIsRefused(t *testing.T) {
	f := excelize.NewFile()
	var b bytes.Buffer
	must(t, f.Write(&b, excelize.Options{Password: "secret"}))
	must(t, f.Close())
	refused(t, b.Bytes(), spreadsheet.CodeEncrypted)
}

func TestWrongColumnsAreNamed(t *testing.T) {
	e := refused(t, book(t, [][]any{{"发票号码", "金额（万元）", "到期日", "到期日", "备注", "经办人"}, good}), spreadsheet.CodeColumns)
	for _, c := range []struct{ what, got, want string }{
		{"missing", strings.Join(e.Missing, ","), "买方名称,金额"},
		{"unknown", strings.Join(e.Unknown, ","), "金额(万元),经办人"},
		{"repeated", strings.Join(e.Repeated, ","), "到期日"},
	} {
		if strings.NewReplacer("（", "(", "）", ")").Replace(c.got) != c.want {
			t.Errorf("%s: got %s, want %s", c.what, c.got, c.want)
		}
	}
	if !strings.Contains(e.Message, "missing Buyer, Amount") || !strings.Contains(e.MessageZh, "缺少 买方名称、金额") {
		t.Errorf("messages %q, %q", e.Message, e.MessageZh)
	}

	t.Run("also when a column is only too many", func(t *testing.T) {
		e := refused(t, book(t, [][]any{append(slices.Clone(header), "经办人"), good}), spreadsheet.CodeColumns)
		if len(e.Missing) != 0 || len(e.Unknown) != 1 {
			t.Errorf("%+v", e)
		}
	})
	t.Run("also when the header stands too low", func(t *testing.T) {
		title := []any{"标题"}
		refused(t, book(t, [][]any{title, title, title, title, title, title, header, good}), spreadsheet.CodeColumns)
	})
}

func TestRowsAreCountedBeforeAnyIsRead(t *testing.T) {
	file := book(t, [][]any{header, good, good, good, {}, good})
	if e := refused(t, file, spreadsheet.CodeTooManyRows, spreadsheet.Limits{MaxRows: 3}); !strings.Contains(e.Message, "3 data rows") {
		t.Error(e.Message)
	}
	if _, err := table(t, file, spreadsheet.Limits{MaxRows: 4}); err != nil {
		t.Error(err)
	}
	if spreadsheet.DefaultLimits.MaxRows != 50_000 {
		t.Error("the default")
	}
	refused(t, file, spreadsheet.CodeTooLarge, spreadsheet.Limits{MaxBytes: 1000})
}

func TestZipBombsAreRefused(t *testing.T) {
	// Comments cost the reader little; a bomb is bytes, of whatever kind.
	padded := func(mib int) string {
		return `<sheetData>` + rawRows + strings.Repeat(`<!--`+strings.Repeat(" ", 512<<10)+`-->`, 2*mib) + `</sheetData>`
	}
	t.Run("by the declared size", func(t *testing.T) {
		refused(t, rawBook(padded(3)).zip(t), spreadsheet.CodeZipBomb, spreadsheet.Limits{MaxUnzipped: 1 << 20})
	})
	t.Run("by the real size when the declared one is a lie", func(t *testing.T) {
		file := rawBook(padded(3)).zip(t)
		declareSizes(file, 1000)
		refused(t, file, spreadsheet.CodeUnreadable, spreadsheet.Limits{MaxUnzipped: 1 << 20})
	})
	t.Run("by the ratio", func(t *testing.T) {
		refused(t, rawBook(padded(6)).zip(t), spreadsheet.CodeZipBomb, spreadsheet.Limits{MaxRatio: 100})
	})
	t.Run("in the table of shared texts", func(t *testing.T) {
		p := rawBook(padded(0))
		p["xl/sharedStrings.xml"] = `<sst>` + strings.Repeat(`<si/>`, 1001) + `</sst>`
		refused(t, p.zip(t), spreadsheet.CodeZipBomb, spreadsheet.Limits{MaxTexts: 1000})
	})
	t.Run("of many entries", func(t *testing.T) {
		p := rawBook(padded(0))
		for i := range 6000 {
			p[fmt.Sprint("xl/media/", i)] = ""
		}
		refused(t, p.zip(t), spreadsheet.CodeZipBomb)
	})
	t.Run("but not for pictures that nobody unzips", func(t *testing.T) {
		p := rawBook(padded(0))
		p["xl/media/1.bmp"] = strings.Repeat("\x00", 2<<20)
		if _, err := table(t, p.zip(t), spreadsheet.Limits{MaxUnzipped: 1 << 20}); err != nil {
			t.Fatal(err)
		}
	})
}

// declareSizes overwrites the unzipped size in every header of the central directory (APPNOTE 4.3.12).
func declareSizes(file []byte, size uint32) {
	for i := 0; ; i += 46 {
		next := bytes.Index(file[i:], []byte("PK\x01\x02"))
		if next < 0 {
			return
		}
		i += next
		binary.LittleEndian.PutUint32(file[i+24:], size)
	}
}

func TestMalformedXMLIsRefused(t *testing.T) {
	sheet := "xl/worksheets/sheet1.xml"
	wrap := func(s string) string { return `<worksheet><sheetData>` + s + `</sheetData></worksheet>` }
	for _, c := range []struct{ name, xml string }{
		{"an entity of its own", `<!DOCTYPE x [<!ENTITY a "aaaa">]>` + wrap(rawRows)},
		{"an unknown entity", wrap(rawHeader + strings.Replace(rawGood, "买方", "&a;", 1))},
		{"an external entity", `<!DOCTYPE x SYSTEM "file:///etc/passwd">` + wrap(rawRows)},
		{"the end missing", strings.TrimSuffix(wrap(rawRows), "</c></row></sheetData></worksheet>")},
		{"a cell without an end", `<worksheet><sheetData>` + rawHeader + `<row r="2"><c r="A2"><v>1`},
		{"rows in disorder", wrap(rawGood + rawHeader)},
		{"a row twice", wrap(rawRows + rawGood)},
		{"cells in disorder", wrap(rawHeader + `<row r="2"><c r="B2"><v>1</v></c><c r="A2"><v>1</v></c></row>`)},
		{"a cell of another row", wrap(rawHeader + `<row r="2"><c r="A3"><v>1</v></c></row>`)},
		{"a reference beyond the sheet", wrap(rawHeader + `<row r="2"><c r="XFE2"><v>1</v></c></row>`)},
		{"a row number beyond the sheet", wrap(rawHeader + `<row r="1048577"><c><v>1</v></c></row>`)},
		{"a shared text that there is not", wrap(rawHeader + `<row r="2"><c r="A2" t="s"><v>7</v></c></row>`)},
		{"a negative shared text", wrap(rawHeader + `<row r="2"><c r="A2" t="s"><v>-1</v></c></row>`)},
		{"a bad merged area", `<worksheet><sheetData>` + rawRows + `</sheetData><mergeCells><mergeCell ref="A:B"/></mergeCells></worksheet>`},
		{"deep nesting", wrap(rawRows) + strings.Repeat("<a>", 100)},
		{"one huge text", wrap(rawHeader + `<row r="2"><c r="A2" t="inlineStr"><is><t>` + strings.Repeat("x", 2<<20) + `</t></is></c></row>`)},
		{"one huge text in small pieces", wrap(rawHeader + `<row r="2"><c r="A2" t="inlineStr"><is><t>` + strings.Repeat("x<!-- -->", 140_000) + `</t></is></c></row>`)},
		{"one huge tag", wrap(`<row ` + strings.Repeat(`a="" `, 400_000) + `></row>`)},
		{"another character encoding", `<?xml version="1.0" encoding="UTF-7"?>` + wrap(rawRows)},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := rawBook("")
			p[sheet] = c.xml
			refused(t, p.zip(t), spreadsheet.CodeUnreadable, spreadsheet.Limits{MaxRatio: 1_000_000})
		})
	}
	t.Run("but the same rows well-formed are read", func(t *testing.T) {
		p := rawBook("")
		p[sheet] = wrap(rawRows)
		if got := values(rows(t, p.zip(t))[0]); got != "24952000000110579895|买方|100.50|2026-03-01|" {
			t.Error(got)
		}
	})
}

func TestDamagedWorkbooksAreRefused(t *testing.T) {
	whole := book(t, [][]any{header, good})
	t.Run("when cut short", func(t *testing.T) {
		for _, n := range []int{4, 100, len(whole) / 2, len(whole) - 1} {
			refused(t, whole[:n], spreadsheet.CodeUnreadable)
		}
	})
	t.Run("when a part is there twice", func(t *testing.T) {
		p := rawBook(`<sheetData>` + rawRows + `</sheetData>`)
		p["XL/worksheets/Sheet1.xml"] = p["xl/worksheets/sheet1.xml"]
		refused(t, p.zip(t), spreadsheet.CodeUnreadable)
	})
	t.Run("when a part is not there", func(t *testing.T) {
		for _, name := range []string{"xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"} {
			p := rawBook(`<sheetData>` + rawRows + `</sheetData>`)
			delete(p, name)
			refused(t, p.zip(t), spreadsheet.CodeUnreadable)
		}
	})
	t.Run("when no worksheet is visible", func(t *testing.T) {
		p := rawBook(`<sheetData>` + rawRows + `</sheetData>`)
		p["xl/workbook.xml"] = strings.Replace(p["xl/workbook.xml"], "<sheet ", `<sheet state="hidden" `, 1)
		refused(t, p.zip(t), spreadsheet.CodeNoSheet)
	})
	t.Run("with any one byte changed, it never panics", func(t *testing.T) {
		r := rand.New(rand.NewPCG(3, 4))
		for range 60 {
			bad := slices.Clone(whole)
			bad[r.IntN(len(bad))] ^= byte(1 + r.IntN(255))
			if tab, err := table(t, bad); err == nil {
				for range tab.Rows(t.Context()) {
				}
			}
		}
	})
}

func TestACancelledReaderStops(t *testing.T) {
	file := book(t, [][]any{header, good})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := spreadsheet.Open(ctx, bytes.NewReader(file), int64(len(file)), spreadsheet.Limits{})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	tab, err := table(t, file)
	must(t, err)
	for _, err := range tab.Rows(ctx) {
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
}

func TestALayoutMustNotContradictItself(t *testing.T) {
	text := func(name, zh string, required bool) spreadsheet.Column {
		return spreadsheet.Column{Name: name, Zh: zh, Required: required, Kind: spreadsheet.Text}
	}
	for _, c := range []struct {
		name    string
		columns []spreadsheet.Column
	}{
		{"with no columns", nil},
		{"with no required column", []spreadsheet.Column{text("a", "甲", false)}},
		{"with a header for two columns", []spreadsheet.Column{text("a", "金额", true), text("b", "金额（元）", true)}},
		{"with the header of an answer", []spreadsheet.Column{text("a", spreadsheet.FaultHeader, true)}},
		{"with a kind that there is not", []spreadsheet.Column{{Name: "a", Zh: "甲", Required: true, Kind: "number"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := book(t, [][]any{header, good})
			f, err := spreadsheet.Open(t.Context(), bytes.NewReader(file), int64(len(file)), spreadsheet.Limits{})
			must(t, err)
			if _, err := f.Table(t.Context(), spreadsheet.Layout{Columns: c.columns}); !errors.Is(err, spreadsheet.ErrLayout) {
				t.Fatal(err)
			}
		})
	}
}
