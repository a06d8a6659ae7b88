package spreadsheet

import (
	"fmt"
	"strings"
)

// line is one row of raw cells: those that are not blank, from left to right.
type line struct {
	number int // as the spreadsheet program shows it
	cells  []cell
}

// at returns the cell in a column; blank when there is none.
func (l line) at(column int) cell {
	for _, c := range l.cells {
		if c.column == column {
			return c
		}
	}
	return cell{column: column}
}

type cellKind int

const (
	textCell   cellKind = iota
	numberCell          // text is the stored decimal text of a binary double
	dateCell            // the same, shown as a date by its number format
	boolCell
	errorCell
)

// cell is a cell as stored.
type cell struct {
	column  int
	kind    cellKind
	text    string
	epoch   epoch // of the workbook, for dateCell and numberCell
	formula *area // the cells that a formula here fills; nil when the cell is a plain value
}

func (c cell) blank() bool { return c.formula == nil && strings.TrimSpace(c.text) == "" }

// display returns the cell as its reader saw it.
func (c cell) display() string {
	switch c.kind {
	case numberCell:
		return showNumber(c.text)
	case dateCell:
		if day, f := readSerial(c.text, c.epoch); f == nil {
			return day
		}
		return showNumber(c.text)
	case boolCell:
		if c.text == "1" {
			return "TRUE"
		}
		return "FALSE"
	default:
		return c.text
	}
}

// area is a rectangle of cells, bounds included, counted from 1.
type area struct{ left, top, right, bottom int }

func (a area) String() string {
	first, last := cellName(a.left, a.top), cellName(a.right, a.bottom)
	if first == last {
		return first
	}
	return first + ":" + last
}

// The bounds of a worksheet (Excel 2007 and later).
const (
	lastColumn = 16_384
	lastRow    = 1_048_576
)

func cellName(column, row int) string { return columnName(column) + fmt.Sprint(row) }

func columnName(column int) string {
	var name []byte
	for ; column > 0; column = (column - 1) / 26 {
		name = append([]byte{byte('A' + (column-1)%26)}, name...)
	}
	return string(name)
}

// parseCell reads a reference such as "C7".
func parseCell(ref string) (column, row int, ok bool) {
	i := 0
	for ; i < len(ref) && ref[i] >= 'A' && ref[i] <= 'Z' && column <= lastColumn; i++ {
		column = column*26 + int(ref[i]-'A') + 1
	}
	for j := i; j < len(ref); j++ {
		if ref[j] < '0' || ref[j] > '9' || row > lastRow {
			return 0, 0, false
		}
		row = row*10 + int(ref[j]-'0')
	}
	return column, row, column >= 1 && column <= lastColumn && row >= 1 && row <= lastRow
}

// parseArea reads a reference such as "A1:C3" or "A1".
func parseArea(ref string) (area, bool) {
	first, last, two := strings.Cut(strings.ReplaceAll(ref, "$", ""), ":")
	if !two {
		last = first
	}
	l, t, ok1 := parseCell(first)
	r, b, ok2 := parseCell(last)
	return area{min(l, r), min(t, b), max(l, r), max(t, b)}, ok1 && ok2
}
