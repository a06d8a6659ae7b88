package spreadsheet

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Code is a stable name of what is wrong with a sheet or with a cell.
type Code string

// Codes of a sheet that is refused as a whole.
const (
	CodeTooLarge       Code = "sheet-too-large"
	CodeZipBomb        Code = "sheet-zip-bomb"
	CodeEncrypted      Code = "sheet-encrypted"
	CodeLegacy         Code = "sheet-legacy-xls"
	CodeUnsupported    Code = "sheet-unsupported-format"
	CodeUnreadable     Code = "sheet-unreadable"
	CodeEncoding       Code = "sheet-unknown-encoding"
	CodeQuoting        Code = "sheet-csv-quoting"
	CodeNoSheet        Code = "sheet-none"
	CodeNoRows         Code = "sheet-no-rows"
	CodeColumns        Code = "sheet-wrong-columns"
	CodeUnit           Code = "sheet-unit"
	CodeMerged         Code = "sheet-merged-cells"
	CodeFormula        Code = "sheet-formula"
	CodeTooManyRows    Code = "sheet-too-many-rows"
	CodeTooManyColumns Code = "sheet-too-many-columns"
)

// Codes of a cell for which its row is refused.
const (
	CodeMissing         Code = "cell-missing"
	CodeTooLong         Code = "cell-too-long"
	CodeControl         Code = "cell-control-character"
	CodeDigitsLost      Code = "cell-digits-lost"
	CodeNumberAsDate    Code = "cell-turned-into-date"
	CodeNumberAsText    Code = "cell-number-for-text"
	CodeCellError       Code = "cell-error-value"
	CodeAmount          Code = "amount-unreadable"
	CodeAmountDecimals  Code = "amount-decimals"
	CodeAmountNegative  Code = "amount-negative"
	CodeAmountTooLarge  Code = "amount-too-large"
	CodeDate            Code = "date-unreadable"
	CodeDateTwoDigits   Code = "date-two-digit-year"
	CodeDateOrderUnsure Code = "date-day-or-month-first"
)

// message is a sentence in two languages with the same fmt arguments.
type message struct{ en, zh string }

var sheetMessages = map[Code]message{
	CodeTooLarge:       {"the file is larger than %[1]d MiB; split it", "文件超过 %[1]d MiB，请拆分后再上传"},
	CodeZipBomb:        {"part %[1]s of the workbook unpacks to far more than a spreadsheet needs", "工作簿部件 %[1]s 解压后过大，已拒绝读取"},
	CodeEncrypted:      {"the workbook is protected by a password; remove it and send the file again", "工作簿已加密，请取消密码后重新上传"},
	CodeLegacy:         {"this is an .xls file of Excel 97-2003; save it as .xlsx and send that", "这是 Excel 97-2003 的 .xls 文件，请另存为 .xlsx 后上传"},
	CodeUnsupported:    {"this is a %[1]s file, not a spreadsheet; save it as .xlsx or .csv and send that", "这是 %[1]s 文件，不是可导入的表格，请另存为 .xlsx 或 .csv 后上传"},
	CodeUnreadable:     {"the file is damaged and cannot be read: %[1]s", "文件已损坏，无法读取：%[1]s"},
	CodeEncoding:       {"the text is neither UTF-8, UTF-16 nor GB18030; save it as “CSV UTF-8” or .xlsx", "无法识别文本编码（支持 UTF-8、UTF-16、GB18030），请另存为“CSV UTF-8”或 .xlsx"},
	CodeQuoting:        {"row %[1]d has a quotation mark that is not closed or not doubled", "第 %[1]d 行的引号未闭合或未成对"},
	CodeNoSheet:        {"the workbook has no visible worksheet", "工作簿中没有可见的工作表"},
	CodeNoRows:         {"the sheet has no data rows", "表中没有数据行"},
	CodeColumns:        {"the columns are not those of the template: %[1]s", "列与模板不一致：%[2]s"},
	CodeUnit:           {"%[1]s: amounts must be in yuan, but the sheet says “%[2]s”", "%[1]s：金额单位须为元，而表中写明“%[2]s”"},
	CodeMerged:         {"cells %[1]s are merged; unmerge them and fill in each row", "单元格 %[1]s 已合并，请取消合并并逐行填写"},
	CodeFormula:        {"cell %[1]s is a formula; a formula's value cannot be trusted: paste it as a value", "单元格 %[1]s 是公式，公式结果不可信，请粘贴为数值"},
	CodeTooManyRows:    {"the sheet has more than %[1]d data rows; split it", "数据超过 %[1]d 行，请拆分后再上传"},
	CodeTooManyColumns: {"row %[1]d has content beyond column %[2]d", "第 %[1]d 行的内容超出第 %[2]d 列"},
}

var cellMessages = map[Code]message{
	CodeMissing:         {"is required", "为必填项"},
	CodeTooLong:         {"is longer than %[1]d characters", "超过 %[1]d 个字符"},
	CodeControl:         {"holds a control character", "含有控制字符"},
	CodeDigitsLost:      {"is stored as a number, and a spreadsheet keeps only 15 digits of it: format the cell as text and type the value again", "以数字存储，表格软件只保留 15 位有效数字，末位已丢失：请将单元格设为文本格式后重新填写"},
	CodeNumberAsDate:    {"was turned into a date by the spreadsheet program: format the cell as text and type the value again", "被表格软件自动转换为日期：请将单元格设为文本格式后重新填写"},
	CodeNumberAsText:    {"is a number with decimals where a text is due: format the cell as text and type the value again", "应为文本却是小数：请将单元格设为文本格式后重新填写"},
	CodeCellError:       {"holds the error %[1]s", "含有错误值 %[1]s"},
	CodeAmount:          {"“%[1]s” is not an amount in yuan such as 1234567.00", "“%[1]s”不是有效金额（示例：1234567.00，单位：元）"},
	CodeAmountDecimals:  {"“%[1]s” has more than two decimals", "“%[1]s”超过两位小数"},
	CodeAmountNegative:  {"“%[1]s” is negative", "“%[1]s”为负数"},
	CodeAmountTooLarge:  {"“%[1]s” is too large", "“%[1]s”金额过大"},
	CodeDate:            {"“%[1]s” is not an existing day from 1990 to 2199, such as 2026-03-05", "“%[1]s”不是有效日期（1990 至 2199 年，示例：2026-03-05）"},
	CodeDateTwoDigits:   {"“%[1]s” has a year of two digits: write 2026-03-05", "“%[1]s”的年份只有两位，请写成 2026-03-05"},
	CodeDateOrderUnsure: {"“%[1]s” may be day first or month first: write 2026-03-05", "“%[1]s”无法区分日和月的先后，请写成 2026-03-05"},
}

// SheetError says why a sheet is refused as a whole; nothing of it is to be recorded.
type SheetError struct {
	Code      Code
	Message   string   // English
	MessageZh string   // Chinese
	Cell      string   // the cell or area at fault, such as "C7", or ""
	Missing   []string // CodeColumns: required columns that were not found, by Chinese header
	Unknown   []string // CodeColumns: headers in the sheet that no column has
	Repeated  []string // CodeColumns: headers that stand for a column found before
	Err       error    // what the decoder said, or nil
}

func (e *SheetError) Error() string { return e.Message }

func (e *SheetError) Unwrap() error { return e.Err }

func sheetError(code Code, args ...any) *SheetError {
	m := sheetMessages[code]
	return &SheetError{Code: code, Message: m.in("en", args), MessageZh: m.in("zh", args)}
}

func (e *SheetError) at(cell string) *SheetError {
	e.Cell = cell
	return e
}

func unreadable(err error) *SheetError {
	e := sheetError(CodeUnreadable, clip(err.Error()))
	e.Err = err
	return e
}

// refusal leaves errors that say what is wrong, and the caller's own cancellation, as they are; any
// other error of a decoder means a damaged file.
func refusal(err error) error {
	var e *SheetError
	if err == nil || errors.As(err, &e) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return unreadable(err)
}

// Fault is what is wrong with one cell (问题).
type Fault struct {
	Row       int    `json:"row"`              // row number as the spreadsheet program shows it
	Field     string `json:"field,omitempty"`  // Column.Name
	Column    string `json:"column,omitempty"` // header as in the sheet
	Cell      string `json:"cell,omitempty"`   // such as "C7"; "" when the sheet has no such column
	Code      Code   `json:"code"`             // stable name
	Message   string `json:"message"`          // English, to be read after the header
	MessageZh string `json:"messageZh"`        // Chinese, likewise
}

// In returns the fault as a sentence in the language lang ("en" or, for any other, Chinese).
func (f Fault) In(lang string) string {
	parts := []string{f.Column, message{f.Message, f.MessageZh}.in(lang, nil)}
	if f.Column == "" {
		parts = parts[1:]
	}
	return strings.Join(parts, " ")
}

// cellFault is a fault that does not yet know where it stands.
type cellFault struct {
	code Code
	args []any
}

func faulty(code Code, args ...any) *cellFault { return &cellFault{code, args} }

// in returns the sentence in the language lang, with args filled in. Every verb names its argument, so a
// language may leave one out.
func (m message) in(lang string, args []any) string {
	text := m.zh
	if strings.HasPrefix(strings.ToLower(lang), "en") {
		text = m.en
	}
	if len(args) == 0 {
		return text
	}
	return fmt.Sprintf(text, args...)
}

// clip shortens a value from the sheet for use in a message.
func clip(s string) string {
	const most = 60
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
