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
	"decore/gateway/server"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // the command was understood and failed
	exitUsage  = 2 // the command line was not understood
)

// commands are the commands, with their flags and help.
type commands struct {
	Serve   serveCommand   `cmd:"" help:"Serve the HTTP interface, on the embedded ledger or as an organisation's gateway to a Fabric network.（启动网关服务）"`
	Demo    demoCommand    `cmd:"" help:"Play the story of a small appliance chain through the HTTP interface, then keep serving.（演示）"`
	Keys    keysCommand    `cmd:"" help:"Make the keys of an organisation's parties and add the public ones to a consortium's plan.（生成机构成员密钥）"`
	Token   tokenCommand   `cmd:"" help:"Print an access token of the development issuer.（签发访问令牌（开发用））"`
	Doctor  doctorCommand  `cmd:"" help:"Check data folder, ledger, projection and clock, and say what is wrong.（体检：数据目录、账本、投影与时钟）"`
	Accrue  accrueCommand  `cmd:"" help:"Accrue the subsidy of all of a bank's claims through a day; what was cut off goes on when it is run again.（批量计提贴息）"`
	Audit   auditCommand   `cmd:"" help:"Replay every signed command from the blocks, compare the whole state, and name what nothing explains.（审计：由签名指令重放全部状态）"`
	Receipt receiptCommand `cmd:"" help:"Check a verification receipt or an auditor's dossier offline.（离线核对核验回执或审计卷宗）"`
	Fund    fundCommand    `cmd:"" help:"Reports, statements and settlements of the money between a bank and the finance bureau.（总对总资金往来：月报、报表、结算）"`
	Policy  policyCommand  `cmd:"" help:"Policy documents of the subsidy: check and combine files, draft, publish and repeal.（贴息政策文件）"`

	Statement statementCommand `cmd:"" help:"Print the statement of a household's subsidy account: who booked what, when and why.（打印单户贴息账户明细）"`

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
	server.TuneCollector()
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
		var answered *answeredError
		if errors.As(err, &answered) && asksJSON(parsed) {
			_, _ = fmt.Fprintln(out, strings.TrimSpace(string(answered.body)))
		}
		_, _ = fmt.Fprintf(errOut, "gateway: %s\n", oneLine(err))
		var usage *usageError
		if errors.As(err, &usage) {
			return exitUsage
		}
		return exitFailed
	}
	return exitOK
}

// asksJSON reports whether the command was asked for a gateway's answers as they are.
func asksJSON(parsed *kong.Context) bool {
	for _, f := range parsed.Flags() {
		if asked, is := f.Target.Interface().(bool); is && asked && f.Name == "json" {
			return true
		}
	}
	return false
}

// usageError is a fault of the command line that the parser cannot see.
type usageError struct{ reason string }

func (e *usageError) Error() string { return e.reason }

// oneLine keeps joined errors on one line.
func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }
