package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"decore/chaincode/calendar"
	"decore/chaincode/contract"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/gateway/accrual"
	"decore/gateway/projection"
	"decore/gateway/server"
)

type accrueCommand struct {
	dataFlag    `embed:""`
	ledgerFlags `embed:""`
	Demo        bool          `help:"Use the demo's data folder."`
	Bank        ident.USCC    `help:"Unified social credit code of the bank; its key must be in the data folder." required:"" placeholder:"USCC"`
	Through     calendar.Date `help:"Accrue the whole periods that ended by this day." required:"" placeholder:"DATE"`
	Batch       int           `help:"Claims a transaction, at most ${maxBatch}." default:"${maxBatch}"`
	JSON        bool          `name:"json" help:"Print the summary as JSON."`
	Passphrase  string        `help:"Passphrase of the key store." env:"DECORE_KEY_PASSPHRASE" hidden:""`
}

// errLeft is the end of a run that could not accrue or read back every claim.
var errLeft = errors.New("some claims were not accrued or not read back, see above")

// Run accrues the bank's claims in a data folder that no gateway is serving at the moment.
func (c *accrueCommand) Run(ctx context.Context, s *streams, log *slog.Logger) error {
	if err := c.valid(); err != nil {
		return err
	}
	office, err := server.OpenOffice(ctx, server.Config{Data: c.or(c.name()), Connection: c.Connection, Passphrase: c.Passphrase, Log: log})
	if err != nil {
		return err
	}
	sum, err := c.accrue(ctx, s, office)
	if stop := office.Close(); err == nil && stop != nil {
		err = fmt.Errorf("stop: %w", stop)
	}
	if sum.Claims > 0 || err == nil {
		err = errors.Join(c.tell(s.out, sum), err)
	}
	if err == nil && (len(sum.Refused) > 0 || !sum.Ties()) {
		err = errLeft
	}
	return err
}

func (c *accrueCommand) valid() error {
	if c.Batch < 1 || c.Batch > contract.MaxBatch {
		return &usageError{fmt.Sprintf("--batch is 1 to %d", contract.MaxBatch)}
	}
	return c.check()
}

func (c *accrueCommand) name() string {
	if c.Demo {
		return "demo"
	}
	return c.folder()
}

func (c *accrueCommand) accrue(ctx context.Context, s *streams, o *server.Office) (accrual.Summary, error) {
	began := time.Now()
	if err := o.CatchUp(ctx); err != nil {
		return accrual.Summary{}, err
	}
	if p, err := o.Store.Party(ctx, c.Bank); err != nil && !errors.Is(err, projection.ErrNotFound) {
		return accrual.Summary{}, fmt.Errorf("read the bank: %w", err)
	} else if !slices.Contains(p.Roles, lifecycle.Bank) {
		return accrual.Summary{}, &usageError{fmt.Sprintf("--bank %s is no bank of this ledger", c.Bank)}
	}
	_, _ = fmt.Fprintf(s.err, "The projection is at the newest block after %s.\n", time.Since(began).Round(time.Millisecond))
	began = time.Now()
	show, end := claimsProgress(s.err)
	run := accrual.Run{Bank: c.Bank, Through: c.Through, Store: o.Store, Ledger: o.Submit, Desk: o.Desk, Batch: c.Batch, Progress: show}
	sum, err := run.Do(ctx)
	end()
	_, _ = fmt.Fprintf(s.err, "Went through %d claims in %s.\n", sum.Claims, time.Since(began).Round(time.Millisecond))
	if ctx.Err() != nil {
		err = fmt.Errorf("stopped; run it again and it goes on: %w", ctx.Err())
	}
	return sum, err
}

// tell prints what the run came to.
func (c *accrueCommand) tell(w io.Writer, sum accrual.Summary) error {
	if c.JSON {
		return json.NewEncoder(w).Encode(sum)
	}
	for _, r := range sum.Refused {
		_, _ = fmt.Fprintf(w, "REFUSED  %s  %s\n", r.Claim, r.Reason)
	}
	for _, id := range sum.Unread {
		_, _ = fmt.Fprintf(w, "UNREAD   %s  accrued, but moved on or not readable here: its amount is not in the sum\n", id)
	}
	for _, id := range sum.TopUps {
		_, _ = fmt.Fprintf(w, "TOP UP   %s  its hold is used up, and it would be granted more\n", id)
	}
	_, err := fmt.Fprintf(w, "%d claims through %s: %d accrued, %d corrected, %s yuan in %d transactions; %d with nothing to accrue; %d refused\n",
		sum.Claims, sum.Through, sum.Accrued, sum.Corrected, sum.Amount, sum.Batches, sum.Idle, len(sum.Refused))
	return err
}

// claimsProgress shows a bar where there is a terminal, and otherwise a line at every twentieth part.
func claimsProgress(w io.Writer) (show func(done, of int), end func()) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return progressLines(w), func() {}
	}
	_, plain := os.LookupEnv("NO_COLOR")
	bar := progressbar.NewOptions(1, progressbar.OptionSetWriter(w), progressbar.OptionEnableColorCodes(!plain), progressbar.OptionShowIts(),
		progressbar.OptionClearOnFinish(), progressbar.OptionShowCount(), progressbar.OptionSetWidth(24), progressbar.OptionSetDescription("claims"),
		progressbar.OptionThrottle(100*time.Millisecond))
	return func(done, of int) {
		bar.ChangeMax(of)
		_ = bar.Set(done) // a bar that cannot be drawn is no reason to stop
	}, func() { _ = bar.Finish() }
}

// progressParts is how many lines tell of a whole run.
const progressParts = 20

func progressLines(w io.Writer) func(done, of int) {
	told := 0
	return func(done, of int) {
		if part := done * progressParts / max(of, 1); part > told {
			told = part
			_, _ = fmt.Fprintf(w, "%d of %d claims\n", done, of)
		}
	}
}
