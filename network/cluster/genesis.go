package cluster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// genesisFile is the first block of the channel.
func (n *Network) genesisFile() string { return filepath.Join(n.dir, "channel", "genesis.block") }

// makeGenesis makes the first block if it is not there.
func (n *Network) makeGenesis(ctx context.Context) error {
	if exists(n.genesisFile()) {
		return nil
	}
	if err := n.writeConfigtx("configtx.yaml", n.founding()); err != nil {
		return err
	}
	part := n.genesisFile() + ".part"
	if _, err := n.tool(ctx, "make the genesis block", "configtxgen", "-configPath", n.channelDir(),
		"-profile", "Channel", "-channelID", Channel, "-outputBlock", part); err != nil {
		return err
	}
	if err := os.Rename(part, n.genesisFile()); err != nil {
		return fmt.Errorf("genesis block: %w", err)
	}
	return nil
}

func (n *Network) channelDir() string { return filepath.Join(n.dir, "channel") }

func (n *Network) writeConfigtx(name string, c channelConfig) error {
	raw, err := render("configtx.yaml", c)
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(n.channelDir(), name), raw)
}

// founding is the channel of the founders.
func (n *Network) founding() channelConfig {
	c := channelConfig{BFT: n.plan().BFT, BatchTimeout: n.plan().BatchTimeout.String(), OrdererOrg: ordererOrg}
	orderers := orgConfig{MSP: ordererOrg, Crypto: n.crypto(ordererOrg)}
	for i, o := range n.plan().nodes(KindOrderer) {
		orderers.Orderers = append(orderers.Orderers, o.Address)
		c.Consenters = append(c.Consenters, consenter{i + 1, o.Address, n.crypto(ordererOrg, o.Name)})
	}
	c.Orgs = []orgConfig{orderers}
	for _, m := range n.plan().Orgs {
		if m.Founder {
			c.Orgs = append(c.Orgs, n.orgConfig(m.MSP))
			c.Members = append(c.Members, m.MSP)
		}
	}
	return c
}

func (n *Network) orgConfig(org string) orgConfig {
	return orgConfig{MSP: org, Crypto: n.crypto(org), Anchor: n.peerOf(org).Address}
}
