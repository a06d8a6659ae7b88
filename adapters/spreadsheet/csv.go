package spreadsheet

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

var utf8Mark = []byte("\xef\xbb\xbf")

// csvFile is a table of comma-separated values (RFC 4180), or separated by tabs or semicolons.
type csvFile struct {
	r         io.ReaderAt
	size      int64
	charset   encoding.Encoding
	separator rune
}

func openCSV(ctx context.Context, r io.ReaderAt, size int64) (*csvFile, error) {
	f := &csvFile{r: r, size: size}
	head := make([]byte, min(size, 3))
	if _, err := r.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	var err error
	if f.charset, err = f.detect(ctx, string(head)); err != nil {
		return nil, err
	}
	f.separator, err = f.detectSeparator(ctx)
	return f, err
}

// marks are the byte order marks (Unicode §23.8).
var marks = []struct {
	start   string
	charset encoding.Encoding
}{
	{string(utf8Mark), unicode.UTF8BOM},
	{"\xff\xfe", unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM)},
	{"\xfe\xff", unicode.UTF16(unicode.BigEndian, unicode.ExpectBOM)},
}

// detect finds the character encoding. Text in GB18030 is as good as never valid UTF-8, so the first of
// the two that fits the whole file is the right one.
func (f *csvFile) detect(ctx context.Context, head string) (encoding.Encoding, error) {
	candidates := []encoding.Encoding{unicode.UTF8, simplifiedchinese.GB18030}
	for _, m := range marks {
		if strings.HasPrefix(head, m.start) {
			candidates = []encoding.Encoding{m.charset}
		}
	}
	for _, c := range candidates {
		f.charset = c
		fits, err := f.fits(ctx)
		if fits || err != nil {
			return c, err
		}
	}
	return nil, sheetError(CodeEncoding)
}

// fits reports whether the whole file is text in the encoding: valid, and without the NUL that no
// spreadsheet program writes. The decoders put U+FFFD for what is not valid; in UTF-8 it may also have
// been there before, and then its cell is at fault, not the encoding.
func (f *csvFile) fits(ctx context.Context) (bool, error) {
	if f.charset == unicode.UTF8 || f.charset == unicode.UTF8BOM {
		valid := transform.NewReader(io.NewSectionReader(f.r, 0, f.size), encoding.UTF8Validator)
		n, err := count(ctx, valid, []byte{0})
		return n == 0 && err == nil, ignoring(err, encoding.ErrInvalidUTF8)
	}
	for _, wrong := range []string{"\x00", "\ufffd"} {
		n, err := count(ctx, f.decoded(), []byte(wrong))
		if n > 0 || err != nil {
			return false, err
		}
	}
	return true, nil
}

func ignoring(err, expected error) error {
	if errors.Is(err, expected) {
		return nil
	}
	return err
}

func (f *csvFile) decoded() io.Reader {
	return transform.NewReader(io.NewSectionReader(f.r, 0, f.size), f.charset.NewDecoder())
}

// detectSeparator takes the candidate that is most frequent in any of the first lines: the header or a
// data row has more of its separator than a title row has of anything.
func (f *csvFile) detectSeparator(ctx context.Context) (rune, error) {
	head, err := io.ReadAll(io.LimitReader(&guard{ctx: ctx, r: f.decoded()}, 64<<10))
	if err != nil {
		return 0, err
	}
	best, most := ',', 0
	lines := strings.SplitN(string(head), "\n", 2*maxTitles)
	for _, separator := range ",\t;" {
		for _, l := range lines[:min(len(lines), 2*maxTitles-1)] {
			if n := strings.Count(l, string(separator)); n > most {
				best, most = separator, n
			}
		}
	}
	return best, nil
}

func (f *csvFile) choose(string) (string, sheet) { return "", f }

func (f *csvFile) read(ctx context.Context, row func(line) error, _ func(area) error) error {
	g := &guard{ctx: ctx, r: f.decoded()}
	r := csv.NewReader(bufio.NewReaderSize(g, 16<<10))
	r.Comma, r.FieldsPerRecord, r.ReuseRecord = f.separator, -1, true
	folded := 0 // line breaks inside cells so far: they are lines of the file but not rows of the sheet
	for {
		g.nextPiece()
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return csvError(err, folded)
		}
		start, _ := r.FieldPos(0)
		l := line{number: start - folded}
		for i, text := range fields {
			folded += strings.Count(text, "\n")
			if c := csvCell(i+1, l.number, text); !c.blank() {
				l.cells = append(l.cells, c)
			}
		}
		if len(l.cells) == 0 {
			continue
		}
		if err := row(l); err != nil {
			return err
		}
	}
}

func csvError(err error, folded int) error {
	var p *csv.ParseError
	if !errors.As(err, &p) {
		return err
	}
	e := sheetError(CodeQuoting, p.StartLine-folded)
	e.Cell, e.Err = fmt.Sprint("A", p.StartLine-folded), err
	return e
}

// csvCell reads a field. What begins with an equals sign is a formula to every program that opens the file.
func csvCell(column, row int, text string) cell {
	c := cell{column: column, text: bare(text)}
	if strings.HasPrefix(strings.TrimSpace(text), "=") {
		c.formula = &area{column, row, column, row}
	}
	return c
}

// dangerous are the first characters by which a spreadsheet program takes a field for a formula, or
// that hide one (OWASP, CSV Injection), with their full-width forms.
const dangerous = "=+-@\t\r\n＝＋－＠"

// maxShownInFull is the longest number that Excel shows digit by digit; a longer one it turns to the
// scientific form when it opens a csv, and so destroys it.
const maxShownInFull = 11

// armed makes a value safe in a csv file that Excel opens: an apostrophe keeps it from being run, a tab
// keeps a long or zero-led number from being shortened.
func armed(s string) string {
	switch {
	case isDangerous(s), bare(s) != s:
		return "'" + s
	case digitsOnly(s) && (len(s) > maxShownInFull || len(s) > 1 && s[0] == '0'):
		return "\t" + s
	}
	return s
}

// bare undoes armed.
func bare(s string) string {
	if rest, ok := strings.CutPrefix(s, "'"); ok && (isDangerous(rest) || bare(rest) != rest) {
		return rest
	}
	if rest, ok := strings.CutPrefix(s, "\t"); ok && digitsOnly(rest) {
		return rest
	}
	return s
}

func isDangerous(s string) bool { return s != "" && strings.ContainsAny(firstRune(s), dangerous) }

func firstRune(s string) string {
	for i := range s {
		if i > 0 {
			return s[:i]
		}
	}
	return s
}

func digitsOnly(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
