package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"decore/chaincode/calendar"
	"decore/chaincode/canon"
	"decore/chaincode/evidence"
	"decore/chaincode/money"
	"decore/chaincode/subsidy"
)

type policyCommand struct {
	Check   policyCheckCommand   `cmd:"" help:"Check files of policy documents offline, and print the digest that publishes each.（离线校验政策文件）"`
	Combine policyCombineCommand `cmd:"" help:"Combine files of policy documents offline: the policy that they make over time, and the clause that every setting is from.（离线合并政策文件）"`
	Size    policySizeCommand    `cmd:"" help:"Classify an enterprise by the size table of a policy's file, offline.（离线划型（中小微企业））"`

	Draft   policyDraftCommand   `cmd:"" help:"Write the draft of a policy document to the ledger, through a gateway.（起草政策文件）"`
	Publish policyPublishCommand `cmd:"" help:"Put the draft in force that a file holds: the first version of a document, or the next in place of the last.（发布政策文件）"`
	Repeal  policyRepealCommand  `cmd:"" help:"Repeal a policy document from a day on.（废止政策文件）"`
}

type measureFiles struct {
	Files []string `arg:"" help:"Files of policy documents." type:"existingfile"`
}

func (f measureFiles) read() ([]subsidy.Measure, error) {
	all := make([]subsidy.Measure, len(f.Files))
	for i, name := range f.Files {
		raw, err := os.ReadFile(name) //nolint:gosec // the user names the file
		if err != nil {
			return nil, fmt.Errorf("policy: %w", err)
		}
		if all[i], err = subsidy.ParseMeasure(raw); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return all, nil
}

// digestOf is the name by which a signer publishes a measure.
func digestOf(m subsidy.Measure) (evidence.Commitment, error) {
	raw, err := canon.Marshal(m)
	return evidence.Commit(raw), err
}

type policyCheckCommand struct {
	measureFiles `embed:""`
}

// Run checks the files and prints a line for each.
func (c *policyCheckCommand) Run(s *streams) error {
	measures, err := c.read()
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	for _, m := range measures {
		digest, err := digestOf(m)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(table, "%s\tv%d\t%s\t%s\t%s\t%s\n", m.ID, m.Version, m.Level, m.Status, digest, m.Title); err != nil {
			return err
		}
	}
	return table.Flush()
}

type policyCombineCommand struct {
	measureFiles `embed:""`
	On           calendar.Date `help:"Only the policy of this day, as a whole record." placeholder:"YYYY-MM-DD"`
	Drafts       bool          `help:"Take drafts as if they were in force. Without it a draft binds nothing."`
}

// Run prints the policy of a day as its record, or else the timeline with the source of every setting.
func (c *policyCombineCommand) Run(s *streams) error {
	measures, err := c.read()
	if err != nil {
		return err
	}
	for i := range measures {
		if measures[i].Policy != measures[0].Policy {
			return &usageError{fmt.Sprintf("%s is of policy %s, and %s of %s", c.Files[0], measures[0].Policy, c.Files[i], measures[i].Policy)}
		}
		if c.Drafts && measures[i].Status == subsidy.Draft {
			measures[i].Status = subsidy.InForce
		}
	}
	if !c.On.IsZero() {
		p, err := subsidy.Combine(measures[0].Policy, measures, c.On)
		if err != nil {
			return err
		}
		out := json.NewEncoder(s.out)
		out.SetIndent("", "  ")
		return out.Encode(p)
	}
	spans, err := subsidy.Timeline(measures[0].Policy, measures)
	if err != nil {
		return err
	}
	if len(spans) == 0 {
		return fmt.Errorf("%w; --drafts takes drafts as if they were in force", subsidy.ErrIncomplete)
	}
	return tellTimeline(s, spans, measures)
}

// tellTimeline prints each span with the clause that every setting is from, and then what clauses say in vain.
func tellTimeline(s *streams, spans []subsidy.Policy, measures []subsidy.Measure) error {
	table := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	for _, p := range spans {
		until := "…"
		if !p.EffectiveTo.IsZero() {
			until = p.EffectiveTo.String()
		}
		if _, err := fmt.Fprintf(table, "%s – %s\t%s\n", p.EffectiveFrom, until, p.Status); err != nil {
			return err
		}
		if p.Status != subsidy.InForce {
			continue
		}
		for _, from := range p.Sources {
			if _, err := fmt.Fprintf(table, "  %s\t%s v%d\t%s\n", from.Field, from.Measure, from.Version, clauseOf(from)); err != nil {
				return err
			}
		}
		if err := tellOverruled(table, p, measures); err != nil {
			return err
		}
	}
	return table.Flush()
}

func clauseOf(s subsidy.Source) string {
	return strings.TrimSpace(s.Document + " " + cmp.Or(s.Clause, "(setting of the record)"))
}

// prevails says why what binds does.
var prevails = map[subsidy.Prevailing]string{
	subsidy.Stricter: "loses to the stricter", subsidy.ChangedSince: "was changed since by", subsidy.Higher: "gives way to",
}

// tellOverruled prints what clauses say in vain while the policy is in force, and what prevails.
func tellOverruled(w io.Writer, p subsidy.Policy, measures []subsidy.Measure) error {
	lost, err := subsidy.OverruledOn(p.ID, measures, p.EffectiveFrom)
	if err != nil {
		return err
	}
	for _, o := range lost {
		by := make([]string, len(o.By))
		for i, b := range o.By {
			by[i] = fmt.Sprintf("%s v%d %s", b.Measure, b.Version, clauseOf(b))
		}
		if _, err := fmt.Fprintf(w, "  %s\t%s v%d\t%s %s %s\n", o.Field, o.Measure, o.Version, clauseOf(o.Source), prevails[o.Why], strings.Join(by, " and ")); err != nil {
			return err
		}
	}
	return nil
}

type policySizeCommand struct {
	File     string       `arg:"" help:"File of a policy." type:"existingfile"`
	Industry string       `help:"Industry by the table's own name, such as 工业." required:""`
	Staff    int          `help:"Persons employed."`
	Revenue  money.Amount `help:"Revenue of the year in yuan." placeholder:"YUAN"`
	Assets   money.Amount `help:"Total assets in yuan." placeholder:"YUAN"`
}

// Run prints the class.
func (c *policySizeCommand) Run(s *streams) error {
	raw, err := os.ReadFile(c.File)
	if err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	p, err := subsidy.ParsePolicy(raw)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	class, err := p.SizeTable.Classify(subsidy.Figures{Industry: c.Industry, Staff: c.Staff, Revenue: c.Revenue, Assets: c.Assets})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.out, class)
	return err
}
