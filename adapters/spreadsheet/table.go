package spreadsheet

import (
	"context"
	"errors"
	"iter"
	"regexp"
	"strings"
	"unicode"
)

// maxTitles is the most rows with content that may stand above the header row.
const maxTitles = 5

// maxFormulas is the most formulas of many cells that are kept until the sheet's end is known.
const maxFormulas = 1_000

// errDone ends a pass early.
var errDone = errors.New("done")

// Table is a sheet that fits a layout: its header is found, and nothing in it forbids reading the rows.
type Table struct {
	Sheet  string // name of the worksheet; "" for csv
	Layout Layout
	format Format
	limits Limits
	cells  sheet
	head   heading
	header int // row of the header
	last   int // last data row
	rows   int // how many data rows
	width  int // last column with content
}

// Row is one data row.
type Row struct {
	Number int      // as the spreadsheet program shows it
	Values []string // by the layout's columns; "" for an empty cell and for one at fault
	Faults []Fault  // why the row cannot be taken; nil when it can
	table  *Table
}

// Get returns the value of the column named name, "" when there is none.
func (r Row) Get(name string) string {
	for i, c := range r.table.Layout.Columns {
		if c.Name == name {
			return r.Values[i]
		}
	}
	return ""
}

// Fault returns a fault at this row's cell in the column named field, for reasons that only the caller
// knows; an unknown field gives a fault of the whole row.
func (r Row) Fault(field string, code Code, en, zh string) Fault {
	f := Fault{Row: r.Number, Field: field, Code: code, Message: en, MessageZh: zh}
	for i, c := range r.table.Layout.Columns {
		if c.Name == field {
			f.Column, f.Cell = r.table.label(i), r.table.cellName(i, r.Number)
		}
	}
	return f
}

// Len returns how many data rows there are.
func (t *Table) Len() int { return t.rows }

// Lang is the language of the header: "zh" where any of it is in Chinese, else "en".
func (t *Table) Lang() string {
	for _, l := range t.head.labels {
		if strings.ContainsFunc(l, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			return "zh"
		}
	}
	return "en"
}

func (t *Table) label(i int) string {
	if l := t.head.labels[i]; l != "" {
		return l
	}
	return t.Layout.Columns[i].Zh
}

func (t *Table) cellName(i, row int) string {
	if c := t.head.columns[i]; c > 0 {
		return cellName(c, row)
	}
	return ""
}

// Rows streams the data rows from the top down. Empty rows, the template's example row and the totals
// (合计) at the end are left out. An error ends the stream.
func (t *Table) Rows(ctx context.Context) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		err := t.each(ctx, func(l line, k rowKind) error {
			if k == dataRow && !yield(t.parse(l), nil) || l.number >= t.last {
				return errDone
			}
			return nil
		})
		if err != nil && !errors.Is(err, errDone) {
			yield(Row{}, err)
		}
	}
}

// each reads every line again, with what kind of row it is.
func (t *Table) each(ctx context.Context, do func(line, rowKind) error) error {
	return refusal(t.cells.read(ctx, func(l line) error {
		return do(l, t.kindOf(l))
	}, func(area) error { return nil }))
}

type rowKind int

const (
	titleRow rowKind = iota
	headerRow
	dataRow
	emptyRow
	exampleRow
	totalRow
)

func (t *Table) kindOf(l line) rowKind {
	switch {
	case l.number < t.header:
		return titleRow
	case l.number == t.header:
		return headerRow
	}
	k := t.classify(l)
	if k == totalRow && l.number <= t.last {
		return dataRow // a subtotal amid the data is shown as the faulty row that it is
	}
	return k
}

var exampleMark = regexp.MustCompile(`^(示例|(?i:example)):`)

var totalMark = regexp.MustCompile(`^(合计|总计|共计|小计|(?i:grandtotal|subtotal|total|sum)):?$`)

// classify tells data rows from those that bookkeepers put around them, without regard to position.
func (t *Table) classify(l line) rowKind {
	filled, complete := 0, true
	for i, c := range t.Layout.Columns {
		blank := t.head.columns[i] == 0 || l.at(t.head.columns[i]).blank()
		filled += oneIf(!blank)
		complete = complete && (!blank || !c.Required)
	}
	first := clean(l.cells[0].display())
	switch {
	case filled == 0:
		return emptyRow
	case exampleMark.MatchString(clean(l.at(t.head.columns[0]).display())):
		return exampleRow
	case !complete && totalMark.MatchString(strings.ReplaceAll(first, " ", "")):
		return totalRow
	}
	return dataRow
}

var readers = map[Kind]func(cell) (string, *cellFault){Text: readText, Amount: readAmount, Signed: readSigned, Date: readDate}

func (t *Table) parse(l line) Row {
	r := Row{Number: l.number, Values: make([]string, len(t.Layout.Columns)), table: t}
	for i, c := range t.Layout.Columns {
		value, f := t.parseCell(c, l.at(t.head.columns[i]))
		if f == nil {
			r.Values[i] = value
			continue
		}
		m := cellMessages[f.code]
		r.Faults = append(r.Faults, r.Fault(c.Name, f.code, m.in("en", f.args), m.in("zh", f.args)))
	}
	return r
}

func (t *Table) parseCell(column Column, c cell) (string, *cellFault) {
	most := t.limits.MaxCellLength
	switch {
	case c.column == 0 || c.blank():
		if column.Required {
			return "", faulty(CodeMissing)
		}
		return "", nil
	case c.kind == errorCell:
		return "", faulty(CodeCellError, clip(c.text))
	case longer(c.text, most):
		return "", faulty(CodeTooLong, most)
	}
	value, f := readers[column.Kind](c)
	switch {
	case f != nil:
		return "", f
	case value == "" && column.Required: // nothing but invisible characters
		return "", faulty(CodeMissing)
	case column.MaxLength > 0 && longer(value, column.MaxLength):
		return "", faulty(CodeTooLong, column.MaxLength)
	}
	return value, nil
}

func longer(s string, most int) bool { return len(s) > most && len([]rune(s)) > most }
