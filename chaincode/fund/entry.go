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

// Book adds to a month by how much a claim's earnings moved, and returns new entries in the order of booking. That is
// the order of months but for clocks that differ at a month's end.
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

// In is what the entries of a month come to, zero where nothing was booked.
func In(entries []Entry, m Month) Entry {
	return sum(m, entries, func(e Entry) bool { return e.Month == m })
}

// Through is what all months up to and including m come to. Neither amount of it ever falls as entries and months are added.
func Through(entries []Entry, m Month) Entry {
	return sum(m, entries, func(e Entry) bool { return e.Month <= m })
}

func sum(m Month, entries []Entry, counts func(Entry) bool) Entry {
	total := Entry{Month: m}
	for _, e := range entries {
		if counts(e) {
			total.Accrued, total.TakenBack = total.Accrued.Add(e.Accrued), total.TakenBack.Add(e.TakenBack)
		}
	}
	return total
}

// Unreported is what a report of the month has to say of a claim: all that was booked by the month's end less what earlier
// reports said. So what a report left out, what was booked before the first, and what a late clock booked into a month that was
// reported already are in the next one. Of a month that was reported it is what was said then.
func Unreported(booked, reported []Entry, m Month) Entry {
	if slices.ContainsFunc(reported, func(e Entry) bool { return e.Month >= m }) {
		return In(reported, m)
	}
	all, said := Through(booked, m), Through(reported, m)
	return Entry{Month: m, Accrued: all.Accrued.Sub(said.Accrued), TakenBack: all.TakenBack.Sub(said.TakenBack)}
}

// Covered is what of a claim may stand settled: what its reports accrued, less all that was taken back, reported or not.
func Covered(booked, reported []Entry) money.Amount {
	every := func(Entry) bool { return true }
	return sum("", reported, every).Accrued.Sub(sum("", booked, every).TakenBack)
}
