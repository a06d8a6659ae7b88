package fund

import (
	"errors"
	"fmt"
	"time"

	"decore/chaincode/calendar"
)

// ErrMonth is wrapped by every error about a month that cannot be read.
var ErrMonth = errors.New("invalid month")

// Month is a calendar month in Asia/Shanghai (月份), written YYYY-MM. The empty Month is none.
type Month string

const dayOne = "-01"

// MonthOf returns the month of a day.
func MonthOf(d calendar.Date) Month {
	if d.IsZero() {
		return ""
	}
	return Month(d.String()[:len("2006-01")])
}

// ParseMonth reads YYYY-MM.
func ParseMonth(s string) (Month, error) {
	if _, err := calendar.Parse(s + dayOne); err != nil {
		return "", fmt.Errorf("%w: must be written YYYY-MM", ErrMonth)
	}
	return Month(s), nil
}

// UnmarshalText reads what ParseMonth reads; an empty text is no month.
func (m *Month) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*m = ""
		return nil
	}
	parsed, err := ParseMonth(string(b))
	*m = parsed
	return err
}

// MarshalText writes YYYY-MM.
func (m Month) MarshalText() ([]byte, error) { return []byte(m), nil }

// IsZero reports whether it is no month.
func (m Month) IsZero() bool { return m == "" }

// first is the month's first day; no date for no month.
func (m Month) first() calendar.Date {
	d, err := calendar.Parse(string(m) + dayOne)
	if err != nil {
		return calendar.Date{}
	}
	return d
}

// Add returns the month n months later; of no month, none.
func (m Month) Add(n int) Month { return MonthOf(m.first().AddMonths(n)) }

// Over reports whether the month has ended by the day.
func (m Month) Over(on calendar.Date) bool { return !m.IsZero() && m < MonthOf(on) }

// EndsQuarter reports whether a quarter ends with the month.
func (m Month) EndsQuarter() bool {
	_, month, _ := m.first().YMD()
	return !m.IsZero() && month%(time.December/4) == 0
}
