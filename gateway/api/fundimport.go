package api

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"slices"
	"strconv"

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

// reportReader compares the rows of a sheet with what the ledger booked.
type reportReader struct {
	want    fund.FileArgs
	byClaim map[string]bankClaim // of the bank's, under the policy
	line    map[string]int       // where the claim stands in want
	seen    map[string]int       // row of a claim that was read
	sums    fund.Entry
	total   bool
	faults  []problem.Item
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
	r := newReportReader(wholeReport(in.ID, month, claims), claims)
	for row, err := range table.Rows(ctx) {
		if err != nil {
			return whole, false, sheetProblem(err)
		}
		r.row(row)
	}
	return r.want, month < f.Next() || f.LastClaim(month) != "", r.problem()
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

// monthOf takes the month from the sheet's first row: the one that is due, or in a repeat the one that was.
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
		case again && m < f.Next():
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

func newReportReader(want fund.FileArgs, claims []bankClaim) *reportReader {
	r := &reportReader{want: want, byClaim: map[string]bankClaim{}, line: map[string]int{}, seen: map[string]int{}}
	for _, c := range claims {
		r.byClaim[c.id] = c
	}
	for i, l := range want.Lines {
		r.line[l.Claim] = i
	}
	return r
}

// row compares one row, the row of sums among them.
func (r *reportReader) row(row spreadsheet.Row) {
	if len(row.Faults) > 0 {
		f := row.Faults[0]
		r.fault(problem.NewItem(at(row, f), string(f.Code), nil, problem.Text{En: f.In(english), Zh: f.In(chinese)}))
		return
	}
	accrued, errA := money.Parse(row.Get(fundsheet.Accrued))
	takenBack, errB := money.Parse(row.Get(fundsheet.TakenBack))
	claim := row.Get(fundsheet.Claim)
	known, own := r.byClaim[claim]
	i, booked := r.line[claim]
	wrong := func(column string, code fault.Code) { r.fault(itemAt(row, column, problem.From(fault.New(code, "")))) }
	switch {
	case errA != nil:
		r.fault(itemAt(row, fundsheet.Accrued, problem.Invalid(problem.FromField(errA))))
	case errB != nil:
		r.fault(itemAt(row, fundsheet.TakenBack, problem.Invalid(problem.FromField(errB))))
	case row.Get(fundsheet.MonthOf) != string(r.want.Month):
		wrong(fundsheet.MonthOf, fault.PeriodClosed)
	case r.total:
		wrong(fundsheet.Claim, fault.SumMismatch) // something stands below the sums
	case claim == fundsheet.TotalWord:
		r.sum(accrued, takenBack, wrong)
	case !own:
		wrong(fundsheet.Claim, fault.ForeignClaim)
	case r.seen[claim] > 0:
		wrong(fundsheet.Claim, fault.LineRepeated)
	case row.Get(fundsheet.Loan) != "" && row.Get(fundsheet.Loan) != known.Loan.ID:
		wrong(fundsheet.Loan, fault.ReportMismatch)
	case row.Get(fundsheet.Household) != "" && row.Get(fundsheet.Household) != string(known.Loan.Household):
		wrong(fundsheet.Household, fault.ReportMismatch)
	case !booked || accrued.Cmp(r.want.Lines[i].Accrued) != 0:
		wrong(fundsheet.Accrued, fault.ReportMismatch)
	case takenBack.Cmp(r.want.Lines[i].TakenBack) != 0:
		wrong(fundsheet.TakenBack, fault.ReportMismatch)
	}
	if claim != fundsheet.TotalWord {
		r.seen[claim] = row.Number
		r.sums.Accrued, r.sums.TakenBack = r.sums.Accrued.Add(accrued), r.sums.TakenBack.Add(takenBack)
	}
}

// sum compares the row of sums with the rows above it.
func (r *reportReader) sum(accrued, takenBack money.Amount, wrong func(string, fault.Code)) {
	r.total = true
	switch {
	case accrued.Cmp(r.sums.Accrued) != 0:
		wrong(fundsheet.Accrued, fault.SumMismatch)
	case takenBack.Cmp(r.sums.TakenBack) != 0:
		wrong(fundsheet.TakenBack, fault.SumMismatch)
	}
}

func (r *reportReader) fault(i problem.Item) {
	if len(r.faults) < maxReportFaults {
		r.faults = append(r.faults, i)
	}
}

// problem tells all that is wrong with the sheet, claims that it leaves out among it; nil when nothing is.
func (r *reportReader) problem() error {
	for _, l := range r.want.Lines {
		if r.seen[l.Claim] == 0 {
			r.fault(problem.NewItem("", string(fault.ReportMismatch), nil, problem.Text{En: "the claim " + l.Claim + " is left out", Zh: "漏报申领 " + l.Claim}))
		}
	}
	if !r.total {
		r.fault(problem.NewItem("", string(fault.SumMismatch), nil, problem.Text{En: "the row of sums (合计) is missing", Zh: "缺少合计行"}))
	}
	if len(r.faults) == 0 {
		return nil
	}
	return problem.New(problem.RowsRefused).Found(r.faults...).
		Because(fmt.Sprintf("%d rows have faults; nothing was filed", len(r.faults)), fmt.Sprintf("共 %d 处问题，未报送任何内容", len(r.faults)))
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
	parts := partsOf(whole)
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

// partsOf cuts a report into parts that fit.
func partsOf(whole fund.FileArgs) []fund.FileArgs {
	var parts []fund.FileArgs
	for lines := range slices.Chunk(whole.Lines, fund.MaxLines) {
		p := fund.FileArgs{Fund: whole.Fund, Month: whole.Month, Lines: lines}
		for _, l := range lines {
			p.Accrued, p.TakenBack = p.Accrued.Add(l.Accrued), p.TakenBack.Add(l.TakenBack)
		}
		parts = append(parts, p)
	}
	if len(parts) == 0 {
		return []fund.FileArgs{whole}
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
	mismatch := problem.From(fault.New(fault.ReportMismatch, ""))
	for row, err := range table.Rows(ctx) {
		switch {
		case err != nil:
			return nil, sheetProblem(err)
		case i >= len(rows):
			faults = append(faults, itemAt(row, fundsheet.Period, mismatch))
		default:
			if column := rows[i].Differing(row); column != "" {
				faults = append(faults, itemAt(row, column, mismatch))
			}
		}
		i++
	}
	if i < len(rows) {
		faults = append(faults, problem.NewItem("", mismatch.Code, nil, problem.Text{En: "the row " + rows[i].Period + " is missing", Zh: "缺少行：" + rows[i].Period}))
	}
	if len(faults) > 0 {
		return nil, problem.New(problem.RowsRefused).Found(faults[:min(len(faults), maxReportFaults)]...)
	}
	return answer(http.StatusOK, FundStatement{in.ID, f.Statement(), f.Total()})
}
