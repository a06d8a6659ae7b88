package api

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"decore/adapters/fundsheet"
	"decore/adapters/spreadsheet"
	"decore/chaincode/fault"
	"decore/chaincode/fund"
	"decore/chaincode/money"
	"decore/gateway/desk"
	"decore/gateway/problem"
)

// ReportAnswer is a report that was filed.
type ReportAnswer struct {
	Month     fund.Month   `json:"month" doc:"Month (月份)"`
	Lines     int          `json:"lines" doc:"How many claims (笔数)"`
	Accrued   money.Amount `json:"accrued" doc:"Sum (本月计提合计)"`
	TakenBack money.Amount `json:"takenBack" doc:"Sum (本月冲回合计)"`
	Reports   []Written    `json:"reports" doc:"The reports as which it was filed, of at most 1,000 lines each (月报)"`
	DryRun    bool         `json:"dryRun,omitzero" doc:"Nothing was recorded (试运行)"`
}

// maxReportFaults bounds the faults that are told of a sheet.
const maxReportFaults = 200

// reportReader compares the rows of a sheet with those that the ledger gives.
type reportReader struct {
	want   fund.FileArgs
	own    map[string]bool                // the bank's claims under the policy
	rows   map[string]fundsheet.ReportRow // by claim, and that of the sums by its word
	seen   map[string]bool
	faults []problem.Item
	ofSums []problem.Item // faults of the row of sums
}

// importReport files the report of the next month as a sheet has it. Every row is compared first, and all that is to be filed is
// tried before any of it is submitted: a sheet with a fault books nothing.
func (a *API) importReport(ctx context.Context, e *exchange, in *FundUpload) (*reply, error) {
	request := sha256.Sum256(slices.Concat([]byte(e.path+"\n"), in.hash[:]))
	return a.keyed(ctx, e, in.Key, request, func(k *key) (*reply, error) {
		seed, err := k.seed(ctx)
		if err != nil {
			return nil, err
		}
		again := k.intent != nil // its commands may be on the ledger already
		if again {
			if err := a.wholly(ctx); err != nil {
				return nil, err
			}
		}
		report, begun, err := a.readReport(ctx, e, in, again)
		if err != nil {
			return nil, err
		}
		out, err := a.fileReport(ctx, e, report, seed, again && begun)
		k.final = err == nil
		return out, err
	})
}

// readReport reads a sheet that must be the whole report of a month, and tells whether the ledger has some of it: a repeat
// after a crash is of a month that may be filed.
func (a *API) readReport(ctx context.Context, e *exchange, in *FundUpload, again bool) (whole fund.FileArgs, begun bool, err error) {
	f, err := a.fund(ctx, e, in.ID)
	if err != nil {
		return whole, false, err
	}
	table, err := a.sheetOf(ctx, &in.Upload, fundsheet.Report)
	if err != nil {
		return whole, false, err
	}
	claims, err := a.claimsOf(ctx, e, f.Policy, f.Bank)
	if err != nil {
		return whole, false, err
	}
	month, err := a.monthOf(ctx, table, f, again)
	if err != nil {
		return whole, false, err
	}
	lines, err := a.reportLines(ctx, month, claims)
	if err != nil {
		return whole, false, err
	}
	r := newReportReader(wholeReport(in.ID, month, claims), claims, fundsheet.ReportRows(month, lines))
	for row, err := range table.Rows(ctx) {
		if err != nil {
			return whole, false, sheetProblem(err)
		}
		r.row(row)
	}
	wrong := r.problem()
	if month < f.Next() && !again {
		return whole, false, filedBefore(f, month, wrong == nil)
	}
	return r.want, month < f.Next() || f.LastClaim(month) != "", wrong
}

// filedBefore tells as which reports a month was filed, and whether they say what the sheet does: who was cut off then knows that
// nothing is left to be done.
func filedBefore(f fund.Fund, m fund.Month, same bool) error {
	var reports []string
	for _, month := range f.Months {
		for _, p := range month.Parts {
			if month.Month == m {
				reports = append(reports, p.Report)
			}
		}
	}
	en, zh := "this sheet was already filed as ", "本表此前已报送，月报编号："
	if !same {
		en, zh = "this sheet is not what was filed as ", "本表与此前已报送的月报不一致，月报编号："
	}
	all := strings.Join(reports, ", ")
	why := problem.Text{En: en + all, Zh: zh + all}
	return problem.New(problem.RowsRefused).Found(problem.NewItem("", string(fault.PeriodClosed), nil, why)).Because(why.En, why.Zh)
}

// sheetOf reads an uploaded sheet of a layout.
func (a *API) sheetOf(ctx context.Context, in *Upload, layout spreadsheet.Layout) (*spreadsheet.Table, error) {
	file, err := spreadsheet.Open(ctx, in.file, in.size, spreadsheet.Limits{MaxBytes: a.limits.Sheet, MaxRows: a.limits.Rows})
	if err != nil {
		return nil, sheetProblem(err)
	}
	table, err := file.Table(ctx, layout)
	if err != nil {
		return nil, sheetProblem(err)
	}
	return table, nil
}

// monthOf takes the month from the sheet's first row: the one that is due, or one that was reported.
func (a *API) monthOf(ctx context.Context, table *spreadsheet.Table, f fund.Fund, again bool) (fund.Month, error) {
	for row, err := range table.Rows(ctx) {
		if err != nil {
			return "", sheetProblem(err)
		}
		m, err := fund.ParseMonth(row.Get(fundsheet.MonthOf))
		var wrong *problem.Problem
		switch {
		case err != nil:
			wrong = problem.Invalid(problem.FromField(err))
		case m < f.Next() && (again || slices.ContainsFunc(f.Months, func(r fund.ReportedMonth) bool { return r.Month == m })):
			return m, nil
		case m < f.Next():
			wrong = problem.From(fault.New(fault.PeriodClosed, ""))
		case m > f.Next() || !m.Over(a.today()):
			wrong = problem.From(fault.New(fault.PeriodOpen, ""))
		default:
			return m, nil
		}
		return "", problem.New(problem.RowsRefused).Found(itemAt(row, fundsheet.MonthOf, wrong))
	}
	return "", problem.New(problem.SheetRefused)
}

func newReportReader(want fund.FileArgs, claims []bankClaim, rows []fundsheet.ReportRow) *reportReader {
	r := &reportReader{want: want, own: map[string]bool{}, rows: map[string]fundsheet.ReportRow{}, seen: map[string]bool{}}
	for _, c := range claims {
		r.own[c.id] = true
	}
	for _, row := range rows {
		r.rows[row[0]] = row
	}
	return r
}

// row compares one row, the row of sums among them. One with a cell that cannot be read is there all the same, and not left out.
func (r *reportReader) row(row spreadsheet.Row) {
	claim := row.Get(fundsheet.Claim)
	if len(row.Faults) > 0 {
		f := row.Faults[0]
		r.fault(problem.NewItem(at(row, f), string(f.Code), nil, problem.Text{En: f.In(english), Zh: f.In(chinese)}))
		r.seen[claim] = true
		return
	}
	wrong := func(column string, code fault.Code) { r.fault(itemAt(row, column, problem.From(fault.New(code, "")))) }
	switch ours, booked := r.rows[claim]; {
	case row.Get(fundsheet.MonthOf) != string(r.want.Month):
		wrong(fundsheet.MonthOf, fault.PeriodClosed)
	case r.seen[fundsheet.TotalWord]:
		wrong(fundsheet.Claim, fault.SumMismatch) // something stands below the sums
	case claim != fundsheet.TotalWord && !r.own[claim]:
		wrong(fundsheet.Claim, fault.ForeignClaim)
	case r.seen[claim]:
		wrong(fundsheet.Claim, fault.LineRepeated)
	case !booked:
		wrong(fundsheet.Accrued, fault.ReportMismatch) // nothing was booked for the claim
	default:
		r.compare(row, claim, ours)
	}
	r.seen[claim] = true
}

// compare tells every cell in which a row is not the ledger's.
func (r *reportReader) compare(row spreadsheet.Row, claim string, ours fundsheet.ReportRow) {
	code, into := fault.ReportMismatch, &r.faults
	if claim == fundsheet.TotalWord {
		code, into = fault.SumMismatch, &r.ofSums
	}
	for _, d := range ours.Differing(row) {
		*into = append(*into, differs(row, d, string(code)))
	}
}

// differs is a cell with what the ledger has there.
func differs(row spreadsheet.Row, d fundsheet.Difference, code string) problem.Item {
	return itemAt(row, d.Column, problem.New(code).Because("the ledger has \""+d.Ours+"\"", "账本为“"+d.Ours+"”"))
}

func (r *reportReader) fault(i problem.Item) { r.faults = append(r.faults, i) }

// problem tells all that is wrong with the sheet, what it leaves out before what that does to its sums; nil when nothing is.
func (r *reportReader) problem() error {
	for _, l := range r.want.Lines {
		if !r.seen[l.Claim] {
			r.fault(leftOutItem(l.Claim, ""))
		}
	}
	r.faults = append(r.faults, r.ofSums...)
	if !r.seen[fundsheet.TotalWord] {
		r.fault(problem.NewItem("", string(fault.SumMismatch), nil, problem.Text{En: "the row of sums (合计) is missing", Zh: "缺少合计行"}))
	}
	if len(r.faults) == 0 {
		return nil
	}
	all := len(r.faults)
	return problem.New(problem.RowsRefused).Found(r.faults[:min(all, maxReportFaults)]...).
		Because(fmt.Sprintf("%d cells or rows have faults; nothing was filed", all), fmt.Sprintf("共 %d 处问题，未报送任何内容", all))
}

// itemAt is a problem at a column of a row.
func itemAt(row spreadsheet.Row, column string, p *problem.Problem) problem.Item {
	f := faultOf(row, column, p)
	return problem.NewItem(at(row, f), p.Code, nil, problem.Text{En: f.In(english), Zh: f.In(chinese)})
}

// at is the cell of a fault, or its row.
func at(row spreadsheet.Row, f spreadsheet.Fault) string {
	if f.Cell != "" {
		return f.Cell
	}
	return fmt.Sprintf("row %d", row.Number)
}

// fileReport files a whole report in as many parts as it takes. All are tried together before they are submitted, unless
// some of them were submitted before.
func (a *API) fileReport(ctx context.Context, e *exchange, whole fund.FileArgs, seed desk.Seed, begun bool) (*reply, error) {
	parts := partsOf(whole, fund.MaxLines)
	if !begun {
		outcomes, err := a.fileParts(ctx, e, parts, seed, true)
		if err != nil {
			return nil, err
		}
		if e.dry {
			return reportReply(whole, outcomes, true)
		}
	}
	outcomes, err := a.fileParts(ctx, e, parts, seed, false)
	if err != nil {
		return nil, err
	}
	return reportReply(whole, outcomes, false)
}

// fileParts signs and submits the parts, or only tries them. The first refusal is the error.
func (a *API) fileParts(ctx context.Context, e *exchange, parts []fund.FileArgs, seed desk.Seed, dry bool) ([]outcome, error) {
	as := *e
	as.dry = dry
	steps := make([]step, len(parts))
	for i, part := range parts {
		var err error
		steps[i], err = a.draft(&as, want{verb: fund.ReportTable.Kind + ".file", args: part, draw: desk.Draw{Seed: seed, Place: strconv.Itoa(i)}})
		if err != nil {
			return nil, err
		}
	}
	outcomes, err := a.carryOut(ctx, &as, steps)
	if err != nil {
		return nil, err
	}
	for _, o := range outcomes {
		if p := o.refusal(); p != nil {
			return nil, p
		}
	}
	return outcomes, nil
}

// partsOf cuts a report into parts of so many lines at most, of which the last is final. A report without a line is one part.
func partsOf(whole fund.FileArgs, most int) []fund.FileArgs {
	var parts []fund.FileArgs
	for lines := range slices.Chunk(whole.Lines, most) {
		p := fund.FileArgs{Fund: whole.Fund, Month: whole.Month, Lines: lines}
		for _, l := range lines {
			p.Accrued, p.TakenBack = p.Accrued.Add(l.Accrued), p.TakenBack.Add(l.TakenBack)
		}
		parts = append(parts, p)
	}
	if len(parts) == 0 {
		parts = []fund.FileArgs{{Fund: whole.Fund, Month: whole.Month, Lines: []fund.Line{}}}
	}
	parts[len(parts)-1].Final = true
	return parts
}

func reportReply(whole fund.FileArgs, outcomes []outcome, dry bool) (*reply, error) {
	out := ReportAnswer{Month: whole.Month, Lines: len(whole.Lines), Accrued: whole.Accrued, TakenBack: whole.TakenBack, Reports: make([]Written, len(outcomes)), DryRun: dry}
	for i, o := range outcomes {
		var err error
		if out.Reports[i], err = o.written(); err != nil {
			return nil, err
		}
	}
	return answer(http.StatusOK, out)
}

// checkStatement compares a statement with the ledger, row by row.
func (a *API) checkStatement(ctx context.Context, e *exchange, in *FundUpload) (*reply, error) {
	f, err := a.fund(ctx, e, in.ID)
	if err != nil {
		return nil, err
	}
	table, err := a.sheetOf(ctx, &in.Upload, fundsheet.Statement)
	if err != nil {
		return nil, err
	}
	rows, faults, i := fundsheet.Rows(f), []problem.Item{}, 0
	for row, err := range table.Rows(ctx) {
		switch {
		case err != nil:
			return nil, sheetProblem(err)
		case i >= len(rows):
			faults = append(faults, itemAt(row, fundsheet.Period, problem.New(problem.StatementMismatch).
				Because("the statement has no such row", "账本报表没有该行")))
		default:
			for _, d := range rows[i].Differing(row) {
				faults = append(faults, differs(row, d, problem.StatementMismatch))
			}
		}
		i++
	}
	if i < len(rows) {
		faults = append(faults, problem.NewItem("", problem.StatementMismatch, nil, problem.Text{En: "the row " + rows[i].Period + " is missing", Zh: "缺少行：" + rows[i].Period}))
	}
	if len(faults) > 0 {
		return nil, problem.New(problem.RowsRefused).Found(faults[:min(len(faults), maxReportFaults)]...)
	}
	return answer(http.StatusOK, FundStatement{in.ID, f.Statement(), f.Total()})
}
