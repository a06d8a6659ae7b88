package spreadsheet

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// workbook is an xlsx file (ISO/IEC 29500 SpreadsheetML).
type workbook struct {
	archive *archive
	sheets  []sheetPart // the visible worksheets, in order
	epoch   epoch
	dates   []bool // for each cell format, whether it shows a number as a date
	shared  *sharedStrings
}

type sheetPart struct{ name, part string }

// maxDeclared is the most sheets, relationships or cell formats that are read of a workbook; Excel
// itself stops at 65,490 cell formats.
const maxDeclared = 70_000

var errDeclared = errors.New("the workbook declares too many sheets or formats")

func openWorkbook(ctx context.Context, r io.ReaderAt, size int64, limits Limits) (*workbook, error) {
	a, err := openArchive(ctx, r, size, limits)
	if err != nil {
		return nil, err
	}
	b := &workbook{archive: a}
	main, err := b.mainPart(ctx)
	if err != nil {
		return nil, err
	}
	links, err := b.links(ctx, main)
	if err != nil {
		return nil, err
	}
	if err := b.readSheets(ctx, main, links); err != nil {
		return nil, err
	}
	if len(b.sheets) == 0 {
		return nil, sheetError(CodeNoSheet)
	}
	if b.dates, err = b.readStyles(ctx, links.target("/styles")); err != nil {
		return nil, err
	}
	b.shared, err = readShared(ctx, a, links.target("/sharedStrings"))
	return b, err
}

// others are archives that are not xlsx, by a part that only they have.
var others = []struct{ part, kind string }{
	{"xl/workbook.bin", ".xlsb"},
	{"content.xml", "OpenDocument"},
	{"word/document.xml", "Word"},
	{"ppt/presentation.xml", "PowerPoint"},
	{"Index/Document.iwa", "Numbers"},
	{"OFD.xml", "OFD"},
}

func (b *workbook) mainPart(ctx context.Context) (string, error) {
	for _, o := range others {
		if b.archive.has(o.part) {
			return "", sheetError(CodeUnsupported, o.kind)
		}
	}
	if !b.archive.has("_rels/.rels") {
		return "", sheetError(CodeUnsupported, "zip")
	}
	links, err := b.links(ctx, "")
	if err != nil {
		return "", err
	}
	main := links.target("/officeDocument")
	if main == "" {
		return "", sheetError(CodeUnsupported, "zip")
	}
	return main, nil
}

// link is a relationship of one part to another.
type link struct{ id, kind, target string }

type links []link

func (ls links) target(kindSuffix string) string {
	for _, l := range ls {
		if strings.HasSuffix(l.kind, kindSuffix) {
			return l.target
		}
	}
	return ""
}

// links reads the relationships of a part; those of the package itself when part is "".
func (b *workbook) links(ctx context.Context, part string) (links, error) {
	folder, base := path.Split(part)
	var ls links
	err := b.archive.read(ctx, folder+"_rels/"+base+".rels", func(t *tokens) error {
		return t.each(func(s xml.StartElement) error {
			if s.Name.Local != "Relationship" || attr(s, "TargetMode") == "External" {
				return nil
			}
			target := attr(s, "Target")
			if !strings.HasPrefix(target, "/") {
				target = path.Join("/", folder, target)
			}
			ls = append(ls, link{attr(s, "Id"), attr(s, "Type"), strings.TrimPrefix(target, "/")})
			return declared(len(ls))
		})
	})
	return ls, err
}

func declared(n int) error {
	if n > maxDeclared {
		return errDeclared
	}
	return nil
}

func (b *workbook) readSheets(ctx context.Context, main string, ls links) error {
	byID := make(map[string]link, len(ls))
	for _, l := range ls {
		byID[l.id] = l
	}
	return b.archive.read(ctx, main, func(t *tokens) error {
		return t.each(func(s xml.StartElement) error {
			switch s.Name.Local {
			case "workbookPr":
				if v := attr(s, "date1904"); v == "1" || v == "true" {
					b.epoch = epoch1904
				}
			case "sheet":
				l := byID[relationshipID(s)]
				if state := attr(s, "state"); (state == "" || state == "visible") && strings.HasSuffix(l.kind, "/worksheet") {
					b.sheets = append(b.sheets, sheetPart{attr(s, "name"), l.target})
				}
			}
			return declared(len(b.sheets))
		})
	})
}

// relationshipID returns r:id; a sheet has another attribute, sheetId, but no plain id.
func relationshipID(s xml.StartElement) string { return attr(s, "id") }

func (b *workbook) choose(name string) (string, sheet) {
	chosen := b.sheets[0]
	for _, s := range b.sheets {
		if s.name == name {
			chosen = s
			break
		}
	}
	return chosen.name, worksheet{book: b, part: chosen.part}
}

// literal is what a number format shows as it stands: quoted or escaped text, colours and conditions.
var literal = regexp.MustCompile(`"[^"]*"|\\.|_.|\*.|\[[^\]]*\]`)

// builtinDates are the number formats without a format code that show dates, as spans of their IDs
// (ISO/IEC 29500-1 §18.8.30, with those of the Chinese, Japanese and Korean versions of Excel).
var builtinDates = [][2]int{{14, 22}, {27, 36}, {45, 47}, {50, 58}}

// readStyles returns, for each cell format, whether it shows a number as a date.
func (b *workbook) readStyles(ctx context.Context, part string) (dates []bool, err error) {
	if part == "" {
		return nil, nil
	}
	custom := map[string]bool{}
	inCellFormats := false
	err = b.archive.read(ctx, part, func(t *tokens) error {
		return t.each(func(s xml.StartElement) error {
			switch s.Name.Local {
			case "numFmt":
				if !inCellFormats { // later ones belong to conditional formats
					code := literal.ReplaceAllString(strings.ToLower(attr(s, "formatCode")), "")
					custom[attr(s, "numFmtId")] = strings.ContainsAny(code, "ymdhs年月日")
				}
			case "cellXfs":
				inCellFormats = true
			case "cellStyles", "dxfs":
				inCellFormats = false
			case "xf":
				if inCellFormats {
					dates = append(dates, isDate(attr(s, "numFmtId"), custom))
				}
			}
			return declared(len(dates) + len(custom))
		})
	})
	return dates, err
}

func isDate(format string, custom map[string]bool) bool {
	if date, ok := custom[format]; ok {
		return date
	}
	id, err := strconv.Atoi(format)
	if err != nil {
		return false
	}
	for _, span := range builtinDates {
		if span[0] <= id && id <= span[1] {
			return true
		}
	}
	return false
}

// maxSharedText bounds, with Limits.MaxTexts, the one thing of a workbook that is held in memory, the
// table of its distinct texts: cells refer to it in any order.
const maxSharedText = 64 << 20

// sharedStrings is the table of distinct texts, end to end in one block: half the memory of a []string.
type sharedStrings struct {
	text []byte
	ends []uint32
}

func (s *sharedStrings) at(i int) (string, error) {
	if s == nil || i < 0 || i >= len(s.ends) {
		return "", fmt.Errorf("there is no shared text %d", i)
	}
	start := uint32(0)
	if i > 0 {
		start = s.ends[i-1]
	}
	return string(s.text[start:s.ends[i]]), nil
}

func readShared(ctx context.Context, a *archive, part string) (*sharedStrings, error) {
	if part == "" {
		return nil, nil
	}
	s := &sharedStrings{}
	err := a.read(ctx, part, func(t *tokens) error {
		return t.each(func(e xml.StartElement) error {
			if e.Name.Local != "si" {
				return nil
			}
			text, err := t.text(e)
			if err != nil {
				return err
			}
			s.text = append(s.text, text...)
			if len(s.text) > maxSharedText || len(s.ends) >= a.limits.MaxTexts {
				return sheetError(CodeZipBomb, path.Base(part))
			}
			s.ends = append(s.ends, uint32(len(s.text))) //nolint:gosec // below maxSharedText
			return nil
		})
	})
	return s, err
}
