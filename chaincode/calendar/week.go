package calendar

import "time"

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday { return d.time().Weekday() }
