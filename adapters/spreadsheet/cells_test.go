package spreadsheet

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"decore/chaincode/calendar"
	"decore/chaincode/money"
)

type cellCase struct {
	kind cellKind
	in   string
	want string // the value, or the code of the fault
}

func checkCells(t *testing.T, read func(cell) (string, *cellFault), cases []cellCase) {
	t.Helper()
	for _, c := range cases {
		got, f := read(cell{column: 1, kind: c.kind, text: c.in})
		if f != nil {
			got = string(f.code)
		}
		if got != c.want {
			t.Errorf("kind %d %q: got %q, want %q", c.kind, c.in, got, c.want)
		}
	}
}

func TestAmounts(t *testing.T) {
	t.Run("as text, in every accepted style", func(t *testing.T) {
		checkCells(t, readAmount, []cellCase{
			{textCell, "1234567.00", "1234567.00"},
			{textCell, "1,234,567.00", "1234567.00"},
			{textCell, "¥1,234.00", "1234.00"},
			{textCell, "￥ 1，234.5", "1234.50"},
			{textCell, "１２３４．５６", "1234.56"},
			{textCell, "人民币 12元", "12.00"},
			{textCell, "RMB 12.10 元整", "12.10"},
			{textCell, "CNY:12", "12.00"},
			{textCell, " 0 ", "0.00"},
			{textCell, "0.01", "0.01"},
			{textCell, "1.5E7", "15000000.00"},
			{textCell, "1.5e+07", "15000000.00"},
			{textCell, "999999999999999.99", "999999999999999.99"},
		})
	})
	t.Run("as text, refused", func(t *testing.T) {
		checkCells(t, readAmount, []cellCase{
			{textCell, "1.234", "amount-decimals"},
			{textCell, "1.500", "amount-decimals"},
			{textCell, "-5", "amount-negative"},
			{textCell, "−5.00", "amount-negative"},
			{textCell, "(5.00)", "amount-negative"},
			{textCell, "（5.00）", "amount-negative"},
			{textCell, "12,34", "amount-unreadable"},
			{textCell, "1,2345.00", "amount-unreadable"},
			{textCell, "0,123", "amount-unreadable"},
			{textCell, "12万", "amount-unreadable"},
			{textCell, "12万元", "amount-unreadable"},
			{textCell, "壹万元整", "amount-unreadable"},
			{textCell, "007", "amount-unreadable"},
			{textCell, ".5", "amount-unreadable"},
			{textCell, "5.", "amount-unreadable"},
			{textCell, "1 000", "amount-unreadable"},
			{textCell, "NaN", "amount-unreadable"},
			{textCell, "Infinity", "amount-unreadable"},
			{textCell, "0x10", "amount-unreadable"},
			{textCell, "$5", "amount-unreadable"},
			{textCell, "元", "amount-unreadable"},
			{textCell, "1.23457E+11", "cell-digits-lost"},
			{textCell, "1e9999999999", "amount-unreadable"},
			{textCell, "1000000000000000", "amount-too-large"},
			{textCell, strings.Repeat("9", 900), "amount-unreadable"},
			{boolCell, "1", "amount-unreadable"},
			{dateCell, "46082", "amount-unreadable"},
		})
	})
	t.Run("as stored numbers", func(t *testing.T) {
		checkCells(t, readAmount, []cellCase{
			{numberCell, "1234.5", "1234.50"},
			{numberCell, "1234.5600000000001", "1234.56"},
			{numberCell, "0.30000000000000004", "0.30"},
			{numberCell, "1234.5599999999999", "1234.56"},
			{numberCell, "9999999999999.9902", "9999999999999.99"},
			{numberCell, "1.5E7", "15000000.00"},
			{numberCell, "1.2345600000000001E3", "1234.56"},
			{numberCell, "0", "0.00"},
			{numberCell, "-0", "0.00"},
			{numberCell, "123456789012345", "123456789012345.00"},
			{numberCell, "1234.567", "amount-decimals"},
			{numberCell, "1E-3", "amount-decimals"},
			{numberCell, "-1", "amount-negative"},
			{numberCell, "12345678901234.56", "cell-digits-lost"},
			{numberCell, "1234567890123456", "cell-digits-lost"},
			{numberCell, "1E30", "cell-digits-lost"},
			{numberCell, "1E999", "amount-unreadable"},
		})
	})
}

func TestDifferencesAreReadAboveAndBelowZero(t *testing.T) {
	checkCells(t, readSigned, []cellCase{
		{textCell, "5", "5.00"},
		{textCell, "-5", "-5.00"},
		{textCell, "− 1,234.50 元", "-1234.50"},
		{textCell, "（5.00）", "-5.00"},
		{textCell, "-0.00", "0.00"},
		{textCell, "--5", "amount-negative"},
		{textCell, "-(5)", "amount-negative"},
		{textCell, "-", "amount-negative"},
		{textCell, "-1.234", "amount-decimals"},
		{numberCell, "-1234.5600000000001", "-1234.56"},
		{numberCell, "-0", "0.00"},
		{numberCell, "7", "7.00"},
		{dateCell, "-46082", "amount-unreadable"},
	})
}

func TestDates(t *testing.T) {
	t.Run("as text", func(t *testing.T) {
		checkCells(t, readDate, []cellCase{
			{textCell, "2026-03-05", "2026-03-05"},
			{textCell, "2026-3-5", "2026-03-05"},
			{textCell, "2026/3/5", "2026-03-05"},
			{textCell, "2026.03.05", "2026-03-05"},
			{textCell, "2026年3月5日", "2026-03-05"},
			{textCell, "2026 年 3 月 5 日", "2026-03-05"},
			{textCell, "２０２６－０３－０５", "2026-03-05"},
			{textCell, "20260305", "2026-03-05"},
			{textCell, "2026-03-05 14:23:11", "2026-03-05"},
			{textCell, "2026-03-05T00:00:00.000", "2026-03-05"},
			{textCell, "2028-02-29", "2028-02-29"},
		})
	})
	t.Run("as text, refused", func(t *testing.T) {
		checkCells(t, readDate, []cellCase{
			{textCell, "2026-02-29", "date-unreadable"},
			{textCell, "2026-13-01", "date-unreadable"},
			{textCell, "2026-3/5", "date-unreadable"},
			{textCell, "1989-12-31", "date-unreadable"},
			{textCell, "2200-01-01", "date-unreadable"},
			{textCell, "2026年3月", "date-unreadable"},
			{textCell, "46082", "date-unreadable"},
			{textCell, "2026-03-05 25:00", "date-unreadable"},
			{textCell, "2026-03-05T00:00:00Z", "date-unreadable"},
			{textCell, "明天", "date-unreadable"},
			{textCell, "26-3-5", "date-two-digit-year"},
			{textCell, "26年3月5日", "date-two-digit-year"},
			{textCell, "3/5/26", "date-two-digit-year"},
			{textCell, "03/05/2026", "date-day-or-month-first"},
			{textCell, "5.3.2026", "date-day-or-month-first"},
			{boolCell, "1", "date-unreadable"},
		})
	})
	t.Run("as stored numbers", func(t *testing.T) {
		checkCells(t, readDate, []cellCase{
			{dateCell, "46086", "2026-03-05"},
			{dateCell, "46086.75", "2026-03-05"},
			{numberCell, "46086", "2026-03-05"},
			{numberCell, "4.6086E4", "2026-03-05"},
			{numberCell, "20260305", "2026-03-05"},
			{numberCell, "20260230", "date-unreadable"},
			{numberCell, "20260305.5", "date-unreadable"},
			{numberCell, "1", "date-unreadable"},
			{numberCell, "-46086", "date-unreadable"},
			{numberCell, "1E12", "date-unreadable"},
			{dateCell, "119999", "date-unreadable"},
		})
	})
	t.Run("in workbooks that count from 1904", func(t *testing.T) {
		got, f := readDate(cell{kind: dateCell, text: "44624", epoch: epoch1904})
		if f != nil || got != "2026-03-05" {
			t.Error(got, f)
		}
	})
}

func TestTexts(t *testing.T) {
	checkCells(t, readText, []cellCase{
		{textCell, "  青岛　某（电器）\n有限公司 ", "青岛 某(电器) 有限公司"},
		{textCell, "ＡＢ－１２", "AB-12"},
		{textCell, "A\u200bB\ufeffC\u202eD", "ABCD"},
		{textCell, "24952000000110579895", "24952000000110579895"},
		{textCell, "00123", "00123"},
		{textCell, "a\x01b", "cell-control-character"},
		{textCell, "a\ufffdb", "cell-control-character"},
		{textCell, "2.4952E+19", "cell-digits-lost"},
		{textCell, "2E+19", "cell-digits-lost"},
		{textCell, "2E19", "2E19"},
		{numberCell, "12345678", "12345678"},
		{numberCell, "1.2345678E7", "12345678"},
		{numberCell, "123456789012345", "123456789012345"},
		{numberCell, "24952000000110500000", "cell-digits-lost"},
		{numberCell, "2.49520000001105E+19", "cell-digits-lost"},
		{numberCell, "1234567890123456", "cell-digits-lost"},
		{numberCell, "12.5", "cell-number-for-text"},
		{dateCell, "46082", "cell-turned-into-date"},
		{boolCell, "1", "TRUE"},
	})
}

// styles write an amount as people and programs do.
var styles = []func(plain string) cell{
	func(s string) cell { return cell{text: s} },
	func(s string) cell { return cell{text: grouped(s)} },
	func(s string) cell { return cell{text: "¥" + grouped(s)} },
	func(s string) cell { return cell{text: "人民币" + s + "元"} },
	func(s string) cell { return cell{text: fullWidth(s)} },
	func(s string) cell { return cell{text: "￥" + fullWidth(grouped(s))} },
	func(s string) cell { return cell{text: "\t " + s + "　"} },
	func(s string) cell { return cell{kind: numberCell, text: s} },
	func(s string) cell { return cell{kind: numberCell, text: strings.Replace(s, ".", "", 1) + "E-2"} },
	func(s string) cell {
		return cell{kind: numberCell, text: strings.TrimRight(strings.TrimRight(s, "0"), ".")}
	},
}

func grouped(s string) string {
	whole, fen, _ := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return whole + "." + fen
}

func fullWidth(s string) string {
	return strings.Map(func(r rune) rune { return r - '!' + '！' }, s)
}

func TestEveryAmountInEveryStyleReadsBackEqual(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		amount := money.Fen(rapid.Int64Range(0, 999_999_999_999_999).Draw(t, "fen"))
		c := rapid.SampledFrom(styles).Draw(t, "style")(amount.String())
		got, f := readAmount(c)
		if f != nil || got != amount.String() {
			t.Fatalf("%+v: got %q %+v, want %s", c, got, f, amount)
		}
	})
}

func TestAShownNumberReadsAsTheNumberItself(t *testing.T) {
	// What is written into an answer must, when it comes back, be read as before.
	rapid.Check(t, func(t *rapid.T) {
		stored := rapid.StringMatching(`[1-9][0-9]{0,22}(\.[0-9]{1,4})?(E[0-9])?`).Draw(t, "stored")
		for name, read := range map[string]func(cell) (string, *cellFault){"text": readText, "amount": readAmount} {
			number := cell{kind: numberCell, text: stored}
			want, f1 := read(number)
			got, f2 := read(cell{kind: textCell, text: number.display()})
			if f1 == nil && (f2 != nil || got != want) {
				t.Fatalf("%s %q shown %q: got %q %v, want %q", name, stored, number.display(), got, f2, want)
			}
			if f1 != nil && f1.code == CodeDigitsLost && f2 == nil {
				t.Fatalf("%s %q shown %q is made up", name, stored, number.display())
			}
		}
	})
}

func TestEveryDayReadsBackFromItsSerialNumber(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day := calendar.MustParse("1990-01-01").AddDays(rapid.IntRange(0, 76_000).Draw(t, "days"))
		e := rapid.SampledFrom([]epoch{epoch1900, epoch1904}).Draw(t, "epoch")
		serial := e.dayZero().DaysUntil(day)
		got, f := readDate(cell{kind: dateCell, text: money.Fen(int64(serial) * 100).String(), epoch: e})
		if f != nil || got != day.String() {
			t.Fatalf("%d: got %s %v, want %s", serial, got, f, day)
		}
	})
}

func TestCellReferences(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		column, row := rapid.IntRange(1, lastColumn).Draw(t, "column"), rapid.IntRange(1, lastRow).Draw(t, "row")
		c, r, ok := parseCell(cellName(column, row))
		if !ok || c != column || r != row {
			t.Fatalf("%s: %d %d %v", cellName(column, row), c, r, ok)
		}
	})
	for _, ref := range []string{"", "A", "7", "A0", "a1", "XFE1", "A1048577", "A1B", "AAAAAAAAAAAAAAAAAAAAA1", "A99999999999999999999"} {
		if _, _, ok := parseCell(ref); ok {
			t.Errorf("%q is taken", ref)
		}
	}
}

func TestHeadersAreFolded(t *testing.T) {
	for header, want := range map[string]string{
		"金额":             "金额",
		" 金 额\n（元） * ":   "金额",
		"金额(人民币元)":       "金额",
		"＊金额：":           "金额",
		"Amount (CNY)*":  "amount",
		"金额（必填）（元）":      "金额",
		"金额（万元）":         "金额(万元)",
		"金额（不含税）":        "金额(不含税)",
		"Invoice Number": "invoicenumber",
		"到期日\u200b":      "到期日",
	} {
		if got := fold(header); got != want {
			t.Errorf("%q: got %q, want %q", header, got, want)
		}
	}
}

func FuzzAmount(f *testing.F) {
	for _, s := range []string{"1,234.00", "¥1", "1.5E7", "-1", "1234.5600000000001", "１２"} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, s string, number bool) {
		c := cell{text: s}
		if number {
			c.kind = numberCell
		}
		got, fault := readAmount(c)
		if fault != nil {
			return
		}
		if a, err := money.Parse(got); err != nil || a.String() != got {
			t.Fatalf("%q gives %q: %v", s, got, err)
		}
	})
}

func FuzzDate(f *testing.F) {
	for _, s := range []string{"2026-03-05", "2026年3月5日", "20260305", "46086.5", "3/5/26"} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, s string, number bool) {
		c := cell{text: s}
		if number {
			c.kind = dateCell
		}
		got, fault := readDate(c)
		if fault != nil {
			return
		}
		if d, err := calendar.Parse(got); err != nil || d.String() != got {
			t.Fatalf("%q gives %q: %v", s, got, err)
		}
	})
}

func FuzzText(f *testing.F) {
	f.Add("青岛（某）", false)
	f.Add("2.4E+19", true)
	f.Fuzz(func(t *testing.T, s string, number bool) {
		c := cell{text: s}
		if number {
			c.kind = numberCell
		}
		got, fault := readText(c)
		if fault == nil && !number && got != clean(got) {
			t.Fatalf("%q gives %q, which is not clean", s, got)
		}
	})
}

func FuzzArmed(f *testing.F) {
	for _, s := range []string{"=1+1", "'=1", "+86", "24952000000110579895", "007", "\t1", "＝1", "''=1", "'"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		safe := armed(s)
		if strings.ContainsAny(firstRune(safe), "=+-@\r\n") {
			t.Fatalf("%q is written as %q", s, safe)
		}
		if bare(safe) != s {
			t.Fatalf("%q comes back as %q", s, bare(safe))
		}
	})
}
