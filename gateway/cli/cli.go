// Package cli is the gateway's command line.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"decore/chaincode/contract"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // the command was understood and failed
	exitUsage  = 2 // the command line was not understood
)

// commands are the commands, with their flags and help.
type commands struct {
	Serve   serveCommand   `cmd:"" help:"Serve the HTTP interface, on the embedded ledger or as an organisation's gateway to a Fabric network."`
	Demo    demoCommand    `cmd:"" help:"Play the story of a small appliance chain through the HTTP interface, then keep serving."`
	Keys    keysCommand    `cmd:"" help:"Make the keys of an organisation's parties and add the public ones to a consortium's plan."`
	Token   tokenCommand   `cmd:"" help:"Print an access token of the development issuer."`
	Doctor  doctorCommand  `cmd:"" help:"Check data folder, ledger, projection and clock, and say what is wrong."`
	Accrue  accrueCommand  `cmd:"" help:"Accrue the subsidy of all of a bank's claims through a day; what was cut off goes on when it is run again."`
	Audit   auditCommand   `cmd:"" help:"Replay every signed command from the blocks, compare the whole state, and name what nothing explains."`
	Receipt receiptCommand `cmd:"" help:"Check a verification receipt or an auditor's dossier offline."`
	Fund    fundCommand    `cmd:"" help:"Reports, statements and settlements of the money between a bank and the finance bureau."`
	Policy  policyCommand  `cmd:"" help:"Policy documents of the subsidy: check and combine files, draft, publish and repeal."`

	Statement statementCommand `cmd:"" help:"Print the statement of a household's subsidy account: who booked what, when and why."`

	LogLevel slog.Level `help:"Least level of the log on standard error: DEBUG, INFO, WARN, ERROR." default:"WARN" env:"DECORE_LOG_LEVEL"`
}

// streams are where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

const description = `decore records orders, receivables and financings of small suppliers as signed facts on a ledger that banks can verify, and keeps the loan-interest subsidy under its cap across all banks.

Start with:  gateway demo`

// Main runs the command line and returns the exit code.
func Main(args []string, in io.Reader, out, errOut io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	return Run(ctx, args, in, out, errOut)
}

// Run is Main under a context whose end stops the command.
func Run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	var cmds commands
	exited := -1
	parser, err := kong.New(&cmds, kong.Name("gateway"), kong.Description(description), kong.UsageOnError(),
		kong.Vars{"maxBatch": strconv.Itoa(contract.MaxBatch)},
		kong.Writers(out, errOut), kong.Exit(func(code int) { exited = code }), kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(&streams{in, out, errOut}))
	if err != nil {
		_, _ = fmt.Fprintln(errOut, err)
		return exitUsage
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 {
		return exited // help was asked for
	}
	if err != nil {
		_, _ = fmt.Fprintf(errOut, "gateway: %v\nTry: gateway --help\n", err)
		return exitUsage
	}
	log := slog.New(slog.NewTextHandler(errOut, &slog.HandlerOptions{Level: cmds.LogLevel}))
	slog.SetDefault(log)
	if err := parsed.Run(log); err != nil {
		_, _ = fmt.Fprintf(errOut, "gateway: %s\n", oneLine(err))
		var usage *usageError
		if errors.As(err, &usage) {
			return exitUsage
		}
		return exitFailed
	}
	return exitOK
}

// usageError is a fault of the command line that the parser cannot see.
type usageError struct{ reason string }

func (e *usageError) Error() string { return e.reason }

// oneLine keeps joined errors on one line.
func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }
