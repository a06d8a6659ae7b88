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
)

type statementCommand struct {
	Household ident.USCC `arg:"" help:"Unified social credit code of the household (单户)." placeholder:"USCC"`
	Policy    string     `help:"ID of the subsidy policy." default:"subsidy-sme-2026"`
	remote    `embed:""`
	JSON      bool `name:"json" help:"Print the gateway's answer as it is."`
}

// Run asks a gateway for the statement and prints it as a table.
func (c *statementCommand) Run(ctx context.Context, s *streams) error {
	raw, err := c.ask(ctx, http.MethodGet, []string{"accounts", string(c.Household), "statement"}, url.Values{"policy": {c.Policy}}, "", nil)
	if err != nil {
		return err
	}
	if c.JSON {
		_, err := fmt.Fprintln(s.out, strings.TrimSpace(string(raw)))
		return err
	}
	var answer struct {
		Whole   bool
		Totals  *subsidy.Totals
		Room    money.Amount
		Entries []subsidy.StatementLine
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return fmt.Errorf("the gateway's answer: %w", err)
	}
	if err := printStatement(s.out, answer.Entries); err != nil {
		return err
	}
	part := "of the claims that you may read"
	if answer.Whole {
		part = "whole account"
	}
	_, err = fmt.Fprintf(s.out, "\n%d bookings, %s; room left %s\n", len(answer.Entries), part, answer.Room)
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
