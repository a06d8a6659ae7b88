package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"

	"decore/chaincode/ident"
	"decore/chaincode/money"
	"decore/chaincode/subsidy"
	"decore/gateway/api"
)

type statementCommand struct {
	Household ident.USCC `arg:"" help:"Unified social credit code of the household (单户)." placeholder:"USCC"`
	Policy    string     `help:"ID of the subsidy policy." default:"subsidy-sme-2026"`
	remote    `embed:""`
	Page      int  `help:"Most bookings of one request, up to 1000." default:"1000"`
	JSON      bool `name:"json" help:"Print the gateway's answers as they are, one a line."`
}

// Run asks a gateway for the statement, page by page, and prints it as a table.
func (c *statementCommand) Run(ctx context.Context, s *streams) error {
	query := url.Values{"policy": {c.Policy}, "limit": {strconv.Itoa(c.Page)}}
	var entries []subsidy.StatementLine
	for {
		raw, err := c.ask(ctx, http.MethodGet, []string{"accounts", string(c.Household), "statement"}, query, "", nil)
		if err != nil {
			return err
		}
		var page api.StatementAnswer
		if err := json.Unmarshal(raw, &page); err != nil {
			return fmt.Errorf("the gateway's answer: %w", err)
		}
		if c.JSON {
			_, _ = fmt.Fprintln(s.out, strings.TrimSpace(string(raw)))
		}
		entries = append(entries, page.Entries...)
		switch {
		case page.Next != "":
			query.Set("cursor", page.Next)
		case c.JSON:
			return nil
		default:
			page.Entries = entries
			return printWhole(s.out, page)
		}
	}
}

// printWhole prints a statement whose pages were put together.
func printWhole(w io.Writer, a api.StatementAnswer) error {
	if err := printStatement(w, a.Entries); err != nil {
		return err
	}
	part := "of the claims that you may read"
	if a.Whole {
		part = "whole account"
	}
	_, err := fmt.Fprintf(w, "\n%d bookings, %s; room left %s\n", len(a.Entries), part, a.Room)
	return err
}

// printStatement writes a line a booking, and under it one for each period that it accrues or adjusts.
func printStatement(w io.Writer, lines []subsidy.StatementLine) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(cells ...string) { _, _ = fmt.Fprintln(t, strings.Join(cells, "\t")) }
	row("NO", "DAY", "BOOKING", "BY", "LOAN", "HELD", "ACCRUED", "SETTLED", "CLAWED BACK", "BALANCE HELD", "ACCRUED", "SETTLED")
	for _, l := range lines {
		row(strconv.Itoa(l.No), l.On.String(), l.Verb+causes(l.Entry), string(l.By), l.Loan, moved(l.Held), moved(l.Accrued), moved(l.Settled),
			moved(l.ClawedBack), l.Balance.Held.String(), l.Balance.Accrued.String(), l.Balance.Settled.String())
		for _, p := range l.Lines {
			what := "accrued"
			if p.Adjusts {
				what = "adjusted"
			}
			row("", "", fmt.Sprintf("  %s to %s, %d days", p.From, p.To, p.Days), "", "", "", p.Amount.String(), what)
		}
	}
	return t.Flush()
}

func causes(e subsidy.Entry) string {
	words := make([]string, len(e.Causes))
	for i, c := range e.Causes {
		words[i] = string(c)
	}
	if e.Reason != "" {
		words = append(words, e.Reason)
	}
	if len(words) == 0 {
		return ""
	}
	return " (" + strings.Join(words, ", ") + ")"
}

// moved leaves out what did not move.
func moved(a money.Signed) string {
	if a.IsZero() {
		return ""
	}
	return a.String()
}
