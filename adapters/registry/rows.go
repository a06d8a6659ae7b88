package registry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"decore/adapters/spreadsheet"
	"decore/chaincode/canon"
)

// column is a column of a file and how its text becomes part of what the file tells.
type column[A any] struct {
	spreadsheet.Column
	set func(a *A, value string) *Fault // its faults have no place yet
}

// form is a file of rows: xlsx or csv with these columns, or JSON {"rows": [...]} with their names, every value a text.
type form[A any] struct {
	sheet   string
	ignore  []string
	columns []column[A]
	most    int // rows
}

const (
	maxCell = 32_767 // characters that a cell of a workbook can hold
	maxJSON = 16 << 20
)

func (f form[A]) layout() spreadsheet.Layout {
	l := spreadsheet.Layout{Sheet: f.sheet, Ignore: f.ignore}
	for _, c := range f.columns {
		l.Columns = append(l.Columns, c.Column)
	}
	return l
}

// row is what a file says in one row, and where.
type row[A any] struct {
	number int // as the spreadsheet program shows it; from 1 in JSON
	place  string
	value  A
}

// read reads a file; every fault that can be found is told.
func (f form[A]) read(ctx context.Context, r io.ReaderAt, size int64) ([]row[A], error) {
	head := make([]byte, min(size, 64))
	if _, err := r.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read file: %w", err)
	}
	if bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \r\n\t"), []byte("{")) {
		return f.readJSON(r, size)
	}
	return f.readSheet(ctx, r, size)
}

func (f form[A]) readSheet(ctx context.Context, r io.ReaderAt, size int64) ([]row[A], error) {
	file, err := spreadsheet.Open(ctx, r, size, spreadsheet.Limits{MaxRows: f.most, MaxCellLength: maxCell})
	if err != nil {
		return nil, refused(err)
	}
	table, err := file.Table(ctx, f.layout())
	if err != nil {
		return nil, refused(err)
	}
	var all []row[A]
	var wrong faults
	for sheetRow, err := range table.Rows(ctx) {
		if err != nil {
			return nil, refused(err)
		}
		for _, s := range sheetRow.Faults {
			wrong.add(Fault{Place: s.Cell, Code: string(s.Code), En: s.Message, Zh: s.MessageZh})
		}
		one := row[A]{number: sheetRow.Number, place: fmt.Sprint(sheetRow.Number)}
		f.fill(&one.value, func(i int) (string, string) {
			return sheetRow.Values[i], sheetRow.Fault(f.columns[i].Name, "", "", "").Cell
		}, &wrong)
		all = append(all, one)
	}
	return all, wrong.err()
}

// fill sets the value's parts from their texts; get gives a column's text and its place.
func (f form[A]) fill(dst *A, get func(i int) (text, place string), wrong *faults) {
	for i, c := range f.columns {
		text, place := get(i)
		if text == "" {
			continue
		}
		if bad := c.set(dst, text); bad != nil {
			bad.Place = place
			wrong.add(*bad)
		}
	}
}

// document is the JSON form of a file.
type document struct {
	Rows []jsontext.Value `json:"rows"`
}

func (f form[A]) readJSON(r io.ReaderAt, size int64) ([]row[A], error) {
	if size > maxJSON {
		return nil, one("", CodeTooLarge, fmt.Sprintf("the file is larger than %d MiB", maxJSON>>20), fmt.Sprintf("文件超过 %d MiB", maxJSON>>20))
	}
	raw, err := io.ReadAll(io.NewSectionReader(r, 0, size))
	if err != nil {
		return nil, fmt.Errorf("read file: %w", err)
	}
	var d document
	if err := canon.Strict(bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf")), &d); err != nil {
		return nil, malformed(err)
	}
	switch {
	case len(d.Rows) == 0:
		return nil, one("/rows", CodeMissing, "there are no rows", "没有数据行")
	case len(d.Rows) > f.most:
		return nil, one("/rows", CodeRange, fmt.Sprintf("there are more than %d rows", f.most), fmt.Sprintf("数据超过 %d 行", f.most))
	}
	all := make([]row[A], len(d.Rows))
	var wrong faults
	for i, value := range d.Rows {
		place := fmt.Sprintf("/rows/%d", i)
		all[i] = row[A]{number: i + 1, place: place}
		f.member(&all[i].value, value, place, &wrong)
	}
	return all, wrong.err()
}

// member reads one object of a JSON document.
func (f form[A]) member(dst *A, raw jsontext.Value, place string, wrong *faults) {
	var texts map[string]string
	if err := json.Unmarshal(raw, &texts); err != nil || texts == nil {
		at := place
		var semantic *json.SemanticError
		if errors.As(err, &semantic) {
			at += string(semantic.JSONPointer)
		}
		wrong.add(Fault{Place: at, Code: CodeType, En: "must be an object whose values are texts", Zh: "应为对象，且各字段均为文本"})
		return
	}
	known := make(map[string]bool, len(f.columns))
	for _, c := range f.columns {
		known[c.Name] = true
		if c.Required && texts[c.Name] == "" {
			wrong.add(Fault{Place: place + "/" + c.Name, Code: CodeMissing, En: "is required", Zh: "为必填项"})
		}
		if most := c.MaxLength; most > 0 && len([]rune(texts[c.Name])) > most {
			wrong.add(Fault{Place: place + "/" + c.Name, Code: CodeRange, En: fmt.Sprintf("is longer than %d characters", most), Zh: fmt.Sprintf("超过 %d 个字符", most)})
			texts[c.Name] = ""
		}
	}
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		if !known[name] {
			wrong.add(Fault{Place: place + "/" + escaped(name), Code: CodeUnknown, En: "is not a field of this file", Zh: "没有该字段"})
		}
	}
	f.fill(dst, func(i int) (string, string) { name := f.columns[i].Name; return texts[name], place + "/" + name }, wrong)
}

// escaped is a member's name in a JSON pointer (RFC 6901 §3), clipped.
func escaped(name string) string {
	if r := []rune(name); len(r) > 40 {
		name = string(r[:40]) + "…"
	}
	return string(bytes.ReplaceAll(bytes.ReplaceAll([]byte(name), []byte("~"), []byte("~0")), []byte("/"), []byte("~1")))
}

func malformed(err error) error {
	var field *canon.FieldError
	place := ""
	if errors.As(err, &field) {
		place, err = field.Pointer, field.Err
	}
	return one(place, CodeJSON, "is not the JSON of this file: "+err.Error(), "不是本文件规定的 JSON")
}

func one(place, code, en, zh string) error {
	return &Error{[]Fault{{Place: place, Code: code, En: en, Zh: zh}}}
}
