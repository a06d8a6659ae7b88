package subsidy_test

import (
	"errors"
	"slices"
	"testing"

	"decore/chaincode/subsidy"
)

func TestWorkingDays(t *testing.T) {
	for maturity, want := range map[string]string{
		"2027-04-30": "2027-04-30", // a Friday
		"2027-05-01": "2027-05-06", // a holiday, up to the next working day
		"2027-05-08": "2027-05-08", // a Saturday that is worked
		"2027-05-15": "2027-05-17", // a Saturday
	} {
		p := policy2026(t, func(p *subsidy.Policy) {
			p.MaturityOnHoliday = subsidy.NextWorkingDay
			p.DaysOff.Holidays = append(p.DaysOff.Holidays, day("2027-05-01"), day("2027-05-03"), day("2027-05-04"), day("2027-05-05"))
			p.DaysOff.Workdays = append(p.DaysOff.Workdays, day("2027-05-08"))
		})
		periods := p.Schedule(goldenYear(running("2026-04-08", maturity)), yuan("8000000.00"))
		if got := periods[len(periods)-1].To; got != day(want) {
			t.Errorf("due %s: the days end on %s, want %s", maturity, got, want)
		}
	}
}

func TestValidateChangedLoans(t *testing.T) {
	for _, v := range []struct {
		name, field string
		change      func(*subsidy.Loan)
	}{
		{"a first maturity after the extended one", "firstMaturity", func(l *subsidy.Loan) { l.FirstMaturity = l.Maturity }},
		{"a rate from the first day", "rates[0].from", func(l *subsidy.Loan) { l.Rates = []subsidy.RateChange{{From: l.Disbursed}} }},
		{"a contract that settles every five months", "settlement.everyMonths", func(l *subsidy.Loan) { l.Settlement = &subsidy.Settlement{EveryMonths: 5, Day: 20} }},
		{"a contract that settles on the 31st", "settlement.day", func(l *subsidy.Loan) { l.Settlement = &subsidy.Settlement{EveryMonths: 1, Day: 31} }},
	} {
		t.Run(v.name+" is refused and named", func(t *testing.T) {
			if err := goldenYear(v.change).Validate(); !errors.Is(err, subsidy.ErrLoan) || !slices.Equal(fieldsOf(err), []string{v.field}) {
				t.Errorf("got %v", err)
			}
		})
	}
}
