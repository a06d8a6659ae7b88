package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"decore/adapters/spreadsheet"
	"decore/chaincode/evidence"
	"decore/chaincode/fund"
	"decore/gateway/problem"
	"decore/gateway/projection"
	"decore/gateway/receipt"
	"decore/gateway/verification"
)

// dossierLines are the lines of a part of a dossier when their number is left out. With their commands they are some ten megabytes.
const dossierLines = 500

// DossierQuery asks for a part of the dossier of a month.
type DossierQuery struct {
	RecordPath
	Month  string `query:"month" required:"true" maxLength:"7" doc:"Month, YYYY-MM (月份)"`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" doc:"Most lines of a part, 500 when left out; it has fewer where their commands are many (每份最多笔数)"`
	Cursor string `query:"cursor" maxLength:"400" doc:"The next of the part before (游标)"`
	Format string `query:"format" enum:"json,xlsx" doc:"json, the proofs, when left out; xlsx is the list of all lines of the month, in one sheet (格式)"`
}

func (a *API) dossierRoute() {
	handle(a, route{method: http.MethodGet, path: "/v1/subsidy/funds/{id}/dossier", id: "fund.dossier", tag: tagSubsidy, roles: fundParties,
		en: "For the auditor: the reports of a month, every claim in them, and every signed command about each; a long month comes in parts, each with the cursor of the next. Checked offline by gateway receipt dossier, which takes all parts",
		zh: "审计导出（分份下载，逐份及合并校验）", answer: reflect.TypeFor[receipt.Dossier](), timeout: a.limits.Import},
		func(ctx context.Context, e *exchange, in *DossierQuery) (*reply, error) { return a.dossier(ctx, e, in) })
}

func (a *API) dossier(ctx context.Context, e *exchange, in *DossierQuery) (*reply, error) {
	month, err := fund.ParseMonth(in.Month)
	if err != nil {
		return nil, parameter("query.month", err)
	}
	f, err := a.fund(ctx, e, in.ID)
	if err != nil {
		return nil, err
	}
	if in.Format == string(spreadsheet.XLSX) {
		return a.dossierSheet(ctx, f, in, month)
	}
	lines := cmp.Or(in.Limit, dossierLines)
	for {
		d, err := a.draftDossier(ctx, e, in, month, lines)
		if err != nil {
			return nil, err
		}
		raw, err := receipt.Issuer{Source: verification.FromProjection(a.store), Blocks: a.ledger, Most: a.limits.Dossier}.IssueDossier(ctx, d)
		switch {
		case errors.Is(err, receipt.ErrTooLong) && d.Lines.Count() > 1: // claims with many commands: a part of fewer lines
			lines = d.Lines.Count() / 2
			continue
		case errors.Is(err, receipt.ErrTooLong):
			return nil, problem.New(problem.BatchSize).With(err).Because("one line with all its commands is longer than a part may be", "单笔及其全部指令超过单份上限")
		case err != nil:
			return nil, err
		}
		return &reply{Status: http.StatusOK, ContentType: mediaJSON, Disposition: `attachment; filename="` + dossierName(in.ID, d) + `"`, Body: raw}, nil
	}
}

// draftDossier is a part of so many lines, but for the signed commands.
func (a *API) draftDossier(ctx context.Context, e *exchange, in *DossierQuery, month fund.Month, lines int) (receipt.Dossier, error) {
	d := receipt.Dossier{Month: month, IssuedFor: e.caller.Party, Reports: []receipt.Copy{}, Claims: []receipt.Copy{}}
	r, err := a.store.Record(ctx, in.ID)
	if err != nil {
		return d, err
	}
	f, known := r.Terms.(fund.Fund)
	if !known {
		return d, problem.New(problem.TermsNotHere)
	}
	d.Fund = copyRecord(r)
	if err := a.copyPart(ctx, f, in, lines, &d); err != nil {
		return d, err
	}
	charter, err := a.store.Charter(ctx)
	if err != nil {
		return d, err
	}
	d.Ledger, d.Issued = charter.Ledger, evidence.InstantOf(a.ledger.Now())
	// As of a block behind all that was read: a later command about a record is there then, and does no harm.
	d.AsOf, err = verification.FromProjection(a.store).Head(ctx)
	return d, err
}

// dossierName names the file of a part by its lines, and that of a whole month without.
func dossierName(id string, d receipt.Dossier) string {
	part := ""
	if d.Lines.First > 1 || d.Next != "" {
		part = fmt.Sprintf("-lines-%d-to-%d-of-%d", d.Lines.First, d.Lines.Last, d.Lines.Of)
	}
	return "dossier-" + id + "-" + string(d.Month) + part + ".json"
}

// copyPart copies some lines of the month: their claims, and the reports that they are of.
func (a *API) copyPart(ctx context.Context, f fund.Fund, in *DossierQuery, lines int, d *receipt.Dossier) error {
	parts := monthParts(f, d.Month)
	if len(parts) == 0 {
		return problem.New(problem.NotFound)
	}
	list := "dossier:" + in.ID + ":" + string(d.Month)
	after, err := readCursor(list, in.Cursor)
	if err != nil {
		return err
	}
	d.Lines.Of = total(parts)
	if d.Lines.First, err = lineAfter(parts, after); err != nil {
		return err
	}
	d.Lines.Last = min(d.Lines.Of, d.Lines.First-1+lines)
	first := 1
	for _, p := range parts {
		if d.Lines.Need(first, first+p.Lines-1) {
			if err := a.copyReport(ctx, p, first, d); err != nil {
				return err
			}
		}
		if last := d.Lines.Last; last < d.Lines.Of && last >= first && last < first+p.Lines {
			d.Next = cursorOf(list, fmt.Sprintf("%s:%d", p.Report, last-first+1))
		}
		first += p.Lines
	}
	return nil
}

// monthParts are the reports of a month, in the order in which their lines are counted.
func monthParts(f fund.Fund, month fund.Month) []fund.Part {
	for _, m := range f.Months {
		if m.Month == month {
			return m.Parts
		}
	}
	return nil
}

// lineAfter is the line of the month that follows the one that a cursor names: a report, a colon and the line's number in it. A
// report that was taken back meanwhile has no lines.
func lineAfter(parts []fund.Part, cursor string) (int, error) {
	if cursor == "" {
		return 1, nil
	}
	report, number, _ := strings.Cut(cursor, ":")
	before := 0
	for _, p := range parts {
		if n, err := strconv.Atoi(number); p.Report == report && err == nil && n >= 1 && n <= p.Lines && before+n < total(parts) {
			return before + n + 1, nil
		}
		before += p.Lines
	}
	return 0, problem.New(problem.CursorInvalid).At("query.cursor")
}

func total(parts []fund.Part) (lines int) {
	for _, p := range parts {
		lines += p.Lines
	}
	return lines
}

// copyReport copies a report, the first of whose lines has the number in the month, and the claims of those that the part has.
func (a *API) copyReport(ctx context.Context, p fund.Part, first int, d *receipt.Dossier) error {
	r, err := a.store.Record(ctx, p.Report)
	if err != nil {
		return err
	}
	report, known := r.Terms.(fund.Report)
	if !known {
		return problem.New(problem.TermsNotHere)
	}
	d.Reports = append(d.Reports, copyRecord(r))
	for i, l := range report.Lines {
		if no := first + i; no < d.Lines.First || no > d.Lines.Last {
			continue
		}
		claim, err := a.copyOf(ctx, l.Claim)
		if err != nil {
			return err
		}
		d.Claims = append(d.Claims, claim)
	}
	return nil
}

func (a *API) copyOf(ctx context.Context, id string) (receipt.Copy, error) {
	r, err := a.store.Record(ctx, id)
	if err == nil && r.Opening == nil {
		err = problem.New(problem.TermsNotHere)
	}
	return copyRecord(r), err
}

func copyRecord(r projection.Record) receipt.Copy {
	return receipt.Copy{Header: r.Header, Opening: r.Opening}
}
