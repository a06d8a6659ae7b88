package spreadsheet

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/transform"
)

// ErrFormat is wrapped by the error about a format that cannot be written.
var ErrFormat = errors.New("unknown spreadsheet format")

// Write writes a sheet with the layout's header, in the language lang ("en" or, for any other, Chinese), and the
// rows below it, each by the layout's columns. Every value is written as text: none is run as a formula and no
// digit is lost.
func Write(w io.Writer, layout Layout, lang string, format Format, rows iter.Seq[[]string]) error {
	if _, err := layout.index(); err != nil {
		return err
	}
	out, err := newSink(w, format, layout.Sheet, layout.widths())
	if err != nil {
		return err
	}
	if err := out.choices(layout.Columns); err != nil {
		return errors.Join(err, out.close(false))
	}
	header := make([]string, len(layout.Columns))
	for i, c := range layout.Columns {
		header[i] = c.header(lang)
	}
	err = out.row(1, header, styleHeader)
	number := 1
	for values := range rows {
		if err != nil {
			break
		}
		number++
		err = out.row(number, values, styleText)
	}
	return errors.Join(err, out.close(err == nil))
}

// sink writes a sheet row by row, from the top down.
type sink interface {
	// choices offers those that columns have, below the header, where the format can. It comes before the rows.
	choices(columns []Column) error
	// row writes a row; numbers may leave gaps, which stay empty.
	row(number int, values []string, style style) error
	// close ends the sheet, and hands it out when it is whole.
	close(whole bool) error
}

func newSink(w io.Writer, format Format, sheet string, widths []int) (sink, error) {
	switch format {
	case XLSX:
		return newXLSXSink(w, sheet, widths)
	case CSV:
		_, err := w.Write(utf8Mark)
		return newCSVSink(w, nil), err
	case CSVGB18030:
		t := transform.NewWriter(w, simplifiedchinese.GB18030.NewEncoder())
		return newCSVSink(t, t), nil
	}
	return nil, fmt.Errorf("%w: %q", ErrFormat, format)
}

type csvSink struct {
	w    *csv.Writer
	then io.Closer // nil when there is nothing behind w to close
	last int
}

func newCSVSink(w io.Writer, then io.Closer) *csvSink {
	s := &csvSink{w: csv.NewWriter(w), then: then}
	s.w.UseCRLF = true // RFC 4180
	return s
}

func (s *csvSink) row(number int, values []string, _ style) error {
	for ; s.last < number-1; s.last++ {
		if err := s.w.Write(nil); err != nil {
			return err
		}
	}
	s.last = number
	safe := make([]string, len(values))
	for i, v := range values {
		safe[i] = armed(v)
	}
	return s.w.Write(safe)
}

func (*csvSink) choices([]Column) error { return nil }

func (s *csvSink) close(bool) error {
	s.w.Flush()
	if s.then == nil {
		return s.w.Error()
	}
	return errors.Join(s.w.Error(), s.then.Close())
}

// style is how a row or a cell looks.
type style int

const (
	styleText style = iota
	styleHeader
	styleExample
	styleFault
)

// textFormat is the number format @, which keeps what is typed as it was typed.
const textFormat = 49

// looks are the styles; all have the text format.
var looks = map[style]excelize.Style{
	styleText:    {},
	styleHeader:  {Font: &excelize.Font{Bold: true}, Fill: fill("DDEBF7"), Alignment: &excelize.Alignment{WrapText: true, Vertical: "center"}},
	styleExample: {Font: &excelize.Font{Italic: true, Color: "808080"}},
	styleFault:   {Font: &excelize.Font{Color: "C00000"}, Fill: fill("FDE9E7")},
}

func fill(colour string) excelize.Fill {
	return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colour}}
}

func addStyles(f *excelize.File) (map[style]int, error) {
	ids := make(map[style]int, len(looks))
	for s := styleText; s <= styleFault; s++ { // in order, so that the same sheet gives the same bytes
		look := looks[s]
		look.NumFmt = textFormat
		id, err := f.NewStyle(&look)
		if err != nil {
			return nil, fmt.Errorf("style: %w", err)
		}
		ids[s] = id
	}
	return ids, nil
}

// xlsxSink writes through excelize's stream writer, which keeps a long sheet in a temporary file.
type xlsxSink struct {
	to     io.Writer
	file   *excelize.File
	stream *excelize.StreamWriter
	styles map[style]int
}

func newXLSXSink(w io.Writer, sheet string, widths []int) (*xlsxSink, error) {
	s := &xlsxSink{to: w, file: excelize.NewFile()}
	if err := s.begin(orElse(sheet, firstSheet), widths); err != nil {
		return nil, errors.Join(err, s.file.Close())
	}
	return s, nil
}

// firstSheet is what excelize calls the sheet of a new workbook.
const firstSheet = "Sheet1"

// sheetName makes a valid sheet name of one that another program wrote.
func sheetName(s string) string {
	s = strings.Trim(strings.Map(func(r rune) rune {
		if strings.ContainsRune(`:\/?*[]`, r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "")), "' ")
	if units := utf16.Encode([]rune(s)); len(units) > excelize.MaxSheetNameLength {
		s = strings.TrimRight(string(utf16.Decode(units[:excelize.MaxSheetNameLength-1])), "' \ufffd")
	}
	return s
}

func (s *xlsxSink) begin(sheet string, widths []int) (err error) {
	if err = s.file.SetSheetName(firstSheet, sheet); err != nil {
		return err
	}
	if s.styles, err = addStyles(s.file); err != nil {
		return err
	}
	if s.stream, err = s.file.NewStreamWriter(sheet); err != nil {
		return err
	}
	for i, width := range widths {
		if err := s.stream.SetColWidth(i+1, i+1, float64(width)); err != nil {
			return err
		}
	}
	return nil
}

// choices makes lists to choose from. They help, and keep nothing out: reading tells what it does not know.
func (s *xlsxSink) choices(columns []Column) error {
	for i, c := range columns {
		if len(c.Choices) == 0 {
			continue
		}
		v := excelize.NewDataValidation(true)
		v.SetSqref(fmt.Sprintf("%[1]s2:%[1]s%[2]d", columnName(i+1), DefaultLimits.MaxRows+1))
		if err := v.SetDropList(c.Choices); err != nil {
			return fmt.Errorf("choices of %q: %w", c.Name, err)
		}
		if err := s.file.AddDataValidation(s.file.GetSheetName(0), v); err != nil {
			return fmt.Errorf("choices of %q: %w", c.Name, err)
		}
	}
	return nil
}

func (s *xlsxSink) row(number int, values []string, look style) error {
	cells := make([]any, len(values))
	for i, v := range values {
		if v != "" {
			cells[i] = excelize.Cell{StyleID: s.styles[look], Value: v}
		}
	}
	return s.stream.SetRow(cellName(1, number), cells)
}

func (s *xlsxSink) close(whole bool) error {
	var err error
	if whole {
		if err = s.stream.Flush(); err == nil {
			err = s.file.Write(s.to)
		}
	}
	return errors.Join(err, s.file.Close())
}

// defaultWidth fits a date or an amount.
const defaultWidth = 16

func (l Layout) widths() []int {
	widths := make([]int, len(l.Columns))
	for i, c := range l.Columns {
		widths[i] = orElse(c.Width, defaultWidth)
	}
	return widths
}
