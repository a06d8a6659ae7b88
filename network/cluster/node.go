package cluster

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// How long a node may take to answer after its start, and one question may take.
const (
	startWait = 60 * time.Second
	askWait   = 2 * time.Second
)

// launch is how a node's program is called.
type launch struct {
	program string
	args    []string
	env     []string
}

func nodesDir(dir string) string { return filepath.Join(dir, "nodes") }

// Files in a node's folder: the record of its process, and what it logs.
const (
	processFile = "process.json"
	logFile     = "log"
)

func (n *Network) nodeDir(name string) string { return filepath.Join(nodesDir(n.dir), name) }
func (n *Network) record(name string) string  { return filepath.Join(n.nodeDir(name), processFile) }
func (n *Network) log(name string) string     { return filepath.Join(n.nodeDir(name), logFile) }

// Nodes lists the nodes: orderers, peers, chaincode services.
func (n *Network) Nodes() []Node { return append([]Node(nil), n.plan().Nodes...) }

// peerOf is the peer of an organisation.
func (n *Network) peerOf(org string) Node {
	for _, p := range n.plan().nodes(KindPeer) {
		if p.Org == org {
			return p
		}
	}
	return Node{}
}

// startNodes starts the orderers and peers that do not run.
func (n *Network) startNodes(ctx context.Context) error {
	if err := n.writeBuilder(); err != nil {
		return err
	}
	p := n.plan()
	return each(ctx, append(p.nodes(KindOrderer), p.nodes(KindPeer)...), n.start)
}

// Start starts a node and returns when it answers.
func (n *Network) Start(ctx context.Context, name string) error {
	node, err := n.plan().node(name)
	if err != nil {
		return err
	}
	return n.start(ctx, node)
}

// Kill ends a node at once, as a loss of power would.
func (n *Network) Kill(ctx context.Context, name string) error {
	return n.end(ctx, name, process.kill)
}

// Stop ends a node in good order.
func (n *Network) Stop(ctx context.Context, name string) error {
	return n.end(ctx, name, process.stop)
}

func (n *Network) end(ctx context.Context, name string, how func(process, context.Context) error) error {
	if _, err := n.plan().node(name); err != nil {
		return err
	}
	p, err := readProcess(n.record(name))
	if err != nil {
		return err
	}
	if err := how(p, ctx); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := os.Remove(n.record(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// start starts a node unless it runs, and waits until it answers.
func (n *Network) start(ctx context.Context, node Node) error {
	p, err := readProcess(n.record(node.Name))
	if err != nil {
		return err
	}
	if !p.alive() {
		if p, err = n.spawn(node); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, startWait)
	defer cancel()
	return poll(ctx, node.Name+" to answer", func() (bool, error) {
		if !p.alive() {
			return false, fmt.Errorf("%s has stopped: %s", node.Name, lastLine(n.log(node.Name)))
		}
		return n.answers(ctx, node) == nil, nil
	})
}

func (n *Network) spawn(node Node) (process, error) {
	if err := checkPorts(node); err != nil {
		return process{}, err
	}
	l, err := n.prepare(node)
	if err != nil {
		return process{}, err
	}
	if !exists(l.program) {
		return process{}, fmt.Errorf("%s cannot start: the program %s is missing", node.Name, l.program)
	}
	dir := n.nodeDir(node.Name)
	p, err := spawn(l.program, l.args, append(baseEnv(), l.env...), dir, n.log(node.Name), n.record(node.Name))
	if err != nil {
		return p, fmt.Errorf("%s: %w", node.Name, err)
	}
	return p, nil
}

// prepare writes a node's configuration and says how to call it.
func (n *Network) prepare(node Node) (launch, error) {
	if node.Kind == KindChaincode {
		return n.service(node)
	}
	config := nodeConfig{
		Node: node, Data: n.nodeDir(node.Name), Builder: n.builderDir(),
		Crypto: n.crypto(node.Org, "peer"), Demonstration: n.plan().Demonstration,
	}
	file, args := "core.yaml", []string{"node", "start"}
	if node.Kind == KindOrderer {
		file, args, config.Crypto = "orderer.yaml", nil, n.crypto(node.Org, node.Name)
	}
	raw, err := render(file, config)
	if err != nil {
		return launch{}, err
	}
	env := []string{
		"FABRIC_CFG_PATH=" + config.Data, "DECORE_SERVICES=" + n.servicesDir(node.Org),
		"FABRIC_LOGGING_FORMAT=%{time:2006-01-02 15:04:05.000} %{level:.4s} [%{module}] %{shortfunc} -> %{message}",
	}
	if os.Getenv("FABRIC_LOGGING_SPEC") == "" {
		env = append(env, "FABRIC_LOGGING_SPEC=warning")
	}
	tools, err := toolsFolder()
	if err != nil {
		return launch{}, err
	}
	return launch{filepath.Join(tools, node.Kind), args, env}, writeFile(filepath.Join(config.Data, file), raw)
}

// answers asks a node whether it is well and takes connections.
func (n *Network) answers(ctx context.Context, node Node) error {
	if node.Operations != "" {
		if _, err := operations(ctx, node, "/healthz"); err != nil {
			return err
		}
	}
	config, err := n.tlsConfig(node)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, askWait)
	defer cancel()
	conn, err := (&tls.Dialer{NetDialer: new(net.Dialer), Config: config}).DialContext(ctx, "tcp", node.Address)
	if err != nil {
		return fmt.Errorf("%s does not answer: %w", node.Name, err)
	}
	_ = conn.Close()
	return nil
}

// tlsConfig is how the network itself connects to a node: with the node's own certificate, or the peer's
// to a chaincode service.
func (n *Network) tlsConfig(node Node) (*tls.Config, error) {
	own := "peer"
	if node.Kind == KindOrderer {
		own = node.Name
	}
	dir := n.crypto(node.Org, own, "tls")
	cert, err := tls.LoadX509KeyPair(filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"))
	if err != nil {
		return nil, fmt.Errorf("certificate of %s: %w", node.Name, err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "ca.pem")) // #nosec G304 -- a file of the network's own
	if err != nil {
		return nil, fmt.Errorf("certificate of %s: %w", node.Name, err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(raw) {
		return nil, errors.New("certificate authority of " + node.Org + " cannot be read")
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, Certificates: []tls.Certificate{cert}, NextProtos: []string{"h2"}}, nil
}

// lastLine is the last line of a log.
func lastLine(file string) string {
	raw, err := os.ReadFile(file) // #nosec G304 -- a file of the network's own
	if err != nil || len(bytes.TrimSpace(raw)) == 0 {
		return "it left no message"
	}
	lines := strings.Split(strings.TrimSpace(plain(string(raw))), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
