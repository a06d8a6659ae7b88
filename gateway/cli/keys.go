package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"

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
	if !slices.ContainsFunc(plan.Parties, func(m consortium.Member) bool { return m.Org == c.Org }) {
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
	before := plan
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
	unheld, err := plan.Unheld(keys, c.Org)
	if err != nil {
		return err
	}
	if len(unheld) > 0 {
		_, _ = fmt.Fprintf(s.err, "The plan has a key, but %s does not hold it, of: %s. They sign by themselves, or their key was made with another --data.\n", data, names(unheld))
	}
	_, err = fmt.Fprintf(s.out, "%s: %d keys of %s added; %d parties still lack theirs.\n", c.Plan, lacking(before)-lacking(plan), c.Org, lacking(plan))
	return err
}

func lacking(p consortium.Plan) (n int) {
	for _, m := range p.Parties {
		if !m.HasKey() {
			n++
		}
	}
	return n
}
