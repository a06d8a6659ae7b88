// Package spreadsheet reads the tables that a bookkeeper sends (xlsx, or csv in UTF-8, UTF-16 or
// GB18030), and answers with the same sheet and a reason beside every row that was not taken.
//
// The package knows columns, not business: a Layout says which columns there are, and the rows come
// out as normalised text. Reading is done in two passes over the stored file. The first, File.Table,
// finds the header and refuses the sheet as a whole; the second, Table.Rows, streams the rows. So a
// caller has recorded nothing when a sheet turns out to be unusable at its end, and neither pass
// holds the sheet in memory.
//
// Workbooks are read from their XML here and not through excelize, because a checked import needs
// what its row reader hides: which cells are formulas, which are numbers, which areas are merged,
// and every error in the XML. Workbooks are written with excelize.
package spreadsheet

import (
	"bytes"
	"context"
	"errors"
	"io"
)

// Format is a file format that can be written.
type Format string

// The formats. CSV is UTF-8 with a byte order mark, so that Excel opens it rightly; CSVGB18030 is what
// Excel itself writes as csv on a Chinese Windows (GB 18030).
const (
	XLSX       Format = "xlsx"
	CSV        Format = "csv"
	CSVGB18030 Format = "csv-gb18030"
)

// Limits bound what a file may cost to read. The zero value of a field means its default.
type Limits struct {
	MaxBytes      int64 // size of the file as sent, bytes; default 32 MiB
	MaxUnzipped   int64 // size of any one part of a workbook once unzipped, bytes; default 128 MiB
	MaxRatio      int64 // unzipped to zipped size of a part, from 4 MiB on; default 200
	MaxRows       int   // data rows; default 50,000
	MaxColumns    int   // columns with any content; default 100
	MaxTexts      int   // distinct texts of a workbook, all sheets together; default 2,000,000
	MaxCellLength int   // characters in a cell of the layout; default 1,000
}

// DefaultLimits holds the defaults of Limits.
var DefaultLimits = Limits{
	MaxBytes: 32 << 20, MaxUnzipped: 128 << 20, MaxRatio: 200,
	MaxRows: 50_000, MaxColumns: 100, MaxTexts: 2_000_000, MaxCellLength: 1_000,
}

func (l Limits) withDefaults() Limits {
	d := DefaultLimits
	return Limits{
		MaxBytes: orElse(l.MaxBytes, d.MaxBytes), MaxUnzipped: orElse(l.MaxUnzipped, d.MaxUnzipped),
		MaxRatio: orElse(l.MaxRatio, d.MaxRatio), MaxRows: orElse(l.MaxRows, d.MaxRows),
		MaxColumns: orElse(l.MaxColumns, d.MaxColumns), MaxTexts: orElse(l.MaxTexts, d.MaxTexts), MaxCellLength: orElse(l.MaxCellLength, d.MaxCellLength),
	}
}

func orElse[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// File is an opened workbook or csv file. It may be read any number of times.
type File struct {
	Format Format // XLSX or CSV
	Sheets int    // number of visible worksheets; 1 for csv
	limits Limits
	source source
}

// source is a file of sheets, whatever its format.
type source interface {
	// choose returns the sheet of that name, or else the first visible one, and its name.
	choose(name string) (string, sheet)
}

// sheet is a table of raw cells.
type sheet interface {
	// read calls line for each row with content from the top down, then merged for each merged area.
	// It stops at the first error of either and returns it.
	read(ctx context.Context, line func(line) error, merged func(area) error) error
}

// Open looks at a file of size bytes and prepares to read it; r must stay readable for as long as the
// File and its Table are used. A file that cannot be imported is refused with a *SheetError.
func Open(ctx context.Context, r io.ReaderAt, size int64, limits Limits) (*File, error) {
	limits = limits.withDefaults()
	if size > limits.MaxBytes {
		return nil, sheetError(CodeTooLarge, limits.MaxBytes>>20)
	}
	head := make([]byte, min(size, 512))
	if _, err := io.ReadFull(io.NewSectionReader(r, 0, size), head); err != nil {
		return nil, unreadable(err)
	}
	switch kind := sniff(head); kind {
	case kindZip:
		b, err := openWorkbook(ctx, r, size, limits)
		if err != nil {
			return nil, refusal(err)
		}
		return &File{Format: XLSX, Sheets: len(b.sheets), limits: limits, source: b}, nil
	case kindOLE:
		return nil, oleError(ctx, r, size)
	case kindText:
		c, err := openCSV(ctx, r, size)
		if err != nil {
			return nil, refusal(err)
		}
		return &File{Format: CSV, Sheets: 1, limits: limits, source: c}, nil
	default:
		return nil, sheetError(CodeUnsupported, kind)
	}
}

const (
	kindZip  = "zip"
	kindOLE  = "ole"
	kindText = "text"
)

// signatures are the first bytes of files that people send as a spreadsheet; anything else may be csv.
var signatures = []struct{ start, kind string }{
	{"pk\x03\x04", kindZip},
	{"pk\x05\x06", kindZip}, // an archive without entries
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", kindOLE},
	{"%pdf", "PDF"},
	{"<!doctype", "HTML"}, // many web systems export a page under the name .xls
	{"<html", "HTML"},
	{"<table", "HTML"},
	{"<?xml", "XML"},
	{"{\\rtf", "RTF"},
	{"\x89png", "PNG"},
	{"\xff\xd8\xff", "JPEG"},
	{"rar!", "RAR"},
	{"7z\xbc\xaf", "7z"},
}

func sniff(head []byte) string {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, utf8Mark), " \r\n\t")
	for _, s := range signatures {
		if n := len(s.start); len(head) >= n && asciiLower(head[:n]) == s.start {
			return s.kind
		}
	}
	return kindText
}

// asciiLower is not strings.ToLower, which would rewrite the bytes that are not UTF-8.
func asciiLower(b []byte) string {
	out := bytes.Clone(b)
	for i, c := range out {
		if 'A' <= c && c <= 'Z' {
			out[i] = c + 'a' - 'A'
		}
	}
	return string(out)
}

// oleError tells the two kinds of OLE file apart: a workbook with a password, and the .xls of Excel 97-2003.
func oleError(ctx context.Context, r io.ReaderAt, size int64) error {
	name := []byte("E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00")
	n, err := count(ctx, io.NewSectionReader(r, 0, size), name)
	if err != nil {
		return refusal(err)
	}
	if n > 0 {
		return sheetError(CodeEncrypted)
	}
	return sheetError(CodeLegacy)
}

// count returns how often pattern occurs in r.
func count(ctx context.Context, r io.Reader, pattern []byte) (int, error) {
	buf := make([]byte, 64<<10)
	n, kept := 0, 0
	for {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		m, err := r.Read(buf[kept:])
		window := buf[:kept+m]
		n += bytes.Count(window, pattern)
		kept = copy(buf, window[len(window)-min(len(pattern)-1, len(window)):])
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}
