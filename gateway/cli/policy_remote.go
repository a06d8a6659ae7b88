package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"

	"decore/chaincode/calendar"
	"decore/chaincode/contract"
	"decore/chaincode/subsidy"
)

// sign sends a document's body for the gateway to sign and prints the answer.
func (r remote) sign(ctx context.Context, s *streams, id, verb string, body any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	answer, err := r.ask(ctx, http.MethodPost, []string{"measures", id, verb}, nil, "application/json", bytes.NewReader(raw))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "%s\n", bytes.TrimSpace(answer))
	return err
}

type policyDraftCommand struct {
	remote `embed:""`
	File   string `arg:"" help:"File of the draft." type:"existingfile"`
}

// Run drafts the document.
func (c *policyDraftCommand) Run(ctx context.Context, s *streams) error {
	m, err := draftOf(c.File)
	if err != nil {
		return err
	}
	return c.sign(ctx, s, m.ID, "draft", m)
}

func draftOf(file string) (subsidy.Measure, error) {
	raw, err := os.ReadFile(file) //nolint:gosec // the user names the file
	if err != nil {
		return subsidy.Measure{}, fmt.Errorf("policy: %w", err)
	}
	m, err := subsidy.ParseMeasure(raw)
	if err == nil && m.Status != subsidy.Draft {
		err = errors.New("its status must be draft: publishing puts it in force")
	}
	if err != nil {
		return m, fmt.Errorf("%s: %w", file, err)
	}
	return m, nil
}

type policyPublishCommand struct {
	remote `embed:""`
	File   string `arg:"" help:"File of the draft. What the ledger has must be the same, to the byte of its canonical form." type:"existingfile"`
}

// Run puts the draft in force. The digest is the file's, and not what the gateway says: so the signature is on what its reader has.
func (c *policyPublishCommand) Run(ctx context.Context, s *streams) error {
	m, err := draftOf(c.File)
	if err != nil {
		return err
	}
	digest, err := digestOf(m)
	if err != nil {
		return err
	}
	verb := "publish"
	if m.Version > 1 {
		verb = "supersede"
	}
	return c.sign(ctx, s, m.ID, verb, contract.PutInForceArgs{Version: m.Version, Digest: digest})
}

type policyRepealCommand struct {
	remote `embed:""`
	ID     string        `arg:"" help:"ID of the policy document."`
	From   calendar.Date `help:"First day on which it is no longer in force." required:"" placeholder:"YYYY-MM-DD"`
	By     string        `help:"By what and why." required:"" placeholder:"TEXT"`
}

// Run repeals the document.
func (c *policyRepealCommand) Run(ctx context.Context, s *streams) error {
	return c.sign(ctx, s, c.ID, "repeal", contract.RepealArgs{From: c.From, By: c.By})
}
