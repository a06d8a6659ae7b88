package spreadsheet

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// ErrLayout is wrapped by every error about a Layout that contradicts itself.
var ErrLayout = errors.New("invalid layout")

// Kind says how the cells of a column are read.
type Kind string

// The kinds of column.
const (
	Text   Kind = "text"   // normalised text (NFKC, one space between words)
	Amount Kind = "amount" // yuan as money.Parse reads it, such as "1234567.00"
	Signed Kind = "signed" // a difference in yuan as money.ParseSigned reads it, such as "-1.00"
	Date   Kind = "date"   // YYYY-MM-DD as calendar.Parse reads it
)

// Column is one column of a Layout.
type Column struct {
	Name      string   // key of the value, such as the JSON field
	Zh, En    string   // header in Chinese and in English
	Aliases   []string // other headers that bookkeepers use for it
	Required  bool     // the column must be there and no cell of it empty
	Kind      Kind
	Choices   []string // what a written workbook offers to choose from; other texts are read all the same
	MaxLength int      // longest text, characters; 0 for Limits.MaxCellLength
	Width     int      // width in the template, characters; 0 for a default
	Example   string   // value in the template's example row
	NoteZh    string   // what to fill in, for the template
	NoteEn    string
}

func (c Column) header(lang string) string { return message{c.En, c.Zh}.in(lang, nil) }

func (c Column) note(lang string) string { return message{c.NoteEn, c.NoteZh}.in(lang, nil) }

func (c Column) headers() []string { return append([]string{c.Zh, c.En, c.Name}, c.Aliases...) }

// Layout says which columns a sheet has (表格模板).
type Layout struct {
	Sheet   string // name of the worksheet; when a workbook has none of that name, its first visible one is read
	Columns []Column
	Ignore  []string // headers that may be there and are not read, such as 备注
}

// The columns that an answered sheet has behind its own.
const (
	FaultHeader  = "问题 / Fault"
	ResultHeader = "结果 / Result"
)

// serialHeaders are the running numbers that most bookkeepers put first; they say nothing.
var serialHeaders = []string{"序号", "行号", "No.", "No", "#"}

const (
	columnIgnored = -1
	columnFault   = -2
	columnResult  = -3
)

// index maps every folded header to its column's index, or to one of the negative constants above.
func (l Layout) index() (map[string]int, error) {
	index := map[string]int{fold(FaultHeader): columnFault, fold(ResultHeader): columnResult}
	for i, c := range l.Columns {
		for _, h := range c.headers() {
			key := fold(h)
			if key == "" {
				continue
			}
			if other, taken := index[key]; taken && other != i {
				return nil, fmt.Errorf("%w: header %q stands for two columns", ErrLayout, h)
			}
			index[key] = i
		}
	}
	if !slices.ContainsFunc(l.Columns, func(c Column) bool { return c.Required }) {
		return nil, fmt.Errorf("%w: no required column to know the header row by", ErrLayout)
	}
	for _, h := range slices.Concat(l.Ignore, serialHeaders) {
		if _, taken := index[fold(h)]; !taken {
			index[fold(h)] = columnIgnored
		}
	}
	return index, nil
}

// plainSuffix is what people add to a header without changing its meaning. A unit that does change it,
// such as 万元, must not be here: the column then stays unknown and the sheet is refused.
var plainSuffix = regexp.MustCompile(`\((元|人民币|人民币元|rmb|cny|¥|yuan|必填|选填|required|optional)\)$|[*:]+$`)

// fold reduces a header to what identifies it.
func fold(header string) string {
	s := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || unicode.IsControl(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKC.String(header))
	s = strings.TrimLeft(s, "*")
	for {
		shorter := plainSuffix.ReplaceAllString(s, "")
		if shorter == s {
			return s
		}
		s = shorter
	}
}

// heading is a header row matched with the layout.
type heading struct {
	columns  []int          // sheet column of each layout column, 0 when the sheet has none
	labels   []string       // header of each layout column as in the sheet
	byColumn map[int]int    // layout column of each sheet column
	extra    map[int]int    // sheet column of columnFault and columnResult
	names    map[int]string // every header by sheet column
	unknown  []string
	repeated []string
}

// match reads a line as a header row.
func (l Layout) match(index map[string]int, row line) heading {
	h := heading{
		columns: make([]int, len(l.Columns)), labels: make([]string, len(l.Columns)),
		byColumn: map[int]int{}, extra: map[int]int{}, names: map[int]string{},
	}
	for _, c := range row.cells {
		label := strings.Join(strings.Fields(c.display()), " ")
		if label == "" {
			continue // a formula without a result
		}
		h.names[c.column] = label
		i, known := index[fold(label)]
		switch {
		case !known:
			h.unknown = append(h.unknown, clip(label))
		case i == columnIgnored:
		case i < 0:
			h.extra[i] = c.column
		case h.columns[i] != 0:
			h.repeated = append(h.repeated, clip(label))
		default:
			h.columns[i], h.labels[i], h.byColumn[c.column] = c.column, label, i
		}
	}
	return h
}

func (l Layout) missing(h heading) []Column {
	var missing []Column
	for i, c := range l.Columns {
		if c.Required && h.columns[i] == 0 {
			missing = append(missing, c)
		}
	}
	return missing
}

// check returns the *SheetError of a header row that does not fit the layout.
func (l Layout) check(h heading) error {
	var missingZh, missingEn []string
	for _, c := range l.missing(h) {
		missingZh, missingEn = append(missingZh, c.Zh), append(missingEn, c.En)
	}
	groups := []struct {
		en, zh         string
		namesEn, names []string
	}{
		{"missing", "缺少", missingEn, missingZh},
		{"unknown", "无法识别", h.unknown, h.unknown},
		{"twice", "重复", h.repeated, h.repeated},
	}
	var en, zh []string
	for _, g := range groups {
		if len(g.names) > 0 {
			en = append(en, g.en+" "+strings.Join(g.namesEn, ", "))
			zh = append(zh, g.zh+" "+strings.Join(g.names, "、"))
		}
	}
	if len(en) == 0 {
		return nil
	}
	e := sheetError(CodeColumns, strings.Join(en, "; "), strings.Join(zh, "；"))
	e.Missing, e.Unknown, e.Repeated = missingZh, h.unknown, h.repeated
	return e
}
