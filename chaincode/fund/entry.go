package fund

import (
	"slices"

	"decore/chaincode/money"
)

// Entry is what a claim took in one month and gave back in it (当月计提与冲回), by the day of booking.
type Entry struct {
	Month     Month        `json:"month"`
	Accrued   money.Amount `json:"accrued"`
	TakenBack money.Amount `json:"takenBack"`
}

// Net is what the month added, which may be below zero.
func (e Entry) Net() money.Amount { return e.Accrued.Sub(e.TakenBack) }

// Book adds to a month by how much a claim's earnings moved, and returns new entries in order of time. Months
// are booked in the order in which they come.
func Book(entries []Entry, m Month, before, after money.Amount) []Entry {
	added := after.Sub(before)
	if added.IsZero() {
		return entries
	}
	entries = slices.Clone(entries)
	if n := len(entries); n == 0 || entries[n-1].Month != m {
		entries = append(entries, Entry{Month: m})
	}
	last := &entries[len(entries)-1]
	if added.IsPositive() {
		last.Accrued = last.Accrued.Add(added)
	} else {
		last.TakenBack = last.TakenBack.Sub(added)
	}
	return entries
}

// In returns the entry of a month, a zero one where nothing was booked.
func In(entries []Entry, m Month) Entry {
	for _, e := range entries {
		if e.Month == m {
			return e
		}
	}
	return Entry{Month: m}
}

// Through is the net of all months up to and including m.
func Through(entries []Entry, m Month) money.Amount {
	sum := money.Zero
	for _, e := range entries {
		if e.Month <= m {
			sum = sum.Add(e.Net())
		}
	}
	return sum
}
