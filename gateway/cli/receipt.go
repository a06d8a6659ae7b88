package cli

import (
	"encoding/json"
	"fmt"
	"os"

	"decore/gateway/receipt"
)

type receiptCommand struct {
	Verify receiptVerifyCommand `cmd:"" help:"Check the file of a verification receipt, of an order, a receivable, a lot or a warehouse receipt: signatures, commitments, keys and findings, with no network and no account."`
}

type receiptVerifyCommand struct {
	File   string `arg:"" help:"Verification receipt as the gateway gave it." type:"existingfile"`
	Anchor string `help:"Key ID (RFC 7638 thumbprint) of the regulator's founding key, learnt from the regulator and not from the receipt. Write --anchor=KID: a key ID may begin with a hyphen." xor:"anchor" required:"" placeholder:"KID"`
	Own    bool   `name:"own-anchor" help:"Take the founding key that the receipt names itself: this shows that the receipt is consistent, not whose it is." xor:"anchor" required:""`
}

// Run checks the receipt and prints what it proves.
func (c *receiptVerifyCommand) Run(s *streams) error {
	raw, err := os.ReadFile(c.File)
	if err != nil {
		return fmt.Errorf("receipt: %w", err)
	}
	var options []receipt.Option
	if c.Anchor != "" {
		options = append(options, receipt.Anchor(c.Anchor))
	}
	report, err := receipt.Verify(raw, options...)
	if err != nil {
		return fmt.Errorf("receipt %s: %w", c.File, err)
	}
	out := json.NewEncoder(s.out)
	out.SetIndent("", "  ")
	return out.Encode(report)
}
