package cluster

import (
	"context"
	"path/filepath"
	"time"
)

// toolWait is how long a Fabric tool may take.
const toolWait = 90 * time.Second

// tool runs a Fabric tool.
func (n *Network) tool(ctx context.Context, what, name string, args ...string) ([]byte, error) {
	return n.runTool(ctx, command{what: what, program: name, args: args})
}

// asAdmin runs the peer command as the administrator of an organisation, at its peer.
func (n *Network) asAdmin(ctx context.Context, org, what string, args ...string) ([]byte, error) {
	return n.asIdentity(ctx, org, "admin", what, args...)
}

// asIdentity runs the peer command as somebody of an organisation, at its peer.
func (n *Network) asIdentity(ctx context.Context, org, who, what string, args ...string) ([]byte, error) {
	return n.runTool(ctx, command{
		what: what + " for " + org, program: KindPeer, args: args,
		env: []string{
			"FABRIC_CFG_PATH=" + n.nodeDir(n.peerOf(org).Name),
			"CORE_PEER_MSPCONFIGPATH=" + n.crypto(org, who, "msp"),
			"FABRIC_LOGGING_SPEC=error",
		},
	})
}

// runTool runs a Fabric tool when one of the slots is free.
func (n *Network) runTool(ctx context.Context, c command) ([]byte, error) {
	tools, err := toolsFolder()
	if err != nil {
		return nil, err
	}
	c.program = filepath.Join(tools, c.program)
	select {
	case n.slots <- struct{}{}:
		defer func() { <-n.slots }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, toolWait)
	defer cancel()
	return c.run(ctx)
}

// toOrderer are the arguments that send to the ordering service: to the leader, which needs not forward.
func (n *Network) toOrderer(ctx context.Context) []string {
	orderers := n.plan().nodes(KindOrderer)
	to := orderers[0]
	if name, err := n.Leader(ctx); err == nil {
		to, _ = n.plan().node(name)
	}
	return []string{"-o", to.Address, "--tls", "--cafile", n.crypto(ordererOrg, to.Name, "tls", "ca.pem")}
}

// toPeers are the arguments that ask the peers of organisations to endorse.
func (n *Network) toPeers(orgs ...string) []string {
	var args []string
	for _, org := range orgs {
		args = append(args, "--peerAddresses", n.peerOf(org).Address, "--tlsRootCertFiles", n.crypto(org, "peer", "tls", "ca.pem"))
	}
	return args
}
