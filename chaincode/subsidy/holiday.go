package subsidy

import (
	"slices"
	"time"

	"decore/chaincode/calendar"
)

// HolidayRule says what becomes of a maturity on a day on which banks are closed. The notice is silent, so it is a setting.
type HolidayRule string

// The holiday rules.
const (
	StayOnHoliday  HolidayRule = ""                 // the day of the contract stands
	NextWorkingDay HolidayRule = "next-working-day" // it is the day after the holiday (民法典 art. 203)
)

// DayOff lists the days that the working calendar moves; every Saturday and Sunday is off beside them. The State
// Council announces them each autumn for the year to come, so they are data (国务院办公厅节假日安排).
// A claim keeps those of its policy's version: days announced later move nothing that was claimed before.
type DayOff struct {
	Holidays []calendar.Date `json:"holidays,omitzero"` // 法定休假日及调休
	Workdays []calendar.Date `json:"workdays,omitzero"` // 调休上班的周末
}

// maxShift bounds the search for a working day; no holiday is longer than a few weeks.
const maxShift = 31

// working reports whether banks are open on the day.
func (o DayOff) working(d calendar.Date) bool {
	weekend := d.Weekday() == time.Saturday || d.Weekday() == time.Sunday
	return !slices.Contains(o.Holidays, d) && (!weekend || slices.Contains(o.Workdays, d))
}

// maturity is the day on which the subsidised days of the loan end at the latest: its first maturity unless the policy
// subsidises an extension too (展期), moved where it falls on a holiday.
func (p Policy) maturity(l Loan) calendar.Date {
	d := l.Maturity
	if !p.SubsidiseExtension && !l.FirstMaturity.IsZero() {
		d = calendar.Min(d, l.FirstMaturity)
	}
	if p.MaturityOnHoliday != NextWorkingDay {
		return d
	}
	for range maxShift {
		if p.DaysOff.working(d) {
			break
		}
		d = d.AddDays(1)
	}
	return d
}
