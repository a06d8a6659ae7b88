// Package pdf writes short Chinese documents of plain text, such as a notice of a decision, as PDF (ISO 32000-1).
//
// No font is embedded, and none has to be installed where the gateway runs: the text is set in STSong-Light, one of the
// fonts with the predefined character collection Adobe-GB1 and the predefined CMap UniGB-UTF16-H (ISO 32000-1, 9.7.5.2), which a
// reader replaces by a Chinese font of its own. Every common reader does; one without any Chinese font shows boxes, and an
// archive that asks for PDF/A, which must embed its fonts, cannot use these files.
package pdf

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf16"

	"decore/chaincode/calendar"
)

// Document is a text on as many pages of A4 as it takes.
type Document struct {
	Title  string
	Author string
	Made   time.Time // of the document, not of the file: the same document is the same bytes
	Blocks []Block
}

// Block is a paragraph.
type Block struct {
	Text  string
	Size  float64 // of the letters, points; 11 when 0
	Align Align
	Space float64 // above it, points
}

// Align says where a line stands.
type Align int

// Where a line stands.
const (
	Left Align = iota
	Centre
	Right
)

// Points of a page of A4 and its margins.
const (
	pageWidth, pageHeight = 595.0, 842.0
	margin                = 64.0
	textWidth             = pageWidth - 2*margin
	plainSize             = 11.0
	leading               = 1.7 // lines from one base to the next, in sizes
)

// line is a line where it stands on its page.
type line struct {
	text string
	size float64
	x, y float64
}

// Write writes the document.
func (d Document) Write(w io.Writer) error {
	f := &file{}
	pages := d.layOut()
	f.add("<< /Type /Catalog /Pages 2 0 R /Lang (zh-CN) >>")
	kids := make([]string, len(pages))
	for i := range pages {
		kids[i] = fmt.Sprintf("%d 0 R", firstPage+2*i)
	}
	f.add("<< /Type /Pages /Count %d /Kids [%s] >>", len(pages), strings.Join(kids, " "))
	f.add("<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light-UniGB-UTF16-H /Encoding /UniGB-UTF16-H /DescendantFonts [4 0 R] >>")
	f.add("<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >>" +
		" /FontDescriptor 5 0 R /DW 1000 /W [1 95 500 814 907 500] >>") // Latin letters of either form are half as wide
	f.add("<< /Type /FontDescriptor /FontName /STSong-Light /FontFamily (STSong) /FontStretch /Normal /FontWeight 400 /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>")
	f.add("<< /Title %s /Author %s /CreationDate (%s) >>", hexText(d.Title), hexText(d.Author), d.Made.In(calendar.Zone).Format("D:20060102150405+08'00'"))
	for i, lines := range pages {
		f.add("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %g %g] /Resources << /Font << /F 3 0 R >> >> /Contents %d 0 R >>", pageWidth, pageHeight, firstPage+2*i+1)
		f.stream(content(lines))
	}
	return f.end(w)
}

// firstPage is the number of the first page's object; each page is followed by its content.
const firstPage = 7

// layOut breaks the blocks into lines and those into pages.
func (d Document) layOut() [][]line {
	pages, y := [][]line{nil}, pageHeight-margin
	for _, b := range d.Blocks {
		size := b.Size
		if size == 0 {
			size = plainSize
		}
		y -= b.Space
		for _, text := range wrap(b.Text, size) {
			y -= size * leading
			if y < margin {
				pages, y = append(pages, nil), pageHeight-margin-size*leading
			}
			x := margin
			switch free := textWidth - width(text, size); b.Align {
			case Centre:
				x += free / 2
			case Right:
				x += free
			}
			last := len(pages) - 1
			pages[last] = append(pages[last], line{text, size, x, y})
		}
	}
	return pages
}

// wrap breaks a text where the line is full: Chinese may break anywhere, but a line does not begin with what closes.
func wrap(text string, size float64) []string {
	var lines []string
	for _, paragraph := range strings.Split(text, "\n") {
		var now []rune
		used := 0.0
		for _, r := range paragraph {
			w := advance(r) * size
			if used+w > textWidth && !strings.ContainsRune("，。；：、）》」！？", r) {
				lines, now, used = append(lines, string(now)), nil, 0
			}
			now, used = append(now, r), used+w
		}
		lines = append(lines, string(now))
	}
	return lines
}

func width(text string, size float64) float64 {
	sum := 0.0
	for _, r := range text {
		sum += advance(r) * size
	}
	return sum
}

// advance is how wide a character is, in sizes, by the widths that the file declares.
func advance(r rune) float64 {
	if r >= ' ' && r <= '~' {
		return 0.5
	}
	return 1
}

func content(lines []line) []byte {
	var b bytes.Buffer
	for _, l := range lines {
		fmt.Fprintf(&b, "BT /F %g Tf 1 0 0 1 %.2f %.2f Tm <%s> Tj ET\n", l.size, l.x, l.y, hexOf(l.text))
	}
	return b.Bytes()
}

// hexText is a text string in UTF-16 with its byte order mark (ISO 32000-1, 7.9.2.2).
func hexText(s string) string { return "<FEFF" + hexOf(s) + ">" }

// hexOf is a text in UTF-16, big-endian, as the CMap takes it. What a single line cannot hold is left out.
func hexOf(s string) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(strings.Map(printable, s))) {
		fmt.Fprintf(&b, "%04X", u)
	}
	return b.String()
}

func printable(r rune) rune {
	if r < ' ' || r == 0x7f {
		return -1
	}
	return r
}

// file is a PDF file while it is written: its objects and where they begin.
type file struct {
	body    bytes.Buffer
	offsets []int
}

const fileHeader = "%PDF-1.5\n%\xe4\xb8\xad\xe6\n" // a second line of bytes above 127 marks a binary file

func (f *file) begin() {
	if f.body.Len() == 0 {
		f.body.WriteString(fileHeader)
	}
	f.offsets = append(f.offsets, f.body.Len())
	fmt.Fprintf(&f.body, "%d 0 obj\n", len(f.offsets))
}

func (f *file) add(format string, args ...any) {
	f.begin()
	fmt.Fprintf(&f.body, format, args...)
	f.body.WriteString("\nendobj\n")
}

func (f *file) stream(content []byte) {
	f.begin()
	fmt.Fprintf(&f.body, "<< /Length %d >>\nstream\n%s\nendstream\nendobj\n", len(content), content)
}

// end writes the table of where objects begin (7.5.4) and all that is before it.
func (f *file) end(w io.Writer) error {
	at := f.body.Len()
	fmt.Fprintf(&f.body, "xref\n0 %d\n0000000000 65535 f \n", len(f.offsets)+1)
	for _, o := range f.offsets {
		fmt.Fprintf(&f.body, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&f.body, "trailer\n<< /Size %d /Root 1 0 R /Info 6 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(f.offsets)+1, at)
	_, err := w.Write(f.body.Bytes())
	return err
}
