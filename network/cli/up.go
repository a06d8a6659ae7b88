package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"decore/network/cluster"
)

type upCommand struct {
	Orgs          []string      `help:"Organisations; the finance bureau (bureau) must be among them. By default platform,leader,bankA,bankB,bureau." placeholder:"NAME"`
	Orderers      int           `help:"Orderers, by raft: 1 or 3." placeholder:"1"`
	BFT           bool          `name:"bft" help:"Four orderers by SmartBFT."`
	Port          int           `help:"The first port; 0 takes free ones." default:"${port=17050}"`
	BatchTimeout  time.Duration `help:"How long an orderer gathers transactions for a block." placeholder:"50ms"`
	Demonstration bool          `help:"Let transactions bear any time, so that a story's clock can be moved."`
	Chaincode     string        `help:"A built chaincode; by default it is built from source." type:"existingfile" placeholder:"FILE"`
}

// Run makes or starts the network and says where it is.
func (c *upCommand) Run(ctx context.Context, s *streams) error {
	if n, err := cluster.Open(s.data); err == nil && n.Agrees(c.options(s)) == nil && n.Complete(ctx) {
		_, _ = fmt.Fprintf(s.out, "The network in %s is running.\n", s.data)
		return nil
	}
	p := newProgress(s.err)
	o := c.options(s)
	o.Progress = p.tell
	n, err := cluster.Up(ctx, o)
	if err != nil {
		return err
	}
	p.tell("ready", 0)
	return printStatus(ctx, s, n)
}

func (c *upCommand) options(s *streams) cluster.Options {
	return cluster.Options{
		Data: s.data, Orgs: c.Orgs, Orderers: c.Orderers, BFT: c.BFT, Port: c.Port,
		BatchTimeout: c.BatchTimeout, Demonstration: c.Demonstration, Chaincode: c.Chaincode,
	}
}

type downCommand struct {
	Purge bool `help:"Remove everything that the network kept, its ledgers and keys too."`
}

// Run stops the network.
func (c *downCommand) Run(ctx context.Context, s *streams) error {
	if err := cluster.Down(ctx, s.data, c.Purge, newProgress(s.err).step); err != nil {
		return err
	}
	what := "stopped; `network up` starts it again with its data"
	if _, err := cluster.Open(s.data); c.Purge || errors.Is(err, cluster.ErrNoNetwork) {
		what = "stopped and removed"
	} else if err != nil {
		what = "stopped; what it consisted of cannot be read any more, and `network down --purge` removes what is left"
	}
	_, _ = fmt.Fprintf(s.out, "The network in %s is %s.\n", s.data, what)
	return nil
}

type addOrgCommand struct {
	Name string `arg:"" help:"Such as bankC, whose MSP ID is BankCMSP."`
}

// Run adds an organisation.
func (c *addOrgCommand) Run(ctx context.Context, s *streams) error {
	p := newProgress(s.err)
	n, err := cluster.Open(s.data)
	if err != nil {
		return err
	}
	n.Tell(p.tell)
	if err := n.AddOrg(ctx, c.Name); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(s.out, "%s is on the channel. Its connection file: %s\n", cluster.MSPID(c.Name), n.ConnectionFile(cluster.MSPID(c.Name)))
	return nil
}
