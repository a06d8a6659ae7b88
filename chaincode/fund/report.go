package fund

import (
	"fmt"
	"slices"

	"decore/chaincode/calendar"
	"decore/chaincode/fault"
	"decore/chaincode/ident"
	lc "decore/chaincode/lifecycle"
	"decore/chaincode/money"
)

// MaxLines is the most lines of a report; a longer one is filed in parts.
const MaxLines = 1000

// maxParts is the most reports of a month.
const maxParts = 200

// Line is what one claim took and gave back by the end of the month of a report, and no earlier report said.
type Line struct {
	Claim     string       `json:"claim" doc:"Record ID of the claim (申领编号)"`
	Accrued   money.Amount `json:"accrued" doc:"Accrued by the month's end and not reported before, yuan (本月计提，含以前未报)"`
	TakenBack money.Amount `json:"takenBack" doc:"Taken back by the month's end and not reported before, yuan (本月冲回，含以前未报)"`
}

// FileArgs are the private arguments of file.
type FileArgs struct {
	Fund      string       `json:"fund" doc:"Record ID of the bank's fund (资金户编号)"`
	Month     Month        `json:"month" doc:"Month that is reported (报送月份)"`
	Lines     []Line       `json:"lines" doc:"In the order of claim IDs, each once a month (明细，按申领编号升序)"`
	Accrued   money.Amount `json:"accrued" doc:"Sum of the lines (本月计提合计)"`
	TakenBack money.Amount `json:"takenBack" doc:"Sum of the lines (本月冲回合计)"`
	Final     bool         `json:"final" doc:"The last report of the month, which is then complete (当月报齐)"`
}

// Report are the private terms of a monthly report (月报), which its bank and the bureau read.
type Report struct {
	FileArgs
	Policy string     `json:"policy"`
	Bank   ident.USCC `json:"bank"`
	Bureau ident.USCC `json:"bureau"`
	Reason string     `json:"reason,omitzero"` // for which it was sent back
}

// Parties lists who may read the report.
func (r Report) Parties() []ident.USCC { return []ident.USCC{r.Bank, r.Bureau} }

// Related returns the party in a relation to the report, "" for none.
func (r Report) Related(as lc.Relation) ident.USCC {
	switch as {
	case lc.Lender:
		return r.Bank
	case lc.Bureau:
		return r.Bureau
	}
	return ""
}

// Part is one report of a month.
type Part struct {
	Report    string       `json:"report"`
	Last      string       `json:"last,omitzero"` // claim of its last line; of a report without a line that of the part before
	Lines     int          `json:"lines"`
	Accrued   money.Amount `json:"accrued"`
	TakenBack money.Amount `json:"takenBack"`
	Accepted  bool         `json:"accepted,omitzero"`
}

// ReportedMonth is a month of a fund with its reports.
type ReportedMonth struct {
	Month    Month  `json:"month"`
	Parts    []Part `json:"parts"`
	Complete bool   `json:"complete,omitzero"`
}

// accepted reports whether the month is complete and every report of it is accepted.
func (m ReportedMonth) accepted() bool {
	return m.Complete && !slices.ContainsFunc(m.Parts, func(p Part) bool { return !p.Accepted })
}

// Next is the month whose report is due next (应报送月份).
func (f Fund) Next() Month {
	n := len(f.Months)
	switch {
	case n == 0:
		return f.First
	case f.Months[n-1].Complete:
		return f.Months[n-1].Month.Add(1)
	}
	return f.Months[n-1].Month
}

// Covered is the last complete and accepted month; none while there is none.
func (f Fund) Covered() Month { return f.accepted() }

func (f Fund) accepted() Month {
	last := Month("")
	for _, m := range f.Months {
		if !m.accepted() {
			break
		}
		last = m.Month
	}
	return last
}

// LastClaim is the claim behind which the next report of the month begins; none at its start.
func (f Fund) LastClaim(m Month) string {
	if n := len(f.Months); n > 0 && f.Months[n-1].Month == m && len(f.Months[n-1].Parts) > 0 {
		parts := f.Months[n-1].Parts
		return parts[len(parts)-1].Last
	}
	return ""
}

// File takes a report over (月报). Whether its lines are what the ledger booked is for the caller to know.
func (f Fund) File(id string, a FileArgs, today calendar.Date) (Fund, Report, error) {
	if err := f.fileable(a, today); err != nil {
		return f, Report{}, err
	}
	last, err := f.lines(a)
	if err != nil {
		return f, Report{}, err
	}
	f.Months = slices.Clone(f.Months)
	if n := len(f.Months); n == 0 || f.Months[n-1].Month != a.Month {
		f.Months = append(f.Months, ReportedMonth{Month: a.Month, Parts: []Part{}})
	}
	m := &f.Months[len(f.Months)-1]
	m.Parts = append(slices.Clone(m.Parts), Part{Report: id, Last: last, Lines: len(a.Lines), Accrued: a.Accrued, TakenBack: a.TakenBack})
	m.Complete = a.Final
	f.Reported, f.TakenBack = f.Reported.Add(a.Accrued), f.TakenBack.Add(a.TakenBack)
	return f, Report{FileArgs: a, Policy: f.Policy, Bank: f.Bank, Bureau: f.Bureau}, nil
}

// Fileable refuses a month that is not the one to be reported: it is complete (PERIOD_CLOSED), or it is not over, or an earlier
// one is not reported and accepted (PERIOD_OPEN).
func (f Fund) Fileable(m Month, today calendar.Date) error {
	next := f.Next()
	switch {
	case m.IsZero():
		return fault.New(fault.FieldRequired, "/month")
	case m < next:
		return fault.New(fault.PeriodClosed, "/month")
	case m > next || !m.Over(today) || f.waiting(m):
		return fault.New(fault.PeriodOpen, "/month")
	}
	return nil
}

// fileable refuses a month that is not the one to be reported, and a report that is too large.
func (f Fund) fileable(a FileArgs, today calendar.Date) error {
	if err := f.Fileable(a.Month, today); err != nil {
		return err
	}
	switch {
	case len(a.Lines) > MaxLines || len(f.Months) >= maxMonths:
		return fault.New(fault.TooMany, "/lines")
	case len(a.Lines) == 0 && !a.Final:
		return fault.New(fault.FieldRequired, "/lines")
	}
	if n := len(f.Months); n > 0 && f.Months[n-1].Month == a.Month && len(f.Months[n-1].Parts) >= maxParts {
		return fault.New(fault.TooMany, "")
	}
	return nil
}

// waiting reports whether an earlier month still has a report that is not accepted. What is to be reported rests upon it.
func (f Fund) waiting(m Month) bool {
	return slices.ContainsFunc(f.Months, func(r ReportedMonth) bool { return r.Month < m && !r.accepted() })
}

// lines checks the order of the lines and their sums, and returns the last claim.
func (f Fund) lines(a FileArgs) (last string, err error) {
	last = f.LastClaim(a.Month)
	accrued, takenBack := money.Zero, money.Zero
	for i, l := range a.Lines {
		switch {
		case l.Claim <= last:
			return "", fault.New(fault.LineRepeated, fmt.Sprintf("/lines/%d/claim", i))
		case l.Accrued.IsZero() && l.TakenBack.IsZero():
			return "", fault.New(fault.AmountNotPositive, fmt.Sprintf("/lines/%d/accrued", i))
		}
		last = l.Claim
		accrued, takenBack = accrued.Add(l.Accrued), takenBack.Add(l.TakenBack)
	}
	switch {
	case accrued.Cmp(a.Accrued) != 0:
		return "", fault.New(fault.SumMismatch, "/accrued")
	case takenBack.Cmp(a.TakenBack) != 0:
		return "", fault.New(fault.SumMismatch, "/takenBack")
	}
	return last, nil
}

// Matches refuses a line that is not what is to be reported of its claim; i is its place.
func (l Line) Matches(booked Entry, i int) error {
	switch {
	case l.Accrued.Cmp(booked.Accrued) != 0:
		return fault.New(fault.ReportMismatch, fmt.Sprintf("/lines/%d/accrued", i))
	case l.TakenBack.Cmp(booked.TakenBack) != 0:
		return fault.New(fault.ReportMismatch, fmt.Sprintf("/lines/%d/takenBack", i))
	}
	return nil
}

// Accept takes over that a report was accepted; those of a month are accepted in their order.
func (f Fund) Accept(report string) (Fund, error) {
	for i, m := range f.Months {
		for j, p := range m.Parts {
			switch {
			case p.Report == report:
				f.Months = slices.Clone(f.Months)
				f.Months[i].Parts = slices.Clone(m.Parts)
				f.Months[i].Parts[j].Accepted = true
				return f, nil
			case !p.Accepted:
				return f, fault.New(fault.PeriodOpen, "")
			}
		}
	}
	return f, fault.New(fault.RecordNotFound, "/subject")
}

// Retract takes the last report of all out again, when it is withdrawn or sent back. Others stand upon the earlier
// ones.
func (f Fund) Retract(report string) (Fund, error) {
	n := len(f.Months)
	if n == 0 {
		return f, fault.New(fault.RecordNotFound, "/subject")
	}
	m := f.Months[n-1]
	last := m.Parts[len(m.Parts)-1]
	if last.Report != report {
		return f, fault.New(fault.NotLastReport, "")
	}
	f.Months = slices.Clone(f.Months)
	f.Months[n-1].Parts, f.Months[n-1].Complete = m.Parts[:len(m.Parts)-1:len(m.Parts)-1], false
	if len(m.Parts) == 1 {
		f.Months = f.Months[:n-1]
	}
	f.Reported, f.TakenBack = f.Reported.Sub(last.Accrued), f.TakenBack.Sub(last.TakenBack)
	return f, nil
}
