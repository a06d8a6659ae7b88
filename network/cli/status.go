package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"text/tabwriter"

	"decore/network/cluster"
)

// errDown is the error of a network of which something is down.
var errDown = errors.New("not all of the network serves")

type statusCommand struct{}

// Run prints how every node is.
func (*statusCommand) Run(ctx context.Context, s *streams) error {
	n, err := cluster.Open(s.data)
	if err != nil {
		return err
	}
	return printStatus(ctx, s, n)
}

func printStatus(ctx context.Context, s *streams, n *cluster.Network) error {
	var fault error
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "NODE\tPID\tADDRESS\tBLOCKS\tSTATE")
	for _, node := range n.Status(ctx) {
		state := "serves"
		if node.Fault != "" {
			state, fault = node.Fault, errDown
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", node.Name, figure(node.PID), node.Address, figure(node.Height), state)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("status: %w", err)
	}
	return fault
}

// figure is a number, or a dash where there is none.
func figure(n int) string {
	if n == 0 {
		return "-"
	}
	return strconv.Itoa(n)
}

type logsCommand struct {
	Node   string `arg:"" help:"A name as status shows it, such as peer.BankAMSP."`
	Follow bool   `short:"f" help:"Go on printing what the node logs."`
}

// Run prints a node's log.
func (c *logsCommand) Run(ctx context.Context, s *streams) error {
	n, err := cluster.Open(s.data)
	if err != nil {
		return err
	}
	return n.Logs(ctx, s.out, c.Node, c.Follow)
}
