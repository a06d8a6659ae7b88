package calendar_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the real Asia/Shanghai, wherever the tests run

	jsonv2 "github.com/go-json-experiment/json"
	"pgregory.net/rapid"

	"decore/chaincode/calendar"
)

func TestParse(t *testing.T) {
	for _, in := range []string{"1990-01-01", "2026-04-08", "2024-02-29", "2000-02-29", "2199-12-31"} {
		t.Run("reads "+in, func(t *testing.T) {
			if d, err := calendar.Parse(in); err != nil || d.String() != in || d.IsZero() {
				t.Errorf("got %s, %v", d, err)
			}
		})
	}
	for _, in := range []string{
		"", " ", "2026-02-29", "2100-02-29", "2026-02-30", "2026-04-31", "2026-13-01", "2026-00-10", "2026-01-00", "2026-01-32",
		"1989-12-31", "2200-01-01", "0000-00-00", "9999-12-31", "-2026-01-01", "+2026-01-01", "12026-01-01",
		"2026-1-1", "2026-1-01", "26-01-01", "2026/01/01", "2026.01.01", "20260101", "2026-01-01T00:00:00Z", "2026-01-01 ", " 2026-01-01",
		"2026年1月1日", "２０２６-01-01", "46113", "01-01-2026", "2026-Jan-01", "today", "2026-01-0\xff", strings.Repeat("2026-01-01", 1000),
	} {
		t.Run(fmt.Sprintf("refuses %.30q", in), func(t *testing.T) {
			d, err := calendar.Parse(in)
			if !errors.Is(err, calendar.ErrDate) || !d.IsZero() || len(err.Error()) > 300 {
				t.Errorf("got %s, %v", d, err)
			}
		})
	}
	t.Run("MustParse panics on a bad literal", func(t *testing.T) {
		defer func() {
			if recover() == nil {
				t.Error("no panic")
			}
		}()
		calendar.MustParse("2026-02-29")
	})
}

func TestAt(t *testing.T) {
	for _, c := range []struct{ name, instant, want string }{
		{"a nanosecond before midnight in Shanghai", "2026-04-08T15:59:59.999999999Z", "2026-04-08"},
		{"midnight in Shanghai", "2026-04-08T16:00:00Z", "2026-04-09"},
		{"midnight in Greenwich", "2026-04-08T00:00:00Z", "2026-04-08"},
		{"midnight in Shanghai as it is written there", "2026-04-09T00:00:00+08:00", "2026-04-09"},
		{"an evening in New York", "2026-04-08T20:00:00-04:00", "2026-04-09"},
		{"the turn of the year", "2025-12-31T16:00:00Z", "2026-01-01"},
		{"the last moment of a leap day", "2024-02-29T15:59:59Z", "2024-02-29"},
		{"the moment after a leap day", "2024-02-29T16:00:00Z", "2024-03-01"},
	} {
		t.Run(c.name, func(t *testing.T) {
			instant, err := time.Parse(time.RFC3339Nano, c.instant)
			if err != nil {
				t.Fatal(err)
			}
			if got := calendar.At(instant); got.String() != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	t.Run("agrees with the time zone database since daylight saving ended", rapid.MakeCheck(func(t *rapid.T) {
		first, last := calendar.MustParse("1991-09-16").Start().Unix(), calendar.MustParse("2199-12-31").Start().Unix()
		instant := time.Unix(rapid.Int64Range(first, last).Draw(t, "second"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanosecond"))
		if got, want := calendar.At(instant).String(), instant.In(shanghai).Format("2006-01-02"); got != want {
			t.Fatalf("%s: got %s, want %s", instant, got, want)
		}
	}))
	t.Run("begins and ends a day at Shanghai's midnights", rapid.MakeCheck(func(t *rapid.T) {
		d := anyDate.Draw(t, "d")
		start, end := d.Start(), d.AddDays(1).Start()
		if calendar.At(start) != d || calendar.At(end.Add(-1)) != d || calendar.At(end) != d.AddDays(1) || calendar.At(start.Add(-1)) != d.AddDays(-1) {
			t.Fatalf("%s runs from %s to %s", d, start, end)
		}
		if end.Sub(start) != 24*time.Hour {
			t.Fatalf("%s lasts %s", d, end.Sub(start))
		}
	}))
}

func TestAddMonths(t *testing.T) {
	for _, c := range []struct {
		from string
		n    int
		want string
	}{
		{"2026-01-31", 1, "2026-02-28"},
		{"2024-01-31", 1, "2024-02-29"},
		{"2024-01-30", 1, "2024-02-29"},
		{"2024-01-29", 1, "2024-02-29"},
		{"2024-02-29", 12, "2025-02-28"},
		{"2024-02-29", 48, "2028-02-29"},
		{"2024-02-29", -12, "2023-02-28"},
		{"2099-02-28", 12, "2100-02-28"},
		{"2096-02-29", 48, "2100-02-28"},
		{"2026-03-31", 1, "2026-04-30"},
		{"2026-03-31", -1, "2026-02-28"},
		{"2026-08-31", 6, "2027-02-28"},
		{"2026-12-31", 2, "2027-02-28"},
		{"2026-11-30", 3, "2027-02-28"},
		{"2026-12-15", 1, "2027-01-15"},
		{"2026-01-15", -1, "2025-12-15"},
		{"2026-04-08", 24, "2028-04-08"},
		{"2026-04-08", 0, "2026-04-08"},
		{"2026-02-28", 1, "2026-03-28"}, // the last day of February does not stick to the end
	} {
		t.Run(fmt.Sprintf("%s and %d months is %s", c.from, c.n, c.want), func(t *testing.T) {
			if got := calendar.MustParse(c.from).AddMonths(c.n); got.String() != c.want {
				t.Errorf("got %s", got)
			}
		})
	}
	t.Run("counts months on, then takes the day or the month's last", rapid.MakeCheck(func(t *rapid.T) {
		d := anyDate.Draw(t, "d")
		n := rapid.IntRange(-240, 240).Draw(t, "n")
		y, m, day := d.YMD()
		months := y*12 + int(m) - 1 + n
		y, m = months/12, time.Month(months%12+1)
		want := fmt.Sprintf("%04d-%02d-%02d", y, m, min(day, daysIn(y, m)))
		if got := d.AddMonths(n); got.String() != want {
			t.Fatalf("%s and %d months: got %s, want %s", d, n, got, want)
		}
	}))
}

func TestDaysUntil(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     int
	}{
		{"2026-04-08", "2026-04-08", 0},
		{"2026-04-08", "2026-04-09", 1},
		{"2026-01-01", "2028-01-01", 730},
		{"2026-03-01", "2028-03-01", 731},
		{"2026-12-31", "2028-12-31", 731},
		{"2026-02-28", "2026-03-01", 1},
		{"2024-02-28", "2024-03-01", 2},
		{"1990-01-01", "2199-12-31", 76700},
		{"2026-04-09", "2026-04-08", -1},
	} {
		t.Run(fmt.Sprintf("%s to %s is %d", c.from, c.to, c.want), func(t *testing.T) {
			if got := calendar.MustParse(c.from).DaysUntil(calendar.MustParse(c.to)); got != c.want {
				t.Errorf("got %d", got)
			}
		})
	}
	t.Run("is antisymmetric, adds up, and undoes AddDays", rapid.MakeCheck(func(t *rapid.T) {
		a, b, c := anyDate.Draw(t, "a"), anyDate.Draw(t, "b"), anyDate.Draw(t, "c")
		if a.DaysUntil(b) != -b.DaysUntil(a) {
			t.Fatalf("%s to %s is %d, and back %d", a, b, a.DaysUntil(b), b.DaysUntil(a))
		}
		if a.DaysUntil(b)+b.DaysUntil(c) != a.DaysUntil(c) {
			t.Fatalf("%s to %s to %s does not add up", a, b, c)
		}
		if a.AddDays(a.DaysUntil(b)) != b {
			t.Fatalf("%s and %d days is not %s", a, a.DaysUntil(b), b)
		}
	}))
	t.Run("orders dates as their texts", rapid.MakeCheck(func(t *rapid.T) {
		a, b := anyDate.Draw(t, "a"), anyDate.Draw(t, "b")
		before, after := a.String() < b.String(), a.String() > b.String()
		if a.Before(b) != before || a.After(b) != after || (a.DaysUntil(b) > 0) != before || (a == b) == (before || after) {
			t.Fatalf("%s and %s", a, b)
		}
		earlier, later := a, b
		if after {
			earlier, later = b, a
		}
		if calendar.Min(a, b) != earlier || calendar.Max(a, b) != later {
			t.Fatalf("min %s, max %s", calendar.Min(a, b), calendar.Max(a, b))
		}
	}))
}

func TestNoDate(t *testing.T) {
	var none calendar.Date
	t.Run("is the zero value, written as nothing", func(t *testing.T) {
		if !none.IsZero() || none.String() != "" {
			t.Errorf("got %q", none)
		}
	})
	t.Run("stays no date when time is added", func(t *testing.T) {
		if d := none.AddDays(30); !d.IsZero() {
			t.Errorf("got %s", d)
		}
		if d := none.AddMonths(1); !d.IsZero() {
			t.Errorf("got %s", d)
		}
	})
	t.Run("is before every day that can be read", func(t *testing.T) {
		if first := calendar.MustParse("1990-01-01"); !none.Before(first) || none.After(first) {
			t.Error("not before")
		}
	})
}

func TestJSON(t *testing.T) {
	type record struct {
		Due  calendar.Date `json:"due,omitzero"`
		Paid calendar.Date `json:"paid"`
	}
	for name, c := range map[string]struct {
		marshal   func(any) ([]byte, error)
		unmarshal func([]byte, any) error
	}{
		"encoding/json":      {json.Marshal, json.Unmarshal},
		"go-json-experiment": {func(v any) ([]byte, error) { return jsonv2.Marshal(v) }, func(b []byte, v any) error { return jsonv2.Unmarshal(b, v) }},
	} {
		t.Run("comes back as it went with "+name, func(t *testing.T) {
			for _, want := range []string{`{"due":"2026-04-08","paid":"2024-02-29"}`, `{"paid":""}`, `{"due":"2026-04-08","paid":""}`} {
				var r record
				if err := c.unmarshal([]byte(want), &r); err != nil {
					t.Fatal(err)
				}
				if b, err := c.marshal(r); string(b) != want || err != nil {
					t.Errorf("got %s, %v, want %s", b, err, want)
				}
			}
		})
		t.Run("refuses anything but an existing day with "+name, func(t *testing.T) {
			for _, bad := range []string{`"2026-02-29"`, `"2026-4-8"`, `" "`, `20260408`, `46113`, `{}`, `[]`, `true`} {
				r := record{Due: calendar.MustParse("2026-04-08")}
				if err := c.unmarshal([]byte(`{"due":`+bad+`}`), &r); err == nil {
					t.Errorf("%s was accepted: %s", bad, r.Due)
				}
				if r.Due.String() != "2026-04-08" {
					t.Errorf("%s changed the value to %s", bad, r.Due)
				}
			}
		})
	}
}

func TestOfNormalisesAsTimeDoes(t *testing.T) {
	if got := calendar.Of(2026, time.February, 30); got.String() != "2026-03-02" {
		t.Errorf("got %s", got)
	}
	if y, m, d := calendar.Of(2026, time.April, 8).YMD(); y != 2026 || m != time.April || d != 8 {
		t.Errorf("got %d %s %d", y, m, d)
	}
}

// anyDate draws days that Parse reads, far enough from the ends to add twenty years.
var anyDate = rapid.Custom(func(t *rapid.T) calendar.Date {
	return calendar.MustParse("2010-01-01").AddDays(rapid.IntRange(0, 60_000).Draw(t, "days"))
})

// daysIn is the Gregorian rule.
func daysIn(y int, m time.Month) int {
	switch {
	case m == time.February && y%4 == 0 && (y%100 != 0 || y%400 == 0):
		return 29
	case m == time.February:
		return 28
	case m == time.April || m == time.June || m == time.September || m == time.November:
		return 30
	default:
		return 31
	}
}

// isDate is the grammar of Parse, told by the Gregorian rule.
func isDate(s string) bool {
	var y, m, d int
	if len(s) != 10 || strings.Trim(s, "0123456789-") != "" {
		return false
	}
	if n, err := fmt.Sscanf(s, "%4d-%2d-%2d", &y, &m, &d); n != 3 || err != nil || s != fmt.Sprintf("%04d-%02d-%02d", y, m, d) {
		return false
	}
	return 1990 <= y && y <= 2199 && 1 <= m && m <= 12 && 1 <= d && d <= daysIn(y, time.Month(m))
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"2026-04-08", "2024-02-29", "2100-02-29", "1989-12-31", "2026-1-01", "２", "2026-01-01T", "\xff", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := calendar.Parse(s)
		if (err == nil) != isDate(s) {
			t.Fatalf("%q: got %s, %v", s, d, err)
		}
		if err == nil && d.String() != s {
			t.Errorf("%q became %s", s, d)
		}
	})
}
