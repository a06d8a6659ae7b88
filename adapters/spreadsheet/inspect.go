package spreadsheet

import (
	"context"
	"fmt"
	"regexp"
	"strings"
)

// Table finds the layout's columns in the file and reads the whole sheet once to see that it can be
// imported: a *SheetError says why not. Only then are there rows to read.
func (f *File) Table(ctx context.Context, layout Layout) (*Table, error) {
	index, err := layout.index()
	if err != nil {
		return nil, err
	}
	for _, c := range layout.Columns {
		if readers[c.Kind] == nil {
			return nil, fmt.Errorf("%w: column %q is of unknown kind %q", ErrLayout, c.Name, c.Kind)
		}
	}
	name, cells := f.source.choose(layout.Sheet)
	in := &inspection{table: &Table{Sheet: name, Layout: layout, limits: f.limits, format: f.Format, cells: cells}, index: index}
	err = cells.read(ctx, in.line, in.merged)
	if err == nil {
		err = in.verdict()
	}
	if err != nil {
		return nil, refusal(err)
	}
	return in.table, nil
}

// inspection is the first pass over a sheet.
type inspection struct {
	table    *Table
	index    map[string]int
	titles   int     // rows with content above the header so far
	nearest  heading // of them, the one that was most like a header
	unit     *SheetError
	totals   int    // rows that are totals unless a data row follows
	formula  *area  // the first one below the header
	formulas []area // those that fill several cells
}

func (in *inspection) line(l line) error {
	if c := l.cells[len(l.cells)-1].column; c > in.table.limits.MaxColumns {
		return sheetError(CodeTooManyColumns, l.number, in.table.limits.MaxColumns).at(cellName(c, l.number))
	}
	in.table.width = max(in.table.width, l.cells[len(l.cells)-1].column)
	if err := in.formulasOf(l); err != nil {
		return err
	}
	if in.table.header == 0 {
		return in.header(l)
	}
	return in.body(l)
}

// wrongUnit finds, in a title row, that the amounts below are in another unit than yuan.
var wrongUnit = regexp.MustCompile(`单位[:]?(人民币)?(十|百|千|万|十万|百万|千万|亿)元`)

func (in *inspection) header(l line) error {
	h := in.table.Layout.match(in.index, l)
	if len(in.table.Layout.missing(h)) == 0 {
		if in.unit != nil {
			return in.unit
		}
		in.table.head, in.table.header = h, l.number
		return in.table.Layout.check(h)
	}
	if len(h.byColumn) > len(in.nearest.byColumn) || in.nearest.columns == nil {
		in.nearest = h
	}
	for _, c := range l.cells {
		if s := clean(c.display()); in.unit == nil && wrongUnit.MatchString(strings.ReplaceAll(s, " ", "")) {
			name := cellName(c.column, l.number)
			in.unit = sheetError(CodeUnit, name, clip(s)).at(name)
		}
	}
	if in.titles++; in.titles > maxTitles {
		return in.noHeader()
	}
	return nil
}

func (in *inspection) noHeader() error {
	if in.nearest.columns == nil {
		return sheetError(CodeNoRows)
	}
	return in.table.Layout.check(in.nearest)
}

func (in *inspection) body(l line) error {
	t := in.table
	switch t.classify(l) {
	case totalRow:
		in.totals++
	case dataRow:
		t.rows += in.totals + 1
		in.totals, t.last = 0, l.number
		if most := t.limits.MaxRows; t.rows > most {
			return sheetError(CodeTooManyRows, most)
		}
	}
	return nil
}

// formulasOf notes the formulas of a line. Which of them matter is known at the end only: those of the
// totals do not, and an array formula may fill cells far from its own.
func (in *inspection) formulasOf(l line) error {
	for _, c := range l.cells {
		a := c.formula
		switch {
		case a == nil:
		case a.left != a.right || a.top != a.bottom:
			if in.formulas = append(in.formulas, *a); len(in.formulas) > maxFormulas {
				return sheetError(CodeFormula, a).at(a.String())
			}
		case in.formula == nil && in.table.header != 0 && in.inColumns(*a):
			in.formula = a
		}
	}
	return nil
}

// merged is called when all rows have been read.
func (in *inspection) merged(a area) error {
	if in.inData(a, in.table.header) {
		return sheetError(CodeMerged, a).at(a.String())
	}
	return nil
}

// verdict is passed when everything has been read.
func (in *inspection) verdict() error {
	if in.table.header == 0 {
		return in.noHeader()
	}
	if in.formula != nil {
		in.formulas = append([]area{*in.formula}, in.formulas...)
	}
	for _, a := range in.formulas {
		if in.inData(a, in.table.header) {
			return sheetError(CodeFormula, a).at(a.String())
		}
	}
	if in.table.rows == 0 {
		return sheetError(CodeNoRows)
	}
	return nil
}

// inData reports whether an area touches a cell that is read, from the row top on.
func (in *inspection) inData(a area, top int) bool {
	return in.inColumns(a) && a.bottom >= top && a.top <= max(in.table.last, top) && in.table.header != 0
}

func (in *inspection) inColumns(a area) bool {
	for _, c := range in.table.head.columns {
		if c != 0 && a.left <= c && c <= a.right {
			return true
		}
	}
	return false
}
