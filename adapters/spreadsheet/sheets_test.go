package spreadsheet_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"decore/adapters/spreadsheet"
)

// layout is a bookkeeper's list of invoices.
var layout = spreadsheet.Layout{
	Sheet: "应收账款",
	Columns: []spreadsheet.Column{
		{Name: "invoice", Zh: "发票号码", En: "Invoice number", Aliases: []string{"数电票号码"}, Required: true, Kind: spreadsheet.Text, MaxLength: 20, Example: "24952000000110579895", NoteZh: "20 位数电票号码", NoteEn: "20 digits"},
		{Name: "buyer", Zh: "买方名称", En: "Buyer", Required: true, Kind: spreadsheet.Text, Width: 30, Example: "青岛某电器有限公司"},
		{Name: "amount", Zh: "金额", En: "Amount", Aliases: []string{"价税合计"}, Required: true, Kind: spreadsheet.Amount, Example: "120000.00"},
		{Name: "due", Zh: "到期日", En: "Due date", Required: true, Kind: spreadsheet.Date, Example: "2026-09-30"},
		{Name: "contract", Zh: "合同编号", En: "Contract", Kind: spreadsheet.Text, Example: "HT-2026-001"},
	},
	Ignore: []string{"备注"},
}

var header = []any{"发票号码", "买方名称", "金额（元）", "到期日*", "合同编号"}

// book makes a workbook with excelize; each row is what SetSheetRow takes.
func book(t testing.TB, rows [][]any, more ...func(f *excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer func() { must(t, f.Close()) }()
	must(t, f.SetSheetName("Sheet1", layout.Sheet))
	for i, row := range rows {
		cell, err := excelize.CoordinatesToCellName(1, i+1)
		must(t, err)
		must(t, f.SetSheetRow(layout.Sheet, cell, &row))
	}
	for _, do := range more {
		do(f)
	}
	var b bytes.Buffer
	must(t, f.Write(&b))
	return b.Bytes()
}

// parts is a workbook written part by part, for what no honest program writes.
type parts map[string]string

func rawBook(sheetData string) parts {
	const ns = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`
	const rel = `http://schemas.openxmlformats.org/officeDocument/2006/relationships/`
	return parts{
		"_rels/.rels":                `<Relationships><Relationship Id="rId1" Type="` + rel + `officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook ` + ns + `><sheets><sheet name="应收账款" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="rId1" Type="` + rel + `worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="` + rel + `sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>`,
		"xl/sharedStrings.xml":       `<sst ` + ns + `/>`,
		"xl/worksheets/sheet1.xml":   `<worksheet ` + ns + `>` + sheetData + `</worksheet>`,
	}
}

func (p parts) zip(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	for _, name := range slices.Sorted(maps.Keys(p)) {
		text := p[name]
		h := &zip.FileHeader{Name: name, Method: zip.Deflate}
		if text == "" {
			h.Method = zip.Store
		}
		w, err := z.CreateHeader(h)
		must(t, err)
		_, err = w.Write([]byte(text))
		must(t, err)
	}
	must(t, z.Close())
	return b.Bytes()
}

// rawRows are a header and one good row, in XML.
const rawRows = rawHeader + rawGood

const rawHeader = `<row r="1"><c r="A1" t="inlineStr"><is><t>发票号码</t></is></c><c r="B1" t="inlineStr"><is><t>买方名称</t></is></c>` +
	`<c r="C1" t="inlineStr"><is><t>金额</t></is></c><c r="D1" t="inlineStr"><is><t>到期日</t></is></c></row>`

const rawGood = `<row r="2"><c r="A2" t="inlineStr"><is><t>24952000000110579895</t></is></c><c r="B2" t="inlineStr"><is><t>买方</t></is></c>` +
	`<c r="C2"><v>100.5</v></c><c r="D2"><v>46082</v></c></row>`

// table opens a file and finds the layout in it.
func table(t testing.TB, file []byte, limits ...spreadsheet.Limits) (*spreadsheet.Table, error) {
	t.Helper()
	limits = append(limits, spreadsheet.Limits{})
	f, err := spreadsheet.Open(t.Context(), bytes.NewReader(file), int64(len(file)), limits[0])
	if err != nil {
		return nil, err
	}
	return f.Table(t.Context(), layout)
}

// rows reads all rows of a file that must be readable.
func rows(t testing.TB, file []byte) []spreadsheet.Row {
	t.Helper()
	tab, err := table(t, file)
	must(t, err)
	return rowsOf(t, tab)
}

func rowsOf(t testing.TB, tab *spreadsheet.Table) []spreadsheet.Row {
	t.Helper()
	var all []spreadsheet.Row
	for r, err := range tab.Rows(t.Context()) {
		must(t, err)
		all = append(all, r)
	}
	if len(all) != tab.Len() {
		t.Fatalf("read %d rows but Len is %d", len(all), tab.Len())
	}
	return all
}

// refused checks that a file is refused as a whole, with that code.
func refused(t *testing.T, file []byte, code spreadsheet.Code, limits ...spreadsheet.Limits) *spreadsheet.SheetError {
	t.Helper()
	_, err := table(t, file, limits...)
	var e *spreadsheet.SheetError
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want %s", err, code)
	}
	if e.Code != code {
		t.Fatalf("got %s (%s), want %s", e.Code, e.Message, code)
	}
	for _, m := range []string{e.Message, e.MessageZh} {
		if m == "" || strings.Contains(m, "%!") {
			t.Errorf("message %q", m)
		}
	}
	return e
}

// codes lists the faults of a row as "cell code".
func codes(r spreadsheet.Row) string {
	var s []string
	for _, f := range r.Faults {
		s = append(s, strings.TrimSpace(f.Cell+" "+string(f.Code)))
	}
	return strings.Join(s, ", ")
}

func values(r spreadsheet.Row) string { return strings.Join(r.Values, "|") }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
