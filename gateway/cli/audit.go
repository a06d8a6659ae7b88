package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"decore/adapters/embedded"
	"decore/adapters/fabric"
	"decore/adapters/fabric/connection"
	"decore/adapters/ledger"
	"decore/gateway/audit"
)

type auditCommand struct {
	dataFlag    `embed:""`
	ledgerFlags `embed:""`
	Demo        bool `help:"Audit the demo's data folder."`
	All         bool `help:"Go on after the first thing that is not explained, and list every one."`
}

// errUnexplained is the end of an audit that found something.
var errUnexplained = errors.New("the ledger holds what no signed command explains, see above")

// Run replays the signed commands of every block and compares the whole state.
func (c *auditCommand) Run(ctx context.Context, s *streams, log *slog.Logger) error {
	if err := c.check(); err != nil {
		return err
	}
	l, options, err := c.open(ctx, log)
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	var done func()
	options.All = c.All
	options.Progress, done = progress(s.err)
	report, err := audit.Run(ctx, l, options)
	done()
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return tellAudit(s.out, report)
}

// open opens the ledger to read it. A Fabric block is checked against its hash as it is read.
func (c *auditCommand) open(ctx context.Context, log *slog.Logger) (ledger.Ledger, audit.Options, error) {
	if c.Connection != "" {
		conn, err := connection.Read(c.Connection)
		if err != nil {
			return nil, audit.Options{}, err
		}
		client, err := fabric.Open(ctx, conn, fabric.Options{Log: log})
		return client, audit.Options{}, err
	}
	name := c.folder()
	if c.Demo {
		name = "demo"
	}
	engine, err := openEmbedded(c.or(name))
	return engine, audit.Options{Hash: embedded.HashBlock}, err
}

func tellAudit(w io.Writer, r audit.Report) error {
	for _, u := range r.Unexplained {
		_, _ = fmt.Fprintf(w, "FAIL  %s\n", u)
	}
	for _, id := range r.CorrectionsDue {
		_, _ = fmt.Fprintf(w, "DUE   %s: what is booked is not what the loan's record gives now; subsidy.correct puts it right\n", id)
	}
	for _, id := range r.Moving {
		_, _ = fmt.Fprintf(w, "MOVES %s: it moved on at every reading, and was not held against its claims; audit again when the ledger is quieter\n", id)
	}
	if len(r.Unexplained) > 0 {
		_, _ = fmt.Fprintf(w, "%s\n", counted(r))
		return errUnexplained
	}
	_, err := fmt.Fprintf(w, "ok    %s; every write is explained by a signed command, and the state of %d keys is what the blocks wrote\n", counted(r), r.Keys)
	return err
}

func counted(r audit.Report) string {
	claims := ""
	if r.Claims > 0 {
		claims = fmt.Sprintf(", %d subsidy claims and %d accounts reckoned again", r.Claims, r.Accounts)
	}
	return fmt.Sprintf("%d blocks, %d transactions, %d commands%s", r.Blocks, r.Transactions, r.Commands, claims)
}

// progress shows a bar where there is a terminal.
func progress(w io.Writer) (show func(done, newest uint64), end func()) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil, func() {}
	}
	_, plain := os.LookupEnv("NO_COLOR")
	bar := progressbar.NewOptions64(1, progressbar.OptionSetWriter(w), progressbar.OptionEnableColorCodes(!plain),
		progressbar.OptionClearOnFinish(), progressbar.OptionShowCount(), progressbar.OptionSetWidth(24), progressbar.OptionSetDescription("blocks"))
	show = func(done, newest uint64) {
		bar.ChangeMax64(int64(newest))
		_ = bar.Set64(int64(done)) // a bar that cannot be drawn is no reason to stop
	}
	return show, func() { _ = bar.Finish() }
}
