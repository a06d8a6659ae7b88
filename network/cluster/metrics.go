package cluster

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// maxMetrics bounds what a node may answer.
const maxMetrics = 16 << 20

// operations asks a node's operations service.
func operations(ctx context.Context, node Node, path string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, askWait)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+node.Operations+path, nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", node.Name, err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("%s does not answer: %w", node.Name, err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxMetrics))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", node.Name, err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s is not well: %s", node.Name, response.Status)
	}
	return body, nil
}

// errNoMetric is the error of a figure that a node does not give, such as one of a channel that it has not joined.
var errNoMetric = errors.New("no such metric")

// metric reads a figure of the channel from a node.
func metric(ctx context.Context, node Node, name string) (int, error) {
	body, err := operations(ctx, node, "/metrics")
	if err != nil {
		return 0, err
	}
	return findMetric(body, name)
}

// findMetric finds a figure of the channel in the text format of Prometheus.
func findMetric(body []byte, name string) (int, error) {
	lines := bufio.NewScanner(bytes.NewReader(body))
	for lines.Scan() {
		labels, ok := strings.CutPrefix(lines.Text(), name+"{")
		if !ok || !strings.Contains(labels, `channel="`+Channel+`"`) {
			continue
		}
		value, err := strconv.ParseFloat(labels[strings.LastIndexByte(labels, ' ')+1:], 64)
		if err != nil {
			return 0, fmt.Errorf("metric %s: %w", name, err)
		}
		return int(value), nil
	}
	return 0, fmt.Errorf("%w: %s", errNoMetric, name)
}

// height is how many blocks of the channel a peer or an orderer has.
func (n *Network) height(ctx context.Context, node Node) (int, error) {
	if node.Kind == KindOrderer {
		info, err := n.participation(ctx, node)
		return info.Height, err
	}
	return metric(ctx, node, "ledger_blockchain_height")
}

// ErrNoLeader is the error of an ordering service without a leader.
var ErrNoLeader = errors.New("no orderer leads")

// Leader names the orderer that leads.
func (n *Network) Leader(ctx context.Context) (string, error) {
	name := "consensus_etcdraft_is_leader"
	if n.plan().BFT {
		name = "consensus_BFT_is_leader"
	}
	for _, o := range n.plan().nodes(KindOrderer) {
		if leads, err := metric(ctx, o, name); err == nil && leads == 1 {
			return o.Name, nil
		}
	}
	return "", ErrNoLeader
}
