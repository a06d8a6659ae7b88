package api

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"net/http"
	"reflect"
	"slices"

	"github.com/go-json-experiment/json"

	"decore/adapters/fundsheet"
	"decore/adapters/spreadsheet"
	"decore/chaincode/calendar"
	"decore/chaincode/contract"
	"decore/chaincode/fund"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/money"
	"decore/chaincode/subsidy"
	"decore/gateway/problem"
	"decore/gateway/projection"
)

// FundQuery asks for something of a fund.
type FundQuery struct {
	RecordPath
	Format string `query:"format" enum:"json,xlsx" doc:"json when left out (格式)"`
}

// FundMonthQuery asks for a month of a fund.
type FundMonthQuery struct {
	FundQuery
	Month string `query:"month" maxLength:"7" doc:"Month, YYYY-MM; the one to be reported next when left out; of the running month there is a preview in JSON alone (月份)"`
	Limit int    `query:"limit" minimum:"1" maximum:"1000" doc:"Most lines of a part, 1,000 when left out; a sheet has all lines (每份最多笔数)"`
}

// SettlementQuery asks for a page of what can be settled through a fund.
type SettlementQuery struct {
	RecordPath
	LongPaging
}

// FundUpload is a sheet of a fund.
type FundUpload struct {
	RecordPath
	Upload
}

// fundParties are those between whom a fund stands.
var fundParties = []lifecycle.Role{lifecycle.Bank, lifecycle.Regulator}

func (a *API) fundRoutes() {
	a.noticeRoute()
	a.dossierRoute()
	a.usageRoutes()
	const base = "/v1/subsidy/funds/{id}"
	handle(a, route{method: http.MethodGet, path: base + "/report", id: "fund.draft-report", tag: tagSubsidy, roles: fundParties,
		en: "What the ledger booked for the bank's claims in a month: the reports to file, one after the other", zh: "生成月报（分份依次报送）", answer: reflect.TypeFor[ReportDraft](), timeout: a.limits.Import},
		func(ctx context.Context, e *exchange, in *FundMonthQuery) (*reply, error) {
			return a.draftReport(ctx, e, in)
		})
	handle(a, route{method: http.MethodPost, path: base + "/report", id: "fund.import-report", tag: tagSubsidy, roles: []lifecycle.Role{lifecycle.Bank}, form: true,
		en: "File the report of the next month as a sheet; it is filed whole or not at all", zh: "导入月报", answer: reflect.TypeFor[ReportAnswer](), timeout: a.limits.Import},
		func(ctx context.Context, e *exchange, in *FundUpload) (*reply, error) {
			defer in.close()
			return a.importReport(ctx, e, in)
		})
	handle(a, route{method: http.MethodGet, path: base + "/statement", id: "fund.statement", tag: tagSubsidy, roles: fundParties,
		en: "What moved through the fund, by quarter", zh: "清算报表", answer: reflect.TypeFor[FundStatement]()},
		func(ctx context.Context, e *exchange, in *FundQuery) (*reply, error) {
			return a.fundStatement(ctx, e, in)
		})
	handle(a, route{method: http.MethodPost, path: base + "/statement", id: "fund.check-statement", tag: tagSubsidy, roles: fundParties, form: true,
		en: "Compare a statement with the ledger; nothing is written", zh: "核对清算报表", answer: reflect.TypeFor[FundStatement](), timeout: a.limits.Import},
		func(ctx context.Context, e *exchange, in *FundUpload) (*reply, error) {
			defer in.close()
			return a.checkStatement(ctx, e, in)
		})
	handle(a, route{method: http.MethodGet, path: base + "/settlement", id: "fund.settlement", tag: tagSubsidy, roles: []lifecycle.Role{lifecycle.Regulator},
		en: "What can be settled with the bank's claims now, in pages that are each a batch for the claims", zh: "生成结算清单", answer: reflect.TypeFor[Settlement](), timeout: a.limits.Import},
		func(ctx context.Context, e *exchange, in *SettlementQuery) (*reply, error) {
			return a.settlement(ctx, e, in)
		})
}

// fund returns a fund whose terms the caller reads.
func (a *API) fund(ctx context.Context, e *exchange, id string) (fund.Fund, error) {
	r, s, err := a.record(ctx, e, fund.Table.Kind, id)
	if err != nil {
		return fund.Fund{}, err
	}
	f, known := r.Terms.(fund.Fund)
	switch {
	case s != terms:
		return f, problem.New("RECORD_NOT_FOUND")
	case !known:
		return f, problem.New(problem.TermsNotHere)
	}
	return f, nil
}

// bankClaim is a claim with its record's ID.
type bankClaim struct {
	id string
	contract.ClaimTerms
}

// claimsOf lists the claims under a policy that the caller reads, of one bank or with none of all, in the order of their IDs.
func (a *API) claimsOf(ctx context.Context, e *exchange, policy string, bank ident.USCC) ([]bankClaim, error) {
	var all []bankClaim
	err := a.eachClaim(ctx, e, policy, bank, func(c bankClaim) error {
		all = append(all, c)
		return nil
	})
	return all, err
}

// eachClaim is claimsOf one by one: a bank may have more claims than should be in memory at once.
func (a *API) eachClaim(ctx context.Context, e *exchange, policy string, bank ident.USCC, do func(bankClaim) error) error {
	return a.each(ctx, e, projection.Filter{Kind: subsidy.Lifecycle.Kind, Owner: bank}, func(r projection.Record) error {
		if t, known := r.Terms.(contract.ClaimTerms); known && t.Claim.Policy == policy {
			return do(bankClaim{r.ID, t})
		}
		return nil
	})
}

// ReportDraft is what a month's reports say as the ledger has it, what of it is filed, and what is still to be filed.
type ReportDraft struct {
	Fund      string              `json:"fund" doc:"Record ID of the bank's fund (资金户编号)"`
	Month     fund.Month          `json:"month" doc:"Month (月份)"`
	Claims    int                 `json:"claims" doc:"How many claims the month's reports name in all (笔数)"`
	Accrued   money.Amount        `json:"accrued" doc:"Sum over all of them (本月计提合计)"`
	TakenBack money.Amount        `json:"takenBack" doc:"Sum over all of them (本月冲回合计)"`
	Parts     []fund.FileArgs     `json:"parts" doc:"The reports still to be filed, each as it is sent to /v1/subsidy/reports, in this order; none once the month is complete, and while it is not over (待报送月报，依次报送)"`
	Filed     *fund.ReportedMonth `json:"filed,omitempty" doc:"The reports that were filed for the month (已报送)"`
	Warnings  []Warning           `json:"warnings,omitempty" doc:"PERIOD_OPEN while nothing of the month can be filed yet, so that parts is empty: it is not over, or an earlier month is not reported and accepted (尚不能报送)"`
}

func (a *API) draftReport(ctx context.Context, e *exchange, in *FundMonthQuery) (*reply, error) {
	f, err := a.fund(ctx, e, in.ID)
	if err != nil {
		return nil, err
	}
	month := f.Next()
	if in.Month != "" {
		if month, err = fund.ParseMonth(in.Month); err != nil {
			return nil, parameter("query.month", err)
		}
	}
	today, sheet := a.today(), in.Format == string(spreadsheet.XLSX)
	switch {
	case month > fund.MonthOf(today), sheet && !month.Over(today): // a sheet is there to be filed
		return nil, problem.From(f.Fileable(month, today)).At("query.month")
	case sheet:
		return a.reportSheet(ctx, e, f, month)
	}
	return a.reportDraft(ctx, e, f, in, month)
}

// reportDraft answers a month's reports in parts, or of a month that cannot be filed yet what they will say as far as it is known.
func (a *API) reportDraft(ctx context.Context, e *exchange, f fund.Fund, in *FundMonthQuery, month fund.Month) (*reply, error) {
	whole := fund.FileArgs{Fund: in.ID, Month: month, Final: true}
	err := a.eachClaim(ctx, e, f.Policy, f.Bank, func(c bankClaim) error {
		addLine(&whole, c)
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := ReportDraft{Fund: in.ID, Month: month, Claims: len(whole.Lines), Accrued: whole.Accrued, TakenBack: whole.TakenBack,
		Parts: []fund.FileArgs{}}
	switch fileable := f.Fileable(month, a.today()); {
	case fileable == nil:
		out.Parts = partsLeft(f, whole, cmp.Or(in.Limit, fund.MaxLines))
	case month >= f.Next():
		p := problem.From(fileable)
		out.Warnings = []Warning{{Code: p.Code, Field: "/parts", Message: problem.Title(p.Code, e.lang)}}
	}
	for i := range f.Months {
		if f.Months[i].Month == month {
			out.Filed = &f.Months[i]
		}
	}
	return answer(http.StatusOK, out)
}

// wholeReport is all that is to be reported of the claims by the end of the month.
func wholeReport(id string, m fund.Month, claims []bankClaim) fund.FileArgs {
	out := fund.FileArgs{Fund: id, Month: m, Lines: []fund.Line{}, Final: true}
	for _, c := range claims {
		addLine(&out, c)
	}
	return out
}

// addLine adds the line of a claim to its month's report, if there is anything to be reported of it.
func addLine(into *fund.FileArgs, c bankClaim) {
	e := c.Unreported(into.Month)
	if e.Accrued.IsZero() && e.TakenBack.IsZero() {
		return
	}
	into.Lines = append(into.Lines, fund.Line{Claim: c.id, Accrued: e.Accrued, TakenBack: e.TakenBack})
	into.Accrued, into.TakenBack = into.Accrued.Add(e.Accrued), into.TakenBack.Add(e.TakenBack)
}

// partsLeft are the parts of a month's report that are still to be filed: those behind the claims that were. A month that is
// complete has none.
func partsLeft(f fund.Fund, whole fund.FileArgs, most int) []fund.FileArgs {
	if whole.Month < f.Next() {
		return []fund.FileArgs{}
	}
	last := f.LastClaim(whole.Month)
	filed := slices.IndexFunc(whole.Lines, func(l fund.Line) bool { return l.Claim > last })
	if filed < 0 {
		filed = len(whole.Lines)
	}
	whole.Lines = whole.Lines[filed:]
	return partsOf(whole, most)
}

func (a *API) reportSheet(ctx context.Context, e *exchange, f fund.Fund, m fund.Month) (*reply, error) {
	claims, err := a.claimsOf(ctx, e, f.Policy, f.Bank)
	if err != nil {
		return nil, err
	}
	lines, err := a.reportLines(ctx, m, claims)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := fundsheet.WriteReport(&out, m, lines); err != nil {
		return nil, err
	}
	return download(mediaOf[spreadsheet.XLSX], "report-"+string(m)+".xlsx", out.Bytes()), nil
}

// reportLines are the lines of a month's sheet, as the claims stood when the month ended, each with the household in whose account
// it was then: whenever it is written, the report of a month says the same. (A party's name never changes on the ledger.)
func (a *API) reportLines(ctx context.Context, m fund.Month, claims []bankClaim) ([]fundsheet.Line, error) {
	name, failed := a.namer(ctx)
	next, err := firstDay(m.Add(1))
	if err != nil {
		return nil, err
	}
	var lines []fundsheet.Line
	for _, c := range claims {
		e := c.Unreported(m)
		if e.Accrued.IsZero() && e.TakenBack.IsZero() {
			continue
		}
		stood, household := c.Claim.Before(next), c.Claim.HouseholdBefore(next)
		maturity := c.Loan.FirstMaturity // an extension has no day on the ledger of claims, the contract's own maturity needs none
		if maturity.IsZero() {
			maturity = c.Loan.Maturity
		}
		lines = append(lines, fundsheet.Line{Line: fund.Line{Claim: c.id, Accrued: e.Accrued, TakenBack: e.TakenBack}, Loan: c.Loan.ID, Household: household,
			Name: name(household), Principal: c.Loan.Principal, Disbursed: c.Loan.Disbursed, Maturity: maturity,
			Earned: stood.Accrued.Add(stood.Settled), Settled: stood.Settled})
	}
	return lines, *failed
}

func firstDay(m fund.Month) (calendar.Date, error) { return calendar.Parse(string(m) + "-01") }

// FundStatement is what moved through a fund.
type FundStatement struct {
	Fund  string      `json:"fund" doc:"Record ID (资金户编号)"`
	Spans []fund.Span `json:"spans" doc:"The closed quarters, and what came after (各期间)"`
	Total fund.Span   `json:"total" doc:"Their sums (合计)"`
}

func (a *API) fundStatement(ctx context.Context, e *exchange, in *FundQuery) (*reply, error) {
	f, err := a.fund(ctx, e, in.ID)
	if err != nil {
		return nil, err
	}
	if in.Format != string(spreadsheet.XLSX) {
		return answer(http.StatusOK, FundStatement{in.ID, f.Statement(), f.Total()})
	}
	var out bytes.Buffer
	if err := fundsheet.WriteStatement(&out, f); err != nil {
		return nil, err
	}
	return download(mediaOf[spreadsheet.XLSX], "statement-"+in.ID+".xlsx", out.Bytes()), nil
}

// Settlement is a page of what can be settled with a bank's claims: its items are those of a batch of the claims. All else is
// about all pages, as they stand when this one is read: what was settled meanwhile is in none of it any more.
type Settlement struct {
	Items   []BatchItem  `json:"items" doc:"To be sent to /v1/subsidy/claims/batch as they are (结算指令)"`
	Next    string       `json:"next,omitempty" doc:"Cursor of the next page; absent on the last (下一页游标)"`
	Claims  int          `json:"claims" doc:"How many claims can be settled, on all pages (可结算笔数)"`
	Amount  money.Amount `json:"amount" doc:"Sum over all pages (合计)"`
	Advance money.Amount `json:"advance" doc:"What the bank holds in advance; it must not be less (预拨结余)"`
	Through fund.Month   `json:"through,omitzero" doc:"Last month whose reports are accepted (已审核至)"`
}

// settlement lists of each claim what is accrued and covered by its accepted reports.
func (a *API) settlement(ctx context.Context, e *exchange, in *SettlementQuery) (*reply, error) {
	f, err := a.fund(ctx, e, in.ID)
	if err != nil {
		return nil, err
	}
	list := "settlement:" + in.ID
	after, err := readCursor(list, in.Cursor)
	if err != nil {
		return nil, err
	}
	found, err := a.store.Settleable(ctx, projection.Settling{Bank: f.Bank, Policy: f.Policy, Reader: e.caller.Party, Day: a.today(), After: after, Limit: in.most()})
	var awaited *projection.AwaitedError
	switch {
	case errors.As(err, &awaited):
		return nil, problem.New(problem.TermsNotHere).Because(awaited.ID, awaited.ID)
	case err != nil:
		return nil, err
	}
	out := Settlement{Items: []BatchItem{}, Claims: found.Claims, Amount: found.Amount, Advance: f.Advance(), Through: f.Covered()}
	for _, c := range found.Page {
		args, err := json.Marshal(contract.SettleArgs{Amount: c.Amount})
		if err != nil {
			return nil, err
		}
		out.Items = append(out.Items, BatchItem{Verb: subsidy.VerbSettle, ID: c.ID, Args: args})
	}
	if found.More {
		out.Next = cursorOf(list, out.Items[in.most()-1].ID)
	}
	return answer(http.StatusOK, out)
}
