package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"decore/network/bench"
)

type benchCommand struct {
	Orgs         []string      `help:"Organisations, as for up." placeholder:"NAME"`
	BatchTimeout time.Duration `help:"How long an orderer gathers transactions for a block." default:"50ms"`
	Duration     time.Duration `help:"How long each measurement takes." default:"10s"`
	Bulk         []int         `help:"Callers that send 200 commands a call." placeholder:"N"`
	Single       []int         `help:"Callers that send one command a call." placeholder:"N"`
	Grow         int           `help:"Let the ledger grow to so many commands, and tell the rate of every 50,000 (a million takes the better part of an hour)." placeholder:"N"`
	Keep         string        `help:"Keep network and gateways' data in this folder; by default they are thrown away." type:"path" placeholder:"DIR"`
	JSON         bool          `name:"json" help:"Print the report as JSON."`
}

// Run measures and prints the report.
func (c *benchCommand) Run(ctx context.Context, s *streams) error {
	p := newProgress(s.err)
	report, err := bench.Run(ctx, bench.Options{
		Data: c.Keep, Orgs: c.Orgs, BatchTimeout: c.BatchTimeout, Duration: c.Duration,
		BulkCallers: c.Bulk, Single: c.Single, Grow: c.Grow, Progress: p.tell,
	})
	if err != nil {
		return err
	}
	if !c.JSON {
		return report.Print(s.out)
	}
	raw, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	_, err = fmt.Fprintln(s.out, string(raw))
	return err
}
