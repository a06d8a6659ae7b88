package spreadsheet

import (
	"regexp"
	"strconv"
	"time"

	"decore/chaincode/calendar"
)

// epoch is the day zero of a workbook's serial dates.
type epoch int

const (
	// epoch1900 counts 1900-01-01 as 1 and a 1900-02-29 that never was; from March 1900 on, which is
	// all that is read here, that makes 1899-12-30 day 0.
	epoch1900 epoch = iota
	// epoch1904 counts 1904-01-01 as 0: workbooks that began on an old Mac.
	epoch1904
)

func (e epoch) dayZero() calendar.Date {
	if e == epoch1904 {
		return calendar.Of(1904, time.January, 1)
	}
	return calendar.Of(1899, time.December, 30)
}

// maxSerial is beyond the year 2199 in either count; yyyymmdd numbers begin far above it.
const maxSerial = 120_000

// dateForms are the written forms of a day; all have the year first, because only then is the order of
// month and day beyond doubt.
var dateForms = []*regexp.Regexp{
	regexp.MustCompile(`^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})$`),
	regexp.MustCompile(`^([0-9]{4})/([0-9]{1,2})/([0-9]{1,2})$`),
	regexp.MustCompile(`^([0-9]{4})\.([0-9]{1,2})\.([0-9]{1,2})$`),
	regexp.MustCompile(`^([0-9]{4}) ?年 ?([0-9]{1,2}) ?月 ?([0-9]{1,2}) ?[日号]$`),
	regexp.MustCompile(`^([0-9]{4})([0-9]{2})([0-9]{2})$`),
}

// dateDoubts are forms that people write and that are refused with a reason of their own.
var dateDoubts = []struct {
	form *regexp.Regexp
	code Code
}{
	{regexp.MustCompile(`^[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{4}$`), CodeDateOrderUnsure},
	{regexp.MustCompile(`^[0-9]{1,2} ?[-/.年] ?[0-9]{1,2} ?[-/.月] ?[0-9]{1,2} ?[日号]?$`), CodeDateTwoDigits},
}

// timeOfDay follows the day in what tax and accounting programs export. It is left out.
var timeOfDay = regexp.MustCompile(`[ T]([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]+)?)?$`)

// readDate reads a cell of a Date column as YYYY-MM-DD.
func readDate(c cell) (string, *cellFault) {
	if c.kind == dateCell || c.kind == numberCell {
		return readSerial(c.text, c.epoch)
	}
	return dateText(clean(c.display()))
}

func dateText(s string) (string, *cellFault) {
	day := timeOfDay.ReplaceAllString(s, "")
	for _, form := range dateForms {
		if m := form.FindStringSubmatch(day); m != nil {
			return existing(s, m[1]+"-"+twoDigits(m[2])+"-"+twoDigits(m[3]))
		}
	}
	for _, doubt := range dateDoubts {
		if doubt.form.MatchString(day) {
			return "", faulty(doubt.code, clip(s))
		}
	}
	return "", faulty(CodeDate, clip(s))
}

func twoDigits(s string) string {
	if len(s) < 2 {
		return "0" + s
	}
	return s
}

// existing returns an ISO day if it exists, and else a fault that quotes what the sheet says.
func existing(written, iso string) (string, *cellFault) {
	d, err := calendar.Parse(iso)
	if err != nil {
		return "", faulty(CodeDate, clip(written))
	}
	return d.String(), nil
}

// readSerial reads a day that is stored as a number: days since the epoch, or yyyymmdd.
func readSerial(stored string, e epoch) (string, *cellFault) {
	d, ok := parseNumber(stored)
	if !ok || d.IsNegative() || integerDigits(d) > 8 {
		return "", faulty(CodeDate, clip(stored))
	}
	n := int(d.IntPart())
	if n <= maxSerial {
		return existing(stored, e.dayZero().AddDays(n).String())
	}
	if !d.IsInteger() {
		return "", faulty(CodeDate, clip(stored))
	}
	return dateText(strconv.Itoa(n))
}
