// Package calendar holds business days (业务日期) of the zone Asia/Shanghai and the periods that law counts in.
//
// A Date has no time and no zone; instants become dates by At. China has kept UTC+8 without
// daylight saving since 15 September 1991, so a fixed offset is exact for every instant that the
// ledger can hold; earlier days are only ever dates.
package calendar

import (
	"errors"
	"fmt"
	"time"
)

// ErrDate is wrapped by every error about a date that cannot be read.
var ErrDate = errors.New("invalid date")

// Zone is Asia/Shanghai.
var Zone = time.FixedZone("Asia/Shanghai", 8*60*60)

// Date is a calendar day. The zero value is no date; it is before every day that Parse reads.
type Date struct{ days int32 } // days since 1970-01-01, plus one so that the zero value stays free

const layout = "2006-01-02"

// Of returns the date y-m-d, normalised as time.Date does.
func Of(y int, m time.Month, d int) Date {
	return fromTime(time.Date(y, m, d, 0, 0, 0, 0, time.UTC))
}

// At returns the day in Asia/Shanghai at the instant t.
func At(t time.Time) Date {
	y, m, d := t.In(Zone).Date()
	return Of(y, m, d)
}

// Parse reads YYYY-MM-DD; the day must exist and lie in 1990 to 2199.
func Parse(s string) (Date, error) {
	t, err := time.Parse(layout, s)
	if err != nil || len(s) != len(layout) {
		return Date{}, fmt.Errorf("%w: %.40q is not an existing day written YYYY-MM-DD", ErrDate, s)
	}
	if y := t.Year(); y < 1990 || y > 2199 {
		return Date{}, fmt.Errorf("%w: %s is outside 1990 to 2199", ErrDate, s)
	}
	return fromTime(t), nil
}

// MustParse is Parse for literals; it panics on a bad literal.
func MustParse(s string) Date {
	d, err := Parse(s)
	if err != nil {
		panic(err) //nolint:forbidigo // a wrong literal is a mistake of the program
	}
	return d
}

func fromTime(t time.Time) Date { return Date{int32(t.Unix()/86400) + 1} }

func (d Date) time() time.Time { return time.Unix(int64(d.days-1)*86400, 0).UTC() }

// IsZero reports whether there is no date.
func (d Date) IsZero() bool { return d.days == 0 }

// Before reports d < o.
func (d Date) Before(o Date) bool { return d.days < o.days }

// After reports d > o.
func (d Date) After(o Date) bool { return d.days > o.days }

// AddDays returns the date n days later; of no date, no date.
func (d Date) AddDays(n int) Date {
	if d.IsZero() {
		return d
	}
	return Date{d.days + int32(n)}
}

// AddMonths returns the date n months later; a month without that day gives its last day
// (民法典 art. 202). Of no date, it returns no date.
func (d Date) AddMonths(n int) Date {
	if d.IsZero() {
		return d
	}
	y, m, day := d.time().Date()
	first := time.Date(y, m+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return fromTime(first.AddDate(0, 0, min(day, last)-1))
}

// DaysUntil returns the days from d to o, the first counted and the last not (算头不算尾).
func (d Date) DaysUntil(o Date) int { return int(o.days - d.days) }

// YMD returns year, month and day.
func (d Date) YMD() (int, time.Month, int) { return d.time().Date() }

// Start returns the instant at which the day begins in Asia/Shanghai.
func (d Date) Start() time.Time {
	y, m, day := d.YMD()
	return time.Date(y, m, day, 0, 0, 0, 0, Zone)
}

// String returns YYYY-MM-DD, or "" when there is no date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.time().Format(layout)
}

// MarshalText writes YYYY-MM-DD.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what Parse reads; an empty text is no date.
func (d *Date) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*d = Date{}
		return nil
	}
	p, err := Parse(string(b))
	if err != nil {
		return err
	}
	*d = p
	return nil
}

// Min returns the earlier date.
func Min(a, b Date) Date {
	if b.Before(a) {
		return b
	}
	return a
}

// Max returns the later date.
func Max(a, b Date) Date {
	if a.Before(b) {
		return b
	}
	return a
}
