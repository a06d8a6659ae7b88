package spreadsheet

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// maxText is the longest text of a cell, bytes; Excel's own limit is 32,767 characters.
const maxText = 4 * 32_767

var (
	errOrder = errors.New("rows or cells are not in order")
	errRef   = errors.New("a cell reference is not valid")
	errText  = errors.New("a cell holds more than 32,767 characters")
)

// worksheet is one sheet of a workbook.
type worksheet struct {
	book *workbook
	part string
}

func (s worksheet) read(ctx context.Context, row func(line) error, merged func(area) error) error {
	err := s.book.archive.read(ctx, s.part, func(t *tokens) error {
		w := &worksheetReader{book: s.book, tokens: t}
		return w.run(row, merged)
	})
	if errors.Is(err, errEncryptedPart) {
		return sheetError(CodeEncrypted)
	}
	return err
}

// worksheetReader reads the XML of a sheet once.
type worksheetReader struct {
	book   *workbook
	tokens *tokens
	row    line
	column int
}

func (w *worksheetReader) run(row func(line) error, merged func(area) error) error {
	for {
		token, err := w.tokens.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			err = w.start(t, merged)
		case xml.EndElement:
			if t.Name.Local == "row" && len(w.row.cells) > 0 {
				err = row(w.row)
			}
		}
		if err != nil {
			return err
		}
	}
}

func (w *worksheetReader) start(s xml.StartElement, merged func(area) error) error {
	switch s.Name.Local {
	case "row":
		return w.startRow(attr(s, "r"))
	case "c":
		c, err := w.cell(s)
		if err == nil && !c.blank() {
			w.row.cells = append(w.row.cells, c)
		}
		return err
	case "mergeCell":
		a, ok := parseArea(attr(s, "ref"))
		if !ok {
			return errRef
		}
		return merged(a)
	}
	return nil
}

// startRow begins a row; one without a number follows the row before it.
func (w *worksheetReader) startRow(r string) error {
	number := w.row.number + 1
	if r != "" {
		n, err := strconv.Atoi(r)
		if err != nil || n > lastRow {
			return errRef
		}
		if n < number {
			return errOrder
		}
		number = n
	}
	w.row, w.column = line{number: number, cells: w.row.cells[:0]}, 0
	return nil
}

// place moves to the cell at a reference; one without a reference follows the cell before it.
func (w *worksheetReader) place(ref string) error {
	next := w.column + 1
	if ref != "" {
		column, row, ok := parseCell(ref)
		if !ok {
			return errRef
		}
		if row != w.row.number || column < next {
			return errOrder
		}
		next = column
	}
	w.column = next
	return nil
}

// cell reads a c element to its end.
func (w *worksheetReader) cell(s xml.StartElement) (cell, error) {
	if err := w.place(attr(s, "r")); err != nil {
		return cell{}, err
	}
	c := cell{column: w.column, epoch: w.book.epoch}
	var value string
	for {
		token, err := w.tokens.next()
		if err != nil {
			return c, endless(err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "f":
				c.formula, err = w.formula(t)
			case "v", "is":
				value, err = w.tokens.text(t)
			}
			if err != nil {
				return c, err
			}
		case xml.EndElement:
			if t.Name.Local == "c" {
				c.kind, c.text, err = w.value(attr(s, "t"), attr(s, "s"), value)
				return c, err
			}
		}
	}
}

// formula returns the cells that a formula fills: its own, or those that an array formula names.
func (w *worksheetReader) formula(s xml.StartElement) (*area, error) {
	own := area{w.column, w.row.number, w.column, w.row.number}
	if kind := attr(s, "t"); kind == "array" || kind == "dataTable" {
		if a, ok := parseArea(attr(s, "ref")); ok {
			return &a, nil
		}
		return nil, errRef
	}
	return &own, nil
}

// value interprets a stored value by its cell's type and format (ISO/IEC 29500-1 §18.18.11).
func (w *worksheetReader) value(kind, format, v string) (cellKind, string, error) {
	switch kind {
	case "s":
		i, err := strconv.Atoi(strings.TrimSpace(v))
		if err != nil {
			return 0, "", fmt.Errorf("shared text number: %w", err)
		}
		text, err := w.book.shared.at(i)
		return textCell, unescape(text), err
	case "inlineStr", "str":
		return textCell, unescape(v), nil
	case "d":
		return textCell, v, nil
	case "b":
		return boolCell, v, nil
	case "e":
		return errorCell, v, nil
	}
	v = strings.TrimSpace(v)
	if !numberForm.MatchString(v) {
		return textCell, v, nil
	}
	if i, err := strconv.Atoi(format); err == nil && i >= 0 && i < len(w.book.dates) && w.book.dates[i] {
		return dateCell, v, nil
	}
	return numberCell, v, nil
}

// text returns the text inside an element, to its end: what stands in its t elements, or in itself when
// it is a v. The reading aids (rPh) that East Asian versions of Excel store beside a text are left out.
func (t *tokens) text(s xml.StartElement) (string, error) {
	var text []byte
	open := []string{s.Name.Local}
	aids := 0
	for len(open) > 0 {
		token, err := t.next()
		if err != nil {
			return "", endless(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			open = append(open, token.Name.Local)
			aids += oneIf(token.Name.Local == "rPh")
		case xml.EndElement:
			open = open[:len(open)-1]
			aids -= oneIf(token.Name.Local == "rPh")
		case xml.CharData:
			if in := open[len(open)-1]; aids == 0 && (in == "t" || in == "v") {
				text = append(text, token...)
			}
		}
		if len(text) > maxText {
			return "", errText
		}
	}
	return string(text), nil
}

func oneIf(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// endless turns the end of the file inside an element into an error.
func endless(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

var escaped = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

// unescape undoes _x000D_, by which a workbook stores characters that XML cannot (ST_Xstring, ISO/IEC 29500-1 §22.9.2.19).
func unescape(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	return escaped.ReplaceAllStringFunc(s, func(e string) string {
		code, err := strconv.ParseUint(e[2:6], 16, 16)
		if err != nil {
			return e
		}
		return string(rune(code))
	})
}
