package pdf_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"decore/adapters/pdf"
)

func written(t *testing.T, d pdf.Document) string {
	t.Helper()
	var out bytes.Buffer
	if err := d.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

var shown = regexp.MustCompile(`<([0-9A-F]*)> Tj`)

// texts are the lines that the file shows.
func texts(t *testing.T, file string) []string {
	t.Helper()
	var all []string
	for _, m := range shown.FindAllStringSubmatch(file, -1) {
		raw, err := hex.DecodeString(m[1])
		if err != nil || len(raw)%2 != 0 {
			t.Fatalf("%q is no UTF-16", m[1])
		}
		units := make([]uint16, len(raw)/2)
		for i := range units {
			units[i] = uint16(raw[2*i])<<8 | uint16(raw[2*i+1])
		}
		all = append(all, string(utf16.Decode(units)))
	}
	return all
}

func TestADocumentShowsItsTextAndIsTheSameBytesAgain(t *testing.T) {
	d := pdf.Document{Title: "决定通知书", Author: "青岛市财政局", Made: time.Date(2026, 3, 5, 2, 0, 0, 0, time.UTC), Blocks: []pdf.Block{
		{Text: "贷款贴息决定通知书", Size: 18, Align: pdf.Centre}, {Text: "金额 1,500,000.00 元 (cap) \\ )", Space: 10}, {Text: "青岛市财政局", Align: pdf.Right}}}
	file := written(t, d)
	if got := strings.Join(texts(t, file), "|"); got != "贷款贴息决定通知书|金额 1,500,000.00 元 (cap) \\ )|青岛市财政局" {
		t.Errorf("it shows %q", got)
	}
	if file != written(t, d) {
		t.Error("the same document has other bytes")
	}
	if !strings.Contains(file, "(D:20260305100000+08'00')") {
		t.Error("the day of the document is not in it")
	}
}

// Every object must begin where the table says, and every stream be as long as it says, or readers refuse or repair the file.
func TestTheFileIsWellFormed(t *testing.T) {
	d := pdf.Document{Title: "长", Blocks: []pdf.Block{{Text: strings.Repeat("贴息资金，", 3000)}}}
	file := written(t, d)
	start, err := strconv.Atoi(regexp.MustCompile(`startxref\n(\d+)\n`).FindStringSubmatch(file)[1])
	if err != nil || !strings.HasPrefix(file[start:], "xref\n") {
		t.Fatalf("the table does not begin at %d", start)
	}
	entries := regexp.MustCompile(`(?m)^(\d{10}) 00000 n $`).FindAllStringSubmatch(file[start:], -1)
	for i, e := range entries {
		at, _ := strconv.Atoi(e[1])
		if !strings.HasPrefix(file[at:], fmt.Sprintf("%d 0 obj\n", i+1)) {
			t.Errorf("object %d does not begin at %d", i+1, at)
		}
	}
	streams := regexp.MustCompile(`(?s)/Length (\d+) >>\nstream\n(.*?)\nendstream`).FindAllStringSubmatch(file, -1)
	if len(streams) < 2 || !strings.Contains(file, fmt.Sprintf("/Count %d ", len(streams))) {
		t.Errorf("%d pages of a long text", len(streams))
	}
	for _, s := range streams {
		if strconv.Itoa(len(s[2])) != s[1] {
			t.Errorf("a stream of %d bytes says %s", len(s[2]), s[1])
		}
	}
	for _, l := range texts(t, file) {
		if strings.HasPrefix(l, "，") {
			t.Errorf("a line begins with a comma: %q", l)
		}
	}
	if got := strings.Join(texts(t, file), ""); got != d.Blocks[0].Text {
		t.Error("text was lost between lines or pages")
	}
}

func TestWhatNoLineCanHoldIsLeftOut(t *testing.T) {
	file := written(t, pdf.Document{Blocks: []pdf.Block{{Text: "甲\x00\t乙\n丙𠮷"}}})
	if got := texts(t, file); len(got) != 2 || got[0] != "甲乙" || got[1] != "丙𠮷" {
		t.Errorf("it shows %q", got)
	}
}
