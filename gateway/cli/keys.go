package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"decore/gateway/consortium"
	"decore/gateway/durable"
	"decore/gateway/server"
)

type keysCommand struct {
	dataFlag   `embed:""`
	Org        string `help:"Organisation (MSP ID) whose parties' keys are made here." required:"" placeholder:"MSP"`
	Plan       string `arg:"" help:"File of the consortium's plan; the public keys are written into it." type:"existingfile"`
	Passphrase string `help:"Passphrase of the key store." env:"DECORE_KEY_PASSPHRASE" hidden:""`
}

// Run makes the keys of an organisation's parties and adds the public ones to the plan, which goes round the
// organisations in this way before the regulator's gateway founds the ledger on it.
func (c *keysCommand) Run(s *streams) error {
	dir, name := filepath.Split(c.Plan)
	plan, err := consortium.Read(os.DirFS(filepath.Clean(dir)), name)
	if err != nil {
		return err
	}
	hosted := 0
	for _, m := range plan.Parties {
		if m.Org == c.Org {
			hosted++
		}
	}
	if hosted == 0 {
		return &usageError{fmt.Sprintf("the plan has no party of %s", c.Org)}
	}
	data := c.or("serve")
	if err := os.MkdirAll(data, 0o700); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	keys, err := server.OpenKeys(data, c.Passphrase)
	if err != nil {
		return err
	}
	if plan, err = plan.MakeKeys(keys, c.Org); err != nil {
		return err
	}
	raw, err := json.MarshalIndent(plan, "", "  ")
	if err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	if err := durable.Replace(c.Plan, append(raw, '\n')); err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	lacking := 0
	for _, m := range plan.Parties {
		if !m.HasKey() {
			lacking++
		}
	}
	_, err = fmt.Fprintf(s.out, "%s: %d keys of %s; %d parties of other organisations still lack theirs.\n", c.Plan, hosted, c.Org, lacking)
	return err
}
