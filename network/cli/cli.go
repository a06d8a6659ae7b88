// Package cli is the network's command line.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"decore/network/cluster"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // the command was understood and failed
	exitUsage  = 2 // the command line was not understood
)

// commands are the commands, with their flags and help.
type commands struct {
	Up     upCommand     `cmd:"" help:"Make the network, complete a half-made one, or start a stopped one with its data.（启动网络）"`
	Down   downCommand   `cmd:"" help:"Stop the network's processes.（停止网络）"`
	Status statusCommand `cmd:"" help:"Show every node; the exit code is 1 when something is down.（查看节点状态）"`
	Logs   logsCommand   `cmd:"" help:"Print what a node has logged.（查看节点日志）"`
	AddOrg addOrgCommand `cmd:"" help:"Bring a further organisation onto the running channel.（新增组织）"`
	Bench  benchCommand  `cmd:"" help:"Measure how fast a network with its gateways is, beside fabric-sdk-go by itself. It makes a network of its own and throws it away.（性能测试）"`

	Data string `help:"The folder of everything that the network keeps." default:"${data}" env:"DECORE_NETWORK" type:"path"`
}

const description = `A Hyperledger Fabric network of several organisations as plain processes of this machine: orderers, peers, and each organisation's own chaincode service.

Start with:  network up`

// streams are where a command writes, and the folder of the network.
type streams struct {
	out, err io.Writer
	data     string
}

// Main runs the command line and returns the exit code.
func Main(args []string, out, errOut io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	return Run(ctx, args, out, errOut)
}

// Run is Main under a context whose end stops the command.
func Run(ctx context.Context, args []string, out, errOut io.Writer) int {
	var cmds commands
	data, err := cluster.DefaultData()
	if err != nil {
		return failed(errOut, err)
	}
	s := &streams{out: out, err: errOut}
	exited := -1
	parser, err := kong.New(&cmds, kong.Name("network"), kong.Description(description), kong.Writers(out, errOut),
		kong.Vars{"data": data}, kong.Exit(func(code int) { exited = code }),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(s))
	if err != nil {
		return failed(errOut, err)
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 {
		return exited // help was asked for
	}
	if err != nil {
		_, _ = fmt.Fprintf(errOut, "network: %v\nTry: network --help\n", err)
		return exitUsage
	}
	s.data = cmds.Data
	if err := parsed.Run(); err != nil {
		return failed(errOut, err)
	}
	return exitOK
}

func failed(w io.Writer, err error) int {
	_, _ = fmt.Fprintf(w, "network: %s\n", strings.ReplaceAll(err.Error(), "\n", "; "))
	if errors.Is(err, cluster.ErrOptions) {
		return exitUsage
	}
	return exitFailed
}

// terminal says whether lines may be drawn anew on a writer.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
}
