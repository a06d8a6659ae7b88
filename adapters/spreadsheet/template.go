package spreadsheet

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"
)

// notesSheet is the second sheet of a template; a sheet's name may not hold a slash.
const notesSheet = "填写说明 Notes"

// exampleLabel begins the first cell of the example row, by which reading knows to skip it.
var exampleLabel = message{"Example: ", "示例："}

// rules are what holds for every sheet, whatever its layout.
var rules = []message{
	{"Do not change the header row. Columns marked * are required.", "请勿修改表头。带 * 的列为必填。"},
	{"Every cell has the text format, so that no digit of a long number is lost. Keep it when you paste (paste values only).", "所有单元格均为文本格式，以免长号码丢失末位数字。粘贴时请选择“只粘贴值”。"},
	{"Amounts are in yuan with at most two decimals, such as 1234567.00.", "金额单位为元，最多两位小数，例如 1234567.00。"},
	{"Days are written year first, such as 2026-03-05.", "日期按年月日填写，例如 2026-03-05。"},
	{"Formulas and merged cells are refused.", "不接受公式和合并单元格。"},
	{"The example row, empty rows and totals at the end are not read.", "示例行、空行和末尾的合计行不会导入。"},
	{"A sheet may have at most %[1]d rows.", "每个表格最多 %[1]d 行。"},
	{"You get the same sheet back with the columns “" + FaultHeader + "” and “" + ResultHeader + "”. Mend the rows that were not recorded and send it again.", "导入后返回同一表格，并附“" + FaultHeader + "”和“" + ResultHeader + "”两列。请修改未登记的行后重新上传。"},
}

// Template writes a workbook to fill in (导入模板), in the language lang ("en" or, for any other,
// Chinese): the header, an example row that reading skips, every cell in the text format, what each
// column wants as a hint at its cells, and all of it again on a sheet of notes. The same layout gives
// the same bytes.
func (l Layout) Template(w io.Writer, lang string) error {
	if _, err := l.index(); err != nil {
		return err
	}
	f := excelize.NewFile()
	b := &templateBuilder{layout: l, lang: lang, file: f, sheet: orElse(l.Sheet, firstSheet)}
	err := b.build()
	if err == nil {
		err = f.Write(w)
	}
	return errors.Join(err, f.Close())
}

type templateBuilder struct {
	layout Layout
	lang   string
	file   *excelize.File
	sheet  string
	styles map[style]int
}

func (b *templateBuilder) build() (err error) {
	if err = b.file.SetSheetName(firstSheet, b.sheet); err != nil {
		return err
	}
	if b.styles, err = addStyles(b.file); err != nil {
		return err
	}
	for i := range b.layout.Columns {
		if err = b.column(i); err != nil {
			return fmt.Errorf("template column %q: %w", b.layout.Columns[i].Name, err)
		}
	}
	if err = b.file.SetPanes(b.sheet, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	return b.notes()
}

// column writes a column's header and example, its format and its hint.
func (b *templateBuilder) column(i int) error {
	c, name := b.layout.Columns[i], columnName(i+1)
	header, example := c.header(b.lang), c.Example
	if c.Required {
		header += " *"
	}
	if i == 0 {
		example = exampleLabel.in(b.lang, nil) + example
	}
	width := float64(orElse(c.Width, defaultWidth))
	return errors.Join(
		b.file.SetColWidth(b.sheet, name, name, width),
		b.file.SetColStyle(b.sheet, name, b.styles[styleText]),
		b.cell(b.sheet, i+1, 1, header, styleHeader),
		b.cell(b.sheet, i+1, 2, example, styleExample),
		b.hint(c, name),
	)
}

func (b *templateBuilder) cell(sheet string, column, row int, text string, look style) error {
	name := cellName(column, row)
	return errors.Join(b.file.SetCellStr(sheet, name, text), b.file.SetCellStyle(sheet, name, name, b.styles[look]))
}

// The longest title and text of a hint that Excel accepts.
const (
	maxHintTitle = 32
	maxHint      = 255
)

// hint shows what a column wants when one of its cells is chosen, and keeps overlong values out. Amounts
// and days are not checked further here: their cells hold text, to which Excel's own checks of numbers
// and dates do not apply.
func (b *templateBuilder) hint(c Column, name string) error {
	v := excelize.NewDataValidation(true)
	v.SetSqref(fmt.Sprintf("%[1]s2:%[1]s%[2]d", name, DefaultLimits.MaxRows+1))
	most := orElse(c.MaxLength, DefaultLimits.MaxCellLength)
	if err := v.SetRange(0, most, excelize.DataValidationTypeTextLength, excelize.DataValidationOperatorBetween); err != nil {
		return err
	}
	title := truncate(c.header(b.lang), maxHintTitle)
	v.SetError(excelize.DataValidationErrorStyleStop, title, cellMessages[CodeTooLong].in(b.lang, []any{most}))
	if note := c.note(b.lang); note != "" {
		v.SetInput(title, truncate(note, maxHint))
	}
	return b.file.AddDataValidation(b.sheet, v)
}

func truncate(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

// notesHeader is the header of the table of columns on the sheet of notes.
var notesHeader = []message{{"Column", "列"}, {"Required", "必填"}, {"Example", "示例"}, {"Note", "说明"}}

func (b *templateBuilder) notes() error {
	if _, err := b.file.NewSheet(notesSheet); err != nil {
		return err
	}
	header := make([]string, len(notesHeader))
	for i, m := range notesHeader {
		header[i] = m.in(b.lang, nil)
	}
	errs := []error{b.file.SetColWidth(notesSheet, "A", "C", 24), b.file.SetColWidth(notesSheet, "D", "D", 80)}
	errs = append(errs, b.noteRow(1, header, styleHeader))
	row := 2
	for _, c := range b.layout.Columns {
		required := map[bool]string{true: message{"yes", "是"}.in(b.lang, nil)}[c.Required]
		errs = append(errs, b.noteRow(row, []string{c.header(b.lang), required, c.Example, c.note(b.lang)}, styleText))
		row++
	}
	for _, r := range rules {
		var args []any
		if strings.Contains(r.en, "%") {
			args = []any{DefaultLimits.MaxRows}
		}
		row++
		errs = append(errs, b.cell(notesSheet, 1, row, r.in(b.lang, args), styleText))
	}
	return errors.Join(errs...)
}

func (b *templateBuilder) noteRow(row int, values []string, look style) error {
	var errs []error
	for i, v := range values {
		errs = append(errs, b.cell(notesSheet, i+1, row, v, look))
	}
	return errors.Join(errs...)
}
