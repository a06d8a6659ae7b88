package cli

import (
	"encoding/json"
	"fmt"
	"os"

	"decore/gateway/receipt"
)

type receiptCommand struct {
	Verify  receiptVerifyCommand  `cmd:"" help:"Check the file of a verification receipt, of an order, a receivable, a lot or a warehouse receipt: signatures, commitments, keys and findings, with no network and no account.（离线核对核验回执）"`
	Dossier receiptDossierCommand `cmd:"" help:"Check an auditor's dossier of a month of the subsidy, all its parts together: every line by its signed commands, and the sums of the month.（离线核对审计卷宗）"`
}

// anchorFlags say by which key the ledger must have been founded.
type anchorFlags struct {
	Anchor string `help:"Key ID (RFC 7638 thumbprint) of the regulator's founding key, learnt from the regulator and not from the receipt. Write --anchor=KID: a key ID may begin with a hyphen." xor:"anchor" required:"" placeholder:"KID"`
	Own    bool   `name:"own-anchor" help:"Take the founding key that the receipt names itself: this shows that the receipt is consistent, not whose it is." xor:"anchor" required:""`
}

func (f anchorFlags) options() []receipt.Option {
	if f.Anchor == "" {
		return nil
	}
	return []receipt.Option{receipt.Anchor(f.Anchor)}
}

type receiptVerifyCommand struct {
	File        string `arg:"" help:"Verification receipt as the gateway gave it." type:"existingfile"`
	anchorFlags `embed:""`
}

// Run checks the receipt and prints what it proves.
func (c *receiptVerifyCommand) Run(s *streams) error {
	raw, err := os.ReadFile(c.File)
	if err != nil {
		return fmt.Errorf("receipt: %w", err)
	}
	report, err := receipt.Verify(raw, c.options()...)
	if err != nil {
		return fmt.Errorf("receipt %s: %w", c.File, err)
	}
	return printJSON(s, report)
}

type receiptDossierCommand struct {
	Files       []string `arg:"" name:"file" help:"Dossier as the gateway gave it: all parts of the month, in their order." type:"existingfile"`
	Part        bool     `help:"Check one part by itself: that other lines of the month are in other parts is no fault then."`
	anchorFlags `embed:""`
}

// Run checks the dossier and prints what it proves.
func (c *receiptDossierCommand) Run(s *streams) error {
	check := receipt.NewDossierCheck(c.options()...)
	for _, file := range c.Files {
		raw, err := os.ReadFile(file) //nolint:gosec // the user names the files
		if err != nil {
			return fmt.Errorf("dossier: %w", err)
		}
		if err := check.Add(raw); err != nil {
			return fmt.Errorf("dossier %s: %w", file, err)
		}
	}
	report, err := check.End(c.Part)
	if err != nil {
		return fmt.Errorf("dossier: %w", err)
	}
	return printJSON(s, report)
}

func printJSON(s *streams, v any) error {
	out := json.NewEncoder(s.out)
	out.SetIndent("", "  ")
	return out.Encode(v)
}
