package spreadsheet

import (
	"context"
	"errors"
	"io"
	"strings"
)

// Outcome is what became of a data row.
type Outcome struct {
	Result Result
	About  string  // what the result is about, such as the record's ID
	Faults []Fault // why nothing came of it, besides the row's own faults
}

// Result is what became of a row, as the result column says it.
type Result string

// Results. The zero value is that of a row with faults.
const (
	Refused    Result = ""
	Recorded   Result = "recorded"   // About: the record
	Recordable Result = "recordable" // in a dry run
	Done       Result = "done"       // About: what was done, in the answer's language
	Doable     Result = "doable"     // likewise, in a dry run
	Undecided  Result = "undecided"  // the row asks for nothing
)

const (
	exampleResult Result = "example"
	totalResult   Result = "total"
)

var results = map[Result]message{
	Refused:       {"not recorded", "未登记"},
	Recorded:      {"recorded %[1]s", "已登记 %[1]s"},
	Recordable:    {"could be recorded", "可登记"},
	Done:          {"done: %[1]s", "已办理：%[1]s"},
	Doable:        {"could be done: %[1]s", "可办理：%[1]s"},
	Undecided:     {"not decided", "未作决定"},
	exampleResult: {"example, not read", "示例行，未读取"},
	totalResult:   {"total, not read", "合计行，未读取"},
}

// Answer writes the same sheet again, in the same format (csv always as UTF-8): the same rows at the
// same places, every cell as text, with the columns FaultHeader and ResultHeader behind them that say,
// in the language lang ("en" or, for any other, Chinese), what became of each row. outcome is asked once
// for every data row, from the top down. The answer can be mended and sent again: the two columns are
// then known and are filled anew.
func (t *Table) Answer(ctx context.Context, w io.Writer, lang string, outcome func(Row) Outcome) error {
	a := t.newAnswer(lang, outcome)
	out, err := newSink(w, t.format, sheetName(t.Sheet), a.widths())
	if err != nil {
		return err
	}
	err = t.each(ctx, func(l line, k rowKind) error {
		values, look := a.row(l, k)
		return out.row(l.number, values, look)
	})
	return errors.Join(err, out.close(err == nil))
}

type answer struct {
	table         *Table
	lang          string
	outcome       func(Row) Outcome
	fault, result int // their columns
}

func (t *Table) newAnswer(lang string, outcome func(Row) Outcome) *answer {
	a := &answer{table: t, lang: lang, outcome: outcome}
	next := t.width
	place := func(kind int) int {
		if at, there := t.head.extra[kind]; there {
			return at
		}
		next++
		return next
	}
	a.fault, a.result = place(columnFault), place(columnResult)
	return a
}

func (a *answer) widths() []int {
	const faultWidth, resultWidth = 48, 32
	widths := make([]int, max(a.table.width, a.fault, a.result))
	for i := range widths {
		widths[i] = defaultWidth
	}
	for i, c := range a.table.head.columns {
		if c > 0 {
			widths[c-1] = a.table.Layout.widths()[i]
		}
	}
	widths[a.fault-1], widths[a.result-1] = faultWidth, resultWidth
	return widths
}

// row returns a line of the answer.
func (a *answer) row(l line, k rowKind) ([]string, style) {
	values := make([]string, max(a.fault, a.result, l.cells[len(l.cells)-1].column))
	for _, c := range l.cells {
		values[c.column-1] = a.display(c, k)
	}
	if k == titleRow || k == emptyRow {
		return values, styleText
	}
	fault, result, look := a.verdict(l, k)
	values[a.fault-1], values[a.result-1] = fault, result
	return values, look
}

// display shows a day as such even where the sheet has a bare serial number: as text that would no
// longer be one.
func (a *answer) display(c cell, k rowKind) string {
	i, known := a.table.head.byColumn[c.column]
	if k == dataRow && known && a.table.Layout.Columns[i].Kind == Date && c.kind == numberCell {
		c.kind = dateCell
	}
	return c.display()
}

func (a *answer) verdict(l line, k rowKind) (fault, result string, look style) {
	switch k {
	case headerRow:
		return FaultHeader, ResultHeader, styleHeader
	case exampleRow:
		return "", results[exampleResult].in(a.lang, nil), styleExample
	case totalRow:
		return "", results[totalResult].in(a.lang, nil), styleText
	}
	row := a.table.parse(l)
	o := a.outcome(row)
	if o.Result == Refused {
		return a.sentence(append(row.Faults, o.Faults...)), results[Refused].in(a.lang, nil), styleFault
	}
	var about []any
	if o.About != "" {
		about = []any{o.About}
	}
	return "", results[o.Result].in(a.lang, about), styleText
}

func (a *answer) sentence(faults []Fault) string {
	sentences := make([]string, len(faults))
	for i, f := range faults {
		sentences[i] = strings.TrimSpace(f.Cell + " " + f.In(a.lang))
	}
	return strings.Join(sentences, message{"; ", "；"}.in(a.lang, nil))
}
