package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

	"decore/chaincode/calendar"
	"decore/chaincode/contract"
	"decore/chaincode/subsidy"
	"decore/gateway/api"
)

// policyFlags say at which gateway and as whom, and how the answer is printed.
type policyFlags struct {
	remote   `embed:""`
	answered `embed:""`
}

// sign sends a document's body for the gateway to sign and prints what came of it.
func (r policyFlags) sign(ctx context.Context, s *streams, id string, version int, verb string, body any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	answer, err := r.ask(ctx, http.MethodPost, []string{"measures", id, verb}, nil, "application/json", bytes.NewReader(raw))
	if err != nil {
		return err
	}
	return tell(s, r.answered, answer, func(w io.Writer, a api.Written) error {
		name := a.ID
		if version > 0 {
			name = fmt.Sprintf("%s v%d", a.ID, version)
		}
		_, err := fmt.Fprintf(w, "%s is %s; %s\n", name, cmp.Or(done[verb], string(a.State)), evidenceOf(a))
		return err
	})
}

// done says what became of a document where its state does not: a draft of a published one leaves it published.
var done = map[string]string{"draft": "drafted"}

type policyDraftCommand struct {
	policyFlags `embed:""`

	File string `arg:"" help:"File of the draft." type:"existingfile"`
}

// Run drafts the document.
func (c *policyDraftCommand) Run(ctx context.Context, s *streams) error {
	m, err := draftOf(c.File)
	if err != nil {
		return err
	}
	return c.sign(ctx, s, m.ID, m.Version, "draft", m)
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
	policyFlags `embed:""`

	File string `arg:"" help:"File of the draft. What the ledger has must be the same, to the byte of its canonical form." type:"existingfile"`
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
	return c.sign(ctx, s, m.ID, m.Version, verb, contract.PutInForceArgs{Version: m.Version, Digest: digest})
}

type policyRepealCommand struct {
	policyFlags `embed:""`

	ID   string        `arg:"" help:"ID of the policy document."`
	From calendar.Date `help:"First day on which it is no longer in force." required:"" placeholder:"YYYY-MM-DD"`
	By   string        `help:"By what and why." required:"" placeholder:"TEXT"`
}

// Run repeals the document.
func (c *policyRepealCommand) Run(ctx context.Context, s *streams) error {
	return c.sign(ctx, s, c.ID, 0, "repeal", contract.RepealArgs{From: c.From, By: c.By})
}
