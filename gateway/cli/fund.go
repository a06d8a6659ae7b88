package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"

	"decore/chaincode/contract"
	"decore/chaincode/fault"
	"decore/chaincode/fund"
	"decore/chaincode/money"
	"decore/chaincode/subsidy"
	"decore/gateway/api"
	"decore/gateway/receipt"
)

// fundCommand is the money between a bank and the finance bureau, for those who work with files (贴息资金往来).
type fundCommand struct {
	Report    fundReportCommand    `cmd:"" help:"Write the monthly report of a bank's fund as a workbook, as the ledger has it.（生成贴息月报）"`
	File      fundFileCommand      `cmd:"" help:"File a monthly report from a workbook; it is filed whole or not at all.（报送贴息月报）"`
	Statement fundStatementCommand `cmd:"" help:"Write the statement of a fund as a workbook.（生成清算报表）"`
	Check     fundCheckCommand     `cmd:"" help:"Compare a statement with the ledger.（核对清算报表）"`
	Dossier   fundDossierCommand   `cmd:"" help:"Get the auditor's dossier of a month, all its parts, and check each and all together.（获取并核对审计卷宗）"`
	Settle    fundSettleCommand    `cmd:"" help:"Settle all that accepted reports cover, with every claim of the bank.（按已审核月报结算）"`
}

// fundFlags say which fund, at which gateway and as whom.
type fundFlags struct {
	Fund   string `arg:"" help:"Record ID of the fund, FND-…"`
	remote `embed:""`
}

// sheet fetches a workbook into a file.
func (f fundFlags) sheet(ctx context.Context, s *streams, what, out string, query url.Values) error {
	query.Set("format", "xlsx")
	raw, err := f.ask(ctx, http.MethodGet, []string{"funds", f.Fund, what}, query, "", nil)
	if err != nil {
		return err
	}
	if err := os.WriteFile(out, raw, 0o600); err != nil { // amounts of loans are not everybody's
		return fmt.Errorf("%s: %w", what, err)
	}
	_, err = fmt.Fprintf(s.out, "%s written\n", out)
	return err
}

// upload sends a workbook as a form and returns the answer.
func (f fundFlags) upload(ctx context.Context, what, file string, query url.Values) ([]byte, error) {
	content, err := os.ReadFile(file) //nolint:gosec // the user names the file
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	var form bytes.Buffer
	m := multipart.NewWriter(&form)
	part, err := m.CreateFormFile("file", filepath.Base(file))
	if err == nil {
		_, err = part.Write(content)
	}
	if err = errors.Join(err, m.Close()); err != nil {
		return nil, err
	}
	return f.ask(ctx, http.MethodPost, []string{"funds", f.Fund, what}, query, m.FormDataContentType(), &form)
}

type fundReportCommand struct {
	fundFlags `embed:""`
	Month     fund.Month `help:"Month; the one to be reported next when left out." placeholder:"YYYY-MM"`
	Out       string     `short:"o" help:"Workbook to write." required:"" placeholder:"FILE"`
}

// Run writes the report of a month.
func (c *fundReportCommand) Run(ctx context.Context, s *streams) error {
	query := url.Values{}
	if !c.Month.IsZero() {
		query.Set("month", string(c.Month))
	}
	return c.sheet(ctx, s, "report", c.Out, query)
}

type fundFileCommand struct {
	fundFlags `embed:""`
	Workbook  string `arg:"" help:"The report, as gateway fund report writes it." type:"existingfile"`
	DryRun    bool   `help:"Only say what would come of it."`
	answered  `embed:""`
}

// Run files a report.
func (c *fundFileCommand) Run(ctx context.Context, s *streams) error {
	query := url.Values{}
	if c.DryRun {
		query.Set("dryRun", "true")
	}
	raw, err := c.upload(ctx, "report", c.Workbook, query)
	if err != nil {
		return err
	}
	return tell(s, c.answered, raw, printReport)
}

// printReport says what was filed, and as which reports.
func printReport(w io.Writer, a api.ReportAnswer) error {
	done := "filed"
	if a.DryRun {
		done = "would be filed"
	}
	_, err := fmt.Fprintf(w, "%s: %d claims, accrued %s, taken back %s; %s\n", a.Month, a.Lines, a.Accrued, a.TakenBack, done)
	for _, r := range a.Reports {
		_, err = fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("  %s %s %s", r.ID, r.State, evidenceOf(r)), " "))
	}
	return err
}

type fundStatementCommand struct {
	fundFlags `embed:""`
	Out       string `short:"o" help:"Workbook to write." required:"" placeholder:"FILE"`
}

// Run writes the statement.
func (c *fundStatementCommand) Run(ctx context.Context, s *streams) error {
	return c.sheet(ctx, s, "statement", c.Out, url.Values{})
}

type fundCheckCommand struct {
	fundFlags `embed:""`
	Workbook  string `arg:"" help:"The statement, as gateway fund statement writes it." type:"existingfile"`
	answered  `embed:""`
}

// Run compares a statement with the ledger.
func (c *fundCheckCommand) Run(ctx context.Context, s *streams) error {
	raw, err := c.upload(ctx, "statement", c.Workbook, nil)
	if err != nil {
		return err
	}
	return tell(s, c.answered, raw, printFund)
}

// spanColumns are the columns of a printed statement: what adds up to the balance at the end first.
var spanColumns = []struct {
	head string
	of   func(fund.Span) money.Signed
}{
	{"OPENING", func(s fund.Span) money.Signed { return s.Opening }},
	{"ALLOCATED", func(s fund.Span) money.Signed { return s.Allocated }},
	{"SETTLED", func(s fund.Span) money.Signed { return s.Settled }},
	{"RECOVERED", func(s fund.Span) money.Signed { return s.Recovered }},
	{"RETURNED", func(s fund.Span) money.Signed { return s.Returned }},
	{"RETURNING", func(s fund.Span) money.Signed { return s.Returning }},
	{"ADVANCE", func(s fund.Span) money.Signed { return s.Advance }},
	{"IN TRANSIT", func(s fund.Span) money.Signed { return s.InTransit }},
	{"REPORTED", func(s fund.Span) money.Signed { return s.Reported }},
	{"TAKEN BACK", func(s fund.Span) money.Signed { return s.TakenBack }},
}

// printFund writes a line a quarter, and their sums.
func printFund(w io.Writer, a api.FundStatement) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(first string, cell func(int) string) {
		cells := []string{first}
		for i := range spanColumns {
			cells = append(cells, cell(i))
		}
		_, _ = fmt.Fprintln(t, strings.Join(cells, "\t"))
	}
	span := func(period string, s fund.Span) {
		row(period, func(i int) string { return spanColumns[i].of(s).String() })
	}
	row("THROUGH", func(i int) string { return spanColumns[i].head })
	for _, s := range a.Spans {
		span(cmp.Or(string(s.Through), "since"), s)
	}
	span("total", a.Total)
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\nthe workbook is what the ledger has of %s\n", a.Fund)
	return err
}

type fundDossierCommand struct {
	fundFlags `embed:""`
	Month     fund.Month `help:"Month." required:"" placeholder:"YYYY-MM"`
	Lines     int        `help:"Most lines of a part." default:"500"`
	Out       string     `short:"o" help:"Folder to write the parts to; they are numbered." required:"" placeholder:"FOLDER" type:"existingdir"`
}

// Run follows the parts to the last. What was written is whole only if it says so: parts of a month whose reports changed
// meanwhile do not tie, and are to be got anew.
func (c *fundDossierCommand) Run(ctx context.Context, s *streams) error {
	check := receipt.NewDossierCheck()
	query := url.Values{"month": {string(c.Month)}, "limit": {strconv.Itoa(c.Lines)}}
	for part := 1; ; part++ {
		raw, err := c.ask(ctx, http.MethodGet, []string{"funds", c.Fund, "dossier"}, query, "", nil)
		if err != nil {
			return err
		}
		file := filepath.Join(c.Out, fmt.Sprintf("dossier-%s-%s-part-%04d.json", c.Fund, c.Month, part))
		if err := os.WriteFile(file, raw, 0o600); err != nil {
			return fmt.Errorf("dossier: %w", err)
		}
		if err := check.Add(raw); err != nil {
			return fmt.Errorf("dossier %s: %w", file, err)
		}
		var answer struct{ Next string }
		if err := json.Unmarshal(raw, &answer); err != nil {
			return fmt.Errorf("the gateway's answer: %w", err)
		}
		_, _ = fmt.Fprintf(s.out, "%s written\n", file)
		if answer.Next == "" {
			break
		}
		query.Set("cursor", answer.Next)
	}
	r, err := check.End(false)
	if err != nil {
		return fmt.Errorf("dossier: %w", err)
	}
	_, err = fmt.Fprintf(s.out, "%d lines, %s accrued and %s taken back, as the fund has it; founded with key %s, which gateway receipt dossier --anchor compares\n",
		r.Lines.Of, r.Accrued, r.TakenBack, r.Anchor)
	return err
}

type fundSettleCommand struct {
	fundFlags `embed:""`
	Batch     int  `help:"Most claims that one request settles, up to 1000." default:"1000"`
	DryRun    bool `help:"Only say what would be settled."`
}

// Run settles what the gateway proposes, a page at a time, and says of each claim that is refused why. One that is refused keeps
// none of the others from being settled. What was settled before it was cut off is not proposed again.
func (c *fundSettleCommand) Run(ctx context.Context, s *streams) error {
	page, err := c.proposal(ctx, "")
	if err != nil {
		return err
	}
	all := page.Claims
	_, _ = fmt.Fprintf(s.out, "%d claims, %s yuan; the bank holds %s in advance\n", all, page.Amount, page.Advance)
	switch {
	case c.DryRun:
		return nil
	case page.Advance.Less(page.Amount): // which claims go first is not for a program to say
		return fmt.Errorf("nothing was settled: %s more must be allocated to the bank first", page.Amount.Sub(page.Advance))
	}
	var sums settleSums
	for len(page.Items) > 0 {
		if err := c.settlePage(ctx, s.out, page.Items, &sums); err != nil {
			return fmt.Errorf("%d settled, then: %w", sums.settled, err)
		}
		_, _ = fmt.Fprintf(s.out, "%d of %d settled\n", sums.settled, all)
		if page.Next == "" {
			break
		}
		if page, err = c.proposal(ctx, page.Next); err != nil {
			return fmt.Errorf("%d settled, then: %w", sums.settled, err)
		}
	}
	if sums.before > 0 {
		_, _ = fmt.Fprintf(s.out, "%d were already settled, as by a run that was cut off while the gateway went on\n", sums.before)
	}
	if sums.refused > 0 {
		return fmt.Errorf("%d claims were not settled", sums.refused)
	}
	return nil
}

// settleSums are how many claims were settled, refused, and settled before by another run.
type settleSums struct{ settled, refused, before int }

// settlePage settles a page and tells of what was not.
func (c *fundSettleCommand) settlePage(ctx context.Context, w io.Writer, items []api.BatchItem, sums *settleSums) error {
	results, err := c.settle(ctx, items)
	if err != nil {
		return err
	}
	before, err := c.settledBefore(ctx, items, results)
	if err != nil {
		return err
	}
	refused := printRefused(w, items, results, before)
	sums.settled += len(results) - refused - len(before)
	sums.refused, sums.before = sums.refused+refused, sums.before+len(before)
	return nil
}

// proposal asks for a page of what can be settled.
func (c *fundSettleCommand) proposal(ctx context.Context, cursor string) (page api.Settlement, err error) {
	query := url.Values{"limit": {strconv.Itoa(c.Batch)}}
	if cursor != "" {
		query.Set("cursor", cursor)
	}
	raw, err := c.ask(ctx, http.MethodGet, []string{"funds", c.Fund, "settlement"}, query, "", nil)
	if err != nil {
		return page, err
	}
	if err := json.Unmarshal(raw, &page); err != nil {
		return page, fmt.Errorf("the gateway's answer: %w", err)
	}
	return page, nil
}

// settle sends one batch and returns what became of each claim.
func (c *fundSettleCommand) settle(ctx context.Context, items []api.BatchItem) ([]api.BatchResult, error) {
	body, err := json.Marshal(api.Batch{Items: items})
	if err != nil {
		return nil, err
	}
	raw, err := c.ask(ctx, http.MethodPost, []string{"claims", "batch"}, nil, "application/json", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	var answer api.BatchAnswer
	if err := json.Unmarshal(raw, &answer); err != nil {
		return nil, fmt.Errorf("the gateway's answer: %w", err)
	}
	if len(answer.Results) != len(items) {
		return nil, fmt.Errorf("the gateway's answer: %d results of %d claims", len(answer.Results), len(items))
	}
	return answer.Results, nil
}

// settledBefore finds the claims that were refused because the amount was settled with them since it was proposed: the last thing
// that was booked on each is that settlement.
func (c *fundSettleCommand) settledBefore(ctx context.Context, items []api.BatchItem, results []api.BatchResult) (map[string]bool, error) {
	done := map[string]bool{}
	for i, r := range results {
		if r.Code != string(subsidy.SettleAmount) && r.Code != string(fault.NotReported) {
			continue
		}
		var wanted contract.SettleArgs
		if err := json.Unmarshal(items[i].Args, &wanted); err != nil {
			return nil, fmt.Errorf("the gateway's answer: %w", err)
		}
		raw, err := c.ask(ctx, http.MethodGet, []string{"claims", items[i].ID}, nil, "", nil)
		if err != nil {
			return nil, err
		}
		var claim struct {
			Terms struct {
				Claim struct{ Entries []subsidy.Entry }
			}
		}
		if err := json.Unmarshal(raw, &claim); err != nil {
			return nil, fmt.Errorf("the gateway's answer: %w", err)
		}
		if n := len(claim.Terms.Claim.Entries); n > 0 {
			last := claim.Terms.Claim.Entries[n-1]
			done[items[i].ID] = last.Verb == subsidy.VerbSettle && last.Settled.String() == wanted.Amount.String()
		}
	}
	maps.DeleteFunc(done, func(_ string, settled bool) bool { return !settled })
	return done, nil
}

// printRefused writes a line for each claim that was not settled, and one for each of several reasons, and counts the claims without
// those that were settled before.
func printRefused(w io.Writer, items []api.BatchItem, results []api.BatchResult, before map[string]bool) (refused int) {
	for i, r := range results {
		if r.Status == contract.Accepted {
			continue
		}
		if before[items[i].ID] {
			_, _ = fmt.Fprintf(w, "%s: already settled\n", items[i].ID)
			continue
		}
		refused++
		_, _ = fmt.Fprintf(w, "%s: %s %s %s\n", items[i].ID, r.Status, r.Code, r.Title)
		for _, reason := range r.Reasons {
			_, _ = fmt.Fprintf(w, "  %s %s\n", reason.Code, reason.Title)
		}
	}
	return refused
}
