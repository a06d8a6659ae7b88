package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"decore/chaincode/calendar"
	"decore/chaincode/contract"
	"decore/chaincode/subsidy"
)

// remoteFlags say at which gateway, and as whom.
type remoteFlags struct {
	URL   string `name:"url" help:"The gateway." default:"http://127.0.0.1:8080" env:"DECORE_URL"`
	Token string `help:"Access token of a regulator; gateway token makes one for the development issuer." required:"" env:"DECORE_TOKEN" placeholder:"JWT"`
}

// answerLimit bounds what is read of an answer, in bytes.
const answerLimit = 4 << 20

// post sends a body and prints what the gateway answers.
func (f remoteFlags) post(ctx context.Context, s *streams, path string, body any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(f.URL, "/")+path, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+f.Token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, answerLimit))
	if err != nil {
		return err
	}
	if res.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%s: %s", res.Status, bytes.TrimSpace(answer))
	}
	_, err = fmt.Fprintf(s.out, "%s\n", bytes.TrimSpace(answer))
	return err
}

func measurePath(id, verb string) string {
	return "/v1/subsidy/measures/" + url.PathEscape(id) + "/" + verb
}

type policyDraftCommand struct {
	remoteFlags `embed:""`
	File        string `arg:"" help:"File of the draft." type:"existingfile"`
}

// Run drafts the document.
func (c *policyDraftCommand) Run(ctx context.Context, s *streams) error {
	m, err := draftOf(c.File)
	if err != nil {
		return err
	}
	return c.post(ctx, s, measurePath(m.ID, "draft"), m)
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
	remoteFlags `embed:""`
	File        string `arg:"" help:"File of the draft. What the ledger has must be the same, to the byte of its canonical form." type:"existingfile"`
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
	return c.post(ctx, s, measurePath(m.ID, verb), contract.PutInForceArgs{Version: m.Version, Digest: digest})
}

type policyRepealCommand struct {
	remoteFlags `embed:""`
	ID          string        `arg:"" help:"ID of the policy document."`
	From        calendar.Date `help:"First day on which it is no longer in force." required:"" placeholder:"YYYY-MM-DD"`
	By          string        `help:"By what and why." required:"" placeholder:"TEXT"`
}

// Run repeals the document.
func (c *policyRepealCommand) Run(ctx context.Context, s *streams) error {
	return c.post(ctx, s, measurePath(c.ID, "repeal"), contract.RepealArgs{From: c.From, By: c.By})
}
