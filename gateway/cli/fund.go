package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"decore/chaincode/fund"
	"decore/chaincode/money"
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

// printFund writes a line a quarter, and their sums.
func printFund(w io.Writer, a api.FundStatement) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(period string, p fund.Span) {
		cells := []string{period}
		for _, amount := range []money.Signed{p.Allocated, p.Reported, p.TakenBack, p.Settled, p.Recovered, p.Returned, p.Advance} {
			cells = append(cells, amount.String())
		}
		_, _ = fmt.Fprintln(t, strings.Join(cells, "\t"))
	}
	_, _ = fmt.Fprintln(t, strings.Join([]string{"THROUGH", "ALLOCATED", "REPORTED", "TAKEN BACK", "SETTLED", "RECOVERED", "RETURNED", "ADVANCE"}, "\t"))
	for _, p := range a.Spans {
		row(cmp.Or(string(p.Through), "since"), p)
	}
	row("total", a.Total)
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
	DryRun    bool `help:"Only say what would be settled."`
}

// maxSettled is how many claims one request settles.
const maxSettled = 1000

// Run settles what the gateway proposes. What was settled before it was cut off is not proposed again.
func (c *fundSettleCommand) Run(ctx context.Context, s *streams) error {
	raw, err := c.ask(ctx, http.MethodGet, []string{"funds", c.Fund, "settlement"}, nil, "", nil)
	if err != nil {
		return err
	}
	var proposed struct {
		Items           []json.RawMessage
		Amount, Advance money.Amount
	}
	if err := json.Unmarshal(raw, &proposed); err != nil {
		return fmt.Errorf("the gateway's answer: %w", err)
	}
	_, _ = fmt.Fprintf(s.out, "%d claims, %s yuan; the bank holds %s in advance\n", len(proposed.Items), proposed.Amount, proposed.Advance)
	switch {
	case c.DryRun:
		return nil
	case proposed.Advance.Less(proposed.Amount): // which claims go first is not for a program to say
		return fmt.Errorf("nothing was settled: %s more must be allocated to the bank first", proposed.Amount.Sub(proposed.Advance))
	}
	settled := 0
	for some := range slices.Chunk(proposed.Items, maxSettled) {
		n, err := c.settle(ctx, some)
		settled += n
		if err != nil {
			return fmt.Errorf("%d settled, then: %w", settled, err)
		}
		_, _ = fmt.Fprintf(s.out, "%d of %d settled\n", settled, len(proposed.Items))
	}
	return nil
}

// settle sends one batch and tells how many claims were settled, and why not the first that was not.
func (c *fundSettleCommand) settle(ctx context.Context, items []json.RawMessage) (settled int, err error) {
	body, err := json.Marshal(map[string]any{"items": items})
	if err != nil {
		return 0, err
	}
	raw, err := c.ask(ctx, http.MethodPost, []string{"claims", "batch"}, nil, "application/json", bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	var answer struct {
		Results []struct{ Status, ID, Code, Title string }
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return 0, fmt.Errorf("the gateway's answer: %w", err)
	}
	for _, r := range answer.Results {
		if r.Status == "accepted" {
			settled++
		} else if err == nil {
			err = fmt.Errorf("%s: %s %s", r.ID, r.Code, r.Title)
		}
	}
	return settled, err
}
